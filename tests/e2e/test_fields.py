"""Every field type in a browser: its input is drawn, its sample typed, saved and seen again, on desk and phone.

Types come from the registry. How a sample is typed follows from the inputs that stand there; types whose widget wants
more than that have a line in `HANDS`. What is filled from outside (files, drawings) or computed is only looked at.
"""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from dougong.apps import store
from dougong.workspace.transactions import Workspaces
from dougong.workspace.workspaces import WorkspaceInfo
from engines.form.fields import FIELD_TYPES
from engines.form.fields.base import Field, FieldType, Link
from engines.form.form import Form
from engines.form.records import create_record
from engines.form.transaction import SYSTEM
from tests.apps import publish_app
from tests.form.build import OTHER
from tests.form.every import document

APP = "kinds"
Enter = Callable[..., Page]

SEEN_COMPUTED = {"capitals": "壹仟万零伍仟伍佰叁拾肆元整", "text_template": "上海远山科技有限公司 · 7", "formula": "14"}
PEOPLE = ("member", "members", "department", "departments")
WITHOUT_DATA = {"cascade"}  # there is no tree to choose from here
OUTSIDE = {"attachment", "image", "signature"}  # filled with files or by drawing; they have tests of their own


@pytest.fixture(scope="module")
def every(workspaces: Workspaces, company: WorkspaceInfo) -> Form:
    """The published form, and a record that the relation may point at."""
    publish_app(workspaces, company, APP, "字段类型", (OTHER, document()))
    with workspaces.begin(company, SYSTEM, origin="pack") as tx:
        forms = store.forms(tx, APP)
        create_record(tx, forms.get("other"), {"name": "甲公司"})
        return forms.get("every")


def at(page: Page, key: str) -> Locator:
    """The place of a field on the page."""
    return page.locator(f'.dg-form [data-field="{key}"]').first


def choose(place: Locator, *texts: str) -> None:
    for text in texts:
        place.get_by_role("combobox").fill(text)
        place.get_by_role("option", name=re.compile(text)).first.click()


def write_rich(place: Locator) -> None:
    body = place.get_by_role("textbox")
    body.click()
    place.get_by_role("button", name=re.compile("标题|Heading")).first.click()
    body.press_sequentially("纪要")
    body.press("Enter")
    body.press("Control+b")
    body.press_sequentially("重点")
    body.press("Control+b")
    body.press("Enter")
    place.get_by_role("button", name=re.compile("^(列表|List)$")).click()
    body.press_sequentially("甲 < 5")


def fill_rows(place: Locator) -> None:
    place.locator("[data-add-row]").click()
    row = place.locator("tr[data-row]").last
    row.locator('input[name$=".name"]').fill("甲")
    row.locator('input[name$=".qty"]').fill("2")


def fill_address(place: Locator) -> None:
    for level, name in (("province", "广东省"), ("city", "深圳市"), ("district", "南山区")):
        place.locator(f"[data-level={level}]").select_option(label=name)
    place.locator("[data-level=detail]").fill("科苑路15号 A座")


HANDS: dict[str, Callable[[Locator], None]] = {
    "richtext": write_rich,
    "relation": lambda place: choose(place, "甲公司"),
    "link": lambda place: choose(place, "甲公司"),
    "member": lambda place: choose(place, "林"),
    "members": lambda place: choose(place, "林", "何"),
    "department": lambda place: choose(place, "华东"),
    "departments": lambda place: choose(place, "华东"),
    "subform": fill_rows,
    "rating": lambda place: place.locator("dg-rating label").nth(3).click(),
    "date_range": lambda place: (
        place.locator("input").first.fill("2026-06-01"),
        place.locator("input").last.fill("2026-06-05"),
    )[0],
    "address": fill_address,
    "tags": lambda place: (
        place.locator(".dg-tags-text").fill("老客户"),
        place.locator(".dg-tags-text").press("Enter"),
    )[1],
}
SEEN = {
    "richtext": "甲 < 5",
    "relation": "甲公司",
    "link": "甲公司",
    "subform": "甲",
    "tags": "老客户",
    "rating": "4 / 5",
    "address": "科苑路15号",
}


def texts_of(kind: FieldType, one: Field, value: Any) -> list[str]:
    """What is typed or chosen for a value: the text of the input, or keys of options."""
    if isinstance(value, tuple):
        return [text for each in value for text in texts_of(kind, one, each)]
    if isinstance(value, Link):
        return ["甲公司" if kind.key not in PEOPLE else value.title]
    shaped = kind.form_text(value, one)
    if shaped is None:
        shaped = "true" if value is True else value.isoformat() if hasattr(value, "isoformat") else str(value)
    return [str(shaped)]


def type_in(place: Locator, texts: list[str]) -> bool:
    """Types or chooses in the way of the inputs that stand there; tells whether there was one.

    A widget that keeps its value in a hidden input is given it there: what it draws has tests of its own.
    """
    entry = place.locator(
        "input:is([type=text], [type=number], [type=email], [type=tel], [type=url], [type^=date]), textarea"
    )
    entry = entry.or_(place.locator("input:is([type=time], [type=month], [type=week])")).and_(place.locator("[name]"))
    boxes = place.locator("input:is([type=radio], [type=checkbox])[name]")
    selects, hidden = place.locator("select[name]"), place.locator("input[type=hidden][name]")
    if boxes.count():
        for text in texts:
            place.locator(f"input[value={json.dumps(text, ensure_ascii=False)}]").last.dispatch_event("click")
    elif selects.count():
        known = selects.first.locator("option").evaluate_all("all => all.map(one => [one.value, one.text])")
        value = next((key for key, text in known if texts[0] in (key, text)), None)
        if value is None:
            return False
        selects.first.select_option(value)
    elif entry.count():
        entry.first.fill(texts[0])
    elif hidden.count() == 1 and texts[0]:
        hidden.evaluate("(input, text) => { input.value = text }", texts[0])
    else:
        return False
    return True


def fill_all(page: Page, every: Form) -> set[str]:
    """Types the sample of every type; gives the keys of those that were typed."""
    typed = set()
    for kind in FIELD_TYPES:
        one = every.fields.get(f"a_{kind.key}")
        if one is None or not kind.is_value or not kind.writable or kind.key in OUTSIDE | WITHOUT_DATA:
            continue
        place = at(page, one.key)
        if kind.key in HANDS:
            HANDS[kind.key](place)
            typed.add(kind.key)
        elif type_in(place, texts_of(kind, one, kind.samples()[0][1])):
            typed.add(kind.key)
    for key, text in {
        "b_week": "2026-W12",
        "b_month": "2026-03",
        "b_moment": "2026-06-05T09:30:15",
        "b_share": "66",
    }.items():
        at(page, key).locator("input").first.fill(text)
    at(page, "b_period").locator("select").select_option("2026-Q1")
    at(page, "b_left").locator("input").fill("-3")
    return typed


READ = """() => Object.fromEntries([
  ...[...document.querySelectorAll('.dg-fact')].map((fact) => [fact.querySelector('.dg-fact-name'), fact]),
  ...[...document.querySelectorAll('table[aria-label]')].map((table) => [table, table]),
].filter(([name]) => name).map(([name, place]) => [
  name.getAttribute('aria-label') ?? name.innerText,
  [place.innerText, ...[...place.querySelectorAll('[aria-label]')].map((one) => one.ariaLabel)].join(' '),
]))"""


def shown(page: Page) -> dict[str, str]:
    """What stands beside each field's name on the page of a record, words for those who do not see included."""
    return {name: "".join(text.split()) for name, text in page.evaluate(READ).items()}


@pytest.mark.parametrize("phone", [False, True], ids=["desk", "phone"])
def test_every_type_is_typed_saved_and_seen(as_person: Enter, every: Form, axe: Any, phone: bool) -> None:
    page = as_person("admin", phone=phone)
    page.set_default_timeout(10_000)
    page.goto(f"/a/{APP}/every/new")
    expect(page.locator("dg-richtext [contenteditable]")).to_be_visible()
    for kind in FIELD_TYPES:
        if kind.writable and kind.is_value:
            expect(at(page, f"a_{kind.key}")).to_be_visible()
    typed = fill_all(page, every)
    assert typed >= {kind.key for kind in FIELD_TYPES if kind.is_value and kind.writable} - OUTSIDE - WITHOUT_DATA
    expect(page.locator("[data-out=a_capitals]")).to_have_text(SEEN_COMPUTED["capitals"])
    expect(page.locator("[data-out=b_days]")).to_have_text("80")
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0, f"the form is {overflow} px too wide"
    axe(page)
    page.get_by_role("button", name=re.compile("^保存$")).click()
    page.wait_for_load_state()
    assert page.locator("[data-error-summary]").all_inner_texts() == []
    expect(page.get_by_role("heading", level=1)).to_have_text("上海远山科技有限公司")
    facts = shown(page)
    for kind in FIELD_TYPES:
        if kind.key not in typed and kind.key not in SEEN_COMPUTED:
            continue
        one = every.fields[f"a_{kind.key}"]
        value = kind.samples()[0][1]
        wanted = SEEN.get(kind.key) or SEEN_COMPUTED.get(kind.key)
        if wanted is None and kind.formula_type(one).value in ("record", "records"):
            wanted = "林" if kind.key.startswith("member") else "华东"
        words = (wanted or kind.display(value, one, "zh-CN", "Asia/Shanghai")).split()
        seen = facts[one.label("zh-CN")]
        assert all(word in seen for word in words), (kind.key, wanted, seen)
    for key, text in {
        "b_period": "2026年第一季度",
        "b_week": "2026年第12周",
        "b_moment": "09:30:15",
        "b_left": "≈-3 件",
    }.items():
        assert "".join(text.split()) in facts[every.fields[key].label("zh-CN")], key
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0, f"the record is {overflow} px too wide"
    if not phone:
        axe(page)
    page.get_by_role("link", name="编辑").click()
    expect(page.locator("dg-richtext [contenteditable]")).to_contain_text("甲 < 5")
    expect(page.locator('[name="b_moment"]')).to_have_value("2026-06-05T09:30:15")
    page.get_by_role("button", name=re.compile("^保存$")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("上海远山科技有限公司")
    assert "被修改" not in page.locator("#dg-history").inner_text()
