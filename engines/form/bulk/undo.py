"""Undo of a whole bulk write, from the change log: nothing else had to be kept.

Records that it created go to the trash, unless somebody changed them since or others point at them. Records that it
changed get their old values back, field by field, where the field was not changed since. What stays is reported.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import BigInteger, Text, and_, bindparam, exists, func, insert, literal, select, update

from engines.form.bulk.plan import get_ledger, note
from engines.form.derive.follow import follow_presence
from engines.form.derive.locks import lock_pointed, pointed_by
from engines.form.events import UNDONE, publish
from engines.form.form import Form
from engines.form.names import DELETED, ID, LINK_SOURCE, LINK_TARGET, PARENT, UPDATED_AT, UPDATED_BY, VERSION
from engines.form.policy import policy_for
from engines.form.policy.rules import ids as among
from engines.form.protect.seal import opened_values
from engines.form.system import CHANGE
from engines.form.titles import titles
from engines.form.transaction import Transaction, as_system
from engines.form.write import load, stages
from engines.form.write.draft import Draft
from engines.form.write.holding import Reference, references_to
from engines.kernel.problems import Conflict, Forbidden, Problem, ProblemError

SIZE: Final = 2_000


@dataclass(frozen=True, slots=True)
class Kept:
    """A record that stays as it is, or partly: why (`changed`, `referenced`), and which fields."""

    record_id: int
    why: str
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Undone:
    """What one step undid. `last` is where to go on, None at the end."""

    removed: int = 0
    reverted: int = 0
    kept: tuple[Kept, ...] = ()
    last: int | None = None
    titles: Mapping[int, str] = field(default_factory=dict)


def undo_chunk(tx: Transaction, form: Form, ledger_id: int, *, after: int = 0, size: int = SIZE) -> Undone:
    """Undo the next records of a ledger, in the order of their ids; call it until `last` is None.

    Repeating it is harmless. Raises `Conflict` for a ledger that is not finished, `Forbidden` for others than who made
    it and administrators.
    """
    ledger = get_ledger(tx, ledger_id, lock=True)
    if ledger.state not in ("done", "undone", "applying"):
        raise Conflict(Problem("bulk.not_done", "", "This import is not finished", {"id": ledger_id}))
    _may_undo(tx, ledger_id)
    mine = and_(CHANGE.c.cause == ledger.cause, CHANGE.c.record_id > after)
    query = select(CHANGE.c.record_id, CHANGE.c.kind, CHANGE.c.version, CHANGE.c.old).where(mine)
    rows = tx.connection.execute(query.order_by(CHANGE.c.record_id).limit(size)).all()
    created = [row.record_id for row in rows if row.kind == "created"]
    updated = [row for row in rows if row.kind == "updated"]
    before, origin = tx.cause, tx.origin
    tx.cause, tx.origin = f"undo:{ledger_id}", "undo"
    try:
        removed, kept = _remove(tx, form, created)
        reverted = 0
        for row in updated:
            done, left = _revert(tx, form, row.record_id, row.version, opened_values(form, row.old or {}))
            reverted += done
            kept += left
    finally:
        tx.cause, tx.origin = before, origin
    last = rows[-1].record_id if len(rows) == size else None
    if last is None:
        note(tx, ledger_id, state="undone", undone_at=tx.now)
        publish(tx, form.app, UNDONE, form=form.key, payload={"ledger": ledger_id})
    named = titles(tx, form, [one.record_id for one in kept])
    return Undone(removed, reverted, tuple(kept), last, named)


def _may_undo(tx: Transaction, ledger_id: int) -> None:
    from_log = select(CHANGE.c.actor).where(CHANGE.c.cause == f"ledger:{ledger_id}").limit(1)
    actor = tx.connection.execute(from_log).scalar_one_or_none()
    if not (tx.actor.is_admin or tx.actor.is_system or actor == tx.actor.id):
        message = "Only who made an import and administrators may undo it"
        raise Forbidden(Problem("bulk.undo_denied", "", message, {"id": ledger_id}))


def _remove(tx: Transaction, form: Form, ids: list[int]) -> tuple[int, list[Kept]]:
    """Move untouched records to the trash, all at once, with log."""
    if not ids:
        return 0, []
    table = form.table
    lock_pointed(tx, form, pointed_by(tx, form, ids))
    query = select(table.c[ID], table.c[VERSION], table.c[DELETED]).where(table.c[ID] == among(ids))
    rows = tx.connection.execute(query.order_by(table.c[ID]).with_for_update()).all()
    kept = [Kept(row.id, "changed") for row in rows if row[1] != 1 and row[2] is None]
    fresh = [row.id for row in rows if row[1] == 1 and row[2] is None]
    held = _held(tx, form, fresh)
    kept += [Kept(one, "referenced") for one in sorted(held)]
    gone = [one for one in fresh if one not in held]
    if gone:
        marked = (
            update(table)
            .where(table.c[ID] == among(gone))
            .values({DELETED: tx.now, VERSION: table.c[VERSION] + 1, UPDATED_AT: tx.now, UPDATED_BY: tx.actor.id})
            .returning(table.c[ID], table.c[VERSION])
            .cte("marked")
        )
        log = insert(CHANGE).from_select(
            ["form", "record_id", "version", "at", "actor", "origin", "kind", "cause"],
            select(
                literal(table.name),
                marked.c[ID],
                marked.c[VERSION],
                literal(tx.now),
                bindparam(None, tx.actor.id, type_=BigInteger),
                literal("undo"),
                literal("deleted"),
                bindparam(None, tx.cause, type_=Text),
            ),
        )
        tx.connection.execute(select(func.count()).select_from(marked).add_cte(log.cte("log")))
        follow_presence(tx, form, gone)
    return len(gone), kept


def _held(tx: Transaction, form: Form, ids: list[int]) -> set[int]:
    """Which of these records others point at that are not among them."""
    held: set[int] = set()
    for reference in references_to(form):
        if reference.field.options.get("on_delete") != "clear":
            held |= set(tx.connection.execute(_pointed_at(reference, form, ids)).scalars())
    return held


def _pointed_at(reference: Reference, form: Form, ids: list[int]) -> Any:
    one, other = reference.field, reference.form.table.alias()
    alive: Any = other.c[DELETED].is_(None)
    if reference.form is form:
        alive = and_(alive, ~(other.c[ID] == among(ids)))
    owner: Any = other
    if one.subform:
        owner = reference.form.subforms[one.subform].table.alias()
        alive = and_(alive, owner.c[PARENT] == other.c[ID])
    if one.links is not None:
        links = one.links
        here = and_(links.c[LINK_SOURCE] == owner.c[ID], alive)
        return select(links.c[LINK_TARGET]).where(links.c[LINK_TARGET] == among(ids), exists().where(here))
    query = select(owner.c[one.key]).where(owner.c[one.key] == among(ids), alive)
    return query.distinct()


def _revert(
    tx: Transaction, form: Form, record_id: int, version: int, old: Mapping[str, Any]
) -> tuple[int, list[Kept]]:
    """Give one record the old values of the fields that nobody changed since."""
    later = select(CHANGE.c.old).where(
        CHANGE.c.form == form.table.name, CHANGE.c.record_id == record_id, CHANGE.c.version > version
    )
    changed = {key for found in tx.connection.execute(later).scalars() for key in found or {}}
    system = as_system(tx)
    found = load.locked(system, form, record_id, {})
    if found is None or found[DELETED] is not None:
        return 0, []
    draft = Draft(system, form, policy_for(system, form), "update", {}, record_id)
    draft.old = found | load.inner(system, form, record_id)
    draft.values = {key: draft.old.get(key) for key in form.fields}
    kept = sorted(key for key in old if key in changed and key in form.fields)
    for key in old:
        one = form.fields.get(key)
        if key in changed or one is None or one.storage == "none" or not one.type.writable or key in form.subforms:
            continue
        try:
            draft.values[key] = one.type.parse(old[key], one, draft.context)
        except ProblemError:
            kept.append(key)
            continue
        draft.touched.add(key)
    draft.system = {key: old[key] for key in old if key.startswith("_") and key not in changed}
    for stage in stages.SYSTEM:
        stage(draft)
    return int(bool(draft.changed)), [Kept(record_id, "changed", tuple(kept))] if kept else []
