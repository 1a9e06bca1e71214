"""Decimal arithmetic of the language: 20 digits before and 12 after the point, half away from zero, never an error.

Every function takes and gives Decimals or None (blank). See EXPRESSIONS.md, rules 1 to 3, 5 and 9.
"""

import re
from decimal import ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_UP, ROUND_UP, Context, Decimal
from fractions import Fraction

from engines.formula.limits import DIGITS_AFTER, DIGITS_BEFORE, MAX_EXPONENT, NUMBER_LIMIT

# The context of ours: precision far beyond any product of two numbers of the domain, so that nothing is rounded
# before `number` rounds. The thread's own context is never used.
CONTEXT = Context(prec=200, rounding=ROUND_HALF_UP, Emin=-999_999, Emax=999_999)
UNIT = Decimal(1).scaleb(-DIGITS_AFTER)
SCALE = 10**DIGITS_AFTER
LIMIT_UNITS = int(NUMBER_LIMIT) * SCALE
ZERO = Decimal(0)

_PLAIN = re.compile(r"([+-]?)(?:([0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)(\.[0-9]*)?|(\.[0-9]+))(%?)")


def number(value: Decimal) -> Decimal | None:
    """Bring an exact result into the domain: rounded once, blank when too large."""
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -DIGITS_AFTER:
        value = value.quantize(UNIT, context=CONTEXT)
    if not -NUMBER_LIMIT < value < NUMBER_LIMIT:
        return None
    return value or ZERO


def _rounded(value: Fraction) -> Decimal | None:
    """An exact fraction, rounded half away from zero."""
    top, bottom = abs(value.numerator) * SCALE, value.denominator
    units = (2 * top + bottom) // (2 * bottom)
    if units >= LIMIT_UNITS:
        return None
    return Decimal(-units if value < 0 else units).scaleb(-DIGITS_AFTER, context=CONTEXT) if units else ZERO


def add(a: Decimal | None, b: Decimal | None) -> Decimal | None:
    """Sum; a blank beside a number counts zero."""
    if a is None:
        return b
    if b is None:
        return a
    return number(CONTEXT.add(a, b))


def subtract(a: Decimal | None, b: Decimal | None) -> Decimal | None:
    """Difference; a blank beside a number counts zero."""
    if b is None:
        return a
    return number(CONTEXT.subtract(ZERO if a is None else a, b))


def multiply(a: Decimal | None, b: Decimal | None) -> Decimal | None:
    """Product; blank if a side is blank."""
    if a is None or b is None:
        return None
    return number(CONTEXT.multiply(a, b))


def divide(a: Decimal | None, b: Decimal | None) -> Decimal | None:
    """Exact quotient rounded once; blank if a side is blank or the divisor is zero.

    200 digits are as good as exact: a quotient that is no tie at 12 places is at least 1e-45 away from one.
    """
    if a is None or b is None or not b:
        return None
    return number(CONTEXT.divide(a, b))


def negate(a: Decimal | None) -> Decimal | None:
    """The number with the other sign."""
    return None if a is None else (a.copy_negate() if a else ZERO)


def absolute(a: Decimal | None) -> Decimal | None:
    """The number without its sign."""
    return None if a is None else a.copy_abs()


def modulo(a: Decimal | None, b: Decimal | None) -> Decimal | None:
    """Remainder with the divisor's sign: `MOD(-7, 3)` is 2."""
    if a is None or b is None or not b:
        return None
    rest = CONTEXT.remainder(a, b)
    return number(CONTEXT.add(rest, b) if rest and (rest < 0) != (b < 0) else rest)


def power(a: Decimal | None, b: Decimal | None) -> Decimal | None:
    """Exact power for whole exponents up to 1000 on either side; blank for others, for 0^0 and 0 to a negative.

    `engines.formula.transcendental.power` has the others too.
    """
    if a is None or b is None or b != b.to_integral_value() or abs(b) > MAX_EXPONENT:
        return None
    exponent = int(b)
    if not a:
        return ZERO if exponent > 0 else None
    if (a.adjusted() + (exponent < 0)) * exponent > 2 * DIGITS_BEFORE:
        return None  # far outside; do not compute thousands of digits
    return _rounded(Fraction(a) ** exponent)


def whole(value: Decimal | None, low: int, high: int) -> int | None:
    """A count: cut towards zero and kept between the bounds."""
    return None if value is None else max(low, min(high, int(value)))


def _round(value: Decimal | None, places: Decimal | None, rounding: str) -> Decimal | None:
    if value is None:
        return None
    digits = whole(places, -DIGITS_BEFORE - 1, DIGITS_AFTER) or 0
    result = value.quantize(Decimal(1).scaleb(-digits), rounding=rounding, context=CONTEXT)
    return number(result.quantize(Decimal(1), context=CONTEXT) if digits < 0 else result)


def round_half(value: Decimal | None, places: Decimal | None) -> Decimal | None:
    """Rounded half away from zero; negative places round before the point."""
    return _round(value, places, ROUND_HALF_UP)


def round_up(value: Decimal | None, places: Decimal | None) -> Decimal | None:
    """Rounded away from zero."""
    return _round(value, places, ROUND_UP)


def round_down(value: Decimal | None, places: Decimal | None) -> Decimal | None:
    """Cut towards zero."""
    return _round(value, places, ROUND_DOWN)


def floor(value: Decimal | None) -> Decimal | None:
    """The largest whole number that is not above: `INT(-1.5)` is -2."""
    return None if value is None else number(value.quantize(Decimal(1), rounding=ROUND_FLOOR, context=CONTEXT))


def _multiple(value: Decimal | None, step: Decimal | None, upwards: bool) -> Decimal | None:
    if value is None or step is None or step <= 0:
        return None
    count, rest = CONTEXT.divmod(value, step)  # towards zero
    if rest and (rest > 0) == upwards:
        count = CONTEXT.add(count, 1 if upwards else -1)
    return number(CONTEXT.multiply(count, step))


def ceiling_to(value: Decimal | None, step: Decimal | None) -> Decimal | None:
    """The smallest multiple of a positive step that is not below."""
    return _multiple(value, step, True)


def floor_to(value: Decimal | None, step: Decimal | None) -> Decimal | None:
    """The largest multiple of a positive step that is not above."""
    return _multiple(value, step, False)


def plain(value: Decimal | None) -> str | None:
    """The shortest plain decimal: no exponent, no trailing zeros (rule 9)."""
    if value is None:
        return None
    if not value:
        return "0"
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def from_text(text: str | None) -> Decimal | None:
    """The number that a text writes: sign, digits (in groups of three, if you like), point, percent sign.

    Spaces around it are allowed. Anything else is blank.
    """
    stripped = "" if text is None else text.strip(" \t\r\n\u00a0\u3000")
    if len(stripped) > 100 or not _PLAIN.fullmatch(stripped):
        return None
    value = Decimal(stripped.replace(",", "").rstrip("%"))
    return number(value.scaleb(-2, context=CONTEXT) if stripped.endswith("%") else value)


def total(values: list[Decimal]) -> Decimal | None:
    """The exact sum, brought into the domain once at the end."""
    result = ZERO
    for value in values:
        result = CONTEXT.add(result, value)
    return number(result)


def average(values: list[Decimal]) -> Decimal | None:
    """The exact sum divided by the count, rounded once; blank of nothing."""
    if not values:
        return None
    result = ZERO
    for value in values:
        result = CONTEXT.add(result, value)
    return number(CONTEXT.divide(result, Decimal(len(values))))
