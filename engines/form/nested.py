"""Rows of sub-forms and rows of these rows, found alike.

`lines` and `lines.parts` are paths, `lines[2].parts[0]` is a place.

A record's rows stand in its values as lists of mappings under the key of the sub-form, rows of rows in the same way in
their row. There is one such level.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from engines.form.fields.base import Field
from engines.form.form import Form, SubForm
from engines.kernel.problems import Problem

Row = dict[str, Any]

MOST_NESTED: Final = 5000
"""So many rows of rows one sub-form of a record may hold, over all its rows."""


def rows_of(values: Mapping[str, Any], path: str) -> Iterator[tuple[str, Row]]:
    """The rows at `lines` or `lines.parts` with their places `lines[2]`, `lines[2].parts[0]`, in their order."""
    outer, dot, key = path.rpartition(".")
    if not dot:
        for number, row in enumerate(values.get(key) or ()):
            yield f"{key}[{number}]", row
        return
    for place, row in rows_of(values, outer):
        for number, inner in enumerate(row.get(key) or ()):
            yield f"{place}.{key}[{number}]", inner


def holders_of(values: Row, sub: SubForm) -> Iterator[tuple[str, Row]]:
    """What holds rows of a sub-form: the record at "", or each row of the outer sub-form at its place and a dot."""
    if sub.outer is None:
        yield "", values
    else:
        for place, row in rows_of(values, sub.outer.path):
            yield f"{place}.", row


def row_fields(sub: SubForm) -> Iterator[Field]:
    """The fields of the rows of a sub-form and of their rows."""
    for one in sub.fields.values():
        yield one
        yield from one.rows.values()


def row_at(values: Mapping[str, Any], place: str) -> Any:
    """The row at `lines[2]` or `lines[2].parts[0]`; the record itself for an empty place."""
    found: Any = values
    for step in place.split(".") if place else ():
        key, _, number = step.partition("[")
        found = found[key][int(number.removesuffix("]"))]
    return found


def stored_rows(values: Mapping[str, Any], path: str) -> dict[int, Row]:
    """Rows by id; ids are unique in a table, so rows of rows need no more to be found."""
    return {row["id"]: row for _, row in rows_of(values, path) if row.get("id") is not None}


def fresh(sub: SubForm, rows: Any) -> list[Row]:
    """Rows that may be changed while those that were given stay as they are; rows of rows too."""
    return [
        {**row, **{key: fresh(inner, row.get(key)) for key, inner in sub.subforms.items() if key in row}}
        for row in rows or ()
    ]


def fresh_rows(form: Form, values: Mapping[str, Any]) -> dict[str, list[Row]]:
    """The rows of every sub-form of a record, each to be changed freely."""
    return {key: fresh(sub, values.get(key)) for key, sub in form.subforms.items()}


def sent_row(sub: SubForm, row: Mapping[str, Any], *, new: bool) -> Row:
    """A parsed row on its way into a draft: what it was sent with is marked; in a `new` record no row has an id."""
    inner = {key: [sent_row(one, each, new=new) for each in row.get(key) or ()] for key, one in sub.subforms.items()}
    return {"id": None, **row, **inner, "_given": set(row), **({"id": None} if new else {})}


def bare(row: Row) -> Row:
    """A row as it is compared: without the marks of the way here."""
    return {
        key: [bare(one) for one in value] if _are_rows(value) else value
        for key, value in row.items()
        if key != "_given"
    }


def _are_rows(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)


def own_values(sub: SubForm, row: Mapping[str, Any]) -> Row:
    """A row without its rows."""
    return {key: value for key, value in row.items() if key not in sub.subforms}


def mapped(sub: SubForm, row: Mapping[str, Any], change: Callable[[Field, Any], Any]) -> Row:
    """A row with another value of each of its fields, rows of rows included; other keys stay as they are."""
    made: Row = {}
    for key, value in row.items():
        if key in sub.subforms:
            made[key] = [mapped(sub.subforms[key], one, change) for one in value or ()]
        else:
            made[key] = change(sub.fields[key], value) if key in sub.fields else value
    return made


def check_nested(form: Form) -> Iterator[tuple[Field, Problem]]:
    """What fields of rows of rows cannot do, field by field."""
    for sub in form.every_subform():
        for one in sub.fields.values() if sub.outer is not None else ():
            params = {"label": one.label(), "type": one.type.key}
            if one.storage == "links":
                message = f"{one.label} holds several records, which rows of rows cannot: let it hold one"
                yield one, Problem("nested.many", "type", message, params)
            for word, given in (("follow", one.follow), ("linkage", one.linkage), ("copy", one.options.get("copy"))):
                if given:
                    at = "options.copy" if word == "copy" else word
                    message = f"{one.label} stands in rows of rows: these are filled by people, defaults and formulas"
                    yield one, Problem("nested.not_here", at, message, {**params, "what": word})
