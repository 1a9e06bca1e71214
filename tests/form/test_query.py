"""The read path: lists with filter, search, sort, pages and totals; details; pickers."""

from decimal import Decimal

import pytest

from engines.form.fields.base import Link
from engines.form.form import Form, Forms
from engines.form.policy import Grant
from engines.form.query import Page, Query, Record, Sort, get_record, list_records, options_of, pick
from engines.form.records import create_record, delete_record
from engines.form.transaction import Transaction
from engines.kernel.problems import NotFound, Rejected
from tests.conftest import Begin
from tests.form.company import ADMIN, ADMINISTRATOR, LIN, LIN_YUE

CUSTOMERS = [
    {"name": "远山科技有限公司", "grade": "A", "credit": "100", "since": "2026-01-05", "tags": ["新", "大"]},
    {"name": "Acme Corp", "grade": "B", "credit": "50.5", "remark": "calls from 远方 people"},
    {"name": "阿尔法", "grade": "B", "credit": None, "since": "2026-03-01"},
    {"name": "北京远大", "grade": "C", "credit": "7", "phone": "010-12345678"},
    {"name": "ABBA bab", "grade": None, "credit": "0"},
]


@pytest.fixture
def world(clean: Begin, forms: Forms) -> Begin:
    with clean(ADMINISTRATOR) as tx:
        for one in CUSTOMERS:
            create_record(tx, forms.get("customer"), one)
        for number in range(1, 8):
            lines = [{"qty": number, "price": 10}, {"qty": 1, "price": 1}]
            given = {"customer": 1 + number % 2, "lines": lines, "discount": "0.1" if number > 4 else None}
            create_record(tx, forms.get("quote"), given)
    return clean


def names(page: Page) -> list[str]:
    return [one.title for one in page.rows]


def ask(world: Begin, forms: Forms, form: str = "customer", **query: object) -> Page:
    with world(ADMINISTRATOR) as tx:
        return list_records(tx, forms.get(form), Query(**query))  # type: ignore[arg-type]


def found(world: Begin, forms: Forms, filter: object, form: str = "customer") -> set[int]:
    return {one.id for one in ask(world, forms, form, filter=filter).rows}


def test_a_list_is_newest_first_with_values_titles_and_total(world: Begin, forms: Forms):
    page = ask(world, forms)
    assert names(page) == [one["name"] for one in reversed(CUSTOMERS)]
    assert (page.total, page.capped, page.next_cursor) == (5, False, None)
    first = page.rows[-1]
    assert first.values["credit"] == Decimal(100) and first.values["tags"] == ("新", "大")
    assert first.meta.owner == Link(ADMIN, "Admin") and first.meta.created_at is not None
    quote = ask(world, forms, "quote").rows[0]
    assert quote.values["customer"] == Link(2, "Acme Corp") and quote.values["grade"] == "B"


@pytest.mark.parametrize(
    ("given", "ids"),
    [
        ({"field": "grade", "op": "eq", "value": "B"}, {2, 3}),
        ({"field": "grade", "op": "ne", "value": "B"}, {1, 4, 5}),
        ({"field": "credit", "op": "gt", "value": "7"}, {1, 2}),
        ({"field": "credit", "op": "empty"}, {3}),
        ({"field": "name", "op": "contains", "value": "远"}, {1, 4}),
        ({"field": "tags", "op": "in", "value": ["大"]}, {1}),
        ({"and": [{"field": "grade", "op": "in", "value": ["A", "B"]}, {"field": "since", "op": "filled"}]}, {1, 3}),
        ({"or": []}, set()),
        ({"expression": 'AND(credit > 10, grade <> "A")'}, {2}),
        ({"field": "_owner", "op": "is_me"}, {1, 2, 3, 4, 5}),
        ({"field": "id", "op": "in", "value": [2, 4]}, {2, 4}),
    ],
)
def test_filters_find_what_they_say(world: Begin, forms: Forms, given: dict, ids: set[int]):
    assert found(world, forms, given) == ids


@pytest.mark.parametrize(
    ("given", "ids"),
    [
        ({"field": "customer.grade", "op": "eq", "value": "A"}, {2, 4, 6}),
        ({"field": "customer.credit", "op": "lt", "value": 60}, {1, 3, 5, 7}),
        ({"field": "customer.since", "op": "empty"}, {1, 3, 5, 7}),
        ({"field": "lines.qty", "op": "ge", "value": 6}, {6, 7}),
        ({"field": "grade", "op": "eq", "value": "A"}, {2, 4, 6}),
        ({"expression": 'AND(customer.grade = "B", SUM(lines.amount) > 50)'}, {5, 7}),
        ({"field": "customer._owner", "op": "is_me"}, {1, 2, 3, 4, 5, 6, 7}),
    ],
)
def test_filters_follow_relations_and_rows(world: Begin, forms: Forms, given: dict, ids: set[int]):
    assert found(world, forms, given, "quote") == ids


def test_search_finds_parts_of_words_in_any_field_and_no_scattered_pairs(world: Begin, forms: Forms):
    search = {
        "远": {1, 2, 4},
        "远山": {1},
        "科": {1},
        "司": {1},
        "ＡＣＭＥ": {2},
        "corp acme": {2},
        "远方 corp": {2},
        "12345": {4},
        "abba": {5},
        "bab": {5},
        "babba": set(),
        "bb": {5},
        "b": {2, 3, 5},
        "0-1": {4},
        "corp c": {2},
        "p": {1, 2},
        "大": {1, 4},
        "abbab": set(),
        "重点": {1},
        "": {1, 2, 3, 4, 5},
        "'; drop": set(),
    }
    assert {text: {one.id for one in ask(world, forms, search=text).rows} for text in search} == search
    assert ask(world, forms, search="babba").total == 0


def test_sorting_by_name_follows_pinyin_and_blanks_have_a_place(world: Begin, forms: Forms):
    assert names(ask(world, forms, sort=(Sort("name"),))) == [
        "阿尔法",
        "ABBA bab",
        "Acme Corp",
        "北京远大",
        "远山科技有限公司",
    ]
    credits = [one.values["credit"] for one in ask(world, forms, sort=(Sort("credit"),)).rows]
    assert credits == [0, 7, Decimal("50.5"), 100, None]
    credits = [one.values["credit"] for one in ask(world, forms, sort=(Sort("credit", True),)).rows]
    assert credits == [None, 100, Decimal("50.5"), 7, 0]
    with pytest.raises(Rejected) as caught:
        ask(world, forms, sort=(Sort("tags"),))
    assert caught.value.problems[0].code == "query.not_sortable"


def test_a_list_is_in_the_order_of_the_names_of_what_a_field_points_at(world: Begin, forms: Forms):
    with world(ADMINISTRATOR) as tx:
        for number in (4, 3, None):
            create_record(tx, forms.get("note"), {"text": "n", "customer": number})
        create_record(tx, forms.get("note"), {"text": "n", "customer": 1})
        create_record(tx, forms.get("note"), {"text": "n", "customer": 2})
    rows = ask(world, forms, "note", sort=(Sort("customer"),)).rows
    titles = [one.values["customer"] and one.values["customer"].title for one in rows]
    assert titles == ["阿尔法", "Acme Corp", "北京远大", "远山科技有限公司", None]  # as the list of customers itself
    back = ask(world, forms, "note", sort=(Sort("customer", True), Sort("_owner"))).rows
    assert [one.id for one in back] == [one.id for one in reversed(rows)]
    with world(ADMINISTRATOR) as tx:
        assert [one.id for one in _pages(tx, forms.get("note"), (Sort("customer"),))] == [one.id for one in rows]
    with pytest.raises(Rejected, match="cannot be sorted"):
        ask(world, forms, "note", sort=(Sort("quotes"),))


def test_names_that_may_not_be_read_give_no_order(world: Begin, forms: Forms):
    with world(ADMINISTRATOR) as tx:
        for number in (4, 3, 1):
            create_record(tx, forms.get("note"), {"text": "n", "customer": number})
    notes = Grant("task", frozenset({"read"}), other="read", condition=lambda table: table.c.id > 0)
    with world(LIN_YUE) as tx:
        rows = list_records(tx, forms.get("note"), Query(sort=(Sort("customer"),)), grants=(notes,)).rows
    assert [one.values["customer"].title for one in rows] == ["—"] * 3
    assert [one.id for one in rows] == sorted(one.id for one in rows)


def _pages(tx: Transaction, form: Form, sort: tuple[Sort, ...]) -> list[Record]:
    """All records, one on each page."""
    found, cursor = [], None
    while True:
        page = list_records(tx, form, Query(sort=sort, limit=1, cursor=cursor))
        found += page.rows
        cursor = page.next_cursor
        if cursor is None:
            return found


@pytest.mark.parametrize(
    "sort",
    [
        (),
        (Sort("credit"),),
        (Sort("credit", True),),
        (Sort("grade"), Sort("credit", True)),
        (Sort("since", True), Sort("grade")),
    ],
)
def test_cursors_give_every_record_once_in_order(world: Begin, forms: Forms, sort: tuple[Sort, ...]):
    whole = [one.id for one in ask(world, forms, sort=sort).rows]
    seen: list[int] = []
    cursor = None
    while True:
        page = ask(world, forms, sort=sort, limit=2, cursor=cursor)
        seen += [one.id for one in page.rows]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == whole
    assert [one.id for one in ask(world, forms, sort=sort, limit=2, offset=2).rows] == whole[2:4]


def test_a_cursor_of_another_list_or_nonsense_is_refused(world: Begin, forms: Forms):
    cursor = ask(world, forms, limit=2).next_cursor
    for query in ({"sort": (Sort("credit"),), "cursor": cursor}, {"cursor": "abc"}, {"cursor": "W10"}, {"limit": 0}):
        with pytest.raises(Rejected):
            ask(world, forms, **query)


def test_totals_add_up_all_records_found_also_live_ones(world: Begin, forms: Forms):
    page = ask(world, forms, "quote", totals=("total", "net"), limit=1)
    assert page.totals == {"total": Decimal(287), "net": Decimal(287) - Decimal("18.3")}
    assert ask(world, forms, totals=("credit",), filter={"or": []}).totals == {"credit": 0}
    with pytest.raises(Rejected):
        ask(world, forms, totals=("name",))


def test_wrong_filters_name_the_place(world: Begin, forms: Forms):
    wrong = {"and": [{"field": "grad", "op": "eq", "value": 1}, {"field": "credit", "op": "contains", "value": "x"}]}
    with pytest.raises(Rejected) as caught:
        ask(world, forms, filter=wrong)
    assert [problem.path for problem in caught.value.problems] == ["filter.and[0].field", "filter.and[1].op"]


def test_a_detail_has_rows_links_and_rights(world: Begin, forms: Forms):
    with world(ADMINISTRATOR) as tx:
        note = create_record(tx, forms.get("note"), {"text": "n", "quotes": [3, 1]})
        record = get_record(tx, forms.get("quote"), 3)
        linked = get_record(tx, forms.get("note"), note.id)
        with pytest.raises(NotFound):
            get_record(tx, forms.get("quote"), 999)
    assert [row["amount"] for row in record.values["lines"]] == [30, 1]
    assert {"update", "delete", "read"} <= record.may
    assert "lines.qty" in record.editable and not record.editable & {"net", "no", "lines.amount", "locked"}
    assert [link.id for link in linked.values["quotes"]] == [3, 1] and linked.values["quotes"][0].title.startswith("BJ")


def test_the_trash_is_a_list_of_its_own(world: Begin, forms: Forms):
    with world(ADMINISTRATOR) as tx:
        delete_record(tx, forms.get("customer"), 5)
    assert found(world, forms, None) == {1, 2, 3, 4}
    assert [one.id for one in ask(world, forms, trash=True).rows] == [5]
    with world(ADMINISTRATOR) as tx:
        assert get_record(tx, forms.get("customer"), 5, trash=True).meta.deleted_at is not None


def test_pickers_find_records_and_people(world: Begin, forms: Forms):
    with world(ADMINISTRATOR) as tx:
        assert next(one.title for one in pick(tx, forms.get("customer"), "远")) == "北京远大"
        assert [one.id for one in options_of(tx, forms.get("customer"), "helpers", "林")] == [LIN]
        assert len(pick(tx, forms.get("_department"))) == 3


def test_past_the_cap_a_search_is_looked_through_in_order(world: Begin, forms: Forms, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("engines.form.query.lists.SELECTIVE", 2)
    with world(ADMINISTRATOR) as tx:
        for number in range(30):
            create_record(tx, forms.get("customer"), {"name": f"abcd{number}" if number % 3 else f"abcxbcd{number}"})
        seen: list[str] = []
        cursor = None
        while True:
            page = list_records(tx, forms.get("customer"), Query(search="abcd", limit=7, cursor=cursor))
            assert page.total is None and page.capped
            seen += [one.title for one in page.rows]
            cursor = page.next_cursor
            if cursor is None:
                break
    assert seen == [f"abcd{number}" for number in reversed(range(30)) if number % 3]
