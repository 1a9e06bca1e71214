"""Records as plain JSON values: what programs get, and may send back as it is.

Values are exact: `from_json` of a field type gives back what `to_json` gave. Fields that the reader may not see are
absent, never null.
"""

from collections.abc import Mapping
from typing import Any

from engines.form.fields.base import Field, Link
from engines.form.form import Form
from engines.form.query.types import Page, Record


def to_json(form: Form, record: Record) -> dict[str, Any]:
    """A record with its values and what is known about it; with what may be done, where that was asked for."""
    meta = record.meta
    found: dict[str, Any] = {
        "id": record.id,
        "version": record.version,
        "title": record.title,
        "values": values_json(form.fields, record.values),
        "meta": {
            "owner": link_json(meta.owner),
            "department": link_json(meta.department),
            "created_at": meta.created_at,
            "created_by": link_json(meta.created_by),
            "updated_at": meta.updated_at,
            "updated_by": link_json(meta.updated_by),
            "flow_state": meta.flow_state,
            "deleted_at": meta.deleted_at,
            "sample": meta.sample,
        },
    }
    if record.may:
        found["may"] = sorted(record.may)
        found["editable"] = sorted(record.editable)
    return found


def page_json(form: Form, page: Page) -> dict[str, Any]:
    """A page of a list: records, total, where it goes on, sums."""
    return {
        "items": [to_json(form, record) for record in page.rows],
        "next_cursor": page.next_cursor,
        "total": page.total,
        "capped": page.capped,
        "totals": dict(page.totals),
    }


def values_json(fields: Mapping[str, Field], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of fields, in their order in `values`."""
    return {key: fields[key].type.to_json(value, fields[key]) for key, value in values.items() if key in fields}


def link_json(link: Link | None) -> dict[str, Any] | None:
    """A record that is pointed at."""
    return None if link is None else {"id": link.id, "title": link.title}
