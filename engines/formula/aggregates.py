"""How the Python back end makes one value of many, by kind of aggregate (EXPRESSIONS.md, rule 7)."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from engines.formula.numbers import ZERO, average, total
from engines.formula.texts import text
from engines.formula.tiers import progressive


def _smallest(values: list[Any]) -> Any:
    return min(values, default=None)


def _largest(values: list[Any]) -> Any:
    return max(values, default=None)


def _count(values: list[Any]) -> Decimal:
    return Decimal(len(values))


PLAIN: Final[Mapping[str, Callable[[list[Any]], Any]]] = {
    "sum": total,
    "average": average,
    "min": _smallest,
    "max": _largest,
    "count": _count,
    "rows": _count,
}
"""Kinds that skip blanks and know no order."""


def _any(conditions: Iterable[Any]) -> bool:
    return any(one is True for one in conditions)


def _every(conditions: Iterable[Any]) -> bool:
    return all(one is True for one in conditions)


TRUTHS: Final[Mapping[str, Callable[[Iterable[Any]], bool]]] = {"any": _any, "every": _every}
"""Kinds that judge conditions; a blank is false."""


def _first(values: Sequence[Any], keys: Sequence[Any]) -> Any:
    """The value of the row with the smallest key; the first of several. Blank keys come after all others."""
    return values[min(range(len(values)), key=lambda place: (*_rank(keys[place]), place))] if values else None


def _last(values: Sequence[Any], keys: Sequence[Any]) -> Any:
    """The value of the row with the largest key; the last of several. Blank keys come before all others."""
    if not values:
        return None
    best = 0
    for place in range(1, len(values)):
        key, kept = keys[place], keys[best]
        if kept is None or (key is not None and key >= kept):
            best = place
    return values[best]


def _rank(key: Any) -> tuple[Any, ...]:
    return (1,) if key is None else (0, key)


def _join(values: Sequence[str | None], _keys: Sequence[Any], separator: str | None) -> str | None:
    return text((separator or "").join(value for value in values if value))


def _progressive(rates: Sequence[Any], starts: Sequence[Any], x: Decimal | None) -> Decimal | None:
    order = sorted(range(len(rates)), key=lambda place: (starts[place] or ZERO, place))
    return progressive(x, [(starts[place], rates[place]) for place in order])


ORDERED: Final[Mapping[str, Callable[..., Any]]] = {
    "first": _first,
    "last": _last,
    "join": _join,
    "progressive": _progressive,
}
"""Kinds that take the values in the order of the rows, the sort keys, and the arguments from outside."""
