"""Conditions of relations, pickers of sub-forms: what is listed, what is greyed and why, what every writer keeps to."""

from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engines.form.bulk import bulk_write
from engines.form.checks import check_form
from engines.form.choosing.ask import offered
from engines.form.choosing.candidates import Candidates, candidates
from engines.form.choosing.compile import choices_of
from engines.form.compile import collect, compile_forms
from engines.form.form import Forms
from engines.form.records import create_record, update_record
from engines.form.references import form_references
from engines.form.write.preview import drafted
from engines.kernel.problems import Rejected
from tests.conftest import Begin
from tests.form import company
from tests.form.build import field, form
from tests.form.company import ADMINISTRATOR, group

SELLER = company.actor(company.LIN)
KINDS = {
    "choices": [
        {"key": "frame", "label": {"en": "Frame"}},
        {"key": "power", "label": {"en": "Power"}},
        {"key": "extra"},
    ]
}

PICKER = {
    "field": "part",
    "title": {"en": "Choose parts", "zh-CN": "选择配件"},
    "columns": ["watt", "price"],
    "where": [{"field": "line", "value": "line"}],
    "sort": [{"expression": "price * -1"}],
    "group": "kind",
    "quantity": "qty",
    "limits": [{"group": "frame", "min": 1, "max": 1}, {"group": "power", "max": 2}],
    "exclude": [
        {"when": 'AND(kind = "power", watt < need)', "message": {"en": "Too weak", "zh-CN": "功率不足"}},
        {"when": "ANY(lines, part.id = forbids.id)", "message": {"en": "Does not go with another part"}},
        {"reason": 'IF(retired, CONCATENATE("Retired: ", name), "")'},
    ],
    "once": True,
}


def documents(*extra: dict[str, Any], **picker: Any) -> list[dict[str, Any]]:
    lines = {
        "key": "lines",
        "type": "subform",
        "label": {"en": "Lines", "zh-CN": "明细"},
        "options": {"picker": PICKER | picker},
        "fields": [
            field("part", "relation", {"form": "part", "copy": [{"from": "price", "to": "price"}]}),
            field("price", "money"),
            field("qty", "number", default="1"),
        ],
    }
    rate = {
        "form": "price",
        "where": [
            {"field": "since", "op": "le", "value": "day"},
            {"field": "until", "op": "ge", "value": "day"},
            {"field": "least", "op": "le", "value": "amount"},
            {"field": "customer.grade", "value": "customer.grade"},
        ],
        "sort": [{"expression": "least * -1"}],
    }
    part = [
        field("name", "text"),
        field("kind", "choice", KINDS),
        field("line", "text"),
        field("watt", "number"),
        field("price", "money"),
        field("retired", "boolean"),
        field("secret", "text"),
        field("forbids", "relation", {"form": "part"}),
    ]
    price = [
        field("name", "text"),
        field("since", "date"),
        field("until", "date"),
        field("least", "number"),
        field("customer", "relation", {"form": "customer"}),
    ]
    order = [
        field("customer", "relation", {"form": "customer"}),
        field("day", "date"),
        field("amount", "number"),
        field("rate", "relation", rate),
        field("note", "text"),
        field("items", "subform") | {"fields": [field("rate", "relation", rate), field("amount", "number")]},
    ]
    build = [field("name", "text"), field("line", "text"), field("need", "number"), lines]
    return [
        form("part", *part, title_field="name"),
        form("customer", field("name", "text"), field("grade", "text"), title_field="name"),
        form("price", *price, title_field="name"),
        form("build", *build, title_field="name"),
        form("order", *order),
        *extra,
    ]


@pytest.fixture(scope="module")
def shop(workspaces, workspace) -> Forms:  # type: ignore[no-untyped-def]
    rights = [
        group("build", "build", [{"scope": "all"}], operations=["read", "create", "update"]),
        group(
            "part", "part", [{"where": "ISBLANK(secret)"}], operations=["read"], fields={"*": "read", "price": "hidden"}
        ),
    ]
    return company.installed(workspaces, workspace, compile_forms("choosing", [*documents(), *rights], revision=1))


PARTS = (
    ("Frame A", "frame", "X", None, 100),
    ("Frame B", "frame", "X", None, 80),
    ("500 W", "power", "X", 500, 50),
    ("800 W", "power", "X", 800, 90),
    ("Fan", "extra", "X", 5, 9),
    ("Frame Y", "frame", "Y", None, 70),
)


@pytest.fixture
def parts(begin: Begin, shop: Forms) -> dict[str, int]:
    with begin(ADMINISTRATOR) as tx:
        made = {}
        for name, kind, line, watt, price in PARTS:
            values = {"name": name, "kind": kind, "line": line, "watt": watt, "price": price}
            made[name] = create_record(tx, shop.get("part"), values).id
        return made


def asked(tx: Any, shop: Forms, given: dict[str, Any], **more: Any) -> Candidates:
    draft = drafted(tx, shop.get("build"), given, None, ())
    return candidates(tx, shop.get("build"), "lines", draft.view, **more)


def refused(
    tx: Any, made: Forms, key: str, values: dict[str, Any], record_id: int | None = None
) -> list[tuple[str, str]]:
    with pytest.raises(Rejected) as error:
        if record_id is None:
            create_record(tx, made.get(key), values)
        else:
            update_record(tx, made.get(key), record_id, values)
    return [(one.code, one.path) for one in error.value.problems]


def test_candidates_stand_in_groups_with_what_is_against_them(begin: Begin, shop: Forms, parts: dict[str, int]):
    with begin(ADMINISTRATOR) as tx:
        update_record(tx, shop.get("part"), parts["Fan"], {"retired": True})
        given = {"line": "X", "need": 600, "lines": [{"part": parts["Frame A"]}]}
        found = asked(tx, shop, given)
        assert [one.record.title for one in found.items] == ["Frame A", "Frame B", "800 W", "500 W", "Fan"]
        assert {one.record.title: one.why for one in found.items if one.why} == {
            "500 W": "Too weak",
            "Fan": "Retired: Fan",
        }
        assert [(one.key, one.title, one.limit.low, one.limit.high) for one in found.groups] == [
            ("frame", "Frame", 1, 1),
            ("power", "Power", 0, 2),
            ("extra", "extra", 0, None),
        ]
        assert found.held == {parts["Frame A"]: "frame"}
        assert [one.key for one in found.columns] == ["watt", "price"]
        update_record(tx, shop.get("part"), parts["800 W"], {"forbids": parts["Frame A"]})
        whys = {one.record.title: one.why for one in asked(tx, shop, given).items}
        assert whys["800 W"] == "Does not go with another part"
        page = asked(tx, shop, given, search="frame", limit=1)
        assert [one.record.title for one in page.items] == ["Frame A"]
        assert (page.total, page.more) == (2, True)
        assert [one.record.title for one in asked(tx, shop, given, search="frame", offset=1).items] == ["Frame B"]
        assert asked(tx, shop, {"line": None}).items == ()


def test_one_chooses_of_what_one_may_see_and_rules_hold_over_all_there_is(
    begin: Begin, shop: Forms, parts: dict[str, int]
):
    with begin(ADMINISTRATOR) as tx:
        update_record(tx, shop.get("part"), parts["Fan"], {"secret": "x"})
    with begin(SELLER) as tx:
        found = asked(tx, shop, {"line": "X", "need": 600})
        assert parts["Fan"] not in [one.record.id for one in found.items]
        assert [one.key for one in found.columns] == ["watt"]  # the price is hidden
        assert {one.record.id: one.why for one in found.items}[parts["500 W"]] == "Too weak"


@pytest.mark.parametrize("origin", ["page", "api", "import", "flow"])
def test_exclusions_limits_and_once_hold_for_every_writer(
    begin: Begin, shop: Forms, parts: dict[str, int], origin: Any
):
    with begin(ADMINISTRATOR, origin, keep=False) as tx:
        rows = [{"part": parts[name]} for name in ("Frame A", "500 W")]
        assert refused(tx, shop, "build", {"need": 600, "lines": rows}) == [("picker.excluded", "lines[1].part")]
        rows = [{"part": parts[name]} for name in ("Frame A", "Frame B", "Frame A")]
        assert refused(tx, shop, "build", {"lines": rows}) == [
            ("picker.twice", "lines[2].part"), ("picker.too_many", "lines")
        ]  # fmt: skip
        with pytest.raises(Rejected) as error:
            bulk_write(tx, shop.get("build"), [{"name": "a", "need": 600, "lines": [{"part": parts["500 W"]}]}])
        assert [one.path for one in error.value.problems] == ["rows[0].lines[0].part"]
        made = create_record(tx, shop.get("build"), {"need": 500, "lines": [{"part": parts["500 W"]}]})
        assert update_record(tx, shop.get("build"), made.id, {"name": "b"}).changed
        assert refused(tx, shop, "build", {"need": 600}, made.id) == [("picker.excluded", "lines[0].part")]
        assert refused(tx, shop, "build", {"lines": [{"part": parts["Frame A"]}] * 2}, made.id)[0][0] == "picker.twice"


def test_minimums_hold_where_a_group_is_used_or_for_every_group_and_may_add_up(
    begin: Begin, workspaces, workspace, parts
):
    more = {"count": "quantity", "limits": [{"group": "power", "min": 3, "max": 5}, {"group": "*", "min": 1}]}
    made = compile_forms("choosing", documents(**more), revision=2)
    every = compile_forms("choosing", documents(**more, required=True), revision=3)
    with begin(ADMINISTRATOR, keep=False) as tx:
        power = [{"part": parts["800 W"], "qty": 2}]
        assert refused(tx, made, "build", {"lines": power}) == [("picker.too_few", "lines")]
        assert create_record(tx, made.get("build"), {"lines": [{"part": parts["800 W"], "qty": 3}]}).id
        assert refused(tx, made, "build", {"lines": [{"part": parts["800 W"], "qty": 6}]}) == [
            ("picker.too_many", "lines")
        ]
        found = refused(tx, every, "build", {"line": "X", "lines": [{"part": parts["800 W"], "qty": 3}]})
        assert found == [("picker.too_few", "lines")] * 2  # neither a frame nor an extra
        whole = [{"part": parts["800 W"], "qty": 3}, {"part": parts["Fan"]}, {"part": parts["Frame A"]}]
        assert create_record(tx, every.get("build"), {"line": "X", "lines": whole}).id


def test_groups_of_records_bring_their_own_limits(begin: Begin, workspaces, workspace):
    lines = {
        "key": "picks",
        "type": "subform",
        "label": "Picks",
        "options": {"picker": {"field": "option", "group": "of", "min_field": "least", "max_field": "most"}},
        "fields": [field("option", "relation", {"form": "choice"})],
    }
    made = compile_forms("kits", [
        form("kind", field("name", "text"), field("least", "number"), field("most", "number"), title_field="name"),
        form("choice", field("name", "text"), field("of", "relation", {"form": "kind"}), title_field="name"),
        form("kit", field("name", "text"), lines),
    ])  # fmt: skip
    with workspaces.begin(workspace, ADMINISTRATOR, publish=True) as tx:
        company.install(tx, made)
    with begin(ADMINISTRATOR, keep=False) as tx:
        memory = create_record(tx, made.get("kind"), {"name": "Memory", "least": 2, "most": 3}).id
        ids = [create_record(tx, made.get("choice"), {"name": f"{n} G", "of": memory}).id for n in (8, 16, 32, 64)]
        view = drafted(tx, made.get("kit"), {}, None, ()).view
        (told,) = candidates(tx, made.get("kit"), "picks", view).groups
        assert (told.title, told.limit.low, told.limit.high) == ("Memory", 2, 3)
        assert refused(tx, made, "kit", {"picks": [{"option": ids[0]}]}) == [("picker.too_few", "picks")]
        assert refused(tx, made, "kit", {"picks": [{"option": one} for one in ids]}) == [("picker.too_many", "picks")]
        assert create_record(tx, made.get("kit"), {"picks": [{"option": one} for one in ids[:2]]}).id


def test_rules_that_are_records_exclude_with_their_own_words(begin: Begin, workspaces, workspace):
    """A name that the candidate does not have is the record's; `OUTER.` leads out of the rows of another form."""
    reason = 'FIRST(FILTER(ALL("clash"), AND(part.id = OUTER.id, line = OUTER.line, other.id = base.id)), message)'
    lines = {
        "key": "lines",
        "type": "subform",
        "label": "Lines",
        "options": {"picker": {"field": "part", "exclude": [{"reason": reason}]}},
        "fields": [field("part", "relation", {"form": "part"})],
    }
    clash = [field("message", "text"), field("line", "text")]
    clash += [field(key, "relation", {"form": "part"}) for key in ("part", "other")]
    made = compile_forms("clashes", [
        form("part", field("name", "text"), field("line", "text"), title_field="name"),
        form("clash", *clash),
        form("set", field("base", "relation", {"form": "part"}), lines),
    ])  # fmt: skip
    assert list(check_form(made.get("set"))) == []
    with workspaces.begin(workspace, ADMINISTRATOR, publish=True) as tx:
        company.install(tx, made)
    with begin(ADMINISTRATOR, keep=False) as tx:
        base, bad, fine = (create_record(tx, made.get("part"), {"name": n, "line": "X"}).id for n in ("a", "b", "c"))
        create_record(tx, made.get("clash"), {"part": bad, "other": base, "line": "X", "message": "b needs its own a"})
        view = drafted(tx, made.get("set"), {"base": base}, None, ()).view
        whys = {one.record.id: one.why for one in candidates(tx, made.get("set"), "lines", view).items}
        assert whys == {base: "", bad: "b needs its own a", fine: ""}


@pytest.fixture
def rates(begin: Begin, shop: Forms) -> dict[str, int]:
    with begin(ADMINISTRATOR) as tx:
        made = {}
        for grade in ("A", "B"):
            made[grade] = create_record(tx, shop.get("customer"), {"name": grade, "grade": grade}).id
        for name, since, until, least, grade in (
            ("small", "2026-01-01", "2026-06-30", 1, "A"),
            ("large", "2026-01-01", "2026-06-30", 100, "A"),
            ("later", "2026-07-01", "2026-12-31", 1, "A"),
            ("other", "2026-01-01", "2026-06-30", 1, "B"),
        ):
            values = {"name": name, "since": since, "until": until, "least": least, "customer": made[grade]}
            made[name] = create_record(tx, shop.get("price"), values).id
        return made


def test_a_relation_offers_what_its_ranges_let_through_in_the_order_of_an_expression(begin: Begin, shop: Forms, rates):
    order = shop.get("order")

    def names(given: dict[str, Any], path: str = "rate", search: str | None = None) -> list[str]:
        draft = drafted(tx, order, given, None, ())
        row = draft.view["items"][0] if path != "rate" else {}
        return [one.title for one in offered(tx, choices_of(order)[path], {**draft.view, **row}, search)]

    with begin(ADMINISTRATOR, keep=False) as tx:
        given = {"customer": rates["A"], "day": "2026-03-01", "amount": 500}
        assert names(given) == ["large", "small"]
        assert names(given, search="sma") == ["small"]
        assert names(given | {"amount": 5}) == ["small"]
        assert names(given | {"day": "2026-08-01"}) == ["later"]
        assert names(given | {"customer": rates["B"]}) == ["other"]
        assert names(given | {"day": None}) == []
        assert names(given | {"amount": 5, "items": [{"amount": 200}]}, "items.rate") == ["large", "small"]


def test_what_a_relation_does_not_offer_is_refused_with_the_reason(begin: Begin, shop: Forms, rates):
    with begin(ADMINISTRATOR, keep=False) as tx:
        given = {"customer": rates["A"], "day": "2026-03-01", "amount": 5}
        with pytest.raises(Rejected) as error:
            create_record(
                tx,
                shop.get("order"),
                given | {"rate": rates["large"], "items": [{"rate": rates["later"], "amount": 5}]},
            )
        told = {one.path: (one.code, one.params["reason"], one.params["title"]) for one in error.value.problems}
        assert told == {
            "rate": ("choice.misfit", "Least", "large"),
            "items[0].rate": ("choice.misfit", "Since", "later"),
        }
        waits = refused(tx, shop, "order", {"rate": rates["small"]})
        assert waits == [("choice.waits", "rate")]
        made = create_record(
            tx, shop.get("order"), given | {"rate": rates["small"], "items": [{"rate": rates["small"], "amount": 1}]}
        )
        update_record(tx, shop.get("price"), rates["small"], {"until": "2026-02-01"})
        assert update_record(tx, shop.get("order"), made.id, {"note": "what is stored stays"}).changed
        assert [path for _, path in refused(tx, shop, "order", {"day": "2026-04-01"}, made.id)] == [
            "rate",
            "items[0].rate",
        ]
        with pytest.raises(Rejected) as error:
            bulk_write(tx, shop.get("order"), [given | {"rate": rates["large"], "amount": n} for n in (5, 500)])
        assert [(one.path, one.code) for one in error.value.problems] == [("rows[0].rate", "choice.misfit")]


def test_what_is_typed_holds_no_record_that_others_want_to_change(begin: Begin, shop: Forms, rates):
    with begin(ADMINISTRATOR) as tx:
        draft = drafted(tx, shop.get("order"), {"customer": rates["A"]}, None, ())
        assert draft.view["customer"]["grade"] == "A"
        assert tx.connection.exec_driver_sql("SELECT pg_current_xact_id_if_assigned()").scalar() is None


def test_wrong_pickers_are_told_where_they_stand_and_where_used_knows_them():
    wrong = documents(
        field="qty", columns=["gone"], group="kind",
    )  # fmt: skip
    found = {one.path: one.code for one in check_form(collect("choosing", wrong).forms.get("build"))}
    assert found == {"fields.lines.options.picker.field": "picker.relation"}
    wrong = documents(
        columns=["gone"],
        quantity="price",
        where=[{"field": "line", "value": "nobody"}],
        limits=[{"group": "nope"}, {"group": "frame", "min": 2, "max": 1}],
        exclude=[{"when": "watt < nothing", "message": "x"}, {"when": "watt > 1"}, {"message": "x"}],
        min_field="watt",
    )
    found = {one.path: one.code for one in check_form(collect("choosing", wrong).forms.get("build"))}
    at = "fields.lines.options.picker"
    assert found.pop(f"{at}.columns") == "field.unknown"
    assert found.pop(f"{at}.limits[0].group") == "picker.limit_group"
    assert found.pop(f"{at}.limits[1]") == "picker.limit"
    assert found.pop(f"{at}.exclude[1]") == "picker.no_message"
    assert found.pop(f"{at}.exclude[2]") == "picker.when_or_reason"
    assert found.pop(f"{at}.min_field") == "picker.limit_field"
    assert {path.rsplit(".", 1)[0] for path in found} >= {f"{at}.where[0]", f"{at}.exclude[0]"}
    (build,) = (one for one in documents() if one["key"] == "build")
    used = {(one.key, one.path) for one in form_references(build)}
    assert used >= {("part", f"fields.{name}") for name in ("line", "kind", "watt", "price", "forbids", "retired")}
    assert used >= {("build", "fields.need"), ("build", "fields.lines.fields.qty")}


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(day=st.dates(date(2025, 11, 1), date(2027, 2, 1)), amount=st.integers(0, 200), grade=st.sampled_from("AB"))
def test_what_is_offered_is_what_may_be_saved(
    begin: Begin, shop: Forms, rates: dict[str, int], day: date, amount: int, grade: str
):
    """The law of choices: the list that one is shown and what a write is held to are the same."""
    with begin(ADMINISTRATOR, keep=False) as tx:
        values = {"customer": rates[grade], "day": day.isoformat(), "amount": amount}
        view = drafted(tx, shop.get("order"), values, None, ()).view
        shown = {one.id for one in offered(tx, choices_of(shop.get("order"))["rate"], view, limit=500)}
        for name in ("small", "large", "later", "other"):
            try:
                create_record(tx, shop.get("order"), values | {"rate": rates[name]})
                taken = True
            except Rejected:
                taken = False
            assert taken is (rates[name] in shown)
