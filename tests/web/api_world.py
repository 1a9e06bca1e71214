"""The world that the API's tests share: the demo company with the quote's packs, keys of its people, two quotes.

Every test module that names these fixtures gets its own fixtures, but all of them stand in one workspace: what was made
once is remembered here.
"""

import pytest

from dougong.identity.keys import create_key
from dougong.packs.install import install
from dougong.packs.jobs import know_roles
from dougong.packs.library import Library
from dougong.web.app import create_app
from engines.form.transaction import SYSTEM

MADE: dict[str, dict[str, int]] = {}
APP = "sale"
BASE = f"/api/v1/apps/{APP}/forms"


class Caller:
    """A program with a key."""

    def __init__(self, site, token: str) -> None:
        self.client = site.test_client()
        self.headers = {"Authorization": f"Bearer {token}", "Accept-Language": "en"}

    def call(self, method: str, path: str, json=None, **headers):
        url = path if path.startswith("/api/") else f"{BASE}{path}"
        return self.client.open(url, method=method, json=json, headers={**self.headers, **headers})

    def get(self, path: str, **headers):
        return self.call("GET", path, **headers)

    def post(self, path: str, json=None, **headers):
        return self.call("POST", path, {} if json is None else json, **headers)

    def patch(self, path: str, json, **headers):
        return self.call("PATCH", path, json, **headers)

    def make(self, form: str, **values) -> int:
        told = self.post(f"/{form}/records", {"values": values})
        assert told.status_code == 201, told.json
        return told.json["id"]


def codes(told) -> list[tuple[str, str]]:
    return [(one["code"], one["path"]) for one in told.json["problems"]]


@pytest.fixture(scope="module")
def site(settings, database, company, workspaces):
    if "site" not in MADE:
        _, packs = install(workspaces, company, SYSTEM, Library(), ["sales.quote"], app=APP, title="Sales")
        with workspaces.begin(company, SYSTEM, origin="pack") as tx:
            know_roles(tx, packs)
        MADE["site"] = {}
    return create_app(settings, engine=database)


@pytest.fixture(scope="module")
def people(workspaces, company):
    with workspaces.begin(company, SYSTEM, read_only=True) as tx:
        rows = tx.connection.exec_driver_sql("SELECT split_part(email, '@', 1), id FROM _member WHERE email <> ''")
        return dict(rows.all())


@pytest.fixture(scope="module")
def caller(site, database, company, people):
    """`caller("seller")`: this person's key with all scopes, or those given."""

    def make(name: str = "admin", *scopes: str) -> Caller:
        with database.begin() as connection:
            given = scopes or ("records:read", "records:write")
            return Caller(site, create_key(connection, company.id, people[name], "test", given))

    return make


@pytest.fixture(scope="module")
def admin(caller) -> Caller:
    return caller()


@pytest.fixture(scope="module")
def quote(admin, people):
    """A customer, a product with a cost, and a quote of the seller and of another seller."""
    if "quote" in MADE:
        return MADE["quote"]
    mine = admin.make("customer", name="东海机械", _owner=people["seller"])
    other = admin.make("customer", name="南山电子", _owner=people["he"])
    product = admin.make("product", code="P-1", name="齿轮", unit="件", list_price="100", cost="60")
    lines = [{"product": product, "qty": 2, "list_price": "100", "cost": "60"}]
    MADE["quote"] = {
        "product": product,
        "customer": mine,
        "mine": admin.make("quote", customer=mine, _owner=people["seller"], lines=lines),
        "other": admin.make("quote", customer=other, _owner=people["he"], lines=lines),
    }
    return MADE["quote"]
