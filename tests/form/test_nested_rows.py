"""Rows of rows, one level: the components of a quote's line, from every writer to every reader."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engines.form.bulk import BulkPlan, apply_chunk, begin_bulk, refused_rows, stage_rows
from engines.form.checks import check_form
from engines.form.compile import collect, compile_forms
from engines.form.derive import sql
from engines.form.derive.why import why
from engines.form.fields.base import Link
from engines.form.form import Forms
from engines.form.history import changes
from engines.form.importing import Importer, ImportPlan, Target, entries_of
from engines.form.importing.plan import importable
from engines.form.query import Query, get_record, list_records
from engines.form.records import create_record, update_record
from engines.form.serialize import to_json
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
    return company.installed(workspaces, workspace, compile_forms("kit", documents()))


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
        assert (first["kit"], first["total"], [one["amount"] for one in first["parts"]]) == (
            Decimal("6.5"),
            13,
            [4.5, 2],
        )
        assert last["parts"][0]["product"] == Link(bulb, "bulb")
        assert (values["total"], values["pieces"], values["dear"], values["each"]) == (20, 5, False, 9)


def test_a_part_is_changed_alone_moved_added_and_removed(begin: Begin, forms: Forms):
    quote = forms.get("quote")
    with begin(ADMINISTRATOR, keep=False) as tx:
        record = create_record(tx, quote, {"name": "q", "lines": TWO}).id
        line, alone = get_record(tx, quote, record).values["lines"]
        a, b = line["parts"]
        part = {
            "partial": True,
            "rows": [{"id": line["id"], "parts": [{"name": "c"}, {"id": b["id"]}, {"id": a["id"], "qty": 9}]}],
        }
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


def test_what_others_changed_meanwhile_stays_and_one_row_of_rows_changed_by_both_is_told(begin: Begin, forms: Forms):
    quote = forms.get("quote")
    with begin(ADMINISTRATOR, keep=False) as tx:
        record = create_record(tx, quote, {"name": "q", "lines": TWO}).id
        line, alone = get_record(tx, quote, record).values["lines"]
        a, b = line["parts"]

        def sent(**first: Any) -> dict[str, Any]:
            return {
                "lines": [{"id": line["id"], "parts": [{"id": a["id"], **first}, {"id": b["id"]}]}, {"id": alone["id"]}]
            }

        update_record(tx, quote, record, sent(qty=7), version=1)
        mine = {"lines": [{"id": line["id"], "name": "set"}, {"id": alone["id"], "parts": [{"name": "z"}]}]}
        update_record(tx, quote, record, mine, version=1)  # the page had parts as they were: theirs stay
        assert [row["parts"][0]["qty"] for row in get_record(tx, quote, record).values["lines"]] == [7, 1]
        with pytest.raises(Conflict) as caught:
            update_record(tx, quote, record, sent(qty=8), version=1)
        assert [(one.code, one.path) for one in caught.value.problems] == [("record.stale", "lines[0].parts")]


def test_the_history_tells_what_became_of_rows_of_rows(begin: Begin, forms: Forms):
    quote = forms.get("quote")
    with begin(ADMINISTRATOR, keep=False) as tx:
        record = create_record(tx, quote, {"name": "q", "lines": TWO}).id
        line, _ = get_record(tx, quote, record).values["lines"]
        a, _ = line["parts"]
        part = {"id": line["id"], "parts": [{"id": a["id"], "qty": 9}, {"name": "new"}]}
        update_record(tx, quote, record, {"lines": {"partial": True, "rows": [part]}})
        update_record(tx, quote, record, {"lines": []})
        gone, changed, _ = changes(tx, quote, record)
        assert {(one.path, one.kind, one.old, one.new) for one in changed.fields if "parts" in one.path} == {
            ("lines.parts.qty", "changed", "3.00", "9.00"),
            ("lines.parts", "removed", "b · 1.00 · ¥2.00 · ¥2.00", ""),
            ("lines.parts", "added", "", "new · 1.00"),
        }
        assert [(one.path, one.kind) for one in gone.fields if one.path == "lines"] == [("lines", "removed")] * 2


def test_a_record_goes_and_comes_back_with_its_rows_and_holds_what_they_point_at(begin: Begin, forms: Forms):
    quote, product = forms.get("quote"), forms.get("product")
    with begin(ADMINISTRATOR, keep=False) as tx:
        bulb = create_record(tx, product, {"name": "bulb", "price": 7}).id
        record = create_record(tx, quote, {"name": "q", "lines": [*TWO, {"parts": [{"product": bulb}]}]}).id
        before = bare(get_record(tx, quote, record).values)
        delete_record(tx, quote, record)
        restore_record(tx, quote, record)
        assert bare(get_record(tx, quote, record).values) == before
        with pytest.raises(Conflict) as caught:
            delete_record(tx, product, bulb)
        assert caught.value.problems[0].path == "quote.lines.parts.product"


@pytest.mark.usefixtures("forms")
def test_rights_hold_for_rows_of_rows(workspaces, workspace, begin: Begin):  # type: ignore[no-untyped-def]
    group = {
        "kind": "group",
        "key": "sellers",
        "title": "Sellers",
        "form": "quote",
        "members": {"everyone": True},
        "operations": ["read", "create", "update"],
        "rows": [{"scope": "all"}],
        "fields": {"*": "edit", "lines.parts.price": "hidden", "lines.parts.name": "read"},
    }
    made = compile_forms("kit", documents(group))
    quote = made.get("quote")
    with begin(ADMINISTRATOR, keep=False) as tx:
        record = create_record(tx, quote, {"name": "q", "lines": TWO}).id
        seller = replace(tx, actor=company.actor(company.LIN))
        line = get_record(seller, quote, record).values["lines"][0]
        assert [sorted(one) for one in line["parts"]] == [["amount", "id", "name", "product", "qty"]] * 2
        parts = [{"id": one["id"], "qty": 5} for one in line["parts"]]
        update_record(seller, quote, record, {"lines": {"partial": True, "rows": [{"id": line["id"], "parts": parts}]}})
        assert bare(get_record(tx, quote, record).values)[0][2] == [
            ("a", 5, Decimal("1.5")),
            ("b", 5, 2),
        ]
        with pytest.raises(Exception) as caught:
            parts = [{"id": line["parts"][0]["id"], "price": 1}]
            update_record(
                seller, quote, record, {"lines": {"partial": True, "rows": [{"id": line["id"], "parts": parts}]}}
            )
        assert [one.path for one in caught.value.problems] == ["lines[0].parts[0].price"]  # type: ignore[attr-defined]


def test_rows_of_rows_are_loaded_in_bulk_and_changed_there(begin: Begin, forms: Forms):
    quote = forms.get("quote")
    with begin(ADMINISTRATOR, keep=False) as tx:
        bulb = create_record(tx, forms.get("product"), {"name": "bulb", "price": "7"}).id
        more = [{"name": "kit", "parts": [{"product": bulb, "qty": 2}]}]
        plan = BulkPlan(("name", "lines"))
        ledger = begin_bulk(tx, quote, plan)
        rows = [["x", TWO], ["y", more], ["z", [{"parts": [{"qty": "?"}]}]], ["w", None]]
        stage_rows(tx, quote, ledger, rows, 1)
        while not apply_chunk(tx, quote, ledger.id).finished:
            pass
        ids = [one.id for one in list_records(tx, quote, Query(("name",))).rows]
        found = {one.values["name"]: one.values for one in (get_record(tx, quote, each) for each in ids)}
        assert sorted(found) == ["w", "x", "y"]
        assert bare(found["x"]) == [("kit", 2, [("a", 3, Decimal("1.5")), ("b", 1, 2)]), ("alone", 1, [])]
        assert bare(found["y"]) == [("kit", 1, [(None, 2, 7)])]
        assert (found["x"]["total"], found["y"]["total"]) == (13, 14)
        refused = list(refused_rows(tx, quote, ledger.id))
        assert [(one.row, one.problems[0]["path"]) for one in refused] == [(3, "lines[0].parts[0].qty")]


def test_rows_of_a_file_become_rows_of_rows_and_a_problem_names_its_place(begin: Begin, forms: Forms):
    quote = forms.get("quote")
    paths = ["name", "lines.name", "lines.qty", "lines.parts.name", "lines.parts.qty", "lines.parts.price"]
    plan = ImportPlan(tuple(Target(path, number) for number, path in enumerate(paths)))
    rows = [
        ["q", "kit", "2", "a", "3", "1.5"],
        ["", "", "", "b", "", "2"],
        ["", "alone", "", "", "", ""],
        ["w", "kit", "1", "a", "many", ""],
    ]
    with begin(ADMINISTRATOR, keep=False) as tx:
        assert set(paths) <= set(importable(tx, quote))
        importer = Importer(quote, plan)
        outcomes = importer.chunk(tx, list(entries_of(plan, enumerate(rows, start=2))))
        made = get_record(tx, quote, outcomes[0].record_id or 0).values
        assert bare(made) == [("kit", 2, [("a", 3, Decimal("1.5")), ("b", 1, 2)]), ("alone", 1, [])]
        assert made["total"] == 13
        assert [one.path for one in outcomes[1].problems] == ["lines[0].parts[0].qty"]


def test_records_are_found_by_their_rows_of_rows_and_sent_back_as_they_were_read(begin: Begin, forms: Forms):
    quote = forms.get("quote")
    with begin(ADMINISTRATOR, keep=False) as tx:
        first = create_record(tx, quote, {"name": "x", "lines": TWO}).id
        other = create_record(tx, quote, {"name": "y", "lines": [{"name": "bare"}]}).id

        def found(**filter_: Any) -> list[int]:
            return sorted(one.id for one in list_records(tx, quote, Query(("name",), filter_)).rows)

        part = get_record(tx, quote, first).values["lines"][0]["parts"][0]
        assert why(tx, quote, first, "lines.parts.amount", part["id"]).shown == "¥4.50"
        assert found(field="lines.parts.price", op="gt", value="1.9") == [first]
        assert found(field="lines.parts", op="filled") == [first]
        assert found(field="lines.parts.name", op="eq", value="z") == []
        assert sorted(one.id for one in list_records(tx, quote, Query(search="bare")).rows) == [other]
        sent = to_json(quote, get_record(tx, quote, first))["values"]
        assert sent["lines"][0]["parts"][0]["price"] == "1.50" or sent["lines"][0]["parts"][0]["price"] == "1.5"
        assert not update_record(tx, quote, first, {"lines": sent["lines"]}).changed


LETTERS = st.sampled_from("abcdef")
PART = st.fixed_dictionaries({"qty": st.integers(1, 5), "price": st.integers(0, 200)})
LINE = st.fixed_dictionaries({"name": LETTERS, "qty": st.integers(0, 3), "parts": st.lists(PART, max_size=3)})


@given(st.data())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_sequence_of_saves_leaves_what_a_plain_model_says(begin: Begin, forms: Forms, data: st.DataObject):
    """The model is a list of lists; what SQL computes of the stored rows is what the writer stored with them."""
    quote = forms.get("quote")
    with begin(ADMINISTRATOR, keep=False) as tx:
        model: list[dict[str, Any]] = data.draw(st.lists(LINE, max_size=3))
        record = create_record(tx, quote, {"lines": model}).id
        for _ in range(data.draw(st.integers(1, 3))):
            stored = get_record(tx, quote, record).values["lines"] or ()
            keys = data.draw(st.permutations([*range(len(stored)), "new"]))
            sent, model = [], []
            for key in keys[: data.draw(st.integers(0, len(keys)))]:
                line = data.draw(LINE)
                parts = [dict(one) for one in line["parts"]]
                if key != "new":
                    kept = data.draw(st.permutations(stored[key]["parts"]))[: 4 - len(parts)]
                    parts += [{"id": one["id"], "qty": one["qty"], "price": one["price"]} for one in kept]
                model.append({**line, "parts": parts})
                sent.append(model[-1] if key == "new" else {"id": stored[key]["id"], **model[-1]})
            update_record(tx, quote, record, {"lines": sent})
            values = get_record(tx, quote, record).values
            plain = [(one["name"], one["qty"], [(p["qty"], p["price"]) for p in one["parts"]]) for one in model]
            assert [(n, q, [(b, c) for _, b, c in parts]) for n, q, parts in bare(values)] == plain
            assert values["total"] == sum(q * sum(b * c for b, c in parts) for _, q, parts in plain)
            assert values["pieces"] == sum(b for _, _, parts in plain for b, _ in parts)
            assert values["dear"] is any(c > 100 for _, _, parts in plain for _, c in parts)
            for place in ("", "lines", "lines.parts"):
                keys_of = [one.key for one in quote.formula_order if (one.subform or "") == place]
                fresh = sql.recompute(quote, place, tuple(keys_of), "Asia/Shanghai")
                assert tx.connection.execute(fresh, {"P_ids": [record]}).all() == []


def test_deeper_rows_and_what_rows_of_rows_cannot_do_are_refused_with_words():
    def problems(*inner: Mapping[str, Any], **more: Any) -> set[tuple[str, str]]:
        lines = subform("lines", field("name", "text"), subform("parts", field("name", "text"), *inner))
        found = collect("kit", [form("quote", lines, **more), form("product", field("name", "text"))])
        every = [*(one for each in found.problems.values() for one in each)]
        every += list(check_form(found.forms.get("quote")))
        return {(one.code, one.path) for one in every}

    at = "fields.lines.fields.parts.fields.it"
    assert problems(subform("it", field("name", "text"))) == {("subform.too_deep", f"{at}.type")}
    assert problems(field("it", "members")) == {("nested.many", f"{at}.type")}
    assert problems(field("it", "text", follow="name")) == {("nested.not_here", f"{at}.follow")}
    rule = {"key": "r", "actions": [{"key": "a", "do": "hide", "fields": ["lines.parts.name"]}]}
    assert problems(rules=[rule]) == {("rule.nested", "rules.r.actions.a.fields.lines.parts.name")}
