"""Answers as frozen values: groups with their numbers, ready to be drawn, listed or exported."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Literal

from engines.report.definition import Format, Granularity

Number = Decimal | date | datetime | None


class Kind(Enum):
    """What a column holds, as far as grouping and writing go."""

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    DATETIME = "datetime"
    CHOICE = "choice"
    RECORD = "record"


@dataclass(frozen=True, slots=True)
class Group:
    """One value of a dimension. `value` is its key (an option, an id, a first day), None for blank and others."""

    value: Any
    label: str
    color: str | None = None
    role: Literal["value", "blank", "others"] = "value"

    @property
    def key(self) -> Any:
        """The value as JSON; with `role` it finds the group again. The others' is the list of what was kept."""
        if isinstance(self.value, tuple):
            return list(self.value)
        if isinstance(self.value, date):
            return self.value.isoformat()
        return str(self.value) if isinstance(self.value, Decimal) else self.value


@dataclass(frozen=True, slots=True)
class DimensionColumn:
    """A column of group names."""

    key: str
    label: str
    kind: Kind
    granularity: Granularity | None = None


@dataclass(frozen=True, slots=True)
class MeasureColumn:
    """A column of numbers. A hidden one is empty because the reader may not see what it is made of."""

    key: str
    label: str
    kind: Kind = Kind.NUMBER
    format: Format = field(default_factory=Format)
    hidden: bool = False
    additive: bool = False  # whether the numbers of groups add up to the number of all
    currency: str | None = None  # what amounts are in


@dataclass(frozen=True, slots=True)
class Row:
    """The numbers of one combination of groups."""

    groups: tuple[Group, ...]
    values: tuple[Number, ...]


@dataclass(frozen=True, slots=True)
class Result:
    """The answer to a question, for one reader at one moment.

    `previous` are the numbers to compare with (only where the question asks and a period is chosen). `truncated` says
    that there were more groups than an answer may have. `notes` are codes of what the reader should know
    (`unfiltered`: the chosen period does not apply here).
    """

    question: str
    title: str
    dimensions: tuple[DimensionColumn, ...]
    measures: tuple[MeasureColumn, ...]
    rows: tuple[Row, ...]
    previous: tuple[Number, ...] | None = None
    truncated: bool = False
    notes: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether there is nothing to draw."""
        return not self.rows or (
            bool(self.dimensions) and all(value is None for row in self.rows for value in row.values)
        )
