# ruff: noqa: F811
"""Imports through the API: a program uploads, plans, tries, runs, reads what is wrong and takes it back."""

import io
import os
import time
from datetime import timedelta

import pytest
from api_world import admin, caller, people, quote, site  # noqa: F401 - fixtures of one world

from dougong.imports import uploads
from dougong.jobs.run import run_in

FILE = "公司,省份,级别,备注\n北辰科技,广东,A,好客户\n,广东,B,没有名称\n东海实业,上海,Z,级别不对\n"


@pytest.fixture
def work(settings, workspaces, company):
    """Do the job of an import, as the worker does."""

    def do(told):
        assert "job" in told.json, told.json
        return run_in(settings, workspaces, company, told.json["job"]["id"])

    return do


def send(admin, text: str = FILE, name: str = "客户.csv"):
    data = {"file": (io.BytesIO(text.encode()), name)}
    headers = {**admin.headers, "Content-Type": "multipart/form-data"}
    return admin.client.post("/api/v1/apps/sale/forms/customer/imports", data=data, headers=headers)


def codes(told) -> set[str]:
    return {one["code"] for one in told.json["problems"]}


def test_a_file_goes_all_the_way_and_back(admin, work, settings, company):
    told = send(admin)
    assert told.status_code == 201, told.json
    folder = settings.data_folder / "imports" / company.key / str(told.json["id"])
    assert folder.is_dir()
    work(told)
    base = f"/customer/imports/{told.json['id']}"
    read = admin.get(base).json
    assert [one["head"] for one in read["columns"]] == ["公司", "省份", "级别", "备注"]
    guessed = {one["field"]: one["column"] for one in read["plan"]["targets"]}
    assert guessed, "something is guessed of the columns"
    assert admin.post(f"{base}/run").status_code == 409
    plan = {"targets": [{"field": "name", "column": "公司"}], "mode": "create"}
    assert admin.call("PUT", f"{base}/plan", plan).status_code == 200
    checked = admin.post(f"{base}/check")
    assert checked.status_code == 202
    work(checked)
    tried = admin.get(base).json
    assert (tried["checked"], tried["created"], tried["refused"]) == (True, 2, 1)
    wrong = admin.get(f"{base}/problems").json
    found = [(one["row"], one["problems"][0]["code"]) for one in wrong["items"]]
    assert found == [(3, "record.required")], "lines as a spreadsheet counts them"
    work(admin.post(f"{base}/run"))
    done = admin.get(base).json
    assert (done["state"], done["created"]) == ("done", 2)
    assert not folder.exists(), "a file whose rows are records is kept no longer"
    found = admin.post("/customer/records/query", {"filter": {"field": "name", "op": "eq", "value": "北辰科技"}}).json
    assert len(found["items"]) == 1
    work(admin.post(f"{base}/undo"))
    assert admin.get(base).json["state"] == "undone"
    again = admin.post("/customer/records/query", {"filter": {"field": "name", "op": "eq", "value": "北辰科技"}}).json
    assert again["items"] == []
    assert told.json["id"] in [one["id"] for one in admin.get("/customer/imports").json["items"]]


def test_what_is_wrong_with_a_plan_is_told_with_its_place(admin, work):
    told = send(admin)
    base = f"/customer/imports/{told.json['id']}"
    plan = {"targets": [{"field": "name", "column": "公司"}]}
    assert admin.call("PUT", f"{base}/plan", plan).status_code == 409, "the file is not read yet"
    work(told)
    assert codes(admin.call("PUT", f"{base}/plan", {"targets": [{"field": "name", "column": "没有"}]})) == {
        "import.no_head"
    }
    assert admin.call("PUT", f"{base}/plan", {"targets": [{"field": "nmae", "column": 0}]}).status_code == 422
    assert admin.call("PUT", f"{base}/plan", {"targets": [{"field": "name", "column": 99}]}).status_code == 422
    assert admin.call("PUT", f"{base}/plan", {"targets": [{"field": "name", "colunm": 0}]}).status_code == 400
    assert admin.call("PUT", f"{base}/plan", {"targets": 3}).status_code == 400


def test_a_file_of_another_kind_is_refused_and_nothing_is_left(admin):
    before = len(admin.get("/customer/imports").json["items"])
    assert codes(send(admin, name="客户.pdf")) == {"import.file_kind"}
    assert codes(send(admin, text="")) == {"import.file_empty"}
    assert codes(admin.call("POST", "/customer/imports")) == {"import.no_file"}
    assert len(admin.get("/customer/imports").json["items"]) == before


def test_a_file_that_nobody_went_on_with_is_gone_after_a_week(admin, work, settings, company):
    told = send(admin)
    work(told)
    base = f"/customer/imports/{told.json['id']}"
    folder = settings.data_folder / "imports" / company.key / str(told.json["id"])
    uploads.sweep(settings)
    assert folder.is_dir()
    old = time.time() - timedelta(days=8).total_seconds()
    os.utime(folder, (old, old))
    uploads.sweep(settings)
    assert not folder.exists()
    plan = {"targets": [{"field": "name", "column": "公司"}], "mode": "create"}
    assert admin.call("PUT", f"{base}/plan", plan).status_code == 200
    checked = admin.post(f"{base}/check")
    work(checked)
    assert [one["code"] for one in admin.get(base).json["job"]["problems"]] == ["import.file_gone"]


def test_who_may_not_import_or_see_an_import_does_not(admin, caller, work):
    told = send(admin)
    other = caller("seller")
    assert other.get(f"/customer/imports/{told.json['id']}").status_code in (403, 404)
    assert other.post(f"/customer/imports/{told.json['id']}/run").status_code in (403, 404)
    reader = caller("admin", "records:read")
    assert reader.post(f"/customer/imports/{told.json['id']}/check").status_code == 403
    assert admin.get(f"/product/imports/{told.json['id']}").status_code == 404


def test_a_key_of_records_makes_no_new_choices(admin, caller, work):
    told = send(admin)
    work(told)
    base = f"/customer/imports/{told.json['id']}"
    targets = [{"field": "name", "column": "公司"}, {"field": "grade", "column": "级别", "create_choices": True}]
    refused = admin.call("PUT", f"{base}/plan", {"targets": targets})
    assert (refused.status_code, codes(refused)) == (403, {"key.scope_missing"})
    designer = caller("admin", "records:read", "records:write", "metadata:write")
    assert designer.call("PUT", f"{base}/plan", {"targets": targets}).status_code == 200
    work(designer.post(f"{base}/check"))
    assert codes(admin.post(f"{base}/run")) == {"key.scope_missing"}, "nor by a plan that somebody else has made"
    assert admin.get(base).json["state"] == "staging"


def test_the_document_describes_it(admin):
    document = admin.get("/api/v1/openapi.json").json
    paths = [path for path in document["paths"] if "/imports" in path]
    assert len(paths) == 7, paths
