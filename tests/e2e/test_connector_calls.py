"""A button that asks another system, pressed in a browser: pending, filled in, computed with, told, and not saved."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import ThreadingHTTPServer

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import Engine
from werkzeug.serving import make_server

from dougong.config import Settings
from dougong.vault.secrets import keep_secret
from dougong.web.app import create_app
from dougong.workspace.transactions import Workspaces
from dougong.workspace.workspaces import WorkspaceInfo
from engines.form.transaction import SYSTEM
from tests.apps import publish_app
from tests.web.test_connector_calls import Registry, documents

APP = "calling"


@pytest.fixture(scope="module")
def site(settings: Settings, database: Engine, workspaces: Workspaces, company: WorkspaceInfo) -> Iterator[str]:
    """A server of its own, which may call this machine, and the other system."""
    app = create_app(replace(settings, outgoing=("127.0.0.0/8",)), engine=database, config={"TESTING": True})
    other = ThreadingHTTPServer(("127.0.0.1", 0), Registry)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    for one in (other, server):
        threading.Thread(target=one.serve_forever, daemon=True).start()
    made = documents(f"http://127.0.0.1:{other.server_port}/v1")
    firm = next(one for one in made if one["key"] == "firm")
    doubled = {"expression": "size * 2", "result": "number"}
    firm["fields"].append({"key": "twice", "type": "formula", "label": "Twice", "options": doubled})
    publish_app(workspaces, company, APP, "Calls", made)
    with workspaces.begin(company, SYSTEM) as tx:
        keep_secret(tx, app.extensions["dougong_box"], "calltest", "s3cret")
    yield f"http://127.0.0.1:{server.server_port}"
    for stopped in (server, other):
        stopped.shutdown()
        stopped.server_close()


def test_a_button_fills_the_form_with_what_another_system_answers(as_person: Callable[..., Page]):
    page = as_person("admin")
    page.goto(f"/a/{APP}/firm/new")
    expect(page.locator("#dg-form[data-ready]")).to_be_attached()
    button, note = page.locator("[data-call]"), page.locator("[data-call-note]")
    button.click()
    expect(note).to_have_text("缺少输入“code”")
    page.locator('[name="code"]').fill("A1")
    Registry.answer = (200, {"data": {"name": "Acme", "founded": "1999-02-03", "size": 12, "grade": "Z"}})
    button.click()
    expect(page.locator('[name="name"]')).to_have_value("Acme")
    expect(page.locator('[name="founded"]')).to_have_value("1999-02-03")
    expect(page.locator('[data-out="twice"]')).to_have_text("24")
    expect(note).to_contain_text("Z")  # a choice that is not there is told, the rest is filled in
    Registry.answer = (500, {})
    button.click()
    expect(note).to_have_text("外部系统拒绝了调用（状态 500）")
    page.goto(f"/a/{APP}/firm")
    expect(page.get_by_text("Acme")).to_have_count(0)
