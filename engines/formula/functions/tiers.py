"""Tiers (a sub-form or related rows with lower ends and values) and shares that lose nothing."""

from dataclasses import dataclass
from decimal import Decimal

from engines.formula.functions.aggregate import body_of, rows_of
from engines.formula.functions.base import ALL_TYPES, BLANK, Checking, Example, Function, Source, coerce
from engines.formula.functions.logic import AND, OR
from engines.formula.functions.operators import IS_BLANK, IS_PRESENT, LESS_EQUAL
from engines.formula.syntax import Apply, Name, Syntax
from engines.formula.tree import Call, Constant, Node, shifted
from engines.formula.types import Type

_ORDERED = frozenset({Type.NUMBER, Type.DATE, Type.DATETIME})
_N = Type.NUMBER


@dataclass(frozen=True)
class Tiered(Function):
    """PROGRESSIVE and BAND."""

    values: tuple[str, ...] = ("rate",)
    """What the value of a tier is called where no argument says it."""

    def check(self, call: Apply, checker: Checking) -> Node:
        """`F(x, tiers, [from], [value])`; without the last two the tiers' own fields `from` and `rate` are meant."""
        if not self.count_between(call, checker, 2, 4):
            return BLANK
        x = checker.check(call.arguments[0])
        source = rows_of(self, call, checker, 1)
        if source is None:
            return BLANK
        start = body_of(source, self._part(call, source, 2, ("from",)), checker)
        value = body_of(source, self._part(call, source, 3, self.values), checker)
        return self.over(x, source, start, value, call, checker)

    def _part(self, call: Apply, source: Source, place: int, names: tuple[str, ...]) -> Syntax:
        if len(call.arguments) > place:
            return call.arguments[place]
        known = [name for name in names if source.scope is not None and source.scope.field(name) is not None]
        return Name(((known or list(names))[0],), (call.arguments[1].span,))

    def over(self, x: Node, source: Source, start: Node, value: Node, call: Apply, checker: Checking) -> Node:
        """The tree over the parts."""
        raise NotImplementedError


@dataclass(frozen=True)
class Progressive(Tiered):
    """PROGRESSIVE."""

    def over(self, x: Node, source: Source, start: Node, value: Node, call: Apply, checker: Checking) -> Node:
        """All three are numbers."""
        for place, node in enumerate((x, start, value)):
            if node.type not in (_N, Type.BLANK):
                at = min((0, 2, 3)[place], len(call.arguments) - 1)
                return self.wrong_type(call, checker, at, node.type, {_N})
        return source.aggregate("progressive", coerce(value, _N), _N, key=coerce(start, _N), arguments=(coerce(x, _N),))


@dataclass(frozen=True)
class Band(Tiered):
    """BAND."""

    def over(self, x: Node, source: Source, start: Node, value: Node, call: Apply, checker: Checking) -> Node:
        """The value of the last tier that begins at or below the number (or date)."""
        kind = x.type if start.type is Type.BLANK else start.type
        kind = _N if kind is Type.BLANK else kind
        for place, node in enumerate((x, start)):
            if node.type not in (kind, Type.BLANK) or kind not in _ORDERED:
                at = min((0, 2)[place], len(call.arguments) - 1)
                return self.wrong_type(call, checker, at, node.type, {kind} if kind in _ORDERED else set(_ORDERED))
        if value.type not in (*ALL_TYPES, Type.BLANK):
            return self.wrong_type(call, checker, len(call.arguments) - 1, value.type, set(ALL_TYPES))
        start, value = coerce(start, kind), coerce(value, Type.TEXT)
        inside = shifted(coerce(x, kind), len(source.levels))
        reached = Call(LESS_EQUAL, (start, inside), Type.BOOLEAN)
        begun = Call(OR, (Call(IS_BLANK, (start,), Type.BOOLEAN), reached), Type.BOOLEAN)
        known = Call(IS_PRESENT, (inside,), Type.BOOLEAN)
        found = source.only(Call(AND, (known, begun), Type.BOOLEAN))
        return found.aggregate("last", value, value.type, key=start)


@dataclass(frozen=True)
class Allocate(Function):
    """ALLOCATE."""

    def check(self, call: Apply, checker: Checking) -> Node:
        """`ALLOCATE(total, rows.weight, [digits])` or `ALLOCATE(total, rows, weight, [digits])` in one of the rows."""
        if not self.count_between(call, checker, 2, 4):
            return BLANK
        total = checker.check(call.arguments[0])
        source = checker.source(call.arguments[1])
        column = source is not None and bool(source.column)
        if not column:
            source = rows_of(self, call, checker, 1)
        if source is None or source.broken or not self.count_between(call, checker, *((2, 3) if column else (3, 4))):
            return BLANK
        if source.form is not None or source.remote is not None or not _in_a_row_of(source, checker):
            message = "ALLOCATE gives the share of one row: it stands in a row of the rows that share"
            return checker.report("formula.not_in_row", call.arguments[1].span, message, function=self.key)
        last = 2 if column else 3
        weight = source.value if column else body_of(source, call.arguments[2], checker)
        digits: Node = Constant(Decimal(2), _N)
        if len(call.arguments) > last:
            digits = checker.check(call.arguments[last])
        for place, node in ((0, total), (last - 1, weight), (last, digits)):
            if node.type not in (_N, Type.BLANK):
                return self.wrong_type(call, checker, place, node.type, {_N})
        return source.aggregate("allocate", coerce(weight, _N), _N, arguments=(coerce(total, _N), coerce(digits, _N)))


def _in_a_row_of(source: Source, checker: Checking) -> bool:
    """Whether the innermost row is one of these rows: inside an aggregate over them, or in a formula of theirs."""
    rows = None if source.absolute is None else source.absolute[: len(source.absolute) - len(source.column)]
    here = checker.levels[-1]
    return rows is not None and rows in (here.prefix, getattr(here.scope, "stands_in", None))


FUNCTIONS: tuple[Function, ...] = (
    Progressive(
        "PROGRESSIVE",
        ("超额累进",),
        "aggregate",
        "PROGRESSIVE(x, tiers, [from], [rate])",
        {
            "zh-CN": "超额累进：每一段按本档比例计算后相加，如个人所得税。tiers 是档次的行，"
            "from 为起点（空为 0），rate 为比例；不写时取行里的 from 和 rate 字段。x 为空或没有档次时为空。",
            "en": "Each slice of x at the rate of its tier, as income tax is computed. The tiers are rows with a lower"
            " end (`from`, blank is 0) and a rate; without the last two arguments their fields `from` and `rate` are"
            " meant. Blank where x is blank or there are no tiers.",
        },
        (Example("PROGRESSIVE(30, lines, price, 10%)", "2.5"), Example("PROGRESSIVE(30, lines, price, qty)", "70")),
    ),
    Band(
        "BAND",
        ("分档", "全额分档"),
        "aggregate",
        "BAND(x, tiers, [from], [value])",
        {
            "zh-CN": "x 落在哪一档，就取那一档的值：起点不大于 x 的最后一档（起点为空表示没有下限）。"
            "不写时取行里的 from 和 rate。",
            "en": "The value of the tier that x falls in: the last one that begins at or below x (a blank `from` is no"
            " lower end at all). Without the last two arguments the fields `from` and `rate` are meant.",
        },
        (Example("BAND(10, lines, price, qty)", "3"), Example("BAND(25, lines, price, qty)", "2")),
        values=("rate", "value"),
    ),
    Allocate(
        "ALLOCATE",
        ("分摊",),
        "aggregate",
        "ALLOCATE(total, rows.weight, [digits]) / ALLOCATE(total, rows, weight, [digits])",
        {
            "zh-CN": "把 total 按各行的权重分摊，给出本行的份额："
            "各行之和恰好等于 total（按位数四舍五入后），一分不差。"
            "按最大余数法，并列归靠前的行；权重之和为 0 时平均分。"
            "写在这些行自己的公式里，默认 2 位小数。",
            "en": "The share of this row when the total is split over the rows by weight. The shares add up to the"
            " total (rounded to so many digits, 2 if not said) exactly: largest remainder, ties to the earlier row,"
            " equal parts where the weights add up to 0. Stands in a formula of these rows.",
        },
        (
            Example("SUM(lines, ALLOCATE(amount, lines.price, 2))", "120"),
            Example("MAX(lines, ALLOCATE(100, lines, qty, 2))", "60"),
        ),
    ),
)
