"""What an answer carries besides its numbers: labels, periods without records, notes, comparison, problems."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import insert

from engines.form.compile import compile_forms
from engines.form.form import Forms
from engines.form.transaction import Transaction
from engines.kernel.problems import NotFound, Rejected
from engines.report import Period, check_reports, reports_of
from engines.report.answer import answer
from engines.report.definition import GRANULARITIES, Question
from engines.report.reader import Reader
from tests.report.world import DATASET, FORMS, question

MONTH = {"key": "month", "field": "close_date", "granularity": "month"}


def ask(tx: Transaction, forms: Forms, reader: Reader, period: Period | None = None, **more: Any) -> Any:
    return answer(tx, reports_of(forms).ask(Question.read(question(**more))), reader, period)


@pytest.fixture
def deals(tx: Transaction, forms: Forms) -> Transaction:
    """Two won deals with two months between them, an open one without a date."""
    table = forms.get("deal").table
    for stage, amount, day in (("won", 100, date(2025, 1, 5)), ("won", 50, date(2025, 4, 2)), ("new", 7, None)):
        tx.connection.execute(insert(table).values(stage=stage, amount=amount, close_date=day))
    return tx


def test_bars_over_months_show_the_months_without_records(deals: Transaction, forms: Forms, everything: Reader) -> None:
    measures = ["n", "total", "mean", "win_rate", "last"]
    result = ask(deals, forms, everything, visual="bar", dimensions=[MONTH], measures=measures)
    assert [row.groups[0].label for row in result.rows] == ["Jan 2025", "Feb 2025", "Mar 2025", "Apr 2025", "(blank)"]
    assert result.rows[1].values == (Decimal(0), Decimal(0), None, None, None)
    table = ask(deals, forms, everything, dimensions=[MONTH])
    assert len(table.rows) == 3
    told = ask(deals, forms, everything, visual="bar", dimensions=[MONTH | {"dense": False}])
    assert len(told.rows) == 3


def test_a_chosen_period_is_shown_whole(deals: Transaction, forms: Forms, everything: Reader) -> None:
    period = Period("close_date", date(2025, 3, 15), date(2025, 5, 31))
    result = ask(deals, forms, everything, period, visual="line", dimensions=[MONTH])
    assert [(row.groups[0].label, row.values[0]) for row in result.rows] == [
        ("Mar 2025", 0),
        ("Apr 2025", 1),
        ("May 2025", 0),
    ]


def test_many_empty_periods_are_shown_only_on_request(deals: Transaction, forms: Forms, everything: Reader) -> None:
    table = forms.get("deal").table
    deals.connection.execute(insert(table).values(close_date=date(1900, 1, 1)))
    day = {"key": "day", "field": "close_date", "granularity": "day"}
    assert len(ask(deals, forms, everything, visual="bar", dimensions=[day]).rows) == 4
    assert len(ask(deals, forms, everything, visual="bar", dimensions=[day | {"dense": True}]).rows) == 5001


def test_choices_keep_their_order_words_and_colours(deals: Transaction, forms: Forms, everything: Reader) -> None:
    result = ask(deals, forms, everything, visual="funnel", dimensions=[{"key": "stage", "field": "stage"}])
    assert [(row.groups[0].label, row.groups[0].color) for row in result.rows] == [("New", "blue"), ("Won", "green")]


def test_a_card_compares_with_the_period_before(deals: Transaction, forms: Forms, everything: Reader) -> None:
    period = Period("close_date", date(2025, 4, 1), date(2025, 6, 30))
    card = {"visual": "number", "measures": ["total"], "compare": "previous_period"}
    assert ask(deals, forms, everything, period, **card).previous == (Decimal(100),)
    assert ask(deals, forms, everything, **card).previous is None
    other = ask(deals, forms, everything, Period("amount", None, date(2025, 1, 1)), **card)
    assert other.previous is None and other.notes == ("unfiltered",)


def test_labels_of_measures_follow_the_reader(deals: Transaction, forms: Forms, everything: Reader) -> None:
    measures = ["mean", {"key": "c", "aggregate": "count"}, {"key": "d", "aggregate": "distinct", "field": "seller"}]
    result = ask(deals, forms, everything, measures=measures)
    assert [one.label for one in result.measures] == ["Amount (average)", "Records", "Seller (different ones)"]


def test_the_ends_of_the_calendar_are_no_end_of_the_page(deals: Transaction, forms: Forms, everything: Reader) -> None:
    ends = Period("close_date", date.min, date(1, 1, 31))
    for compare in ("previous_period", "previous_year"):
        card = {"visual": "number", "measures": ["total"], "compare": compare}
        with pytest.raises(Rejected, match="is not a date"):
            ask(deals, forms, everything, ends, **card)
    table = forms.get("deal").table
    deals.connection.execute(insert(table).values(close_date=date.max))
    for granularity in GRANULARITIES:
        axis = MONTH | {"granularity": granularity}
        late = Period("close_date", date(9999, 12, 1), date.max)
        assert ask(deals, forms, everything, late, visual="bar", dimensions=[axis]).rows[-1].values == (1,)


CREDIT = "customer.credit"
BROKEN = [
    ({"joins": [{"key": "c", "field": "custmer"}]}, "joins.c.field", 'did you mean "customer"'),
    ({"joins": [{"key": "c", "field": "tags"}]}, "joins.c.field", "holds many values"),
    ({"joins": [{"key": "c", "field": "amount"}]}, "joins.c.field", "does not point at one record"),
    ({"columns": [{"key": "x", "expression": "amount * rat"}]}, "columns.x.expression", 'did you mean "rate"'),
    ({"columns": [{"key": "x", "expression": "customer"}]}, "columns.x.expression", "cannot be record"),
    ({"measures": [{"key": "m", "aggregate": "sum", "field": "name"}]}, "measures.m.field", "is no number"),
    ({"measures": [{"key": "m", "aggregate": "sum"}]}, "measures.m.field", "Say of which field"),
    ({"measures": [{"key": "m", "aggregate": "max", "field": "name"}]}, "measures.m.field", "neither number nor date"),
    ({"measures": [{"key": "m", "aggregate": "sum", "field": CREDIT}]}, "measures.m.field", "a dataset over Company"),
    ({"measures": [{"key": "m", "aggregate": "avg", "field": CREDIT}]}, "measures.m.field", "counted once for every"),
    ({"measures": [{"key": "m", "aggregate": "sum", "field": "custmer.credit"}]}, "measures.m.field", '"customer"?'),
    ({"measures": [{"key": "m", "aggregate": "count", "filter": "amount"}]}, "measures.m.filter", "must be boolean"),
    ({"measures": [{"key": "m", "expression": "n + 1"}]}, "measures.m.expression", "no field n"),
    ({"measures": [{"key": "m", "expression": "m + 1"}]}, "measures.m.expression", "no field m"),
    ({"measures": [{"key": "m", "expression": '"text"'}]}, "measures.m.expression", "is a number, this is text"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "path", "words"), BROKEN)
def test_a_dataset_that_does_not_fit_its_form_says_where(change: dict[str, Any], path: str, words: str) -> None:
    plain = {"kind": "dataset", "key": "deals", "title": "Deals", "form": "deal"}
    dataset = {**plain, "joins": [{"key": "customer", "field": "customer"}], **change}
    problems = list(check_reports(compile_forms("crm", [*FORMS, dataset], revision=9)))
    assert [problem.path for problem in problems] == [f"dataset.deals.{path}"]
    assert words in problems[0].message


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"dimensions": [{"key": "d", "field": "stag"}]}, "dimensions.d.field"),
        ({"dimensions": [{"key": "d", "field": "tags"}]}, "dimensions.d.field"),
        ({"dimensions": [{"key": "d", "field": "stage", "granularity": "month"}]}, "dimensions.d.granularity"),
        ({"dimensions": [{"key": "d", "field": "stage", "dense": True}]}, "dimensions.d.dense"),
        ({"measures": ["nothing"]}, "measures[0]"),
        ({"sort": [{"key": "total"}]}, "sort.total"),
    ],
)
def test_a_question_that_does_not_fit_its_dataset_says_where(change: dict[str, Any], path: str) -> None:
    forms = compile_forms("crm", [*FORMS, DATASET, question(**change)], revision=9)
    assert [problem.path for problem in check_reports(forms)] == [f"question.q.{path}"]


def test_unknown_reports_suggest_the_nearest(forms: Forms) -> None:
    with pytest.raises(NotFound, match='did you mean "deals"'):
        reports_of(forms).source("deal")
    with pytest.raises(NotFound):
        reports_of(forms).dashboard("sales")


def test_a_bad_filter_is_refused(deals: Transaction, forms: Forms, everything: Reader) -> None:
    with pytest.raises((Rejected, NotFound), match="stag"):
        ask(deals, forms, everything, filter={"field": "stag", "op": "eq", "value": 1})
