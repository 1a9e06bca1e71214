"""Records in the browser, as a seller meets them: lists, forms with formulas, wrong input, two people at one record."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from dougong.apps import store
from dougong.packs.install import install
from dougong.packs.jobs import know_roles
from dougong.packs.library import Library
from dougong.packs.sample import load_sample
from dougong.workspace.transactions import Workspaces
from dougong.workspace.workspaces import WorkspaceInfo
from engines.form.transaction import SYSTEM

APP = "shop"
Enter = Callable[..., Page]


@pytest.fixture(scope="module", autouse=True)
def shop(workspaces: Workspaces, company: WorkspaceInfo) -> None:
    """The sales starter suite in an app of its own, with sample data."""
    _, packs = install(workspaces, company, SYSTEM, Library(), ["suite.sales_start"], app=APP, title="销售")
    with workspaces.begin(company, SYSTEM, origin="pack") as tx:
        know_roles(tx, packs)
        load_sample(tx, store.forms(tx, APP), packs)


def pick(page: Page, name: str, text: str) -> None:
    """Choose a record in a picker by typing a few letters."""
    picker = page.locator(f'dg-picker[data-name="{name}"]')
    picker.get_by_role("combobox").fill(text)
    picker.get_by_role("option", name=re.compile(text)).first.click()


def test_a_newcomer_gets_from_sign_in_to_a_saved_lead(as_person: Enter) -> None:
    page = as_person("seller")
    page.goto("/")
    lead = page.locator(f'a[href="/a/{APP}/lead"]').first
    if not lead.is_visible():  # other tests may have left apps that come first in the menu
        page.locator(".dg-nav-more > summary").click()
    lead.click()
    page.get_by_role("link", name="新建").click()
    page.get_by_label("姓名").fill("钱多多")
    page.get_by_label("手机").fill("138 0013 8000")
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("钱多多")
    expect(page.get_by_text("13800138000").first).to_be_visible()


def test_a_quote_computes_itself_while_one_types_and_keeps_the_result(as_person: Enter) -> None:
    page = as_person("seller")
    page.goto(f"/a/{APP}/quote/new")
    pick(page, "customer", "远山")
    pick(page, "lines[0].product", "GW-100")
    expect(page.locator('[name="lines[0].list_price"]')).to_have_value("3200")
    page.locator('[name="lines[0].qty"]').fill("10")
    page.locator('[name="lines[0].discount"]').fill("15")
    expect(page.locator("[data-out=net]")).to_have_text("¥27,200.00")
    expect(page.locator("[data-out=discount_total]")).to_have_text("15.00%")
    page.get_by_role("button", name="添加一行").click()
    pick(page, "lines[1].product", "培训")
    expect(page.locator("[data-out=net]")).to_have_text("¥31,000.00")
    page.get_by_role("button", name="删除此行").last.click()
    expect(page.locator("[data-out=net]")).to_have_text("¥27,200.00")
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.get_by_text("¥30,736.00").first).to_be_visible()
    expect(page.get_by_role("table", name="明细")).to_contain_text("边缘网关 GW-100")


def test_wrong_input_is_told_beside_the_field_in_the_words_of_the_label(as_person: Enter) -> None:
    page = as_person("seller")
    page.goto(f"/a/{APP}/lead/new")
    page.get_by_label("手机").fill("12345")
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("姓名")
    expect(page.locator("#f-mobile")).to_have_value("12345")
    expect(page.locator("#f-mobile-error")).to_contain_text("手机")
    expect(page.locator("#f-name")).to_be_focused()


def test_a_list_is_searched_sorted_and_filtered(as_person: Enter) -> None:
    page = as_person("director")
    page.goto(f"/a/{APP}/customer")
    page.get_by_role("searchbox", name="搜索客户").fill("光谷")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.goto(f"/a/{APP}/opportunity")
    page.get_by_role("link", name="金额").click()
    expect(page.locator('th[aria-sort="ascending"]')).to_contain_text("金额")
    page.get_by_role("button", name="筛选").click()
    dialog = page.get_by_role("dialog", name="筛选")
    dialog.get_by_label("字段").select_option("stage")
    dialog.get_by_label("运算符").select_option("eq")
    dialog.get_by_label("值").select_option("赢单")
    dialog.get_by_role("button", name="应用").click()
    expect(page.get_by_role("link", name="阶段 等于 赢单")).to_be_visible()
    stages = page.locator('tbody td[data-label="阶段"]').all_inner_texts()
    assert stages
    assert set(stages) == {"赢单"}
    page.get_by_role("link", name="阶段 等于 赢单").click()
    expect(page.locator(".dg-chip")).to_have_count(0)


def test_chosen_columns_are_remembered(as_person: Enter) -> None:
    page = as_person("he")
    page.goto(f"/a/{APP}/customer")
    page.get_by_role("button", name="列", exact=True).click()
    page.locator("#dg-modal").get_by_label("来源").check()
    page.locator("#dg-modal").get_by_role("button", name="保存").click()
    expect(page.get_by_role("columnheader", name="来源")).to_be_visible()
    page.reload()
    expect(page.get_by_role("columnheader", name="来源")).to_be_visible()


def test_a_seller_sees_own_records_and_no_cost(as_person: Enter) -> None:
    seller, director = as_person("seller"), as_person("director")
    totals = []
    for page in (seller, director):
        page.goto(f"/a/{APP}/opportunity")
        totals.append(int(re.sub(r"\D", "", page.locator(".dg-list-foot [aria-live]").inner_text())))
    assert 0 < totals[0] < totals[1]
    seller.goto(f"/a/{APP}/product")
    seller.locator("tbody tr").first.click()
    expect(seller.get_by_role("heading", level=1)).to_be_visible()
    expect(seller.get_by_text("成本", exact=True)).to_have_count(0)


def test_the_second_of_two_people_is_told_and_may_keep_the_own_value(as_person: Enter) -> None:
    first, second = as_person("director"), as_person("manager")
    first.goto(f"/a/{APP}/customer")
    first.get_by_role("searchbox", name="搜索客户").fill("远山科技有限公司")
    expect(first.locator("tbody tr")).to_have_count(2)
    first.locator("tbody tr a").first.click()
    expect(first.get_by_role("heading", level=1)).to_contain_text("远山科技")
    place = first.url
    first.goto(f"{place}/edit")
    second.goto(f"{place}/edit")
    first.get_by_role("textbox", name="电话").fill("021-11110000")
    first.get_by_role("button", name="保存", exact=True).click()
    expect(first.get_by_text("021-11110000").first).to_be_visible()
    second.get_by_role("textbox", name="电话").fill("021-22220000")
    second.get_by_label("网址").fill("https://yuanshan.example")
    second.get_by_role("button", name="保存", exact=True).click()
    expect(second.get_by_role("alert")).to_contain_text("其他人修改了")
    expect(second.locator(".dg-clash")).to_contain_text("021-11110000")
    expect(second.get_by_role("textbox", name="电话")).to_have_value("021-22220000")
    second.get_by_role("button", name="保存", exact=True).click()
    expect(second.get_by_text("021-22220000").first).to_be_visible()
    expect(second.get_by_text("https://yuanshan.example").first).to_be_visible()


@pytest.mark.parametrize("locale", ["zh-CN", "en"])
@pytest.mark.parametrize("phone", [False, True], ids=["desk", "phone"])
def test_pages_of_records_fit_and_can_be_used_by_everybody(
    as_person: Enter, axe: Any, *, phone: bool, locale: str
) -> None:
    page = as_person("seller", phone=phone, locale=locale)
    for place in ("customer", "quote/new", "lead/new", "opportunity/1", "opportunity/1/edit"):
        page.goto(f"/a/{APP}/{place}")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        axe(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), place


def test_what_is_typed_during_a_preview_is_neither_sent_nor_lost(as_person: Callable[..., Page]):
    page = as_person("admin")
    page.goto("/")
    token = page.evaluate("document.body.dataset.csrf")
    page.request.post("/preview", form={"member": "3", "csrf_token": token, "next": "/"}, headers={"Referer": page.url})
    page.goto(f"/a/{APP}/quote/new")
    expect(page.locator("#dg-form[data-ready]")).to_be_attached()
    page.fill('#dg-form input[type="text"]:visible >> nth=0', "看看而已")
    page.keyboard.press("Control+s")
    expect(page.locator("[data-save]")).to_be_disabled()
    expect(page.locator('#dg-form input[type="text"]:visible').first).to_have_value("看看而已")
    page.get_by_role("button", name="结束预览").click()
    expect(page.locator(".dg-preview")).to_have_count(0)
