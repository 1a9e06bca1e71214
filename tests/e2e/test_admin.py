"""The administrator's pages in a browser."""

import os

import pytest
from playwright.sync_api import expect

SHOTS = os.environ.get("DOUGONG_SHOTS")
PAGES = ["/admin/members", "/admin/members/2", "/admin/roles", "/admin/invite", "/admin/parameters", "/admin/keys"]


def shoot(page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True, caret="initial")


@pytest.mark.parametrize("locale", ["zh-CN", "en"])
@pytest.mark.parametrize("phone", [False, True], ids=["desk", "phone"])
def test_no_page_has_a_serious_fault_for_screen_readers(as_person, axe, phone, locale):
    page = as_person("admin", phone=phone, locale=locale)
    for path in PAGES:
        page.goto(path)
        shoot(page, f"{path.strip('/').replace('/', '-')}-{phone}-{locale}")
        axe(page)
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{path} is wider than the window by {wide}"


def test_a_department_is_added_in_a_dialog_that_names_its_faults(as_person, axe):
    page = as_person("admin")
    page.goto("/admin/members")
    page.get_by_role("button", name="新建部门").click()
    dialog = page.locator("#dg-modal")
    expect(dialog).to_be_visible()
    axe(page)
    page.fill("#d-name", "财务部")
    shoot(page, "department-dialog")
    dialog.get_by_role("button", name="保存").click()
    expect(dialog.get_by_role("alert")).to_contain_text("已经有部门“财务部”")
    expect(page.locator("#d-name")).to_be_focused()
    shoot(page, "department-dialog-fault")
    page.fill("#d-name", "法务部")
    dialog.get_by_role("button", name="保存").click()
    page.wait_for_url("**/admin/members?department=*")
    expect(page.get_by_role("heading", level=1)).to_have_text("法务部")
    expect(page.locator("[data-toast]")).to_contain_text("已保存")


def test_shutting_somebody_out_asks_first(as_person):
    page = as_person("admin")
    page.goto("/admin/members?q=he@")
    page.get_by_role("link", name="何佳怡").click()
    page.locator("summary", has_text="更多").click()
    page.get_by_role("button", name="停用").click()
    ask = page.locator("#dg-confirm")
    expect(ask).to_contain_text("何佳怡 将不能再登录")
    shoot(page, "confirm")
    ask.get_by_role("button", name="取消").click()
    expect(ask).to_be_hidden()
    expect(page.locator(".dg-page-header .dg-tag")).to_have_count(0)


def test_a_key_is_shown_once_and_revoked(as_person, axe):
    page = as_person("admin")
    page.goto("/admin/keys")
    page.fill("#f-title", "商城")
    page.get_by_role("button", name="生成密钥").click()
    expect(page.locator("#dg-key")).to_contain_text("dgk_")
    shoot(page, "key-new")
    axe(page)
    page.reload()
    page.goto("/admin/keys")
    expect(page.locator("#dg-key")).to_have_count(0)
    page.get_by_role("button", name="撤销").first.click()
    page.locator("#dg-confirm").get_by_role("button", name="撤销").click()
    expect(page.get_by_role("table")).to_contain_text("已撤销")
