"""What a publish leaves to do after its switch: rows, done in order, each of which may be done twice."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, Row, func, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from dougong.apps import store
from dougong.apps.sealing import Progress, Report, has_field, seal, silent
from dougong.apps.tables import FINISH
from dougong.workspace.transactions import Workspaces, sqlstate
from dougong.workspace.workspaces import WorkspaceInfo
from engines.form.bulk.follow import fill_search
from engines.form.derive.job import fill_chunk
from engines.form.derive.pending import whole_form
from engines.form.refresh import refresh_batch
from engines.form.transaction import SYSTEM, Transaction
from engines.kernel.problems import ProblemError

UNDO = "undo"  # lines that say how to take a prepare back: none of our business here
_OPEN = (FINISH.c.done_at.is_(None), FINISH.c.kind != UNDO)

_GONE = frozenset({"42P01", "42703"})  # no such table, no such column

PATIENCE_MS = 2000  # how long a step waits for a table; people queue behind it meanwhile
FINISH_LOCK = 0x4647  # first half of the advisory lock of who finishes; the second is the workspace's number


@dataclass(frozen=True, slots=True)
class Left:
    """One thing left to do: `sql` runs a statement, `refresh` derives the columns of a field in Python.

    `fill` computes a kept value of all records; until it is done they say that it is being recomputed. `search` makes
    records that came in bulk findable. `seal` seals or opens the values of fields, and what logs keep of them.
    """

    kind: Literal["sql", "refresh", "fill", "search", "seal"]
    payload: dict[str, Any]


def remember(tx: Transaction, app: str, revision: int, left: Iterable[Left]) -> None:
    """Write down, in the transaction of the switch, what has to follow it."""
    rows = []
    for one in left:
        payload = dict(one.payload)
        if one.kind == "fill":
            payload["recompute"] = whole_form(tx, app, payload["form"], payload["field"])
        rows.append({"app": app, "revision": revision, "kind": one.kind, "payload": payload})
    if rows:
        tx.connection.execute(insert(FINISH), rows)


def open_steps(tx: Transaction) -> int:
    """How many steps of past publishes are still to be done."""
    return int(tx.connection.scalar(select(func.count()).select_from(FINISH).where(*_OPEN)) or 0)


def finish_open(workspaces: Workspaces, info: WorkspaceInfo, report: Report = silent) -> bool:
    """Do what past publishes left, oldest first; tells whether nothing is left. Safe to call at any time, twice too.

    A step that fails keeps its line and its error and is tried again next time; one whose table or column a later
    publish has removed is done.
    """
    with workspaces.outside(info) as connection:
        if not connection.scalar(text("SELECT pg_try_advisory_lock(:space, :number)"), _lock(info)):
            return False
        try:
            rows = connection.execute(select(FINISH).where(*_OPEN).order_by(FINISH.c.id)).all()
            left = 0
            for number, row in enumerate(rows):
                report(Progress("finish", number, len(rows), row.payload["about"]))
                try:
                    _do(workspaces, info, connection, row, report)
                    error = None
                except DBAPIError as problem:
                    error = None if sqlstate(problem) in _GONE else str(problem.orig)
                    left += error is not None
                except ProblemError as problem:  # a key that is gone: the step waits until it is there again
                    error, left = problem.problems[0].message, left + 1
                _note(workspaces, info, row.id, error)
        finally:  # the database lets go of it only some time after the connection is closed
            if not connection.invalidated:
                connection.execute(text("SELECT pg_advisory_unlock(:space, :number)"), _lock(info))
    return not left


def _do(
    workspaces: Workspaces, info: WorkspaceInfo, connection: Connection, row: "Row[Any]", report: Report = silent
) -> None:
    if row.kind == "sql":
        patience = 0 if "CONCURRENTLY" in row.payload["sql"] else PATIENCE_MS
        connection.exec_driver_sql(f"SET lock_timeout = {patience}")
        connection.exec_driver_sql(row.payload["sql"], execution_options={"no_parameters": True})
        return
    if row.kind == "fill":
        while True:
            with workspaces.begin(info, SYSTEM, origin="system") as tx:
                if not fill_chunk(tx, store.forms(tx, row.app), row.payload["recompute"]):
                    return
    if row.kind == "search":
        found: int | None = 0
        while found is not None:
            with workspaces.begin(info, SYSTEM, origin="system") as tx:
                form = store.forms(tx, row.app).by_key.get(row.payload["form"])
                found = fill_search(tx, form, after=found) if form is not None else None
        return
    if row.kind == "seal":
        seal(workspaces, info, row.app, row.payload["form"], row.payload["fields"], report)
        return
    last: int | None = 0
    while last is not None:  # one transaction for each batch: the compiled form is that of the revision in force
        with workspaces.begin(info, SYSTEM, origin="system") as tx:
            form = store.forms(tx, row.app).by_key.get(row.payload["form"])
            known = form is not None and has_field(form, row.payload["field"])
            last = refresh_batch(tx.connection, form, row.payload["field"], last) if form and known else None


def _lock(info: WorkspaceInfo) -> dict[str, int]:
    return {"space": FINISH_LOCK, "number": info.id}


def _note(workspaces: Workspaces, info: WorkspaceInfo, step: int, error: str | None) -> None:
    values: dict[str, Any] = {"attempts": FINISH.c.attempts + 1, "last_error": error}
    with workspaces.begin(info, SYSTEM, origin="system") as tx:
        done = values if error is not None else values | {"done_at": tx.now}
        tx.connection.execute(update(FINISH).where(FINISH.c.id == step).values(done))
