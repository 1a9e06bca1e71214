"""Relations that point at a row of a sub-form, and roll-ups of such rows: what an order's row was delivered of."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from dougong.packs.cells import Names
from engines.form.bulk import bulk_write, undo_chunk
from engines.form.compile import collect, compile_forms
from engines.form.ddl import plan_tables
from engines.form.derive.job import recompute_chunk
from engines.form.derive.why import why
from engines.form.form import Forms
from engines.form.history import changes
from engines.form.importing import Importer, ImportPlan, Target, entries_of
from engines.form.query import Query, Sort, get_record, list_records
from engines.form.query.pick import options_of, pick
from engines.form.records import create_record, delete_record, restore_record, update_record
from engines.form.serialize import to_json
from engines.form.sources import differences
from engines.form.system import EVENT, RECOMPUTE
from engines.form.transaction import Transaction
from engines.kernel.problems import Conflict, Rejected
from engines.report import check_reports, reports_of, run
from tests.conftest import Begin
from tests.form import company, shipping
from tests.form.build import field, form
from tests.form.company import ADMINISTRATOR, LIN_YUE, group
from tests.form.derive.shop import formula

PATHS = ("no", "state", "first", "lines.order_line", "lines.qty")


@pytest.fixture(scope="module")
def forms(workspaces, workspace) -> Forms:  # type: ignore[no-untyped-def]
    """Orders and deliveries, installed once for the module."""
    return company.installed(workspaces, workspace, shipping.compiled())


def start(tx: Transaction, forms: Forms) -> tuple[int, list[int]]:
    """A customer, two products, and an order of three rows; its id and those of its rows."""
    buyer = create_record(tx, forms.get("customer"), {"name": "远山科技", "city": "杭州"}).id
    pens, ink = (
        create_record(tx, forms.get("product"), {"name": name, "price": price}).id
        for name, price in (("打印机", 3), ("墨盒", 5))
    )
    rows = [{"product": pens, "qty": 10}, {"product": ink, "qty": 4}, {"product": pens, "qty": 1}]
    made = create_record(tx, forms.get("order"), {"no": "DD1", "customer": buyer, "lines": rows}).id
    return made, [row["id"] for row in rows_of(tx, forms, made)]


def rows_of(tx: Transaction, forms: Forms, record: int, form: str = "order") -> list[dict[str, Any]]:
    return [dict(row) for row in get_record(tx, forms.get(form), record).values["lines"] or ()]


def delivery(tx: Transaction, forms: Forms, *rows: tuple[int | None, Any], **values: Any) -> int:
    lines = [{"order_line": line, "qty": qty} for line, qty in rows]
    return create_record(tx, forms.get("delivery"), {"no": "D", "state": "done", "lines": lines, **values}).id


def figures(tx: Transaction, forms: Forms, record: int) -> list[tuple[Any, Any, Any]]:
    return [(row["delivered"], row["open"], row["times"]) for row in rows_of(tx, forms, record)]


def test_what_was_delivered_of_each_row_follows_every_write_of_a_delivery(clean: Begin, forms: Forms) -> None:
    with clean(ADMINISTRATOR) as tx:
        order, (first, second, third) = start(tx, forms)
        assert figures(tx, forms, order) == [(0, 10, 0), (0, 4, 0), (0, 1, 0)]
        one = delivery(tx, forms, (first, 3), (second, 4), day="2026-03-01")
        assert figures(tx, forms, order) == [(3, 7, 1), (4, 0, 1), (0, 1, 0)]
        found = get_record(tx, forms.get("order"), order)
        assert (found.values["still_open"], found.values["ready"]) == (8, False)
        assert rows_of(tx, forms, order)[0]["last_day"] == date(2026, 3, 1)
        two = delivery(tx, forms, (first, 6), (first, 1), (third, 1), state="draft")
        assert figures(tx, forms, order)[0] == (3, 7, 3)
        update_record(tx, forms.get("delivery"), two, {"state": "done"})
        assert figures(tx, forms, order) == [(10, 0, 3), (4, 0, 1), (1, 0, 1)]
        assert get_record(tx, forms.get("order"), order).values["ready"] is True
        rows = rows_of(tx, forms, two, "delivery")
        update_record(
            tx, forms.get("delivery"), two, {"lines": [{"id": rows[0]["id"], "qty": 2}, {"id": rows[1]["id"]}]}
        )
        assert figures(tx, forms, order) == [(6, 4, 3), (4, 0, 1), (0, 1, 0)]
        update_record(tx, forms.get("delivery"), two, {"lines": [{"id": rows[0]["id"], "order_line": second}]})
        assert figures(tx, forms, order) == [(3, 7, 1), (6, -2, 2), (0, 1, 0)]
        delete_record(tx, forms.get("delivery"), one)
        assert figures(tx, forms, order) == [(0, 10, 0), (2, 2, 1), (0, 1, 0)]
        restore_record(tx, forms.get("delivery"), one)
        assert figures(tx, forms, order) == [(3, 7, 1), (6, -2, 2), (0, 1, 0)]


def test_editing_the_order_keeps_what_was_delivered_and_new_rows_begin_at_nothing(clean: Begin, forms: Forms) -> None:
    with clean(ADMINISTRATOR) as tx:
        order, (first, second, third) = start(tx, forms)
        delivery(tx, forms, (first, 3))
        rows: Sequence[dict[str, Any]] = [{"id": second}, {"id": first, "qty": 20}, {"qty": 5}]
        update_record(tx, forms.get("order"), order, {"lines": rows})
        assert figures(tx, forms, order) == [(0, 4, 0), (3, 17, 1), (0, 5, 0)]
        assert third not in [row["id"] for row in rows_of(tx, forms, order)]


def test_rows_are_read_with_their_title_their_record_and_what_they_lead_to(clean: Begin, forms: Forms) -> None:
    with clean(ADMINISTRATOR) as tx:
        order, (first, second, _) = start(tx, forms)
        made = delivery(tx, forms, (second, 2), (None, 1), first=first, several=[second, first])
        found = get_record(tx, forms.get("delivery"), made)
        row = rows_of(tx, forms, made, "delivery")[0]
        assert (row["order_line"].title, row["order_line"].record) == ("DD1 · 2 · 墨盒", order)
        assert (row["value"], row["buyer"], row["city"]) == (Decimal(10), "远山科技", "杭州")
        assert (row["what"], row["of_order"]) == ("墨盒", "DD1")
        assert found.values["asked"] == 10
        assert found.values["first"].title == "DD1 · 1 · 打印机"
        assert [one.title for one in found.values["several"]] == ["DD1 · 2 · 墨盒", "DD1 · 1 · 打印机"]
        update_record(tx, forms.get("product"), 2, {"name": "墨盒 XL"})
        told = differences(tx, forms.get("delivery"), get_record(tx, forms.get("delivery"), made))
        assert [(one.source.title, one.own, one.now) for one in told] == [("DD1 · 2 · 墨盒 XL", "墨盒", "墨盒 XL")]
        update_record(tx, forms.get("delivery"), made, {"first": second})
        last = changes(tx, forms.get("delivery"), made)[0].fields
        assert [(one.old, one.new) for one in last if one.path == "first"] == [
            ("DD1 · 1 · 打印机", "DD1 · 2 · 墨盒 XL")
        ]
        defaulted = create_record(tx, forms.get("delivery"), {"lines": [{"order_line": first}]}).id
        assert rows_of(tx, forms, defaulted, "delivery")[0]["qty"] == 10


def test_rows_that_deliveries_point_at_stay_or_are_let_go(clean: Begin, forms: Forms) -> None:
    with clean(ADMINISTRATOR) as tx:
        order, (first, second, third) = start(tx, forms)
        one = delivery(tx, forms, (first, 3), no="L1")
        two = delivery(tx, forms, first=second, several=[third, second])
        with pytest.raises(Rejected) as refused:
            update_record(tx, forms.get("order"), order, {"lines": [{"id": second}]})
        problem = refused.value.problems[0]
        assert (problem.code, problem.path) == ("subform.referenced", "lines")
        assert (problem.params["form"], problem.params["titles"]) == ("Delivery", ["L1"])
        with pytest.raises(Conflict, match="L1"):
            delete_record(tx, forms.get("order"), order)
        delete_record(tx, forms.get("delivery"), one)
        update_record(tx, forms.get("order"), order, {"lines": [{"id": third}]})
        found = get_record(tx, forms.get("delivery"), two).values
        assert found["first"] is None and [link.id for link in found["several"]] == [third]
        restore_record(tx, forms.get("delivery"), one)
        assert rows_of(tx, forms, one, "delivery")[0]["order_line"] is None
        delete_record(tx, forms.get("order"), order)
        assert get_record(tx, forms.get("delivery"), two).values["several"] is None
        with pytest.raises(Rejected, match="There is no record"):
            delivery(tx, forms, (third, 1))


def test_rows_that_point_go_with_the_row_where_the_field_says_so(clean: Begin, forms: Forms) -> None:
    made = shipping.compiled(on_delete="cascade")
    with clean(ADMINISTRATOR) as tx:
        order, (first, second, _) = start(tx, made)
        one = delivery(tx, made, (first, 3), (second, 1))
        update_record(tx, made.get("order"), order, {"lines": [{"id": second}]})
        assert [row["order_line"].id for row in rows_of(tx, made, one, "delivery")] == [second]
        delete_record(tx, made.get("order"), order)
        assert rows_of(tx, made, one, "delivery") == []


def test_rows_are_found_by_their_record_their_place_and_what_they_are_about(clean: Begin, forms: Forms) -> None:
    with clean(ADMINISTRATOR) as tx:
        _, (first, second, third) = start(tx, forms)
        make = forms.get("order")
        other = create_record(tx, make, {"no": "DD2", "lines": [{"product": 2, "qty": 9}, {"qty": 1}]}).id
        six, seven = (row["id"] for row in rows_of(tx, forms, other))

        def found(search: str | None = None, path: str = "lines.order_line") -> list[int]:
            return [one.id for one in options_of(tx, forms.get("delivery"), path, search)]

        assert found() == found(path="first") == [six, seven, first, second, third]
        assert found("dd1") == [first, second, third]
        assert found("墨盒") == [six, second] and found("墨盒 DD1") == [second]
        assert found("DD2 2") == [
            six,
            seven,
        ]  # 2 is the place of the one, and stands in the number of the order of both
        assert found("none") == []
        narrowed = {
            "and": [{"field": "_parent.customer.name", "op": "contains", "value": "远山"}, {"expression": "open > 3"}]
        }
        assert [one.title for one in pick(tx, forms.target("order.lines"), None, narrowed)] == [
            "DD1 · 1 · 打印机",
            "DD1 · 2 · 墨盒",
        ]
        delete_record(tx, make, other)
        assert found("墨盒") == [second]


def test_filters_sorts_and_formulas_go_through_rows_to_their_records(clean: Begin, forms: Forms) -> None:
    with clean(ADMINISTRATOR) as tx:
        _, (first, second, _) = start(tx, forms)
        one, two = delivery(tx, forms, (first, 1), first=first), delivery(tx, forms, (second, 1), (None, 2))

        def found(**condition: Any) -> list[int]:
            asked = Query(("no",), condition, sort=(Sort("no"),))
            return sorted(row.id for row in list_records(tx, forms.get("delivery"), asked).rows)

        assert found(field="lines.order_line.product.name", op="eq", value="墨盒") == [two]
        assert found(field="lines.order_line._parent.customer.city", op="eq", value="杭州") == [one, two]
        assert found(field="lines.order_line", op="empty") == [two]
        assert found(field="first", op="eq", value=first) == found(field="first.open", op="gt", value=5) == [one]
        assert found(expression='AND(first._parent.no = "DD1", ANY(lines, order_line.qty > 5))') == [one]
        update_record(tx, forms.get("product"), 1, {"price": 7})
        assert rows_of(tx, forms, one, "delivery")[0]["value"] == 7
        update_record(tx, forms.get("order"), 1, {"lines": [{"id": first, "product": 2}, {"id": second}]})
        assert rows_of(tx, forms, one, "delivery")[0]["value"] == 5


def test_bulk_loads_and_imports_count_and_find_rows_by_their_titles(clean: Begin, forms: Forms) -> None:
    made = forms.get("delivery")
    with clean(ADMINISTRATOR) as tx:
        order, (first, second, _) = start(tx, forms)
        rows = [
            {
                "no": "B1",
                "state": "done",
                "first": first,
                "lines": [{"order_line": first, "qty": 2}, {"order_line": second}],
            },
            {"no": "B2", "state": "done", "lines": [{"order_line": first, "qty": 1}]},
        ]
        written = bulk_write(tx, made, rows)
        assert [found[:2] for found in figures(tx, forms, order)] == [(3, 7), (4, 0), (0, 1)]
        assert get_record(tx, forms.get("order"), order).values["still_open"] == 8
        undo_chunk(tx, made, written.ledger_id)
        assert [found[:2] for found in figures(tx, forms, order)] == [(0, 10), (0, 4), (0, 1)]
        plan = ImportPlan(tuple(Target(path, place) for place, path in enumerate(PATHS)))
        cells = [
            ["I1", "done", "DD1 · 2 · 墨盒", "dd1 · 1 · 打印机", "2"],
            ["I2", "done", None, "DD1#2", "3"],
            ["I3", "done", None, f"#{second}", "1"],
            ["I4", "done", None, "DD1 · 2 · 打印机", "1"],
            ["I5", "done", None, "DD1 · 9", "1"],
        ]
        importer = Importer(made, plan)
        outcomes = importer.chunk(tx, list(entries_of(plan, enumerate(cells, start=2))))
        assert [bool(one.problems) for one in outcomes] == [False, False, False, True, True]
        assert figures(tx, forms, order) == [(2, 8, 1), (4, 0, 2), (0, 1, 0)]
        with pytest.raises(Rejected, match="There is no record"):
            create_record(tx, made, {"lines": [{"order_line": 999}]})


def test_a_row_is_seen_as_far_as_its_record_and_its_columns_as_there(clean: Begin) -> None:
    orders = group("own", "order", [{"scope": "own"}], fields={"*": "edit", "lines.product": "hidden"})
    made = shipping.compiled(
        orders, *(group(f"all_{key}", key, [{"scope": "all"}]) for key in ("delivery", "customer", "product"))
    )
    with clean(ADMINISTRATOR) as tx:
        _, (first, _, _) = start(tx, made)
        one = delivery(tx, made, (first, 3), first=first)
    with clean(LIN_YUE) as tx:
        mine = create_record(tx, made.get("order"), {"no": "DD7", "lines": [{"qty": 6}]}).id
        (seven,) = (row["id"] for row in rows_of(tx, made, mine))
        assert [each.title for each in options_of(tx, made.get("delivery"), "lines.order_line")] == ["DD7 · 1"]
        assert options_of(tx, made.get("delivery"), "lines.order_line", "墨盒") == ()
        found = get_record(tx, made.get("delivery"), one).values
        assert (found["first"].title, found["first"].record, found["asked"]) == ("—", None, None)
        assert found["lines"][0]["buyer"] is None and found["lines"][0]["city"] is None
        with pytest.raises(Rejected, match="There is no record"):
            delivery(tx, made, (first, 1))
        delivery(tx, made, (seven, 5))
        assert figures(tx, made, mine) == [(5, 1, 1)]
        asked = Query(("no",), {"field": "lines.order_line.qty", "op": "gt", "value": 0})
        assert len(list_records(tx, made.get("delivery"), asked).rows) == 1
        asked = Query(("no",), {"field": "lines.order_line.product", "op": "filled"})
        assert len(list_records(tx, made.get("delivery"), asked).rows) == 0


def test_circles_and_wrong_targets_are_refused_by_name() -> None:
    def codes(*documents: Any) -> list[tuple[str, str]]:
        found = collect("ship", documents).problems.values()
        return [(one.code, one.path) for problems in found for one in problems]

    sub = shipping.lines(field("it", "relation", {"form": "b", "rows": "none"}))
    assert codes(form("a", sub), form("b", field("x", "text"))) == [
        ("relation.no_rows", "fields.lines.fields.it.options.rows")
    ]
    of = {"form": "b", "rows": "lines", "field": "elsewhere"}
    wrong = shipping.lines(field("q", "number"), shipping.rollup("r", of, "count"))
    there = form("b", shipping.lines(field("elsewhere", "relation", {"form": "b"})))
    assert codes(form("a", wrong), there) == [("rollup.points_elsewhere", "fields.lines.fields.r.options.of.field")]
    mine = shipping.rollup("r", {"form": "b", "rows": "lines", "field": "up"}, "sum", "s")
    theirs = [field("up", "relation", {"form": "a", "rows": "lines"}), formula("s", "up.r", "number", store="always")]
    circle = codes(form("a", shipping.lines(mine)), form("b", shipping.lines(*theirs)))
    assert {code for code, _ in circle} == {"formula.cycle"}


def test_figures_of_rows_explain_themselves_and_are_events_of_their_record(clean: Begin, forms: Forms) -> None:
    with clean(ADMINISTRATOR) as tx:
        order, (first, _, _) = start(tx, forms)
        before = get_record(tx, forms.get("order"), order).version
        events = len(tx.events)
        made = delivery(tx, forms, (first, 3), (None, 1))
        assert get_record(tx, forms.get("order"), order).version == before + 1
        told = [tx.connection.execute(select(EVENT).where(EVENT.c.id == one)).one() for one in tx.events[events:]]
        assert [(one.form, one.record_id) for one in told] == [("delivery", made), ("order", order)]
        assert told[1].payload["old"]["lines"][0]["delivered"] == "0"
        assert told[1].payload["new"]["lines"][0]["delivered"] == "3"
        assert told[1].payload["new"]["still_open"] == "12"
        found = why(tx, forms.get("order"), order, "lines.delivered", first)
        assert (found.kind, found.rows, found.filter) == ("rollup", 1, shipping.DONE)
        assert [(one.form, one.id, one.title, one.text) for one in found.named] == [
            ("delivery", made, "D · 1 · DD1 · 1 · 打印机", "3")
        ]
        row = rows_of(tx, forms, made, "delivery")[0]["id"]
        found = why(tx, forms.get("delivery"), made, "lines.value", row)
        assert {(one.form, one.text) for one in found.used} >= {("product", "3.00")}
        found = why(tx, forms.get("delivery"), made, "lines.buyer", row)
        assert [(one.form, one.text) for one in found.used] == [("customer", "远山科技")]


def test_a_change_that_many_deliveries_read_is_left_to_a_job(clean: Begin, forms: Forms) -> None:
    with clean(ADMINISTRATOR) as tx:
        order, (first, _, _) = start(tx, forms)
        rows = [{"no": f"{n}", "state": "done", "lines": [{"order_line": first, "qty": 1}]} for n in range(210)]
        bulk_write(tx, forms.get("delivery"), rows)
        assert figures(tx, forms, order)[0] == (210, -200, 210)
        assert tx.connection.execute(select(RECOMPUTE.c.id)).all() == []  # nothing reads what was delivered there
        update_record(tx, forms.get("product"), 1, {"price": 9})
        late = tx.connection.execute(select(RECOMPUTE.c.id, RECOMPUTE.c.form, RECOMPUTE.c.path)).all()
        assert [(one.form, one.path) for one in late] == [("delivery", "lines.value")]
        while not recompute_chunk(tx, forms, late[0].id, size=100).finished:
            pass
        assert {row["value"] for one in (1, 210) for row in rows_of(tx, forms, one, "delivery")} == {9}


def test_relations_to_rows_come_and_go_by_publishing() -> None:
    """The planner adds a column with a key to the rows, and says what goes to the trash when they lead elsewhere."""
    old = compile_forms(
        "ship", [form("order", shipping.lines(field("q", "number"))), form("delivery", field("no", "text"))]
    )
    relation = field("line", "relation", {"form": "order", "rows": "lines"})
    counted = shipping.rollup("times", {"form": "delivery", "field": "line"}, "count")
    new = compile_forms(
        "ship",
        [form("order", shipping.lines(field("q", "number"), counted)), form("delivery", field("no", "text"), relation)],
        revision=2,
    )
    steps = [step.sql for step in plan_tables(old, new)]
    assert any("ADD COLUMN IF NOT EXISTS line BIGINT" in sql for sql in steps)
    assert any("REFERENCES ship__order__lines (id) ON DELETE RESTRICT" in sql for sql in steps)
    assert any(step.fill == "order.lines.times" or "times" in step.sql for step in plan_tables(old, new))
    other = compile_forms(
        "ship",
        [
            form("order", shipping.lines(field("q", "number"))),
            form("delivery", field("no", "text"), field("line", "relation", {"form": "order"})),
        ],
        revision=3,
    )
    codes = [step.code for step in plan_tables(new, other) if step.destructive]
    assert codes == ["ddl.trash_column"] or "ddl.trash_column" in codes


def test_a_form_counts_rows_that_point_at_it_and_programs_get_rows_by_id_and_title(clean: Begin, forms: Forms) -> None:
    with clean(ADMINISTRATOR) as tx:
        order, (first, second, _) = start(tx, forms)

        def ordered() -> list[Any]:
            return [get_record(tx, forms.get("product"), one).values["ordered"] for one in (1, 2)]

        assert ordered() == [11, 4]
        update_record(tx, forms.get("order"), order, {"lines": [{"id": first, "product": 2}, {"id": second}]})
        assert ordered() == [0, 14]
        delete_record(tx, forms.get("order"), order)
        assert ordered() == [0, 0]
        restore_record(tx, forms.get("order"), order)
        made = delivery(tx, forms, (second, 2), first=first, several=[first])
        told = to_json(forms.get("delivery"), get_record(tx, forms.get("delivery"), made))["values"]
        assert told["first"] == {"id": first, "title": "DD1 · 1 · 墨盒", "record": order}
        assert told["several"] == [told["first"]]
        assert told["lines"][0]["order_line"] == {"id": second, "title": "DD1 · 2 · 墨盒", "record": order}
        sent = {"first": told["first"], "lines": told["lines"]}
        assert not update_record(tx, forms.get("delivery"), made, sent).changed


def test_reports_go_through_rows_to_their_records(clean: Begin) -> None:
    dataset = {
        "kind": "dataset",
        "key": "sent",
        "title": "Sent",
        "form": "delivery",
        "joins": [{"key": "line", "field": "first"}, {"key": "ordered", "field": "line._parent"}],
        "measures": [{"key": "asked", "aggregate": "count", "filter": "first.qty > 5"}],
    }
    question = {
        "kind": "question",
        "key": "by_order",
        "title": "By order",
        "dataset": "sent",
        "visual": "table",
        "measures": ["asked"],
        "dimensions": [{"key": "no", "field": "ordered.no"}],
    }
    made = shipping.compiled(dataset, question)
    assert list(check_reports(made)) == []
    with clean(ADMINISTRATOR) as tx:
        _, (first, second, _) = start(tx, made)
        for line in (first, second, None):
            delivery(tx, made, first=line)
        rows = run(tx, reports_of(made).question("by_order")).rows
        assert sorted((row.groups[0].label, row.values[0]) for row in rows if row.values[0]) == [("DD1", 1)]


def test_sample_data_of_packs_names_rows_by_record_and_number(clean: Begin, forms: Forms) -> None:
    with clean(ADMINISTRATOR) as tx:
        _, (_, second, _) = start(tx, forms)
        names, one = Names(tx, forms), forms.get("delivery").at("lines.order_line")
        assert names.value(one, "DD1#2", "it") == second
        with pytest.raises(Rejected, match="no row"):
            names.value(one, "DD1#7", "it")
