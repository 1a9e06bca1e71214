"""No page and no call tells what a mask hides: every route of the site, asked by somebody who reads masks only."""

import itertools
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from mask_world import APP, CANARIES, CARD, NAME, PHONE, SHOWN, make

from dougong.identity.keys import create_key
from dougong.web.limits import limiter
from engines.form.transaction import SYSTEM

FIELDS = ("name", "kids", "live", "boss", "who", "phone_copy", "who_phone")
MISSING = {**dict.fromkeys(FIELDS[:4], "guest"), **dict.fromkeys(FIELDS[4:], "visit")}
DESIGN = ("/design/", "/admin", "/import/people", "/preview", "/templates", "/dev/")
NUMBERS = (
    "import_id",
    "export_id",
    "draft_id",
    "member_id",
    "number",
    "job_id",
    "task_id",
    "department_id",
    "key_id",
    "link_id",
)
OTHERS = ("revision", "notice_id", "form", "record_id")
PERSONAL = ("/account/", "/sign-out", "/language", "/workspace", "/first-steps")
"""Routes that change the person or the place, tested elsewhere; the rest is asked with bodies of our own."""


@pytest.fixture(scope="module")
def world(app, workspaces, company) -> dict[str, Any]:
    return make(workspaces, company, app.extensions["dougong_box"])


@pytest.fixture
def told(world, admin) -> dict[str, Any]:
    """The world with a task of the seller about a masked record."""
    if "task" not in world:
        url = f"/flow/{APP}/guest/{world['asked']}/submit"
        assert admin.post(url, {}, page="/account").status_code in (200, 303)
        world["task"] = 1
    return world


@pytest.fixture
def reader(app, world, as_person, database, company, workspaces):
    """`reader("seller")`: somebody in a browser and with a key of all scopes; answers are looked at."""

    def enter(name: str) -> "Reader":
        with workspaces.begin(company, SYSTEM) as tx:
            number = tx.connection.exec_driver_sql(
                f"SELECT id FROM _member WHERE email = '{name}@demo.example'"
            ).scalar()
        with database.begin() as connection:
            scopes = ("records:read", "records:write", "tasks:write", "reports:read", "metadata:read", "members:read")
            key = create_key(connection, company.id, number, "masks", scopes)
        return Reader(app, as_person(name), key)

    return enter


class Reader:
    """Asks, and looks into every answer for what no mask shows."""

    def __init__(self, app, browser, key: str) -> None:
        self.app, self.browser = app, browser
        self.token = browser.token("/account")
        self.key = {"Authorization": f"Bearer {key}"}
        self.client = app.test_client()

    def ask(self, method: str, url: str, **given: Any) -> Any:
        """One call; fails on a canary in the body or in a header."""
        program = url.startswith("/api/")
        client = self.client if program else self.browser.client
        headers = {**(self.key if program else {"X-CSRFToken": self.token}), **given.pop("headers", {})}
        answer = client.open(url, method=method, headers=headers, **given)
        text = answer.get_data(as_text=True)
        try:
            plain = json.dumps(json.loads(text), ensure_ascii=False) if answer.is_json else text
        except ValueError:
            plain = text
        said = f"{plain}\n{answer.headers}"
        for canary in CANARIES:
            assert canary not in said and quote(canary) not in said, (method, url, given, canary, _near(said, canary))
        assert answer.status_code < 500, (method, url, given, text[:500])
        return answer


def _near(text: str, canary: str) -> str:
    at = text.find(canary)
    return text[max(0, at - 200) : at + 100]


def arguments(world: dict[str, Any], rule: Any) -> Iterator[dict[str, Any]]:
    """Values for the arguments of a route: all that may matter, for the two forms."""
    known: dict[str, Any] = {
        "app": [APP],
        "key": ["who", "seen", "found", "same"],
        "kind": ["form"],
        "tile": ["one"],
        "subform": ["kids"],
        "field": FIELDS,
        "path": ["boss", "who", "phone", "kids.card"],
        "held": [str(world["guest"])],
        "button": ["none"],
        "stage": ["new"],
        "action": ["approve", "reject", "transfer"],
        "token": [one.split("/")[2] for one in world["links"]] if rule.rule.startswith("/p/") else ["x"],
        "code": ["110000"],
        "filename": ["none.css"],
        "step": ["check", "run"],
    }
    unknown = {name for name in rule.arguments if name not in (*known, *NUMBERS, *OTHERS)}
    assert not unknown, f"{rule.rule}: say in `arguments` what {unknown} may be"
    names = sorted(rule.arguments - {"form", "record_id"})
    pairs = [("guest", world["guest"]), ("guest", world["boss"]), ("visit", world["visit"])]
    if "record_id" not in rule.arguments:
        pairs = [("guest", 0), ("visit", 0)] if "form" in rule.arguments else [("guest", 0)]
    for values in itertools.product(pairs, *(known.get(name, [1]) for name in names)):
        given = dict(zip(names, values[1:], strict=True))
        place = dict(zip(("form", "record_id"), values[0], strict=True))
        given |= {name: value for name, value in place.items() if name in rule.arguments}
        if given.get("form", "guest") != MISSING.get(given.get("field", ""), given.get("form", "guest")):
            continue  # the field is of the other form
        yield given


def routes(app: Any, *methods: str) -> Iterator[tuple[str, Any]]:
    for rule in sorted(app.url_map.iter_rules(), key=lambda one: one.rule):
        if rule.endpoint == "static" or rule.rule.startswith(DESIGN):
            continue
        for method in sorted(rule.methods & set(methods)):
            yield method, rule


@pytest.fixture
def unlimited(monkeypatch):
    monkeypatch.setattr(limiter, "enabled", False)


@pytest.mark.parametrize("name", ["seller", "manager"])
def test_no_page_and_no_answer_of_a_get_tells_what_a_mask_hides(app, told, reader, unlimited, name):
    someone, found = reader(name), 0
    with app.test_request_context():
        adapter = app.url_map.bind("")
    for method, rule in routes(app, "GET"):
        if name == "manager" and not rule.arguments & {"record_id", "key"}:
            continue  # who may have values shown reads like everybody else; where records are told is enough
        for given in arguments(told, rule):
            answer = someone.ask(method, adapter.build(rule.endpoint, given))
            found += any(one in answer.get_data(as_text=True) for one in SHOWN)
    assert found > 20, "the masks were met on the way"


def bodies(world: dict[str, Any], rule: str, form: str) -> list[dict[str, Any]]:
    """What is posted: as a page posts it and as JSON; some of it wrong, so that refusals are read too."""
    mine = str(world["guest" if form == "guest" else "visit"])
    if rule.endswith("/export"):
        return [{"data": {"format": "csv", "which": "all", "rows": "1", "system": "1"}}]
    if not rule.startswith("/api/"):
        typed = {"_record": mine, "phone": "138****6655", "size": "5000", "what": "new", "who": str(world["guest"])}
        moved = {"_record": mine, "_button": "none", "path": "phone", "to": "old", "field": "state", "comment": "x"}
        rows = {"subform": "kids", "columns": ["card"], "cells": [["A"]]}
        sent = [{"data": typed}, {"data": {"_record": mine, **moved}}]
        return sent if "record_id" in rule else [*sent, {"json": rows}]
    if "<field>" in rule or "<kind>" in rule or "_id>/documents" in rule or "<int:import_id>" in rule:
        return [{"json": {"values": {"size": 5000}}}]
    if rule.endswith("/query"):
        every = ["name", "phone", "mail", "note", "boss", "live"]
        filters = (
            {"field": "phone", "op": "contains", "value": "7776"},
            {"expression": 'LEFT(phone, 5) = "13877"'},
            {"field": "boss.phone", "op": "starts", "value": "13877"},
        )
        ask = {"dataset": "guests", "dimensions": [{"key": "p", "field": "phone"}], "measures": ["n"]}
        found = [{"columns": every, "search": "秘密"}, {"columns": every, "sort": ["-phone"], "limit": 1}, ask]
        return [{"json": one} for one in (*found, *({"columns": every, "filter": each} for each in filters))]
    row = {"partial": True, "rows": [{"id": world["row"], "age": "x", "card": "********34"}]}
    values = [{"size": 5000, "phone": "1"}, {"size": 4, "kids": row}, {"who": world["guest"], "what": "new"}]
    sent = [{"values": one} for one in values] + [{"values": values[0], "base": {"phone": "138****6600", "size": 1}}]
    many = {"rows": [{"phone": "1", "size": 1}, {"size": 5000}], "mode": "create"}
    return [{"json": one} for one in (*sent, many, {"field": "note"}, {"comment": "x"}, {"fields": ["phone_copy"]})]


def test_no_answer_to_what_is_sent_tells_what_a_mask_hides(app, told, reader, admin, unlimited):
    someone = reader("seller")
    with app.test_request_context():
        adapter = app.url_map.bind("")
    representation = {"Prefer": "return=representation"}
    for method, rule in routes(app, "POST", "PUT", "PATCH"):
        if rule.rule.startswith(PERSONAL) or rule.endpoint.startswith("sign_in") or rule.rule.endswith("/delete"):
            continue
        for given in arguments(told, rule):
            if "/move/" in rule.rule and given["field"] != "state":
                continue  # it sets what it is asked to set
            for body in bodies(told, rule.rule, given.get("form", "guest")):
                someone.ask(method, adapter.build(rule.endpoint, given), headers=representation, **body)
    kept = admin.get(f"/api/v1/apps/{APP}/forms/guest/records/{told['guest']}").json["values"]
    assert (kept["name"], kept["phone"], kept["kids"][0]["card"]) == (NAME, PHONE, CARD), "all of it was asked of these"


def test_one_value_is_shown_to_those_with_the_right_and_the_log_tells_it(told, reader, admin):
    record = f"/a/{APP}/guest/{told['guest']}"
    clerk, seller = reader("manager"), reader("seller")
    page = clerk.ask("GET", record).get_data(as_text=True)
    assert f'hx-post="{record}/show/phone"' in page and f"/show/kids.card?row={told['row']}" in page
    assert f"{record}/show/mail" not in page and "tel:138*" not in page
    assert "/show/" not in seller.ask("GET", record).get_data(as_text=True)
    for path in ("phone", "mail", "note"):
        assert seller.ask("POST", f"{record}/show/{path}").status_code == 403
    post = {"headers": {"X-CSRFToken": clerk.token}}
    assert PHONE in clerk.browser.client.post(f"{record}/show/phone", **post).get_data(as_text=True)
    assert CARD in clerk.browser.client.post(f"{record}/show/kids.card?row={told['row']}", **post).text
    assert clerk.browser.client.post(f"{record}/show/mail", **post).status_code == 403
    url = f"/api/v1/apps/{APP}/forms/guest/records/{told['guest']}/reveal"
    answer = clerk.client.post(url, json={"field": "phone"}, headers=clerk.key)
    assert answer.json == {"field": "phone", "row": None, "value": PHONE}
    assert answer.headers["Cache-Control"] == "no-store"
    assert clerk.ask("POST", url, json={"field": "mail"}).status_code == 403
    toy = admin.get(url.removesuffix("/reveal")).json["values"]["kids"][0]["toys"][0]
    answer = clerk.client.post(url, json={"field": "kids.toys.tag", "row": toy["id"]}, headers=clerk.key)
    assert answer.json["value"] == toy["tag"] == "TOYSECRET"
    assert seller.ask("GET", "/api/v1/showings").status_code == 403
    log = admin.get("/api/v1/showings").json["items"]
    assert [(one["app"], one["form"], one["record"], one["path"], one["origin"]) for one in log[:3]] == [
        (APP, "guest", told["guest"], "kids.toys.tag", "api"),
        (APP, "guest", told["guest"], "phone", "api"),
        (APP, "guest", told["guest"], "kids.card", "page"),
    ]
    assert "查看了完整内容" in admin.get(f"{record}/history").text
    assert "查看了完整内容" not in clerk.ask("GET", f"{record}/history").get_data(as_text=True)
    shown = admin.get("/admin/shown")
    assert shown.status_code == 200 and record in shown.text and PHONE not in shown.text
    assert clerk.ask("GET", "/admin/shown").status_code == 403
