"""Time limits of tasks: along the calendar that counts, told once, moved by the calendar, whoever stops meanwhile."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flows import approval, document
from sqlalchemy import select, text

from engines.form.compile import compile_forms
from engines.kernel.layers import Effective
from engines.workflow.definition import FlowKind
from engines.workflow.limits import LATE, limits_of, tell_late
from engines.workflow.tables import LOG, TASK

FRIDAY = datetime(2026, 6, 12, 7, 0, tzinfo=UTC)
"""15:00 in Shanghai: two hours of work are left of the week."""
OFFICE = {"kind": "calendar", "key": "office", "title": "Office", "country": "cn"}
ALWAYS = {
    "kind": "calendar",
    "key": "always",
    "title": "Always",
    "weekdays": {str(day): [["00:00", "24:00"]] for day in range(1, 8)},
}


def flow(**limit: Any) -> dict[str, Any]:
    people = [{"kind": "role", "role": "manager"}]
    return document(approval("manager", "end", people=people, limit={"hours": 8, **limit}))


@pytest.fixture
def limited(site: Any) -> Any:
    """The site with two calendars, the first of which counts, and a flow with a limit."""

    def put(one: dict[str, Any], *calendars: dict[str, Any]) -> None:
        from_conftest = [
            document for document in site.forms.documents.values() if document["kind"] not in ("flow", "calendar")
        ]
        own = [document for document in from_conftest if document["key"] not in ("_member", "_department")]
        site.revision += 1
        site.forms = compile_forms("wf", [*own, *(calendars or (OFFICE, ALWAYS)), one], revision=site.revision)

    site.put = put
    with site.begin(publish=True) as tx:
        tx.connection.execute(text("UPDATE _department SET calendar = NULL"))
        tx.connection.execute(text("TRUNCATE _flow_instance CASCADE"))
    return site


def opened(site: Any, at: datetime = FRIDAY) -> int:
    """A submitted record whose task was opened then; the id of the task."""
    record = site.record(amount="5")
    site.submit(record)
    task: int = site.task("sales_head", record)
    with site.begin() as tx:
        tx.connection.execute(TASK.update().where(TASK.c.id == task).values(opened_at=at))
    return task


def due(site: Any, task: int) -> datetime | None:
    with site.begin() as tx:
        found: datetime | None = limits_of(tx, site.forms, [task])[task].due
        return found


def look(site: Any, at: datetime) -> int:
    with site.begin() as tx:
        tx.now = at
        return tell_late(tx, site.forms, lambda tx, notice: site.told.append(notice))


def test_a_limit_runs_along_the_nodes_calendar_then_the_departments_then_the_usual_one(limited: Any) -> None:
    limited.put(flow())
    task = opened(limited)
    assert due(limited, task) == datetime(2026, 6, 15, 7, 0, tzinfo=UTC), "three hours on Friday, five on Monday"
    with limited.begin() as tx:
        tx.connection.execute(text("UPDATE _department SET calendar = 'always' WHERE name = 'Sales'"))
    assert due(limited, task) == FRIDAY + timedelta(hours=8), "of the department above"
    limited.put(flow(calendar="office"))
    assert due(limited, opened(limited)) == datetime(2026, 6, 15, 7, 0, tzinfo=UTC)


def test_who_is_late_is_told_once_with_a_line_an_event_and_notices(limited: Any) -> None:
    limited.put(flow(tell=["people", "submitter"]))
    task = opened(limited)
    limited.told.clear()
    end = due(limited, task)
    assert end is not None
    assert look(limited, end - timedelta(minutes=1)) == 0
    assert [look(limited, end + timedelta(minutes=minute)) for minute in (0, 1, 60)] == [1, 0, 0]
    (notice,) = limited.told
    assert notice.kind == "late" and set(notice.members) == {limited.company.sales_head, limited.company.seller}
    assert notice.tasks == {limited.company.sales_head: task}
    with limited.begin() as tx:
        record = tx.connection.execute(select(TASK.c.record_id).where(TASK.c.id == task)).scalar_one()
        lines = tx.connection.execute(select(LOG.c.params).where(LOG.c.action == "late")).scalars().all()
    assert lines == [{"people": [limited.company.sales_head], "hours": "8"}]
    assert limited.events(record).count(LATE) == 1
    assert limited.story(record).entries[-1].action == "late"
    assert limited.act("sales_head", record, "approve").status == "approved"


def test_a_changed_calendar_moves_open_limits_and_answered_tasks_are_never_late(limited: Any) -> None:
    limited.put(flow())
    task = opened(limited)
    holiday = {"key": "h", "from": "2026-06-15", "to": "2026-06-16", "working": False}
    limited.put(flow(), {**OFFICE, "days": [holiday]})
    assert due(limited, task) == datetime(2026, 6, 17, 7, 0, tzinfo=UTC)
    assert look(limited, datetime(2026, 6, 16, 9, tzinfo=UTC)) == 0
    with limited.begin() as tx:
        record = tx.connection.execute(select(TASK.c.record_id).where(TASK.c.id == task)).scalar_one()
    limited.act("sales_head", record, "approve")
    assert look(limited, datetime(2026, 7, 16, 9, tzinfo=UTC)) == 0


def test_a_calendar_that_is_not_there_is_refused(limited: Any) -> None:
    limited.put(flow())
    found = list(FlowKind().check(flow(calendar="offise"), Effective(limited.forms.documents, {})))
    assert [(one.code, one.path) for one in found] == [("calendar.unknown", "nodes.manager.limit.calendar")]
