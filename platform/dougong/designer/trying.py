"""What an expression gives for a record that is there: read with the asker's rights, kept nowhere."""

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, select

from engines.form.derive.sql import with_rows
from engines.form.fields.base import Field
from engines.form.form import Form
from engines.form.names import ID
from engines.form.query import get_record, picked
from engines.form.query.ask import Ask, ask
from engines.form.scope import FormScope
from engines.form.transaction import Transaction
from engines.formula import Expression, Place, Type, compile_expression
from engines.kernel.problems import NotFound, Problem, ProblemError, Rejected

MOMENTS = {"change.needs_record", "formula.place", "formula.not_here"}


@dataclass(frozen=True, slots=True)
class Result:
    """A value as Python has it, its type, and the record (or the title of one) that it is about."""

    value: Any
    type: Type
    title: str = ""


def result_for(tx: Transaction, form: Form, text: str, record_id: int, subform: str = "") -> Result:
    """Evaluate an expression on a published form's record; in a sub-form on its first row.

    Raises `NotFound` for a record that is not there or may not be seen or has no row, `Rejected` for what cannot be
    computed here: fields that were not published yet, or what compares with the time before a change.
    """
    get_record(tx, form, record_id)
    expression = _compiled(form, text, subform)
    asked = ask(tx, form)
    scope, statement = _scope(asked, record_id, subform)
    found = asked.run(statement(expression.sql(scope, scope.facts))).first()
    if found is None:
        raise NotFound(Problem("designer.no_row", "record", "This record has no row yet"))
    value = found[0]
    title = ""
    if expression.type is Type.RECORD and value is not None:
        title = _title(tx, form, expression, value, subform)
    return Result(value, expression.type, title)


def _compiled(form: Form, text: str, subform: str) -> Expression:
    if subform and subform not in form.subforms:
        raise _unpublished()
    scope = form.subforms[subform].scope if subform else form.scope
    try:
        return compile_expression(text, scope, place=Place.LIVE)
    except ProblemError as error:
        if any(one.code == "formula.unknown_name" for one in error.problems):
            raise _unpublished() from error
        raise


def _unpublished() -> Rejected:
    return Rejected(Problem("designer.unpublished", "text", "Records have these fields after the next publish"))


def _scope(asked: Ask, record_id: int, subform: str) -> tuple[FormScope, Any]:
    mine = asked.table.c[ID] == record_id
    if not subform:
        return asked.scope, lambda value: select(value).select_from(asked.table).where(mine)
    rows = asked.form.subforms[subform].table
    scope = replace(asked.scope, table=rows, subform=subform, outer=asked.table)
    joined = with_rows(asked.form, subform, asked.table, rows)

    def statement(value: ColumnElement[Any]) -> Any:
        return select(value).select_from(joined).where(mine).order_by(rows.c[ID]).limit(1)

    return scope, statement


def _title(tx: Transaction, form: Form, expression: Expression, value: int, subform: str) -> str:
    """What a related record is called, where the expression is the relation itself."""
    fields: Any = form.subforms[subform].fields if subform else form.every
    field: Field | None = next((fields[path[0]] for path in expression.references if len(path) == 1), None)
    key = field.type.target_form(field) if field is not None else None
    target = form.forms.find(key) if key else None
    return picked(tx, target, [value])[0].title if target is not None else ""
