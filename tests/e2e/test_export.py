"""Exporting a list in a browser: the dialog on a desk and a phone, a file at once, and one that a job makes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from python_calamine import CalamineWorkbook

from dougong.apps import store as apps
from dougong.exports import store
from dougong.workspace.transactions import Workspaces
from dougong.workspace.workspaces import WorkspaceInfo
from engines.form.records import create_record
from engines.form.transaction import SYSTEM
from tests.apps import publish_app
from tests.form.build import field, form

APP = "takeaway"


@pytest.fixture(scope="module")
def deals(workspaces: Workspaces, company: WorkspaceInfo) -> None:
    """A list of three deals, one with two rows."""
    parts = {**field("lines", "subform"), "label": {"en": "Lines", "zh-CN": "报价明细"}}
    view = {"key": "all", "title": "All", "columns": ["name", "amount"]}
    made = form("deal", field("name", "text"), field("amount", "money"), field("note", "text"), parts, views=[view])
    publish_app(workspaces, company, APP, "Exports", [made])
    with workspaces.begin(company, SYSTEM) as tx:
        opened = apps.forms(tx, APP).get("deal")
        for number in range(3):
            rows = [{"name": "a", "qty": 1}, {"name": "b", "qty": 2}] if number == 0 else []
            create_record(tx, opened, {"name": f"甲{number}", "amount": 5, "note": "n", "lines": rows})


def table(path: Path) -> list[list[Any]]:
    return CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()


@pytest.mark.parametrize("phone", [False, True], ids=["desk", "phone"])
def test_a_list_becomes_a_file(
    as_person: Callable[..., Page], axe: Any, deals: None, worker: None, monkeypatch: pytest.MonkeyPatch, phone: bool
) -> None:
    page = as_person("admin", phone=phone)
    page.goto(f"/a/{APP}/deal?sort=name")
    page.locator("[hx-get*='/export?']").click()
    dialog = page.locator("#dg-modal[open]")
    expect(dialog).to_contain_text("3 条记录")
    expect(dialog.get_by_text("重复主记录的值")).to_be_hidden()
    expect(dialog.get_by_role("group", name="选择列")).to_be_hidden()
    dialog.get_by_label("自选列").check()
    dialog.get_by_role("group", name="选择列").get_by_label("note").check()
    dialog.get_by_label("报价明细的明细行").check()
    expect(dialog.get_by_text("重复主记录的值")).to_be_visible()
    axe(page)
    assert dialog.evaluate("it => it.scrollWidth <= it.clientWidth")
    with page.expect_download() as download:
        dialog.locator("button.btn-primary").click()
    expect(dialog).to_be_hidden()
    head, *rows = table(download.value.path())
    assert download.value.suggested_filename.endswith(".xlsx") and head[:3] == ["name", "amount", "note"]
    assert len(head) == 5 and len(rows) == 4 and rows[1][:3] == ["", "", ""]

    monkeypatch.setattr(store, "AT_ONCE", 2)
    page.locator("[hx-get*='/export?']").click()
    expect(dialog).to_contain_text("后台")
    dialog.locator("button.btn-primary").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="下载").click()
    assert [row[0] for row in table(download.value.path())[1:]] == ["甲0", "甲1", "甲2"]
    axe(page)
    page.get_by_role("link", name="全部导出记录").click()
    expect(page.locator("tbody tr").first).to_contain_text(".xlsx")
