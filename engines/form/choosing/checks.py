"""What is wrong with the conditions of relations and the pickers of a form's document."""

from collections.abc import Iterator, Mapping
from typing import Any

from engines.form.choosing.compile import compile_exclusion, record_names, target_form
from engines.form.choosing.model import CANDIDATE
from engines.form.collected import document_path, every_field
from engines.form.fields.base import Field
from engines.form.filters import follow
from engines.form.form import Form
from engines.form.rules.checks import check_question
from engines.formula import Type
from engines.formula.inner import needs_python
from engines.kernel.problems import Problem, ProblemError, suggest


def check_choices(form: Form) -> Iterator[Problem]:
    """Everything wrong with them; paths start in the document."""
    for one in every_field(form):
        at, target = f"{document_path(one)}.options", target_form(form, one)
        if one.type.key == "relation" and target is not None:
            yield from check_question(target, one.options, at, record_names(form, one.subform))
        if one.type.key == "subform" and one.options.get("picker"):
            yield from _picker(form, one, one.options["picker"], f"{at}.picker")


def _picker(form: Form, one: Field, spec: Mapping[str, Any], at: str) -> Iterator[Problem]:
    if one.subform is not None:
        yield Problem("picker.nested", at, "Rows of rows have no picker", {})
        return
    relation = one.rows.get(spec["field"])
    target = None if relation is None or relation.type.key != "relation" else target_form(form, relation)
    if relation is None or target is None or relation.type.storage_of(relation) != "column":
        known = [key for key, inner in one.rows.items() if inner.type.key == "relation"]
        message = f'"{spec["field"]}" is no relation to one record in these rows{suggest(spec["field"], known)}'
        yield Problem("picker.relation", f"{at}.field", message, {"key": spec["field"], "known": known})
        return
    yield from check_question(target, spec, at, form.scope)
    for name in spec.get("columns") or ():
        if name not in target.every:
            message = f'There is no field "{name}"{suggest(name, target.every)}'
            yield Problem("field.unknown", f"{at}.columns", message, {"key": name, "known": sorted(target.every)})
    quantity = one.rows.get(str(spec.get("quantity")))
    if spec.get("quantity") and (quantity is None or not _is_number(quantity) or not quantity.type.writable):
        message = f'"{spec["quantity"]}" is no number that people enter in these rows'
        yield Problem("picker.quantity", f"{at}.quantity", message, {"key": spec["quantity"]})
    if spec.get("count") == "quantity" and not spec.get("quantity"):
        yield Problem("picker.count", f"{at}.count", "Say which field holds the quantity", {})
    yield from _groups(target, spec, at)
    for place, rule in enumerate(spec.get("exclude") or ()):
        yield from _exclusion(form, target, rule, f"{at}.exclude[{place}]")


def _groups(target: Form, spec: Mapping[str, Any], at: str) -> Iterator[Problem]:
    names = [name for name in ("limits", "min_field", "max_field", "required") if spec.get(name)]
    if not spec.get("group"):
        for name in names:
            yield Problem("picker.no_group", f"{at}.{name}", "Say which field makes the groups", {})
        return
    try:
        steps, group = follow(target, spec["group"], f"{at}.group")
    except ProblemError as error:
        yield from error.problems
        return
    if any(step.links is not None or step.storage != "column" for step in (*steps, group)) and not group.live:
        message = f"{spec['group']} has many values"
        yield Problem("linkage.many_values", f"{at}.group", message, {"field": spec["group"]})
        return
    other = target_form(target, group) if group.type.target_form(group) else None
    for name in ("min_field", "max_field"):
        one = other.fields.get(str(spec.get(name))) if other is not None else None
        if spec.get(name) and (one is None or not _is_number(one)):
            message = f'"{spec[name]}" is no number of the records that make the groups'
            yield Problem("picker.limit_field", f"{at}.{name}", message, {"key": spec[name]})
    for place, limit in enumerate(spec.get("limits") or ()):
        if limit.get("max") is not None and limit.get("min", 0) > limit["max"]:
            message = "The minimum is above the maximum"
            yield Problem("picker.limit", f"{at}.limits[{place}]", message, {})
        known = [choice.key for choice in group.choices]
        if known and limit["group"] not in (*known, "*"):
            message = f'{group.label()} has no option "{limit["group"]}"{suggest(limit["group"], known)}'
            params = {"label": group.label(), "key": limit["group"], "known": known}
            yield Problem("picker.limit_group", f"{at}.limits[{place}].group", message, params)


def _exclusion(form: Form, target: Form, rule: Mapping[str, Any], at: str) -> Iterator[Problem]:
    if bool(rule.get("when")) == bool(rule.get("reason")):
        yield Problem("picker.when_or_reason", at, "Give a condition with its message, or an expression for the reason")
        return
    if rule.get("when") and not rule.get("message"):
        yield Problem("picker.no_message", at, "Say why it cannot be chosen", {})
    name = "when" if rule.get("when") else "reason"
    try:
        made = compile_exclusion(form, target, rule[name], condition=name == "when")
    except ProblemError as error:
        yield from (problem.under(f"{at}.{name}") for problem in error.problems)
        return
    for path in sorted(path[1:] for path in made.references if path[0] == CANDIDATE and needs_python(made)):
        try:
            steps, end = follow(target, ".".join(path))
        except ProblemError as error:
            yield from (problem.under(f"{at}.{name}") for problem in error.problems)
            continue
        if any(step.links is not None or step.type.storage == "children" for step in (*steps, end)):
            message = f"{'.'.join(path)} has many values: they cannot be compared with rows of this record"
            yield Problem("picker.mixed", f"{at}.{name}", message, {"field": ".".join(path)})


def _is_number(one: Field) -> bool:
    return one.type.formula_type(one) is Type.NUMBER
