"""Conditions of choices over the values of a record or row: what is offered, and what does not fit.

Both are one question, asked with the rights of the person who chooses or writes.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import select

from engines.form.facts import facts_of
from engines.form.filters import read_filter
from engines.form.form import Form
from engines.form.query import Query, ask, condition_of
from engines.form.query.ask import Ask
from engines.form.query.lists import visible_ids
from engines.form.query.pick import Pick, pick
from engines.form.rules.linkage import NO_VALUE, Operands, listed, operands, ordered, unknown
from engines.form.rules.model import Linkage, LinkCondition
from engines.form.search import exact, terms_of
from engines.form.transaction import Transaction
from engines.formula import Facts, json_value
from engines.kernel.problems import Rejected

NOTHING: Final = {"field": "id", "op": "in", "value": []}
MOST_FOUND: Final = 5000

Filter = Mapping[str, Any] | None


def among(ids: Iterable[int]) -> dict[str, Any]:
    """The filter of these records."""
    return {"field": "id", "op": "in", "value": list(ids)}


def both(*filters: Filter) -> Filter:
    """Filters that must all hold."""
    parts = [one for one in filters if one]
    return {"and": parts} if len(parts) > 1 else parts[0] if parts else None


def given_by(linkage: Linkage, view: Mapping[str, Any], facts: Facts) -> Operands | None:
    """What the conditions compare with over a record or row; None where a value is blank, so that nothing fits."""
    given = operands(linkage, view, facts) if linkage.where else ()
    return None if given is None else tuple(tuple(one) if isinstance(one, list) else one for one in given)


def seen_at(form: Form, view: Mapping[str, Any], path: str, places: Sequence[int | None]) -> dict[str, Any]:
    """What conditions of the field at a path see: the record, over it the row (and its row) at these places.

    A row that is not there yet is blank.
    """
    seen, at, fields = dict(view), view, form.fields
    for step, place in zip(path.split(".")[:-1], places, strict=False):
        rows, one = at.get(step) or (), fields.get(step)
        fields = {} if one is None else one.rows
        at = rows[place] if place is not None and 0 <= place < len(rows) else dict.fromkeys(fields)
        seen |= at
    return seen


def filter_of(asked: Ask, linkage: Linkage, given: Operands | None) -> Filter:
    """The conditions as a filter; nothing fits a value that the other field cannot be compared with."""
    if not linkage.where:
        return None
    if given is None:
        return NOTHING
    pairs = zip(linkage.where, given, strict=True)
    parts = [_part(one, value) for one, value in pairs if not unknown(one, value)]
    held = [part for part in parts if _is_readable(asked, part)]
    if not held or (len(held) < len(parts) and not linkage.any):
        return NOTHING
    return {"or" if linkage.any else "and": held}


def _is_readable(asked: Ask, part: Mapping[str, Any]) -> bool:
    try:
        read_filter(asked.form, part, asked.context)
    except Rejected:
        return False
    return True


def _part(one: LinkCondition, value: Any) -> dict[str, Any]:
    if one.op in NO_VALUE:
        return {"field": one.name, "op": one.op}
    return {"field": one.name, "op": one.op, "value": json_value(listed(one.op, value))}


def offered(
    tx: Transaction, linkage: Linkage, view: Mapping[str, Any], search: str | None = None, limit: int = 20
) -> tuple[Pick, ...]:
    """What a relation with conditions may be set to over the values of a record or row, by a few letters.

    In the order that the relation says, without one by title. Raises `Forbidden` for who may not read the other form.
    """
    asked = ask(tx, linkage.form)
    where = filter_of(asked, linkage, given_by(linkage, view, facts_of(tx, linkage.form.forms)))
    if not linkage.sort:
        return pick(tx, linkage.form, search, where, limit)
    ids = ordered_ids(asked, linkage, sought(asked, where, search), limit, first="oldest")
    found = {one.id: one for one in pick(tx, linkage.form, None, among(ids), len(ids))} if ids else {}
    return tuple(found[one] for one in ids if one in found)


def ordered_ids(asked: Ask, linkage: Linkage, query: Query, limit: int, first: str = "newest") -> list[int]:
    """The ids of the first records that a question finds, as far as the actor may see them, in the linkage's order."""
    asked.policy.require("read")
    statement = select(asked.table.c.id).select_from(asked.table).where(condition_of(asked, query))
    return list(asked.run(ordered(asked, linkage, statement, first).limit(limit)).scalars())


def sought(asked: Ask, where: Filter, search: str | None) -> Query:
    """A question that one condition answers: letters that the index only narrows down are looked at again.

    Rows have no search text of their own: they are found by what they are called.
    """
    query, terms = Query((), both(where, _active(asked)), search), terms_of(search)
    if terms and asked.form.of_rows is not None:
        return Query((), among(one.id for one in pick(asked.tx, asked.form, search, where, MOST_FOUND)))
    if not terms or exact(terms):
        return query
    return Query((), among(visible_ids(asked.tx, asked.form, query, limit=MOST_FOUND)))


def _active(asked: Ask) -> Filter:
    """People who left and closed departments are offered no more."""
    return {"field": "active", "op": "eq", "value": True} if asked.form.system else None


def fixed_filter(asked: Ask, linkage: Linkage) -> Filter:
    """The conditions that read nothing of the record: what can be told where there is none yet."""
    fixed = tuple(one for one in linkage.where if one.value is None or not one.value.references)
    told = replace(linkage, where=fixed)
    return filter_of(asked, told, given_by(told, {}, facts_of(asked.tx, linkage.form.forms)))


def fits(tx: Transaction, linkage: Linkage, given: Operands | None, ids: Iterable[int]) -> set[int]:
    """Those of these records that the conditions let through for the actor."""
    wanted = sorted(set(ids))
    if not linkage.where:
        return set(wanted)
    asked = ask(tx, linkage.form)
    if given is None or not wanted or not asked.policy.may("read"):
        return set()
    where = condition_of(asked, Query((), both(among(wanted), filter_of(asked, linkage, given))))
    return set(asked.run(select(asked.table.c.id).where(where)).scalars())


def misfit(tx: Transaction, linkage: Linkage, given: Operands, record_id: int) -> LinkCondition | None:
    """The first condition that a record does not meet."""
    asked = ask(tx, linkage.form)
    for one, value in zip(linkage.where, given, strict=True):
        part = _part(one, value)
        try:
            where = condition_of(asked, Query((), both(among([record_id]), part)))
        except Rejected:
            return one
        if asked.run(select(asked.table.c.id).where(where)).first() is None:
            return one
    return None
