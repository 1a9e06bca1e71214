"""Stages and boards on pages: the dialog that asks for what is missing, columns with counts and sums, moves."""

from typing import Any

import pytest

from dougong.apps import store
from dougong.identity.keys import create_key
from engines.form.form import Forms
from engines.form.records import create_record
from engines.form.transaction import SYSTEM
from tests.apps import publish_app
from tests.form.build import field, form
from tests.form.company import group

APP = "stagetest"
STAGES = [
    {
        "key": "lead",
        "label": {"en": "Lead", "zh-CN": "线索阶段"},
        "needs": ["budget", "day"],
        "tasks": [{"key": "call", "title": {"en": "Call them", "zh-CN": "打电话"}}],
        "stay_days": 3,
    },
    {"key": "offer", "label": {"en": "Offer", "zh-CN": "报价阶段"}, "color": "blue"},
    {"key": "won", "label": {"en": "Won", "zh-CN": "赢单"}, "kind": "won", "back": False, "to": []},
    {"key": "lost", "label": {"en": "Lost", "zh-CN": "输单"}, "kind": "lost"},
]


def documents() -> list[dict[str, Any]]:
    board = {
        "key": "board",
        "title": {"en": "Board", "zh-CN": "看板"},
        "columns": ["name"],
        "layout": "kanban",
        "by": "stage",
        "card": {"title": "name", "fields": ["budget", "secret"]},
        "sum": "budget",
    }
    return [
        form(
            "deal",
            field("name", "text"),
            field("budget", "money"),
            field("secret", "number"),
            field("day", "date"),
            field("stage", "stage", {"stages": STAGES}),
            title_field="name",
            views=[{"key": "all", "title": "All", "columns": ["name", "stage"]}, board],
        ),
        group("all", "deal", [{"scope": "all"}], fields={"*": "edit", "secret": "hidden"}),
    ]


@pytest.fixture(scope="module")
def deals(workspaces: Any, company: Any) -> Forms:
    publish_app(workspaces, company, APP, "Stages", documents())
    with workspaces.begin(company, SYSTEM) as tx:
        return store.forms(tx, APP)


@pytest.fixture
def deal(workspaces: Any, company: Any, deals: Forms) -> int:
    with workspaces.begin(company, SYSTEM, publish=True) as tx:
        tx.connection.exec_driver_sql(f"DELETE FROM {deals.get('deal').table.name}")
        made = create_record(tx, deals.get("deal"), {"name": "Pumps", "secret": 7})
    return made.id


def stage_of(workspaces: Any, company: Any, deals: Forms, number: int) -> Any:
    table = deals.get("deal").table
    with workspaces.begin(company, SYSTEM) as tx:
        return tx.connection.execute(table.select().where(table.c.id == number)).mappings().one()


def test_the_page_shows_the_bar_and_the_dialog_asks_for_what_is_missing(
    seller: Any, deal: int, workspaces: Any, company: Any, deals: Forms
):
    url = f"/a/{APP}/deal/{deal}"
    page = seller.get(url).get_data(as_text=True)
    assert 'data-state="here"' in page
    assert f'hx-get="{url}/stage/stage?to=offer"' in page
    dialog = seller.get(f"{url}/stage/stage?to=offer").get_data(as_text=True)
    assert 'name="budget"' in dialog
    assert 'name="day"' in dialog
    assert 'name="_task" value="call"' in dialog
    data = {"_to": "offer", "_tasks": "1", "_task": "call", "budget": "120"}
    again = seller.post(f"{url}/stage/stage", data)
    assert again.status_code == 422
    assert 'value="120"' in again.get_data(as_text=True)
    assert stage_of(workspaces, company, deals, deal)["stage"] == "lead"
    assert seller.post(f"{url}/stage/stage", {**data, "day": "2026-03-01"}).status_code == 303
    row = stage_of(workspaces, company, deals, deal)
    assert (row["stage"], int(row["budget"])) == ("offer", 120)


def test_tasks_can_be_ticked_before_and_what_cannot_be_mended_is_said(seller: Any, deal: int):
    url = f"/a/{APP}/deal/{deal}"
    data = {"_to": "lead", "_tasks": "1", "_task": "call", "_tasks_only": "1"}
    assert seller.post(f"{url}/stage/stage", data).status_code == 303
    assert "checked" in seller.get(f"{url}/stage/stage?to=lead").get_data(as_text=True)
    assert seller.post(f"{url}/stage/stage", {"_to": "lost"}).status_code == 303
    assert seller.get(f"{url}/stage/stage?to=nowhere").status_code == 404
    assert seller.get(f"{url}/stage/name?to=lost").status_code == 404


def test_a_move_on_the_board_is_checked_like_every_write(
    seller: Any, deal: int, workspaces: Any, company: Any, deals: Forms
):
    url = f"/a/{APP}/deal/{deal}/move/stage"
    refused = seller.post(url, {"to": "offer"})
    assert refused.status_code == 422
    assert len(refused.json["problems"]) == 3
    assert refused.json["dialog"] == f"/a/{APP}/deal/{deal}/stage/stage"
    assert seller.post(url, {"to": "lost"}).json == {"problems": []}
    assert stage_of(workspaces, company, deals, deal)["stage"] == "lost"
    assert seller.post(f"/a/{APP}/deal/{deal}/move/secret", {"to": "1"}).status_code == 403


def test_a_board_counts_and_adds_up_what_its_reader_may_see(
    seller: Any, deal: int, workspaces: Any, company: Any, deals: Forms
):
    with workspaces.begin(company, SYSTEM) as tx:
        for number in range(25):
            create_record(tx, deals.get("deal"), {"name": f"n{number}", "budget": 10, "secret": 5, "stage": "offer"})
    board = f"/a/{APP}/deal?view=board"
    page = seller.get(board).get_data(as_text=True)
    assert page.count('class="dg-card"') == 21
    assert "secret" not in page.lower()
    told = {one["key"]: (one["count"], one["sum"]) for one in seller.get(f"{board}&heads=1").json}
    assert told["offer"][0] == "25" and "250" in told["offer"][1]
    assert told["won"][0] == "0"
    more = seller.get(f"{board}&column=offer&page=2", headers={"HX-Request": "true"}).get_data(as_text=True)
    assert more.count('class="dg-card"') == 5 and "hx-get" not in more
    few = seller.get(f"{board}&search=n24&heads=1").json
    assert [one["count"] for one in few if one["key"] == "offer"] == ["1"]


def test_programs_read_the_way_and_tick_tasks(
    app: Any, database: Any, deal: int, workspaces: Any, company: Any, deals: Forms
):
    with workspaces.begin(company, SYSTEM) as tx:
        query = "SELECT id FROM _member WHERE email = 'seller@demo.example'"
        member = tx.connection.exec_driver_sql(query).scalar_one()
    with database.begin() as connection:
        token = create_key(connection, company.id, member, "stages", ("records:read", "records:write"))
    headers = {"Authorization": f"Bearer {token}", "Accept-Language": "en"}
    client, url = app.test_client(), f"/api/v1/apps/{APP}/forms/deal/records/{deal}"
    told = client.get(f"{url}/stages/stage", headers=headers).json
    assert (told["stage"], told["tasks"][0]["done"], len(told["stays"])) == ("lead", False, 1)
    wanted = {"values": {"stage": "offer", "budget": 5, "day": "2026-01-05"}}
    refused = client.patch(url, json=wanted, headers=headers)
    assert [(one["code"], one["path"]) for one in refused.json["problems"]] == [("stage.tasks", "stage")]
    ticked = client.put(f"{url}/stages/stage/lead/tasks", json={"done": ["call"]}, headers=headers)
    assert ticked.json["tasks"][0]["done"] is True
    assert client.patch(url, json=wanted, headers=headers).status_code == 200
    stays = client.get(f"{url}/stages/stage", headers=headers).json["stays"]
    assert [one["stage"] for one in stays] == ["lead", "offer"]
    assert client.get(f"{url}/stages/name", headers=headers).status_code == 404
