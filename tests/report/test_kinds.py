"""Datasets, questions and dashboards as documents."""

from typing import Any

import pytest

from engines.kernel.documents import DocumentKind, validate
from engines.kernel.layers import Effective
from engines.kernel.schemas import lint
from engines.report.kinds import REPORT_KINDS, DashboardKind, DatasetKind, QuestionKind

DATASET = {
    "kind": "dataset",
    "key": "deals",
    "title": {"zh-CN": "商机", "en": "Deals"},
    "form": "opportunity",
    "joins": [{"key": "customer", "field": "customer"}],
    "columns": [{"key": "weighted", "label": "Weighted", "expression": "amount * rate"}],
    "measures": [
        {"key": "won_amount", "label": "Won", "aggregate": "sum", "field": "amount", "filter": 'stage = "won"'},
        {"key": "expected", "label": "Expected", "aggregate": "sum", "field": "weighted"},
        {"key": "half", "label": "Half", "expression": "won_amount / 2", "format": {"percent": True}},
    ],
    "filter": {"and": [{"field": "state", "op": "ne", "value": "x"}]},
}
QUESTION = {
    "kind": "question",
    "key": "won",
    "title": "Won",
    "dataset": "deals",
    "visual": "bar",
    "dimensions": [{"key": "month", "field": "close_date", "granularity": "month"}],
    "measures": ["won_amount", {"key": "n", "aggregate": "count"}],
    "sort": [{"key": "n", "descending": True}],
    "limit": 10,
}
DASHBOARD = {
    "kind": "dashboard",
    "key": "funnel",
    "title": "Funnel",
    "filters": [{"key": "period", "kind": "date", "field": "close_date", "fields": {"deals": "close_date"}}],
    "tiles": [{"key": "t1", "question": "won", "x": 0, "y": 0, "w": 6, "h": 4}],
}
FORM = {
    "kind": "form",
    "key": "opportunity",
    "title": "Opportunity",
    "fields": [
        {"key": "customer", "type": "relation", "label": "Customer", "options": {"form": "opportunity"}},
        {"key": "amount", "type": "number", "label": "Amount"},
        {"key": "rate", "type": "number", "label": "Rate"},
        {"key": "stage", "type": "text", "label": "Stage"},
        {"key": "state", "type": "text", "label": "State"},
        {"key": "close_date", "type": "date", "label": "Closed"},
    ],
}
ALL = Effective({(one["kind"], one["key"]): one for one in (FORM, DATASET, QUESTION, DASHBOARD)})


@pytest.mark.parametrize("kind", REPORT_KINDS, ids=lambda kind: kind.key)
def test_every_property_is_described_in_both_languages(kind: DocumentKind) -> None:
    assert lint(kind.schema) == []


@pytest.mark.parametrize(("kind", "document"), list(zip(REPORT_KINDS, (DATASET, QUESTION, DASHBOARD), strict=True)))
def test_a_good_document_has_no_problems(kind: DocumentKind, document: dict[str, Any]) -> None:
    assert validate(kind, document) == []
    assert list(kind.check(document, ALL)) == []


def test_what_documents_speak_of_is_known() -> None:
    found = {(one.kind, one.key, one.path) for one in DatasetKind().references(DATASET)}
    assert found == {
        ("form", "opportunity", ""),
        ("form", "opportunity", "fields.customer"),
        ("form", "opportunity", "fields.amount"),
        ("form", "opportunity", "fields.state"),
    }
    assert ("dataset", "deals", "measures.won_amount") in {
        (one.kind, one.key, one.path) for one in QuestionKind().references(QUESTION)
    }
    assert {(one.kind, one.key) for one in DashboardKind().references(DASHBOARD)} == {
        ("question", "won"),
        ("dataset", "deals"),
    }


def tile(key: str = "a", question: str = "won", x: int = 0, w: int = 6) -> dict[str, Any]:
    return {"key": key, "question": question, "x": x, "y": 0, "w": w, "h": 2}


@pytest.mark.parametrize(
    ("kind", "document", "code", "path", "words"),
    [
        (
            0,
            DATASET | {"measures": [{"key": "customer", "aggregate": "count"}]},
            "dataset.name_taken",
            "measures.customer",
            "joins",
        ),
        (0, DATASET | {"form": "oportunity"}, "form.unknown", "form", 'mean "opportunity"'),
        (
            0,
            DATASET | {"measures": [{"key": "a", "aggregate": "sum", "field": "stage"}]},
            "report.not_a_number",
            "measures.a.field",
            "is no number",
        ),
        (1, QUESTION | {"dataset": "deal"}, "dataset.unknown", "dataset", 'mean "deals"'),
        (
            1,
            QUESTION | {"dimensions": [{"key": "d", "field": "stag"}], "sort": []},
            "report.field_unknown",
            "dimensions.d.field",
            'mean "stage"',
        ),
        (1, QUESTION | {"visual": "pi"}, "visual.unknown", "visual", 'did you mean "pie"'),
        (1, QUESTION | {"visual": "number"}, "question.dimensions_count", "dimensions", "takes 0 dimensions"),
        (
            1,
            QUESTION | {"measures": ["won_amout"], "sort": []},
            "question.measure_unknown",
            "measures[0]",
            'mean "won_amount"',
        ),
        (1, QUESTION | {"sort": [{"key": "mont"}]}, "question.sort_unknown", "sort.mont", 'did you mean "month"'),
        (1, QUESTION | {"visual": "table", "dimensions": [], "sort": []}, "question.limit_alone", "limit", "dimension"),
        (
            2,
            DASHBOARD | {"tiles": [tile(question="wn")]},
            "dashboard.question_unknown",
            "tiles.a.question",
            'mean "won"',
        ),
        (2, DASHBOARD | {"tiles": [tile(x=8)]}, "dashboard.tile_outside", "tiles.a", "twelve"),
        (2, DASHBOARD | {"tiles": [tile(), tile("b", x=5)]}, "dashboard.tiles_overlap", "tiles.b", '"a"'),
    ],
)
def test_what_is_wrong_is_said_with_its_place(
    kind: int, document: dict[str, Any], code: str, path: str, words: str
) -> None:
    assert validate(REPORT_KINDS[kind], document) == []
    problems = list(REPORT_KINDS[kind].check(document, ALL))
    assert [(problem.code, problem.path) for problem in problems] == [(code, path)]
    assert words in problems[0].message


@pytest.mark.parametrize(
    ("kind", "document"),
    [
        (0, DATASET | {"measures": [{"key": "a"}]}),
        (0, DATASET | {"measures": [{"key": "a", "aggregate": "sum", "field": "b", "expression": "c"}]}),
        (0, DATASET | {"measures": [{"key": "a", "expression": "c", "filter": "d"}]}),
        (0, DATASET | {"measures": [{"key": "a", "aggregate": "median"}]}),
        (0, DATASET | {"colour": "red"}),
        (1, QUESTION | {"filter": {"field": 5}}),
        (1, QUESTION | {"measures": []}),
        (1, QUESTION | {"limit": 0}),
        (2, DASHBOARD | {"tiles": [{"key": "a", "question": "won", "x": -1, "y": 0, "w": 6, "h": 2}]}),
    ],
)
def test_documents_that_do_not_fit_the_schema_are_refused(kind: int, document: dict[str, Any]) -> None:
    assert validate(REPORT_KINDS[kind], document)
