# ruff: noqa: ARG002
"""A year, quarter, month or week, kept as its first day."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar, Final

from engines.form.fields.base import Context, Field, reject
from engines.form.fields.date import DateField
from engines.form.fields.options import one_of, properties, words
from engines.form.fields.times import period_name

PRECISIONS: Final = ("year", "quarter", "month", "week")
BEFORE: Final = 6
AFTER: Final = 3
"""How many years before and after this one the input offers."""
_QUARTER: Final = re.compile(r"^(\d{4})[年\s-]*(?:[Qq]\s*([1-4])|第?\s*([1-4一二三四])\s*季度?)$")
_WEEK: Final = re.compile(r"^(\d{4})[年\s-]*(?:[Ww]\s*(\d{1,2})|第\s*(\d{1,2})\s*周)$")
_YEAR: Final = re.compile(r"^(\d{4})\s*年?$")
_NUMBERS: Final = {"一": 1, "二": 2, "三": 3, "四": 4}


class PeriodField(DateField):
    """The month of a report, the quarter of a plan."""

    key = "period"
    icon = "calendar-month"
    title = words("Period", "期间")
    description = words("A year, quarter, month or week.", "年、季度、月或周。")
    may_be_unique = True
    option_properties: ClassVar[Mapping[str, Any]] = properties(
        precision=one_of(
            PRECISIONS,
            "month",
            ("Period", "How long a period is. It is kept as its first day; weeks begin on Monday."),
            ("期间", "一个期间有多长。按其第一天保存；一周从周一开始。"),
        )
    )

    def parse(self, raw: Any, field: Field, context: Context | None = None) -> date | None:
        """`2026-Q1`, `2026年第一季度`, `2026-W12`, `2026年`, `2026年3月`; any day stands for the period it lies in."""
        if isinstance(raw, str):
            raw = _named(raw.strip()) or raw
        return super().parse(raw, field, context)

    def cut(self, day: date, field: Field) -> date:
        return first_day(day, field.options.get("precision", "month"))

    def display(self, value: Any, field: Field, locale: str = "zh-CN", zone: str = "Asia/Shanghai") -> str:
        return "" if value is None else period_name(value, field.options.get("precision", "month"), locale)

    def form_text(self, value: Any, field: Field, zone: str = "Asia/Shanghai") -> Any:
        """As the inputs of browsers write it: `2026-03`, `2026-W12`, `2026-Q1`, `2026`."""
        precision = field.options.get("precision", "month")
        return period_name(value, precision, "en") if isinstance(value, date) else None

    def quarters(self, now: str) -> list[tuple[int, list[str]]]:
        """The quarters that an input offers, by year, latest first: near today and near the one that is chosen."""
        this = datetime.now(UTC).year
        near = int(now[:4]) if now[:4].isdecimal() else this
        years = range(max(this + AFTER, near), min(this - BEFORE, near) - 1, -1)
        return [(year, [f"{year}-Q{number}" for number in range(1, 5)]) for year in years]

    def export_cell(self, value: Any, field: Field, context: Context) -> Any:
        return self.display(value, field, context.locale) or None

    def samples(self) -> Sequence[tuple[dict[str, Any], Any]]:
        return [
            ({}, date(2026, 3, 1)),
            ({"precision": "quarter"}, date(2026, 10, 1)),
            ({"precision": "year"}, date(2025, 1, 1)),
            ({"precision": "week"}, date(2025, 12, 29)),
        ]


def first_day(day: date, precision: str) -> date:
    """The first day of the period that a day lies in."""
    if precision == "week":
        return day - timedelta(days=day.weekday())
    month = {"year": 1, "quarter": (day.month - 1) // 3 * 3 + 1, "month": day.month}[precision]
    return date(day.year, month, 1)


def _named(text: str) -> date | None:
    """The first day of a quarter, week or year that is named as such."""
    quarter, week, year = _QUARTER.match(text), _WEEK.match(text), _YEAR.match(text)
    try:
        if quarter:
            number = quarter[2] or quarter[3]
            return date(int(quarter[1]), (_NUMBERS.get(number) or int(number)) * 3 - 2, 1)
        if week:
            return date.fromisocalendar(int(week[1]), int(week[2] or week[3]), 1)
        return date(int(year[1]), 1, 1) if year else None
    except ValueError:
        raise reject("date.not_a_date", f'"{text[:50]}" is not a date; write 2026-06-05', value=text[:50]) from None
