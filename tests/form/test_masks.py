"""Masked fields: who may not read them in full gets no more than the mask tells, wherever the value is read."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Text, literal, select

from engines.form.compile import collect
from engines.form.form import Forms
from engines.form.history import changes
from engines.form.protect.masks import KINDS, Mask
from engines.form.query import Query, Sort, get_record, list_records, pick
from engines.form.records import create_record, update_record
from engines.form.transaction import SYSTEM, Actor
from engines.kernel.problems import Conflict
from tests.form.build import OTHER, create_tables, field, form, forms

PERSON = form(
    "person",
    field("name", "text", mask={"kind": "name"}, unique=True),
    field("phone", "phone", {"kind": "any"}, mask={"kind": "phone"}),
    field("mail", "email", mask={"kind": "email"}),
    field("note", "text"),
    {
        "key": "kids",
        "type": "subform",
        "label": "Kids",
        "fields": [field("card", "text", mask={"kind": "custom", "keep_end": 2})],
    },
    title_field="name",
)
VISIT = form("visit", field("who", "relation", {"form": "person"}), field("what", "text"), title_field="what")


def group(key: str, form_key: str, person: int, **more):
    rights = {"operations": ["read", "create", "update"], "rows": [{"scope": "all"}], "fields": {"*": "edit"}}
    return {
        "kind": "group",
        "key": key,
        "title": key,
        "form": form_key,
        "members": {"people": [person]},
        **rights,
        **more,
    }


GROUPS = [
    group("plain", "person", 1),
    group("full", "person", 2, unmask=["name", "phone", "mail", "kids.card"]),
    group("own", "person", 3),
    group("own_full", "person", 3, rows=[{"member": "_owner"}], unmask=["phone"]),
    *(group(f"visits{one}", "visit", one) for one in (1, 2, 3)),
]
PLAIN, FULL, OWN = (Actor(number, f"n{number}") for number in (1, 2, 3))
ZHANG = {
    "name": "张三丰",
    "phone": "13812348000",
    "mail": "zhang@site.cn",
    "note": "x",
    "kids": [{"card": "A1234"}],
}


@pytest.fixture(scope="module")
def people(workspaces, workspace) -> Forms:
    made = forms(PERSON, VISIT, *GROUPS, app="mask")
    with workspaces.begin(workspace, SYSTEM, publish=True) as tx:
        create_tables(tx.connection, made)
        create_record(tx, made.get("person"), {**ZHANG, "_owner": None})
        create_record(tx, made.get("person"), {"name": "李四", "phone": "13900001111"})
        create_record(tx, made.get("visit"), {"who": 1, "what": "first"})
    return made


@pytest.mark.parametrize("kind", KINDS)
def test_masks_say_the_same_in_python_and_in_the_database(kind: str, conn: Connection) -> None:
    mask = Mask.of({"kind": kind, "keep_start": 2, "keep_end": 3})

    @settings(deadline=None, max_examples=25)
    @given(st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), min_size=1, max_size=20))
    def one(text: str) -> None:
        shown = conn.execute(select(mask.sql(literal(text, Text())))).scalar()
        assert shown == mask.text(text)

    one()
    for text in ("@", "a@b", "@b", "张", "13812348000"):
        one.hypothesis.inner_test(text)
    assert conn.execute(select(mask.sql(literal(None, Text())))).scalar() is None
    assert mask.text(None) is None


def test_who_may_not_read_in_full_sees_the_mask_everywhere(people, begin):
    person, visit = people.get("person"), people.get("visit")
    with begin(PLAIN) as tx:
        record = get_record(tx, person, 1)
        shown = ("张**", "138****8000", "z***@site.cn", "***34")
        assert (*(record.values[key] for key in ("name", "phone", "mail")), record.values["kids"][0]["card"]) == shown
        assert record.title == "张**"
        rows = list_records(tx, person, Query(("name", "phone"))).rows
        assert {one.values["phone"] for one in rows} == {"138****8000", "139****1111"}
        assert {one.title for one in pick(tx, person)} == {"李*", "张**"}
        assert get_record(tx, visit, 1).values["who"].title == "张**"
    with begin(FULL) as tx:
        assert get_record(tx, person, 1).values["phone"] == "13812348000"
        assert get_record(tx, visit, 1).values["who"].title == "张三丰"


def test_filters_sorts_and_the_search_tell_no_more_than_the_mask(people, begin):
    person = people.get("person")

    def found(tx, **asked) -> list[int]:
        return sorted(one.id for one in list_records(tx, person, Query(("phone",), **asked)).rows)

    def by(op: str, value):
        return {"filter": {"field": "phone", "op": op, "value": value}}

    with begin(PLAIN) as tx:
        assert found(tx, **by("contains", "1234")) == []
        assert found(tx, **by("starts", "1381")) == []
        assert found(tx, **by("starts", "138")) == [1]
        assert found(tx, **by("eq", "13812348000")) == [1]  # who knows it may ask for it
        assert found(tx, **by("ne", "13812348000")) == [2]
        assert found(tx, filter={"expression": 'CONTAINS(phone, "1234")'}) == []
        assert found(tx, search="12348000") == []
        assert found(tx, search="张三丰") == []
        page = list_records(tx, person, Query(("phone",), sort=(Sort("name"),), limit=1))
        assert "三" not in str(page.next_cursor)
    with begin(FULL) as tx:
        assert found(tx, **by("contains", "1234")) == [1]
        assert found(tx, search="12348000") == [1]


def test_the_right_reaches_as_far_as_the_rows_of_its_group(people, begin):
    person = people.get("person")
    with begin(SYSTEM) as tx:
        mine = create_record(tx, person, {"name": "王五", "phone": "13500002222"}).id
        tx.connection.exec_driver_sql(f"UPDATE mask__person SET _owner = {OWN.id} WHERE id = {mine}")
    with begin(OWN) as tx:
        shown = {one.id: one.values["phone"] for one in list_records(tx, person, Query(("phone",))).rows}
    assert (shown[mine], shown[1]) == ("13500002222", "138****8000")


def test_the_mask_that_is_sent_back_changes_nothing_and_a_new_value_counts(people, begin):
    person = people.get("person")
    with begin(PLAIN) as tx:
        read = get_record(tx, person, 1).values
        base = {key: read[key] for key in ("name", "phone", "mail")}
        kids = [dict(row) for row in read["kids"]]
        saved = update_record(tx, person, 1, {**base, "note": "y", "kids": kids}, base={**base, "note": "x"})
        assert saved.changed
    with begin(FULL) as tx:
        full = get_record(tx, person, 1).values
        assert (full["phone"], full["mail"], full["kids"][0]["card"]) == ("13812348000", "zhang@site.cn", "A1234")
    with begin(PLAIN) as tx:
        update_record(tx, person, 1, {"phone": "13700009999"}, base={"phone": "138****8000"})
        told = [(one.path, one.old, one.new) for change in changes(tx, person, 1) for one in change.fields]
        assert ("phone", "138****8000", "137****9999") in told
        with pytest.raises(Conflict) as caught:
            update_record(tx, person, 1, {"phone": "13600000000"}, base={"phone": "138****8000"})
    assert "137****9999" in str(caught.value.problems[0].params)
    assert "13700009999" not in str(caught.value.problems[0])


def test_masks_and_rights_are_checked_with_the_documents():
    wrong = form("a", field("n", "number", mask={"kind": "all"}), field("t", "text"))
    problems = [one for found in collect("app", [wrong, OTHER]).problems.values() for one in found]
    assert [one.code for one in problems] == ["mask.not_a_text"]
