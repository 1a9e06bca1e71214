"""Roll-ups, linkages and copies are built in the designer by label, without typing a key, published and used."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from dougong.apps import store
from dougong.designer import workbench
from dougong.workspace.transactions import Workspaces
from dougong.workspace.workspaces import WorkspaceInfo
from engines.form.query import get_record
from engines.form.records import create_record
from engines.form.transaction import SYSTEM
from tests.apps import publish_app
from tests.form.build import field, form

APP = "naming"
Enter = Callable[..., Page]
STATES = [
    {"key": "won", "label": {"en": "Won", "zh-CN": "赢单"}},
    {"key": "open", "label": {"en": "Open", "zh-CN": "跟进"}},
]


def named(key: str, kind: str, zh: str, options: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return field(key, kind, options, label={"en": key.replace("_", " ").title(), "zh-CN": zh}, **more)


def documents() -> list[dict[str, Any]]:
    titles = {
        "region": {"en": "Region", "zh-CN": "大区"},
        "client": {"en": "Client", "zh-CN": "客户"},
        "price": {"en": "Price", "zh-CN": "价目"},
        "deal": {"en": "Deal", "zh-CN": "商机"},
    }
    return [
        form("region", named("name", "text", "名称"), title_field="name", title=titles["region"]),
        form(
            "client",
            named("name", "text", "名称"),
            named("phone", "text", "联系电话"),
            named("region", "relation", "所属大区", {"form": "region"}),
            named("won_sum", "rollup", "赢单金额", {"of": "zzz_old", "aggregate": "sum", "field": "amount"}),
            title_field="name",
            title=titles["client"],
        ),
        form(
            "price",
            named("item", "text", "品名"),
            named("cost", "number", "单价"),
            title_field="item",
            title=titles["price"],
        ),
        form(
            "deal",
            named("name", "text", "名称"),
            named("client", "relation", "客户", {"form": "client"}),
            named("phone", "text", "联系电话"),
            named("area", "text", "大区"),
            named("state", "choice", "状态", {"choices": STATES}),
            named("amount", "money", "金额"),
            named("product", "text", "产品"),
            named("cost", "number", "成本"),
            title_field="name",
            title=titles["deal"],
        ),
    ]


@pytest.fixture(scope="module")
def naming(workspaces: Workspaces, company: WorkspaceInfo) -> str:
    """An app whose roll-up names a list that is gone; the rest is to be set up."""
    found = documents()
    old = found[1]["fields"].pop()
    publish_app(workspaces, company, APP, {"zh-CN": "命名", "en": "Naming"}, found)
    with workspaces.begin(company, SYSTEM, origin="system") as tx:
        opened = workbench.open_form(tx, APP, "client")
        workbench.save_form(
            tx, APP, "client", {**opened.document, "fields": [*opened.document["fields"], old]}, opened.seen
        )
    return APP


def prop(page: Page, name: str) -> Locator:
    return page.locator(f'.dz-panel [data-prop="{name}"]').first


def choose(page: Page, key: str) -> None:
    page.locator(f'.dz-canvas [data-hit="{key}"]').click()
    expect(page.locator(f'.dz-panel-body[data-for="{key}"]')).to_be_visible()


def saved(page: Page) -> None:
    page.wait_for_timeout(700)
    expect(page.locator('.dz-state[data-state="saved"]')).to_be_visible()


def test_a_roll_up_a_linkage_and_a_copy_are_built_by_label_and_work(
    naming: str, as_person: Enter, workspaces: Workspaces, company: WorkspaceInfo, axe: Callable[..., None]
) -> None:
    page = as_person("admin")
    page.goto(f"/design/{APP}/form/client")
    choose(page, "won_sum")
    panel = page.locator(".dz-panel")
    expect(panel.locator(".dz-unknown")).to_contain_text("zzz_old")
    over = prop(page, "of").locator("select")
    over.focus()
    over.select_option(label="商机 · 客户")
    expect(panel.locator(".dz-unknown")).to_have_count(0)
    measure = prop(page, "field").locator("select")
    expect(measure.locator("option:checked")).to_have_text("金额")
    when = prop(page, "filter")
    when.get_by_label("条件字段").select_option(label="状态")
    when.get_by_label("条件的值").select_option(label="赢单")
    prop(page, "of").locator(".dz-help").click()
    expect(prop(page, "of").locator(".dz-help-text")).to_be_visible()
    prop(page, "result").locator("select").select_option(label="金额")
    saved(page)

    page.goto(f"/design/{APP}/form/deal")
    choose(page, "client")
    copies = prop(page, "copy")
    copies.locator("select").last.select_option(label="联系电话")
    expect(copies.locator(".dz-pair select").nth(1).locator("option:checked")).to_have_text("联系电话")
    copies.locator("select").last.select_option(label="所属大区 › 名称")
    copies.locator(".dz-pair").nth(1).locator("select").nth(1).select_option(label="大区")
    before = copies.locator(".dz-pair").count()
    page.locator(".dz-canvas").focus()
    page.keyboard.press("Control+z")
    expect(copies.locator(".dz-pair").nth(1).locator("select").nth(1).locator("option:checked")).not_to_have_text(
        "大区"
    )
    page.keyboard.press("Control+y")
    assert copies.locator(".dz-pair").count() == before == 2
    where = prop(page, "where")
    where.locator("select").last.select_option(label="名称")
    where.get_by_label("名称的比较方式").or_(where.locator(".dz-line-op")).first.select_option(label="已填写")

    choose(page, "cost")
    panel.locator(".dz-linkage summary").click()
    prop(page, "linkage").locator('[data-prop="form"] select').select_option(label="价目")
    links = prop(page, "linkage").locator('[data-prop="where"]')
    links.locator("select").last.focus()
    page.keyboard.press("ArrowDown")  # the list opens; then the first of the fields there, by the keyboard
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    line = links.locator(".dz-line")
    expect(line.locator(".dz-field-input").locator("option:checked")).to_have_text("品名")
    line.locator(".dz-value select").last.select_option(label="产品")
    prop(page, "linkage").locator('[data-prop="take"] select').select_option(label="单价")
    expect(panel.locator(".dz-json:visible")).to_have_count(0)
    axe(page)
    saved(page)
    with workspaces.begin(company, SYSTEM, origin="system", read_only=True) as tx:
        deal = {one["key"]: one for one in workbench.open_form(tx, APP, "deal").document["fields"]}
        client = {one["key"]: one for one in workbench.open_form(tx, APP, "client").document["fields"]}
    assert client["won_sum"]["options"] == {
        "of": {"form": "deal", "field": "client"},
        "aggregate": "sum",
        "field": "amount",
        "filter": 'state = "won"',
        "result": "money",
    }
    assert deal["client"]["options"]["copy"] == [
        {"from": "phone", "to": "phone"},
        {"from": "region.name", "to": "area"},
    ]
    assert deal["client"]["options"]["where"] == [{"field": "name", "op": "filled"}]
    assert deal["cost"]["linkage"] == {
        "form": "price",
        "where": [{"field": "item", "value": "product"}],
        "take": "cost",
    }
    page.goto(f"/design/{APP}/form/client")
    choose(page, "won_sum")
    expect(prop(page, "of").locator("option:checked")).to_have_text("商机 · 客户")

    page.get_by_role("button", name="发布", exact=True).click()
    expect(page.locator(".dz-plan-list")).to_contain_text("商机")
    page.get_by_role("button", name="立即发布").click()
    expect(page.get_by_text("已发布，所有人都可以使用了")).to_be_visible(timeout=20_000)
    with workspaces.begin(company, SYSTEM, origin="pack") as tx:
        forms = store.forms(tx, APP)
        north = create_record(tx, forms.get("region"), {"name": "华北"}).id
        create_record(tx, forms.get("price"), {"item": "泵", "cost": 120})
        buyer = create_record(tx, forms.get("client"), {"name": "云峰", "phone": "010-1", "region": north}).id
    page.goto(f"/a/{APP}/deal/new")
    expect(page.locator("#dg-form[data-ready]")).to_be_attached()
    page.locator('[name="name"]').fill("一号")
    page.locator('[data-name="client"] input[role=combobox]').fill("云")
    page.get_by_role("option", name="云峰").click()
    expect(page.locator('[name="phone"]')).to_have_value("010-1")
    expect(page.locator('[name="area"]')).to_have_value("华北")
    page.locator('[name="product"]').fill("泵")
    page.locator('[name="product"]').press("Tab")
    expect(page.locator('[name="cost"]')).to_have_value("120")
    page.locator('[name="state"]').select_option(label="赢单")
    page.locator('[name="amount"]').fill("500")
    page.get_by_role("button", name="保存").first.click()
    page.wait_for_url("**/deal/1")
    with workspaces.begin(company, SYSTEM) as tx:
        assert get_record(tx, store.forms(tx, APP).get("client"), buyer).values["won_sum"] == 500
