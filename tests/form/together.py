"""An app whose forms use at once what was built apart: rows of rows, secrets, masks, currencies, pickers, rows of rows
that others point at, trees, files, explanations, calendars."""

from collections.abc import Mapping
from typing import Any

from dougong.vault.box import Box
from dougong.vault.cipher import WorkspaceCipher
from engines.form.compile import compile_forms
from engines.form.form import Forms
from engines.form.records import create_record
from engines.form.transaction import Transaction
from engines.kernel.documents import Document
from tests.form.build import field, form
from tests.form.purse import CURRENCY, RATE, SETTING

BASE = {"currency_field": "currency.code", "base": {"amount": "base_price", "rate": "rate", "date": "day"}}
NET = {"amount": "base_net", "rate": "rate", "date": "day"}
DELIVERED = {
    "of": {"form": "delivery", "rows": "lines", "field": "order_line"},
    "aggregate": "sum",
    "field": "qty",
    "filter": '_parent.state = "done"',
}
WEEK = {str(day): [["09:00", "18:00"]] for day in range(1, 8)}


def money(expression: str, **more: Any) -> dict[str, Any]:
    return {"expression": expression, "result": "money", "currency_field": "currency.code", **more}


def subform(key: str, *fields: Mapping[str, Any], **options: Any) -> dict[str, Any]:
    return {**field(key, "subform", options), "fields": list(fields)}


PARTS = subform(
    "parts",
    field("name", "text"),
    field("product", "relation", {"form": "product", "where": [{"field": "kind", "value": '"part"'}]}),
    field("qty", "number", {"decimals": 2}, default="1"),
    field("cost", "number", {"decimals": 2}),
    field("code", "text", encrypted=True, unique=True, mask={"kind": "custom", "keep_end": 2}),
    field("worth", "formula", {"expression": "ROUND(qty * cost, 2)", "result": "number"}),
    max_rows=5,
)
LINES = subform(
    "lines",
    field(
        "product",
        "relation",
        {
            "form": "product",
            "copy": [{"from": "price", "to": "price"}],
            "where": [{"field": "line", "value": "line"}],
        },
    ),
    field("qty", "number", {"decimals": 2}, default="1"),
    field("price", "money", BASE),
    field("base_price", "money"),
    field("amount", "formula", money("ROUND(qty * price * (1 - discount), 2)")),
    field("amount_why", "explanation", {"of": "amount", "language": "en"}),
    field("key", "text", encrypted=True, mask={"kind": "all"}),
    field("papers", "attachment"),
    field("at", "cascade", {"form": "place", "parent": "above", "leaf_only": True}),
    PARTS,
    field("kit", "formula", {"expression": "SUM(parts.worth)", "result": "number"}),
    field("delivered", "rollup", DELIVERED),
    field("open", "formula", {"expression": "qty - delivered", "result": "number"}),
    picker={
        "field": "product",
        "quantity": "qty",
        "columns": ["price", "line"],
        "group": "kind",
        "count": "quantity",
        "limits": [{"group": "part", "max": 3}],
        "exclude": [
            {"when": "retired", "message": {"en": "Retired", "zh-CN": "已停产"}},
            {"reason": 'IF(cost > 1000, CONCATENATE("Too dear for ", OUTER.no), "")'},
        ],
        "once": True,
    },
)


def documents(*groups: Document) -> list[Document]:
    """Everything."""
    return [
        SETTING,
        CURRENCY,
        RATE,
        {"kind": "calendar", "key": "office", "title": "office", "country": "cn"},
        {"kind": "calendar", "key": "always", "title": "always", "weekdays": WEEK},
        form(
            "place",
            field("name", "text"),
            field("above", "relation", {"form": "place"}),
            field("works", "text"),
            title_field="name",
        ),
        form(
            "product",
            field("name", "text"),
            field("kind", "choice", {"choices": [{"key": "part"}, {"key": "whole"}]}, default='"whole"'),
            field("line", "text"),
            field("price", "money"),
            field("cost", "money"),
            field("retired", "boolean"),
            title_field="name",
        ),
        form(
            "customer",
            field("name", "text", required=True),
            field("phone", "phone", {"kind": "any"}, mask={"kind": "phone"}),
            field("card", "id_card", encrypted=True, unique=True, mask={"kind": "id"}),
            field("worth", "rollup", {"of": "orders", "aggregate": "sum", "field": "net", "result": "money"}),
            title_field="name",
            related=[{"key": "orders", "form": "order", "field": "customer", "title": "Orders"}],
        ),
        form(
            "order",
            field("no", "text", unique=True),
            field("customer", "relation", {"form": "customer"}),
            field("line", "text"),
            field("place", "relation", {"form": "place"}),
            field("currency", "relation", {"form": "currency"}),
            field("day", "date"),
            field("rate", "number", {"decimals": 6}),
            field("discount", "number", {"decimals": 2}, default="0"),
            field("secret", "text", encrypted=True, mask={"kind": "all"}),
            field("papers", "attachment"),
            field("due", "formula", {"expression": "WORKDAY(day, 1)", "result": "date"}),
            LINES,
            field("net", "formula", money("SUM(lines.amount)", base=NET)),
            field("base_net", "formula", {"expression": "ROUND(net * rate, 2)", "result": "money"}),
            field("net_why", "explanation", {"of": "net", "language": "en"}),
            field("pieces", "formula", {"expression": "SUM(lines.parts.qty)", "result": "number"}),
            field("still_open", "rollup", {"of": "lines", "aggregate": "sum", "field": "open"}),
            title_field="no",
            calendar="place.works",
        ),
        form(
            "delivery",
            field("no", "text"),
            field("state", "choice", {"choices": [{"key": "draft"}, {"key": "done"}]}, default='"done"'),
            subform(
                "lines",
                field(
                    "order_line",
                    "relation",
                    {
                        "form": "order",
                        "rows": "lines",
                        "where": [{"field": "_parent.day", "op": "filled"}],
                        "copy": [{"from": "_parent.no", "to": "of_order"}],
                    },
                ),
                field("qty", "number", {"decimals": 2}, default="order_line.open"),
                field("of_order", "text"),
                field("whose", "lookup", {"path": "order_line._parent.customer.phone"}),
            ),
            title_field="no",
        ),
        form(
            "note",
            field("fixed", "text", readonly=True),
            field("papers", "attachment"),
            subform(
                "lines",
                field("fixed", "text", readonly=True),
                field("papers", "attachment"),
                subform("parts", field("fixed", "text", readonly=True), field("papers", "attachment")),
            ),
        ),
        *groups,
    ]


def compiled(*groups: Document, workspace: str, revision: int = 1) -> Forms:
    """The forms, with keys for what is encrypted."""
    return compile_forms(
        "all", documents(*groups), revision=revision, cipher=WorkspaceCipher(Box(["test-key"]), workspace)
    )


def world(tx: Transaction, forms: Forms) -> dict[str, int]:
    """Currencies, rates, places, products and a customer; their ids by name."""
    made: dict[str, int] = {}

    def add(name: str, key: str, /, **values: Any) -> None:
        made[name] = create_record(tx, forms.get(key), values).id

    add("CNY", "currency", code="CNY", digits=2)
    add("USD", "currency", code="USD", digits=2)
    add("rate", "rate", currency=made["USD"], valid_from="2026-06-01", rate="7.1")
    add("later", "rate", currency=made["USD"], valid_from="2026-06-15", rate="7.2")
    add("root", "place", name="root", works="always")
    add("leaf", "place", name="leaf", above=made["root"])
    add("desk", "product", name="desk", line="A", price=100, cost=60)
    add("chair", "product", name="chair", line="A", price=50, cost=20)
    add("lamp", "product", name="lamp", line="B", price=30, cost=2000)
    add("old", "product", name="old", line="A", price=1, cost=1, retired=True)
    add("screw", "product", name="screw", line="A", kind="part", price=1, cost=0.5)
    add("li", "customer", name="Li", phone="13812348000", card="11010519491231002X")
    return made


def order(made: Mapping[str, int], no: str = "O1", **more: Any) -> dict[str, Any]:
    """An order of two lines, one with parts."""
    parts = [
        {"name": "p1", "qty": 2, "cost": "1.5", "code": "AB-17", "product": made["screw"]},
        {"name": "p2", "cost": 4, "code": "AB-18"},
    ]
    lines = [
        {"product": made["desk"], "qty": 2, "price": 10, "key": "k-1", "at": made["leaf"], "parts": parts},
        {"product": made["chair"], "qty": 1},
    ]
    given = {"no": no, "customer": made["li"], "line": "A", "place": made["root"], "currency": made["USD"]}
    return {**given, "day": "2026-06-12", "discount": "0.5", "secret": "s3cret", "lines": lines, **more}
