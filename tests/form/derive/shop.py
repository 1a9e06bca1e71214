"""A small shop for the tests of derived values: regions, customers, products and orders that hang on each other."""

from typing import Any

from engines.form.compile import compile_forms
from engines.form.form import Forms
from engines.kernel.documents import Document
from tests.form.build import field, form

STATES = {"choices": [{"key": "open"}, {"key": "won"}]}


def rollup(key: str, of: str, aggregate: str, about: str | None = None, **more: Any) -> dict[str, Any]:
    """A roll-up field."""
    options = {"of": of, "aggregate": aggregate, **({"field": about} if about else {}), **more}
    return field(key, "rollup", options)


def formula(key: str, expression: str, result: str = "number", **more: Any) -> dict[str, Any]:
    """A formula field."""
    return field(key, "formula", {"expression": expression, "result": result, **more})


def documents(*groups: Document) -> list[Document]:
    """The forms of the shop."""
    lines = field("lines", "subform") | {
        "fields": [
            field("product", "relation", {"form": "product"}),
            field("qty", "number", {"decimals": 3}),
            formula("worth", "product.price * qty", "money", store="always"),
        ]
    }
    return [
        form(
            "region",
            field("name", "text"),
            rollup("revenue", "customers", "sum", "won", result="money"),
            rollup("customers_with", "customers", "filled", "won"),
            related=[{"key": "customers", "form": "customer", "field": "region"}],
            title_field="name",
        ),
        form(
            "customer",
            field("name", "text"),
            field("level", "choice", {"choices": [{"key": "A", "label": "Top"}, {"key": "B"}]}),
            field("factor", "number", {"decimals": 3}),
            field("floor", "number"),
            field("region", "relation", {"form": "region", "on_delete": "clear"}),
            field("boss", "member"),
            rollup("orders_count", "orders", "count"),
            rollup("won", "orders", "sum", "amount", filter='state = "won"', result="money"),
            rollup("above", "orders", "count", filter="amount > floor"),
            rollup("mean", "orders", "average", "amount", decimals=4),
            rollup("least", "orders", "min", "amount"),
            rollup("last_day", "orders", "latest", "day", result="date"),
            rollup("noted", "orders", "filled", "note"),
            rollup("worth", "orders", "sum", "total", result="money"),
            formula("score", "won * factor"),
            formula("size", 'IF(won > 100, "big", "small")', "text"),
            formula("now_won", 'SUM(orders, IF(state = "won", amount, ""))', "money"),
            related=[{"key": "orders", "form": "order", "field": "customer"}],
            title_field="name",
        ),
        form(
            "product",
            field("name", "text"),
            field("price", "money"),
            rollup("offered", "bundles", "count"),
            related=[{"key": "bundles", "form": "order", "field": "extras"}],
            title_field="name",
        ),
        form(
            "order",
            field("customer", "relation", {"form": "customer", "on_delete": "clear"}),
            field("state", "choice", STATES),
            field("amount", "money"),
            field("day", "date"),
            field("note", "text"),
            field("extras", "relation", {"form": "product", "many": True}),
            lines,
            formula("total", "SUM(lines.worth)", "money", store="always"),
            formula("rate", "customer.factor * 2", store="always"),
            formula("label", 'customer.name & "-" & customer.region.name', "text", store="always"),
            rollup("pieces", "lines", "sum", "qty", decimals=3),
            rollup("extra_worth", "extras", "sum", "price", result="money"),
            field("level", "lookup", {"path": "customer.level"}),
            field("region_name", "lookup", {"path": "customer.region.name"}),
            field("boss", "lookup", {"path": "customer.boss"}),
            formula("live_rate", "customer.factor * 2"),
            title_field="note",
        ),
        *groups,
    ]


def compiled(*groups: Document, revision: int = 1) -> Forms:
    """The shop's forms."""
    return compile_forms("shop", documents(*groups), revision=revision)
