"""Sub-forms with thousands of rows on a form page: inputs for the first rows, values for all the others."""

from collections.abc import Collection, Iterable, Mapping, Sequence, Sized
from decimal import Decimal
from typing import Any, Final

from dougong.web.records.live import needs, row_json
from dougong.web.records.looked_up import WORDS, words_of
from engines.form.fields.base import Field, Link
from engines.form.form import Form
from engines.form.nested import rows_of
from engines.form.policy import policy_for
from engines.form.query import Query, Record, list_records
from engines.form.totals import added_columns
from engines.form.transaction import Transaction
from engines.form.write.parse import laid_over
from engines.formula import Type, json_value

WINDOW: Final = 50
"""How many rows have inputs at once; `platform/ui/src/form/table.ts` knows it too."""


def laid_out(form: Form, posted: Mapping[str, Any], stored: Mapping[str, Any]) -> dict[str, Any]:
    """Posted values as a page shows them: changed rows of a long sub-form laid over the stored ones, and marked."""
    values = dict(posted)
    for key in form.subforms:
        part = posted.get(key)
        if isinstance(part, Mapping):
            before = {int(row["id"]): row for row in stored.get(key) or () if str(row.get("id", "")).isdecimal()}
            values[key] = laid_over(before, _sent(part, before), part)
    return values


def _sent(part: Mapping[str, Any], before: Mapping[int, Mapping[str, Any]]) -> list[dict[str, Any]]:
    sent = []
    for row in part.get("rows", ()):
        key = int(row["id"]) if str(row.get("id", "")).isdecimal() else None
        whole = {**before.get(key, {}), **row} if key is not None else dict(row)
        sent.append(whole | {"id": key, "_posted": True})
    return sent


def long_tables(
    form: Form, record: Record | None, values: Mapping[str, Any], wrong: Iterable[str] = ()
) -> dict[str, dict[str, Any]]:
    """For each sub-form that is longer than the window: its rows as expressions read them, null for new ones.

    `order` are the ids as they are stored where that is another order, `gone` the stored rows that were removed on the
    page and not saved yet. Rows at which something is wrong get inputs wherever they stand.
    """
    tables: dict[str, dict[str, Any]] = {}
    for key in form.subforms:
        rows = values.get(key) or ()
        if not is_long(rows):
            continue
        stored = {row["id"]: row for row in (record.values.get(key) if record is not None else None) or ()}
        for place in _places(key, wrong):
            if place < len(rows):
                rows[place]["_shown"] = True
        found = [stored.get(int(row["id"])) if row.get("id") else None for row in rows]
        ids = [row["id"] for row in found if row is not None]
        tables[key] = {"rows": packed(found)}
        if ids != list(stored):
            kept = set(ids)
            gone = packed([row for one, row in stored.items() if one not in kept])
            tables[key] |= {"order": list(stored), "gone": gone}
    return tables


def is_long(rows: Sized | None) -> bool:
    """Whether so many rows are shown a window at a time."""
    return rows is not None and len(rows) > WINDOW


def packed(rows: Sequence[Mapping[str, Any] | None]) -> dict[str, Any]:
    """Rows as expressions read them, small: names once, titles of records once, then a list of values for each row.

    A row that knows other fields than most stands as an object; null stays null. `ui/src/form/page.ts` unpacks it.
    """
    keys = next((tuple(key for key in row if not key.startswith("_")) for row in rows if row is not None), ())
    links: dict[str, dict[str, str]] = {}
    data: list[Any] = []
    for row in rows:
        if row is None:
            data.append(None)
        elif len(row) < len(keys) or any(key not in row for key in keys):
            data.append(row_json(row))
        else:
            data.append([_small(row[key], key, links) for key in keys])
    return {"keys": keys, "links": links, "rows": data}


def _small(value: Any, key: str, links: dict[str, dict[str, str]]) -> Any:
    kind = type(value)
    if value is None or kind is str or kind is bool or kind is int:
        return value
    if kind is Decimal:
        return json_value(value)
    if kind is Link:
        title = value.title or f"#{value.id}"
        if links.setdefault(key, {}).setdefault(str(value.id), title) == title:
            return value.id
    return row_json({key: value})[key]


def _places(key: str, paths: Iterable[str]) -> set[int]:
    heads = (path.removeprefix(f"{key}[").partition("]")[0] for path in paths if path.startswith(f"{key}["))
    return {int(head) for head in heads if head.isdecimal()}


def chosen_records(
    tx: Transaction, form: Form, record: Record | None, visible: Collection[str]
) -> dict[str, dict[str, dict[str, Any]]]:
    """What the page's expressions read of records that are chosen already, by path and id: one question a path."""
    if record is None:
        return {}
    ids: dict[str, set[int]] = {}
    for path in needs(form, set(visible)):
        outer, _, key = path.rpartition(".")
        rows = (row for _, row in rows_of(record.values, outer)) if outer else (record.values,)
        ids[path] = {one.id for row in rows for one in _links(row.get(key))}
    return related_by_id(tx, form, ids, visible)


def related_by_id(
    tx: Transaction, form: Form, ids: Mapping[str, Collection[int]], visible: Collection[str]
) -> dict[str, dict[str, dict[str, Any]]]:
    """The fields that expressions read of related records, as far as the actor may see them."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for path, names in needs(form, set(visible)).items():
        target: Any = form.at(path).target
        wanted = sorted(ids.get(path, ()))[:5000]
        if target is None or not wanted or target.system or not policy_for(tx, target).may("read"):
            continue
        every = target.every
        columns = tuple(n for n in names if n in every and not n.startswith("_") and _plain(every[n]))
        if len(columns) != len(names):
            continue  # what stands behind a second step is asked record by record
        query = Query(columns, {"field": "id", "op": "in", "value": wanted}, limit=len(wanted), count="none")
        rows = list_records(tx, target, query).rows
        words = words_of(tx, form, path, wanted, visible)
        found[path] = {
            str(one.id): {"id": one.id} | row_json(one.values) | ({WORDS: words[one.id]} if one.id in words else {})
            for one in rows
        }
    return found


def _plain(field: Field) -> bool:
    return field.storage == "column" or field.expression is not None


def _links(value: Any) -> Iterable[Link]:
    return [one for one in (value if isinstance(value, tuple | list) else (value,)) if isinstance(one, Link)]


def column_sums(form: Form) -> dict[str, frozenset[str]]:
    """The columns of each sub-form that have a total below them."""
    return {key: columns for key in form.subforms if (columns := added_columns(form, key))}


def part_sums(field: Field) -> frozenset[str]:
    """The columns of rows of rows that are added up below them: those named, else the computed numbers."""
    named = field.options.get("totals")
    numbers = {key for key, one in field.rows.items() if one.type.formula_type(one) is Type.NUMBER}
    if named is not None:
        return frozenset(named) & numbers
    return frozenset(key for key in numbers if field.rows[key].expression is not None)
