"""Records from the rows of a file: cells, keys, relations among rows, lines, lenient rows, trials and undo."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import event, func, select

from engines.form.fields.base import Link
from engines.form.form import Form, Forms
from engines.form.importing import Importer, ImportPlan, Outcome, Target, check_plan, entries_of, together, undo_records
from engines.form.importing.cells import Column
from engines.form.importing.guess import Sample, guess_targets
from engines.form.importing.plan import importable
from engines.form.importing.undo import touched_records
from engines.form.query import get_record
from engines.form.records import create_record, update_record
from engines.form.system import CHANGE, SERIAL
from engines.form.transaction import Actor, Transaction
from engines.kernel.problems import Forbidden
from tests.conftest import Begin
from tests.form import company
from tests.form.build import field, form
from tests.form.build import forms as build_forms

ADMIN = company.ADMINISTRATOR


def plan(*targets: Target, **more: Any) -> ImportPlan:
    return ImportPlan(targets, **more)


def columns(*paths: str, **more: Any) -> ImportPlan:
    """The columns of a file in their order."""
    return plan(*(Target(path, place) for place, path in enumerate(paths)), **more)


def apply(
    tx: Transaction, form: Form, made: ImportPlan, rows: Sequence[Sequence[Any]], *, trial: bool = False
) -> list[Outcome]:
    """Everything as the host does it, in one chunk."""
    importer = Importer(form, made, trial=trial)
    importer.promise(rows)
    outcomes = importer.chunk(tx, list(entries_of(made, enumerate(rows, start=2))))
    waiting = [(one.record_id, one.later) for one in outcomes if one.later and one.record_id]
    assert importer.finish(tx, waiting) == [] or trial
    return outcomes


def results(outcomes: Sequence[Outcome]) -> list[str]:
    return [one.result for one in outcomes]


def codes(outcome: Outcome) -> list[str]:
    return [one.code for one in outcome.problems]


def count(tx: Transaction, form: Form) -> int:
    table = form.table
    return tx.connection.scalar(select(func.count()).select_from(table).where(table.c["_deleted_at"].is_(None))) or 0


@pytest.mark.parametrize("kind", ["attachment", "image", "signature"])
def test_files_are_named_by_a_cell_as_an_export_wrote_them(clean: Begin, kind: str) -> None:
    car = build_forms(form("car", field("papers", kind))).get("car")
    file = ({"id": "7", "name": "a (1).png"},)
    with clean(ADMIN, "import") as tx:
        assert "papers" in importable(tx, car)
        column = Column(tx, car, Target("papers", 0))
        read = column.cell([column.field.type.export_cell(file, column.field, column.context)])
    assert [one["id"] for one in read.value] == ["7"]


@pytest.mark.parametrize("written", ["2025", "2025年", 2025.0])
def test_a_year_alone_needs_no_order(clean: Begin, written: Any) -> None:
    car = build_forms(form("car", field("built", "date", {"precision": "year"}))).get("car")
    with clean(ADMIN, "import") as tx:
        read = Column(tx, car, Target("built", 0, order="mdy")).cell([written])
    assert (read.value, read.problems) == (date(2025, 1, 1), ())


def test_cells_become_values_of_every_kind(clean: Begin, forms: Forms) -> None:
    form = forms.get("customer")
    made = plan(
        Target("name", 0),
        Target("grade", 1, values={"Best": "A"}),
        Target("credit", 2),
        Target("since", 3, order="mdy"),
        Target("tags", 4),
        Target("helpers", 5),
        Target("remark", None, empty="from a file"),
        Target("phone", 6, empty="021-5551234"),
    )
    with clean(ADMIN, "import") as tx:
        outcomes = apply(
            tx, form, made, [[" 甲公司 ", "Best", "1,234.50", "9/1/2017", "新；大", "林悦、Ana Sol", None]]
        )
        assert results(outcomes) == ["created"], outcomes[0].problems
        values = get_record(tx, form, outcomes[0].record_id or 0).values
    assert values["name"] == "甲公司" and values["grade"] == "A" and values["credit"] == Decimal("1234.5")
    assert values["since"].isoformat() == "2017-09-01" and values["tags"] == ("新", "大")
    assert [one.title for one in values["helpers"]] == ["林悦", "Ana Sol"]
    assert values["remark"] == "from a file" and values["phone"] == "021-5551234"


def test_every_problem_of_a_row_is_told_by_its_field_and_nothing_of_it_is_written(clean: Begin, forms: Forms) -> None:
    form = forms.get("customer")
    made = columns("name", "grade", "credit", "since", "parent")
    with clean(ADMIN, "import") as tx:
        outcomes = apply(tx, form, made, [["", "Z", "many", "31/31/2020", "Nobody"], ["Fine", None, 5, None, None]])
        assert count(tx, form) == 1
    assert results(outcomes) == ["refused", "created"]
    found = {(one.path, one.code) for one in outcomes[0].problems}
    assert found == {
        ("name", "record.required"),
        ("grade", "choice.unknown"),
        ("credit", "number.not_a_number"),
        ("since", "date.not_a_date"),
        ("parent", "relation.not_found"),
    }


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_rows_may_name_records_that_come_later_in_the_file(clean: Begin, forms: Forms, order: tuple[int, ...]) -> None:
    form = forms.get("customer")
    rows = [["Child", "Mother"], ["Mother", "Grandmother"], ["Grandmother", ""]]
    with clean(ADMIN, "import") as tx:
        outcomes = apply(tx, form, columns("name", "parent"), [rows[place] for place in order])
        by_name = {
            record.values["name"]: record.values["parent"]
            for record in (get_record(tx, form, one.record_id or 0) for one in outcomes)
        }
    assert by_name["Child"].title == "Mother" and by_name["Mother"].title == "Grandmother"
    assert by_name["Grandmother"] is None


def test_two_rows_may_name_each_other(clean: Begin, forms: Forms) -> None:
    form = forms.get("customer")
    with clean(ADMIN, "import") as tx:
        outcomes = apply(tx, form, columns("name", "parent"), [["A", "B"], ["B", "A"], ["C", "C"]])
        parents = [get_record(tx, form, one.record_id or 0).values["parent"].title for one in outcomes]
    assert parents == ["B", "A", "C"]


def test_a_name_that_two_records_bear_is_refused(clean: Begin, forms: Forms) -> None:
    form = forms.get("note")
    quote = forms.get("quote")
    with clean(ADMIN, "import") as tx:
        customer = create_record(tx, forms.get("customer"), {"name": "甲", "remark": "x"}).id
        create_record(tx, forms.get("customer"), {"name": "乙", "remark": "x"})
        assert create_record(tx, quote, {"customer": customer}).id
        made = plan(Target("text", 0), Target("customer", 1, by="remark"))
        outcomes = apply(tx, form, made, [["hello", "x"]])
    assert codes(outcomes[0]) == ["import.ambiguous"]


def test_records_are_found_by_their_key_and_only_what_differs_is_written(clean: Begin, forms: Forms) -> None:
    form = forms.get("customer")
    with clean(ADMIN, "import") as tx:
        apply(tx, form, columns("name", "credit", "remark"), [["甲", 1, "keep"], ["乙", 2, "keep"]])
    made = columns("name", "credit", "remark", mode="both", keys=("name",))
    with clean(ADMIN, "import") as tx:
        outcomes = apply(tx, form, made, [["甲", 10, ""], ["乙", 2, ""], ["丙", 3, ""], ["甲", 4, ""], ["", 5, ""]])
        first = get_record(tx, form, outcomes[0].record_id or 0)
    assert results(outcomes) == ["updated", "unchanged", "created", "refused", "refused"]
    assert codes(outcomes[3]) == ["import.key_twice"] and codes(outcomes[4]) == ["import.key_blank"]
    assert first.values["credit"] == 10 and first.values["remark"] == "keep", "empty cells keep what is there"


def test_only_new_and_only_update_refuse_the_others(clean: Begin, forms: Forms) -> None:
    form = forms.get("customer")
    with clean(ADMIN, "import") as tx:
        apply(tx, form, columns("name"), [["甲"]])
        new = apply(tx, form, columns("name", "credit", keys=("name",)), [["甲", 1], ["乙", 1]])
        old = apply(tx, form, columns("name", "credit", mode="update", keys=("name",)), [["甲", 1], ["丙", 1]])
    assert [codes(one) for one in new] == [["import.exists"], []]
    assert [codes(one) for one in old] == [[], ["import.not_there"]]


def test_empty_cells_empty_fields_where_that_is_asked(clean: Begin, forms: Forms) -> None:
    form = forms.get("customer")
    with clean(ADMIN, "import") as tx:
        made = apply(tx, form, columns("name", "remark"), [["甲", "old"]])
        again = columns("name", "remark", mode="update", keys=("name",), blanks="clear")
        assert results(apply(tx, form, again, [["甲", None]])) == ["updated"]
        assert get_record(tx, form, made[0].record_id or 0).values["remark"] is None


def test_rows_below_bring_more_lines_to_the_record_above(clean: Begin, forms: Forms) -> None:
    form = forms.get("quote")
    made = columns("no", "customer", "lines.product", "lines.qty", "lines.price")
    rows = [
        ["Q1", "甲", "GTX", 1, 100],
        ["", "", "MG", 2, 50],
        ["Q2", "甲", "GTX", 3, 100],
        ["Q2", "甲", "MG", None, 50],
        ["Q3", "甲", None, None, None],
    ]
    with clean(ADMIN, "import") as tx:
        create_record(tx, forms.get("customer"), {"name": "甲"})
        for name in ("GTX", "MG"):
            create_record(tx, forms.get("product"), {"name": name})
        outcomes = apply(tx, form, made, rows)
        records = [get_record(tx, form, one.record_id or 0).values for one in outcomes]
    assert [one["no"] for one in records] == ["Q1", "Q2", "Q3"]
    assert [one["total"] for one in records][:2] == [200, 350]
    assert [len(one["lines"] or ()) for one in records] == [2, 2, 0]
    assert records[1]["lines"][1]["qty"] == 1, "the default of a line stands in"


def test_rows_that_lack_required_values_are_taken_where_that_is_asked_and_listed(clean: Begin, forms: Forms) -> None:
    form = forms.get("quote")
    with clean(ADMIN, "import") as tx:
        strict = apply(tx, form, columns("no", "customer"), [["Q1", ""]])
        lenient = apply(tx, form, columns("no", "customer", incomplete=True), [["Q1", ""]])
    assert codes(strict[0]) == ["record.required"]
    assert lenient[0].result == "created" and lenient[0].missing == ("customer",)


def test_given_numbers_are_kept_and_the_counter_goes_on_behind_them(clean: Begin, forms: Forms) -> None:
    form = forms.get("quote")
    with clean(ADMIN, "import") as tx:
        customer = create_record(tx, forms.get("customer"), {"name": "甲"}).id
        today = f"{company.day(tx):%Y%m}"
        outcomes = apply(
            tx, form, columns("no", "customer"), [["1C1I7A6R", "甲"], [f"BJ{today}0007", "甲"], ["", "甲"]]
        )
        numbers = [get_record(tx, form, one.record_id or 0).values["no"] for one in outcomes]
        assert numbers[:2] == ["1C1I7A6R", f"BJ{today}0007"]
        following = create_record(tx, form, {"customer": customer}).values["no"]
    assert int(following[-4:]) > 7 and len({*numbers, following}) == 4


def test_the_owner_and_the_time_of_creation_may_come_from_the_file(clean: Begin, forms: Forms) -> None:
    form = forms.get("customer")
    made = plan(Target("name", 0), Target("_owner", 1), Target("_created_at", 2, order="mdy"))
    with clean(ADMIN, "import") as tx:
        outcomes = apply(tx, form, made, [["甲", "林悦", "10/20/2016"], ["乙", "", ""]])
        first, second = (get_record(tx, form, one.record_id or 0) for one in outcomes)
        now = tx.now
        logged = tx.connection.scalars(select(CHANGE.c.at)).all()
    assert first.meta.owner == Link(company.LIN, "林悦")
    assert first.meta.created_at == datetime(2016, 10, 19, 16, tzinfo=UTC), "midnight in Shanghai"
    assert second.meta.owner == Link(company.ADMIN, "Admin") and second.meta.created_at == now
    assert set(logged) == {now}, "the log tells when it was really written"


def test_only_administrators_may_say_when_a_record_was_made(clean: Begin, forms: Forms) -> None:
    grouped = company.compiled(
        company.group("all", "customer", [{"scope": "all"}], operations=["read", "create", "import"])
    )
    made = plan(Target("name", 0), Target("_created_at", 1))
    with clean(company.LIN_YUE, "import") as tx:
        assert [one.code for one in check_plan(tx, grouped.get("customer"), made, 2)] == ["import.field"]


def test_who_may_not_import_is_turned_away(clean: Begin, forms: Forms) -> None:
    grouped = company.compiled(company.group("all", "customer", [{"scope": "all"}]))
    with pytest.raises(Forbidden), clean(company.LIN_YUE, "import") as tx:
        Importer(grouped.get("customer"), columns("name")).chunk(tx, [])


def test_rows_out_of_reach_are_refused_each_for_itself(clean: Begin, forms: Forms) -> None:
    group = company.group("own", "customer", [{"scope": "own"}], operations=["read", "create", "update", "import"])
    form = company.compiled(group).get("customer")
    with clean(company.LIN_YUE, "import") as tx:
        outcomes = apply(tx, form, columns("name", "_owner"), [["甲", "林悦"], ["乙", "韦一"]])
        assert count(tx, form) == 1
    assert results(outcomes) == ["created", "refused"]


def test_a_trial_finds_what_a_run_would_find_and_leaves_nothing_behind(clean: Begin, forms: Forms) -> None:
    form = forms.get("quote")
    with clean(ADMIN, "import") as tx:
        create_record(tx, forms.get("customer"), {"name": "甲"})
        create_record(tx, form, {"customer": 1, "no": "Q0"})
        log, counters = (tx.connection.execute(select(table)).all() for table in (CHANGE, SERIAL))
        rows = [["Q1", "甲", 0.1], ["Q1", "甲", 0], ["Q0", "甲", 0], ["", "乙", 0], ["", "甲", 5]]
        trial = apply(tx, form, columns("no", "customer", "discount"), rows, trial=True)
        assert [tx.connection.execute(select(table)).all() for table in (CHANGE, SERIAL)] == [log, counters]
        run = apply(tx, form, columns("no", "customer", "discount"), rows)
    assert results(trial) == results(run) == ["created", "refused", "refused", "refused", "refused"]
    assert [codes(one) for one in trial][1:] == [
        ["import.twice"], ["record.not_unique"], ["relation.not_found"], ["number.too_large"],
    ]  # fmt: skip


def test_texts_that_are_to_become_choices_are_no_problem_in_a_trial(clean: Begin, forms: Forms) -> None:
    form = forms.get("customer")
    made = plan(Target("name", 0), Target("grade", 1, create_choices=True))
    with clean(ADMIN, "import") as tx:
        outcomes = apply(tx, form, made, [["甲", "Platinum"]], trial=True)
    assert outcomes[0].result == "created" and outcomes[0].choices == {"grade": "Platinum"}


def test_an_import_is_taken_back_but_for_what_others_changed_since(clean: Begin, forms: Forms) -> None:
    form = forms.get("customer")
    with clean(ADMIN, "import") as tx:
        old = create_record(tx, form, {"name": "Old", "credit": 1, "since": "2020-01-01", "team": [{"person": 1}]}).id
    made = columns("name", "credit", "team.person", "parent", mode="both", keys=("name",))
    rows = [["Old", 5, "Ana Sol", ""], ["A", 1, "", "B"], ["B", 1, "", ""], ["C", 1, "", ""]]
    with clean(ADMIN, "import") as tx:
        tx.cause = "ledger:7"
        outcomes = apply(tx, form, made, rows)
    assert results(outcomes) == ["updated", "created", "created", "created"]
    with clean(ADMIN) as tx:
        update_record(tx, form, outcomes[3].record_id or 0, {"credit": 9})
    with clean(ADMIN, "undo") as tx:
        undone = undo_records(tx, form, "ledger:7", touched_records(tx, form, "ledger:7"))
        before = get_record(tx, form, old).values
        assert count(tx, form) == 2
    assert [(one.title, one.problem.code) for one in undone if one.problem] == [("C", "import.changed_since")]
    assert before["credit"] == 1 and [row["person"].id for row in before["team"]] == [company.LIN]


def test_a_plan_is_checked_before_a_row_is_read(clean: Begin, forms: Forms) -> None:
    form = forms.get("quote")
    with clean(ADMIN, "import") as tx:
        found = check_plan(tx, form, plan(Target("no", 9), Target("nope", 0), mode="update", keys=("net",)), 2)
        missing = check_plan(tx, form, columns("no"), 1)
        fine = check_plan(tx, form, columns("no", "customer"), 2)
    assert [one.code for one in found] == ["import.no_column", "import.field", "import.key"]
    assert [(one.code, one.path) for one in missing] == [("import.required", "customer")] and fine == []


def test_columns_are_guessed_by_their_heads_and_by_what_they_hold(clean: Begin, forms: Forms) -> None:
    with clean(ADMIN, "import") as tx:
        create_record(tx, forms.get("customer"), {"name": "Cancity"})
        samples = [
            Sample("opportunity_id", ["X1"]),
            Sample("account", ["Cancity"]),
            Sample("deal_stage", ["草稿", "Sent"]),
            Sample("sales_agent", ["林悦", "Ana Sol"]),
            Sample("Day", ["10/20/2016", "3/1/2017"]),
            Sample("", []),
        ]
        found = {one.column: one for one in guess_targets(tx, forms.get("quote"), samples)}
    assert {column: one.field for column, one in found.items()} == {1: "customer", 2: "state", 3: "_owner", 4: "day"}
    assert found[4].order == "mdy"


def test_a_column_that_bears_the_name_of_a_computed_field_fills_no_other(clean: Begin) -> None:
    net = field("net_amount", "formula", {"expression": "amount", "result": "money"})
    chief = field(
        "chief", "formula", {"expression": '"x"', "result": "text"}, label={"en": "Chief", "zh-CN": "客户负责人"}
    )
    deal = build_forms(form("deal", field("amount", "money"), net, chief)).get("deal")
    with clean(ADMIN, "import") as tx:
        found = guess_targets(tx, deal, [Sample("Net_Amount", ["5"]), Sample("客户负责人", ["林悦"])])
        free = guess_targets(tx, deal, [Sample("Gross amount", ["5"]), Sample("负责人", ["林悦"])])
    assert found == [] and [one.field for one in free] == ["amount", "_owner"]


def test_a_plan_comes_back_from_its_ledger() -> None:
    made = plan(Target("name", 0, values={"a": "b"}), Target("since", None, order="dmy"), keys=("name",), mode="both")
    assert ImportPlan.of(made.stored()) == made


def test_the_person_of_an_import_stays_in_the_log_of_its_undo(clean: Begin, forms: Forms) -> None:
    form = forms.get("customer")
    with clean(ADMIN, "import") as tx:
        tx.cause = "ledger:1"
        apply(tx, form, columns("name"), [["甲"]])
    who: Actor = replace(company.HEAD, is_admin=True)
    with clean(who, "undo") as tx:
        undo_records(tx, form, "ledger:1", touched_records(tx, form, "ledger:1"))
        last = tx.connection.execute(select(CHANGE.c.actor, CHANGE.c.kind).order_by(CHANGE.c.id.desc())).first()
    assert last == (company.BOSS, "deleted")


def test_new_records_are_made_together_however_many(clean: Begin, forms: Forms) -> None:
    form = forms.get("quote")
    made = columns("no", "customer", "lines.product", "lines.qty")
    with clean(ADMIN, "import") as tx:
        for number in range(3):
            create_record(tx, forms.get("customer"), {"name": f"C{number}"})
            create_record(tx, forms.get("product"), {"name": f"P{number}"})
    asked: list[int] = []
    for size in (4, 60):
        with clean(ADMIN, "import") as tx:
            rows = [[f"Q{size}-{number}", f"C{number % 3}", f"P{number % 3}", number + 1] for number in range(size)]
            counted: list[str] = []

            def note(*given: Any, counted: list[str] = counted) -> None:
                counted.append(given[2])

            event.listen(tx.connection, "before_cursor_execute", note)
            outcomes = apply(tx, form, made, rows)
            event.remove(tx.connection, "before_cursor_execute", note)
            assert results(outcomes) == ["created"] * size
            asked.append(len(counted))
    assert asked[0] == asked[1], "as many statements for 60 records as for 4"


def test_what_is_taken_at_the_last_moment_refuses_its_row_alone(
    clean: Begin, forms: Forms, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = forms.get("customer")
    with clean(ADMIN, "import") as tx:
        create_record(tx, form, {"name": "甲"})
        monkeypatch.setattr(together, "_there", lambda *given: set())
        outcomes = apply(tx, form, columns("name"), [["乙"], ["甲"], ["丙"]])
        assert count(tx, form) == 3
    assert results(outcomes) == ["created", "refused", "created"]
    assert codes(outcomes[1]) == ["record.not_unique"]


def test_an_imported_record_is_stored_like_a_typed_one(clean: Begin, forms: Forms) -> None:
    form = forms.get("customer")
    heads = ("name", "grade", "phone", "credit", "since", "tags", "helpers", "remark", "team.person", "team.ends")
    values = {
        "name": "甲公司",
        "grade": "A",
        "phone": "021-5551234",
        "credit": "5.50",
        "since": "2020-01-02",
        "tags": ["新", "大"],
        "helpers": [company.LIN, company.ANA],
        "remark": "a\tb\n\\c",
        "team": [{"person": company.LIN, "ends": "2021-01-01"}],
    }
    row = ["甲公司", "A", "021-5551234", 5.5, "2020-01-02", "新;大", "林悦;Ana Sol", "a\tb\n\\c", "林悦", "2021-01-01"]
    stored: list[Any] = []
    for typed in (True, False):
        with clean(ADMIN, "import") as tx:
            point = tx.connection.begin_nested()
            if typed:
                found = create_record(tx, form, values).id
            else:
                outcome = apply(tx, form, columns(*heads), [row])[0]
                found = outcome.record_id or 0
                assert outcome.result == "created", outcome.problems
            table, team = form.table, form.subforms["team"].table
            kept = [one for one in table.c if one.name not in ("id", "_created_at", "_updated_at")]
            lines = [one for one in team.c if one.name not in ("id", "_parent")]
            read = get_record(tx, form, found).values
            stored.append(
                (
                    dict(tx.connection.execute(select(*kept).where(table.c.id == found)).mappings().one()),
                    [dict(one) for one in tx.connection.execute(select(*lines)).mappings()],
                    read["helpers"],
                )
            )
            point.rollback()
    assert stored[0] == stored[1]
