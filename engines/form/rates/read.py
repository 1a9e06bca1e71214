"""The rates that an app keeps in a form of its own."""

from collections import defaultdict
from datetime import date
from decimal import Decimal
from typing import Final

from sqlalchemy import select

from engines.form.form import Forms
from engines.form.names import DELETED
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
    setting = next((one for (kind, _), one in forms.documents.items() if kind == "currency"), None)
    if setting is None:
        return {}
    names = setting["rates"]
    table = forms.get(names["form"]).table
    currency, day, rate = (table.c[names[part]] for part in ("currency", "date", "rate"))
    query = select(currency, day, rate).where(currency.is_not(None), day.is_not(None), rate > 0)
    if DELETED in table.c:
        query = query.where(table.c[DELETED].is_(None))
    found: dict[str, dict[date, Decimal]] = defaultdict(dict)
    rows = tx.connection.execute(query.order_by(day.desc(), table.c.id.desc()).limit(MOST)).all()
    for name, since, worth in reversed(rows):
        found[name][since] = worth
    found[str(setting["base"])] = {date.min: Decimal(1)}
    return {name: tuple(known.items()) for name, known in found.items()}
