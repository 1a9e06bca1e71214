"""An expression over a row and the rows around it, made one over the row alone: what it needs of those is computed."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement

from engines.formula.bind import bound
from engines.formula.expression import Expression
from engines.formula.limits import MAX_DEPTH
from engines.formula.python import compile_node
from engines.formula.sql.backend import SqlBackend
from engines.formula.tree import reads_between
from engines.formula.types import Facts, SqlScope


def inner_sql(
    expression: Expression, around: Sequence[Mapping[str, Any]], scope: SqlScope, facts: Facts
) -> ColumnElement[Any] | None:
    """SQL over the innermost row, with every part that does not read it computed from the rows `around`.

    None where `needs_python`.
    """
    if needs_python(expression):
        return None
    node = bound(expression.node, 1, lambda part: compile_node(part)(tuple(around), facts))
    return SqlBackend((scope,), facts).value(node).element


def needs_python(expression: Expression) -> bool:
    """Whether a part runs over rows around and reads the innermost row in each of them."""
    return reads_between(bound(expression.node, 1, lambda _: None), 1, MAX_DEPTH * 10)
