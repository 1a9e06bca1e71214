"""Choosing with conditions over the web: what a page that is being filled in is offered, the dialog, and the API."""

import json
import time
from typing import Any

import pytest

from dougong.apps import store
from dougong.identity.keys import create_key
from engines.form.bulk import bulk_write
from engines.form.form import Forms
from engines.form.query import get_record
from engines.form.records import create_record
from engines.form.transaction import SYSTEM
from tests.apps import publish_app
from tests.form.build import field, form
from tests.form.company import group

APP = "choosing"
KINDS = [
    {"key": "frame", "label": {"en": "Frame", "zh-CN": "机架"}},
    {"key": "power", "label": {"en": "Power", "zh-CN": "电源"}},
]


def documents() -> list[dict[str, Any]]:
    picker = {
        "field": "part",
        "title": {"en": "Choose parts", "zh-CN": "选择配件"},
        "columns": ["watt"],
        "where": [{"field": "line", "value": "line"}],
        "group": "kind",
        "quantity": "qty",
        "limits": [{"group": "frame", "min": 1, "max": 1}],
        "exclude": [
            {
                "when": 'AND(kind = "power", watt < SUM(lines, part.needs * qty))',
                "message": {"en": "Too weak", "zh-CN": "功率不足"},
            }
        ],
    }
    lines = {
        "key": "lines",
        "type": "subform",
        "label": {"en": "Lines", "zh-CN": "明细"},
        "options": {"picker": picker},
        "fields": [
            field("part", "relation", {"form": "part", "copy": [{"from": "price", "to": "price"}]}),
            field("price", "money"),
            field("qty", "number"),
            field("load", "formula", {"expression": "part.needs * qty", "result": "number"}),
        ],
    }
    spare = {
        "form": "part",
        "where": [{"field": "watt", "op": "le", "value": "most"}, {"field": "line", "value": "line"}],
    }
    return [
        form(
            "part",
            field("name", "text"),
            field("kind", "choice", {"choices": KINDS}),
            field("line", "text"),
            field("watt", "number", label={"en": "Watt", "zh-CN": "功率"}),
            field("needs", "number"),
            field("price", "money"),
            title_field="name",
        ),
        form(
            "build",
            field("name", "text"),
            field("line", "text"),
            field("most", "number"),
            field("spare", "relation", spare, label={"en": "Spare", "zh-CN": "备件"}),
            lines,
            title_field="name",
        ),
        group("all", "build", [{"scope": "all"}], operations=["read", "create", "update"]),
    ]  # fmt: skip


PARTS = (
    ("Frame A", "frame", None, 0),
    ("Frame B", "frame", None, 0),
    ("GPU", None, None, 400),
    ("500 W", "power", 500, 0),
)


@pytest.fixture(scope="module")
def parts(workspaces, company) -> tuple[Forms, dict[str, int]]:
    publish_app(workspaces, company, APP, "Choosing", documents())
    with workspaces.begin(company, SYSTEM, origin="pack") as tx:
        forms = store.forms(tx, APP)
        made = {}
        for name, kind, watt, needs in PARTS:
            values = {"name": name, "kind": kind, "watt": watt, "needs": needs, "line": "X", "price": "9.50"}
            made[name] = create_record(tx, forms.get("part"), values).id
        return forms, made


def test_a_relation_is_offered_for_what_is_filled_in_and_refused_otherwise(parts, admin, workspaces, company):
    _, made = parts
    url = f"/a/{APP}/build/choose/spare/pick"
    assert 'data-choose="spare" data-owner="build"' in admin.get(f"/a/{APP}/build/new").text
    told = admin.post(url, {"line": "X", "most": "600"}).json
    assert [one["title"] for one in told["items"]] == ["500 W"]
    assert admin.post(url, {"line": "X", "most": "600", "_q": "300"}).json == {"items": []}
    assert admin.post(url, {"line": "Y", "most": "600"}).json == {"items": []}
    assert admin.post(f"/a/{APP}/build/choose/name/pick", {}).status_code == 404
    sent = {"line": "X", "most": "100", "spare": str(made["500 W"])}
    page = admin.post(f"/a/{APP}/build/new", sent, page=f"/a/{APP}/build/new")
    assert page.status_code == 422
    assert "“备件”不能选择“500 W”：“功率”不符合条件" in page.text


def test_the_dialog_lists_groups_and_greys_what_does_not_go_with_what_is_chosen(parts, admin, seller):
    _, made = parts
    url = f"/a/{APP}/build/choose/lines"
    assert "选择配件" in admin.get(f"/a/{APP}/build/new").text
    told = admin.post(url, {"line": "X", "lines[]": "1"}).json
    assert [one["title"] for one in told["items"]] == ["Frame A", "Frame B", "500 W", "GPU"]
    assert told["groups"] == [
        {"key": "frame", "title": "机架", "min": 1, "max": 1},
        {"key": "power", "title": "电源", "min": 0, "max": None},
        {"key": "", "title": "", "min": 0, "max": None},
    ]
    assert (told["total"], told["more"], told["again"]) == (4, False, True)
    assert not any(one["why"] for one in told["items"])
    rows = {"line": "X", "lines[]": "1", "lines[0].part": str(made["GPU"]), "lines[0].qty": "1"}
    chosen = {"add": [{"id": made["GPU"], "quantity": 1}]}
    told = admin.post(url, rows | {"_chosen": json.dumps(chosen)}).json  # one in a row, one in the dialog
    assert {one["title"]: one["why"] for one in told["items"]}["500 W"] == "功率不足"
    assert told["held"] == {str(made["GPU"]): ""}
    why = admin.post(f"{url}/judge", rows | {"_chosen": json.dumps({"gone": [0]}), "_ids": str(made["500 W"])}).json
    assert why == {"why": {}}
    why = admin.post(
        f"{url}/judge", rows | {"_chosen": json.dumps({"set": {"0": "2"}}), "_ids": str(made["500 W"])}
    ).json
    assert why == {"why": {str(made["500 W"]): "功率不足"}}
    assert admin.post(url, {"_chosen": "["}).status_code == 422
    assert seller.post(url, {"line": "X"}).status_code == 403  # parts may not be read


def test_two_hundred_rows_are_filled_at_once(parts, admin, workspaces, company):
    forms, _ = parts
    with workspaces.begin(company, SYSTEM, origin="import") as tx:
        bulk_write(tx, forms.get("part"), [{"name": f"P{n:03}", "line": "Z", "price": "1.5"} for n in range(200)])
    url = f"/a/{APP}/build/choose/lines"
    told = admin.post(url, {"line": "Z"}).json
    ids = ",".join(str(one["id"]) for one in told["items"])
    begun = time.perf_counter()
    filled = admin.post(f"{url}/rows", {"_ids": ids}).json
    spent = time.perf_counter() - begun
    assert len(filled["rows"]) == 200
    first = told["items"][0]
    assert filled["rows"][str(first["id"])] == {"part": {"id": first["id"], "title": "P000"}, "price": "1.5"}
    assert filled["related"]["lines.part"][str(first["id"])]["id"] == first["id"]
    assert spent < 3  # 0.1 s where nothing else runs
    assert admin.post(f"{url}/rows", {"_ids": "1," * 501}).status_code == 422


def test_programs_ask_for_the_same_and_are_held_to_the_same(parts, app, database, company, workspaces, admin):
    forms, made = parts
    with workspaces.begin(company, SYSTEM) as tx:
        person = next(one for one in tx.connection.exec_driver_sql("select id from _member order by id").scalars())
    with database.begin() as connection:
        token = create_key(connection, company.id, person, "choosing", ["records:read", "records:write"])
    client, head = app.test_client(), {"Authorization": f"Bearer {token}", "Accept-Language": "en"}
    base = f"/api/v1/apps/{APP}/forms/build"
    record = {"line": "X", "lines": [{"part": made["GPU"], "qty": 2}]}
    told = client.post(f"{base}/choices/lines", json={"record": record}, headers=head).json
    assert {one["title"]: one["excluded"] for one in told["items"]}["500 W"] == "Too weak"
    assert [one["key"] for one in told["groups"]] == ["frame", "power", ""]
    assert {one["title"]: one["values"] for one in told["items"]}["500 W"] == {"watt": "500"}
    told = client.post(f"{base}/choices/spare", json={"record": {"line": "X", "most": 600}}, headers=head).json
    assert [one["title"] for one in told["items"]] == ["500 W"]
    assert client.get(f"{base}/choices/spare", headers=head).json == {"items": []}
    assert client.post(f"{base}/choices/lines", json={"nothing": 1}, headers=head).status_code == 400
    assert client.get(f"{base}/choices/name", headers=head).status_code == 400
    lines = [*record["lines"], {"part": made["500 W"]}]
    told = client.post(f"{base}/records", json={"values": {"lines": lines}}, headers=head)
    assert [(one["code"], one["path"], one["message"]) for one in told.json["problems"]] == [
        ("picker.excluded", "lines[1].part", "Too weak")
    ]
    saved = client.post(f"{base}/records", json={"values": {"lines": lines[:1]}}, headers=head)
    stored = client.get(f"{base}/choices/lines?id={saved.json['id']}", headers=head).json
    assert stored["items"] == []  # no line is chosen
    with workspaces.begin(company, SYSTEM) as tx:
        assert get_record(tx, forms.get("build"), saved.json["id"]).values["lines"][0]["qty"] == 2


def test_who_may_fill_rows_by_a_task_alone_is_offered_what_goes_there(workspaces, company, admin, seller):
    app = "chosenbytask"
    node = {"key": "look", "type": "approval", "title": "Look", "next": "end"}
    node |= {
        "people": [{"kind": "member", "member": "seller@demo.example"}],
        "fields": {"name": "read", "line": "read", "lines": "edit", "who": "edit"},
    }
    nodes = [{"key": "start", "type": "start", "next": "look"}, node, {"key": "end", "type": "end"}]
    flow = {"kind": "flow", "key": "checking", "title": "Checking", "form": "build", "nodes": nodes}
    *forms, _ = documents()
    forms[1]["fields"] += [field("unit", "department"), field("who", "member", {"range": {"field": "unit"}})]
    parts = group("parts", "part", [{"scope": "all"}], operations=["read"])
    publish_app(workspaces, company, app, "By task", [*forms, parts, flow])
    with workspaces.begin(company, SYSTEM, origin="pack") as tx:
        known = store.forms(tx, app)
        part = create_record(tx, known.get("part"), {"name": "Frame", "kind": "frame", "line": "X", "price": "9.50"}).id
        build = create_record(tx, known.get("build"), {"name": "B", "line": "X"}).id
    record = f"/a/{app}/build/{build}"
    assert admin.post(f"/flow/{app}/build/{build}/submit", {}, page=record).status_code in (204, 302, 303)
    with workspaces.begin(company, SYSTEM, read_only=True) as tx:
        task = tx.connection.exec_driver_sql("SELECT id FROM _flow_task WHERE app = %s", (app,)).scalar_one()
    url, sent = f"/a/{app}/build/choose/lines", {"_record": str(build), "lines[]": "1"}
    assert seller.post(url, sent).status_code == 403, "the page is not opened for the task"
    assert seller.post(f"{url}?task={task}", {"lines[]": "1"}).status_code == 403, "nor is it a new record"
    told = seller.post(f"{url}?task={task}", sent).json
    assert [one["title"] for one in told["items"]] == ["Frame"]
    rows = seller.post(f"{url}/rows?task={task}", {"_record": str(build), "_ids": str(part)}).json["rows"]
    assert rows[str(part)]["part"] == {"id": part, "title": "Frame"}
    people = f"/a/{app}/build/options/who/pick?q="
    assert [seller.get(f"{people}{more}").status_code for more in ("", f"&task={task}", f"&record={build}")] == [
        403
    ] * 3
    assert seller.get(f"{people}&record={build}&task={task}").status_code == 200
