"""An app with a public form and a public query, in the demo company; used by the tests of public pages."""

import html
import re
from typing import Any

from dougong.apps import drafts, store
from dougong.apps.publish import publish
from dougong.public import links
from dougong.web.app import create_app
from engines.form.records import create_record
from engines.form.transaction import SYSTEM
from tests.form.build import field, form
from tests.form.company import group

APP = "publictest"


def lines() -> dict[str, Any]:
    inner = [field("item", "text"), field("qty", "number"), field("why", "text", hidden=True, default='"own"')]
    return {"key": "lines", "type": "subform", "label": "Lines", "fields": inner}


def repair() -> dict[str, Any]:
    return form(
        "repair",
        field("name", "text", {"max_length": 50}, required=True),
        field("phone", "phone"),
        field("machine", "relation", {"form": "machine"}),
        field("qty", "number"),
        field("twice", "formula", {"expression": "qty * 2", "result": "number"}),
        field("order", "text"),
        field("files", "attachment", {"max_files": 2, "max_megabytes": 1}),
        lines(),
        field("cost", "number"),
        field("note", "text", default='"inside"'),
        field("ip", "text") | {"label": {"en": "Address", "zh-CN": "设备 IP"}},
        field("agent", "text"),
        field("boss", "member"),
        field("state", "choice", {"choices": [{"key": "new"}, {"key": "done"}]}, default='"new"'),
        title_field="name",
    )


def documents() -> list[dict[str, Any]]:
    machine = form(
        "machine", field("name", "text"), field("place", "text"), field("price", "number"), title_field="price"
    )
    return [machine, repair(), group("all", "machine", [{"scope": "all"}]), group("all2", "repair", [{"scope": "all"}])]


def page(key: str = "repair", **more: Any) -> dict[str, Any]:
    return {"kind": "public_form", "key": key, "title": "Report a fault", "form": "repair", "fields": ["name"]} | more


def put(workspaces, company, *found: dict[str, Any]) -> None:
    with workspaces.begin(company, SYSTEM, origin="pack") as tx:
        draft = drafts.open_draft(tx, APP)
        for one in found:
            assert drafts.put_document(tx, draft, one) == []
    publish(workspaces, company, SYSTEM, draft.id)


def shared(workspaces, company, box, document: dict[str, Any]) -> str:
    """Publish a page (or another state of it) and open it; its address."""
    put(workspaces, company, document)
    with workspaces.begin(company, SYSTEM) as tx:
        return links.create_link(tx, box, APP, document["kind"], document["key"]).path


def made(workspaces, company, key: str, **values: Any) -> int:
    with workspaces.begin(company, SYSTEM, origin="pack") as tx:
        return create_record(tx, store.forms(tx, APP).get(key), values).id


def rows(workspaces, company, key: str = "repair") -> list[dict[str, Any]]:
    with workspaces.begin(company, SYSTEM) as tx:
        table = store.forms(tx, APP).get(key).table
        return [dict(row) for row in tx.connection.execute(table.select().order_by(table.c.id)).mappings()]


class Stranger:
    """A browser of somebody without an account."""

    def __init__(self, app) -> None:
        self.client = app.test_client()

    def get(self, url: str, **given):
        return self.client.get(url, **given)

    def carried(self, url: str) -> dict[str, str]:
        text = self.client.get(url).get_data(as_text=True)
        found = re.findall(r'<input type="hidden" name="(_\w+)" value="([^"]*)"', text)
        return {name: html.unescape(value) for name, value in found}

    def send(self, url: str, *, to: str | None = None, **values):
        return self.client.post(to or url, data=self.carried(url) | values)


def opened(settings, database, company, workspaces):
    """An app that shows the pages of the application of these tests, which is made where it is not there."""
    with workspaces.begin(company, SYSTEM, origin="pack") as tx:
        if APP not in {one.key for one in store.apps(tx)}:
            store.make_app(tx, APP, "Public")
    put(workspaces, company, *documents())
    return create_app(settings, engine=database, config={"TESTING": True})
