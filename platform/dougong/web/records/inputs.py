"""What an input of a form page shows: stored values, values just posted, and names of records that are chosen."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from dougong.web.i18n import zone_info
from engines.form.fields.base import Field, Link
from engines.form.fields.link import FormLink, split
from engines.form.form import Form
from engines.form.policy import Policy, policy_for
from engines.form.query import Record, picked
from engines.form.transaction import Transaction
from engines.kernel.problems import Rejected


@dataclass(frozen=True, slots=True)
class Chosen:
    """A record that a relation, member or department input holds."""

    id: Any
    title: str


def input_value(field: Field, value: Any) -> Any:
    """A stored value as its input takes it: texts, lists of option keys, `Chosen` records, file objects."""
    if value is None:
        return None
    if field.rows:
        rows = field.rows
        return [
            {key: input_value(rows[key], cell) if key in rows else cell for key, cell in row.items()} for row in value
        ]
    shaped = field.type.form_text(value, field, str(zone_info()))
    if shaped is not None:
        return shaped
    if isinstance(value, Link):
        return Chosen(value.id, value.title or f"#{value.id}")
    if isinstance(value, tuple | list) and value and isinstance(value[0], Link):
        return [Chosen(one.id, one.title or f"#{one.id}") for one in value]
    if isinstance(value, Decimal):
        return _number(value * 100 if field.options.get("percent") else value)
    if isinstance(value, datetime):
        return value.astimezone(zone_info()).strftime("%Y-%m-%dT%H:%M")
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if hasattr(value, "isoformat") else value


def _number(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def posted_values(tx: Transaction, form: Form, posted: Mapping[str, Any]) -> dict[str, Any]:
    """What was posted, as inputs take it: the page is shown again with every character that was typed."""
    shown: dict[str, Any] = {}
    for key, raw in posted.items():
        if key in form.subforms:
            fields = form.subforms[key].fields
            rows = raw.get("rows", ()) if isinstance(raw, Mapping) else raw
            again = [
                {name: _again(tx, fields[name], cell) if name in fields else cell for name, cell in row.items()}
                for row in rows
            ]
            shown[key] = {**raw, "rows": again} if isinstance(raw, Mapping) else again
        elif key in form.fields:
            shown[key] = _again(tx, form.fields[key], raw)
    return shown


def _again(tx: Transaction, field: Field, raw: Any) -> Any:
    if field.rows:
        rows = field.rows
        return [
            {key: _again(tx, rows[key], cell) if key in rows else cell for key, cell in row.items()}
            for row in raw or ()
        ]
    if field.parts:
        return _form_link(tx, field, raw)
    if field.target is not None and field.type.target_form(field):
        ids = [int(one) for one in (raw if isinstance(raw, list) else [raw]) if str(one or "").isdecimal()]
        chosen = [Chosen(one.id, one.title or f"#{one.id}") for one in _picked(tx, field, ids)]
        if isinstance(raw, list):
            return chosen
        return chosen[0] if chosen else None
    if field.options.get("percent") and isinstance(raw, str):
        return raw.removesuffix("%")
    return raw


def _form_link(tx: Transaction, field: Field, raw: Any) -> Any:
    """The record of one of several forms that was posted, named as far as the person may see it."""
    try:
        found = split(field.type.parse(raw, field))
    except Rejected:
        return None
    if found is None:
        return None
    named = list(_picked(tx, field.parts[found[0]], [found[1]]))
    return FormLink(*found, named[0].title if named else "")


def _picked(tx: Transaction, field: Field, ids: Iterable[int]) -> Iterable[Any]:
    target: Any = field.target
    return picked(tx, target, ids)


def visible_paths(tx: Transaction, form: Form, record: Record | None) -> frozenset[str]:
    """Paths of the fields that this person sees on a record's page, fields of rows (`lines.qty`) among them."""
    policy = policy_for(tx, form)
    found = set(record.visible) if record is not None else set()
    for field in form.fields.values():
        if record is None and policy.sees(field.key) is not False:
            found.add(field.key)
        rows = (record.values.get(field.key) or ()) if record is not None and field.rows else ()
        for inner in field.rows.values():
            sees = policy.sees(inner.path)
            if sees is True or any(inner.key in row for row in rows) or (sees is not False and record is None):
                found.add(inner.path)
                found.update(_below(policy, inner, rows, fresh=record is None))
    return frozenset(found)


def _below(policy: Policy, field: Field, rows: Iterable[Mapping[str, Any]], *, fresh: bool) -> Iterable[str]:
    """The paths of the fields of rows of rows that this person sees."""
    parts = [part for row in rows for part in row.get(field.key) or ()] if field.rows else []
    for inner in field.rows.values():
        sees = policy.sees(inner.path)
        if sees is True or any(inner.key in part for part in parts) or (sees is not False and fresh):
            yield inner.path


def base_values(form: Form, record: Record, editable: Collection[str], without: Collection[str] = ()) -> dict[str, Any]:
    """The values that the page is opened with, exact and as JSON, so that a later save knows what was changed."""
    base: dict[str, Any] = {}
    for key, value in record.values.items():
        if key in without:
            continue
        if key in form.subforms:
            fields = form.subforms[key].fields
            base[key] = [
                {
                    name: fields[name].type.to_json(cell, fields[name]) if name in fields else cell
                    for name, cell in row.items()
                }
                for row in value or ()
            ]
        elif key in editable:
            base[key] = form.fields[key].type.to_json(value, form.fields[key])
    return base
