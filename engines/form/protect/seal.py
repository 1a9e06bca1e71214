"""Encrypted fields: what lies in their columns, how a value is found again, and how logs and events carry it.

The value is sealed in its own column (a new text each time, so equal values cannot be told), a keyed digest of the
folded value stands beside it. Readers get the opened value, behind its mask where they may not read it in full;
everything else that a statement could do with the column is refused (`engines.form.scope`).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Column, ColumnElement, Text, literal, type_coerce
from sqlalchemy.types import TypeEngine

from engines.form.fields.operators import compare
from engines.form.protect.cipher import COVERED, SEALED, Sealing, is_sealed
from engines.form.protect.masks import HIDDEN
from engines.kernel.problems import Problem, Rejected

if TYPE_CHECKING:
    from engines.form.fields.base import Field
    from engines.form.form import Form

EXACT: Final = ("eq", "ne", "in", "nin", "empty", "filled")
"""The operators that an encrypted field knows."""


def sealing_of(field: "Field") -> Sealing:
    """What seals the values of a field."""
    return field.sealing or Sealing(field.path, field.label())


# -- columns ----------------------------------------------------------------------------------------------------------


def sealed_columns(field: "Field", kind: TypeEngine[Any]) -> list[Column[Any]]:
    """The columns of an encrypted field: the sealed value and its digest."""
    return [Column(field.key, kind), Column(field.digest_key, Text(collation="C"))]


def written_columns(value: Any, field: "Field") -> dict[str, Any]:
    """What is written for a value. Raises `Rejected` where there are no keys: nothing is ever written in the clear."""
    if value is None:
        return {field.key: None, field.digest_key: None}
    sealing = sealing_of(field)
    return {field.key: sealing.seal(value), field.digest_key: sealing.digest(value)}


def opened(stored: Any, field: "Field") -> Any:
    """The value for what a statement gave; masked where the statement says so."""
    if not isinstance(stored, str) or not stored.startswith((SEALED, COVERED)):
        return stored
    if stored.startswith(COVERED):
        value = sealing_of(field).open(stored[1:])
        return value if field.mask is None else field.mask.text(value)
    return sealing_of(field).open(stored)


def covered(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """A sealed column for those who see it behind its mask: `opened` opens and masks what it gives."""
    return type_coerce(literal(COVERED, Text()).op("||")(column), Text()).collate("C")


# -- conditions -------------------------------------------------------------------------------------------------------


def sealed_operand(whole: Callable[[], Any], plainly: Callable[[], Any]) -> Any:
    """What is looked for: in the one spelling that the field keeps, or as it was given where it is no such value."""
    try:
        return whole()
    except Rejected:
        return plainly()


def exact_sql(field: "Field", digest: ColumnElement[Any], op: str, value: Any) -> ColumnElement[bool]:
    """The condition of an operator on the column of digests, under any of the keys."""
    if op not in EXACT:
        raise refused(field, "filter")
    if op in ("eq", "ne"):
        op, value = ("in" if op == "eq" else "nin"), (value,)
    if op in ("in", "nin"):
        sealing = sealing_of(field)
        value = tuple(one for each in value for one in ((None,) if each is None else sealing.digests(each)))
    return compare(digest, op, value)


def refused(field: "Field", use: str) -> Rejected:
    """`exact_only`, to be raised."""
    return Rejected(exact_only(field, use))


def exact_only(field: "Field", path: str) -> Problem:
    """The problem of asking more of an encrypted field than whether it is a value."""
    message = f"{field.label} is encrypted: it may be compared with whole values only, not sorted, grouped or computed"
    return Problem("encrypted.exact_only", path, message, {"label": field.label.value, "field": field.path})


# -- logs, events, staging --------------------------------------------------------------------------------------------


@lru_cache(maxsize=1024)
def encrypted_fields(form: "Form") -> "Mapping[str, Field]":
    """The encrypted fields of a form by path, those of sub-form rows included; empty for most forms."""
    return {one.path: one for one in _within(form.fields) if one.encrypted}


def _within(fields: "Mapping[str, Field]") -> "Iterator[Field]":
    for one in fields.values():
        yield one
        yield from _within(one.rows)


def sealed_values(form: "Form", values: Mapping[str, Any]) -> dict[str, Any]:
    """Values of a record as a log, an event or a staged row may keep them: those of encrypted fields are sealed."""
    return _each(form, values, _seal)


def opened_values(form: "Form", values: Mapping[str, Any]) -> dict[str, Any]:
    """Values that a log kept, opened. Also those of fields that are not encrypted any more."""
    return _each(form, values, opened, every=True)


def sealed_cells(form: "Form", columns: Sequence[str], cells: Iterable[Any]) -> list[Any]:
    """Cells of a row as they were sent, to be kept: whatever was sent for an encrypted field is sealed."""
    every = list(cells)
    known = zip(columns, every, strict=False)
    return [sealed_values(form, {key: _texts(form, key, cell)})[key] for key, cell in known] + every[len(columns) :]


def opened_cells(form: "Form", columns: Sequence[str], cells: Iterable[Any]) -> list[Any]:
    """Cells that were kept, as they were sent."""
    every = list(cells)
    known = zip(columns, every, strict=False)
    return [opened_values(form, {key: cell})[key] for key, cell in known] + every[len(columns) :]


def _texts(form: "Form", key: str, cell: Any) -> Any:
    """Workbooks give numbers where people wrote codes: what is to be sealed is a text."""
    one = form.fields.get(key)
    sealed = one is not None and one.encrypted and cell is not None and not isinstance(cell, str | list | dict)
    return str(cell) if sealed else cell


def settled_values(form: "Form", values: Mapping[str, Any]) -> dict[str, Any]:
    """Values that a log kept, as the form asks for: sealed by the first key, or not sealed any more."""
    return _each(form, values, _settle, every=True)


def _settle(value: Any, one: "Field") -> Any:
    if not isinstance(value, str) or (one.encrypted and sealing_of(one).is_current(value)):
        return value
    return _seal(opened(value, one), one) if one.encrypted else opened(value, one)


def _seal(value: Any, one: "Field") -> Any:
    return sealing_of(one).seal(value) if isinstance(value, str) and not is_sealed(value) else value


def _each(
    form: "Form", values: Mapping[str, Any], turn: "Callable[[Any, Field], Any]", *, every: bool = False
) -> dict[str, Any]:
    if not every and not encrypted_fields(form):
        return dict(values)
    return _row(form.fields, values, turn, every=every)


def _rows(fields: "Mapping[str, Field]", value: Any, turn: "Callable[[Any, Field], Any]", *, every: bool) -> Any:
    """Rows of a sub-form: a list of them, what the log keeps (`ids`, and `rows` by id), or some of them as sent."""
    if isinstance(value, Mapping):
        held = value.get("rows")
        if not isinstance(held, Mapping):
            return {**value, "rows": _rows(fields, held, turn, every=every)}
        kept = {key: _row(fields, row, turn, every=every) for key, row in held.items() if isinstance(row, Mapping)}
        return {**value, "rows": {**held, **kept}}
    if not isinstance(value, list | tuple):
        return value
    return [_row(fields, row, turn, every=every) if isinstance(row, Mapping) else row for row in value]


def _row(
    fields: "Mapping[str, Field]", row: Mapping[str, Any], turn: "Callable[[Any, Field], Any]", *, every: bool
) -> dict[str, Any]:
    found = dict(row)
    for key, value in row.items():
        one = fields.get(key)
        if one is None or value is None:
            continue
        if one.rows:
            found[key] = _rows(one.rows, value, turn, every=every)
        elif one.encrypted or (every and one.type.may_be_encrypted):
            found[key] = turn(value, one)
    return found


def hushed(form: "Form", problem: Problem) -> Problem:
    """A problem without the value that it names, where it lies with an encrypted field: problems are kept too."""
    if not encrypted_fields(form):
        return problem
    path = ".".join(part.partition("[")[0] for part in problem.path.split("."))
    value = problem.params.get("value")
    if path not in encrypted_fields(form) or not value:
        return problem
    message = problem.message.replace(str(value), HIDDEN)
    return Problem(problem.code, problem.path, message, {**problem.params, "value": HIDDEN})
