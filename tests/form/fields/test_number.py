"""Numbers and money as people write them, exactly as they are kept."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.form.fields.base import Context
from engines.kernel.problems import Rejected
from tests.form.build import one_field

NUMBER = one_field("number", {"decimals": 12})
MONEY = one_field("money")
PERCENT = one_field("number", {"percent": True, "decimals": 1})
WORTH = st.decimals(min_value=-(10**19), max_value=10**19, places=12)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("1,234,567.5", "1234567.5"),
        (" 12 ", "12"),
        ("１２．５", "12.5"),
        ("(5)", "-5"),
        ("-0", "0"),
        (".5", "0.5"),
        ("1e3", "1000"),
        (3, "3"),
        (0.1, "0.1"),
        (Decimal("1.50"), "1.5"),
        ("1 000", "1000"),
    ],
)
def test_numbers_are_read_as_people_write_them(written: Any, value: str) -> None:
    assert str(NUMBER.type.parse(written, NUMBER)) == value


@pytest.mark.parametrize(
    "written", ["12a", "1,23", "--1", "NaN", "Infinity", "1e999", "5%", True, [], "1.2.3", "９９９万", float("inf")]
)
def test_what_is_no_number_is_refused(written: Any) -> None:
    with pytest.raises(Rejected) as caught:
        NUMBER.type.parse(written, NUMBER)
    assert caught.value.problems[0].code in ("number.not_a_number", "number.out_of_domain")


def test_the_domain_has_20_digits_before_and_12_after_the_point() -> None:
    assert NUMBER.type.parse("9" * 20 + "." + "9" * 12, NUMBER) == Decimal("9" * 20 + "." + "9" * 12)
    with pytest.raises(Rejected, match="20 digits"):
        NUMBER.type.parse("1" + "0" * 20, NUMBER)
    with pytest.raises(Rejected, match="12 decimals"):
        NUMBER.type.parse("0." + "0" * 12 + "1", NUMBER)


@pytest.mark.parametrize(
    ("options", "value", "codes"),
    [
        ({"decimals": 2}, "1.25", []),
        ({"decimals": 2}, "1.250", []),
        ({"decimals": 2}, "1.255", ["number.too_precise"]),
        ({}, "1.5", ["number.not_whole"]),
        ({"min": 0.3, "decimals": 1}, "0.3", []),
        ({"min": 1, "max": 5}, "0", ["number.too_small"]),
        ({"min": 1, "max": 5}, "6", ["number.too_large"]),
        ({"percent": True}, "0.15", []),
        ({"percent": True}, "0.155", ["number.not_whole"]),
    ],
)
def test_limits_are_exact(options: dict[str, Any], value: str, codes: list[str]) -> None:
    field = one_field("number", options)
    assert [problem.code for problem in field.type.check(Decimal(value), field)] == codes


@pytest.mark.parametrize(
    ("field", "value", "shown"),
    [
        (NUMBER, "1234.5", "1,234.500000000000"),
        (one_field("number", {"decimals": 1}), "2.25", "2.3"),
        (one_field("number", {"decimals": 1}), "-2.25", "-2.3"),
        (one_field("number", {"unit": "天"}), "3", "3 天"),
        (PERCENT, "0.155", "15.5%"),
        (MONEY, "-1234.5", "-¥1,234.50"),
        (one_field("money", {"currency": "CHF"}), "5", "CHF 5.00"),
    ],
)
def test_numbers_are_shown_grouped_and_rounded_half_away_from_zero(field: Any, value: str, shown: str) -> None:
    assert field.type.display(Decimal(value), field) == shown


@pytest.mark.parametrize("written", ["¥1,000.50", "￥1000.50", "1000.50 元", "CNY 1,000.50", "1000.50", "１０００.５"])
def test_money_is_read_with_its_sign(written: str) -> None:
    assert MONEY.type.parse(written, MONEY) == Decimal("1000.5")


def test_a_percent_sign_divides_by_a_hundred_where_percent_is_meant() -> None:
    assert PERCENT.type.parse("15.5 %", PERCENT) == Decimal("0.155")
    assert PERCENT.type.parse("0.155", PERCENT) == Decimal("0.155")


@given(WORTH)
def test_json_and_display_of_all_decimals_lose_nothing(value: Decimal) -> None:
    again = NUMBER.type.from_json(NUMBER.type.to_json(value, NUMBER), NUMBER)
    assert again == value
    assert NUMBER.type.parse(NUMBER.type.display(value, NUMBER), NUMBER) == value


def test_a_workbook_number_is_the_decimal_that_it_shows() -> None:
    assert NUMBER.type.import_cell(0.1 + 0.2, NUMBER, Context()) == Decimal("0.3")


@pytest.mark.parametrize(
    ("options", "value", "shown"),
    [
        ({}, "14", "14"),
        ({}, "2.3333333", "2.33"),
        ({}, "1234.50", "1,234.5"),
        ({}, "-0.001", "0"),
        ({"percent": True}, "0.15", "15%"),
        ({"percent": True}, "0.15678", "15.68%"),
        ({"decimals": 2}, "14", "14.00"),
        ({"result": "money"}, "14", "¥14.00"),
    ],
)
def test_a_computed_number_shows_no_more_decimals_than_it_has(options: dict[str, Any], value: str, shown: str) -> None:
    one = one_field("formula", {"expression": "1", "result": "number", **options})
    assert one.type.display(Decimal(value), one) == shown


def test_signs_stand_close_behind_a_number_and_words_after_a_blank() -> None:
    for kind in ("number", "slider"):
        for unit, shown in (("%", "66%"), ("°C", "66°C"), ("件", "66 件")):
            one = one_field(kind, {"unit": unit})
            assert one.type.display(Decimal(66), one) == shown
            assert one.type.parse(shown, one) == Decimal(66)
