"""Arithmetic over tiers and shares, exact and the same in all back ends (`progressive`, `allocate` of `dg`)."""

from collections.abc import Sequence
from decimal import Decimal

from engines.formula.limits import DIGITS_AFTER
from engines.formula.numbers import CONTEXT, multiply, number, round_half, subtract, total

ZERO = Decimal(0)


def progressive(x: Decimal | None, tiers: Sequence[tuple[Decimal | None, Decimal | None]]) -> Decimal | None:
    """Each slice of a number at the rate of its tier; `tiers` are lower ends and rates, sorted by the lower end.

    A blank lower end is 0. Blank of a blank number, and where there are no tiers.
    """
    if x is None or not tiers:
        return None
    slices = []
    for place, (start, rate) in enumerate(tiers):
        low = start or ZERO
        if x <= low:
            break
        end = tiers[place + 1][0] or ZERO if place + 1 < len(tiers) else x
        part = multiply(subtract(min(x, end), low), rate)
        if part is not None:
            slices.append(part)
    return total(slices)


def allocate(whole: Decimal | None, weights: Sequence[Decimal | None], digits: Decimal | None) -> list[Decimal | None]:
    """A number split by weights without losing anything: the shares add up to the number, rounded to so many digits.

    Largest remainder: every share is cut to the digits, and what is left goes, one unit each, to those that lost most;
    ties to the first. A blank weight counts 0; where the weights add up to 0, all parts are equal.
    """
    places = max(0, min(DIGITS_AFTER, int(digits or 0)))
    rounded = round_half(whole, Decimal(places))
    if rounded is None:
        return [None] * len(weights)
    units = int(CONTEXT.scaleb(abs(rounded), places))
    scaled = [int(CONTEXT.scaleb(weight or ZERO, DIGITS_AFTER)) for weight in weights]
    if sum(scaled) == 0:
        scaled = [1] * len(weights)
    if sum(scaled) < 0:
        scaled = [-weight for weight in scaled]
    whole_weight = sum(scaled)
    parts = [divmod(units * weight, whole_weight) for weight in scaled]
    left = units - sum(part for part, _ in parts)
    first = set(sorted(range(len(parts)), key=lambda place: (-parts[place][1], place))[:left])
    sign = -1 if rounded < 0 else 1
    return [
        number(CONTEXT.scaleb(Decimal(sign * (part + (place in first))), -places))
        for place, (part, _) in enumerate(parts)
    ]


def share(
    whole: Decimal | None, weights: Sequence[Decimal | None], digits: Decimal | None, place: int | None
) -> Decimal | None:
    """One of the shares; blank for a row that is none of those that share."""
    return None if place is None else allocate(whole, weights, digits)[place]
