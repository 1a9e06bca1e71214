"""Pickers of rows that relations point at: found by what their record is called and by what they are about.

A row is offered where its record may be read. Its title holds every word that was typed: people find a row by what they
see of it, `DD20261122-1 · 3 · 打印机`. The newest records come first, the rows of one in their order.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, false, func, or_, select, true

from engines.form.fields.base import Field
from engines.form.filters import read_filter
from engines.form.folding import fold
from engines.form.form import Form
from engines.form.names import ID, PARENT, POSITION
from engines.form.policy.rules import ids as among
from engines.form.query.ask import Ask, ask
from engines.form.query.conditions import filter_condition
from engines.form.row_titles import speaking
from engines.form.search import terms_of
from engines.form.titles import titles
from engines.form.transaction import Transaction

MOST_LOOKED_AT: Final = 400
"""So many rows that may be meant are looked at; who searches for less than these find says more."""

Find = Callable[[Form, str], Sequence[int]]
"""The ids of the records of a form that a word finds."""


def find_rows(
    tx: Transaction, form: Form, search: str | None, filter: Mapping[str, Any] | None, limit: int, find: Find
) -> list[tuple[int, str]]:
    """Ids and titles of rows to choose from. Raises `Forbidden` where the actor may read no record."""
    asked = ask(tx, form)
    asked.policy.require("read")
    terms = terms_of(search)
    tree = read_filter(form, filter, asked.context)
    table = asked.table
    where = asked.alive() & asked.policy.rows("read") & filter_condition(tree, asked.scope, asked.context)
    where = where & and_(true(), *(_meant(asked, term, find) for term in terms))
    query = select(table.c[ID]).where(where).order_by(table.c[PARENT].desc(), table.c[POSITION], table.c[ID])
    ids = list(asked.run(query.limit(MOST_LOOKED_AT if terms else limit)).scalars())
    named = titles(tx, form, ids)
    found = [(one, named[one]) for one in ids if all(term in fold(named[one]) for term in terms)]
    return found[:limit]


def _meant(asked: Ask, term: str, find: Find) -> ColumnElement[bool]:
    """Whether a word may stand in the title of a row."""
    sub = asked.form.of_rows
    if sub is None:
        return false()
    ways: list[ColumnElement[bool]] = [asked.table.c[PARENT] == among(find(sub.form, term))]
    if term.isdecimal() and len(term) <= 4:
        ways.append(asked.table.c[POSITION] == int(term) - 1)
    ways += [_says(asked, one, term, find) for one in speaking(sub)]
    return or_(*ways)


def _says(asked: Ask, one: Field, term: str, find: Find) -> ColumnElement[bool]:
    column = asked.scope.column(one.key)
    target = asked.form.forms.find(one.type.target_form(one) or "")
    if target is not None:
        return column == among(find(target, term))
    if one.type.has_choices:
        words = [each.key for each in one.choices if any(term in fold(word) for word in each.label.all())]
        return column.in_(words)
    if one.type.folds:
        return func.dg.fold(column).contains(term, autoescape=True)
    return true()  # numbers and days are looked at as they are shown
