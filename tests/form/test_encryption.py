"""Encrypted fields: nobody reads a value out of the database, and who knows it finds its record."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Connection, inspect, text
from sqlalchemy.schema import CreateTable

from dougong.vault.box import Box
from dougong.vault.cipher import WorkspaceCipher
from dougong.workspace.transactions import Workspaces
from engines.form.bulk import BulkPlan, apply_chunk, begin_bulk, refused_rows, stage_rows, undo_chunk
from engines.form.checks import check_form
from engines.form.compile import collect, compile_forms
from engines.form.fields import FIELD_TYPES
from engines.form.form import Forms
from engines.form.history import changes
from engines.form.query import Query, Sort, get_record, list_records
from engines.form.records import create_record, delete_record, restore_record, update_record
from engines.form.transaction import SYSTEM, Actor
from engines.kernel.problems import ProblemError, Rejected
from engines.report.columns import item_of
from tests.form import company
from tests.form.build import create_tables, field, form

SECRET = "11010519491231002X"
OTHER = "440308199901010012"
CARD = "6222021234567890"
PERSON = form(
    "person",
    field("name", "text"),
    field("card", "id_card", encrypted=True, unique=True, mask={"kind": "id"}),
    field("note", "textarea", encrypted=True),
    {
        "key": "accounts",
        "type": "subform",
        "label": "Accounts",
        "fields": [field("bank", "text"), field("number", "text", encrypted=True, unique=True)],
    },
    title_field="name",
)
GROUPS = [
    {
        "kind": "group",
        "key": key,
        "title": key,
        "form": "person",
        "members": {"people": [number]},
        "operations": ["read", "create", "update"],
        "rows": [{"scope": "all"}],
        "fields": {"*": "edit", **fields},
        **more,
    }
    for number, (key, fields, more) in enumerate(
        (
            ("masked", {}, {}),
            ("full", {}, {"unmask": ["card"]}),
            ("blind", {"card": "hidden", "note": "hidden", "accounts": "hidden"}, {}),
        ),
        1,
    )
]
MASKED, FULL, BLIND = (Actor(number, f"n{number}") for number in (1, 2, 3))


def made_with(keys: list[str], workspace: str, *documents: dict[str, Any]) -> Forms:
    return compile_forms("enc", documents or (PERSON, *GROUPS), cipher=WorkspaceCipher(Box(keys), workspace))


@pytest.fixture(scope="module")
def people(workspaces: Workspaces, workspace: Any) -> Forms:
    made = made_with(["test-key"], workspace.key)
    with workspaces.begin(workspace, SYSTEM, publish=True) as tx:
        create_tables(tx.connection, made)
    return made


@pytest.fixture
def begin(workspaces: Workspaces, workspace: Any, people: Forms) -> Iterator[Any]:
    """Transactions on empty tables."""
    with workspaces.begin(workspace, SYSTEM, publish=True) as tx:
        company.emptied(tx, people)

    @contextmanager
    def begun(actor: Actor = SYSTEM) -> Iterator[Any]:
        with workspaces.begin(workspace, actor) as tx:
            yield tx

    return begun


def nowhere(connection: Connection, *values: str) -> None:
    """No table of the workspace holds any of these values, in whatever column."""
    for table in inspect(connection).get_table_names():
        for (row,) in connection.execute(text(f'SELECT t::text FROM "{table}" t')):
            for value in values:
                assert value not in row and value.lower() not in row.lower(), (table, row)


def zhang(**more: Any) -> dict[str, Any]:
    rows = [{"bank": "ICBC", "number": CARD}]
    return {"name": "张三", "card": SECRET, "note": "likes\nstrong tea", "accounts": rows, **more}


def test_no_table_holds_what_was_entered_whatever_is_done_with_it(begin: Any, people: Forms) -> None:
    form = people.get("person")
    values = (SECRET, OTHER, CARD, "strong tea", "weak tea", "9988776655")
    with begin() as tx:
        saved = create_record(tx, form, zhang())
        nowhere(tx.connection, *values)
        again = get_record(tx, form, saved.id)
        assert (again.values["card"], again.values["note"]) == (SECRET, "likes\nstrong tea")
        assert again.values["accounts"][0]["number"] == CARD
        rows = [{**again.values["accounts"][0], "number": "9988776655"}]
        update_record(tx, form, saved.id, {"card": OTHER, "note": "weak tea", "accounts": rows}, version=1)
        assert not update_record(tx, form, saved.id, {"card": OTHER}).changed
        nowhere(tx.connection, *values)
        told = {one.path: (one.old, one.new) for one in changes(tx, form, saved.id)[0].fields}
        assert told["card"] == (SECRET, OTHER) and told["accounts.number"] == (CARD, "9988776655")
        delete_record(tx, form, saved.id)
        restore_record(tx, form, saved.id)
        nowhere(tx.connection, *values)


def test_bulk_work_keeps_nothing_of_it_either(begin: Any, people: Forms) -> None:
    form = people.get("person")
    values = (SECRET, OTHER, "strong tea", "weak tea", "no-card-1234")
    with begin() as tx:
        plan = BulkPlan(("name", "card", "note"), "upsert", "card")
        rows = [["a", SECRET, "strong tea"], ["b", SECRET, "x"], ["c", "no-card-1234", "y"]]
        ledger = begin_bulk(tx, form, plan)
        staged = stage_rows(tx, form, ledger, rows, 1)
        assert [one.row for one in staged.bad] == [2, 3]
        nowhere(tx.connection, *values)
        assert apply_chunk(tx, form, ledger.id).finished
        assert [one.raw[1] for one in refused_rows(tx, form, ledger.id)] == [SECRET, "no-card-1234"]
        second = begin_bulk(tx, form, plan)
        assert not stage_rows(tx, form, second, [["a2", SECRET, "weak tea"]], 1).bad
        nowhere(tx.connection, *values)
        apply_chunk(tx, form, second.id)
        assert get_record(tx, form, 1).values["note"] == "weak tea"
        nowhere(tx.connection, *values)
        undo_chunk(tx, form, second.id)
        assert get_record(tx, form, 1).values["note"] == "strong tea"
        nowhere(tx.connection, *values)


def test_a_whole_value_finds_its_record_and_nothing_else_does(begin: Any, people: Forms) -> None:
    form = people.get("person")
    with begin() as tx:
        create_record(tx, form, zhang())
        create_record(tx, form, {"name": "李四"})

        def found(condition: dict[str, Any]) -> list[int]:
            return [one.id for one in list_records(tx, form, Query(filter=condition, sort=(Sort("name"),))).rows]

        assert found({"field": "card", "op": "eq", "value": SECRET.lower()}) == [1]
        assert found({"field": "card", "op": "eq", "value": SECRET[:6]}) == []
        assert found({"field": "card", "op": "ne", "value": SECRET}) == [2]
        assert found({"field": "card", "op": "in", "value": [OTHER, SECRET]}) == [1]
        assert found({"field": "card", "op": "nin", "value": [SECRET]}) == [2]
        assert found({"field": "card", "op": "empty"}) == [2]
        assert found({"field": "note", "op": "filled"}) == [1]
        assert found({"field": "accounts.number", "op": "eq", "value": CARD}) == [1]
        for op in ("contains", "starts"):
            with pytest.raises(Rejected) as refused:
                found({"field": "card", "op": op, "value": "110"})
            assert refused.value.problems[0].code == "filter.operator"
        for query in (Query(sort=(Sort("card"),)), Query(filter={"expression": 'card = "x"'})):
            with pytest.raises(ProblemError) as wrong:
                list_records(tx, form, query)
            assert wrong.value.problems[0].code in ("query.not_sortable", "formula.encrypted")
        assert [one.id for one in list_records(tx, form, Query(search=SECRET)).rows] == [1]
        assert [one.id for one in list_records(tx, form, Query(search=SECRET[:8])).rows] == []
        assert [one.id for one in list_records(tx, form, Query(search=f"张 {SECRET}")).rows] == [1]


def test_rights_and_masks_come_first(begin: Any, people: Forms) -> None:
    form = people.get("person")
    with begin() as tx:
        create_record(tx, form, zhang())
        update_record(tx, form, 1, {"card": OTHER})
    with begin(MASKED) as tx:
        assert get_record(tx, form, 1).values["card"] == "440***********0012"
        assert changes(tx, form, 1)[0].fields[0].old == "110***********002X"
        assert not update_record(tx, form, 1, {"card": "440***********0012"}).changed
        assert list_records(tx, form, Query(search=OTHER)).rows == ()
        assert len(list_records(tx, form, Query(filter={"field": "card", "value": OTHER})).rows) == 1
    with begin(FULL) as tx:
        assert get_record(tx, form, 1).values["card"] == OTHER
        assert len(list_records(tx, form, Query(search=OTHER)).rows) == 1
    with begin(BLIND) as tx:
        assert not {"card", "note", "accounts"} & set(get_record(tx, form, 1).values)
        assert list_records(tx, form, Query(filter={"field": "card", "value": OTHER})).rows == ()
        assert list_records(tx, form, Query(search=OTHER)).rows == ()


def test_it_can_be_unique_and_the_refusal_does_not_name_it(begin: Any, people: Forms) -> None:
    form = people.get("person")
    with begin() as tx:
        create_record(tx, form, zhang())
    for values in ({"name": "twin", "card": SECRET.lower()}, {"name": "x" * 20_000, "card": SECRET}):
        with pytest.raises(Rejected) as refused, begin() as tx:
            create_record(tx, form, values)
        problem = next(one for one in refused.value.problems if one.code == "record.not_unique")
        assert problem.params["holder"] == "张三" and SECRET not in str(problem.as_dict())
    with pytest.raises(Rejected) as refused, begin() as tx:
        rows = [{"bank": "a", "number": "1"}, {"bank": "b", "number": "1"}]
        create_record(tx, form, {"name": "rows", "accounts": rows})
    assert refused.value.problems[0].code == "subform.not_unique"


def test_under_an_older_key_a_value_is_read_found_and_unique(begin: Any, people: Forms, workspace: Any) -> None:
    with begin() as tx:
        create_record(tx, people.get("person"), zhang())
        newer = made_with(["newer", "test-key"], workspace.key).get("person")
        assert get_record(tx, newer, 1).values["card"] == SECRET
        assert len(list_records(tx, newer, Query(filter={"field": "card", "value": SECRET})).rows) == 1
        with pytest.raises(Rejected) as refused:
            create_record(tx, newer, {"name": "twin", "card": SECRET})
        assert refused.value.problems[0].code == "record.not_unique"
        gone = made_with(["newer"], workspace.key).get("person")
        with pytest.raises(Rejected) as lost:
            get_record(tx, gone, 1)
        assert lost.value.problems[0].code == "vault.no_key"


def test_digests_differ_between_fields_and_workspaces() -> None:
    forms = [made_with(["k"], name, PERSON, *GROUPS).get("person") for name in ("one", "two")]
    fields = [made.fields[key] for made in forms for key in ("card", "note")]
    assert len({one.type.to_columns("same", one)[one.digest_key] for one in fields}) == 4


def test_every_kind_of_text_can_be_encrypted(workspace: Any) -> None:
    kinds = [key for key in FIELD_TYPES.keys() if FIELD_TYPES.get(key, "type").may_be_encrypted]  # noqa: SIM118
    assert kinds == ["text", "textarea", "phone", "email", "url", "id_card", "plate"]
    for kind in kinds:
        made = made_with(["k"], "w", form("x", field("it", kind, encrypted=True))).get("x")
        one = made.fields["it"]
        assert {"it", "it__digest"} <= set(made.table.c.keys())
        for _, value in one.type.samples():
            written = one.type.to_columns(value, one)
            assert set(written) == {"it", "it__digest"} and value not in str(written)
            assert one.type.from_column(written["it"], one) == value
        assert one.type.operators(one) == ("eq", "ne", "in", "nin", "empty", "filled") and not one.type.sort_columns(
            one
        )


def test_without_keys_nothing_is_stored() -> None:
    one = compile_forms("enc", [PERSON, *GROUPS]).get("person").fields["card"]
    with pytest.raises(Rejected) as refused:
        one.type.to_columns(SECRET, one)
    assert refused.value.problems[0].code == "encrypted.no_keys"


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"title_field": "card"}, "encrypted.no_title"),
        ({"fields": [field("n", "number", encrypted=True)]}, "encrypted.not_a_text"),
        (
            {"fields": [field("f", "formula", {"expression": 'CONCAT(card, "x")', "result": "text"})]},
            "formula.encrypted",
        ),
        ({"fields": [field("d", "text", default="card")]}, "formula.encrypted"),
        ({"views": [{"key": "v", "title": "v", "sort": [{"field": "card"}]}]}, "encrypted.exact_only"),
    ],
)
def test_what_would_tell_or_keep_the_value_is_refused_when_it_is_designed(more: dict[str, Any], code: str) -> None:
    document = {**PERSON, **more, "fields": [*PERSON["fields"], *more.get("fields", ())]}
    collected = collect("enc", [document, *GROUPS])
    problems = [*collected.problems.get(("form", "person"), ()), *check_form(collected.forms.get("person"))]
    assert code in {one.code for one in problems}, problems


def test_rules_may_read_it_while_it_is_written(begin: Any, people: Forms, workspace: Any) -> None:
    rule = {"key": "adult", "check": 'card <> "' + SECRET + '"', "message": "not this one", "field": "card"}
    ruled = made_with(["test-key"], workspace.key, {**PERSON, "rules": [rule]}, *GROUPS).get("person")
    with begin() as tx, pytest.raises(Rejected):
        create_record(tx, ruled, zhang())


def test_a_copy_and_a_linkage_fill_sealed_fields_only(
    begin: Any, people: Forms, workspaces: Workspaces, workspace: Any
) -> None:
    def visit(*, encrypted: bool) -> dict[str, Any]:
        link = {"form": "person", "where": [{"field": "card", "value": "other"}], "take": "note"}
        return form(
            "visit",
            field("what", "text"),
            field("who", "relation", {"form": "person", "copy": [{"from": "card", "to": "card"}]}),
            field("card", "text", encrypted=encrypted),
            field("other", "text"),
            field("linked", "text", linkage=link, encrypted=encrypted),
            title_field="what",
        )

    open_ = collect("enc", [PERSON, *GROUPS, visit(encrypted=False)])
    problems = [one for one in check_form(open_.forms.get("visit")) if one.code == "encrypted.into_clear"]
    assert [one.path for one in problems] == ["fields.who.options.copy", "fields.linked.linkage"]
    forms = made_with(["test-key"], workspace.key, PERSON, *GROUPS, visit(encrypted=True))
    assert not list(check_form(forms.get("visit")))
    with workspaces.begin(workspace, SYSTEM, publish=True) as tx:
        tx.connection.execute(CreateTable(forms.get("visit").table))
    with begin() as tx:
        create_record(tx, forms.get("person"), zhang())
        made = create_record(tx, forms.get("visit"), {"what": "v", "who": 1, "other": "x"})
        assert get_record(tx, forms.get("visit"), made.id).values["card"] == SECRET
        nowhere(tx.connection, SECRET)


def test_reports_do_not_group_by_it(begin: Any, people: Forms) -> None:
    with pytest.raises(Rejected) as refused:
        item_of(people.get("person"), "card", path="card")
    assert refused.value.problems[0].code == "encrypted.exact_only"
