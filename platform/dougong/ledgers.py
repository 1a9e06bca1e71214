"""Work with files that people start and come back to (imports, exports), as rows of the ledger.

A line is found by its kind, by those whose it is, and at the form it was started at. What it keeps besides its columns
(`plan`) may hold values of any field, also of encrypted ones: such parts are sealed (`seal_json`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, insert, select, update

from engines.form.system import LEDGER
from engines.form.transaction import Origin, Transaction
from engines.kernel.problems import NotFound, Problem


@dataclass(frozen=True, slots=True)
class Line:
    """What every line tells: who started what at which form, how it is called, and how far it is."""

    id: int
    app: str
    form: str
    name: str
    state: str
    at: datetime
    finished_at: datetime | None
    actor: int | None
    job: int | None


def told(row: Row[Any]) -> dict[str, Any]:
    """The values of a `Line`."""
    same = {name: getattr(row, name) for name in ("id", "app", "form", "state", "at", "finished_at", "actor")}
    return {**same, "name": row.title or "", "job": (row.plan or {}).get("job")}


def begin(tx: Transaction, kind: str, app: str, form: str, name: str, origin: Origin, plan: Mapping[str, Any]) -> int:
    """Write the line of what begins; gives its id."""
    row = {
        "kind": kind,
        "app": app,
        "form": form,
        "title": name,
        "state": "staging",
        "at": tx.now,
        "actor": tx.actor.id,
        "origin": origin,
        "revision": tx.revision,
        "plan": dict(plan),
        "report": {},
    }
    return int(tx.connection.execute(insert(LEDGER).returning(LEDGER.c.id), row).scalar_one())


def find(
    tx: Transaction,
    kind: str,
    number: int,
    *,
    at: tuple[str, str] | None = None,
    lock: bool = False,
    own: bool = False,
) -> Row[Any]:
    """A line of the actor's (administrators find everybody's, except with `own`). Raises `NotFound` (`<kind>.unknown`).

    `at` is the app and the form it must belong to.
    """
    query = _of(tx, kind, own).where(LEDGER.c.id == number)
    if at is not None:
        query = _at(query, *at)
    row = tx.connection.execute(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        raise NotFound(Problem(f"{kind}.unknown", "", f"There is no {kind} #{number}", {"id": number}))
    return row


def newest(tx: Transaction, kind: str, app: str | None, form: str | None, limit: int) -> Sequence[Row[Any]]:
    """The newest lines that the actor finds, of one form where it is given."""
    query = _of(tx, kind)
    if form is not None:
        query = _at(query, app or "", form)
    return tx.connection.execute(query.order_by(LEDGER.c.id.desc()).limit(limit)).all()


def _of(tx: Transaction, kind: str, own: bool = False) -> Select[Any]:
    query = select(LEDGER).where(LEDGER.c.kind == kind)
    everybodys = (tx.actor.is_admin or tx.actor.is_system) and not own
    return query if everybodys else query.where(LEDGER.c.actor == tx.actor.id)


def _at(query: Select[Any], app: str, form: str) -> Select[Any]:
    return query.where(LEDGER.c.app == app, LEDGER.c.form == form)


def keep(tx: Transaction, number: int, parts: Mapping[str, Any]) -> None:
    """Change parts of what a line keeps."""
    mine = LEDGER.c.id == number
    plan = tx.connection.execute(select(LEDGER.c.plan).where(mine).with_for_update()).scalar_one() or {}
    tx.connection.execute(update(LEDGER).where(mine).values(plan={**plan, **parts}))


def note(tx: Transaction, number: int, values: Mapping[str, Any]) -> None:
    """Change columns of a line."""
    tx.connection.execute(update(LEDGER).where(LEDGER.c.id == number).values(**values))
