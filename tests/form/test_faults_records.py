"""Faults between any two statements of a write, and many writers at once: all of it or nothing."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Connection, event, text

from engines.form.bulk import BulkPlan, apply_chunk, begin_bulk, bulk_write, stage_rows, undo_chunk
from engines.form.form import Forms
from engines.form.query import Query, list_records
from engines.form.records import create_record, delete_record, restore_record, update_record
from engines.form.transaction import Transaction
from engines.kernel.problems import Conflict, Rejected
from tests.conftest import Begin
from tests.form.company import ADMINISTRATOR


class Broken(Exception):
    """The fault."""


@contextmanager
def fault(connection: Connection, after: int) -> Iterator[list[int]]:
    """Raise after so many statements were sent; counts them."""
    sent = [0]

    def count(*_: Any) -> None:
        if sent[0] == after:
            raise Broken
        sent[0] += 1

    event.listen(connection, "before_cursor_execute", count)
    try:
        yield sent
    finally:
        event.remove(connection, "before_cursor_execute", count)


TABLES = (
    "co__customer", "co__customer__team", "co__customer__helpers", "co__quote", "co__quote__lines", "co__note",
    "co__note__quotes", "_change", "_event", "_delivery", "_ledger", "_ledger_chunk", "_staging",
)  # fmt: skip


def state(tx: Transaction) -> dict[str, list[str]]:
    """Everything that is stored, counters apart (numbers may have gaps)."""
    found = {}
    for table in TABLES:
        rows = tx.connection.execute(text(f'SELECT t::text FROM "{table}" t ORDER BY 1'))
        found[table] = list(rows.scalars())
    return found


@pytest.fixture
def world(clean: Begin, forms: Forms) -> Begin:
    with clean(ADMINISTRATOR) as tx:
        for name in ("a", "b"):
            create_record(
                tx, forms.get("customer"), {"name": name, "credit": 1, "team": [{"person": 1}], "helpers": [1, 2]}
            )
        create_record(tx, forms.get("customer"), {"name": "child", "parent": 2})
        lines = [{"qty": 1, "price": 1}, {"qty": 2, "price": 1}]
        create_record(tx, forms.get("quote"), {"customer": 1, "lines": lines})
        gone = create_record(tx, forms.get("note"), {"text": "gone"}).id
        delete_record(tx, forms.get("note"), gone)
    return clean


def staged(tx: Transaction, forms: Forms) -> int:
    ledger = begin_bulk(tx, forms.get("customer"), BulkPlan(("name", "credit"), "upsert", "name"))
    stage_rows(tx, forms.get("customer"), ledger, [["a", 5], ["new", 1]], 1)
    return ledger.id


WRITES: dict[str, Callable[[Transaction, Forms], Any]] = {
    "create": lambda tx, forms: create_record(
        tx, forms.get("quote"), {"customer": 1, "lines": [{"qty": 1, "price": 5}], "discount": "10%"}
    ),
    "create with links": lambda tx, forms: create_record(
        tx, forms.get("customer"), {"name": "z", "helpers": [1, 2], "team": [{"person": 1}], "_owner": 2}
    ),
    "update": lambda tx, forms: update_record(
        tx, forms.get("quote"), 1, {"customer": 2, "lines": [{"id": 2, "qty": 9}, {"qty": 3, "price": 4}]}
    ),
    "delete with emptied relations": lambda tx, forms: delete_record(tx, forms.get("customer"), 2),
    "restore": lambda tx, forms: restore_record(tx, forms.get("note"), 1),
    "bulk": lambda tx, forms: bulk_write(
        tx, forms.get("customer"), [{"name": "a", "credit": 9}, {"name": "n"}], key="name"
    ),
    "chunk of an import": lambda tx, forms: apply_chunk(tx, forms.get("customer"), staged(tx, forms)),
    "undo": lambda tx, forms: undo_chunk(
        tx, forms.get("note"), bulk_write(tx, forms.get("note"), [{"text": "one"}, {"text": "two"}]).ledger_id
    ),
}


@pytest.mark.parametrize("name", list(WRITES))
def test_a_fault_between_any_two_statements_leaves_nothing_half_done(world: Begin, forms: Forms, name: str):
    write = WRITES[name]
    with world(ADMINISTRATOR) as tx:
        before = state(tx)
    with world(ADMINISTRATOR, keep=False) as tx, fault(tx.connection, 10_000) as sent:
        write(tx, forms)
    statements = sent[0]
    assert statements >= 1
    for after in range(statements):
        with pytest.raises(Broken), world(ADMINISTRATOR) as tx, fault(tx.connection, after):
            write(tx, forms)
        with world(ADMINISTRATOR) as tx:
            assert state(tx) == before, f"after {after} of {statements}"
    with world(ADMINISTRATOR) as tx:
        write(tx, forms)
    with world(ADMINISTRATOR) as tx:
        assert state(tx) != before


def test_a_plain_create_is_one_statement(world: Begin, forms: Forms):
    with world(ADMINISTRATOR) as tx, fault(tx.connection, 99) as sent:
        create_record(tx, forms.get("customer"), {"name": "plain", "grade": "B", "credit": 3})
    assert sent[0] == 1


def together(work: Callable[[int], Any], times: int) -> list[Any]:
    """Run at once in threads; results or the problems raised."""
    gate = threading.Barrier(times)

    def one(number: int) -> Any:
        gate.wait()
        try:
            return work(number)
        except (Conflict, Rejected) as error:
            return error

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(one, range(times)))


def test_twenty_at_once_get_twenty_numbers(world: Begin, forms: Forms):
    quote = forms.get("quote")

    def work(_: int) -> str:
        with world(ADMINISTRATOR) as tx:
            return create_record(tx, quote, {"customer": 1}).values["no"]

    numbers = together(work, 20)
    assert len(set(numbers)) == 20 and sorted(int(one[-4:]) for one in numbers) == list(range(2, 22))


def test_one_of_ten_at_once_gets_a_unique_name(world: Begin, forms: Forms):
    def work(_: int) -> int:
        with world(ADMINISTRATOR) as tx:
            return create_record(tx, forms.get("customer"), {"name": "Ｒａｃｅ"}).id

    results = together(work, 10)
    assert sum(isinstance(one, int) for one in results) == 1
    assert {one.problems[0].code for one in results if not isinstance(one, int)} == {"record.not_unique"}


def test_two_editors_at_once_lose_nothing(world: Begin, forms: Forms):
    form = forms.get("customer")
    base = {"name": "a", "credit": "1", "remark": None}

    def work(number: int) -> int:
        with world(ADMINISTRATOR) as tx:
            mine = {**base, "credit": 10} if number % 2 else {**base, "remark": "note"}
            return update_record(tx, form, 1, mine, base=base).version

    results = together(work, 2)
    assert sorted(results) == [2, 3]
    with world(ADMINISTRATOR) as tx:
        record = next(one for one in list_records(tx, form, Query()).rows if one.id == 1)
    assert (record.values["credit"], record.values["remark"]) == (10, "note")

    def clash(number: int) -> Any:
        with world(ADMINISTRATOR) as tx:
            return update_record(tx, form, 1, {"credit": 100 + number}, base={"credit": "10"})

    results = together(clash, 4)
    assert sum(isinstance(one, Conflict) for one in results) == 3


def test_a_parent_is_not_deleted_while_a_child_is_born(world: Begin, forms: Forms):
    for _ in range(5):
        with world(ADMINISTRATOR) as tx:
            parent = create_record(tx, forms.get("customer"), {"name": f"p{_}"}).id

        def work(number: int, parent: int = parent) -> Any:
            with world(ADMINISTRATOR) as tx:
                if number:
                    return create_record(tx, forms.get("note"), {"text": "child", "customer": parent})
                return delete_record(tx, forms.get("customer"), parent)

        results = together(work, 2)
        assert sum(isinstance(one, Conflict | Rejected) for one in results) == 1
