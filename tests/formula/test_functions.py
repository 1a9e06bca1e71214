"""The registry of functions: what each says about itself is true, and every back end knows every primitive."""

import re
from pathlib import Path

import pytest
from harness import CONFORMANCE, cases, run_sql
from lift import lifted_together
from sqlalchemy import Connection

from engines.formula import FUNCTIONS, Place, compile_expression
from engines.formula.differences import DIFFERENCES, differences
from engines.formula.functions import OPERATORS, find_function
from engines.formula.functions.samples import FACTS, ROW, SCOPE, show
from engines.formula.reference import FAMILIES, catalogue, markdown
from engines.formula.sql import DG_SQL
from engines.formula.texts import LOWER_LETTERS, SPACES, UPPER_LETTERS

ROOT = Path(__file__).parents[2]
EXAMPLES = [(function.key, example) for function in FUNCTIONS for example in function.examples]


NOT_IN_SQL = {"REGEXMATCH", "REGEXEXTRACT", "RAND", "RANDBETWEEN", "UUID"}
IN_SQL = [example for key, example in EXAMPLES if key not in NOT_IN_SQL]


@pytest.mark.parametrize(("key", "example"), EXAMPLES, ids=[example.text for _, example in EXAMPLES])
def test_every_example_shows_what_it_says(key, example):
    expression = compile_expression(example.text, SCOPE, place=Place.DEFAULT)
    assert show(expression.evaluate(ROW, FACTS)) == example.shows


def test_every_example_shows_the_same_in_postgresql_which_computes_it_itself(conn: Connection):
    different = []
    for start in range(0, len(IN_SQL), 60):
        batch = IN_SQL[start : start + 60]
        expressions, scope, row = lifted_together([example.text for example in batch], SCOPE, ROW, Place.DEFAULT)
        values = run_sql(conn, scope, row, FACTS, *expressions)
        shown = [show(value) for value in values]
        different += [(e.text, e.shows, s) for e, s in zip(batch, shown, strict=True) if s != e.shows]
    assert different == []


@pytest.mark.parametrize("function", list(FUNCTIONS), ids=lambda function: function.key)
def test_every_function_has_a_chinese_name_and_documentation_in_both_languages_with_an_example(function):
    assert any("\u4e00" <= alias[0] <= "\u9fff" for alias in function.aliases)
    assert function.doc["zh-CN"]
    assert function.doc["en"]
    assert function.examples
    assert function.family in FAMILIES
    assert function.usage.startswith(function.key)


@pytest.mark.parametrize("function", list(FUNCTIONS), ids=lambda function: function.key)
def test_every_function_has_a_conformance_case(function):
    names = "|".join(re.escape(name) for name in (function.key, *function.aliases))
    used = re.compile(rf"(?<!\w)({names})\(", re.IGNORECASE)
    assert any(used.search(case["expression"]) for case in cases())


def test_a_function_is_found_by_any_of_its_names_in_any_case_and_width():
    assert find_function("sum") is find_function("ＳＵＭ") is find_function("求和") is FUNCTIONS.get("SUM")
    assert find_function("总和") is None


def _primitives():
    """Every primitive that a tree of the conformance files calls, and so can reach a browser."""
    return {name for path in (CONFORMANCE / "browser").glob("*.json") for name in _called(path.read_text("utf-8"))}


def _called(text):
    return re.findall(r'"node": "call", "type": "\w+", "name": "(\w+)"', text)


def test_the_browser_knows_every_primitive():
    source = (ROOT / "platform/ui/src/formula/primitives.ts").read_text(encoding="utf-8")
    known = set(re.findall(r"^  (\w+)(?::|,)", source, re.MULTILINE))
    assert _primitives() - known == set()


def test_letters_and_spaces_are_the_same_in_all_back_ends():
    browser = (ROOT / "platform/ui/src/formula/letters.ts").read_text(encoding="utf-8")
    assert f"'{UPPER_LETTERS}'" in browser
    assert f"'{LOWER_LETTERS}'" in browser
    assert "".join(f"\\u{ord(sign):04x}" for sign in SPACES) in browser
    assert f"translate(t, '{LOWER_LETTERS}', '{UPPER_LETTERS}')" in DG_SQL
    assert f"translate(t, '{UPPER_LETTERS}', '{LOWER_LETTERS}')" in DG_SQL


@pytest.mark.parametrize(("locale", "name"), [("en", "expressions.md"), ("zh-CN", "expressions.zh-CN.md")])
def test_the_documentation_has_the_reference_that_the_registry_makes(locale, name):
    text = (ROOT / "docs" / name).read_text(encoding="utf-8")
    assert markdown(locale) in text, f"docs/{name}: replace the reference by engines.formula.reference.markdown"
    assert differences(locale) in text, f"docs/{name}: replace the table by engines.formula.differences.differences"


def test_the_differences_from_excel_name_functions_that_there_are():
    for key, words in DIFFERENCES.items():
        assert key == "*" or key in OPERATORS or FUNCTIONS.get(key)
        assert set(words) == {"en", "zh-CN"}


def test_the_catalogue_of_the_editor_has_every_function_in_both_languages():
    for locale in ("en", "zh-CN"):
        assert [entry["key"] for entry in catalogue(locale)] == list(FUNCTIONS.keys())
    volatile = {entry["key"] for entry in catalogue("en") if entry["volatile"]}
    assert {"TODAY", "NOW", "CURRENTUSER"} <= volatile
    assert "SUM" not in volatile


def test_every_operator_is_documented():
    assert all(operator.doc["zh-CN"] and operator.doc["en"] for operator in OPERATORS.values())
