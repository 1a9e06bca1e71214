"""Order, and places in it: cursors that carry sort, filter and revision and know about blanks (D4).

Blanks come last when ascending and first when descending, as PostgreSQL's indexes keep them; the id decides between
equals, in the direction of the first field.
"""

import base64
import binascii
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import orjson
from sqlalchemy import ColumnElement, and_, false, or_, tuple_

from engines.form.query.ask import Ask
from engines.form.query.types import Query, Sort
from engines.form.rates.totals import base_of
from engines.form.titles import title_order, title_sorted_by
from engines.form.write.encode import plain
from engines.kernel.problems import Problem, Rejected


@dataclass(frozen=True)
class Key:
    """One expression to order by."""

    column: ColumnElement[Any]
    descending: bool


def order_keys(ask: Ask, sort: Sequence[Sort]) -> list[Key]:
    """What a list is ordered by, the id at the end. Raises `Rejected` for fields without an order."""
    keys: list[Key] = []
    for one in sort:
        field = ask.form.get(one.field, f"sort.{one.field}")
        field = base_of(field) or field  # amounts of different currencies stand in the order of what they are worth
        named = title_order(ask.tx, ask.form, field, ask.scope.column(field.key)) if title_sorted_by(field) else None
        if named is not None:
            column = named
        elif field.live and field.type.sortable:
            column = ask.scope.column(field.key)
        else:
            names = field.type.sort_columns(field)
            if not names or names[0] not in ask.table.c:
                message = f"A list cannot be sorted by {field.label()}"
                params = {"field": one.field, "label": field.label(ask.context.locale)}
                raise Rejected(Problem("query.not_sortable", f"sort.{one.field}", message, params))
            column = field.type.rank(ask.scope.guarded(field.key, ask.table.c[names[0]]), field)
        keys.append(Key(column, one.descending))
    descending = keys[0].descending if keys else True
    return [*keys, Key(ask.table.c.id, descending)]


def ordering(keys: Sequence[Key]) -> list[ColumnElement[Any]]:
    """ORDER BY for keys."""
    return [key.column.desc() if key.descending else key.column.asc() for key in keys]


def after(keys: Sequence[Key], values: Sequence[Any]) -> list[ColumnElement[bool]]:
    """Conditions for what comes after a place, one after the other: together they are the rest of the list.

    With one field there are up to two, each a range of its index; with more there is one.
    """
    if len(keys) == 1:
        return [_beyond(keys[0], values[0])]
    if len(keys) == 2:
        first, identity = keys
        if values[0] is None:
            same = and_(first.column.is_(None), _beyond(identity, values[1]))
            return [same, first.column.is_not(None)] if first.descending else [same]
        pair, place = tuple_(first.column, identity.column), tuple_(values[0], values[1])
        ahead = pair < place if first.descending else pair > place
        return [ahead] if first.descending else [ahead, first.column.is_(None)]
    conditions = []
    for position, key in enumerate(keys):
        equal = [_equal(before, value) for before, value in zip(keys[:position], values[:position], strict=True)]
        conditions.append(and_(*equal, _beyond(key, values[position])))
    return [or_(false(), *conditions)]


def _beyond(key: Key, value: Any) -> ColumnElement[bool]:
    if value is None:
        return key.column.is_not(None) if key.descending else false()
    if key.descending:
        return key.column < value
    return or_(key.column > value, key.column.is_(None))


def _equal(key: Key, value: Any) -> ColumnElement[bool]:
    return key.column.is_(None) if value is None else key.column == value


def write_cursor(ask: Ask, query: Query, values: Sequence[Any]) -> str:
    """The place after a row, as a text for addresses."""
    content = [ask.tx.revision, _digest(query), *(plain(value) for value in values)]
    return base64.urlsafe_b64encode(orjson.dumps(content)).decode().rstrip("=")


def read_cursor(ask: Ask, query: Query, keys: Sequence[Key]) -> list[Any]:
    """The place that a cursor means. Raises `Rejected` where it belongs to another list or an older revision."""
    problem = Problem("query.cursor", "cursor", "This page belongs to a list that has changed; begin anew", {})
    try:
        content = orjson.loads(base64.urlsafe_b64decode((query.cursor or "") + "=" * (-len(query.cursor or "") % 4)))
        revision, digest, *values = content
        if revision != ask.tx.revision or digest != _digest(query) or len(values) != len(keys):
            raise Rejected(problem)
        return [_value(value, key) for value, key in zip(values, keys, strict=True)]
    except (binascii.Error, ValueError, TypeError, InvalidOperation) as error:
        raise Rejected(problem) from error


def _value(value: Any, key: Key) -> Any:
    if value is None:
        return None
    kind = key.column.type.python_type
    if kind is Decimal:
        number = Decimal(str(value))
        if not number.is_finite():
            raise ValueError(value)
        return number
    if kind is datetime:
        return datetime.fromisoformat(value)
    if kind is date:
        return date.fromisoformat(value)
    if kind is int and abs(int(value)) >= 2**63:
        raise ValueError(value)
    return kind(value)


def _digest(query: Query) -> str:
    about = [query.filter, query.search, [[one.field, one.descending] for one in query.sort], query.trash]
    return hashlib.sha256(orjson.dumps(about, option=orjson.OPT_SORT_KEYS, default=str)).hexdigest()[:12]
