"""Amounts in several currencies on pages: the rate of the day while one types, a list with a total in the base."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from dougong.apps import store
from dougong.workspace.transactions import Workspaces
from dougong.workspace.workspaces import WorkspaceInfo
from engines.form.records import create_record
from engines.form.transaction import SYSTEM
from tests.apps import publish_app
from tests.form.build import field, form
from tests.form.purse import CURRENCY, RATE, SETTING

APP = "trading"
Enter = Callable[..., Page]
OWN = {"currency_field": "currency.code", "base": {"amount": "base_amount", "rate": "rate", "date": "date"}}
LINE = {"currency_field": "currency.code"}


def named(key: str, kind: str, zh: str, options: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return field(key, kind, options, label={"en": key.title().replace("_", " "), "zh-CN": zh}, **more)


def documents() -> list[dict[str, Any]]:
    amount = {"expression": "ROUND(qty * price, 2)", "result": "money", **LINE}
    lines = {
        **named("lines", "subform", "明细", {"totals": ["amount"]}),
        "fields": [
            named("qty", "number", "数量"),
            named("price", "money", "单价", LINE),
            named("amount", "formula", "金额", amount),
        ],
    }
    deal = form(
        "deal",
        named("name", "text", "名称"),
        named("currency", "relation", "币种", {"form": "currency"}),
        named("date", "date", "日期"),
        named("rate", "number", "汇率", {"decimals": 6}),
        named("amount", "formula", "合计", {"expression": "SUM(lines.amount)", "result": "money", **OWN}),
        named("base_amount", "money", "折合人民币"),
        lines,
        title_field="name",
        views=[{"key": "all", "title": "All", "columns": ["name", "amount", "rate"], "totals": ["amount"]}],
    )
    return [SETTING, CURRENCY, RATE, {**deal, "title": {"en": "Deals", "zh-CN": "外币单"}}]


@pytest.fixture(scope="module")
def trading(workspaces: Workspaces, company: WorkspaceInfo) -> None:
    publish_app(workspaces, company, APP, "外贸", documents())
    with workspaces.begin(company, SYSTEM, origin="pack") as tx:
        forms = store.forms(tx, APP)
        for code, digits, rate in (("USD", 2, "7.1234"), ("JPY", 0, "0.05")):
            made = create_record(tx, forms.get("currency"), {"code": code, "digits": digits}).id
            create_record(tx, forms.get("rate"), {"currency": made, "valid_from": "2026-06-01", "rate": rate})


def pick(page: Page, label: str) -> None:
    picker = page.locator('dg-picker[data-name="currency"]')
    if picker.locator("[data-unpick]").count():
        picker.locator("[data-unpick]").click()
    picker.locator("input[role=combobox]").fill(label)
    picker.locator("[role=option]", has_text=label).first.click()


def test_a_page_takes_the_rate_of_the_day_and_a_list_adds_up_in_the_base_currency(
    trading: None, as_person: Enter
) -> None:
    page = as_person("admin")
    page.goto(f"/a/{APP}/deal/new")
    page.fill('[name="name"]', "美元单")
    page.fill('[name="date"]', "2026-06-14")
    pick(page, "USD")
    rate = page.locator('[name="rate"]')
    expect(rate).to_have_value("7.1234")
    page.locator("[data-add-row]").first.click()
    page.fill('[name="lines[0].qty"]', "2")
    page.fill('[name="lines[0].price"]', "500")
    expect(page.locator('[data-out="amount"]')).to_have_text("$1,000.00")
    expect(page.locator('[data-sum="amount"]')).to_have_text("$1,000.00")
    base = page.locator('[data-out="base_amount"]')
    expect(base).to_have_text("¥7,123.40")
    rate.fill("7")
    expect(base).to_have_text("¥7,000.00")
    rate.fill("")
    expect(base).to_have_text("")
    rate.blur()  # left blank: the rate of the table again
    expect(rate).to_have_value("7.1234")
    expect(base).to_have_text("¥7,123.40")
    rate.fill("7")
    pick(page, "JPY")
    expect(rate).to_have_value("0.05")
    expect(page.locator('[data-out="amount"]')).to_have_text("JP¥1,000")
    expect(base).to_have_text("¥50.00")
    pick(page, "USD")
    expect(base).to_have_text("¥7,123.40")
    page.get_by_role("button", name="保存", exact=True).click()
    page.wait_for_url(re.compile(rf"/a/{APP}/deal/\d+"))
    expect(page.locator("main")).to_contain_text("$1,000.00")
    expect(page.locator("main")).to_contain_text("¥7,123.40")
    page.goto(f"/a/{APP}/deal/new")
    page.fill('[name="name"]', "早单")
    page.fill('[name="date"]', "2026-05-01")
    pick(page, "USD")
    page.locator("[data-add-row]").first.click()
    page.fill('[name="lines[0].qty"]', "1")
    page.fill('[name="lines[0].price"]', "1")
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.locator("main")).to_contain_text("没有 USD 在 2026-05-01 的汇率")
    page.fill('[name="date"]', "2026-06-02")
    pick(page, "JPY")
    page.get_by_role("button", name="保存", exact=True).click()
    page.wait_for_url(re.compile(rf"/a/{APP}/deal/\d+"))
    page.goto(f"/a/{APP}/deal")
    expect(page.locator("tbody")).to_contain_text("JP¥1")
    expect(page.locator("tfoot")).to_contain_text("¥7,123.45")
