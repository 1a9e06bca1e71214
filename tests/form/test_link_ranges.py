"""Who may be chosen in member and department fields: by department, by role, by another field; for every writer."""

from typing import Any

import pytest
from sqlalchemy import text

from engines.form.bulk import BulkPlan, begin_bulk, stage_rows
from engines.form.compile import collect, compile_forms
from engines.form.fields.base import Link
from engines.form.form import Forms
from engines.form.query import get_record, options_of
from engines.form.records import create_record, update_record
from engines.kernel.problems import Rejected
from tests.conftest import Begin
from tests.form import company
from tests.form.build import field, form
from tests.form.company import ADMIN, ADMINISTRATOR, ANA, BOSS, EAST, LIN, SHANGHAI, SOUTH, WEI


def documents() -> list[Any]:
    rows = [field("unit", "department"), field("who", "member", {"range": {"field": "unit"}})]
    return [
        form(
            "task",
            field("text", "text"),
            field("owner", "member", {"range": {"departments": [str(EAST)]}}),
            field("boss", "member", {"range": {"roles": ["manager"], "departments": ["south"]}}),
            field("unit", "department"),
            field("team", "members", {"range": {"field": "unit"}}),
            field("deputy", "member", {"range": {"field": "team"}}),
            field("place", "department", {"range": {"departments": ["east"]}}),
            field("homes", "departments", {"range": {"field": "owner"}}),
            field("me", "member", default="CURRENTUSER()"),
            {"key": "lines", "type": "subform", "label": "Lines", "fields": rows},
            title_field="text",
        ),
        {"kind": "role", "key": "manager", "title": "Manager"},
    ]


@pytest.fixture(scope="module")
def made(workspaces, workspace) -> Forms:  # type: ignore[no-untyped-def]
    forms = compile_forms("rg", documents())
    with workspaces.begin(workspace, ADMINISTRATOR, publish=True) as tx:
        company.install(tx, forms)
        company.people(tx)
        for statement in (
            "UPDATE _department SET path = ARRAY[id]",
            f"UPDATE _department SET path = ARRAY[{EAST}, {SHANGHAI}]::bigint[] WHERE id = {SHANGHAI}",
            f"UPDATE _department SET key = 'east' WHERE id = {EAST}",
            f"UPDATE _department SET key = 'south' WHERE id = {SOUTH}",
            "INSERT INTO _role (key) VALUES ('manager')",
            f"INSERT INTO _role_member (role, member_id) VALUES ('manager', {BOSS})",
            f"INSERT INTO _department_member (member_id, department_id) VALUES ({WEI}, {SHANGHAI})",
        ):
            tx.connection.execute(text(statement))
    return forms


def offers(tx: Any, made: Forms, path: str, *held: int) -> set[int]:
    return {one.id for one in options_of(tx, made.get("task"), path, held=held)}


def test_pickers_offer_who_is_in_a_department_below_it_or_has_a_role(begin: Begin, made: Forms) -> None:
    with begin(ADMINISTRATOR) as tx:
        assert offers(tx, made, "owner") == {LIN, ANA, BOSS, ADMIN, WEI}  # Wei belongs to Shanghai too
        assert offers(tx, made, "boss") == {BOSS, WEI}
        assert offers(tx, made, "place") == {EAST, SHANGHAI}
        assert offers(tx, made, "team") == set()
        assert offers(tx, made, "team", SOUTH) == {WEI}
        assert offers(tx, made, "deputy", LIN, WEI) == {LIN, WEI}
        assert offers(tx, made, "homes", WEI) == {SOUTH, SHANGHAI}
        assert offers(tx, made, "lines.who", SHANGHAI) == {LIN, ANA, WEI}


@pytest.mark.parametrize(
    ("values", "path"),
    [
        ({"boss": LIN}, "boss"),
        ({"place": SOUTH}, "place"),
        ({"team": [LIN]}, "team"),
        ({"unit": SOUTH, "team": [WEI, LIN]}, "team"),
        ({"unit": SHANGHAI, "team": [LIN], "deputy": ANA}, "deputy"),
        ({"lines": [{"unit": SOUTH, "who": WEI}, {"unit": SOUTH, "who": ANA}]}, "lines[1].who"),
    ],
)
def test_nobody_outside_of_the_range_is_stored(begin: Begin, made: Forms, values: Any, path: str) -> None:
    for origin in ("page", "api", "import"):
        with begin(ADMINISTRATOR, origin, keep=False) as tx, pytest.raises(Rejected) as refused:
            create_record(tx, made.get("task"), values)
        assert [(one.code, one.path) for one in refused.value.problems] == [("member.not_offered", path)]


def test_what_fits_is_stored_and_what_was_stored_stays_when_the_range_moves(begin: Begin, made: Forms) -> None:
    with begin(ADMINISTRATOR, keep=False) as tx:
        saved = create_record(tx, made.get("task"), {"unit": SHANGHAI, "team": [LIN, ANA], "deputy": ANA})
        assert saved.values["me"] == ADMIN
        update_record(tx, made.get("task"), saved.id, {"unit": SOUTH, "text": "moved"})
        with pytest.raises(Rejected):
            update_record(tx, made.get("task"), saved.id, {"team": [LIN, ANA, BOSS]})


def test_bulk_rows_keep_to_the_range_too(begin: Begin, made: Forms) -> None:
    task = made.get("task")
    with begin(ADMINISTRATOR, "api", keep=False) as tx:
        plan = BulkPlan(("text", "unit", "team", "boss"))
        ledger = begin_bulk(tx, task, plan)
        rows = [["a", SOUTH, [WEI], BOSS], ["b", SOUTH, [LIN], None], ["c", None, None, LIN]]
        staged = stage_rows(tx, task, ledger, rows, 1)
        assert [(one.row, [p.path for p in one.problems]) for one in staged.bad] == [(2, ["team"]), (3, ["boss"])]


def test_a_range_names_a_field_of_people_beside_it() -> None:
    wrong = [form("task", field("text", "text"), field("who", "member", {"range": {"field": "text"}}))]
    problems = collect("rg", wrong).problems
    assert [one.code for found in problems.values() for one in found] == ["member.range_field"]


def test_who_left_is_shown_as_such_and_offered_no_more(begin: Begin, made: Forms) -> None:
    task = made.get("task")
    with begin(ADMINISTRATOR, keep=False) as tx:
        saved = create_record(tx, task, {"owner": WEI, "unit": SOUTH, "team": [WEI]})
        tx.connection.execute(text(f"UPDATE _member SET is_active = false WHERE id = {WEI}"))
        record = get_record(tx, task, saved.id)
        assert record.values["owner"] == Link(WEI, "韦一") and record.values["owner"].left
        assert [(one.title, one.left) for one in record.values["team"]] == [("韦一", True)]
        assert not record.meta.created_by.left
        assert offers(tx, made, "boss") == {BOSS}
