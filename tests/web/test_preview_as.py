# ruff: noqa: F811
"""A preview shows the design of an app only to whom it shows it anyway, writes nothing, and ends with the session."""

import pytest
from api_world import admin, caller, people, quote, site  # noqa: F401 - fixtures of one world

from dougong.apps import drafts, revisions, store
from dougong.designer import workbench
from engines.form.transaction import Actor

BASE = "/design/sale"
PAGES = ["/plan", "/plan/done", "/revisions", "/revisions/compare", "/trash", "/where-used"]
RECORDS = "/api/v1/apps/sale/forms/quote/records"
WRITES = [
    ("/plan", {"summary": "x"}),
    ("/plan/settle", {"kind": "form", "key": "quote", "of": "draft", "choice-0": "mine"}),
    ("/revisions/1/revert", {}),
    ("/trash/1/restore", {}),
    ("/where-used/split", {"form": "quote", "field": "lines"}),
    ("/where-used/join", {"form": "quote", "field": "customer"}),
]


def look(browser, **what):
    return browser.post("/preview", what, page="/account")


@pytest.fixture
def draft(workspaces, company, quote):
    """A change of the app that waits to be published; gives what tells whether anything was written."""
    with workspaces.begin(company, Actor(id=1, name="Admin", is_admin=True)) as tx:
        bench = workbench.open_bench(tx, "sale")
        form = store.get(tx, "form", "quote", "sale")
        drafts.put_document(tx, bench, {**form, "icon": "star"}, seen=tx.revision)

    def state():
        with workspaces.begin(company, Actor(id=1, name="Admin", is_admin=True)) as tx:
            bench = workbench.find(tx, "sale")
            return revisions.newest(tx, "sale"), dict(bench.documents) if bench else None

    yield state
    with workspaces.begin(company, Actor(id=1, name="Admin", is_admin=True)) as tx:
        for one in drafts.list_drafts(tx, "sale"):
            drafts.discard(tx, one)


@pytest.mark.parametrize("whose", ["member", "role"])
def test_who_may_not_design_does_not_see_it_in_a_preview_either(as_person, people, draft, whose):
    boss = as_person("admin")
    assert [boss.get(BASE + one).status_code for one in PAGES] == [200] * len(PAGES)
    look(boss, **({"member": people["seller"]} if whose == "member" else {"role": "seller"}))
    assert "结束预览" in boss.get("/").get_data(as_text=True)
    assert [boss.get(BASE + one).status_code for one in PAGES] == [403] * len(PAGES)
    assert boss.get(f"{BASE}/where-used/data?kind=form&key=quote").status_code == 403


def test_nothing_of_the_design_can_be_written_meanwhile(as_person, people, draft, quote):
    boss, before = as_person("admin"), draft()
    look(boss, member=people["director"])
    token = boss.token("/account")
    for path, form in WRITES:
        told = boss.client.post(BASE + path, data={**form, "csrf_token": token})
        assert told.status_code == 403, path
    for path in (f"{BASE}/draft/publish", f"{BASE}/draft/discard", RECORDS):
        told = boss.client.post(path, json={}, headers={"X-CSRFToken": token})
        assert told.status_code == 403, path
    assert draft() == before


def test_it_ends_with_the_session_and_never_reaches_programs(as_person, caller, people, draft, quote):
    boss = as_person("admin")
    look(boss, member=people["seller"])
    kept = boss.client.get_cookie("session") or next(iter(boss.client._cookies.values()))
    key = caller("admin")
    assert len(key.get(RECORDS).json["items"]) > len(boss.get(RECORDS).json["items"])
    boss.post("/sign-out", page="/")
    assert boss.get(f"{BASE}/plan").status_code in (302, 303, 401)
    boss.client.set_cookie(kept.key, kept.value, domain=kept.domain)
    assert boss.get(f"{BASE}/plan").status_code in (302, 303, 401)
    boss.client.delete_cookie(kept.key, domain=kept.domain)
    boss.sign_in("admin@demo.example")
    assert "结束预览" not in boss.get("/").get_data(as_text=True)
    assert boss.get(f"{BASE}/plan").status_code == 200


def test_only_administrators_may_look_with_anothers_eyes(as_person, people):
    seller = as_person("seller")
    assert look(seller, member=people["admin"]).status_code == 403
    assert seller.get("/design/sale/plan").status_code == 403
