"""Lists that a relation declares on the other side, and what goes along when a record is deleted."""

from typing import Any

import pytest

from engines.form.compile import collect, compile_forms
from engines.form.ddl import plan_tables
from engines.form.form import Forms
from engines.form.query import Query, get_record, list_records
from engines.form.records import create_record, delete_record, update_record
from engines.kernel.problems import Conflict
from tests.conftest import Begin
from tests.form import company
from tests.form.build import field, form
from tests.form.company import ADMINISTRATOR


def relation(key: str, to: str, on_delete: str = "restrict", **more: Any) -> Any:
    return field(key, "relation", {"form": to, "on_delete": on_delete, **more})


def documents() -> list[Any]:
    reverse = {"reverse": {"key": "plans", "title": "Plans", "columns": ["text"]}}
    lines = {"key": "lines", "type": "subform", "label": "Lines", "fields": [relation("item", "item", "cascade")]}
    about = [{"key": "deal", "on_delete": "cascade"}, {"key": "item"}]
    return [
        form("item", field("text", "text"), title_field="text"),
        form("deal", field("text", "text"), relation("twin", "plan", "cascade"), title_field="text"),
        form("plan", field("text", "text"), relation("deal", "deal", "cascade", **reverse), lines, title_field="text"),
        form("step", field("text", "text"), relation("plan", "plan", "cascade"), title_field="text"),
        form("bill", field("text", "text"), relation("step", "step"), title_field="text"),
        form("note", field("about", "link", {"forms": about, **reverse})),
    ]  # fmt: skip


@pytest.fixture(scope="module")
def made(workspaces, workspace) -> Forms:  # type: ignore[no-untyped-def]
    forms = compile_forms("rv", documents())
    with workspaces.begin(workspace, ADMINISTRATOR, publish=True) as tx:
        for step in plan_tables(None, forms):  # relations in a circle: tables first, then their keys
            if step.sql:
                tx.connection.exec_driver_sql(step.sql.replace(" CONCURRENTLY", ""))
        company.people(tx)
    return forms


def alive(tx: Any, made: Forms, key: str) -> int:
    return len(list_records(tx, made.get(key), Query()).rows)


def test_a_relation_declares_the_list_on_the_other_side(begin: Begin, made: Forms) -> None:
    plans = {"key": "plans", "title": "Plans", "columns": ["text"], "form": "plan", "field": "deal"}
    assert made.get("deal").related == (plans,)  # the note's list has the same key: the first one stays
    assert [one["form"] for one in made.get("item").related] == ["note"]
    own = {"key": "mine", "form": "plan", "field": "deal"}
    listed = [{**one, "related": [own]} if one["key"] == "deal" else one for one in documents()]
    collected = collect("rv", listed)
    assert collected.problems == {} and [one["key"] for one in collected.forms.get("deal").related] == ["mine", "plans"]
    with begin(ADMINISTRATOR, keep=False) as tx:
        deal = create_record(tx, made.get("deal"), {"text": "d"}).id
        create_record(tx, made.get("plan"), {"deal": deal})
        counted = Query(filter={"expression": "COUNT(plans) = 1"})
        assert [one.id for one in list_records(tx, made.get("deal"), counted).rows] == [deal]


def test_what_hangs_on_a_record_goes_with_it_and_circles_end(begin: Begin, made: Forms) -> None:
    with begin(ADMINISTRATOR, keep=False) as tx:
        deal = create_record(tx, made.get("deal"), {"text": "d"}).id
        plan = create_record(tx, made.get("plan"), {"text": "p", "deal": deal}).id
        create_record(tx, made.get("deal"), {"text": "twin", "twin": plan})
        update_record(tx, made.get("deal"), deal, {"twin": plan})
        step = create_record(tx, made.get("step"), {"plan": plan}).id
        create_record(tx, made.get("note"), {"about": {"form": "deal", "id": deal}})
        bill = create_record(tx, made.get("bill"), {"step": step}).id
        with pytest.raises(Conflict) as refused:
            delete_record(tx, made.get("deal"), deal)
        assert [one.path for one in refused.value.problems] == ["bill.step"]
        delete_record(tx, made.get("bill"), bill)
        delete_record(tx, made.get("deal"), deal)
        assert [alive(tx, made, key) for key in ("deal", "plan", "step", "note")] == [0, 0, 0, 0]


def test_a_row_goes_with_what_it_points_at(begin: Begin, made: Forms) -> None:
    with begin(ADMINISTRATOR, keep=False) as tx:
        items = [create_record(tx, made.get("item"), {"text": text}).id for text in "ab"]
        plan = create_record(tx, made.get("plan"), {"lines": [{"item": one} for one in items]}).id
        delete_record(tx, made.get("item"), items[0])
        rows = get_record(tx, made.get("plan"), plan).values["lines"]
        assert [row["item"].id for row in rows] == [items[1]]


def test_a_record_that_points_at_several_does_not_go_with_one() -> None:
    wrong = [form("item", field("x", "text")), form("deal", relation("items", "item", "cascade", many=True))]
    codes = [one.code for found in collect("rv", wrong).problems.values() for one in found]
    assert codes == ["relation.cascade_many"]
