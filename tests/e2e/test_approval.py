"""A quote with 15 % discount: submitted, returned, mended, approved, and told with all its times."""

import os
import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from dougong.apps import store
from dougong.identity.actors import build_actor
from dougong.packs.install import install
from dougong.packs.jobs import know_roles
from dougong.packs.library import Library
from dougong.workspace.tables import MEMBER
from dougong.workspace.transactions import Workspaces
from dougong.workspace.workspaces import WorkspaceInfo
from engines.form.records import create_record, update_record
from engines.form.transaction import SYSTEM, Transaction

SHOTS = os.environ.get("DOUGONG_SHOTS")
APP = "crm"


def shoot(page: Page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


class Sales:
    """The demo company with the sales suite."""

    def __init__(self, workspaces: Workspaces, company: WorkspaceInfo) -> None:
        self.workspaces, self.company = workspaces, company
        self.count = 0
        with workspaces.begin(company, SYSTEM, origin="pack") as tx:
            known = {one.key for one in store.apps(tx)}
        if APP not in known:
            _, packs = install(workspaces, company, SYSTEM, Library(), ["suite.sales_start"], app=APP, title="销售管理")
            with workspaces.begin(company, SYSTEM, origin="pack") as tx:
                know_roles(tx, packs)

    def _as_seller(self, tx: Transaction) -> None:
        query = select(MEMBER.c.id).where(MEMBER.c.email == "seller@demo.example")
        member = tx.connection.execute(query).scalar_one()
        tx.actor = build_actor(tx, member, is_admin=False, locale="zh-CN", zone="Asia/Shanghai")

    def quote(self, discount: str) -> tuple[int, str]:
        """A draft of the seller: ten pieces at 100 with this discount; its id and number."""
        self.count += 1
        with self.workspaces.begin(self.company, SYSTEM) as tx:
            forms = store.forms(tx, APP)
            name = f"工业网关 {self.count}"
            priced = {"name": name, "code": f"E2E-{self.count}", "list_price": "100", "tax_rate": "0.13"}
            product = create_record(tx, forms.get("product"), priced)
            self._as_seller(tx)
            customer = create_record(tx, forms.get("customer"), {"name": f"远山科技 {self.count}"})
            lines = [{"product": product.id, "qty": 10, "list_price": "100", "discount": discount, "tax_rate": "0.13"}]
            saved = create_record(tx, forms.get("quote"), {"customer": customer.id, "lines": lines})
            return saved.id, str(saved.values["no"])

    def mend(self, quote: int, **values: Any) -> None:
        """The seller changes a quote."""
        with self.workspaces.begin(self.company, SYSTEM) as tx:
            self._as_seller(tx)
            update_record(tx, store.forms(tx, APP).get("quote"), quote, values)

    def state(self, quote: int) -> str:
        with self.workspaces.begin(self.company, SYSTEM) as tx:
            table = store.forms(tx, APP).get("quote").table
            return str(tx.connection.execute(select(table.c.state).where(table.c.id == quote)).scalar_one())


@pytest.fixture(scope="session")
def sales(workspaces: Workspaces, company: WorkspaceInfo) -> Sales:
    return Sales(workspaces, company)


def act(page: Page, button: str, comment: str) -> None:
    """Press a button of the panel, write a comment into its dialog and send it."""
    page.locator("#dg-flow").get_by_role("button", name=button, exact=True).click()
    dialog = page.locator("#dg-modal")
    dialog.get_by_label("意见").fill(comment)
    shoot(page, f"approval-dialog-{button}")
    dialog.locator("button.btn-primary, button.btn-danger-plain").click()
    expect(dialog).to_be_hidden()


def test_a_quote_with_15_percent_discount_is_returned_mended_and_approved(
    as_person: Any, axe: Any, sales: Sales
) -> None:
    quote, number = sales.quote("0.15")
    place = f"/a/{APP}/quote/{quote}"
    seller = as_person("seller")
    seller.goto(place)
    shoot(seller, "approval-before")
    act(seller, "提交审批", "客户要求本周答复")
    seller.goto(place)
    expect(seller.locator("#dg-flow")).to_contain_text("审批中")
    assert sales.state(quote) == "审批中"

    manager = as_person("manager")
    manager.goto("/")
    expect(manager.locator("#dg-bell-count")).to_have_text(re.compile(r"^[1-9]"))
    manager.locator("#dg-bell > summary").click()
    notice = manager.locator("#dg-bell-body a", has_text=number)
    expect(notice).to_contain_text("林晓雨请您审批")
    shoot(manager, "approval-bell")
    manager.goto("/todo")
    row = manager.locator("#dg-todo tr", has_text=number)
    expect(row).to_contain_text("主管审批")
    axe(manager)
    shoot(manager, "approval-todo")
    row.get_by_role("link").click()
    manager.wait_for_url(re.compile(rf"{place}\?task=\d+"))
    expect(manager.locator("#dg-flow")).to_contain_text("等待您处理")
    axe(manager)
    act(manager, "退回", "请注明折扣理由")

    seller.goto("/todo")
    expect(seller.locator("#dg-todo tr", has_text=number)).to_contain_text("被退回，待修改")
    assert sales.state(quote) == "草稿"
    sales.mend(quote, remark="战略客户，首单让利")
    seller.goto(place)
    act(seller, "重新提交", "理由已补充")

    manager.goto(place)
    act(manager, "同意", "同意此折扣")
    manager.goto("/todo")
    expect(manager.locator("#dg-todo tr", has_text=number)).to_have_count(0)

    seller.goto(place)
    assert sales.state(quote) == "已批准"
    panel = seller.locator("#dg-flow")
    lines = panel.locator("ol > li")
    words = ["客户要求本周答复", "走", "请注明折扣理由", "理由已补充", "走", "同意此折扣"]
    for place_in_story, word in enumerate(words):
        expect(lines.nth(place_in_story)).to_contain_text(word)
        expect(lines.nth(place_in_story).locator("time")).to_have_attribute(
            "title", re.compile(r"\d{4}-\d\d-\d\d \d\d:")
        )
    panel.locator("summary").click()
    expect(panel.locator("svg[role=img]")).to_be_visible()
    axe(seller)
    shoot(seller, "approval-story")
    seller.locator("#dg-bell > summary").click()
    expect(seller.locator("#dg-bell-body a", has_text=number).first).to_contain_text("顾明远已同意")


@pytest.mark.parametrize("locale", ["zh-CN", "en"])
@pytest.mark.parametrize("phone", [False, True], ids=["desk", "phone"])
def test_lists_and_panel_fit_every_window(as_person: Any, axe: Any, sales: Sales, phone: bool, locale: str) -> None:
    quote, _ = sales.quote("0.25")
    seller = as_person("seller", phone=phone, locale=locale)
    seller.goto(f"/a/{APP}/quote/{quote}")
    seller.locator("#dg-flow button.btn-primary").click()
    seller.locator("#dg-modal button.btn-primary").click()
    seller.wait_for_url(re.compile(rf"/a/{APP}/quote/{quote}"))
    for who in ("seller", "manager"):
        page = as_person(who, phone=phone, locale=locale)
        for box in ("todo", "started", "done", "cc"):
            page.goto(f"/todo?box={box}")
            shoot(page, f"todo-{who}-{box}-{'phone' if phone else 'desk'}-{locale}")
            if box in ("todo", "started"):
                axe(page)
            assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
        page.goto(f"/a/{APP}/quote/{quote}")
        page.locator("#dg-flow summary").click()
        shoot(page, f"panel-{who}-{'phone' if phone else 'desk'}-{locale}")
        axe(page)
        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0


def test_up_to_and_including_10_percent_no_approval_is_needed(as_person: Any, sales: Sales) -> None:
    quote, _ = sales.quote("0.10")
    seller = as_person("seller")
    seller.goto(f"/a/{APP}/quote/{quote}")
    act(seller, "提交审批", "")
    seller.goto(f"/a/{APP}/quote/{quote}")
    expect(seller.locator("#dg-flow")).to_contain_text("已通过")
    assert sales.state(quote) == "已批准"
