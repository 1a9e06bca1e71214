"""The order of computing formulas, and the cycles that make it impossible."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.formula import order_formulas
from engines.kernel.problems import Rejected


def test_a_formula_comes_after_those_it_reads():
    assert order_formulas({"total": ["net", "tax"], "tax": ["net"], "net": ["qty"]}) == ["net", "tax", "total"]


def test_the_given_order_stays_where_it_is_free():
    assert order_formulas({"b": [], "a": [], "c": ["x"]}) == ["b", "a", "c"]


@pytest.mark.parametrize(
    ("formulas", "cycle"),
    [
        ({"a": ["a"]}, ["a", "a"]),
        ({"x": ["a"], "a": ["b"], "b": ["c"], "c": ["a"]}, ["a", "b", "c", "a"]),
        ({("order", "sum"): [("line", "tax")], ("line", "tax"): [("order", "sum")]}, None),
    ],
)
def test_a_cycle_is_named(formulas, cycle):
    with pytest.raises(Rejected) as caught:
        order_formulas(formulas)
    (problem,) = caught.value.problems
    assert problem.code == "formula.cycle"
    assert problem.params["cycle"][0] == problem.params["cycle"][-1]
    if cycle:
        assert problem.params["cycle"] == cycle


@given(st.dictionaries(st.integers(0, 12), st.lists(st.integers(0, 12), max_size=4), max_size=12))
def test_either_every_formula_comes_after_its_sources_or_a_real_cycle_is_named(formulas):
    try:
        order = order_formulas(formulas)
    except Rejected as rejected:
        names = [int(name) for name in rejected.problems[0].params["cycle"]]
        assert all(target in formulas[source] for source, target in pairwise(names))
    else:
        assert sorted(order) == sorted(formulas)
        places = {name: place for place, name in enumerate(order)}
        assert all(places[s] < places[name] for name in order for s in formulas[name] if s in formulas)
