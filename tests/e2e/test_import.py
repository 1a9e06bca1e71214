"""The import wizard in a browser: from a file to records and back, on a desk and a phone, without serious findings."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from dougong.packs.install import install
from dougong.packs.library import Library
from dougong.workspace.transactions import Workspaces
from dougong.workspace.workspaces import WorkspaceInfo
from engines.form.transaction import SYSTEM

APP = "deals"
FILE = "公司,行业,下次联系,备注\n测试进出口有限公司,航天,3/31/2026,第一家\n,航天,4/1/2026,没有名称\n"


@pytest.fixture(scope="module")
def forms(workspaces: Workspaces, company: WorkspaceInfo) -> None:
    """The forms of customers."""
    install(workspaces, company, SYSTEM, Library(), ["crm.customer"], app=APP, title="CRM")


@pytest.mark.parametrize("phone", [False, True], ids=["desk", "phone"])
def test_a_file_becomes_records_and_is_taken_back(
    as_person: Callable[..., Page], axe: Any, forms: None, worker: None, tmp_path: Path, phone: bool
) -> None:
    file = tmp_path / "客户.csv"
    file.write_text(FILE, encoding="utf-8-sig")
    page = as_person("admin", phone=phone)
    page.goto(f"/import/{APP}/customer")
    axe(page)
    page.set_input_files("#f-file", file)
    page.click("main form button.btn-primary")
    page.wait_for_selector("#import-map", timeout=30_000)
    page.select_option("#t-0-0", "name")
    page.wait_for_selector("#t-0-1")
    expect(page.locator("#t-2-0")).to_have_value("next_contact_at")
    expect(page.locator("#order-2-0")).to_have_value("mdy")
    page.locator("[name='m-1-0-0']").select_option(index=2)
    axe(page)
    page.click("button[name=go]")
    page.wait_for_selector("[data-count='0']", timeout=30_000)
    expect(page.locator("[data-count='0']")).to_have_text("1")
    expect(page.locator("[data-count='3']")).to_have_text("1")
    axe(page)
    page.click("main form button.btn-primary")
    page.wait_for_selector("text=导入已完成", timeout=30_000)
    axe(page)
    page.goto(f"/a/{APP}/customer")
    expect(page.get_by_text("测试进出口有限公司").first).to_be_visible()
    page.goto("/import")
    page.click("main table a")
    page.click("main details.dg-menu summary")
    page.click("main details.dg-menu button")
    page.wait_for_selector("text=导入已撤销", timeout=30_000)
    page.goto(f"/a/{APP}/customer")
    expect(page.get_by_text("测试进出口有限公司")).to_have_count(0)


def test_imports_have_a_page_of_their_own(as_person: Callable[..., Page], axe: Any, forms: None) -> None:
    page = as_person("admin", locale="en")
    page.goto("/import")
    axe(page)
