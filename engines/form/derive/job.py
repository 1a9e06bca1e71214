"""Setting kept values anew for many records, a piece in each transaction: what a job calls until nothing is left.

Every piece writes versions, log and events as a change in one transaction does, and what reads these values follows.
A job that dies is taken up where its last piece ended; doing a piece twice changes nothing.
"""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import select

from engines.form.compile import Node
from engines.form.derive import pending, sql
from engines.form.derive.follow import Following
from engines.form.form import Form, Forms
from engines.form.names import ID
from engines.form.transaction import Transaction

SIZE: Final = 1000


@dataclass(frozen=True, slots=True)
class Piece:
    """What one piece did: records looked at so far, those still waiting, and whether that was the last."""

    done: int
    left: int
    finished: bool


def recompute_chunk(tx: Transaction, forms: Forms, row_id: int, *, size: int = SIZE) -> Piece:
    """Do the next piece of a row of `_recompute`; with nothing left the row goes."""
    row = pending.open_row(tx, forms, row_id, lock=True)
    if row is None:
        pending.close(tx, row_id)
        return Piece(0, 0, finished=True)
    ids = pending.next_ids(tx, row, size)
    if ids:
        following = Following(tx, forms)
        following.recompute(row.node, ids)
        following.run()
        pending.advance(tx, row, ids[-1], len(ids))
    if len(ids) < size:
        pending.close(tx, row_id)
        return Piece(row.done + len(ids), 0, finished=True)
    again = pending.open_row(tx, forms, row_id)
    return Piece(row.done + len(ids), 0 if again is None else pending.left(tx, again), finished=False)


def fill_chunk(tx: Transaction, form: Form, path: str, after: int, *, size: int = 10_000) -> int | None:
    """Compute a kept value of the next records for a new definition: no log and no events, since nobody changed a
    record. Gives the last id, None at the end."""
    subform, _, key = path.rpartition(".")
    table = form.table
    query = select(table.c[ID]).where(table.c[ID] > after).order_by(table.c[ID]).limit(size)
    ids = list(tx.connection.execute(query.with_for_update(key_share=True)).scalars())
    if not ids:
        return None
    statement = sql.recompute(form, subform, (key,), tx.actor.zone)
    tx.connection.execute(statement, {"P_ids": ids}).all()
    return ids[-1]


def node_of(form: Form, path: str) -> Node:
    """The name of a value in the graph."""
    subform, _, key = path.rpartition(".")
    return (form.key, subform, key)
