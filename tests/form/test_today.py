"""What depends on today is right at every moment, in lists, filters, sorts, totals, rules and on the page of a record,
without anybody saving."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from engines.form.compile import compile_forms
from engines.form.form import Forms
from engines.form.query import Query, Sort, get_record, list_records
from engines.form.records import create_record, update_record
from engines.kernel.problems import Rejected
from tests.conftest import Begin
from tests.form import company
from tests.form.build import field, form
from tests.form.company import ADMINISTRATOR, group

TASK = form(
    "chore",
    field("name", "text"),
    field("due", "date"),
    field("late", "formula", {"expression": "MAX(TODAY() - due, 0)", "result": "number"}),
    field("state", "formula", {"expression": 'IF(due < TODAY(), "overdue", "open")', "result": "text"}),
    title_field="name",
    rules=[
        {"key": "closed", "check": "TODAY() - due < 30", "message": {"en": "Too late to change", "zh-CN": "已过期"}}
    ],
)


@pytest.fixture(scope="module")
def chores(workspaces: Any, workspace: Any) -> Forms:
    made = compile_forms("td", [TASK, group("all_chore", "chore", [{"scope": "all"}])], revision=1)
    with workspaces.begin(workspace, ADMINISTRATOR, publish=True) as tx:
        company.install(tx, made)
        company.people(tx)
    with workspaces.begin(workspace, ADMINISTRATOR) as tx:
        for name, ahead in (("a", 1), ("b", 3), ("c", 10)):
            create_record(tx, made.get("chore"), {"name": name, "due": company.day(tx, ahead)})
    return made


def seen(begin: Begin, chores: Forms, days: int) -> tuple[list[str], list[str], Decimal | None, Any]:
    """After so many days: who is overdue, everybody by how late, days late in all, and how late `a` is."""
    with begin(ADMINISTRATOR, keep=False) as tx:
        tx.now += timedelta(days=days)
        task = chores.get("chore")
        overdue = list_records(tx, task, Query(filter={"field": "state", "op": "eq", "value": "overdue"}))
        by_age = list_records(tx, task, Query(sort=(Sort("late", True), Sort("name")), totals=("late",)))
        first = next(one.id for one in by_age.rows if one.values["name"] == "a")
        names = sorted(one.values["name"] for one in overdue.rows)
        late = get_record(tx, task, first).values["late"]
        return names, [one.values["name"] for one in by_age.rows], by_age.totals["late"], late


@pytest.mark.parametrize(
    ("days", "overdue", "total", "late"),
    [(0, [], 0, 0), (1, [], 0, 0), (2, ["a"], 1, 1), (5, ["a", "b"], 6, 4), (20, ["a", "b", "c"], 46, 19)],
)
def test_lists_filters_sorts_totals_and_records_move_with_the_clock(
    begin: Begin, chores: Forms, days: int, overdue: list[str], total: int, late: int
) -> None:
    assert seen(begin, chores, days) == (overdue, ["a", "b", "c"], Decimal(total), Decimal(late))


def test_a_rule_over_today_holds_at_the_moment_of_the_write(begin: Begin, chores: Forms) -> None:
    task = chores.get("chore")
    with begin(ADMINISTRATOR, keep=False) as tx:
        first = list_records(tx, task, Query(filter={"field": "name", "op": "eq", "value": "a"})).rows[0].id
        tx.now += timedelta(days=30)
        assert update_record(tx, task, first, {"name": "a1"}).changed
        tx.now += timedelta(days=1)
        with pytest.raises(Rejected) as error:
            update_record(tx, task, first, {"name": "a2"})
    assert error.value.problems[0].code == "record.rule"
