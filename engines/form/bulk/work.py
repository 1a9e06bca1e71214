"""One batch of rows on its way through the checks."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from engines.form.bulk.columns import Cell
from engines.form.bulk.plan import BulkPlan, Ledger
from engines.form.form import Form
from engines.form.protect.seal import hushed
from engines.form.transaction import Transaction
from engines.kernel.problems import Problem


@dataclass(frozen=True, slots=True)
class RowProblems:
    """What is wrong with one row; the path of each problem is the field."""

    row: int
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Staged:
    """What became of a batch of rows. `last` is the number of the last row, for going on."""

    good: int
    last: int
    bad: tuple[RowProblems, ...] = ()


@dataclass(slots=True)
class Work:
    """One batch on its way."""

    tx: Transaction
    form: Form
    ledger: Ledger
    first: int
    raws: Sequence[Sequence[Any]]
    cells: dict[str, list[Cell]] = field(default_factory=dict)
    problems: dict[int, list[Problem]] = field(default_factory=dict)
    records: dict[int, dict[str, Any]] = field(default_factory=dict)

    @property
    def plan(self) -> BulkPlan:
        return self.ledger.plan

    def wrong(self, number: int, *problems: Problem) -> None:
        """Note problems of the row at a place in the batch."""
        self.problems.setdefault(number, []).extend(hushed(self.form, one) for one in problems)

    def value(self, number: int, key: str) -> Any:
        """The value that a row brings for a field, None where it brings none."""
        cells = self.cells.get(key)
        return cells[number].value if cells is not None else None
