"""From one revision's tables to the next: the same catalog whichever way it was reached, and no value is lost."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from engines.form.ddl import Trashed, plan_tables
from engines.form.form import Forms
from tests.form.build import field, form, forms
from tests.form.house import SHARED, STATES, House, app

ROWS = [
    field("qty", "number"),
    field("price", "money"),
    field("product", "relation", {"form": "other"}),
    field("amount", "formula", {"expression": "ROUND(qty * price, 2)", "result": "money"}),
]
EVERYTHING = [
    field("no", "serial", {"segments": [{"key": "n", "kind": "counter", "digits": 4}]}),
    field("name", "text", unique=True),
    field("amount", "money"),
    field("due", "date"),
    field("state", "choice", STATES),
    field("tags", "choices", STATES),
    field("owner", "member"),
    field("team", "members"),
    field("parent", "relation", {"form": "sample"}),
    field("others", "relation", {"form": "other", "many": True}),
    field("files", "attachment"),
    field("mail", "email", unique=True),
    {**field("lines", "text"), "type": "subform", "fields": ROWS},
]
NET = field("net", "formula", {"expression": "SUM(lines.amount)", "result": "money"})


def test_a_plan_for_the_same_forms_is_empty() -> None:
    assert plan_tables(app(*EVERYTHING, NET), app(*EVERYTHING, NET, revision=2)) == []


def test_every_step_says_what_it_does() -> None:
    for step in plan_tables(None, app(*EVERYTHING)):
        assert step.phase == "prepare"
        assert step.about and step.code.startswith("ddl.") and step.params["form"] and step.undo
        assert not step.destructive


def test_prepare_can_be_taken_back(house: House) -> None:
    house.apply(None, app(field("name", "text")))
    before = house.catalog()
    steps = plan_tables(app(field("name", "text")), app(*EVERYTHING, revision=2))
    done = [step for step in steps if step.phase == "prepare"]
    for step in done:
        house.run(step.sql)
    assert house.catalog() != before
    for step in reversed(done):
        house.run(step.undo or "SELECT 1")
    assert house.catalog() == before


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.sampled_from(EVERYTHING), unique_by=lambda one: one["key"], min_size=1),
    st.lists(st.sampled_from(EVERYTHING), unique_by=lambda one: one["key"], min_size=1),
    st.booleans(),
)
def test_the_way_does_not_matter(house: House, before: list[Any], after: list[Any], twice: bool) -> None:
    """plan(old, new) leads to the same catalog as plan(None, new); going back leads to the old one."""
    titled = {"title_field": "name"} if "name" in [one["key"] for one in after] else {}
    old, new = app(*before), app(*after, revision=2, **titled)
    house.fresh()
    house.apply(None, new)
    wanted = house.catalog()
    house.fresh()
    house.apply(None, old)
    original = house.catalog()
    house.apply(old, new, twice=twice)
    assert house.catalog() == wanted
    gone = {one["key"]: one for one in before if one["key"] not in [other["key"] for other in after]}
    trash = {("sample", key): Trashed(2, one) for key, one in gone.items()}
    house.apply(new, app(*before, revision=3), trash=trash, twice=twice)
    assert house.catalog() == original


def test_a_removed_field_comes_back_with_its_values(house: House) -> None:
    old, new = app(field("name", "text"), field("owner", "member")), app(field("name", "text"), revision=2)
    house.apply(None, old)
    house.run("INSERT INTO _member (id, name, name__sort, is_active) VALUES (1, 'Lin', 'lin', true)")
    house.run("INSERT INTO app__sample (name, owner) VALUES ('a', 1)")
    steps = house.apply(old, new)
    assert [step.code for step in steps if step.destructive] == ["ddl.trash_column"]
    assert house.run(str(next(step.rows_query for step in steps if step.destructive)).replace("owner", "_x2_owner"))
    house.run("DELETE FROM _member")  # what is in the trash holds nobody back
    back = app(field("name", "text"), field("owner", "member"), revision=3)
    house.apply(new, back, trash={("sample", "owner"): Trashed(2, field("owner", "member"))})
    assert house.run("SELECT name, owner FROM app__sample").one() == ("a", None)


def test_rows_of_rows_go_and_come_back_alone_with_their_rows_and_with_the_form(house: House) -> None:
    parts = {**field("parts", "text"), "type": "subform", "fields": [*ROWS, field("name", "text", {"pinyin": True})]}
    outer = {**field("lines", "text"), "type": "subform", "fields": [field("note", "text"), parts]}
    plain = {**outer, "fields": [field("note", "text")]}
    whole, without, bare = app(outer), app(plain, revision=2), app(field("name", "text"), revision=4)
    house.apply(None, whole)
    assert plan_tables(whole, app(outer)) == []
    house.run("INSERT INTO app__sample DEFAULT VALUES")
    house.run("INSERT INTO app__sample__lines (_parent, _position, note) VALUES (1, 0, 'n')")
    house.run("INSERT INTO app__sample__lines__parts (_parent, _position, qty, price) VALUES (1, 0, 2, 3)")
    house.apply(whole, without)
    house.apply(without, app(outer, revision=3), trash={("sample", "lines.parts"): Trashed(2, parts)})
    house.apply(app(outer, revision=3), bare)
    steps = house.apply(bare, app(outer, revision=5), trash={("sample", "lines"): Trashed(4, outer)})
    joined = "app__sample__lines__parts p JOIN app__sample__lines l ON l.id = p._parent"
    assert house.run(f"SELECT qty, price, note FROM {joined}").one() == (2, 3, "n")
    assert house.run("SELECT amount FROM app__sample__lines__parts").scalar() == 6
    assert sum(step.code == "ddl.restore_table" for step in steps) == 2
    house.run("DELETE FROM app__sample")
    assert house.run("SELECT count(*) FROM app__sample__lines__parts").scalar() == 0
    catalog = house.catalog()
    house.fresh()
    house.apply(None, app(outer, revision=5))
    assert house.catalog() == catalog


def test_a_removed_form_comes_back_with_its_rows(house: House) -> None:
    whole = form("sample", field("name", "text"), {**field("lines", "text"), "type": "subform", "fields": ROWS})
    old, without, back = forms(whole), forms(revision=2), forms(whole, revision=3)
    house.apply(None, old)
    house.run("INSERT INTO app__sample (name) VALUES ('a')")
    house.run("INSERT INTO app__sample__lines (_parent, _position, qty) VALUES (1, 0, 2)")
    before = house.catalog()
    house.apply(old, without)
    assert house.run("SELECT to_regclass('app__sample')").scalar() is None
    house.apply(without, back, trash={("sample", ""): Trashed(2, whole)})
    assert house.catalog() == before
    assert house.run("SELECT s.name, l.qty FROM app__sample s JOIN app__sample__lines l ON l._parent = s.id").one() == (
        "a",
        2,
    )


def test_new_formulas_are_computed_for_records_that_are_there(house: House) -> None:
    lines = {**field("lines", "text"), "type": "subform"}
    old = app({**lines, "fields": ROWS[:3]})
    vip = field("vip", "formula", {"expression": "net > 10", "result": "boolean"})
    new = app({**lines, "fields": ROWS}, NET, vip, revision=2)
    house.apply(None, old)
    house.run("INSERT INTO app__sample DEFAULT VALUES")
    house.run("INSERT INTO app__sample__lines (_parent, _position, qty, price) VALUES (1, 0, 3, 1.335), (1, 1, 2, 5)")
    house.apply(old, new, twice=True)
    assert house.run("SELECT net, vip FROM app__sample").one() == (Decimal("14.01"), True)
    other = field("net", "formula", {"expression": "SUM(lines.amount) * 2", "result": "money"})
    house.apply(new, app({**lines, "fields": ROWS}, other, vip, revision=3))
    assert house.run("SELECT net FROM app__sample").scalar() == Decimal("28.02")


def test_kept_scores_follow_when_an_option_counts_more(house: House) -> None:
    def rated(counts: int, revision: int) -> Forms:
        options = {"choices": [{"key": "good", "score": counts}, {"key": "bad"}]}
        points = field("points", "formula", {"expression": "SCORE(grade)", "result": "number"})
        return app(field("grade", "choice", options), points, revision=revision)

    house.apply(None, rated(5, 1))
    house.run("INSERT INTO app__sample (grade) VALUES ('good'), ('bad')")
    house.apply(rated(5, 1), rated(8, 2), twice=True)
    assert list(house.run("SELECT points FROM app__sample ORDER BY id").scalars()) == [Decimal(8), None]


def test_a_field_made_unique_is_folded_first_and_then_holds(house: House) -> None:
    old, new = app(field("name", "text")), app(field("name", "text", unique=True), revision=2)
    house.apply(None, old)
    house.run("INSERT INTO app__sample (name) VALUES ('Müller'), ('ＡＢＣ')")
    house.apply(old, new)
    assert house.run("SELECT name__fold FROM app__sample ORDER BY id").scalars().all() == ["müller", "abc"]
    with pytest.raises(IntegrityError):
        house.run("INSERT INTO app__sample (name, name__fold) VALUES ('Abc', 'abc')")


def test_values_that_stand_against_uniqueness_are_counted_before(house: House) -> None:
    old, new = app(field("name", "text")), app(field("name", "text", unique=True), revision=2)
    house.apply(None, old)
    house.run("INSERT INTO app__sample (name) VALUES ('a'), ('A'), ('b')")
    step = next(one for one in plan_tables(old, new) if one.fails_query and "unique" not in one.about)
    assert house.run(str(step.fails_query)).scalar() == 2
    assert len(house.run(str(step.examples_query)).all()) == 1


def test_long_names_stay_within_63_bytes() -> None:
    key = "a" * 40
    inner = {**field(key, "text"), "type": "subform", "fields": [field("b" * 40, "members"), field("c" * 40, "text")]}
    compiled = forms(form("f" * 24, inner, field("d" * 40, "text", unique=True)), app="x" * 20)
    names = {table.name for table in compiled.metadata.tables.values()}
    for table in compiled.metadata.tables.values():
        names |= {str(one.name) for one in (*table.indexes, *table.foreign_key_constraints) if one.name}
    assert max(map(len, names)) <= 63
    assert len(names) == sum(
        1 + len(table.indexes) + len(table.foreign_key_constraints) for table in compiled.metadata.tables.values()
    )


def test_every_statement_is_one_statement() -> None:
    for step in plan_tables(None, app(*EVERYTHING)):
        assert ";" not in step.sql.removesuffix(";")
        text(step.sql)


def test_rows_become_records_of_their_own_and_rows_again(house: House) -> None:
    """Ids, values, links and what is computed come along both ways; what changed in between comes back."""
    inner = [
        field("qty", "number"),
        field("note", "text"),
        field("state", "choice", STATES),
        field("twice", "formula", {"expression": "qty * 2", "result": "number"}),
        field("others", "relation", {"form": "other", "many": True}),
        {**field("parts", "text"), "type": "subform", "fields": [field("name", "text")]},
    ]
    lines = {**field("lines", "text"), "type": "subform", "fields": inner}
    link = [{"key": "lines", "rows": "sample.lines", "parent": "owner_"}]
    owner = field("owner_", "relation", {"form": "sample"})

    def revision(number: int, *, split: bool) -> Forms:
        line = form("line", *inner, owner, same_rows=link)
        parts = (
            [form("sample", field("name", "text")), line] if split else [form("sample", field("name", "text"), lines)]
        )
        return forms(SHARED, *parts, revision=number)

    rows, records, again = revision(1, split=False), revision(2, split=True), revision(3, split=False)
    house.apply(None, rows)
    first = house.catalog()
    house.run("INSERT INTO app__other (name) VALUES ('a'), ('b')")
    house.run("INSERT INTO app__sample (name, _owner, _deleted_at) VALUES ('x', 7, NULL), ('y', 8, now())")
    house.run(
        "INSERT INTO app__sample__lines (_parent, _position, qty, note, state, twice)"
        " VALUES (1, 0, 5, 'n', 'open', 10), (1, 1, 2, NULL, NULL, 4), (2, 0, 9, 'z', 'done', 18)"
    )
    house.run("INSERT INTO app__sample__lines__others VALUES (1, 2, 0)")
    house.run("INSERT INTO app__sample__lines__parts (_parent, _position, name) VALUES (1, 0, 'p'), (3, 0, 'q')")
    steps = house.apply(rows, records, twice=True)
    assert house.run(
        "SELECT id, owner_, qty, note, state, twice, _owner, _deleted_at IS NULL FROM app__line ORDER BY 1"
    ).all() == [
        (1, 1, 5, "n", "open", 10, 7, True),
        (2, 1, 2, None, None, 4, 7, True),
        (3, 2, 9, "z", "done", 18, 8, False),
    ]
    assert house.run("SELECT * FROM app__line__others").all() == [(1, 2, 0)]
    assert house.run("SELECT id, _parent, name FROM app__line__parts").all() == [(1, 1, "p"), (2, 3, "q")]
    carry = next(step for step in steps if step.code == "ddl.carry")
    assert carry.params["source"] == ["sample", "lines"]
    house.run("UPDATE app__line SET qty = 6 WHERE id = 2")
    house.run("INSERT INTO app__line (owner_, qty) VALUES (1, 7), (NULL, 8)")
    lying = {
        ("sample", "lines"): Trashed(2, lines),
    }
    back = plan_tables(records, again, trash=lying)
    counted = next(step for step in back if step.code == "ddl.carry")
    assert house.run(str(counted.fails_query)).scalar() == 2
    for step in back:
        house.step(step, again)
    assert house.run("SELECT id, _parent, _position, qty, twice FROM app__sample__lines ORDER BY 1").all() == [
        (1, 1, 0, 5, 10),
        (2, 1, 1, 6, 12),
        (4, 1, 2, 7, 14),
    ]
    assert house.run("SELECT * FROM app__sample__lines__others").all() == [(1, 2, 0)]
    assert house.run("SELECT id, _parent, name FROM app__sample__lines__parts").all() == [(1, 1, "p")]
    assert house.catalog() == first
    assert house.run("SELECT count(*) FROM _x3_app__line").scalar() == 5
