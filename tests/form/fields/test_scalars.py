"""Rich text, papers, addresses of the web, times, periods, sliders and texts that other fields make."""

import re
from datetime import UTC, date, datetime, time
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.form.fields.base import Context
from engines.form.fields.date_range import Days
from engines.form.fields.papers import check_digit
from engines.form.richtext import TAGS, clean, plain_text
from engines.formula import Facts
from engines.kernel.problems import Rejected
from tests.form.build import field, form, forms, one_field

FACTS = Facts(now=datetime(2026, 6, 5, 4, tzinfo=UTC))


def codes(kind: str, raw: Any, options: dict[str, Any] | None = None) -> list[str]:
    """What a field says about an input; nothing where it is taken."""
    one = one_field(kind, options)
    try:
        value = one.type.parse(raw, one, Context())
    except Rejected as error:
        return [problem.code for problem in error.problems]
    return [] if value is None else [problem.code for problem in one.type.check(value, one, Context())]


# -- rich text --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "attack",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<p onclick='alert(1)' style='position:fixed'>x</p>",
        '<a href="javascript:alert(1)">x</a>',
        '<a href="java\nscript:alert(1)">x</a>',
        "<svg><script>alert(1)</script></svg>",
        '<iframe src="https://example.com"></iframe><p>x</p>',
        "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
        '<p class="modal" id="dg-form">x</p>',
        "<form action=/sign-out><button>x</button></form>",
    ],
)
def test_rich_text_keeps_nothing_that_runs_or_reaches_out(attack: str) -> None:
    html = clean(attack)
    assert set(re.findall(r"<([a-z0-9]+)", html)) <= TAGS
    assert not re.search(r"<[^>]*(script|onerror|onclick|style|class|id=|src)", html, re.IGNORECASE)


class _Attributes(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in TAGS
        self.seen |= {name for name, _ in attrs}


PIECES = st.sampled_from(
    [
        "<p>",
        "</p>",
        "<b ",
        "onload=x",
        ">",
        "<a href='",
        "javascript:",
        "https://e.cn",
        "'",
        '"',
        "<!--",
        "-->",
        "甲",
        "&lt;",
        "<svg>",
        "<h1>",
        "</",
    ]
)


@given(st.lists(PIECES, max_size=30).map("".join))
def test_cleaning_twice_is_cleaning_once_and_leaves_known_attributes(html: str) -> None:
    once = clean(html)
    assert clean(once) == once
    reader = _Attributes()
    reader.feed(once)
    assert reader.seen <= {"href", "title", "colspan", "rowspan", "rel", "target"}


def test_plain_texts_become_paragraphs_and_read_the_same() -> None:
    assert clean("第一行\n\n a < b & c ") == "<p>第一行</p><p>a &lt; b &amp; c</p>"
    assert plain_text("<h2>A</h2><ul><li>b <b>c</b></li><li>d</li></ul>x<br>y") == "A\nb c\nd\nx\ny"
    assert clean("<p> </p><p><br></p>") == clean("<img src=x>") == ""
    assert clean("<div>a</div><div>b</div>") == "<p>a</p><p>b</p>"


def test_a_link_opens_elsewhere_and_tells_nothing() -> None:
    html = clean('<a href="https://example.com" onmouseover="x">x</a>')
    assert 'rel="noopener noreferrer nofollow"' in html
    assert 'target="_blank"' in html


def test_a_column_that_was_filled_by_a_conversion_is_cleaned_when_it_is_shown() -> None:
    one = one_field("richtext")
    assert "<script" not in one.type.html("<p>x</p><script>alert(1)</script>")  # type: ignore[attr-defined]


def test_formatted_texts_keep_their_formatting_in_files_unless_told_otherwise() -> None:
    value = "<p>a</p><p><strong>b</strong></p>"
    html, text = one_field("richtext"), one_field("richtext", {"export": "text"})
    assert html.type.export_cell(value, html, Context()) == value
    assert html.type.export_cell("<p>a</p><p>b</p>", html, Context()) == "a\nb"
    assert text.type.export_cell(value, text, Context()) == "a\nb"


# -- papers and addresses ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("11010519491231002X", []),
        ("11010519491231002x", []),
        ("1101 0519 4912 3100 2X", []),
        ("１１０１０５１９４９１２３１００２Ｘ", []),
        ("110105194912310021", ["id_card.check_digit"]),
        ("11010519490231002X", ["id_card.no_such"]),
        ("99010519491231002X", ["id_card.no_such"]),
        ("110105491231002", []),
        ("110105499931002", ["id_card.no_such"]),
        ("1101051949123100", ["id_card.not_a_number"]),
        ("护照 E1234", ["id_card.not_a_number"]),
    ],
)
def test_id_cards_are_checked_to_the_last_place(written: str, expected: list[str]) -> None:
    assert codes("id_card", written) == expected


def test_numbers_of_the_first_generation_may_be_refused() -> None:
    assert codes("id_card", "110105491231002", {"old": False}) == ["id_card.not_a_number"]


@given(st.integers(0, 16), st.integers(1, 9), st.dates(date(1900, 1, 1), date(2025, 1, 1)), st.integers(0, 999))
def test_one_wrong_digit_never_fits_the_check_digit(place: int, shift: int, born: date, number: int) -> None:
    right = f"110105{born:%Y%m%d}{number:03}"
    wrong = right[:place] + str((int(right[place]) + shift) % 10) + right[place + 1 :]
    assert check_digit(right) != check_digit(wrong)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("京a·12345", "京A12345"),
        (" 沪 A 0023 领 ", "沪A0023领"),
        ("粤BD12345", "粤BD12345"),
        ("粤B12345D", "粤B12345D"),
        ("粤ZA123港", "粤ZA123港"),
        ("苏E1234挂", "苏E1234挂"),
        ("123456使", "123456使"),
        ("京A1234", None),
        ("京AI2345", None),
        ("港A12345", None),
        ("粤BO12345", None),
    ],
)
def test_plates_are_known_by_their_shape(written: str, kept: str | None) -> None:
    one = one_field("plate")
    if kept is None:
        assert codes("plate", written) == ["plate.not_a_plate"]
    else:
        assert one.type.parse(written, one) == kept


def test_plates_may_be_of_one_kind_only() -> None:
    assert codes("plate", "京A12345", {"kind": "new_energy"}) == ["plate.not_a_plate"]
    assert codes("plate", "粤BD12345", {"kind": "common"}) == ["plate.not_a_plate"]


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("www.example.com", "https://www.example.com"),
        ("HTTP://Example.com/A", "http://Example.com/A"),
        ("example.com:8080/a", "https://example.com:8080/a"),
        ("https://例子.中国/路径?a=1", "https://例子.中国/路径?a=1"),
        ("lin@example.com", "mailto:lin@example.com"),
        ("javascript:alert(1)", None),
        ("data:text/html,x", None),
        ("file:///etc/passwd", None),
        ("vbscript:x", None),
        ("https://", None),
        ("https://exa mple.com", None),
        ('https://example.com"onclick="x', None),
        ("word", None),
    ],
)
def test_links_lead_to_the_web_and_to_mailboxes_only(written: str, kept: str | None) -> None:
    one = one_field("url")
    if kept is None:
        assert codes("url", written)[0] in ("url.scheme", "url.not_an_address")
    else:
        assert one.type.parse(written, one) == kept


def test_links_may_be_held_to_some_sites() -> None:
    only = {"hosts": ["example.com"]}
    assert codes("url", "https://docs.example.com/a", only) == []
    assert codes("url", "https://badexample.com", only) == ["url.other_site"]


# -- times, periods, ranges -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("9:30", "09:30"),
        ("09:30:59", "09:30"),
        ("9点30分", "09:30"),
        ("下午3:05", "15:05"),
        ("3:05 pm", "15:05"),
        ("上午9:30", "09:30"),
        ("12:00 am", "00:00"),
        ("中午12:10", "12:10"),
        (time(7, 5), "07:05"),
        (datetime(2026, 6, 5, 7, 5), "07:05"),  # noqa: DTZ001 - a workbook has no zone
        (0.5, "12:00"),
    ],
)
def test_times_are_read_as_people_and_workbooks_write_them(written: Any, kept: str) -> None:
    one = one_field("time")
    assert one.type.parse(written, one) == kept


@pytest.mark.parametrize("written", ["25:00", "9", "9:60", "noon", 7, 1.5, True])
def test_what_is_no_time_is_refused(written: Any) -> None:
    assert codes("time", written) == ["datetime.not_a_time"]


def test_times_lie_between_the_earliest_and_the_latest() -> None:
    hours = {"earliest": "08:00", "latest": "18:00", "precision": "second"}
    assert codes("time", "18:00:00", hours) == codes("time", "8:00", hours) == []
    assert codes("time", "18:00:01", hours) == ["time.too_late"]
    assert codes("time", "07:59:59", hours) == ["time.too_early"]


@pytest.mark.parametrize(
    ("precision", "written", "first"),
    [
        ("quarter", "2026-Q1", date(2026, 1, 1)),
        ("quarter", "2026年第三季度", date(2026, 7, 1)),
        ("quarter", "2026-05-20", date(2026, 4, 1)),
        ("month", "2026年3月", date(2026, 3, 1)),
        ("year", "2026年", date(2026, 1, 1)),
        ("week", "2026-W01", date(2025, 12, 29)),
        ("week", "2026年第1周", date(2025, 12, 29)),
        ("week", "2026-01-04", date(2025, 12, 29)),
    ],
)
def test_periods_are_their_first_day(precision: str, written: str, first: date) -> None:
    one = one_field("period", {"precision": precision})
    assert one.type.parse(written, one) == first


@pytest.mark.parametrize(
    ("precision", "chinese", "english"),
    [
        ("year", "2026年", "2026"),
        ("quarter", "2026年第三季度", "2026-Q3"),
        ("month", "2026年9月", "2026-09"),
        ("week", "2026年第40周", "2026-W40"),
    ],
)
def test_periods_are_shown_as_people_call_them_and_read_back(precision: str, chinese: str, english: str) -> None:
    one = one_field("period", {"precision": precision})
    day = one.type.parse("2026-09-30", one)
    assert (one.type.display(day, one), one.type.display(day, one, "en")) == (chinese, english)
    assert one.type.parse(chinese, one) == one.type.parse(english, one) == day
    if precision in ("year", "month"):
        same = one_field("date", {"precision": precision})
        assert (same.type.display(day, same), same.type.display(day, same, "en")) == (chinese, english)
        assert same.type.parse(chinese, same) == same.type.parse(english, same) == day


def test_a_week_that_the_year_does_not_have_is_refused() -> None:
    assert codes("period", "2026-W54", {"precision": "week"}) == ["date.not_a_date"]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("2026-06-01 至 2026-06-05", Days(date(2026, 6, 1), date(2026, 6, 5))),
        ("2026/6/1~2026/6/5", Days(date(2026, 6, 1), date(2026, 6, 5))),
        ("2026-06-01/2026-06-05", Days(date(2026, 6, 1), date(2026, 6, 5))),
        ("2026-06-01 to 2026-06-05", Days(date(2026, 6, 1), date(2026, 6, 5))),
        ("2026-06-01", Days(date(2026, 6, 1), date(2026, 6, 1))),
        ({"start": "2026-06-01", "end": "2026-06-05"}, Days(date(2026, 6, 1), date(2026, 6, 5))),
        (["", ""], None),
    ],
)
def test_ranges_are_read_from_files_pages_and_programs(raw: Any, expected: Days | None) -> None:
    one = one_field("date_range")
    assert one.type.parse(raw, one) == expected


def test_ranges_need_two_ends_in_order_and_a_fitting_length() -> None:
    assert codes("date_range", ["2026-06-01", ""]) == ["date_range.open"]
    assert codes("date_range", ["2026-06-05", "2026-06-01"]) == ["date_range.backwards"]
    assert codes("date_range", ["2026-06-01", "2026-06-04"], {"max_days": 3}) == ["date_range.too_long"]
    assert codes("date_range", "2026-06-01", {"min_days": 2}) == ["date_range.too_short"]
    assert codes("date_range", "tomorrow") == ["date.not_a_date"]


# -- numbers with a look ----------------------------------------------------------------------------------------------


def test_ratings_and_sliders_keep_to_their_steps() -> None:
    assert codes("rating", "★★★☆☆") == codes("rating", 5) == []
    assert codes("rating", 0) == codes("rating", 6) == codes("rating", "2.5") == ["rating.out_of_range"]
    assert codes("slider", "0.3", {"min": 0, "max": 1, "step": 0.1}) == []
    assert "slider.off_step" in codes("slider", "0.35", {"min": 0, "max": 1, "step": 0.1})
    assert codes("slider", 101) == ["number.too_large"]


def test_percents_hold_their_limits_in_percent() -> None:
    assert codes("percent", "100%", {"min": 0, "max": 100}) == codes("percent", "1", {"max": 100}) == []
    assert codes("percent", "100.5%", {"max": 100, "decimals": 1}) == ["number.too_large"]
    assert codes("percent", "15.5%") == ["number.not_whole"]


# -- texts that other fields make -----------------------------------------------------------------------------------


def computed(kind: str, options: dict[str, Any], row: dict[str, Any]) -> Any:
    fields = [field("no", "text"), field("amount", "money"), field("day", "date"), field("it", kind, options)]
    it = forms(form("sample", *fields)).get("sample").fields["it"]
    assert it.storage == "column"
    return it.expression.evaluate(row, FACTS)


def test_a_template_puts_fields_together() -> None:
    row = {"no": "Q-1", "amount": Decimal("1234.5"), "day": date(2026, 6, 5)}
    template = {"template": '{no} "{amount:0.00}" {{{day:yyyy-MM}}}'}
    assert computed("text_template", template, row) == 'Q-1 "1234.50" {2026-06}'
    assert computed("text_template", template, {"no": "Q-1"}) == 'Q-1 "" {}'


def test_an_amount_is_written_out_in_chinese() -> None:
    assert computed("capitals", {"of": "amount"}, {"amount": Decimal("1200")}) == "壹仟贰佰元整"
    assert computed("capitals", {"of": "amount"}, {}) is None


@pytest.mark.parametrize(
    ("options", "path", "code"),
    [
        ({"template": "no field"}, "options.template", "template.no_field"),
        ({"template": "{no} }"}, "options.template", "template.stray"),
        ({"template": "{nope}"}, "options.template", "formula.unknown_name"),
    ],
)
def test_a_template_that_cannot_be_read_is_told_where_it_stands(options: Any, path: str, code: str) -> None:
    with pytest.raises(Rejected) as caught:
        computed("text_template", options, {})
    assert any(problem.path.endswith(path) for problem in caught.value.problems), caught.value.problems
    if code != "formula.unknown_name":
        assert code in [problem.code for problem in caught.value.problems]
