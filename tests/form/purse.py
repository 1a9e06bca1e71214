"""A small company that trades in several currencies: forms, rates of June and how they are installed."""

from typing import Any

from engines.form.compile import compile_forms
from engines.form.form import Forms
from engines.form.records import create_record
from engines.form.transaction import Transaction
from tests.form.build import create_tables, field, form

SETTING = {
    "kind": "currency",
    "key": "main",
    "base": "CNY",
    "rates": {"form": "rate", "currency": "currency.code", "date": "valid_from", "rate": "rate"},
    "currencies": {"form": "currency", "code": "code", "digits": "digits"},
}
CURRENCY = form(
    "currency", field("code", "text", required=True), field("digits", "number"), title_field="code"
)  # fmt: skip
RATE = form(
    "rate",
    field("currency", "relation", {"form": "currency"}),
    field("valid_from", "date"),
    field("rate", "number", {"decimals": 6}),
)
OWN = {"currency_field": "currency.code", "base": {"amount": "base_amount", "rate": "rate", "date": "date"}}
FROZEN = (
    field("currency", "relation", {"form": "currency"}),
    field("date", "date"),
    field("rate", "number", {"decimals": 6}),
    field("amount", "money", OWN),
    field("base_amount", "money"),
)
CUSTOMER = form(
    "customer",
    field("name", "text"),
    field("total", "rollup", {"of": "deals", "aggregate": "sum", "field": "amount", "result": "money"}),
    field(
        "won",
        "rollup",
        {"of": "deals", "aggregate": "sum", "field": "amount", "filter": "amount > 0", "result": "money"},
    ),
    title_field="name",
    related=[{"key": "deals", "form": "deal", "field": "customer", "title": "Deals"}],
)
DEAL = form("deal", field("name", "text"), field("customer", "relation", {"form": "customer"}), *FROZEN)
LINE_BASE = {"currency_field": "currency.code", "base": {"amount": "base_price", "rate": "rate", "date": "date"}}
QUOTE = form(
    "quote",
    field("name", "text"),
    field("currency", "relation", {"form": "currency"}),
    field("date", "date"),
    field("rate", "number", {"decimals": 6}),
    {
        **field("lines", "subform"),
        "fields": [
            field("qty", "number"),
            field("price", "money", LINE_BASE),
            field("base_price", "money"),
            field(
                "amount",
                "formula",
                {"expression": "ROUND(qty * price, 2)", "result": "money", "currency_field": "currency.code"},
            ),
        ],
    },
    field(
        "net",
        "formula",
        {
            "expression": "SUM(lines.amount)",
            "result": "money",
            "currency_field": "currency.code",
            "base": {"amount": "base_net", "rate": "rate", "date": "date"},
        },
    ),
    field("base_net", "formula", {"expression": "ROUND(net * rate, 2)", "result": "money"}),
)
EXPENSE = form(
    "expense",
    {
        **field("items", "subform"),
        "fields": [
            field("unit", "text"),
            field("spent", "money", {"currency_field": "unit", "base": {"amount": "base_spent"}}),
            field("base_spent", "money"),
        ],
    },
    field("total", "rollup", {"of": "items", "aggregate": "sum", "field": "spent", "result": "money"}),
)
OFFER = form("offer", field("currency", "text"), field("price", "money", {"currency_field": "currency"}))
VISIT = form("visit", field("deal", "relation", {"form": "deal"}), field("worth", "lookup", {"path": "deal.amount"}))
DOCUMENTS = (SETTING, CURRENCY, RATE, CUSTOMER, DEAL, QUOTE, EXPENSE, OFFER, VISIT)


def made(*more: Any) -> Forms:
    named = {(one["kind"], one["key"]): one for one in (*DOCUMENTS, *more)}
    return compile_forms("fx", named)


FORMS = made()


def install(tx: Transaction) -> dict[str, int]:
    """Tables, currencies and rates; gives the ids of the currencies."""
    create_tables(tx.connection, FORMS)
    ids = {
        code: create_record(tx, FORMS.get("currency"), {"code": code, "digits": digits}).id
        for code, digits in (("CNY", 2), ("USD", 2), ("JPY", 0), ("CHF", 2))
    }
    for code, day, rate in (
        ("USD", "2026-06-01", "7.1234"),
        ("USD", "2026-06-15", "7.2"),
        ("JPY", "2026-06-01", "0.0481"),
    ):
        create_record(tx, FORMS.get("rate"), {"currency": ids[code], "valid_from": day, "rate": rate})
    return ids
