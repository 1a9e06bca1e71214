"""The kind of document that a business calendar is."""

from collections.abc import Iterable, Mapping
from datetime import date
from itertools import pairwise
from typing import Any, ClassVar, Final

from engines.form.calendars.compile import read_hours
from engines.form.schema_parts import TITLE, keyed
from engines.kernel.documents import Document, DocumentKind, Label, described, label_schema
from engines.kernel.layers import Effective
from engines.kernel.problems import Problem

LONGEST: Final = 400
"""Days that one entry may cover."""

CLOCK: Final = {"type": "string", "pattern": "^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"}
STRETCHES: Final = {
    "type": "array",
    "maxItems": 6,
    "x-value": True,
    "items": {"type": "array", "minItems": 2, "maxItems": 2, "items": CLOCK},
}
DAY: Final = {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
WEEKDAYS: Final = (
    ("Monday", "周一"), ("Tuesday", "周二"), ("Wednesday", "周三"), ("Thursday", "周四"), ("Friday", "周五"),
    ("Saturday", "周六"), ("Sunday", "周日"),
)  # fmt: skip


class CalendarKind(DocumentKind):
    """Working hours by weekday, and the days that differ."""

    key = "calendar"
    title: ClassVar[Label] = {"en": "Business calendar", "zh-CN": "工作日历"}
    description: ClassVar[Label] = {
        "en": "Working hours by weekday, holidays and make-up days; WORKDAY, WORKHOURS and time limits count along it.",
        "zh-CN": "每周的上班时间、节假日与调休；WORKDAY、WORKHOURS 等函数和时限按它计算。",
    }
    properties: ClassVar[Mapping[str, Any]] = {
        "title": TITLE,
        "weekdays": described(
            {
                "type": "object",
                "additionalProperties": False,
                "properties": {
                    str(number): described(
                        STRETCHES,
                        (en, 'Stretches of work: [["09:00", "12:00"], ["13:00", "18:00"]]; none if it is off.'),
                        (zh, '上班时段：[["09:00", "12:00"], ["13:00", "18:00"]]；休息则不写。'),
                    )
                    for number, (en, zh) in enumerate(WEEKDAYS, 1)
                },
            },
            ("Week", "The hours of each weekday; Monday to Friday 9 to 12 and 13 to 18 o'clock if nothing is said."),
            ("每周", "每个星期几的上班时间；不写则为周一至周五 9–12 点、13–18 点。"),
        ),
        "country": described(
            {"enum": ["cn", None]},
            ("Country", "Whose public holidays and make-up days are taken over: cn is mainland China."),
            ("国家", "采用哪个国家的法定节假日与调休：cn 为中国大陆。"),
        ),
        "days": described(
            keyed(
                {
                    "title": label_schema(("Name", "What the day is called."), ("名称", "这一天叫什么。")),
                    "date": described(DAY, ("Date", "One day."), ("日期", "单独一天。")),
                    "from": described(DAY, ("From", "The first of several days."), ("从", "一段日期的第一天。")),
                    "to": described(DAY, ("To", "The last of several days."), ("到", "一段日期的最后一天。")),
                    "working": described(
                        {"type": "boolean"},
                        ("Worked", "Whether these days are worked; off if nothing is said."),
                        ("上班", "这些天是否上班；不写为休息。"),
                    ),
                    "hours": described(
                        STRETCHES,
                        ("Hours", "The hours of these days, for half days too; else those of the weekday."),
                        ("上班时间", "这些天的上班时间，可写半天；不写则同平日。"),
                    ),
                },
                (),
                2000,
            ),
            ("Days that differ", "Holidays and make-up days of one's own; they win over those of the country."),
            ("特殊日期", "自己的假日与调休，优先于国家的安排。"),
        ),
    }
    required = ("title",)

    def check(self, document: Document, effective: Effective) -> Iterable[Problem]:  # noqa: ARG002
        """Hours go forward, days are real ones, and an entry says one day or two ends."""
        for number, stretches in document.get("weekdays", {}).items():
            yield from _hours(stretches, f"weekdays.{number}")
        for entry in document.get("days", ()):
            path = f"days.{entry['key']}"
            yield from _hours(entry.get("hours", ()), f"{path}.hours")
            yield from _days(entry, path)


def _hours(stretches: Any, path: str) -> Iterable[Problem]:
    hours = read_hours(stretches)
    if any(start >= end for start, end in hours) or any(a[1] > b[0] for a, b in pairwise(hours)):
        yield Problem("calendar.hours", path, "Hours must go forward: each stretch ends later than it begins", {})


def _days(entry: Mapping[str, Any], path: str) -> Iterable[Problem]:
    single, ends = "date" in entry, "from" in entry and "to" in entry
    if single == ends or (single and ("from" in entry or "to" in entry)):
        yield Problem("calendar.day", path, "Say one date, or from and to", {})
        return
    try:
        first = date.fromisoformat(entry["date"] if single else entry["from"])
        last = date.fromisoformat(entry["date"] if single else entry["to"])
    except ValueError:
        yield Problem("calendar.no_day", path, "There is no such day", {})
        return
    if not 0 <= (last - first).days < LONGEST:
        message = f"The last day comes after the first one, at most {LONGEST} days later"
        yield Problem("calendar.range", path, message, {"max": LONGEST})
