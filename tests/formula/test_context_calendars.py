"""Counting along a calendar is the same as walking it day by day."""

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from engines.formula.calendars import (
    Calendar,
    add_work_hours,
    is_workday,
    network_days,
    number_of,
    work_before,
    work_day,
    work_hours,
)

HOURS = st.sampled_from([(), ((540, 720),), ((540, 720), (810, 1080)), ((0, 1440),)])
DAYS = st.dates(date(2023, 12, 1), date(2024, 3, 31))
CALENDARS = st.builds(
    Calendar, st.just("any"), st.tuples(*[HOURS] * 6, st.just(((540, 720),))), st.dictionaries(DAYS, HOURS, max_size=20)
)
RUN = settings(max_examples=60, deadline=None)
DAY = timedelta(days=1)
DAY_MS = 86_400_000


@RUN
@given(CALENDARS, DAYS, DAYS)
def test_working_days_between_are_those_that_one_meets_walking(calendar, first, last):
    low, high = min(first, last), max(first, last)
    walked = sum(is_workday(calendar, low + n * DAY) for n in range((high - low).days + 1))
    assert network_days(calendar, first, last) == (walked if first <= last else -walked)


@RUN
@given(CALENDARS, DAYS, st.integers(-80, 80))
def test_the_nth_working_day_is_the_one_that_one_reaches_walking(calendar, start, count):
    day, left = start, abs(count)
    while left:
        day += DAY if count > 0 else -DAY
        left -= is_workday(calendar, day)
    assert work_day(calendar, start, Decimal(count)) == day


@RUN
@given(CALENDARS, DAYS, st.integers(0, DAY_MS - 1), st.integers(-300, 300))
def test_adding_hours_of_work_and_counting_them_are_opposites(calendar, day, within, halves):
    start = number_of(day) * DAY_MS + within
    end = add_work_hours(calendar, start, Decimal(halves) / 2)
    assert end is not None
    assert work_hours(calendar, start, end) == Decimal(halves) / 2
    # the time that is reached is one of work: just before it (or, backwards, just after it) work goes on
    if halves > 0:
        assert work_before(calendar, end) - work_before(calendar, end - 1) == 1
    if halves < 0:
        assert work_before(calendar, end + 1) - work_before(calendar, end) == 1


def test_a_calendar_without_a_year_says_so():
    calendar = Calendar("cn", ((),) * 7, {}, frozenset({2024}))
    assert calendar.covers(2024)
    assert not calendar.covers(2031)
    assert Calendar("own", ((),) * 7).covers(2031)
