"""What records that are written together read of others: asked once for all of them, kept for one transaction."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Remembered:
    """Records of one form by id (None: there is no such one), with the columns that were asked for."""

    columns: set[str] = field(default_factory=set)
    rows: dict[int, Mapping[str, Any] | None] = field(default_factory=dict)


@dataclass(slots=True)
class Memory:
    """Related records by form, and the departments of owners. What is written meanwhile does not change it."""

    forms: dict[str, Remembered] = field(default_factory=dict)
    departments: dict[int, int | None] = field(default_factory=dict)
    choices: dict[Any, bool] = field(default_factory=dict)
    """Whether a record may be chosen: by path, what its conditions compare with, and id."""


def asked_once(
    memory: Memory | None, question: tuple[Hashable, ...], ids: set[int], ask: Callable[[set[int]], set[int]]
) -> set[int]:
    """Those of these ids that a question lets through; of records that are written together each is asked of once."""
    if memory is None:
        return ask(ids)
    known = memory.choices
    missing = {each for each in ids if (*question, each) not in known}
    if missing:
        found = ask(missing)
        known.update({(*question, each): each in found for each in missing})
    return {each for each in ids if known[(*question, each)]}
