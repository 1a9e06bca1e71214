# ruff: noqa: ARG002
"""Fields that point at records: relations to a form, members and departments; one of them or many.

One is a column with a foreign key, many are rows of a link table (record, target, position). The value is an id, or
a `Link` with its title where it was read; many are a tuple in their order.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Final

from sqlalchemy import BigInteger, ColumnElement, Table, and_, exists, false, func, or_, select, true
from sqlalchemy.types import TypeEngine

from engines.form.choosing.schema import SORT, WHERE
from engines.form.fields.base import Context, Field, FieldType, Link, Storage, reject
from engines.form.fields.operators import BLANK, compare
from engines.form.fields.options import flag, one_of, properties, words
from engines.form.fields.scanned import SCANNED_BY
from engines.form.names import LINK_SOURCE, LINK_TARGET
from engines.formula.types import Type
from engines.kernel.documents import described, label_schema
from engines.kernel.problems import Problem

MEMBER = "_member"
DEPARTMENT = "_department"
PEOPLE_OPERATORS = ("is_me", "my_team", "my_department")
LARGEST = 2**63 - 1


def link_id(value: Any) -> int | None:
    """The id of a parsed or read value."""
    return value.id if isinstance(value, Link) else value


class Linking(FieldType):
    """What all of them share; `many` and the target are asked of the field."""

    sortable = False
    indexed = True
    formula = Type.RECORD

    def many(self, field: Field) -> bool:
        """Whether the field holds several."""
        return False

    def storage_of(self, field: Field) -> Storage:
        return "links" if self.many(field) else "column"

    def formula_type(self, field: Field) -> Type:
        return Type.RECORDS if self.many(field) else Type.RECORD

    def column_type(self, field: Field) -> TypeEngine[Any]:
        return BigInteger()

    def to_columns(self, value: Any, field: Field) -> dict[str, Any]:
        return {field.key: link_id(value)} if field.storage == "column" else {}

    def parse(self, raw: Any, field: Field, context: Context | None = None) -> Any:
        if not self.many(field):
            return self.one(raw, field)
        if raw in (None, ""):
            return None
        if not isinstance(raw, list | tuple | set | frozenset):
            raise reject("relation.not_a_list", "Must be a list of ids", value=str(raw)[:50])
        ids = dict.fromkeys(self.one(one, field) for one in raw)
        return tuple(one for one in ids if one is not None) or None

    def one(self, raw: Any, field: Field) -> int | None:
        """The id that was sent: a number, its digits, `{"id": 7}` or a `Link`."""
        if isinstance(raw, Link):
            return raw.id
        if isinstance(raw, Mapping):
            raw = raw.get("id")
        if isinstance(raw, str):
            raw = raw.strip()
            if not raw:
                return None
            raw = int(raw) if raw.isascii() and raw.isdecimal() and len(raw) < 20 else raw
        if raw is None:
            return None
        if isinstance(raw, bool) or not isinstance(raw, int) or not 0 < raw <= LARGEST:
            raise reject("relation.not_an_id", f'"{str(raw)[:50]}" is not the id of a record', value=str(raw)[:50])
        return raw

    def display(self, value: Any, field: Field, locale: str = "zh-CN", zone: str = "Asia/Shanghai") -> str:
        if value is None:
            return ""
        parts = value if isinstance(value, tuple | list) else (value,)
        names = [one.title if isinstance(one, Link) and one.title else f"#{link_id(one)}" for one in parts]
        return ("、" if locale.startswith("zh") else ", ").join(names)

    def to_json(self, value: Any, field: Field) -> Any:
        if isinstance(value, tuple | list):
            return [_json(one) for one in value]
        return [] if value is None and self.many(field) else _json(value)

    def search_text(self, value: Any, field: Field) -> str:
        """The titles of what it points at, as far as they were read."""
        parts = value if isinstance(value, tuple | list) else (value,)
        return " ".join(one.title for one in parts if isinstance(one, Link))

    def import_cell(self, cell: Any, field: Field, context: Context) -> Any:
        """A file names records by their title or another key; `Context.lookup` finds them. `#12` is an id."""
        if cell is None or cell == [] or (isinstance(cell, str) and not cell.strip()):
            return None
        if isinstance(cell, list | tuple):
            return self.parse(cell, field, context)
        if isinstance(cell, float) and cell.is_integer():
            cell = int(cell)
        text = str(cell).strip()
        if not self.many(field):
            return self.find(text, field, context)
        found = self.find(text, field, context, sure=False)
        names = [found] if found else [self.find(part, field, context) for part in split_names(text)]
        return tuple(dict.fromkeys(names)) or None

    def find(self, text: str, field: Field, context: Context, *, sure: bool = True) -> Any:
        """The id of the record with this name. Raises `Rejected` when `sure` and there is none."""
        if text.startswith("#") and text[1:].isdecimal():
            return self.one(text[1:], field)
        target = self.target_form(field) or ""
        found = context.lookup(target, text) if context.lookup else None
        if found is None and context.lookup is None and text.isdecimal():
            return self.one(text, field)
        if found is None and sure:
            message = f'Nothing is called "{text[:60]}"'
            raise reject("relation.not_found", message, value=text[:60], form=target)
        return found

    def export_cell(self, value: Any, field: Field, context: Context) -> Any:
        if value is None:
            return None
        parts = value if isinstance(value, tuple | list) else (value,)
        return "\n".join(self.display(one, field) for one in parts)

    def operators(self, field: Field) -> tuple[str, ...]:
        first = ("in", "nin", "contains") if self.many(field) else ("eq", "ne", "in", "nin")
        return (*first, *self.operator_names)

    operator_names: ClassVar[tuple[str, ...]] = ("empty", "filled")

    def parse_operand(self, op: str, raw: Any, field: Field, context: Context) -> Any:
        if op in (*BLANK, *PEOPLE_OPERATORS):
            return None
        if op in ("in", "nin", "contains"):
            raw = raw if isinstance(raw, list | tuple) else [raw]
            return tuple(self.one(one, field) for one in raw)
        return self.one(raw, field)

    def filter_sql(
        self, field: Field, column: ColumnElement[Any], op: str, value: Any, context: Context
    ) -> ColumnElement[bool]:
        if op in PEOPLE_OPERATORS:
            return self.filter_sql(field, column, "in", self.mine(op, field, context), context)
        if not self.many(field):
            return compare(column, op, value)
        return linked(_links(field), column, op, value)

    def mine(self, op: str, field: Field, context: Context) -> Any:
        """The ids that `is_me`, `my_team` and `my_department` stand for."""
        raise LookupError(op)


def linked(links: Table, record: ColumnElement[Any], op: str, value: Any) -> ColumnElement[bool]:
    """A condition on link rows: `in` any of them, `nin` none, `contains` all; `value` may be a subquery for `in`."""
    rows = links.alias()
    mine = rows.c[LINK_SOURCE] == record
    any_row = exists(select(1).select_from(rows).where(mine))
    if op in BLANK:
        return any_row if op == "filled" else ~any_row
    if op in ("in", "nin"):
        if isinstance(value, tuple) and None in value:
            rest = tuple(one for one in value if one is not None)
            found = or_(linked(links, record, "empty", None), linked(links, record, "in", rest))
        elif value == ():
            found = false()
        else:
            found = exists(select(1).select_from(rows).where(and_(mine, rows.c[LINK_TARGET].in_(value))))
        return found if op == "in" else ~found
    if op == "contains":
        wanted = tuple({one for one in value if one is not None})
        counted = select(func.count()).select_from(rows).where(and_(mine, rows.c[LINK_TARGET].in_(wanted)))
        return counted.scalar_subquery() == len(wanted) if wanted else true()
    raise LookupError(op)


COPY: Final = described(
    {
        "type": "array",
        "maxItems": 100,
        "x-value": True,
        "items": {
            "type": "object",
            "properties": {
                "from": described(
                    {"type": "string", "pattern": "^_?[a-z][a-z0-9_]*([.][a-z][a-z0-9_]*){0,3}$", "maxLength": 160},
                    ("From", "A field of the chosen record, or a path over its relations."),
                    ("取自", "所选记录的字段，或经过其关联的路径。"),
                ),
                "to": described(
                    {"type": "string", "pattern": "^[a-z](_?[a-z0-9])*$", "maxLength": 40},
                    ("Fills", "The field here, of the same record or row, that is filled."),
                    ("填入", "填入本记录（或本行）的哪个字段。"),
                ),
            },
            "required": ["from", "to"],
            "additionalProperties": False,
        },
    },
    ("Copies", "Choosing a record fills these fields; they stay as they are when the record changes later."),
    ("选择时填充", "选择记录后填入这些字段；之后来源改变时，已填入的值不变，可从来源刷新。"),
)


REVERSE: Final = described(
    {
        "type": "object",
        "properties": {
            "key": described(
                {"type": "string", "pattern": "^[a-z](_?[a-z0-9])*$", "maxLength": 40},
                ("Key", "What the list is called in expressions of the other form: COUNT(contacts)."),
                ("标识", "对方表单的表达式中使用的名称：COUNT(contacts)。"),
            ),
            "title": label_schema(
                ("Title", "What stands above the list; the name of this form where there is none."),
                ("标题", "列表的标题；不填则用本表单名称。"),
            ),
            "columns": described(
                {"type": "array", "items": {"type": "string", "minLength": 1, "maxLength": 80}, "maxItems": 30},
                ("Columns", "The fields of this form that the list shows."),
                ("列", "列表显示本表单的哪些字段。"),
            ),
        },
        "required": ["key"],
        "additionalProperties": False,
    },
    ("List on the other side", "The other form lists these records, without a word in its own document."),
    ("对方的关联列表", "在对方表单的记录上列出这些记录，无需修改对方表单。"),
)


class RelationField(Linking):
    """The customer of a deal, the products of a campaign."""

    key = "relation"
    icon = "link"
    group = "link"
    title = words("Relation", "关联")
    description = words("Records of another form, or of the same.", "关联其他表单或本表单的记录。")
    searchable = True
    may_be_unique = True
    required_options = ("form",)
    option_properties = properties(
        form=described(
            {"type": "string", "pattern": "^(_member|_department|[a-z](_?[a-z0-9])*)$", "maxLength": 24},
            ("Form", "The form whose records are chosen."),
            ("关联表单", "被选择记录所在的表单。"),
        ),
        rows=described(
            {"type": "string", "pattern": "^[a-z](_?[a-z0-9])*$", "maxLength": 40},
            ("Rows of", "A sub-form of that form: one of its rows is chosen, not the record (an order's line)."),
            ("子表行", "该表单的子表：选择其中的一行，而不是整条记录（例如订单的某一行明细）。"),
        ),
        many=flag(
            False,
            ("Several", "Several records may be chosen, in an order."),
            ("多条", "可以按顺序选择多条记录。"),
        ),
        reverse=REVERSE,
        on_delete=one_of(
            ("restrict", "clear", "cascade"),
            "restrict",
            ("When the other is deleted", "Refuse while this points at it, empty this field, or delete this too."),
            ("对方删除时", "仍被引用时禁止删除、清空此字段，或连同本记录（本行）一起删除。"),
        ),
        copy=COPY,
        where=WHERE,
        sort=SORT,
        scan=SCANNED_BY,
    )

    def many(self, field: Field) -> bool:
        return bool(field.options.get("many"))

    def target_form(self, field: Field) -> str | None:
        """The form; with `rows` the rows of a sub-form, which stand as a form of their own (`order.lines`)."""
        form, rows = str(field.options["form"]), field.options.get("rows")
        return f"{form}.{rows}" if rows else form

    def check_options(self, options: Mapping[str, Any]) -> Iterable[Problem]:
        yield from super().check_options(options)
        if options.get("many") and options.get("on_delete") == "cascade":
            message = "A record that points at several is not deleted with one of them"
            yield Problem("relation.cascade_many", "on_delete", message, {})

    def samples(self) -> Sequence[tuple[dict[str, Any], Any]]:
        return [
            ({"form": "other"}, Link(1, "甲公司")),
            ({"form": "other", "many": True}, (Link(2, "Beta"), Link(1, "甲公司"))),
        ]


_KEYS: Final = {"type": "array", "items": {"type": "string", "minLength": 1, "maxLength": 60}, "maxItems": 100}
_BY_FIELD: Final = described(
    {"type": "string", "pattern": "^_?[a-z](_?[a-z0-9])*$", "maxLength": 40},
    ("Field", "A member or department field beside this one: its people, or the people of its departments."),
    ("字段", "同一记录（或同一行）中的成员或部门字段：其中的成员，或其部门中的成员。"),
)
_BY_UNIT: Final = described(
    _KEYS,
    ("Departments", "Keys or numbers of departments; all below them count too."),
    ("部门", "部门的标识或编号，包含下级部门。"),
)


def _range(**parts: Mapping[str, Any]) -> Mapping[str, Any]:
    """The option that says who may be chosen; whoever is in one of the parts may be."""
    return properties(
        range=described(
            {"type": "object", "properties": parts, "additionalProperties": False},
            ("Range", "Who may be chosen: whoever is in one of these. Without a range everybody."),
            ("可选范围", "符合其中任一条件的才可选择；不设置则不限制。"),
        )
    )


MEMBER_RANGE: Final = _range(
    departments=_BY_UNIT,
    roles=described(_KEYS, ("Roles", "Keys of roles."), ("角色", "角色的标识。")),
    field=_BY_FIELD,
)
DEPARTMENT_RANGE: Final = _range(departments=_BY_UNIT, field=_BY_FIELD)


class PeopleField(Linking):
    """Members and departments: pseudo-forms of the workspace."""

    searchable = True

    def is_many(self) -> bool:
        return self.key.endswith("s")

    def check_among(self, options: Mapping[str, Any], fields: Mapping[str, Field]) -> Iterable[Problem]:
        """The field that a range names holds people or departments."""
        key = (options.get("range") or {}).get("field")
        other = fields.get(key) if key else None
        if key and (other is None or other.type.target_form(other) not in (MEMBER, DEPARTMENT)):
            message = f'There is no member or department field "{key}" beside this one'
            yield Problem("member.range_field", "range.field", message, {"key": key})

    def many(self, field: Field) -> bool:
        return self.is_many()


class MemberField(PeopleField):
    """The owner, the person in charge."""

    key = "member"
    icon = "user"
    group = "people"
    title = words("Member", "成员")
    description = words("One person of the workspace.", "工作区中的一个人。")
    option_properties = MEMBER_RANGE
    may_be_unique = True
    operator_names = ("is_me", "my_team", "my_department", "empty", "filled")

    def target_form(self, field: Field) -> str | None:
        return MEMBER

    def mine(self, op: str, field: Field, context: Context) -> Any:
        """Me; me and those below me; everybody of the departments that I belong to or head."""
        me = () if context.member is None else (context.member,)
        if op == "is_me":
            return me
        if op == "my_team":
            return (*me, *sorted(context.subordinates))
        target = field.target
        if target is None:
            raise LookupError(op)
        return select(target.table.c.id).where(target.table.c.department.in_(sorted(context.departments)))

    def samples(self) -> Sequence[tuple[dict[str, Any], Any]]:
        return [({}, Link(1, "林悦"))]


class MembersField(MemberField):
    """The team of a deal."""

    key = "members"
    icon = "users"
    group = "people"
    title = words("Members", "成员（多选）")
    description = words("Several people of the workspace.", "工作区中的多个人。")
    may_be_unique = False

    def samples(self) -> Sequence[tuple[dict[str, Any], Any]]:
        return [({}, (Link(2, "Ana Sol"), Link(1, "林悦")))]


class DepartmentField(PeopleField):
    """The department in charge."""

    key = "department"
    icon = "sitemap"
    group = "people"
    title = words("Department", "部门")
    description = words("One department of the workspace.", "工作区中的一个部门。")
    option_properties = DEPARTMENT_RANGE
    operator_names = ("my_department", "empty", "filled")

    def target_form(self, field: Field) -> str | None:
        return DEPARTMENT

    def mine(self, op: str, field: Field, context: Context) -> Any:
        """The departments that I belong to or head, with all below those that I head."""
        return tuple(sorted(context.departments))

    def samples(self) -> Sequence[tuple[dict[str, Any], Any]]:
        return [({}, Link(1, "华东大区"))]


class DepartmentsField(DepartmentField):
    """The departments that a notice is for."""

    key = "departments"
    icon = "building-community"
    group = "people"
    title = words("Departments", "部门（多选）")
    description = words("Several departments of the workspace.", "工作区中的多个部门。")

    def samples(self) -> Sequence[tuple[dict[str, Any], Any]]:
        return [({}, (Link(1, "华东大区"), Link(2, "North")))]


def existence(field: Field, missing: Iterable[int]) -> Problem:
    """The problem for ids that no visible record has; the writer finds them with one query for all fields."""
    ids = sorted(missing)
    message = f"There is no record {', '.join(f'#{one}' for one in ids[:5])}, or you may not see it"
    return Problem("relation.not_found", field.path, message, {"ids": ids, "form": field.type.target_form(field)})


def _links(field: Field) -> Table:
    if field.links is None:
        raise LookupError(field.path)
    return field.links


def _json(value: Any) -> Any:
    if not isinstance(value, Link):
        return value
    found = {"id": value.id, "title": value.title}
    return found if value.record is None else {**found, "record": value.record}


def split_names(text: str) -> list[str]:
    """The names that a cell holds: one in a line, or with a separator between them."""
    for separator in ("\n", "；", ";", "、", "，", ","):
        if separator in text:
            return [part.strip() for part in text.split(separator) if part.strip()]
    return [text]
