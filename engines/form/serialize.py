"""Records as JSON for the API: exact values that may be sent back, titles beside ids."""

from collections.abc import Mapping
from typing import Any

from engines.form.counted import currency_of
from engines.form.fields.base import Field, Link
from engines.form.form import Form
from engines.form.query.types import Page, Record


def to_json(form: Form, record: Record, locale: str = "en") -> dict[str, Any]:
    """One record: `id`, `version`, `title`, `values`, `meta`, and what the reader may do with it.

    `values` is what `update_record` takes, computed fields apart; a relation is `{"id", "title"}`. Fields that may not
    be seen are absent. `labels` holds the words for choices, in the reader's language. `recomputing`, where it is
    there, names computed fields that are not up to date yet. `currencies` says what amounts are in, in the shape of
    `values`: a code for each amount, for rows a list with what each row has of them.
    """
    meta = record.meta
    return {
        "id": record.id,
        "version": record.version,
        "title": record.title,
        "values": {key: form.fields[key].type.to_json(value, form.fields[key]) for key, value in record.values.items()},
        "labels": _labels(form, record.values, locale),
        "currencies": _currencies(form.fields, record.values),
        "meta": {
            "owner": _link(meta.owner),
            "department": _link(meta.department),
            "created_at": _instant(meta.created_at),
            "created_by": _link(meta.created_by),
            "updated_at": _instant(meta.updated_at),
            "updated_by": _link(meta.updated_by),
            "flow_state": meta.flow_state,
            "deleted_at": _instant(meta.deleted_at),
            "sample": meta.sample,
        },
        "may": sorted(record.may),
        "editable": sorted(record.editable),
        **({"recomputing": sorted(record.recomputing)} if record.recomputing else {}),
    }


def page_json(form: Form, page: Page, locale: str = "en") -> dict[str, Any]:
    """A page of a list: `records`, `total` (`capped` says that there are more), `next` cursor, `totals` and what they
    are in (`total_currencies`)."""
    return {
        "records": [to_json(form, record, locale) for record in page.rows],
        "total": page.total,
        "capped": page.capped,
        "next": page.next_cursor,
        "totals": {key: form.get(key).type.to_json(value, form.get(key)) for key, value in page.totals.items()},
        "total_currencies": total_currencies(form, page.totals),
    }


def total_currencies(form: Form, totals: Mapping[str, Any]) -> dict[str, str]:
    """What the totals of a list are in, by field: the currency of the amounts, the base currency where they differ."""
    told = {key: currency_of(form.get(key), value) for key, value in totals.items()}
    return {key: code for key, code in told.items() if code is not None}


def _currencies(fields: Mapping[str, Field], values: Mapping[str, Any]) -> dict[str, Any]:
    """The currencies of the amounts among these values, by field; rows that hold none are left out as a whole."""
    found: dict[str, Any] = {}
    for key, value in values.items():
        one = fields.get(key)
        if one is None:  # a row's id and place
            continue
        if one.rows:
            below = [_currencies(one.rows, row) for row in value or ()]
            if any(below):
                found[key] = below
        elif (code := currency_of(one, value)) is not None:
            found[key] = code
    return found


def _labels(form: Form, values: Mapping[str, Any], locale: str) -> dict[str, Any]:
    """The words of choices, by field: they are data to people and keys to programs."""
    found: dict[str, Any] = {}
    for key, value in values.items():
        one = form.fields[key]
        if one.type.has_choices and value is not None:
            found[key] = one.type.display(value, one, locale)
    return found


def _link(value: Link | None) -> dict[str, Any] | None:
    return None if value is None else {"id": value.id, "title": value.title}


def _instant(value: Any) -> str | None:
    return None if value is None else value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
