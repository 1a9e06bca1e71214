"""Encrypted fields over time: switched on and off under records that are there, keys replaced while people work."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, inspect, select, text

from dougong.apps import drafts, store
from dougong.apps.finish import open_steps
from dougong.apps.plan import make_plan
from dougong.apps.publish import publish
from dougong.apps.sealing import Progress
from dougong.cli.keys import keys_there, told
from dougong.public.links import create_link, list_links
from dougong.vault.box import Box
from dougong.vault.rotation import Waiting, begin_rotation, rotate, waiting
from dougong.vault.secrets import keep_secret, secret
from dougong.workspace.transactions import Workspaces
from dougong.workspace.workspaces import WorkspaceInfo, create_workspace, drop_workspace
from engines.form.bulk import BulkPlan, apply_chunk, begin_bulk, stage_rows
from engines.form.form import Form
from engines.form.history import changes
from engines.form.query import Query, get_record, list_records
from engines.form.records import create_record, update_record
from engines.form.transaction import SYSTEM, Actor, Transaction
from engines.kernel.problems import Rejected

ADMIN = Actor(id=None, name="Admin", is_admin=True)
OLD, NEW = Box(["old"]), Box(["new", "old"])
TEA, CARD = "Strong Tea 77", "6222-0210-0001"


def item(*, encrypted: bool) -> dict[str, Any]:
    rows = [{"key": "card", "type": "text", "label": "Card", "encrypted": encrypted}]
    fields = [
        {"key": "name", "type": "text", "label": "Name"},
        {"key": "taste", "type": "text", "label": "Taste", "encrypted": encrypted, "unique": True},
        {"key": "cards", "type": "subform", "label": "Cards", "fields": rows},
    ]
    return {"kind": "form", "key": "item", "title": "Item", "title_field": "name", "fields": fields}


class Shop:
    """A workspace whose one form has a field that is encrypted, or not."""

    def __init__(self, engine: Engine, info: WorkspaceInfo) -> None:
        self.engine, self.info = engine, info
        self.workspaces = Workspaces(engine, box=OLD)

    def draft(self, *, encrypted: bool) -> int:
        with self.workspaces.begin(self.info, ADMIN) as tx:
            draft = drafts.open_draft(tx)
            drafts.put_document(tx, draft, item(encrypted=encrypted))
        return draft.id

    def publish(self, *, encrypted: bool) -> None:
        assert publish(self.workspaces, self.info, ADMIN, self.draft(encrypted=encrypted)).finished

    def begin(self, box: Box | None = None) -> Any:
        return Workspaces(self.engine, box=box or self.workspaces.box).begin(self.info, SYSTEM)

    def form(self, tx: Transaction) -> Form:
        return store.forms(tx).get("item")

    def fill(self) -> None:
        with self.begin() as tx:
            create_record(tx, self.form(tx), {"name": "a", "taste": TEA, "cards": [{"card": CARD}]})
            update_record(tx, self.form(tx), 1, {"taste": f"{TEA} later"})
            update_record(tx, self.form(tx), 1, {"taste": TEA, "cards": [{"card": CARD}]})
            ledger = begin_bulk(tx, self.form(tx), BulkPlan(("name", "taste")))
            stage_rows(tx, self.form(tx), ledger, [["b", f"{TEA} too"], ["twin", TEA]], 1)
            apply_chunk(tx, self.form(tx), ledger.id)


@pytest.fixture
def shop(database: Engine) -> Iterator[Shop]:
    info = create_workspace(database, "sealed", "Sealed")
    yield Shop(database, info)
    drop_workspace(database, info)


def held(connection: Connection) -> list[str]:
    """The tables that hold what was entered, readable by anybody."""
    return [
        table
        for table in sorted(inspect(connection).get_table_names())
        for (row,) in connection.execute(text(f'SELECT t::text FROM "{table}" t'))
        if TEA.lower() in row.lower() or CARD in row
    ]


def reads_well(shop: Shop, tx: Transaction) -> None:
    form = shop.form(tx)
    record = get_record(tx, form, 1)
    assert (record.values["taste"], record.values["cards"][0]["card"]) == (TEA, CARD)
    assert f"{TEA} later" in [one.old for change in changes(tx, form, 1) for one in change.fields]
    for condition in ({"field": "taste", "value": TEA}, {"field": "cards.card", "value": CARD}):
        assert [one.id for one in list_records(tx, form, Query(filter=condition)).rows] == [1]


def test_a_publish_seals_what_is_there_and_opens_it_again(shop: Shop) -> None:
    shop.publish(encrypted=False)
    shop.fill()
    with shop.begin() as tx:
        table = shop.form(tx).table.name
        assert {table, f"{table}__cards", "_change", "_event", "_staging"} <= set(held(tx.connection))
    number = shop.draft(encrypted=True)
    with shop.workspaces.begin(shop.info, ADMIN) as tx:
        steps = [one for one in make_plan(tx, drafts.get_draft(tx, number)).steps if one.code == "ddl.seal_sealed"]
    assert [one.params["field"] for one in steps] == ["taste", "cards.card"]
    assert publish(shop.workspaces, shop.info, ADMIN, number).finished
    with shop.begin() as tx:
        assert held(tx.connection) == []
        statistics = tx.connection.execute(text("SELECT s::text FROM pg_stats s WHERE schemaname = current_schema()"))
        assert not [row for (row,) in statistics if TEA.lower() in row.lower() or "stro" in row.lower()]
        reads_well(shop, tx)
        assert list_records(tx, shop.form(tx), Query(search="tea")).rows == ()
        with pytest.raises(Rejected):
            create_record(tx, shop.form(tx), {"name": "twin", "taste": TEA.lower(), "note": "x"})
    shop.publish(encrypted=False)
    with shop.begin() as tx:
        table = shop.form(tx).table
        assert tx.connection.scalar(select(table.c.taste).where(table.c.id == 1)) == TEA
        reads_well(shop, tx)
        assert len(list_records(tx, shop.form(tx), Query(search="tea")).rows) == 2


def test_keys_are_replaced_while_people_work_and_the_work_goes_on_where_it_stopped(shop: Shop) -> None:
    shop.publish(encrypted=True)
    shop.fill()
    with shop.begin() as tx:
        keep_secret(tx, OLD, "token", "s3cret")
        page = {"kind": "public_form", "key": "ask", "title": "Ask", "form": "item", "fields": ["name"]}
        draft = drafts.open_draft(tx)
        assert drafts.put_document(tx, draft, page) == []
    assert publish(shop.workspaces, shop.info, ADMIN, draft.id).finished
    with shop.begin() as tx:
        link = create_link(tx, OLD, "main", "public_form", "ask")
    with shop.begin(NEW) as tx:  # the new key is there, nothing is rotated yet
        reads_well(shop, tx)
        create_record(tx, shop.form(tx), {"name": "c", "taste": "new"})
        assert waiting(tx, NEW) == Waiting(1, 3, 2, 1)
    for twin in (TEA, "new"):
        with pytest.raises(Rejected) as refused, shop.begin(NEW) as tx:
            create_record(tx, shop.form(tx), {"name": "twin", "taste": twin})
        assert refused.value.problems[0].code == "record.not_unique"
    with shop.begin(NEW) as tx:
        assert begin_rotation(tx, NEW) == 1
        assert open_steps(tx) == 1

    def broken(progress: Progress) -> None:
        if progress.step == "item: history":
            raise KeyboardInterrupt

    later = Workspaces(shop.engine, box=NEW)
    with pytest.raises(KeyboardInterrupt):
        rotate(later, shop.info, broken)
    with shop.begin(NEW) as tx:
        assert waiting(tx, NEW) == Waiting(0, 0, 2)
        reads_well(shop, tx)
    assert not rotate(later, shop.info)
    only = Box(["new"])
    with shop.begin(only) as tx:  # the old key is taken away
        reads_well(shop, tx)
        assert secret(tx, only, "token") == "s3cret" and held(tx.connection) == []
        assert [one.token for one in list_links(tx, only, "main")] == [link.token]
        assert [one.token for one in list_links(tx, Box(["lost"]), "main")] == [""]  # not shown, but the rest is


def test_the_command_counts_one_key_and_one_value_as_one() -> None:
    assert (keys_there(1), keys_there(2)) == ("1 key, which seals", "2 keys, the first one seals")
    assert told(Waiting()) == "everything is sealed with the first key"
    one = "under older keys: 1 value, 2 lines of history, 0 secrets, 1 link"
    assert told(Waiting(secrets=0, values=1, history=2, links=1)) == one
