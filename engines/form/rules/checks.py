"""What the schema of rules cannot say: fields exist and fit, rules do something, linkages lead somewhere."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from engines.form.fields.base import Field
from engines.form.filters import follow
from engines.form.form import Form, Rule
from engines.form.rules.compile import field_at
from engines.form.rules.model import MESSAGES, TARGETED, FormRule
from engines.form.titles import is_sorted_by
from engines.formula import Place, Scope, Type, compile_expression
from engines.kernel.problems import NotFound, Problem, ProblemError, suggest

NUMERIC: Final = ("sum", "average")


def check_rules(form: Form) -> Iterator[Problem]:
    """Everything wrong with the rules, linkages and following fields of a form. Paths start in the document."""
    compiled: dict[str, Rule] = {rule.key: rule for rule in form.rules}
    for spec in form.document.get("rules", ()):
        yield from _rule(form, spec, compiled.get(spec["key"]))
    for spec in form.document.get("fields", ()):
        yield from _field(form, spec, None)
        for inner in spec.get("fields", ()):
            yield from _field(form, inner, spec["key"])


def _rule(form: Form, spec: Mapping[str, Any], rule: Rule | None) -> Iterator[Problem]:
    at = f"rules.{spec['key']}"
    if ("check" in spec) == ("actions" in spec):
        yield Problem("rule.check_or_actions", at, "A rule has either a condition that must hold, or actions")
    if "check" in spec and "message" not in spec:
        yield Problem("rule.no_message", at, "A rule that must hold needs a message")
    if spec.get("field"):
        yield from _known(form, spec["field"], f"{at}.field")
    actions = {one.key: one for one in rule.actions} if isinstance(rule, FormRule) else {}
    for action in spec.get("actions", ()):
        yield from _action(form, action, actions.get(action["key"]), f"{at}.actions.{action['key']}")


def _action(form: Form, spec: Mapping[str, Any], action: Any, at: str) -> Iterator[Problem]:
    do, names = spec["do"], spec.get("fields", ())
    if do in TARGETED and not names:
        yield Problem("rule.no_fields", at, "Say which fields this is done to", {"do": do})
    if do in MESSAGES and not spec.get("message"):
        yield Problem("rule.no_message", at, "A message needs a text", {"do": do})
    if do == "color" and not spec.get("color"):
        yield Problem("rule.no_color", at, "Say which colour", {"do": do})
    if do == "choices" and spec.get("choices") is None:
        yield Problem("rule.no_choices", at, "Say which options may be chosen", {"do": do})
    if do == "set" and spec.get("value") is None:
        yield Problem("rule.no_value", at, "Say which value is set", {"do": do})
    if spec.get("field"):
        yield from _known(form, spec["field"], f"{at}.field")
    for name in names:
        path = f"{at}.fields.{name}"
        problems = list(_known(form, name, path))
        yield from problems
        one = field_at(form, name)
        if one is not None and not problems:
            yield from _fits(one, do, spec, action, path)
    if do == "choices" and action is not None and not isinstance(action.choices, tuple):
        kind = None if action.choices is None else action.choices.type
        if kind is not None and kind not in (Type.LIST, Type.TEXT, Type.BLANK):
            yield Problem("rule.choices_type", f"{at}.choices", "The options must be texts", {"given": kind.value})


def _fits(one: Field, do: str, spec: Mapping[str, Any], action: Any, path: str) -> Iterator[Problem]:
    params = {"field": one.path, "label": one.label()}
    if do in ("set", "require") and not one.type.writable:
        yield Problem("rule.computed_field", path, f"{one.label()} is computed and cannot be set", params)
        return
    if do == "set" and one.type.storage == "children":
        yield Problem("rule.not_settable", path, f"The rows of {one.label()} cannot be set by a rule", params)
    elif do == "set" and action is not None and action.value.type not in (one.type.formula_type(one), Type.BLANK):
        kind = one.type.formula_type(one)
        message = f"{one.label()} needs a {kind.value}, this is a {action.value.type.value}"
        more = {"expected": kind.value, "given": action.value.type.value}
        yield Problem("rule.value_type", path, message, {**params, **more})
    if do == "choices" and not one.type.has_choices:
        yield Problem("rule.no_options", path, f"{one.label()} has no options to choose from", params)
    elif do == "choices" and isinstance(spec.get("choices"), list):
        known = [choice.key for choice in one.choices]
        for key in spec["choices"]:
            if key not in known:
                message = f'{one.label()} has no option "{key}"{suggest(key, known)}'
                yield Problem("rule.unknown_choice", path, message, {**params, "key": key, "known": known})


def _known(form: Form, name: str, path: str) -> Iterable[Problem]:
    """Whether a path is a field of the form, or of the rows of one of its sub-forms."""
    head, _, rest = name.rpartition(".")
    try:
        if head in form.subforms:
            one = form.subforms[head].get(rest, path)
            if form.subforms[head].outer is not None:
                message = f"{one.label} stands in rows of rows: let the rule stand at the row and ask with ANY or EVERY"
                return [Problem("rule.nested", path, message, {"field": name, "label": one.label()})]
        elif name not in form.fields:
            known = [*form.fields, *(inner.path for one in form.fields.values() for inner in one.rows.values())]
            message = f'There is no field "{name}"{suggest(name, known)}'
            return [Problem("field.unknown", path, message, {"key": name, "known": sorted(known)})]
    except NotFound as error:
        return error.problems
    return ()


def _field(form: Form, spec: Mapping[str, Any], subform: str | None) -> Iterator[Problem]:
    one = field_at(form, f"{subform}.{spec['key']}" if subform else spec["key"])
    if one is None:
        return
    at = f"fields.{subform}.fields.{spec['key']}" if subform else f"fields.{spec['key']}"
    if spec.get("follow") and (not one.type.writable or one.storage != "column"):
        message = f"{one.label()} cannot follow an expression: it holds no single value that people enter"
        yield Problem("field.cannot_follow", f"{at}.follow", message, {"label": one.label()})
    if spec.get("linkage"):
        yield from _linkage(form, one, spec["linkage"], f"{at}.linkage")


def _linkage(form: Form, one: Field, spec: Mapping[str, Any], at: str) -> Iterator[Problem]:
    try:
        source = form.forms.get(spec["form"], f"{at}.form")
    except NotFound as error:
        yield from error.problems
        return
    rows, params = one.type.storage == "children", {"label": one.label()}
    if not one.type.writable:
        message = f"{one.label()} is computed and takes no data from elsewhere"
        yield Problem("linkage.computed_field", at, message, params)
    if rows != bool(spec.get("rows")):
        message = f"{one.label()} needs rows" if rows else f"{one.label()} has no rows: say which field is taken"
        yield Problem("linkage.rows", at, message, params)
    count = spec.get("aggregate") == "count"
    if not rows and not spec.get("take") and not count:
        yield Problem("linkage.no_take", f"{at}.take", "Say which field is taken", params)
    if not rows and spec.get("take"):
        yield from _take(source, one, spec, at)
    if rows:
        for target, name in spec.get("rows", {}).items():
            if target not in one.rows:
                message = f'There is no field "{target}"{suggest(target, one.rows)}'
                known = sorted(one.rows)
                yield Problem("field.unknown", f"{at}.rows.{target}", message, {"key": target, "known": known})
            yield from _path(source, name, f"{at}.rows.{target}")
    yield from check_question(source, spec, at)


def _take(source: Form, one: Field, spec: Mapping[str, Any], at: str) -> Iterator[Problem]:
    try:
        steps, taken = follow(source, spec["take"], f"{at}.take")
    except ProblemError as error:
        yield from error.problems
        return
    if any(step.links is not None or step.type.storage == "children" for step in steps):
        message = f"{spec['take']} has many values"
        yield Problem("linkage.many_values", f"{at}.take", message, {"field": spec["take"]})
        return
    aggregate = spec.get("aggregate")
    given = taken.type.formula_type(taken)
    if aggregate in NUMERIC and given is not Type.NUMBER:
        yield Problem("linkage.not_a_number", f"{at}.take", f"{taken.label()} is no number", {"label": taken.label()})
    if spec.get("as") == "choices":
        return
    expected = one.type.formula_type(one)
    if aggregate != "count" and given is not expected and expected is not Type.TEXT:
        message = f"{one.label()} needs a {expected.value}, {taken.label()} is a {given.value}"
        params = {"label": one.label(), "expected": expected.value, "given": given.value}
        yield Problem("linkage.type", f"{at}.take", message, params)


def check_question(source: Form, spec: Mapping[str, Any], at: str, scope: Scope | None = None) -> Iterator[Problem]:
    """What is wrong with the conditions and the order that a linkage, a choice or a live query asks another form by.

    With `scope`, what their expressions may name, the expressions are compiled here; those of linkages are already.
    """
    for index, condition in enumerate(spec.get("where") or ()):
        here = f"{at}.where[{index}]"
        yield from _condition(source, condition, here)
        if scope is not None and condition.get("value"):
            yield from _compiles(condition["value"], scope, Place.DEFAULT, f"{here}.value")
    for index, key in enumerate(spec.get("sort") or ()):
        here = f"{at}.sort[{index}]"
        if bool(key.get("field")) == bool(key.get("expression")):
            yield Problem("linkage.sort", here, "Sort by a field or by an expression")
        elif key.get("field"):
            yield from _sortable(source, key["field"], f"{here}.field")
        elif scope is not None:
            yield from _compiles(key["expression"], source.scope, Place.LIVE, f"{here}.expression")


def _compiles(text: str, scope: Scope, place: Place, at: str) -> Iterator[Problem]:
    try:
        compile_expression(text, scope, place=place)
    except ProblemError as error:
        yield from (problem.under(at) for problem in error.problems)


def _sortable(source: Form, name: str, at: str) -> Iterator[Problem]:
    wrong = list(_path(source, name, at, plain=True))
    yield from wrong
    if wrong:
        return
    one = source.get(name, at)
    if not is_sorted_by(one):
        message = f"A list cannot be sorted by {one.label()}"
        yield Problem("query.not_sortable", at, message, {"field": name, "label": one.label()})


def _condition(source: Form, condition: Mapping[str, Any], at: str) -> Iterator[Problem]:
    """Its field, its operator, a value that is missing."""
    try:
        _, field = follow(source, condition["field"], f"{at}.field")
    except ProblemError as error:
        yield from error.problems
        return
    op = condition.get("op", "eq")
    known = field.type.operators(field)
    if op not in known:
        message = f'"{op}" does not apply to {field.label()}{suggest(op, known)}'
        yield Problem("filter.operator", f"{at}.op", message, {"op": op, "field": field.key, "known": list(known)})
    if op not in ("empty", "filled", "is_me", "my_team", "my_department") and not condition.get("value"):
        yield Problem("linkage.no_value", f"{at}.value", "Say what it is compared with", {"op": op})


def _path(source: Form, name: str, path: str, *, plain: bool = False) -> Iterable[Problem]:
    try:
        steps, _ = follow(source, name, path)
    except ProblemError as error:
        return error.problems
    if any(step.links is not None or step.type.storage == "children" for step in steps) or (plain and steps):
        return [Problem("linkage.many_values", path, f"{name} cannot stand here", {"field": name})]
    return ()
