"""What of a draft is written: columns, rows and links that differ, and what the log keeps of the old."""

from collections.abc import Mapping, Sequence
from typing import Any

from engines.form.form import Form, SubForm
from engines.form.names import (
    CREATED_AT,
    CREATED_BY,
    LINK_POSITION,
    LINK_TARGET,
    PARENT,
    POSITION,
    SEARCH,
    UPDATED_AT,
    UPDATED_BY,
)
from engines.form.nested import bare, own_values, rows_of
from engines.form.search import lexemes, searched_fields
from engines.form.write.draft import Draft, Row
from engines.form.write.encode import encode

SAMPLE = "_sample"


def columns_of(form: Form, values: Mapping[str, Any], keys: Sequence[str] | None = None) -> Row:
    """The columns of the record's own table for field values (of `keys`, or all)."""
    written: Row = {}
    for key, one in form.columns().items():
        if keys is None or key in keys:
            written.update(one.type.to_columns(values.get(key), one))
    return {key: value for key, value in written.items() if key in form.table.c}


def created_columns(draft: Draft) -> Row:
    """All columns of a new record."""
    tx, form = draft.tx, draft.form
    written = columns_of(form, draft.values)
    written |= draft.system
    written[CREATED_AT] = written[UPDATED_AT] = tx.now
    written[CREATED_BY] = written[UPDATED_BY] = tx.actor.id
    written[SAMPLE] = tx.origin == "pack"
    if searched_fields(form):
        written[SEARCH] = lexemes(form, draft.values)
    return written


def changed_keys(draft: Draft) -> list[str]:
    """The fields whose stored value is another than before, formulas included; system columns last."""
    keys = [
        key
        for key, one in draft.form.fields.items()
        if one.storage != "none" and key not in draft.form.subforms and draft.values.get(key) != draft.old.get(key)
    ]
    keys += [key for key in draft.form.subforms if _differ(draft.values.get(key), draft.old.get(key))]
    return keys + [key for key, value in draft.system.items() if value != draft.old.get(key)]


def changed_columns(draft: Draft, keys: Sequence[str]) -> Row:
    """The columns of a changed record."""
    written = columns_of(draft.form, draft.values, [key for key in keys if key in draft.form.fields])
    written |= {key: draft.system[key] for key in keys if key in draft.system}
    written[UPDATED_AT], written[UPDATED_BY] = draft.tx.now, draft.tx.actor.id
    if any(one.path.partition(".")[0] in keys for one in searched_fields(draft.form)):
        written[SEARCH] = lexemes(draft.form, draft.values)
    return written


def kept_words(draft: Draft) -> list[str]:
    """Patterns of the lexemes of rows that were not read: what is found by them stays."""
    searched = {one.path.partition(".")[0] for one in searched_fields(draft.form) if one.subform}
    return [key.replace("_", "\\_") + ".%" for key in sorted(searched & draft.reach.unread)]


def new_parts(draft: Draft) -> dict[str, str]:
    """Rows and links of a new record, as JSON by sub-form or field."""
    parts: dict[str, str] = {}
    for key in draft.form.subforms:
        rows = draft.values.get(key)
        if rows:
            parts[key] = encode([_whole(draft.form.subforms[key], row, place) for place, row in enumerate(rows)])
    for key in draft.form.links:
        ids = draft.values.get(key)
        if ids:
            parts[key] = encode([{LINK_TARGET: one, LINK_POSITION: place} for place, one in enumerate(ids)])
    return parts


def changed_parts(draft: Draft, keys: Sequence[str]) -> dict[tuple[str, str], Any]:
    """What happens to rows and links of a changed record: `new`, `changed` (JSON) and `gone` (ids)."""
    parts: dict[tuple[str, str], Any] = {}
    for key in keys:
        if key in draft.form.subforms:
            _row_parts(draft, key, parts)
        elif key in draft.form.links:
            _link_parts(draft, key, parts)
    return parts


def _row_parts(draft: Draft, key: str, parts: dict[tuple[str, str], Any]) -> None:
    sub = draft.form.subforms[key]
    before = {row["id"]: (place, own_values(sub, row)) for place, row in enumerate(draft.old.get(key) or ())}
    fresh, moved, kept = [], [], set()
    for place, row in enumerate(draft.values.get(key) or ()):
        identity = row.get("id")
        if identity is None:
            fresh.append(_row(sub, row, place))
            continue
        kept.add(identity)
        if before[identity] != (place, own_values(sub, row)):
            moved.append(_row(sub, row, place) | {"id": identity})
    gone = [identity for identity in before if identity not in kept]
    if fresh:
        parts[key, "new"] = encode(fresh)
    if moved:
        parts[key, "changed"] = encode(moved)
    if gone:
        parts[key, "gone"] = gone


def _link_parts(draft: Draft, key: str, parts: dict[tuple[str, str], Any]) -> None:
    before = {one: place for place, one in enumerate(draft.old.get(key) or ())}
    after = {one: place for place, one in enumerate(draft.values.get(key) or ())}
    fresh = [{LINK_TARGET: one, LINK_POSITION: place} for one, place in after.items() if one not in before]
    moved = [{LINK_TARGET: one, LINK_POSITION: at} for one, at in after.items() if before.get(one, at) != at]
    gone = [one for one in before if one not in after]
    if fresh:
        parts[key, "new"] = encode(fresh)
    if moved:
        parts[key, "changed"] = encode(moved)
    if gone:
        parts[key, "gone"] = gone


def nested_parts(draft: Draft, sub: SubForm, line_ids: Sequence[int]) -> dict[str, Any]:
    """What happens to rows of rows: `new` and `changed` (rows with what they stand in) and `gone` (ids).

    `line_ids` are the ids of the rows that they stand in, in their order: of new ones they are known only now.
    """
    before = {row["id"]: row for _, row in rows_of(draft.old, sub.path)}
    order = {row["id"]: place for holder in draft.old.get(sub.path.partition(".")[0]) or ()
             for place, row in enumerate(holder.get(sub.key) or ())}  # fmt: skip
    fresh, moved, kept = [], [], set()
    holders = draft.values.get(sub.path.partition(".")[0]) or ()
    for parent, holder in zip(line_ids, holders, strict=True):
        for place, row in enumerate(holder.get(sub.key) or ()):
            identity = row.get("id")
            if identity is None:
                fresh.append(_row(sub, row, place) | {PARENT: parent})
                continue
            kept.add(identity)
            if order[identity] != place or before[identity] != row:
                moved.append(_row(sub, row, place) | {"id": identity, PARENT: parent})
    return {"gone": [one for one in before if one not in kept], "changed": moved, "new": fresh}


def _whole(sub: SubForm, row: Mapping[str, Any], place: int) -> Row:
    """A row with its rows."""
    inner = {key: [_whole(one, each, at) for at, each in enumerate(row.get(key) or ())]
             for key, one in sub.subforms.items()}  # fmt: skip
    return _row(sub, row, place) | inner


def _row(sub: SubForm, row: Mapping[str, Any], place: int) -> Row:
    written: Row = {POSITION: place}
    for one in sub.fields.values():
        if one.storage == "column":
            written.update(one.type.to_columns(row.get(one.key), one))
    return written


def _differ(rows: Any, before: Any) -> bool:
    """Whether rows are others than before; most are the very same, marks or no marks."""
    return rows != before and _bare(rows) != _bare(before)


def _bare(rows: Any) -> list[Row]:
    """Rows as they are compared: in their order, without the marks of the way here."""
    return [bare(row) for row in rows or ()]


def old_of(draft: Draft, keys: Sequence[str]) -> Row:
    """What the log keeps: old values; of sub-forms the ids before, and the old rows that changed or went."""
    kept: Row = {}
    for key in keys:
        if key not in draft.form.subforms:
            kept[key] = draft.old.get(key)
            continue
        after = {row["id"]: row for row in draft.values.get(key) or () if row.get("id") is not None}
        before = draft.old.get(key) or ()
        kept[key] = {
            "ids": [row["id"] for row in before],
            "rows": {str(row["id"]): row for row in before if after.get(row["id"]) != row},
        }
    return kept
