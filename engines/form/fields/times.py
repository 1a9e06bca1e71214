"""Days and instants as people write them, in both languages and in the shapes that files bring."""

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from engines.form.fields.base import reject

_WIDE: Final = str.maketrans("０１２３４５６７８９：／－．　", "0123456789:/-. ")
_DAY = re.compile(
    r"^(\d{4})(?:[-/.](\d{1,2})(?:[-/.](\d{1,2}))?|年\s*(\d{1,2})\s*月(?:\s*(\d{1,2})\s*[日号])?|(\d{2})(\d{2}))$"
)
_TIME = re.compile(r"^(\d{1,2})[:时点](\d{1,2})分?(?:[:.]?(\d{1,2})秒?)?(?:\.(\d{1,6}))?$")
_ZONE = re.compile(r"(Z|[+-]\d{2}:?\d{2})$")


def parse_day(text: str) -> date:
    """A day: `2026-06-05`, `2026/6/5`, `2026.6.5`, `20260605`, `2026年6月5日`; a month alone is its first day.

    Month-first and day-first shapes are not guessed: an import says which one its file has. Raises `Rejected`.
    """
    tidy = text.strip().translate(_WIDE)
    match = _DAY.match(tidy)
    if match:
        year, *rest = match.groups()
        month, day = (rest[0] or rest[2] or rest[4], rest[1] or rest[3] or rest[5] or "1")
        try:
            found = date(int(year), int(month), int(day))
        except ValueError:
            found = date.min
        if found.year >= EARLIEST:  # year 206 is a slip of the finger
            return found
    raise reject("date.not_a_date", f'"{text[:50]}" is not a date; write 2026-06-05', value=text[:50])


def period_name(day: date, precision: str, locale: str) -> str:
    """What people call a period: `2026年3月`, `2026年第一季度`, `2026年第12周`; `2026-03`, `2026-Q1`, `2026-W12`."""
    chinese = locale.startswith("zh")
    if precision == "week":
        year, week, _ = day.isocalendar()
        return f"{year:04}年第{week}周" if chinese else f"{year:04}-W{week:02}"
    if precision == "quarter":
        quarter = (day.month - 1) // 3
        return f"{day.year:04}年第{'一二三四'[quarter]}季度" if chinese else f"{day.year:04}-Q{quarter + 1}"
    if precision == "year":
        return f"{day.year:04}年" if chinese else f"{day.year:04}"
    return f"{day.year:04}年{day.month}月" if chinese else f"{day.year:04}-{day.month:02}"


def parse_time(text: str) -> time:
    """A time of day: `9:30`, `09:30:15`, `9点30分`. Raises `Rejected`."""
    match = _TIME.match(text.strip().translate(_WIDE))
    if match:
        hour, minute, second, fraction = match.groups()
        try:
            return time(int(hour), int(minute), int(second or 0), int((fraction or "0").ljust(6, "0")))
        except ValueError:
            pass
    raise reject("datetime.not_a_time", f'"{text[:50]}" is not a time; write 09:30', value=text[:50])


def parse_instant(text: str, zone: str) -> datetime:
    """An instant in UTC, cut to milliseconds. Without an offset the text is meant in `zone`. Raises `Rejected`."""
    tidy = text.strip().translate(_WIDE)
    offset = _ZONE.search(tidy) if "T" in tidy or tidy.count(":") else None
    body = tidy[: offset.start()] if offset else tidy
    head, _, tail = body.replace("T", " ").partition(" ")
    naive = datetime.combine(parse_day(head), parse_time(tail) if tail.strip() else time())
    if offset:
        try:
            return instant(datetime.fromisoformat(f"{naive.isoformat()}{offset.group()}"))
        except (ValueError, OverflowError):
            raise reject("datetime.not_a_zone", f'"{offset.group()}" is no offset from UTC', value=text[:50]) from None
    return instant(naive.replace(tzinfo=ZoneInfo(zone)))


def instant(moment: datetime, zone: str = "UTC") -> datetime:
    """The moment in UTC with whole milliseconds; a naive one is meant in `zone`."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))
    try:
        found = aware.astimezone(UTC).replace(microsecond=aware.microsecond // 1000 * 1000)
    except OverflowError:
        found = datetime.min.replace(tzinfo=UTC)
    if found.year < EARLIEST:
        raise reject("datetime.out_of_range", "Lies outside the years 1000 to 9999", value=str(moment)[:50])
    return found


def local(moment: datetime, zone: str) -> datetime:
    """The instant on the clocks of a zone; the last moment of all where they already show the year 10000."""
    try:
        return moment.astimezone(ZoneInfo(zone))
    except OverflowError:
        return datetime.max.replace(tzinfo=ZoneInfo(zone))


def day_of(moment: datetime, zone: str) -> date:
    """The day of an instant in a zone."""
    return local(moment, zone).date()


def day_start(day: date, zone: str) -> datetime:
    """The instant at which a day begins in a zone."""
    return instant(datetime.combine(day, time(), ZoneInfo(zone)))


EARLIEST: Final = 1000

RELATIVE: Final = (
    "today",
    "yesterday",
    "tomorrow",
    "this_week",
    "last_week",
    "next_week",
    "this_month",
    "last_month",
    "next_month",
    "this_quarter",
    "last_quarter",
    "next_quarter",
    "this_year",
    "last_year",
    "next_year",
)
COUNTED: Final = ("last_n_days", "next_n_days")


def relative_days(name: str, today: date) -> tuple[date, date]:
    """The first and the last day of `this_month`, `last_n_days:7` (today included) and the like. Raises `Rejected`."""
    word, _, count = name.partition(":")
    if word in COUNTED and count.isdecimal() and len(count) < 5 and 0 < int(count) <= 3660:
        days = timedelta(days=int(count) - 1)
        return (today - days, today) if word == "last_n_days" else (today, today + days)
    if name not in RELATIVE:
        known = [*RELATIVE, *(f"{one}:7" for one in COUNTED)]
        raise reject("filter.relative", f'"{name}" is not a period; one of {", ".join(known)}', value=name, known=known)
    if name in ("today", "yesterday", "tomorrow"):
        day = today + timedelta(days={"today": 0, "yesterday": -1, "tomorrow": 1}[name])
        return day, day
    which, _, unit = name.partition("_")
    shift = {"last": -1, "this": 0, "next": 1}[which]
    if unit == "week":
        first = today - timedelta(days=today.weekday()) + timedelta(weeks=shift)
        return first, first + timedelta(days=6)
    length = {"month": 1, "quarter": 3, "year": 12}[unit]
    month = (today.year * 12 + today.month - 1) // length * length + shift * length
    first, following = _month(month), _month(month + length)
    return first, following - timedelta(days=1)


def _month(number: int) -> date:
    return date(number // 12, number % 12 + 1, 1)


def as_json(value: Any) -> Any:
    """The ISO text of a day or an instant."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return None if value is None else value.isoformat()
