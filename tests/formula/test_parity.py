"""Promise 3 of the design: the browser, the server and SQL give the same value for the same expression."""

import os

import pytest
from browser import Browser
from generate import ANY_EXPRESSION, FACTS, SCOPE, rows_of
from harness import run_sql
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from engines.formula import Place, compile_expression, json_value

EXPRESSIONS = int(os.environ.get("DOUGONG_FORMULA_EXAMPLES", "300"))
BATCH = 15

RUN = settings(
    max_examples=max(1, EXPRESSIONS // BATCH),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.large_base_example],
)
TEXTS = st.lists(ANY_EXPRESSION, min_size=1, max_size=BATCH)


@RUN
@given(texts=TEXTS, row=rows_of(SCOPE), facts=FACTS)
def test_python_and_postgresql_agree_on_any_expression(conn: Connection, texts, row, facts):
    compiled = [compile_expression(text, SCOPE, place=Place.LIVE) for text in texts]
    expected = [json_value(e.evaluate(row, facts)) for e in compiled]
    with conn.begin_nested():
        values = [json_value(value) for value in run_sql(conn, SCOPE, row, facts, *compiled)]
    different = [(t, e, v) for t, e, v in zip(texts, expected, values, strict=True) if e != v]
    assert different == []


@pytest.fixture(scope="session")
def evaluator(tmp_path_factory):
    try:
        running = Browser(tmp_path_factory.mktemp("formula"))
    except FileNotFoundError as missing:
        pytest.skip(str(missing))
    yield running
    running.close()


@RUN
@given(texts=TEXTS, row=rows_of(SCOPE), facts=FACTS)
def test_python_and_the_browser_agree_on_any_expression(evaluator: Browser, texts, row, facts):
    compiled = [compile_expression(text, SCOPE, place=Place.LIVE) for text in texts]
    expected = [json_value(e.evaluate(row, facts)) for e in compiled]
    values = evaluator.evaluate(compiled, row, facts)
    different = [(t, e, v) for t, e, v in zip(texts, expected, values, strict=True) if e != v]
    assert different == []
