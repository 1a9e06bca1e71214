"""Encrypted fields through pages, API and imports: people work as ever, and no table tells what they entered."""

import csv
import html
import io
import re
from typing import Any

import pytest
from sqlalchemy import inspect, text

from dougong.identity.keys import create_key
from dougong.imports import store as imports
from dougong.jobs import queue
from dougong.jobs.run import run_in
from dougong.workspace.transactions import Workspaces
from dougong.workspace.workspaces import WorkspaceInfo
from engines.form.transaction import SYSTEM
from tests.apps import publish_app
from tests.form.build import field, form
from tests.web.api_world import Caller

APP = "sealedtest"
CARD, OTHER, THIRD = "510107197602281658", "330106198709142732", "A0SECRET78"
GONE = (CARD, OTHER, THIRD, "not-a-card-9")


def documents() -> list[dict[str, Any]]:
    person = form(
        "person",
        field("name", "text"),
        field("card", "id_card", encrypted=True, unique=True, mask={"kind": "id"}),
        field("diary", "textarea", encrypted=True),
        field("size", "number"),
        {"key": "keys", "type": "subform", "label": "Keys", "fields": [field("code", "text", encrypted=True)]},
        title_field="name",
        views=[{"key": "all", "title": "All", "columns": ["name", "card", "size"]}],
    )
    every = ["read", "create", "update", "delete", "export", "import"]
    group = {"kind": "group", "key": "all", "title": "All", "form": "person", "members": {"roles": ["seller"]}}
    rights = {"operations": every, "rows": [{"scope": "all"}], "fields": {"*": "edit", "diary": "hidden"}}
    menu = {"kind": "menu", "key": "main", "items": [{"key": "p", "title": "P", "target": {"form": "person"}}]}
    return [{"kind": "role", "key": "seller", "title": "Seller"}, person, {**group, **rights}, menu]


@pytest.fixture(scope="module", autouse=True)
def world(workspaces: Workspaces, company: WorkspaceInfo) -> None:
    publish_app(workspaces, company, APP, "Sealed", documents())


@pytest.fixture
def told(workspaces: Workspaces, company: WorkspaceInfo) -> Any:
    """Checks that no table of the workspace tells what was entered."""

    def check() -> None:
        with workspaces.begin(company, SYSTEM) as tx:
            for table in inspect(tx.connection).get_table_names():
                for (row,) in tx.connection.execute(text(f'SELECT t::text FROM "{table}" t')):
                    assert not [one for one in GONE if one.lower() in row.lower()], (table, row)

    return check


@pytest.fixture
def work(workspaces: Workspaces, company: WorkspaceInfo, settings: Any) -> Any:
    """`work()`: do the job of the newest import, as the worker would."""

    def do() -> None:
        with workspaces.begin(company, SYSTEM) as tx:
            number = imports.list_imports(tx)[0].job
        assert number is not None and run_in(settings, workspaces, company, number)
        with workspaces.begin(company, SYSTEM) as tx:
            assert queue.read_job(tx, number).state == "done"

    return do


def test_people_enter_find_and_change_it_and_the_database_tells_nothing(admin: Any, seller: Any, told: Any) -> None:
    sent = admin.post(f"/a/{APP}/person/new", {"name": "顾长风甲", "card": CARD, "diary": THIRD, "size": "3"})
    assert sent.status_code == 303, sent.text
    page = re.sub(r"[?#].*", "", sent.headers["Location"])
    assert CARD in admin.get(page).text and THIRD in admin.get(page).text
    seen = seller.get(page).text
    assert "510***********1658" in seen and CARD not in seen and THIRD not in seen
    again = admin.post(f"/a/{APP}/person/new", {"name": "twin", "card": CARD})
    assert again.status_code == 422 and "顾长风甲" in again.text and f"“{CARD}”" not in again.text
    where = f'{{"field":"card","op":"eq","value":"{CARD}"}}'
    other = where.replace(CARD, OTHER)

    def rows(browser: Any, query: str) -> str:
        return re.search(r"<main.*</main>", browser.get(f"/a/{APP}/person?{query}").text, re.S)[0]

    for query in (f"filter={where}", f"search={CARD}"):
        assert "顾长风甲" in rows(admin, query), query
    for query in (f"filter={other}", f"search={CARD[:9]}"):
        assert "顾长风甲" not in rows(admin, query), query
    assert "顾长风甲" not in rows(seller, f"search={CARD}") and "顾长风甲" in rows(seller, f"filter={where}")
    drawn = html.unescape(rows(admin, ""))
    offered = re.search(r'"key": ?"card".*?"operators": ?(\[\[.*?\]\])', drawn)
    assert offered and not re.search("contains|starts", offered[1]) and '"eq"' in offered[1]
    told()


@pytest.fixture
def api(app: Any, database: Any, workspaces: Workspaces, company: WorkspaceInfo) -> Caller:
    """A program with the administrator's key."""
    with workspaces.begin(company, SYSTEM, read_only=True) as tx:
        member = tx.connection.scalar(text("SELECT id FROM _member WHERE email = 'admin@demo.example'"))
    with database.begin() as connection:
        return Caller(app, create_key(connection, company.id, member, "test", ("records:read", "records:write")))


def test_the_api_keeps_no_answer_and_no_request_of_it(api: Caller, told: Any) -> None:
    body = {"values": {"name": "api", "card": OTHER, "keys": [{"code": THIRD}]}}
    base = f"/api/v1/apps/{APP}/forms/person"
    once = {"Idempotency-Key": "k1", "Prefer": "return=representation"}
    first, again = (api.post(f"{base}/records", body, **once) for _ in range(2))
    assert (first.status_code, again.json) == (201, first.json), first.json
    assert again.headers["Idempotency-Replayed"] == "true"
    number = first.json["id"]
    assert api.get(f"{base}/records/{number}").json["values"]["card"] == OTHER
    assert api.patch(f"{base}/records/{number}", {"values": {"card": None, "keys": []}}).status_code == 200
    wrong = api.post(f"{base}/records", {"values": {"name": "x", "card": "not-a-card-9"}})
    assert wrong.status_code == 422
    fields = {one["key"]: one for one in api.get(base).json["fields"]}
    assert fields["card"]["operators"] == ["eq", "ne", "in", "nin", "empty", "filled"]
    told()


def test_a_file_goes_in_and_out_and_leaves_nothing_behind(admin: Any, work: Any, told: Any) -> None:
    rows = [["name", "card", "diary"], ["file", "440308199901010012", THIRD], ["bad", "not-a-card-9", "x"]]
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    sent = admin.post(
        f"/import/{APP}/person", {"file": (io.BytesIO(out.getvalue().encode()), "people.csv")},
        content_type="multipart/form-data",
    )  # fmt: skip
    here = sent.headers["Location"]
    work()
    told()
    assert THIRD in admin.get(here).text  # the first lines of the file are shown to whoever sent it
    chosen = {"t-0-0": "name", "t-1-0": "card", "t-2-0": "diary", "go": "1"}
    assert admin.post(f"{here}/columns", chosen).status_code == 303
    work()
    told()
    errors = admin.get(f"{here}/errors.csv").get_data().decode("utf-8-sig")
    assert "not-a-card-9" in errors
    assert admin.post(f"{here}/run").status_code == 303
    work()
    told()
    assert admin.post(f"{here}/undo").status_code == 303
    work()
    told()
