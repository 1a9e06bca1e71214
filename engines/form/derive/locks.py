"""Locks of the records that count others: taken before the record, forms by their keys, records by their ids (D4)."""

from collections.abc import Iterable, Mapping
from typing import Any

from engines.form.derive import sql
from engines.form.derive.graph import graph_of
from engines.form.fields.links import link_id
from engines.form.form import Form
from engines.form.transaction import Transaction
from engines.kernel.problems import Rejected


def lock(tx: Transaction, form: Form, ids: Iterable[int]) -> None:
    """Lock records in their order. Where others hang on a form's kept values nobody may begin to meanwhile."""
    sources = graph_of(form.forms).of(form)
    strong = any(one.path in sources.watched for one in form.kept)
    tx.connection.execute(sql.locking(form, strong), {"P_ids": sql.as_ids(list(ids))}).all()


def pointed_by(tx: Transaction, form: Form, ids: Iterable[int]) -> dict[str, set[int]]:
    """What records point at through the fields that somebody watches: targets by field, as stored now."""
    found: dict[str, set[int]] = {}
    wanted = sql.as_ids(list(ids))
    for key in graph_of(form.forms).of(form).pointing:
        if wanted:
            rows = tx.connection.execute(sql.pointed_at(form, key), {"P_ids": wanted})
            found[key] = set(rows.scalars())
    return found


def lock_pointed(tx: Transaction, form: Form, pointed: Mapping[str, Iterable[int]]) -> None:
    """Lock what records point at and what counts them: forms by their keys, records by their ids (D4)."""
    wanted: dict[str, set[int]] = {}
    for key, ids in pointed.items():
        one = form.every[key] if key in form.every else form.at(key)
        other = form.forms.find(one.type.target_form(one) or "")
        if other is not None and other.of_rows is not None:
            rows, other = other, other.of_rows.form
            ids = _records_of(tx, rows, ids) if other.maintained else ()
        if other is not None and not other.system and other.maintained:
            wanted.setdefault(other.key, set()).update(ids)
    for key in sorted(wanted):
        if wanted[key]:
            lock(tx, form.forms.by_key[key], wanted[key])


def _records_of(tx: Transaction, rows: Form, ids: Iterable[int]) -> set[int]:
    """The records that rows stand in."""
    wanted = sql.as_ids(list(ids))
    return set(tx.connection.execute(sql.records_of(rows), {"P_ids": wanted}).scalars()) if wanted else set()


def parents_of(tx: Transaction, form: Form, record_id: int, given: Any = None) -> None:
    """Lock the records that a stored one is counted by, before itself; `given` are the values that it shall get."""
    sources = graph_of(form.forms).of(form)
    if not sources.pointing:
        return
    if given is not None and form.parts:
        given = {**given, **_sent_parts(form, given)}
    if given is not None and not form.kept and not sources.concerns(set(given)):
        return
    wanted = pointed_by(tx, form, [record_id])
    for key in sources.pointing:
        rows, _, name = key.rpartition(".")
        sent = _sent_rows((given or {}).get(rows), name) if rows else _sent((given or {}).get(key))
        wanted.setdefault(key, set()).update(sent)
    lock_pointed(tx, form, wanted)


def _sent_parts(form: Form, given: Mapping[str, Any]) -> dict[str, Any]:
    """What the parts of links would hold for values as they were sent; wrong ones are told of when they are parsed."""
    found: dict[str, Any] = {}
    for key, one in form.fields.items():
        if one.parts and key in given:
            try:
                found |= one.type.to_columns(one.type.parse(given[key], one), one)
            except Rejected:
                found |= dict.fromkeys(one.type.derived_keys(one))
    return found


def targets_in(values: Mapping[str, Any], path: str) -> set[int]:
    """What a record points at through a field (`customer`), or its rows through one of theirs (`lines.order_line`)."""
    rows, _, name = path.rpartition(".")
    if not rows:
        return ids_in(values.get(path))
    return set().union(*(ids_in(row.get(name)) for row in values.get(rows) or ()))


def ids_in(value: Any) -> set[int]:
    """The ids in a parsed or read value."""
    parts = value if isinstance(value, tuple | list | set) else (value,)
    return {found for one in parts if isinstance(found := link_id(one), int)}


def _sent_rows(value: Any, key: str) -> set[int]:
    """The ids in the rows that were sent, whole or in part."""
    rows = value.get("rows") if isinstance(value, Mapping) else value
    rows = rows if isinstance(rows, tuple | list) else ()
    return set().union(*(_sent(row.get(key)) for row in rows if isinstance(row, Mapping)))


def _sent(value: Any) -> set[int]:
    """The ids in a value as it was sent; what cannot be one is told of when it is parsed."""
    found = set()
    for one in value if isinstance(value, tuple | list) else (value,):
        one = one.get("id") if isinstance(one, dict) else link_id(one)
        text = str(one).strip() if one is not None and not isinstance(one, bool) else ""
        if text.isascii() and text.isdecimal() and len(text) < 19:
            found.add(int(text))
    return found
