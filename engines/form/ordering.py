"""Formulas in an order in which each comes after what it needs, and the paths on which they read: across forms too."""

from collections.abc import Iterable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Final

from engines.form.choosing.compile import choosing_expressions
from engines.form.collected import Collected, document_path, every_field
from engines.form.fields.base import Field
from engines.form.form import Form, Forms, Reverse
from engines.form.rules.behaviour import behaviour_expressions
from engines.kernel.problems import Problem

LOCALES: Final = ("zh-CN", "en")
Node = tuple[str, str, str]
"""A field anywhere: form, sub-form or "", key."""


def order_formulas(collected: Collected) -> None:
    """Which formulas are live, and an order in which each comes after what it needs; circles are problems."""
    forms = collected.forms
    formulas: dict[Node, Field] = {
        (form.key, one.subform or "", one.key): one
        for form in forms
        for one in every_field(form)
        if one.expression is not None
    }
    needs = {node: set(needed(forms, node, one)) & formulas.keys() for node, one in formulas.items()}
    try:
        order = list(TopologicalSorter(needs).static_order())
    except CycleError as error:
        _circle(collected, formulas, error.args[1])
        return
    moving: set[Node] = set()
    for node in order:
        one, form = formulas[node], forms.by_key[node[0]]
        if _moves(one) or needs[node] & moving:
            moving.add(node)
        keeps = one.type.keeps(one)
        one.live = not keeps if keeps is not None else _is_live(form, one) or any(formulas[n].live for n in needs[node])
        forms.levels[node] = 1 + max((forms.levels[other] for other in needs[node]), default=-1)
        if keeps and node in moving:
            message = f"{one.label} reads what changes by itself, so its value cannot be kept"
            _cannot_keep(collected, one, "formula.moves", message)
        elif keeps and _is_remote(forms, one) and one.type.key != "rollup":
            message = f"{one.label} reads records that point at this one: make it a roll-up, or compute it when read"
            _cannot_keep(collected, one, "formula.needs_rollup", message)
        elif keeps and "." in (one.subform or "") and _is_live(form, one):
            message = f"{one.label} stands in rows of rows and reads other records: compute it when it is read"
            _cannot_keep(collected, one, "formula.nested_kept", message)
    for form in forms:
        mine = tuple(formulas[node] for node in order if node[0] == form.key)
        form.kept = tuple(one for one in mine if not one.live)
        form.maintained = tuple(one for one in form.kept if _is_remote(forms, one))
        form.formula_order = tuple(one for one in mine if one not in form.maintained)


def computed_by_writes(form: Form) -> Iterator[Field]:
    """The formulas that a write computes, in their order: what is kept, and of the live ones those that are read."""
    kept = [one for one in form.formula_order if not one.live]
    expressions = [one.expression for one in kept]
    expressions += [one.default for one in every_field(form) if one.default is not None]
    expressions += [one for _, one in behaviour_expressions(form) if one is not None]
    expressions += [one for _, one in choosing_expressions(form)]
    expressions += [condition for one in every_field(form) for condition in one.conditions.values()]
    read = {step for one in expressions for path in one.references for step in path}
    for one in reversed(form.formula_order):
        if one.live and one.key in read:
            read |= {step for path in one.expression.references for step in path}
    return (one for one in form.formula_order if not one.live or one.key in read)


_BY_ITSELF: Final = frozenset({"_updated_at", "_updated_by"})


def _moves(one: Field) -> bool:
    """Whether a value changes although no record does, or with every change of one: nothing could keep it."""
    last = {path[-1] for path in one.expression.references}
    return bool(one.expression.volatile or one.expression.settings or last & _BY_ITSELF)


def _is_remote(forms: Forms, one: Field) -> bool:
    """Whether an expression reads records that point at this one, or at what it leads to."""
    paths = (path_steps(forms, one.form_key, one.subform or "", path) for path in one.expression.references)
    return any(isinstance(found, Reverse) for steps in paths for _, _, found in steps)


def _cannot_keep(collected: Collected, one: Field, code: str, message: str) -> None:
    path = f"{document_path(one)}.options.{one.type.expression_option}"
    collected.report(one.form_key, [Problem(code, path, message, {"label": one.label()})])


def needed(forms: Forms, node: Node, one: Field) -> Iterator[Node]:
    """Every field that an expression reads, at the end of each step of its paths."""
    for path in one.expression.references:
        for form, subform, found in path_steps(forms, node[0], node[1], path):
            if isinstance(found, Reverse):
                place, inside = _place_of(found.form)
                yield place.key, inside, found.field.key
            else:
                yield form.key, subform, found.key


def path_steps(
    forms: Forms, form_key: str, subform: str, path: Iterable[str]
) -> Iterator[tuple[Form, str, Field | Reverse]]:
    """Where each step of a path stands: the form, the sub-form (or ""), and the field or related list that it names."""
    form = forms.by_key[form_key]
    for step in path:
        rows = form.forms.row_forms.get(f"{form.key}.{subform}") if subform else None
        fields = form.subforms[subform].fields if subform else form.every
        found = fields.get(step)
        if found is None and rows is not None:  # `id` and the record around: what only rows that are pointed at know
            found = rows.every.get(step)
        if found is None and subform and step in form.every:  # a name of the record around the row
            found, subform = form.every[step], ""
        if found is None:
            owner = rows if subform else form
            reverse = None if owner is None else owner.reverse(step)
            if reverse is None:
                return
            yield form, subform, reverse
            form, subform = _place_of(reverse.form)
            continue
        yield form, subform, found
        if found.path in form.subforms:
            subform = found.path
            continue
        target = forms.find(found.type.target_form(found) or "")
        if target is None:
            return
        form, subform = _place_of(target)


def is_many(found: Field | Reverse) -> bool:
    """Whether a step of a path leads to several rows or records."""
    return isinstance(found, Reverse) or found.storage in ("links", "children")


def _place_of(form: Form) -> tuple[Form, str]:
    """The form and the sub-form (or "") that what a path leads to stands in."""
    return (form, "") if form.of_rows is None else (form.of_rows.form, form.of_rows.key)


def _is_live(form: Form, one: Field) -> bool:
    """Whether a formula asks for more than the record and its rows: clock, person, settings, other records."""
    return bool(one.expression.volatile or one.expression.settings) or any(
        _leaves(form, one, path) for path in one.expression.references
    )


def _leaves(form: Form, one: Field, path: tuple[str, ...]) -> bool:
    """Whether a path ends outside the record: in another record, or in what the system writes by itself."""
    fields: Mapping[str, Field] = form.subforms[one.subform].fields if one.subform else form.every
    if one.subform and path and path[0] not in fields and path[0] in form.fields:  # of the record around the row
        fields = form.every
    while path and path[0] in fields and fields[path[0]].path in form.subforms:
        fields, path = fields[path[0]].rows, path[1:]
    if not path:
        return False
    if path[0] not in fields:  # the records of a related list
        return True
    return len(path) > 1 or path[0] in form.system_fields or fields[path[0]].storage == "links"


def _circle(collected: Collected, formulas: Mapping[Node, Field], circle: list[Node]) -> None:
    names = " → ".join(_name(node) for node in circle)
    told = {locale: " → ".join(_label(collected, formulas, node, locale) for node in circle) for locale in LOCALES}
    for node in dict.fromkeys(circle):
        one = formulas[node]
        message = f"The formulas need each other in a circle: {names}"
        params = {"circle": [_name(n) for n in circle], "cycle": told}
        problem = Problem("formula.cycle", "options.expression", message, params)
        collected.report(node[0], [problem], document_path(one))


def _label(collected: Collected, formulas: Mapping[Node, Field], node: Node, locale: str) -> str:
    """What people call the field: `Price (Product)`."""
    return f"{formulas[node].label(locale)} ({collected.forms.get(node[0]).label(locale)})"


def _name(node: Node) -> str:
    return ".".join(part for part in node if part)
