"""Stages `defaults`, `formulas` and `rules`: what the record's own expressions say about it."""

from collections.abc import Mapping
from typing import Any

from engines.form.fields.base import Field
from engines.form.write.draft import Draft, Row
from engines.form.write.needs import heads_of
from engines.form.write.related import related
from engines.kernel.problems import Rejected


def defaults(draft: Draft) -> None:
    """Give the fields of a new record, and of new rows, that were not sent their default values."""
    if draft.operation == "create":
        for key, one in draft.form.fields.items():
            if one.default is not None and key not in draft.touched and not draft.spoilt(key):
                if _reads_related(one):
                    draft.waiting.append((None, 0, one))
                else:
                    draft.values[key] = default_value(draft, one, draft.values)
    for key, sub in draft.form.subforms.items():
        drawn = [one for one in sub.fields.values() if one.default is not None]
        for number, row in enumerate(draft.values.get(key) or ()):
            given = row.pop("_given", None)
            if given is None or row.get("id") is not None:
                continue
            for one in drawn:
                if one.key in given:
                    continue
                if _reads_related(one):
                    draft.waiting.append((key, number, one))
                else:
                    row[one.key] = default_value(draft, one, row)


def related_defaults(draft: Draft) -> None:
    """Give the defaults that read related records (`product.list_price`), now that these are there."""
    links = False
    for key, number, one in draft.waiting:
        row = draft.values if key is None else draft.values[key][number]
        view = draft.view if key is None else draft.view[key][number]
        row[one.key] = view[one.key] = default_value(draft, one, view)
        links = links or one.target is not None
    if links:
        related(draft)


def _reads_related(one: Field) -> bool:
    return any(len(path) > 1 for path in one.default.references)


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
        if one.subform is None:
            value = _result(one.expression.evaluate(draft.view, draft.facts))
            draft.view[one.key] = value
            if not one.live:
                draft.values[one.key] = value
            continue
        rows: list[Row] = draft.values.get(one.subform) or []
        for row, view in zip(rows, draft.view.get(one.subform) or (), strict=True):
            value = _result(one.expression.evaluate(view, draft.facts))
            view[one.key] = value
            if not one.live:
                row[one.key] = value


def _result(value: Any) -> Any:
    """A formula's value as it is stored: nothing of a record, a blank for empty text."""
    return None if value == "" or isinstance(value, Mapping) else value


def required(draft: Draft) -> None:
    """Note every required field that is blank, in rows too."""
    for key, one in draft.form.fields.items():
        if one.required and _blank(draft.values.get(key)) and one.type.writable and not draft.spoilt(key):
            draft.problem("record.required", key, f"{one.label} is required", one)
    for key, sub in draft.form.subforms.items():
        needed = [one for one in sub.fields.values() if one.required and one.type.writable]
        for number, row in enumerate(draft.values.get(key) or ()):
            for one in needed:
                path = f"{key}[{number}].{one.key}"
                if _blank(row.get(one.key)) and not draft.spoilt(path):
                    draft.problem("record.required", path, f"{one.label} is required", one, row=number + 1)


def counts(draft: Draft) -> None:
    """Hold sub-forms to their smallest and largest number of rows."""
    for key, sub in draft.form.subforms.items():
        rows = draft.values.get(key) or ()
        low, high = sub.field.options.get("min_rows") or 0, sub.field.options.get("max_rows")
        if len(rows) < low and (rows or sub.field.required):
            draft.problem("subform.too_few", key, f"Needs at least {low} rows", sub.field, min=low)
        if high is not None and len(rows) > high:
            draft.problem("subform.too_many", key, f"May have at most {high} rows", sub.field, max=high)


def rules(draft: Draft) -> None:
    """Note every validation rule that is broken. A rule over a field that is wrong already says nothing new."""
    for rule in draft.form.rules:
        expressions = [one for one in (rule.when, rule.check) if one is not None]
        if any(draft.spoilt(head) for one in expressions for head in heads_of(draft.form, one)):
            continue
        if rule.when is not None and not rule.when.evaluate(draft.view, draft.facts):
            continue
        if not rule.check.evaluate(draft.view, draft.facts):
            message = rule.message(draft.locale)
            one = draft.form.fields.get(rule.field or "")
            draft.problem("record.rule", rule.field or "", message, one, rule=rule.key, text=message)


def _blank(value: Any) -> bool:
    return value is None or value in ((), [], "")
