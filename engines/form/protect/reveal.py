"""Showing a masked value to somebody with the right to reveal: one value at a time, and every showing is written down.

The right to read in full (`unmask`) shows values at once and leaves no trace. The right to reveal (`reveal`) shows the
mask like anybody without a right; who asks for one value gets it, at most `MOST` in `WINDOW`, and the log says who saw
which field of which record when. Lists, files, filters and copies know the mask only.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import ColumnElement, FromClause, and_, func, select, true

from engines.form.collected import every_field
from engines.form.fields.base import Field
from engines.form.form import Form
from engines.form.names import ID
from engines.form.nested import rows_of
from engines.form.policy import Grant, Policy
from engines.form.policy.policy import Answer
from engines.form.protect.tables import SHOWING
from engines.form.query.ask import ask
from engines.form.query.detail import get_record
from engines.form.titles import HIDDEN, titles
from engines.form.transaction import Transaction, as_system
from engines.kernel.problems import Forbidden, NotFound, Problem, Rejected, suggest

MOST: Final = 60
MOST_COMPARED: Final = 120
"""So many questions by the whole value of a masked field; four hidden digits are ten thousand questions."""
WINDOW: Final = timedelta(hours=1)


class TooMany(Rejected):
    """So many values were shown to this person that the next one has to wait."""

    status = 429


@dataclass(frozen=True, slots=True)
class Showing:
    """One line of the log. `actor` and `record` are ids, `person` is the name; `row` is the row of a sub-form.

    Without a record it is a question by the whole value: a filter compared the masked field with it.
    """

    id: int
    at: datetime
    actor: int | None
    person: str
    origin: str
    form: str
    record: int | None
    path: str
    row: int | None


@lru_cache(maxsize=1024)
def masked_fields(form: Form) -> tuple[Field, ...]:
    """The fields of a form and of its rows that have a mask."""
    return tuple(one for one in every_field(form) if one.mask is not None)


def revealable(tx: Transaction, form: Form, record_id: int, *, grants: Iterable[Grant] = ()) -> frozenset[str]:
    """The fields of a record that are masked for the actor, who may have them shown: `mobile`, `contacts.card`."""
    fields = masked_fields(form)
    if not fields:
        return frozenset()
    asked = ask(tx, form, grants)
    answers = {one.path: _may(asked.policy, one.path) for one in fields}
    found = {path for path, right in answers.items() if right is True}
    partly = {path: right for path, right in answers.items() if not isinstance(right, bool)}
    if partly:
        query = select(*(right.label(path) for path, right in partly.items())).where(form.table.c[ID] == record_id)
        row = asked.run(query).mappings().one_or_none() or {}
        found |= {path for path in partly if row.get(path)}
    return frozenset(found)


def reveal(
    tx: Transaction, form: Form, record_id: int, path: str, row: int | None = None, *, grants: Iterable[Grant] = ()
) -> str | None:
    """The whole value of a masked field, which the log tells from then on; None for a blank.

    Raises `NotFound` for a record (or row, or field) that is not there or may not be seen, `Forbidden` without the
    right, `Rejected` for a field that is not masked, `TooMany` after `MOST` values in `WINDOW`.
    """
    grants = tuple(grants)
    get_record(tx, form, record_id, grants=grants)
    one = next((each for each in masked_fields(form) if each.path == path), None)
    asked = ask(tx, form, grants)
    if one is None:
        raise _not_masked(form, asked.policy, path)
    if path not in revealable(tx, form, record_id, grants=grants):
        label = one.label(tx.actor.locale)
        message = f"You may not have {one.label()} shown in full"
        raise Forbidden(Problem("reveal.denied", path, message, {"label": label}))
    value = _value(tx, form, one, record_id, row)
    _count(tx, SHOWING.c.record_id != 0, MOST)
    line = {"at": tx.now, "actor": tx.actor.id, "origin": tx.origin, "form": form.table.name}
    tx.connection.execute(SHOWING.insert().values(**line, record_id=record_id, path=path, row_id=row))
    return value


def note_compared(tx: Transaction, compared: Iterable[tuple[str, str]]) -> None:
    """Write down that the actor compared masked fields (table and path) with whole values, which may give them away.

    In a transaction of its own: the one of the question may be read-only. Raises `TooMany` after `MOST_COMPARED`
    questions in `WINDOW`.
    """
    _count(tx, SHOWING.c.record_id == 0, MOST_COMPARED)
    line = {"at": tx.now, "actor": tx.actor.id, "origin": tx.origin, "record_id": 0, "row_id": None}
    tx.connection.execute(SHOWING.insert(), [line | {"form": form, "path": path} for form, path in sorted(compared)])


def showings(
    tx: Transaction,
    form: Form | None = None,
    record_id: int | None = None,
    *,
    before: int | None = None,
    limit: int = 100,
) -> tuple[Showing, ...]:
    """Who was shown what, the newest first: of a record, of a form, of the workspace. Only administrators may ask.

    `before` is the id of the last line of the page before. Raises `Forbidden`.
    """
    if not (tx.actor.is_admin or tx.actor.is_system):
        raise Forbidden(Problem("reveal.log_denied", "", "Only administrators may read what was shown to whom"))
    query = select(SHOWING).order_by(SHOWING.c.id.desc()).limit(limit)
    if form is not None:
        query = query.where(SHOWING.c.form == form.table.name)
    if record_id is not None:
        query = query.where(SHOWING.c.record_id == record_id)
    if before is not None:
        query = query.where(SHOWING.c.id < before)
    rows = tx.connection.execute(query).mappings().all()
    people = {row["actor"] for row in rows if row["actor"] is not None}
    names = titles(tx, form.forms.get("_member"), people) if form is not None and people else {}
    return tuple(
        Showing(
            row["id"],
            row["at"],
            row["actor"],
            names.get(row["actor"], HIDDEN),
            row["origin"],
            row["form"],
            row["record_id"] or None,
            row["path"],
            row["row_id"],
        )
        for row in rows
    )


def _may(policy: Policy, path: str, table: FromClause | None = None) -> Answer:
    """Whether a value is masked for the actor and may be shown: always, never, or where."""
    right, clear, seen = policy.reveals(path, table), policy.clear(path, table), policy.sees(path, table)
    if right is False or clear is True or seen is False:
        return False
    conditions: list[ColumnElement[bool]] = [each for each in (right, seen) if not isinstance(each, bool)]
    if not isinstance(clear, bool):
        conditions.append(~clear)
    return and_(true(), *conditions) if conditions else True


def _value(tx: Transaction, form: Form, one: Field, record_id: int, row: int | None) -> Any:
    """The whole value, read as the system reads it: what is sealed at rest is opened too."""
    values = get_record(as_system(tx), form, record_id).values
    if one.subform is None:
        found = [values] if row is None else []
    else:
        found = [each for _, each in rows_of(values, one.path.rpartition(".")[0]) if each["id"] == row]
    if not found:
        raise NotFound(Problem("reveal.no_row", "row", f"There is no row #{row}", {"row": row}))
    return found[0].get(one.key)


def _not_masked(form: Form, policy: Policy, path: str) -> Rejected | NotFound:
    known = [one.path for one in masked_fields(form) if policy.sees(one.path) is not False]
    head = path.partition(".")[0]
    if head not in form.fields or policy.sees(path if "." in path else head) is False:
        message = f'There is no field "{path[:80]}"{suggest(path, known)}'
        return NotFound(Problem("field.unknown", "field", message, {"key": path[:80], "known": known}))
    return Rejected(Problem("reveal.not_masked", "field", f'"{path[:80]}" is not masked', {"field": path[:80]}))


def _count(tx: Transaction, kind: ColumnElement[bool], most: int) -> None:
    """Hold the next value back after so many of them. One person's showings are counted one after the other."""
    tx.connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"reveal:{tx.workspace}:{tx.actor.id}"))))
    since = tx.now - WINDOW
    counted = select(func.count()).where(SHOWING.c.actor == tx.actor.id, SHOWING.c.at > since, kind)
    if (tx.connection.scalar(counted) or 0) >= most:
        minutes = int(WINDOW.total_seconds() // 60)
        message = f"At most {most} masked values may be shown to or asked for by one person in {minutes} minutes"
        raise TooMany(Problem("reveal.too_many", "", message, {"most": most, "minutes": minutes}))
