"""Conditions of relations and pickers of sub-forms, compiled once per revision.

What is wrong in them is said by `engines.form.choosing.checks`; here a wrong condition makes none.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from engines.form.choosing.model import CANDIDATE, Exclusion, Limit, Picker
from engines.form.collected import every_field
from engines.form.fields.base import Field, Words
from engines.form.filters import follow
from engines.form.form import Form, RowScope
from engines.form.rules.compile import link_of
from engines.form.rules.model import Linkage
from engines.form.scope import target_of
from engines.formula import Expression, Place, Type, compile_expression
from engines.kernel.problems import ProblemError


def record_names(form: Form, subform: str | None) -> RowScope:
    """The names of the record, or of a row with those of the record behind them."""
    fields = dict(form.every)
    path = ""
    for step in (subform or "").split(".") if subform else ():
        path = f"{path}.{step}" if path else step
        fields |= form.subforms[path].fields if path in form.subforms else form.at(path).rows
    return RowScope(form, fields, f"{form.key}.{subform}" if subform else form.key)


@lru_cache(maxsize=1024)
def choices_of(form: Form) -> dict[str, Linkage]:
    """By the path of each relation that has conditions or an order: what may be chosen in it."""
    found: dict[str, Linkage] = {}
    for one in every_field(form):
        if one.type.key == "relation" and (one.options.get("where") or one.options.get("sort")):
            made = _linkage(form, one.options, target_form(form, one), record_names(form, one.subform))
            if made is not None:
                found[one.path] = made
    return found


def target_form(form: Form, one: Field) -> Form | None:
    """The form that a relation points at, None where it dangles."""
    try:
        return target_of(form, one)
    except (ProblemError, LookupError):
        return None


@lru_cache(maxsize=1024)
def pickers_of(form: Form) -> dict[str, Picker]:
    """By the key of each sub-form that has a picker."""
    found = {key: _picker(form, key, sub.field.options.get("picker")) for key, sub in form.subforms.items()}
    return {key: one for key, one in found.items() if one is not None}


def choosing_expressions(form: Form) -> Iterator[tuple[str | None, Any]]:
    """What conditions, exclusions and limits read of the record, with the sub-form whose rows it is asked of."""
    for path, linkage in choices_of(form).items():
        subform = path.rpartition(".")[0] or None
        for expression in linkage.expressions():
            yield subform, expression
    for picker in pickers_of(form).values():
        for one in picker.reads():
            yield None, one


def compile_exclusion(form: Form, target: Form, text: str, *, condition: bool) -> Expression:
    """An expression over a candidate with the record around it. Raises `Rejected`."""
    place, expects = (Place.RULE, Type.BOOLEAN) if condition else (Place.LIVE, Type.TEXT)
    return compile_expression(text, target.scope, expects=expects, place=place, around=[(form.scope, CANDIDATE)])


def quiet(text: str, scope: Any, expects: Any, place: Place, _: str) -> Expression | None:
    """An expression, None where it is wrong: what is wrong is said elsewhere."""
    try:
        return compile_expression(text, scope, expects=expects, place=place)
    except ProblemError:
        return None


def _linkage(form: Form, options: Mapping[str, Any], target: Form | None, scope: RowScope) -> Linkage | None:
    if target is None:
        return None
    spec = {"form": target.key, "where": options.get("where") or (), "sort": options.get("sort") or ()}
    return link_of(form, spec, scope, quiet, "")


def _picker(form: Form, key: str, spec: Mapping[str, Any] | None) -> Picker | None:
    rows = form.subforms[key]
    relation = rows.fields.get(str(spec.get("field"))) if spec else None
    if (
        not spec
        or relation is None
        or relation.type.key != "relation"
        or relation.type.storage_of(relation) != "column"
    ):
        return None
    target = target_form(form, relation)
    offered = _linkage(form, spec, target, form.scope)
    if target is None or offered is None:
        return None
    group = _group(target, spec.get("group"))
    grouped = target_form(target, group[1]) if group is not None and group[1].type.target_form(group[1]) else None
    fields: Mapping[str, Field] = {} if grouped is None else grouped.fields
    return Picker(
        form=form,
        rows=rows,
        relation=relation,
        target=target,
        title=Words(spec.get("title")),
        columns=tuple(spec.get("columns") or ()),
        offered=offered,
        group=group,
        quantity=rows.fields.get(str(spec.get("quantity"))),
        adds_up=spec.get("count") == "quantity",
        limits={one["group"]: Limit(one.get("min", 0), one.get("max")) for one in spec.get("limits") or ()},
        low_field=fields.get(str(spec.get("min_field"))),
        high_field=fields.get(str(spec.get("max_field"))),
        required=bool(spec.get("required")),
        exclusions=tuple(_exclusions(form, target, spec.get("exclude") or ())),
        once=bool(spec.get("once")),
    )


def _group(target: Form, path: str | None) -> tuple[tuple[Field, ...], Field] | None:
    if not path:
        return None
    try:
        return follow(target, path)
    except ProblemError:
        return None


def _exclusions(form: Form, target: Form, specs: Any) -> Iterator[Exclusion]:
    for spec in specs:
        text = spec.get("when") or spec.get("reason")
        try:
            made = compile_exclusion(form, target, str(text or ""), condition=bool(spec.get("when")))
        except ProblemError:
            continue
        when, reason = (made, None) if spec.get("when") else (None, made)
        yield Exclusion(when, reason, Words(spec.get("message")))
