"""The look at a moment: whose condition became true, whose is no longer. Set-based, two statements for each moment.

A look and what it finds are one transaction: the mark, the event and its deliveries are there together or not at all,
so a process that dies in between tells nothing twice (promise 1).
"""

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import BigInteger, ColumnElement, Table, bindparam, delete, exists, insert, literal, select, text, true
from sqlalchemy.dialects.postgresql import insert as upsert

from engines.form.events import consumers_of
from engines.form.facts import facts_of
from engines.form.form import Form, Forms
from engines.form.moments.tables import MOMENT, MOMENT_SEEN
from engines.form.names import DELETED, ID
from engines.form.scope import FormScope
from engines.form.system import DELIVERY, EVENT
from engines.form.transaction import Transaction
from engines.formula import Place, Type, compile_expression
from engines.kernel.documents import Document

CHUNK: Final = 1000
"""Records that tell in one transaction."""

_ALONE: Final = text("SELECT pg_try_advisory_xact_lock(hashtext(current_schema()), hashtext(:name))")


@dataclass(frozen=True, slots=True)
class Looked:
    """What one look found. `more` says that a whole chunk told and others may wait."""

    told: int
    over: int
    more: bool


def event_type(moment: str) -> str:
    """The type of the events of a moment."""
    return f"moment.{moment}"


def look(tx: Transaction, forms: Forms, document: Document) -> Looked:
    """Mark the records of a moment whose condition became true, with an event each; forget those where it is over.

    Nothing happens where another process looks at the same moment now.
    """
    key = document["key"]
    if not tx.connection.scalar(_ALONE, {"name": f"moment:{forms.app}:{key}"}):
        return Looked(0, 0, more=False)
    form = forms.get(document["form"])
    expression = compile_expression(document["when"], form.scope, expects=Type.BOOLEAN, place=Place.FILTER)
    holds = expression.sql(FormScope(form, form.table, facts_of(tx, forms)), facts_of(tx, forms))
    if DELETED in form.table.c:
        holds = holds & form.table.c[DELETED].is_(None)
    silent = _is_new(tx, forms.app, document) and not document.get("existing")
    over = _forget(tx, forms.app, key, form.table, holds)
    if silent:
        tx.connection.execute(_marking(tx, forms.app, key, form.table, holds))
        return Looked(0, over, more=False)
    fresh = list(tx.connection.execute(_marking(tx, forms.app, key, form.table, holds, CHUNK)).scalars())
    _tell(tx, form, key, fresh)
    return Looked(len(fresh), over, more=len(fresh) == CHUNK)


def _is_new(tx: Transaction, app: str, document: Document) -> bool:
    """Whether this condition was never looked at; marks of an earlier condition are forgotten."""
    mine = (MOMENT_SEEN.c.app == app) & (MOMENT_SEEN.c.moment == document["key"])
    known = tx.connection.scalar(select(MOMENT_SEEN.c.condition).where(mine))
    condition = f"{document['form']}: {document['when']}"
    if known == condition:
        return False
    tx.connection.execute(delete(MOMENT).where(MOMENT.c.app == app, MOMENT.c.moment == document["key"]))
    row = {"app": app, "moment": document["key"], "condition": condition, "at": tx.now}
    statement = upsert(MOMENT_SEEN).values(row)
    changed = {"condition": condition, "at": tx.now}
    tx.connection.execute(statement.on_conflict_do_update(index_elements=["app", "moment"], set_=changed))
    return True


def _forget(tx: Transaction, app: str, key: str, table: Table, holds: ColumnElement[bool]) -> int:
    still = exists(select(1).select_from(table).where(table.c[ID] == MOMENT.c.record_id, holds))
    statement = delete(MOMENT).where(MOMENT.c.app == app, MOMENT.c.moment == key, ~still)
    return tx.connection.execute(statement).rowcount


def _marking(
    tx: Transaction, app: str, key: str, table: Table, holds: ColumnElement[bool], limit: int | None = None
) -> Any:
    known = exists(
        select(1).where(MOMENT.c.app == app, MOMENT.c.moment == key, MOMENT.c.record_id == table.c[ID])
    ).correlate(table)
    found = select(literal(app), literal(key), table.c[ID], literal(tx.now)).where(holds, ~known)
    if limit is not None:
        found = found.order_by(table.c[ID]).limit(limit)
    statement = upsert(MOMENT).from_select(["app", "moment", "record_id", "since"], found)
    return statement.on_conflict_do_nothing().returning(MOMENT.c.record_id)


def _tell(tx: Transaction, form: Form, key: str, ids: list[int]) -> None:
    """One event for each record, and a delivery for each who listens."""
    if not ids:
        return
    kind = event_type(key)
    row = {
        "at": tx.now,
        "type": kind,
        "app": form.app,
        "form": form.key,
        "payload": {"moment": key},
        "origin": tx.origin,
    }
    statement = insert(EVENT).values({**row, "record_id": bindparam("record", type_=BigInteger)})
    numbers = list(tx.connection.execute(statement.returning(EVENT.c.id), [{"record": one} for one in ids]).scalars())
    tx.events.extend(numbers)
    deliveries = [
        {"event_id": number, "consumer": consumer, "due_at": tx.now}
        for number in numbers
        for consumer in consumers_of(form, kind)
    ]
    if deliveries:
        tx.connection.execute(insert(DELIVERY), deliveries)
        tx.wake = True


def drop(tx: Transaction, app: str, known: set[str]) -> None:
    """Forget what is remembered of moments that the app no longer has."""
    for table in (MOMENT, MOMENT_SEEN):
        gone = table.c.moment.not_in(known) if known else true()
        tx.connection.execute(delete(table).where(table.c.app == app, gone))
