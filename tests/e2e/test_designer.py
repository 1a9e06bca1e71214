"""The form designer in the browser: built by real dragging, by the keyboard alone, by two people at once, undone."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import Engine, select

from dougong.apps import store
from dougong.designer import workbench
from dougong.identity.members import set_admin
from dougong.workspace.tables import MEMBER
from dougong.workspace.transactions import Workspaces
from dougong.workspace.workspaces import WorkspaceInfo
from engines.form.transaction import SYSTEM

APP = "workshop"
MOST_ACTIONS = 60
Enter = Callable[..., Page]


@pytest.fixture(scope="module", autouse=True)
def workshop(workspaces: Workspaces, company: WorkspaceInfo, database: Engine) -> Iterator[None]:
    """An app without forms, and a second administrator for as long as these tests run."""

    def second(on: bool) -> None:
        with workspaces.begin(company, SYSTEM, origin="system") as tx:
            found = tx.connection.scalar(select(MEMBER.c.id).where(MEMBER.c.email == "director@demo.example"))
            assert found is not None
            set_admin(tx, database, company.id, found, on)

    with workspaces.begin(company, SYSTEM, origin="system") as tx:
        if APP not in {one.key for one in store.apps(tx)}:
            store.make_app(tx, APP, {"zh-CN": "维修间", "en": "Workshop"})
    second(True)
    yield
    second(False)


class Hand:
    """A person at the designer: every movement of the hand is counted."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.actions = 0

    def click(self, target: Locator) -> None:
        self.actions += 1
        target.click()

    def type(self, text: str) -> None:
        self.actions += 1
        self.page.keyboard.insert_text(text)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.actions += 1
            self.page.keyboard.press(key)

    def fill(self, target: Locator, text: str) -> None:
        self.actions += 1
        target.fill(text)

    def choose(self, target: Locator, label: str) -> None:
        self.actions += 1
        target.select_option(label=label)

    def drag(self, source: Locator, target: Locator, x: float = 0.5, y: float = 0.5) -> None:
        """With the real pointer: pressed, moved in steps, let go."""
        self.actions += 1
        source.scroll_into_view_if_needed()
        block = "end" if y > 0.9 else "nearest"
        target.evaluate(f"list => list.scrollIntoView({{block: '{block}'}})")
        start, end = source.bounding_box(), target.bounding_box()
        assert start is not None and end is not None
        mouse = self.page.mouse
        mouse.move(start["x"] + min(start["width"] / 2, 60), start["y"] + min(start["height"] / 2, 14))
        mouse.down()
        mouse.move(end["x"] + end["width"] * x - 12, end["y"] + end["height"] * y - 6, steps=3)
        mouse.move(end["x"] + end["width"] * x, end["y"] + end["height"] * y, steps=2)
        expect(self.page.locator(".dz-mark-on")).to_be_visible()
        mouse.up()

    def new(self, kind: str, target: Locator, name: str, x: float = 0.98, y: float = 0.98) -> None:
        """Drag a kind of field into its place and type its name at once."""
        self.drag(self.page.locator(f'[data-type="{kind}"]'), target, x, y)
        expect(self.page.locator(".dz-panel [data-prop=label] input").first).to_be_focused()
        self.type(name)


def new_form(page: Page, name: str) -> str:
    """A new form by its page; gives its key."""
    page.goto(f"/design/{APP}")
    page.get_by_label("表单名称").fill(name)
    page.get_by_role("button", name="创建表单").click()
    page.wait_for_url(f"**/design/{APP}/form/*")
    expect(page.locator(".dz-canvas")).to_be_visible()
    return page.url.rsplit("/", 1)[1]


def saved(page: Page) -> None:
    """Wait until everything is saved (keys follow names half a second later)."""
    page.wait_for_timeout(700)
    expect(page.locator('.dz-state[data-state="saved"]')).to_be_visible()


def document(workspaces: Workspaces, company: WorkspaceInfo, key: str) -> dict[str, Any]:
    """The form as it lies in the workbench."""
    with workspaces.begin(company, SYSTEM, origin="system", read_only=True) as tx:
        return workbench.open_form(tx, APP, key).document


def hits(page: Page) -> list[str]:
    """The fields on the canvas in their order."""
    found = page.locator(".dz-canvas .dz-hit").evaluate_all("all => all.map(one => one.dataset.hit)")
    return [str(one) for one in found]


def test_a_new_admin_builds_a_repair_form_by_dragging_and_somebody_else_fills_it(
    as_person: Enter, workspaces: Workspaces, company: WorkspaceInfo, axe: Callable[..., None]
) -> None:
    page = as_person("admin")
    hand = Hand(page)
    page.goto(f"/design/{APP}")
    hand.fill(page.get_by_label("表单名称"), "设备报修")
    hand.click(page.get_by_role("button", name="创建表单"))
    page.wait_for_url(f"**/design/{APP}/form/*")
    key = page.url.rsplit("/", 1)[1]
    expect(page.locator(".dz-empty strong")).to_have_text("把第一个字段拖到这里")

    grid = page.locator(".dz-grid").first
    hand.new("text", grid, "设备名称", 0.5, 0.5)
    hand.click(page.get_by_role("switch", name="必填"))
    hand.new("choice", grid, "紧急程度")
    hand.fill(page.locator(".dz-element-line input").nth(0), "普通")
    hand.fill(page.locator(".dz-element-line input").nth(1), "紧急")
    hand.new("date", grid, "报修日期")
    hand.new("phone", grid, "联系电话")
    hand.new("member", grid, "维修人")
    hand.new("money", grid, "预算")
    hand.new("text", grid, "停机原因")
    hand.new("textarea", grid, "故障描述")
    hand.new("subform", grid, "维修明细")
    rows = page.locator(".dz-rows")
    hand.new("text", rows, "配件", 0.5, 0.5)
    hand.new("money", rows, "单价", 0.97, 0.5)
    hand.new("number", rows, "数量", 0.97, 0.5)
    page.wait_for_timeout(700)
    hand.new("formula", rows, "小计", 0.97, 0.5)
    insert = page.get_by_label("插入字段").first
    hand.choose(insert, "单价")
    hand.type(" * ")
    hand.choose(insert, "数量")
    hand.new("formula", grid, "合计", 0.5, 0.995)
    page.wait_for_timeout(1200)
    hand.click(page.locator(".dz-panel .dz-f-area .cm-content").first)
    hand.type("SUM(")
    hand.choose(insert, "维修明细 › 小计")
    hand.type(")")
    hand.click(page.locator(".dz-views").get_by_role("button", name="规则"))
    hand.click(page.get_by_role("button", name="显示、隐藏或改变字段"))
    rule = page.locator(".dz-rule").first
    hand.choose(rule.get_by_label("条件字段"), "紧急程度")
    hand.choose(rule.get_by_label("条件的值"), "紧急")
    hand.choose(rule.locator("[data-prop=fields] select"), "停机原因")
    hand.click(page.get_by_role("button", name="保存前校验"))
    check = page.locator(".dz-rule").nth(1)
    hand.choose(check.get_by_label("条件字段"), "合计")
    hand.choose(check.get_by_label("合计 的比较方式"), "小于等于")
    hand.fill(check.get_by_label("条件的值"), "5000")
    hand.fill(check.locator("[data-prop=message] textarea"), "超过 5000 元请走采购流程")
    axe(page)
    hand.click(page.locator(".dz-views").get_by_role("button", name="布局"))
    saved(page)
    axe(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 1440
    hand.click(page.get_by_role("button", name="发布", exact=True))
    expect(page.locator(".dz-plan-list")).to_contain_text("设备报修")
    assert page.locator(".dz-plan [role=alert]").all_inner_texts() == []
    hand.click(page.get_by_role("button", name="立即发布"))
    expect(page.get_by_text("已发布，所有人都可以使用了")).to_be_visible(timeout=20_000)
    assert hand.actions < MOST_ACTIONS

    made = document(workspaces, company, key)
    assert [one["key"] for one in made["fields"]][:3] == ["shebeimingcheng", "jinjichengdu", "baoxiuriqi"]
    fills = as_person("seller")
    fills.goto(f"/a/{APP}/{key}/new")
    fills.get_by_label("设备名称").fill("三号空压机")
    reason = fills.locator('[data-field="tingjiyuanyin"]')
    expect(reason).to_be_hidden()
    fills.get_by_label("紧急程度").select_option(label="紧急")
    expect(reason).to_be_visible()
    fills.get_by_label("停机原因").fill("皮带断裂")
    fills.get_by_role("button", name="添加一行").click()
    line = fills.locator("[data-rows] tr").first
    line.locator('[name$=".danjia"]').fill("3000")
    line.locator('[name$=".shuliang"]').fill("2")
    expect(fills.locator("[data-out=heji]")).to_contain_text("6,000")
    fills.get_by_role("button", name="保存", exact=True).click()
    expect(fills.get_by_role("alert")).to_contain_text("超过 5000 元请走采购流程")
    line.locator('[name$=".shuliang"]').fill("1")
    fills.get_by_role("button", name="保存", exact=True).click()
    expect(fills.get_by_role("heading", level=1)).to_contain_text("三号空压机")
    expect(fills.get_by_text("皮带断裂").first).to_be_visible()


def test_a_form_is_built_with_the_keyboard_alone_and_undone_after_a_reload(
    as_person: Enter, workspaces: Workspaces, company: WorkspaceInfo
) -> None:
    page = as_person("admin")
    key = new_form(page, "键盘")
    keys = page.keyboard

    def add(kind: str, name: str) -> None:
        keys.press("Escape")
        keys.press("/")
        keys.insert_text(kind)
        keys.press("Enter")
        expect(page.locator(".dz-panel [data-prop=label] input").first).to_be_focused()
        keys.insert_text(name)
        page.wait_for_timeout(650)

    page.locator(".dz-canvas").focus()
    add("单行文本", "名称")
    add("日期", "日期")
    add("金额", "金额")
    expect(page.locator('.dz-canvas [data-hit="jine"]')).to_be_visible()  # keys follow names a moment later
    keys.press("Escape")
    assert hits(page) == ["mingcheng", "riqi", "jine"]
    keys.press("Alt+ArrowLeft")
    assert hits(page) == ["mingcheng", "jine", "riqi"]
    keys.press("Alt+ArrowUp")
    keys.press("ArrowRight")
    keys.press("Control+d")
    assert hits(page) == ["jine", "mingcheng", "mingcheng_2", "riqi"]
    keys.press("Delete")
    keys.press("Home")
    keys.press("ArrowRight")
    keys.press("Shift+ArrowLeft")  # copies come in the order of the form all the same
    expect(page.get_by_text("已选 2 项")).to_be_visible()
    page.get_by_role("switch", name="必填").press("Space")
    page.locator(".dz-panel").press("Escape")
    keys.press("Control+c")
    keys.press("End")
    keys.press("Control+v")
    assert hits(page) == ["jine", "mingcheng", "riqi", "jine_2", "mingcheng_2"]
    saved(page)
    assert [bool(one.get("required")) for one in document(workspaces, company, key)["fields"]].count(True) == 4
    page.reload()
    expect(page.locator(".dz-hit")).to_have_count(5)
    for _ in range(40):
        if page.get_by_role("button", name="撤销").is_disabled():
            break
        keys.press("Control+z")
    assert hits(page) == []
    saved(page)
    assert document(workspaces, company, key)["fields"] == []
    for _ in range(40):
        keys.press("Control+y")
    assert hits(page) == ["jine", "mingcheng", "riqi", "jine_2", "mingcheng_2"]
    other = new_form(page, "另一个")
    page.locator(".dz-canvas").focus()
    keys.press("Control+v")
    assert hits(page) == ["jine", "mingcheng"]
    saved(page)
    assert len(document(workspaces, company, other)["fields"]) == 2
    keys.press("Escape")
    keys.press("/")
    keys.insert_text("分组")
    keys.press("Enter")
    expect(page.locator("#dz-sections-section-title")).to_be_focused()
    keys.insert_text("补充")
    add("单选", "用途")
    option = page.locator(".dz-element-line").first
    option.locator("input").focus()
    keys.press("Control+a")
    keys.insert_text("公务")
    keys.press("Tab")
    expect(page.get_by_label("“公务”的更多设置")).to_be_focused()
    keys.press("Escape")
    keys.press("Home")
    keys.press("ArrowRight")
    expect(page.locator('[data-hit="mingcheng"]')).to_be_focused()
    keys.press("/")
    keys.insert_text("唯一")
    keys.press("Enter")
    expect(page.get_by_role("switch", name="唯一")).to_be_focused()
    keys.press("Escape")
    keys.press("?")
    expect(page.locator(".dz-keys")).to_be_focused()
    keys.press("2")
    expect(page.locator(".dz-rules")).to_be_focused()
    page.get_by_role("button", name="显示、隐藏或改变字段").press("Enter")
    expect(page.get_by_label("条件字段")).to_be_focused()
    page.locator("[data-prop=fields] select").focus()
    keys.press("ArrowDown")
    keys.press("ArrowDown")
    keys.press("ArrowDown")
    keys.press("Enter")
    expect(page.locator("[data-prop=fields] .dg-chip")).to_have_text(["名称"])
    page.get_by_role("button", name="保存前校验").focus()
    keys.press("Control+Enter")
    expect(page.get_by_role("dialog")).to_be_visible()


def test_without_a_connection_changes_wait_here_and_undo_shows_where_it_happened(
    as_person: Enter, workspaces: Workspaces, company: WorkspaceInfo
) -> None:
    page = as_person("admin")
    key = new_form(page, "断网")
    page.locator('[data-type="text"]').click()
    page.keyboard.insert_text("设备")
    saved(page)
    page.context.set_offline(True)
    page.locator('[data-type="date"]').click()
    page.keyboard.insert_text("日期一")
    expect(page.locator('.dz-state[data-state="failed"]')).to_be_visible()
    assert any(one.startswith("dg-design-left:") for one in page.evaluate("Object.keys(localStorage)"))
    page.locator(".dz-views").get_by_role("button", name="试填").click()
    expect(page.get_by_text("全部保存后即可试填")).to_be_visible()
    page.context.set_offline(False)
    expect(page.frame_locator(".dz-try-frame").get_by_label("日期一")).to_be_visible(timeout=15_000)
    saved(page)
    assert not any(one.startswith("dg-design-left:") for one in page.evaluate("Object.keys(localStorage)"))
    assert [one["key"] for one in document(workspaces, company, key)["fields"]] == ["shebei", "riqiyi"]
    page.locator(".dz-views").get_by_role("button", name="规则").click()
    page.get_by_role("button", name="保存前校验").click()
    page.locator(".dz-views").get_by_role("button", name="布局").click()
    page.keyboard.press("Control+z")
    expect(page.locator('.dz[data-view="rules"]')).to_be_visible()
    page.keyboard.press("Control+z")
    expect(page.locator('.dz[data-view="layout"]')).to_be_visible()


def test_two_admins_at_one_form_are_told_merge_and_settle_what_both_changed(
    as_person: Enter, workspaces: Workspaces, company: WorkspaceInfo
) -> None:
    first = as_person("admin")
    key = new_form(first, "两人")
    first.locator('[data-type="text"]').click()
    first.keyboard.insert_text("设备")
    saved(first)
    second = as_person("director")
    second.goto(f"/design/{APP}/form/{key}")
    expect(second.locator(".dz-people")).to_be_visible()
    second.locator('[data-type="date"]').click()
    second.keyboard.insert_text("日期")
    saved(second)
    first.locator('[data-type="number"]').click()
    first.keyboard.insert_text("数量")
    expect(first.locator(".dz-hit")).to_have_count(3, timeout=15_000)
    expect(first.locator(".dg-toast")).to_contain_text("已合并")
    saved(first)
    assert {one["key"] for one in document(workspaces, company, key)["fields"]} == {"shebei", "riqi", "shuliang"}
    second.reload()
    second.locator('[data-hit="shebei"]').click()
    second.locator(".dz-panel [data-prop=help] textarea").first.fill("对方的说明")
    saved(second)
    first.locator('[data-hit="shebei"]').click()
    first.locator(".dz-panel [data-prop=help] textarea").first.fill("我的说明")
    dialog = first.get_by_role("dialog")
    expect(dialog).to_contain_text("设备 › 说明")
    dialog.get_by_label("对方的").check()
    dialog.get_by_role("button", name="确定").click()
    saved(first)
    fields = {one["key"]: one for one in document(workspaces, company, key)["fields"]}
    assert fields["shebei"]["help"] == "对方的说明"


def test_sections_tabs_search_trial_and_phone(as_person: Enter, workspaces: Workspaces, company: WorkspaceInfo) -> None:
    page = as_person("admin")
    key = new_form(page, "分组与标签页")
    hand = Hand(page)
    page.locator('[data-type="text"]').click()
    page.keyboard.insert_text("二十四个汉字的字段名称也应该完整显示不会重叠哦对吧")
    page.locator('[data-type="text"]').click()
    page.keyboard.insert_text("同名")
    page.locator('[data-type="text"]').click()
    page.keyboard.insert_text("同名")
    expect(page.get_by_text("已有同名字段")).to_be_visible()
    page.locator(".dz-below").get_by_role("button", name="分组").click()
    page.keyboard.insert_text("补充")
    page.locator(".dz-below").get_by_role("button", name="标签页").click()
    page.keyboard.insert_text("更多")
    page.wait_for_timeout(700)
    hand.drag(page.locator('[data-hit="tongming_2"]'), page.locator(".dz-grid").nth(1))
    saved(page)
    sections = document(workspaces, company, key)["sections"]
    assert sections[1]["fields"] == ["tongming_2"]
    hand.drag(page.locator(".dz-block-name").nth(1), page.locator(".dz-block").first, 0.5, 0.1)
    page.locator(".dz-block").first.get_by_role("button", name="3 列").click()
    saved(page)
    sections = document(workspaces, company, key)["sections"]
    assert (sections[0]["fields"], sections[0]["columns"]) == (["tongming_2"], 3)
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    page.keyboard.insert_text("二十四")
    page.locator(".dz-found").click()
    expect(page.locator(".dz-panel-words strong")).to_contain_text("二十四")
    page.locator(".dz-views").get_by_role("button", name="试填").click()
    frame = page.frame_locator(".dz-try-frame")
    expect(frame.get_by_role("heading", level=1)).to_be_visible()
    expect(frame.locator("#dg-form[data-ready]")).to_be_attached()
    page.wait_for_load_state("networkidle")  # the frame goes with the next pair of eyes, and drops what it still loads
    page.locator("#dz-try-who").select_option(index=2)
    expect(frame.get_by_label("同名").first).to_be_visible()
    expect(frame.locator("#dg-form")).to_have_attribute("method", "dialog")  # without scripts it sends nothing either
    expect(frame.locator("#dg-form[data-ready]")).to_be_attached()
    frame.get_by_role("button", name="保存", exact=True).click()
    expect(page.locator(".dg-toast")).to_contain_text("不会保存")

    phone = as_person("admin", phone=True)
    phone.goto(f"/design/{APP}/form/{key}")
    expect(phone.locator(".dz-narrow-note")).to_be_visible()
    phone.locator(".dz-hit").first.tap()
    phone.locator(".dz-steps").get_by_role("button", name="下移").tap()
    expect(phone.locator(".dz-panel")).to_be_visible()
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390


def test_only_administrators_design(as_person: Enter) -> None:
    page = as_person("seller")
    answer = page.goto(f"/design/{APP}")
    assert answer is not None
    assert answer.status == 403
