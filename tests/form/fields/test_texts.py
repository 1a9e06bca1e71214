"""Texts, telephone numbers, addresses, answers and options in one spelling each."""

from typing import Any

import pytest

from engines.form.fields.base import Context
from engines.form.folding import fold
from engines.kernel.problems import Rejected
from tests.form.build import one_field

TEXT = one_field("text", {"max_length": 5, "min_length": 2}, unique=True)
LONG = one_field("textarea")
MOBILE = one_field("phone")
PHONE = one_field("phone", {"kind": "any"})
EMAIL = one_field("email")
YES = one_field("boolean")
CHOICES = [
    {"key": "won", "label": {"zh-CN": "赢单", "en": "Won"}, "color": "green"},
    {"key": "lost", "label": {"zh-CN": "输单", "en": "Lost"}},
    {"key": "2", "label": "Two"},
]
CHOICE = one_field("choice", {"choices": CHOICES})
SEVERAL = one_field("choices", {"choices": CHOICES, "max": 2})


def test_a_text_is_one_trimmed_line_without_control_characters() -> None:
    assert TEXT.type.parse("  a\tb\nc\x00 ", TEXT) == "a b c"
    assert LONG.type.parse("a\r\nb\rc  \n", LONG) == "a\nb\nc"
    assert TEXT.type.parse(" \u3000 ", TEXT) is None


def test_a_text_of_another_type_is_refused() -> None:
    with pytest.raises(Rejected, match="Must be a text"):
        TEXT.type.parse(5, TEXT)
    assert TEXT.type.import_cell(13800138000.0, TEXT, Context()) == "13800138000"


def test_lengths_count_characters() -> None:
    assert [one.code for one in TEXT.type.check("一二三四五六", TEXT)] == ["text.too_long"]
    assert [one.code for one in TEXT.type.check("一", TEXT)] == ["text.too_short"]
    assert list(TEXT.type.check("一二三", TEXT)) == []


def test_a_unique_text_is_written_with_its_folded_form() -> None:
    assert TEXT.type.to_columns("ＡＢc", TEXT) == {"it": "ＡＢc", "it__fold": fold("abc")}
    assert TEXT.type.to_columns(None, TEXT) == {"it": None, "it__fold": None}


@pytest.mark.parametrize(
    "written", ["13800138000", "138 0013 8000", "+86 138-0013-8000", "0086 13800138000", 13800138000]
)
def test_mobile_numbers_have_one_spelling(written: Any) -> None:
    assert MOBILE.type.parse(written, MOBILE) == "13800138000"


@pytest.mark.parametrize("written", ["1380013800", "138001380000", "12800138000", "021-61234567", "+1 202 555 0100"])
def test_other_numbers_are_not_mobile_numbers(written: str) -> None:
    with pytest.raises(Rejected) as caught:
        MOBILE.type.parse(written, MOBILE)
    assert caught.value.problems[0].code == "phone.not_a_mobile"


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("021-6123 4567", "021-61234567"),
        ("(0755)2345678", "0755-2345678"),
        ("01061234567转801", "010-61234567-801"),
        ("+1 (202) 555-0100", "+12025550100"),
        ("400-820-8820", "4008208820"),
    ],
)
def test_any_telephone_may_be_allowed(written: str, value: str) -> None:
    assert PHONE.type.parse(written, PHONE) == value


@pytest.mark.parametrize(
    ("written", "value"), [(" A.B@Example.COM ", "A.B@example.com"), ("张三@例子.公司", "张三@例子.公司")]
)
def test_the_domain_of_an_address_is_small(written: str, value: str) -> None:
    assert EMAIL.type.parse(written, EMAIL) == value


@pytest.mark.parametrize("written", ["a", "a@b", "a@b.", "a b@c.de", "a@b..de", "a@b.1", "@b.de", f"{'a' * 65}@b.de"])
def test_what_is_no_address_is_refused(written: str) -> None:
    with pytest.raises(Rejected) as caught:
        EMAIL.type.parse(written, EMAIL)
    assert caught.value.problems[0].code == "email.not_an_address"


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("是", True),
        ("Yes", True),
        ("TRUE", True),
        (1, True),
        ("on", True),
        ("否", False),
        ("no", False),
        ("０", False),
        ("", None),
    ],
)
def test_answers_are_read_in_both_languages(written: Any, value: bool | None) -> None:
    assert YES.type.parse(written, YES) is value


def test_an_unclear_answer_is_refused() -> None:
    with pytest.raises(Rejected, match="neither yes nor no"):
        YES.type.parse("maybe", YES)


@pytest.mark.parametrize("written", ["won", "赢单", "Won", " WON ", "ＷＯＮ"])
def test_an_option_is_its_key_or_a_label_in_any_language(written: str) -> None:
    assert CHOICE.type.parse(written, CHOICE) == "won"


def test_an_unknown_option_gets_a_suggestion() -> None:
    with pytest.raises(Rejected, match='did you mean "Lost"') as caught:
        CHOICE.type.parse("Lsot", CHOICE)
    assert caught.value.problems[0].params["known"] == ["won", "lost", "2"]


def test_several_options_keep_the_order_of_the_list() -> None:
    assert SEVERAL.type.parse(["Lost", "won", "won"], SEVERAL) == ("won", "lost")
    assert SEVERAL.type.parse("输单、赢单", SEVERAL) == ("won", "lost")
    assert SEVERAL.type.import_cell(2.0, SEVERAL, Context()) == ("2",)
    assert [one.code for one in SEVERAL.type.check(("won", "lost", "2"), SEVERAL)] == ["choices.too_many"]
    assert SEVERAL.type.display(("won", "gone"), SEVERAL, "zh-CN") == "赢单、gone"


def test_part_of_a_text_is_no_whole_address_when_asked_for() -> None:
    assert EMAIL.type.parse_operand("contains", "@exam", EMAIL, Context()) == "@exam"
