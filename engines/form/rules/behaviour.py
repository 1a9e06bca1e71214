"""What a form does by itself, found out once per revision: who follows whom, what is linked, what rules may move."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from engines.form.choosing.compile import choices_of, pickers_of
from engines.form.collected import every_field
from engines.form.fields.base import Field
from engines.form.fields.link import part_of
from engines.form.form import Form
from engines.form.rates.compile import currency_expressions, filled_keys, frozen_amounts
from engines.form.rules.follow import Follower, circles
from engines.form.rules.model import FormRule

Groups = tuple[tuple[Follower, ...], ...]


@dataclass(frozen=True, slots=True)
class Behaviour:
    """`follows` by sub-form ("" for the record); `linked` fields take values or rows, `offered` choices.

    `moved` are the keys of the record's fields that something here may change beside what a writer sends; `editable`
    the read-only fields that some rule opens; `fills` are the fields, of rows too, that something on the page gives a
    value: rules, linkages, choices that copy, fields that compute each other, defaults that read others; `acts` says
    whether there is anything to do before a write is checked.
    """

    follows: Mapping[str, Groups]
    linked: tuple[Field, ...]
    offered: tuple[Field, ...]
    hidden_values: str
    locks: bool
    guards: frozenset[str]
    moved: frozenset[str]
    editable: frozenset[str]
    fills: frozenset[str]
    acts: bool


@lru_cache(maxsize=1024)
def behaviour_of(form: Form) -> Behaviour:
    """The behaviour of a compiled form."""
    every = list(every_field(form))
    rules = [rule for rule in form.rules if isinstance(rule, FormRule)]
    actions = [action for rule in rules for action in rule.actions]
    follows = {key: _groups(form, key) for key in ("", *form.subforms)}
    follows = {key: groups for key, groups in follows.items() if groups}
    linked = tuple(one for one in every if one.linkage is not None and not one.linkage.choices)
    offered = tuple(one for one in every if one.linkage is not None and one.linkage.choices)
    hiding = {path for action in actions if action.do in ("show", "hide") for path in action.fields}
    policy = form.document.get("hidden_values", "keep")
    fills = {path for action in actions if action.do == "set" for path in action.fields}
    fills |= (
        {one.path for one in linked}
        | {path for one in every for path in _copied(one)}
        | {one.path for one in every if one.follow is not None}
        | filled_keys(form)
    )
    moved = fills | (hiding if policy != "keep" else set())
    return Behaviour(
        follows=follows,
        linked=linked,
        offered=offered,
        hidden_values=policy,
        locks=any(action.do == "lock" for action in actions),
        guards=frozenset(operation for rule in rules for operation in rule.on) & {"delete", "restore"},
        moved=frozenset(path.split(".")[0] for path in moved),
        editable=frozenset(path for action in actions if action.do == "editable" for path in action.fields),
        fills=frozenset(fills | {one.path for one in every if one.default is not None and one.default.references}),
        acts=bool(
            choices_of(form)
            or pickers_of(form)
            or rules
            or follows
            or linked
            or offered
            or frozen_amounts(form)
            or any(one.options.get("copy") for one in every)
        ),
    )


def behaviour_expressions(form: Form) -> Iterator[tuple[str | None, Any]]:
    """Every expression of rules, linkages and following fields, with the sub-form whose rows it is asked of."""
    for rule in form.rules:
        subform = rule.subform if isinstance(rule, FormRule) else None
        for expression in rule.expressions() if isinstance(rule, FormRule) else ():
            yield subform, expression
    for one in every_field(form):
        if one.follow is not None:
            yield one.subform, one.follow
        for expression in one.linkage.expressions() if one.linkage is not None else ():
            yield one.subform, expression
    yield from currency_expressions(form)


def reads_of(form: Form, expression: Any, subform: str | None) -> frozenset[str]:
    """The names that an expression hangs on, through formulas too: those of the row, and those of the record."""
    rows = form.subforms[subform].fields if subform else {}
    found: set[str] = set()
    pending = [str(path[0]) for path in expression.references]
    while pending:
        key = pending.pop()
        if key in form.parts:  # a part of a relation to one of several forms moves with the field
            key = part_of(form.parts[key])
        if key in found:
            continue
        found.add(key)
        one = rows.get(key) or form.fields.get(key)
        if one is not None and one.expression is not None:
            pending += [str(path[0]) for path in one.expression.references]
    return frozenset(found)


def _copied(one: Field) -> Iterator[str]:
    """The fields that a relation fills when a record is chosen."""
    for spec in one.options.get("copy") or ():
        yield f"{one.subform}.{spec['to']}" if one.subform else spec["to"]


def _groups(form: Form, subform: str) -> Groups:
    fields = form.subforms[subform].fields if subform else form.fields
    return circles(
        [
            Follower(key, one.follow, reads_of(form, one.follow, subform or None))
            for key, one in fields.items()
            if one.follow is not None
        ]
    )
