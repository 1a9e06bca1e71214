"""What adds up: amounts of one currency, else their base amounts; never amounts of different currencies."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from engines.form.counted import code_of
from engines.form.fields.base import Field
from engines.form.fields.money import Amount


def base_of(one: Field) -> Field | None:
    """The field that keeps an amount in the base currency; None where there is none or no need for it."""
    if one.currency is None or one.currency.frozen is None:
        return None
    found: Field = one.currency.frozen.amount
    return found


def is_mixed(one: Field) -> bool:
    """Whether the values of a field may be in different currencies and are kept in no other way."""
    return one.currency is not None and base_of(one) is None


def in_base(one: Field, total: Decimal) -> Decimal:
    """A total of base amounts, which says its currency where the amounts have others."""
    base = base_of(one)
    return total if base is None else Amount(total, code_of(base))


def total_of(one: Field, rows: Iterable[Mapping[str, Any]]) -> Decimal | None:
    """The total of a column of rows as they were read; None where nothing adds up.

    Amounts of one currency are in that; of several, the base amounts are added up where every amount has one.
    """
    found = [row for row in rows if isinstance(row.get(one.key), Decimal)]
    if not found:
        return None
    amounts = [row[one.key] for row in found]
    total = sum(amounts, Decimal(0))
    codes = {amount.currency for amount in amounts if isinstance(amount, Amount)}
    if not codes:
        return total
    if len(codes) == 1:
        return Amount(total, codes.pop(), amounts[0].digits)
    base = base_of(one)
    if base is None or any(not isinstance(row.get(base.key), Decimal) for row in found):
        return None
    return in_base(one, sum((row[base.key] for row in found), Decimal(0)))
