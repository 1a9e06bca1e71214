"""Grouped sums and counts over 100,000 records, beside the same numbers from hand-written SQL in the same run.

    .venv/bin/python -m bench.report

`rows()` makes its own server and data, measures, and gives the rows of the bench report; the reader is an
administrator first and then a seller whose rights are in the statement.
"""

import json
import statistics
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
from engines.form.form import Forms
from engines.form.system import CHANGE
from engines.form.transaction import Actor, Transaction
from engines.formula.sql import DG_SQL
from engines.report import Question, reports_of, run
from engines.report.resolve import Asked

RECORDS: Final = 100_000
ROUNDS: Final = 15
STAGES: Final = ("new", "contacted", "quoted", "won", "lost", "void")

FORM: Final[dict[str, Any]] = {
    "kind": "form",
    "key": "deal",
    "title": "Deal",
    "title_field": "name",
    "fields": [
        {"key": "name", "type": "text", "label": "Name"},
        {
            "key": "stage",
            "type": "choice",
            "label": "Stage",
            "options": {"choices": [{"key": key} for key in STAGES]},
        },
        {"key": "amount", "type": "money", "label": "Amount"},
        {"key": "closed", "type": "date", "label": "Closed"},
        {"key": "phone", "type": "phone", "label": "Phone"},
        {"key": "note", "type": "textarea", "label": "Note"},
    ],
}
GROUP: Final[dict[str, Any]] = {
    "kind": "group",
    "key": "seller",
    "form": "deal",
    "title": "Seller",
    "members": {"everyone": True},
    "operations": ["read"],
    "rows": [{"scope": "own"}],
    "fields": {"*": "read"},
}
DATASET: Final[dict[str, Any]] = {
    "kind": "dataset",
    "key": "deals",
    "title": "Deals",
    "form": "deal",
    "measures": [
        {"key": "n", "label": "Deals", "aggregate": "count"},
        {"key": "total", "label": "Total", "aggregate": "sum", "field": "amount"},
        {"key": "won", "label": "Won", "aggregate": "sum", "field": "amount", "filter": 'stage = "won"'},
    ],
}
BARE: Final[dict[str, Any]] = {
    "kind": "question",
    "key": "q",
    "title": "Q",
    "dataset": "deals",
    "visual": "table",
    "measures": [],
}
MONTH: Final = {"key": "month", "field": "closed", "granularity": "month"}
CASES: Final[list[tuple[str, Actor, dict[str, Any], str]]] = [
    (
        "report: sum and count by state",
        Actor(id=1, is_admin=True),
        {"dimensions": [{"key": "stage", "field": "stage"}], "measures": ["n", "total"]},
        "SELECT stage, count(*), sum(amount) FROM app__deal WHERE _deleted_at IS NULL GROUP BY stage ORDER BY stage",
    ),
    (
        "report: sum and count by month",
        Actor(id=1, is_admin=True),
        {"dimensions": [MONTH], "measures": ["n", "total"]},
        "SELECT date_trunc('month', closed::timestamp) AS m, count(*), sum(amount) FROM app__deal"
        " WHERE _deleted_at IS NULL GROUP BY m ORDER BY m",
    ),
    (
        "report: won by month, a seller's own",
        Actor(id=1),
        {"dimensions": [MONTH], "measures": ["won"]},
        "SELECT date_trunc('month', closed::timestamp) AS m, sum(amount) FILTER (WHERE stage = 'won') FROM app__deal"
        " WHERE _deleted_at IS NULL AND _owner = 1 GROUP BY m ORDER BY m",
    ),
]


def rows() -> list[dict[str, Any]]:
    """One row for each case: milliseconds of the engine, of the raw SQL, and how many times the raw SQL that is."""
    with _database() as connection:
        published = {**BARE, "key": "kept", **CASES[0][2]}
        forms = compile_forms("app", [FORM, GROUP, DATASET, published], revision=1)
        _fill(connection, forms)
        kept = _measure("report: sum and count by state, kept answer", connection, reports_of(forms).question("kept"))
        return [*(_case(connection, forms, *case) for case in CASES), kept]


def _case(
    connection: Connection, forms: Forms, name: str, actor: Actor, asked: dict[str, Any], raw: str
) -> dict[str, Any]:
    question = reports_of(forms).ask(Question.read({**BARE, **asked}))
    return _measure(name, connection, question, actor, raw)


def _measure(
    name: str, connection: Connection, question: Asked, actor: Actor = CASES[0][1], raw: str = CASES[0][3]
) -> dict[str, Any]:
    tx = Transaction(connection, actor, datetime(2026, 6, 1, tzinfo=UTC), "page", 1, "bench")
    value, floor = _best(lambda: run(tx, question), lambda: connection.execute(text(raw)).all())
    return {
        "name": name,
        "clients": 1,
        "value": round(value, 2),
        "unit": "ms",
        "floor": round(floor, 2),
        "ratio": round(value / floor, 2),
    }


def _best(*works: Callable[[], object]) -> list[float]:
    """The median of each in milliseconds, taken turn by turn so that a busy moment hits all of them."""
    taken: list[list[float]] = [[] for _ in works]
    for turn in range(ROUNDS + 3):
        for times, work in zip(taken, works, strict=True):
            start = time.perf_counter()
            work()
            if turn >= 3:
                times.append((time.perf_counter() - start) * 1000)
    return [statistics.median(times) for times in taken]


def _fill(connection: Connection, forms: Forms) -> None:
    connection.exec_driver_sql(DG_SQL)
    forms.metadata.create_all(connection)
    CHANGE.create(connection)
    connection.execute(
        text(
            "INSERT INTO app__deal (name, stage, amount, closed, _owner)"
            " SELECT 'Deal ' || i, (CAST(:stages AS text[]))[1 + i % :count], (i * 7919 % 100000) / 100.0,"
            " date '2024-01-01' + i % 730, 1 + i % 10 FROM generate_series(1, :records) AS i"
        ),
        {"stages": list(STAGES), "count": len(STAGES), "records": RECORDS},
    )
    connection.commit()
    with connection.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as other:
        other.exec_driver_sql("VACUUM ANALYZE app__deal")


@contextmanager
def _database() -> Iterator[Connection]:
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
    for row in rows():
        print(json.dumps(row, ensure_ascii=False))
