"""Values of a record in the making, as far as its reader reads them: an unchanged masked value is its mask."""

from collections.abc import Iterable, Mapping
from typing import Any

from engines.form.fields.base import Field
from engines.form.form import Form
from engines.form.query import Record


def as_read(form: Form, values: Mapping[str, Any], record: Record | None) -> dict[str, Any]:
    """The values with the masks that the reader of `record` (as it was read) sees; what was changed stays whole.

    For what is told again, or handed on, from a draft that holds whole stored values (addresses, live queries).
    """
    shown = dict(values)
    if record is None:
        return shown
    for key, one in form.fields.items():
        if one.mask is not None and key in shown and one.mask.text(shown[key]) == record.values.get(key):
            shown[key] = record.values[key]
        elif one.rows and isinstance(shown.get(key), list | tuple):
            shown[key] = _rows(one, shown[key], record.values.get(key))
    return shown


def _rows(holder: Field, rows: Iterable[Any], stored: Any) -> list[dict[str, Any]]:
    known = {row["id"]: row for row in stored or ()}
    return [_row(holder, row, known.get(row.get("id"), {})) for row in rows]


def _row(holder: Field, row: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    shown = dict(row)
    for key, one in holder.rows.items():
        if one.mask is not None and key in shown and key in known and one.mask.text(shown[key]) == known[key]:
            shown[key] = known[key]
        elif one.rows and isinstance(shown.get(key), list | tuple):
            shown[key] = _rows(one, shown[key], known.get(key))
    return shown
