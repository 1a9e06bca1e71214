"""Into the trash and out of it. A record that others point at stays, unless their fields may be emptied."""

from collections.abc import Collection, Iterable, Iterator
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from engines.form.derive.follow import follow_presence
from engines.form.events import DELETED as DELETED_EVENT
from engines.form.events import RESTORED
from engines.form.form import Form
from engines.form.names import DELETED, ID, PARENT
from engines.form.policy import Grant, Policy, policy_for
from engines.form.policy.policy import denied, unknown
from engines.form.transaction import Transaction, as_system
from engines.form.write import constraints, load, stages
from engines.form.write.behave import guard
from engines.form.write.draft import Draft, Saved
from engines.form.write.holding import Reference, blocked, clear, pointing, references_to
from engines.form.write.locks import require_unlocked
from engines.form.write.statements import mark_statement
from engines.kernel.problems import Conflict, Forbidden, NotFound, Problem, Rejected

MOST_ALONG: Final = 1000
"""At most so many records of a form go to the trash along with one that they point at."""
Node = tuple[str, int]
"""A record: its form and its id."""


def delete_record(
    tx: Transaction, form: Form, record_id: int, *, version: int | None = None, grants: Iterable[Grant] = ()
) -> Saved:
    """Move a record into the trash.

    Raises `Conflict` naming the records that point at it, unless their fields are emptied on deletion (`on_delete`
    is `clear`: their records are changed by the system, with log and event) or they go with it (`cascade`: moved to
    the trash by the system, each with what hangs on it; a row of a sub-form is taken out), `Rejected` where a rule
    guards it, `NotFound`, `Forbidden`.
    """
    return _delete(tx, form, record_id, version, tuple(grants), set())


def _delete(
    tx: Transaction, form: Form, record_id: int, version: int | None, given: tuple[Grant, ...], going: set[Node]
) -> Saved:
    """Delete a record; `going` are those that are on their way already, in whose way nothing stands."""
    going.add((form.key, record_id))
    policy = policy_for(tx, form, grants=given)
    policy.require("delete")
    found = _locked(tx, policy, record_id, "delete")
    if found[DELETED] is not None:
        raise NotFound(unknown(form, record_id))
    require_unlocked(tx, form, found, given)
    guard(tx, form, policy, found, "delete")
    if version is not None and version != found["_version"]:
        message = "The record was changed since it was read"
        params = {"version": found["_version"], "given": version}
        raise Conflict(Problem("record.stale_version", "", message, params))
    along = {key: [one for other, one in going if other == key] for key, _ in going}
    held = list(_held(tx, form, record_id))
    blocking = [
        problem for reference, ids in held for problem in blocked(tx, reference, ids, along.get(reference.form.key, ()))
    ]
    if blocking:
        raise Conflict(blocking)
    for reference, ids in held:
        wish, inside = reference.field.options.get("on_delete"), reference.field.subform is not None
        if wish == "cascade" and not inside:
            _take_along(tx, reference, ids, going)
        elif wish in ("clear", "cascade"):
            clear(tx, reference, ids, stages.SYSTEM, rows=wish == "cascade")
    return _mark(tx, form, found, delete_it=True)


def restore_record(tx: Transaction, form: Form, record_id: int, *, grants: Iterable[Grant] = ()) -> Saved:
    """Take a record out of the trash. Raises `Rejected` where a unique value was taken meanwhile."""
    policy = policy_for(tx, form, grants=grants)
    policy.require("delete")
    found = _locked(tx, policy, record_id, "delete")
    if found[DELETED] is None:
        raise Conflict(Problem("record.not_in_trash", form.key, "The record is not in the trash", {"id": record_id}))
    guard(tx, form, policy, found, "restore")
    values = {key: found.get(key) for key in form.columns()}
    problems = list(constraints.taken(Draft(tx, form, policy, "update", {}, record_id, values=values)))
    if problems:
        raise Rejected(problems)
    return _mark(tx, form, found, delete_it=False)


def _locked(tx: Transaction, policy: Policy, record_id: int, operation: str) -> load.Row:
    flags: dict[str, Any] = {}
    if not policy.everywhere("read"):
        flags["_may_read"] = policy.rows("read")
    if not policy.everywhere(operation):
        flags["_may_write"] = policy.rows(operation)
    found = load.locked(tx, policy.form, record_id, flags)
    if found is None or not found.get("_may_read", True):
        raise NotFound(unknown(policy.form, record_id))
    if not found.get("_may_write", True):
        raise Forbidden(denied(policy.form, operation))
    return found


def _mark(tx: Transaction, form: Form, found: load.Row, *, delete_it: bool) -> Saved:
    kind, event = ("deleted", DELETED_EVENT) if delete_it else ("restored", RESTORED)
    version = found["_version"] + 1
    values = {key: found.get(key) for key in form.columns()}
    payload = {"old" if delete_it else "new": values}
    parameters = {**stages.trail(tx, form, kind, event, version, None, payload), "P_record_id": found[ID]}
    try:
        written = tx.connection.execute(mark_statement(form, delete_it=delete_it), parameters).one()
    except IntegrityError as error:
        draft = Draft(tx, form, policy_for(as_system(tx), form), "update", {}, found[ID], values=values)
        raise constraints.refused(draft, error) from error
    tx.events.append(written.event_id)
    tx.wake = tx.wake or bool(parameters["P_consumers"])
    follow_presence(tx, form, [found[ID]])
    return Saved(found[ID], version, values)


def _held(tx: Transaction, form: Form, record_id: int) -> Iterator[tuple[Reference, list[int]]]:
    """The fields that may point at a record, or at its rows, with the ids that they would hold."""
    for reference in references_to(form):
        yield reference, [record_id]
    for rows in form.forms.row_forms.values():
        if rows.of_rows is not None and rows.of_rows.form is form:
            mine = select(rows.table.c[ID]).where(rows.table.c[PARENT] == record_id).order_by(rows.table.c[ID])
            ids = list(tx.connection.execute(mine).scalars()) if references_to(rows) else []
            yield from ((reference, ids) for reference in references_to(rows) if ids)


def _take_along(tx: Transaction, reference: Reference, ids: Collection[int], going: set[Node]) -> None:
    """Move the records that point at a record to the trash, as the system, before it goes itself."""
    form = reference.form
    query = pointing(reference, ids).order_by(form.table.c[ID]).limit(MOST_ALONG + 1)
    found = [one for one in tx.connection.execute(query).scalars() if (form.key, one) not in going]
    if len(found) > MOST_ALONG:
        label = form.label(tx.actor.locale)
        message = f"More than {MOST_ALONG} records of {label} would be deleted along with it"
        params = {"form": label, "max": MOST_ALONG}
        raise Conflict(Problem("record.too_many_along", f"{form.key}.{reference.field.path}", message, params))
    from_system = as_system(tx)
    for one in found:
        if (form.key, one) not in going:  # something before it may have taken it along
            _delete(from_system, form, one, None, (), going)
