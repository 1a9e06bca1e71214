"""A delivery says in a browser which row of which order it is of; the order's page shows what is delivered and open."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from dougong.apps import store
from dougong.workspace.transactions import Workspaces
from dougong.workspace.workspaces import WorkspaceInfo
from engines.form.form import Forms
from engines.form.query import get_record
from engines.form.records import create_record
from engines.form.transaction import SYSTEM
from tests.apps import publish_app
from tests.form.build import field, form

APP = "shipments"
Enter = Callable[..., Page]


def named(key: str, kind: str, zh: str, options: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return field(key, kind, options, label={"en": key.replace("_", " ").title(), "zh-CN": zh}, **more)


def documents() -> list[dict[str, Any]]:
    delivered = {"of": {"form": "delivery", "rows": "lines", "field": "order_line"}, "aggregate": "sum", "field": "qty"}
    ordered = [
        named("product", "relation", "产品", {"form": "product"}),
        named("qty", "number", "数量"),
        named("delivered", "rollup", "已发", delivered),
        named("open", "formula", "未发", {"expression": "qty - delivered", "result": "number"}),
    ]
    sent = [
        named(
            "order_line",
            "relation",
            "订单明细",
            {
                "form": "order",
                "rows": "lines",
                "where": [{"field": "open", "op": "gt", "value": "0"}],
                "copy": [{"from": "product.name", "to": "what"}],
            },
        ),
        named("what", "text", "品名"),
        named("qty", "number", "本次发货", default="order_line.open"),
        named("left", "formula", "发后未发", {"expression": "order_line.open - qty", "result": "number"}),
        named("buyer", "lookup", "客户", {"path": "order_line._parent.buyer"}),
        named("ordered", "lookup", "所订", {"path": "order_line.product"}),
    ]
    return [
        form("product", named("name", "text", "名称"), title_field="name"),
        form(
            "order",
            named("no", "text", "单号"),
            named("buyer", "text", "客户"),
            named("lines", "subform", "明细") | {"fields": ordered},
            title_field="no",
            title={"en": "Order", "zh-CN": "订单"},
        ),
        form(
            "delivery",
            named("no", "text", "单号"),
            named("lines", "subform", "发货明细") | {"fields": sent},
            title_field="no",
            title={"en": "Delivery", "zh-CN": "发货单"},
        ),
    ]


@pytest.fixture(scope="module")
def shipments(workspaces: Workspaces, company: WorkspaceInfo) -> Forms:
    publish_app(workspaces, company, APP, "发货", documents())
    with workspaces.begin(company, SYSTEM, origin="pack") as tx:
        forms = store.forms(tx, APP)
        for name in ("打印机", "墨盒"):
            create_record(tx, forms.get("product"), {"name": name})
        rows = [{"product": 1, "qty": 10}, {"product": 2, "qty": 4}]
        create_record(tx, forms.get("order"), {"no": "DD202611220001", "buyer": "远山科技", "lines": rows})
        return forms


def test_a_row_of_an_order_is_chosen_and_its_figures_follow(
    as_person: Enter, shipments: Forms, workspaces: Workspaces, company: WorkspaceInfo, axe: Any
) -> None:
    page = as_person("admin")
    page.goto(f"/a/{APP}/delivery/new")
    expect(page.locator("#dg-form[data-ready]")).to_be_attached()
    page.locator('[name="no"]').fill("FH1")
    if page.locator('[data-name="lines[0].order_line"]').count() == 0:
        page.locator("[data-add-row]").first.click()
    picker = page.locator('[data-name="lines[0].order_line"] input[role=combobox]')
    picker.fill("墨")
    page.get_by_role("option", name="DD202611220001 · 2 · 墨盒").click()
    expect(page.locator('[name="lines[0].what"]')).to_have_value("墨盒")
    expect(page.locator('[name="lines[0].qty"]')).to_have_value("4")
    expect(page.locator('[data-out="lines[0].buyer"]')).to_contain_text("远山科技")
    expect(page.locator('[data-out="lines[0].ordered"]')).to_contain_text("墨盒")
    page.locator('[name="lines[0].qty"]').fill("3")
    expect(page.locator('[data-out="lines[0].left"]')).to_contain_text("1")
    page.get_by_role("button", name="保存").first.click()
    link = page.get_by_role("link", name="DD202611220001 · 2 · 墨盒")
    expect(link).to_be_visible()
    expect(page.locator("table[aria-label=发货明细]")).to_contain_text("远山科技")
    axe(page)
    with workspaces.begin(company, SYSTEM) as tx:
        rows = get_record(tx, shipments.get("order"), 1).values["lines"]
        assert [(row["delivered"], row["open"]) for row in rows] == [(0, 10), (3, 1)]
    link.click()
    expect(page).to_have_url(f"{page.url.partition('/a/')[0]}/a/{APP}/order/1#lines-row-{rows[1]['id']}")
    expect(page.locator(f"#lines-row-{rows[1]['id']}")).to_contain_text("墨盒")

    page.goto(f"/a/{APP}/order/1/edit")
    expect(page.locator("#dg-form[data-ready]")).to_be_attached()
    page.locator("[data-rows] > tr").nth(1).locator("[data-remove-row]").click()
    page.get_by_role("button", name="保存").first.click()
    expect(page.locator("main")).to_contain_text("FH1")
    axe(page)
