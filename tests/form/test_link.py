"""A relation to one of several forms: written, read, filtered, followed by expressions and rights, and guarded."""

import secrets
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engines.form.bulk import BulkPlan, apply_chunk, begin_bulk, stage_rows
from engines.form.compile import collect, compile_forms
from engines.form.ddl import plan_tables
from engines.form.fields.base import Context
from engines.form.fields.link import FormLink
from engines.form.form import Forms
from engines.form.history import changes
from engines.form.importing import Importer, ImportPlan, Target, entries_of
from engines.form.query import Query, get_record, list_records
from engines.form.records import create_record, delete_record, update_record
from engines.kernel.problems import Conflict, NotFound, Rejected
from engines.report import reports_of
from engines.report.definition import Question
from engines.report.run import run
from tests.conftest import Begin
from tests.form import company
from tests.form.build import field, form
from tests.form.company import ADMINISTRATOR, ANA_SOL, LIN_YUE, WEI_YI, group

TARGETS = [{"key": "lead"}, {"key": "customer", "on_delete": "clear"}]
OWN = [{"scope": "own"}]


def documents(*groups: Any, targets: Any = TARGETS, **more: Any) -> list[Any]:
    counted = {"of": "visits", "aggregate": "count"}
    related = [{"key": "visits", "form": "visit", "field": "target", "columns": ["text"]}]
    return [
        form("lead", field("name", "text", unique=True), field("heat", "number"), title_field="name", related=related),
        form(
            "customer",
            field("name", "text"),
            field("grade", "text"),
            field("boss", "member"),
            field("count", "rollup", counted),
            title_field="name",
            related=related,
        ),
        form("deal", field("name", "text"), title_field="name"),
        form(
            "visit",
            field("text", "text"),
            field("target", "link", {"forms": targets}, **more),
            field("kind", "formula", {"expression": "target.form", "result": "text"}),
            field(
                "about", "formula", {"expression": 'target.customer.name & "/" & target.lead.name', "result": "text"}
            ),
            title_field="text",
            rules=[
                {
                    "key": "grade",
                    "check": 'target.customer.grade <> "Z"',
                    "message": "No Z",
                    "when": 'target.form = "customer"',
                }
            ],
        ),
        {"kind": "role", "key": "seller", "title": "Seller"},
        *groups,
    ]


@pytest.fixture(scope="module")
def made(workspaces, workspace) -> Forms:  # type: ignore[no-untyped-def]
    return company.installed(workspaces, workspace, compile_forms("tg", documents()))


@pytest.fixture
def world(begin: Begin, made: Forms) -> dict[str, Any]:
    """A lead, two customers and a visit to the first of them."""
    ids: dict[str, Any] = {}
    with begin(publish=True) as tx:
        company.emptied(tx, made)
    with begin(ADMINISTRATOR) as tx:
        ids["lead"] = create_record(tx, made.get("lead"), {"name": "Hot", "heat": 9, "_owner": 1}).id
        given = {"name": "Acme", "grade": "A", "boss": 2, "_owner": 1}
        ids["acme"] = create_record(tx, made.get("customer"), given).id
        ids["zeta"] = create_record(tx, made.get("customer"), {"name": "Zeta", "grade": "Z", "_owner": 2}).id
        target = {"form": "customer", "id": ids["acme"]}
        ids["visit"] = create_record(tx, made.get("visit"), {"text": "first", "target": target}).id
    return ids


def read(tx: Any, forms: Forms, ids: dict[str, Any]) -> Any:
    return get_record(tx, forms.get("visit"), ids["visit"])


def found(tx: Any, forms: Forms, condition: Any, key: str = "visit") -> list[int]:
    return [one.id for one in list_records(tx, forms.get(key), Query(filter=condition)).rows]


def test_a_link_is_written_read_with_its_title_and_followed_by_formulas(begin: Begin, made: Forms, world: Any) -> None:
    with begin(ADMINISTRATOR) as tx:
        record = read(tx, made, world)
        assert record.values["target"] == FormLink("customer", world["acme"], "Acme")
        assert record.values["kind"] == "customer" and record.values["about"] == "Acme/"
        update_record(tx, made.get("visit"), world["visit"], {"target": f"lead:{world['lead']}"})
    with begin(ADMINISTRATOR) as tx:
        record = read(tx, made, world)
        assert record.values["target"] == FormLink("lead", world["lead"], "Hot")
        assert record.values["kind"] == "lead" and record.values["about"] == "/Hot"
        table = made.get("visit").table
        row = tx.connection.execute(table.select()).mappings().one()
        assert (row["target__form"], row["target__lead"], row["target__customer"]) == ("lead", world["lead"], None)
        update_record(tx, made.get("visit"), world["visit"], {"target": None})
        assert read(tx, made, world).values["target"] is None


def test_a_kept_value_follows_what_a_link_leads_to(begin: Begin, made: Forms, world: Any) -> None:
    with begin(ADMINISTRATOR) as tx:
        assert not made.get("customer").fields["count"].live
        update_record(tx, made.get("customer"), world["acme"], {"name": "Acme 2"})
        assert read(tx, made, world).values["about"] == "Acme 2/"
        assert get_record(tx, made.get("customer"), world["acme"]).values["count"] == 1
        update_record(tx, made.get("visit"), world["visit"], {"target": {"form": "lead", "id": world["lead"]}})
        assert get_record(tx, made.get("customer"), world["acme"]).values["count"] == 0


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ({"form": "deal", "id": 1}, "link.other_form"),
        ({"form": "lead", "id": "x"}, "relation.not_an_id"),
        ({"form": "lead", "id": 10**6}, "relation.not_found"),
        ("lead", "link.not_a_link"),
        (7, "link.not_a_link"),
    ],
)
def test_what_is_no_record_of_a_form_that_may_be_chosen_is_refused(
    begin: Begin, made: Forms, world: Any, raw: Any, code: str
) -> None:
    with begin(ADMINISTRATOR, keep=False) as tx, pytest.raises(Rejected) as refused:
        update_record(tx, made.get("visit"), world["visit"], {"target": raw})
    assert [(one.code, one.path) for one in refused.value.problems] == [(code, "target")]


def test_rules_read_what_a_link_points_at(begin: Begin, made: Forms, world: Any) -> None:
    with begin(ADMINISTRATOR, keep=False) as tx, pytest.raises(Rejected, match="No Z"):
        update_record(tx, made.get("visit"), world["visit"], {"target": {"form": "customer", "id": world["zeta"]}})


def test_filters_go_by_form_by_record_and_on_into_what_is_pointed_at(begin: Begin, made: Forms, world: Any) -> None:
    acme, visit = world["acme"], world["visit"]
    hits = [
        {"field": "target", "op": "eq", "value": {"form": "customer", "id": acme}},
        {"field": "target", "op": "in", "value": [f"customer:{acme}", "lead:1"]},
        {"field": "target", "op": "filled"},
        {"field": "target.form", "op": "eq", "value": "customer"},
        {"field": "target.customer", "op": "eq", "value": acme},
        {"field": "target.customer.grade", "op": "eq", "value": "A"},
        {"field": "target.lead.name", "op": "empty"},
        {"expression": 'AND(target.customer.grade = "A", ISBLANK(target.lead), NOT(ISBLANK(target)))'},
    ]
    misses = [
        {"field": "target", "op": "empty"},
        {"field": "target.form", "op": "eq", "value": "lead"},
        {"field": "target.lead", "op": "filled"},
        {"expression": "target.lead.heat > 1"},
    ]
    with begin(ADMINISTRATOR) as tx:
        assert [found(tx, made, one) for one in hits] == [[visit]] * len(hits)
        assert [found(tx, made, one) for one in misses] == [[]] * len(misses)


def test_every_target_lists_what_points_at_it(begin: Begin, made: Forms, world: Any) -> None:
    for key in ("lead", "customer"):
        reverse = made.get(key).reverse("visits")
        assert reverse is not None and reverse.field.key == f"target__{key}"
    with begin(ADMINISTRATOR) as tx:
        assert found(tx, made, {"expression": "COUNT(visits) = 1"}, "customer") == [world["acme"]]
        assert found(tx, made, {"expression": "COUNT(visits) = 0"}, "lead") == [world["lead"]]


def test_each_form_says_what_happens_when_its_record_goes(begin: Begin, made: Forms, world: Any) -> None:
    with begin(ADMINISTRATOR) as tx:
        delete_record(tx, made.get("customer"), world["acme"])
        assert read(tx, made, world).values["target"] is None
        update_record(tx, made.get("visit"), world["visit"], {"target": {"form": "lead", "id": world["lead"]}})
    with begin(ADMINISTRATOR, keep=False) as tx, pytest.raises(Conflict) as refused:
        delete_record(tx, made.get("lead"), world["lead"])
    assert [one.code for one in refused.value.problems] == ["record.referenced"]


def test_the_log_names_what_was_pointed_at(begin: Begin, made: Forms, world: Any) -> None:
    with begin(ADMINISTRATOR) as tx:
        update_record(tx, made.get("visit"), world["visit"], {"target": {"form": "lead", "id": world["lead"]}})
    with begin(ADMINISTRATOR) as tx:
        entry = changes(tx, made.get("visit"), world["visit"])[0]
        assert ("target", "Acme", "Hot") in [(one.path, one.old, one.new) for one in entry.fields]


def test_rights_come_through_whatever_the_link_points_at_and_titles_obey_them(
    begin: Begin, made: Forms, world: Any
) -> None:
    everyone = {"fields": {"*": "read"}, "operations": ["read"]}
    forms = compile_forms(
        "tg",
        documents(
            group("visits", "visit", [{"inherit": "target"}], **everyone),
            group("leads", "lead", OWN, **everyone),
            group("customers", "customer", OWN, **everyone),
        ),
    )
    for actor, sees in ((LIN_YUE, True), (ANA_SOL, False), (WEI_YI, False)):
        with begin(actor) as tx:
            assert found(tx, forms, None) == ([world["visit"]] if sees else [])
    with_all = compile_forms(
        "tg",
        documents(
            group("visits", "visit", [{"scope": "all"}], **everyone), group("customers", "customer", OWN, **everyone)
        ),
    )
    with begin(ANA_SOL) as tx:
        record = get_record(tx, with_all.get("visit"), world["visit"])
        assert record.values["target"].title == "—"
        assert found(tx, with_all, {"field": "target.customer.grade", "op": "eq", "value": "A"}) == []
    hidden = compile_forms(
        "tg",
        documents(
            group("visits", "visit", [{"scope": "all"}], operations=["read"], fields={"*": "read", "target": "hidden"}),
            group("customers", "customer", [{"scope": "all"}], **everyone),
        ),
    )
    with begin(ANA_SOL) as tx:
        assert "target" not in get_record(tx, hidden.get("visit"), world["visit"]).values
        for condition in (
            {"field": "target.customer", "op": "eq", "value": world["acme"]},
            {"field": "target.form", "op": "eq", "value": "customer"},
            {"field": "target.customer.name", "op": "eq", "value": "Acme"},
            {"expression": "NOT(ISBLANK(target.customer))"},
        ):
            assert found(tx, hidden, condition) == [], condition
        assert found(tx, hidden, {"expression": "COUNT(visits) > 0"}, "customer") == []


def test_a_member_of_the_target_reaches_the_record(begin: Begin, made: Forms, world: Any) -> None:
    everyone = {"fields": {"*": "read"}, "operations": ["read"]}
    forms = compile_forms("tg", documents(group("visits", "visit", [{"member": "target.customer.boss"}], **everyone)))
    with begin(ANA_SOL) as tx:
        assert found(tx, forms, None) == [world["visit"]]
    with begin(WEI_YI) as tx, pytest.raises(NotFound):
        read(tx, forms, world)


def test_a_record_that_the_writer_may_not_see_cannot_be_chosen(begin: Begin, made: Forms, world: Any) -> None:
    forms = compile_forms(
        "tg", documents(group("visits", "visit", [{"scope": "all"}]), group("customers", "customer", OWN))
    )
    with begin(WEI_YI, keep=False) as tx, pytest.raises(Rejected) as refused:
        create_record(tx, forms.get("visit"), {"target": {"form": "customer", "id": world["acme"]}})
    assert [one.code for one in refused.value.problems] == ["relation.not_found"]


def test_adding_and_removing_a_target_touches_only_the_catalog(begin: Begin, made: Forms, world: Any) -> None:
    more = compile_forms("tg", documents(targets=[*TARGETS, {"key": "deal"}]), revision=2)
    with begin(ADMINISTRATOR, publish=True) as tx:
        steps = plan_tables(made, more)
        assert not [one for one in steps if one.destructive]
        for step in steps:
            if step.sql:
                tx.connection.exec_driver_sql(step.sql.replace(" CONCURRENTLY", ""))
        deal = create_record(tx, more.get("deal"), {"name": "Big"}).id
        update_record(tx, more.get("visit"), world["visit"], {"target": {"form": "deal", "id": deal}})
        assert get_record(tx, more.get("visit"), world["visit"]).values["target"].title == "Big"
        less = plan_tables(more, compile_forms("tg", documents(), revision=3))
        assert not [one for one in less if one.destructive]
        for step in less:
            if step.sql:
                tx.connection.exec_driver_sql(step.sql.replace(" CONCURRENTLY", ""))
        assert tx.connection.exec_driver_sql("SELECT target FROM tg__visit").scalar_one() == f"deal:{deal}"
        tx.connection.rollback()


def test_a_link_names_forms_that_are_there() -> None:
    problems = collect("tg", {("form", one["key"]): one for one in documents(targets=[{"key": "nowhere"}])
                              if one["kind"] == "form"}).problems  # fmt: skip
    assert any("options.forms.nowhere" in one.path for found in problems.values() for one in found)


def test_cells_of_files_name_the_form_or_a_title_that_only_one_form_knows(made: Forms) -> None:
    one = made.get("visit").fields["target"]
    names = {("customer", "Acme"): 1, ("lead", "Hot"): 2, ("lead", "Same"): 3, ("customer", "Same"): 4}
    context = Context(lookup=lambda form, text: names.get((form, text)))
    assert one.type.import_cell("Customer: Acme", one, context) == "customer:1"
    assert one.type.import_cell("lead：Hot", one, context) == "lead:2"
    assert one.type.import_cell("Hot", one, context) == "lead:2"
    assert one.type.import_cell("lead: #9", one, context) == "lead:9"
    for text, code in (("Same", "link.ambiguous"), ("Nobody", "relation.not_found")):
        with pytest.raises(Rejected) as refused:
            one.type.import_cell(text, one, context)
        assert refused.value.problems[0].code == code


PEOPLE = st.sampled_from([1, 2, 3])


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(owners=st.lists(PEOPLE, min_size=4, max_size=4), chosen=st.lists(st.integers(0, 3), min_size=1, max_size=4))
def test_a_link_never_shows_a_title_that_the_policy_denies(
    begin: Begin, made: Forms, owners: list[int], chosen: list[int]
) -> None:
    """Two leads and two customers of anybody, visits to them that everybody sees: plain Python says what is told."""
    everyone = {"fields": {"*": "read"}, "operations": ["read"]}
    forms = compile_forms(
        "tg",
        documents(
            group("visits", "visit", [{"scope": "all"}], **everyone),
            group("leads", "lead", OWN, **everyone),
            group("customers", "customer", OWN, **everyone),
        ),
    )
    with begin(ADMINISTRATOR) as tx:
        places = []
        for number, owner in enumerate(owners):
            key = "lead" if number < 2 else "customer"
            name = f"{key}-{number}-{secrets.token_hex(3)}"
            record = create_record(tx, made.get(key), {"name": name, "_owner": owner}).id
            places.append((key, record, name, owner))
        visits = {}
        for number in chosen:
            key, record, _, _ = places[number]
            visits[create_record(tx, made.get("visit"), {"target": {"form": key, "id": record}}).id] = places[number]
    for actor in (LIN_YUE, ANA_SOL, WEI_YI):
        with begin(actor) as tx:
            listed = {one.id: one for one in list_records(tx, forms.get("visit"), Query(limit=500)).rows}
            for visit, (key, record, name, owner) in visits.items():
                told = name if owner == actor.id else "—"
                assert listed[visit].values["target"] == FormLink(key, record, told)
                assert get_record(tx, forms.get("visit"), visit).values["target"].title == told
                by_name = {"field": f"target.{key}.name", "op": "eq", "value": name}
                assert (visit in found(tx, forms, by_name)) == (owner == actor.id)


def test_files_and_bulk_rows_bring_links_and_what_may_not_be_seen_is_refused(
    begin: Begin, made: Forms, world: Any
) -> None:
    visit = made.get("visit")
    cells = ["Customer: Acme", "Hot", f"lead:{world['lead']}", "Nobody", "customer: #99"]
    wanted = [("customer", world["acme"]), ("lead", world["lead"]), ("lead", world["lead"]), None, None]
    with begin(ADMINISTRATOR, "import", keep=False) as tx:
        plan = ImportPlan((Target("text", 0), Target("target", 1)))
        rows = [[str(number), cell] for number, cell in enumerate(cells)]
        outcomes = Importer(visit, plan).chunk(tx, list(entries_of(plan, enumerate(rows, start=2))))
        assert [one.result for one in outcomes] == ["created"] * 3 + ["refused"] * 2
        for one, target in zip(outcomes, wanted, strict=True):
            if target is not None:
                link = get_record(tx, visit, one.record_id or 0).values["target"]
                assert (link.form, link.id) == target
    for as_text in (True, False):
        with begin(ADMINISTRATOR, "api", keep=False) as tx:
            ledger = begin_bulk(tx, visit, BulkPlan(("text", "target"), text=as_text))
            given = cells if as_text else [{"form": "customer", "id": world["acme"]}, {"form": "lead", "id": 99}]
            staged = stage_rows(tx, visit, ledger, [["x", one] for one in given], 1)
            wrong = [number for number, one in enumerate(given, 1) if one in (*cells[3:], {"form": "lead", "id": 99})]
            assert [(one.row, one.problems[0].code) for one in staged.bad] == [
                (number, "relation.not_found") for number in wrong
            ]
            while not apply_chunk(tx, visit, ledger.id).finished:
                pass
            stored = [one.values["target"] for one in list_records(tx, visit, Query(filter=STAGED)).rows]
            assert all(isinstance(one, FormLink) and one.title in ("Acme", "Hot") for one in stored)
            assert len(stored) == len(given) - len(wrong)


def test_reports_count_by_form_and_join_each_target(begin: Begin, made: Forms, world: Any) -> None:
    dataset = {
        "kind": "dataset",
        "key": "visits",
        "title": "Visits",
        "form": "visit",
        "joins": [{"key": "buyer", "field": "target.customer"}],
        "measures": [{"key": "n", "aggregate": "count"}],
    }
    everyone = {"fields": {"*": "read"}, "operations": ["read"]}
    groups = [
        group("visits", "visit", [{"scope": "all"}], **everyone),
        group("customers", "customer", OWN, **everyone),
    ]
    forms = compile_forms("tg", [*documents(*groups), dataset])
    with begin(ADMINISTRATOR) as tx:
        create_record(tx, made.get("visit"), {"text": "second", "target": {"form": "lead", "id": world["lead"]}})
    for path, wanted in (("target.form", {"customer": 1, "lead": 1}), ("buyer.grade", {"A": 1, None: 1})):
        with begin(LIN_YUE) as tx:
            assert counted(tx, forms, path) == wanted
    with begin(ANA_SOL) as tx:  # the customer is not hers: nothing of it can be told
        assert counted(tx, forms, "buyer.grade") == {None: 2}


def counted(tx: Any, forms: Forms, path: str) -> dict[Any, int]:
    asked = {
        "kind": "question",
        "key": "q",
        "title": "Q",
        "dataset": "visits",
        "visual": "table",
        "dimensions": [{"key": "by", "field": path}],
        "measures": ["n"],
    }
    result = run(tx, reports_of(forms).ask(Question.read(asked)))
    return {row.groups[0].value: int(row.values[0] or 0) for row in result.rows}


STAGED = {"field": "text", "op": "eq", "value": "x"}
