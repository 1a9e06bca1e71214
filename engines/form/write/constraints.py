"""What the database refused, in the words of the form: which field, which value."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from sqlalchemy import Table, select
from sqlalchemy.exc import IntegrityError

from engines.form.fields.base import Field
from engines.form.form import Form
from engines.form.names import DELETED, ID
from engines.form.nested import holders_of
from engines.form.protect.cipher import every_digest
from engines.form.protect.seal import sealing_of
from engines.form.titles import HIDDEN, text_of, titles
from engines.form.transaction import Transaction
from engines.form.unique import compared, index_columns, mark, taken_problem, unique_fields
from engines.form.write.draft import Draft
from engines.kernel.problems import Conflict, Problem, ProblemError, Rejected

UNIQUE = "23505"
FOREIGN = "23503"


class NotUnique(Rejected):
    """What the index refused. Its transaction can be asked nothing more: `named` tells of whom, in another one."""

    def __init__(self, draft: Draft, one: Field, problem: Problem) -> None:
        super().__init__(problem)
        self.form, self.field, self.record_id = draft.form, one, draft.record_id
        self.marks = mark(one, draft.values) if one.subform is None else None

    def named(self, tx: Transaction) -> Rejected:
        """The same with the name of the record that has the value, for those who may see it."""
        if self.marks is None:
            return self
        record = _holder(tx, self.form, self.field, self.marks, self.record_id)
        return Rejected(_named(tx, self.form, self.field, self.problems[0].params["value"], record))


def refused(draft: Draft, error: IntegrityError) -> ProblemError:
    """The problem behind a violated constraint. The transaction cannot go on; the caller rolls it back."""
    diagnosis: Any = getattr(error.orig, "diag", None)
    state = getattr(error.orig, "sqlstate", None)
    name = getattr(diagnosis, "constraint_name", None) or ""
    if state == UNIQUE:
        one = _unique_field(draft.form, name)
        if one is not None:
            value = draft.values.get(one.key) if one.subform is None else None
            text = _text(draft, one, value)
            return NotUnique(draft, one, taken_problem(one, one.path, draft.locale, text))
    if state == FOREIGN:
        one = _foreign_field(draft.form, name)
        if one is not None:
            message = "The chosen record does not exist any more"
            return Rejected(Problem("relation.not_found", one.path, message, {"label": one.label(draft.locale)}))
    message = "The database refused the change"
    return Conflict(Problem("record.refused", "", message, {"constraint": name}))


def not_unique(draft: Draft, one: Field, value: Any, record: int | None = None) -> Problem:
    """The problem of a value that another record has; names that record to those who may see it."""
    return _named(draft.tx, draft.form, one, _text(draft, one, value), record)


def _text(draft: Draft, one: Field, value: Any) -> str:
    return "" if value is None or one.type.target_form(one) else text_of(draft.tx, draft.form, one, value)


def _named(tx: Transaction, form: Form, one: Field, text: str, record: int | None) -> Problem:
    holder = titles(tx, form, [record])[record] if record is not None else HIDDEN
    told = () if holder == HIDDEN else (holder, record)
    return taken_problem(one, one.path, tx.actor.locale, text, *told)


def _holder(tx: Transaction, form: Form, one: Field, marks: tuple[Any, ...], record_id: int | None) -> int | None:
    """The record that has these values, seen or not."""
    table = form.table
    same = [table.c[name].in_(every_digest(value)) for name, value in zip(index_columns(one), marks, strict=True)]
    query = select(table.c[ID]).where(*same, table.c[DELETED].is_(None), table.c[ID] != (record_id or 0))
    return tx.connection.execute(query.limit(1)).scalar()


@lru_cache(maxsize=1024)
def undecided(form: Form) -> bool:
    """Whether the index alone cannot tell twins: encrypted values may lie under several keys (D18)."""
    parts = (part for one in unique_fields(form.fields) for part in compared(one) if part.encrypted)
    return any(sealing_of(part).replacing for part in parts)


def taken(draft: Draft) -> Iterator[Problem]:
    """Values of unique fields that other records have, as far as this write changes them.

    Asked only where something else is wrong already: on the way without problems the unique index itself decides,
    asking before would be slower and no safer.
    """
    for one in unique_fields(draft.form.fields):
        if any(draft.spoilt(other.key) for other in compared(one)):
            continue
        mine = mark(one, draft.values)
        if mine is None or mine == mark(one, draft.old):
            continue
        found = _holder(draft.tx, draft.form, one, mine, draft.record_id)
        if found is not None:
            yield not_unique(draft, one, draft.values[one.key], found)


def doubled_rows(draft: Draft) -> Iterator[Problem]:
    """Values of unique fields of rows that stand in two rows of the same record."""
    for sub in draft.form.every_subform():
        for one in unique_fields(sub.fields):
            for place, holder in holders_of(draft.values, sub):
                seen: set[Any] = set()
                for number, row in enumerate(holder.get(sub.key) or ()):
                    mine = mark(one, row)
                    if mine is None:
                        continue
                    if mine in seen:
                        label = one.label(draft.locale)
                        path = f"{place}{sub.key}[{number}].{one.key}"
                        yield Problem("subform.not_unique", path, f"{label} stands in two rows", {"label": label})
                    seen.add(mine)


def _unique_field(form: Form, name: str) -> Field | None:
    found = _by_index(form.table, form.fields, name)
    for sub in form.every_subform():
        found = found or _by_index(sub.table, sub.fields, name)
    return found


def _by_index(table: Table, fields: Mapping[str, Field], name: str) -> Field | None:
    for index in table.indexes:
        if index.name == name:
            last = index.columns.keys()[-1]
            return next((one for one in fields.values() if last == one.unique_key), None)
    return None


def _foreign_field(form: Form, name: str) -> Field | None:
    """Foreign keys are named by the database: table, column, `fkey`."""
    for one in (*form.fields.values(), *form.parts.values()):
        if one.type.target_form(one) and f"_{one.key}_fkey" in f"_{name}":
            return one
    for sub in form.every_subform():
        for one in sub.fields.values():
            if one.type.target_form(one) and f"_{one.key}_fkey" in f"_{name}":
                return one
    return None
