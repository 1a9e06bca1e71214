"""The feature table tells the truth: every row that is `done` names a page and a test that exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TABLE = ROOT / "docs" / "features.md"


def _rows() -> list[tuple[str, str, str, str]]:
    rows = []
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if len(cells) == 4 and cells[0] != "feature" and not set(cells[0]) <= {"-", ":"}:
            rows.append((cells[0], cells[1], cells[2], cells[3]))
    return rows


ROWS = _rows()


def test_the_table_has_rows() -> None:
    assert len(ROWS) > 40


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0][:50])
def test_the_state_is_done_or_open(row: tuple[str, str, str, str]) -> None:
    assert row[3] in {"done", "open"}


@pytest.mark.parametrize("row", [r for r in ROWS if r[3] == "done"], ids=lambda row: row[0][:50])
def test_a_done_row_names_an_existing_page_and_test(row: tuple[str, str, str, str]) -> None:
    pages = re.findall(r"\(([^)#]+)[^)]*\)", row[1])
    assert pages, "a done row links to a page"
    for page in pages:
        assert (TABLE.parent / page).exists(), page
    tests = re.findall(r"`([^`]+)`", row[2])
    assert tests, "a done row names a test"
    for name in tests:
        path, _, function = name.partition("::")
        file = ROOT / path
        assert file.exists(), path
        pattern = rf"(def {re.escape(function)}\b)" if path.endswith(".py") else re.escape(function)
        assert not function or re.search(pattern, file.read_text(encoding="utf-8")), name
