"""The named stages of a write, in their order (D4).

`policy` on the old row, `parse`, `merge` (another's changes), `defaults`, `parents` (locks of what counts the record),
`related`, `formulas`, `checks` (required, rules, uniqueness), `serials`, `row` (record, rows, links, log, event and
deliveries in one statement), `rollups`, `aggregates`, `judge` (policy on the new row). Every consumer has its place,
also where nothing stands in it yet.
"""

from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError

from engines.form import ranges
from engines.form.choosing import hold as choosing
from engines.form.derive.stage import begun, parents, rollups
from engines.form.events import CREATED, UPDATED, consumers_of, depth_of
from engines.form.form import Form
from engines.form.names import DEPARTMENT, ID, LINK_POSITION, LINK_SOURCE, LINK_TARGET, OWNER, PARENT, POSITION, SEARCH
from engines.form.policy.policy import Policy, denied
from engines.form.protect.seal import sealed_values
from engines.form.stages.history import follow_stages
from engines.form.transaction import Transaction
from engines.form.write import compute, constraints
from engines.form.write.behave import settle
from engines.form.write.draft import Draft, Saved
from engines.form.write.encode import encode
from engines.form.write.files import claim, files
from engines.form.write.holding import release_rows
from engines.form.write.merge import merge
from engines.form.write.parse import parse
from engines.form.write.related import related
from engines.form.write.rows import (
    changed_columns,
    changed_keys,
    changed_parts,
    created_columns,
    kept_words,
    nested_parts,
    new_parts,
    old_of,
)
from engines.form.write.serials import serials
from engines.form.write.stage_checks import enter
from engines.form.write.statements import create_statement, nested_statement, update_statement
from engines.kernel.problems import Conflict, Forbidden, Problem, Rejected

Stage = Callable[[Draft], None]


def ownership(draft: Draft) -> None:
    """A new record belongs to who made it, in that person's main department; the department follows the owner."""
    actor, table = draft.tx.actor, draft.form.table
    if OWNER not in table.c:
        return
    if draft.operation == "create":
        draft.system.setdefault(OWNER, actor.id)
    owner = draft.system.get(OWNER)
    changed = OWNER in draft.system and owner != draft.old.get(OWNER)
    if DEPARTMENT not in draft.system and (changed or draft.operation == "create"):
        draft.system[DEPARTMENT] = actor.main_department if owner == actor.id else _department_of(draft, owner)


def _department_of(draft: Draft, owner: int | None) -> int | None:
    if owner is None:
        return None
    if draft.memory is not None and owner in draft.memory.departments:
        return draft.memory.departments[owner]
    members = draft.form.forms.get("_member").table
    found = draft.tx.connection.execute(select(members.c.department).where(members.c.id == owner)).one_or_none()
    if found is None:
        one = draft.form.system_fields[OWNER]
        draft.problem("relation.not_found", OWNER, "There is no such member", one, ids=[owner], form="_member")
        return None
    department: int | None = found[0]
    if draft.memory is not None:
        draft.memory.departments[owner] = department
    return department


def system_view(draft: Draft) -> None:
    """Expressions may name system columns: those of the old record, else of the one that is about to be."""
    tx = draft.tx
    for key in draft.form.system_fields:
        draft.view.setdefault(key, draft.system.get(key, draft.old.get(key)))
    if draft.operation == "create":
        draft.view |= {"_created_at": tx.now, "_created_by": tx.actor.id}
    draft.view |= {"_updated_at": tx.now, "_updated_by": tx.actor.id}
    for key in (OWNER, DEPARTMENT):
        if key in draft.system:
            draft.view[key] = draft.system[key]
    enter(draft)


def checks(draft: Draft) -> None:
    """Everything that must hold before a write; raises with all that is wrong at once."""
    compute.required(draft)
    compute.counts(draft)
    compute.choices(draft)
    ranges.hold(draft)
    choosing.hold(draft)
    compute.readonly(draft)
    compute.rules(draft)
    draft.problems += constraints.doubled_rows(draft)
    if draft.problems or constraints.undecided(draft.form):
        draft.problems += constraints.taken(draft)
    if draft.denials:
        raise Forbidden([*draft.denials, *draft.problems])
    if draft.problems:
        raise Rejected(draft.problems)


def row(draft: Draft) -> None:
    """Write the record with everything that belongs to it in one statement."""
    if draft.operation == "create":
        _create(draft)
    else:
        _update(draft)
    if draft.record_id is not None and (draft.operation == "create" or draft.changed):
        follow_stages(draft.tx, draft.form, [draft.record_id])


def released(draft: Draft) -> None:
    """Rows that go are let go by what points at them, or stay."""
    release_rows(draft, SYSTEM)


def aggregates(draft: Draft) -> None:
    """Place of aggregate tables: the net change per key, written last before COMMIT (D10)."""


def judge(draft: Draft) -> None:
    """Judge the stored row: it must be one that the actor may create or change, with the fields that were given."""
    policy, operation = draft.policy, draft.operation
    if not allowed_by_owner(policy, operation, draft.system.get(OWNER, draft.old.get(OWNER)), _dept(draft)):
        table = draft.form.table
        query = select(1).select_from(table).where(table.c[ID] == draft.record_id, policy.rows(operation))
        if draft.tx.connection.execute(query).first() is None:
            raise Forbidden(_outside(draft))
    late = {path: policy.edits(path, operation) for path in draft.later}
    if late:
        table = draft.form.table
        conditions = [right.label(path) for path, right in late.items() if not isinstance(right, bool)]
        found = draft.tx.connection.execute(select(*conditions).where(table.c[ID] == draft.record_id)).mappings().one()
        wrong = [path for path, right in found.items() if not right]
        if wrong:
            raise Forbidden(
                Problem("record.field_denied", path, "You may not give this field", {"label": _label(draft, path)})
                for path in wrong
            )


def allowed_by_owner(policy: Policy, operation: str, owner: int | None, department: int | None) -> bool:
    """Whether a row is in reach by its owner or department alone; False says nothing yet."""
    if policy.everywhere(operation):
        return True
    actor = policy.tx.actor
    for grant in policy.having(operation):
        for rule in grant.rules:
            scope = rule.get("scope")
            if scope in ("own", "team", "department") and owner is not None and owner == actor.id:
                return True
            if scope == "team" and owner in actor.subordinates:
                return True
            if scope == "department" and department in actor.managed_departments:
                return True
    return False


CREATE: Final[tuple[Stage, ...]] = (
    parse,
    begun,
    ownership,
    compute.defaults,
    parents,
    related,
    compute.related_defaults,
    system_view,
    compute.formulas,
    settle,
    files,
    checks,
    serials,
    row,
    claim,
    rollups,
    aggregates,
    judge,
)

UPDATE: Final[tuple[Stage, ...]] = (
    parse,
    merge,
    ownership,
    compute.defaults,
    begun,
    parents,
    related,
    compute.related_defaults,
    system_view,
    compute.formulas,
    settle,
    files,
    checks,
    released,
    row,
    claim,
    rollups,
    aggregates,
    judge,
)


SYSTEM: Final[tuple[Stage, ...]] = (
    parents,
    related,
    system_view,
    compute.formulas,
    released,
    row,
    rollups,
    aggregates,
)
"""For changes that the engine itself makes to values (emptied relations): no person's rights, no rules."""


def _create(draft: Draft) -> None:
    columns, parts = created_columns(draft), new_parts(draft)
    parameters = {f"V_{key}": value for key, value in columns.items()}
    parameters |= {f"R_{key}_new": value for key, value in parts.items()}
    visible = {key: value for key, value in draft.values.items() if value not in (None, [], ())}
    parameters |= trail(draft.tx, draft.form, "created", CREATED, 1, None, {"new": visible})
    statement = create_statement(draft.form, tuple(columns), frozenset(parts))
    _execute(draft, statement, parameters)
    row_links(draft)
    nested_rows(draft)
    draft.old = {"_version": 1}


def _update(draft: Draft) -> None:
    keys = changed_keys(draft)
    version = draft.old["_version"]
    if not keys:
        return
    columns, parts = changed_columns(draft, keys), changed_parts(draft, keys)
    old = old_of(draft, keys)
    new = {key: draft.system[key] if key in draft.system else draft.values.get(key) for key in keys}
    parameters = {f"V_{key}": value for key, value in columns.items()}
    parameters |= {f"R_{key}_{what}": value for (key, what), value in parts.items()}
    parameters |= trail(
        draft.tx, draft.form, "updated", UPDATED, version + 1, old, {"old": _told(draft, keys), "new": new}
    )
    parameters["P_record_id"] = draft.record_id
    kept = kept_words(draft) if SEARCH in columns else []
    if kept:
        parameters["P_kept"] = kept
    statement = update_statement(draft.form, tuple(columns), frozenset(parts), keeping=bool(kept))
    _execute(draft, statement, parameters)
    row_links(draft)
    nested_rows(draft)
    draft.changed = keys


def _told(draft: Draft, keys: list[str]) -> dict[str, Any]:
    return {key: draft.old.get(key) for key in keys}


def trail(tx: Transaction, form: Form, kind: str, event: str, version: int, old: Any, payload: Any) -> dict[str, Any]:
    """The parameters of the log row, the event and the deliveries."""
    return {
        "P_at": tx.now,
        "P_actor": tx.actor.id,
        "P_origin": tx.origin,
        "P_cause": tx.cause,
        "P_log_form": form.table.name,
        "P_kind": kind,
        "P_old": None if old is None else encode(sealed_values(form, old)),
        "P_event_type": event,
        "P_event_form": form.key,
        "P_payload": encode({name: sealed_values(form, values) for name, values in payload.items()}),
        "P_depth": depth_of(tx.cause),
        "P_consumers": list(consumers_of(form, event)),
        "P_version": version,
    }


def _execute(draft: Draft, statement: Any, parameters: dict[str, Any]) -> None:
    try:
        written = draft.tx.connection.execute(statement, parameters).one()
    except IntegrityError as error:
        raise constraints.refused(draft, error) from error
    draft.record_id = written.id
    draft.version = parameters["P_version"]
    draft.tx.events.append(written.event_id)
    draft.tx.wake = draft.tx.wake or bool(parameters["P_consumers"])


def row_links(draft: Draft) -> None:
    """Links of rows (members of a team line): rows have their ids only now. Rare, so one statement each."""
    for key, sub in draft.form.subforms.items():
        if not sub.links or not (draft.operation == "create" or key in draft.touched):
            continue
        table = sub.table
        query = select(table.c[ID]).where(table.c[PARENT] == draft.record_id).order_by(table.c[POSITION])
        ids = draft.tx.connection.execute(query).scalars().all()
        for name, links in sub.links.items():
            draft.tx.connection.execute(delete(links).where(links.c[LINK_SOURCE].in_(ids)))
            rows = [
                {LINK_SOURCE: row_id, LINK_TARGET: target, LINK_POSITION: place}
                for row_id, row in zip(ids, draft.values.get(key) or (), strict=True)
                for place, target in enumerate(row.get(name) or ())
            ]
            if rows:
                draft.tx.connection.execute(insert(links), rows)


def nested_rows(draft: Draft) -> None:
    """Rows of rows: what they stand in has its ids only now. At most three statements for each sub-form of rows."""
    for sub in draft.form.every_subform():
        if sub.outer is None or not (draft.operation == "create" or sub.outer.key in draft.touched):
            continue
        if not any(row.get(sub.key) for values in (draft.values, draft.old) for row in values.get(sub.outer.key) or ()):
            continue
        table = sub.outer.table
        query = select(table.c[ID]).where(table.c[PARENT] == draft.record_id).order_by(table.c[POSITION])
        parts = nested_parts(draft, sub, draft.tx.connection.execute(query).scalars().all())
        for what, given in parts.items():
            if given:
                value = given if what == "gone" else encode(given)
                try:
                    draft.tx.connection.execute(nested_statement(draft.form, sub.path, what), {"R_nested": value})
                except IntegrityError as error:
                    raise constraints.refused(draft, error) from error


def _dept(draft: Draft) -> int | None:
    department: int | None = draft.system.get(DEPARTMENT, draft.old.get(DEPARTMENT))
    return department


def _label(draft: Draft, path: str) -> str:
    return draft.form.at(path).label(draft.locale)


def _outside(draft: Draft) -> Problem:
    if draft.operation == "create":
        return denied(draft.form, "create")
    message = "After this change the record would be out of your reach"
    return Problem("record.out_of_reach", draft.form.key, message, {"form": draft.form.label(draft.locale)})


def saved(draft: Draft) -> Saved:
    """What the caller gets."""
    if draft.record_id is None:
        raise Conflict(Problem("record.refused", "", "Nothing was written", {}))
    values = {key: value for key, value in draft.values.items() if not key.startswith("_") or key in draft.system}
    values = {key: value for key, value in values.items() if key not in draft.reach.unread}
    changed = draft.operation == "create" or bool(draft.changed)
    return Saved(draft.record_id, draft.version, values, changed, tuple(draft.warnings))
