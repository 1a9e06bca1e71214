"""Setting kept values anew for many records, a piece in each transaction: what a job calls until nothing is left.

Every piece writes versions, log and events as a change in one transaction does, and what reads these values follows.
A job that dies is taken up where its last piece ended; doing a piece twice changes nothing.
"""

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Final

from engines.form.derive import pending, sql
from engines.form.derive.at_once import may_be_told_at_once, set_and_tell
from engines.form.derive.follow import Following
from engines.form.derive.locks import lock
from engines.form.form import Forms
from engines.form.transaction import Transaction

SIZE: Final = 1000
PIECES_AHEAD: Final = 50


@dataclass(frozen=True, slots=True)
class Piece:
    """What one piece did: records looked at so far, those still waiting, and whether that was the last."""

    done: int
    left: int
    finished: bool


@dataclass(slots=True)
class Ahead:
    """What a job has found out for its next pieces: ids still to be done, and how many records there are in all.

    Finding them is one pass over everything that is left, so it is done for many pieces at once. Ids that are out of
    date do no harm: whoever writes a record sets its values anew.
    """

    ids: list[int] = field(default_factory=list)
    total: int | None = None

    def take(self, tx: Transaction, row: pending.Open, size: int) -> list[int]:
        """The next ids after those that are done."""
        at = bisect_right(self.ids, row.last_id)
        if at == len(self.ids):
            self.ids, at = pending.next_ids(tx, row, size * PIECES_AHEAD), 0
        return self.ids[at : at + size]

    def left(self, tx: Transaction, forms: Forms, row_id: int, done: int) -> int:
        """How many records are still to be done; they are counted once."""
        if self.total is None:
            again = pending.open_row(tx, forms, row_id)
            self.total = done + (0 if again is None else pending.left(tx, again))
        return max(self.total - done, 0)


def recompute_chunk(
    tx: Transaction, forms: Forms, row_id: int, *, size: int = SIZE, ahead: Ahead | None = None
) -> Piece:
    """Do the next piece of a row of `_recompute`; with nothing left the row goes.

    A job hands the same `ahead` to all its pieces; without one every piece looks for itself.
    """
    ahead = Ahead() if ahead is None else ahead
    row = pending.open_row(tx, forms, row_id, lock=True)
    if row is None:
        pending.close(tx, row_id)
        return Piece(0, 0, finished=True)
    ids = ahead.take(tx, row, size)
    if ids:
        following = Following(tx, forms)
        if may_be_told_at_once(forms, row.node):
            lock(tx, row.form, ids)
            following.changed(row.form, set_and_tell(tx, row.form, row.node[2], ids), [row.node[2]])
        else:
            following.recompute(row.node, ids)
        following.run()
        pending.advance(tx, row, ids[-1], len(ids))
    if len(ids) < size:
        pending.close(tx, row_id)
        return Piece(row.done + len(ids), 0, finished=True)
    done = row.done + len(ids)
    return Piece(done, ahead.left(tx, forms, row_id, done), finished=False)


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
    tx.connection.execute(sql.refill(row.form, subform, key, tx.actor.zone), {"P_ids": ids})
    pending.advance(tx, row, ids[-1], len(ids))
    return True
