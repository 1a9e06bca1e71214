"""The SQL back end: a typed tree becomes one SQLAlchemy expression that never raises."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnClause, ColumnElement, Numeric, and_, cast, func, literal, select
from sqlalchemy.sql import FromClause

from engines.formula.python import compile_node
from engines.formula.sql.build import SQL_TYPES, constant
from engines.formula.tree import (
    Aggregate,
    Call,
    Constant,
    FactValue,
    FieldValue,
    Node,
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
            case Aggregate():
                return self._aggregate(node)
            case Call() if reads_rows(node):
                arguments: list[Any] = [self.value(argument) for argument in node.arguments]
                if node.primitive.zoned:
                    arguments.insert(0, literal(self.facts.zone, SQL_TYPES[Type.TEXT]))
                return node.primitive.sql(*arguments)
            case Constant() | FactValue() | Call():
                return self.value(node).element

    def _field(self, scope: SqlScope, path: tuple[str, ...], type_: Type) -> ColumnElement[Any]:
        if len(path) == 1:
            return scope.column(path[0])
        source, joined, inner = scope.related(path[0])
        value = self._field(inner, path[1:], type_)
        return select(value).select_from(source).where(joined).correlate_except(source).scalar_subquery()

    def _aggregate(self, node: Aggregate) -> ColumnElement[Any]:
        scope = self.scopes[-1 - node.up]
        scopes = self.scopes
        sources: list[FromClause] = []
        conditions: list[ColumnElement[bool]] = []
        for key, many in node.steps:
            source, joined, scope = scope.rows(key) if many else scope.related(key)
            sources.append(source)
            conditions.append(joined)
            if many:
                scopes = (*scopes, scope)
        body = None if node.body is None else SqlBackend(scopes, self.facts).value(node.body).element
        columns = [literal(1).label("value") if body is None else body.label("value")]
        inner = select(*columns).select_from(*sources).where(and_(*conditions)).correlate_except(*sources).subquery()
        # The body is a column of an inner query: PostgreSQL takes an aggregate over nothing but outer columns as one
        # of the outer query.
        return select(_reduced(node, inner.c.value)).select_from(inner).scalar_subquery()


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
