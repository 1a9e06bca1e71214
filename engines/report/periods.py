"""Periods of the calendar: where they begin and end, what they are called, which one a preset means.

Pure: today is given. Weeks begin on Monday (ISO 8601); every period includes both its days. The presets follow the
definitions that users of the Chinese products know: this month is the whole month, the last seven days are those
before today (today is not over yet).
"""

from datetime import date, timedelta
from typing import Final

from engines.kernel.problems import Problem, Rejected, suggest

Range = tuple[date | None, date | None]

PRESETS: Final = (
    "all",
    "today",
    "this_week",
    "last_week",
    "this_month",
    "last_month",
    "this_quarter",
    "last_quarter",
    "this_year",
    "last_year",
    "last_7_days",
    "last_30_days",
)


def start_of(day: date, granularity: str) -> date:
    """The first day of the period that holds `day`."""
    if granularity == "day":
        return day
    if granularity == "week":
        return day - timedelta(days=day.weekday())
    if granularity == "month":
        return day.replace(day=1)
    if granularity == "quarter":
        return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
    return day.replace(month=1, day=1)


def after(start: date, granularity: str, count: int = 1) -> date:
    """The first day of the period `count` periods later; `start` is a first day. Raises OverflowError at year 9999."""
    if granularity in ("day", "week"):
        return start + timedelta(days=count * (7 if granularity == "week" else 1))
    months = count * {"month": 1, "quarter": 3, "year": 12}[granularity]
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    if not 1 <= year <= 9999:
        raise OverflowError("date value out of range")
    return date(year, month + 1, 1)


def last_day(start: date, granularity: str) -> date:
    """The last day of the period that begins on `start`."""
    try:
        return after(start, granularity) - timedelta(days=1)
    except OverflowError:
        return date.max


def name(start: date, granularity: str) -> str:
    """What a period is called on an axis, the same in every language: `2025-03`, `2025-Q1`, `2025-W09`."""
    if granularity == "year":
        return f"{start.year:04d}"
    if granularity == "quarter":
        return f"{start.year:04d}-Q{(start.month + 2) // 3}"
    if granularity == "month":
        return f"{start.year:04d}-{start.month:02d}"
    if granularity == "week":
        year, week, _ = start.isocalendar()
        return f"{year:04d}-W{week:02d}"
    return start.isoformat()


def preset(key: str, today: date) -> Range:
    """First and last day of a preset, both included; `(None, None)` for "all".

    Raises `Rejected` with the nearest preset for an unknown one.
    """
    if key == "all":
        return None, None
    if key == "today":
        return today, today
    if key in ("last_7_days", "last_30_days"):
        return today - timedelta(days=7 if key == "last_7_days" else 30), today - timedelta(days=1)
    side, _, granularity = key.partition("_")
    if key not in PRESETS:
        message = f'There is no period "{key}"{suggest(key, PRESETS)}'
        raise Rejected(Problem("report.period_unknown", "", message, {"key": key, "known": list(PRESETS)}))
    start = start_of(today, granularity)
    if side == "last":
        start = after(start, granularity, -1)
    return start, last_day(start, granularity)


def read(text: str, today: date) -> Range:
    """The range of a preset, or of `2025-01-01..2025-03-31` (either end may be missing). Raises `Rejected`."""
    if ".." not in text:
        return preset(text, today)
    low, _, high = text.partition("..")
    try:
        first, last = (date.fromisoformat(one.strip()) if one.strip() else None for one in (low, high))
        if first is None or last is None or first <= last:
            return first, last
    except ValueError:
        pass
    message = "A range is written 2025-01-01..2025-03-31, the first day not after the last"
    raise Rejected(Problem("report.period_range", "", message, {"range": text[:40]}))


def before(first: date, last: date, compare: str) -> tuple[date, date]:
    """The range to compare with: the same one a year ago, or the one of the same length before.

    Whole months, quarters and years step by the calendar: before February comes January with all its days.
    """
    if compare == "previous_year":
        return _year_ago(first), _year_ago(last)
    for granularity in ("year", "quarter", "month", "week"):
        if first == start_of(first, granularity) and last == last_day(first, granularity):
            start = after(first, granularity, -1)
            return start, last_day(start, granularity)
    length = last - first + timedelta(days=1)
    return first - length, last - length


def _year_ago(day: date) -> date:
    """The same day a year before; the last of February stays the last of February."""
    if day == last_day(day.replace(day=1), "month"):
        return last_day(date(day.year - 1, day.month, 1), "month")
    return day.replace(year=day.year - 1)
