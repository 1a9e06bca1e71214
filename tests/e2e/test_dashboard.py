"""The sales dashboard in a browser: charts are drawn, numbers lead to records, nothing needs a mouse or good eyes."""

import os
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

SHOTS = os.environ.get("DOUGONG_SHOTS")
APP = "pipeline"
BOARD = f"/a/{APP}/d/funnel"


@pytest.fixture(scope="module", autouse=True)
def deals(workspaces: Workspaces, company: WorkspaceInfo) -> None:
    """The demo company with the opportunities' pack and its sample data."""
    _, packs = install(workspaces, company, SYSTEM, Library(), ["crm.opportunity", "crm.lead"], app=APP, title="CRM")
    with workspaces.begin(company, SYSTEM, origin="pack") as tx:
        know_roles(tx, packs)
        load_sample(tx, store.forms(tx, APP), packs)  # nothing where these tests are dealt out in two goes


def drawn(page: Page, path: str = BOARD) -> Page:
    page.goto(path)
    expect(page.locator(".dg-tile-body[aria-busy]")).to_have_count(0, timeout=20_000)
    for chart in page.locator("dg-chart").all():
        expect(chart).to_have_attribute("data-drawn", "", timeout=20_000)
    page.wait_for_timeout(500)
    return page


def shoot(page: Page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


@pytest.mark.parametrize("locale", ["zh-CN", "en"])
@pytest.mark.parametrize("phone", [False, True], ids=["desk", "phone"])
def test_the_dashboard_is_drawn_fits_and_can_be_read_by_everybody(
    as_person: Callable[..., Page], axe: Callable[..., None], phone: bool, locale: str
) -> None:
    page = drawn(as_person("admin", phone=phone, locale=locale))
    expect(page.locator("dg-chart svg")).to_have_count(page.locator("dg-chart").count())
    shoot(page, f"dashboard-{phone}-{locale}")
    axe(page)
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0
    if not phone:
        page.click("[data-theme-toggle]")
        page.wait_for_timeout(500)
        shoot(page, f"dashboard-dark-{locale}")
        axe(page)
        page.click("[data-theme-toggle]")


def test_a_click_on_a_bar_shows_the_records_behind_it(as_person: Callable[..., Page]) -> None:
    page = drawn(as_person("admin"))
    month = page.locator("#tile-month")
    bars = month.locator("dg-chart svg path[fill]:not([fill='none']):not([fill='transparent'])")
    box = max((one.bounding_box() for one in bars.all()), key=lambda one: one["width"] * one["height"] if one else 0)
    assert box
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_url(re.compile(rf"/a/{APP}/opportunity\?filter="))
    expect(page.locator("tbody tr").first).to_be_visible()


def test_every_chart_has_a_table_that_the_keyboard_reaches(as_person: Callable[..., Page], axe: Any) -> None:
    page = drawn(as_person("manager"))
    toggle = page.locator("#tile-funnel [data-tile-table]")
    toggle.focus()
    page.keyboard.press("Enter")
    expect(toggle).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#tile-funnel table")).to_be_visible()
    axe(page)
    shoot(page, "dashboard-table")
    page.keyboard.press("Tab")
    expect(page.locator("#tile-funnel table a").first).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(rf"/a/{APP}/opportunity\?filter="))


def test_a_period_is_chosen_and_stays_in_the_address(as_person: Callable[..., Page]) -> None:
    page = drawn(as_person("admin"))
    page.click("a.dg-pill[href*='this_quarter']")
    page.wait_for_url("**?period=this_quarter")
    expect(page.locator("a.dg-pill[aria-current]")).to_have_count(1)
    page.click(".dg-period-own summary")
    page.fill("#period-from", "2016-10-01")
    page.fill("#period-to", "2016-12-31")
    page.click(".dg-period-form button")
    page.wait_for_url("**period_to=2016-12-31")
    expect(page.locator(".dg-period-own summary")).to_contain_text("2016-10-01 – 2016-12-31")
    drawn(page, page.url)
    expect(page.locator("#tile-month")).to_contain_text("所选时间内没有可统计的记录")
    shoot(page, "dashboard-empty")


def test_a_tile_that_cannot_be_loaded_offers_another_try(as_person: Callable[..., Page]) -> None:
    page = as_person("admin")
    page.route("**/d/funnel/t/won", lambda route: route.abort())
    page.goto(BOARD)
    tile = page.locator("#tile-won")
    expect(tile).to_contain_text("未能加载")
    page.unroute("**/d/funnel/t/won")
    tile.locator("[data-tile-retry]").click()
    expect(tile.locator(".dg-figure-number")).to_be_visible()
