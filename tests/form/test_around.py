"""Rows that read the record around them: computed alike by every writer, by statements, and told to pages."""

from decimal import Decimal
from typing import Any

import pytest

from dougong.web.records.live import live_data
from dougong.workspace.transactions import Workspaces
from dougong.workspace.workspaces import WorkspaceInfo
from engines.form.bulk import bulk_write
from engines.form.compile import collect, compile_forms
from engines.form.form import Forms
from engines.form.query import get_record
from engines.form.records import create_record, update_record
from tests.conftest import Begin
from tests.form import company
from tests.form.build import field, form
from tests.form.company import ADMINISTRATOR

LINES = {
    "key": "lines",
    "type": "subform",
    "label": "Lines",
    "fields": [
        field("qty", "number"),
        field("price", "number", default="rate"),
        field("note", "text"),
        field("amount", "formula", {"expression": "qty * price * (1 - discount)", "result": "number"}),
        field("share", "formula", {"expression": "ROUND(amount / SUM(lines.amount), 4)", "result": "number"}),
        field("paid", "formula", {"expression": "amount * customer.factor", "result": "number"}),
        field("mine", "formula", {"expression": "note", "result": "text"}),
        field("part", "formula", {"expression": "ALLOCATE(rate, lines.qty, 2)", "result": "number", "decimals": 2}),
        field("now", "formula", {"expression": "ALLOCATE(rate, lines, qty)", "result": "number", "store": "never"}),
    ],
}


def documents() -> list[Any]:
    return [
        form("customer", field("name", "text"), field("factor", "number"), title_field="name"),
        form(
            "offer",
            field("name", "text", unique=True),
            field("note", "text"),
            field("discount", "number", {"decimals": 2}, default="0"),
            field("rate", "number"),
            field("customer", "relation", {"form": "customer"}),
            LINES,
            field("total", "formula", {"expression": "SUM(lines.amount)", "result": "number"}),
            title_field="name",
        ),
    ]


@pytest.fixture(scope="module")
def offers(workspaces: Workspaces, workspace: WorkspaceInfo) -> Forms:
    return company.installed(workspaces, workspace, compile_forms("around", documents()))


def rows(tx: Any, forms: Forms, record: int) -> list[tuple[Any, ...]]:
    found = get_record(tx, forms.get("offer"), record).values
    return [(row["amount"], row["share"], row["paid"]) for row in found["lines"]]


def test_rows_read_their_record_in_every_way_of_writing(begin: Begin, offers: Forms):
    offer = offers.get("offer")
    with begin(ADMINISTRATOR, keep=False) as tx:
        customer = create_record(tx, offers.get("customer"), {"name": "c", "factor": 3}).id
        values = {"name": "a", "note": "of the record", "discount": "0.5", "rate": 10, "customer": customer}
        lines = [{"qty": 1, "note": "of the row"}, {"qty": 3, "price": 2}]
        made = create_record(tx, offer, {**values, "lines": lines}).id
        assert rows(tx, offers, made) == [(5, Decimal("0.625"), 15), (3, Decimal("0.375"), 9)]
        record = get_record(tx, offer, made)
        assert [row["mine"] for row in record.values["lines"]] == ["of the row", None]  # names of the row win
        assert record.values["total"] == 8
        # only the record changes: its rows follow
        update_record(tx, offer, made, {"discount": 0})
        assert rows(tx, offers, made) == [(10, Decimal("0.625"), 30), (6, Decimal("0.375"), 18)]
        update_record(tx, offers.get("customer"), customer, {"factor": 2})
        assert [row[2] for row in rows(tx, offers, made)] == [20, 12]
        # in bulk, with the rows and without
        bulk_write(tx, offer, [{"name": "b", "discount": "0.1", "rate": 5, "lines": [{"qty": 2}]}])
        changed = bulk_write(tx, offer, [{"name": "a", "discount": "0.2"}], key="name")
        assert changed.updated == 1
        assert [row[:2] for row in rows(tx, offers, made)] == [
            (8, Decimal("0.625")),
            (Decimal("4.8"), Decimal("0.375")),
        ]
        assert get_record(tx, offer, made).values["total"] == Decimal("12.8")
        assert rows(tx, offers, made + 1)[0][:2] == (9, 1)


def test_rows_share_an_amount_of_their_record_without_losing_a_cent(begin: Begin, offers: Forms):
    offer = offers.get("offer")
    third, rest = Decimal("33.33"), Decimal("33.34")

    def parts(record: int) -> list[Decimal]:
        lines = get_record(tx, offer, record).values["lines"]
        assert [row["part"] for row in lines] == [row["now"] for row in lines]  # Python and PostgreSQL
        return [row["part"] for row in lines]

    with begin(ADMINISTRATOR, keep=False) as tx:
        made = create_record(tx, offer, {"name": "s", "rate": 100, "lines": [{"qty": 1}, {"qty": 1}, {"qty": 1}]}).id
        assert parts(made) == [rest, third, third]
        one, two, three = ({"id": row["id"], "qty": 1} for row in get_record(tx, offer, made).values["lines"])
        update_record(tx, offer, made, {"lines": [one, two, {**three, "qty": 2}]})
        assert parts(made) == [25, 25, 50]
        update_record(tx, offer, made, {"rate": 1})
        assert parts(made) == [Decimal("0.25"), Decimal("0.25"), Decimal("0.5")]
        update_record(tx, offer, made, {"lines": [one, two, {"qty": 1}]})  # one goes, one is new
        bulk_write(tx, offer, [{"name": "s", "rate": 100}], key="name")
        assert parts(made) == [rest, third, third]


def test_pages_get_what_rows_read_of_the_record(begin: Begin, offers: Forms):
    offer = offers.get("offer")
    every = {one.path for field in offer.fields.values() for one in (field, *field.rows.values())}
    with begin(ADMINISTRATOR, keep=False) as tx:
        told = live_data(tx, offer, every, "create")
        hidden = live_data(tx, offer, every - {"discount"}, "create")
    inner = {one["key"]: one for one in next(one for one in told["fields"] if one["key"] == "lines")["rows"]}
    assert inner["amount"]["formula"]["node"] == "call"
    assert told["needs"] == {"customer": ["factor"]}
    unseen = {one["key"]: one for one in next(one for one in hidden["fields"] if one["key"] == "lines")["rows"]}
    assert unseen["amount"]["formula"] == {"ask": unseen["amount"]["formula"]["ask"], "reads": ["price", "qty"]}


def test_circles_through_the_record_are_told():
    turning = {**LINES, "fields": [field("a", "formula", {"expression": "total * 2", "result": "number"})]}
    total = field("total", "formula", {"expression": "SUM(lines.a)", "result": "number"})
    found = collect("app", [form("f", turning, total)])
    codes = {problem.code for problems in found.problems.values() for problem in problems}
    assert codes == {"formula.cycle"}
