"""Fields that follow an expression until somebody gives another value; two may follow each other.

The one last edited leads. Where that is not known (a write gives both), what fits already stays; else the later in the
document leads. Where neither was edited and something else moved, the first in the document that has a value leads.
`platform/ui/src/form/live/follow.ts` is the twin.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from engines.formula import Facts

PASSES: Final = 8


@dataclass(frozen=True, slots=True)
class Follower:
    """A following field: its key, its expression, and the names that it reads."""

    key: str
    expression: Any
    reads: frozenset[str]


def circles(fields: Sequence[Follower]) -> tuple[tuple[Follower, ...], ...]:
    """The fields in groups that follow each other, groups and members in the order of the document."""
    reads = {one.key: one.reads for one in fields}
    reach = {key: _reach(key, reads) for key in reads}
    groups: list[tuple[Follower, ...]] = []
    placed: set[str] = set()
    for one in fields:
        if one.key in placed:
            continue
        group = tuple(
            other for other in fields if other is one or (other.key in reach[one.key] and one.key in reach[other.key])
        )
        placed.update(other.key for other in group)
        groups.append(group)
    return tuple(groups)


def _reach(key: str, reads: Mapping[str, frozenset[str]]) -> set[str]:
    found: set[str] = set()
    pending = [key]
    while pending:
        for name in reads[pending.pop()]:
            if name in reads and name not in found:
                found.add(name)
                pending.append(name)
    return found


def follow(
    groups: Sequence[Sequence[Follower]],
    row: Mapping[str, Any],
    facts: Facts,
    edited: Sequence[str],
    moved: Collection[str],
    fitted: Callable[[str, Any], Any],
) -> dict[str, Any]:
    """The new values of the fields that follow.

    `edited` are the fields that somebody gave, the last edited last; `moved` everything that changed, these included.
    `fitted` gives a computed value as its field holds it.
    """
    values = dict(row)
    changed: dict[str, Any] = {}
    leaders = {key for group in groups for key in _leaders(group, values, facts, edited, fitted)}
    moving = set(moved)
    for _ in range(PASSES):
        before = len(changed), dict(changed)
        for group in groups:
            for one in group:
                if one.key in leaders or not one.reads & moving:
                    continue
                value = fitted(one.key, one.expression.evaluate(values, facts))
                if value != values.get(one.key):
                    values[one.key] = changed[one.key] = value
                    moving.add(one.key)
        if before == (len(changed), changed):
            break
    return changed


def _leaders(
    group: Sequence[Follower],
    values: Mapping[str, Any],
    facts: Facts,
    edited: Sequence[str],
    fitted: Callable[[str, Any], Any],
) -> list[str]:
    """The members of a group that keep their values."""
    keys = [one.key for one in group]
    given = [key for key in edited if key in keys]
    if len(group) == 1 or len(given) == 1:
        return given
    if not given:
        return [next((key for key in keys if values.get(key) is not None), keys[0])]
    if any(_agree(group, leader, given, values, facts, fitted) for leader in given):
        return given
    return given[-1:]


def _agree(
    group: Sequence[Follower],
    leader: str,
    given: Sequence[str],
    values: Mapping[str, Any],
    facts: Facts,
    fitted: Callable[[str, Any], Any],
) -> bool:
    """Whether every other given value is what follows from the rest."""
    return all(
        values.get(one.key) == fitted(one.key, one.expression.evaluate(values, facts))
        for one in group
        if one.key in given and one.key != leader
    )
