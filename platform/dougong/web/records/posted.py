"""What a form page posts, turned into the values that the write path takes: `lines[3].qty` into rows."""

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from werkzeug.datastructures import MultiDict

from engines.form.fields.base import Field
from engines.form.form import Form
from engines.kernel.problems import Problem, Rejected

_ROW: Final = re.compile(r"([a-z][a-z0-9_]*)\[(\d{1,6})\]\.([a-z_][a-z0-9_]*)")
_PART: Final = re.compile(
    r"([a-z][a-z0-9_]*)\[(\d{1,6})\]\.([a-z_][a-z0-9_]*)(?:\[\]|\[(\d{1,6})\]\.([a-z_][a-z0-9_]*))"
)
_PLAIN_NUMBER: Final = re.compile(r"[+-]?[\d.,]*\d[\d.,]*")


def read_posted(form: Form, posted: "MultiDict[str, str]", *, blank_rows: bool = False) -> dict[str, Any]:
    """The fields that the page sent. A sub-form is sent by its mark `lines[]`, so that it may be empty.

    A long one sends only rows that were changed, with `lines[~]`: see `_part`.

    Rows come in the order of the page. New ones in which nothing was filled in are left out, unless `blank_rows` asks
    for them: then places keep their numbers.
    """
    values: dict[str, Any] = {}
    rows: dict[str, dict[int, dict[str, Any]]] = {key: {} for key in form.subforms if f"{key}[]" in posted}
    for name in posted:
        match = _ROW.fullmatch(name)
        if match and match[1] in rows:
            inner, number, key = match[1], int(match[2]), match[3]
            row = rows[inner].setdefault(number, {})
            if key == "id":
                row["id"] = posted[name]
            elif key in form.subforms[inner].fields and key not in form.subforms[inner].subforms:
                row[key] = _value(form.subforms[inner].fields[key], posted.getlist(name))
        elif name in form.fields and name not in form.subforms:
            values[name] = _value(form.fields[name], posted.getlist(name))
        elif name == "_owner":
            values[name] = posted[name] or None
    _parts(form, posted, rows, blank_rows=blank_rows)
    for key, numbered in rows.items():
        part = read_object(posted.get(f"{key}[~]"))
        if part is not None:
            values[key] = _part(form.subforms[key].fields, numbered, part, blank_rows=blank_rows)
        else:
            values[key] = [row for row in numbered.values() if blank_rows or not _is_blank(row)]
    return values


def _parts(
    form: Form,
    posted: "MultiDict[str, str]",
    rows: Mapping[str, dict[int, dict[str, Any]]],
    *,
    blank_rows: bool,
) -> None:
    """Rows of rows (`lines[3].parts[0].qty`) into the rows that they stand in; their mark is `lines[3].parts[]`."""
    found: dict[tuple[str, int, str], dict[int, dict[str, Any]]] = {}
    for name in posted:
        match = _PART.fullmatch(name)
        if match is None or match[1] not in rows or match[3] not in form.subforms[match[1]].subforms:
            continue
        parts = found.setdefault((match[1], int(match[2]), match[3]), {})
        if match[4] is None:
            continue
        part, fields = parts.setdefault(int(match[4]), {}), form.subforms[match[1]].fields[match[3]].rows
        if match[5] == "_id":
            part["id"] = posted[name]
        elif match[5] in fields:
            part[match[5]] = _value(fields[match[5]], posted.getlist(name))
    for (key, number, inner), parts in found.items():
        row = rows[key].setdefault(number, {})
        row[inner] = [part for part in parts.values() if blank_rows or not _is_blank(part)]


def _part(
    fields: Mapping[str, Field], numbered: dict[int, dict[str, Any]], part: Mapping[str, Any], *, blank_rows: bool
) -> dict[str, Any]:
    """Changed rows of a long sub-form as the write path takes them.

    `rows` of the part holds changed rows that had no inputs, by their number on the page; `gone` the ids of removed
    ones; `order` ids and `#7` for the new row with number 7.
    """
    given = part.get("rows")
    for number, row in given.items() if isinstance(given, Mapping) else ():
        if isinstance(row, Mapping) and str(number).isdecimal():
            known = {key: value for key, value in row.items() if key == "id" or key in fields}
            numbered[int(number)] = known | numbered.get(int(number), {})
    rows = [(number, row) for number, row in numbered.items() if blank_rows or not _is_blank(row)]
    fresh = [number for number, row in rows if "id" not in row]
    names = {f"#{number}": -place for place, number in enumerate(fresh, 1)}
    order = part.get("order")
    gone = part.get("gone")
    return {
        "partial": True,
        "rows": [row for _, row in rows],
        "gone": gone if isinstance(gone, list) else [],
        "order": [names.get(str(one), one) for one in order] if isinstance(order, list) else [],
    }


def read_object(text: str | None) -> dict[str, Any] | None:
    """What a page sends along as JSON: the values that it was opened with, a long sub-form, the choices of a dialog.

    Nothing where it sent nothing. Raises `Rejected` for what is no object.
    """
    if not text:
        return None
    try:
        found = json.loads(text)
    except (json.JSONDecodeError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise Rejected(Problem("record.no_base", "", "The page sent something unreadable; open the form again"))
    return found


def _value(field: Field, texts: list[str]) -> Any:
    kind = field.type.key
    if kind == "attachment":
        return _files(texts[-1])
    if kind in ("choices", "members", "departments") or (kind == "relation" and field.storage == "links"):
        return [text for text in texts if text]
    text = texts[-1]
    if field.options.get("percent") and _PLAIN_NUMBER.fullmatch(text.strip()):
        return f"{text.strip()}%"
    return field.type.posted(texts, field)


def _files(text: str) -> Any:
    try:
        files = json.loads(text) if text else []
    except (json.JSONDecodeError, RecursionError):
        return text
    return files


def _is_blank(row: Mapping[str, Any]) -> bool:
    """A new row in which nothing was filled in is no row."""
    return "id" not in row and not any(value not in (None, "", [], "false") for value in row.values())
