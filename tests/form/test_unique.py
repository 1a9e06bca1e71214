"""Values that may stand once: in a form, in a record, beside other fields; for every writer, and after a restore."""

from threading import Barrier, Thread

import pytest
from sqlalchemy.exc import IntegrityError

from engines.form.bulk import bulk_write
from engines.form.compile import collect
from engines.form.form import Forms
from engines.form.policy import Grant
from engines.form.records import create_record, delete_record, restore_record, update_record
from engines.form.transaction import SYSTEM, Actor
from engines.kernel.problems import ProblemError, Rejected
from tests.form.build import OTHER, create_tables, field, form, forms
from tests.form.house import app

READER = Actor(7, "reader")
WITHIN = form(
    "contract",
    field("customer", "relation", {"form": "other"}),
    field("region", "text"),
    field("no", "text", unique_within=["customer", "region"]),
    field("remark", "text"),
    field("code", "text", unique=True),
    {
        "key": "lines",
        "type": "subform",
        "label": "Lines",
        "fields": [
            field("kind", "choice", {"choices": [{"key": "a"}, {"key": "b"}]}),
            field("code", "text", unique_within=["kind"]),
        ],
    },
    title_field="no",
)
MAY_ADD = Grant("add", frozenset({"create"}), ({"scope": "all"},), other="edit")


@pytest.fixture(scope="module")
def made(workspaces, workspace) -> Forms:
    compiled = forms(WITHIN, app="uniq")
    with workspaces.begin(workspace, SYSTEM, publish=True) as tx:
        create_tables(tx.connection, compiled)
        for name in ("甲", "乙"):
            create_record(tx, compiled.get("other"), {"name": name})
    return compiled


@pytest.fixture
def contract(made: Forms, workspaces, workspace):
    with workspaces.begin(workspace, SYSTEM, publish=True) as tx:
        tx.connection.exec_driver_sql("TRUNCATE uniq__contract RESTART IDENTITY CASCADE")
    return made.get("contract")


def refused(begin, write, *given) -> tuple[str, str, dict]:
    with pytest.raises(Rejected) as caught, begin(SYSTEM) as tx:
        write(tx, *given)
    (problem,) = caught.value.problems
    return problem.code, problem.path, dict(problem.params)


def test_a_value_stands_once_beside_others_and_the_problem_names_the_record(contract, begin):
    with begin(SYSTEM) as tx:
        first = create_record(tx, contract, {"customer": 1, "region": "East", "no": "A-1"}).id
        create_record(tx, contract, {"customer": 2, "region": "East", "no": "A-1"})
        other = create_record(tx, contract, {"customer": 1, "region": "West", "no": "A-1"}).id
        for _ in range(2):
            create_record(tx, contract, {"no": "A-1"})  # without a customer nothing is compared
    code, path, params = refused(begin, create_record, contract, {"customer": 1, "region": "ｅａｓｔ", "no": "a-1"})
    assert (code, path) == ("record.not_unique", "no")
    assert (params["holder"], params["record"], params["value"]) == ("A-1", first, "a-1")
    assert params["within"] in ("Customer, Region", "customer、region")
    _, _, params = refused(begin, update_record, contract, other, {"region": "EAST"})
    assert params["record"] == first
    with begin(SYSTEM) as tx:
        assert update_record(tx, contract, other, {"remark": "x"}).changed


def test_the_index_holds_where_two_come_at_once(contract, workspaces, workspace):
    """Nothing is seen by asking before: the second waits for the first and is told the same."""
    barrier, found = Barrier(8), []

    def one() -> None:
        try:
            with workspaces.begin(workspace, SYSTEM) as tx:
                barrier.wait(20)
                create_record(tx, contract, {"customer": 1, "region": "East", "no": "B"})
            found.append("made")
        except ProblemError as error:
            found.append(error.problems[0].code)

    threads = [Thread(target=one) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == ["made"] + ["record.not_unique"] * 7


def test_what_lies_in_the_trash_is_not_compared_and_comes_back_only_where_it_fits(contract, begin):
    with begin(SYSTEM) as tx:
        first = create_record(tx, contract, {"customer": 1, "region": "East", "no": "C"}).id
        delete_record(tx, contract, first)
        second = create_record(tx, contract, {"customer": 1, "region": "East", "no": "C"}).id
    code, path, params = refused(begin, restore_record, contract, first)
    assert (code, path, params["record"]) == ("record.not_unique", "no", second)
    with begin(SYSTEM) as tx:
        update_record(tx, contract, second, {"no": "D"})
        restore_record(tx, contract, first)


def test_rows_of_a_record_are_compared_beside_others_too(contract, begin):
    with begin(SYSTEM) as tx:
        rows = [{"kind": "a", "code": "x"}, {"kind": "b", "code": "X"}, {"code": "x"}]
        create_record(tx, contract, {"lines": rows})
    code, path, _ = refused(begin, create_record, contract, {"lines": [*rows, {"kind": "b", "code": "x"}]})
    assert (code, path) == ("subform.not_unique", "lines[3].code")


def test_many_at_once_are_compared_with_each_other_and_with_what_is_there(contract, begin):
    with begin(SYSTEM) as tx:
        first = create_record(tx, contract, {"customer": 1, "region": "East", "no": "A"}).id
        rows = [{"customer": 1, "region": "East", "no": one} for one in ("B", "a", "b")]
        rows.append({"customer": 2, "region": "East", "no": "A"})
        with pytest.raises(Rejected) as caught:
            bulk_write(tx, contract, rows)
        found = [(one.path, one.code) for one in caught.value.problems]
        assert found == [("rows[1].no", "record.not_unique"), ("rows[2].no", "bulk.twice")]
        assert caught.value.problems[0].params["record"] == first
        bulk_write(tx, contract, [rows[0], rows[3]])
        moved = [{"no": "B", "region": "East", "customer": 2}]
        bulk_write(tx, contract, moved, key="no")
        with pytest.raises(Rejected):  # only the customer changes, the number stays
            bulk_write(tx, contract, [{"id": first, "customer": 2}], key="id", update=True)


def test_who_may_not_see_the_record_is_not_told_which_it_is(contract, begin):
    with begin(SYSTEM) as tx:
        create_record(tx, contract, {"region": "East", "no": "S", "code": "S"})
    with pytest.raises(Rejected) as caught, begin(READER) as tx:
        create_record(tx, contract, {"region": "East", "no": "x", "code": "s"}, grants=[MAY_ADD])
    (problem,) = caught.value.problems
    assert problem.code == "record.not_unique"
    assert not {"holder", "record"} & set(problem.params)
    assert "S" not in problem.message.replace('"S"', "")


def test_a_form_says_what_cannot_be_compared():
    wrong = form(
        "contract",
        field("no", "text", unique_within=["nothing", "no", "long", "sum"]),
        field("long", "textarea"),
        field("sum", "formula", {"expression": "1", "result": "number"}),
        field("picture", "image", unique_within=["no"]),
    )
    found = collect("app", [wrong, OTHER]).problems
    codes = [(one.code, one.path.rpartition("fields.")[2]) for one in next(iter(found.values()))]
    assert codes == [
        ("field.not_unique", "picture.unique"),
        ("unique.no_field", "no.unique_within[0]"),
        ("unique.not_comparable", "no.unique_within[1]"),
        ("unique.not_comparable", "no.unique_within[2]"),
        ("unique.not_comparable", "no.unique_within[3]"),
    ]


def test_fields_made_unique_beside_others_are_folded_first_and_then_hold(house) -> None:
    plain = [field("no", "text"), field("region", "text")]
    old, new = app(*plain), app(field("no", "text", unique_within=["region"]), plain[1], revision=2)
    house.apply(None, old)
    house.run("INSERT INTO app__sample (no, region) VALUES ('A', '北区'), ('ａ', '南区')")
    house.apply(old, new)
    with pytest.raises(IntegrityError):
        house.run("INSERT INTO app__sample (no, no__fold, region, region__fold) VALUES ('a', 'a', '北区', '北区')")
