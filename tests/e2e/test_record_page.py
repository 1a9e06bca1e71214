"""The page of a record with rows in a browser: why a value of a row is what it is, by mouse, by keys, on a phone."""

import os
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from dougong.config import Settings
from dougong.workspace.transactions import Workspaces
from dougong.workspace.workspaces import WorkspaceInfo
from tests.web.row_world import make

APP = "rowsight"
Enter = Callable[..., Page]
TEXT = """cell => {
  const range = document.createRange();
  range.selectNode(cell.querySelector('.dg-explained').firstChild);
  return range.getBoundingClientRect().toJSON();
}"""
"""Where the text of an explained cell stands."""


@pytest.fixture(scope="module")
def world(workspaces: Workspaces, company: WorkspaceInfo, settings: Settings) -> dict[str, Any]:
    return make(workspaces, company, APP, settings)


def look(page: Page, name: str) -> None:
    if os.environ.get("K_LOOK"):
        page.wait_for_timeout(400)
        page.screenshot(path=f"/tmp/k/{name}.png", full_page=True)


def test_a_value_of_a_row_is_explained_by_mouse_and_by_keys(as_person: Enter, world: dict[str, Any], axe: Any) -> None:
    page = as_person("seller")
    record = f"/a/{APP}/order/{world['order']}"
    page.goto(record)
    marks = page.locator(".dg-rows-table .dg-why")
    first = page.locator(f"#lines-row-{world['lines'][0]['id']}")
    cell = first.locator("td", has_text="$1,000.00")
    expect(cell.locator(".dg-why")).to_have_css("opacity", "0")
    look(page, "desk")
    cell.hover()
    expect(cell.locator(".dg-why")).to_have_css("opacity", "1")
    mark, value = cell.locator(".dg-why").bounding_box(), cell.evaluate(TEXT)
    assert mark is not None
    assert mark["x"] + mark["width"] <= value["left"], "the mark covers the value"
    look(page, "hovered")
    cell.locator(".dg-why").click()
    dialog = page.locator("#dg-modal[open]")
    expect(dialog).to_contain_text("$500.00")
    expect(dialog).to_contain_text("$1,000.00")
    look(page, "dialog")
    axe(page)
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)

    expect(page.locator(".dg-rows-table .dg-why[tabindex='0']")).to_have_count(1)  # one stop of the Tab key
    marks.first.focus()
    page.keyboard.press("ArrowDown")
    second = page.locator(f"#lines-row-{world['lines'][1]['id']}")
    expect(second.locator("td", has_text="$1.50").locator(".dg-why")).to_be_focused()
    page.keyboard.press("ArrowLeft")  # the last of the components above
    part = page.locator(".dg-nested-table tbody tr").nth(1)
    expect(part.locator(".dg-why")).to_be_focused()
    expect(part.locator(".dg-why")).to_have_css("opacity", "1")
    page.keyboard.press("Enter")
    expect(dialog).to_contain_text("¥12.00")
    page.keyboard.press("Escape")

    part.locator(".dg-show").click()
    expect(part).to_contain_text("SN-20260002")
    for picture in page.locator(".dg-rows-table img").all():
        picture.scroll_into_view_if_needed()
        expect(picture).to_have_js_property("naturalWidth", 96)
    look(page, "shown")
    axe(page)


def test_on_a_phone_rows_are_cards_with_their_marks(as_person: Enter, world: dict[str, Any], axe: Any) -> None:
    page = as_person("admin", phone=True, locale="en")
    page.goto(f"/a/{APP}/order/{world['order']}")
    first = page.locator(f"#lines-row-{world['lines'][0]['id']}")
    mark = first.locator("td", has_text="$1,000.00").locator(".dg-why")
    expect(mark).to_be_visible()
    expect(mark).to_have_css("opacity", "1")
    expect(page.locator(f"#lines-row-{world['lines'][1]['id']} td:visible")).to_have_count(5)  # no empty ones
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    for picture in page.locator(".dg-rows-table img").all():
        picture.scroll_into_view_if_needed()
    look(page, "phone")
    mark.tap()
    expect(page.locator("#dg-modal[open]")).to_contain_text("$500.00")
    look(page, "phone-dialog")
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", name="Deliveries")).to_be_visible()
    axe(page)
    page.get_by_role("link", name="FH1").first.tap()
    expect(page.get_by_role("heading", name="FH1")).to_be_visible()
