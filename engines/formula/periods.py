"""Weeks, months, quarters and years of dates (EXPRESSIONS.md, rule 10). Blank stays blank."""

from datetime import date, datetime
from decimal import Decimal

from engines.formula.dates import DAY_MS, UNIT_MS, from_local_ms, milliseconds, month_end, plus_days, plus_months
from engines.formula.numbers import CONTEXT, number, whole
from engines.formula.types import Facts

_EPOCH_DAY = date(1970, 1, 1).toordinal()
_WEEK_STARTS = {1: 7, 2: 1, **{11 + place: 1 + place for place in range(7)}}
"""Excel's return types -> the weekday on which the week begins, 1 for Monday."""
PERIODS = {"week": 0, "month": 1, "quarter": 3, "year": 12}


def weekday_by(day: date | None, kind: Decimal | None) -> Decimal | None:
    """The weekday in Excel's counting: 1 from Sunday, 2 from Monday, 3 from Monday = 0, 11 to 17 from any day."""
    style = whole(kind, 0, 99)
    if day is None or style is None:
        return None
    if style == 3:
        return Decimal(day.weekday())
    start = _WEEK_STARTS.get(style)
    return None if start is None else Decimal((day.isoweekday() - start) % 7 + 1)


def week_number(day: date | None, kind: Decimal | None) -> Decimal | None:
    """The week of the year in Excel's counting; 21 is the ISO week."""
    style = whole(kind, 0, 99)
    if day is None or style is None:
        return None
    if style == 21:
        return Decimal(day.isocalendar().week)
    start = _WEEK_STARTS.get(style)
    if start is None:
        return None
    first = day.replace(month=1, day=1)
    return Decimal((day.toordinal() - first.toordinal() + (first.isoweekday() - start) % 7) // 7 + 1)


def quarter(day: date | None) -> Decimal | None:
    """The quarter, 1 to 4."""
    return None if day is None else Decimal((day.month + 2) // 3)


def leap_day(day: date | None) -> bool:
    """Whether the year of a date has 366 days; blank has not."""
    return day is not None and leap_year(Decimal(day.year))


def leap_year(year: Decimal | None) -> bool:
    """Whether a year, cut to a whole number, has 366 days; blank and years outside 1 to 9999 have not."""
    number_ = whole(year, 0, 10_000)
    if number_ is None or not 1 <= number_ <= 9999:
        return False
    return number_ % 4 == 0 and (number_ % 100 != 0 or number_ % 400 == 0)


def months_away_end(day: date | None, count: Decimal | None) -> date | None:
    """The last day of the month so many months later."""
    return month_end(plus_months(day, count))


def period_start(day: date | None, size: Decimal) -> date | None:
    """The first day of the week (from Monday; size 0) or of the months of this size that a date stands in."""
    if day is None:
        return None
    months = int(size)
    if months == 0:
        return plus_days(day, Decimal(-day.weekday()))
    return day.replace(month=(day.month - 1) // months * months + 1, day=1)


def period_end(day: date | None, size: Decimal) -> date | None:
    """The last day of the week or of the months of this size."""
    if day is None:
        return None
    months = int(size)
    if months == 0:
        return plus_days(day, Decimal(6 - day.weekday()))
    return month_end(day.replace(month=(day.month - 1) // months * months + months, day=1))


def days_beyond(start: date | None, end: date | None, size: Decimal) -> Decimal | None:
    """Days left when the complete months (size 1) or years (12) between two dates are taken away."""
    if start is None or end is None:
        return None
    early, late = min(start, end), max(start, end)
    months = (late.year - early.year) * 12 + late.month - early.month - (1 if late.day < early.day else 0)
    reached = plus_months(early, Decimal(months - months % int(size)))
    assert reached is not None  # between two dates
    days = (late - reached).days
    return Decimal(-days if end < start else days)


def months_beyond(start: date | None, end: date | None) -> Decimal | None:
    """Complete months left when the complete years between two dates are taken away."""
    if start is None or end is None:
        return None
    early, late = min(start, end), max(start, end)
    months = (late.year - early.year) * 12 + late.month - early.month - (1 if late.day < early.day else 0)
    return Decimal(-(months % 12) if end < start else months % 12)


def days_360(start: date | None, end: date | None, european: bool | None) -> Decimal | None:
    """Days in a year of twelve months of 30 days, by the method of the United States or of Europe."""
    if start is None or end is None:
        return None
    first, last, month, year = start.day, end.day, end.month, end.year
    if european:
        first, last = min(first, 30), min(last, 30)
    else:
        if start == month_end(start):
            first = 30
        if last == 31:
            if first < 30:
                last, month = 1, month + 1
            else:
                last = 30
    return Decimal((year - start.year) * 360 + (month - start.month) * 30 + last - first)


def timestamp(instant: datetime | None) -> Decimal | None:
    """Milliseconds since 1970 in UTC."""
    return None if instant is None else Decimal(milliseconds(instant))


def at_clock(
    facts: Facts, day: date | None, hour: Decimal | None, minute: Decimal | None, second: Decimal | None
) -> datetime | None:
    """The instant at which the workspace's clocks show this on that day; blank for what no clock shows."""
    if day is None or hour is None or minute is None or second is None:
        return None
    parts = [whole(part, -1, 60) or 0 for part in (hour, minute, second)]
    if not (0 <= parts[0] <= 23 and 0 <= parts[1] <= 59 and 0 <= parts[2] <= 59):
        return None
    clock = parts[0] * UNIT_MS["hour"] + parts[1] * UNIT_MS["minute"] + parts[2] * UNIT_MS["second"]
    return from_local_ms(facts, (day.toordinal() - _EPOCH_DAY) * DAY_MS + clock)


def time_of_day(hour: Decimal | None, minute: Decimal | None, second: Decimal | None) -> Decimal | None:
    """A time as a part of a day, as Excel's TIME: carried over, without whole days; blank below zero."""
    if hour is None or minute is None or second is None:
        return None
    if max(abs(hour), abs(minute), abs(second)) > 1_000_000_000:
        return None
    seconds = int(hour) * 3600 + int(minute) * 60 + int(second)
    if seconds < 0:
        return None
    return number(CONTEXT.divide(Decimal(seconds % 86_400), Decimal(86_400)))
