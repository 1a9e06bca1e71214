"""Days and instants in the shapes that people and files bring, and the periods that filters name."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.form.fields.base import Context
from engines.form.fields.times import relative_days
from engines.kernel.problems import Rejected
from tests.form.build import one_field

DAY = one_field("date")
MONTH = one_field("date", {"precision": "month"})
YEAR = one_field("date", {"precision": "year"})
MOMENT = one_field("datetime", {"precision": "second"})
SHANGHAI = Context(zone="Asia/Shanghai")
TODAY = date(2026, 6, 3)  # a Wednesday


@pytest.mark.parametrize(
    "written",
    [
        "2026-06-05",
        "2026/6/5",
        "2026.6.5",
        "20260605",
        "2026年6月5日",
        " 2026-06-05 ",
        "２０２６/６/５",
        date(2026, 6, 5),
    ],
)
def test_days_are_read_in_many_shapes(written: Any) -> None:
    assert DAY.type.parse(written, DAY, SHANGHAI) == date(2026, 6, 5)


@pytest.mark.parametrize("written", ["06/05/2026", "2026-13-01", "2026-02-30", "tomorrow", "5", 20260605, "0000-01-01"])
def test_a_day_that_must_be_guessed_or_does_not_exist_is_refused(written: Any) -> None:
    with pytest.raises(Rejected) as caught:
        DAY.type.parse(written, DAY, SHANGHAI)
    assert caught.value.problems[0].code == "date.not_a_date"


@pytest.mark.parametrize("written", ["2025", " 2025年", 2025, 2025.0, "2025-03-04"])
def test_a_year_of_a_file_may_be_a_text_or_a_number(written: Any) -> None:
    assert YEAR.type.import_cell(written, YEAR, SHANGHAI) == date(2025, 1, 1)


def test_months_and_years_are_their_first_day() -> None:
    assert MONTH.type.parse("2026年6月", MONTH) == MONTH.type.parse("2026-06-17", MONTH) == date(2026, 6, 1)
    assert YEAR.type.parse("2026", YEAR) == date(2026, 1, 1)
    assert MONTH.type.display(date(2026, 6, 1), MONTH) == "2026年6月"
    assert MONTH.type.display(date(2026, 6, 1), MONTH, "en") == "2026-06"


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("2026-06-05 09:30", datetime(2026, 6, 5, 1, 30, tzinfo=UTC)),
        ("2026-06-05T09:30", datetime(2026, 6, 5, 1, 30, tzinfo=UTC)),
        ("2026/6/5 9:30:15", datetime(2026, 6, 5, 1, 30, 15, tzinfo=UTC)),
        ("2026-06-05T09:30:15.123456+08:00", datetime(2026, 6, 5, 1, 30, 15, 123000, tzinfo=UTC)),
        ("2026-06-05T01:30:00Z", datetime(2026, 6, 5, 1, 30, tzinfo=UTC)),
        ("2026-06-05", datetime(2026, 6, 4, 16, tzinfo=UTC)),
        ("2026年6月5日 9点30分", datetime(2026, 6, 5, 1, 30, tzinfo=UTC)),
        (datetime(2026, 6, 5, 9, 30), datetime(2026, 6, 5, 1, 30, tzinfo=UTC)),  # noqa: DTZ001 - a workbook has no zone
        (date(2026, 6, 5), datetime(2026, 6, 4, 16, tzinfo=UTC)),
    ],
)
def test_instants_are_meant_in_the_workspace_zone_unless_they_say_another(written: Any, value: datetime) -> None:
    assert MOMENT.type.parse(written, MOMENT, SHANGHAI) == value


@pytest.mark.parametrize("written", ["2026-06-05 25:00", "2026-06-05 9", "noon", 5, "2026-06-05T09:30+99:00"])
def test_an_instant_that_does_not_exist_is_refused(written: Any) -> None:
    with pytest.raises(Rejected):
        MOMENT.type.parse(written, MOMENT, SHANGHAI)


@given(st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(2200, 1, 1)))  # noqa: DTZ001 - made aware below
def test_an_instant_survives_json_and_files_to_the_millisecond(naive: datetime) -> None:
    value = naive.replace(tzinfo=UTC, microsecond=naive.microsecond // 1000 * 1000)
    assert MOMENT.type.from_json(MOMENT.type.to_json(value, MOMENT), MOMENT, SHANGHAI) == value
    assert (
        MOMENT.type.import_cell(
            MOMENT.type.export_cell(value, MOMENT, Context(zone="UTC")), MOMENT, Context(zone="UTC")
        )
        == value
    )


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("today", "2026-06-03", "2026-06-03"),
        ("yesterday", "2026-06-02", "2026-06-02"),
        ("this_week", "2026-06-01", "2026-06-07"),
        ("last_week", "2026-05-25", "2026-05-31"),
        ("this_month", "2026-06-01", "2026-06-30"),
        ("last_month", "2026-05-01", "2026-05-31"),
        ("next_month", "2026-07-01", "2026-07-31"),
        ("this_quarter", "2026-04-01", "2026-06-30"),
        ("last_quarter", "2026-01-01", "2026-03-31"),
        ("this_year", "2026-01-01", "2026-12-31"),
        ("last_year", "2025-01-01", "2025-12-31"),
        ("last_n_days:7", "2026-05-28", "2026-06-03"),
        ("next_n_days:7", "2026-06-03", "2026-06-09"),
    ],
)
def test_periods_around_today(name: str, first: str, last: str) -> None:
    assert relative_days(name, TODAY) == (date.fromisoformat(first), date.fromisoformat(last))


def test_weeks_begin_on_monday_and_quarters_of_january_reach_back() -> None:
    assert relative_days("this_week", date(2026, 6, 7)) == (date(2026, 6, 1), date(2026, 6, 7))
    assert relative_days("last_quarter", date(2026, 1, 31)) == (date(2025, 10, 1), date(2025, 12, 31))


@pytest.mark.parametrize("name", ["someday", "last_n_days:0", "last_n_days:x", "last_n_days"])
def test_an_unknown_period_is_refused(name: str) -> None:
    with pytest.raises(Rejected, match="is not a period"):
        relative_days(name, TODAY)


@pytest.mark.parametrize(
    ("raw", "low", "high"),
    [
        ("2026-06-05", "2026-06-04T16:00Z", "2026-06-05T16:00Z"),
        ("2026-06-05 09:30", "2026-06-05T01:30Z", "2026-06-05T01:31Z"),
        ("2026-06-05 09:30:15", "2026-06-05T01:30:15Z", "2026-06-05T01:30:15.001Z"),
    ],
)
def test_a_filter_on_an_instant_means_the_whole_day_or_minute(raw: str, low: str, high: str) -> None:
    span = MOMENT.type.parse_operand("eq", raw, MOMENT, SHANGHAI)
    assert span == (datetime.fromisoformat(low), datetime.fromisoformat(high))
