"""Orders and deliveries for the tests of relations to rows: a delivery's row says which row of which order it is of."""

from typing import Any

from engines.form.compile import compile_forms
from engines.form.form import Forms
from engines.kernel.documents import Document
from tests.form.build import field, form
from tests.form.derive.shop import formula

DONE = '_parent.state = "done"'
DELIVERED = {"form": "delivery", "rows": "lines", "field": "order_line"}


def rollup(key: str, of: Any, aggregate: str, about: str | None = None, **more: Any) -> dict[str, Any]:
    """A roll-up field."""
    return field(key, "rollup", {"of": of, "aggregate": aggregate, **({"field": about} if about else {}), **more})


def lines(*fields: dict[str, Any], **options: Any) -> dict[str, Any]:
    """A sub-form `lines`."""
    return field("lines", "subform", options) | {"fields": list(fields)}


def documents(*groups: Document, on_delete: str = "restrict", **more: Any) -> list[Document]:
    """The forms, and permission groups."""
    return [
        form("customer", field("name", "text"), field("city", "text"), title_field="name"),
        form(
            "product",
            field("name", "text"),
            field("price", "number", {"decimals": 2}),
            rollup("ordered", {"form": "order", "rows": "lines", "field": "product"}, "sum", "qty"),
            title_field="name",
        ),
        form(
            "order",
            field("no", "text"),
            field("customer", "relation", {"form": "customer"}),
            lines(
                field("product", "relation", {"form": "product"}),
                field("qty", "number", {"decimals": 3}),
                field("cost", "number", {"decimals": 2}),
                rollup("delivered", DELIVERED, "sum", "qty", filter=DONE),
                rollup("times", "deliveries", "count"),
                rollup("last_day", DELIVERED, "latest", "_parent.day", result="date"),
                formula("open", "qty - delivered"),
            ),
            rollup("still_open", "lines", "sum", "open"),
            formula("ready", "EVERY(lines, open <= 0)", "boolean"),
            title_field="no",
        ),
        form(
            "delivery",
            field("no", "text"),
            field("day", "date"),
            field("state", "choice", {"choices": [{"key": "draft"}, {"key": "done"}]}),
            field("first", "relation", {"form": "order", "rows": "lines", "on_delete": "clear"}),
            field("several", "relation", {"form": "order", "rows": "lines", "many": True, "on_delete": "clear"}),
            lines(
                field(
                    "order_line",
                    "relation",
                    {
                        "form": "order",
                        "rows": "lines",
                        "on_delete": on_delete,
                        "reverse": {"key": "deliveries"},
                        "copy": [{"from": "product.name", "to": "what"}, {"from": "_parent.no", "to": "of_order"}],
                    },
                ),
                field("qty", "number", {"decimals": 3}, default="order_line.open"),
                field("what", "text"),
                field("of_order", "text"),
                formula("value", "qty * order_line.product.price", "number", store="always"),
                formula("buyer", "order_line._parent.customer.name", "text"),
                field("city", "lookup", {"path": "order_line._parent.customer.city"}),
            ),
            formula("asked", "first.qty"),
            title_field="no",
            **more,
        ),
        *groups,
    ]


def compiled(*groups: Document, **more: Any) -> Forms:
    """The forms compiled."""
    return compile_forms("ship", documents(*groups, **more), revision=1)
