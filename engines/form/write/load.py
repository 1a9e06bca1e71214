"""The stored record with its rows and links, and the lock on it."""

from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Executable, bindparam, select

from engines.form.derive.locks import parents_of
from engines.form.fields.base import Field
from engines.form.form import Form
from engines.form.names import ID, LINK_POSITION, LINK_SOURCE, LINK_TARGET, PARENT, POSITION, SEARCH
from engines.form.transaction import Transaction

Row = dict[str, Any]


def locked(
    tx: Transaction,
    form: Form,
    record_id: int,
    flags: Mapping[str, ColumnElement[Any]],
    given: Mapping[str, Any] | None = None,
) -> Row | None:
    """The record, locked until the transaction ends, or None. `flags` are asked along; system columns are included.

    The lock is taken before anything is judged: who waits for it sees what the other wrote. Records that count this
    one are locked before it (D4); `given`, the values that it shall get, says whether they are concerned at all.
    """
    parents_of(tx, form, record_id, given)
    query = _select(form)
    if flags:
        query = query.add_columns(*(condition.label(name) for name, condition in flags.items()))
    found = tx.connection.execute(query, {"record_id": record_id}).mappings().one_or_none()
    return None if found is None else values_of(form, dict(found))


@lru_cache(maxsize=1024)
def _select(form: Form) -> Any:
    table = form.table
    columns = [one for one in table.c if one.name != SEARCH]
    return select(*columns).where(table.c.id == bindparam("record_id")).with_for_update(of=table)


def values_of(form: Form, row: Mapping[str, Any]) -> Row:
    """Field values of a row by key; other columns stay as they are."""
    values = dict(row)
    for key, one in form.columns().items():
        if key in values:
            values[key] = one.type.from_column(values[key], one)
    return values


def inner(tx: Transaction, form: Form, record_id: int, unread: Collection[str] = ()) -> Row:
    """The rows of every sub-form and the ids of every relation to many of one record.

    Sub-forms in `unread` are not read and stand as if they had no rows.
    """
    values: Row = {key: [] for key in unread}
    for sub in form.every_subform():
        if sub.path.partition(".")[0] in unread:
            continue
        rows = tx.connection.execute(_children(form, sub.path), {"record_id": record_id}).mappings().all()
        made = [row_values(sub.fields, dict(row)) for row in rows]
        for name, links in sub.links.items():
            found = _link_map(tx, links, [row["id"] for row in made])
            for row in made:
                row[name] = tuple(found.get(row["id"], ())) or None
        if sub.outer is None:
            values[sub.key] = made
            continue
        outer = {row["id"]: row for row in values[sub.outer.key]}
        for row in outer.values():
            row[sub.key] = []
        for row, stored in zip(made, rows, strict=True):
            outer[stored[PARENT]][sub.key].append(row)
    for key in form.links:
        found_ids = tx.connection.execute(_targets(form, key), {"record_id": record_id}).scalars().all()
        values[key] = tuple(found_ids) or None
    return values


def row_values(fields: Mapping[str, Field], row: Mapping[str, Any]) -> Row:
    """The values of a sub-form's row, its id first."""
    values: Row = {"id": row[ID]}
    for key, one in fields.items():
        if key in row:
            values[key] = one.type.from_column(row[key], one)
    return values


@lru_cache(maxsize=1024)
def _children(form: Form, key: str) -> Executable:
    sub = form.subforms[key]
    table = sub.table
    mine = table.c[PARENT] == bindparam("record_id")
    if sub.outer is not None:
        rows = sub.outer.table
        mine = table.c[PARENT].in_(select(rows.c[ID]).where(rows.c[PARENT] == bindparam("record_id")))
    return select(table).where(mine).order_by(table.c[POSITION], table.c.id)


@lru_cache(maxsize=1024)
def _targets(form: Form, key: str) -> Executable:
    links = form.links[key]
    query = select(links.c[LINK_TARGET]).where(links.c[LINK_SOURCE] == bindparam("record_id"))
    return query.order_by(links.c[LINK_POSITION])


def _link_map(tx: Transaction, links: Any, ids: list[int]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    if ids:
        query = select(links.c[LINK_SOURCE], links.c[LINK_TARGET]).where(links.c[LINK_SOURCE].in_(ids))
        for source, target in tx.connection.execute(query.order_by(links.c[LINK_POSITION])):
            found.setdefault(source, []).append(target)
    return found
