"""Sample data: written through the one write path, marked, removed without touching anybody's own records."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, insert, select, update

from dougong.packs.cells import Names, moment
from dougong.packs.library import Pack
from engines.form.collected import every_field
from engines.form.fields.base import Field
from engines.form.form import Form, Forms, SubForm
from engines.form.records import create_record, delete_record
from engines.form.system import LEDGER
from engines.form.transaction import Transaction
from engines.kernel.problems import Conflict, Problem, ProblemError, Rejected


@dataclass(frozen=True, slots=True)
class Removed:
    """What removing the sample data came to. `kept` are sample records that people's own records refer to."""

    removed: int
    kept: int


def load_sample(tx: Transaction, forms: Forms, packs: Iterable[Pack]) -> int:
    """Write the packs' sample records, dates relative to today; tells how many. Raises `Rejected` naming file and row.

    A form that already holds sample records is left out, so loading twice adds nothing. Forms come after those that
    their relations point to, whichever packs they belong to.
    """
    ledger = insert(LEDGER).values(
        kind="sample", app=forms.app, form="*", at=tx.now, actor=tx.actor.id, origin="pack", revision=tx.revision
    )
    number = tx.connection.execute(ledger.returning(LEDGER.c.id)).scalar_one()
    tx.cause = f"ledger:{number}"
    names = Names(tx, forms)
    given = {key: pack for pack in packs for key in pack.data if "." not in key and key in forms}
    empty = [key for key in given if not count_sample(tx, forms.get(key))]
    made = sum(_load_form(tx, forms.get(key), given[key], names) for key in _in_order(forms, empty))
    done = {"state": "done", "finished_at": func.now(), "created": made, "total": made}
    tx.connection.execute(update(LEDGER).where(LEDGER.c.id == number).values(done))
    tx.cause = None
    return made


def count_sample(tx: Transaction, form: Form) -> int:
    """How many sample records of a form there are."""
    table = form.table
    query = select(func.count()).select_from(table).where(table.c["_sample"], table.c["_deleted_at"].is_(None))
    return int(tx.connection.execute(query).scalar_one())


def remove_sample(tx: Transaction, forms: Forms) -> Removed:
    """Take every sample record away; one that an own record refers to stays and counts as own from now on."""
    removed = 0
    waiting = {form.key: _sample_ids(tx, form) for form in forms.own()}
    progress = True
    while progress:  # a record that another sample record refers to goes in a later round
        progress = False
        for key, ids in waiting.items():
            left = []
            for record_id in ids:
                try:
                    with tx.connection.begin_nested():
                        delete_record(tx, forms.get(key), record_id)
                    removed, progress = removed + 1, True
                except Conflict:
                    left.append(record_id)
            waiting[key] = left
    kept = 0
    for key, ids in waiting.items():
        table = forms.get(key).table
        if ids:
            tx.connection.execute(update(table).where(table.c.id.in_(ids)).values(_sample=False))
            kept += len(ids)
    return Removed(removed, kept)


def _sample_ids(tx: Transaction, form: Form) -> list[int]:
    table = form.table
    query = select(table.c.id).where(table.c["_sample"], table.c["_deleted_at"].is_(None)).order_by(table.c.id.desc())
    return list(tx.connection.execute(query).scalars())


def _load_form(tx: Transaction, form: Form, pack: Pack, names: Names) -> int:
    now, made = tx.now, 0
    inner = _inner_rows(pack, form)
    for line, row in enumerate(pack.data[form.key], start=2):
        tx.now = now
        place = f"{pack.key}/data/{form.key}.csv:{line}"
        reference = row.get("@key")
        values = _values(form, row, names, place)
        for name, rows in inner.items():
            sub = form.subforms[name]
            if sub.outer is None:
                values[name] = [_row(names, sub, one, place, inner) for one in rows.get(reference or "", ())]
        there = _there_already(tx, form, values)
        if there is not None:
            names.remember(form, there, reference, values)
            continue
        made += 1
        tx.now = _created(tx, row, now, names)
        try:
            saved = create_record(tx, form, values)
        except ProblemError as error:
            raise Rejected([problem.under(place) for problem in error.problems]) from error
        names.remember(form, saved.id, reference, saved.values)
    tx.now = now
    return made


def _there_already(tx: Transaction, form: Form, values: Mapping[str, Any]) -> int | None:
    """A record that already has this unique title: one that was kept when the sample data went, say."""
    title = form.fields.get(form.title_field or "")
    if title is None or not title.unique or title.key not in values:
        return None
    table = form.table
    query = select(table.c.id).where(table.c[title.key] == values[title.key], table.c["_deleted_at"].is_(None))
    return tx.connection.execute(query).scalar()


def _values(form: Form, row: Mapping[str, str], names: Names, place: str) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key, raw in row.items():
        if key == "_owner":
            values[key] = names.member(raw, place) if raw else None
        elif not key.startswith(("@", "_")) and raw != "":
            if key not in form.fields:
                message = f'The form "{form.key}" has no field "{key}"'
                raise Rejected(Problem("pack.data_column", place, message, {"form": form.key, "column": key}))
            values[key] = _cell(names, form.fields[key], raw, place)
    return values


def _cell(names: Names, one: Field, raw: Any, place: str) -> Any:
    """A cell's value. A record of another block that was installed without its samples is left out where it may be."""
    try:
        return names.value(one, raw, place)
    except Rejected as error:
        if one.required or any(problem.code != "pack.no_record" for problem in error.problems):
            raise
        return None


def _created(tx: Transaction, row: Mapping[str, str], now: datetime, names: Names) -> datetime:
    """The clock for one record: its `_created_at`, in the morning of that day, never later than now."""
    tx.now = now
    day = moment(row.get("_created_at") or "", names.today, tx.actor.zone)
    if day is None:
        return now
    at = day if isinstance(day, datetime) else datetime(day.year, day.month, day.day, 9, tzinfo=ZoneInfo(tx.actor.zone))
    return min(at, now)


def _row(
    names: Names, sub: SubForm, row: Mapping[str, str], place: str, inner: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    """A row of a sub-form; its rows name it by its `@key`."""
    values = {key: _cell(names, sub.fields[key], cell, place) for key, cell in row.items() if key in sub.fields}
    for key, below in sub.subforms.items():
        found = inner.get(below.path, {}).get(row.get("@key") or "", ())
        if found:
            values[key] = [_row(names, below, one, place, inner) for one in found]
    return values


def _inner_rows(pack: Pack, form: Form) -> dict[str, dict[str, list[Mapping[str, str]]]]:
    """Rows of sub-forms by sub-form and by the reference of the record that they belong to."""
    found: dict[str, dict[str, list[Mapping[str, str]]]] = {}
    for key, rows in pack.data.items():
        outer, _, inner = key.partition(".")
        if outer == form.key and inner in form.subforms:
            by_parent = found.setdefault(inner, {})
            for row in rows:
                by_parent.setdefault(row["@parent"], []).append(row)
    return found


def _in_order(forms: Forms, keys: list[str]) -> list[str]:
    """Forms after those that their relations point to; a circle keeps the order of the files."""
    done: list[str] = []
    while len(done) < len(keys):
        ready = [
            key
            for key in keys
            if key not in done
            and all(
                target == key or target not in keys or target in done
                for one in every_field(forms.get(key))
                for target in (each.partition(".")[0] for each in one.type.reads(one))  # rows come with their record
            )
        ]
        done.extend(ready or [next(key for key in keys if key not in done)])
    return done
