"""Rights in plain cases, one rule at a time; the random ones stand in `test_policy_oracle.py`."""

from datetime import timedelta

import pytest

from engines.form.form import Forms
from engines.form.policy import Grant, explain, policy_for
from engines.form.query import Query, get_record, list_records, pick
from engines.form.records import create_record, update_record
from engines.kernel.problems import Forbidden, NotFound, ProblemError
from tests.conftest import Begin
from tests.form.company import (
    ADMINISTRATOR,
    ANA,
    ANA_SOL,
    HEAD,
    LIN,
    LIN_YUE,
    SHANGHAI,
    WEI,
    WEI_YI,
    compiled,
    day,
    group,
)

MANAGERS = group("managers", "customer", [{"scope": "department"}], members={"roles": ["manager"]})
SELLERS = group("sellers", "customer", [{"scope": "own"}], members={"roles": ["seller"]})


@pytest.fixture
def world(clean: Begin, forms: Forms) -> Begin:
    with clean(ADMINISTRATOR) as tx:
        for name, owner in (("of lin", LIN), ("of ana", ANA), ("of wei", WEI)):
            create_record(tx, forms.get("customer"), {"name": name, "credit": 10, "_owner": owner})
        for customer in (1, 2, 3):
            create_record(tx, forms.get("note"), {"text": f"note {customer}", "customer": customer, "_owner": WEI})
    return clean


def seen(world: Begin, actor, *groups, form: str = "customer") -> list[int]:  # type: ignore[no-untyped-def]
    with world(actor) as tx:
        return sorted(one.id for one in list_records(tx, compiled(*groups).get(form), Query()).rows)


def test_sellers_see_their_own_managers_their_departments_admins_all(world: Begin):
    both = (MANAGERS, SELLERS)
    assert [seen(world, actor, *both) for actor in (LIN_YUE, ANA_SOL, WEI_YI, HEAD)] == [[1], [2], [3], [1, 2]]
    assert seen(world, ADMINISTRATOR, *both) == [1, 2, 3]


def test_who_is_in_no_group_sees_nothing_and_is_told_so(world: Begin):
    with pytest.raises(Forbidden) as caught:
        seen(world, LIN_YUE, MANAGERS)
    assert caught.value.problems[0].code == "record.read_denied"


def test_rights_are_inherited_from_the_customer(world: Begin):
    notes = group("notes", "note", [{"inherit": "customer"}], operations=["read", "create"])
    assert seen(world, LIN_YUE, SELLERS, notes, form="note") == [1]
    with world(LIN_YUE) as tx:
        form = compiled(SELLERS, notes).get("note")
        create_record(tx, form, {"text": "mine", "customer": 1})
        for customer in (2, None):
            with pytest.raises(ProblemError):
                create_record(tx, form, {"text": "not mine", "customer": customer})


def test_a_team_member_sees_the_customer_until_the_end_day(world: Begin, forms: Forms):
    rule = [{"member": "team.person", "until": "team.ends"}]
    with world(ADMINISTRATOR) as tx:
        today = day(tx)
        for record, ends in ((1, None), (2, today), (3, today - timedelta(days=1))):
            team = [{"person": LIN, "ends": ends and ends.isoformat()}, {"person": ANA}]
            update_record(tx, forms.get("customer"), record, {"team": team})
    assert seen(world, LIN_YUE, group("team", "customer", rule)) == [1, 2]
    assert seen(world, ANA_SOL, group("team", "customer", rule)) == [1, 2, 3]
    notes = group("notes", "note", [{"member": "customer.team.person", "until": "customer.team.ends"}])
    assert seen(world, LIN_YUE, notes, form="note") == [1, 2]


def test_a_column_is_seen_only_in_the_rows_of_the_group_that_shows_it(world: Begin):
    everyone = group("all", "customer", [{"scope": "all"}], fields={"*": "read", "credit": "hidden"})
    forms = compiled(SELLERS, everyone)
    form = forms.get("customer")
    with world(LIN_YUE) as tx:
        rows = {one.id: one.values for one in list_records(tx, form, Query(totals=("credit",))).rows}
        assert {key for key, values in rows.items() if "credit" in values} == {1}
        assert list_records(tx, form, Query(totals=("credit",))).totals == {"credit": 10}
        for text, found in (("credit = 10", {1}), ("credit <> 10", {2, 3})):
            page = list_records(tx, form, Query(filter={"expression": text}))
            assert {one.id for one in page.rows} == found
        assert "credit" in get_record(tx, form, 1).editable and not get_record(tx, form, 2).editable
        with pytest.raises(Forbidden):
            update_record(tx, form, 2, {"credit": 10})


def test_hidden_titles_are_a_dash_and_hidden_records_cannot_be_chosen(world: Begin):
    notes = group("notes", "note", [{"scope": "all"}])
    forms = compiled(SELLERS, notes)
    with world(LIN_YUE) as tx:
        shown = {one.id: one.values["customer"].title for one in list_records(tx, forms.get("note"), Query()).rows}
        assert shown == {1: "of lin", 2: "—", 3: "—"}
        assert [one.title for one in pick(tx, forms.get("customer"), "of")] == ["of lin"]
        with pytest.raises(ProblemError) as caught:
            update_record(tx, forms.get("note"), 1, {"customer": 2})
        assert caught.value.problems[0].code == "relation.not_found"
        page = list_records(tx, forms.get("note"), Query(filter={"field": "customer.credit", "op": "eq", "value": 10}))
        assert [one.id for one in page.rows] == [1]


def test_a_guess_at_a_hidden_value_tells_nothing(world: Begin):
    blind = group("blind", "customer", [{"scope": "all"}], fields={"*": "edit", "credit": "hidden"})
    form = compiled(blind).get("customer")
    answers = []
    with world(LIN_YUE) as tx:
        for guess in (10, 11):
            with pytest.raises(Forbidden) as caught:
                update_record(tx, form, 1, {"credit": guess})
            answers.append([problem.as_dict() for problem in caught.value.problems])
        assert "credit" not in get_record(tx, form, 1).values
    assert answers[0] == answers[1]


def test_an_open_task_opens_one_record_with_its_own_field_rights(world: Begin):
    form = compiled(SELLERS).get("customer")
    task = Grant(
        "task",
        frozenset({"read", "update"}),
        rights={"name": "read", "remark": "edit"},
        condition=lambda table: table.c.id == 3,
    )
    with world(LIN_YUE) as tx:
        with pytest.raises(NotFound):
            get_record(tx, form, 3)
        record = get_record(tx, form, 3, grants=[task])
        assert set(record.values) == {"name", "remark"} and record.editable == {"remark"}
        update_record(tx, form, 3, {"remark": "seen"}, grants=[task])
        with pytest.raises(Forbidden):
            update_record(tx, form, 3, {"credit": 1}, grants=[task])
        assert "credit" in get_record(tx, form, 1, grants=[task]).editable


def test_a_record_may_not_be_moved_out_of_ones_own_reach(world: Begin):
    form = compiled(SELLERS).get("customer")
    with world(LIN_YUE, keep=False) as tx, pytest.raises(Forbidden) as caught:
        update_record(tx, form, 1, {"_owner": WEI})
    assert caught.value.problems[0].code == "record.out_of_reach"


def test_why_somebody_sees_a_record_is_told_group_by_group(world: Begin, forms: Forms):
    made = compiled(MANAGERS, SELLERS).get("customer")
    with world(ADMINISTRATOR) as tx:
        found = explain(tx, made, 1, LIN_YUE)
        assert found.allowed and "credit" in found.editable
        assert [(one.group, one.why, one.holds) for one in found.reasons] == [
            ("managers", "not_a_member", False),
            ("sellers", "rule", True),
        ]
        assert not explain(tx, made, 3, LIN_YUE).allowed
        assert explain(tx, made, 3, ADMINISTRATOR).reasons[0].why == "administrator"
    with world(LIN_YUE) as tx, pytest.raises(Forbidden):
        explain(tx, made, 1, WEI_YI)


def test_the_system_and_administrators_are_not_limited(world: Begin, forms: Forms):
    with world(ADMINISTRATOR) as tx:
        policy = policy_for(tx, forms.get("customer"))
        assert policy.may("delete") and policy.sees("credit") is True and policy.everywhere("read")
    assert SHANGHAI in LIN_YUE.departments


def test_people_in_the_same_groups_share_statements_and_nothing_else(world: Begin, forms: Forms):
    rule = [{"member": "team.person", "until": "team.ends"}, {"scope": "own"}]
    cost = group("cost", "customer", [{"scope": "team"}], fields={"credit": "read"})
    everyone = group("all", "customer", [{"scope": "all"}], operations=["read"], fields={"name": "read"})
    notes = group("notes", "note", [{"scope": "all"}])
    made = compiled(group("g", "customer", rule, fields={"remark": "edit", "name": "read"}), cost, everyone, notes)
    with world(ADMINISTRATOR) as tx:
        for record in (1, 2, 3):
            update_record(tx, forms.get("customer"), record, {"remark": f"remark {record}"})
    for actor, mine in [(LIN_YUE, 1), (ANA_SOL, 2), (WEI_YI, 3)] * 2:
        with world(actor) as tx:
            page = list_records(tx, made.get("customer"), Query(totals=("credit",)))
            assert {one.id for one in page.rows if "remark" in one.values} == {mine}
            assert {one.id for one in page.rows if "credit" in one.values} == {mine} and page.totals == {"credit": 10}
            for record in (1, 2, 3):
                found = get_record(tx, made.get("customer"), record)
                assert ("remark" in found.values, found.editable) == (
                    record == mine,
                    {"remark"} if record == mine else set(),
                )
            found_ids = [one.id for one in list_records(tx, made.get("customer"), Query(search="remark")).rows]
            assert found_ids == [mine]
            titles = [one.values["customer"].title for one in list_records(tx, made.get("note"), Query()).rows]
            assert "—" not in titles
    own = compiled(SELLERS, notes)
    for actor, mine in [(LIN_YUE, "of lin"), (ANA_SOL, "of ana")] * 2:
        with world(actor) as tx:
            shown = {one.values["customer"].title for one in list_records(tx, own.get("note"), Query()).rows}
            assert shown == {mine, "—"}
            assert get_record(tx, own.get("note"), 1).values["customer"].title == (
                "of lin" if mine == "of lin" else "—"
            )
