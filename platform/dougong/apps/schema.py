"""The steps of a publish over the tables: planned by the form engine, counted, run and, if need be, taken back.

What prepare does is written down before it is done, so that a publish that was killed is taken back by the next one;
the switch deletes these lines in its own transaction. So nothing is ever taken back that a revision relies on.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, insert, select, text
from sqlalchemy.exc import DBAPIError

from dougong.apps.finish import UNDO, Progress, Report
from dougong.apps.tables import FINISH
from dougong.workspace.transactions import BUSY, PUBLISH_TIMEOUT_MS, PUBLISH_TRIES, Workspaces, pause, sqlstate
from dougong.workspace.workspaces import WorkspaceInfo
from engines.form.ddl import DdlStep, quote
from engines.form.form import Forms
from engines.form.transaction import SYSTEM, Transaction
from engines.kernel.problems import Conflict, Problem, Rejected

BATCH = 5000  # rows converted in one statement while people go on writing
UNIQUE = "23505"
COUNTED = 100_000  # rows of a table above which a plan relies on the database's own estimate
SPEEDS = {"ddl.convert_rest": 300, "ddl.carry_rest": 60}  # rows a millisecond that a step of the switch goes through


@dataclass(frozen=True, slots=True)
class Conversion:
    """Values of a field that changes its type. `fails` cannot be converted: they stay in the trash column."""

    form: str
    field: str
    before: str
    after: str
    rows: int
    fails: int
    examples: tuple[Mapping[str, Any], ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The shape that the API shows."""
        return {
            "form": self.form,
            "field": self.field,
            "from": self.before,
            "to": self.after,
            "rows": self.rows,
            "fails": self.fails,
            "examples": [dict(one) for one in self.examples],
        }


def step_dict(step: DdlStep) -> dict[str, Any]:
    """The shape of a step that the API shows."""
    return {
        "phase": step.phase,
        "code": step.code,
        "about": step.about,
        "params": dict(step.params),
        "destructive": step.destructive,
        "sql": step.sql,
    }


def count_conversions(tx: Transaction, steps: Iterable[DdlStep]) -> tuple[Conversion, ...]:
    """What becomes of the values of every field that changes its type, or is encrypted from now on, or not any more."""
    return tuple(
        Conversion(
            step.params["form"],
            step.params["field"],
            step.params["from"],
            step.params["to"],
            _number(tx, step.rows_query),
            fails := _number(tx, step.fails_query),
            _examples(tx, step) if fails else (),
        )
        for step in steps
        if step.code in ("ddl.convert", "ddl.carry", "ddl.seal_sealed", "ddl.seal_opened")
    )


def duplicates(tx: Transaction, steps: Iterable[DdlStep], forms: Forms) -> list[Problem]:
    """A problem for every field of the forms to be that is to become unique and is not."""
    unique = {
        quote(str(index.name)): list(index.columns.keys())[-1]
        for table in forms.metadata.tables.values()
        for index in table.indexes
        if index.unique
    }
    found = []
    for step in steps:
        count = _number(tx, step.fails_query) if step.code == "ddl.create_index" else 0
        if count:
            column = next((column for name, column in unique.items() if f" {name} ON " in step.sql), "")
            column = column.removesuffix("__fold").removesuffix("__digest")
            place = ".".join(part for part in (step.params["field"], column) if part)
            found.append(_not_unique(step.params["form"], place, count, _examples(tx, step)))
    return found


def _not_unique(form: str, field: str, count: int, examples: tuple[Mapping[str, Any], ...]) -> Problem:
    message = f"{count} records have the same values; make them different first"
    params = {"form": form, "field": field, "count": count, "examples": [dict(one) for one in examples]}
    where = ".fields.".join((form, *(part for part in field.split(".") if part)))
    return Problem("publish.duplicates", f"form.{where}", message, params)


def lock_ms(tx: Transaction, steps: Iterable[DdlStep]) -> int:
    """About how long the switch keeps writers waiting, in milliseconds (measured on two cores)."""
    total = 15.0
    for step in steps:
        if step.phase == "switch":
            rows = _rows(tx, step) if step.code in SPEEDS else 0
            total += 1 + rows / SPEEDS.get(step.code, 1)
    return round(total)


def _rows(tx: Transaction, step: DdlStep) -> int:
    """How many rows a table has: counted as long as that is quick, then what the database believes."""
    table = quote(step.params["table"])
    capped = f"SELECT count(*) FROM (SELECT 1 FROM {table} LIMIT {COUNTED}) AS capped"  # noqa: S608 - quoted
    found = _number(tx, capped)
    if found < COUNTED:
        return found
    return max(found, _number(tx, f"SELECT reltuples::bigint FROM pg_class WHERE oid = to_regclass('{table}')"))  # noqa: S608


def _number(tx: Transaction, query: str | None) -> int:
    return int(_run(tx.connection, query).scalar() or 0) if query else 0


def _examples(tx: Transaction, step: DdlStep) -> tuple[Mapping[str, Any], ...]:
    if not step.examples_query:
        return ()
    return tuple({"id": row.id, "value": str(row.value)} for row in _run(tx.connection, step.examples_query))


def _run(connection: Connection, sql: str) -> Any:
    return connection.exec_driver_sql(sql, execution_options={"no_parameters": True})


def run_prepare(workspaces: Workspaces, info: WorkspaceInfo, steps: Iterable[DdlStep], report: Report) -> None:
    """Do what only adds, while people go on writing. Raises `Conflict` while somebody holds a table for long,
    `Rejected` for values that are not unique."""
    found = [step for step in steps if step.phase == "prepare"]
    if not found:
        return
    with workspaces.outside(info) as connection:  # one session for all: connecting takes longer than most statements
        for number, step in enumerate(found):
            report(Progress("prepare", number, len(found), step.about))
            if step.undo:
                with workspaces.begin(info, SYSTEM, origin="system") as tx:
                    line = {"app": "", "revision": tx.revision, "kind": UNDO, "payload": {"sql": step.undo}}
                    tx.connection.execute(insert(FINISH).values(line))
            try:
                _prepare(connection, info, step)
            except DBAPIError as error:
                if sqlstate(error) == UNIQUE:
                    raise Rejected(_not_unique(step.params["form"], step.params["field"], 2, ())) from error
                raise


def _prepare(connection: Connection, info: WorkspaceInfo, step: DdlStep) -> None:
    if step.code == "ddl.convert" and step.sql.startswith("UPDATE"):
        table = quote(step.params["table"])
        last = int(_run(connection, f"SELECT coalesce(max(id), 0) FROM {table}").scalar())  # noqa: S608 - quoted
        for low in range(0, last + 1, BATCH):
            _run(connection, f"{step.sql} AND id >= {low} AND id < {low + BATCH}")
        return
    _patiently(connection, info, step.sql, concurrent=step.concurrent)


def _patiently(connection: Connection, info: WorkspaceInfo, sql: str, *, concurrent: bool) -> None:
    """Run a statement; one that locks a table gives way in short tries, so that nobody queues behind it."""
    connection.execute(text(f"SET lock_timeout = '{0 if concurrent else PUBLISH_TIMEOUT_MS}ms'"))
    for attempt in range(1, PUBLISH_TRIES + 1):
        try:
            _run(connection, sql)
            return
        except DBAPIError as error:
            if sqlstate(error) != BUSY:
                raise
            if attempt == PUBLISH_TRIES:
                raise busy(info) from error
            pause(attempt)


def busy(info: WorkspaceInfo) -> Conflict:
    """The problem of a table that somebody holds for longer than a publish waits."""
    message = "A table is in use for long (a report, a backup); nothing was changed. Try again in a minute"
    return Conflict(Problem("publish.table_busy", "", message, {"workspace": info.key}))


def run_switch(tx: Transaction, steps: Iterable[DdlStep], report: Report) -> None:
    """Do what changes the catalog, in the transaction of the switch; what prepare noted to take back is forgotten."""
    found = [step for step in steps if step.phase == "switch"]
    for number, step in enumerate(found):
        report(Progress("switch", number, len(found) + 1, step.about))
        _run(tx.connection, step.sql)
    tx.connection.execute(delete(FINISH).where(FINISH.c.kind == UNDO))


def undo_prepare(workspaces: Workspaces, info: WorkspaceInfo) -> None:
    """Take back what a publish prepared and never switched to: its own failure, or a process that was killed.

    Only whoever publishes may call this. The lines are read with a lock, which waits for a switch that still commits:
    it deletes them. Raises `Conflict` where a table is held for long; what is left then is taken back next time.
    """
    with workspaces.begin(info, SYSTEM, origin="system") as tx:
        query = select(FINISH).where(FINISH.c.kind == UNDO).order_by(FINISH.c.id.desc()).with_for_update()
        rows = tx.connection.execute(query).all()
    if not rows:
        return
    with workspaces.outside(info) as connection:
        for row in rows:
            sql = row.payload["sql"]
            _patiently(connection, info, sql, concurrent="CONCURRENTLY" in sql)
            with workspaces.begin(info, SYSTEM, origin="system") as tx:
                tx.connection.execute(delete(FINISH).where(FINISH.c.id == row.id))
