"""Rows by what files call them: the title of their record and their number in it, `DD20261122-1 · 3` or `DD1#3`.

That is how their titles begin, so what was exported is read again. What stands behind the number (`· 打印机`) must
still be said of that row: a file from yesterday does not hit the row that took the place of another.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from sqlalchemy import select, tuple_

from engines.form.folding import fold
from engines.form.form import Form
from engines.form.names import ID, PARENT, POSITION
from engines.form.policy import policy_for
from engines.form.scope import alive_in
from engines.form.titles import titles
from engines.form.transaction import Transaction

_ROW: Final = re.compile(r"\s*(.+?)\s*(?:·|#|/)\s*([0-9]{1,4})\s*(?:·\s*(.*\S)\s*)?", re.DOTALL)
SEVERAL: Final = -1

Find = Callable[[set[str]], Mapping[str, int | None]]
"""The ids of records by what they are called; `SEVERAL` where two are."""


def rows_named(tx: Transaction, form: Form, texts: Iterable[str], find: Find) -> dict[str, int | None]:
    """The ids of the rows that texts name, None where there is none, `SEVERAL` where the record is not sure."""
    parts = {text: match for text in texts if (match := _ROW.fullmatch(text))}
    records = find({match[1] for match in parts.values()}) if parts else {}
    wanted = {text: (records.get(match[1]), int(match[2]) - 1) for text, match in parts.items()}
    rows = _rows_at(tx, form, {(record, place) for record, place in wanted.values() if record and record > 0})
    named = titles(tx, form, rows.values())
    found: dict[str, int | None] = dict.fromkeys(texts)
    for text, (record, place) in wanted.items():
        row = rows.get((record or 0, place))
        if record == SEVERAL:
            found[text] = SEVERAL
        elif row is not None and (not parts[text][3] or fold(named[row]).endswith(fold(parts[text][3]))):
            found[text] = row
    return found


def _rows_at(tx: Transaction, form: Form, places: set[tuple[int, int]]) -> dict[tuple[int, int], int]:
    """The rows that may be read, by their record and place."""
    table = form.table
    query = select(table.c[PARENT], table.c[POSITION], table.c[ID])
    query = query.where(tuple_(table.c[PARENT], table.c[POSITION]).in_(sorted(places)))
    query = query.where(policy_for(tx, form).rows("read"))
    alive = alive_in(form, table)
    query = query if alive is None else query.where(alive)
    return {(record, place): row for record, place, row in tx.connection.execute(query)} if places else {}
