"""The dialog of a picker: groups with counters, quantities, what is excluded, by keyboard and on a phone."""

import re
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

APP = "kitting"
Enter = Callable[..., Page]
KINDS = [
    {"key": "frame", "label": {"en": "Frame", "zh-CN": "机架"}},
    {"key": "power", "label": {"en": "Power supply", "zh-CN": "电源"}},
    {"key": "card", "label": {"en": "Cards", "zh-CN": "板卡"}},
]
PARTS = (
    ("标准机架", "frame", 0, 0, "800"),
    ("加强机架", "frame", 0, 0, "1200"),
    ("500 W 电源", "power", 500, 0, "300"),
    ("800 W 电源", "power", 800, 0, "420"),
    ("计算卡", "card", 0, 350, "5600"),
    ("网卡", "card", 0, 20, "260"),
)


def documents() -> list[dict[str, Any]]:
    picker = {
        "field": "part",
        "title": {"en": "Choose parts", "zh-CN": "选择配件"},
        "columns": ["watt", "price"],
        "where": [{"field": "price", "op": "le", "value": "most"}],
        "sort": [{"field": "price"}],
        "group": "kind",
        "quantity": "qty",
        "count": "quantity",
        "limits": [{"group": "frame", "min": 1, "max": 1}, {"group": "card", "max": 4}, {"group": "power", "min": 2}],
        "exclude": [
            {
                "when": 'AND(kind = "power", watt < SUM(lines, part.needs * qty))',
                "message": {"en": "Too weak for these cards", "zh-CN": "功率不足，带不动所选板卡"},
            }
        ],
    }
    lines = {
        "key": "lines",
        "type": "subform",
        "label": {"en": "Parts", "zh-CN": "配件明细"},
        "options": {"picker": picker, "totals": ["amount"]},
        "fields": [
            field("part", "relation", {"form": "part", "copy": [{"from": "price", "to": "price"}]},
                  label={"en": "Part", "zh-CN": "配件"}),
            field("qty", "number", label={"en": "Quantity", "zh-CN": "数量"}),
            field("price", "money", label={"en": "Price", "zh-CN": "单价"}),
            field("amount", "formula", {"expression": "qty * price", "result": "money"},
                  label={"en": "Amount", "zh-CN": "金额"}),
        ],
    }  # fmt: skip
    spare = {
        "form": "part",
        "where": [{"field": "price", "op": "le", "value": "most"}, {"field": "kind", "value": '"card"'}],
        "sort": [{"expression": "price * -1"}],
    }
    total = field("total", "formula", {"expression": "SUM(lines.amount)", "result": "money"})
    return [
        form(
            "part",
            field("name", "text", label={"en": "Name", "zh-CN": "名称"}),
            field("kind", "choice", {"choices": KINDS}, label={"en": "Kind", "zh-CN": "类别"}),
            field("watt", "number", label={"en": "Watt", "zh-CN": "功率"}),
            field("needs", "number", label={"en": "Needs", "zh-CN": "功耗"}),
            field("price", "money", label={"en": "Price", "zh-CN": "价格"}),
            title_field="name",
            title={"en": "Part", "zh-CN": "配件"},
        ),
        form(
            "build",
            field("name", "text", label={"en": "Name", "zh-CN": "名称"}),
            field("most", "money", label={"en": "Most per part", "zh-CN": "单价上限"}),
            field("spare", "relation", spare, label={"en": "Spare", "zh-CN": "备件"}),
            lines,
            total,
            title_field="name",
            title={"en": "Build", "zh-CN": "配置单"},
        ),
    ]


@pytest.fixture(scope="module")
def kitting(workspaces: Workspaces, company: WorkspaceInfo) -> Forms:
    publish_app(workspaces, company, APP, "选配", documents())
    with workspaces.begin(company, SYSTEM, origin="pack") as tx:
        forms = store.forms(tx, APP)
        for name, kind, watt, needs, price in PARTS:
            create_record(
                tx, forms.get("part"), {"name": name, "kind": kind, "watt": watt, "needs": needs, "price": price}
            )
        return forms


def line(page: Page, name: str) -> Any:
    return page.locator(".dg-choose-line").filter(has_text=name)


def counter(page: Page, name: str) -> Any:
    return page.locator(".dg-choose-group").filter(has_text=name).locator(".dg-choose-counter")


def opened(page: Page, url: str) -> None:
    page.goto(url)
    expect(page.locator("#dg-form[data-ready]")).to_be_attached()


def test_many_rows_are_chosen_at_once_by_keyboard_with_limits_and_reasons(
    as_person: Enter, kitting: Forms, workspaces: Workspaces, company: WorkspaceInfo, axe: Any
):
    page = as_person("admin")
    opened(page, f"/a/{APP}/build/new")
    page.locator('[name="name"]').fill("工作站")
    page.locator('[name="most"]').fill("5000")
    page.get_by_role("button", name="选择配件").click()
    expect(page.locator(".dg-choose-line")).to_have_count(5)  # 5,600 is too much: what is not saved yet counts
    page.keyboard.press("Escape")
    page.locator('[name="most"]').fill("9000")
    page.locator('dg-picker[data-name="spare"] input[role=combobox]').click()
    expect(page.locator('dg-picker[data-name="spare"] [role=option]')).to_have_text(["计算卡", "网卡"])
    page.keyboard.press("Escape")
    page.get_by_role("button", name="选择配件").click()
    expect(page.locator(".dg-choose-line")).to_have_count(6)
    assert page.locator(".dg-choose-group strong").all_inner_texts() == ["机架", "电源", "板卡"]

    line(page, "标准机架").get_by_role("checkbox").click()
    expect(counter(page, "机架")).to_have_text("1/1")
    expect(line(page, "加强机架").get_by_role("checkbox")).not_to_be_checked()

    page.get_by_role("searchbox").press("ArrowDown")  # the keyboard goes on in the list where it was
    for _ in range(5):
        page.keyboard.press("ArrowDown")
    expect(line(page, "计算卡").get_by_role("checkbox")).to_be_focused()
    page.keyboard.press("Space")
    page.keyboard.press("+")
    expect(counter(page, "板卡")).to_contain_text("2")
    expect(line(page, "500 W")).to_contain_text("带不动所选板卡")  # 700 W are needed by what is chosen here
    line(page, "500 W").get_by_role("checkbox").click(force=True)
    expect(line(page, "500 W").get_by_role("checkbox")).not_to_be_checked()
    line(page, "计算卡").get_by_label("的数量").fill("9")
    line(page, "计算卡").get_by_label("的数量").press("Tab")
    expect(line(page, "计算卡").get_by_label("的数量")).to_have_value("4")  # the group is full
    expect(page.locator(".dg-choose-said")).to_contain_text("最多 4")
    line(page, "计算卡").get_by_label("的数量").fill("2")
    line(page, "计算卡").get_by_label("的数量").press("Tab")
    line(page, "800 W").get_by_role("checkbox").check()
    expect(page.locator(".dg-choose-summary")).to_contain_text("电源：至少 2")
    line(page, "800 W").get_by_role("checkbox").focus()
    page.keyboard.press("+")
    expect(page.locator(".dg-choose-summary")).not_to_contain_text("至少")
    expect(page.locator(".dg-choose-chips .dg-picked")).to_have_count(3)
    axe(page)

    page.keyboard.press("Enter")
    expect(page.locator(".dg-choose")).to_have_count(0)
    rows = page.locator("[data-rows] > tr")
    expect(rows).to_have_count(3)
    expect(page.locator('[data-out="total"]')).to_contain_text("12,840.00")
    page.get_by_role("button", name="选择配件").click()
    expect(line(page, "计算卡").get_by_label("的数量")).to_have_value("2")
    line(page, "标准机架").get_by_role("checkbox").uncheck()
    line(page, "加强机架").get_by_role("checkbox").check()
    line(page, "计算卡").get_by_role("button", name="减少一个").click()
    page.get_by_role("button", name="填入").click()
    expect(rows).to_have_count(3)
    expect(page.locator('[data-out="total"]')).to_contain_text("7,640.00")
    page.locator("[data-save]").click()
    page.wait_for_url(re.compile(r"/build/\d+$"))
    with workspaces.begin(company, SYSTEM) as tx:
        stored = get_record(tx, kitting.get("build"), int(page.url.rsplit("/", 1)[1])).values["lines"]
    assert sorted((row["part"].title, int(row["qty"]), int(row["price"])) for row in stored) == [
        ("800 W 电源", 2, 420),
        ("加强机架", 1, 1200),
        ("计算卡", 1, 5600),
    ]


def test_the_dialog_fills_the_phone(as_person: Enter, kitting: Forms, axe: Any):
    page = as_person("admin", phone=True, locale="en")
    opened(page, f"/a/{APP}/build/new")
    page.locator('[name="most"]').fill("9000")
    page.get_by_role("button", name="Choose parts").click()
    dialog = page.locator(".dg-choose")
    expect(line(page, "网卡")).to_be_visible()
    box = dialog.bounding_box()
    assert (box["x"], box["y"], box["width"]) == (0, 0, page.viewport_size["width"])
    page.get_by_role("searchbox").fill("网卡")
    expect(page.locator(".dg-choose-line")).to_have_count(1)
    line(page, "网卡").get_by_role("button", name="One more").click()
    page.get_by_role("searchbox").fill("")
    expect(page.locator(".dg-choose-line")).to_have_count(6)
    expect(page.locator(".dg-choose-chips")).to_contain_text("网卡")
    expect(counter(page, "Cards")).to_have_text("1 of at most 4")
    assert page.evaluate("document.querySelector('.dg-choose').scrollWidth <= innerWidth")
    axe(page)
    page.get_by_role("button", name="Fill in").click()
    expect(page.locator("[data-rows] > tr")).to_have_count(1)
    expect(page.locator('[data-out="total"]')).to_contain_text("260.00")
