"""Rates and base amounts of a record that is being written, frozen for every writer.

A rate that somebody gives stays. Else that of the day is taken when the record is new, when the currency or the date
changes, and when there is none. The base amount is the amount times the rate, rounded as its field is. Nothing here
moves because the table of rates changes.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from engines.form.fields.base import Field
from engines.form.nested import rows_of, stored_rows
from engines.form.rates.compile import Currency, Frozen, frozen_amounts
from engines.form.rules.fit import fit
from engines.form.write.draft import Draft
from engines.formula import Facts
from engines.formula.functions.money_context import exchanged
from engines.formula.numbers import multiply

ONE = Decimal(1)


@dataclass(frozen=True, slots=True)
class Spot:
    """One amount in one row: what expressions see there, what is written and stored, and what the writer gave."""

    one: Field
    place: str
    view: Mapping[str, Any]
    values: Mapping[str, Any]
    old: Mapping[str, Any] | None
    given: frozenset[str] | set[str]

    @property
    def currency(self) -> Currency:
        """The compiled currency of the amount."""
        found: Currency = self.one.currency
        return found

    @property
    def frozen(self) -> Frozen:
        """Where rate and base amount are kept."""
        found = self.currency.frozen
        assert found is not None  # only such amounts have spots
        return found

    def path(self, key: str) -> str:
        """The place of a field of this row."""
        return f"{self.place}.{key}" if self.place else key


def fresh_values(draft: Draft) -> Iterator[tuple[str, Field, Any]]:
    """The rates and base amounts that differ from what the record holds now: place, field, value."""
    done: set[str] = set()
    for spot in _spots(draft):
        frozen = spot.frozen
        rate = frozen.rate
        if rate is not None:
            path = rate.key if frozen.outer else spot.path(rate.key)
            if path not in done:
                done.add(path)
                value = _rate_of(draft, spot, path)
                if value != _held(draft, spot).get(rate.key):
                    yield path, rate, value
    for spot in _spots(draft):
        frozen = spot.frozen
        if frozen.computed:
            continue
        value = _amount_of(draft, spot)
        if value != spot.values.get(frozen.amount.key):
            yield spot.path(frozen.amount.key), frozen.amount, value


def missing_rates(draft: Draft) -> None:
    """Note every amount that has no rate on its day; what this write does not touch is let be."""
    for spot in _spots(draft):
        if spot.view.get(spot.one.key) is None or not _concerned(draft, spot):
            continue
        held = _held(draft, spot).get(spot.frozen.rate.key) if spot.frozen.rate is not None else None
        code, day = asked(spot.one, spot.view, draft.facts)
        if held is not None or exchanged(draft.facts, ONE, code, spot.frozen.base, day) is not None:
            continue
        path = spot.path(spot.one.key)
        if not draft.spoilt(path):
            message = f"There is no exchange rate for {code} on {day}"
            draft.problem("money.no_rate", path, message, spot.one, currency=code, day=day.isoformat())


def asked(one: Field, view: Mapping[str, Any], facts: Facts) -> tuple[str, date]:
    """The currency of an amount and the day whose rate counts."""
    currency: Currency = one.currency
    code = currency.code.evaluate(view, facts) or currency.fixed
    day = None
    if currency.frozen is not None and currency.frozen.day is not None:
        day = currency.frozen.day.evaluate(view, facts)
    return str(code), day or facts.today


def rate_today(draft: Draft, one: Field, view: Mapping[str, Any]) -> Decimal | None:
    """The rate of the table for an amount as it stands."""
    code, day = asked(one, view, draft.facts)
    found = exchanged(draft.facts, ONE, code, one.currency.frozen.base, day)
    rate = one.currency.frozen.rate
    fitted: Decimal | None = found if rate is None else fit(rate, found, draft.context)
    return fitted


def rate_asked(draft: Draft, name: str) -> tuple[Field, Decimal | None] | None:
    """The rate field at a place (`rate`, `lines[2].rate`) and the rate of the table for it; None for anything else."""
    for spot in _spots(draft):
        rate = spot.frozen.rate
        if rate is not None and name == (rate.key if spot.frozen.outer else spot.path(rate.key)):
            return rate, rate_today(draft, spot.one, spot.view)
    return None


def _spots(draft: Draft) -> Iterator[Spot]:
    new = draft.operation == "create"
    for one in frozen_amounts(draft.form):
        if one.subform is None:
            yield Spot(one, "", draft.view, draft.values, None if new else draft.old, draft.touched)
            continue
        stored = {} if new else stored_rows(draft.old, one.subform)
        rows, views = rows_of(draft.values, one.subform), rows_of(draft.view, one.subform)
        for (place, row), (_, view) in zip(rows, views, strict=True):
            holder, _, number = place.rpartition("[")
            given = draft.row_given.get((holder, int(number[:-1])), set())
            yield Spot(one, place, {**draft.view, **view}, row, stored.get(row.get("id") or 0), given)


def _held(draft: Draft, spot: Spot) -> Mapping[str, Any]:
    """What holds the rate: the row, or the record around it."""
    return draft.values if spot.frozen.outer else spot.values


def _rate_of(draft: Draft, spot: Spot, path: str) -> Decimal | None:
    rate = spot.frozen.rate
    assert rate is not None  # asked by the caller
    outer = spot.frozen.outer
    given = draft.touched if outer else spot.given
    held: Decimal | None = _held(draft, spot).get(rate.key)
    by_rule = draft.state is not None and path in draft.state.values
    if held is not None and (by_rule or rate.key in given):
        return held
    before = (None if draft.operation == "create" else draft.old) if outer else spot.old
    if held is not None and before is not None and not _moved(draft, spot, _heads(spot)):
        return held
    return rate_today(draft, spot.one, spot.view)


def _amount_of(draft: Draft, spot: Spot) -> Decimal | None:
    frozen, amount = spot.frozen, spot.view.get(spot.one.key)
    held: Decimal | None = spot.values.get(frozen.amount.key)
    if not isinstance(amount, Decimal):
        return None
    if frozen.rate is not None:
        rate = _held(draft, spot).get(frozen.rate.key)
        heads = {spot.one.key, frozen.rate.key}
    else:
        rate, heads = rate_today(draft, spot.one, spot.view), {spot.one.key, *_heads(spot)}
    if held is not None and spot.old is not None and not _moved(draft, spot, heads):
        given = frozen.amount.key in spot.given
        return spot.old.get(frozen.amount.key) if given else held
    value: Decimal | None = fit(frozen.amount, multiply(amount, rate), draft.context)
    return value


def _heads(spot: Spot) -> set[str]:
    """The fields that decide which rate counts."""
    return {spot.currency.head} | ({spot.frozen.day_head} if spot.frozen.day_head else set())


def _moved(draft: Draft, spot: Spot, keys: set[str]) -> bool:
    """Whether any of these fields, of the row or of the record around it, has another value than what is stored."""
    own = keys & spot.values.keys()
    if spot.old is None and own:
        return True
    around = {key for key in keys - own if key in draft.form.fields}
    return any(spot.values.get(key) != (spot.old or {}).get(key) for key in own) or any(
        draft.values.get(key) != draft.old.get(key) for key in around
    )


def _concerned(draft: Draft, spot: Spot) -> bool:
    """Whether this write is about the amount, its currency, its date or its rate."""
    keys = {spot.one.key, *_heads(spot)} | ({spot.frozen.rate.key} if spot.frozen.rate is not None else set())
    return spot.old is None or _moved(draft, spot, keys)
