"""Roll-ups: exact after every kind of write, in the same transaction, with log and events."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select, text

from engines.form.bulk import BulkPlan, apply_chunk, begin_bulk, bulk_write, stage_rows, undo_chunk
from engines.form.compile import compile_forms
from engines.form.form import Forms
from engines.form.importing.write import date_back
from engines.form.query import Query, get_record, list_records
from engines.form.records import create_record, delete_record, restore_record, update_record
from engines.form.transaction import Transaction
from engines.workflow.record import write_state
from tests.conftest import Begin
from tests.form import company
from tests.form.build import field, form, one_field
from tests.form.company import ADMINISTRATOR
from tests.form.derive.shop import rollup


def customer(tx: Transaction, forms: Forms, **values: Any) -> int:
    return create_record(tx, forms.get("customer"), {"name": "c", "factor": 2, **values}).id


def order(tx: Transaction, forms: Forms, who: int | None, amount: Any, **values: Any) -> int:
    return create_record(tx, forms.get("order"), {"customer": who, "amount": amount, "state": "won", **values}).id


def read(tx: Transaction, forms: Forms, key: str, record: int) -> dict[str, Any]:
    return dict(get_record(tx, forms.get(key), record).values)


def test_every_aggregate_follows_creates_updates_moves_deletes_and_restores(clean: Begin, forms: Forms) -> None:
    with clean(ADMINISTRATOR) as tx:
        one, two = customer(tx, forms, floor=15), customer(tx, forms)
        assert read(tx, forms, "customer", one)["orders_count"] == 0
        first = order(tx, forms, one, 10, day="2026-01-05", note="x")
        order(tx, forms, one, 21, day="2026-02-05")
        order(tx, forms, one, 40, state="open", day="2026-01-07")
        found = read(tx, forms, "customer", one)
        assert (found["orders_count"], found["won"], found["above"], found["noted"]) == (3, 31, 2, 1)
        assert (found["mean"], found["least"], found["last_day"]) == (Decimal("23.666666666667"), 10, date(2026, 2, 5))
        assert (found["score"], found["size"], found["now_won"]) == (62, "small", 31)
        update_record(tx, forms.get("order"), first, {"amount": 110})
        assert read(tx, forms, "customer", one)["size"] == "big"
        update_record(tx, forms.get("order"), first, {"customer": two})
        assert [read(tx, forms, "customer", key)["won"] for key in (one, two)] == [21, 110]
        delete_record(tx, forms.get("order"), first)
        assert read(tx, forms, "customer", two)["orders_count"] == 0
        assert read(tx, forms, "customer", two)["last_day"] is None
        restore_record(tx, forms.get("order"), first)
        assert read(tx, forms, "customer", two)["won"] == 110
        update_record(tx, forms.get("order"), first, {"customer": None})
        assert read(tx, forms, "customer", two)["won"] == 0
        update_record(tx, forms.get("customer"), one, {"floor": 30})
        assert read(tx, forms, "customer", one)["above"] == 1


def test_rollups_of_rollups_follow(clean: Begin, forms: Forms) -> None:
    with clean(ADMINISTRATOR) as tx:
        north = create_record(tx, forms.get("region"), {"name": "north"}).id
        who = customer(tx, forms, region=north)
        order(tx, forms, who, 5)
        order(tx, forms, customer(tx, forms, region=north), 6)
        assert read(tx, forms, "region", north)["revenue"] == 11
        update_record(tx, forms.get("customer"), who, {"region": None})
        assert read(tx, forms, "region", north) | {"revenue": 6, "customers_with": 1} == read(
            tx, forms, "region", north
        )


def test_the_change_of_a_rollup_is_an_event_a_version_and_a_line_in_the_log(clean: Begin, forms: Forms) -> None:
    with clean(ADMINISTRATOR) as tx:
        who = customer(tx, forms)
        before = get_record(tx, forms.get("customer"), who)
    with clean(ADMINISTRATOR) as tx:
        order(tx, forms, who, 200)
        found = get_record(tx, forms.get("customer"), who)
        assert found.version == before.version + 1 and found.meta.updated_at == before.meta.updated_at
        assert len(tx.events) == 2
        event = (
            tx.connection.execute(text("SELECT * FROM _event WHERE id = :id"), {"id": tx.events[1]}).mappings().one()
        )
        assert (event["type"], event["form"], event["record_id"]) == ("record.updated", "customer", who)
        assert event["version"] == found.version
        assert event["payload"]["old"]["won"] == "0" and event["payload"]["new"]["won"] == "200"
        assert event["payload"]["new"]["size"] == "big" and "orders_count" in event["payload"]["new"]
        log = tx.connection.execute(text("SELECT old FROM _change WHERE form = 'shop__customer' AND version = 2"))
        assert log.scalar_one()["won"] == "0"


def test_rollups_over_own_rows_and_over_relations_to_many(clean: Begin, forms: Forms) -> None:
    with clean(ADMINISTRATOR) as tx:
        pens, ink = (
            create_record(tx, forms.get("product"), {"name": n, "price": p}).id for n, p in (("p", 3), ("i", 5))
        )
        made = order(tx, forms, None, 1, extras=[pens, ink], lines=[{"qty": 2, "product": ink}, {"qty": 0.5}])
        found = read(tx, forms, "order", made)
        assert (found["pieces"], found["extra_worth"], found["total"]) == (Decimal("2.5"), 8, 10)
        assert read(tx, forms, "product", pens)["offered"] == 1
        update_record(tx, forms.get("product"), pens, {"price": 10})
        assert read(tx, forms, "order", made)["extra_worth"] == 15
        update_record(tx, forms.get("order"), made, {"extras": [ink]})
        assert read(tx, forms, "order", made)["extra_worth"] == 5
        assert read(tx, forms, "product", pens)["offered"] == 0


def test_bulk_import_and_undo_count_too(clean: Begin, forms: Forms) -> None:
    with clean(ADMINISTRATOR) as tx:
        one, two = customer(tx, forms), customer(tx, forms)
        rows = [{"customer": one, "amount": 2, "state": "won", "note": f"n{n}"} for n in range(10)]
        written = bulk_write(tx, forms.get("order"), rows)
        assert read(tx, forms, "customer", one)["won"] == 20
        bulk_write(tx, forms.get("order"), [{"note": "n1", "customer": two}, {"note": "n2", "amount": 4}], key="note")
        assert [read(tx, forms, "customer", key)["won"] for key in (one, two)] == [20, 2]
        undo_chunk(tx, forms.get("order"), written.ledger_id)
        assert [read(tx, forms, "customer", key)["orders_count"] for key in (one, two)] == [1, 1]
        form = forms.get("order")
        ledger = begin_bulk(tx, form, BulkPlan(("customer", "amount", "state"), kind="import", text=True))
        stage_rows(tx, form, ledger, [[f"#{two}", "7", "won"], [f"#{two}", "8", "won"]], 1)
        apply_chunk(tx, form, ledger.id)
        assert read(tx, forms, "customer", two)["won"] == 17
        update_record(tx, forms.get("order"), written.created[1], {"amount": 1})
        assert read(tx, forms, "customer", two)["won"] == 16


def test_a_rollup_is_filtered_sorted_and_added_up_like_a_number(clean: Begin, forms: Forms) -> None:
    with clean(ADMINISTRATOR) as tx:
        for amount in (5, 50, 20):
            order(tx, forms, customer(tx, forms, name=f"c{amount}"), amount)
        query = Query(filter={"field": "won", "op": "gt", "value": 10}, sort=(), totals=("won",))
        page = list_records(tx, forms.get("customer"), query)
        assert page.total == 2 and page.totals["won"] == 70


@pytest.mark.parametrize("size", [100_000])
def test_a_hundred_thousand_rows_are_counted_exactly_and_quickly(clean: Begin, forms: Forms, size: int) -> None:
    with clean(ADMINISTRATOR) as tx:
        who = customer(tx, forms)
        sql = "INSERT INTO shop__order (customer, amount, state) SELECT %s, 1, 'won' FROM generate_series(1, %s)"
        tx.connection.exec_driver_sql(sql, (who, size))
    with clean(ADMINISTRATOR) as tx:
        order(tx, forms, who, 3)
        table = forms.get("customer").table
        assert tx.connection.execute(select(table.c.won, table.c.orders_count)).one() == (size + 3, size + 1)


def test_what_is_written_beside_the_write_path_counts_too(clean: Begin) -> None:
    """The state of a flow and the creation times of an import are columns of the record, too."""
    documents = [
        form("top", rollup("approved", "kids", "count", filter='_flow_state = "approved"'),
             rollup("first", "kids", "earliest", "_created_at", result="datetime"),
             related=[{"key": "kids", "form": "kid", "field": "of"}]),
        form("kid", field("of", "relation", {"form": "top"})),
    ]  # fmt: skip
    forms = compile_forms("beside", documents)
    with clean(ADMINISTRATOR, publish=True) as tx:
        company.install(tx, forms)
        top = create_record(tx, forms.get("top"), {}).id
        kid = create_record(tx, forms.get("kid"), {"of": top}).id
        write_state(tx, forms.get("kid"), kid, "approved", {})
        assert read(tx, forms, "top", top)["approved"] == 1
        write_state(tx, forms.get("kid"), kid, "rejected", {})
        assert read(tx, forms, "top", top)["approved"] == 0
        long_ago = datetime(2020, 1, 1, tzinfo=UTC)
        date_back(tx, forms.get("kid"), {kid: long_ago})
        assert read(tx, forms, "top", top)["first"] == long_ago


@pytest.mark.parametrize(
    ("options", "shown"),
    [
        ({"aggregate": "count"}, "1,250"),
        ({"aggregate": "filled", "field": "name"}, "1,250"),
        ({"aggregate": "count", "decimals": 1}, "1,250.0"),
        ({"aggregate": "sum", "field": "qty"}, "1,250"),
        ({"aggregate": "sum", "field": "qty", "result": "money"}, "¥1,250.00"),
    ],
)
def test_rows_are_counted_in_whole_numbers(options: dict[str, Any], shown: str) -> None:
    one = one_field("rollup", {"of": "items", **options})
    assert one.type.display(Decimal(1250), one) == shown
