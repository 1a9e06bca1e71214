"""What is drawn by lot: in default values only, since it would be another value at every look."""

from dataclasses import dataclass

from engines.formula import drawing
from engines.formula.functions.base import Checking, Function, Parameter
from engines.formula.functions.define import one, shown
from engines.formula.sql import several
from engines.formula.syntax import Apply
from engines.formula.tree import Node, Primitive
from engines.formula.types import Place, Type

# `zoned`: they take the facts, and so are not computed when the expression is compiled.
FRACTION = Primitive("random_fraction", drawing.fraction, several.never, total=True, zoned=True)
NUMBER = Primitive("random_between", drawing.between, several.never, zoned=True)
IDENTIFIER = Primitive("random_identifier", drawing.identifier, several.never, total=True, zoned=True)


@dataclass(frozen=True)
class Drawn(Function):
    """A function for default values only."""

    def check(self, call: Apply, checker: Checking) -> Node:
        """Reports every other place."""
        if checker.place is not Place.DEFAULT:
            message = f"{self.key} gives another value each time; it may stand in default values only, drawn once"
            checker.report("formula.only_default", call.span, message, function=self.key, place=checker.place.value)
        return super().check(call, checker)


FUNCTIONS = (
    Drawn(
        "RAND",
        ("随机数",),
        "math",
        "RAND()",
        {
            "zh-CN": "0 到 1 之间的随机小数（不含 1）。只能用在默认值中，只取一次。",
            "en": "A random number from 0 on and below 1. Only in default values, drawn once.",
        },
        shown({"INT(RAND())": "0"}),
        (one(FRACTION, Type.NUMBER),),
    ),
    Drawn(
        "RANDBETWEEN",
        ("随机整数",),
        "math",
        "RANDBETWEEN(low, high)",
        {
            "zh-CN": "两数之间（含两端）的随机整数；没有则为空。只能用在默认值中，只取一次。",
            "en": "A random whole number between two, both included; blank if there is none. Only in default values,"
            " drawn once.",
        },
        shown({"RANDBETWEEN(7, 7)": "7", "RANDBETWEEN(2, 1)": "blank"}),
        (one(NUMBER, Type.NUMBER, Parameter("low", (Type.NUMBER,)), Parameter("high", (Type.NUMBER,))),),
    ),
    Drawn(
        "UUID",
        ("唯一编号",),
        "text",
        "UUID()",
        {
            "zh-CN": "随机的唯一编号，36 个字符。只能用在默认值中，只取一次。",
            "en": "A random unique identifier of 36 characters. Only in default values, drawn once.",
        },
        shown({"LEN(UUID())": "36"}),
        (one(IDENTIFIER, Type.TEXT),),
    ),
)
