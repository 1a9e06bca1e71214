"""Removed forms and fields: they keep their data and come back with it when the same element is published again."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, insert, select, text, update

from dougong.apps.finish import Left
from dougong.apps.tables import TRASH
from engines.form.ddl import DdlStep, quote, trash_name
from engines.form.ddl import Trashed as Restorable
from engines.form.form import Forms
from engines.form.tables import table_name
from engines.form.transaction import Transaction
from engines.kernel.keyed import Document
from engines.kernel.layers import Effective

FORM = "form"
_BACK = frozenset({"ddl.restore_table", "ddl.restore_column"})
_AWAY = frozenset({"ddl.trash_table", "ddl.trash_column"})


@dataclass(frozen=True, slots=True)
class Removed:
    """A form (`field` is empty), a field (`amount`) or a field of a sub-form (`lines.qty`) that a publish takes out.

    `values` is how many records hold something there.
    """

    form: str
    field: str
    body: Document
    values: int = 0

    @property
    def path(self) -> str:
        """The place in the form's document, for the where-used graph."""
        return "" if not self.field else "fields." + self.field.replace(".", ".fields.")

    @property
    def place(self) -> str:
        """`customer.phone`: form and field in one word."""
        return f"{self.form}.{self.field}" if self.field else self.form

    def as_dict(self) -> dict[str, Any]:
        """The shape that the API shows."""
        return {"form": self.form, "field": self.field, "body": self.body, "values": self.values}


@dataclass(frozen=True, slots=True)
class Trashed:
    """One line of the trash."""

    id: int
    form: str
    field: str
    body: Document
    removed_in: int
    removed_by: int | None
    removed_at: datetime


def parts(effective: Effective) -> dict[tuple[str, str], Document]:
    """Every form and field by form and place, `("order", "lines.qty")`, with its definition."""
    found: dict[tuple[str, str], Document] = {}
    for form in effective.of_kind(FORM):
        found[form["key"], ""] = form
        found |= {(form["key"], place): body for place, body in _fields(form, "")}
    return found


def _fields(holder: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Document]]:
    fields = holder.get("fields")
    for one in fields if isinstance(fields, list) else ():
        if not isinstance(one, dict) or not isinstance(one.get("key"), str):
            continue  # an unfinished draft
        yield f"{prefix}{one['key']}", one
        yield from _fields(one, f"{prefix}{one['key']}.")


def removed_parts(before: Effective, after: Effective) -> tuple[Removed, ...]:
    """What a publish takes out; what lies inside of something that goes is not named again."""
    left = parts(after)
    gone = {place: body for place, body in parts(before).items() if place not in left}
    return tuple(
        Removed(form, field, body)
        for (form, field), body in gone.items()
        if not any((form, above) in gone for above in _above(field))
    )


def _above(field: str) -> Iterator[str]:
    """`lines.qty` lies in `lines` and in the form (the empty text); a form lies in nothing."""
    while field:
        field = field.rpartition(".")[0]
        yield field


def trash(tx: Transaction, app: str) -> tuple[Trashed, ...]:
    """What lies in the trash of an app, the newest first."""
    rows = tx.connection.execute(select(TRASH).where(*_lying(app)).order_by(TRASH.c.id.desc()))
    return tuple(_trashed(row) for row in rows)


def for_planner(tx: Transaction, app: str) -> dict[tuple[str, str], Restorable]:
    """What may come back, by form and place, as the form engine's planner reads it: the newest of each."""
    return {(one.form, one.field): Restorable(one.removed_in, one.body) for one in reversed(trash(tx, app))}


def values_back(steps: Iterable[DdlStep], lying: Mapping[tuple[str, str], Restorable]) -> dict[tuple[str, str], Left]:
    """What returns when a field is converted back to the type that it once had: values that had no other form.

    They are taken from the trash column where the conversion back gives nothing.
    """
    found: dict[tuple[str, str], Left] = {}
    for step in steps:
        place = step.params.get("form", ""), step.params.get("field", "")
        kept = lying.get(place)
        if step.code != "ddl.convert" or kept is None or kept.document.get("type") != step.params["to"]:
            continue
        key = place[1].rpartition(".")[2]
        old, table = quote(trash_name(kept.revision, key)), quote(step.params["table"])
        sql = f"UPDATE {table} SET {quote(key)} = {old} WHERE {quote(key)} IS NULL AND {old} IS NOT NULL"  # noqa: S608
        found[place] = Left("sql", {"about": f"Bring values of {'.'.join(place)} back from the trash", "sql": sql})
    return found


def note_trash(
    tx: Transaction,
    app: str,
    steps: Iterable[DdlStep],
    before: Effective,
    revision: int,
    back: Iterable[tuple[str, str]] = (),
) -> None:
    """Write down what the steps of a publish put into the trash and what they (and `back`) brought back from it."""
    steps = tuple(steps)
    lying = {(one.form, one.field): one for one in reversed(trash(tx, app))}
    returned = {*_places(steps, _BACK), *back}
    ids = [lying[place].id for place in returned if place in lying]
    if ids:
        tx.connection.execute(update(TRASH).where(TRASH.c.id.in_(ids)).values(restored_in=revision))
    known = parts(before)
    for form, field in _places(steps, _BACK):
        if not field and (form, "") in lying:  # what a form had when it was removed may go for good with its return
            known = {**parts(Effective({(FORM, form): lying[form, ""].body})), **known}
    gone = _places(steps, _AWAY)
    rows = [
        {"form": form, "field": field, "body": known[form, field]}
        for form, field in gone
        if (form, field) in known and not any((form, above) in gone for above in _above(field))
    ]
    if rows:
        common = {"app": app, "removed_in": revision, "removed_by": tx.actor.id, "removed_at": tx.now}
        tx.connection.execute(insert(TRASH), [row | common for row in rows])


def _places(steps: Iterable[DdlStep], codes: frozenset[str]) -> dict[tuple[str, str], None]:
    return {(step.params["form"], step.params["field"]): None for step in steps if step.code in codes}


def _lying(app: str) -> tuple[Any, ...]:
    return TRASH.c.app == app, TRASH.c.restored_in.is_(None), TRASH.c.purged_at.is_(None)


def _trashed(row: "Row[Any]") -> Trashed:
    return Trashed(row.id, row.form, row.field, row.body, row.removed_in, row.removed_by, row.removed_at)


def count_values(tx: Transaction, forms: Forms, removed: tuple[Removed, ...]) -> tuple[Removed, ...]:
    """The same with the number of records, in the trash or not, that hold something there."""
    return tuple(replace(one, values=_count(tx, forms, one)) for one in removed)


def _count(tx: Transaction, forms: Forms, one: Removed) -> int:
    form = forms.get(one.form)
    if not one.field:
        return int(tx.connection.scalar(select(func.count()).select_from(form.table)) or 0)
    field = form.at(one.field)
    table = form.subforms[field.subform].table if field.subform else form.table
    if field.storage == "column":
        query = select(func.count(table.c[field.key]))
    elif field.storage == "children":
        query = select(func.count()).select_from(form.subforms[field.path].table)
    elif field.links is not None:
        query = select(func.count()).select_from(field.links)
    else:
        return 0
    return int(tx.connection.scalar(query) or 0)


def count_lying(tx: Transaction, app: str, lying: Iterable[Trashed]) -> dict[int, int]:
    """How many records, or rows, hold something in each line of the trash; what has no column holds nothing."""
    return {one.id: _lying_values(tx, app, one) for one in lying}


def _lying_values(tx: Transaction, app: str, one: Trashed) -> int:
    outer, _, key = one.field.rpartition(".")
    head = one.field
    table = table_name(app, one.form, *(outer.split(".") if outer else []))
    whole = trash_name(one.removed_in, table_name(app, one.form, *one.field.split(".")) if head else table)
    if tx.connection.scalar(select(func.to_regclass(quote(whole)))) is not None:
        return int(tx.connection.exec_driver_sql(f"SELECT count(*) FROM {quote(whole)}").scalar() or 0)  # noqa: S608
    column = trash_name(one.removed_in, key)
    there = "SELECT 1 FROM pg_attribute WHERE attrelid = to_regclass(:table) AND attname = :name AND NOT attisdropped"
    if head and tx.connection.scalar(text(there), {"table": quote(table), "name": column}):
        query = f"SELECT count({quote(column)}) FROM {quote(table)}"  # noqa: S608 - quoted
        return int(tx.connection.exec_driver_sql(query).scalar() or 0)
    return 0
