"""Rows of rows, one level: the components of a quote's line, from every writer to every reader."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engines.form.compile import collect, compile_forms
from engines.form.fields.base import Link
from engines.form.form import Forms
from engines.form.history import changes
from engines.form.query import get_record
from engines.form.records import create_record, update_record
from engines.form.transaction import Transaction
from engines.form.write.trash import delete_record, restore_record
from engines.kernel.documents import Document
from engines.kernel.problems import Conflict, Rejected
from tests.conftest import Begin
from tests.form import company
from tests.form.build import field, form
from tests.form.company import ADMINISTRATOR


def subform(key: str, *fields: Mapping[str, Any], **options: Any) -> dict[str, Any]:
    return {**field(key, "subform", options), "fields": list(fields)}


def money(expression: str) -> dict[str, Any]:
    return {"expression": expression, "result": "money"}


PARTS = subform(
    "parts",
    field("product", "relation", {"form": "product"}),
    field("name", "text", unique=True),
    field("qty", "number", {"min": 1, "decimals": 2}, required=True, default="1"),
    field("price", "money", default="product.price"),
    field("amount", "formula", money("ROUND(qty * price, 2)")),
    max_rows=4,
)


def documents(*groups: Document) -> list[Document]:
    lines = subform(
        "lines",
        field("name", "text"),
        field("qty", "number", default="1"),
        PARTS,
        field("kit", "formula", money("SUM(parts, qty * price)")),
        field("total", "formula", money("qty * SUM(parts.amount)")),
    )
    return [
        form("product", field("name", "text", unique=True), field("price", "money"), title_field="name"),
        form(
            "quote",
            field("name", "text"),
            lines,
            field("total", "formula", money("SUM(lines.total)")),
            field("pieces", "formula", {"expression": "SUM(lines.parts.qty)", "result": "number"}),
            field("dear", "formula", {"expression": "ANY(lines, ANY(parts, price > 100))", "result": "boolean"}),
            field("each", "formula", {"expression": "SUM(lines, qty * SUM(parts, qty))", "result": "number"}),
            title_field="name",
        ),
        *groups,
    ]


@pytest.fixture(scope="module")
def forms(workspaces, workspace) -> Forms:  # type: ignore[no-untyped-def]
    made = compile_forms("kit", documents())
    with workspaces.begin(workspace, ADMINISTRATOR, publish=True) as tx:
        company.install(tx, made)
        company.people(tx)
    return made


def bare(values: Mapping[str, Any]) -> list[Any]:
    """Lines with their parts, without ids and what is computed."""
    return [
        (row["name"], row["qty"], [(part["name"], part["qty"], part["price"]) for part in row["parts"] or ()])
        for row in values["lines"] or ()
    ]


TWO = [
    {"name": "kit", "qty": 2, "parts": [{"name": "a", "qty": 3, "price": "1.5"}, {"name": "b", "price": "2"}]},
    {"name": "alone"},
]


def test_rows_of_rows_are_stored_computed_and_read_in_their_order(begin: Begin, forms: Forms):
    quote = forms.get("quote")
    with begin(ADMINISTRATOR, keep=False) as tx:
        bulb = create_record(tx, forms.get("product"), {"name": "bulb", "price": "7"}).id
        record = create_record(tx, quote, {"name": "q", "lines": [*TWO, {"parts": [{"product": bulb}]}]}).id
        values = get_record(tx, quote, record).values
        assert bare(values) == [
            ("kit", 2, [("a", 3, Decimal("1.5")), ("b", 1, 2)]),
            ("alone", 1, []),
            (None, 1, [(None, 1, 7)]),
        ]
        first, _, last = values["lines"]
        assert (first["kit"], first["total"], [one["amount"] for one in first["parts"]]) == (Decimal("6.5"), 13, [4.5, 2])
        assert last["parts"][0]["product"] == Link(bulb, "bulb")
        assert (values["total"], values["pieces"], values["dear"], values["each"]) == (20, 5, False, 9)


def test_a_part_is_changed_alone_moved_added_and_removed(begin: Begin, forms: Forms):
    quote = forms.get("quote")
    with begin(ADMINISTRATOR, keep=False) as tx:
        record = create_record(tx, quote, {"name": "q", "lines": TWO}).id
        line, alone = get_record(tx, quote, record).values["lines"]
        a, b = line["parts"]
        part = {"partial": True, "rows": [{"id": line["id"], "parts": [{"name": "c"}, {"id": b["id"]}, {"id": a["id"], "qty": 9}]}]}
        saved = update_record(tx, quote, record, {"lines": part})
        assert saved.changed
        after = get_record(tx, quote, record).values["lines"]
        assert [one["name"] for one in after[0]["parts"]] == ["c", "b", "a"]
        assert [one["id"] for one in after[0]["parts"]][1:] == [b["id"], a["id"]]
        assert after[0]["kit"] == Decimal("15.5") and after[1] == alone
        inner = {"partial": True, "gone": [b["id"]]}
        update_record(tx, quote, record, {"lines": {"partial": True, "rows": [{"id": line["id"], "parts": inner}]}})
        assert [one["name"] for one in get_record(tx, quote, record).values["lines"][0]["parts"]] == ["c", "a"]
        assert not update_record(tx, quote, record, {"lines": {"partial": True, "rows": [{"id": line["id"]}]}}).changed
        update_record(tx, quote, record, {"lines": [{"id": alone["id"]}]})
        assert bare(get_record(tx, quote, record).values) == [("alone", 1, [])]
        assert tx.connection.exec_driver_sql('SELECT count(*) FROM "kit__quote__lines__parts"').scalar() == 0


def test_problems_of_rows_of_rows_name_their_place(begin: Begin, forms: Forms):
    lines = [
        {"parts": [{"qty": "many"}, {"qty": 0}, {"qty": None, "price": 1, "nome": 2}]},
        {"parts": [{"name": "x"}, {"name": "y"}, {"name": "x"}]},
        {"parts": [{}] * 5},
        {"parts": [{"product": 12345}, {"id": 999}]},
    ]
    with begin(ADMINISTRATOR, keep=False) as tx, pytest.raises(Rejected) as caught:
        create_record(tx, forms.get("quote"), {"lines": lines})
    assert sorted((one.path, one.code) for one in caught.value.problems) == [
        ("lines[0].parts[0].qty", "number.not_a_number"),
        ("lines[0].parts[1].qty", "number.too_small"),
        ("lines[0].parts[2].nome", "record.unknown_field"),
        ("lines[0].parts[2].qty", "record.required"),
        ("lines[1].parts[2].name", "subform.not_unique"),
        ("lines[2].parts", "subform.too_many"),
        ("lines[3].parts[0].product", "relation.not_found"),
        ("lines[3].parts[1]", "subform.unknown_row"),
    ]
