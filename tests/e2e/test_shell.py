"""The frame of every page, at a desk and on a phone, in both languages."""

import os

import pytest
from playwright.sync_api import expect

SHOTS = os.environ.get("DOUGONG_SHOTS")
PAGES = ["/", "/account", "/dev/kit", "/nothing-here"]


def shoot(page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True, caret="initial")


@pytest.mark.parametrize("locale", ["zh-CN", "en"])
@pytest.mark.parametrize("phone", [False, True], ids=["desk", "phone"])
def test_no_page_of_the_frame_has_a_serious_fault_for_screen_readers(as_person, axe, phone, locale):
    door = as_person(None, phone=phone, locale=locale)
    door.goto("/sign-in")
    shoot(door, f"sign-in-{phone}-{locale}")
    axe(door)
    page = as_person("admin", phone=phone, locale=locale)
    for path in PAGES:
        page.goto(path)
        shoot(page, f"{path.strip('/').replace('/', '-') or 'home'}-{phone}-{locale}")
        axe(page)
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{path} is wider than the window by {wide}"


PRESSED_AT_ONCE = """document.addEventListener('DOMContentLoaded', () => {
  document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'k', ctrlKey: true, bubbles: true }));
});"""


def test_the_palette_opens_with_the_keyboard_and_goes_to_a_page(as_person):
    page = as_person("admin")
    page.add_init_script(PRESSED_AT_ONCE)  # sooner than the page is wired: nothing is lost
    page.goto("/")
    expect(page.locator("#dg-palette-hits [role=option]").first).to_be_visible()
    page.fill("#dg-palette-input", "邀请")
    expect(page.locator("#dg-palette-hits [role=option]")).to_have_count(1)
    shoot(page, "palette")
    page.keyboard.press("Enter")
    page.wait_for_url("**/admin/invite")


def test_the_theme_is_remembered_by_the_server(as_person, axe):
    page = as_person("seller")
    page.goto("/dev/kit")
    page.click(".dg-top [data-theme-toggle]:visible")
    page.reload()
    assert page.locator("html").get_attribute("data-bs-theme") == "dark"
    shoot(page, "kit-dark")
    axe(page)


def test_the_menu_of_a_phone_opens_and_closes(as_person):
    page = as_person("admin", phone=True)
    page.goto("/")
    page.click(".dg-bottom [data-side-open]")
    expect(page.locator("#dg-side")).to_be_visible()
    shoot(page, "phone-menu")
    page.keyboard.press("Escape")
    expect(page.locator("#dg-side")).to_be_hidden()


def test_the_tab_of_the_page_is_in_sight_on_a_phone(as_person):
    page = as_person("admin", phone=True)
    page.goto("/admin/shown")
    row, here = page.locator("nav.dg-tabs"), page.locator("nav.dg-tabs [aria-current]")
    assert row.evaluate("row => row.scrollWidth > row.clientWidth + 100")
    outer, inner = row.bounding_box(), here.bounding_box()
    assert inner["x"] >= outer["x"]
    assert inner["x"] + inner["width"] <= outer["x"] + outer["width"] + 1


def test_a_wrong_password_puts_the_cursor_back_into_the_field(as_person):
    page = as_person(None)
    page.goto("/sign-in")
    page.fill("#f-email", "seller@demo.example")
    page.fill("#f-password", "wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("不匹配")
    expect(page.locator("#f-password")).to_be_focused()
