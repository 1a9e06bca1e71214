"""What look-ups show beside a record that was just chosen: the words of the value at the end of their path.

A page computes with plain values (the key of an option, the id of a person); what people read of them, and what stands
behind a second relation, is known here only.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from engines.form.fields.base import Field, Link
from engines.form.fields.lookup import LookupField
from engines.form.form import Form
from engines.form.policy import policy_for
from engines.form.query import Query, Record, get_record, list_records
from engines.form.transaction import Transaction
from engines.kernel.problems import Forbidden, NotFound

WORDS: Final = "_words"
"""Where the values of a related record keep these words, by the path of the look-up."""

Ways = Mapping[str, Sequence[str]]


def followed(form: Form, field: Field) -> str | None:
    """The path of the relation that a look-up follows: `customer`, `lines.product`; None for any other field."""
    if not isinstance(field.type, LookupField):
        return None
    head, *rest = str(field.options["path"]).split(".")
    beside = form.subforms[field.subform].fields if field.subform and field.subform in form.subforms else form.fields
    one = beside.get(head) or form.fields.get(head)
    target: Any = None if one is None else one.target
    if one is None or target is None or one.links is not None or target.of_rows is not None:
        return None
    return None if any(step.startswith("_") for step in rest) else one.path


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
    records = _records(tx, form, ids, sorted({way[0] for way in ways.values()}))
    found: dict[int, dict[str, str]] = {}
    for key, record in records.items():
        found[key] = {}
        for name, way in ways.items():
            one, value = form.fields.get(way[0]), record.values.get(way[0])
            if len(way) == 1 and one is not None:
                found[key][name] = one.type.display(value, one, actor.locale, actor.zone)
    for head in sorted({way[0] for way in ways.values() if len(way) > 1}):
        one = form.fields.get(head)
        if one is None or one.target is None:
            continue
        target: Any = one.target
        points = {key: record.values.get(head) for key, record in records.items()}
        next_ids = {value.id for value in points.values() if isinstance(value, Link)}
        rest = {name: way[1:] for name, way in ways.items() if way[0] == head and len(way) > 1}
        far = _words(tx, target, next_ids, rest) if next_ids else {}
        for key, value in points.items():
            told = far.get(value.id, {}) if isinstance(value, Link) else {}
            found[key] |= {name: told.get(name, "") for name in rest}
    return found


def _records(tx: Transaction, form: Form, ids: Collection[int], columns: Sequence[str]) -> dict[int, Record]:
    """The records that the actor may read; of people and departments one by one, as pages read them."""
    if not form.system:
        if not policy_for(tx, form).may("read"):
            return {}
        wanted = sorted(ids)[:5000]
        names = tuple(one for one in columns if one in form.fields)
        query = Query(names, {"field": "id", "op": "in", "value": wanted}, limit=len(wanted), count="none")
        return {one.id: one for one in list_records(tx, form, query).rows}
    found = {}
    for key in sorted(ids)[:200]:
        try:
            found[key] = get_record(tx, form, key)
        except (NotFound, Forbidden):
            continue
    return found
