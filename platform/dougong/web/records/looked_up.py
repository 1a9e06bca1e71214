"""What look-ups show beside a record that was just chosen: the words of the value at the end of their path.

A page computes with plain values (the key of an option, the id of a person); what people read of them, and what stands
behind a second relation, is known here only.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import select

from engines.form.fields.base import Field, Link
from engines.form.fields.lookup import LookupField
from engines.form.form import Form
from engines.form.names import ID, PARENT
from engines.form.policy import policy_for
from engines.form.policy.rules import ids as among
from engines.form.query import Query, ask, get_record, list_records
from engines.form.titles import titles
from engines.form.transaction import Transaction
from engines.kernel.problems import Forbidden, NotFound

WORDS: Final = "_words"
"""Where the values of a related record keep these words, by the path of the look-up."""

Ways = Mapping[str, Sequence[str]]
Values = Mapping[str, Any]


def followed(form: Form, field: Field) -> str | None:
    """The path of the relation that a look-up follows: `customer`, `lines.product`; None for any other field."""
    if not isinstance(field.type, LookupField):
        return None
    head, *rest = str(field.options["path"]).split(".")
    beside = form.subforms[field.subform].fields if field.subform and field.subform in form.subforms else form.fields
    one = beside.get(head) or form.fields.get(head)
    target: Any = None if one is None else one.target
    if one is None or target is None or one.links is not None:
        return None
    named = rest[1:] if target.of_rows is not None and rest[:1] == [PARENT] else rest
    return None if any(step.startswith("_") for step in named) else one.path


def words_of(
    tx: Transaction, form: Form, path: str, ids: Collection[int], seen: Collection[str]
) -> dict[int, dict[str, str]]:
    """For records that the relation `path` points at: what each look-up over it shows, as far as the actor sees it."""
    every = (one for field in form.fields.values() for one in (field, *field.rows.values()))
    ways = {
        one.path: str(one.options["path"]).split(".")[1:]
        for one in every
        if one.path in seen and followed(form, one) == path
    }
    target: Any = form.at(path).target
    return _words(tx, target, ids, ways) if ways and ids else {}


def _words(tx: Transaction, form: Form, ids: Collection[int], ways: Ways) -> dict[int, dict[str, str]]:
    actor = tx.actor
    columns = sorted({way[0] for way in ways.values()})
    read = _records if form.of_rows is None else _rows
    records: Mapping[int, Values] = read(tx, form, ids, columns)
    found: dict[int, dict[str, str]] = {}
    for key, record in records.items():
        found[key] = {}
        for name, way in ways.items():
            one, value = form.fields.get(way[0]), record.get(way[0])
            if len(way) == 1 and one is not None:
                found[key][name] = one.type.display(value, one, actor.locale, actor.zone)
    for head in sorted({way[0] for way in ways.values() if len(way) > 1}):
        one = form.every.get(head)
        if one is None or one.target is None:
            continue
        target: Any = one.target
        points = {key: record.get(head) for key, record in records.items()}
        next_ids = {value.id for value in points.values() if isinstance(value, Link)}
        rest = {name: way[1:] for name, way in ways.items() if way[0] == head and len(way) > 1}
        far = _words(tx, target, next_ids, rest) if next_ids else {}
        for key, value in points.items():
            told = far.get(value.id, {}) if isinstance(value, Link) else {}
            found[key] |= {name: told.get(name, "") for name in rest}
    return found


def _rows(tx: Transaction, form: Form, ids: Collection[int], columns: Sequence[str]) -> dict[int, dict[str, Any]]:
    """The rows whose records the actor may read; of each the columns that may be seen, records with their titles."""
    asked = ask(tx, form)
    if not asked.policy.may("read"):
        return {}
    fields = [form.every[one] for one in columns if one in form.every and form.every[one].links is None]
    table, read = asked.table, [asked.scope.column(one.key).label(one.key) for one in fields]
    query = select(table.c[ID], *read).where(table.c[ID] == among(sorted(ids)[:5000]))
    held = asked.run(query.where(asked.alive(), asked.policy.rows("read"))).mappings().all()
    found: dict[int, dict[str, Any]] = {row[ID]: {} for row in held}
    for one in fields:
        values = {row[ID]: one.type.from_column(row[one.key], one) for row in held}
        target = form.forms.find(one.type.target_form(one) or "")
        if target is not None:
            named = titles(tx, target, {value for value in values.values() if value is not None})
            values = {key: None if value is None else Link(value, named[value]) for key, value in values.items()}
        for key, value in values.items():
            found[key][one.key] = value
    return found


def _records(tx: Transaction, form: Form, ids: Collection[int], columns: Sequence[str]) -> dict[int, Values]:
    """The records that the actor may read; of people and departments one by one, as pages read them."""
    if not form.system:
        if not policy_for(tx, form).may("read"):
            return {}
        wanted = sorted(ids)[:5000]
        names = tuple(one for one in columns if one in form.fields)
        query = Query(names, {"field": "id", "op": "in", "value": wanted}, limit=len(wanted), count="none")
        return {one.id: one.values for one in list_records(tx, form, query).rows}
    found: dict[int, Values] = {}
    for key in sorted(ids)[:200]:
        try:
            found[key] = get_record(tx, form, key).values
        except (NotFound, Forbidden):
            continue
    return found
