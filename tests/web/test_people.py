"""Members, departments with their dates, roles, and the actor that the engines see."""

from datetime import timedelta

import pytest
from sqlalchemy import event

from dougong.identity.actors import build_actor
from dougong.identity.departments import (
    change_department,
    create_department,
    find_department,
    list_departments,
    remove_department,
)
from dougong.identity.members import change_member, ensure_member, list_members, set_departments, stays
from dougong.identity.roles import ensure_role, set_roles
from engines.form.transaction import Transaction
from engines.kernel.problems import Conflict, Forbidden, NotFound, Rejected


@pytest.fixture
def tx(begin):
    with begin(keep=False) as transaction:
        yield transaction


def tree(tx: Transaction) -> dict[str, int]:
    sales = create_department(tx, "销售部")
    east = create_department(tx, "华东区", parent_id=sales)
    shanghai = create_department(tx, "上海组", parent_id=east)
    return {"sales": sales, "east": east, "shanghai": shanghai, "market": create_department(tx, "市场部")}


def code(error: pytest.ExceptionInfo) -> str:
    return error.value.problems[0].code


def test_departments_are_listed_parents_first_with_heads_and_people(tx):
    ids = tree(tx)
    boss = ensure_member(tx, "韩卫东", "han@x.example")
    change_department(tx, ids["sales"], name="销售部", parent_id=None, head_id=boss)
    set_departments(tx, boss, [ids["sales"]])
    found = [(item.name, item.depth, item.head_name, item.members) for item in list_departments(tx)]
    assert found == [
        ("市场部", 0, None, 0),
        ("销售部", 0, "韩卫东", 1),
        ("华东区", 1, None, 0),
        ("上海组", 2, None, 0),
    ]


def test_a_moved_department_takes_what_is_below_with_it(tx):
    ids = tree(tx)
    change_department(tx, ids["east"], name="华东区", parent_id=ids["market"], head_id=None)
    paths = {item.name: item.path for item in list_departments(tx)}
    assert paths["上海组"] == (ids["market"], ids["east"], ids["shanghai"])
    change_department(tx, ids["east"], name="华东区", parent_id=None, head_id=None)
    assert {item.name: item.path for item in list_departments(tx)}["上海组"] == (ids["east"], ids["shanghai"])


def test_a_department_cannot_be_below_itself(tx):
    ids = tree(tx)
    with pytest.raises(Rejected) as error:
        change_department(tx, ids["sales"], name="销售部", parent_id=ids["shanghai"], head_id=None)
    assert code(error) == "department.below_itself"


def test_two_departments_of_one_parent_cannot_share_a_name(tx):
    ids = tree(tx)
    with pytest.raises(Rejected) as error:
        create_department(tx, " 华东区 ", parent_id=ids["sales"])
    assert code(error) == "department.taken"
    create_department(tx, "华东区", parent_id=ids["market"])


def test_a_department_in_use_is_not_closed(tx):
    ids = tree(tx)
    set_departments(tx, ensure_member(tx, "林晓雨", "lin@x.example"), [ids["shanghai"]])
    with pytest.raises(Conflict) as error:
        remove_department(tx, ids["shanghai"])
    assert error.value.problems[0].params == {"people": 1, "departments": 0}
    remove_department(tx, ids["market"])
    assert "市场部" not in [item.name for item in list_departments(tx)]
    with pytest.raises(NotFound):
        remove_department(tx, ids["market"])


def test_a_department_is_found_by_name_or_by_its_way_from_the_top(tx):
    ids = tree(tx)
    create_department(tx, "华东区", parent_id=ids["market"])
    departments = list_departments(tx)
    assert find_department(departments, "华东区") is None
    found = find_department(departments, "销售部／华东区")
    assert found is not None
    assert found.id == ids["east"]


def test_a_change_of_department_keeps_its_dates(tx):
    ids = tree(tx)
    member = ensure_member(tx, "林晓雨", "lin@x.example")
    set_departments(tx, member, [ids["east"], ids["market"]])
    first, tx.now = tx.now, tx.now + timedelta(days=30)
    set_departments(tx, member, [ids["shanghai"], ids["market"]])
    assert [(stay.department, stay.since, stay.until) for stay in stays(tx, member)] == [
        ("上海组", tx.now, None),
        ("市场部", first, None),
        ("华东区", first, tx.now),
    ]


def test_an_actor_knows_departments_below_and_everybody_in_them(tx):
    ids = tree(tx)
    boss, east, seller, other = (ensure_member(tx, name, f"{name}@x.example") for name in "甲乙丙丁")
    for member, department in ((boss, "sales"), (east, "east"), (seller, "shanghai"), (other, "market")):
        set_departments(tx, member, [ids[department]])
    change_department(tx, ids["sales"], name="销售部", parent_id=None, head_id=boss)
    change_department(tx, ids["east"], name="华东区", parent_id=ids["sales"], head_id=east)
    ensure_role(tx, "manager", "销售主管")
    set_roles(tx, east, {"manager"})
    actor = build_actor(tx, east)
    assert actor.departments == {ids["east"]}
    assert actor.managed_departments == {ids["east"], ids["shanghai"]}
    assert actor.subordinates == {seller}
    assert actor.roles == {"manager"}
    assert actor.main_department == ids["east"]
    assert build_actor(tx, boss).subordinates == {east, seller}
    assert build_actor(tx, seller).subordinates == frozenset()


def test_people_below_a_manager_are_subordinates_whatever_their_department(tx):
    boss, lead, junior = (ensure_member(tx, name, f"{name}@x.example") for name in "甲乙丙")
    for member, manager in ((lead, boss), (junior, lead)):
        change_member(tx, member, name="某人", phone=None, title=None, departments=[], roles=[], manager_id=manager)
    assert build_actor(tx, boss).subordinates == {lead, junior}
    with pytest.raises(Rejected) as error:
        change_member(tx, boss, name="甲", phone=None, title=None, departments=[], roles=[], manager_id=junior)
    assert code(error) == "member.manager_circle"


def test_somebody_who_was_shut_out_is_no_actor(tx):
    with pytest.raises(Forbidden):
        build_actor(tx, 99999)


def test_members_are_found_by_name_address_and_department(tx):
    ids = tree(tx)
    lin = ensure_member(tx, "林晓雨", "Lin@X.example")
    ensure_member(tx, "顾明远", "gu@x.example")
    set_departments(tx, lin, [ids["shanghai"]])
    assert [m.name for m in list_members(tx, search="晓雨")[0]] == ["林晓雨"]
    assert [m.name for m in list_members(tx, search="lin@")[0]] == ["林晓雨"]
    assert [m.name for m in list_members(tx, department_id=ids["sales"])[0]] == ["林晓雨"]
    assert list_members(tx, search="%")[1] == 0
    assert [m.name for m in list_members(tx)[0]] == ["顾明远", "林晓雨"]


def test_one_address_is_one_member(tx):
    first = ensure_member(tx, "林晓雨", "lin@x.example")
    assert ensure_member(tx, "林晓雨", " LIN@x.example ", account_id=7) == first
    assert ensure_member(tx, "林晓雨", None, account_id=7) == first


def test_an_unknown_role_is_refused_with_the_nearest(tx):
    ensure_role(tx, "seller", "业务员")
    with pytest.raises(Rejected) as error:
        set_roles(tx, ensure_member(tx, "甲", "a@x.example"), {"seler"})
    assert 'did you mean "seller"' in error.value.problems[0].message


def test_an_actor_is_kept_while_nobody_changes_and_never_longer(begin):
    with begin() as tx:
        ensure_role(tx, "seller", "业务员")
        member = ensure_member(tx, "陈思远", "chen@kept.example")
        set_departments(tx, member, [create_department(tx, "留用部")])
    with begin() as tx:
        before = build_actor(tx, member, locale="en")
        kept = build_actor(tx, member)
    assert (kept.departments, kept.locale, before.locale) == (before.departments, "zh-CN", "en")
    with begin() as tx:
        set_roles(tx, member, {"seller"})
    with begin() as tx:
        assert build_actor(tx, member).roles == {"seller"}
        remove = ensure_member(tx, "陈思远", "chen@kept.example")
        set_departments(tx, remove, [])
    with begin() as tx:
        assert build_actor(tx, member).departments == frozenset()


def test_an_actor_from_memory_asks_the_database_nothing(begin, database):
    with begin() as tx:
        member = ensure_member(tx, "何佳怡", "he@kept.example")
        set_roles(tx, member, set())
    with begin() as tx:
        build_actor(tx, member)
    asked: list[str] = []

    def note(_connection, _cursor, statement, _parameters, _context, _many):
        asked.append(statement)

    with begin() as tx:
        assert "_._people" in tx.settings
        event.listen(database, "before_cursor_execute", note)
        build_actor(tx, member)
        event.remove(database, "before_cursor_execute", note)
    assert asked == []
