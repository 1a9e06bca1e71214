"""What a reader who may not see everything gets: never a number of others' records or of hidden fields."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, insert

from engines.form.compile import compile_forms
from engines.form.form import Forms
from engines.form.query import Query, list_records
from engines.form.system import RECOMPUTE
from engines.form.transaction import Actor, Transaction
from engines.kernel.problems import Forbidden, Rejected
from engines.report import Cell, drill, reports_of, run
from engines.report.definition import Question
from engines.report.drill import group_pair
from tests.report.world import DATASET, FORMS, NOW, STAGES, question

GROUPS = [
    {
        "kind": "group",
        "key": "own",
        "form": "deal",
        "title": "Own",
        "members": {"roles": ["seller", "plain"]},
        "operations": ["read"],
        "rows": [{"scope": "own"}],
        "fields": {"*": "read"},
    },
    {
        "kind": "group",
        "key": "hot",
        "form": "deal",
        "title": "Hot ones without amounts",
        "members": {"roles": ["seller"]},
        "operations": ["read"],
        "rows": [{"where": "hot"}],
        "fields": {"*": "read", "amount": "hidden", "weighted": "hidden", "rate": "hidden"},
    },
    {
        "kind": "group",
        "key": "guest",
        "form": "company",
        "title": "Grade A",
        "members": {"everyone": True},
        "operations": ["read"],
        "rows": [{"where": 'grade = "A"'}],
        "fields": {"*": "read", "credit": "hidden"},
    },
    {
        "kind": "group",
        "key": "counter",
        "form": "deal",
        "title": "Counts only",
        "members": {"roles": ["counter"]},
        "operations": ["read"],
        "rows": [{"scope": "all"}],
        "fields": {"stage": "read", "name": "read", "customer": "read"},
    },
]
SELLER = Actor(id=1, name="Li", roles=frozenset({"seller"}), locale="en")
COUNTER = Actor(id=9, name="Wu", roles=frozenset({"counter"}), locale="zh-CN")
PLAIN = Actor(id=2, name="He", roles=frozenset({"plain"}), locale="en")


@pytest.fixture(scope="module")
def guarded() -> Forms:
    return compile_forms("crm", [*FORMS, DATASET, *GROUPS], revision=2)


@pytest.fixture(scope="module")
def filled(database: Engine, guarded: Forms) -> Iterator[Connection]:
    with database.connect() as connection:
        connection.exec_driver_sql("CREATE SCHEMA report_rights")
        connection.exec_driver_sql("SET LOCAL search_path TO report_rights")
        guarded.metadata.create_all(connection)
        RECOMPUTE.create(connection)
        members = guarded.get("_member").table
        connection.execute(
            insert(members), [{"id": one, "name": f"Member {one}", "name__sort": "", "active": True} for one in (1, 2)]
        )
        connection.execute(
            insert(guarded.get("company").table),
            [{"id": 1, "name": "Acme", "grade": "A"}, {"id": 2, "name": "Secret", "grade": "B"}],
        )
        connection.info["forms"] = guarded
        yield connection
        connection.rollback()


def transaction(connection: Connection, actor: Actor) -> Transaction:
    return Transaction(connection, actor, NOW, "page", 2, "report_rights")


DEALS = st.fixed_dictionaries(
    {
        "stage": st.sampled_from([None, *STAGES]),
        "amount": st.none() | st.decimals(0, 1000, places=2),
        "customer": st.sampled_from([None, 1, 2]),
        "hot": st.sampled_from([None, True, False]),
        "_owner": st.sampled_from([1, 2]),
    }
)
DIMENSIONS: list[dict[str, Any]] = [
    {"key": "stage", "field": "stage"},
    {"key": "customer", "field": "customer"},
    {"key": "grade", "field": "customer.grade"},
    {"key": "size", "field": "size"},
    {"key": "owner", "field": "_owner"},
    {"key": "amount", "field": "amount"},
]


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(DEALS, max_size=10),
    st.sampled_from([SELLER, PLAIN, Actor(id=2, name="Wang", roles=frozenset({"seller"}))]),
    st.lists(st.sampled_from(DIMENSIONS), max_size=2, unique_by=lambda one: one["key"]),
    st.sampled_from([None, 1]),
)
def test_every_number_is_that_of_the_list_which_the_reader_is_led_to(
    filled: Connection,
    deals: list[Mapping[str, Any]],
    actor: Actor,
    dimensions: list[dict[str, Any]],
    limit: int | None,
) -> None:
    with filled.begin_nested() as point:
        guarded = filled.info["forms"]  # not an argument: too large to be shown with a failing example
        for deal in deals:
            filled.execute(insert(guarded.get("deal").table).values(**deal))
        tx = transaction(filled, actor)
        document = question(measures=["n", "total", "won_amount"], dimensions=dimensions)
        if limit and dimensions:
            document |= {"limit": limit, "others": True}
        asked = reports_of(guarded).ask(Question.read(document))
        result = run(tx, asked)
        for row in result.rows:
            groups = tuple(group_pair(one) for one in row.groups)
            for key, number in zip(("n", "total", "won_amount"), row.values, strict=True):
                form, condition = drill(tx, asked, Cell(groups, key))
                page = list_records(tx, form, Query(filter=condition, count="exact", limit=100))
                amounts = [record.values.get("amount") for record in page.rows]
                wanted = page.total if key == "n" else sum((one for one in amounts if one is not None), Decimal(0))
                assert wanted == number
        readable = [one for one in deals if one["_owner"] == actor.id or (one["hot"] and "seller" in actor.roles)]
        assert sum(row.values[0] for row in result.rows) == len(readable)  # type: ignore[misc, arg-type]
        own = (one["amount"] for one in readable if one["_owner"] == actor.id and one["amount"] is not None)
        assert sum(row.values[1] for row in result.rows) == sum(own)  # type: ignore[misc, arg-type]
        point.rollback()


def ask(connection: Connection, forms: Forms, actor: Actor, **more: Any) -> Any:
    asked = reports_of(forms).ask(Question.read(question(**more)))
    return asked, transaction(connection, actor), lambda: run(transaction(connection, actor), asked)


def test_a_measure_over_a_hidden_field_stays_empty_and_says_so(filled: Connection, guarded: Forms) -> None:
    measures = ["n", "total", "hopes", "big", "win_rate", {"key": "share", "expression": "total / n"}]
    asked, tx, answer = ask(filled, guarded, COUNTER, measures=measures)
    with filled.begin_nested() as point:
        filled.execute(insert(guarded.get("deal").table).values(stage="won", amount=5, _owner=1))
        result = answer()
        point.rollback()
    hidden = {column.key for column in result.measures if column.hidden}
    assert hidden == {"total", "hopes", "big", "share"}
    shown = dict(zip(("n", "total", "hopes", "big", "win_rate", "share"), result.rows[0].values, strict=True))
    assert {key: value for key, value in shown.items() if value is not None} == {
        "n": Decimal(1),
        "win_rate": Decimal(1),
    }
    with pytest.raises(Forbidden):
        drill(tx, asked, Cell((), "total"))


@pytest.mark.parametrize("field", ["amount", "size", "customer.credit"])
def test_a_hidden_dimension_is_refused(filled: Connection, guarded: Forms, field: str) -> None:
    _, _, answer = ask(filled, guarded, COUNTER, dimensions=[{"key": "d", "field": field}])
    with pytest.raises(Forbidden, match="You may not see"):
        answer()


def test_who_may_not_read_the_form_gets_no_answer(filled: Connection, guarded: Forms) -> None:
    forms = compile_forms("crm", [*FORMS, DATASET], revision=3)
    _, _, answer = ask(filled, forms, SELLER)
    with pytest.raises(Forbidden):
        answer()


def test_the_title_of_an_unreadable_record_is_not_told(filled: Connection, guarded: Forms) -> None:
    _, _, answer = ask(filled, guarded, COUNTER, dimensions=[{"key": "d", "field": "customer"}])
    with filled.begin_nested() as point:
        for customer in (1, 2):
            filled.execute(insert(guarded.get("deal").table).values(customer=customer))
        labels = {row.groups[0].label for row in answer().rows}
        point.rollback()
    assert labels == {"Acme", "—"}


@pytest.mark.parametrize(
    "raw",
    [
        None,
        {"groups": [], "measure": "n"},
        {"groups": [["value"]], "measure": "n"},
        {"groups": [["what", 1]], "measure": "n"},
        {"groups": [["value", "new"]], "measure": "nn"},
    ],
)
def test_a_forged_cell_is_refused(filled: Connection, guarded: Forms, raw: Any) -> None:
    asked, tx, _ = ask(filled, guarded, COUNTER, dimensions=[{"key": "stage", "field": "stage"}])
    with pytest.raises(Rejected):
        drill(tx, asked, Cell.read(raw))


def test_a_forged_number_never_becomes_part_of_an_expression(filled: Connection, guarded: Forms) -> None:
    asked, tx, _ = ask(filled, guarded, SELLER, dimensions=[{"key": "d", "field": "expected"}])
    with pytest.raises(Rejected):
        drill(tx, asked, Cell((("value", "1) = 1, TRUE, (2"),), "n"))
