"""Stage `parse`: from what was sent to values, with every problem of every field and row."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from engines.form.fields.base import Field
from engines.form.fields.links import LARGEST
from engines.form.fields.subform import MOST_ROWS
from engines.form.names import DEPARTMENT, OWNER
from engines.form.nested import MOST_NESTED, fresh
from engines.form.rules.behaviour import behaviour_of
from engines.form.rules.normalise import normalised
from engines.form.write.copying import again
from engines.form.write.draft import Draft, Row
from engines.kernel.problems import Problem, Rejected, suggest

SETTABLE: Final = (OWNER, DEPARTMENT)
_FAILED: Final = object()


def parse(draft: Draft) -> None:
    """Read every value that was sent into `values`; the fields set stand in `touched`."""
    for key, raw in draft.given.items():
        field = draft.form.fields.get(key)
        if field is None:
            _system(draft, key, raw)
        elif _unread(draft, field, raw, draft.old) or not _allowed(draft, field, key, raw, draft.old):
            continue
        elif key in draft.form.subforms:
            rows = _rows(draft, field, raw, key, draft.old.get(key) or ())
            if rows is not None:
                draft.values[key] = rows
                draft.touched.add(key)
                _hold_nested(draft, key)
        else:
            value = _value(draft, field, raw, key)
            if value is not _FAILED:
                draft.values[key] = value
                draft.touched.add(key)


def _system(draft: Draft, key: str, raw: Any) -> None:
    """The owner and the department of a record may be given; anything else is unknown."""
    if key not in SETTABLE or key not in draft.form.table.c:
        known = [*draft.form.fields, *SETTABLE]
        message = f'There is no field "{key}"{suggest(key, known)}'
        draft.problem("record.unknown_field", key, message, None, key=key, known=sorted(draft.form.fields))
        return
    if raw is not None and draft.policy.edits(key, draft.operation) is False:
        draft.denials.append(_denied(key, key))
        return
    identity = raw.get("id") if isinstance(raw, Mapping) else raw
    identity = _number(identity)
    if identity is not None and (not isinstance(identity, int) or isinstance(identity, bool) or identity > LARGEST):
        draft.problem("relation.not_a_record", key, "Must be the id of a record", None, value=str(raw)[:50])
        return
    draft.system[key] = identity
    draft.touched.add(key)


def _unread(draft: Draft, field: Field, raw: Any, current: Mapping[str, Any] | None) -> bool:
    """Whether what was sent is only the mask of the stored value, sent back by somebody who does not read it.

    Also the mask of the value that was there when the form was opened, if somebody else has changed it since.
    """
    if field.mask is None or not current or not isinstance(raw, str) or draft.policy.clear(field.path) is True:
        return False
    opened = (draft.base or {}).get(field.key) if field.subform is None else None
    shown = (field.mask.text(current.get(field.key)), opened, field.mask.text(opened))
    return bool(raw) and raw in shown


def _allowed(draft: Draft, field: Field, path: str, raw: Any, current: Mapping[str, Any] | None) -> bool:
    """Whether this writer may set a field; notes why not. Sending back what was read is no attempt to set it."""
    numbered = field.type.key == "serial" and draft.trusted and field.options.get("imported", True)
    computed = not field.type.writable and not numbered
    fixed = field.readonly and not draft.trusted and field.path not in behaviour_of(draft.form).editable
    if (computed or fixed) and current and _same(draft, field, raw, current):
        return False
    if computed:
        message = f"{field.label} is computed and cannot be set"
        draft.problem("record.computed_field", path, message, field)
        return False
    if fixed:
        draft.problem("record.readonly_field", path, f"{field.label} is read-only", field)
        return False
    if draft.operation == "create":
        answer = draft.policy.edits(field.path, "create")
        if answer is not False and answer is not True:
            draft.later.append(field.path)
        may = answer is not False
    else:
        may = draft.rights.get(field.path, True)
    if not may and current and _same(draft, field, raw, current):
        return False
    if not may:
        draft.denials.append(_denied(path, field.label(draft.locale)))
    return may


def _same(draft: Draft, field: Field, raw: Any, current: Mapping[str, Any]) -> bool:
    """Whether the value sent is the stored one; never told about values that the actor may not see.

    What is computed whenever it is read has no stored one: sending it back sets nothing.
    """
    if field.live:
        return True
    if draft.policy.sees(field.path) is not True or (field.mask and draft.policy.clear(field.path) is not True):
        return False
    try:
        return bool(field.type.from_json(raw, field, draft.context) == current.get(field.key))
    except Rejected:
        return False


def _denied(path: str, label: str) -> Problem:
    return Problem("record.field_denied", path, f"You may not change {label}", {"label": label})


def _value(draft: Draft, field: Field, raw: Any, path: str) -> Any:
    try:
        value = field.type.parse(normalised(raw, field.normalise), field, draft.context)
    except Rejected as error:
        for problem in error.problems:
            draft.note(problem, path, field)
        return _FAILED
    if value is not None:
        found = list(field.type.check(value, field, draft.context))
        for problem in found:
            draft.note(problem, path, field)
        if found:
            return _FAILED
    return value


def _hold_nested(draft: Draft, key: str) -> None:
    """Hold the rows of rows of a record to their largest number."""
    for name in draft.form.subforms[key].subforms:
        count = sum(len(row.get(name) or ()) for row in draft.values[key])
        if count > MOST_NESTED:
            _too_many(draft, draft.form.subforms[key].fields[name], count, f"{key}.{name}")


def _rows(
    draft: Draft, field: Field, raw: Any, path: str, before: Sequence[Row], opened: Any = None
) -> list[Row] | None:
    """The rows of a sub-form as they will be: those sent, in their order; with `partial` the others stay.

    `path` is their place (`lines`, `lines[2].parts`), `before` are the stored ones, `opened` those that stood there
    when the page was opened.
    """
    part: Mapping[str, Any] = {}
    if isinstance(raw, Mapping):
        part = raw if raw.get("partial") else {}
        raw = raw.get("rows")
    if raw is None or raw == "":
        raw = []
    if not isinstance(raw, Sequence) or isinstance(raw, str | bytes):
        draft.problem("subform.not_rows", path, "Must be a list of rows", field)
        return None
    if len(raw) > MOST_ROWS:
        _too_many(draft, field, len(raw), path)
        return None
    kept = fresh(draft.form.subforms[field.path], before)
    stored = {row["id"]: row for row in kept}
    places: Sequence[int] = _places(stored, raw, part) if part else range(len(raw))
    if _sent_twice(draft, field, raw, path, places):
        return None
    if opened is None:
        opened = (draft.base or {}).get(field.key) if field.subform is None else ()
    sent = [
        _row(draft, field, one, f"{path}[{place}]", stored, opened if isinstance(opened, list | tuple) else ())
        for place, one in zip(places, raw, strict=True)
    ]
    if not part:
        return [row for row in sent if row is not None]
    rows = laid_over(stored, sent, part)
    if len(rows) > MOST_ROWS:
        _too_many(draft, field, len(rows), path)
    return rows


def _sent_twice(draft: Draft, field: Field, raw: Sequence[Any], path: str, places: Sequence[int]) -> bool:
    """Whether a stored row was sent as two: no one could say which of them is meant."""
    seen: set[Any] = set()
    for place, row in zip(places, raw, strict=True):
        identity = _number(row.get("id")) if isinstance(row, Mapping) else None
        if isinstance(identity, int) and identity in seen:
            message = "This row was sent twice"
            draft.problem("subform.row_twice", f"{path}[{place}]", message, field, id=str(identity))
            return True
        seen.add(identity if isinstance(identity, int) else None)
    return False


def _too_many(draft: Draft, field: Field, count: int, path: str) -> None:
    message = f"At most {MOST_ROWS} rows, has {count}"
    draft.problem("subform.too_many_rows", path, message, field, max=MOST_ROWS, count=count)


def laid_over(stored: Mapping[Any, Row], sent: Sequence[Row | None], part: Mapping[str, Any]) -> list[Row]:
    """Stored rows with those that were sent laid over them: `gone` lists the ids of rows that were removed.

    `order` lists ids, and -1, -2 ... for the first, second ... new row among those sent; what it does not name comes
    last, stored rows before new ones.
    """
    fresh = [row for row in sent if row is not None and row.get("id") is None]
    changed = {row["id"]: row for row in sent if row is not None and row.get("id") is not None}
    gone = {_number(one) for one in _listed(part.get("gone"))}
    kept = {key: changed.get(key, dict(row)) for key, row in stored.items() if key not in gone}
    named = {**kept, **{-number: row for number, row in enumerate(fresh, 1)}}
    order = [key for one in _listed(part.get("order")) if (key := _number(one)) in named]
    return [named[key] for key in dict.fromkeys([*order, *named])]


def _places(stored: Mapping[Any, Row], raw: Sequence[Any], part: Mapping[str, Any]) -> list[int]:
    """Where each row that was sent will stand, so that problems name it as later stages do."""
    ids = [_number(one.get("id")) if isinstance(one, Mapping) else None for one in raw]
    sent = [{"id": one if isinstance(one, int | str) else None} for one in ids]
    laid = laid_over(stored, sent, part)
    at = {id(row): place for place, row in enumerate(laid)}
    return [at.get(id(row), len(laid) + number) for number, row in enumerate(sent)]


def _listed(raw: Any) -> Sequence[Any]:
    found = raw[: 2 * MOST_ROWS] if isinstance(raw, list | tuple) else ()
    return [one for one in found if isinstance(one, int | str)]


def _number(raw: Any) -> Any:
    """An id as stored rows have it; digits are read as a number."""
    return int(raw) if isinstance(raw, str) and raw.isascii() and raw.isdigit() and len(raw) < 20 else raw


def _opened(opened: Sequence[Any], identity: Any) -> Mapping[str, Any] | None:
    """The row with this id as it was when the form was opened."""
    return next((row for row in opened if isinstance(row, Mapping) and str(row.get("id")) == str(identity)), None)


def _removed_meanwhile(
    draft: Draft, field: Field, raw: Mapping[str, Any], identity: Any, path: str, opened: Sequence[Any]
) -> bool:
    """Whether somebody removed a row that was there when the form was opened; a conflict where it was changed here."""
    before = _opened(opened, identity)
    if before is None:
        return False
    if any(key in before and value != before[key] for key, value in raw.items() if key != "id"):
        message = "Somebody removed a row that you changed"
        params = {"label": field.label(draft.locale), "row": identity}
        draft.conflicts.append(Problem("record.stale_row", path, message, params))
    return True


def _row(
    draft: Draft, field: Field, raw: Any, path: str, stored: Mapping[int, Row], opened: Sequence[Any]
) -> Row | None:
    if not isinstance(raw, Mapping):
        draft.problem("subform.not_a_row", path, "Must be a row with fields", field)
        return None
    identity = raw.get("id")
    identity = _number(identity)
    if identity and (not isinstance(identity, int) or isinstance(identity, bool)):
        draft.problem("subform.not_a_row", path, "Must be a row with fields", field)
        return None
    if identity and identity not in stored and _removed_meanwhile(draft, field, raw, identity, path, opened):
        return None
    if identity and identity not in stored:
        draft.problem("subform.unknown_row", path, "This row does not belong to the record", field, id=str(identity))
        return None
    fields = draft.form.subforms[field.path].fields
    empty: Row = {"id": None, **{key: [] for key in draft.form.subforms[field.path].subforms}}
    row: Row = dict(stored[identity]) if identity else empty
    given: set[str] = set()
    for key, value in raw.items():
        if key == "id":
            continue
        one = fields.get(key)
        if one is None:
            message = f'There is no field "{key}"{suggest(key, fields)}'
            draft.problem("record.unknown_field", f"{path}.{key}", message, field, key=key, known=sorted(fields))
        elif _unread(draft, one, value, stored.get(identity) if identity else None):
            continue
        elif one.type.storage == "children":
            if _allowed(draft, one, f"{path}.{key}", value, stored.get(identity) if identity else None):
                known = (_opened(opened, identity) or {}).get(key, ()) if identity else ()
                rows = _rows(draft, one, value, f"{path}.{key}", row.get(key) or (), known)
                if rows is not None:
                    row[key] = rows
                    given.add(key)
        elif _allowed(draft, one, f"{path}.{key}", value, stored.get(identity) if identity else None):
            parsed = _value(draft, one, value, f"{path}.{key}")
            if parsed is not _FAILED:
                row[key] = parsed
                given.add(key)
                given.update(again(key, value))
    row["_given"] = given
    return row
