"""Random permission groups, people and rows: SQL must agree with plain Python, for every way of asking."""

import itertools
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engines.form.form import Forms
from engines.form.query import Query, Sort, get_record, list_records, pick
from engines.form.records import create_record, update_record
from engines.kernel.problems import Forbidden, NotFound, ProblemError
from tests.conftest import Begin
from tests.form.company import (
    ADMINISTRATOR,
    ANA,
    ANA_SOL,
    EAST,
    HEAD,
    LIN,
    LIN_YUE,
    SHANGHAI,
    SOUTH,
    WEI,
    WEI_YI,
    compiled,
    day,
    group,
)
from tests.form.oracle import ABSENT, Oracle, search, total, value

ACTORS = (LIN_YUE, ANA_SOL, WEI_YI, HEAD)
KEYS = ("name", "grade", "credit", "since", "remark")
WHERES = {
    'grade = "A"': lambda row: row["grade"] == "A",
    "credit > 10": lambda row: row["credit"] is not None and row["credit"] > 10,
    "since >= TODAY()": lambda row: row["since"] is not None and row["since"] >= TODAY[0],
    "_owner = CURRENTUSER()": lambda row: row["_owner"] == NOW_ACTOR[0],
}
TODAY = [date.min]
NOW_ACTOR: list[Any] = [None]

rights = st.sampled_from(["edit", "read", "hidden"])
fields = st.dictionaries(st.sampled_from(["*", *KEYS]), rights, max_size=4)
members = st.sampled_from(
    [
        {"everyone": True},
        {"roles": ["seller"]},
        {"roles": ["manager"]},
        {"people": [LIN, WEI]},
        {"departments": [str(SHANGHAI)]},
    ]
)
operations = st.lists(st.sampled_from(["read", "create", "update", "delete"]), min_size=1, unique=True).map(
    lambda found: ["read", *(one for one in found if one != "read")]
)
customer_rules = st.one_of(
    st.sampled_from([{"scope": one} for one in ("own", "team", "department", "own", "all")]),
    st.sampled_from(sorted(WHERES)).map(lambda text: {"where": text}),
    st.sampled_from([{"inherit": "parent"}, {"member": "helpers"}, {"member": "team.person"}]),
    st.just({"member": "team.person", "until": "team.ends"}),
)
quote_rules = st.one_of(
    st.sampled_from([{"scope": one} for one in ("own", "team", "department")]),
    st.sampled_from([{"inherit": "customer"}, {"member": "customer.helpers"}]),
    st.just({"member": "customer.team.person", "until": "customer.team.ends"}),
)


@st.composite
def permissions(draw: st.DrawFn) -> list[dict[str, Any]]:
    found = []
    for number in range(draw(st.integers(1, 3))):
        rows = draw(st.lists(customer_rules, min_size=1, max_size=2))
        found.append(
            group(
                f"c{number}", "customer", rows, members=draw(members), operations=draw(operations), fields=draw(fields)
            )
        )
    for number in range(draw(st.integers(1, 2))):
        rows = draw(st.lists(quote_rules, min_size=1, max_size=2))
        shown = draw(st.dictionaries(st.sampled_from(["*", "total", "customer", "state"]), rights, max_size=3))
        found.append(
            group(f"q{number}", "quote", rows, members=draw(members), operations=draw(operations), fields=shown)
        )
    return found


@pytest.fixture(scope="module")
def tables(workspaces, workspace, forms: Forms) -> dict[str, dict[int, dict[str, Any]]]:  # type: ignore[no-untyped-def]
    """Twelve customers and eight quotes that differ in everything the rules ask for."""
    customers: dict[int, dict[str, Any]] = {}
    quotes: dict[int, dict[str, Any]] = {}
    owners = itertools.cycle([(LIN, SHANGHAI), (ANA, SHANGHAI), (WEI, SOUTH), (4, EAST), (None, None)])
    with workspaces.begin(workspace, ADMINISTRATOR) as tx:
        today = day(tx)
        for number in range(1, 13):
            owner, department = next(owners)
            row = {
                "name": f"{'远山' if number % 3 else 'Acme'} {number}",
                "grade": [None, "A", "B", "C"][number % 4],
                "credit": [None, Decimal(5), Decimal(20)][number % 3],
                "since": [None, today - timedelta(days=3), today + timedelta(days=3)][number % 3],
                "remark": [None, "secret 远方", "open"][(number // 2) % 3],
                "parent": number // 2 or None,
                "helpers": [[LIN], [], [WEI, ANA]][number % 3],
                "team": [
                    {
                        "person": [LIN, ANA, WEI][number % 3],
                        "ends": [None, today, today - timedelta(days=1)][number % 3],
                    }
                ]
                if number % 2
                else [],
                "_owner": owner,
                "_dept": department,
            }
            made = create_record(tx, forms.get("customer"), row)
            customers[made.id] = row
        for number in range(1, 9):
            owner, department = next(owners)
            row = {"customer": number, "state": ["草稿", "已发"][number % 2], "_owner": owner, "_dept": department}
            lines = [{"qty": number, "price": 10}]
            made = create_record(tx, forms.get("quote"), {**row, "lines": lines})
            quotes[made.id] = {**row, "total": Decimal(number * 10)}
    return {"customer": customers, "quote": quotes}


def order(rows: dict[int, Any], key: str, descending: bool) -> list[int]:
    blank = [one for one in rows if value(rows[one], key) is None]
    filled = [one for one in rows if value(rows[one], key) is not None]
    blank.sort(reverse=descending)
    filled.sort(key=lambda one: (value(rows[one], key), one), reverse=descending)
    return blank + filled if descending else filled + blank


@settings(deadline=None, max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(documents=permissions(), actor=st.sampled_from(ACTORS), descending=st.booleans())
def test_sql_agrees_with_plain_python(documents, actor, descending, tables, begin: Begin):  # type: ignore[no-untyped-def]
    forms = compiled(*documents)
    NOW_ACTOR[0] = actor.id
    with begin(actor) as tx:
        TODAY[0] = day(tx)
        oracle = Oracle(tables, documents, actor, TODAY[0], WHERES)
        for name, keys in (("customer", KEYS), ("quote", ("total", "state", "customer"))):
            form = forms.get(name)
            if not oracle.mine(name, "read"):
                with pytest.raises(Forbidden):
                    list_records(tx, form, Query())
                continue
            rows = oracle.seen(name, keys)
            for query, expected in questions(rows, name, descending):
                page = list_records(tx, form, query)
                assert (
                    [one.id for one in page.rows] == expected
                    if query.sort
                    else {one.id for one in page.rows} == set(expected)
                ), query
                assert page.total == len(expected), query
            page = list_records(tx, form, Query(limit=100, totals=("credit",) if name == "customer" else ("total",)))
            assert page.totals == {key: total(rows, key) for key in page.totals}
            for record in page.rows:
                assert_shown(tx, record.values, rows[record.id], keys)
            for record_id, row in tables[name].items():
                if record_id not in rows:
                    with pytest.raises(NotFound):
                        get_record(tx, form, record_id)
                    continue
                record = get_record(tx, form, record_id)
                assert_shown(tx, record.values, rows[record_id], keys)
                assert ("update" in record.may) == oracle.allowed("update", name, row)
                for key in set(keys) - {"total"}:
                    may = "update" in record.may and oracle.right("update", name, row, key, ("edit",))
                    assert (key in record.editable) == may, key
        if oracle.mine("customer", "read"):
            rows = oracle.seen("customer", KEYS)
            assert {one.id for one in pick(tx, forms.get("customer"), "远山", limit=50)} == search(
                rows, "远山", ("name", "remark")
            )


def questions(rows, name: str, descending: bool) -> Iterator[tuple[Query, list[int]]]:  # type: ignore[no-untyped-def]
    def where(test) -> list[int]:  # type: ignore[no-untyped-def]
        return [one for one, row in rows.items() if test(row)]

    yield Query(limit=100), list(rows)
    if name == "quote":
        yield Query(limit=100, sort=(Sort("total", descending),)), order(rows, "total", descending)
        given = {"field": "total", "op": "gt", "value": 40}
        yield (
            Query(limit=100, filter=given),
            where(lambda row: value(row, "total") is not None and value(row, "total") > 40),
        )
        given = {"field": "customer", "op": "in", "value": [1, 2, 3]}
        yield Query(limit=100, filter=given), where(lambda row: value(row, "customer") in (1, 2, 3))
        return
    yield Query(limit=100, sort=(Sort("credit", descending),)), order(rows, "credit", descending)
    for op, test in (("eq", lambda one: one == "A"), ("ne", lambda one: one != "A")):
        yield (
            Query(limit=100, filter={"field": "grade", "op": op, "value": "A"}),
            where(lambda row, t=test: t(value(row, "grade"))),
        )
    for op in ("empty", "filled"):
        yield (
            Query(limit=100, filter={"field": "remark", "op": op}),
            where(lambda row, o=op: (value(row, "remark") is None) == (o == "empty")),
        )
    expression = {"expression": "AND(credit > 10, since >= TODAY())"}
    yield (
        Query(limit=100, filter=expression),
        where(
            lambda row: (
                (value(row, "credit") or 0) > 10 and value(row, "since") is not None and value(row, "since") >= TODAY[0]
            )
        ),
    )
    for words in ("远", "远山", "secret", "acme 9", "远方 远山"):
        yield Query(limit=100, search=words), sorted(search(rows, words, ("name", "remark")))


def assert_shown(tx, values, expected, keys) -> None:  # type: ignore[no-untyped-def]
    shown = {key: getattr(values[key], "id", values[key]) if key in values else ABSENT for key in keys}
    assert shown == expected


@settings(deadline=None, max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    documents=permissions(),
    actor=st.sampled_from(ACTORS),
    changes=st.dictionaries(
        st.sampled_from(["grade", "credit", "_owner"]), st.sampled_from(["A", 3, WEI]), min_size=1, max_size=2
    ),
)
def test_writes_are_judged_on_the_old_and_the_new_row(documents, actor, changes, tables, begin: Begin):  # type: ignore[no-untyped-def]
    fitting = {"grade": ("A",), "credit": (3,), "_owner": (WEI,)}
    changes = {key: one for key, one in changes.items() if one in fitting[key]}
    departments = {LIN: SHANGHAI, ANA: SHANGHAI, WEI: SOUTH, 4: EAST}
    forms = compiled(*documents)
    form = forms.get("customer")
    NOW_ACTOR[0] = actor.id
    with begin(actor) as tx:
        TODAY[0] = day(tx)
        oracle = Oracle(tables, documents, actor, TODAY[0], WHERES)
        for record_id, row in tables["customer"].items():
            after = row | {key: Decimal(one) if key == "credit" else one for key, one in changes.items()}
            if "_owner" in changes and changes["_owner"] != row["_owner"]:
                after["_dept"] = departments[changes["_owner"]]
            rights = all(oracle.right("update", "customer", row, key, ("edit",)) for key in changes)
            allowed = (
                oracle.allowed("read", "customer", row)
                and oracle.allowed("update", "customer", row)
                and rights
                and (after == row or oracle.allowed("update", "customer", after))
            )
            point = tx.connection.begin_nested()
            try:
                update_record(tx, form, record_id, changes)
                done = True
            except ProblemError:
                done = False
            point.rollback()
            assert done == allowed, (record_id, changes)
