"""Dates and instants. The date of an instant is taken in the workspace's zone (EXPRESSIONS.md, rule 10)."""

from dataclasses import dataclass
from decimal import Decimal

from engines.formula import dates, periods
from engines.formula.functions.base import (
    BLANK,
    Checking,
    Example,
    Function,
    Parameter,
    Signature,
    calls,
    choose,
    coerce,
)
from engines.formula.functions.operators import DAYS_BETWEEN, PLUS_DAYS
from engines.formula.sql import build, several
from engines.formula.sql.build import dg
from engines.formula.syntax import Apply
from engines.formula.tree import Call, Constant, FactValue, Node, Primitive
from engines.formula.types import Type

_N, _D, _I, _T = Type.NUMBER, Type.DATE, Type.DATETIME, Type.TEXT

MAKE_DATE = Primitive("make_date", dates.make_date, dg("make_date", _D))
TO_DATE = Primitive("to_date", dates.date_from_text, dg("to_date", _D))
DATE_OF = Primitive("date_of", dates.date_of, dg("date_of", _D), zoned=True)
START_OF = Primitive("start_of", dates.start_of, dg("start_of", _I), zoned=True)
YEAR = Primitive("year", dates.year_of, build.part("year"))
MONTH = Primitive("month", dates.month_of, build.part("month"))
DAY = Primitive("day", dates.day_of, build.part("day"))
WEEKDAY = Primitive("weekday", dates.weekday_of, build.part("isodow"))
HOUR = Primitive("hour", dates.hour_of, build.clock(3_600_000, 86_400_000), zoned=True)
MINUTE = Primitive("minute", dates.minute_of, build.clock(60_000, 3_600_000), zoned=True)
SECOND = Primitive("second", dates.second_of, build.clock(1_000, 60_000), zoned=True)
MONTH_END = Primitive("month_end", dates.month_end, dg("month_end", _D))
PLUS_MONTHS = Primitive("plus_months", dates.plus_months, dg("plus_months", _D))
MOVE_DAYS = Primitive("move_days", dates.instant_plus_days, dg("move_days", _I), zoned=True)
MOVE_MONTHS = Primitive("move_months", dates.instant_plus_months, dg("move_months", _I), zoned=True)
PLUS_UNITS = Primitive("plus_units", dates.instant_plus, dg("plus_units", _I))
MONTHS_BETWEEN = Primitive("months_between", dates.months_between, dg("months_between", _N))
UNITS_BETWEEN = Primitive("units_between", dates.units_between, build.units_between)
CUT = Primitive("cut", dates.cut, dg("cut", _N))
TIMES = Primitive("times", dates.times, several.times)
AT_CLOCK = Primitive("at_clock", periods.at_clock, dg("at_clock", _I), zoned=True)
WEEKDAY_BY = Primitive("weekday_by", periods.weekday_by, dg("weekday_by", _N))
DAYS_BEYOND = Primitive("days_beyond", periods.days_beyond, dg("days_beyond", _N))
MONTHS_BEYOND = Primitive("months_beyond", periods.months_beyond, several.months_beyond)

UNITS = {
    "day": "day", "days": "day", "d": "day", "天": "day", "日": "day",
    "week": "week", "weeks": "week", "w": "week", "周": "week",
    "month": "month", "months": "month", "m": "month", "月": "month",
    "quarter": "quarter", "quarters": "quarter", "q": "quarter", "季": "quarter", "季度": "quarter",
    "year": "year", "years": "year", "y": "year", "年": "year",
    "hour": "hour", "hours": "hour", "h": "hour", "小时": "hour", "时": "hour",
    "minute": "minute", "minutes": "minute", "mi": "minute", "分钟": "minute", "分": "minute",
    "second": "second", "seconds": "second", "s": "second", "秒": "second",
}  # fmt: skip
_RESTS = {"ym": "months beyond years", "yd": "days beyond years", "md": "days beyond months"}
"""What Excel's DATEDIF also knows, and only it."""
_DATE_UNITS = {written: meant for written, meant in UNITS.items() if meant not in dates.UNIT_MS}


def _number(value: int) -> Node:
    return Constant(Decimal(value), _N)


def day_of_instant(node: Node) -> Node:
    """An instant's date; a date stays."""
    return Call(DATE_OF, (node,), _D) if node.type is _I else node


@dataclass(frozen=True)
class Moving(Function):
    """DATEADD and DATEDIF: a literal unit decides which primitive is meant."""

    difference: bool = False

    def check(self, call: Apply, checker: Checking) -> Node:
        """Hours, minutes and seconds need a date with time."""
        nodes = [checker.check(argument) for argument in call.arguments]
        if not self.count_between(call, checker, 3, 3):
            return BLANK
        wanted = [{_D, _I}, {_D, _I} if self.difference else {_N}]
        for place, types in enumerate(wanted):
            if nodes[place].type is not Type.BLANK and nodes[place].type not in types:
                return self.wrong_type(call, checker, place, nodes[place].type, types)
        timed = _I in (nodes[0].type, nodes[1].type)
        units = UNITS if timed else _DATE_UNITS
        unit = choose(call, checker, 2, nodes[2], units | {key: key for key in _RESTS} if self.difference else units)
        if not isinstance(unit, Constant):
            return BLANK
        first = coerce(nodes[0], _I if timed else _D)
        if self.difference:
            return self._between(first, coerce(nodes[1], _I if timed else _D), unit.value, call, checker)
        return self._moved(first, coerce(nodes[1], _N), unit.value)

    def _moved(self, start: Node, count: Node, unit: str) -> Node:
        if unit in dates.UNIT_MS:
            return Call(PLUS_UNITS, (start, count, _number(dates.UNIT_MS[unit])), _I)
        size = dates.UNIT_MONTHS.get(unit) or dates.UNIT_DAYS[unit]
        if size > 1:
            count = Call(TIMES, (count, _number(size)), _N)
        if unit in dates.UNIT_MONTHS:
            return Call(MOVE_MONTHS if start.type is _I else PLUS_MONTHS, (start, count), start.type)
        return Call(MOVE_DAYS if start.type is _I else PLUS_DAYS, (start, count), start.type)

    def _between(self, start: Node, end: Node, unit: str, call: Apply, checker: Checking) -> Node:
        if unit in dates.UNIT_MS:
            if start.type is not end.type:
                return self.wrong_type(call, checker, 0 if start.type is _D else 1, _D, {_I})
            return Call(UNITS_BETWEEN, (start, end, _number(dates.UNIT_MS[unit])), _N)
        start, end = day_of_instant(start), day_of_instant(end)
        if unit == "ym":
            return Call(MONTHS_BEYOND, (start, end), _N)
        if unit in _RESTS:
            return Call(DAYS_BEYOND, (start, end, _number(12 if unit == "yd" else 1)), _N)
        if unit in dates.UNIT_MONTHS:
            whole: Node = Call(MONTHS_BETWEEN, (start, end), _N)
            size = dates.UNIT_MONTHS[unit]
        else:
            whole = Call(DAYS_BETWEEN, (end, start), _N)
            size = dates.UNIT_DAYS[unit]
        return whole if size == 1 else Call(CUT, (whole, _number(size)), _N)


def _examples(examples: dict[str, str]) -> tuple[Example, ...]:
    return tuple(Example(text, shows) for text, shows in examples.items())


def _function(
    key: str, aliases: tuple[str, ...], usage: str, zh: str, en: str, examples: dict[str, str], *signatures: Signature
) -> Function:
    return Function(key, aliases, "date", usage, {"zh-CN": zh, "en": en}, _examples(examples), signatures)


def _part(primitive: Primitive) -> Signature:
    """A part of a date, or of the date of an instant."""
    return Signature((Parameter("date", (_D, _I)),), _N, lambda nodes: Call(primitive, (day_of_instant(nodes[0]),), _N))


def _of_instant(primitive: Primitive) -> Signature:
    return Signature((Parameter("datetime", (_I,)),), _N, calls(primitive, _N))


@dataclass(frozen=True)
class Moment(Function):
    """TODAY and NOW."""

    fact: str = "now"

    def check(self, call: Apply, checker: Checking) -> Node:
        """No arguments; the value is fixed once per transaction."""
        if not self.count_between(call, checker, 0, 0):
            return BLANK
        return FactValue((self.fact,), _I if self.fact == "now" else _D)


_three = tuple(Parameter(name, (_N,)) for name in ("year", "month", "day"))

FUNCTIONS: tuple[Function, ...] = (
    Moment(
        "TODAY",
        ("今天",),
        "date",
        "TODAY()",
        {
            "zh-CN": "今天的日期（工作区时区），同一事务内不变。存储公式中不可用。",
            "en": "The date in the workspace's zone, fixed once per transaction. Not in stored formulas.",
        },
        _examples({"TODAY()": "2024-05-17"}),
        volatile=True,
        fact="today",
    ),
    Moment(
        "NOW",
        ("现在", "SYSTIME", "DATENOW"),
        "date",
        "NOW()",
        {
            "zh-CN": "当前时间，同一事务内不变。存储公式中不可用。",
            "en": "The moment, fixed once per transaction. Not in stored formulas.",
        },
        _examples({"NOW()": "2024-05-17T08:30:00.000Z"}),
        volatile=True,
        fact="now",
    ),
    _function(
        "DATE",
        ("日期", "DATEVALUE"),
        "DATE(year, month, day) / DATE(datetime) / DATE(text)",
        "由年月日得到日期（没有这一天则为空，Excel 会顺延）；取时间的日期；把 2024-01-31 这样的文本转成日期。",
        "A date of three numbers (blank if there is no such day; Excel carries over), of an instant, or of a text.",
        {"DATE(2024, 2, 29)": "2024-02-29", "DATE(2023, 2, 29)": "blank", 'DATE("2024-1-5")': "2024-01-05"},
        Signature(_three, _D, calls(MAKE_DATE, _D)),
        Signature((Parameter("datetime", (_I,)),), _D, calls(DATE_OF, _D)),
        Signature((Parameter("text", (_T,)),), _D, calls(TO_DATE, _D)),
        Signature((Parameter("date", (_D,)),), _D, lambda nodes: nodes[0]),
    ),
    _function(
        "DATETIME",
        ("日期时间",),
        "DATETIME(date, [hour, minute, second])",
        "这一天开始的时刻，或这一天钟表指到某时某分某秒的时刻（工作区时区）；没有这样的钟点则为空。",
        "The instant at which a day begins in the workspace's zone, or at which its clocks show this; blank for what no"
        " clock shows.",
        {
            "DATETIME(DATE(2024, 1, 1))": "2023-12-31T16:00:00.000Z",
            "DATETIME(DATE(2024, 1, 1), 9, 30)": "2024-01-01T01:30:00.000Z",
            "DATETIME(DATE(2024, 1, 1), 24, 0)": "blank",
        },
        Signature((Parameter("date", (_D,)),), _I, calls(START_OF, _I)),
        Signature(
            (
                Parameter("date", (_D,)),
                *(Parameter(name, (_N,)) for name in ("hour", "minute")),
                Parameter("second", (_N,), Decimal(0)),
            ),
            _I,
            calls(AT_CLOCK, _I),
        ),
    ),
    _function("YEAR", ("年份",), "YEAR(date)", "年。", "The year.", {"YEAR(DATE(2024, 5, 6))": "2024"}, _part(YEAR)),
    _function(
        "MONTH",
        ("月份",),
        "MONTH(date)",
        "月，1 到 12。",
        "The month, 1 to 12.",
        {"MONTH(DATE(2024, 5, 6))": "5"},
        _part(MONTH),
    ),
    _function(
        "DAY",
        ("日",),
        "DAY(date)",
        "日，1 到 31。",
        "The day of the month.",
        {"DAY(DATE(2024, 5, 6))": "6"},
        _part(DAY),
    ),
    _function(
        "WEEKDAY",
        ("星期",),
        "WEEKDAY(date, [type])",
        "星期，周一为 1，周日为 7（Excel 默认周日为 1）；写出 type 时同 Excel：1 周日为 1，2 周一为 1，3 周一为 0。",
        "1 for Monday to 7 for Sunday (Excel counts from Sunday). With a type as Excel: 1 from Sunday, 2 from Monday, 3"
        " from Monday as 0, 11 to 17 from any day.",
        {"WEEKDAY(DATE(2024, 5, 6))": "1", "WEEKDAY(DATE(2008, 2, 14), 1)": "5", "WEEKDAY(DATE(2008, 2, 14), 3)": "3"},
        _part(WEEKDAY),
        Signature(
            (Parameter("date", (_D, _I)), Parameter("type", (_N,))),
            _N,
            lambda nodes: Call(WEEKDAY_BY, (day_of_instant(nodes[0]), nodes[1]), _N),
        ),
    ),
    _function(
        "HOUR",
        ("小时",),
        "HOUR(datetime)",
        "时，0 到 23。",
        "The hour, 0 to 23.",
        {"HOUR(created)": "16"},
        _of_instant(HOUR),
    ),
    _function(
        "MINUTE",
        ("分钟",),
        "MINUTE(datetime)",
        "分。",
        "The minute.",
        {"MINUTE(created)": "30"},
        _of_instant(MINUTE),
    ),
    _function(
        "SECOND", ("秒",), "SECOND(datetime)", "秒。", "The second.", {"SECOND(created)": "0"}, _of_instant(SECOND)
    ),
    _function(
        "MONTHEND",
        ("月末",),
        "MONTHEND(date)",
        "当月最后一天。",
        "The last day of the month.",
        {"MONTHEND(DATE(2024, 2, 5))": "2024-02-29"},
        Signature((Parameter("date", (_D, _I)),), _D, lambda n: Call(MONTH_END, (day_of_instant(n[0]),), _D)),
    ),
    _function(
        "DAYS",
        ("相差天数",),
        "DAYS(end, start)",
        "两个日期相差的整天数。",
        "Whole days from the second date to the first.",
        {"DAYS(DATE(2024, 3, 1), DATE(2024, 2, 28))": "2"},
        Signature(
            (Parameter("end", (_D, _I)), Parameter("start", (_D, _I))),
            _N,
            lambda n: Call(DAYS_BETWEEN, (day_of_instant(n[0]), day_of_instant(n[1])), _N),
        ),
    ),
    Moving(
        "DATEADD",
        ("日期加",),
        "date",
        "DATEADD(date, count, unit)",
        {
            "zh-CN": '加若干天、周、月、季、年（时间还可加时、分、秒）；加月不超过月末。单位如 "day"、"月"。',
            "en": "So many days, weeks, months, quarters or years later (instants: also hours, minutes, seconds);"
            " months stop at the month's end.",
        },
        _examples(
            {
                'DATEADD(DATE(2024, 1, 31), 1, "month")': "2024-02-29",
                'DATEADD(DATE(2024, 1, 1), -1, "天")': "2023-12-31",
            }
        ),
    ),
    Moving(
        "DATEDIF",
        ("日期间隔", "DATEIF"),
        "date",
        "DATEDIF(start, end, unit)",
        {
            "zh-CN": "从起到止的整单位数，反向为负。月按 Excel：1 月 31 日到 2 月 28 日不满一个月。"
            '还可用 "ym"（不计年的月数）、"yd"（不计年的天数）、"md"（不计月的天数）。',
            "en": "Complete units from start to end, negative backwards. Months as in Excel: none from 31 January to"
            ' 28 February. Also "ym" (months beyond the years), "yd" (days beyond the years), "md" (days beyond the'
            " months).",
        },
        _examples(
            {
                'DATEDIF(DATE(2024, 1, 15), DATE(2024, 3, 14), "month")': "1",
                'DATEDIF(DATE(2001, 6, 1), DATE(2002, 8, 15), "yd")': "75",
                'DATEDIF(DATE(2001, 6, 1), DATE(2002, 8, 15), "md")': "14",
            }
        ),
        difference=True,
    ),
)
