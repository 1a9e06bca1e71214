"""Bring what is kept to the state that a form asks for: sealed by the first key, or not sealed any more.

After a publish that encrypts a field (or no longer does), and after keys were replaced. Records are done by
`engines.form.refresh`; here are the log, the events, what imports keep, and search texts. Each function does a batch in
the order of ids, writes only what differs, and may be repeated.
"""

from typing import Any, Final

import orjson
from sqlalchemy import BigInteger, Table, Text, bindparam, cast, column, delete, func, select, update
from sqlalchemy.dialects.postgresql import JSONB

from engines.form.derive.texts import write_search
from engines.form.form import Form
from engines.form.names import ID
from engines.form.protect.seal import settled_values
from engines.form.system import CHANGE, EVENT, LEDGER, STAGING
from engines.form.transaction import Transaction

SIZE: Final = 2000


def seal_log(tx: Transaction, form: Form, after: int = 0, size: int = SIZE) -> int | None:
    """Old values in the change log of a form's records; the last id done, None at the end."""
    here = (CHANGE.c.form == form.table.name, CHANGE.c.old.is_not(None))
    query = select(CHANGE.c.id, CHANGE.c.old).where(*here, CHANGE.c.id > after).order_by(CHANGE.c.id).limit(size)
    rows = tx.connection.execute(query).all()
    fresh = {row.id: settled_values(form, row.old) for row in rows}
    _write(tx, CHANGE, "old", {row.id: fresh[row.id] for row in rows if fresh[row.id] != row.old})
    return rows[-1].id if len(rows) == size else None


def seal_events(tx: Transaction, form: Form, after: int = 0, size: int = SIZE) -> int | None:
    """What events say of a form's records; the last id done, None at the end."""
    here = (EVENT.c.app == form.app, EVENT.c.form == form.key)
    query = select(EVENT.c.id, EVENT.c.payload).where(*here, EVENT.c.id > after).order_by(EVENT.c.id).limit(size)
    rows = tx.connection.execute(query).all()
    fresh = {
        row.id: {
            name: settled_values(form, value) if name in ("old", "new") and isinstance(value, dict) else value
            for name, value in row.payload.items()
        }
        for row in rows
    }
    _write(tx, EVENT, "payload", {row.id: fresh[row.id] for row in rows if fresh[row.id] != row.payload})
    return rows[-1].id if len(rows) == size else None


def seal_search(tx: Transaction, form: Form, after: int = 0, size: int = SIZE) -> int | None:
    """Search texts anew: with the fields that may be searched now, and no others."""
    table = form.table
    query = select(table.c[ID]).where(table.c[ID] > after).order_by(table.c[ID]).limit(size).with_for_update()
    ids = list(tx.connection.execute(query).scalars())
    write_search(tx, form, ids)
    return ids[-1] if len(ids) == size else None


def forget_rows(tx: Transaction, form: Form) -> None:
    """What imports and bulk writes of a form keep of what they were sent: refused rows, first lines of files."""
    mine = select(LEDGER.c.id).where(LEDGER.c.app == form.app, LEDGER.c.form == form.key)
    over = mine.where(LEDGER.c.state.in_(("done", "undone")))
    tx.connection.execute(delete(STAGING).where(STAGING.c.ledger_id.in_(over)))
    for row in tx.connection.execute(select(LEDGER.c.id, LEDGER.c.plan).where(LEDGER.c.id.in_(over))).all():
        file = row.plan.get("file")
        if isinstance(file, dict):  # files that were read before what stands in them was sealed
            bare = {**file, "preview": [], "columns": [{**one, "values": []} for one in file.get("columns", ())]}
            kept = {**row.plan, "file": bare}
            tx.connection.execute(update(LEDGER).where(LEDGER.c.id == row.id).values(plan=kept))


def _json(name: str, value: Any) -> dict[str, str]:
    return {name: orjson.dumps(value).decode()}


def _write(tx: Transaction, table: Table, name: str, values: dict[int, Any]) -> None:
    if not values:
        return
    function: Any = func.jsonb_to_recordset(cast(bindparam("P_rows", type_=Text), JSONB))
    made = function.table_valued(column("id", BigInteger), column("value", JSONB))
    source = made.render_derived(name="fresh", with_types=True)
    statement = update(table).where(table.c.id == source.c.id).values({name: source.c.value})
    rows = [{"id": key, "value": value} for key, value in values.items()]
    tx.connection.execute(statement, _json("P_rows", rows))
