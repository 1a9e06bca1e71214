"""What points at a record or at a row, and what becomes of it when that goes (`on_delete` of the field that points)."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Select, delete, func, select, update

from engines.form.collected import every_field
from engines.form.fields.base import Field
from engines.form.fields.link import part_of
from engines.form.form import Form
from engines.form.names import DELETED, ID, LINK_SOURCE, LINK_TARGET, PARENT
from engines.form.nested import fresh_rows, holders_of, rows_of
from engines.form.policy import policy_for
from engines.form.policy.rules import ids as among
from engines.form.titles import titles
from engines.form.transaction import Transaction, as_system
from engines.form.write import load
from engines.form.write.draft import Draft
from engines.kernel.problems import Problem, Rejected

NAMED: Final = 5
"""So many of the records that stand in the way are named."""
Stages = Sequence[Callable[[Draft], None]]


@dataclass(frozen=True)
class Reference:
    """A field of a form that points at another form, or at rows of one."""

    form: Form
    field: Field


@lru_cache(maxsize=1024)
def references_to(form: Form) -> tuple[Reference, ...]:
    """Every field of the app that points at a form (or at rows, by their form), those of sub-forms included."""
    return tuple(
        Reference(other, one)
        for other in sorted(form.forms.own(), key=lambda other: other.key)
        for one in (*other.parts.values(), *every_field(other))
        if one.storage != "none" and one.type.target_form(one) == form.key
    )


def pointing(reference: Reference, ids: Collection[int]) -> Select[Any]:
    """The ids of the records (not in the trash) that point at one of `ids` through one field."""
    form, one = reference.form, reference.field
    table = form.table
    query = select(table.c[ID]).where(table.c[DELETED].is_(None))
    owner = form.subforms[one.subform].table if one.subform else table
    if one.links is not None:
        inner = select(one.links.c[LINK_SOURCE]).where(one.links.c[LINK_TARGET] == among(ids))
        if one.subform:
            inner = select(owner.c[PARENT]).where(owner.c[ID].in_(inner))
        return query.where(table.c[ID].in_(inner))
    if one.subform:
        rows = select(owner.c[PARENT]).where(owner.c[one.key] == among(ids))
        outer = form.subforms[one.subform].outer
        if outer is not None:
            rows = select(outer.table.c[PARENT]).where(outer.table.c[ID].in_(rows))
        return query.where(table.c[ID].in_(rows))
    return query.where(table.c[one.key] == among(ids))


def blocked(
    tx: Transaction, reference: Reference, ids: Collection[int], along: Collection[int] = ()
) -> Iterator[Problem]:
    """The problem of records that hold one of `ids`; those that go `along` do not."""
    found = holders(tx, reference, ids, along)
    if found is not None:
        count, named, params = found
        message = f"{count} records of {params['form']} point at this record: {', '.join(named)}"
        yield Problem("record.referenced", f"{reference.form.key}.{reference.field.path}", message, params)


def holders(
    tx: Transaction, reference: Reference, ids: Collection[int], along: Collection[int] = ()
) -> tuple[int, list[str], dict[str, Any]] | None:
    """How many records hold one of `ids` so that it must stay, what the first are called, and both as parameters."""
    one = reference.field
    if one.options.get("on_delete") in ("clear", "cascade"):
        return None
    query = pointing(reference, ids)
    if along:
        query = query.where(reference.form.table.c[ID].not_in(along))
    found = list(tx.connection.execute(query.order_by(reference.form.table.c[ID]).limit(NAMED)).scalars())
    if not found:
        return None
    count = tx.connection.execute(select(func.count()).select_from(query.subquery())).scalar_one()
    named = list(titles(tx, reference.form, found).values())
    locale = tx.actor.locale
    params = {"form": reference.form.label(locale), "field": one.label(locale), "count": count, "titles": named}
    return count, named, params


def clear(tx: Transaction, reference: Reference, ids: Collection[int], stages: Stages, *, rows: bool = False) -> None:
    """Empty a field in every record that points at one of `ids`, through the write path, as the system.

    With `rows` the rows of sub-forms that point at them are taken out.
    """
    from_system, gone = as_system(tx), frozenset(ids)
    one, form = reference.field, reference.form
    query = pointing(reference, ids).order_by(form.table.c[ID])
    for record_id in tx.connection.execute(query).scalars().all():
        draft = Draft(from_system, form, policy_for(from_system, form), "update", {}, record_id)
        old = load.locked(from_system, form, record_id, {})
        if old is None:
            continue
        draft.old = old | load.inner(from_system, form, record_id)
        draft.values = {key: draft.old.get(key) for key in form.fields}
        draft.values |= fresh_rows(form, draft.old)
        holders = [draft.values]
        if one.subform:
            sub = form.subforms[one.subform]
            for _, holder in list(holders_of(draft.values, sub)) if rows else ():
                holder[sub.key] = [row for row in holder.get(sub.key) or () if row.get(one.key) not in gone]
            holders = [row for _, row in rows_of(draft.values, one.subform)]
        draft.touched.add(one.path.partition(".")[0])
        if one.key in form.parts:
            draft.touched.add(part_of(one))
            draft.values[part_of(one)] = None
        for holder in holders:
            value = holder.get(one.key)
            if isinstance(value, tuple):
                holder[one.key] = tuple(other for other in value if other not in gone) or None
            elif value in gone:
                holder[one.key] = None
        for stage in stages:
            stage(draft)


def release_rows(draft: Draft, stages: Stages) -> None:
    """Rows are about to go: whoever points at one keeps it, empties its field or goes too, as with records.

    Raises `Rejected` naming the records that hold rows. Records in the trash hold none: what they pointed at is blank
    when they come back.
    """
    for key in draft.form.subforms:
        rows = draft.form.forms.row_forms.get(f"{draft.form.key}.{key}")
        if rows is None or key not in draft.old or not references_to(rows):
            continue
        kept = {row.get("id") for row in draft.values.get(key) or ()}
        gone = [row["id"] for row in draft.old.get(key) or () if row["id"] not in kept]
        if gone:
            _release(draft, rows, key, gone, stages)


def _release(draft: Draft, rows: Form, key: str, gone: list[int], stages: Stages) -> None:
    problems = []
    for reference in references_to(rows):
        found = holders(draft.tx, reference, gone)
        if found is not None:
            count, named, params = found
            message = f"{count} records of {params['form']} point at rows that would be removed: {', '.join(named)}"
            problems.append(Problem("subform.referenced", key, message, params))
    if problems:
        raise Rejected(problems)
    for reference in references_to(rows):
        wish = reference.field.options.get("on_delete")
        if wish in ("clear", "cascade"):
            clear(draft.tx, reference, gone, stages, rows=wish == "cascade" and reference.field.subform is not None)
        _let_go(draft.tx, reference, gone)


def _let_go(tx: Transaction, reference: Reference, ids: list[int]) -> None:
    """Empty the field in records that lie in the trash: they are not written, but nothing may point at what is gone."""
    one = reference.field
    if one.links is not None:
        tx.connection.execute(delete(one.links).where(one.links.c[LINK_TARGET] == among(ids)))
        return
    table = reference.form.subforms[one.subform].table if one.subform else reference.form.table
    tx.connection.execute(update(table).where(table.c[one.key] == among(ids)).values({one.key: None}))
