"""How answers are drawn."""

import json
from decimal import Decimal
from typing import Any

import pytest

from engines.kernel.documents import label
from engines.report.definition import Format, Question
from engines.report.result import DimensionColumn, Group, Kind, MeasureColumn, Result, Row
from engines.report.visuals import VISUALS, Visual, shape
from engines.report.words import number

STAGES = (Group("new", "New", "blue"), Group("won", "Won", "green"), Group(None, "(blank)", role="blank"))


def question(visual: str, dimensions: int = 1, measures: int = 1, **more: Any) -> Question:
    document = {
        "kind": "question",
        "key": "q",
        "title": "Q",
        "dataset": "deals",
        "visual": visual,
        "dimensions": [{"key": f"d{index}", "field": "stage"} for index in range(dimensions)],
        "measures": [{"key": f"m{index}", "aggregate": "count"} for index in range(measures)],
        **more,
    }
    return Question.read(document)


def answer(dimensions: int = 1, measures: int = 1, **more: Any) -> Result:
    columns = tuple(
        MeasureColumn(f"m{index}", f"Measure {index}", format=Format("元", 2), additive=True)
        for index in range(measures)
    )
    groups = {0: [()], 1: [(one,) for one in STAGES], 2: [(a, b) for a in STAGES for b in STAGES[:2] if a is not b]}
    rows = tuple(
        Row(tuple(some), tuple(Decimal(f"{100 * (index + 1)}.5") * (m + 1) for m in range(measures)))
        for index, some in enumerate(groups[dimensions])
    )
    named = tuple(DimensionColumn(f"d{index}", f"Dimension {index}", Kind.CHOICE) for index in range(dimensions))
    return Result("q", "Q", named, columns, rows, **more)


@pytest.mark.parametrize("visual", VISUALS.all(), ids=lambda visual: visual.key)
def test_every_visual_draws_plain_json_with_every_number_in_its_table(visual: Visual) -> None:
    for dimensions in range(visual.dimensions[0], min(visual.dimensions[1], 2) + 1):
        result = answer(dimensions, visual.measures[0])
        spec = shape(result, question(visual.key, dimensions, visual.measures[0]), "en")
        assert json.loads(json.dumps(spec, allow_nan=False)) == spec
        assert [row["values"] for row in spec["table"]["rows"]] == [
            [f"{value:,.2f} 元" for value in row.values] for row in result.rows
        ]


@pytest.mark.parametrize("visual", VISUALS.all(), ids=lambda visual: visual.key)
def test_every_visual_draws_an_empty_answer(visual: Visual) -> None:
    result = answer(visual.dimensions[0], visual.measures[0])
    spec = shape(Result("q", "Q", result.dimensions, result.measures, ()), question(visual.key), "zh-CN")
    assert spec["empty"]


@pytest.mark.parametrize("visual", VISUALS.all(), ids=lambda visual: visual.key)
def test_every_visual_says_how_many_dimensions_and_measures_it_takes(visual: Visual) -> None:
    assert label(visual.title, "zh-CN") != label(visual.title, "en")
    too_many = {"dimensions": [{}] * (visual.dimensions[1] + 1), "measures": [{}] * (visual.measures[1] + 1)}
    codes = [problem.code for problem in visual.check(too_many)]
    assert codes[:2] == ["question.dimensions_count", "question.measures_count"]
    fits = {"dimensions": [{}] * visual.dimensions[0], "measures": [{}] * visual.measures[0]}
    assert not list(visual.check(fits))


def test_the_second_dimension_makes_series_over_the_first() -> None:
    spec = shape(answer(2), question("bar", 2), "en")
    assert spec["chart"]["xAxis"]["data"] == ["New", "Won", "(blank)"]
    assert [one["name"] for one in spec["chart"]["series"]] == ["Won", "New"]
    won = spec["chart"]["series"][0]["data"]
    assert [one and one["value"] for one in won] == [100.5, None, 400.5]
    assert won[2]["cell"] == [3, 0]


def test_lying_bars_read_from_top_to_bottom() -> None:
    chart = shape(answer(), question("bar", options={"horizontal": True}), "en")["chart"]
    assert chart["yAxis"] == {"type": "category", "data": ["New", "Won", "(blank)"], "inverse": True}
    assert chart["xAxis"] == {"type": "value"}


def test_names_of_records_lie_unless_told_otherwise() -> None:
    result = answer()
    named = Result("q", "Q", (DimensionColumn("d0", "Seller", Kind.RECORD),), result.measures, result.rows)
    assert shape(named, question("bar"), "en")["chart"]["yAxis"]["type"] == "category"
    standing = shape(named, question("bar", options={"horizontal": False}), "en")
    assert standing["chart"]["xAxis"]["type"] == "category"


def test_a_funnel_says_how_much_passes_each_step() -> None:
    result = answer()
    falling = Result("q", "Q", result.dimensions, result.measures, result.rows[::-1])
    steps = shape(falling, question("funnel"), "en")["chart"]["series"][0]["data"]
    assert "rate" not in steps[0]
    assert steps[1]["rate"] == pytest.approx(200.5 / 300.5)
    assert steps[2]["color"] == "blue" and "color" not in steps[0]


def test_a_funnel_that_would_turn_over_is_drawn_around_its_middle() -> None:
    chart = shape(answer(), question("funnel"), "en")["chart"]
    pads, bars = (series["data"] for series in chart["series"])
    assert [pad["value"] * 2 + bar["value"] for pad, bar in zip(pads, bars, strict=True)] == [300.5] * 3
    assert not any("rate" in bar for bar in bars)


def test_a_number_card_compares_with_the_period_before() -> None:
    spec = shape(answer(0, 2, previous=(Decimal("80.4"), Decimal(0))), question("number", 0, 2), "zh-CN")
    first, second = spec["numbers"]
    assert first["text"] == "100.50 元" and first["change"] == pytest.approx(0.25)
    assert second["change"] is None and second["previous"] == "0.00 元"


def test_a_table_adds_up_only_what_adds_up() -> None:
    result = answer(1, 2)
    shares = MeasureColumn("m1", "Share", format=Format(percent=True, decimals=1))
    result = Result("q", "Q", result.dimensions, (result.measures[0], shares), result.rows)
    assert shape(result, question("table", 1, 2), "en")["totals"] == ["601.50 元", None]


@pytest.mark.parametrize(
    ("value", "form", "text"),
    [
        ("1234567.5", Format(), "1,234,567.5"),
        ("1234567", Format({"zh-CN": "万元", "en": "×10k"}, 1, scale=10000), "123.5 万元"),
        ("0.63151", Format(percent=True, decimals=2), "63.15%"),
        ("0.5", Format(decimals=0), "1"),
        ("-0.4", Format(decimals=0), "0"),
        ("-2.5", Format(decimals=0), "-3"),
        ("100", Format(), "100"),
        ("99999999999999999999.5", Format(decimals=1), "99,999,999,999,999,999,999.5"),
    ],
)
def test_numbers_are_written_for_people(value: str, form: Format, text: str) -> None:
    assert number(Decimal(value), form, "zh-CN") == text
