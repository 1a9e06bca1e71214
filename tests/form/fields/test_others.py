"""Serial numbers, links, rows and files."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import combinations
from typing import Any

import pytest

from engines.form.fields.base import Context, Field, Link
from engines.form.fields.serial import FORMATS, RESETS, SerialField
from engines.kernel.problems import Rejected
from tests.form.build import one_field

SEGMENTS = [
    {"key": "p", "kind": "text", "text": "BJ"},
    {"key": "d", "kind": "date", "format": "yyyyMM"},
    {"key": "f", "kind": "field", "field": "region"},
    {"key": "n", "kind": "counter", "digits": 4, "reset": "month", "start": 100},
]


def serial(*segments: dict[str, Any]) -> tuple[Field, SerialField]:
    field = one_field("serial", {"segments": list(segments)})
    assert isinstance(field.type, SerialField)
    return field, field.type


def test_a_number_is_made_of_its_segments() -> None:
    field, kind = serial(*SEGMENTS)
    assert kind.number(field, 100, date(2026, 6, 5), {"region": "E"}) == "BJ202606E0100"
    assert kind.number(field, 123456, date(2026, 6, 5), {}) == "BJ202606123456"
    assert kind.start(field) == 100


@pytest.mark.parametrize(
    ("reset", "wanted"),
    [
        ("never", "crm.sample.it"),
        ("day", "crm.sample.it:2026-01-01"),
        ("week", "crm.sample.it:2026-W01"),
        ("month", "crm.sample.it:2026-01"),
        ("year", "crm.sample.it:2026"),
    ],
)
def test_a_counter_begins_anew_with_its_period(reset: str, wanted: str) -> None:
    field, kind = serial({"key": "n", "kind": "counter", "digits": 1, "reset": reset})
    assert kind.scope(field, date(2026, 1, 1), {}, "crm") == wanted


@pytest.mark.parametrize("reset", RESETS)
def test_a_counter_that_begins_anew_is_refused_where_numbers_would_repeat(reset: str) -> None:
    days = [date(2026, 1, 1) + timedelta(number) for number in range(3 * 366)]
    for formats in [(), *combinations(FORMATS, 1), ("yy", "MMdd"), ("MM", "yyyy")]:
        segments = [{"key": f"d{place}", "kind": "date", "format": one} for place, one in enumerate(formats)]
        field, kind = serial(*segments, {"key": "n", "kind": "counter", "digits": 1, "reset": reset})
        first: dict[str, str] = {}
        twice = any(
            first.setdefault(kind.number(field, 1, day, {}), scope) != scope
            for day in days
            for scope in [kind.scope(field, day, {}, "crm")]
        )
        assert kind.repeats(field) == twice, (formats, reset)


def test_a_counter_counts_for_each_value_in_the_number() -> None:
    field, kind = serial(*SEGMENTS)
    assert kind.scope(field, date(2026, 6, 5), {"region": "E"}, "crm") == "crm.sample.it:2026-06:E"


def test_ids_are_read_in_every_shape() -> None:
    one = one_field("relation", {"form": "other"})
    many = one_field("relation", {"form": "other", "many": True})
    for raw in (7, "7", {"id": 7}, {"id": "7", "title": "x"}, Link(7, "x")):
        assert one.type.parse(raw, one) == 7
    assert many.type.parse([7, "8", {"id": 7}, None], many) == (7, 8)
    for wrong in ("x", -1, 0, True, 2**63, "1.5", [1]):
        with pytest.raises(Rejected):
            one.type.parse(wrong, one)
    with pytest.raises(Rejected, match="Must be a list"):
        many.type.parse(7, many)


def test_a_file_names_records_by_their_title() -> None:
    context = Context(lookup=lambda form, text: {("other", "甲"): 1, ("other", "乙、丙"): 2}.get((form, text)))
    one = one_field("relation", {"form": "other"})
    many = one_field("relation", {"form": "other", "many": True})
    assert one.type.import_cell(" 甲 ", one, context) == 1
    assert one.type.import_cell("#12", one, context) == 12
    assert many.type.import_cell("甲\n乙、丙", many, context) == (1, 2)
    assert many.type.import_cell("乙、丙", many, context) == (2,)
    with pytest.raises(Rejected) as caught:
        one.type.import_cell("丁", one, context)
    assert caught.value.problems[0].params == {"value": "丁", "form": "other"}


def test_rows_are_read_with_all_their_problems() -> None:
    rows = one_field("subform")
    assert rows.type.parse([{"id": "3", "name": "a", "qty": "1,000"}], rows) == (
        {"id": 3, "name": "a", "qty": Decimal(1000)},
    )
    with pytest.raises(Rejected) as caught:
        rows.type.parse([{"qty": "x", "name": 5}, "row", {"nmae": "a"}], rows)
    assert [(one.code, one.path) for one in caught.value.problems] == [
        ("number.not_a_number", "[0].qty"),
        ("text.not_text", "[0].name"),
        ("subform.not_a_row", "[1]"),
        ("field.unknown", "[2].nmae"),
    ]


def test_the_number_of_rows_and_what_stands_in_them_is_checked() -> None:
    rows = one_field("subform", {"min_rows": 2, "max_rows": 2})
    assert [one.code for one in rows.type.check(({},), rows)] == ["subform.too_few"]
    found = rows.type.check(({}, {"qty": Decimal("1.5")}, {}), rows)
    assert [(one.code, one.path) for one in found] == [("subform.too_many", ""), ("number.not_whole", "[1].qty")]


def test_files_are_ids_with_a_few_words() -> None:
    files = one_field("attachment", {"kind": "image", "max_files": 1, "max_megabytes": 1})
    value = files.type.parse(
        ["7", {"id": 8, "name": "a.pdf", "mime": "application/pdf", "size": 2**21, "url": "x"}], files
    )
    assert value == ({"id": "7"}, {"id": "8", "name": "a.pdf", "mime": "application/pdf", "size": 2**21})
    assert [one.code for one in files.type.check(value, files)] == [
        "attachment.too_many",
        "attachment.too_large",
        "attachment.not_an_image",
    ]
    for wrong in ("7", [{"name": "x"}], [True], [None]):
        with pytest.raises(Rejected):
            files.type.parse(wrong, files)


def test_a_formula_looks_like_its_result() -> None:
    money = one_field("formula", {"expression": "1", "result": "money", "decimals": 2})
    assert money.type.display(Decimal("1234.5"), money) == "¥1,234.50"
    assert "gt" in money.type.operators(money)
    assert money.readonly and not money.type.writable
