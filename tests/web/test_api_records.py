# ruff: noqa: F811
"""Records through the API: what comes back, what is refused and how, and that nothing denied ever leaves."""

import pytest
from api_world import APP, admin, caller, codes, people, quote, site  # noqa: F401 - fixtures of one world

from dougong.apps import store
from dougong.packs.install import install
from dougong.packs.library import Library
from dougong.workspace.workspaces import create_workspace, drop_workspace
from engines.form.records import create_record
from engines.form.transaction import SYSTEM


def test_a_record_is_created_read_changed_deleted_and_restored(admin):
    told = admin.post("/customer/records", {"values": {"name": "新海科技"}}, Prefer="return=representation")
    assert told.status_code == 201
    one, number = told.json, told.json["id"]
    assert (one["title"], one["version"]) == ("新海科技", 1)
    assert "update" in one["may"]
    assert "name" in one["editable"]
    changed = admin.patch(f"/customer/records/{number}", {"values": {"name": "新海"}})
    assert changed.json == {"id": number, "version": 2, "changed": True}
    assert admin.patch(f"/customer/records/{number}", {"values": {"name": "新海"}}).json["changed"] is False
    read = admin.get(f"/customer/records/{number}")
    assert read.headers["ETag"] == '"2"'
    assert read.json["values"]["name"] == "新海"
    assert admin.call("DELETE", f"/customer/records/{number}").status_code == 200
    assert admin.get(f"/customer/records/{number}").status_code == 404
    assert admin.get(f"/customer/records/{number}?trash=true").status_code == 200
    assert admin.post(f"/customer/records/{number}/restore").status_code == 200
    again = admin.post(f"/customer/records/{number}/restore")
    assert again.status_code == 409 and "meanwhile" not in again.json["title"] and "其他人" not in again.json["title"]
    assert admin.get(f"/customer/records/{number}").json["version"] == 4


def test_what_was_read_may_be_sent_back_as_it_is(admin, quote):
    read = admin.get(f"/quote/records/{quote['mine']}").json
    writable = {key: value for key, value in read["values"].items() if key in read["editable"]}
    told = admin.patch(f"/quote/records/{quote['mine']}", {"values": writable, "base": read["values"]})
    assert (told.status_code, told.json["changed"]) == (200, False), told.json


def test_a_list_is_filtered_sorted_counted_and_added_up(admin):
    for number in range(5):
        admin.make("product", code=f"L-{number}", name=f"列表{number}", unit="件", list_price=str(number * 10))
    ask = {"filter": {"and": [{"field": "code", "op": "starts", "value": "L-"}]}, "sort": ["-list_price"], "limit": 2}
    first = admin.post(
        "/product/records/query", {**ask, "columns": ["code", "list_price"], "totals": ["list_price"]}
    ).json
    assert [one["values"]["code"] for one in first["items"]] == ["L-4", "L-3"]
    assert set(first["items"][0]["values"]) == {"code", "list_price"}
    assert (first["total"], first["capped"]) == (5, False)
    assert float(first["totals"]["list_price"]) == 100
    second = admin.post("/product/records/query", {**ask, "cursor": first["next_cursor"]}).json
    assert [one["values"]["code"] for one in second["items"]] == ["L-2", "L-1"]
    text = '{"field":"code","op":"starts","value":"L-"}'
    by_address = admin.get(f"/product/records?columns=code&filter={text}&sort=list_price&limit=1&count=none").json
    assert by_address["items"][0]["values"] == {"code": "L-0"}
    assert by_address["total"] is None
    assert admin.get("/product/records?search=列表3").json["total"] == 1


def test_a_seller_gets_no_cost_and_no_record_of_another_seller(caller, quote):
    seller = caller("seller")
    row = seller.get(f"/quote/records/{quote['mine']}").json["values"]["lines"][0]
    assert "cost" not in row
    assert "qty" in row
    assert "cost" in caller("admin").get(f"/quote/records/{quote['mine']}").json["values"]["lines"][0]
    assert "cost" not in seller.get(f"/product/records/{quote['product']}").json["values"]
    assert seller.get(f"/quote/records/{quote['other']}").status_code == 404
    assert [one["id"] for one in seller.get("/quote/records").json["items"]] == [quote["mine"]]
    listed = seller.get("/quote/records?columns=lines,no").json["items"]
    assert all("cost" not in row for one in listed for row in one["values"]["lines"])


@pytest.mark.parametrize("filter_", ["lines.cost", "lines.product.cost"])
def test_a_hidden_field_cannot_be_guessed_with_a_filter(caller, quote, filter_):
    ask = {"filter": {"field": filter_, "op": "gt", "value": 0}}
    assert caller("admin").post("/quote/records/query", ask).json["total"] == 2
    assert caller("seller").post("/quote/records/query", ask).json["total"] == 0


def test_a_hidden_field_is_not_written_and_another_sellers_record_not_changed(caller, quote):
    seller = caller("seller")
    told = seller.patch(f"/quote/records/{quote['mine']}", {"values": {"lines": [{"cost": 1, "qty": 1}]}})
    assert (told.status_code, codes(told)[0]) == (403, ("record.field_denied", "lines[0].cost"))
    told = seller.patch(f"/quote/records/{quote['other']}", {"values": {"remark": "x"}})
    assert (told.status_code, codes(told)[0][0]) == (404, "record.unknown")
    assert seller.call("DELETE", f"/quote/records/{quote['other']}").status_code in (403, 404)


def test_two_who_change_one_field_are_told_field_by_field(admin):
    number = admin.make("customer", name="甲方", phone="13800000001")
    assert admin.patch(f"/customer/records/{number}", {"values": {"name": "乙方"}}).status_code == 200
    told = admin.patch(f"/customer/records/{number}", {"values": {"name": "丙方"}}, **{"If-Match": '"1"'})
    assert (told.status_code, codes(told)) == (409, [("record.stale", "name")])
    assert told.mimetype == "application/problem+json"
    assert told.json["title"] in ("其他人刚刚修改了它", "Somebody else changed this meanwhile")
    params = told.json["problems"][0]["params"]
    assert (params["base"], params["theirs"], params["mine"]) == ("甲方", "乙方", "丙方")
    other = {"values": {"phone": "13800000002"}}
    assert admin.patch(f"/customer/records/{number}", other, **{"If-Match": '"1"'}).status_code == 200
    by_base = {"values": {"name": "丙方"}, "base": {"name": "甲方"}}
    assert admin.patch(f"/customer/records/{number}", by_base).status_code == 409
    assert admin.get(f"/customer/records/{number}").json["values"]["name"] == "乙方"
    assert admin.call("DELETE", f"/customer/records/{number}", **{"If-Match": '"1"'}).status_code == 409


@pytest.mark.parametrize(
    ("body", "status", "code", "path"),
    [
        ({"values": {"nam": "x"}}, 422, "record.unknown_field", "nam"),
        ({"values": {}}, 422, "record.required", "name"),
        ({"values": {"name": {"a": 1}}}, 422, None, "name"),
        ({"values": {"name": "长" * 100_000}}, 422, None, "name"),
        ({"values": {"name": "x", "id": 7}}, 422, "record.unknown_field", "id"),
        ({"values": {"name": "x", "_version": 7}}, 422, "record.unknown_field", "_version"),
        ({"values": {"name": "x", "_owner": 99999999}}, 422, None, "_owner"),
        ({"values": [1]}, 400, "document.type", "values"),
        ({"name": "x"}, 400, "document.unknown", "name"),
        ({"values": {"name": "a\0b"}}, 400, "document.null_character", ""),
    ],
)
def test_bad_values_name_their_place_and_change_nothing(admin, body, status, code, path):
    before = admin.get("/customer/records?count=exact&limit=1").json["total"]
    told = admin.post("/customer/records", body)
    assert (told.status_code, told.json["problems"][0]["path"]) == (status, path), told.json
    assert code is None or told.json["problems"][0]["code"] == code
    assert admin.get("/customer/records?count=exact&limit=1").json["total"] == before


@pytest.mark.parametrize(
    ("address", "status", "code"),
    [
        ("/customer/records?limit=0", 400, "query.limit"),
        ("/customer/records?limit=x", 400, "document.type"),
        ("/customer/records?filter={", 400, "request.broken_json"),
        ("/customer/records?filter=[]", 400, "document.type"),
        ("/customer/records?fliter={}", 400, "document.unknown"),
        ("/customer/records?count=many", 400, "document.choice"),
        ("/customer/records?columns=name,nix", 422, "field.unknown"),
        ("/customer/records?sort=nix", 422, "field.unknown"),
        ("/customer/records?totals=name", 422, "query.no_total"),
        ("/customer/records?cursor=zzz", 422, "query.cursor"),
        ('/customer/records?filter={"field":"nix","op":"eq","value":1}', 422, "field.unknown"),
        ('/customer/records?filter={"field":"name","op":"near","value":1}', 422, "filter.operator"),
        ("/customer/records?search=%00", 400, "document.null_character"),
        ("/nix/records", 404, "form.unknown"),
        ("/customer/records/999999999", 404, "record.unknown"),
        (f"/customer/records/{10**30}", 404, "record.unknown"),
        ("/api/v1/apps/nix/forms/customer/records", 404, "app.unknown"),
        ("/quote/options?field=nix", 422, "field.unknown"),
        ("/quote/options?field=no", 422, "filter.no_path"),
    ],
)
def test_a_bad_question_is_told_what_is_wrong(admin, address, status, code):
    told = admin.get(address)
    assert (told.status_code, told.json["problems"][0]["code"]) == (status, code), told.json


def test_a_forged_version_is_refused(admin):
    number = admin.make("customer", name="版本")
    for given in ("x", "0", '"-1"', '"99999999999999"'):
        told = admin.patch(f"/customer/records/{number}", {"values": {"name": "y"}}, **{"If-Match": given})
        assert (told.status_code, codes(told)) == (400, [("request.if_match", "If-Match")])


def test_a_record_of_another_workspace_is_not_there(admin, database, workspaces):
    other = create_workspace(database, "elsewhere", "Elsewhere")
    try:
        install(workspaces, other, SYSTEM, Library(), ["crm.customer"], app=APP, title="Sales")
        with workspaces.begin(other, SYSTEM) as tx:
            form = store.forms(tx, APP).get("customer")
            ids = [create_record(tx, form, {"name": f"外部 {number}"}).id for number in range(60)]
        known = {one["id"] for one in admin.get("/customer/records?limit=500").json["items"]}
        foreign = next(number for number in ids if number not in known)
        assert admin.get(f"/customer/records/{foreign}").status_code == 404
        assert admin.patch(f"/customer/records/{foreign}", {"values": {"name": "x"}}).status_code == 404
        told = admin.post("/contact/records", {"values": {"name": "x", "customer": foreign}})
        assert (told.status_code, told.json["problems"][0]["path"]) == (422, "customer")
        with workspaces.begin(other, SYSTEM, read_only=True) as tx:
            assert tx.connection.exec_driver_sql("SELECT max(_version) FROM sale__customer").scalar_one() == 1
    finally:
        drop_workspace(database, other)


def test_the_history_tells_who_changed_what_and_hides_what_is_hidden(admin, caller, quote):
    lines = admin.get(f"/quote/records/{quote['mine']}").json["values"]["lines"]
    lines = [{"id": row["id"], "product": row["product"], "qty": row["qty"], "cost": "61.5"} for row in lines]
    assert admin.patch(f"/quote/records/{quote['mine']}", {"values": {"lines": lines}}).status_code == 200
    told = admin.get(f"/quote/records/{quote['mine']}/history").json["items"]
    assert (told[0]["kind"], told[-1]["kind"]) == ("updated", "created")
    assert "61.5" in str(told)
    seller = caller("seller")
    assert "61.5" not in str(seller.get(f"/quote/records/{quote['mine']}/history").json)
    assert seller.get(f"/quote/records/{quote['other']}/history").status_code == 404


def test_scopes_of_a_key_are_held(caller, quote):
    reader = caller("admin", "records:read")
    assert reader.get("/customer/records").status_code == 200
    told = reader.post("/customer/records", {"values": {"name": "x"}})
    assert (told.status_code, told.json["problems"][0]["params"]) == (403, {"scope": "records:write"})
    assert caller("admin", "records:write").get("/customer/records").status_code == 403


def test_the_same_create_twice_makes_one_record(admin):
    headers = {"Idempotency-Key": "customer-1"}
    first = admin.post("/customer/records", {"values": {"name": "只此一家"}}, **headers)
    again = admin.post("/customer/records", {"values": {"name": "只此一家"}}, **headers)
    assert (first.status_code, again.status_code, again.json) == (201, 201, first.json)
    assert admin.get("/customer/records?search=只此一家").json["total"] == 1


def test_options_are_found_by_title_within_rights(admin, caller, quote):
    found = admin.get("/quote/options?field=customer&search=东海").json["items"]
    assert [one["id"] for one in found] == [quote["customer"]]
    assert caller("seller").get("/quote/options?field=customer&search=南山").json["items"] == []
    assert admin.get("/product/options?search=齿轮").json["items"][0]["id"] == quote["product"]
    assert admin.get("/quote/options?field=lines.product&search=齿轮").json["items"][0]["id"] == quote["product"]
