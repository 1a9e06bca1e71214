"""Files into rows: encodings, what separates cells, workbooks, and files that are none."""

import csv
import io
import zipfile
from datetime import date, datetime
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dougong.imports.analysis import put_by, stored_rows
from dougong.imports.reading import Source, delimiter_of
from engines.kernel.problems import Rejected

WORDS = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "Zs"], exclude_characters="\0"), max_size=12)


def rows_of(path: Path, sheet: str | None = None) -> list[list[object]]:
    return [cells for _, cells in Source(path, sheet).rows()]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16"])
def test_the_encodings_of_chinese_exports_are_told_apart(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("公司,电话\n斗拱科技,021\n".encode(encoding))
    assert rows_of(path) == [["公司", "电话"], ["斗拱科技", "021"]]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_what_separates_cells_is_found(tmp_path: Path, delimiter: str) -> None:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows([["a", "b", "c"], ["1,5", "x;y", "two\nlines"], ["", "", "z|z"]])
    path = tmp_path / "a.csv"
    path.write_text(out.getvalue(), newline="")
    assert rows_of(path)[1:] == [["1,5", "x;y", "two\nlines"], [None, None, "z|z"]]


@example([["", ";", ";;"]], ",")
@given(st.lists(st.lists(WORDS, min_size=3, max_size=3), min_size=1, max_size=6), st.sampled_from(",;\t|"))
@settings(deadline=None, max_examples=60)
def test_quoted_cells_never_mislead_the_search_for_what_separates_them(rows: list[list[str]], delimiter: str) -> None:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows(rows)
    assert delimiter_of(out.getvalue()) == delimiter


def test_a_workbook_gives_whole_numbers_days_and_its_sheets(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        book.add_worksheet("Other").write(0, 0, "x")
        sheet = book.add_worksheet("数据")
        sheet.write_row(0, 0, ["n", "price", "day", "yes", "text"])
        sheet.write_row(2, 0, [7, 0.5])
        sheet.write_datetime(2, 2, datetime(2017, 3, 1), day)  # noqa: DTZ001 - a cell has no zone
        sheet.write_row(2, 3, [True, " x "])
    source = Source(path, "数据")
    assert list(source.rows()) == [
        (1, ["n", "price", "day", "yes", "text"]),
        (3, [7, 0.5, date(2017, 3, 1).isoformat(), True, "x"]),
    ]
    assert source.sheets == ["Other", "数据"] and source.sheet == "数据"


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("a.xlsx", b"no workbook", "import.broken_file"),
        ("a.xlsx", b"PK\x03\x04 cut off", "import.broken_file"),
        ("a.csv", b"\x00\x01\x02", "import.no_text"),
        ("a.csv", b"a,b\n\xff\xff\x81", "import.encoding"),
        ("a.csv", b"", "import.file_empty"),
        ("a.csv", b"only,a,head\n", "import.no_rows"),
        ("a.csv", b",".join([b"x"] * 500) + b"\n1\n", "import.columns"),
        ("a.csv", b'a,b\n"' + b"x" * 2_000_000, "import.broken_line"),
    ],
)
def test_what_cannot_be_read_is_told_and_nothing_is_left(tmp_path: Path, name: str, data: bytes, code: str) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(Rejected) as caught:
        put_by(tmp_path, Source(path).rows())
    assert [one.code for one in caught.value.problems] == [code]


def test_a_small_file_that_unpacks_to_very_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dougong.imports.reading.UNPACKED_LIMIT", 1000)
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/workbook.xml", "0" * 100_000)
    with pytest.raises(Rejected) as caught:
        Source(path)
    assert caught.value.problems[0].code == "import.unpacked"


def test_what_columns_hold_is_told_and_the_rows_are_put_by(tmp_path: Path) -> None:
    rows = [(1, ["when", "who", ""]), (2, ["3/1/2017", "A", "lost"]), (4, ["12/31/2017", None]), (5, ["1/2/2017", "A"])]
    about = put_by(tmp_path, iter(rows))
    assert about["headers"] == ["when", "who"] and about["rows"] == 3
    first, second = about["columns"]
    assert first["orders"] == {"ymd": 3, "mdy": 0, "dmy": 1} and "orders" not in second
    assert second == {"filled": 2, "blank": 1, "distinct": 1, "values": [("A", 2)]}
    assert list(stored_rows(tmp_path)) == [(2, ["3/1/2017", "A"]), (4, ["12/31/2017", None]), (5, ["1/2/2017", "A"])]
