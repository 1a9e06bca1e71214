"""Pieces of SQL from which primitives are put together. Nothing built here can raise or, for conditions, be NULL."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    ColumnElement,
    Date,
    DateTime,
    Numeric,
    Text,
    and_,
    case,
    cast,
    extract,
    false,
    func,
    literal,
    null,
    or_,
    true,
)
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.types import TypeEngine

from engines.formula.tree import SqlValue
from engines.formula.types import Type

SQL_TYPES: dict[Type, TypeEngine[Any]] = {
    Type.TEXT: Text(),
    Type.NUMBER: Numeric(),
    Type.BOOLEAN: Boolean(),
    Type.DATE: Date(),
    Type.DATETIME: DateTime(timezone=True),
    Type.RECORD: BigInteger(),
    Type.LIST: ARRAY(Text()),
}

Element = ColumnElement[Any]


def constant(value: Any, type_: Type) -> Element:
    """A value as a typed parameter; blank as a typed NULL."""
    if value is None:
        return cast(null(), SQL_TYPES[type_])
    if isinstance(value, bool):
        return true() if value else false()
    return literal(list(value) if isinstance(value, tuple) else value, SQL_TYPES[type_])


def dg(name: str, result: Type) -> Callable[..., Element]:
    """A call of a guard function; a zone, if given first, is passed on."""

    def build(*arguments: SqlValue | Element) -> Element:
        elements = [a.element if isinstance(a, SqlValue) else a for a in arguments]
        return getattr(func.dg, name)(*elements, type_=SQL_TYPES[result])

    return build


def sure(value: SqlValue) -> Element:
    """A condition that is never NULL: blank is false (rule 6)."""
    return func.coalesce(value.element, false(), type_=Boolean()) if value.blank else value.element


def _present(condition: Element, *values: SqlValue) -> Element:
    """A comparison that is false instead of NULL.

    For columns by naming them again, since `coalesce` around a comparison would hide it from every index.
    """
    missing = [value for value in values if value.blank]
    if not missing:
        return condition
    if all(value.simple for value in missing):
        return and_(condition, *(value.element.is_not(None) for value in missing))
    return func.coalesce(condition, false(), type_=Boolean())


def equal(a: SqlValue, b: SqlValue) -> Element:
    """Equality where blank equals blank and nothing else (rule 6)."""
    if a.blank and b.blank:
        return a.element.is_not_distinct_from(b.element)
    return _present(a.element == b.element, a, b)


def unequal(a: SqlValue, b: SqlValue) -> Element:
    """The opposite of `equal`."""
    if a.blank or b.blank:
        return a.element.is_distinct_from(b.element)
    return a.element != b.element


def _order(operator: str) -> Callable[[SqlValue, SqlValue], Element]:
    def build(a: SqlValue, b: SqlValue) -> Element:
        right = b.element.collate("C") if a.type is Type.TEXT else b.element
        return _present(a.element.bool_op(operator)(right), a, b)

    return build


less, less_equal, greater, greater_equal = _order("<"), _order("<="), _order(">"), _order(">=")


def is_blank(value: SqlValue) -> Element:
    """Whether there is no value."""
    return value.element.is_(None) if value.blank else false()


def is_present(value: SqlValue) -> Element:
    """Whether there is a value."""
    return value.element.is_not(None) if value.blank else true()


def conjunction(*values: SqlValue) -> Element:
    """AND: blank is false."""
    return and_(*(sure(value) for value in values))


def disjunction(*values: SqlValue) -> Element:
    """OR: blank is false."""
    return or_(*(sure(value) for value in values))


def negation(value: SqlValue) -> Element:
    """NOT: blank is false, so its opposite is true. (`NOT x` would be read together with what follows it.)"""
    return value.element.is_not(true())


def condition(value: SqlValue) -> Element:
    """The result of a rule or filter: blank is false."""
    return sure(value)


def conditional(*values: SqlValue) -> Element:
    """CASE over pairs of condition and value, with a last value for none."""
    *pairs, last = values
    whens = [(pairs[i].element, pairs[i + 1].element) for i in range(0, len(pairs), 2)]
    return case(*whens, else_=last.element)


def switch(*values: SqlValue) -> Element:
    """CASE over one value. Arrays compare NULL with NULL as equal, and the value is named only once."""
    subject, *pairs, last = values
    sides = [subject, *pairs[::2]]
    elements = [value.element for value in sides]
    if any(value.blank for value in sides[1:]):
        elements = [array([cast(value.element, SQL_TYPES[value.type])]) for value in sides]
    return case(
        *zip(elements[1:], (v.element for v in pairs[1::2]), strict=True), value=elements[0], else_=last.element
    )


def first_present(*values: SqlValue) -> Element:
    """The first value that is not blank."""
    return func.coalesce(*(value.element for value in values), type_=SQL_TYPES[values[0].type])


def joined(*values: SqlValue) -> Element:
    """Texts one after another; blanks are empty."""
    parts = [func.coalesce(value.element, "", type_=Text()) if value.blank else value.element for value in values]
    whole = parts[0]
    for part in parts[1:]:
        whole = whole.concat(part)
    return func.dg.text(whole, type_=Text())


def added(*values: SqlValue) -> Element:
    """The exact sum of several numbers; blanks are skipped, nothing is 0."""
    return func.dg.num(_plain_sum(values), type_=Numeric())


def averaged(*values: SqlValue) -> Element:
    """The average of several numbers; blanks are skipped."""
    count = func.nullif(func.num_nonnulls(*(value.element for value in values)), 0)
    return func.dg.div(_plain_sum(values), cast(count, Numeric()), type_=Numeric())


def _plain_sum(values: tuple[SqlValue, ...]) -> Element:
    whole: Element | None = None
    for value in values:
        part = func.coalesce(value.element, 0, type_=Numeric())
        whole = part if whole is None else whole + part
    assert whole is not None
    return whole


def smallest(*values: SqlValue) -> Element:
    """The smallest; blanks are skipped."""
    return func.least(*(value.element for value in values), type_=SQL_TYPES[values[0].type])


def largest(*values: SqlValue) -> Element:
    """The largest; blanks are skipped."""
    return func.greatest(*(value.element for value in values), type_=SQL_TYPES[values[0].type])


def counted(*values: SqlValue) -> Element:
    """How many are not blank."""
    return cast(func.num_nonnulls(*(value.element for value in values)), Numeric())


def exists(element: Element) -> Element:
    """A test that is false where its operands are NULL."""
    return func.coalesce(element, false(), type_=Boolean())


def day_difference(later: SqlValue, earlier: SqlValue) -> Element:
    """Whole days between two dates."""
    return cast(later.element.op("-", return_type=BigInteger())(earlier.element), Numeric())


def time_difference(later: SqlValue, earlier: SqlValue) -> Element:
    """Days between two instants, with the fraction."""
    ms = func.dg.ms(later.element, type_=Numeric()) - func.dg.ms(earlier.element, type_=Numeric())
    return func.dg.div(ms, 86_400_000, type_=Numeric())


def part(name: str) -> Callable[[SqlValue], Element]:
    """A part of a date as a number."""
    return lambda day: cast(extract(name, day.element), Numeric())


def length(value: SqlValue) -> Element:
    """Characters; 0 for blank."""
    return cast(func.coalesce(func.length(value.element), 0), Numeric())


def contains(value: SqlValue, part_: SqlValue) -> Element:
    """Whether a text contains another."""
    return exists(func.strpos(value.element, part_.element) > 0)


def has(items: SqlValue, item: SqlValue) -> Element:
    """Whether a list has an item, in the way that a GIN index serves; no list contains NULL."""
    wanted = array([cast(item.element, SQL_TYPES[Type.TEXT])])
    return _present(items.element.bool_op("@>")(wanted), items)


def starts(value: SqlValue, part_: SqlValue) -> Element:
    """Whether a text begins with another."""
    return exists(func.starts_with(value.element, part_.element))


def ends(value: SqlValue, part_: SqlValue) -> Element:
    """Whether a text ends with another."""
    return exists(func.right(value.element, func.length(part_.element)) == part_.element)


def same(a: SqlValue, b: SqlValue) -> Element:
    """Equality of folded forms."""
    return func.dg.fold(a.element, type_=Text()).is_not_distinct_from(func.dg.fold(b.element, type_=Text()))


def floor(value: SqlValue) -> Element:
    """The largest whole number that is not above."""
    return func.dg.num(func.floor(value.element), type_=Numeric())


def absolute(value: SqlValue) -> Element:
    """Without the sign."""
    return func.abs(value.element, type_=Numeric())


def items(value: SqlValue) -> Element:
    """How many items a list has."""
    return cast(func.coalesce(func.cardinality(value.element), 0), Numeric())


def clock(size: int, modulus: int) -> Callable[[Element, SqlValue], Element]:
    """A part of what the clocks of a zone show."""
    return lambda zone, instant: func.dg.clock(zone, instant.element, size, modulus, type_=Numeric())


def units_between(start: SqlValue, end: SqlValue, size: SqlValue) -> Element:
    """Complete units of so many milliseconds."""
    ms = func.dg.ms(end.element, type_=Numeric()) - func.dg.ms(start.element, type_=Numeric())
    return func.dg.cut(ms, size.element, type_=Numeric())


def times(count: SqlValue, size: SqlValue) -> Element:
    """A count, cut to a whole one, of groups."""
    return func.trunc(count.element, type_=Numeric()) * size.element
