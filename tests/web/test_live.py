"""What the page of a form is told, and asks while one types; warnings on pages and in the API."""

import json
import re
from decimal import Decimal
from typing import Any

import pytest

from dougong.apps import store
from engines.form.form import Forms
from engines.form.records import create_record
from engines.form.transaction import SYSTEM
from tests.apps import publish_app
from tests.form.build import field, form
from tests.form.company import group

APP = "livetest"


def documents() -> list[dict[str, Any]]:
    lines = {
        "key": "lines",
        "type": "subform",
        "label": "Lines",
        "fields": [
            field("item", "text"),
            field("rate", "number", {"decimals": 2}, linkage={
                "form": "rate", "where": [{"field": "name", "value": "item"}], "take": "rate"}),
        ],
    }  # fmt: skip
    return [
        form("rate", field("name", "text"), field("rate", "number", {"decimals": 2}), title_field="name"),
        form(
            "deal",
            field("name", "text"),
            field("secret", "number"),
            field("rate", "number", {"decimals": 2}, linkage={
                "form": "rate", "where": [{"field": "name", "value": "name"}], "take": "rate"}),
            field("best", "number", {"decimals": 2}, linkage={
                "form": "rate", "aggregate": "max", "take": "rate", "where": []}),
            field("near", "relation", {"form": "rate"}),
            field("far", "relation", {"form": "rate"}),
            field("pick", "text", linkage={"form": "rate", "take": "name", "as": "choices"}),
            lines,
            field("rates", "subform", linkage={
                "form": "rate", "where": [{"field": "rate", "op": "ge", "value": "best"}],
                "rows": {"name": "name", "qty": "rate"}}),
            title_field="name",
            rules=[
                {"key": "hush", "when": "secret > 5", "actions": [
                    {"key": "a", "do": "show", "fields": ["pick"]},
                    {"key": "b", "do": "set", "fields": ["name"], "value": 'IF(secret > 5, "s", "t")'},
                    {"key": "c", "do": "set", "fields": ["secret"], "value": "secret"}]},
                {"key": "warn", "when": 'name = "odd"', "actions": [
                    {"key": "w", "do": "warn", "message": {"en": "Odd", "zh-CN": "奇怪"}, "field": "name"}]},
            ],
        ),
        group("all", "rate", [{"scope": "all"}]),
        group("most", "deal", [{"scope": "all"}], fields={"*": "edit", "secret": "hidden", "far": "hidden"}),
    ]  # fmt: skip


@pytest.fixture(scope="module")
def deals(workspaces, company) -> Forms:
    publish_app(workspaces, company, APP, "Live", documents())
    with workspaces.begin(company, SYSTEM, origin="pack") as tx:
        forms = store.forms(tx, APP)
        for name, rate in (("a", "0.1"), ("b", "0.2")):
            create_record(tx, forms.get("rate"), {"name": name, "rate": rate})
        return forms


def ask(browser, *names: str, **given: str):
    return browser.post(f"/a/{APP}/deal/live", {**given, "_ask": list(names)}, page=f"/a/{APP}/deal/new")


def told(answer) -> dict[str, Any]:
    assert answer.status_code == 200, answer.data
    return {one["path"]: one for one in answer.json["linked"]}


def test_linkage_is_answered_for_the_record_rows_choices_and_sub_forms(seller, deals: Forms):
    given = {"name": "b", "best": "0.2", "lines[]": "1", "lines[0].item": "zz", "lines[4].item": "a"}
    found = told(ask(seller, "rate", "best", "lines[1].rate", "lines[7].rate", "pick", "rates", "nothing", **given))
    assert found == {
        "rate": {"path": "rate", "value": "0.2"},
        "best": {"path": "best", "value": "0.2"},
        "lines[1].rate": {"path": "lines[1].rate", "value": "0.1"},
        "pick": {"path": "pick", "choices": [{"value": "b", "label": "b"}, {"value": "a", "label": "a"}]},
        "rates": {"path": "rates", "rows": [{"name": "b", "qty": "0"}]},
    }  # `qty` holds whole numbers


def test_nonsense_in_the_making_is_no_error(seller, deals: Forms):
    given = {"name": "b", "best": "many", "_record": "x", "lines[]": "1", "lines[0].item": "a" * 5000}
    assert (
        told(ask(seller, "rate", "?rule:no:such", "?", "?formula:", "lines[99].rate", **given))["rate"]["value"]
        == "0.2"
    )
    assert ask(seller, "rate", _record="999999").status_code == 404


def test_what_the_asker_may_not_see_is_asked_of_the_server_and_not_told(
    seller, admin, deals: Forms, workspaces, company
):
    with workspaces.begin(company, SYSTEM, origin="pack") as tx:
        record = create_record(tx, deals.get("deal"), {"name": "x", "secret": 9}).id
    page = seller.get(f"/a/{APP}/deal/{record}/edit").get_data(as_text=True)
    data = json.loads(re.search(r'id="dg-form-data"[^>]*>(.*?)</script>', page, re.S)[1])
    hush = next(one for one in data["rules"] if one["key"] == "hush")
    assert hush["when"] == {"ask": "?rule:hush:when", "reads": []} and "secret" not in str(data["fields"])
    assert hush["actions"][2]["fields"] == []
    names = ("?rule:hush:when", "?rule:hush:c:value", "?formula:secret", "?default:secret")
    answers = ask(seller, *names, _record=str(record)).json["answers"]
    assert answers == {"?rule:hush:when": True}
    assert admin.get(f"/a/{APP}/deal/{record}/edit").get_data(as_text=True).count('"secret"') > 1


def test_a_warning_is_shown_once_before_saving_and_told_by_the_api(seller, deals: Forms, workspaces, company, app):
    page = f"/a/{APP}/deal/new"
    first = seller.post(page, {"name": "odd"}, page=page)
    assert first.status_code == 422 and "奇怪" in first.get_data(as_text=True)
    assert 'name="confirm"' in first.get_data(as_text=True)
    with workspaces.begin(company, SYSTEM) as tx:
        table = deals.get("deal").table
        assert tx.connection.execute(table.select().where(table.c.name == "odd")).first() is None
    assert seller.post(page, {"name": "odd", "confirm": "warn@name"}, page=page).status_code == 303
    with workspaces.begin(company, SYSTEM) as tx:
        found = tx.connection.execute(table.select().where(table.c.name == "odd")).mappings().one()
        assert (found["best"], found["rate"]) == (Decimal("0.2"), None)


@pytest.mark.parametrize("number", ["9" * 19, "9" * 5000, "٣", "²"])
def test_a_number_that_no_row_can_have_is_that_of_no_row(seller, deals: Forms, number: str):
    for page in (f"/a/{APP}/deal/{number}", f"/api/v1/apps/{APP}/forms/deal/records/{number}", f"/export/{number}"):
        assert seller.get(page).status_code == 404
    told = ask(seller, "rate", name="b", _record=number)
    assert told.status_code == 200, "it is taken for a new record"
    assert seller.get(f"/a/{APP}/deal/related?path=pick&id={number}").status_code == 422
    assert seller.get(f"/a/{APP}/deal/1/why/name?row={number}").status_code in (200, 404)


@pytest.mark.parametrize("sent", ["[" * 100_000, "{", "7", "[]"])
def test_what_a_page_never_sends_along_is_refused(seller, deals: Forms, sent: str):
    page = f"/a/{APP}/rate/1/edit"
    assert seller.post(page, {"name": "a", "_base": sent}, page=page).status_code == 422
    assert ask(seller, "rate", name="b", **{"lines[]": "1", "lines[~]": sent}).status_code == 422


def test_a_record_that_an_expression_chose_is_told_by_its_title_where_the_field_is_seen(seller, admin, deals: Forms):
    def related(browser, path: str) -> dict[str, Any]:
        found: dict[str, Any] = browser.get(f"/a/{APP}/deal/related?path={path}&id=1&title=1").json
        return found

    assert related(seller, "near") == related(admin, "far") == {"id": 1, "_title": "a"}
    assert related(seller, "far") == {"id": 1}
    assert seller.get(f"/a/{APP}/deal/related?path=near&id=1").json == {"id": 1}, (
        "a person who chose it has read its title"
    )
    assert seller.get(f"/a/{APP}/deal/related?path=near&id=999&title=1").json == {"id": 999, "_title": "—"}
