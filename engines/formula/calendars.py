"""Business calendars: which days and hours are worked, and counting along them (EXPRESSIONS.md, rule 10).

A calendar is a week and the days that differ from it. Counting is exact for any distance: how many working days (or
milliseconds of work) lie before a day is known without walking, and a day is found again by bisection. The same numbers
go to SQL as one array (`packed`) and to the browser as JSON (`shown`).
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from itertools import accumulate
from typing import Any, Final

from engines.formula.numbers import divide, multiply, round_half

Hours = tuple[tuple[int, int], ...]
"""Stretches of work of a day, in minutes since midnight, in order."""

MINUTE: Final = 60_000
HOUR_MS: Final = Decimal(3_600_000)
_EPOCH: Final = date(1970, 1, 1).toordinal()
FIRST_DAY, LAST_DAY = 1 - _EPOCH, date.max.toordinal() - _EPOCH


def number_of(day: date) -> int:
    """Days since 1970."""
    return day.toordinal() - _EPOCH


def length_of(hours: Hours) -> int:
    """Milliseconds of work."""
    return sum(end - start for start, end in hours) * MINUTE


@dataclass(frozen=True)
class Calendar:
    """What is worked: `week` from Monday on, `days` that differ from it, `years` that are known (None: all)."""

    key: str
    week: tuple[Hours, ...]
    days: Mapping[date, Hours] = field(default_factory=dict)
    years: frozenset[int] | None = None
    names: Mapping[date, str] = field(default_factory=dict)
    """What days are called: the holiday."""

    def covers(self, year: int) -> bool:
        """Whether the holidays of a year are known; if not, only the week counts."""
        return self.years is None or year in self.years

    def hours(self, day: int) -> Hours:
        """The hours of a day (counted since 1970)."""
        found = self._exceptions.get(day)
        return self.week[(day + 3) % 7] if found is None else found

    def days_before(self, day: int) -> int:
        """Working days before a day, counted from a fixed one."""
        return self._before(day, self._counts, self._count_sums)

    def ms_before(self, day: int) -> int:
        """Milliseconds of work before a day, counted from a fixed one."""
        return self._before(day, self._lengths, self._length_sums)

    @cached_property
    def packed(self) -> list[int]:
        """Everything as numbers, for `dg.calendar_*`: how many days differ and how many stretches there are; the length
        of work of each weekday; of the days that differ their numbers, the sums of what they change (days, then
        milliseconds) and the profiles of their hours; the stretches as profile, start, end."""
        profiles: dict[Hours, int] = {}
        for number, hours in enumerate(self.week):
            profiles.setdefault(hours, number)
        places = [profiles.setdefault(self._exceptions[day], 7 + len(profiles)) for day in self._numbers]
        stretches = [(n, start, end) for n, hours in enumerate(self.week) for start, end in hours]
        stretches += [(p, start, end) for hours, p in profiles.items() if p > 6 for start, end in hours]
        flat = [part for p, start, end in stretches for part in (p, start * MINUTE, end * MINUTE)]
        return [
            len(self._numbers), len(stretches), *self._lengths, *self._numbers, *self._count_sums[1:],
            *self._length_sums[1:], *places, *flat,
        ]  # fmt: skip

    def shown(self) -> dict[str, Any]:
        """The calendar as JSON for the browser: days by their number."""
        days = [[day, [list(one) for one in self._exceptions[day]]] for day in self._numbers]
        return {"week": [[list(one) for one in hours] for hours in self.week], "days": days}

    @cached_property
    def _exceptions(self) -> dict[int, Hours]:
        return {number_of(day): hours for day, hours in sorted(self.days.items())}

    @cached_property
    def _numbers(self) -> list[int]:
        return list(self._exceptions)

    @cached_property
    def _lengths(self) -> list[int]:
        return [length_of(hours) for hours in self.week]

    @cached_property
    def _counts(self) -> list[int]:
        return [int(length > 0) for length in self._lengths]

    @cached_property
    def _length_sums(self) -> list[int]:
        changes = (length_of(hours) - self._lengths[(day + 3) % 7] for day, hours in self._exceptions.items())
        return list(accumulate(changes, initial=0))

    @cached_property
    def _count_sums(self) -> list[int]:
        changes = (bool(length_of(hours)) - self._counts[(day + 3) % 7] for day, hours in self._exceptions.items())
        return list(accumulate(changes, initial=0))

    def _before(self, day: int, week: Sequence[int], sums: Sequence[int]) -> int:
        weeks, rest = divmod(day + 3, 7)
        return weeks * sum(week) + sum(week[:rest]) + sums[bisect_left(self._numbers, day)]


def is_workday(calendar: Calendar | None, day: date | None) -> bool:
    """Whether a day is worked."""
    return calendar is not None and day is not None and bool(calendar.hours(number_of(day)))


def network_days(calendar: Calendar | None, start: date | None, end: date | None) -> Decimal | None:
    """Working days from one day to another, both counted; negative when they stand the other way round."""
    if calendar is None or start is None or end is None:
        return None
    first, last = number_of(start), number_of(end)
    if first <= last:
        return Decimal(calendar.days_before(last + 1) - calendar.days_before(first))
    return Decimal(calendar.days_before(last) - calendar.days_before(first + 1))


def work_day(calendar: Calendar | None, start: date | None, count: Decimal | None) -> date | None:
    """The working day so many after (or before) a day; the day itself for none."""
    if calendar is None or start is None or count is None:
        return None
    steps, day = int(count), number_of(start)
    if steps == 0:
        return start
    wanted = calendar.days_before(day + 1) + steps if steps > 0 else calendar.days_before(day) + steps + 1
    low, high = FIRST_DAY, LAST_DAY
    if not calendar.days_before(low) < wanted <= calendar.days_before(high + 1):
        return None
    while low < high:
        middle = (low + high) // 2
        if calendar.days_before(middle + 1) >= wanted:
            high = middle
        else:
            low = middle + 1
    return date.fromordinal(low + _EPOCH)


def work_before(calendar: Calendar, reading: int) -> int:
    """Milliseconds of work before a reading of the clocks (milliseconds since their 1970)."""
    day, within = divmod(reading, 86_400_000)
    hours = calendar.hours(day)
    done = sum(max(0, min(within, end * MINUTE) - start * MINUTE) for start, end in hours)
    return calendar.ms_before(day) + done


def work_hours(calendar: Calendar | None, start: int | None, end: int | None) -> Decimal | None:
    """Hours of work between two readings of the clocks; negative when they stand the other way round."""
    if calendar is None or start is None or end is None:
        return None
    return divide(Decimal(work_before(calendar, end) - work_before(calendar, start)), HOUR_MS)


def add_work_hours(calendar: Calendar | None, start: int | None, count: Decimal | None) -> int | None:
    """The reading of the clocks when so many hours of work are done; the same one for none. None beyond all years."""
    if calendar is None or start is None or count is None:
        return None
    rounded = round_half(multiply(count, HOUR_MS), Decimal(0))
    if rounded is None:
        return None
    amount = int(rounded)
    if amount == 0:
        return start
    wanted = work_before(calendar, start) + amount
    forward = amount > 0
    low, high = FIRST_DAY, LAST_DAY
    least, most = calendar.ms_before(low), calendar.ms_before(high + 1)
    if not (least < wanted <= most if forward else least <= wanted < most):
        return None
    while low < high:
        middle = (low + high) // 2
        done = calendar.ms_before(middle + 1)
        if done >= wanted if forward else done > wanted:
            high = middle
        else:
            low = middle + 1
    rest = wanted - calendar.ms_before(low)
    for first, last in calendar.hours(low):
        length = (last - first) * MINUTE
        if rest <= length if forward else rest < length:
            return low * 86_400_000 + first * MINUTE + rest
        rest -= length
    return None
