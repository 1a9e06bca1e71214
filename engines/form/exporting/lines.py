"""Records into lines of cells, some at a time: the reader's rights, masks and language hold as in a list."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import zip_longest
from typing import Any, Final

from sqlalchemy import func, select

from engines.form import names
from engines.form.exporting.columns import ExportColumn
from engines.form.fields.base import Context, Field
from engines.form.form import Form, SubForm
from engines.form.policy.rules import ids as among
from engines.form.query.ask import Ask, ask
from engines.form.query.reader import Reader
from engines.form.query.types import Record
from engines.form.transaction import Transaction

Cell = str | Decimal | int | date | datetime | bool | None
Line = list[Cell]
Part = dict[str, Mapping[str, Any]]
"""What one line shows of rows: by the path of a sub-form the row that stands in it."""

_META: Final[Mapping[str, str]] = {
    names.OWNER: "owner",
    names.DEPARTMENT: "department",
    names.CREATED_AT: "created_at",
    names.CREATED_BY: "created_by",
    names.UPDATED_AT: "updated_at",
    names.UPDATED_BY: "updated_by",
    names.FLOW_STATE: "flow_state",
}


def export_lines(
    tx: Transaction, form: Form, columns: Sequence[ExportColumn], ids: Sequence[int], *, repeat: bool = False
) -> Iterator[Line]:
    """The lines of these records, in the order of `ids`; those that may not be exported (any more) are left out.

    A record has as many lines as the longest of its sub-forms that have columns, at least one. Its own cells stand in
    the first one, with `repeat` in all of them. A row stands in the first line of its own rows.
    """
    asked = ask(tx, form)
    asked.policy.require("export")
    context = Context.of(tx)
    nothing: Line = [None] * len(columns)
    for record in _records(asked, columns, ids):
        own: Line = [None if "." in one.path else _own(record, one, context) for one in columns]
        for number, part in enumerate(_parts(form, record, columns)):
            line: Line = [*own] if number == 0 or repeat else [*nothing]
            for place, one in enumerate(columns):
                row = part.get(one.subform) if "." in one.path else None
                if row is not None:
                    line[place] = cell_of(row.get(one.field.key), one.field, context)
            yield line


def _records(asked: Ask, columns: Sequence[ExportColumn], ids: Sequence[int]) -> list[Record]:
    keys = dict.fromkeys(one.path.partition(".")[0] for one in columns if not one.path.startswith("_"))
    reader = Reader.of(asked, tuple(key for key in keys if key in asked.form.fields))
    right = asked.policy.rows("read") & asked.policy.rows("export")
    mine = select(*reader.columns()).select_from(asked.table).where(asked.table.c.id == among(ids))
    rows = {row[names.ID]: dict(row) for row in asked.run(mine.where(asked.alive(), right)).mappings()}
    return reader.records([rows[one] for one in ids if one in rows])


def _own(record: Record, column: ExportColumn, context: Context) -> Cell:
    if column.path == names.ID:
        return record.id
    name = _META.get(column.path)
    value = record.values.get(column.path) if name is None else getattr(record.meta, name)
    return cell_of(value, column.field, context)


def cell_of(value: Any, field: Field, context: Context) -> Cell:
    """What a file gets for a value: text, number, day, moment in the reader's zone, or nothing."""
    if value is None or value in ((), []):
        return None
    cell = field.type.export_cell(value, field, context)
    if isinstance(cell, bool) or cell is None:
        return cell
    if isinstance(cell, Decimal):
        return cell
    if isinstance(cell, str):
        shown = field.end or field
        if shown.type.look(shown) == "datetime":
            return _moment(cell)
        return cell
    if isinstance(cell, int | date):
        return cell
    if isinstance(cell, tuple | list):
        return "\n".join(str(one) for one in cell)
    return str(cell)


def _moment(text: str) -> Cell:
    """A moment for its text, unless it has fractions of a second, which workbooks do not hold."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return text
    return text if found.microsecond or found.tzinfo is not None else found


# -- rows -----------------------------------------------------------------------------------------------------------


def _parts(form: Form, record: Record, columns: Sequence[ExportColumn]) -> Iterator[Part]:
    """The lines of a record: the rows of its sub-forms side by side."""
    wanted = {one.subform for one in columns} - {""}
    blocks = [
        _of_rows(sub, record.values.get(key) or (), wanted)
        for key, sub in form.subforms.items()
        if any(path == key or path.startswith(f"{key}.") for path in wanted)
    ]
    nothing: Part = {}
    yielded = False
    for parts in zip_longest(*blocks, fillvalue=nothing):
        yielded = True
        yield {path: row for part in parts for path, row in part.items()}
    if not yielded:
        yield nothing


def _of_rows(sub: SubForm, rows: Iterable[Mapping[str, Any]], wanted: set[str]) -> Iterator[Part]:
    """The lines of a sub-form's rows: one for each, more for one that has more rows of its own."""
    inner = [(key, one) for key, one in sub.subforms.items() if one.path in wanted]
    for row in rows:
        first: Part = {sub.path: row} if sub.path in wanted else {}
        if not inner:
            yield first
            continue
        held = [_of_rows(one, row.get(key) or (), wanted) for key, one in inner]
        nothing: Part = {}
        lines = list(zip_longest(*held, fillvalue=nothing)) or [()]
        for number, parts in enumerate(lines):
            yield {**(first if number == 0 else {}), **{path: each for part in parts for path, each in part.items()}}


def count_lines(tx: Transaction, form: Form, columns: Sequence[ExportColumn], ids: Sequence[int]) -> int:
    """At most how many lines these records have; for deciding whether somebody should wait for the file."""
    total = len(ids)
    wanted = {one.subform.partition(".")[0] for one in columns} - {""}
    for key in wanted:
        sub = form.subforms[key]
        mine = select(func.count()).where(sub.table.c[names.PARENT] == among(ids))
        total += tx.connection.scalar(mine) or 0
        for inner in sub.subforms.values():
            below = select(func.count()).select_from(
                inner.table.join(sub.table, sub.table.c[names.ID] == inner.table.c[names.PARENT])
            )
            total += tx.connection.scalar(below.where(sub.table.c[names.PARENT] == among(ids))) or 0
    return total
