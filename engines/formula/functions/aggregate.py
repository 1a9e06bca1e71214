"""Many values to one: over a column of a sub-form, over a row expression, or over several arguments (rule 7)."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from engines.formula import numbers
from engines.formula.functions.base import ALL_TYPES, BLANK, Checking, Example, Function, Source, coerce, unify
from engines.formula.functions.logic import CONDITIONAL
from engines.formula.sql import build
from engines.formula.syntax import Apply, Syntax
from engines.formula.tree import Call, Constant, Node, Primitive
from engines.formula.types import Type


def _present(values: tuple[Any, ...]) -> list[Any]:
    return [value for value in values if value is not None]


SUM_OF = Primitive("sum_of", lambda *values: numbers.total(_present(values)), build.added)
AVERAGE_OF = Primitive("average_of", lambda *values: numbers.average(_present(values)), build.averaged)
MIN_OF = Primitive("min_of", lambda *values: min(_present(values), default=None), build.smallest)
MAX_OF = Primitive("max_of", lambda *values: max(_present(values), default=None), build.largest)
COUNT_OF = Primitive("count_of", lambda *values: Decimal(len(_present(values))), build.counted, total=True)
ITEMS = Primitive("items", lambda items: Decimal(len(items or ())), build.items, total=True)


@dataclass(frozen=True)
class Aggregating(Function):
    """SUM, AVERAGE, MIN, MAX and COUNT."""

    kind: str = "sum"
    several: Primitive = SUM_OF
    types: tuple[Type, ...] = (Type.NUMBER,)

    def check(self, call: Apply, checker: Checking) -> Node:
        """`F(rows.column)`, `F(rows, expression)` or `F(a, b, …)`."""
        if not self.count_between(call, checker, 1, None):
            return BLANK
        source = checker.source(call.arguments[0])
        if source is None:
            return self._several(call, checker)
        if source.broken:
            return BLANK
        if source.type is Type.RECORDS:
            return self._rows(source, call, checker)
        if len(call.arguments) == 1:
            return self._reduce(source, source.value, call, checker, 0)
        return self._several(call, checker)

    def _rows(self, source: Source, call: Apply, checker: Checking) -> Node:
        if not self.count_between(call, checker, 1 if self.kind == "count" else 2, 2):
            return BLANK
        if len(call.arguments) == 1:
            return source.aggregate("rows", None, Type.NUMBER)
        body = body_of(source, call.arguments[1], checker)
        if self.kind == "count" and body.type is Type.BOOLEAN:
            one, none = Constant(Decimal(1), Type.NUMBER), Constant(None, Type.NUMBER)
            body = Call(CONDITIONAL, (body, one, none), Type.NUMBER)
        return self._reduce(source, body, call, checker, 1)

    def _reduce(self, source: Source, body: Node, call: Apply, checker: Checking, place: int) -> Node:
        if body.type is not Type.BLANK and body.type not in self.types:
            return self.wrong_type(call, checker, place, body.type, set(self.types))
        result = Type.NUMBER if self.kind == "count" else body.type
        if body.type is Type.BLANK:
            body = coerce(body, self.types[0])
            result = self.types[0] if self.kind != "count" else Type.NUMBER
        return source.aggregate(self.kind, body, result)

    def _several(self, call: Apply, checker: Checking) -> Node:
        nodes = [checker.check(argument) for argument in call.arguments]
        for place, node in enumerate(nodes):
            if node.type is not Type.BLANK and node.type not in self.types:
                return self.wrong_type(call, checker, place, node.type, set(self.types))
        if self.kind == "count":
            if len(nodes) == 1 and nodes[0].type is Type.LIST:
                return Call(ITEMS, (nodes[0],), Type.NUMBER)
            return Call(self.several, tuple(coerce(node, Type.TEXT) for node in nodes), Type.NUMBER)
        kind = unify([node.type for node in nodes])
        if kind is None:
            first = next(node.type for node in nodes if node.type is not Type.BLANK)
            place = next(p for p, node in enumerate(nodes) if node.type not in (first, Type.BLANK))
            return self.wrong_type(call, checker, place, nodes[place].type, {first})
        kind = self.types[0] if kind is Type.BLANK else kind
        return Call(self.several, tuple(coerce(node, kind) for node in nodes), kind)


@dataclass(frozen=True)
class Conditional(Function):
    """COUNTIF and SUMIF: rows that meet a condition."""

    sums: bool = False

    def check(self, call: Apply, checker: Checking) -> Node:
        """The row expression `IF(condition, value)` under COUNT or SUM."""
        count = 3 if self.sums else 2
        if not self.count_between(call, checker, count, count):
            return BLANK
        source = rows_of(self, call, checker, 0)
        if source is None:
            return BLANK
        condition = body_of(source, call.arguments[1], checker)
        value = body_of(source, call.arguments[2], checker) if self.sums else Constant(Decimal(1), Type.NUMBER)
        for place, node, kind in ((1, condition, Type.BOOLEAN), (2, value, Type.NUMBER)):
            if node.type not in (kind, Type.BLANK):
                return self.wrong_type(call, checker, place, node.type, {kind})
        parts = (coerce(condition, Type.BOOLEAN), coerce(value, Type.NUMBER), Constant(None, Type.NUMBER))
        body = Call(CONDITIONAL, parts, Type.NUMBER)
        return source.aggregate("sum" if self.sums else "count", body, Type.NUMBER)


def rows_of(function: Function, call: Apply, checker: Checking, place: int) -> Source | None:
    """The rows that an argument names; None after reporting that it names none."""
    source = checker.source(call.arguments[place])
    if source is not None and source.type is Type.RECORDS:
        return None if source.broken else source
    given = checker.check(call.arguments[place]).type if source is None else source.type
    function.wrong_type(call, checker, place, given, {Type.RECORDS})
    return None


def body_of(source: Source, syntax: Syntax, checker: Checking) -> Node:
    """The tree of what is computed in each row."""
    with checker.within(source):
        return checker.check(syntax)


def _examples(examples: dict[str, str]) -> tuple[Example, ...]:
    return tuple(Example(text, shows) for text, shows in examples.items())


def _aggregating(
    key: str, aliases: tuple[str, ...], zh: str, en: str, examples: dict[str, str], kind: str, several: Primitive,
    types: tuple[Type, ...],
) -> Function:  # fmt: skip
    usage = f"{key}(lines.column) / {key}(lines, expression) / {key}(a, b, …)"
    doc = {"zh-CN": zh, "en": en}
    return Aggregating(
        key, aliases, "aggregate", usage, doc, _examples(examples), kind=kind, several=several, types=types
    )


_ORDERED = (Type.NUMBER, Type.DATE, Type.DATETIME)
_MOMENTS = (Type.DATE, Type.DATETIME)

FUNCTIONS: tuple[Function, ...] = (
    _aggregating(
        "SUM",
        ("求和",),
        "求和，空略过；没有值时为 0。可写行表达式：SUM(lines, qty * price)。",
        "The sum without blanks; 0 of nothing. A row expression may stand inside: SUM(lines, qty * price).",
        {"SUM(lines.qty)": "5", "SUM(lines, qty * price)": "65", "SUM(1, 2, 3)": "6"},
        "sum",
        SUM_OF,
        (Type.NUMBER,),
    ),
    _aggregating(
        "AVERAGE",
        ("平均值",),
        "平均值，空略过；没有值时为空。",
        "The average without blanks; blank of nothing.",
        {"AVERAGE(lines.price)": "15", "AVERAGE(1, 2)": "1.5"},
        "average",
        AVERAGE_OF,
        (Type.NUMBER,),
    ),
    _aggregating(
        "MIN",
        ("最小值",),
        "最小的数字或最早的日期，空略过。",
        "The smallest number or earliest date; blanks are skipped.",
        {"MIN(lines.price)": "5", "MIN(3, 1, 2)": "1"},
        "min",
        MIN_OF,
        _ORDERED,
    ),
    _aggregating(
        "MAX",
        ("最大值",),
        "最大的数字或最晚的日期，空略过。",
        "The largest number or latest date; blanks are skipped.",
        {"MAX(lines, qty * price)": "50", "MAX(3, 1, 2)": "3"},
        "max",
        MAX_OF,
        _ORDERED,
    ),
    _aggregating(
        "EARLIEST",
        ("最早",),
        "最早的日期或时间，空略过。",
        "The earliest date; blanks are skipped.",
        {"EARLIEST(DATE(2024, 3, 1), DATE(2024, 2, 1))": "2024-02-01"},
        "min",
        MIN_OF,
        _MOMENTS,
    ),
    _aggregating(
        "LATEST",
        ("最晚",),
        "最晚的日期或时间，空略过。",
        "The latest date; blanks are skipped.",
        {"LATEST(DATE(2024, 3, 1), DATE(2024, 2, 1))": "2024-03-01"},
        "max",
        MAX_OF,
        _MOMENTS,
    ),
    _aggregating(
        "COUNT",
        ("计数", "COUNTA", "COUNTARRAY"),
        "不为空的值的个数；COUNT(lines) 是行数；COUNT(lines, 条件) 是满足条件的行数；多选是选中的项数。",
        "How many values are not blank; COUNT(lines) counts rows, COUNT(lines, condition) those that meet it, of a list"
        " its items.",
        {
            "COUNT(lines)": "2",
            "COUNT(lines, price > 10)": "1",
            "COUNT(lines.note)": "1",
            "COUNT(tags)": "2",
            'COUNT(1, "", 2)': "2",
        },
        "count",
        COUNT_OF,
        ALL_TYPES,
    ),
    Conditional(
        "COUNTIF",
        ("条件计数",),
        "aggregate",
        "COUNTIF(lines, condition)",
        {
            "zh-CN": "满足条件的行数。",
            "en": "How many rows meet the condition.",
        },
        _examples({"COUNTIF(lines, price > 10)": "1"}),
    ),
    Conditional(
        "SUMIF",
        ("条件求和",),
        "aggregate",
        "SUMIF(lines, condition, value)",
        {
            "zh-CN": "满足条件的行的值之和。",
            "en": "The sum over the rows that meet the condition.",
        },
        _examples({"SUMIF(lines, price > 10, qty * price)": "50"}),
        sums=True,
    ),
)
