"""Which calendar counts: the record's own, else its department's or that above, else the usual one."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from engines.form.calendars.choose import calendar_for, end_of
from engines.form.compile import compile_forms
from engines.form.facts import facts_of
from engines.form.form import Forms
from engines.form.query import Query, Sort, get_record, list_records
from engines.form.records import create_record, update_record
from engines.form.transaction import Transaction
from engines.kernel.documents import Document
from engines.kernel.problems import Rejected
from tests.conftest import Begin
from tests.form import company
from tests.form.build import field, form
from tests.form.company import ADMINISTRATOR, EAST, SHANGHAI

WEEK = {str(day): [["09:00", "18:00"]] for day in range(1, 8)}


def calendar(key: str, **more: Any) -> Document:
    return {"kind": "calendar", "key": key, "title": key, **more}


def documents() -> list[Document]:
    stages = {"stages": [{"key": "a", "stay_hours": 18}, {"key": "b", "stay_hours": 18, "calendar": "nights"}]}
    return [
        calendar("office", country="cn"),
        calendar("always", weekdays=WEEK),
        calendar("nights", weekdays={"6": [["00:00", "24:00"]]}),
        form("plant", field("name", "text"), field("works", "text"), title_field="name"),
        form(
            "job",
            field("plant", "relation", {"form": "plant"}),
            field("day", "date"),
            field("stage", "stage", stages),
            field("since", "stage_info", {"of": "stage", "show": "since"}),
            field("due", "stage_info", {"of": "stage", "show": "due"}),
            field("next", "formula", {"expression": "WORKDAY(day, 1)", "result": "date"}),
            field("fixed", "formula", {"expression": 'WORKDAY(day, 1, "office")', "result": "date"}),
            field("free", "boolean", default="NOT(ISWORKDAY(day))"),
            field("lines", "subform")
            | {
                "fields": [
                    field("at", "date"),
                    field("then", "formula", {"expression": "WORKDAY(at, 1)", "result": "date"}),
                ]
            },
            calendar="plant.works",
        ),
    ]


@pytest.fixture(scope="module")
def forms(workspaces, workspace) -> Forms:  # type: ignore[no-untyped-def]
    return company.installed(workspaces, workspace, compile_forms("works", documents(), revision=1))


def team(tx: Transaction, department: int, key: str | None) -> None:
    tx.connection.exec_driver_sql("UPDATE _department SET calendar = %s WHERE id = %s", (key, department))


def days(tx: Transaction, forms: Forms, record: int) -> list[str]:
    found = get_record(tx, forms.get("job"), record).values
    return [found[key].isoformat() for key in ("next", "fixed")]


def test_a_record_counts_by_its_own_calendar_then_its_departments_then_the_usual_one(
    begin: Begin, forms: Forms
) -> None:
    friday = "2026-06-12"
    with begin(ADMINISTRATOR) as tx:
        team(tx, EAST, None)
        plant = create_record(tx, forms.get("plant"), {"name": "P"}).id
        job = create_record(tx, forms.get("job"), {"plant": plant, "day": friday, "_dept": SHANGHAI}).id
        assert days(tx, forms, job) == ["2026-06-15", "2026-06-15"], "the first calendar of the app"
    with begin(ADMINISTRATOR) as tx:
        team(tx, EAST, "always")
        assert days(tx, forms, job) == ["2026-06-13", "2026-06-15"], "of the department above, at once"
        rows = list_records(tx, forms.get("job"), Query(filter={"field": "next", "op": "eq", "value": "2026-06-13"}))
        assert [row.id for row in rows.rows] == [job]
    with begin(ADMINISTRATOR) as tx:
        team(tx, SHANGHAI, "nights")
        assert days(tx, forms, job)[0] == "2026-06-13"
        update_record(tx, forms.get("plant"), plant, {"works": "office"})
        assert days(tx, forms, job)[0] == "2026-06-15", "the record's own word wins"
        update_record(tx, forms.get("plant"), plant, {"works": "gone"})
        assert days(tx, forms, job)[0] == "2026-06-13", "a calendar that is not there is no word"
        sunday = create_record(tx, forms.get("job"), {"day": "2026-06-14", "_dept": EAST}).id
        assert get_record(tx, forms.get("job"), sunday).values["free"] is False
    with begin(ADMINISTRATOR) as tx:
        team(tx, EAST, "gone")
        team(tx, SHANGHAI, None)
        assert days(tx, forms, job)[0] == "2026-06-15"
        assert [row.id for row in list_records(tx, forms.get("job"), Query(sort=(Sort("next"),))).rows] == [job, sunday]


def test_stays_and_limits_run_along_the_same_calendar(begin: Begin, forms: Forms) -> None:
    job = forms.get("job")
    friday = datetime(2026, 6, 12, 1, tzinfo=UTC)
    with begin(ADMINISTRATOR) as tx:
        team(tx, EAST, "always")
        one = create_record(tx, job, {"day": "2026-06-12", "_dept": EAST}).id
        tx.connection.exec_driver_sql("UPDATE works__job SET since = %s WHERE id = %s", (friday, one))
        assert get_record(tx, job, one).values["due"] == datetime(2026, 6, 13, 10, tzinfo=UTC)
        facts = facts_of(tx, forms)
        found = calendar_for(tx, job, one, facts)
        assert found.key == "always" and calendar_for(tx, job, one, facts, "nights").key == "nights"
        assert end_of(found, facts, friday, Decimal(18)) == datetime(2026, 6, 13, 10, tzinfo=UTC)
        tx.connection.exec_driver_sql("UPDATE works__job SET stage = 'b' WHERE id = %s", (one,))
        assert get_record(tx, job, one).values["due"] == datetime(2026, 6, 13, 10, tzinfo=UTC), (
            "the hours of a Saturday night"
        )


def test_the_way_to_the_calendar_has_to_lead_to_a_text() -> None:
    with pytest.raises(Rejected) as refused:
        compile_forms("works", [calendar("a"), form("job", field("n", "number"), calendar="n")])
    assert [(one.code, one.path) for one in refused.value.problems] == [("formula.result_type", "form.job.calendar")]
    with pytest.raises(Rejected) as refused:
        compile_forms("works", [calendar("a"), form("job", field("n", "number"), calendar="m.x")])
    assert refused.value.problems[0].path == "form.job.calendar"
