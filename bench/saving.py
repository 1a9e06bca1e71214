"""Saving a large form: 50 fields, 10 formulas, 5 rules and a sub-form; beside it the same rows in raw SQL.

    .venv/bin/python -m bench.saving [rows of the sub-form ...]

A save is `create_record` in a transaction of its own: every stage of a write, with log and event. The floor writes the
same values, lines, log and event in one transaction. `rows()` gives the rows of the bench report: p50 and p95 with 20
lines, p50 with 500, and a change of one field with 500.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from sqlalchemy import Connection, insert, text

from bench.derived import database, field
from engines.form.compile import compile_forms
from engines.form.form import Form
from engines.form.names import PARENT, POSITION
from engines.form.records import create_record, update_record
from engines.form.system import CHANGE, EVENT, METADATA
from engines.form.transaction import SYSTEM, Transaction
from engines.formula.sql import DG_SQL

TIMES: Final = 60
SIZES: Final = (20, 500)
FORMULAS: Final = [
    field("total", "formula", expression="SUM(lines.amount)", result="money"),
    field("count", "formula", expression="COUNT(lines)", result="number"),
    field("tax", "formula", expression="ROUND(total * 0.13, 2)", result="money"),
    field("gross", "formula", expression="total + tax", result="money"),
    *(field(f"f{n}", "formula", expression=f"n{n} * 2 + n{n + 1}", result="number") for n in range(6)),
]
RULES: Final[list[dict[str, Any]]] = [
    {"key": "small", "check": "gross <= 100000000", "message": "Too large", "field": "gross"},
    {"key": "a", "when": "n0 > 5", "actions": [{"key": "a", "do": "show", "fields": ["t1"]}]},
    {"key": "b", "when": "n1 > 5", "actions": [{"key": "b", "do": "require", "fields": ["t2"]}]},
    {"key": "c", "when": "n2 > 5", "actions": [{"key": "c", "do": "set", "fields": ["t3"], "value": '"set"'}]},
    {"key": "d", "when": "n3 > 500", "actions": [{"key": "d", "do": "block", "message": "No", "field": "n3"}]},
]
LINES: Final = {
    "key": "lines",
    "type": "subform",
    "label": "Lines",
    "fields": [
        field("item", "text"),
        field("qty", "number"),
        field("price", "money"),
        field("amount", "formula", expression="ROUND(qty * price, 2)", result="money"),
    ],
}
DOCUMENT: Final[dict[str, Any]] = {
    "kind": "form",
    "key": "order",
    "title": "Order",
    "fields": [
        *(field(f"n{n}", "number") for n in range(14)),
        *(field(f"t{n}", "text") for n in range(14)),
        *(field(f"d{n}", "date") for n in range(11)),
        LINES,
        *FORMULAS,
    ],
    "rules": RULES,
}


def values(number: int, size: int) -> dict[str, Any]:
    """What is entered."""
    given: dict[str, Any] = {f"n{n}": number % 7 + n for n in range(14)}
    given |= {f"t{n}": f"Text {number} of {n}" for n in range(14)}
    given |= {f"d{n}": "2026-03-04" for n in range(11)}
    given["lines"] = [{"item": f"Item {n}", "qty": n % 9 + 1, "price": "12.50"} for n in range(size)]
    return given


def rows(sizes: tuple[int, ...] = SIZES) -> list[dict[str, Any]]:
    """The rows of the report, in milliseconds."""
    with database() as connection:
        forms = compile_forms("app", [DOCUMENT], revision=1)
        connection.exec_driver_sql(DG_SQL)
        METADATA.create_all(connection)
        forms.metadata.create_all(connection)
        connection.commit()
        form = forms.get("order")
        found: list[dict[str, Any]] = []
        for size in sizes:
            ours, floor = _turns(connection, form, size)
            label = f"save 50 fields, 10 formulas, 5 rules, {size} lines"
            found += [_row(f"{label}: {name}", ours, floor, part) for name, part in (("p50", 50), ("p95", 95))]
            found.append(_row(f"change one field of it: p50, {size} lines", *_changes(connection, form, size), 50))
        return found


def _begun(connection: Connection) -> Transaction:
    return Transaction(connection, SYSTEM, datetime(2026, 6, 1, tzinfo=UTC), "page", 1, "bench")


def _turns(connection: Connection, form: Form, size: int) -> tuple[list[float], list[float]]:
    """Times of saves and of their floors, taken turn by turn."""
    made: list[int] = []
    taken: tuple[list[float], list[float]] = ([], [])
    for number in range(TIMES):
        given = values(number, size)
        made.append(0)

        def save(given: dict[str, Any] = given) -> None:
            made[-1] = create_record(_begun(connection), form, given).id

        taken[0].append(_timed(connection, save))
        floor = partial(_raw, connection, form, *_stored(connection, form, made[-1]))
        taken[1].append(_timed(connection, floor))
    return taken[0][5:], taken[1][5:]


def _changes(connection: Connection, form: Form, size: int) -> tuple[list[float], list[float]]:
    record = create_record(_begun(connection), form, values(0, size)).id
    connection.commit()
    ours, floor = [], []
    change = text("UPDATE app__order SET t5 = :value, _version = _version + 1 WHERE id = :id")
    log = text(
        "INSERT INTO _change (form, record_id, version, at, origin, kind, old)"
        " VALUES ('app__order', :id, 2, now(), 'page', 'updated', '{}')"
    )
    for number in range(TIMES):

        def save(number: int = number) -> None:
            update_record(_begun(connection), form, record, {"t5": f"{number}"})

        ours.append(_timed(connection, save))

        def raw(number: int = number) -> None:
            connection.execute(change, {"value": f"raw {number}", "id": record})
            connection.execute(log, {"id": record})

        floor.append(_timed(connection, raw))
    return ours[5:], floor[5:]


def _timed(connection: Connection, work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    connection.commit()
    return (time.perf_counter() - start) * 1000


def _stored(connection: Connection, form: Form, record: int) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """What a save wrote, for the floor to write again."""
    table, lines = form.table, form.subforms["lines"].table
    row = dict(connection.execute(table.select().where(table.c.id == record)).mappings().one())
    found = connection.execute(lines.select().where(lines.c[PARENT] == record).order_by(lines.c[POSITION])).mappings()
    return {key: value for key, value in row.items() if key != "id"}, [
        {key: value for key, value in one.items() if key not in ("id", PARENT)} for one in found
    ]


def _raw(connection: Connection, form: Form, row: dict[str, Any], lines: list[dict[str, Any]]) -> None:
    table = form.table
    record = connection.execute(insert(table).returning(table.c.id), row).scalar_one()
    if lines:
        connection.execute(insert(form.subforms["lines"].table), [{PARENT: record, **one} for one in lines])
    at = datetime(2026, 6, 1, tzinfo=UTC)
    entry = {"form": table.name, "record_id": record, "version": 1, "at": at, "origin": "page", "kind": "created"}
    connection.execute(insert(CHANGE), entry)
    event = {"type": "record.created", "app": "app", "form": "order", "record_id": record, "version": 1}
    connection.execute(insert(EVENT), {**event, "at": at, "origin": "page", "payload": {}, "depth": 0})


def _row(name: str, ours: list[float], floor: list[float], part: int) -> dict[str, Any]:
    value, raw = (statistics.quantiles(times, n=100)[part - 1] for times in (ours, floor))
    figures = {"value": round(value, 2), "unit": "ms", "floor": round(raw, 2), "ratio": round(value / raw, 2)}
    return {"name": name, "clients": 1, **figures}


if __name__ == "__main__":
    for one in rows(tuple(int(given) for given in sys.argv[1:]) or SIZES):
        print(json.dumps(one, ensure_ascii=False))
