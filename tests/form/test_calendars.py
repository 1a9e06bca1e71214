"""Calendars as documents: what they mean, what is refused, China's years, and which one counts."""

from datetime import date, timedelta
from decimal import Decimal

import chinese_calendar
import pytest

from engines.form.calendars import CalendarKind, calendars_of, compile_calendar
from engines.form.facts import facts_of
from engines.formula import Place, compile_expression
from engines.formula.calendars import is_workday, network_days
from engines.kernel.documents import validate
from tests.conftest import Begin
from tests.form.build import field, form, forms
from tests.form.company import ADMINISTRATOR

KIND = CalendarKind()
SHOP = {
    "kind": "calendar",
    "key": "shop",
    "title": {"en": "Shop", "zh-CN": "门店"},
    "weekdays": {"2": [["10:00", "20:00"]], "6": [["10:00", "14:00"], ["15:00", "24:00"]]},
    "country": "cn",
    "days": [
        {"key": "inventory", "date": "2026-03-03", "title": {"en": "Inventory", "zh-CN": "盘点"}},
        {"key": "fair", "from": "2026-05-01", "to": "2026-05-02", "working": True, "hours": [["09:00", "12:00"]]},
    ],
}
CN = calendars_of({}, {})["cn"]


@pytest.mark.parametrize(
    ("day", "works"),
    [
        ("2024-02-09", True), ("2024-02-12", False), ("2024-02-18", True), ("2025-10-08", False), ("2025-10-11", True),
        ("2026-01-04", True), ("2026-02-14", True), ("2026-02-23", False), ("2026-02-28", True), ("2026-10-10", True),
        ("2022-12-31", False), ("2027-03-01", True), ("2027-02-28", False),
    ],
)  # fmt: skip
def test_the_calendar_of_china_knows_holidays_and_make_up_days(day: str, works: bool):
    assert is_workday(CN, date.fromisoformat(day)) is works


@pytest.mark.parametrize(
    ("year", "days"), [(2021, 250), (2022, 249), (2023, 249), (2024, 251), (2025, 248), (2026, 248)]
)
def test_a_year_in_china_has_as_many_working_days_as_weekdays_without_the_statutory_holidays(year: int, days: int):
    assert network_days(CN, date(year, 1, 1), date(year, 12, 31)) == days
    assert CN.covers(year)


def test_every_day_is_what_the_well_known_list_says():
    days = [date(2020, 1, 1) + timedelta(days=number) for number in range(2557)]
    assert days[-1] == date(2026, 12, 31)
    assert [day for day in days if is_workday(CN, day) != chinese_calendar.is_workday(day)] == []


def test_a_year_without_data_says_so_and_counts_its_weeks():
    assert not CN.covers(2031)
    assert network_days(CN, date(2031, 10, 1), date(2031, 10, 7)) == 5
    assert CN.names[date(2026, 2, 17)] == "春节"


def test_a_document_has_its_own_hours_and_its_days_win_over_those_of_the_country():
    shop = compile_calendar(SHOP)
    assert validate(KIND, SHOP) == []
    assert list(KIND.check(SHOP, None)) == []  # type: ignore[arg-type]
    assert not is_workday(shop, date(2026, 3, 3))
    assert shop.names[date(2026, 3, 3)] == "盘点"
    assert is_workday(shop, date(2026, 5, 1))
    assert not is_workday(shop, date(2026, 5, 3))
    assert is_workday(shop, date(2026, 3, 7))
    assert not is_workday(shop, date(2026, 3, 6))


@pytest.mark.parametrize(
    ("change", "path", "code"),
    [
        ({"weekdays": {"1": [["12:00", "09:00"]]}}, "weekdays.1", "calendar.hours"),
        ({"weekdays": {"1": [["09:00", "12:00"], ["11:00", "13:00"]]}}, "weekdays.1", "calendar.hours"),
        ({"days": [{"key": "a", "date": "2026-02-30"}]}, "days.a", "calendar.no_day"),
        ({"days": [{"key": "a", "from": "2026-02-03"}]}, "days.a", "calendar.day"),
        ({"days": [{"key": "a", "date": "2026-02-03", "to": "2026-02-04"}]}, "days.a", "calendar.day"),
        ({"days": [{"key": "a", "from": "2026-02-03", "to": "2026-02-01"}]}, "days.a", "calendar.range"),
    ],
)  # fmt: skip
def test_a_calendar_that_cannot_be_is_refused_with_its_place(change, path, code):
    document = {**SHOP, **change}
    assert validate(KIND, document) == []
    assert [(one.path, one.code) for one in KIND.check(document, None)] == [(path, code)]  # type: ignore[arg-type]


def test_the_setting_names_the_calendar_that_counts_else_the_first_else_the_one_of_china():
    other = {"kind": "calendar", "key": "other", "title": "Other"}
    documents = {("calendar", "shop"): SHOP, ("calendar", "other"): other}
    assert list(calendars_of({}, {})) == ["cn"]
    assert list(calendars_of({}, documents)) == ["shop", "other", "cn"]
    assert next(iter(calendars_of({"calendar": "other"}, documents))) == "other"
    assert next(iter(calendars_of({"calendar": "cn"}, documents))) == "cn"


def test_expressions_of_an_app_count_along_its_calendars_in_python_and_sql(begin: Begin):
    compiled = forms(form("task", field("due", "date")), SHOP)
    with begin(ADMINISTRATOR, keep=False) as tx:
        facts = facts_of(tx, compiled)
        for text, expected in (
            ("WORKDAY(due, 1)", date(2026, 3, 7)),
            ('WORKDAY(due, 1, "cn")', date(2026, 3, 3)),
            ("NETWORKDAYS(due, due + 5)", Decimal(1)),
            ('WORKHOURS(DATETIME(due), DATETIME(due + 6), "shop")', Decimal(13)),
        ):
            found = compile_expression(text, compiled.get("task").scope, place=Place.LIVE)
            assert found.evaluate({"due": date(2026, 3, 2)}, facts) == expected
