"""Fill the columns that only Python can derive (sorted by pinyin, folded) for records that are there already.

A publish leaves this to do after its switch. It goes through the table in the order of ids, a batch at a time, and
writes only where something differs, so it may run twice and be taken up where it stopped.
"""

from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from engines.form.form import Form


def refresh_batch(connection: Connection, form: Form, path: str, after: int = 0, size: int = 5000) -> int | None:
    """Derive the columns of one field for the next records; gives the last id done, None at the end."""
    field = form.at(path)
    table = form.subforms[field.subform].table if field.subform else form.table
    derived = [name for name in (field.sort_key, field.fold_key, *field.type.derived_keys(field)) if name in table.c]
    columns = [table.c.id, table.c[field.key], *(table.c[name] for name in derived)]
    query = select(*columns).where(table.c.id > after).order_by(table.c.id).limit(size).with_for_update()
    rows = connection.execute(query).all()
    if not rows:
        return None
    changed = []
    for row in rows:
        fresh = field.type.to_columns(field.type.from_column(row[1], field), field)
        if any(fresh.get(name) != old for name, old in zip(derived, row[2:], strict=True)):
            changed.append({"row_id": row.id, **{f"new_{name}": fresh.get(name) for name in derived}})
    if changed:
        values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in derived}
        connection.execute(update(table).where(table.c.id == bindparam("row_id")).values(values), changed)
    return int(rows[-1].id)


def refresh(connection: Connection, form: Form, path: str) -> None:
    """Derive the columns of one field for all records, in one transaction; for small tables and tests."""
    last: int | None = 0
    while last is not None:
        last = refresh_batch(connection, form, path, last)
