"""A trial in the designer asks for the form of the draft: what a picker offers, with the eyes of who tries it."""

from typing import Any

import pytest

from dougong.apps import drafts, store
from dougong.designer import forms, workbench
from engines.form.records import create_record
from engines.form.transaction import SYSTEM, Actor
from tests.apps import publish_app
from tests.form.build import field, form
from tests.form.company import group

APP = "trialtest"
ADMIN = Actor(id=1, name="Admin", is_admin=True)
PART = form("part", field("name", "text", label="名称"), field("price", "number", label="单价"), title_field="name")
LINES: dict[str, Any] = {
    "key": "lines",
    "type": "subform",
    "label": "明细",
    "options": {"picker": {"field": "part", "columns": ["price"]}},
    "fields": [
        field("part", "relation", {"form": "part", "copy": [{"from": "price", "to": "price"}]}, label="配件"),
        field("price", "number", label="单价"),
    ],
}


@pytest.fixture(scope="module")
def part(workspaces, company) -> int:
    publish_app(workspaces, company, APP, "Trial", (PART, group("all", "part", [{"scope": "all"}])))
    with workspaces.begin(company, SYSTEM, origin="pack") as tx:
        return create_record(tx, store.forms(tx, APP).get("part"), {"name": "皮带", "price": 30}).id


@pytest.fixture
def repair(workspaces, company, part):
    """A form that was never published; nothing of it stays behind the test."""
    with workspaces.begin(company, ADMIN) as tx:
        key = forms.new_form(tx, APP, "报修", "everyone")
        opened = workbench.open_form(tx, APP, key)
        fields = [field("name", "text", label="名称"), LINES]
        workbench.save_form(tx, APP, key, {**opened.document, "fields": fields, "sections": []}, opened.seen)
    yield key
    with workspaces.begin(company, ADMIN) as tx:
        found = workbench.find(tx, APP)
        if found is not None:
            drafts.discard(tx, found)


def ask(browser, url: str, data: dict[str, str], trial: str = ""):
    return browser.post(url, data, headers={"Accept": "application/json", **({"X-Trial": trial} if trial else {})})


def test_a_picker_of_a_form_that_was_never_published_works_in_its_trial(admin, repair, part):
    page = admin.client.get(f"/design/{APP}/form/{repair}/try").get_data(as_text=True)
    me = page.split(f'data-trial="{repair} ')[1].split('"')[0]
    choose = f"/a/{APP}/{repair}/choose/lines"
    assert ask(admin, choose, {}).status_code == 404
    found = ask(admin, choose, {}, f"{repair} {me}")
    assert found.status_code == 200
    assert [one["title"] for one in found.json["items"]] == ["皮带"]
    rows = ask(admin, f"{choose}/rows", {"_ids": str(part)}, f"{repair} {me}").json["rows"]
    assert rows[str(part)]["price"] in (30, "30")


def test_a_trial_is_for_who_designs_and_changes_nothing(admin, seller, workspaces, company, repair):
    choose = f"/a/{APP}/{repair}/choose/lines"
    assert ask(seller, choose, {}, f"{repair} 1").status_code == 403
    assert ask(admin, choose, {}, f"{repair} x").status_code == 404
    saved = ask(admin, f"/a/{APP}/part/new", {"name": "不该有"}, "part 1")
    assert saved.status_code == 403
    with workspaces.begin(company, SYSTEM, origin="system", read_only=True) as tx:
        table = store.forms(tx, APP).get("part").table
        assert "不该有" not in [one.name for one in tx.connection.execute(table.select())]
