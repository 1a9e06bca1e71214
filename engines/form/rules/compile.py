"""What a form's document says about behaviour, compiled: rules, linkage, fields that follow, normalisers."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from engines.form.fields.base import Field, Words
from engines.form.filters import follow
from engines.form.form import Form, RowScope, Rule
from engines.form.rules.model import EVERY_SAVE, Action, FormRule, Linkage, LinkCondition, LinkOrder
from engines.formula import Expression, Place, Scope, Type
from engines.kernel.problems import ProblemError

Compile = Callable[[str, Scope, Type | None, Place, str], Expression | None]
"""Compiles a text over a scope; None after a problem was noted under the path."""


def compile_rules(form: Form, compiled: Compile) -> tuple[Rule, ...]:
    """Every rule of a form whose expressions could be compiled.

    Fields get what the document says about linkage, following and normalising. Names of fields are checked by
    `engines.form.rules.checks`; here what cannot be found is left out.
    """
    for one, spec, path in _fields(form):
        one.normalise = tuple(spec.get("normalise", ()))
        scope = row_scope(form, one.subform) if one.subform else form.scope
        if spec.get("follow"):
            kind = one.type.formula_type(one)
            one.follow = compiled(spec["follow"], scope, kind, Place.DEFAULT, f"{path}.follow")
        if spec.get("linkage"):
            one.linkage = link_of(form, spec["linkage"], scope, compiled, f"{path}.linkage")
    found = (_rule(form, spec, compiled) for spec in form.document.get("rules", ()))
    return tuple(rule for rule in found if rule is not None)


def row_scope(form: Form, subform: str) -> RowScope:
    """The names of a row, and behind them those of the record around it."""
    sub = form.subforms[subform]
    return RowScope(form, {**form.every, **sub.fields}, f"{form.key}.{subform}")


def subform_of(form: Form, spec: Mapping[str, Any]) -> str | None:
    """The sub-form in whose rows everything stands that a rule touches, if there is one."""
    paths = [path for action in spec.get("actions", ()) for path in action.get("fields", ())]
    paths += [one["field"] for one in (spec, *spec.get("actions", ())) if one.get("field")]
    heads = {path.split(".")[0] if "." in path else "" for path in paths}
    if len(heads) != 1:
        return None
    (head,) = heads
    return head if head in form.subforms else None


def _fields(form: Form) -> Iterable[tuple[Field, Mapping[str, Any], str]]:
    for spec in form.document.get("fields", ()):
        one = form.fields.get(spec["key"])
        if one is None:
            continue
        yield one, spec, f"fields.{one.key}"
        for inner in spec.get("fields", ()):
            row = one.rows.get(inner["key"])
            if row is None:
                continue
            yield row, inner, f"fields.{one.key}.fields.{row.key}"
            for deepest in inner.get("fields", ()):
                below = row.rows.get(deepest["key"])
                if below is not None:
                    yield below, deepest, f"fields.{one.key}.fields.{row.key}.fields.{below.key}"


def _rule(form: Form, spec: Mapping[str, Any], compiled: Compile) -> FormRule | None:
    path = f"rules.{spec['key']}"
    subform = subform_of(form, spec)
    scope = row_scope(form, subform) if subform else form.scope
    check = when = None
    if spec.get("check"):
        check = compiled(spec["check"], scope, Type.BOOLEAN, Place.RULE, f"{path}.check")
        if check is None:
            return None
    if spec.get("when"):
        when = compiled(spec["when"], scope, Type.BOOLEAN, Place.RULE, f"{path}.when")
        if when is None and check is None:
            return None
    actions = tuple(
        _action(form, one, scope, compiled, f"{path}.actions.{one['key']}") for one in spec.get("actions", ())
    )
    return FormRule(
        key=spec["key"],
        check=check,
        message=Words(spec.get("message")),
        field=spec.get("field"),
        when=when,
        title=Words(spec.get("title")),
        on=frozenset(spec["on"]) if spec.get("on") else EVERY_SAVE,
        actions=tuple(one for one in actions if one is not None),
        subform=subform,
    )


def _action(form: Form, spec: Mapping[str, Any], scope: Scope, compiled: Compile, path: str) -> Action | None:
    value = choices = None
    targets = [one for name in spec.get("fields", ()) if (one := field_at(form, name)) is not None]
    if spec["do"] == "set" and spec.get("value") is not None and targets:
        kind = targets[0].type.formula_type(targets[0])
        value = compiled(spec["value"], scope, kind, Place.DEFAULT, f"{path}.value")
        if value is None:
            return None
    if spec["do"] == "choices" and spec.get("choices") is not None:
        choices = spec["choices"]
        if isinstance(choices, str):
            choices = compiled(choices, scope, None, Place.DEFAULT, f"{path}.choices")
            if choices is None:
                return None
        else:
            choices = tuple(choices)
    return Action(
        key=spec["key"],
        do=spec["do"],
        fields=tuple(spec.get("fields", ())),
        value=value,
        choices=choices,
        color=spec.get("color"),
        message=Words(spec.get("message")),
        field=spec.get("field"),
    )


def field_at(form: Form, path: str) -> Field | None:
    """The field at `amount` or `lines.qty`, or None."""
    head, _, rest = path.partition(".")
    one = form.fields.get(head)
    if one is not None and rest:
        return one.rows.get(rest)
    return one


def link_of(form: Form, spec: Mapping[str, Any], scope: Scope, compiled: Compile, path: str) -> Linkage | None:
    """A linkage as a document says it; None where a form, field or expression in it is wrong."""
    source = form.forms.find(spec["form"])
    if source is None:
        return None
    where: list[LinkCondition] = []
    for index, condition in enumerate(spec.get("where", ())):
        try:
            steps, field = follow(source, condition["field"])
        except ProblemError:
            return None
        value = None
        if condition.get("value"):
            value = compiled(condition["value"], scope, None, Place.DEFAULT, f"{path}.where[{index}].value")
            if value is None:
                return None
        where.append(LinkCondition(steps, field, condition.get("op", "eq"), value))
    sort: list[LinkOrder] = []
    for index, key in enumerate(spec.get("sort", ())):
        expression = None
        if key.get("expression"):
            expression = compiled(key["expression"], source, None, Place.LIVE, f"{path}.sort[{index}].expression")
            if expression is None:
                return None
        sort.append(LinkOrder(key.get("field"), expression, bool(key.get("descending"))))
    return Linkage(
        form=source,
        where=tuple(where),
        any=bool(spec.get("any")),
        sort=tuple(sort),
        take=spec.get("take"),
        rows=tuple(spec.get("rows", {}).items()),
        aggregate=spec.get("aggregate"),
        choices=spec.get("as") == "choices",
    )
