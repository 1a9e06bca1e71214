"""Pickers: records of a form to choose from, by what people call them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from engines.form.fields.base import Field
from engines.form.form import Form
from engines.form.query.lists import list_records
from engines.form.query.pick_rows import find_rows
from engines.form.query.types import Query, Sort
from engines.form.ranges import offered, range_of
from engines.form.scope import target_of
from engines.form.titles import titles
from engines.form.transaction import Transaction

MOST_FOUND: Final = 200
"""So many records that a word finds lead to rows."""


@dataclass(frozen=True, slots=True)
class Pick:
    """One record to choose: its title, and a second line that tells namesakes apart."""

    id: int
    title: str
    subtitle: str = ""


def pick(
    tx: Transaction,
    form: Form,
    search: str | None = None,
    filter: Mapping[str, Any] | None = None,
    limit: int = 20,
) -> tuple[Pick, ...]:
    """Records of a form that the actor may see, found by any of their words, in the order of their titles."""
    if form.of_rows is not None:
        rows = find_rows(tx, form, search, filter, limit, lambda other, term: _found(tx, other, term))
        return tuple(Pick(identity, title) for identity, title in rows)
    sort: tuple[Sort, ...] = ()
    title = form.fields.get(form.title_field or "")
    if title is not None and title.type.sort_columns(title) and not search:
        sort = (Sort(title.key),)
    columns = tuple(key for key in (form.title_field, form.subtitle_field) if key)
    if form.system:
        filter = {"and": [one for one in (filter, {"field": "active", "op": "eq", "value": True}) if one]}
    page = list_records(tx, form, Query(columns, filter, search, sort, limit, count="none"))
    second = form.fields.get(form.subtitle_field or "")
    return tuple(
        Pick(one.id, one.title, _text(tx, second, one.values.get(second.key)) if second is not None else "")
        for one in page.rows
    )


def _found(tx: Transaction, form: Form, term: str) -> list[int]:
    """The records that a word finds, for the rows that they hold or are about."""
    return [one.id for one in pick(tx, form, term, limit=MOST_FOUND)]


def _text(tx: Transaction, one: Field, value: Any) -> str:
    return "" if value is None else one.type.display(value, one, tx.actor.locale, tx.actor.zone)


def options_of(
    tx: Transaction, form: Form, path: str, search: str | None = None, limit: int = 20, held: Iterable[int] = ()
) -> tuple[Pick, ...]:
    """What a relation, member or department field may be set to: `customer`, `lines.product`.

    `held` is what the field holds that the range of a member or department field names.
    """
    one = form.at(path)
    allowed = None
    if range_of(one):
        allowed = {"field": "id", "op": "in", "value": offered(tx, form, one, held)}
    return pick(tx, target_of(form, one), search, allowed, limit=limit)


def picked(tx: Transaction, form: Form, ids: Iterable[int]) -> tuple[Pick, ...]:
    """The titles of records that are chosen already, in the order given; a dash for what may not be seen."""
    ids = list(ids)
    named = titles(tx, form, ids)
    return tuple(Pick(one, named[one]) for one in ids)
