"""Weeks, quarters and years, and what is made of days and clocks (EXPRESSIONS.md, rule 10)."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from engines.formula import periods
from engines.formula.functions.base import Parameter, Signature
from engines.formula.functions.date import (
    MOVE_DAYS,
    PLUS_MONTHS,
    START_OF,
    day_of_instant,
)
from engines.formula.functions.define import family, made, one
from engines.formula.functions.operators import PLUS_DAYS
from engines.formula.sql import several
from engines.formula.sql.build import dg
from engines.formula.tree import Call, Constant, Node, Primitive
from engines.formula.types import Type

_N, _D, _I, _T, _B = Type.NUMBER, Type.DATE, Type.DATETIME, Type.TEXT, Type.BOOLEAN


def _guarded(key: str, work: Callable[..., Any], result: Type) -> Primitive:
    return Primitive(key, work, dg(key, result))


WEEK_NUMBER = _guarded("week_number", periods.week_number, _N)
QUARTER = Primitive("quarter", periods.quarter, several.quarter)
LEAP_DAY = Primitive("leap_day", periods.leap_day, several.leap_day, total=True)
LEAP_YEAR = Primitive("leap_year", periods.leap_year, dg("leap_year", _B), total=True)
MONTHS_AWAY_END = Primitive("months_away_end", periods.months_away_end, several.months_away_end)
PERIOD_START = _guarded("period_start", periods.period_start, _D)
PERIOD_END = _guarded("period_end", periods.period_end, _D)
DAYS_360 = _guarded("days_360", periods.days_360, _N)
TIMESTAMP = Primitive("timestamp", periods.timestamp, dg("ms", _N))
TIME_OF_DAY = _guarded("time_of_day", periods.time_of_day, _N)

_UNITS = {
    written: meant
    for meant, words in {
        "week": ("week", "w", "周"),
        "month": ("month", "m", "月"),
        "quarter": ("quarter", "q", "季", "季度"),
        "year": ("year", "y", "年"),
    }.items()
    for written in words
}
_any = Parameter("date", (_D, _I))
_start, _end = Parameter("start", (_D, _I)), Parameter("end", (_D, _I))
_months = Parameter("months", (_N,))
_function = family("date")


def _dated(primitive: Primitive, result: Type, *parameters: Parameter, days: int = 1) -> Signature:
    """The first arguments are days, or instants whose date counts."""

    def build_(nodes: tuple[Node, ...]) -> Node:
        return Call(primitive, (*(day_of_instant(node) for node in nodes[:days]), *nodes[days:]), result)

    return made(result, build_, *parameters)


def _period(primitive: Primitive) -> Signature:
    def build_(nodes: tuple[Node, ...]) -> Node:
        unit = nodes[1]
        assert isinstance(unit, Constant)  # `choices` lets nothing else through
        size = Constant(Decimal(periods.PERIODS[unit.value]), _N)
        return Call(primitive, (day_of_instant(nodes[0]), size), _D)

    return made(_D, build_, _any, Parameter("unit", (_T,), choices=_UNITS))


FUNCTIONS = (
    _function(
        "WEEKNUM",
        ("周数",),
        "WEEKNUM(date, [type])",
        "一年中的第几周，含 1 月 1 日的一周为第 1 周。type 同 Excel：默认 1 从周日起，2 从周一起，21 为 ISO 周。",
        "The week of the year; that of 1 January is the first. Types as in Excel: 1 from Sunday (the default), 2 from"
        " Monday, 11 to 17 from Monday to Sunday, 21 the ISO week.",
        {"WEEKNUM(DATE(2012, 3, 9))": "10", "WEEKNUM(DATE(2012, 3, 9), 2)": "11"},
        _dated(WEEK_NUMBER, _N, _any, Parameter("type", (_N,), Decimal(1))),
    ),
    _function(
        "ISOWEEKNUM",
        ("国际周数",),
        "ISOWEEKNUM(date)",
        "ISO 8601 的周数：从周一起，含当年第一个周四的一周为第 1 周。",
        "The week by ISO 8601: from Monday, the first is the one with the year's first Thursday.",
        {"ISOWEEKNUM(DATE(2012, 3, 9))": "10", "ISOWEEKNUM(DATE(2021, 1, 1))": "53"},
        made(_N, lambda n: Call(WEEK_NUMBER, (day_of_instant(n[0]), Constant(Decimal(21), _N)), _N), _any),
    ),
    _function(
        "QUARTER",
        ("季度",),
        "QUARTER(date)",
        "季度，1 到 4。",
        "The quarter, 1 to 4.",
        {"QUARTER(DATE(2024, 5, 6))": "2"},
        _dated(QUARTER, _N, _any),
    ),
    _function(
        "EDATE",
        ("几个月后",),
        "EDATE(date, months)",
        "若干个月后的日期，不超过月末；负数为之前。",
        "The date so many months later, at the latest the month's end; earlier for a negative number.",
        {"EDATE(DATE(2011, 1, 15), 1)": "2011-02-15", "EDATE(DATE(2024, 1, 31), 1)": "2024-02-29"},
        _dated(PLUS_MONTHS, _D, _any, _months),
    ),
    _function(
        "EOMONTH",
        ("几个月后月末",),
        "EOMONTH(date, months)",
        "若干个月后那个月的最后一天。",
        "The last day of the month so many months later.",
        {"EOMONTH(DATE(2011, 1, 1), 1)": "2011-02-28", "EOMONTH(DATE(2011, 1, 1), -3)": "2010-10-31"},
        _dated(MONTHS_AWAY_END, _D, _any, _months),
    ),
    _function(
        "STARTOF",
        ("期初",),
        "STARTOF(date, unit)",
        '所在周（周一起）、月、季、年的第一天。单位如 "week"、"月"。',
        'The first day of the week (from Monday), month, quarter or year: "week", "month", "quarter", "year".',
        {'STARTOF(DATE(2024, 5, 17), "week")': "2024-05-13", 'STARTOF(DATE(2024, 5, 17), "季")': "2024-04-01"},
        _period(PERIOD_START),
    ),
    _function(
        "ENDOF",
        ("期末",),
        "ENDOF(date, unit)",
        "所在周（到周日）、月、季、年的最后一天。",
        "The last day of the week (to Sunday), month, quarter or year.",
        {'ENDOF(DATE(2024, 5, 17), "week")': "2024-05-19", 'ENDOF(DATE(2024, 5, 17), "year")': "2024-12-31"},
        _period(PERIOD_END),
    ),
    _function(
        "ISLEAPYEAR",
        ("是否闰年",),
        "ISLEAPYEAR(year) / ISLEAPYEAR(date)",
        "是否闰年，参数为年份或日期。",
        "Whether a year has 366 days, given as a number or by a date.",
        {"ISLEAPYEAR(2024)": "TRUE", "ISLEAPYEAR(1900)": "FALSE", "ISLEAPYEAR(DATE(2023, 5, 6))": "FALSE"},
        one(LEAP_YEAR, _B, Parameter("year", (_N,))),
        _dated(LEAP_DAY, _B, _any),
    ),
    _function(
        "DAYS360",
        ("三六零天数",),
        "DAYS360(start, end, [european])",
        "按每月 30 天、每年 360 天计的天数；默认美国算法，TRUE 为欧洲算法。",
        "Days in a year of 360 days, by the method of the United States or, with TRUE, of Europe.",
        {"DAYS360(DATE(2011, 1, 30), DATE(2011, 2, 1))": "1", "DAYS360(DATE(2011, 1, 1), DATE(2011, 12, 31))": "360"},
        _dated(DAYS_360, _N, _start, _end, Parameter("european", (_B,), False), days=2),
    ),
    _function(
        "DATEDELTA",
        ("加天数",),
        "DATEDELTA(date, days)",
        "若干天后的日期；时间保持钟点不变。",
        "So many days later; an instant keeps its time of day.",
        {"DATEDELTA(DATE(2024, 2, 28), 2)": "2024-03-01"},
        one(PLUS_DAYS, _D, Parameter("date", (_D,)), Parameter("days", (_N,))),
        one(MOVE_DAYS, _I, Parameter("datetime", (_I,)), Parameter("days", (_N,))),
    ),
    _function(
        "TIME",
        ("时分秒",),
        "TIME(hour, minute, second)",
        "时分秒占一天的比例，超过一天的略去；可与时间相加。",
        "A time as a part of a day, whole days left out; may be added to an instant.",
        {"TIME(12, 0, 0)": "0.5", "TIME(16, 48, 10)": "0.700115740741", "TIME(27, 0, 0)": "0.125"},
        one(TIME_OF_DAY, _N, *(Parameter(name, (_N,)) for name in ("hour", "minute", "second"))),
    ),
    _function(
        "TIMESTAMP",
        ("时间戳",),
        "TIMESTAMP(date)",
        "1970 年以来的毫秒数；日期取当天开始的时刻。",
        "Milliseconds since 1970; of a date, at its beginning.",
        {"TIMESTAMP(created)": "1715934600000", "TIMESTAMP(DATE(2024, 1, 1))": "1704038400000"},
        one(TIMESTAMP, _N, Parameter("datetime", (_I,))),
        made(_N, lambda n: Call(TIMESTAMP, (Call(START_OF, n, _I),), _N), Parameter("date", (_D,))),
    ),
)
