"""Stages in a browser: the bar and its dialog, the board by mouse, by keyboard and on a phone."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from dougong.apps import store
from dougong.workspace.transactions import Workspaces
from dougong.workspace.workspaces import WorkspaceInfo
from engines.form.form import Forms
from engines.form.records import create_record
from engines.form.transaction import SYSTEM
from tests.apps import publish_app
from tests.form.build import field, form

APP = "staging"
Enter = Callable[..., Page]
STAGES = [
    {
        "key": "lead",
        "label": {"en": "First contact", "zh-CN": "初步接洽"},
        "needs": ["budget"],
        "tasks": [{"key": "call", "title": {"en": "Call them", "zh-CN": "电话拜访"}}],
        "stay_days": 14,
    },
    {"key": "need", "label": {"en": "Needs known", "zh-CN": "需求确认"}, "color": "blue"},
    {"key": "offer", "label": {"en": "Offer made", "zh-CN": "方案报价"}, "color": "indigo", "stay_hours": 16},
    {"key": "law", "label": {"en": "Contract", "zh-CN": "合同签署"}, "color": "orange", "to": ["won"]},
    {"key": "won", "label": {"en": "Won", "zh-CN": "赢单"}, "kind": "won", "rate": 100, "back": False},
    {"key": "lost", "label": {"en": "Lost", "zh-CN": "输单"}, "kind": "lost"},
]
NAMES = ("上海云帆科技 · 年度采购", "Northwind pumps", "苏州精密 · 二期设备", "广州百川 · 系统升级", "Ana Sol Ltd.")


def documents() -> list[dict[str, Any]]:
    board = {
        "key": "board",
        "title": {"en": "Board", "zh-CN": "看板"},
        "columns": ["name"],
        "layout": "kanban",
        "by": "stage",
        "card": {"fields": ["budget", "close", "late"]},
        "sum": "budget",
    }
    label = {"en": "Budget", "zh-CN": "预算金额"}
    return [
        form(
            "deal",
            field("name", "text", label={"en": "Name", "zh-CN": "名称"}),
            field("budget", "money", label=label),
            field("close", "date", label={"en": "Expected close", "zh-CN": "预计成交"}),
            field("stage", "stage", {"stages": STAGES}, label={"en": "Stage", "zh-CN": "阶段"}),
            field("since", "stage_info", {"of": "stage", "show": "since"}, label={"en": "Since", "zh-CN": "进入时间"}),
            field("due", "stage_info", {"of": "stage", "show": "due"}, label={"en": "Until", "zh-CN": "应离开"}),
            field("late", "stage_info", {"of": "stage", "show": "overdue"}, label={"en": "Late", "zh-CN": "超时"}),
            title="商机",
            title_field="name",
            views=[board, {"key": "all", "title": {"en": "All", "zh-CN": "全部"}, "columns": ["name", "stage", "due"]}],
        )
    ]


@pytest.fixture(scope="module")
def deals(workspaces: Workspaces, company: WorkspaceInfo) -> Forms:
    publish_app(workspaces, company, APP, "阶段", documents())
    with workspaces.begin(company, SYSTEM, origin="pack") as tx:
        made = store.forms(tx, APP)
        for number, name in enumerate(NAMES):
            stage = ("lead", "need", "offer")[number % 3]
            given = {"name": name, "stage": stage, "budget": None if number == 0 else 10_000 * number}
            create_record(tx, made.get("deal"), given)
        return made


def column(page: Page, key: str) -> Any:
    return page.locator(f'.dg-board-column[data-column="{key}"]')


def card(page: Page, name: str) -> Any:
    return page.locator(".dg-card", has_text=name)


def count(page: Page, key: str) -> Any:
    return column(page, key).locator(f'[data-count="{key}"]')


def test_a_board_moves_cards_by_mouse_and_keyboard_and_asks_for_what_is_missing(
    as_person: Enter, deals: Forms, axe: Any
):
    page = as_person("admin")
    page.goto(f"/a/{APP}/deal?view=board")
    expect(count(page, "need")).to_have_text("2")
    axe(page)
    card(page, "Northwind").drag_to(column(page, "offer").locator("[data-cards]"))
    expect(count(page, "offer")).to_have_text("2")
    expect(column(page, "offer").locator('[data-sum="offer"]')).to_contain_text("30,000")
    expect(column(page, "offer").locator(".dg-card", has_text="Northwind")).to_be_visible()

    card(page, "上海云帆").locator("a").focus()
    page.keyboard.press("Alt+ArrowRight")
    dialog = page.locator("#dg-modal[open]")
    expect(dialog.locator("[name=budget]")).to_be_visible()
    expect(column(page, "lead").locator(".dg-card", has_text="上海云帆")).to_be_visible()
    axe(page)
    dialog.locator("[name=budget]").fill("8800")
    dialog.locator("button.btn-primary").click()
    expect(dialog.get_by_role("alert")).to_contain_text("电话拜访")
    expect(dialog.locator("[name=budget]")).to_have_value("8800")
    dialog.get_by_label("电话拜访").check()
    dialog.locator("button.btn-primary").click()
    expect(column(page, "need").locator(".dg-card", has_text="上海云帆")).to_be_visible()
    expect(page).to_have_url(re.compile("view=board"))

    card(page, "苏州精密").locator("a").focus()
    page.keyboard.press("Alt+ArrowRight")
    expect(count(page, "law")).to_have_text("1")
    card(page, "苏州精密").locator("[data-move-card]").click()
    page.get_by_role("menuitem", name="输单").click()
    expect(page.locator("#dg-modal[open] .dg-note")).to_contain_text("不能从")
    expect(column(page, "law").locator(".dg-card", has_text="苏州精密")).to_be_visible()


def test_the_bar_of_a_record_takes_the_next_step_on_a_phone(as_person: Enter, deals: Forms, axe: Any):
    page = as_person("admin", phone=True)
    page.goto(f"/a/{APP}/deal?view=board")
    page.locator(".dg-board-tabs a", has_text="方案报价").click()
    expect(page.locator(".dg-board-tabs a", has_text="方案报价")).to_have_attribute("aria-current", "true")
    name = column(page, "offer").locator(".dg-card-title").first
    expect(name).to_be_in_viewport()
    name.click()
    here = page.locator(".dg-stage [aria-current]")
    expect(here).to_be_in_viewport()
    assert all(box["height"] >= 44 for one in page.locator(".dg-stage > button").all() if (box := one.bounding_box()))
    axe(page)
    page.locator(".dg-stage > button", has_text="合同签署").click()
    page.locator("#dg-modal[open] button.btn-primary").click()
    expect(page.locator(".dg-stage [aria-current]")).to_contain_text("合同签署")
