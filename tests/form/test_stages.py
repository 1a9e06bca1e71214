"""Stages: the same checks for every writer, a history that is complete, and what hangs on the stage is right."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from engines.form.bulk import bulk_write, undo_chunk
from engines.form.compile import collect, compile_forms
from engines.form.form import Forms
from engines.form.importing.apply import Importer
from engines.form.importing.group import entries_of
from engines.form.importing.plan import ImportPlan, Target
from engines.form.importing.write import Wanted, write_record
from engines.form.query import Query, Sort, list_records
from engines.form.records import create_record, delete_record, restore_record, update_record
from engines.form.stages.history import history_of
from engines.form.stages.tables import STAGE
from engines.form.stages.tasks import done_tasks, tick_tasks
from engines.kernel.problems import Forbidden, Rejected
from tests.conftest import Begin
from tests.form import company
from tests.form.build import field, form
from tests.form.company import ADMINISTRATOR, group

STAGES = [
    {"key": "lead", "label": {"en": "Lead", "zh-CN": "初步接洽"}, "rate": 10, "stay_days": 14, "needs": ["budget"]},
    {
        "key": "offer",
        "label": {"en": "Offer", "zh-CN": "方案报价"},
        "rate": 50,
        "stay_hours": 8,
        "enter": "budget >= 100",
        "enter_message": {"en": "Too small for an offer", "zh-CN": "预算太小，不必报价"},
        "tasks": [{"key": "visit", "title": "Visit"}, {"key": "gift", "title": "Gift", "optional": True}],
    },
    {"key": "law", "rate": 90, "to": ["won"], "back": False, "process": "big"},
    {"key": "won", "kind": "won", "rate": 100, "back": False},
    {"key": "lost", "kind": "lost", "rate": 0},
]
PROCESSES = [{"key": "big", "title": "Big", "when": "budget >= 1000"}, {"key": "small", "title": "Small"}]
INFO = ("kind", "rate", "stay", "since", "due", "overdue")


def document(**more: Any) -> dict[str, Any]:
    return form(
        "deal",
        field("name", "text", required=True),
        field("budget", "money"),
        field("stage", "stage", {"stages": STAGES, "processes": PROCESSES}),
        *[field(f"stage_{show}", "stage_info", {"of": "stage", "show": show}) for show in INFO],
        field("weighted", "formula", {"expression": "ROUND(budget * stage_rate, 2)", "result": "money"}),
        title_field="name",
        **more,
    )


@pytest.fixture(scope="module")
def deals(workspaces: Any, workspace: Any) -> Forms:
    made = compile_forms(
        "st", [document(), group("all_deal", "deal", [{"scope": "all"}], operations=["read"])], revision=1
    )
    return company.installed(workspaces, workspace, made)


@pytest.fixture
def fresh(begin: Begin, deals: Forms) -> Begin:
    with begin(publish=True) as tx:
        company.emptied(tx, deals)
    return begin


def problems(caught: pytest.ExceptionInfo[Any]) -> dict[str, str]:
    return {one.path: one.code for one in caught.value.problems}


def test_a_new_record_begins_in_the_first_stage_or_where_it_is_put(fresh: Begin, deals: Forms):
    deal = deals.get("deal")
    with fresh(ADMINISTRATOR) as tx:
        made = create_record(tx, deal, {"name": "a"})
        assert (made.values["stage"], made.values["stage_since"]) == ("lead", tx.now)
        assert create_record(tx, deal, {"name": "b", "budget": 500, "stage": "offer"}).values["stage"] == "offer"


@pytest.mark.parametrize("origin", ["page", "api", "import", "flow"])
def test_the_fields_of_a_stage_are_asked_for_on_the_way_forward_by_every_writer(
    fresh: Begin, deals: Forms, origin: Any
):
    deal = deals.get("deal")
    with fresh(ADMINISTRATOR, origin) as tx:
        made = create_record(tx, deal, {"name": "a"})
        with pytest.raises(Rejected) as caught:
            update_record(tx, deal, made.id, {"stage": "won"})
        assert problems(caught) == {"budget": "stage.needs"}
        assert caught.value.problems[0].params["stage"] == "Lead"
        assert update_record(tx, deal, made.id, {"stage": "won", "budget": 5}).values["stage"] == "won"


def test_bulk_and_import_rows_are_held_to_the_same(fresh: Begin, deals: Forms):
    deal = deals.get("deal")
    with fresh(ADMINISTRATOR, "api") as tx:
        create_record(tx, deal, {"name": "a"})
        with pytest.raises(Rejected) as caught:
            bulk_write(tx, deal, [{"name": "a", "stage": "won"}], key="name")
        assert problems(caught) == {"rows[0].budget": "stage.needs"}
        bulk_write(tx, deal, [{"name": "a", "stage": "won", "budget": 7}, {"name": "b"}], key="name")
        rows = tx.connection.execute(select(STAGE.c.record_id, STAGE.c.stage, STAGE.c.left_at).order_by(STAGE.c.id))
        assert [(one[1], one[2] is None) for one in rows] == [("lead", False), ("won", True), ("lead", True)]
    with fresh(ADMINISTRATOR, "import") as tx:
        with pytest.raises(Rejected) as caught:
            write_record(tx, deal, Wanted({"stage": "won"}, incomplete=True), 2, trial=True)
        assert problems(caught) == {"budget": "stage.needs"}


def test_rows_of_a_file_begin_where_they_are_put_and_leave_a_history(fresh: Begin, deals: Forms):
    deal = deals.get("deal")
    plan = ImportPlan(tuple(Target(key, place) for place, key in enumerate(("name", "budget", "stage"))))
    rows = [("a", 5, "Offer"), ("b", None, None), ("c", 50, "投标")]
    with fresh(ADMINISTRATOR, "import") as tx:
        found = Importer(deal, plan).chunk(tx, list(entries_of(plan, enumerate(rows, start=2))))
        assert [one.result for one in found] == ["created", "created", "refused"]
        stays = tx.connection.execute(select(STAGE.c.stage).order_by(STAGE.c.record_id)).scalars().all()
        assert stays == ["offer", "lead"]


def test_entry_conditions_stop_people_and_are_told_to_imports_of_new_records(fresh: Begin, deals: Forms):
    deal = deals.get("deal")
    with fresh(ADMINISTRATOR) as tx:
        with pytest.raises(Rejected) as caught:
            create_record(tx, deal, {"name": "a", "stage": "offer", "budget": 5})
        assert [(one.code, one.message) for one in caught.value.problems] == [
            ("stage.entry_said", "Too small for an offer")
        ]
    with fresh(ADMINISTRATOR, "import") as tx:
        saved = create_record(tx, deal, {"name": "a", "stage": "offer", "budget": 5})
        assert [one.code for one in saved.warnings] == ["stage.entry_said"]


def test_tasks_hold_a_record_until_they_are_ticked(fresh: Begin, deals: Forms):
    deal = deals.get("deal")
    one = deal.fields["stage"]
    with fresh(ADMINISTRATOR) as tx:
        made = create_record(tx, deal, {"name": "a", "stage": "offer", "budget": 500})
        with pytest.raises(Rejected) as caught:
            update_record(tx, deal, made.id, {"stage": "won"})
        assert problems(caught) == {"stage": "stage.tasks"}
        with pytest.raises(Rejected):
            tick_tasks(tx, deal, made.id, one, "offer", ["dance"])
        tick_tasks(tx, deal, made.id, one, "offer", ["visit"])
        assert done_tasks(tx, deal, made.id, one, "offer") == {"visit"}
        assert update_record(tx, deal, made.id, {"stage": "won"}).changed
        tick_tasks(tx, deal, made.id, one, "offer", [])
        assert done_tasks(tx, deal, made.id, one, "offer") == set()
    with fresh(company.actor(company.LIN), keep=False) as tx, pytest.raises(Forbidden):
        tick_tasks(tx, deals.get("deal"), made.id, one, "offer", ["visit"])


def test_ways_returns_and_processes_are_those_of_the_definition(fresh: Begin, deals: Forms):
    deal = deals.get("deal")
    with fresh(ADMINISTRATOR) as tx:
        small = create_record(tx, deal, {"name": "a", "budget": 50})
        with pytest.raises(Rejected) as caught:
            update_record(tx, deal, small.id, {"stage": "law"})
        assert problems(caught) == {"stage": "stage.other_process"}
        big = create_record(tx, deal, {"name": "b", "budget": 5000, "stage": "law"})
        with pytest.raises(Rejected) as caught:
            update_record(tx, deal, big.id, {"stage": "offer"})
        assert problems(caught) == {"stage": "stage.no_return"}
        with pytest.raises(Rejected) as caught:
            update_record(tx, deal, big.id, {"stage": "lost"})
        assert problems(caught) == {"stage": "stage.no_way"}
        with pytest.raises(Rejected) as caught:  # the record changes to a process that has no such stage
            update_record(tx, deal, big.id, {"budget": 10})
        assert problems(caught) == {"stage": "stage.other_process"}
        with pytest.raises(Rejected) as caught:
            update_record(tx, deal, big.id, {"stage": None})
        assert problems(caught) == {"stage": "stage.emptied"}
        update_record(tx, deal, small.id, {"stage": "lost", "budget": None})  # giving up asks for nothing
        update_record(tx, deal, small.id, {"stage": "lead"})  # and a lost deal may be taken up again
        assert update_record(tx, deal, big.id, {"name": "c"}).changed


def test_the_history_counts_working_time_and_survives_trash_and_undo(fresh: Begin, deals: Forms):
    deal = deals.get("deal")
    with fresh(ADMINISTRATOR) as tx:
        made = create_record(tx, deal, {"name": "a", "budget": 5})
        begun = tx.now
    with fresh(ADMINISTRATOR) as tx:
        tx.now = begun + timedelta(days=7)
        update_record(tx, deal, made.id, {"stage": "won"})
        stays = history_of(tx, deal, made.id, "stage")
        assert [(one.stage, one.left_at is None) for one in stays] == [("lead", False), ("won", True)]
        assert stays[0].minutes == 5 * 8 * 60
        assert stays[0].entered_by is not None
        delete_record(tx, deal, made.id)
        restore_record(tx, deal, made.id)
        assert len(history_of(tx, deal, made.id, "stage")) == 2
    with fresh(ADMINISTRATOR, "api") as tx:
        done = bulk_write(tx, deal, [{"name": "a", "stage": "lost"}], key="name")
        undo_chunk(tx, deal, done.ledger_id)
        assert [one.stage for one in history_of(tx, deal, made.id, "stage")] == ["lead", "won", "lost", "won"]


def test_what_hangs_on_the_stage_is_right_at_every_moment(fresh: Begin, deals: Forms):
    deal = deals.get("deal")
    with fresh(ADMINISTRATOR) as tx:
        create_record(tx, deal, {"name": "a", "budget": 200})
        create_record(tx, deal, {"name": "b", "budget": 200, "stage": "offer"})
        create_record(tx, deal, {"name": "c", "budget": 200, "stage": "won"})
        start = tx.now
    late = Query(filter={"field": "stage_overdue", "op": "eq", "value": True}, sort=(Sort("stage"),))
    ordered = Query(sort=(Sort("stage", descending=True),))
    with fresh(ADMINISTRATOR) as tx:
        tx.now = start + timedelta(hours=1)
        assert list_records(tx, deal, late).rows == ()
        tx.now = start + timedelta(days=6)
        assert [one.title for one in list_records(tx, deal, late).rows] == ["b"]
        tx.now = start + timedelta(days=15)
        assert [one.title for one in list_records(tx, deal, late).rows] == ["a", "b"]
        rows = list_records(tx, deal, ordered).rows
        assert [one.title for one in rows] == ["c", "b", "a"]
        last = rows[-1].values
        assert (last["stage_kind"], last["stage_rate"], last["stage_stay"]) == ("open", Decimal("0.1"), 14)
        assert last["weighted"] == Decimal("20.00")
        assert last["stage_due"] == start + timedelta(days=14)
        open_ones = Query(filter={"field": "stage_kind", "op": "eq", "value": "won"})
        assert [one.title for one in list_records(tx, deal, open_ones).rows] == ["c"]


def test_wrong_definitions_are_told_at_their_place():
    def wrong(*fields: dict[str, Any]) -> set[tuple[str, str]]:
        found = collect("st", [form("deal", field("name", "text"), *fields, title_field="name")])
        return {(one.code, one.path) for one in found.problems.get(("form", "deal"), ())}

    stage = field("stage", "stage", {"stages": [{"key": "a", "to": ["b"], "process": "p"}]})
    assert wrong(stage) == {
        ("stage.unknown", "fields.stage.options.stages.a.to"),
        ("stage.unknown_process", "fields.stage.options.stages.a.process"),
    }
    assert wrong(field("stage", "stage", {"stages": [{"key": "a", "kind": "won"}]})) == {
        ("stage.none_open", "fields.stage.options.stages")
    }
    good = field("stage", "stage", {"stages": [{"key": "a", "enter": "nam = 1"}]})
    assert {code for code, _ in wrong(good)} == {"formula.unknown_name"}
    fine = field("stage", "stage", {"stages": [{"key": "a", "stay_days": 3}]})
    assert wrong(fine, field("due", "stage_info", {"of": "stage", "show": "due"})) == {
        ("stage_info.needs", "fields.due.options.show")
    }
    assert wrong(field("x", "stage_info", {"of": "name", "show": "kind"})) == {
        ("stage_info.no_stage", "fields.x.options.of")
    }
