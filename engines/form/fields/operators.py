"""The filter operators in SQL. A condition is true or false and never NULL (EXPRESSIONS.md, 6).

`ne` and `nin` are true for a blank; every comparison with a blank on either side is false. `x IS NOT NULL AND x < y`
keeps the index and is never NULL.
"""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, false, or_, true

BLANK: Final = ("empty", "filled")
ORDERED: Final = ("lt", "le", "gt", "ge", "between")
TEXTUAL: Final = ("contains", "ncontains", "starts")


def compare(column: ColumnElement[Any], op: str, value: Any) -> ColumnElement[bool]:
    """The condition of one operator on a column of plain values; `value` is parsed. Raises `LookupError`."""
    if op == "empty" or (op == "eq" and value is None):
        return column.is_(None)
    if op == "filled" or (op == "ne" and value is None):
        return column.is_not(None)
    if op == "eq":
        return and_(column.is_not(None), column == value)
    if op == "ne":
        return or_(column.is_(None), column != value)
    if op in ("in", "nin"):
        found = among(column, value)
        return found if op == "in" else ~found
    if op == "between":
        return between(column, value[0], value[1])
    if op in ORDERED:
        return ordered(column, op, value)
    if op in TEXTUAL:
        return textual(column, op, value)
    raise LookupError(op)


def among(column: ColumnElement[Any], values: "Sequence[Any] | Select[Any]") -> ColumnElement[bool]:
    """Whether the column is one of the values; a blank among them means the blank. False, not NULL, for a blank."""
    if isinstance(values, Select):
        return and_(column.is_not(None), column.in_(values))
    filled = [value for value in values if value is not None]
    conditions: list[ColumnElement[bool]] = []
    if filled:
        conditions.append(and_(column.is_not(None), column.in_(filled)))
    if len(filled) < len(values):
        conditions.append(column.is_(None))
    return or_(*conditions) if conditions else false()


def ordered(column: ColumnElement[Any], op: str, value: Any) -> ColumnElement[bool]:
    """`lt`, `le`, `gt`, `ge`; false when either side is blank."""
    if value is None:
        return false()
    condition = {"lt": column < value, "le": column <= value, "gt": column > value, "ge": column >= value}[op]
    return and_(column.is_not(None), condition)


def between(column: ColumnElement[Any], low: Any, high: Any) -> ColumnElement[bool]:
    """From `low` to `high`, both included; a missing end is open."""
    conditions: list[ColumnElement[bool]] = [column.is_not(None)]
    if low is not None:
        conditions.append(column >= low)
    if high is not None:
        conditions.append(column <= high)
    return and_(*conditions)


def textual(column: ColumnElement[Any], op: str, value: str | None) -> ColumnElement[bool]:
    """`contains`, `ncontains`, `starts`. Capital and small A-Z are the same (columns are COLLATE "C")."""
    if not value:
        return true()
    if op == "starts":
        return and_(column.is_not(None), column.istartswith(value, autoescape=True))
    found = column.icontains(value, autoescape=True)
    return and_(column.is_not(None), found) if op == "contains" else or_(column.is_(None), ~found)
