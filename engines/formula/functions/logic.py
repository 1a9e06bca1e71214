"""Conditions and choices. Blank counts as false; branches have one type (EXPRESSIONS.md, rules 6 and 11)."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from engines.formula.functions.base import (
    ALL_TYPES,
    BLANK,
    Checking,
    Example,
    Function,
    Parameter,
    Signature,
    calls,
    coerce,
    unify,
)
from engines.formula.functions.operators import NOT
from engines.formula.sql import build, several
from engines.formula.syntax import Apply
from engines.formula.tree import Call, Node, Primitive, Rows, Run
from engines.formula.types import Facts, Type


def _and(*parts: Run) -> Run:
    return lambda rows, facts: all(part(rows, facts) for part in parts)


def _or(*parts: Run) -> Run:
    return lambda rows, facts: any(part(rows, facts) for part in parts)


def _conditional(*parts: Run) -> Run:
    *pairs, last = parts
    branches = list(zip(pairs[::2], pairs[1::2], strict=True))

    def run(rows: Rows, facts: Facts) -> Any:
        for condition, value in branches:
            if condition(rows, facts):
                return value(rows, facts)
        return last(rows, facts)

    return run


def _switch(*parts: Run) -> Run:
    subject, *pairs, last = parts
    branches = list(zip(pairs[::2], pairs[1::2], strict=True))

    def run(rows: Rows, facts: Facts) -> Any:
        wanted = subject(rows, facts)
        for case, value in branches:
            if case(rows, facts) == wanted:
                return value(rows, facts)
        return last(rows, facts)

    return run


def _first_present(*parts: Run) -> Run:
    def run(rows: Rows, facts: Facts) -> Any:
        for part in parts:
            value = part(rows, facts)
            if value is not None:
                return value
        return None

    return run


def _exclusive(*values: bool | None) -> bool:
    return sum(value is True for value in values) % 2 == 1


AND = Primitive("and", _and, build.conjunction, total=True, lazy=True)
OR = Primitive("or", _or, build.disjunction, total=True, lazy=True)
CONDITIONAL = Primitive("conditional", _conditional, build.conditional, lazy=True)
SWITCH = Primitive("switch", _switch, build.switch, lazy=True)
EXCLUSIVE = Primitive("exclusive", _exclusive, several.exclusive, total=True)
COUNT_BLANK = Primitive("count_blank", lambda *values: Decimal(values.count(None)), several.count_blank, total=True)
FIRST_PRESENT = Primitive("first_present", _first_present, build.first_present, lazy=True)

_B = Type.BOOLEAN
_condition = Parameter("condition", (_B,))
_anything = Parameter("value", ALL_TYPES)


@dataclass(frozen=True)
class Branching(Function):
    """Functions whose branches must have a common type, which is the type of the result."""

    def conditions(self, nodes: list[Node], places: Sequence[int], call: Apply, checker: Checking) -> bool:
        """Report arguments that are no conditions."""
        wrong = [place for place in places if nodes[place].type not in (_B, Type.BLANK)]
        for place in wrong:
            self.wrong_type(call, checker, place, nodes[place].type, {_B})
        return not wrong

    def common(self, nodes: list[Node], places: Sequence[int], call: Apply, checker: Checking) -> Type | None:
        """The type of these arguments; reports if they differ."""
        kind = unify([nodes[place].type for place in places])
        if kind is None:
            first = next(nodes[place].type for place in places if nodes[place].type is not Type.BLANK)
            place = next(place for place in places if nodes[place].type not in (first, Type.BLANK))
            other = nodes[place].type
            message = f"{self.key}: the values must have one type, these are {first.value} and {other.value}"
            checker.report(
                "formula.branch_types",
                call.arguments[place].span,
                message,
                function=self.key,
                first=first.value,
                first_label=first.words,
                other=other.value,
                other_label=other.words,
            )
        return kind


def _case(nodes: list[Node], kind: Type, primitive: Primitive) -> Node:
    return Call(primitive, tuple(nodes), kind)


@dataclass(frozen=True)
class If(Branching):
    """IF(condition, then, [else])."""

    def check(self, call: Apply, checker: Checking) -> Node:
        """Without a last argument the result is blank where the condition is false."""
        nodes = [checker.check(argument) for argument in call.arguments]
        if not self.count_between(call, checker, 2, 3) or not self.conditions(nodes, [0], call, checker):
            return BLANK
        values = [*nodes[1:], BLANK][:2]
        kind = self.common([nodes[0], *values], range(1, len(nodes)), call, checker)
        if kind is None or kind is Type.BLANK:
            return BLANK
        return _case([coerce(nodes[0], _B), *(coerce(value, kind) for value in values)], kind, CONDITIONAL)


@dataclass(frozen=True)
class Ifs(Branching):
    """IFS(condition, value, …)."""

    def check(self, call: Apply, checker: Checking) -> Node:
        """The value of the first true condition; blank if none is."""
        nodes = [checker.check(argument) for argument in call.arguments]
        if not self.count_between(call, checker, 2, None):
            return BLANK
        if len(nodes) % 2:
            message = f"IFS takes pairs of condition and value, the last condition has no value: {self.usage}"
            return checker.report("formula.argument_pairs", call.span, message, function=self.key, usage=self.usage)
        if not self.conditions(nodes, range(0, len(nodes), 2), call, checker):
            return BLANK
        kind = self.common(nodes, range(1, len(nodes), 2), call, checker)
        if kind is None or kind is Type.BLANK:
            return BLANK
        parts = [coerce(node, kind if place % 2 else _B) for place, node in enumerate(nodes)]
        return _case([*parts, coerce(BLANK, kind)], kind, CONDITIONAL)


@dataclass(frozen=True)
class Switch(Branching):
    """SWITCH(value, case, result, …, [default])."""

    def check(self, call: Apply, checker: Checking) -> Node:
        """Cases are compared as `=` compares; without a default the result is blank where none fits."""
        nodes = [checker.check(argument) for argument in call.arguments]
        if not self.count_between(call, checker, 3, None):
            return BLANK
        has_default = len(nodes) % 2 == 0
        last = len(nodes) - 1 if has_default else len(nodes)
        cases, results = range(1, last, 2), [*range(2, last, 2), *([last] if has_default else [])]
        subject = self.common(nodes, [0, *cases], call, checker)
        kind = self.common(nodes, results, call, checker)
        if subject is None or kind is None or kind is Type.BLANK:
            return BLANK
        if subject is Type.LIST:
            return self.wrong_type(call, checker, 0, subject, {Type.TEXT, Type.NUMBER})
        parts = [coerce(nodes[place], kind if place and place % 2 == 0 else subject) for place in range(last)]
        return _case([*parts, coerce(nodes[last] if has_default else BLANK, kind)], kind, SWITCH)


@dataclass(frozen=True)
class IfError(Branching):
    """IFERROR(value, instead)."""

    def check(self, call: Apply, checker: Checking) -> Node:
        """An error is a blank here, so this is the value unless it is blank."""
        nodes = [checker.check(argument) for argument in call.arguments]
        if not self.count_between(call, checker, 2, None):
            return BLANK
        kind = self.common(nodes, range(len(nodes)), call, checker)
        if kind is None or kind is Type.BLANK:
            return BLANK
        return _case([coerce(node, kind) for node in nodes], kind, FIRST_PRESENT)


def _examples(examples: dict[str, str]) -> tuple[Example, ...]:
    return tuple(Example(text, shows) for text, shows in examples.items())


FUNCTIONS: tuple[Function, ...] = (
    If(
        "IF",
        ("如果",),
        "logic",
        "IF(condition, then, [else])",
        {
            "zh-CN": "条件成立取第二个参数，否则取第三个；没有第三个则为空。空的条件按不成立。",
            "en": "The second argument where the condition is true, else the third (blank without one).",
        },
        _examples({'IF(amount > 100, "高", "低")': '"高"', "IF(amount < 0, 1)": "blank"}),
    ),
    Ifs(
        "IFS",
        ("多条件",),
        "logic",
        "IFS(condition, value, …)",
        {
            "zh-CN": "第一个成立的条件对应的值；都不成立则为空。可用 TRUE 作最后的条件。",
            "en": "The value of the first condition that is true; blank if none is. TRUE may be the last condition.",
        },
        _examples({'IFS(amount >= 200, "A", amount >= 100, "B", TRUE, "C")': '"B"'}),
    ),
    Function(
        "AND",
        ("并且",),
        "logic",
        "AND(condition, …)",
        {
            "zh-CN": "全部成立。",
            "en": "Whether all are true.",
        },
        _examples({"AND(1 < 2, 2 < 3)": "TRUE", "AND(TRUE, FALSE)": "FALSE"}),
        (Signature((_condition,), _B, calls(AND, _B), rest=_condition),),
    ),
    Function(
        "OR",
        ("或者",),
        "logic",
        "OR(condition, …)",
        {
            "zh-CN": "至少一个成立。",
            "en": "Whether at least one is true.",
        },
        _examples({"OR(1 > 2, 2 < 3)": "TRUE"}),
        (Signature((_condition,), _B, calls(OR, _B), rest=_condition),),
    ),
    Function(
        "NOT",
        ("非",),
        "logic",
        "NOT(condition)",
        {
            "zh-CN": "不成立。注意：任一边为空时 a < b 不成立，NOT(a < b) 成立，a >= b 不成立。",
            "en": "The opposite. With a blank side a < b is false, so NOT(a < b) is true although a >= b is false.",
        },
        _examples({"NOT(1 > 2)": "TRUE"}),
        (Signature((_condition,), _B, calls(NOT, _B)),),
    ),
    Function(
        "XOR",
        ("异或",),
        "logic",
        "XOR(condition, …)",
        {
            "zh-CN": "奇数个成立。",
            "en": "Whether an odd number of them is true.",
        },
        _examples({"XOR(TRUE, FALSE)": "TRUE", "XOR(TRUE, TRUE)": "FALSE"}),
        (Signature((_condition,), _B, calls(EXCLUSIVE, _B), rest=_condition),),
    ),
    Function(
        "COUNTBLANK",
        ("空值计数",),
        "logic",
        "COUNTBLANK(value, …)",
        {
            "zh-CN": "几个值中有几个为空。",
            "en": "How many of the values are blank.",
        },
        _examples({'COUNTBLANK(amount, "", tags)': "1"}),
        (Signature((_anything,), Type.NUMBER, calls(COUNT_BLANK, Type.NUMBER), rest=_anything),),
    ),
    Switch(
        "SWITCH",
        ("匹配",),
        "logic",
        "SWITCH(value, case, result, …, [default])",
        {
            "zh-CN": "与值相等的那一项对应的结果，否则为默认值或空。",
            "en": "The result of the case that equals the value, else the default or blank.",
        },
        _examples({'SWITCH("b", "a", 1, "b", 2, 0)': "2", 'SWITCH(7, 1, "x")': "blank"}),
    ),
    IfError(
        "IFERROR",
        ("空则", "IFBLANK", "COALESCE"),
        "logic",
        "IFERROR(value, instead, …)",
        {
            "zh-CN": "第一个不为空的值。这里没有错误值：算不出来就是空。",
            "en": "The first value that is not blank. There are no error values: what cannot be computed is blank.",
        },
        _examples({"IFERROR(1 / 0, 0)": "0", "IFERROR(5, 0)": "5"}),
    ),
)
