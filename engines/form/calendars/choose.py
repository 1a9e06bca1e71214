"""Which business calendar counts for a record where nothing names one, and time limits along it.

In this order: the field that the form names (`calendar` of its document), the calendar of the record's department (its
own, else that of the nearest above it), the one that the setting `calendar` names, the first document, China's.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import cast, null, select
from sqlalchemy.types import Text

from engines.form.form import Form
from engines.form.names import DEPARTMENT, ID
from engines.form.query.ask import ask
from engines.form.transaction import Transaction, as_system
from engines.formula import Facts, Place, compile_expression
from engines.formula.calendars import Calendar, add_work_hours
from engines.formula.dates import from_local_ms, local_ms


def calendars_for(tx: Transaction, form: Form, ids: Collection[int], facts: Facts) -> dict[int, Calendar]:
    """The calendar that counts for each of these records, read with the rights of the system."""
    usual = next(iter(facts.calendars.values()))
    if not form.forms.has_calendars or not ids:
        return dict.fromkeys(ids, usual)
    asked = ask(as_system(tx), form)
    named: Any = cast(null(), Text())
    if form.calendar is not None:
        named = compile_expression(form.calendar, form.scope, place=Place.LIVE).sql(asked.scope, facts)
    team = asked.table.c[DEPARTMENT]
    rows = asked.run(select(asked.table.c[ID], named, team).where(asked.table.c[ID].in_(ids)))
    return {row[0]: chosen(facts, row[1], row[2]) for row in rows}


def calendar_for(tx: Transaction, form: Form, record_id: int, facts: Facts, named: str | None = None) -> Calendar:
    """The calendar that counts for a record; `named` is one that a time limit names itself: it wins where known."""
    if named is not None and named in facts.calendars:
        found: Calendar = facts.calendars[named]
        return found
    usual: Calendar = next(iter(facts.calendars.values()))
    return calendars_for(tx, form, [record_id], facts).get(record_id, usual)


def chosen(facts: Facts, named: str | None, team: int | None) -> Calendar:
    """The calendar that a record's own word and its department lead to."""
    known: Mapping[str, Any] = facts.calendars
    for key in (named, None if team is None else facts.teams.get(team)):
        if key is not None and key in known:
            found: Calendar = known[key]
            return found
    usual: Calendar = next(iter(known.values()))
    return usual


def end_of(calendar: Calendar, facts: Facts, since: datetime, hours: Decimal) -> datetime | None:
    """When so many working hours have passed since an instant; None beyond all years."""
    end = add_work_hours(calendar, local_ms(facts, since), hours)
    return None if end is None else from_local_ms(facts, end)
