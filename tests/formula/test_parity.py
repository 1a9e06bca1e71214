"""Promise 3 of the design: the browser, the server and SQL give the same value for the same expression."""

import os
from random import Random

import pytest
from browser import Browser
from generate import SCOPE, any_expression, any_facts, any_row
from harness import cases, read_facts, read_row, read_scope, run_sql
from lift import lifted_together
from sqlalchemy import Connection

from engines.formula import FUNCTIONS, Place, compile_expression, json_value
from engines.formula.functions.samples import FACTS
from engines.formula.functions.samples import ROW as SAMPLE
from engines.formula.functions.samples import SCOPE as SAMPLE_SCOPE

EXPRESSIONS = int(os.environ.get("DOUGONG_FORMULA_EXAMPLES", "2400"))
"""How many expressions are compared in all; raise it for a long search."""
START = int(os.environ.get("DOUGONG_FORMULA_SEED", "0"))
BATCH = 24
ROUNDS = 10
SEEDS = range(START, START + max(1, EXPRESSIONS // (BATCH * ROUNDS)))
PLAIN = {"logic", "rounding", "math", "text", "list", "date"}
ONLY_DEFAULT = {"RAND", "RANDBETWEEN", "UUID"}


@pytest.fixture(scope="session")
def evaluator(tmp_path_factory):
    try:
        running = Browser(tmp_path_factory.mktemp("formula"))
    except FileNotFoundError as missing:
        pytest.skip(str(missing))
    yield running
    running.close()


@pytest.mark.parametrize("seed", SEEDS)
def test_python_postgresql_and_the_browser_agree_on_any_expression(conn: Connection, evaluator: Browser, seed):
    """A batch shares a row and a moment: one statement and one question to the browser each."""
    random = Random(seed)
    different = []
    for _ in range(ROUNDS):
        row, facts = any_row(random), any_facts(random)
        compiled = [compile_expression(any_expression(random), SCOPE, place=Place.LIVE) for _ in range(BATCH)]
        expected = [json_value(e.evaluate(row, facts)) for e in compiled]
        database = [json_value(value) for value in run_sql(conn, SCOPE, row, facts, *compiled)]
        browser = evaluator.evaluate(compiled, row, facts)
        found = zip(compiled, expected, database, browser, strict=True)
        different += [(e.text, p, d, b, row, facts) for e, p, d, b in found if not p == d == b]
    assert min(different, key=lambda one: len(one[0]), default=None) is None, f"{len(different)} differ"


def test_a_run_compares_at_least_two_thousand_expressions_with_every_plain_function():
    if EXPRESSIONS < 2000:
        pytest.skip("a shorter run was asked for")
    assert len(SEEDS) * ROUNDS * BATCH >= 2000
    random = Random(START)
    everything = " ".join(any_expression(random) for _ in range(len(SEEDS) * ROUNDS * BATCH))
    plain = {f.key for f in FUNCTIONS if f.family in PLAIN}
    unused = {key for key in plain if f"{key}(" not in everything}
    assert unused <= {*ONLY_DEFAULT, "REGEXMATCH", "REGEXEXTRACT", "PI", "SCORE"}  # fields here have no scores


def test_the_browser_computes_the_examples_and_what_excel_gives_on_constants_itself(evaluator: Browser):
    """Trees in which nothing was folded, so that the browser has to compute what the server would send as a value."""
    examples = [e for f in FUNCTIONS if f.key not in ONLY_DEFAULT and f.family in PLAIN for e in f.examples]
    expressions, _, row = lifted_together([e.text for e in examples], SAMPLE_SCOPE, SAMPLE, Place.DEFAULT)
    expected = [
        json_value(compile_expression(e.text, SAMPLE_SCOPE, place=Place.DEFAULT).evaluate(SAMPLE, FACTS))
        for e in examples
    ]
    given = evaluator.evaluate(expressions, row, FACTS)
    plain = [case for case in cases() if case["file"] in ("excel", "mathematics", "pieces", "periods")]
    plain = [case for case in plain if case.get("sql", True)]
    scope = read_scope(plain[0]["scope"])
    row, facts = read_row(scope, plain[0]["row"]), read_facts(scope, plain[0]["facts"])
    lifted, _, values = lifted_together([case["expression"] for case in plain], scope, row)
    expected += [case["expected"] for case in plain]
    given += evaluator.evaluate(lifted, values, facts)
    texts = [e.text for e in examples] + [case["expression"] for case in plain]
    assert [one for one in zip(texts, expected, given, strict=True) if one[1] != one[2]] == []
