"""What a person is told when an expression cannot be used: the kind, the place in the text, and what would be right."""

import json
import re
from pathlib import Path

import pytest

from engines.formula import FieldRef, FieldScope, Place, Type, compile_expression, parse
from engines.kernel.problems import Rejected

ROOT = Path(__file__).parents[2]

LINES = FieldScope("lines", (FieldRef("qty", Type.NUMBER), FieldRef("price", Type.NUMBER)))
CUSTOMER = FieldScope("customer", (FieldRef("grade", Type.TEXT),))
SCOPE = FieldScope(
    "order",
    (
        FieldRef("amount", Type.NUMBER, "金额"),
        FieldRef("name", Type.TEXT),
        FieldRef("due", Type.DATE),
        FieldRef("created", Type.DATETIME),
        FieldRef("flag", Type.BOOLEAN),
        FieldRef("tags", Type.LIST),
        FieldRef("customer", Type.RECORD, target=CUSTOMER),
        FieldRef("lines", Type.RECORDS, target=LINES),
    ),
    {"rate": Type.NUMBER},
)


def problems(text, **options):
    with pytest.raises(Rejected) as caught:
        compile_expression(text, SCOPE, **{"place": Place.LIVE, **options})
    return [(p.code, p.params["line"], p.params["column"], p.params["length"]) for p in caught.value.problems]


def only(text, **options):
    with pytest.raises(Rejected) as caught:
        compile_expression(text, SCOPE, **{"place": Place.LIVE, **options})
    (problem,) = caught.value.problems
    return problem


@pytest.mark.parametrize(
    ("text", "code", "column", "length"),
    [
        ("  ", "formula.empty", 1, 1),
        ('amount & "abc', "formula.unclosed_text", 10, 4),
        ("SUM(1, (2 + 3)", "formula.unclosed_parenthesis", 4, 1),
        ("1 +", "formula.unfinished", 3, 1),
        ("1 + * 2", "formula.syntax", 5, 1),
        ("1 2", "formula.syntax", 3, 1),
        ("amount # 2", "formula.syntax", 8, 1),
        (")", "formula.syntax", 1, 1),
        ('"a\x00b"', "formula.syntax", 3, 1),
        ('name & "\ud800"', "formula.syntax", 9, 1),
        ("IF(flag,, 2)", "formula.syntax", 9, 1),
        ("123456789012345678901", "formula.number_out_of_range", 1, 21),
        ("1 + 0.0000000000001", "formula.number_out_of_range", 5, 15),
        ("amuont + 1", "formula.unknown_name", 1, 6),
        ("1 + customer.grad", "formula.unknown_name", 14, 4),
        ("amount.x", "formula.no_fields", 8, 1),
        ("(1 + 2).x", "formula.no_fields", 9, 1),
        ("CURRENTUSER().nme", "formula.unknown_name", 15, 3),
        ("LEFT(name).x", "formula.no_fields", 12, 1),
        ("1 + SUMM(2)", "formula.unknown_function", 5, 4),
        ("LEFT()", "formula.argument_count", 1, 6),
        ("LEFT(name, 1, 2)", "formula.argument_count", 1, 16),
        ("IF(flag)", "formula.argument_count", 1, 8),
        ("IFS(flag, 1, flag)", "formula.argument_pairs", 1, 18),
        ("LEFT(amount)", "formula.argument_type", 6, 6),
        ('LEFT(name, "2")', "formula.argument_type", 12, 3),
        ("name + 1", "formula.argument_type", 1, 4),
        ("1 & name", "formula.argument_type", 1, 1),
        ("due + created", "formula.argument_type", 7, 7),
        ("IF(amount, 1, 2)", "formula.argument_type", 4, 6),
        ("SUM(lines)", "formula.argument_count", 1, 10),
        ('SUM(lines, "x")', "formula.argument_type", 12, 3),
        ("COUNTIF(amount, flag)", "formula.argument_type", 9, 6),
        ("HOUR(due)", "formula.argument_type", 6, 3),
        ('IF(flag, 1, "a")', "formula.branch_types", 13, 3),
        ('SWITCH(name, 1, "a")', "formula.branch_types", 14, 1),
        ("name = 1", "formula.comparison", 1, 8),
        ("due < created", "formula.comparison", 1, 13),
        ("flag < TRUE", "formula.comparison", 1, 11),
        ("tags = tags", "formula.comparison", 1, 11),
        ("lines.qty + 1", "formula.many_values", 1, 9),
        ('DATEADD(due, 1, "fortnight")', "formula.choice", 17, 11),
        ('DATEADD(due, 1, "hour")', "formula.choice", 17, 6),
        ("DATEADD(due, 1, name)", "formula.choice", 17, 4),
        ("TEXT(amount, name)", "formula.pattern", 14, 4),
        ('TEXT(due, "hh:mm")', "formula.pattern", 11, 7),
        ("SETTING(name)", "formula.setting_key", 9, 4),
        ('SETTING("x")', "formula.unknown_setting", 9, 3),
    ],
)
def test_a_mistake_is_named_with_its_place(text, code, column, length):
    assert problems(text) == [(code, 1, column, length)]


def test_all_mistakes_are_reported_at_once_and_none_twice():
    found = problems("amuont + SUMM(nmae) +\n  LEFT(amount) * lines.qty")
    assert found == [
        ("formula.unknown_name", 1, 1, 6),
        ("formula.unknown_name", 1, 15, 4),
        ("formula.unknown_function", 1, 10, 4),
        ("formula.argument_type", 2, 8, 6),
        ("formula.many_values", 2, 18, 9),
    ]


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        ("amuont", "amount"),
        ("customer.gradee", "grade"),
        ("SUM(lines, qyt)", "qty"),
        ("averge(1)", "AVERAGE"),
        ("name & amount", "TEXT"),
        ("name * 2", "VALUE"),
        ("due + DAYS(created, name)", "DATE"),
        ('tags = "a"', "CONTAINS"),
        ("(1 + 2", ")"),
        ("xyzzy", None),
    ],
)
def test_the_problem_suggests_what_would_be_right(text, suggestion):
    assert only(text).params["suggestion"] == suggestion


def test_a_result_of_another_type_than_expected_is_refused():
    assert only("amount", expects=Type.TEXT).code == "formula.result_type"
    assert only("amount", place=Place.FILTER).code == "formula.result_type"
    assert compile_expression('""', SCOPE, expects=Type.DATE).type is Type.DATE


@pytest.mark.parametrize("text", ["TODAY()", "NOW()", "CURRENTUSER()", "IF(flag, due, 今天())"])
def test_what_changes_by_itself_is_refused_in_stored_formulas_only(text):
    problem = only(text, place=Place.STORED)
    assert problem.code == "formula.refused_place"
    for place in (Place.LIVE, Place.DEFAULT):
        assert compile_expression(text, SCOPE, place=place).volatile


def test_length_depth_and_references_are_bounded():
    assert only("1 + " * 2000 + "1").code == "formula.too_long"
    assert only("+".join(["amount"] * 60)).code == "formula.too_deep"
    assert only("(" * 100 + "-" * 60 + "amount" + ")" * 100).code == "formula.too_deep"
    many = FieldScope("many", tuple(FieldRef(f"f{n}", Type.NUMBER) for n in range(300)))
    with pytest.raises(Rejected, match="at most 200"):
        compile_expression(f"SUM({', '.join(f'f{n}' for n in range(300))})", many)


def test_parentheses_and_joined_texts_cost_no_depth():
    nested = "(" * 500 + "amount" + ")" * 500
    joined = " & ".join(["name"] * 200)
    assert compile_expression(nested, SCOPE).evaluate({"amount": 3}, None) == 3
    assert compile_expression(joined, SCOPE).evaluate({"name": "a"}, None) == "a" * 200


@pytest.mark.parametrize(
    ("wide", "plain"),
    [
        ("ＩＦ（金额＞１０，“大”，“小”）", 'IF(amount > 10, "大", "小")'),
        ("金额 × ２ ÷ ４．５", "amount * 2 / 4.5"),
        ("金额 ≥ 1 ", "amount >= 1"),
        ("= amount + 1", "amount + 1"),
        ("求和（lines、qty＊price）", "SUM(lines, qty * price)"),
        ("name＝＂a＂", 'name = "a"'),
        ("amount ！＝ 5％", "amount <> 5%"),
    ],
)
def test_chinese_punctuation_is_read_as_what_it_means(wide, plain):
    assert compile_expression(wide, SCOPE).tree() == compile_expression(plain, SCOPE).tree()


def test_references_are_full_paths_and_rows_see_names_around_them():
    expression = compile_expression('SUM(lines, qty * amount) + LEN(customer.grade) + SETTING("rate")', SCOPE)
    assert expression.references == {("lines",), ("lines", "qty"), ("amount",), ("customer", "grade")}
    assert expression.settings == {"rate"}
    assert not expression.volatile


def test_an_inner_name_hides_the_outer_one():
    lines = FieldScope("lines", (FieldRef("amount", Type.NUMBER),))
    scope = FieldScope("o", (FieldRef("amount", Type.NUMBER), FieldRef("lines", Type.RECORDS, target=lines)))
    expression = compile_expression("SUM(lines, amount) + amount", scope)
    assert expression.evaluate({"amount": 1, "lines": [{"amount": 10}, {"amount": 20}]}, None) == 31


def test_a_field_may_be_called_like_a_function_or_like_true():
    scope = FieldScope("o", (FieldRef("sum", Type.NUMBER), FieldRef("true", Type.NUMBER)))
    assert compile_expression("SUM(sum, true)", scope).evaluate({"sum": 1, "true": 2}, None) == 3


def test_parsing_one_text_twice_gives_the_same_tree():
    assert parse("1 + 2") is parse("1 + 2")


def test_every_problem_has_a_chinese_sentence_whose_values_are_there():
    sentences = json.loads((ROOT / "platform/dougong/web/problems_zh/formula.json").read_text(encoding="utf-8"))
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "engines/formula").rglob("*.py"))
    assert set(sentences) == set(re.findall(r'"(formula\.[a-z_]+)"', sources))
    for text in (
        "LEFT(amount)",
        "IFS(flag)",
        "SUM(",
        "amuont",
        "lines.qty",
        "(1",
        '"a',
        "name = 1",
        "TODAY(1, 2)",
        "1 1",
    ):
        for problem in _problems(text):
            needed = set(re.findall(r"\{(\w+)\}", sentences[problem.code]))
            assert needed <= set(problem.params), problem


def _problems(text):
    with pytest.raises(Rejected) as caught:
        compile_expression(text, SCOPE, place=Place.STORED)
    return caught.value.problems
