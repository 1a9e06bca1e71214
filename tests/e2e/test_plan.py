"""From a changed form to a published one: warnings with numbers, a sentence for each change, undo, past versions."""

import os
from typing import Any

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect

from dougong.apps import drafts, store
from dougong.apps.publish import publish
from dougong.designer import workbench
from engines.form.records import create_record
from engines.form.transaction import Actor, Transaction

APP, ADMIN = "plantest", Actor(id=None, name="Admin", is_admin=True)
BASE = f"/design/{APP}"
SHOTS = os.environ.get("DOUGONG_SHOTS")


def words(zh: str, en: str) -> dict[str, str]:
    return {"zh-CN": zh, "en": en}


def choice(key: str, zh: str, en: str) -> dict[str, Any]:
    return {"key": key, "label": words(zh, en)}


REPAIR: dict[str, Any] = {
    "kind": "form",
    "key": "repair",
    "title": words("设备报修", "Equipment repair"),
    "title_field": "machine",
    "fields": [
        {"key": "machine", "type": "text", "label": words("设备名称", "Machine")},
        {"key": "hours", "type": "text", "label": words("预计工时", "Hours expected")},
        {"key": "phone", "type": "text", "label": words("联系电话", "Phone")},
        {
            "key": "state",
            "type": "choice",
            "label": words("处理状态", "State"),
            "options": {"choices": [choice("new", "待处理", "New"), choice("done", "已完成", "Done")]},
        },
        {
            "key": "parts",
            "type": "subform",
            "label": words("更换的零件与耗材明细（含旧件）", "Parts"),
            "fields": [{"key": "name", "type": "text", "label": words("零件", "Part")}],
        },
    ],
    "rules": [
        {
            "key": "done",
            "when": 'state = "done"',
            "actions": [{"key": "a", "do": "require", "fields": ["hours"]}],
        }
    ],
}


def changed() -> dict[str, Any]:
    """Hours are numbers, the phone goes, the rule asks for more, an option goes, a date comes."""
    machine, hours, _, state, parts = REPAIR["fields"]
    hours = {**hours, "type": "number"}
    state = {**state, "options": {"choices": [choice("new", "待处理", "New"), choice("shut", "已关闭", "Closed")]}}
    due = {"key": "due", "type": "date", "label": words("期望完成日期", "Due")}
    rule = {**REPAIR["rules"][0], "when": 'AND(state = "shut", hours > 8)'}
    return {**REPAIR, "fields": [machine, hours, state, due, parts], "rules": [rule]}


@pytest.fixture
def bench(workspaces: Any, company: Any) -> Any:
    """`bench(document)` lays a form into the draft of the app, which is published with three records."""

    def lay(document: dict[str, Any]) -> int:
        with workspaces.begin(company, ADMIN) as tx:
            draft = workbench.open_bench(tx, APP)
            drafts.put_document(tx, draft, document, seen=tx.revision)
            return draft.id

    with workspaces.begin(company, ADMIN) as tx:
        store.make_app(tx, APP, words("设备管理", "Equipment"))
    publish(workspaces, company, ADMIN, lay(REPAIR), summary="第一版")

    def fill(tx: Transaction) -> None:
        form = store.forms(tx, APP).get("repair")
        create_record(tx, form, {"machine": "空压机", "hours": "4", "phone": "13800000000", "state": "new"})
        create_record(tx, form, {"machine": "叉车", "hours": "半天左右", "state": "done"})
        create_record(tx, form, {"machine": "行车", "hours": "两天", "phone": "8812", "state": "done"})

    workspaces.run(company, ADMIN, fill)
    yield lay
    with workspaces.begin(company, ADMIN) as tx:
        for one in drafts.list_drafts(tx, APP):
            drafts.discard(tx, one)
        tx.connection.execute(sa.text("DELETE FROM _app WHERE key = :app"), {"app": APP})


def shoot(page: Page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


def test_an_administrator_reads_the_plan_publishes_and_takes_it_back(as_person: Any, axe: Any, bench: Any) -> None:
    bench(changed())
    phone = as_person("admin", phone=True, locale="en")
    for path in ("/plan", "/revisions", "/where-used?kind=form&key=repair&path=fields.parts"):
        phone.goto(BASE + path)
        shoot(phone, f"{path[1:].partition('?')[0]}-phone")
        assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
        axe(phone)
    phone.context.close()
    page = as_person("admin")
    page.goto(f"{BASE}/plan")
    main = page.locator("main")
    expect(main).to_contain_text("“设备报修 › 预计工时”的 3 个值中有 2 个无法转换")
    expect(main).to_contain_text("半天左右")
    expect(main).to_contain_text("2 条记录中的字段“设备报修 › 联系电话”及其值将移入回收站")
    expect(main).to_contain_text("2 条记录使用了选项“已完成”")
    expect(main).to_contain_text("当“处理状态”等于“已关闭”，且“预计工时”大于8时，“预计工时”必填")
    expect(page.locator("#lock")).to_contain_text("毫秒")
    axe(page)
    shoot(page, "plan-desk-zh")
    with page.expect_download() as download:
        page.get_by_role("link", name="下载全部").click()
    assert "半天左右" in download.value.path().read_text("utf-8-sig")
    page.fill("#f-summary", "工时改为数字")
    page.click("[data-publish]")
    page.locator("dialog[open] [data-confirm-yes]").click()
    page.wait_for_url(f"**{BASE}/plan/done")
    shoot(page, "done-desk-zh")
    axe(page)
    page.locator(".dg-toast").get_by_role("button", name="撤销").click()
    page.wait_for_url(f"**{BASE}/plan")
    expect(page.locator("main")).to_contain_text("半天左右")
    page.click("[data-publish]")
    page.locator("dialog[open] [data-confirm-yes]").click()
    page.wait_for_url(f"**{BASE}/plan/done")
    page.goto(f"{BASE}/trash")
    expect(page.locator("main")).to_contain_text("联系电话")
    shoot(page, "trash-desk-zh")
    page.goto(f"{BASE}/revisions")
    shoot(page, "revisions-desk-zh")
    axe(page)
    page.get_by_role("link", name="改动内容").first.click()
    expect(page.locator("main")).to_contain_text("移除字段“联系电话”")
    shoot(page, "compare-desk-zh")
    page.goto(f"{BASE}/where-used?kind=form&key=repair&path=fields.state")
    expect(page.locator("main")).to_contain_text("规则 1")
    shoot(page, "used-desk-zh")
    axe(page)


def test_a_click_on_what_has_to_be_mended_opens_the_designer_there(as_person: Any, bench: Any) -> None:
    wrong = changed()
    wrong["fields"][1] = {**wrong["fields"][1], "default": "huors + 1"}
    wrong["rules"][0] = {**wrong["rules"][0], "title": words("大修要工时", "Ask for hours"), "when": "staet = 1"}
    bench(wrong)
    page = as_person("admin")
    page.goto(f"{BASE}/plan")
    page.get_by_role("link", name="设备报修 › 预计工时 › 默认值").click()
    expect(page.locator('.dz-panel [data-prop="label"] input').first).to_have_value("预计工时")
    page.goto(f"{BASE}/plan")
    page.get_by_role("link", name="设备报修 › 大修要工时 › 仅当").click()
    expect(page.locator(".dz-rule")).to_contain_text("没有字段 staet")
