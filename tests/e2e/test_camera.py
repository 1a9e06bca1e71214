"""The camera of a device, played by Chromium's fake one: codes into fields, records, rows; pictures taken now."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import filming
import pytest
from playwright.sync_api import Browser, BrowserType, Page, expect

from dougong.apps import store
from dougong.identity.demo import PASSWORD
from dougong.workspace.transactions import Workspaces
from dougong.workspace.workspaces import WorkspaceInfo
from engines.form.form import Forms
from engines.form.query import get_record
from engines.form.records import create_record
from engines.form.transaction import SYSTEM
from tests.apps import publish_app
from tests.form.build import field, form

APP = "camera"
BOLT, NUT = "6901234567892", "6907654321090"
Look = Callable[..., Page]


def documents() -> list[dict[str, Any]]:
    lines = {
        "key": "lines",
        "type": "subform",
        "label": {"en": "Lines", "zh-CN": "明细"},
        "options": {"totals": ["qty"], "scan": {"field": "product", "by": "barcode", "quantity": "qty"}},
        "fields": [
            field("product", "relation", {"form": "product"}, label={"en": "Product", "zh-CN": "产品"}),
            field("qty", "number", label={"en": "Quantity", "zh-CN": "数量"}),
            field("price", "money", label={"en": "Price", "zh-CN": "单价"}, default="product.price"),
        ],
    }
    photo = {"camera_only": True, "watermark": ["user"], "watermark_text": "{form} {name} {date}"}
    return [
        form(
            "product",
            field("name", "text"),
            field("barcode", "text", {"scan": True}, label={"en": "Bar code", "zh-CN": "条码"}),
            field("price", "money"),
            title_field="name",
        ),
        form(
            "count",
            field("name", "text", label={"en": "Name", "zh-CN": "名称"}),
            field("batch", "text", {"scan": True}, label={"en": "Batch", "zh-CN": "批号"}),
            field("main", "relation", {"form": "product", "scan": "barcode"}, label={"en": "Main", "zh-CN": "主产品"}),
            field("photo", "image", photo, label={"en": "Photo", "zh-CN": "现场照片"}),
            field("sign", "signature", label={"en": "Signature", "zh-CN": "签名"}, required=True),
            lines,
            title_field="name",
        ),
    ]


@pytest.fixture(scope="module")
def stock(workspaces: Workspaces, company: WorkspaceInfo) -> Forms:
    publish_app(workspaces, company, APP, "扫码", documents())
    with workspaces.begin(company, SYSTEM, origin="pack") as tx:
        forms = store.forms(tx, APP)
        for name, code, price in (("螺丝", BOLT, "2.50"), ("螺母", NUT, "4")):
            create_record(tx, forms.get("product"), {"name": name, "barcode": code, "price": price})
        return forms


@pytest.fixture
def look(
    site: str, stock: Forms, browser_type: BrowserType, browser_type_launch_args: dict[str, Any], tmp_path: Any
) -> Iterator[Look]:
    """`look(scene, …)`: a page of a signed-in browser whose camera sees these scenes in turn."""
    browsers: list[Browser] = []
    complaints: list[str] = []

    def open_page(*scenes: bytes, allowed: bool = True, phone: bool = False, locale: str = "zh-CN") -> Page:
        film = filming.film(tmp_path / f"{len(browsers)}.y4m", *scenes)
        args = ["--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={film}"]
        arguments = {**browser_type_launch_args, "args": [*browser_type_launch_args["args"], *args]}
        browser = browser_type.launch(**arguments)
        browsers.append(browser)
        size = {"width": 390, "height": 844} if phone else {"width": 1440, "height": 900}
        context = browser.new_context(
            base_url=site, viewport=size, is_mobile=phone, has_touch=phone, locale=locale, timezone_id="Asia/Shanghai",
            permissions=["camera"] if allowed else [],
        )  # fmt: skip
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if "Content Security" in said.text else None)
        page.goto("/sign-in")
        page.fill("#f-email", "admin@demo.example")
        page.fill("#f-password", PASSWORD)
        page.click("form[action='/sign-in'] button.btn-primary")
        page.wait_for_url("**/")
        return page

    yield open_page
    for browser in browsers:
        browser.close()
    assert complaints == []


def opened(page: Page) -> None:
    page.goto(f"/a/{APP}/count/new")
    expect(page.locator("#dg-form[data-ready]")).to_be_attached()


def test_codes_before_the_camera_fill_fields_choose_records_and_count_rows(look: Look, axe: Any):
    page = look(filming.ean(BOLT), filming.blank(), filming.qr("B-2024/07"), filming.blank())
    opened(page)
    window = page.locator("dialog.dg-camera")
    page.get_by_role("button", name="扫码：批号").click()
    expect(window).to_be_visible()
    expect(window).to_be_hidden(timeout=15_000)
    assert page.locator('[name="batch"]').input_value() in (BOLT, "B-2024/07")
    expect(page.get_by_role("button", name="扫码：批号")).to_be_focused()

    page.get_by_role("button", name="扫码：主产品").click()
    expect(window).to_be_hidden(timeout=15_000)
    expect(page.locator('[data-field="main"] .dg-picked')).to_contain_text("螺丝")

    page.get_by_role("button", name="扫码：明细").click()
    expect(window.locator("li")).to_have_count(2, timeout=20_000)
    axe(page)
    expect(window.locator("li").first).to_contain_text("螺丝 × 2")
    window.get_by_placeholder("或手动输入编码").fill(NUT)
    window.get_by_role("button", name="确定").click()
    expect(window.locator("li").first).to_contain_text("螺母 × 1")
    window.get_by_role("button", name="完成").click()
    expect(window).to_be_hidden()
    rows = page.locator('[data-subform="lines"] [data-rows] > tr')
    expect(rows).to_have_count(2)
    expect(rows.first.locator(".dg-picked")).to_contain_text("螺丝")
    assert int(page.locator('[name="lines[0].qty"]').input_value()) >= 2
    expect(page.locator('[name="lines[0].price"]')).to_have_value(re.compile(r"^2\.50?$"))
    expect(page.locator('[name="lines[1].qty"]')).to_have_value("1")


def test_without_a_camera_the_code_is_typed_and_unknown_ones_are_said(look: Look):
    page = look(filming.blank(), allowed=False, phone=True)
    opened(page)
    page.get_by_role("button", name="扫码：明细").click()
    window = page.locator("dialog.dg-camera")
    expect(window.locator(".dg-camera-said")).to_contain_text("允许")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    for code in ("404", BOLT):
        window.get_by_placeholder("或手动输入编码").fill(code)
        window.get_by_placeholder("或手动输入编码").press("Enter")
        said = "没有找到编码为 404" if code == "404" else "螺丝 × 1"
        expect(window.locator(".dg-camera-said")).to_contain_text(said)
    window.get_by_role("button", name="撤回").click()
    window.get_by_role("button", name="完成").click()
    expect(page.locator('[data-subform="lines"] [data-rows] > tr')).to_have_count(0)
    page.goto(f"/a/{APP}/product")
    page.get_by_role("button", name="扫码搜索").click()
    window.get_by_placeholder("或手动输入编码").fill(NUT)
    window.get_by_placeholder("或手动输入编码").press("Enter")
    expect(page.locator("#dg-list")).not_to_contain_text("螺丝")
    expect(page.locator("#dg-list")).to_contain_text("螺母")


def test_a_picture_is_taken_on_the_spot_and_signed_for(
    look: Look, stock: Forms, workspaces: Workspaces, company: WorkspaceInfo
):
    page = look(filming.qr("a site"))
    opened(page)
    page.get_by_role("button", name="扫码：批号").click()
    expect(page.locator('[name="batch"]')).to_have_value("a site", timeout=15_000)  # a QR code
    page.locator('[name="name"]').fill("一号现场")
    page.locator('[data-field="photo"] [data-add-picture]').click()
    window = page.locator("dialog.dg-camera")
    window.get_by_role("button", name="拍照").click()
    expect(window.get_by_role("img", name="拍摄的照片")).to_be_visible()
    window.get_by_role("button", name="重拍").click()
    window.get_by_role("button", name="拍照").click()
    window.get_by_role("button", name="使用照片").click()
    expect(page.locator('[data-field="photo"] img')).to_have_count(1)
    # an older file that somebody gets into the input all the same is refused
    page.locator('[data-field="photo"] input[type=file]').evaluate(
        """(input) => {
            const data = new DataTransfer();
            data.items.add(new File(['x'], 'old.jpg', {type: 'image/jpeg', lastModified: Date.now() - 3600e3}));
            input.files = data.files;
            input.dispatchEvent(new Event('change', {bubbles: true}));
        }"""
    )
    expect(page.locator('[data-field="photo"]')).to_contain_text("请使用相机现场拍照")
    page.locator("[data-save]").click()
    expect(page.locator("[data-error-summary]")).to_contain_text("签名")
    expect(page.locator('[data-field="photo"] img')).to_have_count(1)

    pad = page.locator('[data-field="sign"] canvas')
    undo = page.get_by_role("button", name="撤销上一笔")
    expect(undo).to_be_disabled()
    box = pad.bounding_box()
    assert box is not None
    for stroke in (40, 80):
        page.mouse.move(box["x"] + 30, box["y"] + stroke)
        page.mouse.down()
        page.mouse.move(box["x"] + 200, box["y"] + stroke + 20, steps=5)
        page.mouse.up()
    undo.click()
    expect(undo).to_be_enabled()
    undo.click()
    expect(undo).to_be_disabled()
    expect(page.locator('[name="sign"]')).to_have_value("")
    page.mouse.move(box["x"] + 30, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 220, box["y"] + 90, steps=5)
    page.mouse.up()
    page.locator("[data-save]").click()
    page.wait_for_url(re.compile(r"/count/\d+$"))
    with workspaces.begin(company, SYSTEM) as tx:
        record = get_record(tx, stock.get("count"), int(page.url.rsplit("/", 1)[1]))
    (photo,), (drawn,) = record.values["photo"], record.values["sign"]
    assert (photo["mime"], photo["source"], drawn["mime"]) == ("image/jpeg", "camera", "image/png")
    # the watermark stands in the lower left corner: a dark band in a picture that is light there
    dark = page.evaluate(
        """async (address) => {
            const picture = await createImageBitmap(await (await fetch(address)).blob());
            const canvas = new OffscreenCanvas(picture.width, picture.height);
            const pen = canvas.getContext('2d');
            pen.drawImage(picture, 0, 0);
            return [...pen.getImageData(2, picture.height - 3, 1, 1).data].slice(0, 3).every((one) => one < 150);
        }""",
        f"{page.url}/files/photo/{photo['id']}",
    )
    assert dark
