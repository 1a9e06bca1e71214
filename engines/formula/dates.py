"""Date operations of the language (EXPRESSIONS.md, rule 10). Blank stays blank; beyond years 1 to 9999 is blank."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from engines.formula.numbers import CONTEXT, number, whole
from engines.formula.types import Facts

DAY_MS = 86_400_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_LAST_DAY = date.max.toordinal()
_FIRST_MS = (1 - _EPOCH_DAY) * DAY_MS
_LAST_MS = (_LAST_DAY + 1 - _EPOCH_DAY) * DAY_MS - 1
_MILLISECOND = timedelta(milliseconds=1)

MOST_DAYS = 4_000_000
"""More than there are days from year 1 to 9999."""

UNIT_MS = {"hour": 3_600_000, "minute": 60_000, "second": 1_000}
UNIT_MONTHS = {"month": 1, "quarter": 3, "year": 12}
UNIT_DAYS = {"day": 1, "week": 7}


def milliseconds(instant: datetime) -> int:
    """Milliseconds since 1970, floored."""
    return (instant - EPOCH) // _MILLISECOND


def instant_at(ms: int) -> datetime | None:
    """The instant so many milliseconds after 1970."""
    return EPOCH + timedelta(milliseconds=ms) if _FIRST_MS <= ms <= _LAST_MS else None


def _day(ordinal: int) -> date | None:
    return date.fromordinal(ordinal) if 1 <= ordinal <= _LAST_DAY else None


def offset_ms(facts: Facts, ms: int) -> int:
    """How far the workspace's clocks are ahead of UTC at an instant."""
    instant = EPOCH + timedelta(milliseconds=max(_FIRST_MS + DAY_MS, min(_LAST_MS - DAY_MS, ms)))
    offset = instant.astimezone(facts.tz).utcoffset() or timedelta(0)
    return offset // _MILLISECOND


def local_ms(facts: Facts, instant: datetime) -> int:
    """The reading of the workspace's clocks, as milliseconds since their 1970."""
    ms = milliseconds(instant)
    return ms + offset_ms(facts, ms)


def from_local_ms(facts: Facts, ms: int) -> datetime | None:
    """The instant at which the workspace's clocks show this.

    A reading that occurs twice means its first occurrence; one that clocks skip is read with the offset before the
    gap. Written with offsets of instants only, since that is what all back ends have.
    """
    before, after = offset_ms(facts, ms - DAY_MS), offset_ms(facts, ms + DAY_MS)
    if before != after and offset_ms(facts, ms - before) != before and offset_ms(facts, ms - after) == after:
        return instant_at(ms - after)
    return instant_at(ms - before)


def date_of(facts: Facts, instant: datetime | None) -> date | None:
    """The date of an instant in the workspace's zone."""
    return None if instant is None else _day(local_ms(facts, instant) // DAY_MS + _EPOCH_DAY)


def start_of(facts: Facts, day: date | None) -> datetime | None:
    """The instant at which a day begins in the workspace's zone."""
    return None if day is None else from_local_ms(facts, (day.toordinal() - _EPOCH_DAY) * DAY_MS)


def hour_of(facts: Facts, instant: datetime | None) -> Decimal | None:
    """The hour, 0 to 23."""
    return None if instant is None else Decimal(local_ms(facts, instant) % DAY_MS // 3_600_000)


def minute_of(facts: Facts, instant: datetime | None) -> Decimal | None:
    """The minute, 0 to 59."""
    return None if instant is None else Decimal(local_ms(facts, instant) % 3_600_000 // 60_000)


def second_of(facts: Facts, instant: datetime | None) -> Decimal | None:
    """The second, 0 to 59."""
    return None if instant is None else Decimal(local_ms(facts, instant) % 60_000 // 1000)


def year_of(day: date | None) -> Decimal | None:
    """The year."""
    return None if day is None else Decimal(day.year)


def month_of(day: date | None) -> Decimal | None:
    """The month, 1 to 12."""
    return None if day is None else Decimal(day.month)


def day_of(day: date | None) -> Decimal | None:
    """The day of the month."""
    return None if day is None else Decimal(day.day)


def weekday_of(day: date | None) -> Decimal | None:
    """1 for Monday to 7 for Sunday."""
    return None if day is None else Decimal(day.isoweekday())


def make_date(year: Decimal | None, month: Decimal | None, day: Decimal | None) -> date | None:
    """A date of three numbers, cut to whole ones; blank if the calendar has no such day."""
    if year is None or month is None or day is None:
        return None
    parts = [max(-1, min(10_000, int(part))) for part in (year, month, day)]
    try:
        return date(*parts)
    except ValueError:
        return None


def date_from_text(value: str | None) -> date | None:
    """The date that a text writes as `2024-01-31` (also with `/`, also without leading zeros); else blank."""
    if value is None:
        return None
    parts = value.strip(" \t\r\n\u00a0\u3000").replace("/", "-").split("-")
    if len(parts) != 3 or not all(part.isascii() and part.isdigit() for part in parts):
        return None
    if len(parts[0]) != 4 or len(parts[1]) > 2 or len(parts[2]) > 2:
        return None
    return make_date(Decimal(parts[0]), Decimal(parts[1]), Decimal(parts[2]))


def plus_days(day: date | None, count: Decimal | None) -> date | None:
    """So many whole days later (cut towards zero); a blank count counts zero."""
    if day is None or count is None:
        return day
    return _day(day.toordinal() + max(-4_000_000, min(4_000_000, int(count))))


def days_between(later: date | None, earlier: date | None) -> Decimal | None:
    """Whole days from the second to the first."""
    return None if later is None or earlier is None else Decimal(later.toordinal() - earlier.toordinal())


def plus_time(instant: datetime | None, days: Decimal | None) -> datetime | None:
    """So many days of 24 hours later, fractions included, to the millisecond."""
    if instant is None or days is None:
        return instant
    if abs(days) > 4_000_000:
        return None
    shift = CONTEXT.multiply(days, Decimal(DAY_MS)).quantize(Decimal(1), context=CONTEXT)
    return instant_at(milliseconds(instant) + int(shift))


def time_between(later: datetime | None, earlier: datetime | None) -> Decimal | None:
    """Days from the second to the first, with the fraction."""
    if later is None or earlier is None:
        return None
    return number(CONTEXT.divide(Decimal(milliseconds(later) - milliseconds(earlier)), Decimal(DAY_MS)))


def plus_months(day: date | None, count: Decimal | None) -> date | None:
    """So many months later, at the latest the end of that month."""
    if day is None or count is None:
        return day
    months = day.year * 12 + day.month - 1 + max(-200_000, min(200_000, int(count)))
    year, month = divmod(months, 12)
    if not 1 <= year <= 9999:
        return None
    return date(year, month + 1, min(day.day, _month_length(year, month + 1)))


def _month_length(year: int, month: int) -> int:
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month in (4, 6, 9, 11) else 31


def month_end(day: date | None) -> date | None:
    """The last day of the month."""
    return None if day is None else day.replace(day=_month_length(day.year, day.month))


def instant_plus_days(facts: Facts, instant: datetime | None, count: Decimal | None) -> datetime | None:
    """The same clock reading so many whole days later."""
    return _moved(facts, instant, count, plus_days)


def instant_plus_months(facts: Facts, instant: datetime | None, count: Decimal | None) -> datetime | None:
    """The same clock reading so many months later, at the latest on the month's last day."""
    return _moved(facts, instant, count, plus_months)


def _moved(
    facts: Facts,
    instant: datetime | None,
    count: Decimal | None,
    move: Callable[[date | None, Decimal | None], date | None],
) -> datetime | None:
    if instant is None or count is None:
        return instant
    reading = local_ms(facts, instant)
    day = _day(reading // DAY_MS + _EPOCH_DAY)
    moved = None if day is None else move(day, count)
    return None if moved is None else from_local_ms(facts, (moved.toordinal() - _EPOCH_DAY) * DAY_MS + reading % DAY_MS)


def instant_plus(instant: datetime | None, count: Decimal | None, size: Decimal) -> datetime | None:
    """So many whole units of `size` milliseconds later."""
    if instant is None or count is None:
        return instant
    bound = 400_000_000_000_000 // int(size)
    return instant_at(milliseconds(instant) + max(-bound, min(bound, int(count))) * int(size))


def months_between(start: date | None, end: date | None) -> Decimal | None:
    """Complete months; as Excel's DATEDIF counts, from 31 January to 28 February it is none. Negative backwards."""
    if start is None or end is None:
        return None
    if end < start:
        return -_months(end, start) or Decimal(0)
    return _months(start, end)


def _months(start: date, end: date) -> Decimal:
    return Decimal((end.year - start.year) * 12 + end.month - start.month - (1 if end.day < start.day else 0))


def units_between(start: datetime | None, end: datetime | None, size: Decimal) -> Decimal | None:
    """Complete units of `size` milliseconds from the first to the second instant."""
    if start is None or end is None:
        return None
    return CONTEXT.divide_int(Decimal(milliseconds(end) - milliseconds(start)), size) + 0


def cut(value: Decimal | None, size: Decimal) -> Decimal | None:
    """How many complete groups of `size` are in a count, towards zero: months to years, days to weeks."""
    return None if value is None else CONTEXT.divide_int(value, size) + 0


def times(count: Decimal | None, size: Decimal) -> Decimal | None:
    """A count, cut to a whole one, of groups: 1.5 weeks are 7 days. Kept within what any calendar can use."""
    groups = whole(count, -MOST_DAYS, MOST_DAYS)
    return None if groups is None else CONTEXT.multiply(Decimal(groups), size)
