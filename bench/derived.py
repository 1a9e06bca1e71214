"""Recomputing one kept formula over many records, beside one raw UPDATE of the same values in the same run.

    .venv/bin/python -m bench.derived [records ...]

`rows()` makes its own server and data and gives the rows of the bench report: as a publish does it (in pieces, without
history), as the job does it that follows a change (with versions, history and events), and a row added to a record
that counts 100,000. The same over a million records takes some minutes: one round instead of three.
"""

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, create_engine, text

from dougong.embedded import postgres
from engines.form.compile import compile_forms
from engines.form.derive.job import Ahead, fill_chunk, recompute_chunk
from engines.form.derive.pending import defer, whole_form
from engines.form.form import Forms
from engines.form.records import create_record
from engines.form.system import METADATA
from engines.form.transaction import SYSTEM, Transaction
from engines.formula.sql import DG_SQL

FEW: Final = 100_000
MANY: Final = 1_000_000
ROUNDS: Final = 3


def field(key: str, kind: str, **options: Any) -> dict[str, Any]:
    return {"key": key, "type": kind, "label": key.title(), "options": options}


FORMS: Final[list[dict[str, Any]]] = [
    {
        "kind": "form",
        "key": "owner",
        "title": "Owner",
        "fields": [
            field("factor", "number", decimals=2),
            field("deals", "rollup", of="deals_of", aggregate="count"),
            field("worth", "rollup", of="deals_of", aggregate="sum", field="amount", filter="qty > 1"),
        ],
        "related": [{"key": "deals_of", "form": "deal", "field": "owner"}],
    },
    {
        "kind": "form",
        "key": "deal",
        "title": "Deal",
        "fields": [
            field("owner", "relation", form="owner"),
            field("amount", "money"),
            field("qty", "number"),
            field("net", "formula", expression="ROUND(amount * qty * 0.95, 2)", result="money"),
            field("share", "formula", expression="amount * owner.factor", result="number", store="always"),
        ],
    },
]
NET: Final = "UPDATE app__deal SET net = round(amount * qty * 0.95, 2)"
TOLD: Final = """
WITH moved AS (
 UPDATE app__deal d SET share = d.amount * o.factor, _version = d._version + 1 FROM app__owner o WHERE o.id = d.owner
 RETURNING d.id, d._version, jsonb_build_object('share', null) AS old, jsonb_build_object('share', d.share::text) AS new
), logged AS (
 INSERT INTO _change (form, record_id, version, at, actor, origin, kind, old)
 SELECT 'app__deal', id, _version, now(), NULL, 'system', 'updated', old FROM moved
)
INSERT INTO _event (at, type, app, form, record_id, version, payload, actor, origin, depth)
SELECT now(), 'record.updated', 'app', 'deal', id, _version, jsonb_build_object('old', old, 'new', new), NULL, 'system',
 0 FROM moved
"""
"""The floor of what writes history: the same values, versions, log and events in one statement."""
COUNTED: Final = (
    "INSERT INTO app__deal (owner, amount, qty) VALUES (1, 5, 2)",
    "UPDATE app__owner SET deals = (SELECT count(*) FROM app__deal WHERE owner = 1 AND _deleted_at IS NULL),"
    " worth = (SELECT coalesce(sum(amount) FILTER (WHERE qty > 1), 0) FROM app__deal WHERE owner = 1"
    " AND _deleted_at IS NULL) WHERE id = 1",
)


def rows(sizes: tuple[int, ...] | None = None) -> list[dict[str, Any]]:
    """The rows of the report, in milliseconds."""
    if sizes is None:
        sizes = (FEW, MANY)
    found = []
    for size in sizes:
        with database() as connection:
            forms = compile_forms("app", FORMS, revision=1)
            _fill(connection, forms, size)
            found += _rows(connection, forms, size)
    return found


def _rows(connection: Connection, forms: Forms, size: int) -> list[dict[str, Any]]:
    def begun() -> Transaction:
        return Transaction(connection, SYSTEM, datetime(2026, 6, 1, tzinfo=UTC), "system", 1, "bench")

    def publish() -> None:
        row = whole_form(begun(), "app", "deal", "net")
        while fill_chunk(begun(), forms, row):
            connection.commit()

    def follow() -> None:
        row = defer(begun(), forms, ("deal", "", "share"), (("owner", False),), [1])
        ahead = Ahead()
        while not recompute_chunk(begun(), forms, row, ahead=ahead).finished:
            connection.commit()

    def count() -> None:
        create_record(begun(), forms.get("deal"), {"owner": 1, "amount": 5, "qty": 2})

    def raw(*statements: str) -> Callable[[], None]:
        def work() -> None:
            for statement in statements:
                _run(connection, statement)

        return work

    shown, rounds = f"{size:,}", ROUNDS if size <= FEW else 1
    return [
        _measured(connection, rounds, f"recompute of one formula over {shown} records", publish, raw(NET), "net"),
        _measured(connection, rounds, f"follow a change in {shown} records, with history", follow, raw(TOLD), "share"),
        _measured(connection, rounds, f"add a row to a roll-up over {shown} rows", count, raw(*COUNTED), None),
    ]


def _measured(
    connection: Connection, rounds: int, name: str, ours: Callable[[], Any], raw: Callable[[], Any], column: str | None
) -> dict[str, Any]:
    """The medians of both, taken turn by turn; before each the values are made wrong."""
    taken: list[list[float]] = [[], []]
    for _ in range(rounds):
        for times, work in zip(taken, (ours, raw), strict=True):
            if column:
                _run(connection, f"UPDATE app__deal SET {column} = NULL")
                connection.commit()
            _vacuum(connection)  # or who comes first pays for the dead rows of those before
            start = time.perf_counter()
            work()
            connection.commit()
            times.append((time.perf_counter() - start) * 1000)
    value, floor = (statistics.median(times) for times in taken)
    figures = {"value": round(value, 2), "unit": "ms", "floor": round(floor, 2), "ratio": round(value / floor, 2)}
    return {"name": name, "clients": 1, **figures}


def _run(connection: Connection, sql: str) -> None:
    connection.execute(text(sql))


def _fill(connection: Connection, forms: Forms, size: int) -> None:
    connection.exec_driver_sql(DG_SQL)
    METADATA.create_all(connection)
    forms.metadata.create_all(connection)
    _run(connection, "INSERT INTO app__owner (factor) VALUES (2)")
    numbers = f"SELECT 1, (i::bigint * 7919 % 100000) / 100.0, 1 + i % 50 FROM generate_series(1, {size}) AS i"
    _run(connection, f"INSERT INTO app__deal (owner, amount, qty) {numbers}")
    connection.commit()
    _vacuum(connection)


def _vacuum(connection: Connection) -> None:
    with connection.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as other:
        other.exec_driver_sql("VACUUM ANALYZE app__deal")


@contextmanager
def database() -> Iterator[Connection]:
    with tempfile.TemporaryDirectory(prefix="dg-bench-") as folder:
        server = postgres.start(Path(folder))
        try:
            engine = create_engine(postgres.ensure_database(server))
            with engine.connect() as connection:
                yield connection
            engine.dispose()
        finally:
            postgres.stop(Path(folder))


if __name__ == "__main__":
    for found in rows(tuple(int(one) for one in sys.argv[1:]) or None):
        print(json.dumps(found, ensure_ascii=False))
