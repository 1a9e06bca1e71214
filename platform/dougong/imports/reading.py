"""Files into rows. Only jobs import this module: readers of workbooks have no place in web processes (DESIGN D17)."""

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final

from python_calamine import CalamineError, CalamineWorkbook

from dougong.imports.apostrophes import unguarded
from dougong.imports.uploads import TEXTS
from engines.kernel.problems import Problem, Rejected

ENCODINGS: Final = ("utf-8-sig", "gb18030")
DELIMITERS: Final = (",", "\t", ";", "|")
UNPACKED_LIMIT: Final = 1024**3
CELL_LIMIT: Final = 1 << 20
Row = tuple[int, list[Any]]


class Source:
    """A file that was opened: its sheets, what was found out about it, and its rows with their numbers."""

    def __init__(self, path: Path, sheet: str | None = None) -> None:
        self.path = path
        self.sheets: list[str] = []
        self.sheet: str | None = None
        self.encoding: str | None = None
        self.delimiter: str | None = None
        if path.suffix in TEXTS:
            self._rows: Iterable[Row] = self._open_text()
        else:
            self._rows = self._open_workbook(sheet)

    def rows(self) -> Iterator[Row]:
        """Every row that is not wholly empty, with its number in the file."""
        for number, cells in self._rows:
            plain = [cell_of(cell) for cell in cells]
            if any(cell not in (None, "") for cell in plain):
                yield number, plain

    def _open_text(self) -> Iterable[Row]:
        text = self._decode(self.path.read_bytes())
        if "\0" in text[:4096]:
            raise Rejected(Problem("import.no_text", "file", "This is no text file", {}))
        self.delimiter = delimiter_of(text)
        csv.field_size_limit(CELL_LIMIT)
        return self._csv_rows(text)

    def _csv_rows(self, text: str) -> Iterator[Row]:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=self.delimiter or ",", skipinitialspace=True)
        try:
            for number, cells in enumerate(reader, start=1):
                yield number, [unguarded(cell) for cell in cells]
        except csv.Error as error:
            line = reader.line_num
            message = f"Line {line} cannot be read"
            raise Rejected(Problem("import.broken_line", "file", message, {"line": line})) from error

    def _decode(self, data: bytes) -> str:
        if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
            self.encoding = "utf-16"
            return data.decode("utf-16", errors="replace")
        for encoding in ENCODINGS:
            try:
                text = data.decode(encoding)
            except UnicodeDecodeError:
                continue
            self.encoding = "utf-8" if encoding == "utf-8-sig" else encoding
            return text
        message = "The encoding of the file is neither UTF-8 nor GB18030; save it as CSV UTF-8"
        raise Rejected(Problem("import.encoding", "file", message, {}))

    def _open_workbook(self, sheet: str | None) -> Iterable[Row]:
        try:
            self._guard()
            book = CalamineWorkbook.from_path(self.path)
            self.sheets = list(book.sheet_names)
            if not self.sheets:
                raise Rejected(Problem("import.no_sheet", "file", "The workbook has no sheet", {}))
            self.sheet = sheet if sheet in self.sheets else self.sheets[0]
            found = book.get_sheet_by_name(self.sheet)
            rows: Sequence[Sequence[Any]] = found.to_python(skip_empty_area=False)
        except (CalamineError, zipfile.BadZipFile, OSError, ValueError) as error:
            message = "The workbook cannot be read: it is damaged, protected by a password, or of another kind"
            raise Rejected(Problem("import.broken_file", "file", message, {})) from error
        return [(number, list(cells)) for number, cells in enumerate(rows, start=1)]

    def _guard(self) -> None:
        """A small file may unpack to very much."""
        if not zipfile.is_zipfile(self.path):
            return
        with zipfile.ZipFile(self.path) as packed:
            if sum(one.file_size for one in packed.infolist()) > UNPACKED_LIMIT:
                message = "The workbook unpacks to more than 1 GB; split it"
                raise Rejected(Problem("import.unpacked", "file", message, {}))


def cell_of(cell: Any) -> Any:
    """A cell as JSON: texts, whole and other numbers, yes and no; days and times as ISO texts."""
    if isinstance(cell, bool) or cell is None:
        return cell
    if isinstance(cell, str):
        return cell.replace("\0", "").strip() or None
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return int(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ", "seconds")
    if isinstance(cell, date | time):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        return str(cell)
    return cell if isinstance(cell, int | float) else str(cell)


def delimiter_of(text: str) -> str:
    """What separates the cells: the sign before and behind quoted cells, that splits the first lines into the most
    columns, evenly."""
    lines = text[:65536].splitlines()
    head = lines[:20]
    is_cut = len(text) > 65536 or len(lines) > 20
    best, delimiter = (False, 0, 0), ","
    for one in DELIMITERS:
        try:
            widths = [len(cells) for cells in csv.reader(head, delimiter=one) if cells]
        except csv.Error:
            continue
        if not widths or widths[0] < 2:
            continue
        score = (_stands_at_quotes(head, one, is_cut), sum(1 for width in widths if width == widths[0]), widths[0])
        if score > best:
            best, delimiter = score, one
    return delimiter


def _stands_at_quotes(head: Sequence[str], delimiter: str, is_cut: bool) -> bool:
    """Whether every quoted cell ends at this sign or with its line; one that was cut off at the end may."""
    reader = csv.reader(head, delimiter=delimiter, strict=True)
    try:
        for _ in reader:
            pass
    except csv.Error:
        return is_cut and reader.line_num == len(head)
    return True
