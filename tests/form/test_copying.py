"""Pickers that copy values: filled for every writer, the record's own afterwards, compared, refreshed."""

from decimal import Decimal
from typing import Any

import pytest

from engines.form.bulk import bulk_write
from engines.form.checks import check_form
from engines.form.compile import collect, compile_forms
from engines.form.form import Forms
from engines.form.query import get_record
from engines.form.records import create_record, update_record
from engines.form.sources import differences, refresh
from tests.conftest import Begin
from tests.form import company
from tests.form.build import field, form
from tests.form.company import ADMINISTRATOR, group

SELLER = company.actor(company.LIN)
COPY = [{"from": "price", "to": "price"}, {"from": "maker.name", "to": "maker"}]


def documents(*extra: dict[str, Any]) -> list[dict[str, Any]]:
    lines = {
        "key": "lines",
        "type": "subform",
        "label": "Lines",
        "fields": [
            field("product", "relation", {"form": "product", "copy": COPY}),
            field("price", "money", readonly=True),
            field("maker", "text"),
            field("qty", "number"),
            field("sum", "formula", {"expression": "qty * price", "result": "money"}),
        ],
    }
    return [
        form("maker", field("name", "text"), title_field="name"),
        form(
            "product",
            field("name", "text"),
            field("price", "money"),
            field("maker", "relation", {"form": "maker"}),
            title_field="name",
        ),
        form(
            "order",
            field("name", "text"),
            field("main", "relation", {"form": "product", "copy": [{"from": "price", "to": "main_price"}]}),
            field("main_price", "money"),
            field("double", "formula", {"expression": "main_price * 2", "result": "money"}),
            lines,
            title_field="name",
        ),
        *extra,
    ]


@pytest.fixture(scope="module")
def orders(workspaces, workspace) -> Forms:  # type: ignore[no-untyped-def]
    rights = [
        group("sell", "order", [{"scope": "all"}], operations=["read", "create", "update"]),
        group("watch", "product", [{"scope": "all"}], operations=["read"], fields={"*": "view", "price": "hidden"}),
    ]
    return company.installed(workspaces, workspace, compile_forms("copies", [*documents(), *rights], revision=1))


@pytest.fixture
def goods(begin: Begin, orders: Forms) -> tuple[int, int]:
    with begin(ADMINISTRATOR) as tx:
        maker = create_record(tx, orders.get("maker"), {"name": "甲厂"}).id
        return tuple(  # type: ignore[return-value]
            create_record(tx, orders.get("product"), {"name": name, "price": price, "maker": maker}).id
            for name, price in (("bolt", "2.50"), ("nut", "4"))
        )


def test_choosing_fills_what_was_not_given_for_every_writer(begin: Begin, orders: Forms, goods: tuple[int, int]):
    order, (bolt, nut) = orders.get("order"), goods
    for origin in ("page", "api", "flow"):
        with begin(ADMINISTRATOR, origin, keep=False) as tx:  # type: ignore[arg-type]
            made = create_record(tx, order, {"main": bolt, "lines": [{"product": nut, "qty": 3}, {"qty": 1}]})
            assert (made.values["main_price"], made.values["double"]) == (Decimal("2.5"), Decimal(5))
            assert [(row.get("price"), row.get("maker"), row["sum"]) for row in made.values["lines"]] == [
                (4, "甲厂", 12),
                (None, None, None),
            ]
            own = create_record(tx, order, {"main": bolt, "main_price": "9"})
            assert own.values["main_price"] == 9
    with begin(ADMINISTRATOR, "import", keep=False) as tx:
        bulk_write(tx, order, [{"name": "x", "main": bolt}, {"name": "y"}])
        query = order.table.select().order_by("id")
        assert [row["main_price"] for row in tx.connection.execute(query).mappings()] == [Decimal("2.5"), None]


def test_the_values_are_the_records_own_until_another_is_chosen(begin: Begin, orders: Forms, goods: tuple[int, int]):
    order, (bolt, nut) = orders.get("order"), goods
    with begin(ADMINISTRATOR, keep=False) as tx:
        made = create_record(tx, order, {"main": bolt, "lines": [{"product": bolt}]})
        update_record(tx, orders.get("product"), bolt, {"price": "3"})
        line = get_record(tx, order, made.id).values["lines"][0]["id"]
        again = {
            "main": bolt,
            "name": "n",
            "lines": {"partial": True, "rows": [{"id": line, "product": bolt, "qty": 2}]},
        }
        saved = update_record(tx, order, made.id, again)
        assert (saved.values["main_price"], saved.values["lines"][0]["price"]) == (Decimal("2.5"), Decimal("2.5"))
        other = {"main": nut, "lines": {"partial": True, "rows": [{"id": line, "product": nut}]}}
        saved = update_record(tx, order, made.id, other)
        assert (saved.values["main_price"], saved.values["lines"][0]["price"]) == (4, 4)
        assert update_record(tx, order, made.id, {"main": None}).values["main_price"] == 4


def test_what_the_source_says_otherwise_is_told_field_by_field_and_taken_over(
    begin: Begin, orders: Forms, goods: tuple[int, int]
):
    order, (bolt, nut) = orders.get("order"), goods
    with begin(ADMINISTRATOR, keep=False) as tx:
        made = create_record(tx, order, {"main": bolt, "lines": [{"product": bolt, "qty": 1}, {"product": nut}]})
        assert differences(tx, order, get_record(tx, order, made.id)) == []
        update_record(tx, orders.get("product"), bolt, {"price": "3"})
        rows = get_record(tx, order, made.id).values["lines"]
        update_record(
            tx, order, made.id, {"lines": {"partial": True, "rows": [{"id": rows[0]["id"], "maker": "乙厂"}]}}
        )
        told = differences(tx, order, get_record(tx, order, made.id))
        assert [(one.path, one.number, one.own, one.now, one.source.title) for one in told] == [
            ("main_price", None, Decimal("2.5"), 3, "bolt"),
            ("lines.price", 0, Decimal("2.5"), 3, "bolt"),
            ("lines.maker", 0, "乙厂", "甲厂", "bolt"),
        ]
        saved = refresh(tx, order, made.id, ["lines.price"])  # read-only: nobody types it, the source may give it
        assert (saved.values["lines"][0]["price"], saved.values["lines"][0]["sum"]) == (3, 3)
        assert (saved.values["lines"][0]["maker"], saved.values["main_price"]) == ("乙厂", Decimal("2.5"))
        refresh(tx, order, made.id)
        assert differences(tx, order, get_record(tx, order, made.id)) == []


def test_nothing_is_copied_that_the_writer_may_not_see(begin: Begin, orders: Forms, goods: tuple[int, int]):
    order, (bolt, _) = orders.get("order"), goods
    with begin(SELLER, "api", keep=False) as tx:
        made = create_record(tx, order, {"main": bolt, "lines": [{"product": bolt}]})
        assert (made.values["main_price"], made.values["lines"][0]["price"]) == (None, None)


def test_a_copy_that_leads_nowhere_is_told_where_it_stands():
    wrong = [
        {"from": "nothing", "to": "main_price"},
        {"from": "price", "to": "gone"},
        {"from": "price", "to": "double"},
    ]
    order = documents()[2]
    order["fields"][1]["options"]["copy"] = wrong
    forms = collect("copies", [*documents()[:2], order]).forms
    found = {problem.path: problem.code for problem in check_form(forms.get("order"))}
    assert found == {
        "fields.main.options.copy[0].from": "field.unknown",
        "fields.main.options.copy[1].to": "field.unknown",
        "fields.main.options.copy[2].to": "copy.not_writable",
    }
