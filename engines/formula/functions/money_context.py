"""Exchange rates by date: `Facts.rates` holds, for each currency, what one unit is worth in the base currency."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import ARRAY, Date, Numeric, Text, func, literal

from engines.formula.functions.base import Checking, Example, Function, Parameter, Signature
from engines.formula.numbers import divide, multiply
from engines.formula.sql.build import Element
from engines.formula.syntax import Apply
from engines.formula.tree import Call, FactValue, Node, Primitive, SqlValue
from engines.formula.types import Facts, Type

_N, _T, _D = Type.NUMBER, Type.TEXT, Type.DATE


def _rate(known: Sequence[tuple[date, Decimal]], day: date) -> Decimal | None:
    place = bisect_right(known, day, key=lambda entry: entry[0])
    return known[place - 1][1] if place else None


def exchanged(
    facts: Facts, amount: Decimal | None, source: str | None, target: str | None, day: date | None
) -> Decimal | None:
    """An amount in another currency by the last rate at or before a day; None where there is none."""
    if amount is None or source is None or target is None or day is None:
        return None
    if source == target:
        return amount
    worth = _rate(facts.rates.get(source, ()), day)
    return divide(multiply(amount, worth), _rate(facts.rates.get(target, ()), day))


def _sql(facts: Facts, amount: SqlValue, source: SqlValue, target: SqlValue, day: SqlValue) -> Element:
    entries = [(currency, *entry) for currency, known in sorted(facts.rates.items()) for entry in known]
    return func.dg.convert(
        amount.element,
        source.element,
        target.element,
        day.element,
        literal([one[0] for one in entries], ARRAY(Text())),
        literal([one[1] for one in entries], ARRAY(Date())),
        literal([one[2] for one in entries], ARRAY(Numeric())),
        type_=Numeric(),
    )


CONVERT = Primitive("convert", exchanged, _sql, moment=True)


@dataclass(frozen=True)
class Convert(Function):
    """CONVERT: the rates are on the server."""

    def check(self, call: Apply, checker: Checking) -> Node:
        """As the signature says; pages ask the server, which has the rates."""
        checker.needs_server = True
        return super().check(call, checker)


def _today(arguments: tuple[Node, ...]) -> Node:
    return Call(CONVERT, (*arguments, FactValue(("today",), _D)), _N)


def _on_day(arguments: tuple[Node, ...]) -> Node:
    return Call(CONVERT, arguments, _N)


_THREE = (Parameter("amount", (_N,)), Parameter("from", (_T,)), Parameter("to", (_T,)))

FUNCTIONS: tuple[Function, ...] = (
    Convert(
        "CONVERT",
        ("汇率换算", "换汇"),
        "reference",
        "CONVERT(amount, from, to, [date])",
        {
            "zh-CN": "按日期（不写为今天）当天或之前最近的汇率换算币种；没有汇率时为空。"
            "汇率来自应用的币种设置。存储公式中不可用。",
            "en": "An amount in another currency, by the last rate at or before the date (today if not said); blank"
            " where there is none. The rates are those that the app's currency document names. Not in stored formulas.",
        },
        (
            Example('CONVERT(100, "USD", "CNY", DATE(2024, 3, 5))', "710"),
            Example('CONVERT(71, "CNY", "USD", DATE(2024, 3, 5))', "10"),
            Example('CONVERT(100, "USD", "CNY", DATE(2023, 1, 1))', "blank"),
        ),
        (Signature(_THREE, _N, _today), Signature((*_THREE, Parameter("date", (_D,))), _N, _on_day)),
        volatile=True,
    ),
)
