"""Changed kept values as the rest of the product hears of them: a version, a line in the log, an event for each record.

One statement for all records of a form, at the end of the transaction's work.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Executable,
    Integer,
    SmallInteger,
    Text,
    bindparam,
    cast,
    column,
    func,
    insert,
    literal_column,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql.selectable import CTE

from engines.form.derive import sql
from engines.form.derive.texts import refresh_texts
from engines.form.events import UPDATED, consumers_of, depth_of
from engines.form.form import Form, Forms
from engines.form.names import ID, PARENT, POSITION, VERSION
from engines.form.protect.seal import sealed_values
from engines.form.system import CHANGE, DELIVERY, EVENT
from engines.form.transaction import Transaction
from engines.form.write.encode import encode, plain
from engines.form.write.load import row_values
from engines.form.write.statements import INSTANT

Pair = tuple[Any, Any]


@dataclass(slots=True)
class Changed:
    """What changed in one record: old and new values by field, and by sub-form, row and field."""

    values: dict[str, Pair] = field(default_factory=dict)
    rows: dict[str, dict[int, dict[str, Pair]]] = field(default_factory=dict)


class Changes:
    """What one transaction changed in kept values, by form and record."""

    def __init__(self, tx: Transaction, forms: Forms) -> None:
        self.tx = tx
        self.forms = forms
        self.found: dict[str, dict[int, Changed]] = {}

    def add(self, form: Form, subform: str, keys: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
        """Note what `sql.recompute` gave; of values that change twice the first old one and the last new one count."""
        records = self.found.setdefault(form.key, {})
        fields = form.subforms[subform].fields if subform else form.fields
        for row in rows:
            one = records.setdefault(row["record"], Changed())
            held = one.rows.setdefault(subform, {}).setdefault(row[ID], {}) if subform else one.values
            for key in keys:
                read = fields[key].type.from_column
                before, after = (read(row[name + key], fields[key]) for name in (sql.OLD, sql.NEW))
                if key in held:
                    before = held[key][0]
                if before != after:
                    held[key] = (before, after)
                else:
                    held.pop(key, None)

    def ids(self, form: Form) -> list[int]:
        """The records of a form in which something changed."""
        return sorted(self.found.get(form.key, ()))

    def tell(self) -> None:
        """Write versions, log, events and deliveries; derive what only Python can derive."""
        for key in sorted(self.found):
            form = self.forms.by_key[key]
            records = {record: one for record, one in self.found[key].items() if one.values or any(one.rows.values())}
            if records:
                self._tell(form, records)
        self.found = {}

    def _tell(self, form: Form, records: Mapping[int, Changed]) -> None:
        tx = self.tx
        stored = {
            key: self._stored(form, key, records)
            for key in form.subforms
            if any(key in r.rows for r in records.values())
        }
        told = []
        for record, one in sorted(records.items()):
            old = {key: pair[0] for key, pair in one.values.items()}
            new = {key: pair[1] for key, pair in one.values.items()}
            before = dict(old)
            for key, changed in one.rows.items():
                if any(changed.values()):
                    rows = stored[key].get(record, [])
                    was = [{**row, **{k: pair[0] for k, pair in changed.get(row["id"], {}).items()}} for row in rows]
                    kept = {str(row["id"]): row for row in was if changed.get(row["id"])}
                    old[key] = {"ids": [row["id"] for row in was], "rows": kept}
                    before[key], new[key] = was, rows
            old, before, new = (sealed_values(form, values) for values in (old, before, new))
            told.append({"id": record, "old": plain(old), "payload": plain({"old": before, "new": new})})
        parameters = trail_of(tx, form)
        tx.events += tx.connection.execute(_telling(form), {**parameters, "P_rows": encode(told)}).scalars()
        tx.wake = tx.wake or bool(parameters["P_consumers"])
        paths = {key for one in records.values() for key, pair in one.values.items() if _is_text(pair)}
        inner = [(key, row) for one in records.values() for key, rows in one.rows.items() for row in rows.values()]
        paths |= {f"{key}.{name}" for key, row in inner for name, pair in row.items() if _is_text(pair)}
        refresh_texts(tx, form, list(records), paths)

    def _stored(self, form: Form, key: str, records: Mapping[int, Changed]) -> dict[int, list[dict[str, Any]]]:
        """The rows of a sub-form as they are now, by record."""
        sub = form.subforms[key]
        query = select(sub.table).where(sql.among(sub.table.c[PARENT])).order_by(sub.table.c[POSITION], sub.table.c[ID])
        found: dict[int, list[dict[str, Any]]] = {}
        for row in self.tx.connection.execute(query, {"P_ids": sorted(records)}).mappings():
            found.setdefault(row[PARENT], []).append(row_values(sub.fields, dict(row)))
        return found


def trail_of(tx: Transaction, form: Form) -> dict[str, Any]:
    """Who tells of changes of a form's records, why, and who listens: parameters of `telling`."""
    return {
        "P_at": tx.now,
        "P_actor": tx.actor.id,
        "P_origin": tx.origin,
        "P_cause": tx.cause,
        "P_depth": depth_of(tx.cause),
        "P_consumers": list(consumers_of(form, UPDATED)),
    }


def _is_text(pair: Pair) -> bool:
    """Whether a text came or went: only of texts there is something to derive."""
    return any(isinstance(value, str) for value in pair)


@lru_cache(maxsize=1024)
def _telling(form: Form) -> Executable:
    """One statement: versions, log, events and deliveries of the records in `P_rows`. Gives the ids of the events."""
    table = form.table
    columns = (column("id", BigInteger), column("old", JSONB), column("payload", JSONB))
    function: Any = func.jsonb_to_recordset(cast(bindparam("P_rows", type_=Text), JSONB))
    given = function.table_valued(*columns).render_derived(with_types=True, name="given")
    bumped = (
        update(table)
        .where(table.c[ID] == given.c.id)
        .values({VERSION: table.c[VERSION] + 1})
        .returning(table.c[ID], table.c[VERSION], given.c.old, given.c.payload)
        .cte("bumped")
    )
    return telling(form, bumped)


def telling(form: Form, bumped: CTE) -> Executable:
    """Log, events and deliveries of changed records: rows of `id`, `_version`, `old` and `payload`.

    Gives the ids of the events, each with that of its record. Asks for the parameters that `trail_of` gives.
    """
    at, actor = bindparam("P_at", type_=INSTANT), bindparam("P_actor", type_=BigInteger)
    origin, cause = bindparam("P_origin", type_=Text), bindparam("P_cause", type_=Text)
    logged = {
        "form": literal_column(f"'{form.table.name}'"),
        "record_id": bumped.c[ID],
        "version": bumped.c[VERSION],
        "at": at,
        "actor": actor,
        "origin": origin,
        "kind": literal_column("'updated'"),
        "old": bumped.c.old,
        "cause": cause,
    }
    log = insert(CHANGE).from_select(list(logged), select(*logged.values()).order_by(bumped.c[ID])).cte("log")
    told = {
        "at": at,
        "type": literal_column(f"'{UPDATED}'"),
        "app": literal_column(f"'{form.app}'"),
        "form": literal_column(f"'{form.key}'"),
        "record_id": bumped.c[ID],
        "version": cast(bumped.c[VERSION], Integer),
        "payload": bumped.c.payload,
        "actor": actor,
        "origin": origin,
        "cause": cause,
        "depth": bindparam("P_depth", type_=SmallInteger),
    }
    events = select(*told.values()).order_by(bumped.c[ID])
    event = insert(EVENT).from_select(list(told), events).returning(EVENT.c.id, EVENT.c.record_id).cte("event")
    consumers = func.unnest(bindparam("P_consumers", type_=ARRAY(Text)))
    delivery = insert(DELIVERY).from_select(["event_id", "consumer", "due_at"], select(event.c.id, consumers, at))
    return select(event.c.id, event.c.record_id).add_cte(log, delivery.cte("delivery"))
