"""Kept values that hang on the records of a chunk: their records are locked before it and set anew after it (D4)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, and_, cast, select

from engines.form.around import rows_that_follow
from engines.form.bulk.statements import GOOD
from engines.form.derive.follow import Following
from engines.form.derive.graph import graph_of
from engines.form.derive.locks import lock_pointed, pointed_by
from engines.form.form import Form
from engines.form.system import CHANGE, STAGING
from engines.form.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Counted:
    """What the records of a chunk pointed at before it was applied."""

    form: Form
    before: Mapping[str, set[int]]

    def done(self, tx: Transaction, cause: str, first: int | None, last: int | None, changed: set[int]) -> None:
        """Set anew what hangs on the new records of a chunk and on those that it changed."""
        form = self.form
        created: list[int] = []
        if first is not None:
            mine = and_(CHANGE.c.cause == cause, CHANGE.c.record_id.between(first, last), CHANGE.c.kind == "created")
            created = list(tx.connection.execute(select(CHANGE.c.record_id).where(mine)).scalars())
        following = Following(tx, form.forms)
        after = pointed_by(tx, form, [*created, *changed])
        for key in graph_of(form.forms).of(form).pointing:
            following.pointed(form, key, after.get(key, set()) | (self.before.get(key, set()) if changed else set()))
        if changed:
            following.changed(form, changed, graph_of(form.forms).of(form).watched)
            if form.maintained:
                following.own(form, changed, graph_of(form.forms).of(form).own, maintained=True)
            for node in rows_that_follow(form):
                following.recompute(node, changed)
        following.run()


def lock_counting(tx: Transaction, form: Form, columns: tuple[str, ...], place: Mapping[str, int]) -> Counted | None:
    """Lock what counts the records of a chunk, by what they point at now and will; None where nobody does."""
    sources = graph_of(form.forms).of(form)
    if not sources.leaves and not form.maintained and not rows_that_follow(form):
        return None
    updates = select(STAGING.c.record_id).where(*GOOD, STAGING.c.record_id.is_not(None))
    before = pointed_by(tx, form, tx.connection.execute(updates, place).scalars())
    wanted: dict[str, set[int]] = {key: set(ids) for key, ids in before.items()}
    for key in sources.pointing:
        if key in columns:  # what rows and links point at is locked before it is set anew
            cell: Any = cast(STAGING.c.cells[columns.index(key)].astext, BigInteger)
            query = select(cell).where(*GOOD, STAGING.c.cells.is_not(None)).distinct()
            found = {one for one in tx.connection.execute(query, place).scalars() if one is not None}
            wanted.setdefault(key, set()).update(found)
    lock_pointed(tx, form, wanted)
    return Counted(form, before)
