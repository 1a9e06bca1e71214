"""Shares add up to the last cent, tiers to what one computes by hand; the three back ends agree on both."""

import json
from decimal import Decimal

import pytest
from browser import Browser
from harness import CONFORMANCE, read_facts, read_scope, run_sql
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from engines.formula import Place, compile_expression, json_value
from engines.formula.tiers import allocate, progressive

DOCUMENT = json.loads((CONFORMANCE / "context.json").read_text(encoding="utf-8"))
SCOPE = read_scope(DOCUMENT["scope"])
FACTS = read_facts(SCOPE, DOCUMENT["facts"])
NUMBERS = st.one_of(
    st.none(), st.decimals("-100000", "100000", places=3), st.sampled_from([Decimal(0), Decimal("0.01"), Decimal(7)])
)
DIGITS = st.integers(0, 4)
CENT = Decimal("0.01")
TEXTS = [
    "JOIN(lines, TEXT(ALLOCATE(amount, lines, qty, 2)), \"|\")",
    "JOIN(lines, TEXT(ALLOCATE(amount, lines, qty * price, 0)), \"|\")",
    "SUM(lines, ALLOCATE(x, FILTER(lines, qty > 0), price, 4))",
    "PROGRESSIVE(x, lines, qty, price)",
    "BAND(x, lines, qty, price)",
    "FIRST(lines, qty, price)",
    "LAST(lines, qty, price)",
    "LAST(lines, price, note)",
    "FIRST(FILTER(lines, qty < OUTER.amount), kind, note)",
    "JOIN(lines, note & kind, \", \")",
    "ANY(lines, qty > amount)",
    "EVERY(lines, qty > price)",
    "COUNT(lines, qty > price)",
    "SUM(FILTER(lines, kind = name), qty * x)",
    "AVERAGE(FILTER(lines, EVERY(parts, weight > OUTER.qty)), price)",
    "SUMIFS(lines.qty, lines.kind, name, lines.price, \">=0\")",
    "MAPX(\"last\", name, lines.kind, lines.price)",
]  # fmt: skip
EXPRESSIONS = [compile_expression(text, SCOPE, place=Place.LIVE) for text in TEXTS]
WORDS = st.sampled_from([None, "a", "b", "é", "斗", "新名"])
PARTS = st.fixed_dictionaries({"weight": NUMBERS, "qty": NUMBERS})


def _numbered(rows):
    return [{"id": number, **row} for number, row in enumerate(rows, 1)]


LINES = st.lists(
    st.fixed_dictionaries(
        {"qty": NUMBERS, "price": NUMBERS, "kind": WORDS, "note": WORDS, "parts": st.lists(PARTS, max_size=2)}
    ),
    max_size=6,
).map(_numbered)
ROWS = st.fixed_dictionaries({"id": st.just(1), "amount": NUMBERS, "x": NUMBERS, "name": WORDS, "lines": LINES})
RUN = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@settings(max_examples=300, deadline=None)
@given(st.decimals("-1e9", "1e9", places=4), st.lists(NUMBERS, min_size=1, max_size=12), DIGITS)
def test_shares_add_up_to_the_total_whatever_its_sign_and_the_weights(total, weights, digits):
    shares = allocate(total, weights, Decimal(digits))
    assert sum(shares) == round_half(total, digits)
    unit = Decimal(1).scaleb(-digits)
    assert all(share % unit == 0 for share in shares)
    given_weights = [weight or Decimal(0) for weight in weights]
    if sum(given_weights):
        exact = [total * weight / sum(given_weights) for weight in given_weights]
        if all(weight >= 0 for weight in given_weights):
            assert all(abs(share - part) < 2 * unit for share, part in zip(shares, exact, strict=True))
            assert all(share == 0 for share, weight in zip(shares, given_weights, strict=True) if weight == 0)


def round_half(value: Decimal, digits: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-digits), "ROUND_HALF_UP")


def test_ties_go_to_the_first_and_nothing_is_lost():
    assert allocate(Decimal(100), [Decimal(1)] * 3, Decimal(2)) == [
        Decimal("33.34"),
        Decimal("33.33"),
        Decimal("33.33"),
    ]
    assert allocate(Decimal("-0.05"), [Decimal(0), Decimal(0)], Decimal(2)) == [Decimal("-0.03"), Decimal("-0.02")]
    assert allocate(None, [Decimal(1)], Decimal(2)) == [None]
    assert allocate(Decimal(1), [], Decimal(2)) == []


@given(st.decimals(0, 2_000_000, places=2))
@settings(max_examples=100, deadline=None)
def test_income_tax_is_that_of_the_table_with_quick_deductions(income):
    table = [("0", "0.03", "0"), ("36000", "0.10", "2520"), ("144000", "0.20", "16920"), ("300000", "0.25", "31920"),
             ("420000", "0.30", "52920"), ("660000", "0.35", "85920"), ("960000", "0.45", "181920")]  # fmt: skip
    tiers = [(Decimal(start), Decimal(rate)) for start, rate, _ in table]
    _, rate, less = next(row for row in reversed(table) if income >= Decimal(row[0]))
    assert progressive(income, tiers) == income * Decimal(rate) - Decimal(less)


@RUN
@given(ROWS)
def test_python_and_postgresql_agree_on_what_reads_rows(conn: Connection, row):
    expected = [json_value(one.evaluate(row, FACTS)) for one in EXPRESSIONS]
    with conn.begin_nested():
        values = [json_value(value) for value in run_sql(conn, SCOPE, row, FACTS, *EXPRESSIONS)]
    assert [(t, e, v) for t, e, v in zip(TEXTS, expected, values, strict=True) if e != v] == []


@pytest.fixture(scope="module")
def evaluator(tmp_path_factory):
    try:
        running = Browser(tmp_path_factory.mktemp("formula"))
    except FileNotFoundError as missing:
        pytest.skip(str(missing))
    yield running
    running.close()


@RUN
@given(ROWS)
def test_python_and_the_browser_agree_on_what_reads_rows(evaluator: Browser, row):
    expected = [json_value(one.evaluate(row, FACTS)) for one in EXPRESSIONS]
    values = evaluator.evaluate(EXPRESSIONS, row, FACTS)
    assert [(t, e, v) for t, e, v in zip(TEXTS, expected, values, strict=True) if e != v] == []
