"""Formulas and rules as a person writes them: chips, completion, what is wrong, the value for a record, conditions."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from dougong.apps import store
from dougong.designer import workbench
from dougong.workspace.transactions import Workspaces
from dougong.workspace.workspaces import WorkspaceInfo
from engines.form.records import create_record
from engines.form.transaction import SYSTEM
from tests.apps import publish_app
from tests.form.build import field, form
from tests.form.company import group

APP = "formula_desk"
Enter = Callable[..., Page]


def words(zh: str, en: str) -> dict[str, str]:
    return {"zh-CN": zh, "en": en}


def choice(key: str, zh: str, en: str) -> dict[str, Any]:
    return {"key": key, "label": words(zh, en)}


GRADES = [choice("a", "重点", "Key"), choice("b", "普通", "Other")]
ORDER = form(
    "order",
    field("name", "text", label=words("订单名称", "Order")),
    field("amount", "money", {"currency": "CNY"}, label=words("金额", "Amount")),
    field("discount", "percent", label=words("折扣", "Discount")),
    field("grade", "choice", {"choices": GRADES}, label=words("等级", "Grade")),
    field("due", "date", label=words("交货日期", "Due")),
    field("reason", "textarea", label=words("特批说明", "Reason")),
    {
        "key": "lines",
        "type": "subform",
        "label": words("明细", "Lines"),
        "fields": [
            field("qty", "number", label=words("数量", "Quantity")),
            field("price", "money", {"currency": "CNY"}, label=words("单价", "Price")),
        ],
    },
    field("net", "formula", {"expression": "amount", "result": "money"}, label=words("折后金额", "Net")),
    title_field="name",
    title=words("订单", "Orders"),
)  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def desk(workspaces: Workspaces, company: WorkspaceInfo) -> None:
    """An app with one form and one order."""
    publish_app(
        workspaces, company, APP, words("公式台", "Formulas"), (ORDER, group("all", "order", [{"scope": "all"}]))
    )

    def make(tx: Any) -> None:
        lines = [{"qty": 3, "price": "1000"}, {"qty": 1, "price": "250"}]
        given = {"name": "华东一号", "amount": "5000", "discount": "0.1", "lines": lines}
        create_record(tx, store.forms(tx, APP).get("order"), given)

    workspaces.run(company, SYSTEM, make)


def document(workspaces: Workspaces, company: WorkspaceInfo) -> dict[str, Any]:
    """The form as it lies in the workbench."""
    with workspaces.begin(company, SYSTEM, origin="system", read_only=True) as tx:
        return workbench.open_form(tx, APP, "order").document


def saved(page: Page) -> None:
    page.wait_for_timeout(700)
    expect(page.locator('.dz-state[data-state="saved"]')).to_be_visible()


def test_a_formula_is_written_with_labels_mended_and_tried_and_a_rule_is_chosen(
    as_person: Enter, workspaces: Workspaces, company: WorkspaceInfo, axe: Callable[..., None]
) -> None:
    page = as_person("admin")
    wrong: list[str] = []
    page.on("console", lambda one: wrong.append(one.text) if one.type == "error" else None)
    page.goto(f"/design/{APP}/form/order")
    page.locator('[data-hit="net"]').click()
    editor = page.locator(".dz-panel dg-formula", has=page.locator(".cm-content")).first
    text = editor.locator(".cm-content")
    expect(text.locator(".dz-f-chip")).to_have_text(["金额"])

    # completion: by label, by function (also when they come after the word was begun), fields of the rows being summed
    held: list[Any] = []
    page.route("**/functions", lambda route: held.append(route))
    text.click()
    page.keyboard.press("End")
    page.keyboard.type(" + SU")
    page.wait_for_timeout(300)
    assert held, "asked for when somebody writes"
    for one in held:
        one.continue_()
    page.unroute("**/functions")
    expect(page.locator(".cm-tooltip-autocomplete li").first).to_contain_text("SUM")
    page.wait_for_timeout(100)
    page.keyboard.press("Enter")
    page.keyboard.insert_text("明")
    expect(page.locator(".cm-tooltip-autocomplete li").first).to_contain_text("明细")
    page.wait_for_timeout(100)
    page.keyboard.press("Enter")
    expect(editor.locator(".dz-f-usage")).to_contain_text("SUM(")
    page.keyboard.type(", ")
    page.keyboard.insert_text("数")
    expect(page.locator(".cm-tooltip-autocomplete li").first).to_contain_text("数量")
    page.wait_for_timeout(100)
    page.keyboard.press("Enter")
    page.keyboard.type(" * pric")
    page.keyboard.press("Escape")
    page.keyboard.press("End")

    # what is wrong: underlined at its place, with the name that was meant
    page.locator(".dz-panel [data-prop=label] input").first.click()
    problem = editor.locator(".dz-f-problem")
    expect(problem).to_contain_text("pric")
    expect(text.locator(".dz-f-wrong")).to_have_text("pric")
    problem.get_by_role("button", name="改用").click()
    expect(text.locator(".dz-f-chip")).to_have_text(["金额", "明细", "数量", "单价"])
    expect(editor.locator(".dz-f-problem")).to_have_count(0)

    # the value for a record, at once and while it is written on
    editor.get_by_role("button", name="用记录试算").click()
    editor.get_by_label("查找记录").fill("华东")
    editor.locator(".dz-f-sample").first.click()
    expect(editor.locator(".dz-f-result")).to_contain_text("8,250")
    editor.get_by_role("button", name="函数").click()
    editor.get_by_label("搜索函数").fill("四舍五入")
    expect(editor.locator(".dz-f-list summary").first).to_be_visible()
    axe(page)
    editor.get_by_role("button", name="函数").click()
    saved(page)
    kept = next(one for one in document(workspaces, company)["fields"] if one["key"] == "net")
    assert kept["options"]["expression"] == "amount + SUM(lines, qty * price)"

    # a default by its kind
    page.locator('[data-hit="due"]').click()
    page.locator(".dz-panel [data-prop=default] select").select_option(label="今天")
    page.locator('[data-hit="grade"]').click()
    page.locator(".dz-panel [data-prop=default] select").select_option(label="固定值")
    page.get_by_label("默认值", exact=True).last.select_option(label="普通")
    saved(page)
    defaults = {one["key"]: one.get("default") for one in document(workspaces, company)["fields"]}
    assert (defaults["due"], defaults["grade"]) == ("TODAY()", '"b"')

    # a rule of chosen conditions, told as a sentence
    page.locator(".dz-views").get_by_role("button", name="规则").click()
    page.get_by_role("button", name="显示、隐藏或改变字段").click()
    rule = page.locator(".dz-rule").first
    rule.get_by_label("条件字段").select_option(label="折扣")
    rule.get_by_label("条件的值").fill("20")
    rule.get_by_role("button", name="条件组").click()
    rule.get_by_label("条件字段").nth(1).select_option(label="等级")
    rule.get_by_label("条件的值").nth(1).select_option(label="重点")
    rule.get_by_label("条件字段").nth(2).select_option(label="交货日期")
    rule.get_by_label("交货日期 的比较方式").select_option(label="早于")
    rule.locator("[data-prop=fields] select").select_option(label="特批说明")
    expect(rule.locator(".dz-rule-told")).to_contain_text("折扣")
    expect(rule.locator(".dz-rule-told")).to_contain_text("20%")
    axe(page)
    saved(page)
    kept = document(workspaces, company)["rules"][0]
    assert kept["when"] == 'AND(discount > 0.2, OR(grade = "a", due < TODAY()))'
    rule.get_by_role("button", name="改写公式").click()
    expect(rule.locator(".cm-content .dz-f-chip")).to_have_text(["折扣", "等级", "交货日期"])
    rule.get_by_role("button", name="改用条件").click()
    expect(rule.get_by_label("条件字段")).to_have_count(3)
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert wrong == [], "nothing breaks the content policy"


def test_a_file_becomes_a_form_and_newcomers_are_shown_round(
    as_person: Enter, axe: Callable[..., None], tmp_path: Path
) -> None:
    page = as_person("admin")
    page.goto(f"/design/{APP}/new")
    axe(page)
    file = tmp_path / "设备台账.csv"
    file.write_text("设备名称,购置日期,原值\n空压机,2026-03-05,12000\n", encoding="utf-8")
    page.get_by_label("文件").set_input_files(file)
    page.get_by_role("button", name="读取文件").click()
    expect(page.locator(".dg-job")).to_be_visible()
    page.goto(f"/design/{APP}/form/order")
    page.get_by_role("button", name="看看怎么用").click()
    for _ in range(5):
        page.locator(".dz-tour-next").click()
    expect(page.locator(".dz-tour-count")).to_have_text("6 / 6")
    axe(page)
    page.keyboard.press("Escape")
    page.reload()
    expect(page.locator(".dz-canvas")).to_be_visible()
    expect(page.locator(".dz-tour-offer, .dz-tour")).to_have_count(0)
    page.locator('[data-hit="discount"]').click()
    page.locator(".dz-panel [data-prop=label] input").first.fill("二十四个汉字的字段名称应当换行而绝不与旁边的重叠")
    expect(page.locator('[data-hit="discount"]')).to_be_visible()
    wide = "all => all.filter(one => one.scrollWidth > one.clientWidth + 1).length"
    assert page.locator(".dz-canvas [data-id]").evaluate_all(wide) == 0, "long names wrap"
    page.locator(".dz-panel [data-prop=label] .dz-help").click()
    expect(page.locator(".dz-panel [data-prop=label] .dz-help-text")).not_to_be_empty()
    expect(page.locator(".dz-panel details.dz-advanced[open]")).to_have_count(0)
    page.keyboard.press("Control+z")
    page.set_viewport_size({"width": 390, "height": 844})
    page.locator('[data-hit="reason"]').click()
    page.wait_for_timeout(200)
    chosen, sheet = page.locator('[data-hit="reason"]').bounding_box(), page.locator(".dz-panel").bounding_box()
    assert chosen is not None
    assert sheet is not None
    assert 0 <= chosen["y"] < sheet["y"], "what is chosen is not under its properties"
