"""A relation to one of several forms, and people within a range, chosen in a browser."""

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

APP = "linking"
Enter = Callable[..., Page]


def documents() -> list[dict[str, Any]]:
    about = {"forms": [{"key": "lead"}, {"key": "customer"}]}
    about["reverse"] = {"key": "visits", "title": {"en": "Visits", "zh-CN": "拜访"}, "columns": ["text", "target"]}
    only_known = {"key": "known", "when": 'target.form = "customer"', "actions": [
        {"key": "a", "do": "show", "fields": ["grade"]}]}  # fmt: skip
    return [
        form("lead", field("name", "text", label="名称"), title="线索", icon="target", title_field="name"),
        form("customer", field("name", "text", label="名称"), title="客户", icon="building", title_field="name"),
        form(
            "visit",
            field("text", "text", label="内容"),
            field("target", "link", about, label="拜访对象"),
            field("grade", "text", label="客户等级"),
            field("unit", "department", label="部门"),
            field("who", "member", {"range": {"field": "unit"}}, label="负责人"),
            title="拜访",
            title_field="text",
            rules=[only_known],
        ),
    ]


@pytest.fixture(scope="module")
def linking(workspaces: Workspaces, company: WorkspaceInfo) -> Forms:
    publish_app(workspaces, company, APP, "拜访", documents())
    with workspaces.begin(company, SYSTEM, origin="pack") as tx:
        forms = store.forms(tx, APP)
        create_record(tx, forms.get("lead"), {"name": "展会线索"})
        create_record(tx, forms.get("customer"), {"name": "远山科技"})
        return forms


@pytest.mark.parametrize("phone", [False, True], ids=["desk", "phone"])
def test_a_link_and_a_person_in_a_range_are_chosen(as_person: Enter, linking: Forms, axe: Any, phone: bool) -> None:
    page = as_person("admin", phone=phone)
    page.set_default_timeout(10_000)
    page.goto(f"/a/{APP}/visit/new")
    expect(page.locator("#dg-form[data-ready]")).to_be_attached()
    grade = page.locator('.dg-form [data-field="grade"]').first
    expect(grade).to_be_hidden()
    page.get_by_label("内容").fill("首次拜访")
    place = page.locator('.dg-form [data-field="target"]').first
    place.get_by_role("combobox", name="拜访对象：表单").select_option(label="客户")
    place.locator("dg-picker input[role=combobox]").fill("远山")
    place.get_by_role("option", name=re.compile("远山科技")).click()
    expect(grade).to_be_visible()
    unit = page.locator('.dg-form [data-field="unit"]').first
    unit.get_by_role("combobox").fill("华东")
    unit.get_by_role("option", name=re.compile("华东")).first.click()
    who = page.locator('.dg-form [data-field="who"]').first
    who.get_by_role("combobox").click()
    expect(who.get_by_role("option").first).to_be_visible()
    offered = who.get_by_role("option").all_inner_texts()
    unit.locator("[data-unpick]").click()
    who.get_by_role("combobox").focus()
    expect(who.locator(".dg-options-none")).to_be_visible()
    assert offered
    page.keyboard.press("Escape")
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0
    axe(page)
    page.get_by_role("button", name=re.compile("^保存$")).click()
    page.wait_for_load_state()
    link = page.locator(".dg-main, main").get_by_role("link", name="远山科技").first
    expect(link).to_be_visible()
    link.click()
    expect(page.locator("[id^=related-]")).to_contain_text("首次拜访")
