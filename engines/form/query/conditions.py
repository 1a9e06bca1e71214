"""Filters as SQL over what the reader sees: a value that may not be seen is a blank, so nothing can be told from it."""

from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, exists, false, or_, select, true

from engines.form.fields.base import Context, Field
from engines.form.filters import AllOf, AnyOf, Condition, Filter, Formula
from engines.form.form import Form
from engines.form.scope import FormScope, target_of
from engines.kernel.problems import Problem, Rejected

HOLDS_FOR_BLANK: Final = ("ne", "nin", "ncontains", "empty")
EXACT: Final = ("eq", "ne", "in", "nin")
TEXTUAL: Final = ("contains", "starts", "ncontains")


def filter_condition(tree: Filter, scope: FormScope, context: Context) -> ColumnElement[bool]:
    """The condition of a checked filter on the alias that `scope` stands on.

    Raises `Rejected` where it compares a masked field with several whole values: with a list of all that may stand
    behind a mask, one question would tell which one does. That one was compared is noted in `context.compared`.
    """
    values = list(_whole_values(tree, scope))
    if len(values) > 1:
        _, one = values[0]
        message = f"{one.label()} is masked for you: compare with one whole value at a time"
        raise Rejected(Problem("mask.one_value", one.path, message, {"label": one.label(context.locale)}))
    if values and context.compared is not None:
        context.compared.update((form.table.name, one.path) for form, one in values)
    return _built(tree, scope, context)


def _whole_values(tree: Filter, scope: FormScope) -> Iterator[tuple[Form, Field]]:
    """The masked field (and its form) once for each whole value that somebody who reads the mask compares it with."""
    if isinstance(tree, AllOf | AnyOf):
        for part in tree.parts:
            yield from _whole_values(part, scope)
    elif isinstance(tree, Condition) and tree.field.mask is not None and tree.op in EXACT and scope.see is not None:
        owner = scope.form
        for step in tree.steps:
            owner = owner if step.rows else target_of(owner, step)
        if scope.clear is None or scope.clear(owner, tree.field.path, owner.table) is not True:
            listed = tree.value if isinstance(tree.value, tuple | list) else (tree.value,)
            yield from ((owner, tree.field) for value in listed if value is not None)


def _built(tree: Filter, scope: FormScope, context: Context) -> ColumnElement[bool]:
    match tree:
        case AllOf(parts=parts):
            return and_(true(), *(_built(part, scope, context) for part in parts))
        case AnyOf(parts=parts):
            return or_(false(), *(_built(part, scope, context) for part in parts))
        case Formula(expression=expression):
            condition: ColumnElement[bool] = expression.sql(scope, scope.facts)
            return condition
        case Condition():
            return _condition(tree.steps, tree, scope, context)


def _condition(
    steps: tuple[Field, ...], condition: Condition, scope: FormScope, context: Context
) -> ColumnElement[bool]:
    if not steps:
        return _judged(condition, scope, context)
    step = steps[0]
    if step.storage == "children" or step.links is not None:
        source, on, inner = scope.rows(step.key)
        return exists(select(1).select_from(source).where(on, _condition(steps[1:], condition, inner, context)))
    source, on, inner = scope.related(step.key)
    below = _condition(steps[1:], condition, inner, context)
    if holds_for_blank(condition.op, condition.value):
        return ~exists(select(1).select_from(source).where(on, ~below))
    return exists(select(1).select_from(source).where(on, below))


def _judged(condition: Condition, scope: FormScope, context: Context) -> ColumnElement[bool]:
    one = condition.field
    if one.storage in ("links", "children"):
        plain = one.type.filter_sql(one, scope.table.c.id, condition.op, condition.value, context)
        seen = scope.seen(one.key)
        if seen is True:
            return plain
        blank = holds_for_blank(condition.op, condition.value)
        if seen is False:
            return true() if blank else false()
        return or_(~seen, plain) if blank else and_(seen, plain)
    if one.encrypted:
        return one.type.filter_sql(one, scope.digest(one.key), condition.op, condition.value, context)
    column: ColumnElement[Any] = scope.column(one.key)
    if one.mask is not None and condition.op in EXACT:  # who knows the whole value may ask for it, nothing less
        column = scope.exact(one.key, scope.raw(one.key))
    return one.type.filter_sql(one, column, condition.op, condition.value, context)


def holds_for_blank(op: str, value: Any) -> bool:
    """Whether a condition is true of a blank (EXPRESSIONS.md, 6)."""
    if op in TEXTUAL and not value:
        return True
    if op in ("eq", "in"):
        return value is None or (isinstance(value, tuple) and None in value)
    if op in ("ne", "nin"):
        return not (value is None or (isinstance(value, tuple) and None in value))
    return op in HOLDS_FOR_BLANK
