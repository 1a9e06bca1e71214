# ruff: noqa: ARG002
"""One node of a tree: a record of another form whose records point at the one above them.

Product categories, fault codes, sites with their rooms. Stored as a relation, so that nothing goes stale when a branch
moves; "in this branch" is asked of the tree itself.
"""

from collections.abc import Sequence
from typing import Any, ClassVar, Final

from sqlalchemy import BigInteger, ColumnElement, Select, and_, literal, or_, select

from engines.form.fields.base import Context, Field, Link
from engines.form.fields.links import RelationField
from engines.form.fields.options import flag, properties, words
from engines.formula.types import Type
from engines.kernel.documents import key_schema

DEEPEST: Final = 30


class CascadeField(RelationField):
    """A category of a tree."""

    key = "cascade"
    icon = "binary-tree"
    group = "choice"  # type: ignore[assignment]
    title = words("Cascade", "级联选择")
    description = words("A node of a tree that another form holds.", "选择另一表单所维护的树中的一个节点。")
    formula = Type.RECORD
    may_be_unique = False
    required_options = ("form", "parent")  # type: ignore[assignment]
    operator_names: ClassVar[tuple[str, ...]] = ("under", "nunder", "empty", "filled")
    option_properties = properties(
        form=RelationField.option_properties["form"],
        parent=key_schema(
            40,
            ("Parent field", "The relation of that form that points at the node above."),
            ("上级字段", "该表单中指向上级节点的关联字段。"),
        ),
        leaf_only=flag(
            False,
            ("Last level only", "Only nodes that have nothing below them may be chosen."),
            ("只能选末级", "只能选择没有下级的节点。"),
        ),
        path=flag(
            True,
            ("Show the path", "Pages show the nodes above as well."),
            ("显示完整路径", "页面上同时显示上级节点。"),
        ),
        on_delete=RelationField.option_properties["on_delete"],
    )

    def many(self, field: Field) -> bool:
        return False

    def operators(self, field: Field) -> tuple[str, ...]:
        return ("under", "nunder", "eq", "ne", "in", "nin", "empty", "filled")

    def parse_operand(self, op: str, raw: Any, field: Field, context: Context) -> Any:
        if op in ("under", "nunder"):
            raw = raw if isinstance(raw, list | tuple) else [raw]
            return tuple(one for one in (self.one(each, field) for each in raw) if one is not None)
        return super().parse_operand(op, raw, field, context)

    def filter_sql(
        self, field: Field, column: ColumnElement[Any], op: str, value: Any, context: Context
    ) -> ColumnElement[bool]:
        """`under`: one of the nodes or somewhere below it; `nunder`: elsewhere, or nowhere."""
        if op not in ("under", "nunder"):
            return super().filter_sql(field, column, op, value, context)
        inside = and_(column.is_not(None), column.in_(subtree(field, value)))
        return inside if op == "under" else or_(column.is_(None), ~inside)

    def samples(self) -> Sequence[tuple[dict[str, Any], Any]]:
        return [({"form": "other", "parent": "above"}, Link(1, "甲公司"))]


def parent_key(field: Field) -> str | None:
    """The field of the tree's form that points at the node above; None where the form has none by this name."""
    key = str(field.options.get("parent"))
    table = field.target.table if field.target is not None else None
    return key if table is not None and key in table.c else None


def subtree(field: Field, nodes: Sequence[int]) -> Select[Any]:
    """The ids of nodes and of everything below them; a circle in the data ends where it began."""
    if field.target is None:
        raise LookupError(field.path)
    table, parent = field.target.table, parent_key(field)
    start = select(table.c.id).where(table.c.id.in_(list(nodes)))
    if parent is None:
        return start
    tree = start.cte("branch", recursive=True)
    below = table.alias()
    whole = tree.union(select(below.c.id).where(below.c[parent] == tree.c.id))
    return select(whole.c.id)


def ancestors(field: Field, node: int) -> Select[Any]:
    """The node and those above it, `(id, above)` with 0 for itself, at most 30 levels."""
    if field.target is None:
        raise LookupError(field.path)
    table, parent = field.target.table, parent_key(field)
    start = select(
        table.c.id, table.c[parent].label("up") if parent else literal(None, BigInteger()).label("up"),
        literal(0).label("above"),
    ).where(table.c.id == node)  # fmt: skip
    if parent is None:
        return start
    tree = start.cte("way", recursive=True)
    upper = table.alias()
    step = select(upper.c.id, upper.c[parent].label("up"), (tree.c.above + 1).label("above"))
    whole = tree.union_all(step.where(upper.c.id == tree.c.up, tree.c.above < DEEPEST))
    return select(whole.c.id, whole.c.above).order_by(whole.c.above.desc())
