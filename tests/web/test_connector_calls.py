"""Buttons that ask another system: only what the person may see goes out, what comes back fills and saves nothing."""

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import pytest

from dougong.apps import store
from dougong.vault.secrets import forget_secret, keep_secret
from engines.form.form import Forms
from engines.form.records import create_record
from engines.form.references import form_references
from engines.form.transaction import SYSTEM
from tests.apps import publish_app
from tests.form.build import field, form
from tests.form.company import group

APP = "calltest"
LOOKUP = {
    "do": "call",
    "connector": "registry",
    "call": "company",
    "inputs": [
        {"key": "code", "value": "code"},
        {"key": "total", "value": "SUM(lines.amount)"},
        {"key": "hidden", "value": "secret"},
        {"key": "cost", "value": "maker.cost"},
        {"key": "maker", "value": "maker.name"},
        {"key": "through", "value": "shown"},
    ],
    "outputs": [
        {"key": "a", "field": "name", "pointer": "/data/name"},
        {"key": "b", "field": "founded", "pointer": "/data/founded"},
        {"key": "c", "field": "size", "pointer": "/data/size"},
        {"key": "d", "field": "grade", "pointer": "/data/grade"},
        {"key": "e", "field": "secret", "pointer": "/data/size"},
        {"key": "f", "field": "stamp", "pointer": "/data/stamp"},
    ],
}


class Registry(BaseHTTPRequestHandler):
    """The other system: keeps what it was sent."""

    got: ClassVar[list[dict[str, Any]]] = []
    answer: ClassVar[tuple[int, Any]] = (200, {})

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        Registry.got.append(
            {"path": self.path, "body": json.loads(self.rfile.read(length)), "key": self.headers["Authorization"]}
        )
        status, said = Registry.answer
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(said).encode())

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture(scope="module")
def registry() -> Iterator[str]:
    made = ThreadingHTTPServer(("127.0.0.1", 0), Registry)
    threading.Thread(target=made.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{made.server_port}/v1"
    made.shutdown()
    made.server_close()


def documents(url: str) -> list[dict[str, Any]]:
    call = {
        "key": "company",
        "title": "Company",
        "method": "POST",
        "path": "/companies/{code}",
        "body": {one["key"]: f"{{{one['key']}}}" for one in LOOKUP["inputs"]},  # type: ignore[index,call-overload]
        "inputs": [{"key": one["key"], "title": one["key"]} for one in LOOKUP["inputs"]],  # type: ignore[index,call-overload]
    }
    call["inputs"][0]["required"] = True  # type: ignore[index]
    lines = {"key": "lines", "type": "subform", "label": "Lines", "fields": [field("amount", "money")]}
    return [
        {
            "kind": "connector",
            "key": "registry",
            "title": "Registry",
            "url": url,
            "headers": {"Authorization": "Bearer {secret:calltest}"},
            "calls": [call],
        },
        form("maker", field("name", "text"), field("cost", "money"), title_field="name"),
        form(
            "firm",
            field("code", "text"),
            field("name", "text"),
            field("founded", "date"),
            field("size", "number"),
            field("grade", "choice", {"choices": [{"key": "A"}, {"key": "B"}]}),
            field("secret", "number"),
            field("stamp", "text", label={"zh-CN": "登记号", "en": "Registration"}, readonly=True),
            field("maker", "relation", {"form": "maker"}),
            field("shown", "formula", {"expression": "secret + 1", "result": "number", "store": "never"}),
            lines,
            field("lookup", "button", LOOKUP),
            title_field="code",
        ),
        group("makers", "maker", [{"scope": "all"}], fields={"*": "edit", "cost": "hidden"}),
        group("firms", "firm", [{"scope": "all"}], fields={"*": "edit", "secret": "hidden"}),
    ]


@pytest.fixture(scope="module")
def firms(workspaces, company, app, registry: str) -> Iterator[Forms]:
    publish_app(workspaces, company, APP, "Calls", documents(registry))
    before = app.extensions["dougong_settings"]
    app.extensions["dougong_settings"] = replace(before, outgoing=("127.0.0.0/8",))
    with workspaces.begin(company, SYSTEM, origin="pack") as tx:
        keep_secret(tx, app.extensions["dougong_box"], "calltest", "s3cret")
        forms = store.forms(tx, APP)
        create_record(tx, forms.get("maker"), {"name": "Works", "cost": 7})
    yield forms
    app.extensions["dougong_settings"] = before
    with workspaces.begin(company, SYSTEM, origin="pack") as tx:
        forget_secret(tx, "calltest")


def press(browser, **given: str):
    Registry.got.clear()
    given = {"_button": "lookup", "lines[]": "1", **given}
    headers = {"Accept": "application/json"}
    return browser.post(f"/a/{APP}/firm/call", given, page=f"/a/{APP}/firm/new", headers=headers)


FILLED = {"code": "A 1/x", "maker": "1", "secret": "9", "lines[0].amount": "2.5", "lines[1].amount": "3"}


def test_a_call_is_given_what_was_typed_and_its_answer_fills_the_page_unsaved(admin, firms: Forms, workspaces, company):
    Registry.answer = (200, {"data": {"name": "Acme", "founded": "1999-02-03", "size": 12, "grade": "A"}})
    found = press(admin, **FILLED)
    assert found.status_code == 200, found.data
    assert found.json["values"] == {
        "name": "Acme", "founded": "1999-02-03", "size": "12", "grade": "A", "secret": "12",
    }  # fmt: skip
    sent = Registry.got[0]
    assert sent["path"] == "/v1/companies/A%201%2Fx" and sent["key"] == "Bearer s3cret"
    assert sent["body"] == {
        "code": "A 1/x", "total": 5.5, "hidden": 9, "cost": 7, "maker": "Works", "through": 10,
    }  # fmt: skip
    with workspaces.begin(company, SYSTEM) as tx:
        assert tx.connection.execute(firms.get("firm").table.select()).first() is None


def test_what_the_person_may_not_see_stays_in_the_house(seller, firms: Forms, workspaces, company):
    with workspaces.begin(company, SYSTEM, origin="pack") as tx:
        record = create_record(tx, firms.get("firm"), {"code": "S", "secret": 41, "maker": 1}).id
    Registry.answer = (200, {"data": {"size": 12}})
    found = press(seller, code="S", maker="1", _record=str(record))
    assert found.status_code == 200, found.data
    assert Registry.got[0]["body"] == {
        "code": "S", "total": 0, "hidden": None, "cost": None, "maker": "Works", "through": None,
    }  # fmt: skip
    assert found.json["values"]["size"] == "12" and "secret" not in found.json["values"]
    with workspaces.begin(company, SYSTEM, origin="pack") as tx:
        tx.connection.execute(firms.get("firm").table.delete())


def test_what_does_not_fit_a_field_is_told_and_the_rest_comes(admin, firms: Forms):
    Registry.answer = (200, {"data": {"name": "Acme", "founded": "soon", "grade": "Z", "size": None}})
    found = press(admin, **FILLED).json
    assert found["values"] == {"name": "Acme", "size": None, "secret": None}
    assert {one["path"] for one in found["problems"]} == {"founded", "grade", "stamp"}
    assert "登记号是只读的，返回的值没有填入" in [one["message"] for one in found["problems"]]


@pytest.mark.parametrize(("answer", "given", "status", "code"), [
    ((500, {}), FILLED, 502, "connector.refused"),
    ((200, {}), {"maker": "1"}, 422, "connector.input_required"),
    ((200, {}), {**FILLED, "_button": "nothing"}, 404, "button.unknown"),
    ((200, {}), {**FILLED, "_record": "999999"}, 404, "record.unknown"),
])  # fmt: skip
def test_a_call_that_cannot_be_made_says_why(admin, firms: Forms, answer, given, status, code):
    Registry.answer = answer
    found = press(admin, **given)
    assert found.status_code == status, found.data
    assert [one["code"] for one in found.json["problems"]] == [code]


def test_no_call_leads_inside_unless_the_operator_says_so(admin, firms: Forms, app, monkeypatch):
    settings = replace(app.extensions["dougong_settings"], outgoing=())
    monkeypatch.setitem(app.extensions, "dougong_settings", settings)
    assert press(admin, **FILLED).status_code == 403 and not Registry.got


def test_the_button_stands_on_the_page_and_its_call_is_found_where_it_is_used(admin, firms: Forms):
    page = admin.get(f"/a/{APP}/firm/new").get_data(as_text=True)
    assert 'data-call="lookup"' in page and f'data-url="/a/{APP}/firm/call"' in page
    document = firms.documents["form", "firm"]
    found = {(one.kind, one.key, one.path) for one in form_references(document) if one.at.startswith("fields.lookup")}
    assert ("connector", "registry", "calls.company") in found
    assert {("form", "firm", "fields.founded"), ("form", "firm", "fields.secret")} <= found
