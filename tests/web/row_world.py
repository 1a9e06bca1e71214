"""An app whose records have everything in their rows: rows of rows, masks, pictures, currencies, computed columns."""

import io
import zlib
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from dougong.apps import store
from dougong.config import Settings
from dougong.files.store import keep
from dougong.identity.actors import build_actor
from dougong.workspace.tables import MEMBER
from engines.form.query import get_record
from engines.form.records import create_record, update_record
from engines.form.transaction import SYSTEM
from tests.apps import publish_app
from tests.form.build import field, form
from tests.form.purse import CURRENCY, RATE, SETTING

PAID = {"currency_field": "currency.code"}
MASK = {"kind": "custom", "keep_end": 2}


def named(key: str, kind: str, en: str, zh: str, options: Mapping[str, Any] | None = None, **more: Any) -> Any:
    return field(key, kind, options, label={"en": en, "zh-CN": zh}, **more)


def money(expression: str, **more: Any) -> dict[str, Any]:
    return {"expression": expression, "result": "money", **more}


def order() -> dict[str, Any]:
    parts = [
        named("name", "text", "Component", "组件"),
        named("pieces", "number", "Pieces", "件数", default="1"),
        named("cost", "money", "Cost", "成本"),
        named("sum", "formula", "Cost of all", "成本小计", money("pieces * cost")),
        named("serial_no", "text", "Serial number", "序列号", mask=MASK),
        named("scan", "image", "Picture", "照片"),
    ]
    delivered = {"of": {"form": "delivery", "rows": "lines", "field": "order_line"}, "aggregate": "sum", "field": "qty"}
    lines = [
        named("product", "text", "Product", "产品"),
        named("qty", "number", "Quantity", "数量"),
        named("price", "money", "Price", "单价", PAID),
        named("amount", "formula", "Amount", "金额", money("ROUND(qty * price, 2)", **PAID)),
        named("delivered", "rollup", "Delivered", "已发", delivered),
        named("licence", "text", "Licence key", "授权码", mask=MASK),
        named("photo", "image", "Photo", "照片"),
        named("sign", "signature", "Signature", "签收"),
        named("paper", "attachment", "Paper", "单据"),
        named("parts", "subform", "Components", "组件明细") | {"fields": parts},
    ]
    base = {"base": {"amount": "base_amount", "rate": "rate", "date": "day"}}
    return form(
        "order",
        named("name", "text", "Name", "名称"),
        named("currency", "relation", "Currency", "币种", {"form": "currency"}),
        named("day", "date", "Date", "日期"),
        named("rate", "number", "Rate", "汇率", {"decimals": 6}),
        named("freight", "money", "Freight", "运费", PAID),
        named("amount", "formula", "Amount", "合计", money("SUM(lines.amount)", **PAID, **base)),
        named("base_amount", "money", "In CNY", "折合人民币"),
        named("because", "explanation", "How it was computed", "计算说明", {"of": "amount"}),
        named("card", "id_card", "ID card", "身份证", encrypted=True, mask={"kind": "id"}),
        named("code", "barcode", "Code", "二维码"),
        named("lines", "subform", "Lines", "明细", {"totals": ["amount"]}) | {"fields": lines},
        title_field="name",
        title={"en": "Order", "zh-CN": "订单"},
        views=[{"key": "all", "title": "All", "columns": ["name", "amount", "freight", "rate"], "totals": ["amount"]}],
    )


def delivery() -> dict[str, Any]:
    wish = {"key": "deliveries", "title": {"en": "Deliveries", "zh-CN": "发货"}, "columns": ["no", "first"]}
    line = {"form": "order", "rows": "lines"}
    return form(
        "delivery",
        named("no", "text", "No.", "单号"),
        named("first", "relation", "First line", "首行", line),
        named("lines", "subform", "Lines", "发货明细")
        | {
            "fields": [
                named("order_line", "relation", "Order line", "订单明细", {**line, "reverse": wish}),
                named("whole", "relation", "Order", "订单", {"form": "order"}),
                named("qty", "number", "Quantity", "数量"),
            ]
        },
        title_field="no",
        title={"en": "Delivery", "zh-CN": "发货单"},
    )


def documents() -> list[dict[str, Any]]:
    every = {"members": {"roles": ["seller"]}, "operations": ["read", "update"], "fields": {"*": "edit"}}
    group = {"kind": "group", **every}
    related = [
        {"key": "firsts", "form": "delivery", "field": "first", "title": {"en": "Firsts", "zh-CN": "首发"}},
        {"key": "wholes", "form": "delivery", "rows": "lines", "field": "whole", "title": "Wholes", "columns": ["no"]},
    ]
    shown = ["lines.licence", "lines.parts.serial_no"]
    return [
        SETTING,
        CURRENCY,
        RATE,
        {**order(), "related": related},
        delivery(),
        {"kind": "role", "key": "seller", "title": "Seller"},
        {**group, "key": "orders", "title": "O", "form": "order", "rows": [{"scope": "all"}], "reveal": shown},
        {**group, "key": "sent", "title": "D", "form": "delivery", "rows": [{"scope": "own"}]},
        {**group, "key": "money", "title": "C", "form": "currency", "rows": [{"scope": "all"}]},
    ]


def drawn(width: int, height: int) -> bytes:
    """A picture of stripes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4) + kind + data + zlib.crc32(kind + data).to_bytes(4)

    lines = b"".join(
        b"\0" + b"".join(bytes((x * 2 % 256, y * 3 % 256, 160)) for x in range(width)) for y in range(height)
    )
    head = width.to_bytes(4) + height.to_bytes(4) + bytes((8, 2, 0, 0, 0))
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


PNG = drawn(96, 64)


def make(workspaces: Any, company: Any, app: str, settings: Settings) -> dict[str, Any]:
    """The app with an order in dollars and one in yen, and two deliveries. Gives ids."""
    publish_app(workspaces, company, app, {"en": "Rows", "zh-CN": "明细"}, documents())
    with workspaces.begin(company, SYSTEM) as tx:
        number = int(tx.connection.scalar(select(MEMBER.c.id).where(MEMBER.c.email == "admin@demo.example")))
        tx.actor = build_actor(tx, number, is_admin=True, locale="zh-CN", zone="Asia/Shanghai")
        forms = store.forms(tx, app)
        codes = {}
        for code, digits, rate in (("USD", 2, "7.1234"), ("JPY", 0, "0.05")):
            codes[code] = create_record(tx, forms.get("currency"), {"code": code, "digits": digits}).id
            values = {"currency": codes[code], "valid_from": "2026-06-01", "rate": rate}
            create_record(tx, forms.get("rate"), values)
        picture = keep(tx, settings, io.BytesIO(PNG), "灯串.png").as_dict()
        files = {key: [picture] for key in ("photo", "sign", "paper")}
        parts = [
            {"name": "灯泡", "pieces": 4, "cost": "7.5", "serial_no": "SN-20260001", "scan": [picture]},
            {"name": "灯座", "pieces": 1, "cost": "12", "serial_no": "SN-20260002"},
        ]
        lines = [
            {"product": "节日灯串", "qty": 2, "price": "500", "licence": "KEY-778899", "parts": parts, **files},
            {"product": "电源适配器", "qty": 3, "price": "0.5"},
        ]
        card = {"card": "11010519491231002X", "freight": "30"}
        made = {"name": "美元单", "day": "2026-06-14", "currency": codes["USD"], "lines": lines, **card}
        dollars = create_record(tx, forms.get("order"), made).id
        yen = {"name": "日元单", "day": "2026-06-14", "currency": codes["JPY"], "lines": [{"qty": 1, "price": "900"}]}
        second = create_record(tx, forms.get("order"), yen).id
        rows = get_record(tx, forms.get("order"), dollars).values["lines"]
        first = {"no": "FH1", "first": rows[0]["id"], "lines": [{"order_line": rows[0]["id"], "qty": 1}]}
        create_record(tx, forms.get("delivery"), first)
        create_record(tx, forms.get("delivery"), {"no": "FH2", "lines": [{"whole": second, "qty": 5}]})
        update_record(tx, forms.get("order"), dollars, {"freight": "35", "currency": codes["JPY"]})
        update_record(tx, forms.get("order"), dollars, {"currency": codes["USD"]})
    return {"order": dollars, "other": second, "lines": rows, "picture": picture}
