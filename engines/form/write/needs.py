"""What the expressions of a form read beyond the record itself: a tree of relations, made once per revision.

`{"customer": {"grade": {}, "owner": {"name": {}}}}`; a sub-form's rows have a tree of their own under its key. Formula
fields stand with what they need themselves, so a rule over a live formula brings its relations along.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from engines.form.choosing.compile import choosing_expressions
from engines.form.collected import every_field
from engines.form.form import Form
from engines.form.rules.behaviour import behaviour_expressions

Tree = dict[str, Any]


@lru_cache(maxsize=1024)
def needs_of(form: Form) -> Tree:
    """The tree of a form: only relations that something is read of, and sub-forms with such relations."""
    tree: Tree = {}
    for path in _paths(form):
        _plant(tree, path)
    return _pruned(tree)


def needs_with(form: Form, expressions: Iterable[Any]) -> Tree:
    """The tree of a form and of some expressions beside its own, over the record itself."""
    tree: Tree = {}
    for path in (*_paths(form), *(tuple(path) for one in expressions for path in one.references)):
        _plant(tree, path)
    return _pruned(tree)


@lru_cache(maxsize=1024)
def expressions_of(form: Form) -> tuple[tuple[str | None, Any], ...]:
    """Every expression that the write path evaluates, with the sub-form that it stands in."""
    found: list[tuple[str | None, Any]] = [(one.subform, one.expression) for one in form.formula_order]
    fields = list(every_field(form))
    found += [(one.subform, one.default) for one in fields if one.default is not None]
    found += behaviour_expressions(form)
    found += choosing_expressions(form)
    found += [(one.subform, condition) for one in fields for condition in one.conditions.values()]
    return tuple((subform, one) for subform, one in found if one is not None)


@lru_cache(maxsize=4096)
def heads_of(form: Form, expression: Any, subform: str | None = None) -> frozenset[str]:
    """The fields of the record that an expression hangs on, through formulas too: what may spoil its judgement."""
    heads: set[str] = set()
    pending = [path[0] for path in expression.references]
    if subform:
        heads.add(subform)
    while pending:
        key = pending.pop()
        if key in heads:
            continue
        heads.add(key)
        field = form.fields.get(key)
        if field is not None and field.expression is not None:
            pending += [path[0] for path in field.expression.references]
        if key in form.subforms:
            for one in form.subforms[key].fields.values():
                if one.expression is not None:
                    pending += [path[0] for path in one.expression.references if path[0] in form.fields]
    return frozenset(heads)


def _paths(form: Form) -> Iterator[tuple[str, ...]]:
    for subform, expression in expressions_of(form):
        for path in expression.references:
            inner = subform is not None and path[0] in form.subforms[subform].fields
            yield (*subform.split("."), *path) if subform is not None and inner else tuple(path)


def _plant(tree: Tree, path: Iterable[str]) -> None:
    for key in path:
        tree = tree.setdefault(key, {})


def _pruned(tree: Tree) -> Tree:
    """Without plain fields: they are in the row itself."""
    return {key: below for key, below in tree.items() if below}
