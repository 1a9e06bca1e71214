"""Rows of a file into records: with columns of a sub-form, a row may add a line to the record above it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from engines.form.importing.plan import ImportPlan

Row = tuple[int, Sequence[Any]]


@dataclass(slots=True)
class Entry:
    """One record to be: the row that begins it and those that bring more lines. `number` is the line in the file."""

    number: int
    rows: list[Sequence[Any]] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)

    @property
    def first(self) -> Sequence[Any]:
        """The cells of the record itself."""
        return self.rows[0]


def entries_of(plan: ImportPlan, rows: Iterable[Row]) -> Iterator[Entry]:
    """Records in the order of the file.

    Without columns of a sub-form every row is a record. With them a row belongs to the record above when its other
    columns are empty, or when they say the same.
    """
    main = [one.column for one in plan.targets if one.column is not None and "." not in one.field]
    inner = any(one.column is not None and "." in one.field for one in plan.targets)
    open_entry: Entry | None = None
    head: tuple[Any, ...] = ()
    for number, cells in rows:
        own = tuple(_plain(cells, column) for column in main)
        if inner and open_entry is not None and main and (own == head or not any(own)):
            open_entry.rows.append(cells)
            open_entry.numbers.append(number)
            continue
        if open_entry is not None:
            yield open_entry
        open_entry, head = Entry(number, [cells], [number]), own
    if open_entry is not None:
        yield open_entry


def _plain(cells: Sequence[Any], column: int) -> str:
    cell = cells[column] if column < len(cells) else None
    return "" if cell is None else str(cell).strip()
