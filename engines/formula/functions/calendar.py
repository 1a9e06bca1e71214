"""Working days and working hours along a business calendar; without a name the record says which one counts.

Calendars change without the records that are counted along them, so a formula that uses one is live.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ARRAY, BigInteger, BindParameter, Cast, Text, case, cast, func, literal, null

from engines.formula import calendars, dates
from engines.formula.calendars import Calendar
from engines.formula.functions.base import Checking, Example, Function, Parameter, Signature, calls
from engines.formula.sql.build import SQL_TYPES, Element
from engines.formula.syntax import Apply
from engines.formula.tree import Call, Node, Primitive, SqlValue
from engines.formula.types import Facts, Type

_D, _I, _N, _T = Type.DATE, Type.DATETIME, Type.NUMBER, Type.TEXT
_ARRAY = ARRAY(BigInteger())


def calendar_of(facts: Facts, name: str | None) -> Calendar | None:
    """The calendar with this key, the first one where none is named; None where there is no such calendar."""
    if name is not None:
        found: Calendar | None = facts.calendars.get(name)
        return found
    return next(iter(facts.calendars.values()), None)


def _packed(facts: Facts, name: SqlValue) -> Element:
    """The calendar as an argument: chosen here where its name is known, else by the statement in each row."""
    element = name.element
    if isinstance(element, BindParameter) or (name.simple and isinstance(element, Cast)):
        found = calendar_of(facts, element.value if isinstance(element, BindParameter) else None)
        return literal(found.packed if found else None, _ARRAY)
    known: list[tuple[Any, Any]] = [
        (element == key, literal(one.packed, _ARRAY)) for key, one in facts.calendars.items()
    ]
    first = calendar_of(facts, None)
    if first is not None:
        known.append((element.is_(None), literal(first.packed, _ARRAY)))
    return case(*known, else_=literal(None, _ARRAY)) if known else literal(None, _ARRAY)


def _sql(name: str, result: Type, *, zoned: bool = False) -> Callable[..., Element]:
    def build(facts: Facts, *arguments: SqlValue) -> Element:
        *values, calendar = arguments
        zone = [literal(facts.zone, Text())] if zoned else []
        elements = [_packed(facts, calendar), *zone, *(value.element for value in values)]
        return getattr(func.dg, name)(*elements, type_=SQL_TYPES[result])

    return build


def _reading(facts: Facts, instant: datetime | None) -> int | None:
    return None if instant is None else dates.local_ms(facts, instant)


def _is_workday(facts: Facts, day: date | None, name: str | None) -> bool:
    return calendars.is_workday(calendar_of(facts, name), day)


def _network_days(facts: Facts, start: date | None, end: date | None, name: str | None) -> Decimal | None:
    return calendars.network_days(calendar_of(facts, name), start, end)


def _work_day(facts: Facts, start: date | None, count: Decimal | None, name: str | None) -> date | None:
    return calendars.work_day(calendar_of(facts, name), start, count)


def _work_hours(facts: Facts, start: datetime | None, end: datetime | None, name: str | None) -> Decimal | None:
    return calendars.work_hours(calendar_of(facts, name), _reading(facts, start), _reading(facts, end))


def _add_work_hours(facts: Facts, start: datetime | None, count: Decimal | None, name: str | None) -> datetime | None:
    reading = _reading(facts, start)
    done = calendars.add_work_hours(calendar_of(facts, name), reading, count)
    if done is None or done == reading:
        return None if done is None else start
    return dates.from_local_ms(facts, done)


IS_WORKDAY = Primitive("is_workday", _is_workday, _sql("calendar_works", Type.BOOLEAN), total=True, moment=True)
NETWORK_DAYS = Primitive("network_days", _network_days, _sql("calendar_days", _N), moment=True)
WORK_DAY = Primitive("work_day", _work_day, _sql("calendar_workday", _D), moment=True)
WORK_HOURS = Primitive("work_hours", _work_hours, _sql("calendar_hours", _N, zoned=True), moment=True)
ADD_WORK_HOURS = Primitive("add_work_hours", _add_work_hours, _sql("calendar_add_hours", _I, zoned=True), moment=True)


def _chosen(facts: Facts, named: str | None, team: Any) -> str | None:
    if named is not None and named in facts.calendars:
        return named
    team = team.get("id") if isinstance(team, Mapping) else team
    found: str | None = None if team is None else facts.teams.get(team)
    return found if found is not None and found in facts.calendars else None


def _is_blank(value: SqlValue) -> bool:
    return value.simple and isinstance(value.element, Cast)


def _chosen_sql(facts: Facts, named: SqlValue, team: SqlValue) -> Element:
    """The key of the calendar; a plain blank where no department names one and no field does."""
    known = list(facts.calendars)
    teams: dict[str, list[int]] = {}
    for department, key in facts.teams.items():
        if key in facts.calendars:
            teams.setdefault(key, []).append(department)
    cases: list[tuple[Any, Any]] = []
    if not _is_blank(named):
        cases.append((named.element.in_([literal(key, Text()) for key in known]), named.element))
    if not _is_blank(team):
        cases += [(team.element.in_(ids), literal(key, Text())) for key, ids in sorted(teams.items())]
    return case(*cases, else_=cast(null(), Text())) if cases else cast(null(), Text())


CHOSEN = Primitive("calendar_chosen", _chosen, _chosen_sql, moment=True)


class _Counting(Function):
    """A function that takes a calendar last. Where none is given the record says which one counts: the field that its
    form names, else the calendar of its department; only where neither says so the first calendar does."""

    def check(self, call: Apply, checker: Checking) -> Node:
        node = super().check(call, checker)
        if not isinstance(node, Call) or len(call.arguments) == len(node.arguments):
            return node
        chosen = checker.calendar()
        return node if chosen is None else replace(node, arguments=(*node.arguments[:-1], chosen))


_calendar = Parameter("calendar", (_T,), None)
_start, _end = Parameter("start", (_D,)), Parameter("end", (_D,))
_from, _to = Parameter("from", (_I,)), Parameter("to", (_I,))


def _function(
    key: str, aliases: tuple[str, ...], usage: str, zh: str, en: str, examples: dict[str, str], primitive: Primitive,
    result: Type, *parameters: Parameter,
) -> Function:  # fmt: skip
    signature = Signature((*parameters, _calendar), result, calls(primitive, result))
    shown = tuple(Example(text, value) for text, value in examples.items())
    return _Counting(key, aliases, "calendar", usage, {"zh-CN": zh, "en": en}, shown, (signature,), volatile=True)


FUNCTIONS: tuple[Function, ...] = (
    _function(
        "WORKDAY",
        ("第几个工作日", "工作日推算"),
        "WORKDAY(start, days, [calendar])",
        "起始日之后（负数为之前）第几个工作日，起始日不算；天数为 0 时是起始日本身。"
        "不写日历时依次用记录指定的日历、部门的日历、默认日历。",
        "The working day so many days after the start (before it if negative), which does not count; the start itself"
        " for 0 days. Without a calendar that of the record counts, else that of its department, else the usual one.",
        {"WORKDAY(DATE(2024, 4, 30), 1)": "2024-05-06", "WORKDAY(DATE(2024, 5, 6), -1)": "2024-04-30"},
        WORK_DAY,
        _D,
        _start,
        Parameter("days", (_N,)),
    ),
    _function(
        "NETWORKDAYS",
        ("工作日天数", "NETWORKDAY"),
        "NETWORKDAYS(start, end, [calendar])",
        "两个日期之间的工作日天数，首尾都算；顺序相反时为负数。",
        "Working days between two dates, both counted; negative when they stand the other way round.",
        {"NETWORKDAYS(DATE(2024, 4, 28), DATE(2024, 5, 11))": "9"},
        NETWORK_DAYS,
        _N,
        _start,
        _end,
    ),
    _function(
        "ISWORKDAY",
        ("是否工作日",),
        "ISWORKDAY(date, [calendar])",
        "这一天是否上班：休假为否，调休上班为是；空为否。",
        "Whether the day is worked: not on holidays, but on make-up days; false for blank.",
        {"ISWORKDAY(DATE(2024, 5, 1))": "FALSE", "ISWORKDAY(DATE(2024, 4, 28))": "TRUE"},
        IS_WORKDAY,
        Type.BOOLEAN,
        Parameter("date", (_D,)),
    ),
    _function(
        "WORKHOURS",
        ("工作时长", "工作小时数"),
        "WORKHOURS(from, to, [calendar])",
        "两个时间之间的工作小时数，按日历的上班时间；顺序相反时为负数。",
        "Working hours between two times, along the hours of the calendar; negative when they stand the other way"
        " round.",
        {"WORKHOURS(DATETIME(DATE(2024, 4, 30), 17, 0), DATETIME(DATE(2024, 5, 6), 10, 0))": "2"},
        WORK_HOURS,
        _N,
        _from,
        _to,
    ),
    _function(
        "ADDWORKHOURS",
        ("工作时长推算", "加工作小时"),
        "ADDWORKHOURS(from, hours, [calendar])",
        "从某时起过多少工作小时之后的时间（负数为之前），用于时限。",
        "The time when so many working hours have passed (or, if negative, before they pass): for time limits.",
        {"ADDWORKHOURS(DATETIME(DATE(2024, 4, 30), 17, 0), 2)": "2024-05-06T02:00:00.000Z"},
        ADD_WORK_HOURS,
        _I,
        _from,
        Parameter("hours", (_N,)),
    ),
)
