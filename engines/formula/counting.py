"""Whole-number arithmetic and statistics over several numbers; blanks are skipped. See EXPRESSIONS.md, rules 1 to 3."""

from decimal import Decimal
from math import gcd, lcm

from engines.formula.numbers import CONTEXT, LIMIT_UNITS, SCALE, ZERO, average, number

_LIMIT = LIMIT_UNITS // SCALE


def sign(value: Decimal | None) -> Decimal | None:
    """1, 0 or -1."""
    return None if value is None else Decimal((value > 0) - (value < 0))


def quotient(value: Decimal | None, divisor: Decimal | None) -> Decimal | None:
    """The whole part of a division; blank for a divisor of 0."""
    if value is None or divisor is None or not divisor:
        return None
    return number(CONTEXT.divide_int(value, divisor))


def _present(values: tuple[Decimal | None, ...]) -> list[Decimal]:
    return [value for value in values if value is not None]


def _wholes(values: tuple[Decimal | None, ...]) -> list[int] | None:
    """The numbers cut to whole ones; None if there is none or one is negative."""
    present = [int(value) for value in values if value is not None]
    return None if not present or min(present) < 0 else present


def greatest_divisor(*values: Decimal | None) -> Decimal | None:
    """The greatest common divisor; blank if a number is negative."""
    wholes = _wholes(values)
    return None if wholes is None else Decimal(gcd(*wholes))


def least_multiple(*values: Decimal | None) -> Decimal | None:
    """The least common multiple; blank if a number is negative."""
    wholes = _wholes(values)
    if wholes is None:
        return None
    result = 1
    for whole in wholes:
        result = lcm(result, whole)
        if result >= _LIMIT:
            return ZERO if 0 in wholes else None
    return Decimal(result)


def product(*values: Decimal | None) -> Decimal | None:
    """The product, rounded after each factor as `*` is; blank of nothing and beyond the domain."""
    present = _present(values)
    if not present:
        return None
    result: Decimal | None = present[0]
    for value in present[1:]:
        if result is not None:
            result = number(CONTEXT.multiply(result, value))
    return result


def median(*values: Decimal | None) -> Decimal | None:
    """The number in the middle, or the average of the two in the middle; blank of nothing."""
    present = sorted(_present(values))
    middle = len(present) // 2
    return average(present[middle - 1 + len(present) % 2 : middle + 1])


def _choice(total: Decimal | None, chosen: Decimal | None) -> tuple[int, int] | None:
    if total is None or chosen is None:
        return None
    n, k = int(total), int(chosen)
    return None if n < 0 or k < 0 or k > n else (n, k)


def permutations(total: Decimal | None, chosen: Decimal | None) -> Decimal | None:
    """In how many orders so many of so many can be put; blank beyond the domain."""
    counts = _choice(total, chosen)
    if counts is None:
        return None
    n, k = counts
    result = 1
    for factor in range(n, n - k, -1):
        result *= factor
        if result >= _LIMIT:
            return None
    return Decimal(result)


def combinations(total: Decimal | None, chosen: Decimal | None) -> Decimal | None:
    """How many selections of so many there are among so many; blank beyond the domain."""
    counts = _choice(total, chosen)
    if counts is None:
        return None
    n, k = counts
    result = 1
    for step in range(min(k, n - k)):
        result = result * (n - step) // (step + 1)
        if result >= _LIMIT:
            return None
    return Decimal(result)
