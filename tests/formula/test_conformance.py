"""The conformance files, in Python and in SQL; the browser's tests (`platform/ui/src/formula`) read the same files."""

import json

import pytest
from harness import CONFORMANCE, browser_text, cases, read_facts, read_row, read_scope, run_sql
from lift import lifted_together
from sqlalchemy import Connection

from engines.formula import Place, compile_expression, json_value

CASES = cases()
PLAIN = {"excel", "mathematics", "pieces", "periods", "numbers", "text", "dates"}
"""Files of plain functions."""


def _compiled(case):
    scope = read_scope(case["scope"])
    place = Place(case.get("place", "live"))
    row = read_row(scope, case["row"])
    return scope, row, read_facts(scope, case["facts"]), compile_expression(case["expression"], scope, place=place)


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_python_gives_what_the_file_says(case):
    _, row, facts, expression = _compiled(case)
    assert json_value(expression.evaluate(row, facts)) == case["expected"]


def test_postgresql_gives_what_the_files_say(conn: Connection):
    """Cases that share scope, facts and row go into one SELECT, forty at a time."""
    wrong = []
    for batch in _batches(case for case in CASES if case.get("sql", True)):
        compiled = [_compiled(case) for case in batch]
        scope, row, facts, _ = compiled[0]
        values = run_sql(conn, scope, row, facts, *[expression for *_, expression in compiled])
        for case, value in zip(batch, values, strict=True):
            if json_value(value) != case["expected"]:
                wrong.append((case["id"], json_value(value), case["expected"]))
    assert wrong == []


def test_postgresql_gives_the_same_when_it_computes_on_constants_itself(conn: Connection):
    """What reads no field is computed by Python and sent as a value; here the database has to compute it."""
    wrong = []
    for batch in _batches(case for case in CASES if case["file"] in PLAIN and case.get("sql", True)):
        scope, row, facts, _ = _compiled(batch[0])
        expressions, wide, values = lifted_together([case["expression"] for case in batch], scope, row)
        for case, value in zip(batch, run_sql(conn, wide, values, facts, *expressions), strict=True):
            if json_value(value) != case["expected"]:
                wrong.append((case["id"], json_value(value), case["expected"]))
    assert wrong == []


def _batches(some):
    groups: dict[str, list[dict]] = {}
    for case in some:
        groups.setdefault(json.dumps([case["scope"], case["facts"], case["row"]]), []).append(case)
    for group in groups.values():
        for start in range(0, len(group), 40):
            yield group[start : start + 40]


@pytest.mark.parametrize("path", sorted(CONFORMANCE.glob("*.json")), ids=lambda path: path.stem)
def test_the_browser_tests_the_trees_that_the_compiler_makes_now(path):
    kept = (CONFORMANCE / "browser" / path.name).read_text(encoding="utf-8")
    assert kept == browser_text(path), "run: python tests/formula/harness.py"
