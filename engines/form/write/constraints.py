"""What the database refused, in the words of the form: which field, which value."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Table, select
from sqlalchemy.exc import IntegrityError

from engines.form.fields.base import Field
from engines.form.form import Form
from engines.form.names import DELETED, ID
from engines.form.titles import text_of
from engines.form.write.draft import Draft
from engines.kernel.problems import Conflict, Problem, ProblemError, Rejected

UNIQUE = "23505"
FOREIGN = "23503"


def refused(draft: Draft, error: IntegrityError) -> ProblemError:
    """The problem behind a violated constraint. The transaction cannot go on; the caller rolls it back."""
    diagnosis: Any = getattr(error.orig, "diag", None)
    state = getattr(error.orig, "sqlstate", None)
    name = getattr(diagnosis, "constraint_name", None) or ""
    if state == UNIQUE:
        one = _unique_field(draft.form, name)
        if one is not None:
            return Rejected(not_unique(draft, one, draft.values.get(one.key) if one.subform is None else None))
    if state == FOREIGN:
        one = _foreign_field(draft.form, name)
        if one is not None:
            message = "The chosen record does not exist any more"
            return Rejected(Problem("relation.not_found", one.path, message, {"label": one.label(draft.locale)}))
    message = "The database refused the change"
    return Conflict(Problem("record.refused", "", message, {"constraint": name}))


def not_unique(draft: Draft, one: Field, value: Any) -> Problem:
    """The problem of a value that another record has."""
    label = one.label(draft.locale)
    text = "" if value is None else text_of(draft.tx, draft.form, one, value) if not one.type.target_form(one) else ""
    message = f'{label} "{text}" is taken by another record' if text else f"{label} is taken by another record"
    return Problem("record.not_unique", one.path, message, {"label": label, "value": text})


def taken(draft: Draft) -> Iterator[Problem]:
    """Values of unique fields that other records have; asked only where something else is wrong already.

    On the way without problems the unique index itself decides: asking before would be slower and no safer.
    """
    for one in draft.form.fields.values():
        value = draft.values.get(one.key)
        if one.unique and value is not None and not draft.spoilt(one.key) and value != draft.old.get(one.key):
            table = draft.form.table
            key = one.fold_key if one.type.folds else one.key
            query = select(table.c[ID]).where(table.c[key] == one.type.to_columns(value, one)[key])
            query = query.where(table.c[DELETED].is_(None), table.c[ID] != (draft.record_id or 0)).limit(1)
            if draft.tx.connection.execute(query).first() is not None:
                yield not_unique(draft, one, value)


def doubled_rows(draft: Draft) -> Iterator[Problem]:
    """Values of unique fields of rows that stand in two rows of the same record."""
    for key, sub in draft.form.subforms.items():
        for one in sub.fields.values():
            if not one.unique:
                continue
            column = one.fold_key if one.type.folds else one.key
            seen: set[Any] = set()
            for number, row in enumerate(draft.values.get(key) or ()):
                value = row.get(one.key)
                if value is None:
                    continue
                folded = one.type.to_columns(value, one)[column]
                if folded in seen:
                    label = one.label(draft.locale)
                    message = f"{label} stands in two rows"
                    yield Problem("subform.not_unique", f"{key}[{number}].{one.key}", message, {"label": label})
                seen.add(folded)


def _unique_field(form: Form, name: str) -> Field | None:
    found = _by_index(form.table, form.fields, name)
    for sub in form.subforms.values():
        found = found or _by_index(sub.table, sub.fields, name)
    return found


def _by_index(table: Table, fields: Mapping[str, Field], name: str) -> Field | None:
    for index in table.indexes:
        if index.name == name:
            columns = {column.name for column in index.columns}
            return next((one for one in fields.values() if columns & {one.key, one.fold_key}), None)
    return None


def _foreign_field(form: Form, name: str) -> Field | None:
    """Foreign keys are named by the database: table, column, `fkey`."""
    for one in (*form.fields.values(), *form.parts.values()):
        if one.type.target_form(one) and f"_{one.key}_fkey" in f"_{name}":
            return one
    for sub in form.subforms.values():
        for one in sub.fields.values():
            if one.type.target_form(one) and f"_{one.key}_fkey" in f"_{name}":
                return one
    return None
