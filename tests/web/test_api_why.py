# ruff: noqa: F811
"""Why a value is what it is, through the API."""

from api_world import admin, caller, people, quote, site  # noqa: F401 - fixtures of one world


def test_a_value_explains_itself(admin, quote):
    made = admin.make("product", code="WHY-1", name="Why", unit="件", list_price="10")
    assert admin.get(f"/product/records/{made}/why/list_price").json["kind"] == "entered"
    told = admin.get(f"/quote/records/{quote['mine']}/why/total").json
    assert (told["kind"], told["form"], told["id"]) == ("formula", "quote", quote["mine"])
    assert told["expression"] and told["used"] and told["text"].count("\n") >= 1
    assert admin.get(f"/quote/records/{quote['mine']}/why/nothing").status_code == 404
    assert admin.get(f"/quote/records/{quote['mine']}/why/total?row=x").status_code == 400
    assert admin.get("/quote/records/99999/why/total").status_code == 404
