"""Rows of rows in a browser: a panel under their row, totals while one types, saved, wrong input, and the phone."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from dougong.apps import store
from dougong.designer import workbench
from dougong.workspace.transactions import Workspaces
from dougong.workspace.workspaces import WorkspaceInfo
from engines.form.form import Forms
from engines.form.query import Query, get_record, list_records
from engines.form.records import create_record
from engines.form.transaction import SYSTEM
from tests.apps import publish_app
from tests.e2e.test_designer import Hand, saved
from tests.form.build import field, form

APP = "nestkit"
Enter = Callable[..., Page]


def named(key: str, kind: str, en: str, zh: str, options: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return field(key, kind, options, label={"en": en, "zh-CN": zh}, **more)


def documents() -> list[dict[str, Any]]:
    parts = [
        named("product", "relation", "Product", "产品", {"form": "product"}),
        named("qty", "number", "Quantity", "数量", required=True, default="1"),
        named("price", "money", "Price", "单价", default="product.price"),
        named("amount", "formula", "Amount", "金额", {"expression": "ROUND(qty * price, 2)", "result": "money"}),
    ]
    lines = [
        named("name", "text", "Kit", "套件"),
        named("count", "number", "Count", "套数", default="1"),
        named("parts", "subform", "Components", "组件") | {"fields": parts},
        named("total", "formula", "Sum", "小计", {"expression": "count * SUM(parts, qty * price)", "result": "money"}),
    ]
    total = {"expression": "SUM(lines.total)", "result": "money"}
    return [
        form(
            "product",
            named("name", "text", "Name", "名称"),
            named("price", "money", "Price", "单价"),
            title_field="name",
        ),
        form(
            "quote",
            named("name", "text", "Name", "名称"),
            named("lines", "subform", "Lines", "明细") | {"fields": lines},
            named("total", "formula", "Total", "合计", total),
            title_field="name",
            title={"en": "Kit quote", "zh-CN": "套件报价"},
        ),
    ]


@pytest.fixture(scope="module")
def kitting(workspaces: Workspaces, company: WorkspaceInfo) -> Forms:
    publish_app(workspaces, company, APP, {"en": "Kits", "zh-CN": "套件"}, documents())
    with workspaces.begin(company, SYSTEM, origin="pack") as tx:
        forms = store.forms(tx, APP)
        create_record(tx, forms.get("product"), {"name": "灯泡", "price": "7.5"})
        return forms


def stored(workspaces: Workspaces, company: WorkspaceInfo, quote: int | None = None) -> dict[str, Any]:
    with workspaces.begin(company, SYSTEM, read_only=True) as tx:
        form_ = store.forms(tx, APP).get("quote")
        found = list_records(tx, form_, Query(("name",))).rows[0].id if quote is None else quote
        return dict(get_record(tx, form_, found).values)


def test_components_are_entered_under_their_line_and_count_at_once(
    as_person: Enter, kitting: Forms, workspaces: Workspaces, company: WorkspaceInfo, axe: Any
):
    page = as_person("admin")
    page.goto(f"/a/{APP}/quote/new")
    expect(page.locator("#dg-form[data-ready]")).to_be_attached()
    page.locator("[name=name]").fill("节日")
    page.get_by_role("button", name="添加一行").first.click()
    page.locator('[name="lines[0].name"]').fill("灯串")
    page.locator('[name="lines[0].count"]').fill("2")
    toggle = page.locator("[data-nested-toggle]").first
    expect(toggle).to_have_text("0 行")
    toggle.click()
    expect(toggle).to_have_attribute("aria-expanded", "true")
    panel = page.locator("[data-nested-panel]").first
    panel.get_by_role("button", name="添加一行").click()
    expect(toggle).to_have_text("1 行")
    first = panel.locator("tr[data-part]").first
    first.locator("dg-picker input[role=combobox]").fill("灯泡")
    page.get_by_role("option", name="灯泡").click()
    price = first.locator('[name$=".price"]')
    expect(price).to_have_value("7.5")  # the default that the product gives
    first.locator('[name$=".qty"]').fill("4")
    expect(first.locator('[data-out$=".amount"]')).to_have_text("¥30.00")
    expect(page.locator('[data-out="lines[0].total"]')).to_have_text("¥60.00")
    expect(page.locator('[data-out="total"]')).to_have_text("¥60.00")

    first.locator('[name$=".qty"]').press("Enter")  # a further row, not a save
    second = panel.locator("tr[data-part]").nth(1)
    expect(second.locator("dg-picker input[role=combobox]")).to_be_focused()
    second.locator('[name$=".price"]').fill("10")
    second.locator("[data-copy-part]").click()
    expect(toggle).to_have_text("3 行")
    expect(panel.locator('[data-part-sum="amount"]')).to_have_text("¥50.00")
    third = panel.locator("tr[data-part]").nth(2)
    third.locator('[name$=".price"]').fill("1")
    third.locator('[name$=".price"]').press("Alt+ArrowUp")
    expect(panel.locator("tr[data-part]").nth(1).locator('[name$=".price"]')).to_have_value("1")
    axe(page)

    page.locator("[data-copy-row]").first.click()  # with its components
    expect(page.locator("[data-nested-toggle]").nth(1)).to_have_text("3 行")
    expect(page.locator('[data-out="total"]')).to_have_text("¥164.00")
    copied = page.locator("tr[data-row]").nth(1)
    copied.locator("[data-nested-toggle]").click()
    copied.locator("tr[data-part]").nth(2).locator("[data-remove-part]").click()
    copied.locator("tr[data-part]").nth(1).locator('[name$=".qty"]').fill("viele")
    page.locator("[data-save]").click()

    summary = page.locator("[data-error-summary]")
    expect(summary).to_contain_text("请输入数字")
    wrong = page.locator("tr[data-row]").nth(1).locator("tr[data-part]").nth(1)
    expect(wrong.locator(".invalid-feedback")).to_be_visible()  # its panel stands open
    expect(wrong.locator('[name$=".qty"]')).to_have_value("viele")
    wrong.locator('[name$=".qty"]').fill("2")
    expect(page.locator('[data-out="total"]')).to_have_text("¥146.00")
    page.locator("[data-save]").click()

    expect(page.get_by_role("heading", name="节日")).to_be_visible()
    expect(page.locator(".dg-nested-line")).to_have_count(2)
    expect(page.locator(".dg-nested-line").first).to_contain_text("灯泡")
    axe(page)
    values = stored(workspaces, company)
    lines = [[(one["qty"], one["price"]) for one in line["parts"]] for line in values["lines"]]
    assert lines == [[(4, Decimal("7.5")), (1, 1), (1, 10)], [(4, Decimal("7.5")), (2, 1)]]
    assert values["total"] == Decimal("146.00")


def test_on_the_phone_components_stand_in_the_card_of_their_line(
    as_person: Enter, kitting: Forms, workspaces: Workspaces, company: WorkspaceInfo, axe: Any
):
    with workspaces.begin(company, SYSTEM, origin="pack") as tx:
        line = {"name": "Chain", "parts": [{"qty": 3, "price": 2}, {"qty": 1, "price": 5}]}
        quote = create_record(tx, store.forms(tx, APP).get("quote"), {"name": "Phone", "lines": [line]}).id
    page = as_person("admin", phone=True, locale="en")
    page.goto(f"/a/{APP}/quote/{quote}")
    expect(page.locator(".dg-nested-line")).to_contain_text("Components")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.goto(f"/a/{APP}/quote/{quote}/edit")
    expect(page.locator("#dg-form[data-ready]")).to_be_attached()
    toggle = page.locator("[data-nested-toggle]")
    expect(toggle).to_have_text("2 rows")
    toggle.click()
    page.locator("tr[data-part]").first.locator('[name$=".qty"]').fill("10")
    expect(page.locator('[data-out="lines[0].total"]')).to_have_text("¥25.00")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    axe(page)
    toggle.press("Escape")
    expect(page.locator("[data-nested-panel]")).to_be_hidden()
    page.locator("[data-save]").click()
    expect(page.locator(".dg-nested-line")).to_be_visible()
    values = stored(workspaces, company, quote)
    assert [(one["qty"], one["price"]) for one in values["lines"][0]["parts"]] == [(10, 2), (1, 5)]


def test_a_sub_form_is_dropped_into_a_sub_form_and_filled_by_keyboard(
    as_person: Enter, kitting: Forms, workspaces: Workspaces, company: WorkspaceInfo
):
    page = as_person("admin")
    page.goto(f"/design/{APP}/form/product")
    hand = Hand(page)
    expect(page.locator(".dz-canvas")).to_be_visible()
    hand.new("subform", page.locator(".dz-grid").first, "规格")
    rows = page.locator('[data-drop^="rows:"]').first
    hand.new("text", rows, "型号", 0.5, 0.5)
    hand.new("subform", rows, "尺寸", 0.97, 0.5)
    page.wait_for_timeout(900)  # keys follow names
    inner = page.locator('[data-drop^="rows:"] [data-drop^="rows:"]')
    expect(inner).to_have_count(1)
    hand.new("number", inner, "长", 0.5, 0.5)
    page.wait_for_timeout(900)
    path = str(inner.get_attribute("data-drop")).removeprefix("rows:")
    page.locator(f'[data-hit^="{path}."]').focus()
    page.keyboard.press("Enter")
    page.locator('.dz-palette [data-type="number"]').press("Enter")  # a second one beside the chosen one
    expect(page.locator(f'[data-hit^="{path}."]')).to_have_count(2)
    assert page.locator('[data-drop^="rows:"] [data-drop^="rows:"] [data-drop^="rows:"]').count() == 0
    saved(page)
    with workspaces.begin(company, SYSTEM, origin="system", read_only=True) as tx:
        found = workbench.open_form(tx, APP, "product").document
    spec = next(one for one in found["fields"] if one["type"] == "subform")
    assert [one["type"] for one in spec["fields"]] == ["text", "subform"]
    assert [one["type"] for one in spec["fields"][1]["fields"]] == ["number", "number"]
