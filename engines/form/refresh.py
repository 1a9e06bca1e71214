"""Fill the columns that only Python can derive (sorted by pinyin, folded) for records that are there already.

The same seals what is to be encrypted from now on, opens what is not any more, and seals anew what lies under an old
key: a column tells by itself which of its values are sealed, so everybody reads on meanwhile.

A publish leaves this to do after its switch. It goes through the table in the order of ids, a batch at a time, and
writes only where something differs, so it may run twice and be taken up where it stopped.
"""

from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from engines.form.fields.base import Field
from engines.form.form import Form
from engines.form.protect.cipher import is_sealed
from engines.form.protect.seal import sealing_of


def refresh_batch(connection: Connection, form: Form, path: str, after: int = 0, size: int = 5000) -> int | None:
    """Derive the columns of one field for the next records; gives the last id done, None at the end."""
    field = form.at(path)
    table = form.subforms[field.subform].table if field.subform else form.table
    derived = [name for name in (field.sort_key, field.fold_key, *field.type.derived_keys(field)) if name in table.c]
    written = [*derived, field.key] if field.type.may_be_encrypted else derived
    columns = [table.c.id, table.c[field.key], *(table.c[name] for name in derived)]
    query = select(*columns).where(table.c.id > after).order_by(table.c.id).limit(size).with_for_update()
    rows = connection.execute(query).all()
    if not rows:
        return None
    changed = []
    for row in rows:
        fresh = field.type.to_columns(field.type.from_column(row[1], field), field)
        stale = field.type.may_be_encrypted and not _lies_well(row[1], field)
        if not stale:
            fresh[field.key] = row[1]
        if stale or any(fresh.get(name) != old for name, old in zip(derived, row[2:], strict=True)):
            changed.append({"row_id": row.id, **{f"new_{name}": fresh.get(name) for name in written}})
    if changed:
        values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in written}
        connection.execute(update(table).where(table.c.id == bindparam("row_id")).values(values), changed)
    return int(rows[-1].id)


def _lies_well(stored: Any, field: Field) -> bool:
    """Whether a column holds a value as it should: sealed by the first key, or not at all."""
    if stored is None or not field.encrypted:
        return not is_sealed(stored)
    return sealing_of(field).is_current(stored)


def refresh(connection: Connection, form: Form, path: str) -> None:
    """Derive the columns of one field for all records, in one transaction; for small tables and tests."""
    last: int | None = 0
    while last is not None:
        last = refresh_batch(connection, form, path, last)
