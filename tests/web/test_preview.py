# ruff: noqa: F811
"""An administrator looks with another's eyes: the same pages as that person's, nothing more, and nothing changes."""

import re

import pytest
from api_world import admin, caller, people, quote, site  # noqa: F401 - fixtures of one world
from sqlalchemy import select, update

from dougong.web.preview import ASKS
from dougong.workspace.tables import MEMBER
from engines.form.system import EVENT
from engines.form.transaction import SYSTEM

RECORDS = "/api/v1/apps/sale/forms/quote/records"


@pytest.fixture
def seller_id(workspaces, company) -> int:
    with workspaces.begin(company, SYSTEM) as tx:
        return tx.connection.scalar(select(MEMBER.c.id).where(MEMBER.c.email == "seller@demo.example"))


def look(browser, **what):
    return browser.post("/preview", what, page="/account")


def ids(browser) -> list[int]:
    return sorted(one["id"] for one in browser.get(RECORDS).json["items"])


def links(answer) -> list[str]:
    return re.findall(r'href="([^"]+)"', answer.get_data(as_text=True))


def test_every_page_and_the_api_are_the_other_persons(as_person, quote, seller_id):
    boss, seller = as_person("admin"), as_person("seller")
    everything, theirs = ids(boss), ids(seller)
    assert set(theirs) < set(everything)
    assert look(boss, member=seller_id, next="/a/sale/quote").headers["Location"] == "/a/sale/quote"
    assert ids(boss) == theirs
    hidden = (set(everything) - set(theirs)).pop()
    assert boss.get(f"/a/sale/quote/{hidden}").status_code == 404
    page = boss.get("/a/sale/quote").get_data(as_text=True)
    assert "结束预览" in page
    assert "/admin/members" not in page
    assert boss.get("/admin/members").status_code == 403


def test_nothing_can_be_changed_and_no_trace_is_left_while_it_lasts(as_person, quote, seller_id):
    boss = as_person("admin")
    recent = links(as_person("seller").get("/"))
    look(boss, member=seller_id)
    token = {"X-CSRFToken": boss.token("/a/sale/quote")}
    for method, path, sent in (
        ("POST", RECORDS, {"values": {}}),
        ("PATCH", f"{RECORDS}/{quote['mine']}", {"values": {"no": "x"}}),
        ("DELETE", f"{RECORDS}/{quote['mine']}", None),
        ("POST", "/preview", None),
    ):
        told = boss.client.open(path, method=method, json=sent, headers=token)
        assert told.status_code == 403, path
        assert "preview.read_only" in told.get_data(as_text=True) or "结束预览" in told.get_data(as_text=True)
    assert boss.get(f"/a/sale/quote/{quote['mine']}").status_code == 200, "a look at a record would be remembered"
    assert boss.get("/notices/1").status_code in (403, 404), "following a notice marks it as read"
    boss.post("/preview/end", {"next": "/"}, page="/")
    assert links(as_person("seller").get("/")) == recent


def test_a_form_that_is_only_looked_at_still_answers_while_it_is_filled_in(as_person, site, quote, seller_id):
    boss = as_person("admin")
    look(boss, member=seller_id)
    told = boss.post("/a/sale/quote/live", {"no": "Q9", "_ask": ""}, page="/a/sale/quote/new")
    assert told.status_code == 200, told.get_data(as_text=True)[:300]
    assert "data-save disabled" in boss.get("/a/sale/quote/new").get_data(as_text=True)
    assert boss.post("/a/sale/quote/new", {"no": "Q9"}, page="/a/sale/quote/new").status_code == 403
    assert {rule.endpoint for rule in site.url_map.iter_rules() if "POST" in rule.methods} >= ASKS


def test_it_ends_when_told_to_and_leaves_a_trace_of_itself(as_person, quote, seller_id, workspaces, company):
    boss = as_person("admin")
    before = ids(boss)
    look(boss, member=seller_id)
    assert boss.post("/preview/end", {"next": "/todo"}, page="/").headers["Location"] == "/todo"
    assert ids(boss) == before
    assert "结束预览" not in boss.get("/").get_data(as_text=True)
    with workspaces.begin(company, SYSTEM) as tx:
        query = select(EVENT.c.payload).where(EVENT.c.type == "preview.began").order_by(EVENT.c.id.desc()).limit(1)
        assert tx.connection.scalar(query)["member"] == seller_id


def test_a_role_is_looked_at_without_what_else_the_administrator_may(as_person, quote):
    boss = as_person("admin")
    everything = ids(boss)
    look(boss, role="seller")
    assert set(ids(boss)) < set(everything)
    assert boss.get("/admin/roles").status_code == 403


def test_only_administrators_may_and_only_as_long_as_they_are(as_person, site, seller_id, workspaces, company):
    manager = as_person("manager")
    assert look(manager, member=seller_id).status_code == 403
    assert "结束预览" not in manager.get("/").get_data(as_text=True)
    boss = as_person("admin")
    assert look(boss, member=10**9).status_code == 404
    assert look(boss, role="nobody").status_code == 404


def test_somebody_shut_out_is_not_looked_at(as_person, workspaces, company, seller_id):
    def active(on: bool) -> None:
        with workspaces.begin(company, SYSTEM, origin="system") as tx:
            tx.connection.execute(update(MEMBER).where(MEMBER.c.id == seller_id).values(is_active=on))

    boss = as_person("admin")
    active(False)
    try:
        assert look(boss, member=seller_id).status_code == 404
    finally:
        active(True)
