"""What stages ask of every write: page, API, import, flow, bulk and rules come here (docs/stages.md).

A new record begins where it is put, so that histories can be imported; what the stage asks on entry must hold, and is
only told (a warning) where an import or sample data brings the record. From then on every step is checked: whether the
definition knows the way, the entry condition, and, on the way forward, the fields and tasks of the stage that is left.
Giving up (to a lost or void stage) and going back ask for neither.
"""

from typing import Any, Final

from engines.form.fields.base import Field
from engines.form.fields.stage import Stage
from engines.form.stages.known import belongs, goes_on, may_go, process_of, since_of, staged, stages_by_key
from engines.form.stages.tasks import done_tasks
from engines.form.write.draft import Draft
from engines.kernel.problems import Problem

BRINGING: Final = ("import", "pack")
"""Writers that bring records which went their way elsewhere."""


def enter(draft: Draft) -> None:
    """Put a new record without a stage into the first one of its process, and keep since when a record is where it is.

    Before formulas, and again before the checks: rules may have moved the stage meanwhile.
    """
    for field in staged(draft.form):
        key = field.key
        if draft.operation == "create" and draft.values.get(key) is None and key not in draft.touched:
            first = _first(draft, field)
            if first is not None:
                draft.values[key] = draft.view[key] = first
        since = since_of(draft.form, key)
        if since is None:
            continue
        if draft.operation == "create" or draft.values.get(key) != draft.old.get(key):
            draft.values[since] = None if draft.values.get(key) is None else draft.tx.now
        else:
            draft.values[since] = draft.old.get(since)
        draft.view[since] = draft.values[since]


def check_stages(draft: Draft) -> None:
    """Note every reason why a record may not be in the stage that it is to have."""
    for field in staged(draft.form):
        enter(draft)
        if not draft.spoilt(field.key):
            _check(draft, field)


def _first(draft: Draft, field: Field) -> str | None:
    process = process_of(field, draft.view, draft.facts)
    known = stages_by_key(field).values()
    return next((one.key for one in known if not one.closed and belongs(one, process)), None)


def _check(draft: Draft, field: Field) -> None:
    stages = stages_by_key(field)
    created = draft.operation == "create"
    before, now = (None if created else draft.old.get(field.key)), draft.values.get(field.key)
    to, left = stages.get(str(now)), stages.get(str(before))
    moved = before != now
    if to is None:
        if left is not None and now is None:
            draft.problem("stage.emptied", field.key, f"{field.label} cannot be emptied once it has begun", field)
        return
    if (moved or _other_process(draft, field)) and not belongs(to, process_of(field, draft.view, draft.facts)):
        message = f"{_name(draft, to)} is no stage of this record's process"
        draft.problem("stage.other_process", field.key, message, field, stage=_name(draft, to))
        return
    if not moved:
        return
    if left is not None:
        _leave(draft, field, left, to)
    condition = field.conditions.get(f"stages.{to.key}.enter")
    if condition is not None and not condition.evaluate(draft.view, draft.facts):
        text = to.message(draft.locale)
        code = "stage.entry_said" if text else "stage.entry"
        params: dict[str, Any] = {"label": field.label(draft.locale), "stage": _name(draft, to)}
        params |= {"text": text} if text else {"condition": condition.text}
        message = text or f"{_name(draft, to)} may be entered only when {condition.text}"
        problem = Problem(code, field.key, message, params)
        lenient = created and draft.tx.origin in BRINGING
        (draft.warnings if lenient else draft.problems).append(problem)


def _leave(draft: Draft, field: Field, left: Stage, to: Stage) -> None:
    names = {"stage": _name(draft, left), "to": _name(draft, to)}
    if not may_go(left, to):
        back = to.place < left.place
        code = "stage.no_return" if back else "stage.no_way"
        message = f"No way leads {'back ' if back else ''}from {names['stage']} to {names['to']}"
        draft.problem(code, field.key, message, field, **names)
        return
    if not goes_on(left, to):
        return
    for key in missing_fields(draft, left):
        one = draft.form.fields[key]
        message = f"{one.label} has to be filled before {names['stage']} is left"
        draft.problem("stage.needs", key, message, one, **names)
    tasks = open_tasks(draft, field, left)
    if tasks:
        told = ("、" if draft.locale.startswith("zh") else ", ").join(tasks)
        message = f"Still to be done in {names['stage']}: {told}"
        draft.problem("stage.tasks", field.key, message, field, tasks=told, **names)


def missing_fields(draft: Draft, stage: Stage) -> list[str]:
    """The fields that a stage wants filled and that are blank; what rules hide is not asked for."""
    return [
        key
        for key in stage.needs
        if key in draft.form.fields
        and draft.values.get(key) in (None, (), [], "")
        and (draft.state is None or draft.state.sees(key))
        and not draft.spoilt(key)
    ]


def open_tasks(draft: Draft, field: Field, stage: Stage) -> list[str]:
    """The titles of the tasks of a stage that have to be done and are not."""
    asked = [task for task in stage.tasks if not task.optional]
    if not asked or draft.record_id is None:
        return []
    done = done_tasks(draft.tx, draft.form, draft.record_id, field, stage.key)
    return [task.title(draft.locale) for task in asked if task.key not in done]


def _other_process(draft: Draft, field: Field) -> bool:
    """Whether something that the processes ask about was sent with this write."""
    heads = {
        path[0]
        for at, condition in field.conditions.items()
        if at.startswith("processes.")
        for path in condition.references
    }
    return any(draft.values.get(key) != draft.old.get(key) for key in heads if key in draft.form.fields)


def _name(draft: Draft, stage: Stage) -> str:
    return stage.label(draft.locale)
