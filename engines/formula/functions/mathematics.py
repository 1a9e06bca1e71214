"""Arithmetic beyond the operators: roots, logarithms, angles, counting (EXPRESSIONS.md, rules 1 to 3)."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from engines.formula import counting, transcendental
from engines.formula.functions.base import Parameter, Signature
from engines.formula.functions.define import family, made, one
from engines.formula.sql import several
from engines.formula.sql.build import dg
from engines.formula.tree import Call, Constant, Primitive
from engines.formula.types import Type

_N, _B = Type.NUMBER, Type.BOOLEAN


def _guarded(key: str, work: Callable[..., Any]) -> Primitive:
    return Primitive(key, work, dg(key, _N))


SIGN = Primitive("sign", counting.sign, several.sign)
QUOTIENT = _guarded("quotient", counting.quotient)
GREATEST_DIVISOR = Primitive("greatest_divisor", counting.greatest_divisor, several.of_all("greatest_divisor", _N))
LEAST_MULTIPLE = Primitive("least_multiple", counting.least_multiple, several.of_all("least_multiple", _N))
PRODUCT_OF = Primitive("product_of", counting.product, several.of_all("product", _N))
MEDIAN_OF = Primitive("median_of", counting.median, several.of_all("median", _N))
PERMUTATIONS = _guarded("permutations", counting.permutations)
COMBINATIONS = _guarded("combinations", counting.combinations)
SQUARE_ROOT = _guarded("square_root", transcendental.square_root)
EXPONENTIAL = _guarded("exponential", transcendental.exponential)
NATURAL_LOG = _guarded("natural_log", transcendental.natural_log)
LOGARITHM = _guarded("logarithm", transcendental.logarithm)
SINE = _guarded("sine", transcendental.sine)
COSINE = _guarded("cosine", transcendental.cosine)
TANGENT = _guarded("tangent", transcendental.tangent)
COTANGENT = _guarded("cotangent", transcendental.cotangent)
ARCSINE = _guarded("arcsine", transcendental.arcsine)
ARCCOSINE = _guarded("arccosine", transcendental.arccosine)
ARCTANGENT = _guarded("arctangent", transcendental.arctangent)
ARCCOTANGENT = _guarded("arccotangent", transcendental.arccotangent)
RADIANS = _guarded("radians", transcendental.radians)
DEGREES = _guarded("degrees", transcendental.degrees)
NORMAL = _guarded("normal", transcendental.normal)
DISTANCE = _guarded("distance", transcendental.distance)

_number = Parameter("number", (_N,))
_angle = Parameter("angle", (_N,))
_ten = Parameter("base", (_N,), Decimal(10))
_function = family("math")


def _simple(primitive: Primitive, parameter: Parameter = _number) -> Signature:
    return one(primitive, _N, parameter)


FUNCTIONS = (
    _function(
        "SIGN",
        ("正负号",),
        "SIGN(number)",
        "正数为 1，零为 0，负数为 -1。",
        "1 for positive numbers, 0 for zero, -1 for negative ones.",
        {"SIGN(-3.5)": "-1", "SIGN(0)": "0"},
        _simple(SIGN),
    ),
    _function(
        "QUOTIENT",
        ("整除",),
        "QUOTIENT(number, divisor)",
        "商的整数部分（向零截断）；除数为 0 则为空。",
        "The whole part of a division, cut towards zero; blank if the divisor is 0.",
        {"QUOTIENT(7, 2)": "3", "QUOTIENT(-7, 2)": "-3", "QUOTIENT(1, 0)": "blank"},
        one(QUOTIENT, _N, _number, Parameter("divisor", (_N,))),
    ),
    _function(
        "GCD",
        ("最大公约数",),
        "GCD(number, …)",
        "最大公约数；小数先截为整数，有负数则为空。",
        "The greatest common divisor; numbers are cut to whole ones, blank if one is negative.",
        {"GCD(24, 36)": "12", "GCD(7, 0)": "7"},
        one(GREATEST_DIVISOR, _N, _number, rest=_number),
    ),
    _function(
        "LCM",
        ("最小公倍数",),
        "LCM(number, …)",
        "最小公倍数；小数先截为整数，有负数则为空。",
        "The least common multiple; numbers are cut to whole ones, blank if one is negative.",
        {"LCM(4, 6)": "12"},
        one(LEAST_MULTIPLE, _N, _number, rest=_number),
    ),
    _function(
        "SQRT",
        ("平方根",),
        "SQRT(number)",
        "平方根；负数为空。",
        "The square root; blank of a negative number.",
        {"SQRT(16)": "4", "SQRT(2)": "1.414213562373", "SQRT(-1)": "blank"},
        _simple(SQUARE_ROOT),
    ),
    _function(
        "EXP",
        ("自然指数",),
        "EXP(number)",
        "e 的若干次方。",
        "e to this power.",
        {"EXP(1)": "2.718281828459", "EXP(0)": "1"},
        _simple(EXPONENTIAL),
    ),
    _function(
        "LN",
        ("自然对数",),
        "LN(number)",
        "自然对数；零和负数为空。",
        "The natural logarithm; blank of 0 and below.",
        {"LN(86)": "4.454347296254", "LN(0)": "blank"},
        _simple(NATURAL_LOG),
    ),
    _function(
        "LOG",
        ("对数",),
        "LOG(number, [base])",
        "对数，底数默认 10；真数、底数不为正或底数为 1 时为空。",
        "The logarithm, to the base 10 by default; blank if number or base is not positive, or the base is 1.",
        {"LOG(1000)": "3", "LOG(8, 2)": "3", "LOG(8, 1)": "blank"},
        one(LOGARITHM, _N, _number, _ten),
    ),
    _function(
        "LOG10",
        ("常用对数",),
        "LOG10(number)",
        "以 10 为底的对数；零和负数为空。",
        "The logarithm to the base 10; blank of 0 and below.",
        {"LOG10(86)": "1.934498451244"},
        made(_N, lambda nodes: Call(LOGARITHM, (nodes[0], Constant(Decimal(10), _N)), _N), _number),
    ),
    _function(
        "PI",
        ("圆周率",),
        "PI()",
        "圆周率，12 位小数。",
        "The number pi, with 12 places.",
        {"PI()": "3.14159265359"},
        made(_N, lambda _nodes: Constant(transcendental.PI_VALUE, _N)),
    ),
    _function(
        "SIN",
        ("正弦",),
        "SIN(angle)",
        "正弦，角以弧度计。",
        "The sine of an angle in radians.",
        {"SIN(1)": "0.841470984808", "SIN(RADIANS(30))": "0.5"},
        _simple(SINE, _angle),
    ),
    _function(
        "COS",
        ("余弦",),
        "COS(angle)",
        "余弦，角以弧度计。",
        "The cosine of an angle in radians.",
        {"COS(0)": "1", "COS(1.047)": "0.500171074597"},
        _simple(COSINE, _angle),
    ),
    _function(
        "TAN",
        ("正切",),
        "TAN(angle)",
        "正切，角以弧度计。",
        "The tangent of an angle in radians.",
        {"TAN(0.785)": "0.999203990105"},
        _simple(TANGENT, _angle),
    ),
    _function(
        "COT",
        ("余切",),
        "COT(angle)",
        "余切，角以弧度计；0 为空。",
        "The cotangent of an angle in radians; blank of 0.",
        {"COT(30)": "-0.156119952162", "COT(0)": "blank"},
        _simple(COTANGENT, _angle),
    ),
    _function(
        "ASIN",
        ("反正弦",),
        "ASIN(number)",
        "反正弦，得弧度；-1 到 1 之外为空。",
        "The angle with this sine; blank outside -1 to 1.",
        {"ASIN(-0.5)": "-0.523598775598", "ASIN(2)": "blank"},
        _simple(ARCSINE),
    ),
    _function(
        "ACOS",
        ("反余弦",),
        "ACOS(number)",
        "反余弦，得弧度；-1 到 1 之外为空。",
        "The angle with this cosine; blank outside -1 to 1.",
        {"ACOS(-0.5)": "2.094395102393"},
        _simple(ARCCOSINE),
    ),
    _function(
        "ATAN",
        ("反正切",),
        "ATAN(number)",
        "反正切，得弧度。",
        "The angle with this tangent.",
        {"ATAN(1)": "0.785398163397"},
        _simple(ARCTANGENT),
    ),
    _function(
        "ACOT",
        ("反余切",),
        "ACOT(number)",
        "反余切，得 0 到 π 的弧度。",
        "The angle with this cotangent, between 0 and pi.",
        {"ACOT(2)": "0.463647609001", "ACOT(-2)": "2.677945044589"},
        _simple(ARCCOTANGENT),
    ),
    _function(
        "RADIANS",
        ("弧度",),
        "RADIANS(degrees)",
        "角度转弧度。",
        "Degrees as radians.",
        {"RADIANS(270)": "4.712388980385"},
        _simple(RADIANS, _angle),
    ),
    _function(
        "DEGREES",
        ("角度",),
        "DEGREES(radians)",
        "弧度转角度。",
        "Radians as degrees.",
        {"DEGREES(1)": "57.295779513082"},
        _simple(DEGREES, _angle),
    ),
    _function(
        "PERMUT",
        ("排列数",),
        "PERMUT(total, chosen)",
        "从 total 个中取 chosen 个的排列数；小数先截为整数，取多了或为负则为空。",
        "In how many orders so many of so many can be put; blank if more are chosen than there are, or below 0.",
        {"PERMUT(100, 3)": "970200", "PERMUT(3, 4)": "blank"},
        one(PERMUTATIONS, _N, Parameter("total", (_N,)), Parameter("chosen", (_N,))),
    ),
    _function(
        "COMBIN",
        ("组合数",),
        "COMBIN(total, chosen)",
        "从 total 个中取 chosen 个的组合数；小数先截为整数，取多了或为负则为空。",
        "How many selections of so many there are; blank if more are chosen than there are, or below 0.",
        {"COMBIN(8, 2)": "28"},
        one(COMBINATIONS, _N, Parameter("total", (_N,)), Parameter("chosen", (_N,))),
    ),
    _function(
        "PRODUCT",
        ("乘积",),
        "PRODUCT(number, …)",
        "各数相乘，空略过；都为空则为空。",
        "The numbers multiplied; blanks are skipped, blank of nothing.",
        {"PRODUCT(2, 3, 4)": "24", 'PRODUCT(2, "", 4)': "8"},
        one(PRODUCT_OF, _N, _number, rest=_number),
    ),
    _function(
        "MEDIAN",
        ("中位数",),
        "MEDIAN(number, …)",
        "中间的数，偶数个时为中间两个的平均；空略过。",
        "The number in the middle, or the average of the two in the middle; blanks are skipped.",
        {"MEDIAN(1, 2, 3, 4, 5)": "3", "MEDIAN(1, 2, 3, 4, 5, 6)": "3.5"},
        one(MEDIAN_OF, _N, _number, rest=_number),
    ),
    _function(
        "NORM_S_DIST",
        ("标准正态分布", "NORMSDIST"),
        "NORM_S_DIST(number, [cumulative])",
        "标准正态分布：默认为累积概率，第二个参数为 FALSE 时为密度。Excel 写作 NORM.S.DIST。",
        "The standard normal distribution: the share below, or with FALSE the density. Excel's NORM.S.DIST.",
        {"NORM_S_DIST(1.333333)": "0.908788725604", "NORM_S_DIST(1.333333, FALSE)": "0.164010147569"},
        one(NORMAL, _N, _number, Parameter("cumulative", (_B,), True)),
    ),
    _function(
        "DISTANCE",
        ("两点距离",),
        "DISTANCE(latitude, longitude, latitude, longitude)",
        "两个经纬度之间的球面距离，单位千米，精确到米；不是经纬度则为空。",
        "Kilometres between two places on the globe, to the metre; blank for numbers that are no place.",
        {"DISTANCE(39.9042, 116.4074, 31.2304, 121.4737)": "1067.312"},
        one(DISTANCE, _N, *(Parameter(name, (_N,)) for name in ("latitude", "longitude", "latitude", "longitude"))),
    ),
)
