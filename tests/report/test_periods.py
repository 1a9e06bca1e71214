"""Periods of the calendar."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.kernel.problems import Rejected
from engines.report import periods
from engines.report.definition import GRANULARITIES

DAYS = st.dates(date(1900, 1, 1), date(2199, 12, 31))


@given(DAYS, st.sampled_from(GRANULARITIES))
def test_periods_hold_every_day_exactly_once(day: date, granularity: str) -> None:
    start = periods.start_of(day, granularity)
    end = periods.last_day(start, granularity)
    assert start <= day <= end
    assert periods.start_of(end, granularity) == start
    assert periods.start_of(end + timedelta(days=1), granularity) == end + timedelta(days=1)


def test_weeks_begin_on_monday_and_belong_to_the_year_of_their_thursday() -> None:
    monday = periods.start_of(date(2025, 1, 1), "week")
    assert monday == date(2024, 12, 30)
    assert periods.name(monday, "week") == "2025-W01"


@pytest.mark.parametrize(
    ("key", "first", "last"),
    [
        ("all", None, None),
        ("today", date(2025, 3, 31), date(2025, 3, 31)),
        ("this_week", date(2025, 3, 31), date(2025, 4, 6)),
        ("last_week", date(2025, 3, 24), date(2025, 3, 30)),
        ("this_month", date(2025, 3, 1), date(2025, 3, 31)),
        ("last_month", date(2025, 2, 1), date(2025, 2, 28)),
        ("this_quarter", date(2025, 1, 1), date(2025, 3, 31)),
        ("last_quarter", date(2024, 10, 1), date(2024, 12, 31)),
        ("this_year", date(2025, 1, 1), date(2025, 12, 31)),
        ("last_year", date(2024, 1, 1), date(2024, 12, 31)),
        ("last_7_days", date(2025, 3, 24), date(2025, 3, 30)),
        ("last_30_days", date(2025, 3, 1), date(2025, 3, 30)),
    ],
)
def test_presets_include_both_their_days(key: str, first: date | None, last: date | None) -> None:
    assert periods.preset(key, date(2025, 3, 31)) == (first, last)


def test_every_preset_is_understood() -> None:
    assert all(periods.preset(key, date(2024, 2, 29)) for key in periods.PRESETS)


def test_an_unknown_preset_suggests_the_nearest() -> None:
    with pytest.raises(Rejected, match='did you mean "this_month"'):
        periods.preset("this_mont", date(2025, 1, 1))


@pytest.mark.parametrize(
    ("first", "last", "compare", "expected"),
    [
        (date(2025, 3, 1), date(2025, 3, 31), "previous_period", (date(2025, 2, 1), date(2025, 2, 28))),
        (date(2025, 1, 1), date(2025, 3, 31), "previous_period", (date(2024, 10, 1), date(2024, 12, 31))),
        (date(2025, 3, 5), date(2025, 3, 6), "previous_period", (date(2025, 3, 3), date(2025, 3, 4))),
        (date(2024, 2, 1), date(2024, 2, 29), "previous_year", (date(2023, 2, 1), date(2023, 2, 28))),
        (date(2025, 2, 1), date(2025, 2, 28), "previous_year", (date(2024, 2, 1), date(2024, 2, 29))),
    ],
)
def test_the_range_to_compare_with_steps_by_the_calendar(
    first: date, last: date, compare: str, expected: tuple[date, date]
) -> None:
    assert periods.before(first, last, compare) == expected
