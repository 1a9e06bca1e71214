"""SQL of primitives that take any number of values, or lists, or know one thing more than a guard function."""

from collections.abc import Callable

from sqlalchemy import Boolean, Integer, Numeric, Text, cast, extract, func
from sqlalchemy.dialects.postgresql import ARRAY, array

from engines.formula.dates import MOST_DAYS
from engines.formula.sql import build
from engines.formula.sql.build import SQL_TYPES, Element, exists
from engines.formula.tree import SqlValue
from engines.formula.types import Type


def gathered(values: tuple[SqlValue, ...]) -> Element:
    """The values as one array."""
    kind = SQL_TYPES[values[0].type]
    return cast(array([cast(value.element, kind) for value in values]), ARRAY(kind))


def of_all(name: str, result: Type) -> Callable[..., Element]:
    """A guard function of one array."""
    return lambda *values: getattr(func.dg, name)(gathered(values), type_=SQL_TYPES[result])


def joined(*values: SqlValue) -> Element:
    """Texts one after another; a long chain of `||` would copy what it has at every step."""
    if len(values) <= 8:
        return build.joined(*values)
    return func.dg.joined(gathered(values), type_=Text())


def text_join(separator: SqlValue, skip: SqlValue, *parts: SqlValue) -> Element:
    """Texts with a separator between them."""
    return func.dg.text_join(separator.element, skip.element, gathered(parts), type_=Text())


def has_any(items: SqlValue, wanted: SqlValue) -> Element:
    """Whether two lists share an item."""
    return exists(items.element.bool_op("&&")(wanted.element))


def has_all(items: SqlValue, wanted: SqlValue) -> Element:
    """Whether a list has all items of another."""
    return exists(items.element.bool_op("@>")(wanted.element))


def one_of(value: SqlValue, wanted: SqlValue) -> Element:
    """Whether a text is in a list."""
    return func.array_position(wanted.element, value.element, type_=Numeric()).is_not(None)


def quarter(day: SqlValue) -> Element:
    """The quarter of a date."""
    return cast(extract("quarter", day.element), Numeric())


def leap_day(day: SqlValue) -> Element:
    """Whether the year of a date has 366 days."""
    return func.dg.leap_year(cast(extract("year", day.element), Numeric()), type_=Boolean())


def months_away_end(day: SqlValue, count: SqlValue) -> Element:
    """The last day of the month so many months later."""
    moved = func.dg.plus_months(day.element, count.element, type_=SQL_TYPES[Type.DATE])
    return func.dg.month_end(moved, type_=SQL_TYPES[Type.DATE])


def months_beyond(start: SqlValue, end: SqlValue) -> Element:
    """Months without the complete years."""
    return func.mod(func.dg.months_between(start.element, end.element, type_=Numeric()), 12, type_=Numeric())


def count_blank(*values: SqlValue) -> Element:
    """How many values are blank."""
    return cast(func.num_nulls(*(value.element for value in values)), Numeric())


def sign(value: SqlValue) -> Element:
    """1, 0 or -1."""
    return func.sign(value.element, type_=Numeric())


def exclusive(*values: SqlValue) -> Element:
    """Whether an odd number of conditions is true."""
    whole: Element = func.coalesce(values[0].element, False, type_=Boolean())
    for value in values[1:]:
        whole = whole.is_distinct_from(func.coalesce(value.element, False, type_=Boolean()))
    return whole


def never(*_values: SqlValue | Element) -> Element:
    """For what is refused wherever the database would compute it: it gives nothing."""
    return cast(None, Text())


def times(count: SqlValue, size: SqlValue) -> Element:
    """A count, cut to a whole one and kept within what any calendar can use, of groups."""
    groups = func.dg.whole(count.element, -MOST_DAYS, MOST_DAYS, type_=Integer())
    return cast(groups, Numeric()) * size.element
