"""Compiled conditions of choices and compiled pickers."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from engines.form.fields.base import Field, Words
from engines.form.form import Form, SubForm
from engines.form.rules.model import Linkage

CANDIDATE = "?candidate"


@dataclass(frozen=True, slots=True)
class Reads:
    """What an expression reads of the record itself, as those see it who load what expressions need."""

    references: frozenset[tuple[str, ...]]


@dataclass(frozen=True, slots=True, eq=False)
class Exclusion:
    """One rule that keeps candidates from being chosen: `when` with its words, or a text that gives the reason."""

    when: Any
    reason: Any
    message: Words

    @property
    def expression(self) -> Any:
        """The expression that decides."""
        return self.when if self.when is not None else self.reason

    @property
    def reads(self) -> Reads:
        """The paths of the record that it reads."""
        paths = self.expression.references
        return Reads(frozenset(path for path in paths if path[0] != CANDIDATE))

    @property
    def wanted(self) -> tuple[tuple[str, ...], ...]:
        """The paths of the candidate that it reads."""
        return tuple(sorted(path[1:] for path in self.expression.references if path[0] == CANDIDATE and path[1:]))


@dataclass(frozen=True, slots=True)
class Limit:
    """How many of a group; `high` None is without end."""

    low: int = 0
    high: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Picker:
    """The picker of a sub-form. `offered` are its own conditions and its order over the record."""

    form: Form
    rows: SubForm
    relation: Field
    target: Form
    title: Words
    columns: tuple[str, ...]
    offered: Linkage
    group: tuple[tuple[Field, ...], Field] | None
    quantity: Field | None
    adds_up: bool
    limits: dict[str, Limit]
    low_field: Field | None
    high_field: Field | None
    required: bool
    exclusions: tuple[Exclusion, ...]
    once: bool

    @property
    def limited(self) -> bool:
        """Whether groups have a minimum or a maximum."""
        return self.group is not None and bool(self.limits or self.low_field or self.high_field)

    @property
    def holds(self) -> bool:
        """Whether there is anything that every writer must keep to."""
        return self.once or self.limited or bool(self.exclusions)

    def reads(self) -> Iterator[Any]:
        """Every expression over the record, for what must be loaded and computed."""
        yield from self.offered.expressions()
        for one in self.exclusions:
            yield one.reads
