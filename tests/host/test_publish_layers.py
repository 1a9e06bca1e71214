"""Packs come, change and go as layers; what the customer changed stays, or is listed as a conflict."""

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Engine

from dougong.apps import drafts, store
from dougong.apps.finish import Progress
from dougong.apps.publish import Published, publish, publish_layers, revert
from dougong.workspace.transactions import Workspaces
from dougong.workspace.workspaces import WorkspaceInfo, create_workspace, drop_workspace
from engines.form.records import create_record
from engines.form.transaction import SYSTEM, Actor
from engines.kernel.keyed import put
from engines.kernel.layers import Layer
from engines.kernel.problems import Forbidden, Rejected

ADMIN = Actor(id=None, name="Admin", is_admin=True)


def field(key: str, kind: str = "text", **rest: Any) -> dict[str, Any]:
    return {"key": key, "type": kind, "label": key.title(), **rest}


def form(key: str, *fields: dict[str, Any], **rest: Any) -> dict[str, Any]:
    return {"kind": "form", "key": key, "title": key.title(), "fields": list(fields), **rest}


def extension(key: str, *fields: dict[str, Any]) -> dict[str, Any]:
    return {"kind": "form", "key": key, "extends": True, "fields": list(fields)}


CUSTOMER = Layer.of("crm.customer", [form("customer", field("name"), field("phone"))], version="1.0")
POOL = Layer.of(
    "crm.pool",
    [form("pool", field("name")), extension("customer", field("pool", "relation", options={"form": "pool"}))],
    depends=["crm.customer"],
)


class House:
    """A workspace and what it is asked."""

    def __init__(self, workspaces: Workspaces, info: WorkspaceInfo) -> None:
        self.workspaces = workspaces
        self.info = info

    def install(self, *layers: Layer, actor: Actor = ADMIN, **rest: Any) -> Published:
        return publish_layers(self.workspaces, self.info, actor, layers, **rest)

    def change(self, path: str, value: Any) -> Published:
        with self.workspaces.begin(self.info, ADMIN) as tx:
            draft = drafts.open_draft(tx)
            drafts.put_document(tx, draft, put(store.get(tx, "form", "customer"), tuple(path.split(".")), value))
        return publish(self.workspaces, self.info, ADMIN, draft.id)

    def customer(self) -> dict[str, Any]:
        with self.workspaces.begin(self.info, ADMIN) as tx:
            return store.get(tx, "form", "customer")

    def fields(self) -> list[str]:
        return [one["key"] for one in self.customer()["fields"]]


@pytest.fixture
def house(database: Engine, workspaces: Workspaces) -> Iterator[House]:
    info = create_workspace(database, "house", "House")
    workspaces.forget("house")
    yield House(workspaces, info)
    drop_workspace(database, info)


def test_an_empty_workspace_gets_an_app_with_the_first_packs(house: House) -> None:
    told: list[Progress] = []
    done = house.install(CUSTOMER, POOL, app="crm", title={"zh-CN": "客户", "en": "CRM"}, report=told.append)
    assert (done.app, done.documents, done.finished, done.conflicts) == ("crm", 2, True, 0)
    assert {one.stage for one in told} >= {"check", "prepare", "switch", "done"}
    with house.workspaces.begin(house.info, ADMIN) as tx:
        assert [(app.key, app.title) for app in store.apps(tx)] == [("crm", {"zh-CN": "客户", "en": "CRM"})]
        assert store.load(tx).installed == {"crm.customer", "crm.pool"}
        assert store.load(tx).origin("form", "customer", "fields.pool") == "crm.pool"
        assert store.forms(tx).get("customer").table.name == "crm__customer"
        assert [layer.key for layer in store.load_layers(tx, "crm").packs] == ["crm.customer", "crm.pool"]


def test_an_upgrade_keeps_changes_and_lists_conflicts(house: House) -> None:
    house.install(CUSTOMER)
    house.change("fields.name.label", "Company")
    house.change("fields.phone.label", "Telephone")
    house.change("fields.mine", field("mine"))
    newer = form("customer", field("name", help="Legal name"), field("phone", label="Mobile"), field("email"))
    done = house.install(Layer.of("crm.customer", [newer], version="1.1"), POOL)
    assert done.conflicts == 1
    found = {one["key"]: one for one in house.customer()["fields"]}
    assert set(found) == {"name", "phone", "email", "pool", "mine"}
    assert (found["name"]["label"], found["name"]["help"]) == ("Company", "Legal name")
    assert found["phone"]["label"] == "Telephone"
    with house.workspaces.begin(house.info, ADMIN) as tx:
        ((conflict,),) = store.load_layers(tx, "main").conflicts.values()
        assert (conflict.path, conflict.theirs, conflict.mine) == (("fields", "phone", "label"), "Mobile", "Telephone")
    house.change("fields.phone.label", "Mobile")
    with house.workspaces.begin(house.info, ADMIN) as tx:
        assert store.load_layers(tx, "main").conflicts == {}


def test_removing_a_pack_takes_its_parts_and_its_return_brings_the_data_back(house: House) -> None:
    house.install(CUSTOMER, POOL)
    with house.workspaces.begin(house.info, SYSTEM) as tx:
        pool = create_record(tx, store.forms(tx).get("pool"), {"name": "East"}).id
        create_record(tx, store.forms(tx).get("customer"), {"name": "Yuanshan", "pool": pool})
    before = house.customer()
    house.install(CUSTOMER)
    assert house.fields() == ["name", "phone"]
    with house.workspaces.begin(house.info, ADMIN) as tx:
        assert store.load(tx).find("form", "pool") is None
    house.install(CUSTOMER, POOL)
    assert house.customer() == before
    with house.workspaces.begin(house.info, ADMIN) as tx:
        forms = store.forms(tx)
        customer, pools = forms.get("customer").table, forms.get("pool").table
        query = sa.select(customer.c.name, pools.c.name).join_from(customer, pools, customer.c.pool == pools.c.id)
        assert tx.connection.execute(query).all() == [("Yuanshan", "East")]


def test_reverting_an_upgrade_gives_back_packs_and_bytes(house: House) -> None:
    first = house.install(CUSTOMER)
    house.change("fields.name.label", "Company")
    with house.workspaces.begin(house.info, ADMIN) as tx:
        before, revision = store.load(tx).canonical(), tx.revision
    house.install(Layer.of("crm.customer", [form("customer", field("name"))], version="2.0"), POOL)
    revert(house.workspaces, house.info, ADMIN, revision)
    with house.workspaces.begin(house.info, ADMIN) as tx:
        assert store.load(tx).canonical() == before
        assert [(one.key, one.version) for one in store.load_layers(tx, "main").packs] == [("crm.customer", "1.0")]
        assert store.load_at(tx, "main", first.revision).get("form", "customer")["fields"][0]["label"] == "Name"


def test_installing_the_same_packs_again_changes_nothing(house: House) -> None:
    house.install(CUSTOMER, POOL)
    assert house.install(POOL, CUSTOMER).unchanged


def test_packs_that_cannot_be_laid_are_refused_and_change_nothing(house: House) -> None:
    house.install(CUSTOMER)
    with pytest.raises(Rejected) as refused:
        house.install(CUSTOMER, Layer.of("x", [extension("custmer", field("a"))]))
    assert [problem.code for problem in refused.value.problems] == ["layer.nothing_to_extend"]
    with pytest.raises(Forbidden):
        house.install(CUSTOMER, POOL, actor=Actor(id=None))
    assert house.fields() == ["name", "phone"]


def test_two_apps_of_a_workspace_have_keys_of_their_own(house: House) -> None:
    house.install(CUSTOMER, app="crm", title="CRM")
    house.install(Layer.of("other", [form("customer", field("code"))]), app="shop", title="Shop")
    with house.workspaces.begin(house.info, ADMIN) as tx:
        assert [one["key"] for one in store.get(tx, "form", "customer", "crm")["fields"]] == ["name", "phone"]
        assert [one["key"] for one in store.get(tx, "form", "customer", "shop")["fields"]] == ["code"]
        assert store.forms(tx, "shop").get("customer").table.name == "shop__customer"
