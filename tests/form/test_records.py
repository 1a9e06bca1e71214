"""The write path: what is stored, what is refused, what the log and the events say."""

from decimal import Decimal

import pytest
from sqlalchemy import select

from engines.form.form import Forms
from engines.form.records import create_record, delete_record, restore_record, update_record
from engines.form.system import CHANGE, EVENT
from engines.kernel.problems import Conflict, Forbidden, NotFound, Rejected
from tests.conftest import Begin
from tests.form.company import ADMINISTRATOR, ANA, LIN, LIN_YUE, SHANGHAI


@pytest.fixture
def customer(clean: Begin, forms: Forms) -> int:
    with clean(ADMINISTRATOR) as tx:
        return create_record(tx, forms.get("customer"), {"name": "远山科技", "grade": "A"}).id


def stored(tx, table, record_id):  # type: ignore[no-untyped-def]
    return tx.connection.execute(select(table).where(table.c.id == record_id)).mappings().one()


def test_a_record_is_stored_with_defaults_formulas_rows_and_its_number(customer: int, begin: Begin, forms: Forms):
    quote = forms.get("quote")
    with begin(ADMINISTRATOR) as tx:
        lines = [{"qty": "3", "price": "19.99"}, {"price": 10}]
        made = create_record(tx, quote, {"customer": customer, "discount": "10%", "lines": lines})
        row = stored(tx, quote.table, made.id)
        rows = tx.connection.execute(select(quote.subforms["lines"].table).order_by("_position")).mappings().all()
    assert row["no"].startswith("BJ") and row["no"].endswith("0001")
    assert (row["state"], row["total"], row["net"]) == ("草稿", Decimal("69.97"), Decimal("62.97"))
    assert row["_owner"] == ADMINISTRATOR.id and row["_version"] == 1
    assert [(one["qty"], one["amount"]) for one in rows] == [(3, Decimal("59.97")), (1, Decimal(10))]
    assert made.values["net"] == Decimal("62.97")


def test_every_problem_is_reported_at_once_with_its_place_and_label(customer: int, begin: Begin, forms: Forms):
    lines = [{"qty": 0}, {"qty": "many", "colour": "red"}, {"id": 99, "qty": 1}]
    with begin(ADMINISTRATOR, keep=False) as tx, pytest.raises(Rejected) as caught:
        given = {"lines": lines, "discount": 2, "stage": "x", "net": 5, "locked": "no", "state": "Sent?"}
        create_record(tx, forms.get("quote"), given)
    found = {problem.path: problem for problem in caught.value.problems}
    assert {path: problem.code for path, problem in found.items()} == {
        "customer": "record.required",
        "discount": "number.too_large",
        "lines[0].qty": "number.too_small",
        "lines[1].qty": "number.not_a_number",
        "lines[1].colour": "record.unknown_field",
        "lines[2]": "subform.unknown_row",
        "stage": "record.unknown_field",
        "net": "record.computed_field",
        "locked": "record.readonly_field",
        "state": "choice.unknown",
    }
    assert found["lines[0].qty"].params["label"] == "Qty" and 'did you mean "state"' in found["stage"].message


def test_a_refused_write_changes_nothing(customer: int, begin: Begin, forms: Forms):
    with begin(ADMINISTRATOR) as tx:
        before = tx.connection.exec_driver_sql("SELECT count(*) FROM _event").scalar_one()
        with pytest.raises(Rejected):
            create_record(tx, forms.get("quote"), {"lines": [{"qty": 1}]})
        assert tx.connection.exec_driver_sql("SELECT count(*) FROM co__quote").scalar_one() == 0
        assert tx.connection.exec_driver_sql("SELECT count(*) FROM _event").scalar_one() == before
        assert tx.connection.exec_driver_sql("SELECT count(*) FROM _serial").scalar_one() == 0


def test_a_taken_name_is_told_in_the_words_of_the_form(customer: int, begin: Begin, forms: Forms):
    with begin(ADMINISTRATOR, keep=False) as tx, pytest.raises(Rejected) as caught:
        create_record(tx, forms.get("customer"), {"name": " 远山科技 "})
    (problem,) = caught.value.problems
    assert (problem.code, problem.path, problem.params["value"]) == ("record.not_unique", "name", "远山科技")
    with begin(ADMINISTRATOR, keep=False) as tx, pytest.raises(Rejected) as caught:
        create_record(tx, forms.get("customer"), {"name": "远山科技", "since": "soon"})
    assert {problem.code for problem in caught.value.problems} >= {"record.not_unique"}
    assert len(caught.value.problems) == 2


def test_a_rule_judges_the_computed_record_and_related_values(clean: Begin, forms: Forms):
    with clean(ADMINISTRATOR) as tx:
        top = create_record(tx, forms.get("customer"), {"name": "甲", "grade": "A"}).id
        other = create_record(tx, forms.get("customer"), {"name": "乙"}).id
        big = {"lines": [{"qty": 1000, "price": 200}]}
        create_record(tx, forms.get("quote"), {"customer": top, **big})
        with pytest.raises(Rejected) as caught:
            create_record(tx, forms.get("quote"), {"customer": other, **big})
    (problem,) = caught.value.problems
    assert (problem.code, problem.path, problem.message) == ("record.rule", "net", "At most 100,000")


def test_a_relation_to_nothing_or_to_the_trash_is_refused(customer: int, begin: Begin, forms: Forms):
    with begin(ADMINISTRATOR) as tx:
        gone = create_record(tx, forms.get("customer"), {"name": "gone"}).id
        delete_record(tx, forms.get("customer"), gone)
    for target in (gone, 4711):
        with begin(ADMINISTRATOR, keep=False) as tx, pytest.raises(Rejected) as caught:
            create_record(tx, forms.get("note"), {"text": "x", "customer": target})
        assert [(one.code, one.path) for one in caught.value.problems] == [("relation.not_found", "customer")]


def test_a_change_writes_version_log_and_event_and_a_change_of_nothing_none(customer: int, begin: Begin, forms: Forms):
    form = forms.get("customer")
    with begin(ADMINISTRATOR) as tx:
        saved = update_record(tx, form, customer, {"credit": 100, "grade": "A"})
        assert (saved.version, saved.changed) == (2, True)
        again = update_record(tx, form, customer, {"credit": "100.00", "grade": "A"})
        assert (again.version, again.changed) == (2, False)
        log = tx.connection.execute(select(CHANGE).order_by(CHANGE.c.id)).mappings().all()
        events = tx.connection.execute(select(EVENT).order_by(EVENT.c.id)).mappings().all()
    assert [(one["kind"], one["version"], one["old"]) for one in log] == [
        ("created", 1, None),
        ("updated", 2, {"credit": None}),
    ]
    assert [one["type"] for one in events] == ["record.created", "record.updated"]
    assert events[1]["payload"] == {"old": {"credit": None}, "new": {"credit": "100"}}


def test_rows_are_changed_added_moved_and_removed_by_their_ids(customer: int, begin: Begin, forms: Forms):
    quote = forms.get("quote")
    table = quote.subforms["lines"].table
    with begin(ADMINISTRATOR) as tx:
        made = create_record(tx, quote, {"customer": customer, "lines": [{"qty": n, "price": 10} for n in (1, 2, 3)]})
        first, second, third = tx.connection.execute(select(table.c.id).order_by("_position")).scalars()
        rows = [{"id": third, "qty": 30}, {"qty": 4, "price": 1}, {"id": first}]
        saved = update_record(tx, quote, made.id, {"lines": rows})
        after = tx.connection.execute(select(table).order_by("_position")).mappings().all()
        assert [(one["id"], one["qty"], one["amount"]) for one in after][::2] == [(third, 30, 300), (first, 1, 10)]
        assert saved.values["total"] == Decimal(314)
        update_record(tx, quote, made.id, {"lines": {"partial": True, "rows": [{"id": first, "qty": 5}]}})
        after = tx.connection.execute(select(table.c.qty).order_by("_position")).scalars().all()
        assert after == [30, 4, 5]
        log = tx.connection.execute(
            select(CHANGE.c.old).where(CHANGE.c.version == 2, CHANGE.c.form == quote.table.name)
        ).scalar_one()
    assert log["lines"]["ids"] == [first, second, third]
    assert {key: row["qty"] for key, row in log["lines"]["rows"].items()} == {str(second): "2", str(third): "3"}


def test_links_to_many_keep_their_order(customer: int, begin: Begin, forms: Forms):
    note = forms.get("note")
    with begin(ADMINISTRATOR) as tx:
        ids = [create_record(tx, forms.get("quote"), {"customer": customer}).id for _ in range(3)]
        made = create_record(tx, note, {"text": "x", "quotes": [ids[2], ids[0]]})
        saved = update_record(tx, note, made.id, {"quotes": [ids[1], {"id": ids[2]}]})
        links = note.links["quotes"]
        found = tx.connection.execute(select(links.c.target_id).order_by(links.c.position)).scalars().all()
    assert found == [ids[1], ids[2]] and saved.version == 2


def test_two_people_the_second_is_told_field_by_field(customer: int, begin: Begin, forms: Forms):
    form = forms.get("customer")
    base = {"name": "远山科技", "grade": "A", "credit": None, "remark": None}
    with begin(ADMINISTRATOR) as tx:
        update_record(tx, form, customer, {"credit": 5, "grade": "B"})
    with begin(ADMINISTRATOR) as tx:
        merged = update_record(tx, form, customer, {**base, "remark": "mine"}, base=base)
        assert (merged.values["credit"], merged.values["grade"], merged.values["remark"]) == (5, "B", "mine")
        with pytest.raises(Conflict) as caught:
            update_record(tx, form, customer, {**base, "grade": "C", "credit": 7, "name": "远山"}, base=base)
    found = {problem.path: problem for problem in caught.value.problems}
    assert set(found) == {"grade", "credit"} and {problem.code for problem in found.values()} == {"record.stale"}
    params = found["grade"].params
    assert (params["mine"], params["theirs"], params["base"], params["by"]) == ("C", "B", "A", ADMINISTRATOR.id)
    assert (params["texts"]["base"], params["by_name"]) == ("Top", "Admin") and params["at"]
    with begin(ADMINISTRATOR) as tx, pytest.raises(Conflict) as caught:
        update_record(tx, form, customer, {"credit": 9}, version=1)
    assert [problem.path for problem in caught.value.problems] == ["credit"]
    with begin(ADMINISTRATOR) as tx:
        assert update_record(tx, form, customer, {"phone": "13800138000"}, version=1).changed


def test_rows_of_two_people_are_merged_one_by_one(customer: int, begin: Begin, forms: Forms):
    quote = forms.get("quote")
    table = quote.subforms["lines"].table
    with begin(ADMINISTRATOR) as tx:
        made = create_record(
            tx, quote, {"customer": customer, "lines": [{"qty": 1, "price": 1}, {"qty": 2, "price": 1}]}
        )
        first, second = tx.connection.execute(select(table.c.id).order_by("_position")).scalars()
        base = {"lines": [{"id": first, "qty": "1", "price": "1"}, {"id": second, "qty": "2", "price": "1"}]}
        theirs = [{"id": first, "qty": 10}, {"id": second}, {"qty": 7, "price": 1}]
        update_record(tx, quote, made.id, {"lines": theirs})
        mine = [{"id": first, "qty": "1", "price": "3"}, {"id": second, "qty": "2", "price": "1"}]
        saved = update_record(tx, quote, made.id, {"lines": mine}, base=base)
        assert [(row["qty"], row["price"]) for row in saved.values["lines"]] == [(10, 3), (2, 1), (7, 1)]
        with pytest.raises(Conflict) as caught:
            update_record(tx, quote, made.id, {"lines": [{"id": first, "qty": "5", "price": "1"}]}, base=base)
    assert [problem.path for problem in caught.value.problems] == ["lines[0].qty"]


def test_the_trash_names_what_holds_a_record_and_gives_it_back(customer: int, begin: Begin, forms: Forms):
    form = forms.get("customer")
    with begin(ADMINISTRATOR) as tx:
        child = create_record(tx, form, {"name": "child", "parent": customer}).id
        note = create_record(tx, forms.get("note"), {"text": "call them", "customer": customer}).id
        with pytest.raises(Conflict) as caught:
            delete_record(tx, form, customer)
        (problem,) = caught.value.problems
        assert problem.code == "record.referenced" and problem.params["titles"] == ["call them"]
        delete_record(tx, forms.get("note"), note)
        delete_record(tx, form, customer)
        assert stored(tx, form.table, child)["parent"] is None  # on_delete is clear
        with pytest.raises(NotFound):
            update_record(tx, form, customer, {"credit": 1})
        create_record(tx, form, {"name": "远山科技"})
    with begin(ADMINISTRATOR, keep=False) as tx, pytest.raises(Rejected) as caught:
        restore_record(tx, form, customer)
    assert [problem.path for problem in caught.value.problems] == ["name"]
    with begin(ADMINISTRATOR) as tx:
        assert restore_record(tx, forms.get("note"), note).version == 3


def test_people_forms_are_not_written_and_strangers_may_nothing(customer: int, begin: Begin, forms: Forms):
    with begin(ADMINISTRATOR) as tx, pytest.raises(Rejected):
        create_record(tx, forms.get("_member"), {"name": "x"})
    with begin(LIN_YUE) as tx:
        with pytest.raises(Forbidden):
            create_record(tx, forms.get("customer"), {"name": "x"})
        with pytest.raises(Forbidden):
            update_record(tx, forms.get("customer"), customer, {"name": "x"})


def test_owner_and_department_follow_each_other(customer: int, begin: Begin, forms: Forms):
    form = forms.get("customer")
    with begin(ADMINISTRATOR) as tx:
        made = create_record(tx, form, {"name": "a", "_owner": LIN})
        assert (stored(tx, form.table, made.id)["_owner"], stored(tx, form.table, made.id)["_dept"]) == (LIN, SHANGHAI)
        update_record(tx, form, made.id, {"_owner": {"id": ANA}})
        assert stored(tx, form.table, made.id)["_owner"] == ANA
    with begin(ADMINISTRATOR, keep=False) as tx, pytest.raises(Rejected):
        update_record(tx, form, made.id, {"_owner": 77})
