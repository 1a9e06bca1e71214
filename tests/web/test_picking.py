"""Copied values and live queries over the web: pages, fragments and the API, as far as each person may see."""

from typing import Any

import pytest

from dougong.apps import store
from engines.form.checks import check_form
from engines.form.compile import collect
from engines.form.form import Forms
from engines.form.records import create_record, update_record
from engines.form.transaction import SYSTEM
from tests.apps import publish_app
from tests.form.build import field, form
from tests.form.company import group

APP = "picking"


def documents() -> list[dict[str, Any]]:
    prices = {
        "form": "price",
        "columns": ["product", "since", "price"],
        "where": [
            {"field": "product", "value": "product"},
            {"field": "since", "op": "le", "value": "day"},
            {"field": "until", "op": "ge", "value": "day"},
            {"field": "least", "op": "le", "value": "qty"},
        ],
        "sort": [{"expression": "least * 10", "descending": True}],
        "limit": 2,
        "totals": ["price"],
    }
    others = {
        "form": "order",
        "columns": ["name"],
        "where": [{"field": "product", "value": "product"}, {"field": "id", "op": "ne", "value": "id"}],
    }
    odd = {"form": "price", "columns": ["price"], "where": [{"field": "least", "op": "ge", "value": "name"}]}
    return [
        form("product", field("name", "text"), field("price", "money"), title_field="name"),
        form(
            "price",
            field("product", "relation", {"form": "product"}),
            field("since", "date"),
            field("until", "date"),
            field("least", "number"),
            field("price", "money"),
            field("papers", "attachment"),
        ),
        form(
            "order",
            field("name", "text"),
            field("product", "relation", {"form": "product", "copy": [{"from": "price", "to": "price"}]}),
            field("price", "money", label={"en": "Price", "zh-CN": "单价"}),
            field("day", "date"),
            field("qty", "number"),
            field("prices", "query", prices, label={"en": "Prices", "zh-CN": "有效价格"}),
            field("odd", "query", odd),
            field("others", "query", others, label={"en": "Others", "zh-CN": "其他订单"}),
            title_field="name",
        ),
        group("all", "order", [{"scope": "all"}], operations=["read", "create", "update"]),
        group("seen", "product", [{"scope": "all"}], operations=["read"]),
    ]


@pytest.fixture(scope="module")
def picked(workspaces, company) -> tuple[Forms, int, int]:
    publish_app(workspaces, company, APP, "Picking", documents())
    with workspaces.begin(company, SYSTEM, origin="pack") as tx:
        forms = store.forms(tx, APP)
        bolt = create_record(tx, forms.get("product"), {"name": "螺丝", "price": "2.50"}).id
        for since, until, least, price in (
            ("2026-01-01", "2026-06-30", 1, "2.50"),
            ("2026-01-01", "2026-06-30", 100, "2.20"),
            ("2026-01-01", "2026-06-30", 1000, "2"),
            ("2026-07-01", "2026-12-31", 1, "3"),
        ):
            given = {"product": bolt, "since": since, "until": until, "least": least, "price": price}
            create_record(tx, forms.get("price"), given)
        order = {"name": "A", "product": bolt, "day": "2026-03-01", "qty": 500}
        return forms, bolt, create_record(tx, forms.get("order"), order).id


def test_a_live_query_knows_ranges_and_an_order_by_an_expression(picked, admin):
    _, bolt, order = picked
    page = admin.get(f"/a/{APP}/order/{order}/query/prices").text
    assert page.index("2.20") < page.index("2.50")  # the highest quantity first
    assert "3.00" not in page and "4.70" in page  # another time; the total of what was found
    assert f"/a/{APP}/price/new?product={bolt}" in page
    given = {"product": str(bolt), "day": "2026-08-01", "qty": "5000"}
    page = admin.post(f"/a/{APP}/order/query/prices", given, page=f"/a/{APP}/order/new").text
    assert "3.00" in page and "2.50" not in page
    assert "3.00" not in admin.post(f"/a/{APP}/order/query/prices", {"qty": "1"}, page=f"/a/{APP}/order/new").text
    assert "dg-live-query" in admin.get(f"/a/{APP}/order/new").text


def test_a_record_that_is_not_stored_yet_is_none_of_the_others(picked, admin):
    _, bolt, order = picked
    url = f"/a/{APP}/order/query/others"
    assert f"/a/{APP}/order/{order}" in admin.post(url, {"product": str(bolt)}, page=f"/a/{APP}/order/new").text
    assert f"/order/{order}" not in admin.get(f"/a/{APP}/order/{order}/query/others").text.replace("/query/", "")


def test_a_live_query_shows_nothing_that_the_reader_may_not_see(picked, seller):
    _, _, order = picked
    page = seller.get(f"/a/{APP}/order/{order}/query/prices")
    assert page.status_code == 200
    assert "2.20" not in page.text


def test_a_choice_fills_and_the_record_tells_where_its_source_differs(picked, admin, workspaces, company):
    forms, bolt, order = picked
    assert admin.get(f"/a/{APP}/order/copies?path=product&id={bolt}").json == {"values": {"price": "2.5"}}
    assert admin.get(f"/a/{APP}/order/copies?path=name&id={bolt}").status_code == 422
    assert admin.get(f"/a/{APP}/order/{order}/copies").text.strip() == ""
    with workspaces.begin(company, SYSTEM) as tx:
        update_record(tx, forms.get("product"), bolt, {"price": "2.80"})
    told = admin.get(f"/a/{APP}/order/{order}/copies").text
    assert "2.50" in told and "2.80" in told
    admin.post(f"/a/{APP}/order/{order}/copies", {}, page=f"/a/{APP}/order/{order}")
    assert admin.get(f"/a/{APP}/order/{order}/copies").text.strip() == ""


def test_wrong_live_queries_are_told_where_they_stand():
    order = documents()[2]
    order["fields"][5]["options"] |= {
        "columns": ["gone"],
        "where": [{"field": "product", "value": "nobody"}, {"field": "price", "value": "product.price"}],
        "totals": [],
        "sort": [{"field": "product.name"}, {"field": "papers"}, {"expression": "gone * 2"}, {"field": "product"}],
    }
    forms = collect(APP, [*documents()[:2], order]).forms
    found = {problem.path: problem.code for problem in check_form(forms.get("order"))}
    assert found["fields.prices.options.columns"] == "field.unknown"
    assert found["fields.prices.options.where[1].value"] == "query.beyond"
    assert any(path.startswith("fields.prices.options.where[0].value") for path in found)
    assert found["fields.prices.options.sort[0].field"] == "linkage.many_values"
    assert found["fields.prices.options.sort[1].field"] == "query.not_sortable"
    assert any(path.startswith("fields.prices.options.sort[2].expression") for path in found)
    assert "fields.prices.options.sort[3].field" not in found


def test_a_live_query_finds_nothing_for_a_value_that_is_none_of_the_other_field(picked, admin):
    _, _, order = picked
    page = admin.get(f"/a/{APP}/order/{order}/query/odd")
    assert page.status_code == 200 and "2.20" not in page.text
