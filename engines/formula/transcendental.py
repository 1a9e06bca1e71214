"""Roots, logarithms and angles of the language: computed far beyond 12 places and rounded once, never an error.

The back ends agree because each computes with so many digits (some 50 behind the point) that the rounding to 12 places
cannot differ. Fixed point on whole numbers, the same steps as `platform/ui/src/formula/transcendental.ts`.
"""

from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, Context, Decimal
from functools import cache
from math import isqrt

from engines.formula.limits import DIGITS_AFTER, MAX_EXPONENT
from engines.formula.numbers import ZERO, number
from engines.formula.numbers import power as whole_power

PLACES = 70
ONE = 10**PLACES
_WIDE = Context(prec=120, rounding=ROUND_HALF_EVEN, Emin=-999_999, Emax=999_999)
_LARGEST = Decimal(47)
"""The natural logarithm of numbers beyond the domain; below its negative everything is 0."""
_TAIL = 9 * ONE
"""Where the normal distribution is 0 or 1 to 12 places."""


def _fixed(value: Decimal) -> int:
    return int(value.scaleb(PLACES, context=_WIDE))


def _result(value: int) -> Decimal | None:
    return number(Decimal(value).scaleb(-PLACES, context=_WIDE))


def _divide(a: int, b: int) -> int:
    """A quotient of fixed points, cut towards zero."""
    quotient = abs(a) * ONE // abs(b)
    return quotient if (a < 0) == (b < 0) else -quotient


def square_root(value: Decimal | None) -> Decimal | None:
    """The exact root, rounded once; blank of a negative number."""
    if value is None or value < 0:
        return None
    units = int(value.scaleb(2 * DIGITS_AFTER, context=_WIDE))
    root = isqrt(units)
    return Decimal(root + (units - root * root > root)).scaleb(-DIGITS_AFTER, context=_WIDE) or ZERO


def exponential(value: Decimal | None) -> Decimal | None:
    """e to this power; blank beyond the domain."""
    if value is None or value > _LARGEST:
        return None
    return ZERO if value < -_LARGEST else number(_WIDE.exp(value))


def natural_log(value: Decimal | None) -> Decimal | None:
    """The natural logarithm; blank of 0 and below."""
    return None if value is None or value <= 0 else number(_WIDE.ln(value))


def logarithm(value: Decimal | None, base: Decimal | None) -> Decimal | None:
    """The logarithm to a base; blank of 0 and below, and for a base that is 1 or not positive."""
    if value is None or base is None or value <= 0 or base <= 0 or base == 1:
        return None
    return number(_WIDE.divide(_WIDE.ln(value), _WIDE.ln(base)))


def power(value: Decimal | None, exponent: Decimal | None) -> Decimal | None:
    """A power: exact for whole exponents up to 1000; of a negative number only with a whole exponent."""
    if value is None or exponent is None:
        return None
    whole = exponent == exponent.to_integral_value()
    if not value or (whole and abs(exponent) <= MAX_EXPONENT):
        return whole_power(value, exponent) if value else ZERO if exponent > 0 else None
    if value < 0 and not whole:
        return None
    size = _WIDE.multiply(_WIDE.ln(abs(value)), exponent)
    result = exponential(size)
    return -result or ZERO if result is not None and value < 0 and exponent % 2 else result


@cache
def _pi() -> int:
    """Machin's formula, with digits to spare for reducing large angles."""
    return 4 * (4 * _inverse_tangent_of_part(5) - _inverse_tangent_of_part(239))


def _inverse_tangent_of_part(part: int) -> int:
    power = total = ONE * 10**10 // part
    count, sign = 1, 1
    while power:
        power //= part * part
        count, sign = count + 2, -sign
        total += sign * (power // count)
    return total // 10**10


PI_VALUE = Decimal("3.14159265359")


def _sine_and_cosine(angle: int) -> tuple[int, int]:
    """Both by their series, of the angle brought between -pi and pi."""
    whole = 2 * _pi()
    angle %= whole
    if angle > _pi():
        angle -= whole
    square = angle * angle // ONE
    sine = cosine = 0
    term, count = ONE, 0
    while term:
        cosine += term
        term = -_scaled(term, square) // ((count + 1) * (count + 2))
        count += 2
        if abs(term) < 2:
            break
    term, count = angle, 1
    while abs(term) >= 2:
        sine += term
        term = -_scaled(term, square) // ((count + 1) * (count + 2))
        count += 2
    return sine, cosine


def _scaled(a: int, b: int) -> int:
    return a * b // ONE


def _of_angle(work: Callable[[int, int], int | None]) -> Callable[[Decimal | None], Decimal | None]:
    def run(value: Decimal | None) -> Decimal | None:
        if value is None:
            return None
        result = work(*_sine_and_cosine(_fixed(value)))
        return None if result is None else _result(result)

    return run


sine = _of_angle(lambda sin, _: sin)
cosine = _of_angle(lambda _, cos: cos)
tangent = _of_angle(lambda sin, cos: _divide(sin, cos) if cos else None)
cotangent = _of_angle(lambda sin, cos: _divide(cos, sin) if sin else None)


def _inverse_tangent(value: int) -> int:
    """Halves the angle three times, then the series."""
    if abs(value) > ONE:
        rest = _inverse_tangent(_divide(ONE, value))
        return (_pi() // 2 if value > 0 else -(_pi() // 2)) - rest
    for _ in range(3):
        value = _divide(value, ONE + isqrt((ONE * ONE) + value * value))
    square = _scaled(value, value)
    total, power, count = 0, value, 1
    while abs(power) >= 2:
        total += power // count
        power = -_scaled(power, square)
        count += 2
    return 8 * total


def arctangent(value: Decimal | None) -> Decimal | None:
    """The angle with this tangent, between -pi/2 and pi/2."""
    return None if value is None else _result(_inverse_tangent(_fixed(value)))


def arccotangent(value: Decimal | None) -> Decimal | None:
    """The angle with this cotangent, between 0 and pi."""
    return None if value is None else _result(_pi() // 2 - _inverse_tangent(_fixed(value)))


def _inverse_sine(value: Decimal) -> int:
    fixed = _fixed(value)
    if abs(fixed) == ONE:
        return _pi() // 2 if fixed > 0 else -(_pi() // 2)
    return _inverse_tangent(_divide(fixed, isqrt(ONE * ONE - fixed * fixed)))


def arcsine(value: Decimal | None) -> Decimal | None:
    """The angle with this sine; blank outside -1 to 1."""
    return None if value is None or abs(value) > 1 else _result(_inverse_sine(value))


def arccosine(value: Decimal | None) -> Decimal | None:
    """The angle with this cosine; blank outside -1 to 1."""
    return None if value is None or abs(value) > 1 else _result(_pi() // 2 - _inverse_sine(value))


def radians(value: Decimal | None) -> Decimal | None:
    """Degrees as radians."""
    return None if value is None else _result(_fixed(value) * _pi() // (180 * ONE))


def degrees(value: Decimal | None) -> Decimal | None:
    """Radians as degrees."""
    return None if value is None else _result(_fixed(value) * 180 * ONE // _pi())


def normal(value: Decimal | None, cumulative: bool | None) -> Decimal | None:
    """The standard normal distribution: the share below a value, or the height of the curve."""
    if value is None:
        return None
    fixed = _fixed(value)
    if abs(fixed) > _TAIL:
        return Decimal(1) if cumulative and fixed > 0 else ZERO
    half = Decimal(-fixed * fixed // ONE // 2).scaleb(-PLACES, context=_WIDE)
    height = _divide(_fixed(_WIDE.exp(half)), isqrt(2 * _pi() * ONE))
    if not cumulative:
        return _result(height)
    total, term, count = 0, abs(fixed), 1
    while term >= 2:
        total += term
        count += 2
        term = _scaled(_scaled(term, abs(fixed)), abs(fixed)) // count
    share = _scaled(height, total)
    return _result(ONE // 2 + (share if fixed > 0 else -share))


def distance(
    first_latitude: Decimal | None, first_longitude: Decimal | None,
    second_latitude: Decimal | None, second_longitude: Decimal | None,
) -> Decimal | None:  # fmt: skip
    """Kilometres between two places on a globe of 6371.0088 km, to the metre; blank for no place."""
    if (
        first_latitude is None or first_longitude is None or second_latitude is None or second_longitude is None
        or max(abs(first_latitude), abs(second_latitude)) > 90
        or max(abs(first_longitude), abs(second_longitude)) > 180
    ):  # fmt: skip
        return None
    latitudes = [_fixed(value) * _pi() // (180 * ONE) for value in (first_latitude, second_latitude)]
    turn = _fixed(second_longitude - first_longitude) * _pi() // (180 * ONE)
    across = _sine_and_cosine((latitudes[1] - latitudes[0]) // 2)[0]
    along = _sine_and_cosine(turn // 2)[0]
    cosines = _scaled(_sine_and_cosine(latitudes[0])[1], _sine_and_cosine(latitudes[1])[1])
    chord = _scaled(across, across) + _scaled(cosines, _scaled(along, along))
    root = min(ONE, isqrt(max(0, chord) * ONE))
    angle = _pi() // 2 if root == ONE else _inverse_tangent(_divide(root, isqrt(ONE * ONE - root * root)))
    metres = (2 * angle * 6_371_008_8 + 5 * ONE) // (10 * ONE)
    return number(Decimal(metres).scaleb(-3))
