"""Look-ups on a form that is being filled in: what people read stands there at once, as it will on the saved record."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from dougong.apps import store
from dougong.workspace.transactions import Workspaces
from dougong.workspace.workspaces import WorkspaceInfo
from engines.form.records import create_record
from engines.form.transaction import SYSTEM
from tests.apps import publish_app
from tests.form.build import field, form
from tests.form.company import group

APP = "lookups"
Enter = Callable[..., Page]
LEVELS = [
    {"key": "a", "label": {"en": "Key", "zh-CN": "重点"}},
    {"key": "b", "label": {"en": "Plain", "zh-CN": "普通"}},
]


@pytest.fixture(scope="module")
def order(workspaces: Workspaces, company: WorkspaceInfo) -> int:
    lines = {
        **field("lines", "subform"),
        "fields": [
            field("client", "relation", {"form": "client"}),
            field("level", "lookup", {"path": "client.level"}),
        ],
    }
    documents = [
        form("place", field("name", "text"), field("owner", "member"), title_field="name"),
        form(
            "client",
            field("name", "text"),
            field("level", "choice", {"choices": LEVELS}),
            field("vip", "boolean"),
            field("share", "number", {"percent": True}),
            field("place", "relation", {"form": "place"}),
            title_field="name",
        ),
        form(
            "order",
            field("client", "relation", {"form": "client"}),
            *(field(key, "lookup", {"path": f"client.{key}"}) for key in ("level", "vip", "share", "place")),
            field("chief", "lookup", {"path": "client.place.owner"}),
            field("ready", "formula", {"expression": "client.vip", "result": "boolean"}),
            lines,
        ),
        group("all", "order", [{"scope": "all"}], operations=["read", "create", "update"]),
        group("some", "client", [{"scope": "all"}], operations=["read"], fields={"*": "read", "level": "hidden"}),
    ]
    publish_app(workspaces, company, APP, "Look-ups", documents)
    with workspaces.begin(company, SYSTEM, origin="pack") as tx:
        forms = store.forms(tx, APP)
        here = create_record(tx, forms.get("place"), {"name": "沪", "owner": 3}).id
        for name, level in (("甲", "a"), ("乙", "b")):
            values = {"name": name, "level": level, "vip": level == "a", "share": "0.15", "place": here}
            create_record(tx, forms.get("client"), values)
        return create_record(tx, forms.get("order"), {"client": 2, "lines": [{"client": 1}]}).id


def choose(page: Page, name: str, text: str) -> None:
    picker = page.locator(f'dg-picker[data-name="{name}"]')
    picker.locator("input[role=combobox]").fill(text)
    picker.locator("[role=option]:visible", has_text=text).click()


def shows(page: Page, **texts: str) -> None:
    for name, text in texts.items():
        expect(page.locator(f'[data-out="{name}"]')).to_have_text(text)


def test_lookups_read_as_people_read_them_while_one_fills_in(as_person: Enter, order: int):
    page = as_person("admin")
    page.goto(f"/a/{APP}/order/{order}/edit")
    expect(page.locator("#dg-form[data-ready]")).to_be_attached()
    shows(page, level="普通", vip="否", share="15%", place="沪", chief="林晓雨", ready="否")
    shows(page, **{"lines[0].level": "重点"})
    page.goto(f"/a/{APP}/order/new")
    expect(page.locator("#dg-form[data-ready]")).to_be_attached()
    shows(page, level="", chief="")
    choose(page, "client", "甲")
    shows(page, level="重点", vip="是", share="15%", place="沪", chief="林晓雨", ready="是")
    page.locator("[data-add-row]").click()
    choose(page, "lines[0].client", "乙")
    shows(page, **{"lines[0].level": "普通"})
    page.locator('dg-picker[data-name="client"] [data-unpick]').click()
    shows(page, level="", chief="")


def test_nobody_reads_more_in_a_lookup_than_at_its_source(as_person: Enter, order: int):
    page = as_person("seller", locale="en")
    page.goto(f"/a/{APP}/order/new")
    expect(page.locator("#dg-form[data-ready]")).to_be_attached()
    choose(page, "client", "甲")
    shows(page, vip="Yes", share="15%", chief="")
    answer = page.request.get(f"/a/{APP}/order/related?path=client&id=1").json()
    assert "level" not in answer and answer["_words"].get("level", "") == ""
