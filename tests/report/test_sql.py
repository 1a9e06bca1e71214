"""Every kind of question as SQL, against files that a person has read (DOUGONG_EXPECT=write makes them anew)."""

import os
from pathlib import Path
from typing import Any

import pytest

from engines.form.form import Forms
from engines.formula import Facts
from engines.report.definition import Question
from engines.report.reader import Reader
from engines.report.reports import reports_of
from tests.report.world import question, sql

EXPECTED = Path(__file__).parent / "expected"
MONTH = {"key": "month", "field": "close_date", "granularity": "month"}
STAGE = {"key": "stage", "field": "stage"}
SELLER = {"key": "seller", "field": "seller"}

QUESTIONS: dict[str, dict[str, Any]] = {
    "count": question(visual="number"),
    "sum_by_stage": question(measures=["total", "n"], dimensions=[STAGE]),
    "by_month": question(measures=["won_amount", "mean", "smallest", "last"], dimensions=[MONTH]),
    "signed_by_week": question(dimensions=[{"key": "week", "field": "signed_at", "granularity": "week"}]),
    "signed_by_day": question(dimensions=[{"key": "day", "field": "signed_at", "granularity": "day"}]),
    "computed_measure": question(measures=["win_rate", "double_rate"], dimensions=[SELLER]),
    "computed_column": question(measures=["big", "hopes"], dimensions=[{"key": "size", "field": "size"}]),
    "related_record": question(dimensions=[{"key": "grade", "field": "group.grade"}], measures=["customers"]),
    "ranking": question(
        measures=["total"], dimensions=[SELLER], sort=[{"key": "total", "descending": True}], limit=10, visual="bar"
    ),
    "ranking_with_others": question(measures=["mean"], dimensions=[SELLER], limit=3, others=True, visual="bar"),
    "series_of_the_first_five": question(measures=["total"], dimensions=[SELLER, STAGE], limit=5, visual="bar"),
    "stages_backwards": question(dimensions=[STAGE], sort=[{"key": "stage", "descending": True}]),
}


def check(name: str, text: str) -> None:
    path = EXPECTED / f"{name}.sql"
    if os.environ.get("DOUGONG_EXPECT") == "write":
        path.write_text(text)
    assert text == path.read_text()


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_question_becomes_the_expected_select(name: str, forms: Forms, everything: Reader) -> None:
    check(name, sql(reports_of(forms).ask(Question.read(QUESTIONS[name])), everything))


def test_the_rights_of_the_reader_are_in_the_select(forms: Forms, facts: Facts) -> None:
    """A seller sees own deals, amounts of hot ones only, and companies of grade A."""

    def see(form: Any, path: str, table: Any) -> Any:
        if form.key == "company":
            return path != "credit"
        return table.c.hot.is_(True) if path == "amount" else True

    def rows(form: Any, table: Any) -> Any:
        if form.key == "deal":
            return table.c._owner == 1
        return table.c.grade == "A" if form.key == "company" else None

    asked = reports_of(forms).ask(
        Question.read(question(measures=["total"], dimensions=[{"key": "name", "field": "customer.name"}]))
    )
    check("rights", sql(asked, Reader(facts, see, rows)))


def test_every_file_belongs_to_a_question() -> None:
    assert {path.stem for path in EXPECTED.glob("*.sql")} == {*QUESTIONS, "rights"}
