# ruff: noqa: F811
"""Metadata through the API: documents and their origin, drafts, plans, publishing, going back, the trash."""

import secrets

import pytest
from api_world import Caller, caller, codes, people, site  # noqa: F401 - fixtures of one world
from jsonschema import Draft202012Validator

from dougong.apps import store
from dougong.jobs.run import run_in
from engines.form.transaction import SYSTEM

API = "/api/v1"
NOTE = {
    "kind": "form",
    "key": "note",
    "title": {"zh-CN": "便签", "en": "Note"},
    "fields": [{"key": "body", "type": "text", "label": {"zh-CN": "内容", "en": "Body"}, "required": True}],
}


@pytest.fixture(scope="module")
def admin(caller) -> Caller:
    return caller("admin", "records:read", "records:write", "metadata:read", "metadata:write")


@pytest.fixture(scope="module")
def lab(admin) -> str:
    """The address of an app without forms; another one each time, as tests of a module may be spread over the run."""
    key = f"lab{secrets.token_hex(3)}"
    told = admin.post(f"{API}/apps", {"key": key, "title": {"zh-CN": "实验", "en": "Lab"}})
    assert told.status_code == 201, told.json
    return f"{API}/apps/{key}"


def app_of(lab: str) -> str:
    return lab.rpartition("/")[2]


def publish(admin, lab, *documents, removed=()):
    draft = admin.post(f"{lab}/drafts", {"title": "test"}).json["id"]
    at = f"{lab}/drafts/{draft}"
    for one in documents:
        told = admin.call("PUT", f"{at}/documents/{one['kind']}/{one['key']}", one)
        assert told.json == {"problems": []}
    for kind, key in removed:
        assert admin.call("DELETE", f"{at}/documents/{kind}/{key}").status_code == 204
    told = admin.post(f"{at}/publish")
    assert told.status_code == 200, told.json
    return told.json["revision"]


def test_kinds_publish_valid_schemas(admin):
    keys = [one["key"] for one in admin.get(f"{API}/schemas").json["items"]]
    assert {"form", "flow", "question", "group"} <= set(keys)
    for key in keys:
        Draft202012Validator.check_schema(admin.get(f"{API}/schemas/{key}").json)
    assert admin.get(f"{API}/schemas/forn").status_code == 404


def test_a_form_is_drafted_planned_published_and_used(admin, lab):
    draft = admin.post(f"{lab}/drafts", {"title": "Notes"}).json["id"]
    at = f"{lab}/drafts/{draft}"
    assert admin.call("PUT", f"{at}/documents/form/note", NOTE).json == {"problems": []}
    plan = admin.get(f"{at}/plan").json
    assert [(one["key"], one["action"]) for one in plan["documents"]] == [("note", "add")]
    assert plan["problems"] == []
    assert any(f"{app_of(lab)}__note" in (step["sql"] or "") for step in plan["steps"])
    assert admin.get(f"{lab}/forms/note").status_code == 404
    told = admin.post(f"{at}/publish")
    assert (told.status_code, told.json["documents"], told.json["finished"]) == (200, 1, True)
    assert admin.get(at).status_code == 404
    made = admin.post(f"{lab}/forms/note/records", {"values": {"body": "你好"}})
    assert made.status_code == 201
    assert admin.get(f"{lab}/documents?kind=form").json["items"][0]["title"] == "Note"
    one = admin.get(f"{lab}/documents/form/note")
    assert one.json["document"]["fields"][0]["key"] == "body"
    assert one.headers["ETag"] == f'"{told.json["revision"]}"'


def test_origin_and_use_of_a_document_are_told(admin):
    told = admin.get(f"{API}/apps/sale/documents/form/customer").json
    assert told["origins"][""] == "crm.customer"
    assert {"kind": "form", "key": "quote"}.items() <= next(
        one for one in told["used_by"] if one["key"] == "quote" and one["kind"] == "form"
    ).items()


def test_an_unfinished_document_is_kept_and_told_but_not_published(admin, lab):
    draft = admin.post(f"{lab}/drafts").json["id"]
    at = f"{lab}/drafts/{draft}"
    body = {"kind": "form", "key": "bad", "title": "B", "fields": [{"key": "x", "type": "formula", "label": "x"}]}
    told = admin.call("PUT", f"{at}/documents/form/bad", body)
    assert told.status_code == 200
    assert admin.get(at).json["documents"][0]["document"] == body
    refused = admin.post(f"{at}/publish")
    assert refused.status_code == 422
    assert refused.json["problems"][0]["path"].startswith("form.bad")
    assert admin.get(at).status_code == 200
    assert admin.call("DELETE", at).status_code == 204
    assert admin.get(at).status_code == 404


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("documents/form/other", {"kind": "form", "key": "one"}, 400, "document.address"),
        ("documents/forn/one", {}, 404, "kind_of_document.unknown"),
        ("documents/form/One", {}, 422, None),
        ("documents/form/one", [1], 400, "request.not_an_object"),
    ],
)
def test_what_is_no_document_is_refused(admin, lab, path, body, status, code):
    draft = admin.post(f"{lab}/drafts").json["id"]
    told = admin.call("PUT", f"{lab}/drafts/{draft}/{path}", body)
    assert told.status_code == status, told.json
    assert code is None or codes(told)[0][0] == code
    assert admin.get(f"{lab}/drafts/{draft}").json["documents"] == []
    assert admin.get(f"{API}/apps/sale/drafts/{draft}").status_code == 404


def test_two_designers_are_told_of_their_conflict(admin, lab):
    note = {**NOTE, "key": "memo"}
    seen = publish(admin, lab, note)
    late = admin.post(f"{lab}/drafts").json["id"]
    mine = {**note, "title": "Mine"}
    admin.call("PUT", f"{lab}/drafts/{late}/documents/form/memo", mine, **{"If-Match": f'"{seen}"'})
    now = publish(admin, lab, {**note, "title": "Theirs"})
    told = admin.post(f"{lab}/drafts/{late}/publish")
    assert (told.status_code, codes(told)[0][0]) == (422, "draft.conflict")
    admin.call("PUT", f"{lab}/drafts/{late}/documents/form/memo", mine, **{"If-Match": f'"{now}"'})
    assert admin.post(f"{lab}/drafts/{late}/publish").status_code == 200
    future = admin.post(f"{lab}/drafts").json["id"]
    told = admin.call("PUT", f"{lab}/drafts/{future}/documents/form/memo", mine, **{"If-Match": '"99999"'})
    assert (told.status_code, codes(told)) == (400, [("revision.unknown", "If-Match")])


def test_a_revision_comes_back_and_a_removed_field_with_its_data(admin, lab):
    two = {**NOTE, "key": "card", "fields": [*NOTE["fields"], {"key": "more", "type": "text", "label": "More"}]}
    first = publish(admin, lab, two)
    records = f"{lab}/forms/card/records"
    number = admin.post(records, {"values": {"body": "a", "more": "b"}}).json["id"]
    publish(admin, lab, {**NOTE, "key": "card"})
    assert "more" not in admin.get(f"{records}/{number}").json["values"]
    lying = next(
        one for one in admin.get(f"{lab}/trash").json["items"] if (one["form"], one["field"]) == ("card", "more")
    )
    draft = admin.post(f"{lab}/drafts").json["id"]
    assert admin.post(f"{lab}/drafts/{draft}/put-back", {"trash": lying["id"]}).status_code == 200
    assert admin.post(f"{lab}/drafts/{draft}/publish").status_code == 200
    assert admin.get(f"{records}/{number}").json["values"]["more"] == "b"
    publish(admin, lab, {**NOTE, "key": "card"})
    assert admin.post(f"{lab}/revisions/{first}/revert").status_code == 200
    assert admin.get(f"{records}/{number}").json["values"]["more"] == "b"
    assert first in {one["id"] for one in admin.get(f"{lab}/revisions").json["items"]}
    assert admin.post(f"{lab}/revisions/{10**12}/revert").status_code == 404


def test_a_publish_may_be_a_job(admin, lab, workspaces, company, settings):
    draft = admin.post(f"{lab}/drafts").json["id"]
    admin.call("PUT", f"{lab}/drafts/{draft}/documents/form/later", {**NOTE, "key": "later"})
    told = admin.post(f"{lab}/drafts/{draft}/publish", Prefer="respond-async")
    assert told.status_code == 202
    assert admin.get(told.headers["Location"]).json["state"] == "queued"
    run_in(settings, workspaces, company, told.json["job"])
    done = admin.get(told.headers["Location"]).json
    assert (done["state"], done["result"]["documents"]) == ("done", 1), done
    with workspaces.begin(company, SYSTEM, read_only=True) as tx:
        assert "later" in store.forms(tx, app_of(lab))


def test_only_administrators_see_and_change_metadata(caller, lab):
    seller = caller("seller", "metadata:read", "metadata:write")
    for method, path in [
        ("GET", f"{lab}/documents"),
        ("GET", f"{lab}/documents/form/note"),
        ("GET", f"{lab}/drafts"),
        ("GET", f"{lab}/revisions"),
        ("GET", f"{lab}/trash"),
        ("POST", f"{lab}/drafts"),
        ("POST", f"{lab}/revisions/1/revert"),
    ]:
        told = seller.call(method, path, {} if method == "POST" else None)
        assert (told.status_code, codes(told)[0][0]) == (403, "app.design_denied"), path
    told = caller("admin", "records:read").get(f"{lab}/documents")
    assert codes(told)[0][0] == "key.scope_missing"


def test_jobs_of_others_are_not_there(caller):
    assert caller("seller").get(f"{API}/jobs/999999").status_code == 404
    assert caller("seller").get(f"{API}/jobs").json["items"] == []
