"""What every part of the API has in common: keys, scopes, doing a thing once, pages, errors."""

import threading
import time

import pytest
from flask import Blueprint, Flask, Response, request

from dougong.identity.keys import KEPT_SECONDS, create_key, list_keys, revoke_key
from dougong.web.api.base import answer, once, page_of, read_body, read_page, scope
from dougong.web.app import create_app
from dougong.web.request import begin_tx
from dougong.workspace.tables import SETTING
from engines.form.transaction import SYSTEM

probe_api = Blueprint("probe_api", __name__, url_prefix="/api/v1/probe")


@probe_api.post("/count")
@scope("records:write")
def count() -> Response:
    """Adds one to a number in the settings."""
    body = read_body()
    with begin_tx() as tx:

        def work():
            number = tx.connection.scalar(
                SETTING.insert().values(app="probe", key=body.get("key", "n"), value=1).returning(SETTING.c.value)
            )
            return {"number": number, "amount": body.get("amount")}, 201

        return once(tx, work)


@probe_api.get("/pages")
def pages() -> Response:
    """Tells which page was asked for."""
    wanted = read_page()
    return answer(page_of([wanted.limit], wanted.cursor))


@probe_api.get("/bug")
def bug() -> Response:
    """Breaks."""
    raise RuntimeError("secret of the database: " + request.path)


@pytest.fixture(scope="module")
def site(settings, database) -> Flask:
    app = create_app(settings, engine=database)
    app.register_blueprint(probe_api)
    return app


@pytest.fixture
def key(database, company, workspaces):
    """`key("records:write")`: the headers of a program that acts as the administrator."""

    def make(*scopes: str, member: str = "admin@demo.example") -> dict[str, str]:
        with workspaces.begin(company, SYSTEM, read_only=True) as tx:
            from_table = tx.connection.exec_driver_sql("SELECT id FROM _member WHERE email = %s", (member,))
            number = from_table.scalar_one()
        with database.begin() as connection:
            token = create_key(connection, company.id, number, "test", scopes or ("records:read",))
        return {"Authorization": f"Bearer {token}", "Accept-Language": "zh-CN"}

    return make


def test_a_key_says_who_it_acts_as(site, key):
    told = site.test_client().get("/api/v1/me", headers=key("members:read")).json
    assert told["email"] == "admin@demo.example"
    assert told["scopes"] == ["members:read"]
    assert told["workspace"]["key"] == "demo"


@pytest.mark.parametrize("header", ["Bearer dgk_wrong", "Bearer ", "Basic YTpi", "dgk_x", "Bearer s.something"])
def test_a_wrong_key_is_refused_in_problem_details(site, company, header):
    told = site.test_client().get("/api/v1/me", headers={"Authorization": header, "Accept-Language": "zh-CN"})
    assert told.status_code == 401
    assert told.mimetype == "application/problem+json"
    assert told.headers["WWW-Authenticate"].startswith("Bearer")
    assert told.json["problems"][0]["code"] == "key.wrong"
    assert "密钥无效" in told.json["problems"][0]["message"]


def test_without_key_and_session_the_api_says_sign_in(site, company):
    told = site.test_client().get("/api/v1/me")
    assert (told.status_code, told.json["problems"][0]["code"]) == (401, "access.sign_in")


def test_a_revoked_key_opens_nothing_from_that_moment(site, key, database, company):
    headers = key("members:read")
    client = site.test_client()
    assert client.get("/api/v1/me", headers=headers).status_code == 200
    with database.begin() as connection:
        newest = list_keys(connection, company.id)[0]
        assert newest.used_at is not None
        revoke_key(connection, company.id, newest.id)
    assert client.get("/api/v1/me", headers=headers).status_code == 401


def test_a_key_that_another_process_revoked_opens_nothing_after_two_seconds(site, key, database, company):
    headers = key("members:read")
    client = site.test_client()
    assert client.get("/api/v1/me", headers=headers).status_code == 200
    with database.begin() as connection:
        newest = list_keys(connection, company.id)[0]
        statement = "UPDATE dougong.api_key SET revoked_at = now() WHERE id = %s"
        connection.exec_driver_sql(statement, (newest.id,))
    time.sleep(KEPT_SECONDS + 0.1)
    assert client.get("/api/v1/me", headers=headers).status_code == 401


def test_a_scope_that_is_missing_is_named(site, key):
    told = site.test_client().get("/api/v1/members", headers=key("records:read"))
    assert told.status_code == 403
    assert told.json["problems"][0]["params"] == {"scope": "members:read"}


def test_a_program_with_a_key_needs_no_token_but_a_page_does(site, key, make_browser):
    client = site.test_client()
    assert client.post("/api/v1/probe/count", json={"key": "a"}, headers=key("records:write")).status_code == 201
    browser = make_browser(site)
    browser.sign_in("admin@demo.example")
    told = browser.client.post("/api/v1/probe/count", json={"key": "b"})
    assert (told.status_code, told.json["problems"][0]["code"]) == (400, "request.csrf")
    headers = {"X-CSRFToken": browser.token("/account")}
    assert browser.client.post("/api/v1/probe/count", json={"key": "b"}, headers=headers).status_code == 201


def test_a_cookie_beside_a_key_is_not_looked_at(site, key, make_browser):
    browser = make_browser(site)
    browser.sign_in("seller@demo.example")
    assert browser.get("/api/v1/me", headers=key("members:read")).json["email"] == "admin@demo.example"


def test_the_same_key_does_a_thing_once_and_answers_alike(site, key):
    client, headers = site.test_client(), {**key("records:write"), "Idempotency-Key": "order-1"}
    first = client.post("/api/v1/probe/count", json={"key": "once", "amount": 0.1}, headers=headers)
    again = client.post("/api/v1/probe/count", json={"key": "once", "amount": 0.1}, headers=headers)
    assert first.status_code == again.status_code == 201
    assert first.json == again.json
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    other = client.post("/api/v1/probe/count", json={"key": "other"}, headers=headers)
    assert (other.status_code, other.json["problems"][0]["code"]) == (409, "idempotency.other_request")


def test_two_calls_at_once_with_one_key_are_one(site, key):
    headers = {**key("records:write"), "Idempotency-Key": "race"}
    codes: list[tuple[int, str | None]] = []

    def call() -> None:
        told = site.test_client().post("/api/v1/probe/count", json={"key": "race"}, headers=headers)
        codes.append((told.status_code, told.headers.get("Idempotency-Replayed")))

    threads = [threading.Thread(target=call) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(str(code) for code in codes) == sorted(["(201, None)"] + ["(201, 'true')"] * 3)


def test_a_body_that_is_no_json_is_told_with_its_place(site, key):
    client, headers = site.test_client(), key("records:write")
    told = client.post("/api/v1/probe/count", data="{x", headers=headers, content_type="application/json")
    assert (told.status_code, told.json["problems"][0]["params"]) == (400, {"line": 1, "column": 2})
    told = client.post("/api/v1/probe/count", data="a=1", headers=headers)
    assert told.status_code == 415
    told = client.post("/api/v1/probe/count", json=[1], headers=headers)
    assert told.json["problems"][0]["code"] == "request.not_an_object"


@pytest.mark.parametrize(("asked", "status"), [("", 200), ("limit=500", 200), ("limit=0", 400), ("limit=x", 400)])
def test_pages_have_bounds(site, key, asked, status):
    assert site.test_client().get(f"/api/v1/probe/pages?{asked}", headers=key()).status_code == status


def test_members_come_in_pages(site, key):
    client, headers, names, cursor = site.test_client(), key("members:read"), [], ""
    while True:
        told = client.get(f"/api/v1/members?limit=3{cursor}", headers=headers).json
        names += [each["name"] for each in told["items"]]
        if told["next_cursor"] is None:
            break
        cursor = f"&cursor={told['next_cursor']}"
    assert len(names) == told["total"] == len(set(names))
    assert client.get("/api/v1/members?cursor=x", headers=headers).status_code == 400


def test_a_bug_is_told_with_a_number_and_nothing_else(site, key):
    told = site.test_client().get("/api/v1/probe/bug", headers=key())
    assert told.status_code == 500
    assert "secret" not in told.get_data(as_text=True)
    assert told.json["instance"] == f"urn:request:{told.headers['X-Request-Id']}"


def test_an_address_that_is_not_there_is_problem_details_too(site, key):
    told = site.test_client().get("/api/v1/nothing", headers=key())
    assert (told.status_code, told.mimetype) == (404, "application/problem+json")
    told = site.test_client().delete("/api/v1/me", headers=key())
    assert told.status_code == 405
    assert "GET" in told.headers["Allow"]


def test_the_document_describes_what_is_there(site, key):
    document = site.test_client().get("/api/v1/openapi.json", headers=key()).json
    assert document["openapi"] == "3.1.0"
    assert document["paths"]["/members/{member_id}"]["get"]["security"] == [{"key": ["members:read"]}]
    rules = {rule.rule.replace("<int:", "{").replace("<", "{").replace(">", "}") for rule in site.url_map.iter_rules()}
    assert [path for path in document["paths"] if f"/api/v1{path}" not in rules] == []


def test_too_much_is_refused_before_it_is_read(site, key):
    told = site.test_client().post(
        "/api/v1/probe/count",
        data=b"x",
        content_type="application/json",
        headers=key("records:write"),
        environ_overrides={"CONTENT_LENGTH": str(60 * 1024 * 1024)},
    )
    assert told.status_code == 413
    assert told.json["problems"][0]["params"] == {"megabytes": 50}
