"""Lines of cells into files: workbooks, and CSV as RFC 4180 has it.

Nothing that people typed becomes a formula: workbooks hold texts as texts; in CSV a text that a spreadsheet would take
for a formula gets an apostrophe in front, which imports take away again.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from typing import IO, Any, Final, Protocol

from dougong.exports.workbook import Workbook
from dougong.imports.apostrophes import guarded
from engines.form.exporting import Cell, ExportColumn
from engines.form.fields.base import Field

FORMATS: Final = ("xlsx", "csv")
MIME: Final[Mapping[str, str]] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_DECIMALS: Final = 12


class Writer(Protocol):
    """A file in the making. `cut` counts the cells that had to be shortened."""

    cut: int

    def line(self, cells: Sequence[Cell]) -> None:
        """One more line."""

    def close(self) -> None:
        """Write what is left; the file itself stays open."""

    def drop(self) -> None:
        """Let go of a file that comes to nothing."""


@contextmanager
def writing(kind: str, file: IO[bytes], columns: Sequence[ExportColumn]) -> Iterator[Writer]:
    """A file that begins with its head and is whole when the block ends well; `file` itself stays open."""
    heads = [one.head for one in columns]
    writer: Writer
    if kind == "csv":
        writer = CsvWriter(file, heads)
    else:
        writer = Workbook(file, heads, [number_format(one.field) for one in columns])
    try:
        yield writer
    except BaseException:
        writer.drop()
        raise
    writer.close()


class CsvWriter:
    """UTF-8 with a mark, so that spreadsheets read it as such; lines end as RFC 4180 has it."""

    def __init__(self, file: IO[bytes], heads: Sequence[str]) -> None:
        self.cut = 0
        self._text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
        self._rows = csv.writer(self._text)
        self.line(heads)

    def line(self, cells: Sequence[Cell]) -> None:
        """One more line."""
        self._rows.writerow([_as_text(cell) for cell in cells])

    def close(self) -> None:
        """Write what is left; the file itself stays open."""
        self._text.flush()
        self._text.detach()

    def drop(self) -> None:
        """Let go of a file that comes to nothing."""
        self._text.detach()


def _as_text(cell: Cell) -> Any:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return guarded(cell)
    if isinstance(cell, Decimal):
        return f"{cell:f}"
    if isinstance(cell, datetime):
        return cell.isoformat(" ", "seconds")
    return cell.isoformat() if isinstance(cell, date) else str(cell)


def number_format(one: Field) -> str:
    """How a workbook shows the cells of a field: days, moments, decimals, percents."""
    shown = one.end or one
    look = shown.type.look(shown)
    if look == "date":
        return "yyyy-mm-dd"
    if look == "datetime":
        return "yyyy-mm-dd hh:mm:ss" if shown.options.get("precision") == "second" else "yyyy-mm-dd hh:mm"
    if look not in ("number", "money", "percent"):
        return "General"
    decimals = shown.options.get("decimals")
    percent = look == "percent" or bool(shown.options.get("percent"))
    if decimals is None:
        return "#,##0.00" if look == "money" else "0.00%" if percent else "General"
    places = max(0, min(int(decimals), _DECIMALS))
    whole = "#,##0" if shown.options.get("grouping", True) and not percent else "0"
    return whole + ("." + "0" * places if places else "") + ("%" if percent else "")
