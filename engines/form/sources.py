"""Copied values and where they came from: where the source says something else now, and taking that over."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from engines.form.fields.base import Context, Field, Link
from engines.form.form import Form
from engines.form.policy import Grant
from engines.form.query import Record, get_record
from engines.form.records import Saved, update_record
from engines.form.transaction import Transaction
from engines.form.write.copying import bare, copies_of, source_values


@dataclass(frozen=True, slots=True)
class Difference:
    """A copied value that its source has otherwise now. `path` is the field; `row` the id of the sub-form's row."""

    path: str
    field: Field
    relation: Field
    source: Link
    own: Any
    now: Any
    row: int | None = None
    number: int | None = None


def differences(tx: Transaction, form: Form, record: Record) -> list[Difference]:
    """Every copied value that the reader sees and whose source, as the reader may see it, is another now."""
    return [one for path in copies_of(form) for one in _of(tx, form, record, path)]


def _of(tx: Transaction, form: Form, record: Record, path: str) -> Iterator[Difference]:
    head, _, inner = path.partition(".")
    relation = form.at(path)
    rows = list(enumerate(record.values.get(head) or ())) if inner else [(None, record.values)]
    chosen = [(number, row, row.get(relation.key)) for number, row in rows]
    ids = {link.id for _, _, link in chosen if isinstance(link, Link)}
    found = source_values(tx, form, relation, ids, Context.of(tx)) if ids else {}
    for number, row, link in chosen:
        if not isinstance(link, Link) or link.id not in found:
            continue
        for copy in copies_of(form)[path]:
            key = copy.to.key
            if copy.taken.mask is not None and found[link.id][key] is None:
                continue  # behind a mask for this reader: nobody can tell whether it differs
            if key in row and bare(row[key]) != bare(found[link.id][key]):
                row_id = row["id"] if number is not None else None
                yield Difference(copy.to.path, copy.to, relation, link, row[key], found[link.id][key], row_id, number)


def refresh(
    tx: Transaction,
    form: Form,
    record_id: int,
    paths: Collection[str] | None = None,
    *,
    grants: Collection[Grant] = (),
) -> Saved:
    """Take over what the sources say now, for all copied fields or those with these paths.

    A write like any other: policy, rules and log. Raises what `update_record` raises.
    """
    record = get_record(tx, form, record_id, grants=grants)
    values: dict[str, Any] = {}
    rows: dict[str, dict[int, dict[str, Any]]] = {}
    for one in differences(tx, form, record):
        if paths is not None and one.path not in paths:
            continue
        holder = values if one.row is None else rows.setdefault(str(one.relation.subform), {}).setdefault(one.row, {})
        again = holder.setdefault(one.relation.key, {"id": one.source.id, "refresh": []})
        again["refresh"].append(one.field.key)
    for key, found in rows.items():
        values[key] = {"partial": True, "rows": [{"id": row_id, **row} for row_id, row in found.items()]}
    return update_record(tx, form, record_id, values, grants=grants)
