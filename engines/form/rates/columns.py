"""Currencies of amounts in statements. Whoever may see an amount sees what it is in: the system's rights read it."""

from typing import Any

from sqlalchemy import ColumnElement, FromClause, func, literal

from engines.form.fields.base import Field
from engines.form.form import Form
from engines.form.rates.compile import Currency
from engines.form.scope import FormScope
from engines.formula import Facts


def code_column(one: Field, form: Form, table: FromClause, facts: Facts) -> ColumnElement[Any]:
    """The currency of an amount; `table` is the row that names it: the field's own or the record around it."""
    currency: Currency = one.currency
    rows = None if currency.outer else one.subform
    code = currency.code.sql(FormScope(form, table, facts, subform=rows), facts)
    return func.coalesce(code, literal(currency.fixed))
