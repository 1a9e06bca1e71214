"""Operators: arithmetic, joining, comparison, and the logic they share with functions."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from engines.formula import dates, numbers, texts, transcendental
from engines.formula.functions.base import BLANK, Checking, Function, Parameter, Signature, calls, coerce, unify
from engines.formula.sql import build, several
from engines.formula.syntax import Apply
from engines.formula.tree import Call, Node, Primitive, Rows, Run
from engines.formula.types import Facts, Type


def _dg(key: str, name: str, python: Callable[..., Any], result: Type = Type.NUMBER) -> Primitive:
    return Primitive(key, python, build.dg(name, result))


ADD = _dg("add", "add", numbers.add)
SUBTRACT = _dg("subtract", "sub", numbers.subtract)
MULTIPLY = _dg("multiply", "mul", numbers.multiply)
DIVIDE = _dg("divide", "div", numbers.divide)
POWER = _dg("power", "real_power", transcendental.power)
NEGATE = Primitive("negate", numbers.negate, lambda a: -a.element)
PLUS_DAYS = _dg("plus_days", "plus_days", dates.plus_days, Type.DATE)
DAYS_BETWEEN = Primitive("days_between", dates.days_between, build.day_difference)
PLUS_TIME = _dg("plus_time", "plus_time", dates.plus_time, Type.DATETIME)
TIME_BETWEEN = Primitive("time_between", dates.time_between, build.time_difference)
JOIN = Primitive("join", texts.join, several.joined)


def _equal(a: Any, b: Any) -> bool:
    return bool(a == b)


def _unequal(a: Any, b: Any) -> bool:
    return bool(a != b)


def _less(a: Any, b: Any) -> bool:
    return a is not None and b is not None and a < b


def _less_equal(a: Any, b: Any) -> bool:
    return a is not None and b is not None and a <= b


def _greater(a: Any, b: Any) -> bool:
    return a is not None and b is not None and a > b


def _greater_equal(a: Any, b: Any) -> bool:
    return a is not None and b is not None and a >= b


def _not(value: Run) -> Run:
    return lambda rows, facts: not value(rows, facts)


def _condition(value: Run) -> Run:
    def run(rows: Rows, facts: Facts) -> bool:
        return bool(value(rows, facts))

    return run


EQUAL = Primitive("equal", _equal, build.equal, total=True)
UNEQUAL = Primitive("unequal", _unequal, build.unequal, total=True)
LESS = Primitive("less", _less, build.less, total=True)
LESS_EQUAL = Primitive("less_equal", _less_equal, build.less_equal, total=True)
GREATER = Primitive("greater", _greater, build.greater, total=True)
GREATER_EQUAL = Primitive("greater_equal", _greater_equal, build.greater_equal, total=True)
IS_BLANK = Primitive("is_blank", lambda value: value is None, build.is_blank, total=True)
IS_PRESENT = Primitive("is_present", lambda value: value is not None, build.is_present, total=True)
NOT = Primitive("not", _not, build.negation, total=True, lazy=True)
CONDITION = Primitive("condition", _condition, build.condition, total=True, lazy=True)


@dataclass(frozen=True)
class Comparison(Function):
    """Two values of one type. `primitive` compares; equality is also defined where no order is."""

    primitive: Primitive = EQUAL
    ordered: bool = True

    def check(self, call: Apply, checker: Checking) -> Node:
        """Both sides must have one type; comparing with "" asks for blank."""
        left, right = (checker.check(argument) for argument in call.arguments)
        kind = unify([left.type, right.type])
        if kind is None and {left.type, right.type} == {Type.LIST, Type.TEXT}:
            kind = Type.LIST
        if kind is None:
            message = f"{left.type.value} and {right.type.value} cannot be compared"
            return self._refused(call, checker, left, right, message)
        if kind is Type.BLANK:
            left, right, kind = coerce(left, Type.TEXT), coerce(right, Type.TEXT), Type.TEXT
        blank_side = BLANK in (left, right)
        if not self.ordered and blank_side:
            value = left if right == BLANK else right
            return Call(IS_BLANK if self.primitive is EQUAL else IS_PRESENT, (value,), Type.BOOLEAN)
        if kind is Type.LIST or (self.ordered and kind in (Type.BOOLEAN, Type.RECORD)):
            if kind is Type.LIST:
                message = "A list cannot be compared: CONTAINS(…) asks for one of its items"
                return self._refused(call, checker, left, right, message, "CONTAINS")
            return self._refused(call, checker, left, right, f"{kind.value} has no order")
        return Call(self.primitive, (coerce(left, kind), coerce(right, kind)), Type.BOOLEAN)

    def _refused(
        self, call: Apply, checker: Checking, left: Node, right: Node, message: str, suggestion: str | None = None
    ) -> Node:
        return checker.report(
            "formula.comparison",
            call.span,
            message,
            operator=self.key,
            left=left.type.value,
            left_label=left.type.words,
            right=right.type.value,
            right_label=right.type.words,
            suggestion=suggestion,
        )


@dataclass(frozen=True)
class Join(Function):
    """`&`: a flat chain of texts."""

    def check(self, call: Apply, checker: Checking) -> Node:
        """Every part must be text; numbers do not turn into text by themselves (rule 11)."""
        nodes = [checker.check(argument) for argument in call.arguments]
        for place, node in enumerate(nodes):
            if node.type not in (Type.TEXT, Type.BLANK):
                return self.wrong_type(call, checker, place, node.type, {Type.TEXT})
        return Call(JOIN, tuple(coerce(node, Type.TEXT) for node in nodes), Type.TEXT)


def _pair(a: Type, b: Type, result: Type, primitive: Primitive) -> Signature:
    return Signature((Parameter("a", (a,)), Parameter("b", (b,))), result, calls(primitive, result))


def _swapped(a: Type, b: Type, result: Type, primitive: Primitive) -> Signature:
    parameters = (Parameter("a", (a,)), Parameter("b", (b,)))
    return Signature(parameters, result, lambda nodes: Call(primitive, (nodes[1], nodes[0]), result))


def _minus(a: Type, result: Type, primitive: Primitive) -> Signature:
    def tree(nodes: tuple[Node, ...]) -> Node:
        return Call(primitive, (nodes[0], Call(NEGATE, (nodes[1],), Type.NUMBER)), result)

    return Signature((Parameter("a", (a,)), Parameter("b", (Type.NUMBER,))), result, tree)


def _operator(key: str, usage: str, zh: str, en: str, *signatures: Signature) -> Function:
    return Function(key, (), "operator", usage, {"zh-CN": zh, "en": en}, (), signatures)


_N, _D, _I = Type.NUMBER, Type.DATE, Type.DATETIME

OPERATOR_LIST: tuple[Function, ...] = (
    _operator(
        "+",
        "a + b",
        "数字相加；日期加天数。一边为空时按 0 计，两边都空则为空。",
        "Adds numbers, or days to a date. A blank beside a value counts 0; blank + blank is blank.",
        _pair(_N, _N, _N, ADD),
        _pair(_D, _N, _D, PLUS_DAYS),
        _swapped(_N, _D, _D, PLUS_DAYS),
        _pair(_I, _N, _I, PLUS_TIME),
        _swapped(_N, _I, _I, PLUS_TIME),
    ),
    _operator(
        "-",
        "a - b",
        "数字相减；日期相减得天数；日期减天数。",
        "Subtracts numbers, dates (giving days), or days from a date.",
        _pair(_N, _N, _N, SUBTRACT),
        _pair(_D, _D, _N, DAYS_BETWEEN),
        _pair(_I, _I, _N, TIME_BETWEEN),
        _minus(_D, _D, PLUS_DAYS),
        _minus(_I, _I, PLUS_TIME),
    ),
    _operator(
        "*", "a * b", "相乘；任一边为空则为空。", "Multiplies; blank if a side is blank.", _pair(_N, _N, _N, MULTIPLY)
    ),
    _operator(
        "/",
        "a / b",
        "相除，保留 12 位小数；除数为 0 或任一边为空则为空。",
        "Divides exactly, rounded to 12 places; blank if the divisor is 0 or a side is blank.",
        _pair(_N, _N, _N, DIVIDE),
    ),
    _operator("^", "a ^ b", "乘方，同 POWER。", "Power, the same as POWER.", _pair(_N, _N, _N, POWER)),
    _operator(
        "negate",
        "-a",
        "取相反数。",
        "The number with the other sign.",
        Signature((Parameter("a", (_N,)),), _N, calls(NEGATE, _N)),
    ),
    _operator(
        "plus", "+a", "不变。", "The number itself.", Signature((Parameter("a", (_N,)),), _N, lambda nodes: nodes[0])
    ),
    Join(
        "&",
        (),
        "operator",
        "a & b",
        {
            "zh-CN": "连接文本；空按空文本计。数字请先用 TEXT 转换。",
            "en": "Joins texts; blank is joined as empty text. Convert numbers with TEXT first.",
        },
    ),
    Comparison(
        "=",
        (),
        "operator",
        "a = b",
        {
            "zh-CN": "相等；空等于空，空不等于 0。",
            "en": "Equal; blank equals blank, and blank is not 0.",
        },
        primitive=EQUAL,
        ordered=False,
    ),
    Comparison(
        "<>", (), "operator", "a <> b", {"zh-CN": "不相等。", "en": "Not equal."}, primitive=UNEQUAL, ordered=False
    ),
    Comparison(
        "<",
        (),
        "operator",
        "a < b",
        {
            "zh-CN": "小于；任一边为空则不成立。",
            "en": "Less than; false if a side is blank.",
        },
        primitive=LESS,
    ),
    Comparison(
        "<=",
        (),
        "operator",
        "a <= b",
        {
            "zh-CN": "小于或等于；任一边为空则不成立。",
            "en": "At most; false if a side is blank.",
        },
        primitive=LESS_EQUAL,
    ),
    Comparison(
        ">",
        (),
        "operator",
        "a > b",
        {
            "zh-CN": "大于；任一边为空则不成立。",
            "en": "Greater than; false if a side is blank.",
        },
        primitive=GREATER,
    ),
    Comparison(
        ">=",
        (),
        "operator",
        "a >= b",
        {
            "zh-CN": "大于或等于；任一边为空则不成立。",
            "en": "At least; false if a side is blank.",
        },
        primitive=GREATER_EQUAL,
    ),
)
