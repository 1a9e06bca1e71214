"""Laws of the arithmetic, checked against exact fractions."""

from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from engines.formula import numbers

_units = st.integers(-(10**32) + 1, 10**32 - 1) | st.integers(-(10**14), 10**14) | st.integers(-100, 100)
NUMBERS = _units.map(lambda units: Decimal(units).scaleb(-12, context=numbers.CONTEXT))


def exactly(value: Fraction) -> Decimal | None:
    """Rounded half away from zero to 12 places, blank outside the domain: the rule itself, in whole numbers."""
    units = (abs(value.numerator) * 10**12 * 2 + value.denominator) // (value.denominator * 2)
    if units >= 10**32:
        return None
    return Decimal(-units if value < 0 else units).scaleb(-12, context=numbers.CONTEXT)


@given(NUMBERS, NUMBERS)
def test_every_operation_is_exact_and_rounded_once(a, b):
    x, y = Fraction(a), Fraction(b)
    assert numbers.add(a, b) == exactly(x + y)
    assert numbers.subtract(a, b) == exactly(x - y)
    assert numbers.multiply(a, b) == exactly(x * y)
    assert numbers.divide(a, b) == (exactly(x / y) if y else None)
    assert numbers.modulo(a, b) == (exactly(x - y * (x // y)) if y else None)
    assert numbers.average([a, b]) == exactly((x + y) / 2)


@given(NUMBERS, st.integers(-30, 30))
def test_whole_powers_are_exact(a, exponent):
    expected = None if not a and exponent <= 0 else exactly(Fraction(a) ** exponent)
    assert numbers.power(a, Decimal(exponent)) == expected


@given(NUMBERS)
def test_a_number_written_as_text_is_read_back(a):
    assert numbers.from_text(numbers.plain(a)) == a
    assert "E" not in (numbers.plain(a) or "")


@given(NUMBERS, st.integers(-20, 12))
def test_rounding_away_and_towards_zero_enclose_the_number(a, places):
    digits = Decimal(places)
    down, up, half = (f(a, digits) for f in (numbers.round_down, numbers.round_up, numbers.round_half))
    assert down is not None and abs(down) <= abs(a)
    assert up is None or abs(up) >= abs(a)
    assert half in (down, up)
