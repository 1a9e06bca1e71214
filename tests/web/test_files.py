"""Files belong to somebody: a record takes only those that its writer sent in or may see in another record."""

import io

import pytest
from api_world import caller, people, site  # noqa: F401 - fixtures

from tests.apps import publish_app
from tests.form.build import field, form

APP = "papers"
API = f"/api/v1/apps/{APP}/forms"
PDF = b"%PDF-1.7 secret"


def group(key, own):
    rights = {"key": f"{key}_all", "title": key, "form": key, "members": {"everyone": True}}
    return {
        "kind": "group",
        **rights,
        "operations": ["read", "create", "update"],
        "rows": [{"scope": own}],
        "fields": {"*": "edit"},
    }


@pytest.fixture(scope="module")
def papers(site, workspaces, company):  # noqa: F811
    """Files of `paper` are each person's own; `desk` everybody reads."""
    fields = field("name", "text"), field("files", "attachment", {"max_megabytes": 1, "max_files": 3})
    rows = field("lines", "subform", fields=[field("scan", "attachment")])
    publish_app(
        workspaces,
        company,
        APP,
        "Papers",
        (form("paper", *fields, rows), form("desk", *fields), group("paper", "own"), group("desk", "all")),
    )


@pytest.fixture
def mine(papers, seller):
    """A file that the seller has sent in."""
    return seller.post("/files", {"file": (io.BytesIO(PDF), "合同.pdf")}, page="/account").json["id"]


def make(who, form, **values):
    return who.post(f"{API}/{form}/records", {"values": values})


def test_a_file_has_the_facts_of_the_store_and_stands_only_where_its_sender_puts_it(papers, mine, caller):  # noqa: F811
    seller, other = caller("seller"), caller("manager")
    lied = {"id": mine, "name": "x.png", "size": 1, "mime": "image/png"}
    made = make(seller, "paper", name="a", files=[lied], lines=[{"scan": [lied]}])
    assert made.status_code == 201, made.json
    held = seller.get(f"{API}/paper/records/{made.json['id']}").json["values"]
    told = {"id": mine, "name": "合同.pdf", "size": len(PDF), "mime": "application/pdf"}
    assert held["files"] == [told] and held["lines"][0]["scan"] == [told]
    for values in ({"files": [{"id": mine}]}, {"lines": [{"scan": [mine]}]}, {"files": ["no-such-file"]}):
        refused = make(other, "paper", name="b", **values)
        assert refused.status_code == 422
        assert [one["code"] for one in refused.json["problems"]] == ["attachment.unknown"]
    rows = [{"name": "c", "files": [{"id": mine}]}, {"name": "d", "files": []}]
    refused = other.post(f"{API}/paper/records/bulk", {"rows": rows})
    assert [(one["code"], one["path"]) for one in refused.json["problems"]] == [("attachment.unknown", "rows[0].files")]
    assert seller.post(f"{API}/paper/records/bulk", {"rows": rows}).status_code == 200


def test_who_sees_a_file_in_a_record_may_put_it_into_another(papers, mine, caller):  # noqa: F811
    seller, other = caller("seller"), caller("manager")
    made = make(seller, "desk", name="open", files=[mine])
    assert made.status_code == 201
    again = make(other, "paper", name="copy", files=[mine])
    assert again.status_code == 201, again.json
    path = f"{API}/desk/records/{made.json['id']}"
    renamed = other.patch(path, {"values": {"name": "still", "files": [{"id": mine, "name": "evil.exe"}]}})
    assert renamed.status_code == 200, renamed.json
    assert other.get(path).json["values"]["files"][0]["name"] == "合同.pdf"


def test_who_sees_a_file_that_a_load_brought_may_put_it_into_another_record(papers, caller):  # noqa: F811
    seller, other = caller("seller"), caller("manager")

    def sent():
        form = {"file": (io.BytesIO(PDF), "扫描.pdf")}
        return seller.client.post("/api/v1/files", data=form, headers=seller.headers).json["id"]

    top, row, later = sent(), sent(), sent()
    made = seller.post(f"{API}/desk/records/bulk", {"rows": [{"name": "load", "files": [top]}, {"name": "other"}]})
    assert made.status_code == 200, made.json
    changed = {"rows": [{"name": "other", "files": [later]}], "mode": "update", "key": "name"}
    assert seller.post(f"{API}/desk/records/bulk", changed).json["updated"] == 1
    own = {"rows": [{"name": "rows", "lines": [{"scan": [row]}]}]}
    assert seller.post(f"{API}/paper/records/bulk", own).json["created"] == 1
    assert make(other, "paper", name="copy", files=[top, later]).status_code == 201
    refused = make(other, "paper", name="copy", files=[row])
    assert [one["code"] for one in refused.json["problems"]] == ["attachment.unknown"]
    assert make(seller, "paper", name="copy", files=[row]).status_code == 201


def test_programs_send_files_and_read_them_where_the_record_is(papers, caller):  # noqa: F811
    seller, other = caller("seller"), caller("manager")
    form = {"file": (io.BytesIO(PDF), "扫描.pdf")}
    sent = seller.client.post("/api/v1/files", data=form, headers=seller.headers)
    assert sent.status_code == 201 and sent.json["mime"] == "application/pdf"
    token = sent.json["id"]
    number = make(seller, "paper", name="p", files=[token], lines=[{"scan": [token]}]).json["id"]
    for place in ("files", "lines.scan"):
        path = f"{API}/paper/records/{number}/files/{place}/{token}"
        assert seller.get(path).data == PDF
        assert other.get(path).status_code == 404
    for place in ("name", "lines", "nothing", "lines.nothing"):
        assert seller.get(f"{API}/paper/records/{number}/files/{place}/{token}").status_code == 404
    assert "/files" in seller.get("/api/v1/openapi.json").json["paths"]
