"""Aggregates that take their rows in an order, as queries over an inner one that has their columns.

The inner query has `value`, `key` where the rows are sorted, `argument0` … with what was computed outside, and `order0`
… with what puts the rows into their own order.
"""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ARRAY, ColumnElement, Integer, Numeric, Subquery, Text, cast, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from engines.formula.sql.build import SQL_TYPES
from engines.formula.tree import Aggregate
from engines.formula.types import SqlScope, Type

ORDERED: Final = frozenset({"first", "last", "join", "progressive", "allocate"})

Element = ColumnElement[Any]


def order_of(scope: SqlScope) -> tuple[Element, ...]:
    """What puts the rows of a scope into their own order."""
    find = getattr(scope, "order", None)
    return find() if find is not None else (scope.column("id"),)


def ordered(node: Aggregate, inner: Subquery, order: Sequence[Element]) -> Element:
    """The value of such an aggregate."""
    match node.kind:
        case "first" | "last":
            return _one(node, inner, order)
        case "join":
            return _joined(inner, order)
        case "progressive":
            start = func.coalesce(inner.c.key, 0, type_=Numeric())
            by = (start, *order)
            value = func.dg.progressive(
                func.max(inner.c.argument0), _array(start, by), _array(inner.c.value, by), type_=Numeric()
            )
            return select(value).select_from(inner).scalar_subquery()
        case _:
            return _share(inner, order)


def _one(node: Aggregate, inner: Subquery, order: Sequence[Element]) -> Element:
    """The first or last row: by the key where there is one, then by their own order."""
    last = node.kind == "last"
    by: list[Element] = []
    if node.key is not None:
        key = inner.c.key.collate("C") if node.key.type is Type.TEXT else inner.c.key
        by.append(key.desc().nulls_last() if last else key.asc().nulls_last())
    by += [one.desc() if last else one.asc() for one in order]
    value = cast(inner.c.value, SQL_TYPES[node.type])
    return select(value).select_from(inner).order_by(*by).limit(1).scalar_subquery()


def _joined(inner: Subquery, order: Sequence[Element]) -> Element:
    """Texts with the separator between them; blanks are skipped. Every row carries the separator along."""
    texts = func.array_agg(aggregate_order_by(inner.c.value, *order), type_=ARRAY(Text()))
    separator = func.coalesce(func.max(inner.c.argument0), "", type_=Text())
    whole = func.dg.text(func.array_to_string(texts, separator, type_=Text()), type_=Text())
    return select(whole).select_from(inner).scalar_subquery()


def _share(inner: Subquery, order: Sequence[Element]) -> Element:
    """The share of the row that asks."""
    place = func.row_number().over(order_by=list(order)).label("place")
    numbered = select(inner, place).subquery()
    share = func.dg.allocate(
        func.max(numbered.c.argument0),
        _array(numbered.c.value, (numbered.c.place,)),
        func.max(numbered.c.argument1),
        cast(func.max(numbered.c.place).filter(numbered.c.own), Integer),
        type_=Numeric(),
    )
    return select(share).select_from(numbered).scalar_subquery()


def _array(value: Element, by: Sequence[Element]) -> Element:
    return func.array_agg(aggregate_order_by(value, *by), type_=ARRAY(Numeric()))
