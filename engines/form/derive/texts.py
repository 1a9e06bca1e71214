"""What only Python can derive of kept texts that changed: sorted and folded forms, and what the search finds."""

from collections.abc import Collection, Iterable
from typing import Any

import orjson
from sqlalchemy import BigInteger, Text, bindparam, cast, column, func, select, update
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from engines.form.derive.sql import among, record_of
from engines.form.form import Form
from engines.form.names import ID, SEARCH
from engines.form.query.ask import ask
from engines.form.query.reader import Reader
from engines.form.search import lexemes, searched_fields, searched_keys
from engines.form.transaction import Transaction, as_system


def refresh_texts(tx: Transaction, form: Form, ids: Collection[int], paths: Collection[str]) -> None:
    """Derive anew what hangs on these kept values (`label`, `lines.name`) of records."""
    if not paths:
        return
    for path in paths:
        _columns(tx, form, ids, path)
    if any(one.path in paths for one in searched_fields(form)):
        write_search(tx, form, ids)


def _columns(tx: Transaction, form: Form, ids: Collection[int], path: str) -> None:
    one = form.at(path)
    table = form.subforms[one.subform].table if one.subform else form.table
    derived = [name for name in (one.sort_key, one.fold_key) if name in table.c]
    if not derived:
        return
    query = select(table.c[ID], table.c[one.key]).where(among(record_of(form, one.subform or "", table)))
    rows = tx.connection.execute(query, {"P_ids": sorted(ids)}).all()
    fresh = [(row[0], one.type.to_columns(one.type.from_column(row[1], one), one)) for row in rows]
    given = [{"row_id": key, **{f"new_{name}": columns.get(name) for name in derived}} for key, columns in fresh]
    values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in derived}
    if given:
        tx.connection.execute(update(table).where(table.c[ID] == bindparam("row_id")).values(values), given)


def write_search(tx: Transaction, form: Form, ids: Iterable[int]) -> None:
    """Write what the search finds records by, from their stored values."""
    table, wanted = form.table, sorted(ids)
    if not wanted or SEARCH not in table.c:
        return
    asked = ask(as_system(tx), form)
    reader = Reader.of(asked, searched_keys(form))
    query = select(*reader.columns(titles=False)).where(among(table.c[ID]))
    rows = asked.run(query, P_ids=wanted).mappings()
    found = [{"id": key, "words": lexemes(form, values)} for key, values in reader.bare([dict(row) for row in rows])]
    function: Any = func.jsonb_to_recordset(cast(bindparam("P_rows", type_=Text), JSONB))
    made = function.table_valued(column("id", BigInteger), column("words", ARRAY(Text)))
    source = made.render_derived(name="found", with_types=True)
    filled = update(table).where(table.c[ID] == source.c.id).values({SEARCH: func.array_to_tsvector(source.c.words)})
    tx.connection.execute(filled, {"P_rows": orjson.dumps(found).decode()})
