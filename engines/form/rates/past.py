"""Which currency an amount was in: the record, and the rows around it, say so as they were at that time."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from engines.form.counted import up_to
from engines.form.facts import facts_of
from engines.form.fields.base import Field
from engines.form.fields.links import link_id
from engines.form.fields.money import Amount
from engines.form.form import Form
from engines.form.names import ID
from engines.form.rates.read import digits_of
from engines.form.scope import FormScope
from engines.form.transaction import Transaction
from engines.formula import Place, compile_expression

Around = Sequence[Mapping[str, Any]]
"""The values that stood around an amount, innermost first: its row, the row around that, the record."""


class PastCurrencies:
    """The currencies of amounts of one form as they were. Codes behind relations are those of today."""

    def __init__(self, tx: Transaction, form: Form) -> None:
        self.tx = tx
        self.form = form
        self._codes: dict[tuple[str, ...], dict[int, str | None]] = {}
        self._digits: dict[str, int] | None = None

    def amount(self, one: Field, value: Decimal, around: Around) -> Decimal:
        """The amount in its currency; a bare number where what names the currency may not be seen."""
        code = self._code(one, around)
        if code is None:
            return Decimal(value)
        if self._digits is None:
            self._digits = digits_of(self.tx, self.form.forms)
        return Amount(Decimal(value), code, self._digits.get(code))

    def _code(self, one: Field, around: Around) -> str | None:
        path = next(iter(one.currency.code.references), None)
        holder = up_to(self.form, one, one.currency.head)
        if path is None or holder >= len(around) or path[0] not in around[holder]:
            return None
        value = around[holder][path[0]]
        fixed: str = one.currency.fixed
        if len(path) == 1:
            return str(value) if value else fixed
        record = link_id(value)
        if record is None:
            return fixed
        rows = self.form.subforms[one.subform].fields if one.subform and holder == 0 else self.form.every
        return (self._behind(rows[path[0]], path, record) if isinstance(record, int) else None) or fixed

    def _behind(self, relation: Field, path: tuple[str, ...], record: int) -> str | None:
        """What stands at the end of a path over a relation; whoever may see an amount sees what it is in."""
        known = self._codes.setdefault(path, {})
        if record not in known:
            target: Any = relation.target
            found = None
            if target is not None:
                facts = facts_of(self.tx, target.forms)
                code = compile_expression(".".join(path[1:]), target.scope, place=Place.DEFAULT)
                column = code.sql(FormScope(target, target.table, facts), facts)
                found = self.tx.connection.execute(select(column).where(target.table.c[ID] == record)).scalar()
            known[record] = None if found is None else str(found)
        return known[record]
