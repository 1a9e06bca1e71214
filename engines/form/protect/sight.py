"""Values of a record in the making, as far as its reader reads them: an unchanged masked value is its mask."""

from collections.abc import Mapping
from typing import Any

from engines.form.fields.base import Field
from engines.form.form import Form
from engines.form.query import Record


def as_read(form: Form, values: Mapping[str, Any], record: Record | None) -> dict[str, Any]:
    """The values with the masks that the reader of `record` (as it was read) sees; what was changed stays whole.

    For what is told again, or handed on, from a draft that holds whole stored values (addresses, live queries).
    """
    return dict(values) if record is None else _seen(form.fields, values, record.values)


def _seen(fields: Mapping[str, Field], values: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    shown = dict(values)
    for key, one in fields.items():
        if one.mask is not None and key in shown and key in known and one.mask.text(shown[key]) == known[key]:
            shown[key] = known[key]
        elif one.rows and isinstance(shown.get(key), list | tuple):
            stored = {row["id"]: row for row in known.get(key) or ()}
            shown[key] = [_seen(one.rows, row, stored.get(row.get("id"), {})) for row in shown[key]]
    return shown
