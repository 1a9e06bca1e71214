"""Setting one kept value of many records anew and telling of it in one statement: nothing of the records comes here.

For values of the record itself that are exact in SQL (numbers, yes or no, days) and on which no other value of the same
form hangs: each record gets one version, one line in the log and one event, as ever. Everything else goes through
`engines.form.derive.follow`.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Date, Executable, Numeric, Text, cast, func
from sqlalchemy.types import Boolean

from engines.form.compile import Node
from engines.form.derive import sql
from engines.form.derive.changes import telling, trail_of
from engines.form.derive.graph import graph_of
from engines.form.form import Form, Forms
from engines.form.names import ID, VERSION
from engines.form.transaction import Transaction


@lru_cache(maxsize=1024)
def may_be_told_at_once(forms: Forms, node: Node) -> bool:
    """Whether a value is of this kind; what hangs on it may stand in other forms, if nothing there leads back."""
    form = forms.by_key[node[0]]
    if node[1] or not isinstance(form.table.c[node[2]].type, Numeric | Boolean | Date):
        return False
    pending, met = [node], {node}
    while pending:
        key, rows, name = pending.pop()
        path = f"{rows}.{name}" if rows else name
        sources = graph_of(forms).of(forms.by_key[key])
        for edge in (*sources.own.get(path, ()), *sources.watched.get(path, ())):
            if edge.target[0] == form.key:
                return False
            if edge.target not in met:
                met.add(edge.target)
                pending.append(edge.target)
    return True


def set_and_tell(tx: Transaction, form: Form, key: str, ids: Sequence[int]) -> list[int]:
    """Set a value of records that are locked anew, with version, log and event; the ids of those that changed."""
    parameters = trail_of(tx, form)
    found = tx.connection.execute(_statement(form, key, tx.actor.zone), {**parameters, "P_ids": list(ids)}).all()
    tx.events += [event for event, _ in found]
    tx.wake = tx.wake or bool(found and parameters["P_consumers"])
    return [record for _, record in found]


@lru_cache(maxsize=1024)
def _statement(form: Form, key: str, zone: str) -> Executable:
    statement, fresh = sql.setting(form, "", (key,), zone)
    table = form.table
    before, after = (_json(fresh.c[name + key]) for name in (sql.OLD, sql.NEW))
    old = func.jsonb_build_object(key, before)
    payload = func.jsonb_build_object("old", old, "new", func.jsonb_build_object(key, after))
    moved = statement.values({VERSION: table.c[VERSION] + 1}).returning(
        table.c[ID], table.c[VERSION], old.label("old"), payload.label("payload")
    )
    return telling(form, moved.cte("moved"))


def _json(value: ColumnElement[Any]) -> ColumnElement[Any]:
    """A value as `engines.form.write.encode.plain` writes it: numbers as texts, so that they stay exact."""
    return cast(value, Text) if isinstance(value.type, Numeric) else func.to_jsonb(value)
