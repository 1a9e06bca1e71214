"""The one way to write records (D4): pages, API, imports, flows, automations, sample data and undo all come here.

Each function works inside the caller's transaction and never commits. It either does everything or raises with every
problem found, at paths like `lines[2].qty`; then the caller rolls back.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from engines.form.form import Form
from engines.form.nested import fresh_rows, row_fields
from engines.form.policy import Grant, policy_for
from engines.form.policy.policy import denied, unknown
from engines.form.transaction import Transaction
from engines.form.write import load, stages
from engines.form.write.draft import Draft, Saved
from engines.form.write.locks import require_unlocked
from engines.form.write.merge import base_at
from engines.form.write.reach import reach_of
from engines.form.write.trash import delete_record, restore_record
from engines.kernel.problems import Conflict, Forbidden, NotFound, Problem, Rejected

__all__ = ["Saved", "create_record", "delete_record", "restore_record", "update_record"]


def create_record(tx: Transaction, form: Form, values: Mapping[str, Any], *, grants: Iterable[Grant] = ()) -> Saved:
    """Check and store a new record.

    `values` is what a form or the API sends, by field key; a sub-form is a list of rows, a relation an id or
    `{"id": 7}`. Raises `Rejected` with every problem, `Forbidden` where the actor may not.
    """
    _writable(form)
    policy = policy_for(tx, form, grants=grants)
    policy.require("create")
    draft = Draft(tx, form, policy, "create", values)
    draft.values = dict.fromkeys(form.fields)
    draft.values |= {key: [] for key in form.subforms}
    for stage in stages.CREATE:
        stage(draft)
    return stages.saved(draft)


def update_record(
    tx: Transaction,
    form: Form,
    record_id: int,
    values: Mapping[str, Any],
    *,
    base: Mapping[str, Any] | None = None,
    version: int | None = None,
    grants: Iterable[Grant] = (),
) -> Saved:
    """Change the fields in `values`; the others stay.

    A sub-form is the full list of its rows (those with `id` are changed, absent ones removed) or
    `{"rows": [...], "partial": true}`. `base` holds the values that the caller's form was opened with (or `version`
    the record's version then): what others changed meanwhile is kept, what both changed raises `Conflict` with a
    problem `record.stale` for each field; a record in approval raises `Conflict` too (`record.in_approval`). Nothing
    changed: no new version, no event. Rows that the change has nothing to do with are neither read nor given back.
    """
    _writable(form)
    given = tuple(grants)
    policy = policy_for(tx, form, grants=given)
    policy.require("update")
    draft = Draft(tx, form, policy, "update", values, record_id)
    draft.old = _locked(draft, "update")
    require_unlocked(tx, form, draft.old, given)
    draft.version = draft.old["_version"]
    if base is None and version in (None, draft.version):
        draft.reach = reach_of(tx, form, record_id, values.keys())
    draft.old |= load.inner(tx, form, record_id, draft.reach.unread)
    draft.base = base
    if version is not None and version != draft.version and base is None:
        draft.base = base_at(tx, form, record_id, version, draft.old)
        if draft.base is None:
            message = "The record was changed since it was read"
            raise Conflict(Problem("record.stale_version", "", message, {"version": draft.version, "given": version}))
    draft.values = {key: draft.old.get(key) for key in form.fields}
    draft.values |= fresh_rows(form, draft.old)
    for stage in stages.UPDATE:
        stage(draft)
    return stages.saved(draft)


def _locked(draft: Draft, operation: str) -> load.Row:
    """The stored record, locked and judged: there, readable, changeable. Fields with rights by row are settled."""
    policy, form = draft.policy, draft.form
    flags: dict[str, Any] = {}
    if not policy.everywhere("read"):
        flags["_may_read"] = policy.rows("read")
    if not policy.everywhere(operation):
        flags["_may_write"] = policy.rows(operation)
    for path in _paths(draft):
        answer = policy.edits(path, operation)
        if answer is True or answer is False:
            draft.rights[path] = answer
        else:
            flags[f"_edit.{path}"] = answer
    found = load.locked(draft.tx, form, draft.record_id or 0, flags, draft.given)
    if found is None or found["_deleted_at"] is not None or not found.get("_may_read", True):
        raise NotFound(unknown(form, draft.record_id))
    if not found.get("_may_write", True):
        raise Forbidden(denied(form, operation))
    for name in list(found):
        if name.startswith("_edit."):
            draft.rights[name.removeprefix("_edit.")] = bool(found.pop(name))
    return found


def _paths(draft: Draft) -> Iterable[str]:
    for key in draft.given:
        if key in draft.form.fields:
            yield key
        if key in draft.form.subforms:
            yield from (one.path for one in row_fields(draft.form.subforms[key]))


def _writable(form: Form) -> None:
    if form.system:
        message = f"{form.label} is kept by the workspace and is not written as records"
        raise Rejected(Problem("form.not_writable", form.key, message, {"form": str(form.label)}))
