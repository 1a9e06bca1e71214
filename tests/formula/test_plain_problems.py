"""What a person is told when a plain function is used wrongly: kind, place, and a Chinese sentence with its values."""

import json
import re
from pathlib import Path

import pytest

from engines.formula import FieldRef, FieldScope, Place, Type, compile_expression
from engines.kernel.problems import Rejected

SENTENCES = json.loads(
    (Path(__file__).parents[2] / "platform/dougong/web/problems_zh/formula.json").read_text(encoding="utf-8")
)
SCOPE = FieldScope(
    "t",
    (
        FieldRef("n", Type.NUMBER),
        FieldRef("t", Type.TEXT),
        FieldRef("d", Type.DATE),
        FieldRef("i", Type.DATETIME),
        FieldRef("l", Type.LIST),
        FieldRef("flag", Type.BOOLEAN),
    ),
)


def found(text, place=Place.DEFAULT):
    with pytest.raises(Rejected) as caught:
        compile_expression(text, SCOPE, place=place)
    return caught.value.problems


@pytest.mark.parametrize(
    ("text", "code", "column", "length"),
    [
        ("1 + SQRT()", "formula.argument_count", 5, 6),
        ("SQRT(1, 2)", "formula.argument_count", 1, 10),
        ("GCD()", "formula.argument_count", 1, 5),
        ("PI(1)", "formula.argument_count", 1, 5),
        ("REPLACE(t, 1, 2)", "formula.argument_count", 1, 16),
        ("TEXTJOIN(t, TRUE)", "formula.argument_count", 1, 17),
        ("UUID(1)", "formula.argument_count", 1, 7),
        ("REGEXMATCH(t)", "formula.argument_count", 1, 13),
        ("EDATE(d)", "formula.argument_count", 1, 8),
        ("SQRT(t)", "formula.argument_type", 6, 1),
        ("LOG(n, t)", "formula.argument_type", 8, 1),
        ("MEDIAN(n, n, d)", "formula.argument_type", 14, 1),
        ("REPT(n, 2)", "formula.argument_type", 6, 1),
        ("REPT(t, t)", "formula.argument_type", 9, 1),
        ('JOIN(t, ",")', "formula.argument_type", 6, 1),
        ("SPLIT(l, t)", "formula.argument_type", 7, 1),
        ("INDEX(t, 1)", "formula.argument_type", 7, 1),
        ("HASANY(t, l)", "formula.argument_type", 8, 1),
        ("INTEXTSET(n, t)", "formula.argument_type", 11, 1),
        ("WEEKNUM(n)", "formula.argument_type", 9, 1),
        ("DAYS360(d, t)", "formula.argument_type", 12, 1),
        ("DATETIME(d, t, 1)", "formula.argument_type", 13, 1),
        ("XOR(flag, n)", "formula.argument_type", 11, 1),
        ("TIMESTAMP(t)", "formula.argument_type", 11, 1),
        ('STARTOF(d, "fortnight")', "formula.choice", 12, 11),
        ("ENDOF(d, t)", "formula.choice", 10, 1),
        ('DATEADD(d, 1, "md")', "formula.choice", 15, 4),
        ("REGEXMATCH(t, t)", "formula.regex_literal", 15, 1),
        ('REGEXMATCH(t, "(a")', "formula.regex", 15, 4),
        ('REGEXMATCH(t, "(?=a)")', "formula.regex", 15, 7),
        ('REGEXMATCH(t, "(a)\\1")', "formula.regex", 15, 7),
        ('REGEXMATCH(t, "a**")', "formula.regex", 15, 5),
        ('REGEXMATCH(t, "*")', "formula.regex", 15, 3),
        ('REGEXMATCH(t, "[a")', "formula.regex", 15, 4),
        ('REGEXMATCH(t, "[z-a]")', "formula.regex", 15, 7),
        ('REGEXMATCH(t, "a{3,2}")', "formula.regex", 15, 8),
        ('REGEXMATCH(t, "a{,2}")', "formula.regex", 15, 7),
        ('REGEXMATCH(t, "a)")', "formula.regex", 15, 4),
        ('REGEXMATCH(t, "a\\")', "formula.regex", 15, 4),
        ('REGEXMATCH(t, "\\b")', "formula.regex", 15, 4),
        ('REGEXMATCH(t, "(a{40}){40}")', "formula.regex", 15, 13),
    ],
)
def test_a_mistake_is_named_with_its_place_and_has_a_chinese_sentence(text, code, column, length):
    (problem,) = found(text)
    assert (problem.code, problem.params["column"], problem.params["length"]) == (code, column, length)
    assert set(re.findall(r"\{(\w+)\}", SENTENCES[code])) <= set(problem.params)
    if code == "formula.regex":
        assert set(problem.params["reason_label"]) == {"en", "zh-CN"}


@pytest.mark.parametrize("text", ["RAND()", "RANDBETWEEN(1, 6)", "UUID()", "IF(flag, RAND(), n)"])
def test_what_is_drawn_by_lot_stands_in_default_values_only(text):
    assert compile_expression(text, SCOPE, place=Place.DEFAULT).type in (Type.NUMBER, Type.TEXT)
    for place in (Place.STORED, Place.LIVE):
        assert [problem.code for problem in found(text, place)] == ["formula.only_default"]


@pytest.mark.parametrize("place", [Place.STORED, Place.LIVE, Place.FILTER])
def test_regular_expressions_are_refused_where_the_database_computes(place):
    assert [p.code for p in found('REGEXMATCH(t, "a")', place)] == ["formula.refused_in_sql"]
    assert compile_expression('REGEXMATCH(t, "a")', SCOPE, place=Place.RULE).type is Type.BOOLEAN


def test_what_is_drawn_is_another_value_each_time_and_within_its_bounds():
    drawn = compile_expression("RANDBETWEEN(1, 6)", SCOPE, place=Place.DEFAULT)
    assert {drawn.evaluate({}, None) for _ in range(200)} == {1, 2, 3, 4, 5, 6}
    part = compile_expression("RAND()", SCOPE, place=Place.DEFAULT)
    assert all(0 <= part.evaluate({}, None) < 1 for _ in range(50))
    key = compile_expression("UUID()", SCOPE, place=Place.DEFAULT)
    assert len({key.evaluate({}, None) for _ in range(50)}) == 50


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("SUBSTITUE(t, t, t)", "SUBSTITUTE"),
        ("WEKNUM(d)", "WEEKNUM"),
        ("TEXTBEFOR(t, t)", "TEXTBEFORE"),
        ("平方跟(n)", "平方根"),
    ],
)
def test_the_nearest_name_is_offered(text, near):
    assert found(text)[0].params["suggestion"] == near
