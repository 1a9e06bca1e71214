"""Rounding and whole-number arithmetic (EXPRESSIONS.md, rules 1 to 3)."""

from decimal import Decimal

from engines.formula import numbers
from engines.formula.functions.base import Example, Function, Parameter, Signature, calls
from engines.formula.functions.operators import POWER
from engines.formula.sql import build
from engines.formula.sql.build import dg
from engines.formula.tree import Primitive
from engines.formula.types import Type

_N = Type.NUMBER

ROUND = Primitive("round", numbers.round_half, dg("round_half", _N))
ROUND_UP = Primitive("round_up", numbers.round_up, dg("round_up", _N))
ROUND_DOWN = Primitive("round_down", numbers.round_down, dg("round_down", _N))
FLOOR = Primitive("floor", numbers.floor, build.floor)
CEILING_TO = Primitive("ceiling_to", numbers.ceiling_to, dg("ceiling_to", _N))
FLOOR_TO = Primitive("floor_to", numbers.floor_to, dg("floor_to", _N))
ABSOLUTE = Primitive("absolute", numbers.absolute, build.absolute)
MODULO = Primitive("modulo", numbers.modulo, dg("mod", _N))

_number = Parameter("number", (_N,))
_places = Parameter("places", (_N,), Decimal(0))
_step = Parameter("step", (_N,), Decimal(1))


def _function(
    key: str, aliases: tuple[str, ...], usage: str, zh: str, en: str, examples: dict[str, str], primitive: Primitive,
    *parameters: Parameter,
) -> Function:  # fmt: skip
    shown = tuple(Example(text, shows) for text, shows in examples.items())
    signature = Signature(parameters, _N, calls(primitive, _N))
    return Function(key, aliases, "rounding", usage, {"zh-CN": zh, "en": en}, shown, (signature,))


FUNCTIONS: tuple[Function, ...] = (
    _function(
        "ROUND",
        ("四舍五入",),
        "ROUND(number, [places])",
        "四舍五入（远离零）；位数可为负。",
        "Rounds half away from zero; places may be negative.",
        {"ROUND(2.5)": "3", "ROUND(-2.345, 2)": "-2.35", "ROUND(1250, -2)": "1300"},
        ROUND,
        _number,
        _places,
    ),
    _function(
        "ROUNDUP",
        ("向上舍入",),
        "ROUNDUP(number, [places])",
        "向远离零的方向舍入。",
        "Rounds away from zero.",
        {"ROUNDUP(1.01)": "2", "ROUNDUP(-1.01)": "-2"},
        ROUND_UP,
        _number,
        _places,
    ),
    _function(
        "ROUNDDOWN",
        ("向下舍入", "TRUNC"),
        "ROUNDDOWN(number, [places])",
        "向零的方向截断。",
        "Cuts towards zero.",
        {"ROUNDDOWN(1.99)": "1", "ROUNDDOWN(-1.99)": "-1"},
        ROUND_DOWN,
        _number,
        _places,
    ),
    _function(
        "INT",
        ("取整",),
        "INT(number)",
        "不大于它的最大整数。",
        "The largest whole number that is not above.",
        {"INT(1.9)": "1", "INT(-1.5)": "-2"},
        FLOOR,
        _number,
    ),
    _function(
        "CEILING",
        ("向上取倍数",),
        "CEILING(number, [step])",
        "不小于它的最小倍数；步长须为正，否则为空。",
        "The smallest multiple of a positive step that is not below; blank for other steps.",
        {"CEILING(7, 5)": "10", "CEILING(-7, 5)": "-5", "CEILING(1.2)": "2"},
        CEILING_TO,
        _number,
        _step,
    ),
    _function(
        "FLOOR",
        ("向下取倍数",),
        "FLOOR(number, [step])",
        "不大于它的最大倍数；步长须为正，否则为空。",
        "The largest multiple of a positive step that is not above; blank for other steps.",
        {"FLOOR(7, 5)": "5", "FLOOR(-7, 5)": "-10"},
        FLOOR_TO,
        _number,
        _step,
    ),
    _function(
        "ABS",
        ("绝对值",),
        "ABS(number)",
        "绝对值。",
        "The number without its sign.",
        {"ABS(-3)": "3"},
        ABSOLUTE,
        _number,
    ),
    _function(
        "MOD",
        ("取余",),
        "MOD(number, divisor)",
        "余数，符号同除数；除数为 0 则为空。",
        "The remainder, with the divisor's sign; blank if the divisor is 0.",
        {"MOD(7, 3)": "1", "MOD(-7, 3)": "2", "MOD(5, 0)": "blank"},
        MODULO,
        _number,
        Parameter("divisor", (_N,)),
    ),
    _function(
        "POWER",
        ("乘方",),
        "POWER(number, exponent)",
        "乘方；负数只能有整数指数，0 的 0 次方和负数次方为空，超出数字范围为空。",
        "Power; a negative number takes whole exponents only, 0 to the power 0 or below is blank, and so is what is too"
        " large.",
        {
            "POWER(2, 10)": "1024",
            "POWER(98.6, 3.2)": "2401077.222069575877",
            "POWER(4, 0.5)": "2",
            "POWER(0, 0)": "blank",
        },
        POWER,
        _number,
        Parameter("exponent", (_N,)),
    ),
)
