"""The page of a record with rows: explained, shown, with pictures, and the lists of what points at its rows."""

import json

import pytest
from row_world import PNG, make

APP = "rowpage"
HERE = f"/a/{APP}"


@pytest.fixture(scope="module")
def world(workspaces, company, settings):
    return make(workspaces, company, APP, settings)


def test_computed_values_of_rows_and_of_rows_of_rows_are_explained(world, admin):
    record = f"{HERE}/order/{world['order']}"
    page = admin.get(record).get_data(as_text=True)
    line = world["lines"][0]
    part = line["parts"][0]
    for path, row in (("lines.amount", line), ("lines.delivered", line), ("lines.parts.sum", part)):
        assert f'hx-get="{record}/why/{path}?row={row["id"]}"' in page
    assert f"{record}/why/lines.qty" not in page, "it was entered"
    told = admin.get(f"{record}/why/lines.parts.sum?row={part['id']}").get_data(as_text=True)
    assert "¥30.00" in told and "件数" in told and "成本" in told
    told = admin.get(f"{record}/why/lines.amount?row={line['id']}").get_data(as_text=True)
    assert "数量" in told and "$500.00" in told and "$1,000.00" in told
    told = admin.get(f"{record}/why/amount").get_data(as_text=True)
    assert "$1,001.50" in told
    assert admin.get(f"{record}/why/lines.amount?row=999999").status_code == 404
    cells = admin.get(f"{record}/cells/lines").get_data(as_text=True)
    assert f"{record}/why/lines.amount?row={line['id']}" in cells, "pages of long sub-forms have the marks too"


def test_programs_are_told_what_amounts_and_totals_are_in(world, admin):
    forms = f"/api/v1/apps/{APP}/forms"
    read = admin.get(f"{forms}/order/records/{world['order']}").json
    told = read["currencies"]
    assert (read["values"]["freight"], told["freight"], told["amount"]) == ("35", "USD", "USD")
    assert told["base_amount"] == "CNY" and "rate" not in told and "name" not in told
    first, second = told["lines"]
    assert first == {"price": "USD", "amount": "USD", "parts": [{"cost": "CNY", "sum": "CNY"}] * 2}
    assert second == {"price": "USD", "amount": "USD"}
    listed = admin.get(f"{forms}/order/records?columns=freight,amount&totals=amount,freight,base_amount,rate").json
    assert {one["id"]: one["currencies"] for one in listed["items"]} == {
        world["order"]: {"freight": "USD", "amount": "USD"},
        world["other"]: {"amount": "JPY"},
    }
    # base amounts where currencies differ; one currency among those that have an amount; a rate counts nothing
    assert listed["total_currencies"] == {"amount": "CNY", "freight": "USD", "base_amount": "CNY"}
    fields = {one["key"]: one for one in admin.get(f"{forms}/order").json["fields"]}
    assert (fields["freight"]["currency"], fields["freight"]["currency_field"]) == ("CNY", "currency.code")
    assert fields["base_amount"]["currency"] == "CNY" and "currency_field" not in fields["base_amount"]
    assert "currency" not in fields["rate"]


def test_masked_values_of_rows_of_rows_are_shown_on_demand(world, seller):
    record = f"{HERE}/order/{world['order']}"
    page = seller.get(record).get_data(as_text=True)
    part = world["lines"][0]["parts"][0]
    url = f"{record}/show/lines.parts.serial_no?row={part['id']}"
    assert f'hx-post="{url}"' in page and "SN-20260001" not in page
    assert f'hx-post="{record}/show/lines.licence?row={world["lines"][0]["id"]}"' in page
    assert f"/show/lines.licence?row={world['lines'][1]['id']}" not in page, "nothing is masked there"
    assert "SN-20260001" in seller.post(url, page=record).get_data(as_text=True)


def test_pictures_and_files_stand_in_rows_for_those_who_see_them(world, admin, seller):
    record = f"{HERE}/order/{world['order']}"
    page = admin.get(record).get_data(as_text=True)
    token = world["picture"]["id"]
    for path in ("lines.photo", "lines.sign", "lines.parts.scan"):
        assert f'src="{record}/files/{path}/{token}"' in page
        assert seller.get(f"{record}/files/{path}/{token}").data == PNG
    assert f'href="{record}/files/lines.paper/{token}"' in page
    name = seller.get(f"{record}/files/lines.photo/{token}").headers["Content-Disposition"]
    assert name.isascii() and "filename*=UTF-8''%E7%81%AF%E4%B8%B2.png" in name, "headers hold Latin letters only"
    for wrong in ("lines.product", "lines.parts", "lines", "parts.scan", "lines.nothing"):
        assert seller.get(f"{record}/files/{wrong}/{token}").status_code == 404


def test_a_record_lists_what_points_at_its_rows_as_far_as_the_reader_may_see_it(world, admin, seller):
    page = admin.get(f"{HERE}/order/{world['order']}", headers={"Accept-Language": "zh-CN"}).get_data(as_text=True)
    assert ">发货 <span" in page and ">首发 <span" in page
    assert page.count(f' href="{HERE}/delivery/1"') == 2, "by its row, and by its first line"
    assert f'href="{HERE}/delivery/2"' not in page
    other = admin.get(f"{HERE}/order/{world['other']}").get_data(as_text=True)
    assert f'href="{HERE}/delivery/2"' in other and f'href="{HERE}/delivery/1"' not in other
    condition = json.dumps({"field": "lines.order_line._parent", "op": "eq", "value": world["order"]})
    listed = admin.get(f"{HERE}/delivery", query_string={"filter": condition}).get_data(as_text=True)
    assert "FH1" in listed and "FH2" not in listed and "美元单" in listed, "the list says whose rows are meant"
    hidden = seller.get(f"{HERE}/order/{world['order']}").get_data(as_text=True)
    assert "FH1" not in hidden and "首发" in hidden


def test_the_history_says_in_which_currency_an_amount_was(world, admin):
    told = admin.get(f"{HERE}/order/{world['order']}/history").get_data(as_text=True)
    assert "<del>$30.00</del>" in told and "<ins>JP¥35</ins>" in told
    assert "明细 · 已发</span> <del>0</del> <ins>1</ins>" in told, "a delivery moved it, nobody changed the row"
    assert "灯座" not in told, "the components stayed as they were"
