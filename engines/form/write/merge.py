"""Two people, one record: what the second changed is laid over what the first saved, field by field.

`base` is the record as the second person's form was opened. A field that is as it was in base was not changed by the
second: the first one's value stays. A field that both changed is a conflict that names both values (D4). Rows of a
sub-form are compared one by one, by their ids.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from engines.form.fields.base import Field
from engines.form.form import Form
from engines.form.nested import fresh
from engines.form.protect.seal import opened_values
from engines.form.system import CHANGE
from engines.form.titles import text_of, titles
from engines.form.transaction import Transaction
from engines.form.write.draft import Draft, Row
from engines.form.write.encode import plain
from engines.kernel.problems import Conflict, Problem, ProblemError

_UNKNOWN: Any = object()


def merge(draft: Draft) -> None:
    """Lay the draft over the stored record where they part from `base`. Raises `Conflict` with one problem a field."""
    conflicts = draft.conflicts
    for key in sorted(draft.touched & set(draft.base or ())):
        if key in draft.form.subforms:
            conflicts += _merge_rows(draft, key)
            continue
        one = draft.form.fields.get(key)
        if one is None:
            continue
        mine, theirs, raw = draft.values[key], draft.old.get(key), (draft.base or {})[key]
        base = theirs if one.mask is not None and raw == one.mask.text(theirs) else _parsed(draft, one, raw)
        if _same(mine, base):
            draft.values[key] = theirs
        elif not _same(theirs, base) and not _same(mine, theirs):
            conflicts.append(_stale(draft, key, one, mine, theirs, base))
    if conflicts:
        raise Conflict(conflicts)


def base_at(tx: Transaction, form: Form, record_id: int, version: int, now: Mapping[str, Any]) -> Row | None:
    """The fields that changed since a version, with their values then; None where the log does not reach back."""
    query = select(CHANGE.c.version, CHANGE.c.old).where(
        CHANGE.c.form == form.table.name, CHANGE.c.record_id == record_id, CHANGE.c.version > version
    )
    base: Row = {}
    count = 0
    for _, old in tx.connection.execute(query.order_by(CHANGE.c.version.desc())):
        count += 1
        for key, value in opened_values(form, old or {}).items():
            one = form.fields.get(key)
            if one is None:
                continue
            if key in form.subforms:
                later = {str(row["id"]): row for row in base.get(key, now.get(key)) or ()}
                base[key] = [value["rows"].get(str(one_id)) or later.get(str(one_id)) for one_id in value["ids"]]
            else:
                base[key] = value
    return base if count == now["_version"] - version else None


def _merge_rows(draft: Draft, key: str) -> list[Problem]:
    fields = draft.form.subforms[key].fields
    raw = (draft.base or {}).get(key)
    raw = raw if isinstance(raw, list | tuple) else ()
    before = {int(row["id"]): row for row in raw if isinstance(row, Mapping) and _is_id(row.get("id"))}
    theirs = {row["id"]: row for row in draft.old.get(key) or ()}
    conflicts: list[Problem] = []
    merged: list[Row] = []
    for number, row in enumerate(draft.values[key]):
        identity = row.get("id")
        merged.append(row)
        if identity is None or identity not in before:
            continue
        for name, one in fields.items():
            if name not in before[identity] or not one.type.writable or name not in row:
                continue
            if one.rows:
                inner = [row[name], theirs[identity].get(name), before[identity][name]]
                mine, other, base = (_entered(draft, one, rows) for rows in inner)
                if mine == base:
                    row[name] = fresh(draft.form.subforms[one.path], theirs[identity].get(name))
                elif other not in (base, mine):
                    conflicts.append(_stale(draft, f"{key}[{number}].{name}", one, *inner))
                continue
            base, other = _parsed(draft, one, before[identity][name]), theirs[identity].get(name)
            if _same(row[name], base):
                row[name] = other
            elif not _same(other, base) and not _same(row[name], other):
                conflicts.append(_stale(draft, f"{key}[{number}].{name}", one, row[name], other, base))
    kept = {row["id"] for row in merged if row.get("id") is not None}
    for identity, row in theirs.items():
        if identity in kept:
            continue
        if identity not in before:
            merged.append(row)  # they added it
        elif any(
            name in before[identity] and not _unchanged(draft, one, row.get(name), before[identity][name])
            for name, one in fields.items()
            if one.type.writable
        ):
            who, when = _last_change(draft, key)
            message = "Somebody changed a row that you removed"
            label = draft.form.fields[key].label(draft.locale)
            params = {"label": label, "row": identity, "by": who, "by_name": _name(draft, who), "at": when}
            conflicts.append(Problem("record.stale_row", key, message, params))
    draft.values[key] = merged
    return conflicts


def _unchanged(draft: Draft, one: Field, value: Any, raw: Any) -> bool:
    if one.rows:
        return _entered(draft, one, value) == _entered(draft, one, raw)
    return _same(value, _parsed(draft, one, raw))


def _entered(draft: Draft, one: Field, rows: Any) -> list[Row]:
    """Rows of rows as they are compared: their ids and what people enter; they are kept or taken as a whole."""
    found: list[Row] = []
    for row in rows if isinstance(rows, list | tuple) else ():
        if not isinstance(row, Mapping):
            continue
        values = {key: _parsed(draft, each, row.get(key)) for key, each in one.rows.items() if each.type.writable}
        found.append({"id": int(row["id"]) if _is_id(row.get("id")) else None, **values})
    return found


def _parsed(draft: Draft, one: Field, raw: Any) -> Any:
    try:
        return one.type.parse(raw, one, draft.context)
    except ProblemError:
        return _UNKNOWN


def _same(left: Any, right: Any) -> bool:
    return bool(left == right) or (not left and not right and left in (None, (), "") and right in (None, (), ""))


def _stale(draft: Draft, path: str, one: Field, mine: Any, theirs: Any, base: Any) -> Problem:
    who, when = _last_change(draft, path.split("[")[0])
    label = one.label(draft.locale)
    base = None if base is _UNKNOWN else base
    values = {"mine": mine, "theirs": theirs, "base": base}
    if one.mask is not None and draft.policy.clear(one.path) is not True:
        values = {name: one.mask.text(value) for name, value in values.items()}
        mine, theirs, base = values["mine"], values["theirs"], values["base"]
    if one.rows:  # what their fields may tell is asked field by field, so the sentence counts rows and tells no more
        mine = theirs = base = None
    texts = {name: text_of(draft.tx, draft.form, one, value) for name, value in values.items()}
    params = {
        "label": label,
        "mine": plain(mine),
        "theirs": plain(theirs),
        "base": plain(base),
        "texts": texts,
        "by": who,
        "by_name": _name(draft, who),
        "at": when,
    }
    message = f'{label} was changed meanwhile from "{texts["base"]}" to "{texts["theirs"]}"'
    return Problem("record.stale", path, message, params)


def _name(draft: Draft, who: int | None) -> str:
    """What the person is called who was first."""
    return "" if who is None else titles(draft.tx, draft.form.forms.get("_member"), [who])[who]


def _last_change(draft: Draft, key: str) -> tuple[int | None, str | None]:
    """Who changed a field last, and when."""
    query = (
        select(CHANGE.c.actor, CHANGE.c.at)
        .where(CHANGE.c.form == draft.form.table.name, CHANGE.c.record_id == draft.record_id)
        .where(CHANGE.c.old.has_key(key))
        .order_by(CHANGE.c.version.desc())
        .limit(1)
    )
    found = draft.tx.connection.execute(query).one_or_none()
    return (None, None) if found is None else (found.actor, found.at.isoformat())


def _is_id(value: Any) -> bool:
    text = str(value)
    return text.isdecimal() and len(text) < 20
