"""An administrator shares a form, a stranger fills it in on a phone, and looks the answer up again."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from dougong.apps import store
from dougong.workspace.transactions import Workspaces
from dougong.workspace.workspaces import WorkspaceInfo
from engines.form.records import create_record
from engines.form.transaction import SYSTEM
from tests.apps import publish_app
from tests.form.build import field, form

APP = "publicshare"
Enter = Callable[..., Page]


def zh(key: str, kind: str, label: str, options: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return field(key, kind, options, **more) | {"label": {"en": key.title(), "zh-CN": label}}


@pytest.fixture(scope="module")
def faults(workspaces: Workspaces, company: WorkspaceInfo) -> None:
    kinds = [
        {"key": "stop", "label": {"en": "Stands still", "zh-CN": "停机"}},
        {"key": "noise", "label": {"en": "Noise", "zh-CN": "异响"}},
    ]
    fault = form(
        "fault",
        zh("name", "text", "报修人", required=True),
        zh("phone", "phone", "手机号", required=True),
        zh("machine", "relation", "设备", {"form": "machine"}),
        zh("kind", "choice", "故障类型", {"choices": kinds}),
        zh("hours", "number", "停机小时"),
        zh("loss", "formula", "预计损失", {"expression": "hours * 300", "result": "number"}),
        zh("words", "textarea", "故障描述"),
        zh("photo", "image", "照片"),
        zh("inside", "text", "内部备注"),
        title_field="name",
        rules=[{"key": "hours", "when": 'kind = "stop"', "actions": [
            {"key": "s", "do": "show", "fields": ["hours"]}, {"key": "r", "do": "require", "fields": ["hours"]}]}],
    ) | {"title": {"en": "Fault", "zh-CN": "设备报修"}}  # fmt: skip
    publish_app(
        workspaces,
        company,
        APP,
        {"en": "Service", "zh-CN": "售后"},
        (form("machine", zh("name", "text", "名称"), title_field="name"), fault),
    )
    with workspaces.begin(company, SYSTEM, origin="pack") as tx:
        create_record(tx, store.forms(tx, APP).get("machine"), {"name": "三号注塑机"})


@pytest.fixture
def phone(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="zh-CN")
    yield context
    context.close()


def make(page: Page, title: str, choice: str) -> None:
    page.goto(f"/design/{APP}/public")
    page.get_by_label("页面名称").fill(title)
    page.locator("#f-form").select_option(choice)
    page.get_by_role("button", name="创建页面").click()
    expect(page.locator("h1")).to_have_text(title)


def opened(page: Page) -> str:
    page.get_by_role("button", name="对外开放").click()
    expect(page.locator("#share-link")).to_contain_text("/p/")
    expect(page.locator(".dg-qr")).to_be_visible()
    return page.locator("#share-link").inner_text()


def test_a_form_is_shared_filled_in_on_a_phone_and_looked_up(
    as_person: Enter, axe: Callable[[Page], None], phone: BrowserContext, faults: None
) -> None:
    admin = as_person("admin")
    make(admin, "设备报修", "public_form:fault")
    admin.locator("[name=fields][value=inside]").uncheck()
    for key in ("machine", "loss"):
        admin.locator(f"[name=fields][value={key}]").check()
    admin.get_by_text("外部人员可搜索和看到的列").click()
    admin.locator("[name='pick.machine']").check()
    admin.locator("[name='prefill.name']").select_option("open")
    admin.locator("[name=once]").select_option("device")
    admin.get_by_label("感谢语").fill("维修人员将在两小时内联系您。")
    admin.get_by_role("button", name="保存并发布").click()
    expect(admin.locator(".dg-toast")).to_contain_text("已保存")
    link = opened(admin)
    axe(admin)
    make(admin, "维修进度查询", "public_query:fault")
    for key in ("name", "phone"):
        admin.locator(f"[name=search][value={key}]").check()
    for key in ("kind", "words"):
        admin.locator(f"[name=columns][value={key}]").check()
    admin.get_by_role("button", name="保存并发布").click()
    expect(admin.locator(".dg-toast")).to_contain_text("已保存")
    ask = opened(admin)

    page = phone.new_page()
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{link}?name=王芳")
    expect(page.locator("#f-name")).to_have_value("王芳")
    expect(page.locator("[name=inside]")).to_have_count(0)
    expect(page.locator("[data-field=hours]")).to_be_hidden()
    page.locator("#f-words").fill("运行时有异响")
    page.get_by_text("停机", exact=True).first.click() if page.locator(
        "select[name=kind]"
    ).count() == 0 else page.locator("select[name=kind]").select_option("stop")
    expect(page.locator("[data-field=hours]")).to_be_visible()
    page.locator("#f-hours").fill("4")
    expect(page.locator("[data-out=loss]")).to_have_text(re.compile("1,?200"))
    page.locator("#f-machine").press_sequentially("三号")
    page.get_by_role("option", name="三号注塑机").click()
    axe(page)
    page.wait_for_timeout(400)
    page.reload()  # what was typed is still there
    expect(page.locator("#f-words")).to_have_value("运行时有异响")
    expect(page.locator("[data-restored]")).to_be_visible()
    page.locator("[data-save]").click()
    expect(page.locator("[data-error-summary]")).to_contain_text("手机号")
    page.locator("#f-phone").fill("13812345678")
    page.locator("#f-machine").press_sequentially("注塑")
    page.get_by_role("option", name="三号注塑机").click()
    picture = {"name": "a.png", "mimeType": "image/png", "buffer": b"\x89PNG\r\n\x1a\n" + b"0" * 64}
    page.locator("#f-photo").set_input_files(picture)
    page.locator("[data-save]").click()
    expect(page.locator("[data-message=thanks]")).to_contain_text("两小时内")
    axe(page)
    assert "运行时有异响" not in page.evaluate("JSON.stringify(localStorage)")  # the draft went with the sending
    page.goto(link)
    expect(page.locator("[data-message=already]")).to_contain_text("这台设备已提交过")

    page.goto(ask)
    page.locator("#f-name").fill("王芳")
    page.locator("#f-phone").fill("13812345678")
    page.get_by_role("button", name="查询").click()
    expect(page.locator(".dg-public-result")).to_contain_text("停机")
    expect(page.locator(".dg-public-result")).not_to_contain_text("三号")
    axe(page)
    page.locator("#f-name").fill("王")
    page.get_by_role("button", name="查询").click()
    expect(page.locator(".dg-public-results")).to_contain_text("没有")
    expected = ("409", "422")  # answers that browsers report as failed loads
    assert [one for one in errors if not any(code in one for code in expected)] == []
    expect(page.locator("body")).not_to_contain_text("undefined")
    admin.goto(f"/design/{APP}/public/fault")
    expect(admin.locator("[data-sent-count]")).to_have_text("1")
    admin.goto(f"/a/{APP}/fault")
    expect(admin.locator("tbody")).to_contain_text("王芳")
    expect(admin.locator("tbody")).to_contain_text("三号注塑机")
