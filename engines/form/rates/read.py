"""The rates that an app keeps in a form of its own."""

from collections import defaultdict
from datetime import date
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import ColumnElement, FromClause, select

from engines.form.filters import follow
from engines.form.form import Form, Forms
from engines.form.names import DELETED
from engines.form.rates.compile import currencies_document
from engines.form.transaction import Transaction

MOST: Final = 50_000
"""Rates that are read at most; of more, the latest."""

Rates = dict[str, tuple[tuple[date, Decimal], ...]]


def rates_of(tx: Transaction, forms: Forms | None) -> Rates:
    """For each currency the days from which a rate holds and what one unit is worth in the base currency, in order.

    The base currency is worth 1 on every day. Rates are facts of the company: the document that names the form makes
    them readable for expressions of everybody, whoever may open the form's records.
    """
    if forms is None:
        return {}
    setting = currencies_document(forms)
    if setting is None:
        return {}
    names = setting["rates"]
    form = forms.get(names["form"])
    table: FromClause = form.table
    day, rate = (table.c[names[part]] for part in ("date", "rate"))
    source, currency = _reached(form, names["currency"])
    query = select(currency, day, rate).select_from(source)
    query = query.where(currency.is_not(None), day.is_not(None), rate > 0)
    if DELETED in table.c:
        query = query.where(table.c[DELETED].is_(None))
    found: dict[str, dict[date, Decimal]] = defaultdict(dict)
    rows = tx.connection.execute(query.order_by(day.desc(), table.c.id.desc()).limit(MOST)).all()
    for name, since, worth in reversed(rows):
        found[name][since] = worth
    found[str(setting["base"])] = {date.min: Decimal(1)}
    return {name: tuple(known.items()) for name, known in found.items()}


def digits_of(tx: Transaction, forms: Forms) -> dict[str, int]:
    """How many decimals each currency has, where the app lists its currencies."""
    setting = currencies_document(forms)
    names = None if setting is None else setting.get("currencies")
    if names is None:
        return {}
    table = forms.get(names["form"]).table
    query = select(table.c[names["code"]], table.c[names["digits"]])
    query = query.where(table.c[names["code"]].is_not(None), table.c[names["digits"]] >= 0)
    if DELETED in table.c:
        query = query.where(table.c[DELETED].is_(None))
    return {code: int(digits) for code, digits in tx.connection.execute(query.limit(MOST))}


def _reached(form: Form, path: str) -> tuple[FromClause, ColumnElement[Any]]:
    """The value at the end of a path over relations, and what to select it from."""
    steps, field = follow(form, path)
    source: FromClause = form.table
    at: FromClause = form.table
    for step in steps:
        if step.target is None:
            raise LookupError(f"{step.path} points at no form")
        following = step.target.table.alias()
        source, at = source.outerjoin(following, following.c.id == at.c[step.key]), following
    return source, at.c[field.key]
