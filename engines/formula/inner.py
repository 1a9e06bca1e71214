"""An expression over a row and the rows around it, made one over the row alone: what it needs of those is computed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement

from engines.formula.expression import Expression
from engines.formula.limits import MAX_DEPTH
from engines.formula.python import compile_node
from engines.formula.sql.backend import SqlBackend
from engines.formula.tree import Aggregate, Call, Constant, Node, reads_between, reads_within, shifted
from engines.formula.types import Facts, SqlScope


def inner_sql(
    expression: Expression, around: Sequence[Mapping[str, Any]], scope: SqlScope, facts: Facts
) -> ColumnElement[Any] | None:
    """SQL over the innermost row, with every part that does not read it computed from the rows `around`.

    None where `needs_python`.
    """
    if needs_python(expression):
        return None
    node = _inner(expression.node, 1, lambda part: compile_node(part)(tuple(around), facts))
    return SqlBackend((scope,), facts).value(node).element


def needs_python(expression: Expression) -> bool:
    """Whether a part runs over rows around and reads the innermost row in each of them."""
    return reads_between(_inner(expression.node, 1, lambda _: None), 1, MAX_DEPTH * 10)


def _inner(part: Node, depth: int, value_of: Callable[[Node], Any]) -> Node:
    if isinstance(part, Constant):
        return part
    if not reads_within(part, depth):
        return Constant(value_of(shifted(part, -depth)), part.type)
    if isinstance(part, Call):
        return replace(part, arguments=tuple(_inner(one, depth, value_of) for one in part.arguments))
    if isinstance(part, Aggregate):
        deeper = depth + part.levels
        return replace(
            part,
            where=part.where and _inner(part.where, deeper, value_of),
            body=part.body and _inner(part.body, deeper, value_of),
            key=part.key and _inner(part.key, deeper, value_of),
            arguments=tuple(_inner(one, depth, value_of) for one in part.arguments),
        )
    return part
