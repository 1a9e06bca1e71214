"""Rules, linkage, following fields and normalisers: the same answer for every writer."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from engines.form.bulk import bulk_write
from engines.form.checks import check_form
from engines.form.compile import collect, compile_forms
from engines.form.form import Forms
from engines.form.records import create_record, delete_record, restore_record, update_record
from engines.form.transaction import Actor
from engines.kernel.problems import Conflict, Rejected
from tests.conftest import Begin
from tests.form import company
from tests.form.build import field, form
from tests.form.company import ADMINISTRATOR, group

KINDS = [{"key": "goods", "label": {"en": "Goods", "zh-CN": "货物"}}, {"key": "service"}, {"key": "rent"}]
SELLER = company.actor(company.LIN)


def rule(key: str, when: str | None, *actions: dict[str, Any], **more: Any) -> dict[str, Any]:
    found = {"key": key, "actions": [{"key": f"a{n}", **one} for n, one in enumerate(actions)], **more}
    return found | ({"when": when} if when else {})


def documents(hidden: str = "keep", *extra: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        form(
            "rate",
            field("kind", "choice", {"choices": KINDS}),
            field("from_day", "date"),
            field("to_day", "date"),
            field("least", "number"),
            field("rate", "number", {"decimals": 2}),
            field("note", "text"),
            title_field="note",
        ),
        form("closing", field("month", "text"), field("closed", "boolean"), title_field="month"),
        form(
            "deal",
            field("name", "text", normalise=["width", "spaces"]),
            field("phone", "text", normalise=["phone"]),
            field("kind", "choice", {"choices": KINDS}),
            field("day", "date"),
            field("qty", "number"),
            field("discount", "number", {"decimals": 2}, default="0"),
            field("reason", "text"),
            field("state", "text", default='"open"'),
            field("closed_on", "date"),
            field(
                "rate",
                "number",
                {"decimals": 2},
                linkage={
                    "form": "rate",
                    "where": [
                        {"field": "kind", "op": "eq", "value": "kind"},
                        {"field": "from_day", "op": "le", "value": "day"},
                        {"field": "to_day", "op": "ge", "value": "day"},
                        {"field": "least", "op": "le", "value": "qty"},
                    ],
                    "sort": [{"expression": "least * 10", "descending": True}],
                    "take": "rate",
                },
            ),
            field(
                "best",
                "number",
                {"decimals": 2},
                linkage={
                    "form": "rate",
                    "where": [{"field": "kind", "value": "kind"}],
                    "take": "rate",
                    "aggregate": "max",
                },
            ),
            field("tax", "number", {"decimals": 2}, default="0.13"),
            field("price", "money", {"decimals": 2}, follow="ROUND(gross / (1 + tax), 2)"),
            field("gross", "money", {"decimals": 2}, follow="ROUND(price * (1 + tax), 2)"),
            field("half", "formula", {"expression": "IFERROR(price, 0) / 2", "result": "number", "decimals": 2}),
            field("big", "text"),
            field("extra", "number", readonly=True),
            {
                "key": "lines",
                "type": "subform",
                "label": "Lines",
                "fields": [
                    field("item", "text"),
                    field("amount", "number"),
                    field("why", "text"),
                    field("net", "number", follow="full - 1"),
                    field("full", "number", follow="net + 1"),
                    field("price", "number", readonly=True),
                ],
            },
            {
                "key": "rates",
                "type": "subform",
                "label": "Rates",
                "linkage": {
                    "form": "rate",
                    "where": [{"field": "kind", "value": "kind"}],
                    "rows": {"text": "note", "rate": "rate"},
                },
                "fields": [
                    field("text", "text"),
                    field("rate", "number", {"decimals": 2}),
                    field("mark", "text", default='"new"'),
                ],
            },
            title_field="name",
            hidden_values=hidden,
            rules=[
                rule(
                    "reason",
                    "discount > 0.2",
                    {"do": "show", "fields": ["reason"]},
                    {"do": "require", "fields": ["reason"]},
                ),
                rule("goods", 'kind = "goods"', {"do": "choices", "fields": ["kind"], "choices": ["goods", "service"]}),
                rule(
                    "rent",
                    'AND(kind = "rent", day < TODAY())',
                    {"do": "choices", "fields": ["kind"], "choices": '"goods"'},
                ),
                rule(
                    "done",
                    'state = "done"',
                    {"do": "set", "fields": ["closed_on"], "value": "IFERROR(closed_on, DATE(2026, 1, 2))"},
                    {"do": "readonly", "fields": ["qty"]},
                ),
                rule("chain", "half > 100", {"do": "set", "fields": ["big"], "value": '"big"'}),
                rule(
                    "lines",
                    "amount > IFERROR(qty, 10)",
                    {"do": "require", "fields": ["lines.why"]},
                    {"do": "set", "fields": ["lines.item"], "value": "UPPER(item)"},
                ),
                rule(
                    "much",
                    "discount > 0.5",
                    {"do": "block", "message": {"en": "Too much", "zh-CN": "太多"}, "field": "discount"},
                ),
                rule(
                    "some",
                    "discount > 0.3",
                    {"do": "warn", "message": {"en": "Much", "zh-CN": "较多"}, "field": "discount"},
                ),
                rule(
                    "frozen", 'state = "frozen"', {"do": "lock", "message": {"en": "It is frozen", "zh-CN": "已冻结"}}
                ),
                rule("keep", 'state = "kept"', {"do": "block", "message": "Kept"}, on=["delete"]),
                rule("back", 'state = "gone"', {"do": "block", "message": "Gone"}, on=["restore"]),
                rule("open", 'state = "opened"', {"do": "editable", "fields": ["extra"]}),
                rule("opens", 'item = "opened"', {"do": "editable", "fields": ["lines.price"]}),
                *extra,
            ],
        ),
    ]


READS = [group(f"all_{key}", key, [{"scope": "all"}]) for key in ("deal", "rate", "closing")]


@pytest.fixture(scope="module")
def deals(workspaces: Any, workspace: Any) -> Forms:
    return company.installed(workspaces, workspace, compile_forms("ru", [*documents(), *READS], revision=1))


@pytest.fixture
def rates(begin: Begin, deals: Forms) -> Begin:
    with begin(publish=True) as tx:
        company.emptied(tx, deals)
    with begin(ADMINISTRATOR) as tx:
        for least, rate, until in ((0, "0.10", "2026-06-30"), (10, "0.20", "2026-06-30"), (0, "0.50", "2026-12-31")):
            start = "2026-01-01" if until == "2026-06-30" else "2026-07-01"
            given = {"kind": "goods", "from_day": start, "to_day": until, "least": least, "rate": rate, "note": rate}
            create_record(tx, deals.get("rate"), given)
    return begin


def problems(caught: pytest.ExceptionInfo[Any]) -> dict[str, str]:
    return {one.path: one.code for one in caught.value.problems}


def test_a_shown_field_is_hidden_at_first_and_required_only_while_shown(rates: Begin, deals: Forms):
    with rates(ADMINISTRATOR, "api") as tx:
        made = create_record(tx, deals.get("deal"), {"name": "a", "discount": "0.1"})
        with pytest.raises(Rejected) as caught:
            update_record(tx, deals.get("deal"), made.id, {"discount": "0.25"})
        assert problems(caught) == {"reason": "record.required"}
        assert update_record(tx, deals.get("deal"), made.id, {"discount": "0.25", "reason": "old"}).warnings == ()


def test_blocks_stop_every_writer_and_warnings_none(rates: Begin, deals: Forms):
    form_ = deals.get("deal")
    for origin in ("page", "api", "import", "flow"):
        with rates(ADMINISTRATOR, origin, keep=False) as tx:  # type: ignore[arg-type]
            with pytest.raises(Rejected) as caught:
                create_record(tx, form_, {"name": "a", "discount": "0.6", "reason": "x"})
            assert [(one.code, one.path, one.message) for one in caught.value.problems] == [
                ("record.rule", "discount", "Too much")
            ]
            saved = create_record(tx, form_, {"name": "a", "discount": "0.4", "reason": "x"})
            assert [(one.code, one.path, one.message) for one in saved.warnings] == [
                ("record.warning", "discount", "Much")
            ]


def test_choices_by_rule_hold_for_what_is_saved(rates: Begin, deals: Forms):
    with rates(ADMINISTRATOR) as tx:
        create_record(tx, deals.get("deal"), {"name": "a", "kind": "rent", "day": "2099-01-01"})
        with pytest.raises(Rejected) as caught:
            create_record(tx, deals.get("deal"), {"name": "a", "kind": "rent", "day": "2020-01-01"})
    assert problems(caught) == {"kind": "rule.choice"}


def test_set_values_feed_formulas_and_formulas_rules(rates: Begin, deals: Forms):
    with rates(ADMINISTRATOR) as tx:
        made = create_record(tx, deals.get("deal"), {"name": "a", "state": "done", "gross": "565"})
        assert made.values["closed_on"] == date(2026, 1, 2)
        assert (made.values["price"], made.values["half"], made.values["big"]) == (Decimal(500), Decimal(250), "big")


def test_a_read_only_field_may_be_sent_as_it_is_but_not_changed_by_a_person(rates: Begin, deals: Forms):
    form_ = deals.get("deal")
    with rates(ADMINISTRATOR) as tx:
        made = create_record(tx, form_, {"name": "a", "state": "done"})
    with rates(ADMINISTRATOR, "page") as tx:
        assert update_record(tx, form_, made.id, {"qty": None, "name": "b"}).changed
        with pytest.raises(Rejected) as caught:
            update_record(tx, form_, made.id, {"qty": 5})
    assert problems(caught) == {"qty": "record.readonly_field"}
    with rates(ADMINISTRATOR, "flow") as tx:
        assert update_record(tx, form_, made.id, {"qty": 5}).values["qty"] == 5


def test_a_read_only_field_may_be_changed_only_while_a_rule_lets_it_be_edited(rates: Begin, deals: Forms):
    form_ = deals.get("deal")
    with rates(ADMINISTRATOR, "page") as tx:
        made = create_record(tx, form_, {"name": "a", "state": "opened", "extra": 5})
        assert made.values["extra"] == 5
        with pytest.raises(Rejected) as caught:
            update_record(tx, form_, made.id, {"state": "open", "extra": 6})
        assert problems(caught) == {"extra": "record.readonly_field"}
        rows = [{"item": "opened", "price": 1}, {"item": "shut"}]
        assert create_record(tx, form_, {"name": "b", "lines": rows}).values["lines"][0]["price"] == 1
        with pytest.raises(Rejected) as caught:
            create_record(tx, form_, {"name": "c", "lines": [{"item": "opened"}, {"item": "shut", "price": 1}]})
        assert problems(caught) == {"lines[1].price": "record.readonly_field"}


def test_a_locked_record_stands_still_for_people(rates: Begin, deals: Forms):
    form_ = deals.get("deal")
    with rates(ADMINISTRATOR) as tx:
        made = create_record(tx, form_, {"name": "a", "state": "frozen"})
    with rates(ADMINISTRATOR, "api") as tx:
        for call in (
            lambda: update_record(tx, form_, made.id, {"name": "b"}),
            lambda: delete_record(tx, form_, made.id),
        ):
            with pytest.raises(Conflict) as caught:
                call()
            assert caught.value.problems[0].message == "It is frozen"
    with rates(ADMINISTRATOR, "flow") as tx:
        assert update_record(tx, form_, made.id, {"state": "open"}).changed


def test_rules_guard_the_way_into_the_trash_and_out_of_it(rates: Begin, deals: Forms):
    form_ = deals.get("deal")
    with rates(ADMINISTRATOR) as tx:
        kept = create_record(tx, form_, {"name": "a", "state": "kept"}).id
        gone = create_record(tx, form_, {"name": "b", "state": "gone"}).id
        with pytest.raises(Rejected):
            delete_record(tx, form_, kept)
        delete_record(tx, form_, gone)
        with pytest.raises(Rejected) as caught:
            restore_record(tx, form_, gone)
    assert caught.value.problems[0].message == "Gone"


def test_a_rule_over_rows_is_asked_of_each_row_and_may_read_the_record(rates: Begin, deals: Forms):
    lines = [{"item": "a", "amount": 3}, {"item": "b", "amount": 9}, {"item": "c", "amount": 20, "why": "x"}]
    with rates(ADMINISTRATOR) as tx:
        with pytest.raises(Rejected) as caught:
            create_record(tx, deals.get("deal"), {"name": "a", "qty": 5, "lines": lines})
        assert problems(caught) == {"lines[1].why": "record.required"}
        lines[1]["why"] = "y"
        made = create_record(tx, deals.get("deal"), {"name": "a", "qty": 5, "lines": lines})
        assert [row["item"] for row in made.values["lines"]] == ["a", "B", "C"]


@pytest.mark.parametrize(
    ("given", "price", "gross"),
    [
        ({"price": 100}, "100", "113"),
        ({"gross": 113}, "100", "113"),
        ({"price": "88.5", "gross": "100"}, "88.5", "100"),  # rounding: the price follows from the gross, so both stay
        ({"price": 1, "gross": 113}, "100", "113"),  # they do not fit: the later in the document leads
    ],
)
def test_of_two_fields_that_follow_each_other_the_given_one_leads(
    rates: Begin, deals: Forms, given: dict[str, Any], price: str, gross: str
):
    with rates(ADMINISTRATOR, "api") as tx:
        made = create_record(tx, deals.get("deal"), {"name": "a", **given})
        assert (made.values["price"], made.values["gross"]) == (Decimal(price), Decimal(gross))
        after = update_record(tx, deals.get("deal"), made.id, {"tax": "0.06"})
        assert after.values["price"] == Decimal(price)
        assert after.values["gross"] == (Decimal(price) * Decimal("1.06")).quantize(Decimal("0.01"))
        last = update_record(tx, deals.get("deal"), made.id, {"gross": "212"})
        assert (last.values["price"], last.values["gross"]) == (Decimal(200), Decimal(212))


def test_following_fields_work_in_rows(rates: Begin, deals: Forms):
    form_ = deals.get("deal")
    with rates(ADMINISTRATOR) as tx:
        made = create_record(tx, form_, {"name": "a", "lines": [{"net": 3}, {"full": 9}, {}]})
        rows = made.values["lines"]
        assert [(row.get("net"), row.get("full")) for row in rows] == [(3, 4), (8, 9), (None, None)]
        stored = tx.connection.execute(select(form_.subforms["lines"].table.c.id)).scalars().all()
        partial = {"partial": True, "rows": [{"id": stored[0], "full": 11}]}
        rows = update_record(tx, form_, made.id, {"lines": partial}).values["lines"]
        assert [(row["net"], row["full"]) for row in rows[:2]] == [(10, 11), (8, 9)]


def test_linkage_takes_the_first_record_in_its_order_within_ranges(rates: Begin, deals: Forms):
    form_ = deals.get("deal")
    with rates(SELLER, "api") as tx:
        made = create_record(tx, form_, {"name": "a", "kind": "goods", "day": "2026-03-01", "qty": 12})
        assert (made.values["rate"], made.values["best"]) == (Decimal("0.20"), Decimal("0.5"))
        assert [row["text"] for row in made.values["rates"]] == ["0.10", "0.20", "0.50"]
        assert {row["mark"] for row in made.values["rates"]} == {"new"}
        assert update_record(tx, form_, made.id, {"qty": 5}).values["rate"] == Decimal("0.1")
        assert update_record(tx, form_, made.id, {"rate": "0.9"}).values["rate"] == Decimal("0.9")
        assert update_record(tx, form_, made.id, {"name": "b"}).values["rate"] == Decimal("0.9")
        assert update_record(tx, form_, made.id, {"day": "2026-08-01"}).values["rate"] == Decimal("0.5")
        gone = update_record(tx, form_, made.id, {"kind": "service"}).values
        assert gone["rate"] is None and gone["rates"] == []


def test_linkage_sees_only_what_its_asker_may_read(rates: Begin, workspaces: Any, workspace: Any):
    hidden = compile_forms("ru", [*documents(), READS[0], group("none", "rate", [{"scope": "own"}])], revision=2)
    with rates(SELLER, keep=False) as tx:
        made = create_record(tx, hidden.get("deal"), {"name": "a", "kind": "goods", "day": "2026-03-01", "qty": 12})
        assert made.values["rate"] is None and made.values["rates"] == []


def test_texts_are_put_right_for_the_api_and_in_bulk(rates: Begin, deals: Forms):
    form_ = deals.get("deal")
    with rates(ADMINISTRATOR, "api") as tx:
        made = create_record(tx, form_, {"name": "  Ａ１  ｂ ", "phone": "+86 138-0013-8000"})
        assert (made.values["name"], made.values["phone"]) == ("A1 b", "13800138000")
        bulk_write(tx, form_, [{"name": "Ｘ  y", "phone": "010 1234"}])
        row = tx.connection.execute(select(form_.table).order_by(form_.table.c.id.desc()).limit(1)).mappings().one()
        assert (row["name"], row["phone"]) == ("X y", "0101234")


def test_bulk_rows_are_settled_as_single_writes_are(rates: Begin, deals: Forms):
    form_ = deals.get("deal")
    with rates(ADMINISTRATOR, "api") as tx:
        rows = [
            {"name": "a", "kind": "goods", "day": "2026-03-01", "qty": 12, "gross": 565},
            {"name": "b", "state": "done", "price": 1},
        ]
        written = bulk_write(tx, form_, rows)
        found = tx.connection.execute(select(form_.table).order_by(form_.table.c.id)).mappings().all()
        first, second = found
        assert (first["rate"], first["price"], first["big"]) == (Decimal("0.20"), Decimal(500), "big")
        assert (second["closed_on"], second["gross"]) == (date(2026, 1, 2), Decimal("1.13"))
        assert len(written.created) == 2
        with pytest.raises(Rejected) as caught:
            bulk_write(tx, form_, [{"name": "c", "discount": "0.6"}])
        assert {(one.code, one.path) for one in caught.value.problems} == {
            ("record.required", "rows[0].reason"),
            ("record.rule", "rows[0].discount"),
        }


@pytest.mark.parametrize(("policy", "left"), [("keep", "why"), ("clear", None)])
def test_hidden_fields_keep_or_clear_their_values(rates: Begin, policy: str, left: str | None):
    form_ = compile_forms("ru", [*documents(policy), *READS], revision=3).get("deal")
    with rates(ADMINISTRATOR, keep=False) as tx:
        made = create_record(tx, form_, {"name": "a", "discount": "0.25", "reason": "why"})
        assert made.values["reason"] == "why"
        assert update_record(tx, form_, made.id, {"discount": "0.1"}).values["reason"] == left


def test_rules_that_never_rest_are_a_problem_that_names_the_fields(rates: Begin):
    turning = rule("turn", None, {"do": "set", "fields": ["qty"], "value": "IFERROR(qty, 0) + 1"})
    form_ = compile_forms("ru", [*documents("keep", turning), *READS], revision=4).get("deal")
    with rates(ADMINISTRATOR, keep=False) as tx, pytest.raises(Rejected) as caught:
        create_record(tx, form_, {"name": "a"})
    assert problems(caught) == {"qty": "rule.unsettled"}


def test_the_writers_rights_and_the_moment_are_part_of_conditions(rates: Begin):
    mine = rule("mine", 'CURRENTUSER().name <> "林悦"', {"do": "block", "message": "Not yours"})
    form_ = compile_forms("ru", [*documents("keep", mine), *READS], revision=5).get("deal")
    with rates(SELLER, keep=False) as tx:
        create_record(tx, form_, {"name": "a"})
    other = Actor(**{**SELLER.__dict__, "name": "Ana"}) if hasattr(SELLER, "__dict__") else company.ANA_SOL
    with rates(other, keep=False) as tx, pytest.raises(Rejected):
        create_record(tx, form_, {"name": "a"})


def test_rules_know_what_was_there_before(rates: Begin):
    back = rule(
        "back",
        'AND(CHANGED(state), PRIOR(state) = "sent")',
        {"do": "block", "message": "Sent is sent", "field": "state"},
        on=["update"],
    )
    form_ = compile_forms("ru", [*documents("keep", back), *READS], revision=6).get("deal")
    with rates(ADMINISTRATOR, keep=False) as tx:
        made = create_record(tx, form_, {"name": "a", "state": "sent"})
        assert update_record(tx, form_, made.id, {"name": "b"}).changed
        with pytest.raises(Rejected) as caught:
            update_record(tx, form_, made.id, {"state": "open"})
    assert problems(caught) == {"state": "record.rule"}


WRONG = {
    "rules.both": rule("both", None, {"do": "hide", "fields": ["qty"]}, check="TRUE", message="x"),
    "rules.none": {"key": "none", "when": "TRUE"},
    "rules.far.actions.a0.fields.quantity": rule("far", None, {"do": "hide", "fields": ["quantity"]}),
    "rules.row.actions.a0.fields.lines.amont": rule("row", None, {"do": "hide", "fields": ["lines.amont"]}),
    "rules.calc.actions.a0.fields.half": rule("calc", None, {"do": "set", "fields": ["half"], "value": "1"}),
    "rules.kinds.actions.a0.fields.kind": rule(
        "kinds", None, {"do": "choices", "fields": ["kind"], "choices": ["good"]}
    ),
    "rules.say.actions.a0": rule("say", None, {"do": "block"}),
    "rules.type.actions.a0.value": rule("type", None, {"do": "set", "fields": ["qty"], "value": '"x"'}),
}


@pytest.mark.parametrize("path", WRONG)
def test_what_is_wrong_with_a_rule_is_found_with_its_place(path: str):
    collected = collect("ru", documents("keep", WRONG[path]))
    found = [*collected.problems.get(("form", "deal"), ()), *check_form(collected.forms.get("deal"))]
    assert path in [one.path for one in found], [one.as_dict() for one in found]
    if path.endswith("amont"):
        assert "amount" in found[0].message
