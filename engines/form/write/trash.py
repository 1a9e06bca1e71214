"""Into the trash and out of it. A record that others point at stays, unless their fields may be emptied."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Select, func, select
from sqlalchemy.exc import IntegrityError

from engines.form.derive.follow import follow_presence
from engines.form.events import DELETED as DELETED_EVENT
from engines.form.events import RESTORED, consumers_of, depth_of
from engines.form.fields.base import Field
from engines.form.fields.link import part_of
from engines.form.form import Form
from engines.form.names import DELETED, ID, LINK_SOURCE, LINK_TARGET, PARENT
from engines.form.nested import fresh_rows, holders_of, rows_of
from engines.form.policy import Grant, Policy, policy_for
from engines.form.policy.policy import denied
from engines.form.protect.seal import sealed_values
from engines.form.titles import titles
from engines.form.transaction import Transaction
from engines.form.write import constraints, load, stages
from engines.form.write.behave import guard
from engines.form.write.draft import Draft, Saved
from engines.form.write.encode import encode
from engines.form.write.locks import require_unlocked
from engines.form.write.statements import mark_statement
from engines.kernel.problems import Conflict, Forbidden, NotFound, Problem, Rejected

NAMED: Final = 5
"""So many of the records that stand in the way are named."""
MOST_ALONG: Final = 1000
"""At most so many records of a form go to the trash along with one that they point at."""
Node = tuple[str, int]
"""A record: its form and its id."""


@dataclass(frozen=True)
class Reference:
    """A field of a form that points at another form."""

    form: Form
    field: Field


@lru_cache(maxsize=1024)
def references_to(form: Form) -> tuple[Reference, ...]:
    """Every field of the app that points at a form, those of sub-forms included."""
    return tuple(
        Reference(other, one)
        for other in sorted(form.forms.own(), key=lambda other: other.key)
        for one in _every(other)
        if one.storage != "none" and one.type.target_form(one) == form.key
    )


def _every(form: Form) -> Iterator[Field]:
    yield from form.parts.values()
    for one in form.fields.values():
        yield one
        yield from one.rows.values()


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
        raise NotFound(_unknown(form, record_id))
    require_unlocked(tx, form, found, given)
    guard(tx, form, policy, found, "delete")
    if version is not None and version != found["_version"]:
        message = "The record was changed since it was read"
        params = {"version": found["_version"], "given": version}
        raise Conflict(Problem("record.stale_version", "", message, params))
    references = references_to(form)
    blocking = [problem for reference in references for problem in _blocked(tx, reference, record_id, going)]
    if blocking:
        raise Conflict(blocking)
    for reference in references:
        wish, inside = reference.field.options.get("on_delete"), reference.field.subform is not None
        if wish == "cascade" and not inside:
            _take_along(tx, reference, record_id, going)
        elif wish in ("clear", "cascade"):
            _clear(tx, reference, record_id, rows=wish == "cascade")
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
        raise NotFound(_unknown(policy.form, record_id))
    if not found.get("_may_write", True):
        raise Forbidden(denied(policy.form, operation))
    return found


def _mark(tx: Transaction, form: Form, found: load.Row, *, delete_it: bool) -> Saved:
    kind, event = ("deleted", DELETED_EVENT) if delete_it else ("restored", RESTORED)
    version = found["_version"] + 1
    values = {key: found.get(key) for key in form.columns()}
    parameters = {
        "P_at": tx.now,
        "P_actor": tx.actor.id,
        "P_origin": tx.origin,
        "P_cause": tx.cause,
        "P_log_form": form.table.name,
        "P_kind": kind,
        "P_old": None,
        "P_event_type": event,
        "P_event_form": form.key,
        "P_payload": encode({"old" if delete_it else "new": sealed_values(form, values)}),
        "P_depth": depth_of(tx.cause),
        "P_consumers": list(consumers_of(form, event)),
        "P_version": version,
        "P_record_id": found[ID],
    }
    try:
        written = tx.connection.execute(mark_statement(form, delete_it=delete_it), parameters).one()
    except IntegrityError as error:
        draft = Draft(tx, form, policy_for(replace_actor(tx), form), "update", {}, found[ID], values=values)
        raise constraints.refused(draft, error) from error
    tx.events.append(written.event_id)
    tx.wake = tx.wake or bool(parameters["P_consumers"])
    follow_presence(tx, form, [found[ID]])
    return Saved(found[ID], version, values)


def _pointing(reference: Reference, record_id: int) -> Select[Any]:
    """The ids of the records (not in the trash) that point at a record through one field."""
    form, one = reference.form, reference.field
    table = form.table
    query = select(table.c[ID]).where(table.c[DELETED].is_(None))
    owner = form.subforms[one.subform].table if one.subform else table
    if one.links is not None:
        inner = select(one.links.c[LINK_SOURCE]).where(one.links.c[LINK_TARGET] == record_id)
        if one.subform:
            inner = select(owner.c[PARENT]).where(owner.c[ID].in_(inner))
        return query.where(table.c[ID].in_(inner))
    if one.subform:
        rows = select(owner.c[PARENT]).where(owner.c[one.key] == record_id)
        outer = form.subforms[one.subform].outer
        if outer is not None:
            rows = select(outer.table.c[PARENT]).where(outer.table.c[ID].in_(rows))
        return query.where(table.c[ID].in_(rows))
    return query.where(table.c[one.key] == record_id)


def _take_along(tx: Transaction, reference: Reference, record_id: int, going: set[Node]) -> None:
    """Move the records that point at a record to the trash, as the system, before it goes itself."""
    form = reference.form
    query = _pointing(reference, record_id).order_by(form.table.c[ID]).limit(MOST_ALONG + 1)
    ids = [one for one in tx.connection.execute(query).scalars() if (form.key, one) not in going]
    if len(ids) > MOST_ALONG:
        label = form.label(tx.actor.locale)
        message = f"More than {MOST_ALONG} records of {label} would be deleted along with it"
        params = {"form": label, "max": MOST_ALONG}
        raise Conflict(Problem("record.too_many_along", f"{form.key}.{reference.field.path}", message, params))
    from_system = replace_actor(tx)
    for one in ids:
        if (form.key, one) not in going:  # something before it may have taken it along
            _delete(from_system, form, one, None, (), going)


def _blocked(tx: Transaction, reference: Reference, record_id: int, going: set[Node]) -> Iterator[Problem]:
    """The problem of records that hold this one; one that points at itself, or goes too, does not."""
    one = reference.field
    if one.options.get("on_delete") in ("clear", "cascade"):
        return
    query = _pointing(reference, record_id)
    along = [identity for key, identity in going if key == reference.form.key]
    if along:
        query = query.where(reference.form.table.c[ID].not_in(along))
    ids = list(tx.connection.execute(query.order_by(reference.form.table.c[ID]).limit(NAMED)).scalars())
    if not ids:
        return
    count = tx.connection.execute(select(func.count()).select_from(query.subquery())).scalar_one()
    named = list(titles(tx, reference.form, ids).values())
    label = reference.form.label(tx.actor.locale)
    message = f"{count} records of {label} point at this record: {', '.join(named)}"
    params = {"form": label, "field": one.label(tx.actor.locale), "count": count, "titles": named}
    yield Problem("record.referenced", f"{reference.form.key}.{one.path}", message, params)


def _clear(tx: Transaction, reference: Reference, record_id: int, *, rows: bool = False) -> None:
    """Empty a field in every record that points at a record, through the write path, as the system.

    With `rows` the rows of sub-forms that point at it are taken out.
    """
    from_system = replace_actor(tx)
    one = reference.field
    query = _pointing(reference, record_id).order_by(reference.form.table.c[ID])
    for pointing in tx.connection.execute(query).scalars().all():
        policy = policy_for(from_system, reference.form)
        draft = Draft(from_system, reference.form, policy, "update", {}, pointing)
        old = load.locked(from_system, reference.form, pointing, {})
        if old is None:
            continue
        draft.old = old | load.inner(from_system, reference.form, pointing)
        draft.values = {key: draft.old.get(key) for key in reference.form.fields}
        draft.values |= fresh_rows(reference.form, draft.old)
        holders = [draft.values]
        if one.subform:
            sub = reference.form.subforms[one.subform]
            for _, holder in list(holders_of(draft.values, sub)) if rows else ():
                kept = [row for row in holder.get(sub.key) or () if row.get(one.key) != record_id]
                holder[sub.key] = kept
            holders = [row for _, row in rows_of(draft.values, one.subform)]
        draft.touched.add(one.path.partition(".")[0])
        if one.key in reference.form.parts:
            draft.touched.add(part_of(one))
            draft.values[part_of(one)] = None
        for holder in holders:
            value = holder.get(one.key)
            if isinstance(value, tuple):
                holder[one.key] = tuple(other for other in value if other != record_id) or None
            elif value == record_id:
                holder[one.key] = None
        for stage in stages.SYSTEM:
            stage(draft)


def replace_actor(tx: Transaction) -> Transaction:
    """The same transaction with the rights of the system; the log keeps the person who caused it."""
    return replace(tx, actor=replace(tx.actor, is_system=True))


def _unknown(form: Form, record_id: int) -> Problem:
    message = f"There is no record #{record_id} of {form.label}, or you may not see it"
    return Problem("record.unknown", form.key, message, {"id": record_id, "form": str(form.label)})
