# ruff: noqa: DTZ001 - a time in a file has no zone
"""Days as exports write them: the order of their parts, two-digit years, and which orders fit a column."""

from datetime import date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.form.importing.dates import DATE_ORDERS, depends_on_order, fitting_orders, read_day, read_moment
from engines.kernel.problems import Rejected

SHAPES = {"ymd": "{y}{s}{m}{s}{d}", "mdy": "{m}{s}{d}{s}{y}", "dmy": "{d}{s}{m}{s}{y}"}


@pytest.mark.parametrize(
    ("text", "order", "day"),
    [
        ("10/20/2016", "mdy", date(2016, 10, 20)),
        ("9/1/2017", "mdy", date(2017, 9, 1)),
        ("03-01-17", "mdy", date(2017, 3, 1)),
        ("1-5-17", "mdy", date(2017, 1, 5)),
        ("1-5-17", "dmy", date(2017, 5, 1)),
        ("17-1-5", "ymd", date(2017, 1, 5)),
        ("1-5-69", "mdy", date(1969, 1, 5)),
        ("1-5-68", "mdy", date(2068, 1, 5)),
        ("2017-03-01", "mdy", date(2017, 3, 1)),
        ("2017年3月1日", "dmy", date(2017, 3, 1)),
        ("３/１/２０１７", "mdy", date(2017, 3, 1)),
    ],
)
def test_a_day_is_read_in_the_order_that_was_chosen(text: str, order: str, day: date) -> None:
    assert read_day(text, order) == day  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "order"), [("20/10/2016", "mdy"), ("2/30/2017", "mdy"), ("1-5-206", "mdy"), ("x", "dmy")]
)
def test_what_is_no_day_in_this_order_is_refused_with_its_text(text: str, order: str) -> None:
    with pytest.raises(Rejected) as caught:
        read_day(text, order)  # type: ignore[arg-type]
    assert caught.value.problems[0].params["value"] == text


def test_a_time_behind_the_day_is_kept() -> None:
    assert read_moment("10/20/2016 14:30", "mdy") == datetime(2016, 10, 20, 14, 30)
    assert read_moment("2016-10-20T14:30:15", "dmy") == datetime(2016, 10, 20, 14, 30, 15)


def test_the_orders_that_fit_a_column_are_told_with_what_does_not_fit() -> None:
    assert fitting_orders(["10/20/2016", "9/1/2017"]) == {"ymd": 2, "mdy": 0, "dmy": 1}
    assert fitting_orders(["3/4/2017"])["mdy"] == fitting_orders(["3/4/2017"])["dmy"] == 0, "nobody can tell"


@given(
    day=st.dates(date(1970, 1, 1), date(2068, 12, 31)),
    order=st.sampled_from(DATE_ORDERS),
    separator=st.sampled_from("-/."),
    short=st.booleans(),
    padded=st.booleans(),
)
@settings(deadline=None, max_examples=100)
def test_every_day_comes_back_from_every_shape(
    day: date, order: str, separator: str, short: bool, padded: bool
) -> None:
    width = "02d" if padded else "d"
    year = f"{day.year % 100:02d}" if short else f"{day.year}"
    parts = {"y": year, "m": format(day.month, width), "d": format(day.day, width), "s": separator}
    assert read_day(SHAPES[order].format(**parts), order) == day  # type: ignore[arg-type]


def test_days_that_begin_with_their_year_depend_on_no_order() -> None:
    assert not any(map(depends_on_order, ["2026-03-04", "2026/3/4 09:30", "2026年3月", "2026-03-04T09:30:00", "甲"]))
    assert all(map(depends_on_order, ["3/4/2017", "03.04.17", "3-4-2017 09:30"]))
