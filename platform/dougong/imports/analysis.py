"""What there is to know of a file before its columns are mapped; and its rows, put by for the check and the run."""

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import orjson

from engines.form.importing import depends_on_order, fitting_orders
from engines.kernel.problems import Problem, Rejected

ROWS: Final = "rows.jsonl"
PREVIEW: Final = 5
SHOWN_VALUES: Final = 200
KNOWN_VALUES: Final = 5000
COLUMN_LIMIT: Final = 400


def put_by(folder: Path, rows: Iterable[tuple[int, list[Any]]]) -> dict[str, Any]:
    """Write the rows behind the head to `rows.jsonl` and tell what the columns hold. Raises `Rejected`."""
    source = iter(rows)
    head = next(source, None)
    if head is None:
        raise Rejected(Problem("import.file_empty", "file", "There is nothing in the file", {"name": ""}))
    headers = [str(cell) if cell is not None else "" for cell in head[1]]
    while headers and not headers[-1]:
        headers.pop()
    if len(headers) > COLUMN_LIMIT:
        message = f"The file has {len(headers)} columns, at most {COLUMN_LIMIT} are read"
        raise Rejected(Problem("import.columns", "file", message, {"count": len(headers), "limit": COLUMN_LIMIT}))
    counts: list[Counter[str]] = [Counter() for _ in headers]
    filled = [0] * len(headers)
    preview: list[list[Any]] = []
    total = 0
    target = folder / ROWS
    with target.open("wb") as file:
        for number, cells in source:
            total += 1
            cells = cells[: len(headers)]
            file.write(orjson.dumps([number, cells]) + b"\n")
            if len(preview) < PREVIEW:
                preview.append(cells)
            for place, cell in enumerate(cells):
                if cell is None:
                    continue
                filled[place] += 1
                text = str(cell)
                if len(counts[place]) < KNOWN_VALUES or text in counts[place]:
                    counts[place][text] += 1
    if total == 0:
        raise Rejected(Problem("import.no_rows", "file", "There are no rows below the head", {}))
    return {
        "headers": headers,
        "rows": total,
        "preview": preview,
        "columns": [_column(count, full, total) for count, full in zip(counts, filled, strict=True)],
    }


def _column(count: Counter[str], filled: int, total: int) -> dict[str, Any]:
    """What a column holds; distinct values are counted up to `KNOWN_VALUES`."""
    found: dict[str, Any] = {
        "filled": filled,
        "blank": total - filled,
        "distinct": len(count),
        "values": count.most_common(SHOWN_VALUES),
    }
    wrong = fitting_orders(count)
    if count and min(wrong.values()) < len(count) / 2 and any(map(depends_on_order, count)):
        found["orders"] = wrong
    return found


def stored_rows(folder: Path) -> Iterator[tuple[int, list[Any]]]:
    """The rows that were put by. Raises `Rejected` where they are gone."""
    path = folder / ROWS
    if not path.is_file():
        raise Rejected(Problem("import.file_gone", "file", "The file is no longer there; upload it again", {}))
    with path.open("rb") as file:
        for line in file:
            number, cells = orjson.loads(line)
            yield number, cells
