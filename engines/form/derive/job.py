"""Setting kept values anew for many records, a piece in each transaction: what a job calls until nothing is left.

Every piece writes versions, log and events as a change in one transaction does, and what reads these values follows.
A job that dies is taken up where its last piece ended; doing a piece twice changes nothing.
"""

from dataclasses import dataclass
from typing import Final

from engines.form.derive import pending, sql
from engines.form.derive.follow import Following
from engines.form.form import Forms
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


def fill_chunk(tx: Transaction, forms: Forms, row_id: int, *, size: int = 10_000) -> bool:
    """Compute a kept value of the next records for a new definition; tells whether there may be more.

    No log and no events: nobody changed a record, what is asked of all of them changed.
    """
    row = pending.open_row(tx, forms, row_id, lock=True)
    ids = [] if row is None else pending.next_ids(tx, row, size)
    if row is None or not ids:
        pending.close(tx, row_id)
        return False
    _, subform, key = row.node
    tx.connection.execute(sql.locking(row.form, False), {"P_ids": ids}).all()
    tx.connection.execute(sql.recompute(row.form, subform, (key,), tx.actor.zone), {"P_ids": ids}).all()
    pending.advance(tx, row, ids[-1], len(ids))
    return True
