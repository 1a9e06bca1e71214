"""Whatever is written, at once or one after another: what is kept of an order's rows is what plain Python counts."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from engines.form.bulk import bulk_write
from engines.form.form import Forms
from engines.form.query import get_record
from engines.form.records import create_record, delete_record, restore_record, update_record
from engines.form.transaction import Transaction
from engines.kernel.problems import Conflict, Rejected
from tests.conftest import Begin
from tests.form import company, shipping
from tests.form.company import ADMINISTRATOR

ORDERS = 2


@pytest.fixture(scope="module")
def forms(workspaces, workspace) -> Forms:  # type: ignore[no-untyped-def]
    """Orders and deliveries, installed once for the module."""
    return company.installed(workspaces, workspace, shipping.compiled())


@pytest.fixture
def world(begin: Begin, forms: Forms) -> Begin:
    """Two orders of two rows."""
    with begin(publish=True) as tx:
        company.emptied(tx, forms)
    with begin(ADMINISTRATOR) as tx:
        for number in range(ORDERS):
            values = {"no": f"O{number}", "lines": [{"qty": 10}, {"qty": 20}]}
            create_record(tx, forms.get("order"), values)
    return begin


@dataclass
class Model:
    """Orders and deliveries as plain Python has them: rows by their ids, of deliveries row and quantity."""

    orders: dict[int, dict[int, int]] = field(default_factory=dict)
    deliveries: dict[int, tuple[bool, bool, list[tuple[int | None, int]]]] = field(default_factory=dict)

    def told(self) -> Iterator[tuple[int, int, int, int]]:
        """Of every row of every order: its id, what was delivered, what is open and how many rows point at it."""
        for rows in self.orders.values():
            for row, qty in rows.items():
                counted = [
                    (done, n)
                    for done, there, lines in self.deliveries.values()
                    if there
                    for one, n in lines
                    if one == row
                ]
                delivered = sum(n for done, n in counted if done)
                yield row, delivered, qty - delivered, len(counted)


def stored(tx: Transaction, forms: Forms, model: Model) -> Iterator[tuple[int, Any, Any, Any]]:
    for order in model.orders:
        found = get_record(tx, forms.get("order"), order)
        rows = found.values["lines"] or ()
        assert found.values["still_open"] == sum((row["open"] for row in rows), Decimal(0))
        for row in rows:
            yield row["id"], row["delivered"], row["open"], row["times"]


_row = st.tuples(st.none() | st.integers(0, 5), st.integers(0, 9))
_rows = st.lists(_row, max_size=3)
_which = st.integers(0, 3)
STEPS = st.one_of(
    st.tuples(st.just("deliver"), st.booleans(), _rows),
    st.tuples(st.just("edit"), _which, _rows),
    st.tuples(st.just("done"), _which, st.booleans()),
    st.tuples(st.just("delete"), _which),
    st.tuples(st.just("restore"), _which),
    st.tuples(
        st.just("order"), st.integers(0, ORDERS - 1), st.lists(st.integers(0, 3), max_size=3, unique=True), _which
    ),
    st.tuples(st.just("bulk"), st.lists(_rows, min_size=1, max_size=3)),
)


def step(tx: Transaction, forms: Forms, model: Model, what: tuple[Any, ...]) -> None:
    """Do one step in the database and in the model; what is not there is left out."""
    delivery = forms.get("delivery")
    every = [row for rows in model.orders.values() for row in rows]

    def named(rows: list[tuple[int | None, int]]) -> list[tuple[int | None, int]]:
        return [(None if at is None or at >= len(every) else every[at], qty) for at, qty in rows]

    def sent(rows: list[tuple[int | None, int]]) -> list[dict[str, Any]]:
        return [{"order_line": one, "qty": qty} for one, qty in rows]

    known = list(model.deliveries)
    at = what[1] if what[0] in ("edit", "done", "delete", "restore") else 0
    key = known[at] if at < len(known) else 0
    done, there, lines = model.deliveries.get(key, (False, False, []))
    match what:
        case ("deliver", finished, rows):
            values = {"state": "done" if finished else "draft", "lines": sent(named(rows))}
            model.deliveries[create_record(tx, delivery, values).id] = (finished, True, named(rows))
        case ("edit", _, rows) if there:
            update_record(tx, delivery, key, {"lines": sent(named(rows))})
            model.deliveries[key] = (done, True, named(rows))
        case ("done", _, finished) if there:
            update_record(tx, delivery, key, {"state": "done" if finished else "draft"})
            model.deliveries[key] = (finished, True, lines)
        case ("delete", _) if there:
            delete_record(tx, delivery, key)
            model.deliveries[key] = (done, False, lines)
        case ("restore", _) if key and not there:
            restore_record(tx, delivery, key)
            model.deliveries[key] = (done, True, lines)
        case ("order", number, keep, more):
            order = list(model.orders)[number]
            mine = list(model.orders[order].items())
            kept = [mine[one] for one in keep if one < len(mine)]
            rows = [{"id": row, "qty": qty + 1} for row, qty in kept] + [{"qty": 5}] * more
            gone = set(model.orders[order]) - {row for row, _ in kept}
            held = {one for _, there, lines in model.deliveries.values() if there for one, _ in lines} & gone
            try:
                with tx.connection.begin_nested():
                    update_record(tx, forms.get("order"), order, {"lines": rows})
            except Rejected:
                assert held
                return
            assert not held
            found = get_record(tx, forms.get("order"), order).values["lines"] or ()
            model.orders[order] = {row["id"]: int(row["qty"]) for row in found}
            for one, (done, there, lines) in model.deliveries.items():
                kept_lines = [(None if row in gone else row, qty) for row, qty in lines]
                model.deliveries[one] = (done, there, kept_lines)
        case ("bulk", several):
            values = [{"no": "b", "state": "done", "lines": sent(named(rows))} for rows in several]
            written = bulk_write(tx, delivery, values)
            for one, rows in zip(written.created, several, strict=True):
                model.deliveries[one] = (True, True, named(rows))


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(st.lists(STEPS, min_size=2, max_size=10))
def test_after_any_writes_rows_say_what_plain_python_says(
    world: Begin, forms: Forms, steps: list[tuple[Any, ...]]
) -> None:
    with world(ADMINISTRATOR, keep=False) as tx:
        model = Model()
        for order in (1, 2):
            rows = get_record(tx, forms.get("order"), order).values["lines"]
            model.orders[order] = {row["id"]: int(row["qty"]) for row in rows}
        for one in steps:
            step(tx, forms, model, one)
            assert sorted(stored(tx, forms, model)) == sorted(model.told()), one


def test_deliveries_of_one_row_at_once_lose_nothing_and_never_lock_each_other_out(world: Begin, forms: Forms) -> None:
    def work(number: int) -> None:
        with world(ADMINISTRATOR) as tx:
            lines = [{"order_line": one, "qty": 1} for one in ((1, 3, 2, 4) if number % 2 else (4, 2, 3, 1))]
            made = create_record(tx, forms.get("delivery"), {"no": f"{number}", "state": "done", "lines": lines}).id
        with world(ADMINISTRATOR) as tx:
            if number % 3 == 0:
                update_record(tx, forms.get("order"), number % 2 + 1, {"no": f"O{number}"})
            elif number % 3 == 1:
                update_record(tx, forms.get("delivery"), made, {"lines": lines[:2]})

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(24)))
    with world(ADMINISTRATOR) as tx:
        wrong = tx.connection.execute(
            text(
                "SELECT l.id FROM ship__order__lines l CROSS JOIN LATERAL ("
                "SELECT coalesce(sum(d.qty), 0) AS n, count(d.id) AS m"
                " FROM ship__delivery__lines d WHERE d.order_line = l.id) s"
                " WHERE (l.delivered, l.open, l.times) IS DISTINCT FROM (s.n, l.qty - s.n, s.m)"
            )
        )
        assert list(wrong) == []
        total = tx.connection.execute(text("SELECT sum(delivered) FROM ship__order__lines")).scalar_one()
        assert total == 24 * 4 - 8 * 2


def test_an_order_is_not_deleted_while_a_delivery_of_it_is_written(world: Begin, forms: Forms) -> None:
    def deliver(_: int) -> str:
        try:
            with world(ADMINISTRATOR) as tx:
                create_record(tx, forms.get("delivery"), {"state": "done", "lines": [{"order_line": 1, "qty": 1}]})
        except Rejected:
            return "too late"
        return "delivered"

    def remove(_: int) -> str:
        try:
            with world(ADMINISTRATOR) as tx:
                delete_record(tx, forms.get("order"), 1)
        except Conflict:
            return "held"
        return "deleted"

    with ThreadPoolExecutor(2) as pool:
        one, two = pool.submit(deliver, 0), pool.submit(remove, 0)
        assert (one.result(), two.result()) in (("delivered", "held"), ("too late", "deleted"))
