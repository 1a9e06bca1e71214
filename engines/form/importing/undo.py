"""Taking an import back: records that it made go to the trash, those that it changed get their old values.

What somebody changed since stays as it is and is reported. The log says of every record what the import did (`cause`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import func, select

from engines.form.form import Form, SubForm
from engines.form.importing.write import Wanted, write_record
from engines.form.names import DELETED, ID
from engines.form.records import delete_record
from engines.form.system import CHANGE
from engines.form.titles import titles
from engines.form.transaction import Transaction
from engines.form.write.parse import SETTABLE
from engines.kernel.problems import Problem, ProblemError


@dataclass(frozen=True, slots=True)
class Undone:
    """What became of one record. `problem` says why it stays as it is; `retry` that it may go once others have."""

    record_id: int
    title: str
    problem: Problem | None = None
    retry: bool = False


def touched_records(tx: Transaction, form: Form, cause: str) -> list[int]:
    """The records that an import made or changed, the newest first."""
    query = select(CHANGE.c.record_id).where(CHANGE.c.cause == cause, CHANGE.c.form == form.table.name)
    return sorted(set(tx.connection.execute(query).scalars()), reverse=True)


def undo_records(tx: Transaction, form: Form, cause: str, ids: Sequence[int]) -> list[Undone]:
    """Take back what an import did to some records, inside the caller's transaction.

    Done with the rights of the system, in the name of the person: the host has asked whether they may.
    """
    tx.actor = replace(tx.actor, is_system=True)
    named = titles(tx, form, ids)
    mine: dict[int, list[Any]] = {}
    query = select(CHANGE).where(CHANGE.c.form == form.table.name, CHANGE.c.record_id.in_(ids), CHANGE.c.cause == cause)
    for row in tx.connection.execute(query.order_by(CHANGE.c.id)):
        mine.setdefault(row.record_id, []).append(row)
    newest = select(CHANGE.c.record_id, func.max(CHANGE.c.id).label("last"))
    newest = newest.where(CHANGE.c.form == form.table.name, CHANGE.c.record_id.in_(ids)).group_by(CHANGE.c.record_id)
    last = {row.record_id: row.last for row in tx.connection.execute(newest)}
    table = form.table
    gone = set(
        tx.connection.execute(select(table.c[ID]).where(table.c[ID].in_(ids), table.c[DELETED].is_not(None))).scalars()
    )
    found = []
    for record_id in ids:
        title = named.get(record_id, f"#{record_id}")
        changes = mine.get(record_id, [])
        if not changes or record_id in gone:
            found.append(Undone(record_id, title))
        elif last[record_id] != changes[-1].id:
            message = "Was changed after the import and stays as it is"
            found.append(Undone(record_id, title, Problem("import.changed_since", "", message, {"title": title})))
        else:
            found.append(_undo(tx, form, record_id, title, changes))
    return found


def _undo(tx: Transaction, form: Form, record_id: int, title: str, changes: Sequence[Any]) -> Undone:
    try:
        with tx.connection.begin_nested():
            if any(one.kind == "created" for one in changes):
                delete_record(tx, form, record_id)
            else:
                wanted = Wanted(_before(tx, form, record_id, changes), incomplete=True)
                write_record(tx, form, wanted, record_id, trial=False)
    except ProblemError as error:
        first = error.problems[0]
        return Undone(record_id, title, first, retry=first.code == "record.referenced")
    return Undone(record_id, title)


def _before(tx: Transaction, form: Form, record_id: int, changes: Sequence[Any]) -> dict[str, Any]:
    """The values before the first of the changes: each field's oldest old value."""
    old: dict[str, Any] = {}
    for change in reversed(changes):
        old |= change.old or {}
    values: dict[str, Any] = {}
    for key, value in old.items():
        one = form.fields.get(key)
        if key in form.subforms:
            values[key] = _lines(tx, form, key, record_id, value)
        elif key in SETTABLE or (one is not None and (one.type.writable or one.type.key == "serial")):
            values[key] = value
    return values


def _lines(tx: Transaction, form: Form, key: str, record_id: int, old: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows of a sub-form as they were: those that are still there with their ids, others made again."""
    sub = form.subforms[key]
    table = sub.table
    here = set(
        tx.connection.execute(select(table.c[ID]).where(table.c[ID].in_(old["ids"]), table.c["_parent"] == record_id))
        .scalars()
        .all()
    )
    rows: list[dict[str, Any]] = []
    for row_id in old["ids"]:
        before = old["rows"].get(str(row_id))
        cells = {name: cell for name, cell in (before or {}).items() if _settable(sub.fields, name)}
        for name, inner in sub.subforms.items():
            stored = _still(tx, inner, row_id, cells.get(name) or ()) if row_id in here else frozenset()
            if name in cells:
                cells[name] = [_entered(inner, one, stored) for one in cells[name] or ()]
        rows.append(cells | ({"id": row_id} if row_id in here else {}))
    return rows


def _still(tx: Transaction, sub: SubForm, row_id: int, rows: Iterable[Mapping[str, Any]]) -> frozenset[int]:
    """Which rows of a row are still there."""
    table = sub.table
    mine = select(table.c[ID]).where(table.c["_parent"] == row_id, table.c[ID].in_([row["id"] for row in rows]))
    return frozenset(tx.connection.execute(mine).scalars())


def _entered(sub: SubForm, row: Mapping[str, Any], here: frozenset[int]) -> dict[str, Any]:
    cells = {name: cell for name, cell in row.items() if _settable(sub.fields, name)}
    return cells | ({"id": row["id"]} if row["id"] in here else {})


def _settable(fields: Mapping[str, Any], name: str) -> bool:
    return name in fields and bool(fields[name].type.writable)
