"""Read-only fields that something on the page fills: seen while empty, filled while one types, kept as stored."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from dougong.apps import store
from dougong.workspace.transactions import Workspaces
from dougong.workspace.workspaces import WorkspaceInfo
from engines.form.form import Forms
from engines.form.query import get_record
from engines.form.records import create_record, update_record
from engines.form.transaction import SYSTEM
from tests.apps import publish_app
from tests.form.build import field, form

APP = "filled"
GRADES = {"choices": [{"key": "hi", "label": {"zh-CN": "高", "en": "High"}}, {"key": "lo", "label": "低"}]}


def documents() -> list[dict[str, Any]]:
    def put(key: str, value: str) -> dict[str, Any]:
        return {"key": f"set_{key}", "do": "set", "fields": [key], "value": value}

    sets = [put("doubled", "a * 2"), put("grade", 'IF(a > 10, "hi", "lo")')]
    return [
        form(
            "maker",
            field("name", "text"),
            field("tel", "text"),
            field("parent", "relation", {"form": "maker"}),
            field("keeper", "member"),
            title_field="name",
        ),
        form(
            "thing",
            field("a", "number"),
            field("doubled", "number", {"decimals": 1}, readonly=True),
            field("after", "formula", {"expression": "doubled + 1", "result": "number"}),
            field("grade", "choice", GRADES, readonly=True),
            field("maker", "relation", {"form": "maker", "copy": [{"from": "tel", "to": "tel"}]}),
            field("tel", "text", readonly=True),
            field("later", "number", readonly=True, default="a + 1"),
            field("linked", "text", readonly=True, linkage={
                "form": "maker", "where": [{"field": "id", "value": "maker"}], "take": "tel"}),
            field("keeper", "member", default="maker.keeper"),
            field("above", "relation", {"form": "maker"}),
            field("further", "formula", {"expression": "above.tel", "result": "text"}),
            field("higher", "relation", {"form": "maker"}, readonly=True, default="maker.parent"),
            field("nobody", "number", readonly=True),
            field("through", "formula", {"expression": "nobody + 1", "result": "number"}),
            {"key": "lines", "type": "subform", "label": "Lines", "fields": [
                field("qty", "number"), field("price", "number", readonly=True),
                field("sum", "formula", {"expression": "qty * price", "result": "number"})]},
            title_field="a",
            rules=[
                {"key": "fill", "when": "a > 0", "actions": sets},
                {"key": "rise", "when": "NOT(ISEMPTY(maker))", "actions": [put("above", "maker.parent")]},
            ],
        ),
    ]  # fmt: skip


@pytest.fixture(scope="module")
def things(workspaces: Workspaces, company: WorkspaceInfo) -> Forms:
    publish_app(workspaces, company, APP, "填充", documents())
    with workspaces.begin(company, SYSTEM, origin="pack") as tx:
        forms = store.forms(tx, APP)
        above = create_record(tx, forms.get("maker"), {"name": "四海集团", "tel": "400-8"}).id
        create_record(tx, forms.get("maker"), {"name": "东海", "tel": "021-1", "parent": above, "keeper": 3})
        return forms


def test_read_only_fields_that_are_filled_stand_on_a_new_form(
    as_person: Callable[..., Page], things: Forms, workspaces: Workspaces, company: WorkspaceInfo
):
    page = as_person("admin")
    page.goto(f"/a/{APP}/thing/new")
    expect(page.locator("#dg-form[data-ready]")).to_be_attached()
    filled = ("doubled", "grade", "tel", "linked")
    for key in filled:
        out = page.locator(f'[data-field="{key}"] .dg-output')
        expect(out).to_have_text("")
        assert "–" in out.evaluate("e => getComputedStyle(e, '::before').content")
    expect(page.locator('[data-field="nobody"]')).to_have_count(0)
    page.fill('[name="a"]', "12")
    picker = page.locator('dg-picker[data-name="maker"] input[role=combobox]')
    picker.fill("东海")
    page.locator('dg-picker[data-name="maker"] [role=option]').first.click()
    said = {"doubled": "24.0", "grade": "高", "tel": "021-1", "later": "13", "linked": "021-1"}
    for key, text in said.items():
        expect(page.locator(f'[data-out="{key}"]')).to_have_text(text)
    expect(page.locator('[data-out="after"]')).to_have_text("25")
    for key, title in (("keeper", "林晓雨"), ("above", "四海集团")):
        expect(page.locator(f'dg-picker[data-name="{key}"] .text-truncate')).to_have_text(title)
    for key, text in (("higher", "四海集团"), ("further", "400-8")):
        expect(page.locator(f'[data-out="{key}"]')).to_have_text(text)
    page.locator("[data-save]").click()
    page.wait_for_url("**/thing/*")
    number = int(page.url.rsplit("/", 1)[1])
    with workspaces.begin(company, SYSTEM) as tx:
        values = get_record(tx, things.get("thing"), number).values
    assert (values["doubled"], values["grade"], values["tel"], values["linked"]) == (24, "hi", "021-1", "021-1")

    with workspaces.begin(company, SYSTEM, origin="pack") as tx:
        lines = [{"qty": 2, "price": 5}]
        update_record(tx, things.get("thing"), number, {"nobody": 7, "lines": lines})
    page.goto(f"/a/{APP}/thing/{number}/edit")
    expect(page.locator("#dg-form[data-ready]")).to_be_attached()
    for key, text in {**said, "after": "25", "nobody": "7", "through": "8"}.items():
        expect(page.locator(f'[data-field="{key}"] .dg-output')).to_have_text(text)
    expect(page.locator('[data-out="lines[0].sum"]')).to_have_text("10")
    page.fill('[name="lines[0].qty"]', "3")
    expect(page.locator('[data-out="lines[0].sum"]')).to_have_text("15")
    page.fill('[name="a"]', "3")
    expect(page.locator('[data-out="doubled"]')).to_have_text("6.0")
    expect(page.locator('[data-out="after"]')).to_have_text("7")
    expect(page.locator('[data-out="grade"]')).to_have_text("低")
