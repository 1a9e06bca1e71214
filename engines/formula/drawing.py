"""Values that are drawn: only for default values, where they are drawn once."""

from decimal import Decimal
from secrets import randbelow
from uuid import uuid4

from engines.formula.limits import DIGITS_AFTER, DIGITS_BEFORE
from engines.formula.numbers import CONTEXT
from engines.formula.types import Facts


def fraction(_facts: Facts) -> Decimal:
    """A number from 0 on and below 1."""
    return Decimal(randbelow(10**DIGITS_AFTER)).scaleb(-DIGITS_AFTER, context=CONTEXT)


def between(_facts: Facts, low: Decimal | None, high: Decimal | None) -> Decimal | None:
    """A whole number between two others, both included; blank if there is none."""
    if low is None or high is None:
        return None
    first, last = (int(CONTEXT.to_integral_value(value)) for value in (low, high))
    if first < low:
        first += 1
    if last > high:
        last -= 1
    return None if last < first or last - first >= 10**DIGITS_BEFORE else Decimal(first + randbelow(last - first + 1))


def identifier(_facts: Facts) -> str:
    """A random UUID."""
    return str(uuid4())
