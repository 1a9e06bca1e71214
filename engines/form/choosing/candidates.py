"""What the dialog of a picker shows: a page of candidates in their groups, with what stands against each.

Candidates come in the order of their groups, then in the picker's own, then by title. They are listed with the rights
of the person who looks; what excludes them, and how many of a group there may be, holds for everybody.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import ColumnElement, case, func, select

from engines.form.choosing.ask import among, both, filter_of, given_by, sought
from engines.form.choosing.compile import choices_of, pickers_of
from engines.form.choosing.judge import NOWHERE, Group, judged
from engines.form.choosing.model import Picker
from engines.form.facts import facts_of
from engines.form.fields.base import Field
from engines.form.form import Form
from engines.form.policy import policy_for
from engines.form.query import Query, Record, Sort, ask, condition_of, list_records
from engines.form.query.ask import Ask
from engines.form.query.order import order_keys
from engines.form.rules.linkage import column_at
from engines.form.rules.linkage import ordered as in_order
from engines.form.rules.model import Linkage
from engines.form.scope import FormScope, target_of
from engines.form.transaction import Transaction
from engines.kernel.problems import NotFound, Problem

MOST: Final = 500
CAP: Final = 10_000
LAST_OFFSET: Final = 100_000


@dataclass(frozen=True, slots=True)
class Candidate:
    """A record that could be chosen. `why` says what stands against it; blank where nothing does."""

    record: Record
    group: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Candidates:
    """A page of candidates. `held` are the groups of records that stand in rows already."""

    picker: Picker
    columns: tuple[Field, ...] = ()
    items: tuple[Candidate, ...] = ()
    groups: tuple[Group, ...] = ()
    total: int = 0
    capped: bool = False
    more: bool = False
    held: Mapping[int, str] = field(default_factory=dict)


def picker_at(form: Form, key: str) -> Picker:
    """The picker of a sub-form. Raises `NotFound`."""
    found = pickers_of(form).get(key)
    if found is None:
        message = f'There is no picker for "{key[:40]}"'
        raise NotFound(Problem("picker.unknown", key, message, {"key": key[:40]}))
    return found


def candidates(
    tx: Transaction,
    form: Form,
    key: str,
    view: Mapping[str, Any],
    search: str | None = None,
    offset: int = 0,
    limit: int = 200,
) -> Candidates:
    """A page of what may be chosen over the values of a record, as expressions read them (`Draft.view`).

    Raises `NotFound` where the sub-form has no picker, `Forbidden` for who may not read the other form.
    """
    picker = picker_at(form, key)
    asked = ask(tx, picker.target)
    asked.policy.require("read")
    limit, offset = min(max(limit, 1), MOST), min(max(offset, 0), LAST_OFFSET)
    where = condition_of(asked, sought(asked, _filter(asked, picker, view), search))
    query = select(asked.table.c.id).select_from(asked.table).where(where)
    ids = list(asked.run(_in_groups(asked, picker, query).limit(limit + 1).offset(offset)).scalars())
    total, capped = _count(asked, where) if len(ids) > limit or offset else (len(ids), False)
    more, ids = len(ids) > limit, ids[:limit]
    columns = _columns(tx, picker)
    names = tuple(one.key for one in columns)
    page = Query(names, among(ids), limit=max(1, len(ids)), count="none")
    records = {one.id: one for one in list_records(tx, picker.target, page).rows} if ids else {}
    held = {row_id for row in view.get(key) or () if (row_id := chosen_in(row, picker)) is not None}
    said = judged(tx, picker, view, {*ids, *held})
    items = [
        Candidate(records[one], said[one].group.key, said[one].why) for one in ids if one in records and one in said
    ]
    groups = {said[one].group.key: said[one].group for one in (*ids, *sorted(held)) if one in said}
    return Candidates(
        picker,
        columns,
        tuple(items),
        tuple(groups.values()) if picker.group is not None else (),
        total,
        capped,
        more,
        {one: said[one].group.key for one in held if one in said},
    )


def chosen_in(row: Mapping[str, Any], picker: Picker) -> int | None:
    """The record that a row holds, of a row's values or of what expressions read of it."""
    value = row.get(picker.relation.key)
    found = value.get("id") if isinstance(value, Mapping) else value
    return found if isinstance(found, int) else None


def offered_groups(tx: Transaction, picker: Picker, view: Mapping[str, Any]) -> tuple[Group, ...]:
    """Every group of which something is offered: what a picker with a minimum for each must fill."""
    if picker.group is None:
        return ()
    asked = ask(tx, picker.target)
    if not asked.policy.may("read"):
        return ()
    where = condition_of(asked, Query((), _filter(asked, picker, view)))
    column = column_at(FormScope(picker.target, asked.table, facts_of(tx, picker.form.forms)), *picker.group)
    one_each = select(func.min(asked.table.c.id)).select_from(asked.table).where(where).group_by(column).limit(1000)
    said = judged(tx, picker, view, list(asked.run(one_each).scalars()))
    return tuple({one.group.key: one.group for one in said.values() if one.group is not NOWHERE}.values())


def _filter(asked: Ask, picker: Picker, view: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """What the dialog lists: what the picker offers of what the relation lets through.

    Conditions of the relation that read the row wait for the row: they are asked when it is saved.
    """
    facts = facts_of(asked.tx, picker.form.forms)
    own = filter_of(asked, picker.offered, given_by(picker.offered, view, facts))
    relation = choices_of(picker.form).get(picker.relation.path)
    if relation is None:
        return own
    known = tuple(one for one in relation.where if not _reads_row(picker, one.value))
    outer = Linkage(relation.form, known, False, (), None, (), None, False)
    return both(own, filter_of(asked, outer, given_by(outer, view, facts)))


def _reads_row(picker: Picker, value: Any) -> bool:
    return value is not None and any(path[0] in picker.rows.fields for path in value.references)


def _in_groups(asked: Ask, picker: Picker, query: Any) -> Any:
    """The groups together: options in their order, records and texts by what they are called."""
    if picker.group is not None:
        query = query.order_by(*(column.asc().nulls_last() for column in _group_keys(asked, picker)))
    title = picker.target.fields.get(picker.target.title_field or "")
    if not picker.offered.sort and title is not None and title.type.sort_columns(title):
        query = query.order_by(order_keys(asked, [Sort(title.key)])[0].column.asc().nulls_last())
    return in_order(asked, picker.offered, query, first="oldest")


def _group_keys(asked: Ask, picker: Picker) -> list[ColumnElement[Any]]:
    if picker.group is None:
        return []
    steps, one = picker.group
    column = column_at(asked.scope, steps, one)
    if one.choices:
        return [case({choice.key: place for place, choice in enumerate(one.choices)}, value=column)]
    if not steps and not one.type.target_form(one) and one.type.sort_columns(one):
        return [order_keys(asked, [Sort(one.key)])[0].column]
    if not one.type.target_form(one):
        return [column]
    target = target_of(picker.target, one)
    title = target.fields.get(target.title_field or "")
    if title is None or title.storage != "column" or title.type.target_form(title):
        return [column]
    named: ColumnElement[Any] = column_at(asked.scope, (*steps, one), title)
    return [named, column]


def _count(asked: Ask, where: ColumnElement[bool]) -> tuple[int, bool]:
    few = select(asked.table.c.id).select_from(asked.table).where(where).limit(CAP + 1).subquery()
    total = int(asked.run(select(func.count()).select_from(few)).scalar_one())
    return min(total, CAP), total > CAP


def _columns(tx: Transaction, picker: Picker) -> tuple[Field, ...]:
    policy = policy_for(tx, picker.target)
    known = (picker.target.every.get(name) for name in picker.columns)
    return tuple(one for one in known if one is not None and policy.sees(one.key) is not False)
