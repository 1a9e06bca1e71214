"""Stages `defaults`, `formulas` and `rules`: what the record's own expressions say about it."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from engines.form.around import in_row, reads_around
from engines.form.fields.base import Field
from engines.form.form import Form
from engines.form.nested import holders_of, row_at, rows_of
from engines.form.rules.behaviour import behaviour_of
from engines.form.rules.evaluate import Message, State
from engines.form.rules.model import FormRule
from engines.form.rules.places import column_of
from engines.form.write.copying import copied
from engines.form.write.draft import Draft, Row
from engines.form.write.needs import heads_of
from engines.form.write.related import related
from engines.form.write.stage_checks import check_stages
from engines.formula.types import RowInRecord
from engines.kernel.problems import Problem, Rejected


def defaults(draft: Draft) -> None:
    """Give the fields of a new record, and of new rows, that were not sent their default values.

    From here on expressions know what the record was before (`PRIOR`).
    """
    if draft.operation == "update":
        draft.facts = replace(draft.facts, prior=draft.old)
    if draft.operation == "create":
        for key, one in draft.form.fields.items():
            if one.default is not None and key not in draft.touched and not draft.spoilt(key):
                if _waits(draft, one):
                    draft.waiting.append(("", one))
                else:
                    draft.values[key] = default_value(draft, one, draft.values)
    for sub in draft.form.every_subform():
        drawn = [one for one in sub.fields.values() if one.default is not None]
        for place, row in rows_of(draft.values, sub.path):
            given = row.pop("_given", None)
            if given is not None:
                holder, _, number = place.rpartition("[")
                draft.row_given[holder, int(number[:-1])] = given
            if given is None or row.get("id") is not None:
                continue
            for one in drawn:
                if one.key in given:
                    continue
                if _waits(draft, one):
                    draft.waiting.append((place, one))
                else:
                    row[one.key] = default_value(draft, one, row)


def related_defaults(draft: Draft) -> None:
    """Give the defaults that read related records (`product.list_price`), now that these are there."""
    links = False
    for place, one in draft.waiting:
        row, view = row_at(draft.values, place), row_at(draft.view, place)
        read = in_row(draft.form, one, one.default, draft.view, view)
        row[one.key] = view[one.key] = default_value(draft, one, {**_around(draft, one), **read})
        links = links or one.target is not None
    if copied(draft) or links:
        related(draft)


def _waits(draft: Draft, one: Field) -> bool:
    """Whether a default reads related records, the record around a row, or what the system writes: all are there a
    little later."""
    if one.subform is not None and reads_around(draft.form, one.subform, one.default):
        return True
    return any(len(path) > 1 or path[0] in draft.form.system_fields for path in one.default.references)


def _around(draft: Draft, one: Field) -> Mapping[str, Any]:
    """What the system writes of the record, where a default reads it: its owner, its department."""
    read = {path[0] for path in one.default.references} & draft.form.system_fields.keys()
    return {key: draft.system.get(key, draft.old.get(key)) for key in read}


def default_value(draft: Draft, one: Field, row: Mapping[str, Any]) -> Any:
    """The value of a field's default expression over a row, read like entered input."""
    value = one.default.evaluate(row, draft.facts)
    if isinstance(value, Mapping):
        value = value.get("id")
    if value is None:
        return None
    try:
        return one.type.parse(value, one, draft.context)
    except Rejected as error:
        for problem in error.problems:
            draft.note(problem, one.path, one)
        return None


def formulas(draft: Draft) -> None:
    """Compute every formula in the order of what it needs, rows of sub-forms too; live ones for the rules only."""
    for one in draft.form.formula_order:
        if one.path in draft.reach.still:
            continue
        if one.subform is None:
            value = _result(one.expression.evaluate(draft.view, draft.facts))
            draft.view[one.key] = value
            if not one.live:
                draft.values[one.key] = value
            continue
        rows, views = rows_of(draft.values, one.subform), rows_of(draft.view, one.subform)
        around = reads_around(draft.form, one.subform, one.expression)
        for (_, row), (_, view) in zip(rows, views, strict=True):
            read = RowInRecord(draft.view, view) if around else view
            value = _result(one.expression.evaluate(read, draft.facts))
            view[one.key] = value
            if not one.live:
                row[one.key] = value


def _result(value: Any) -> Any:
    """A formula's value as it is stored: nothing of a record, a blank for empty text."""
    return None if value == "" or isinstance(value, Mapping) else value


def required(draft: Draft) -> None:
    """Note every required field that is blank, in rows too. Rules may ask for more or less; hidden ones are let be."""
    state = draft.state or State()
    for key, one in draft.form.fields.items():
        if not one.type.writable or not _blank(draft.values.get(key)) or draft.spoilt(key):
            continue
        if key in draft.reach.unread:
            continue
        if state.required.get(key, one.required) and state.sees(key):
            draft.problem("record.required", key, f"{one.label} is required", one)
    for sub in draft.form.every_subform():
        key = sub.path
        asked = {path.split(".", 1)[1] for path in state.required if path.startswith(f"{key}.")}
        asked |= {path.rsplit(".", 1)[1] for path in state.required if path.startswith(f"{key}[")}
        needed = [one for one in sub.fields.values() if one.type.writable and (one.required or one.key in asked)]
        for place, row in rows_of(draft.values, key) if needed else ():
            for one in needed:
                path = f"{place}.{one.key}"
                if not _blank(row.get(one.key)) or draft.spoilt(path):
                    continue
                if state.required.get(path, one.required) and state.sees(path):
                    row_number = int(place.rpartition("[")[2][:-1]) + 1
                    draft.problem("record.required", path, f"{one.label} is required", one, row=row_number)


def counts(draft: Draft) -> None:
    """Hold sub-forms to their smallest and largest number of rows."""
    for sub in draft.form.every_subform():
        low, high = sub.field.options.get("min_rows") or 0, sub.field.options.get("max_rows")
        read = sub.path not in draft.reach.unread
        for place, holder in holders_of(draft.values, sub) if read and (low or high is not None) else ():
            path, rows = f"{place}{sub.key}", holder.get(sub.key) or ()
            if len(rows) < low and (rows or sub.field.required):
                draft.problem("subform.too_few", path, f"Needs at least {low} rows", sub.field, min=low)
            if high is not None and len(rows) > high:
                draft.problem("subform.too_many", path, f"May have at most {high} rows", sub.field, max=high)


def rules(draft: Draft) -> None:
    """Note what rules and stages stand against, keep their warnings. One over a field that is wrong already says
    nothing new."""
    check_stages(draft)
    state = draft.state
    if state is None:
        return
    by_key = {rule.key: rule for rule in draft.form.rules if isinstance(rule, FormRule)}
    for found in state.blocks:
        rule = by_key[found.rule]
        if not _judged_already(draft, rule):
            draft.problems.append(_said(draft, rule, found, "record.rule"))
    for found in state.warnings:
        rule = by_key[found.rule]
        if not _judged_already(draft, rule):
            draft.warnings.append(_said(draft, rule, found, "record.warning"))


def _judged_already(draft: Draft, rule: FormRule) -> bool:
    """Whether something that the rule asks about is wrong by itself."""
    expressions = [one for one in (rule.when, rule.check) if one is not None]
    return any(draft.spoilt(head) for one in expressions for head in heads_of(draft.form, one, rule.subform))


def _said(draft: Draft, rule: FormRule, found: Message, code: str) -> Problem:
    words = next((one.message for one in rule.actions if one.key == found.action), rule.message)
    text = words(draft.locale)
    params: dict[str, Any] = {"rule": rule.key, "text": text}
    if found.path:
        params["label"] = draft.form.at(column_of(found.path)).label(draft.locale)
    return Problem(code, found.path, text, params)


def choices(draft: Draft) -> None:
    """Note chosen options that rules or linkage do not offer here."""
    for path, allowed in draft.state.choices.items() if draft.state is not None else ():
        place = _place(draft, path)
        if place is None or draft.spoilt(path) or (draft.state is not None and not draft.state.sees(path)):
            continue
        holder, one = place
        value = holder.get(one.key)
        for key in value if isinstance(value, tuple | list) else () if value is None else (value,):
            if key not in allowed:
                option = one.choice(key)
                shown = option.label(draft.locale) if option is not None else str(key)
                message = f"{one.label} does not offer {shown} here"
                draft.problem("rule.choice", path, message, one, value=shown)


def readonly(draft: Draft) -> None:
    """Refuse what a person changed in a field that is read-only by a rule; flows and the engine may."""
    state = draft.state
    if draft.trusted or state is None:
        return
    paths = {path for path, fixed in state.readonly.items() if fixed}
    opened = [place for path in editable_by_rules(draft.form) for place in _places(draft, path)]
    paths |= {path for path in opened if state.readonly.get(path, True)}
    for path in sorted(paths):
        place = _place(draft, path)
        if place is None or path in state.values or draft.spoilt(path):
            continue
        holder, one = place
        if one.key in _sent(draft, path) and _differs(draft, holder, one, path):
            draft.problem("record.readonly_field", path, f"{one.label} is read-only", one)


def editable_by_rules(form: Form) -> frozenset[str]:
    """The read-only fields that some rule opens."""
    return frozenset(path for path in behaviour_of(form).editable if form.at(path).readonly)


def _places(draft: Draft, path: str) -> list[str]:
    """Where a field stands: at its path, or in every row of its sub-form."""
    head, _, key = path.partition(".")
    return [f"{head}[{number}].{key}" for number in range(len(draft.values.get(head) or ()))] if key else [path]


def _sent(draft: Draft, path: str) -> Collection[str]:
    """The fields that the writer gave at a place."""
    head, _, rest = path.partition("[")
    return draft.touched if not rest else draft.row_given.get((head, int(rest.split("]", 1)[0])), set())


def _differs(draft: Draft, holder: Mapping[str, Any], one: Field, path: str) -> bool:
    """Whether a value is another than the stored one, or in a new record than the default."""
    value = holder.get(one.key)
    if one.subform is not None:
        stored = {row["id"]: row for row in draft.old.get(one.subform) or ()}
        before = stored.get(holder.get("id"))
    else:
        before = draft.old if draft.operation == "update" else None
    if before is not None:
        return bool(value != before.get(one.key))
    if one.default is None:
        return value is not None and value not in ((), [])
    view: Any = draft.view
    if one.subform is not None:
        view = draft.view[one.subform][int(path.partition("[")[2].split("]", 1)[0])]
    read = in_row(draft.form, one, one.default, draft.view, view)
    return bool(value is not None and value != default_value(draft, one, read))


def _place(draft: Draft, path: str) -> tuple[Row, Field] | None:
    """The mapping that holds the value of a path and its field; None for a column of rows."""
    head, _, rest = path.partition("[")
    if not rest:
        return (draft.values, draft.form.at(path)) if "." not in path else None
    number = int(rest.split("]", 1)[0])
    return draft.values[head][number], draft.form.at(column_of(path))


def _blank(value: Any) -> bool:
    return value is None or value in ((), [], "")
