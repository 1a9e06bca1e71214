"""Notices: written in the transaction of what they tell of, read by the bell, marked as read.

`data` holds what the sentence shows; the words are chosen when it is shown (`dougong.web.pages.todo`), so that each
person reads them in their own language. Telling the same thing twice (`key`) is harmless.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select, update
from sqlalchemy.dialects.postgresql import insert

from dougong.workspace.tables import NOTIFICATION
from engines.form.transaction import Transaction

MOST = 100


@dataclass(frozen=True, slots=True)
class Note:
    """One notice as its reader sees it."""

    id: int
    kind: str
    data: Mapping[str, Any]
    link: str | None
    at: datetime
    read_at: datetime | None


def tell(
    tx: Transaction,
    members: Iterable[int],
    kind: str,
    data: Mapping[str, Any],
    *,
    link: str | None = None,
    key: str | None = None,
) -> None:
    """Put a notice into the bell of each of these members; `key` makes it unique for each of them."""
    row = {"kind": kind, "data": dict(data), "link": link, "unique_key": key, "at": tx.now}
    rows = [{**row, "member_id": member} for member in dict.fromkeys(members)]
    if rows:
        tx.connection.execute(insert(NOTIFICATION).on_conflict_do_nothing(), rows)


def unread(tx: Transaction) -> int:
    """How many notices the actor has not read, as far as a badge shows them (at most 100)."""
    mine = select(NOTIFICATION.c.id).where(_unread_of(tx.actor.id)).limit(MOST)
    return tx.connection.execute(select(func.count()).select_from(mine.subquery())).scalar_one()


def latest(tx: Transaction, *, limit: int = 20, before: int | None = None) -> tuple[Note, ...]:
    """The actor's notices, newest first; `before` is the id of the last one of the page before."""
    columns = [NOTIFICATION.c[name] for name in Note.__slots__]
    query = select(*columns).where(NOTIFICATION.c.member_id == tx.actor.id)
    if before is not None:
        query = query.where(NOTIFICATION.c.id < before)
    rows = tx.connection.execute(query.order_by(NOTIFICATION.c.id.desc()).limit(max(1, min(limit, MOST))))
    return tuple(Note(**row._mapping) for row in rows)


def mark_read(tx: Transaction, ids: Sequence[int] | None = None) -> int:
    """Mark the actor's notices as read: these, or all. Gives how many were unread."""
    statement = update(NOTIFICATION).where(_unread_of(tx.actor.id)).values(read_at=tx.now)
    if ids is not None:
        statement = statement.where(NOTIFICATION.c.id.in_(ids))
    return tx.connection.execute(statement).rowcount


def take_back(tx: Transaction, members: Sequence[int], kinds: Sequence[str], about: Mapping[str, Any]) -> None:
    """Mark notices of these kinds about something as read for these members: it is out of date (a task is done)."""
    if not members:
        return
    statement = update(NOTIFICATION).where(
        NOTIFICATION.c.member_id.in_(members),
        NOTIFICATION.c.read_at.is_(None),
        NOTIFICATION.c.kind.in_(kinds),
        NOTIFICATION.c.data.contains(dict(about)),
    )
    tx.connection.execute(statement.values(read_at=tx.now))


def _unread_of(member: int | None) -> ColumnElement[bool]:
    return and_(NOTIFICATION.c.member_id == member, NOTIFICATION.c.read_at.is_(None))
