"""Kept values that wait for a job: a change was read by more records than its own transaction may set anew.

A row of `_recompute` says which value of which records may be old. It is written in the transaction of the change and
goes with the last record, so whoever reads a record in between can be told: this value is being recomputed.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, delete, exists, func, insert, select, update

from engines.form.compile import Node
from engines.form.derive import sql
from engines.form.derive.graph import Steps
from engines.form.events import consumers_of, publish
from engines.form.form import Form, Forms
from engines.form.names import ID
from engines.form.system import RECOMPUTE
from engines.form.transaction import Transaction

RECOMPUTING: Final = "records.recompute"
"""The event that asks for the job; its payload names the row."""
MOST_IDS: Final = 1000
"""A change of more records than these is remembered as one of the whole form."""


def defer(tx: Transaction, forms: Forms, node: Node, steps: Steps, ids: Collection[int]) -> int:
    """Leave a value of the records that lead by `steps` to `ids` to a job; the id of the row that says so."""
    key, subform, name = node
    few = len(ids) <= MOST_IDS
    row = {
        "app": forms.app,
        "form": key,
        "path": f"{subform}.{name}" if subform else name,
        "steps": [list(step) for step in steps] if few else [],
        "ids": sorted(ids) if few else None,
        "since": tx.now,
        "actor": tx.actor.id,
    }
    made: int = tx.connection.execute(insert(RECOMPUTE).returning(RECOMPUTE.c.id), row).scalar_one()
    consumers = consumers_of(forms.by_key[key], RECOMPUTING)
    publish(tx, forms.app, RECOMPUTING, form=key, payload={"recompute": made}, consumers=consumers)
    return made


def whole_form(tx: Transaction, app: str, form: str, path: str) -> int:
    """Say that a value of all records of a form is not what its definition says now; the id of the row."""
    row = {"app": app, "form": form, "path": path, "since": tx.now, "actor": tx.actor.id}
    made: int = tx.connection.execute(insert(RECOMPUTE).returning(RECOMPUTE.c.id), row).scalar_one()
    return made


@dataclass(frozen=True, slots=True)
class Open:
    """One row of `_recompute` as it is now."""

    id: int
    form: Form
    node: Node
    steps: Steps
    ids: list[int] | None
    last_id: int
    done: int

    def waiting(self, tx: Transaction) -> Any:
        """The ids of the records that are still to be done."""
        if self.ids is None:
            table = self.form.table
            return select(table.c[ID].label("id")).where(table.c[ID] > self.last_id).subquery("waiting")
        found = sql.owners(self.form, self.node[1], self.steps, tx.actor.zone).subquery("waiting")
        return select(found.c.id).where(found.c.id > self.last_id).subquery("waiting_on")

    @property
    def parameters(self) -> dict[str, Any]:
        """What `waiting` asks for."""
        return {} if self.ids is None else {"P_ids": self.ids}


def open_row(tx: Transaction, forms: Forms, row_id: int, *, lock: bool = False) -> Open | None:
    """A row by its id; None where it is done, or where the revision no longer knows the value."""
    query = select(RECOMPUTE).where(RECOMPUTE.c.id == row_id)
    found = tx.connection.execute(query.with_for_update() if lock else query).mappings().one_or_none()
    return None if found is None else _read(forms, found)


def _read(forms: Forms, row: Any) -> Open | None:
    form = forms.by_key.get(row["form"])
    subform, _, key = row["path"].rpartition(".")
    fields = form.subforms[subform].fields if form and subform in form.subforms else form.fields if form else {}
    if form is None or key not in fields or fields[key] not in form.kept:
        return None
    steps = tuple((str(name), bool(many)) for name, many in row["steps"])
    return Open(row["id"], form, (form.key, subform, key), steps, row["ids"], row["last_id"], row["done"])


def next_ids(tx: Transaction, row: Open, size: int) -> list[int]:
    """The next records of a row."""
    waiting = row.waiting(tx)
    query = select(waiting.c.id).order_by(waiting.c.id).limit(size)
    return list(tx.connection.execute(query, row.parameters).scalars())


def left(tx: Transaction, row: Open) -> int:
    """How many records are still to be done."""
    waiting = row.waiting(tx)
    count: int = tx.connection.execute(select(func.count()).select_from(waiting), row.parameters).scalar_one()
    return count


def advance(tx: Transaction, row: Open, last_id: int, done: int) -> None:
    """Note how far a row is."""
    values = {"last_id": last_id, "done": RECOMPUTE.c.done + done}
    tx.connection.execute(update(RECOMPUTE).where(RECOMPUTE.c.id == row.id).values(values))


def close(tx: Transaction, row_id: int) -> None:
    """Everything of a row is done."""
    tx.connection.execute(delete(RECOMPUTE).where(RECOMPUTE.c.id == row_id))


def lags(form: Form) -> ColumnElement[bool]:
    """Whether any value of a form's records waits: part of the statement that reads them, asked once for it."""
    return exists(select(1).where(RECOMPUTE.c.app == form.app, RECOMPUTE.c.form == form.key))


def recomputing(tx: Transaction, form: Form, ids: Iterable[int]) -> dict[int, frozenset[str]]:
    """Which kept values of these records may be old at the moment, by record; empty where all is up to date."""
    wanted = sql.as_ids(list(ids))
    if not wanted or not form.kept:
        return {}
    here = (RECOMPUTE.c.app == form.app, RECOMPUTE.c.form == form.key)
    rows = tx.connection.execute(select(RECOMPUTE).where(*here)).mappings().all()
    found: dict[int, set[str]] = {}
    for row in rows:
        one = _read(form.forms, row)
        if one is None:
            continue
        waiting = one.waiting(tx)
        query = select(waiting.c.id).where(sql.among(waiting.c.id, "P_wanted"))
        for record in tx.connection.execute(query, {**one.parameters, "P_wanted": wanted}).scalars():
            found.setdefault(record, set()).add(row["path"])
    return {record: frozenset(paths) for record, paths in found.items()}
