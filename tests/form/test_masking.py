"""The right to reveal: one masked value at a time, each showing in the log, and nothing more anywhere else."""

import pytest
from sqlalchemy import select

from engines.form.form import Forms
from engines.form.groups import GroupKind
from engines.form.protect.reveal import MOST, MOST_COMPARED, TooMany, reveal, revealable, showings
from engines.form.protect.tables import SHOWING
from engines.form.query import Query, get_record, list_records
from engines.form.records import create_record, update_record
from engines.form.sources import differences
from engines.form.transaction import SYSTEM, Actor
from engines.kernel.layers import Effective
from engines.kernel.problems import Forbidden, NotFound, Rejected
from tests.form.build import create_tables, field, form, forms

GUEST = form(
    "guest",
    field("name", "text"),
    field("phone", "phone", {"kind": "any"}, mask={"kind": "phone"}),
    field("secret", "text", mask={"kind": "all"}),
    {
        "key": "kids",
        "type": "subform",
        "label": "Kids",
        "fields": [field("card", "text", mask={"kind": "custom", "keep_end": 2})],
    },
    title_field="name",
)


def group(key: str, person: int, **more):
    return {
        "kind": "group",
        "key": key,
        "title": key,
        "form": "guest",
        "members": {"people": [person]},
        "operations": ["read", "create", "update"],
        "rows": [{"scope": "all"}],
        "fields": {"*": "edit"},
        **more,
    }


GROUPS = [
    group("plain", 1),
    group("clerks", 2, reveal=["phone", "kids.card"]),
    group("readers", 3),
    group("owners", 3, rows=[{"member": "_owner"}], reveal=["phone"]),
    group("bosses", 4, unmask=["phone"], reveal=["phone", "secret"]),
    group("blind", 5, reveal=["phone"], fields={"*": "edit", "phone": "hidden"}),
]
PLAIN, CLERK, OWNER, BOSS, BLIND = (Actor(number, f"n{number}") for number in range(1, 6))
FULL = "13812348000"


@pytest.fixture(scope="module")
def guests(workspaces, workspace) -> Forms:
    made = forms(GUEST, *GROUPS, app="masking")
    with workspaces.begin(workspace, SYSTEM, publish=True) as tx:
        create_tables(tx.connection, made)
        one = {"name": "Li", "phone": FULL, "secret": "s3cret", "kids": [{"card": "A1234"}]}
        create_record(tx, made.get("guest"), {**one, "_owner": None})
        create_record(tx, made.get("guest"), {"name": "Wu", "phone": "13900001111"})
        tx.connection.exec_driver_sql("UPDATE masking__guest SET _owner = 3 WHERE id = 2")
    return made


@pytest.fixture(autouse=True)
def nothing_shown(guests, begin):
    with begin(SYSTEM) as tx:
        tx.connection.execute(SHOWING.delete())


def lines(tx) -> list[tuple]:
    columns = [SHOWING.c.actor, SHOWING.c.record_id, SHOWING.c.path, SHOWING.c.row_id]
    return [tuple(row) for row in tx.connection.execute(select(*columns).order_by(SHOWING.c.id))]


def test_who_may_reveal_sees_the_mask_until_one_value_is_shown_and_the_log_tells_it(guests, begin):
    guest = guests.get("guest")
    with begin(CLERK) as tx:
        read = get_record(tx, guest, 1)
        assert read.values["phone"] == "138****8000"
        assert revealable(tx, guest, 1) == {"phone", "kids.card"}
        assert reveal(tx, guest, 1, "phone") == FULL
        assert reveal(tx, guest, 1, "kids.card", read.values["kids"][0]["id"]) == "A1234"
        assert get_record(tx, guest, 1).values["phone"] == "138****8000", "the next page shows the mask again"
        contains = {"field": "phone", "op": "contains", "value": "1234"}
        assert list_records(tx, guest, Query(("phone",), contains)).rows == ()
    with begin(SYSTEM) as tx:
        assert lines(tx) == [(2, 1, "phone", None), (2, 1, "kids.card", read.values["kids"][0]["id"])]
        told = showings(tx, guest, 1)
        assert [(one.actor, one.path) for one in told] == [(2, "kids.card"), (2, "phone")]
        assert FULL not in str(told), "the log does not keep the value"
    with begin(PLAIN) as tx, pytest.raises(Forbidden):
        showings(tx, guest, 1)


def test_nobody_else_is_shown_anything_and_a_refusal_leaves_no_line(guests, begin):
    guest = guests.get("guest")
    for actor, path in ((PLAIN, "phone"), (CLERK, "secret"), (OWNER, "phone"), (BLIND, "phone"), (BOSS, "phone")):
        with begin(actor) as tx:
            assert path not in revealable(tx, guest, 1)
            with pytest.raises((Forbidden, NotFound)) as caught:
                reveal(tx, guest, 1, path)
            assert FULL not in str(caught.value)
    with begin(CLERK) as tx:
        for path, row, error in (
            ("name", None, Rejected),
            ("nothing", None, NotFound),
            ("kids.card", 99, NotFound),
            ("kids.card", None, NotFound),
            ("phone", 1, NotFound),
        ):
            with pytest.raises(error):
                reveal(tx, guest, 1, path, row)
        with pytest.raises(NotFound):
            reveal(tx, guest, 77, "phone")
        assert lines(tx) == []


def test_the_right_reaches_as_far_as_the_rows_of_its_group(guests, begin):
    guest = guests.get("guest")
    with begin(OWNER) as tx:
        assert (revealable(tx, guest, 1), revealable(tx, guest, 2)) == (frozenset(), {"phone"})
        assert reveal(tx, guest, 2, "phone") == "13900001111"
    with begin(BOSS) as tx:
        assert revealable(tx, guest, 1) == {"secret"}, "what is read in full needs no showing"


def test_after_so_many_values_the_next_one_has_to_wait(guests, begin):
    guest = guests.get("guest")
    with begin(CLERK) as tx:
        line = {"at": tx.now, "actor": CLERK.id, "origin": "page", "form": guest.table.name}
        every = [{**line, "record_id": 1, "path": "phone", "row_id": None}] * (MOST - 1)
        tx.connection.execute(SHOWING.insert(), every)
        assert reveal(tx, guest, 1, "phone") == FULL
        with pytest.raises(TooMany) as caught:
            reveal(tx, guest, 1, "phone")
        assert caught.value.status == 429
    with begin(BOSS) as tx:
        assert reveal(tx, guest, 1, "secret") == "s3cret", "others are not held back"


def test_a_right_names_masked_fields_that_are_there():
    def told(**more) -> list[tuple[str, str]]:
        document = group("g", 1, **more)
        effective = Effective({("form", "guest"): GUEST, ("group", "g"): document})
        return [(one.code, one.path) for one in GroupKind().check(document, effective)]

    assert told(reveal=["phone", "kids.card"]) == []
    assert told(reveal=["name"], unmask=["nothing"]) == [
        ("field.unknown", "unmask[0]"),
        ("group.not_masked", "reveal[0]"),
    ]


def test_what_is_read_behind_a_mask_is_not_copied_and_a_copy_made_before_stays(workspaces, workspace, begin):
    copy = [{"from": "phone", "to": "tel"}, {"from": "name", "to": "called"}]
    who = field("who", "relation", {"form": "guest", "copy": copy})
    trip = form("trip", field("note", "text"), who, field("tel", "text"), field("called", "text"))
    guest = form("guest", *GUEST["fields"][:2], title_field="name")
    full = group("full", 4, unmask=["phone"])
    rights = [{**group(f"t{one}", one), "form": "trip"} for one in (1, 4)]
    made = forms(guest, trip, group("plain", 1), full, *rights, app="copied")
    with workspaces.begin(workspace, SYSTEM, publish=True) as tx:
        create_tables(tx.connection, made)
        create_record(tx, made.get("guest"), {"name": "Li", "phone": FULL})
        create_record(tx, made.get("guest"), {"name": "Wu", "phone": "13900001111"})
    form_ = made.get("trip")
    with begin(PLAIN) as tx:
        mine = create_record(tx, form_, {"who": 1}).id
        assert (get_record(tx, form_, mine).values["tel"], get_record(tx, form_, mine).values["called"]) == (None, "Li")
    with begin(BOSS) as tx:
        theirs = create_record(tx, form_, {"who": 1}).id
        assert get_record(tx, form_, theirs).values["tel"] == FULL
    with begin(PLAIN) as tx:
        assert differences(tx, form_, get_record(tx, form_, theirs)) == []
        update_record(tx, form_, theirs, {"who": {"id": 1, "refresh": True}})
        assert get_record(tx, form_, theirs).values["tel"] == FULL, "nothing is lost to somebody who sees less"
        update_record(tx, form_, theirs, {"who": 2})
        assert get_record(tx, form_, theirs).values["tel"] is None, "and nothing is kept of another source"


def test_a_list_of_all_that_may_stand_behind_a_mask_is_refused(guests, begin):
    guest = guests.get("guest")
    one = {"field": "phone", "op": "eq", "value": FULL}
    other = {"field": "phone", "op": "eq", "value": "13812340000"}
    child = {"field": "kids.card", "op": "in", "value": ["A1234", "A1235"]}
    many = {"field": "phone", "op": "in", "value": [f"138{number:04}8000" for number in range(150)]}
    with begin(CLERK) as tx:
        assert len(list_records(tx, guest, Query(("name",), one)).rows) == 1, "who knows one may ask for it"
        for wrong in (many, child, {"or": [one, other]}, {"and": [one, {"or": [child]}]}):
            with pytest.raises(Rejected) as caught:
                list_records(tx, guest, Query(("name",), wrong))
            assert caught.value.problems[0].code == "mask.one_value"
    with begin(BOSS) as tx:
        assert len(list_records(tx, guest, Query(("name",), {"or": [one, other]})).rows) == 1


def test_a_question_by_the_whole_value_is_written_down_and_so_many_are_enough(guests, workspaces, workspace):
    guest = guests.get("guest")

    def ask(who: Actor, given: dict, *, read_only: bool = True) -> int:
        with workspaces.begin(workspace, who, read_only=read_only) as tx:
            return len(list_records(tx, guest, Query(("name",), given)).rows)

    def told() -> list[tuple]:
        with workspaces.begin(workspace, SYSTEM) as tx:
            return lines(tx)

    exact = {"field": "phone", "op": "eq", "value": FULL}
    assert ask(CLERK, exact) == 1 and ask(CLERK, exact, read_only=False) == 1
    assert ask(CLERK, {"field": "kids.card", "op": "ne", "value": "A1235"}) == 1
    phone, card = (CLERK.id, 0, "phone", None), (CLERK.id, 0, "kids.card", None)
    assert told() == [phone, phone, card]
    assert ask(BOSS, exact) == 1 and ask(CLERK, {"field": "phone", "op": "starts", "value": "138"}) == 1
    assert ask(CLERK, {"field": "name", "op": "eq", "value": "Li"}) == 1
    assert len(told()) == 3, (
        "who reads it in full, a part that anybody sees, and a field without a mask tell nothing new"
    )
    with workspaces.begin(workspace, SYSTEM) as tx:
        line = {"at": tx.now, "actor": CLERK.id, "origin": "api", "form": guest.table.name, "record_id": 0}
        tx.connection.execute(SHOWING.insert(), [{**line, "path": "phone", "row_id": None}] * (MOST_COMPARED - 3))
    with pytest.raises(TooMany) as caught:
        ask(CLERK, exact)
    assert caught.value.status == 429 and len(told()) == MOST_COMPARED
    assert ask(PLAIN, exact) == 1, "others are not held back"
    with workspaces.begin(workspace, CLERK) as tx:
        assert reveal(tx, guest, 1, "phone") == FULL, "what was asked for does not count as shown"
    with workspaces.begin(workspace, SYSTEM) as tx:
        first, second = showings(tx, guest, limit=2)
        assert (first.record, second.record, second.path) == (1, None, "phone")
