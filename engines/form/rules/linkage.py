"""Data linkage: values, choices and rows from the records of another form, as the actor may see them.

A condition whose value here is blank finds nothing (with `any` it is left out). Without an order the newest record is
taken; an order decides, and the newest among equals. Blanks come last in either direction.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy import Select as Selection

from engines.form.fields.base import Context, Field
from engines.form.fields.operators import BLANK
from engines.form.filters import Condition, follow
from engines.form.names import ID
from engines.form.query.ask import Ask, ask
from engines.form.query.conditions import filter_condition
from engines.form.query.order import order_keys
from engines.form.query.types import Sort
from engines.form.rules.fit import fit
from engines.form.rules.model import Linkage, LinkCondition
from engines.form.scope import FormScope
from engines.form.transaction import Transaction
from engines.formula import Facts, Type
from engines.kernel.problems import Rejected

MOST_CHOICES: Final = 500
MOST_ROWS: Final = 200
AGGREGATES: Final = {"sum": "sum", "min": "min", "max": "max", "average": "avg"}
NO_VALUE: Final = (*BLANK, "is_me", "my_team", "my_department")

UNSTORED: Final = 0
"""Stands for the id of a record that is being filled in: every other record is not this one."""

Operands = tuple[Any, ...]
"""What the conditions compare with, in their order; also what tells one question from another."""


def operands(linkage: Linkage, row: Mapping[str, Any], facts: Facts) -> Operands | None:
    """The values of the conditions over a record or row; None where nothing can be found."""
    values: list[Any] = []
    for one in linkage.where:
        value = None if one.value is None else one.value.evaluate(row, facts)
        value = value.get("id") if isinstance(value, Mapping) else value
        value = None if value in ("", (), []) else value
        if value is None and one.op == "ne" and one.field.key == ID and not one.steps:
            value = UNSTORED
        if value is None and one.op not in NO_VALUE and not linkage.any:
            return None
        values.append(value)
    if (
        linkage.any
        and linkage.where
        and all(unknown(one, value) for one, value in zip(linkage.where, values, strict=True))
    ):
        return None
    return tuple(values)


def unknown(one: LinkCondition, value: Any) -> bool:
    """Whether a condition compares with nothing: with `any` it is left out."""
    return value is None and one.op not in NO_VALUE


def linked_value(tx: Transaction, linkage: Linkage, one: Field, given: Operands | None) -> Any:
    """The value that the linkage gives to a field; None where nothing fits."""
    question = _question(tx, linkage, given)
    if question is None:
        return None
    asked, where = question
    context = Context.of(tx)
    if linkage.aggregate == "count":
        count = asked.run(select(func.count()).select_from(asked.table).where(where)).scalar_one()
        return fit(one, count, context)
    steps, taken = follow(linkage.form, str(linkage.take))
    column = column_at(asked.scope, steps, taken)
    if linkage.aggregate:
        whole = getattr(func, AGGREGATES[linkage.aggregate])(column)
        value = asked.run(select(whole).select_from(asked.table).where(where)).scalar_one()
        return converted(one, taken, value, context)
    query = ordered(asked, linkage, select(column.label("taken")).select_from(asked.table).where(where)).limit(1)
    found = asked.run(query).first()
    return None if found is None else converted(one, taken, found[0], context)


def linked_choices(tx: Transaction, linkage: Linkage, one: Field, given: Operands | None) -> tuple[str, ...]:
    """The distinct values that the linkage offers: keys of options for a choice, texts for others."""
    question = _question(tx, linkage, given)
    if question is None:
        return ()
    asked, where = question
    steps, taken = follow(linkage.form, str(linkage.take))
    column = column_at(asked.scope, steps, taken)
    query = ordered(asked, linkage, select(column.label("taken")).select_from(asked.table).where(where))
    context, found = Context.of(tx), dict[str, None]()
    for (value,) in asked.run(query.limit(MOST_CHOICES * 4)):
        for text in _texts(one, taken, value, context):
            found.setdefault(text)
    return tuple(found)[:MOST_CHOICES]


def linked_rows(tx: Transaction, linkage: Linkage, one: Field, given: Operands | None) -> list[dict[str, Any]]:
    """The rows that the linkage gives to a sub-form, at most 200."""
    question = _question(tx, linkage, given)
    if question is None:
        return []
    asked, where = question
    ways = [(one.rows[target], *follow(linkage.form, source)) for target, source in linkage.rows]
    columns = [column_at(asked.scope, steps, taken).label(target.key) for target, steps, taken in ways]
    query = select(*columns).select_from(asked.table).where(where)
    query = ordered(asked, linkage, query, first="oldest").limit(MOST_ROWS)
    context = Context.of(tx)
    return [
        {target.key: converted(target, taken, row[target.key], context) for target, _, taken in ways}
        for row in asked.run(query).mappings()
    ]


def _question(tx: Transaction, linkage: Linkage, given: Operands | None) -> tuple[Ask, ColumnElement[bool]] | None:
    """The records that count, as the actor may see them; None where there are none for sure."""
    asked = ask(tx, linkage.form)
    if given is None or not asked.policy.may("read"):
        return None
    conditions: list[ColumnElement[bool]] = []
    for one, value in zip(linkage.where, given, strict=True):
        if unknown(one, value):
            continue
        try:
            operand = one.field.type.parse_operand(one.op, listed(one.op, value), one.field, asked.context)
        except Rejected:
            if linkage.any:
                continue
            return None
        conditions.append(
            filter_condition(Condition(one.steps, one.field, one.op, operand), asked.scope, _unnoted(asked.context))
        )
    if linkage.any and linkage.where and not conditions:
        return None
    together = or_(*conditions) if linkage.any and conditions else and_(*conditions) if conditions else None
    parts = [asked.alive(), asked.policy.rows("read")]
    return asked, and_(*parts, *([] if together is None else [together]))


def _unnoted(context: Context) -> Context:
    """What the designer of a form compares is not a question of the person who fills it in."""
    return replace(context, compared=None)


def listed(op: str, value: Any) -> Any:
    """What an operator takes: one value for those that ask for several stands alone among them."""
    if op in ("in", "nin") and not isinstance(value, list | tuple):
        return [value]
    return value


def column_at(scope: FormScope, steps: tuple[Field, ...], taken: Field) -> ColumnElement[Any]:
    """The value of a field, behind relations to one record too."""
    if not steps:
        return scope.read(taken.key)
    source, on, inner = scope.related(steps[0].key)
    return select(column_at(inner, steps[1:], taken)).select_from(source).where(on).scalar_subquery()


def ordered(asked: Ask, linkage: Linkage, query: Selection[Any], first: str = "newest") -> Selection[Any]:
    """A query in the order of the linkage, blanks last; where it says nothing the newest or the oldest first."""
    keys: list[ColumnElement[Any]] = []
    for one in linkage.sort:
        if one.expression is not None:
            column: ColumnElement[Any] = one.expression.sql(asked.scope, asked.scope.facts)
        else:
            column = order_keys(asked, [Sort(str(one.field), one.descending)])[0].column
        keys.append((column.desc() if one.descending else column.asc()).nulls_last())
    identity = asked.table.c.id
    return query.order_by(*keys, identity.desc() if first == "newest" else identity.asc())


def converted(one: Field, taken: Field, stored: Any, context: Context) -> Any:
    """A value of the other form as this field holds it: as it is where types agree, else the text people see."""
    value = taken.type.from_column(stored, taken)
    if value is None:
        return None
    as_text = one.type.formula_type(one) is Type.TEXT and taken.type.formula_type(taken) is not Type.TEXT
    if as_text or (taken.choices and not one.choices):
        value = taken.type.display(value, taken, context.locale, context.zone)
    return fit(one, value, context)


def _texts(one: Field, taken: Field, stored: Any, context: Context) -> list[str]:
    value = taken.type.from_column(stored, taken)
    if value is None:
        return []
    if isinstance(value, list | tuple):
        return [str(part) for part in value]
    if one.choices:
        text = str(value)
        if one.choice(text) is not None:
            return [text]
        shown = taken.type.display(value, taken, context.locale, context.zone)
        return [choice.key for choice in one.choices if shown in choice.label.all()]
    return [taken.type.display(value, taken, context.locale, context.zone)]
