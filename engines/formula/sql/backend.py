"""The SQL back end: a typed tree becomes one SQLAlchemy expression that never raises."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnClause, ColumnElement, Numeric, and_, case, cast, func, literal, not_, select
from sqlalchemy.sql import FromClause

from engines.formula.aggregates import TRUTHS
from engines.formula.python import READERS, compile_node
from engines.formula.sql.build import SQL_TYPES, constant, sure
from engines.formula.sql.ordered import ORDERED, order_of, ordered
from engines.formula.tree import (
    Aggregate,
    Call,
    Constant,
    FactValue,
    FieldValue,
    Node,
    PriorValue,
    SqlValue,
    may_be_blank,
    reads_rows,
)
from engines.formula.types import Facts, SqlScope, Type


@dataclass(frozen=True, slots=True)
class SqlBackend:
    """Compiles for one statement: the scopes of the rows around (innermost last) and the facts of the moment."""

    scopes: tuple[SqlScope, ...]
    facts: Facts

    def value(self, node: Node) -> SqlValue:
        """An argument with what is known about it. What reads no row is computed here and passed as a value."""
        if isinstance(node, Constant):
            return SqlValue(constant(node.value, node.type), node.type, node.value is None, simple=True)
        if not reads_rows(node):
            result = compile_node(node)((), self.facts)
            return SqlValue(constant(result, node.type), node.type, result is None, simple=True)
        element = self.element(node)
        return SqlValue(element, node.type, may_be_blank(node), isinstance(element, ColumnClause))

    def element(self, node: Node) -> ColumnElement[Any]:
        """The expression of a node."""
        match node:
            case FieldValue():
                return self._field(self.scopes[-1 - node.up], node.path, node.type)
            case PriorValue() if node.rows is not None:
                return self._prior_of_row(node)
            case Aggregate():
                return self._aggregate(node)
            case Call() if reads_rows(node):
                arguments: list[Any] = [self.value(argument) for argument in node.arguments]
                if node.primitive.zoned:
                    arguments.insert(0, literal(self.facts.zone, SQL_TYPES[Type.TEXT]))
                if node.primitive.moment:
                    arguments.insert(0, self.facts)
                return node.primitive.sql(*arguments)
            case Constant() | PriorValue() | FactValue() | Call():
                return self.value(node).element

    def _field(self, scope: SqlScope, path: tuple[str, ...], type_: Type) -> ColumnElement[Any]:
        if len(path) == 1:
            return scope.column(path[0])
        source, joined, inner = scope.related(path[0])
        value = self._field(inner, path[1:], type_)
        return select(value).select_from(source).where(joined).correlate_except(source).scalar_subquery()

    def _prior_of_row(self, node: PriorValue) -> ColumnElement[Any]:
        """The rows as they were are known here: one branch for each of them."""
        read = READERS[node.type]
        before = (self.facts.prior or {}).get(node.rows or "") or ()
        number = self.scopes[-1 - node.up].column("id")
        values = [
            (number == row["id"], constant(read(row.get(node.key)), node.type)) for row in before if row.get("id")
        ]
        return case(*values, else_=constant(None, node.type)) if values else constant(None, node.type)

    def _aggregate(self, node: Aggregate) -> ColumnElement[Any]:
        scope = self.scopes[-1 - node.up]
        scopes = self.scopes
        sources: list[FromClause] = []
        conditions: list[ColumnElement[bool]] = []
        order: list[ColumnElement[Any]] = []
        for key, many in ((None, True), *node.steps) if node.form is not None else node.steps:
            if key is None:
                source, joined, scope = whole(scope, node.form or "")
            else:
                source, joined, scope = scope.rows(key) if many else scope.related(key)
            sources.append(source)
            conditions.append(joined)
            if many:
                scopes = (*scopes, scope)
                order += order_of(scope) if node.kind in ORDERED else ()
        inside = SqlBackend(scopes, self.facts)
        if node.where is not None:
            conditions.append(sure(inside.value(node.where)))
        if node.kind in TRUTHS and node.body is not None:
            found = sure(inside.value(node.body))
            wanted = found if node.kind == "any" else not_(found)
            rows = select(literal(1)).select_from(*sources).where(and_(*conditions, wanted))
            some = rows.correlate_except(*sources).exists()
            return some if node.kind == "any" else not_(some)
        columns = {"value": literal(1) if node.body is None else inside.value(node.body).element}
        if node.key is not None:
            columns["key"] = inside.value(node.key).element
        columns |= {f"argument{place}": self.value(part).element for place, part in enumerate(node.arguments)}
        columns |= {f"order{place}": part for place, part in enumerate(order)}
        if node.kind == "allocate":
            columns["own"] = and_(*(a == b for a, b in zip(order, order_of(self.scopes[-1]), strict=True)))
        labelled = [element.label(name) for name, element in columns.items()]
        inner = select(*labelled).select_from(*sources).where(and_(*conditions)).correlate_except(*sources).subquery()
        # The body is a column of an inner query: PostgreSQL takes an aggregate over nothing but outer columns as one
        # of the outer query.
        if node.kind in ORDERED:
            return ordered(node, inner, [inner.c[f"order{place}"] for place in range(len(order))])
        return select(_reduced(node, inner.c.value)).select_from(inner).scalar_subquery()


def whole(scope: SqlScope, form: str) -> "tuple[FromClause, ColumnElement[bool], SqlScope]":
    """Every record of another form, where the statement may read other forms. Raises `LookupError` where not."""
    find = getattr(scope, "whole", None)
    if find is None:
        raise LookupError(f"this statement cannot read the form {form}")
    found: tuple[FromClause, ColumnElement[bool], SqlScope] = find(form)
    return found


def _reduced(node: Aggregate, values: ColumnElement[Any]) -> ColumnElement[Any]:
    match node.kind:
        case "sum":
            return func.dg.num(func.coalesce(func.sum(values), 0), type_=Numeric())
        case "average":
            return func.dg.div(func.sum(values), cast(func.count(values), Numeric()), type_=Numeric())
        case "min":
            return func.min(values, type_=SQL_TYPES[node.type])
        case "max":
            return func.max(values, type_=SQL_TYPES[node.type])
        case _:
            return cast(func.count(values), Numeric())
