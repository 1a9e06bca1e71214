"""Values of a record in the making, as far as its reader reads them: an unchanged masked value is its mask."""

from collections.abc import Mapping
from typing import Any

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
        masked = [inner for inner in one.rows.values() if inner.mask is not None]
        if masked and isinstance(shown.get(key), list | tuple):
            stored = {row["id"]: row for row in record.values.get(key) or ()}
            shown[key] = [_row(masked, row, stored.get(row.get("id"))) for row in shown[key]]
    return shown


def _row(masked: list[Any], row: Mapping[str, Any], stored: Mapping[str, Any] | None) -> dict[str, Any]:
    known = stored or {}
    return {**row, **{one.key: known[one.key] for one in masked if _unchanged(one, row, known)}}


def _unchanged(one: Any, row: Mapping[str, Any], known: Mapping[str, Any]) -> bool:
    return one.key in row and one.key in known and one.mask.text(row[one.key]) == known[one.key]
