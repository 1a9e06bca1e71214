"""The ways of records through their stages. Every writer comes here after it wrote, with the ids of its records.

What is stored is compared with the open stay of each record, so the call says nothing about what changed and may be
repeated: single writes, chunks of an import, undo and what the engine does by itself leave the same history.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, Integer, and_, bindparam, insert, select, update

from engines.form.calendars.choose import calendar_for, calendars_for
from engines.form.facts import facts_of
from engines.form.fields.base import Field, Link
from engines.form.form import Form
from engines.form.names import ID
from engines.form.policy.rules import ids as among
from engines.form.query import get_record
from engines.form.stages.known import staged
from engines.form.stages.tables import STAGE
from engines.form.titles import HIDDEN, titles
from engines.form.transaction import Transaction
from engines.formula import Facts
from engines.formula.calendars import Calendar, work_hours
from engines.formula.dates import local_ms


@dataclass(frozen=True, slots=True)
class Stay:
    """A record in a stage. `minutes` is the working time, of an open stay until now."""

    stage: str
    entered_at: datetime
    entered_by: Link | None
    left_at: datetime | None
    minutes: int


def follow_stages(tx: Transaction, form: Form, ids: Iterable[int]) -> None:
    """Close and open the stays of records whose stage is another than that of their open stay."""
    found = list(ids) if staged(form) else []
    for field in staged(form) if found else ():
        _follow(tx, form, field, found)


def _follow(tx: Transaction, form: Form, field: Field, ids: Collection[int]) -> None:
    table, name = form.table, form.table.name
    open_stay = and_(
        STAGE.c.form == name,
        STAGE.c.field == field.key,
        STAGE.c.record_id == table.c[ID],
        STAGE.c.left_at.is_(None),
    )
    query = (
        select(table.c[ID], table.c[field.key], STAGE.c.id, STAGE.c.entered_at)
        .select_from(table.outerjoin(STAGE, open_stay))
        .where(table.c[ID] == among(list(ids)), table.c[field.key].is_distinct_from(STAGE.c.stage))
        .order_by(table.c[ID])
    )
    rows = tx.connection.execute(query).all()
    facts = facts_of(tx, form.forms)
    closing = [row for row in rows if row[2]]
    along = calendars_for(tx, form, [row[0] for row in closing], facts) if closing else {}
    left = [
        {"P_id": stay, "P_minutes": working_minutes(facts, along.get(one), at, tx.now)} for one, _, stay, at in closing
    ]
    if left:
        closed = update(STAGE).where(STAGE.c.id == bindparam("P_id", type_=BigInteger))
        values = {"left_at": tx.now, "left_by": tx.actor.id, "minutes": bindparam("P_minutes", type_=Integer)}
        tx.connection.execute(closed.values(values), left)
    common = {"form": name, "field": field.key, "entered_at": tx.now, "entered_by": tx.actor.id}
    fresh = [{**common, "record_id": one, "stage": stage} for one, stage, _, _ in rows if stage is not None]
    if fresh:
        tx.connection.execute(insert(STAGE), fresh)


def working_minutes(facts: Facts, calendar: Calendar | None, start: datetime, end: datetime) -> int:
    """The working time between two instants along a calendar, in minutes; without one that of the app."""
    calendar = calendar or next(iter(facts.calendars.values()), None)
    hours = work_hours(calendar, local_ms(facts, start), local_ms(facts, end))
    return int((hours or Decimal(0)) * 60)


def history_of(tx: Transaction, form: Form, record_id: int, key: str) -> tuple[Stay, ...]:
    """The stays of a record, oldest first, to whoever may see its stage.

    Raises `NotFound` where the actor may not see the record; without the right to see the field it is empty.
    """
    record = get_record(tx, form, record_id, trash=True)
    if key not in record.values:
        return ()
    mine = (STAGE.c.form == form.table.name, STAGE.c.field == key, STAGE.c.record_id == record_id)
    rows = tx.connection.execute(select(STAGE).where(*mine).order_by(STAGE.c.id)).mappings().all()
    people = titles(tx, form.forms.get("_member"), {row["entered_by"] for row in rows if row["entered_by"]})
    facts = facts_of(tx, form.forms)
    calendar = calendar_for(tx, form, record_id, facts) if any(row["minutes"] is None for row in rows) else None
    return tuple(_stay(facts, calendar, row, people) for row in rows)


def _stay(facts: Facts, calendar: Calendar | None, row: Mapping[Any, Any], people: Mapping[int, str]) -> Stay:
    by = None if row["entered_by"] is None else Link(row["entered_by"], people.get(row["entered_by"], HIDDEN))
    minutes = row["minutes"]
    if minutes is None:
        minutes = working_minutes(facts, calendar, row["entered_at"], facts.now)
    return Stay(row["stage"], row["entered_at"], by, row["left_at"], minutes)
