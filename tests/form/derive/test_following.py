"""Kept formulas follow the records that they read: at once for some, by a job for many, and never silently late."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import text

from engines.form import events
from engines.form.compile import compile_forms
from engines.form.derive.graph import graph_of
from engines.form.derive.job import recompute_chunk
from engines.form.derive.pending import RECOMPUTING
from engines.form.form import Forms
from engines.form.query import Query, Sort, get_record, list_records
from engines.form.records import create_record, update_record
from engines.form.references import form_references
from engines.form.serialize import to_json
from engines.form.transaction import Transaction
from engines.kernel.problems import Rejected
from tests.conftest import Begin
from tests.form.build import field, form
from tests.form.company import ADMINISTRATOR, LIN_YUE, group
from tests.form.derive import shop


@pytest.fixture
def listening() -> Iterator[None]:
    before = list(events._consumers)
    events.listen([events.Consumer("recompute", lambda _, kind: kind == RECOMPUTING)])
    yield
    events.listen(before)


def read(tx: Transaction, forms: Forms, key: str, record: int) -> dict[str, Any]:
    return dict(get_record(tx, forms.get(key), record).values)


def many(tx: Transaction, size: int) -> None:
    """Orders of the first customer, straight into the table."""
    sql = "INSERT INTO shop__order (customer, rate, label) SELECT 1, 4, 'c-' FROM generate_series(1, %s)"
    tx.connection.exec_driver_sql(sql, (size,))


def test_a_changed_price_and_a_changed_customer_are_followed_at_once(clean: Begin, forms: Forms) -> None:
    with clean(ADMINISTRATOR) as tx:
        who = create_record(tx, forms.get("customer"), {"name": "c", "factor": 2}).id
        pen = create_record(tx, forms.get("product"), {"name": "pen", "price": 3}).id
        made = create_record(tx, forms.get("order"), {"customer": who, "lines": [{"product": pen, "qty": 2}]}).id
        assert read(tx, forms, "order", made)["rate"] == 4
    with clean(ADMINISTRATOR) as tx:
        update_record(tx, forms.get("product"), pen, {"price": 5})
        found = read(tx, forms, "order", made)
        assert (found["lines"][0]["worth"], found["total"]) == (10, 10)
        assert read(tx, forms, "customer", who)["worth"] == 10
        payload = tx.connection.execute(
            text("SELECT payload FROM _event WHERE form = 'order' AND version = 2")
        ).scalar_one()
        assert payload["new"]["total"] == "10" and payload["new"]["lines"][0]["worth"] == "10"
        assert payload["old"]["lines"][0]["worth"] == "6"
    with clean(ADMINISTRATOR) as tx:
        update_record(tx, forms.get("customer"), who, {"factor": 7})
        assert read(tx, forms, "order", made)["rate"] == 14


def test_many_dependents_are_left_to_a_job_and_say_so_until_it_is_done(
    clean: Begin, forms: Forms, listening: None
) -> None:
    with clean(ADMINISTRATOR) as tx:
        create_record(tx, forms.get("customer"), {"name": "c", "factor": 2})
        other = create_record(tx, forms.get("order"), {"note": "of nobody"}).id
        many(tx, 250)
    form = forms.get("order")
    with clean(ADMINISTRATOR) as tx:
        update_record(tx, forms.get("customer"), 1, {"factor": 3})
        assert tx.wake
        waiting = tx.connection.execute(text("SELECT id, path FROM _recompute")).all()
        told = tx.connection.execute(text("SELECT consumer FROM _delivery")).scalars().all()
        assert [row.path for row in waiting] == ["rate"] and told == ["recompute"]
        late = get_record(tx, form, 100)
        assert late.recomputing == {"rate"} and to_json(form, late)["recomputing"] == ["rate"]
        assert get_record(tx, form, other).recomputing == frozenset()
        page = list_records(tx, form, Query(limit=300, columns=("rate",)))
        assert sum(bool(one.recomputing) for one in page.rows) == 250
    with clean(ADMINISTRATOR) as tx:
        first = recompute_chunk(tx, forms, waiting[0].id, size=100)
        assert (first.done, first.left, first.finished) == (100, 150, False)
        assert read(tx, forms, "order", 50)["rate"] == 6 and get_record(tx, form, 50).recomputing == frozenset()
        assert get_record(tx, form, 200).recomputing == {"rate"}
    with clean(ADMINISTRATOR) as tx:
        while not recompute_chunk(tx, forms, waiting[0].id, size=100).finished:
            pass
        assert {one.values["rate"] for one in list_records(tx, form, Query(limit=300)).rows} == {6, None}
        assert get_record(tx, form, 200).recomputing == frozenset()
        assert recompute_chunk(tx, forms, waiting[0].id).finished


def test_a_lookup_is_read_with_the_readers_rights_and_looks_like_its_end(clean: Begin) -> None:
    rights = [
        group("o", "order", [{"scope": "all"}]),
        group("c", "customer", [{"scope": "own"}], fields={"*": "read"}),
        group("r", "region", [{"scope": "all"}], fields={"*": "none"}),
    ]
    forms = shop.compiled(*rights, revision=2)
    order, one = forms.get("order"), forms.get("order").fields["level"]
    with clean(ADMINISTRATOR) as tx:
        region = create_record(tx, forms.get("region"), {"name": "north"}).id
        for name, level, owner in (("mine", "A", 1), ("other", "B", 2)):
            values = {"name": name, "level": level, "boss": owner, "region": region, "_owner": owner}
            who = create_record(tx, forms.get("customer"), values).id
            create_record(tx, order, {"customer": who, "note": name})
        assert read(tx, forms, "order", 1)["region_name"] == "north"
        boss = read(tx, forms, "order", 2)["boss"]
        assert (boss.id, boss.title) == (2, "Ana Sol")
        assert one.type.display("A", one, "en") == "Top" and one.choices[0].key == "A"
        page = list_records(tx, order, Query(filter={"field": "level", "op": "eq", "value": "A"}))
        assert [row.values["note"] for row in page.rows] == ["mine"]
        page = list_records(tx, order, Query(sort=(Sort("region_name"), Sort("level", descending=True))))
        assert [row.values["note"] for row in page.rows] == ["other", "mine"]
        update_record(tx, forms.get("customer"), 1, {"level": "B"})
        assert read(tx, forms, "order", 1)["level"] == "B"
    with clean(LIN_YUE) as tx:
        assert [read(tx, forms, "order", key)["level"] for key in (1, 2)] == ["B", None]
        assert read(tx, forms, "order", 1)["region_name"] is None
        page = list_records(tx, order, Query(filter={"field": "level", "op": "eq", "value": "B"}))
        assert [row.values["note"] for row in page.rows] == ["mine"]
        assert get_record(tx, order, 2).values["label"] == "other-north"


BOUND = {"related": [{"key": "kids", "form": "kid", "field": "of"}]}


@pytest.mark.parametrize(
    ("parent", "kid", "code"),
    [
        (shop.rollup("n", "kids", "sum", "x"), shop.formula("x", "of.n"), "formula.cycle"),
        (shop.rollup("n", "kids", "sum", "x"), shop.formula("x", "of.n", store="always"), "formula.cycle"),
        (shop.rollup("n", "kids", "latest", "x", result="date"), shop.formula("x", "TODAY()", "date"), "formula.moves"),
        (shop.formula("n", "COUNT(kids)", store="always"), field("x", "number"), "formula.needs_rollup"),
        (shop.rollup("n", "children", "count"), field("x", "number"), "formula.unknown_name"),
        (shop.rollup("n", "kids", "sum", "y"), field("x", "number"), "formula.unknown_name"),
        (shop.rollup("n", "kids", "sum"), field("x", "number"), "rollup.field_missing"),
        (shop.rollup("n", "kids", "max", "x", result="date"), field("x", "number"), "formula.result_type"),
    ],
)
def test_what_cannot_be_kept_is_refused_when_it_is_saved(parent: Any, kid: Any, code: str) -> None:
    with pytest.raises(Rejected) as caught:
        compile_forms("a", [form("top", parent, **BOUND), form("kid", field("of", "relation", {"form": "top"}), kid)])
    assert code in {problem.code for problem in caught.value.problems}


def test_the_graph_says_who_hangs_on_whom(forms: Forms) -> None:
    graph = graph_of(forms)
    price = {(edge.target, edge.steps, edge.fans) for edge in graph.of(forms.get("product")).watched["price"]}
    assert price == {
        (("order", "lines", "worth"), (("product", False),), True),
        (("order", "", "extra_worth"), (("extras", True),), True),
    }
    moved = {edge.target[2] for edge in graph.of(forms.get("order")).pointing["customer"] if not edge.steps}
    assert moved == {"orders_count", "won", "above", "mean", "least", "last_day", "noted", "worth"}


def test_texts_that_follow_are_found_and_sorted_by_what_they_are_now(clean: Begin, forms: Forms) -> None:
    with clean(ADMINISTRATOR) as tx:
        who = create_record(tx, forms.get("customer"), {"name": "plum"}).id
        create_record(tx, forms.get("order"), {"customer": who})
        update_record(tx, forms.get("customer"), who, {"name": "cherry"})
        found = [list_records(tx, forms.get("order"), Query(search=term)).total for term in ("plum", "cherry")]
        assert found == [0, 1]


def test_where_used_knows_what_rollups_and_lookups_speak_of() -> None:
    every = {document["key"]: document for document in shop.documents() if document["kind"] == "form"}
    found = {(one.key, one.path, one.at) for one in form_references(every["customer"])}
    assert ("order", "fields.customer", "fields.won.options.of") in found
    assert ("order", "fields.amount", "fields.won.options.field") in found
    assert ("order", "fields.state", "fields.won.options.filter") in found
    found = {(one.key, one.path, one.at) for one in form_references(every["order"])}
    assert ("customer", "fields.level", "fields.level.options.path") in found
    assert ("product", "fields.price", "fields.extra_worth.options.field") in found
    assert ("order", "fields.lines.fields.qty", "fields.pieces.options.field") in found
