"""Rows that read the record around them: `qty * price * (1 - discount)` where the discount is the order's.

Names of the row win over those of the record. Whoever evaluates such an expression merges both; statements find the
record through the row (`engines.form.scope`). Rows of rows know their own names alone.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from engines.form.compile import Node
from engines.form.derive.graph import graph_of
from engines.form.fields.base import Field
from engines.form.form import Form
from engines.formula.types import RowInRecord


@lru_cache(maxsize=4096)
def reads_around(form: Form, subform: str, expression: Any) -> bool:
    """Whether an expression of a row names something of the record around it."""
    fields = form.subforms[subform].fields
    return any(path[0] in form.fields and path[0] not in fields for path in expression.references)


def in_row(
    form: Form, one: Field, expression: Any, record: Mapping[str, Any], row: Mapping[str, Any]
) -> Mapping[str, Any]:
    """A row as its expression reads it: with the record around it where the expression names something of it."""
    if one.subform is None or not reads_around(form, one.subform, expression):
        return row
    return RowInRecord(record, row)


@lru_cache(maxsize=1024)
def rows_that_follow(form: Form) -> frozenset[Node]:
    """The kept values of rows that hang on fields of their record: they are set anew where those change in bulk."""
    return frozenset(_edges(form))


def _edges(form: Form) -> Iterator[Node]:
    for path, edges in graph_of(form.forms).of(form).own.items():
        if "." not in path:
            yield from (edge.target for edge in edges if edge.target[1] and path in form.fields)
