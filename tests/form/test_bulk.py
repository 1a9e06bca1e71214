"""Bulk writes: the same rules as a single write, all problems by row and column, chunks, resuming, undo."""

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import event, func, select

from engines.form.bulk import (
    BulkPlan,
    apply_chunk,
    begin_bulk,
    bulk_write,
    fill_search,
    get_ledger,
    refused_rows,
    stage_rows,
    staged_rows,
    undo_chunk,
)
from engines.form.form import Form, Forms
from engines.form.query import Query, get_record, list_records
from engines.form.records import create_record, update_record
from engines.form.system import CHANGE, EVENT, LEDGER_CHUNK, STAGING
from engines.form.transaction import Transaction
from engines.kernel.problems import Forbidden, ProblemError, Rejected
from tests.conftest import Begin
from tests.form.company import ADMINISTRATOR, LIN, LIN_YUE, SHANGHAI, WEI, compiled, group


def count(tx: Transaction, form: Form) -> int:
    table = form.table
    return tx.connection.execute(select(func.count()).where(table.c._deleted_at.is_(None))).scalar_one()


def run(tx: Transaction, form: Form, ledger_id: int) -> None:
    while not apply_chunk(tx, form, ledger_id).finished:
        pass


def test_rows_are_created_with_defaults_sort_keys_search_and_log(clean: Begin, forms: Forms):
    form = forms.get("customer")
    with clean(ADMINISTRATOR) as tx:
        made = bulk_write(tx, form, [{"name": f"远山 {n}", "credit": n} for n in range(20)])
        assert len(made.created) == 20
        record = get_record(tx, form, made.created[7])
        assert (record.values["name"], record.values["credit"], record.values["grade"]) == ("远山 7", Decimal(7), "C")
        assert record.meta.owner is not None and record.meta.owner.id == ADMINISTRATOR.id
        assert [one.id for one in list_records(tx, form, Query(search="山 7")).rows] == [
            made.created[17],
            made.created[7],
        ]
        log = tx.connection.execute(select(CHANGE.c.kind, CHANGE.c.version).where(CHANGE.c.cause.is_not(None))).all()
        assert len(log) == 20 and set(log) == {("created", 1)}
        events = tx.connection.execute(select(EVENT.c.type, EVENT.c.payload)).all()
    assert [one.type for one in events] == ["records.imported"] and events[0].payload["created"] == 20


def test_bulk_and_single_writes_store_the_same(clean: Begin, forms: Forms):
    rows: list[dict[str, Any]] = [
        {"customer": 1, "discount": "5%", "lines": [{"qty": 2, "price": "9.99"}, {"price": 3}], "state": "已发"},
        {"customer": 1, "lines": [], "day": "2026-02-03"},
    ]
    quote = forms.get("quote")
    with clean(ADMINISTRATOR) as tx:
        create_record(tx, forms.get("customer"), {"name": "a", "grade": "A"})
        singly = [create_record(tx, quote, {k: v for k, v in row.items() if v is not None}).id for row in rows]
        together = bulk_write(tx, quote, rows).created

        def shape(record_id: int) -> dict[str, Any]:
            values = dict(get_record(tx, quote, record_id).values)
            values.pop("no")
            values["lines"] = [{k: v for k, v in line.items() if k != "id"} for line in values["lines"] or ()]
            return values

        assert [shape(one) for one in singly] == [shape(one) for one in together]
        numbers = [get_record(tx, quote, one).values["no"][-4:] for one in (*singly, *together)]
    assert numbers == ["0001", "0002", "0003", "0004"]


def test_every_problem_is_told_by_row_and_column_and_nothing_is_written(clean: Begin, forms: Forms):
    form = forms.get("customer")
    with clean(ADMINISTRATOR) as tx:
        create_record(tx, form, {"name": "taken"})
        rows = [
            {"name": "a", "credit": "x", "since": "2026-13-01"},
            {"name": None},
            {"name": "Taken"},
            {"name": "twice"},
            {"name": "ＴＷＩＣＥ"},
            {"name": "b", "grade": "Z"},
            {"name": "c", "parent": 99},
            {"name": "fine"},
        ]
        with pytest.raises(Rejected) as caught:
            bulk_write(tx, form, rows)
        assert count(tx, form) == 1
    assert sorted((problem.path, problem.code) for problem in caught.value.problems) == [
        ("rows[0].credit", "number.not_a_number"),
        ("rows[0].since", "date.not_a_date"),
        ("rows[1].name", "record.required"),
        ("rows[2].name", "record.not_unique"),
        ("rows[4].name", "bulk.twice"),
        ("rows[5].grade", "choice.unknown"),
        ("rows[6].parent", "relation.not_found"),
    ]


def test_rules_and_formulas_judge_rows_as_in_a_single_write(clean: Begin, forms: Forms):
    with clean(ADMINISTRATOR) as tx:
        create_record(tx, forms.get("customer"), {"name": "a", "grade": "B"})
        rows = [{"customer": 1, "lines": [{"qty": 1, "price": price}]} for price in (10, 100001)]
        with pytest.raises(Rejected) as caught:
            bulk_write(tx, forms.get("quote"), rows)
        made = bulk_write(tx, forms.get("quote"), rows[:1])
        assert get_record(tx, forms.get("quote"), made.created[0]).values["net"] == 10
    assert [(one.path, one.code) for one in caught.value.problems] == [("rows[1].net", "record.rule")]


def test_rows_that_read_other_records_ask_once_for_all_of_them(clean: Begin, forms: Forms):
    with clean(ADMINISTRATOR) as tx:
        customers = [create_record(tx, forms.get("customer"), {"name": f"c{number}"}).id for number in range(50)]
        products = [create_record(tx, forms.get("product"), {"name": f"p{number}"}).id for number in range(50)]
    counts: list[int] = []
    for size in (3, 50):
        with clean(ADMINISTRATOR) as tx:
            asked: list[str] = []

            def note(*given: Any, asked: list[str] = asked) -> None:
                asked.append(given[2])

            event.listen(tx.connection, "before_cursor_execute", note)
            pairs = list(zip(customers, products, strict=True))[:size]
            rows = [{"customer": one, "lines": [{"product": other, "price": 1}]} for one, other in pairs]
            made = bulk_write(tx, forms.get("quote"), rows)
            event.remove(tx.connection, "before_cursor_execute", note)
            assert len(made.created) == size
            assert get_record(tx, forms.get("quote"), made.created[-1]).values["grade"] == "C"
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_update_or_create_by_key_tells_what_changed(clean: Begin, forms: Forms):
    form = forms.get("customer")
    with clean(ADMINISTRATOR) as tx:
        for name in ("a", "b", "c"):
            create_record(tx, form, {"name": name, "credit": 1, "remark": "keep"})
        rows = [{"name": "a", "credit": 5}, {"name": "b", "credit": 1}, {"name": "new", "credit": 9}]
        done = bulk_write(tx, form, rows, key="name")
        assert (len(done.created), done.updated, done.unchanged) == (1, 1, 1)
        record = get_record(tx, form, 1)
        assert (record.values["credit"], record.values["remark"], record.version) == (5, "keep", 2)
        log = tx.connection.execute(select(CHANGE.c.old).where(CHANGE.c.record_id == 1, CHANGE.c.version == 2))
        assert log.scalar_one() == {"credit": "1"}
        with pytest.raises(Rejected) as caught:
            bulk_write(tx, form, [{"name": "nobody"}, {"name": "a"}, {"name": "A"}], key="name", update=True)
    assert [(one.path, one.code) for one in caught.value.problems] == [
        ("rows[0].name", "bulk.no_match"),
        ("rows[2].name", "bulk.twice"),
    ]


def stage(tx: Transaction, form: Form, plan: BulkPlan, rows: list[list[Any]]) -> int:
    ledger = begin_bulk(tx, form, plan)
    stage_rows(tx, form, ledger, rows, 1)
    return ledger.id


def test_a_file_links_records_and_people_by_what_they_are_called(clean: Begin, forms: Forms):
    note = forms.get("note")
    with clean(ADMINISTRATOR, "import") as tx:
        for name in ("远山科技", "Double"):
            create_record(tx, forms.get("customer"), {"name": name, "phone": "010-11112222"})
        create_record(tx, forms.get("customer"), {"name": "other", "phone": "010-11112222"})
        plan = BulkPlan(("text", "customer"), text=True, kind="import")
        ledger = begin_bulk(tx, note, plan)
        rows = [["one", "远山科技 "], ["two", "ＤＯＵＢＬＥ"], ["three", "nobody"], ["four", ""], ["", "Double"]]
        staged = stage_rows(tx, note, ledger, rows, 1)
        found = [(bad.row, problem.path, problem.code) for bad in staged.bad for problem in bad.problems]
        assert found == [(3, "customer", "relation.not_found"), (5, "text", "record.required")]
        run(tx, note, ledger.id)
        page = list_records(tx, note, Query())
        assert {one.title: getattr(one.values["customer"], "id", None) for one in page.rows} == {
            "one": 1,
            "two": 2,
            "four": None,
        }
        refused = list(refused_rows(tx, note, ledger.id))
        assert [(one.row, one.raw) for one in refused] == [(3, ["three", "nobody"]), (5, ["", "Double"])]
        by_phone = BulkPlan(("text", "customer"), text=True, links={"customer": "phone"})
        staged = stage_rows(tx, note, begin_bulk(tx, note, by_phone), [["x", "010-11112222"]], 1)
        assert [problem.code for problem in staged.bad[0].problems] == ["relation.ambiguous"]
        team = BulkPlan(("name", "helpers", "_owner"), text=True)
        ledger_id = stage(tx, forms.get("customer"), team, [["with help", "林悦、Ana Sol", "韦一"]])
        run(tx, forms.get("customer"), ledger_id)
        record = list_records(tx, forms.get("customer"), Query()).rows[0]
        assert [one.title for one in record.values["helpers"]] == ["林悦", "Ana Sol"]
        assert record.meta.owner is not None and record.meta.owner.id == WEI


def test_an_interrupted_load_goes_on_where_it_stopped(clean: Begin, forms: Forms, monkeypatch: pytest.MonkeyPatch):
    form = forms.get("customer")
    monkeypatch.setattr("engines.form.bulk.stage.CHUNK", 10)
    with clean(ADMINISTRATOR) as tx:
        ledger = begin_bulk(tx, form, BulkPlan(("name",)))
    rows = [[f"n{n}"] for n in range(35)]
    with clean(ADMINISTRATOR) as tx:
        stage_rows(tx, form, ledger, rows[:20], 1)
    with clean(ADMINISTRATOR, keep=False) as tx:
        stage_rows(tx, form, ledger, rows[20:], 21)
    with clean(ADMINISTRATOR) as tx:
        after = staged_rows(tx, ledger.id)
        assert after == 20
        bad = stage_rows(tx, form, ledger, [*rows[after:], ["n3"]], after + 1).bad
        assert [(one.row, one.problems[0].code) for one in bad] == [(36, "bulk.twice")]
    states = []
    for turn in range(9):
        with clean(ADMINISTRATOR, keep=turn % 2 == 0) as tx:  # every second one is lost
            progress = apply_chunk(tx, form, ledger.id)
            states.append((progress.done, progress.finished))
            if progress.finished and turn % 2 == 0:
                break
    with clean(ADMINISTRATOR) as tx:
        assert count(tx, form) == 35
        done = get_ledger(tx, ledger.id)
        assert (done.state, done.created, done.refused, done.total) == ("done", 35, 1, 36)
        assert tx.connection.execute(select(func.count()).select_from(LEDGER_CHUNK)).scalar_one() == 4
        assert tx.connection.execute(select(func.count()).select_from(STAGING)).scalar_one() == 1
        assert apply_chunk(tx, form, ledger.id).finished and count(tx, form) == 35


def test_what_was_taken_between_the_steps_is_refused_alone(clean: Begin, forms: Forms):
    form = forms.get("customer")
    with clean(ADMINISTRATOR) as tx:
        create_record(tx, form, {"name": "old", "credit": 1})
        ledger_id = stage(tx, form, BulkPlan(("name", "credit"), "upsert", "name"), [["x", 1], ["y", 1], ["old", 2]])
    with clean(ADMINISTRATOR) as tx:
        create_record(tx, form, {"name": "X"})
        update_record(tx, form, 1, {"remark": "meanwhile"})
    with clean(ADMINISTRATOR) as tx:
        run(tx, form, ledger_id)
        assert [(one.row, one.problems[0]["code"]) for one in refused_rows(tx, form, ledger_id)] == [
            (1, "record.not_unique")
        ]
        record = get_record(tx, form, 1)
        assert (record.values["credit"], record.values["remark"], record.version) == (2, "meanwhile", 3)
        done = get_ledger(tx, ledger_id)
        assert (done.created, done.updated, done.refused) == (1, 1, 1)


def test_undo_takes_back_what_nobody_touched_and_tells_the_rest(clean: Begin, forms: Forms):
    form = forms.get("customer")
    with clean(ADMINISTRATOR) as tx:
        create_record(tx, form, {"name": "a", "credit": 1, "remark": "r"})
        create_record(tx, form, {"name": "b", "credit": 1})
        rows = [
            {"name": "a", "credit": 5, "remark": "s"},
            {"name": "b", "credit": 7, "remark": None},
            *({"name": name, "credit": 0, "remark": None} for name in ("new", "touched", "held")),
        ]
        done = bulk_write(tx, form, rows, key="name")
        _, touched, held = done.created
        update_record(tx, form, touched, {"credit": 3})
        update_record(tx, form, 1, {"remark": "mine"})
        create_record(tx, forms.get("note"), {"text": "n", "customer": held})
        undone = undo_chunk(tx, form, done.ledger_id)
        assert (undone.removed, undone.reverted, undone.last) == (1, 2, None)
        assert {(one.record_id, one.why, one.fields) for one in undone.kept} == {
            (touched, "changed", ()),
            (held, "referenced", ()),
            (1, "changed", ("remark",)),
        }
        values = {one.title: one.values for one in list_records(tx, form, Query()).rows}
        assert set(values) == {"a", "b", "touched", "held"}
        assert (values["a"]["credit"], values["a"]["remark"], values["b"]["credit"]) == (1, "mine", 1)
        assert get_ledger(tx, done.ledger_id).state == "undone"
        assert undo_chunk(tx, form, done.ledger_id).removed == 0


def test_a_large_load_may_leave_the_search_texts_for_later(clean: Begin, forms: Forms):
    form = forms.get("customer")
    with clean(ADMINISTRATOR) as tx:
        ledger = begin_bulk(tx, form, BulkPlan(("name",)))
        stage_rows(tx, form, ledger, [[f"远山 {n}"] for n in range(5)], 1, search=False)
        run(tx, form, ledger.id)
        assert list_records(tx, form, Query(search="远山")).total == 0
        last: int | None = 0
        while last is not None:
            last = fill_search(tx, form, after=last, size=2)
        assert list_records(tx, form, Query(search="远山")).total == 5


def test_bulk_rows_are_held_to_the_policy(clean: Begin, forms: Forms):
    own = group("own", "customer", [{"scope": "own"}], fields={"*": "edit", "credit": "read"})
    top = group("top", "customer", [{"where": 'grade = "A"'}], operations=["read", "create"])
    with clean(ADMINISTRATOR) as tx:
        create_record(tx, forms.get("customer"), {"name": "theirs"})
    with clean(LIN_YUE) as tx:
        form = compiled(own).get("customer")
        assert len(bulk_write(tx, form, [{"name": "mine", "_owner": LIN}]).created) == 1
        for rows in ([{"name": "x", "_owner": WEI}], [{"name": "y", "credit": 1}], [{"name": "theirs", "grade": "B"}]):
            with pytest.raises(ProblemError):
                bulk_write(tx, form, rows)
        form = compiled(top).get("customer")
        made = bulk_write(tx, form, [{"name": "top", "grade": "A"}])
        assert get_record(tx, form, made.created[0]).meta.department is not None
        with pytest.raises(Rejected):
            bulk_write(tx, form, [{"name": "low", "grade": "B"}, {"name": "t2", "grade": "A"}])
        with pytest.raises(Forbidden):
            bulk_write(tx, forms.get("customer"), [{"name": "z"}])
    assert SHANGHAI


def test_an_update_of_plain_columns_leaves_rows_and_what_they_add_up_to(clean: Begin, forms: Forms):
    quote = forms.get("quote")
    with clean(ADMINISTRATOR) as tx:
        create_record(tx, forms.get("customer"), {"name": "a"})
        made = create_record(tx, quote, {"customer": 1, "lines": [{"qty": 2, "price": 10}]})
        number = get_record(tx, quote, made.id).values["no"]
        done = bulk_write(tx, quote, [{"no": number, "discount": "50%"}], key="no")
        record = get_record(tx, quote, made.id)
        assert (done.updated, record.values["total"], record.values["net"]) == (1, 20, 10)
        row = {"no": number, "lines": [{"qty": 1, "price": 5}]}
        assert bulk_write(tx, quote, [row], key="no").updated == 1
        assert get_record(tx, quote, made.id).values["net"] == Decimal("2.5")
