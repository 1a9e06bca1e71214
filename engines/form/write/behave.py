"""Stage `settle`: following fields, linkage, values that rules set, hidden fields; and what guards a record.

Everything is asked again until nothing changes: a value that a rule sets may be read by a formula, by the condition of
a linkage, by another rule. What does not come to rest is a problem and names the fields that keep moving.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from engines.form.around import in_row
from engines.form.fields.base import Field, Words
from engines.form.form import Form
from engines.form.names import ID
from engines.form.nested import fresh_rows
from engines.form.policy import Policy
from engines.form.rates.fill import fresh_values, missing_rates
from engines.form.rules.behaviour import Behaviour, behaviour_of, reads_of
from engines.form.rules.evaluate import Message, State, evaluate_rules, rules_for
from engines.form.rules.fit import fit
from engines.form.rules.follow import follow
from engines.form.rules.linkage import linked_choices, linked_rows, linked_value, operands
from engines.form.rules.model import FormRule, Operation
from engines.form.rules.places import column_of
from engines.form.transaction import Transaction
from engines.form.write import load
from engines.form.write.compute import default_value, formulas
from engines.form.write.draft import Draft, Row
from engines.form.write.related import related
from engines.formula.types import RowInRecord
from engines.kernel.problems import Conflict, Problem, Rejected

PASSES: Final = 8
_NOTHING: Final = object()


@dataclass(slots=True)
class _Pass:
    """What is remembered between the passes of one record."""

    draft: Draft
    behaviour: Behaviour
    answers: dict[Any, Any] = field(default_factory=dict)
    filled: dict[str, Any] = field(default_factory=dict)
    moved: set[str] = field(default_factory=set)
    links: bool = False


def settle(draft: Draft) -> None:
    """Bring the record to rest under its rules; leaves their answers in `draft.state`. Locked records raise."""
    behaviour = behaviour_of(draft.form)
    if not behaviour.acts:
        return
    if behaviour.locks and draft.operation == "update" and not draft.trusted and draft.touched:
        _refuse_locked(draft.tx, draft.form, stored_draft(draft))
    work = _Pass(draft, behaviour)
    for _ in range(PASSES):
        state = evaluate_rules(draft.form, draft.view, draft.facts, draft.operation)
        draft.state = state
        work.moved.clear()
        _hide(work, state)
        _set(work, state)
        _link(work, state)
        _follow(work, state)
        for path, one, value in fresh_values(draft):
            if not _settled(work, state, path):
                _assign(work, path, one, value)
        if not work.moved:
            break
        _refresh(work)
    else:
        names = ", ".join(sorted(work.moved))
        message = f"The rules of this form never come to rest: they keep changing {names}"
        draft.problem("rule.unsettled", sorted(work.moved)[0], message, None, fields=sorted(work.moved))
    missing_rates(draft)
    if draft.state is not None:
        _offer(work, draft.state)


def _text(rule: FormRule, one: Message, locale: str) -> str:
    words: Words = rule.message
    for action in rule.actions:
        if action.key == one.action:
            words = action.message
    return words(locale)


# -- guards of whole records -------------------------------------------------------------------------------------------


def guard(tx: Transaction, form: Form, policy: Policy, found: Row, operation: Operation) -> None:
    """Ask the rules whether a record may go into the trash or come out of it; raises with their messages."""
    behaviour = behaviour_of(form)
    person = not (tx.actor.is_system or tx.origin in ("import", "pack", "system", "undo", "flow", "automation"))
    if operation not in behaviour.guards and not (behaviour.locks and person):
        return
    draft = Draft(tx, form, policy, "update", {}, found[ID])
    draft.old = found | load.inner(tx, form, found[ID])
    stored = stored_draft(draft)
    if behaviour.locks and person and operation == "delete":
        _refuse_locked(tx, form, stored)
    state = evaluate_rules(form, stored.view, stored.facts, operation)
    rules = {rule.key: rule for rule in rules_for(form, operation)}
    problems = []
    for one in state.blocks:
        text = _text(rules[one.rule], one, tx.actor.locale)
        problems.append(Problem("record.rule", one.path, text, {"rule": one.rule, "text": text}))
    if problems:
        raise Rejected(problems)


def stored_draft(draft: Draft) -> Draft:
    """The record as it is stored, ready for expressions."""
    before = Draft(draft.tx, draft.form, draft.policy, "update", {}, draft.record_id, old=dict(draft.old))
    before.reach, before.reading = draft.reach, draft.reading
    before.values = {key: draft.old.get(key) for key in draft.form.fields}
    before.values |= fresh_rows(draft.form, draft.old)
    related(before)
    before.view |= {key: draft.old.get(key) for key in draft.form.system_fields}
    formulas(before)
    return before


def _refuse_locked(tx: Transaction, form: Form, stored: Draft) -> None:
    state = evaluate_rules(form, stored.view, stored.facts, "update")
    if not state.locked:
        return
    for rule in rules_for(form, "update"):
        for action in rule.actions:
            if action.do == "lock" and (rule.when is None or rule.when.evaluate(stored.view, stored.facts)):
                text = action.message(tx.actor.locale) or rule.message(tx.actor.locale)
                if text:
                    raise Conflict(Problem("record.rule", "", text, {"rule": rule.key, "text": text}))
    message = f"This {form.label} is locked by a rule and cannot be changed any more"
    raise Conflict(Problem("record.locked", "", message, {"form": form.label(tx.actor.locale)}))


# -- one pass ----------------------------------------------------------------------------------------------------------


def _hide(work: _Pass, state: State) -> None:
    """What hidden fields do with their values: kept, cleared, or computed anew."""
    policy = work.behaviour.hidden_values
    if policy == "keep":
        return
    for path, shown in state.shown.items():
        for place, one in _within(work.draft, path) if not shown else ():
            if policy == "clear":
                _assign(work, place, one, [] if one.type.storage == "children" else None)
            elif one.default is not None:
                view = _row_of(work.draft.view, place)
                _assign(work, place, one, default_value(work.draft, one, view))


def _within(draft: Draft, path: str) -> Iterator[tuple[str, Field]]:
    """A concrete place that holds a value people give; a column has none of its own."""
    one = draft.form.at(column_of(path))
    if ("." not in path or "]." in path) and one.type.writable:
        yield path, one


def _set(work: _Pass, state: State) -> None:
    for path, value in state.values.items():
        one = work.draft.form.at(column_of(path))
        if work.behaviour.hidden_values == "clear" and not state.sees(path):
            continue
        _assign(work, path, one, fit(one, value, work.draft.context))


def _link(work: _Pass, state: State) -> None:
    draft, behaviour = work.draft, work.behaviour
    for one in behaviour.linked:
        if one.subform is None:
            forced = draft.operation == "update" and behaviour.hidden_values == "recompute" and not state.sees(one.key)
            if one.key in draft.touched or _settled(work, state, one.key):
                continue
            if forced or draft.operation == "create" or _reads(one) & _changed(draft):
                _fill(work, one, one.key, draft.view)
            continue
        stored = {row["id"]: row for row in draft.old.get(one.subform) or ()}
        rows = draft.values.get(one.subform) or ()
        for number, (row, view) in enumerate(zip(rows, draft.view.get(one.subform) or (), strict=True)):
            path = f"{one.subform}[{number}].{one.key}"
            if one.key in draft.row_given.get((one.subform, number), ()) or _settled(work, state, path):
                continue
            before = stored.get(row.get("id"))
            moved = {key for key, value in row.items() if before is None or value != before.get(key)}
            if before is None or _reads(one) & (moved | _changed(draft)):
                _fill(work, one, path, RowInRecord(draft.view, view))


def _settled(work: _Pass, state: State, path: str) -> bool:
    """Whether a rule has decided about a value already."""
    return path in state.values or (work.behaviour.hidden_values == "clear" and not state.sees(path))


def _reads(one: Field) -> frozenset[str]:
    form = one.linkage.form.forms.get(one.form_key)
    return frozenset().union(*(reads_of(form, each, one.subform) for each in one.linkage.expressions()))


def _changed(draft: Draft) -> set[str]:
    """The names of the record whose values differ from what is stored."""
    found = {key for key in draft.form.fields if draft.values.get(key) != draft.old.get(key)}
    return found | {key for key, value in draft.system.items() if value != draft.old.get(key)}


def _fill(work: _Pass, one: Field, path: str, view: Mapping[str, Any]) -> None:
    """Ask a linkage, each question once, and give the answer to the field."""
    draft, given = work.draft, operands(one.linkage, view, work.draft.facts)
    question = (one.path, given)
    if one.type.storage == "children":
        if work.filled.get(path, _NOTHING) == given:
            return
        work.filled[path] = given
        rows = linked_rows(draft.tx, one.linkage, one, given)
        draft.values[path] = [_new_row(draft, one, row) for row in rows]
        draft.touched.add(path)
        work.moved.add(path)
        work.links = True
        return
    if question not in work.answers:
        work.answers[question] = linked_value(draft.tx, one.linkage, one, given)
    value = work.answers[question]
    if value is None and draft.operation == "create" and one.default is not None:
        return
    _assign(work, path, one, value)


def _new_row(draft: Draft, one: Field, given: Mapping[str, Any]) -> Row:
    row: Row = {"id": None, **given}
    for inner in one.rows.values():
        if inner.default is not None and row.get(inner.key) is None:
            row[inner.key] = default_value(draft, inner, in_row(draft.form, inner, inner.default, draft.view, row))
    return row


def _follow(work: _Pass, state: State) -> None:
    draft = work.draft
    record = _moving(draft)
    for subform, groups in work.behaviour.follows.items():
        keys = {one.key for group in groups for one in group}
        if not subform:
            edited = [key for key in draft.form.fields if key in keys and key in draft.touched and key in record]
            edited += [key for key in keys if key in state.values]
            fields = draft.form.fields
            fresh = follow(groups, draft.view, draft.facts, edited, record, _fitting(draft, fields))
            for key, value in fresh.items():
                _assign(work, key, fields[key], value)
            continue
        fields = draft.form.subforms[subform].fields
        stored = {row["id"]: row for row in draft.old.get(subform) or ()}
        rows = draft.values.get(subform) or ()
        for number, (row, view) in enumerate(zip(rows, draft.view.get(subform) or (), strict=True)):
            before = stored.get(row.get("id"))
            moved = {key for key, value in row.items() if key in fields and value != (before or {}).get(key)}
            given = draft.row_given.get((subform, number), set())
            edited = [key for key in fields if key in keys and key in given and key in moved]
            edited += [key for key in keys if f"{subform}[{number}].{key}" in state.values]
            outer = record if before is not None else set(draft.form.fields)
            fresh = follow(groups, {**draft.view, **view}, draft.facts, edited, moved | outer, _fitting(draft, fields))
            for key, value in fresh.items():
                _assign(work, f"{subform}[{number}].{key}", fields[key], value)


def _moving(draft: Draft) -> set[str]:
    """What counts as changed: against what is stored, or in a new record everything that has a value."""
    if draft.operation == "create":
        return {key for key, value in draft.view.items() if value not in (None, "", [], ())}
    return _changed(draft)


def _fitting(draft: Draft, fields: Mapping[str, Field]) -> Any:
    return lambda key, value: fit(fields[key], value, draft.context)


# -- places ------------------------------------------------------------------------------------------------------------


def _row_of(values: Mapping[str, Any], path: str) -> Any:
    """The mapping that holds the value of a path."""
    head, _, rest = path.partition("[")
    return values if not rest else values[head][int(rest.split("]", 1)[0])]


def _assign(work: _Pass, path: str, one: Field, value: Any) -> None:
    draft = work.draft
    holder = _row_of(draft.values, path)
    if holder.get(one.key) == value:
        return
    holder[one.key] = value
    _row_of(draft.view, path)[one.key] = value
    if one.subform is not None:
        draft.touched.add(one.subform)
    work.moved.add(path)
    work.links = work.links or one.target is not None or one.type.storage == "children"


def _refresh(work: _Pass) -> None:
    """Related records of newly chosen ones, and every formula."""
    draft = work.draft
    if work.links:
        system = {key: value for key, value in draft.view.items() if key.startswith("_")}
        before = list(draft.problems)
        related(draft)
        draft.problems = before + [one for one in draft.problems[len(before) :] if one not in before]
        draft.view |= system
        work.links = False
    formulas(draft)


def _offer(work: _Pass, state: State) -> None:
    """The choices that linkage offers; those that a rule allows besides are fewer still."""
    draft = work.draft
    for one in work.behaviour.offered:
        views: list[tuple[str, Mapping[str, Any]]] = [(one.key, draft.view)]
        if one.subform is not None:
            rows = draft.view.get(one.subform) or ()
            views = [(f"{one.subform}[{n}].{one.key}", {**draft.view, **row}) for n, row in enumerate(rows)]
        for path, view in views:
            given = operands(one.linkage, view, draft.facts)
            if (one.path, given) not in work.answers:
                work.answers[one.path, given] = linked_choices(draft.tx, one.linkage, one, given)
            offered = work.answers[one.path, given]
            allowed = state.choices.get(path)
            state.choices[path] = offered if allowed is None else tuple(key for key in offered if key in allowed)
