"""Events of records and who hears them (D15).

An event is a row written in the transaction of the change; each consumer (`flow`, `webhook`, ...) has its own delivery
row, so nobody keeps a place in a list. Order is given per record, by its version.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import insert, select

from engines.form.form import Form
from engines.form.system import DELIVERY, EVENT
from engines.form.transaction import Transaction
from engines.form.write.encode import plain

CREATED: Final = "record.created"
UPDATED: Final = "record.updated"
DELETED: Final = "record.deleted"
RESTORED: Final = "record.restored"
IMPORTED: Final = "records.imported"
UNDONE: Final = "records.undone"


@dataclass(frozen=True)
class Consumer:
    """Somebody who acts on events. `wants` says, for a form of a revision, whether a type of event concerns it."""

    key: str
    wants: Callable[[Form, str], bool]


_consumers: list[Consumer] = []


def listen(consumers: Sequence[Consumer]) -> None:
    """Say who consumes events; the host does this once, when it composes the engines. Replaces what was said before."""
    _consumers[:] = consumers
    consumers_of.cache_clear()


@lru_cache(maxsize=4096)
def consumers_of(form: Form, event_type: str) -> tuple[str, ...]:
    """The consumers of a type of event of a form, once per revision."""
    return tuple(one.key for one in _consumers if one.wants(form, event_type))


def depth_of(cause: str | None) -> int:
    """How many events deep a write stands: `event:12:3` is caused by event 12 at depth 2."""
    if not cause or not cause.startswith("event:"):
        return 0
    depth = cause.split(":")[-1]
    return int(depth) if cause.count(":") > 1 and depth.isdigit() else 1


def publish(
    tx: Transaction,
    app: str,
    event_type: str,
    *,
    form: str | None = None,
    record_id: int | None = None,
    version: int | None = None,
    payload: Mapping[str, Any] | None = None,
    consumers: Iterable[str] = (),
) -> int:
    """Write an event that is not the write path's own (`quote.approved`, an import) with its deliveries; its id."""
    row = {
        "at": tx.now,
        "type": event_type,
        "app": app,
        "form": form,
        "record_id": record_id,
        "version": version,
        "payload": plain(payload or {}),
        "actor": tx.actor.id,
        "origin": tx.origin,
        "cause": tx.cause,
        "depth": depth_of(tx.cause),
    }
    event_id: int = tx.connection.execute(insert(EVENT).returning(EVENT.c.id), row).scalar_one()
    rows = [{"event_id": event_id, "consumer": consumer, "due_at": tx.now} for consumer in consumers]
    if rows:
        tx.connection.execute(insert(DELIVERY), rows)
        tx.wake = True
    tx.events.append(event_id)
    return event_id


def event_of(tx: Transaction, event_id: int) -> Mapping[str, Any] | None:
    """One event by its id."""
    found = tx.connection.execute(select(EVENT).where(EVENT.c.id == event_id)).mappings().one_or_none()
    return None if found is None else dict(found)
