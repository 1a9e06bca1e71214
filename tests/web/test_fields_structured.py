"""Fields with parts on pages: entered, shown, refused; pictures by content; codes, buttons and embedded pages."""

import base64
import io
import json

import pytest
from sqlalchemy import delete, insert

from dougong.apps import drafts, store
from dougong.apps.publish import publish
from dougong.jobs.run import run_in
from dougong.packs.install import install
from dougong.packs.library import Library
from dougong.web.records import decor
from dougong.workspace.tables import SETTING
from engines.form.bulk import bulk_write
from engines.form.tags import AT_ONCE
from engines.form.transaction import SYSTEM
from tests.form.build import field, form

APP = "structured"
HERE = f"/a/{APP}/visit"
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
KINDS = [{"key": "repair", "label": "维修", "hint": "上门"}, {"key": "care", "label": "保养"}]


@pytest.fixture(scope="module")
def visits(app, company, workspaces):
    """An app of its own with a form that has every kind of field with parts."""
    install(workspaces, company, SYSTEM, Library(), ["base.common"], app=APP, title="Structured")
    node = form("node", field("name", "text"), field("above", "relation", {"form": "node"}), title_field="name")
    visit = form(
        "visit",
        field("name", "text", required=True),
        field("kind", "choice", {"choices": KINDS, "look": "tiles", "other": True}),
        field("labels", "tags"),
        field("addr", "address"),
        field("spot", "location"),
        field("cycle", "recurrence"),
        field("place", "cascade", {"form": "node", "parent": "above"}),
        field("photos", "image"),
        field("sign", "signature", {"reuse": True}),
        field("safe", "boolean", {"display": "yes_no"}),
        field("seen", "boolean", {"display": "checkbox"}),
        field("on", "boolean"),
        field("cost", "money", {"currency": "USD"}),
        field("hint", "note", {"text": "<b>先核对</b><script>x</script>"}),
        field("code", "barcode"),
        field("bars", "barcode", {"of": "field", "field": "name", "format": "code128"}),
        field("push", "button", {"do": "set", "values": [{"key": "kind", "value": '"care"'}]}),
        field("map", "embed", {"url": "https://maps.example/{addr}"}),
        tabs=[{"key": "one", "title": "甲"}, {"key": "two", "title": "乙"}],
        sections=[
            {"key": "a", "fields": ["name", "kind"], "tab": "one"},
            {"key": "b", "title": "更多", "fields": ["addr", "spot", "cycle"], "tab": "two", "collapsed": True},
        ],
        title_field="name",
    )
    with workspaces.begin(company, SYSTEM) as tx:
        draft = drafts.open_draft(tx, APP, "visits")
        for document in (node, visit):
            assert drafts.put_document(tx, draft, document) == []
    publish(workspaces, company, SYSTEM, draft.id)


def test_what_is_entered_in_parts_is_shown_whole(visits, admin, workspaces, company):
    for name, above in (("机械", ""), ("轴承", "1")):
        assert admin.post(f"/a/{APP}/node/new", {"name": name, "above": above}).status_code == 303
    page = admin.get(f"{HERE}/new").get_data(as_text=True)
    for widget in ("dg-choice", "dg-tags", "dg-address", "dg-location", "dg-recurrence", "dg-cascade", "dg-tabs"):
        assert f"<{widget}" in page
    assert "<b>先核对</b>" in page and "<script>x" not in page
    address = {"province": "广东省", "city": "深圳市", "district": "南山区", "detail": "科苑路15号"}
    sent = {
        "name": "A-100",
        "kind": "展会现场",
        "labels": "老客户、展会",
        "addr": json.dumps(address),
        "spot": json.dumps({"lng": "113.94123", "lat": "22.53412", "address": "深圳湾"}),
        "cycle": "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE",
        "place": "2",
    }
    wrong = admin.post(f"{HERE}/new", {**sent, "kind": "__other__", "cycle": "FREQ=NEVER"}, page=f"{HERE}/new")
    text = wrong.get_data(as_text=True)
    assert wrong.status_code == 422
    assert "请填写“其他”的内容" in text and "科苑路15号" in text
    assert 'id="panel-one" aria-labelledby="tab-one" data-open' in text  # the first tab with a problem
    assert text.count("is-wrong") >= 2
    saved = admin.post(f"{HERE}/new", sent, page=f"{HERE}/new")
    assert saved.status_code == 303
    shown = admin.get(saved.location)
    text = shown.get_data(as_text=True)
    for words in ("展会现场", "广东省深圳市南山区科苑路15号", "每2周的周一、周三", "深圳湾", "机械 / "):
        assert words in text
    assert text.count('<svg class="dg-code-svg') == 2
    assert "https://maps.example/%E5%B9%BF%E4%B8%9C" in text and "<iframe" not in text
    assert "maps.example" not in shown.headers["Content-Security-Policy"]
    with workspaces.begin(company, SYSTEM) as tx:
        tx.connection.execute(insert(SETTING).values(app=APP, key="embed_hosts", value="maps.example"))
    shown = admin.get(saved.location)
    assert "<iframe" in shown.get_data(as_text=True)
    assert "frame-src 'self' https://maps.example;" in shown.headers["Content-Security-Policy"]
    assert admin.post(f"{saved.location}/press/push").status_code == 303
    assert "保养" in admin.get(saved.location).get_data(as_text=True)
    assert admin.post(f"{saved.location}/press/nothing").status_code == 404
    found = admin.get(HERE, query_string={"filter": json.dumps({"field": "addr", "op": "under", "value": "深圳市"})})
    assert "A-100" in found.get_data(as_text=True)


def test_administrators_allow_embedded_pages_without_a_document(visits, admin, workspaces, company):
    with workspaces.begin(company, SYSTEM) as tx:
        tx.connection.execute(delete(SETTING).where(SETTING.c.app == APP))
    new = admin.get(f"{HERE}/new").get_data(as_text=True)
    assert "保存后显示" in new and "https://maps.example" not in new  # there is nothing to fill the address with
    saved = admin.post(f"{HERE}/new", {"name": "C"}, page=f"{HERE}/new")
    asked = admin.get(saved.location).get_data(as_text=True)
    assert "管理员允许 maps.example 后" in asked and "/admin/parameters" in asked
    group = f"/admin/parameters/{APP}/embedded-pages"
    assert group in admin.get("/admin/parameters").get_data(as_text=True)
    for said in ("maps.example", "wiki.example，https://MAPS.example/some/page"):
        admin.post(group, {f"{APP}.embed_hosts": said}, page="/admin/parameters")
        for page in (saved.location, f"{saved.location}/edit"):
            shown = admin.get(page)
            assert "<iframe" in shown.get_data(as_text=True), (said, page)
            assert "frame-src 'self' https://maps.example;" in shown.headers["Content-Security-Policy"]
    admin.post(group, {f"{APP}.embed_hosts": "maps.example:8443"}, page="/admin/parameters")
    assert "<iframe" not in admin.get(saved.location).get_data(as_text=True)


def test_the_host_of_an_address_has_its_port_where_that_is_not_the_usual_one():
    addresses = (
        "https://a.example/x?y=1",
        "https://A.example:443",
        "https://a.example:8443/",
        "https://a.example:99999/",
    )
    assert [decor.host_of(one) for one in addresses] == ["a.example", "a.example", "a.example:8443", ""]
    assert decor.host_of("https://{name}.example/") == decor.host_of("javascript:x") == ""


def test_the_canvas_of_the_designer_draws_notes_and_buttons(visits, admin):
    note = field("n", "note", {"text": {"zh-CN": "请先核对<b>名称</b>"}})
    press = field("p", "button", {"do": "open", "url": "https://maps.example/"}, label={"zh-CN": "看地图"})
    page = field("e", "embed", {"url": "https://maps.example/"})
    answer = admin.client.post(
        f"/design/{APP}/cells", json={"fields": [note, press, page]}, headers={"X-CSRFToken": admin.token("/account")}
    )
    drawn = answer.json["cells"]
    assert "<b>名称</b>" in drawn[0] and "看地图" in drawn[1] and drawn[2] is None


def test_yes_and_no_are_asked_as_the_field_says_and_money_names_its_currency(visits, admin):
    page = admin.get(f"{HERE}/new").get_data(as_text=True)
    assert page.count('type="radio" name="safe"') == 2 and page.count('role="switch"') == 1
    assert 'type="checkbox" id="f-seen"' in page and 'role="switch" id="f-on"' in page
    assert '<span class="input-group-text">$</span>' in page
    for given, wanted in (("", None), ("false", False), ("true", True)):
        made = admin.post(f"{HERE}/new", {"name": f"B-{given}", "safe": given})
        shown = admin.get(f"/api/v1/apps/{APP}/forms/visit/records/{made.location.rsplit('/')[-1]}").json
        assert shown["values"]["safe"] is wanted


def test_tags_are_suggested_and_renamed_by_administrators(visits, admin, seller):
    admin.post(f"{HERE}/new", {"name": "B", "labels": "老客户"}, page=f"{HERE}/new")
    items = admin.get(f"{HERE}/tags/labels?q=老").json["items"]
    assert [one["key"] for one in items] == ["老客户"]
    headers = {"X-CSRFToken": admin.token("/account")}
    answer = admin.client.post(f"{HERE}/tags/labels", json={"old": ["老客户"], "new": "常客"}, headers=headers)
    assert answer.json["changed"] == items[0]["count"]
    headers = {"X-CSRFToken": seller.token("/account")}
    denied = seller.client.post(f"{HERE}/tags/labels", json={"old": ["常客"], "new": "x"}, headers=headers)
    assert denied.status_code in (403, 404)


def test_tags_are_put_in_order_on_a_page_and_many_records_by_a_job(
    visits, admin, seller, settings, workspaces, company
):
    page = f"{HERE}/tags/labels/all"
    assert seller.get(page).status_code == 403
    with workspaces.begin(company, SYSTEM) as tx:
        bulk_write(tx, store.forms(tx, APP).get("visit"), [{"name": "T", "labels": ["地推"]}] * (AT_ONCE + 1))
    shown = admin.get(page).get_data(as_text=True)
    assert "地推" in shown
    assert f"共 {AT_ONCE + 1} 条" in shown
    assert "请勾选" in admin.get(admin.post(page, {"new": "x"}, page=page).location).get_data(as_text=True)
    begun = admin.post(page, {"old": ["地推"], "new": "线下推广"}, page=page)
    number = int(begun.location.partition("job=")[2])
    assert "dg-job" in admin.get(begun.location).get_data(as_text=True)
    assert run_in(settings, workspaces, company, number)
    after = admin.get(begun.location).get_data(as_text=True)
    assert f"已修改 {AT_ONCE + 1} 条记录" in after
    assert "地推" not in after
    few = admin.post(page, {"old": ["线下推广"], "new": ""}, page=page)
    assert few.status_code == 422
    assert f"/a/{APP}/visit/tags/labels/all" in admin.get(HERE).get_data(as_text=True)


def test_pictures_are_known_by_their_content(visits, admin):
    def send(name: str, content: bytes):
        return admin.post("/files", {"kind": "image", "file": (io.BytesIO(content), name)})

    assert send("a.png", b"no picture at all").status_code == 422
    assert send("a.pdf", b"%PDF-1.7 x").status_code == 422
    drawn = send("signature.png", PNG)
    assert drawn.status_code == 201
    assert admin.get("/files/last-signature").json["id"] == drawn.json["id"]
    sent = {"name": "C", "photos": json.dumps([drawn.json]), "sign": json.dumps([drawn.json])}
    saved = admin.post(f"{HERE}/new", sent, page=f"{HERE}/new")
    page = admin.get(saved.location).get_data(as_text=True)
    assert f'src="{saved.location}/files/photos/{drawn.json["id"]}"' in page
    assert admin.get(f"{saved.location}/files/sign/{drawn.json['id']}").status_code == 200


def test_regions_are_handed_out_by_province(visits, visitor):
    answer = visitor.get("/regions/440000")
    assert any(city[1] == "深圳市" and any(one[1] == "南山区" for one in city[2]) for city in answer.json)
    assert "max-age" in answer.headers["Cache-Control"]
    assert visitor.get("/regions/440300").status_code == 404
