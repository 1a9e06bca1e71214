# ruff: noqa: F811
"""Many records in one call: all or none, by the rules of single writes; and what the API tells of forms."""

import pytest
from api_world import admin, caller, codes, people, site  # noqa: F401 - fixtures of one world


def test_rows_are_created_in_one_call(admin):
    rows = [{"code": f"B-{number}", "name": f"批量{number}", "unit": "件"} for number in range(30)]
    told = admin.post("/product/records/bulk", {"rows": rows})
    assert (told.status_code, told.json["created"], len(told.json["ids"])) == (200, 30, 30), told.json
    assert admin.get("/product/records?search=批量").json["total"] == 30


def test_rows_find_their_records_by_a_key(admin):
    admin.post("/product/records/bulk", {"rows": [{"code": "K-1", "name": "甲"}, {"code": "K-2", "name": "乙"}]})
    rows = [{"code": "K-1", "name": "甲"}, {"code": "K-2", "name": "乙二"}, {"code": "K-3", "name": "丙"}]
    told = admin.post("/product/records/bulk", {"rows": rows, "key": "code"}).json
    assert (told["created"], told["updated"], told["unchanged"]) == (1, 1, 1)
    told = admin.post(
        "/product/records/bulk", {"rows": [{"code": "K-9", "name": "x"}], "key": "code", "mode": "update"}
    )
    assert told.status_code == 422
    assert told.json["problems"][0]["path"].startswith("rows[0]")


def test_one_wrong_row_and_nothing_is_written(admin):
    before = admin.get("/product/records?count=exact&limit=1").json["total"]
    rows = [{"code": "X-1", "name": "好"}, {"code": "X-2", "name": "坏", "list_price": "abc"}, {"code": "X-3"}]
    told = admin.post("/product/records/bulk", {"rows": rows})
    assert told.status_code == 422
    assert {path for _, path in codes(told)} == {"rows[1].list_price", "rows[2].name"}
    assert admin.get("/product/records?count=exact&limit=1").json["total"] == before


@pytest.mark.parametrize(
    ("body", "status", "code", "path"),
    [
        ({"rows": [1]}, 400, "document.type", "rows[0]"),
        ({"rows": {}}, 400, "document.type", "rows"),
        ({}, 400, "document.type", "rows"),
        ({"rows": [], "kei": "x"}, 400, "document.unknown", "kei"),
        ({"rows": [], "mode": "upsert"}, 400, "document.choice", "mode"),
        ({"rows": [{"nix": 1}]}, 422, "record.unknown_field", "nix"),
        ({"rows": [{"name": "x"}] * 10_001}, 422, "bulk.too_many_rows", "rows"),
    ],
)
def test_a_bad_bulk_call_names_its_place(admin, body, status, code, path):
    told = admin.post("/product/records/bulk", body)
    assert (told.status_code, codes(told)[0]) == (status, (code, path)), told.json


def test_a_seller_cannot_write_a_hidden_column_in_bulk(caller):
    told = caller("seller").post("/product/records/bulk", {"rows": [{"code": "S", "name": "s", "cost": 1}]})
    assert told.status_code == 403


def test_the_same_bulk_call_twice_writes_once(admin):
    body, headers = {"rows": [{"code": "I-1", "name": "幂等"}]}, {"Idempotency-Key": "bulk-1"}
    first = admin.post("/product/records/bulk", body, **headers)
    again = admin.post("/product/records/bulk", body, **headers)
    assert (again.status_code, again.json) == (200, first.json)


def test_forms_and_fields_are_told_as_far_as_the_caller_may_use_them(admin, caller):
    assert "sale" in {one["key"] for one in admin.get("/api/v1/apps").json["items"]}
    assert "quote" in {one["key"] for one in admin.get("").json["items"]}
    seller = caller("seller")
    told = seller.get("/quote").json
    lines = next(one for one in told["fields"] if one["key"] == "lines")
    assert "cost" not in {one["key"] for one in lines["fields"]}
    assert "margin" not in {one["key"] for one in told["fields"]}
    assert next(one for one in told["fields"] if one["key"] == "customer")["form"] == "customer"
    assert "read" in told["may"]
    states = next(one for one in admin.get("/product").json["fields"] if one["key"] == "state")["choices"]
    assert {"在售", "停售"} <= {one["key"] for one in states}
    assert seller.get("/nix").status_code == 404
