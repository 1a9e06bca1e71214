"""Kept values across the host: a publish fills them and says so meanwhile, a job recomputes what a change reached."""

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Engine

from dougong.apps import drafts, finish, recompute, store
from dougong.apps.publish import publish
from dougong.config import Settings
from dougong.jobs import consumers
from dougong.jobs.context import JobContext
from dougong.workspace.tables import JOB
from dougong.workspace.transactions import Workspaces
from dougong.workspace.workspaces import WorkspaceInfo, create_workspace, drop_workspace
from engines.form import events
from engines.form.query import get_record
from engines.form.records import create_record, update_record
from engines.form.transaction import SYSTEM, Actor

ADMIN = Actor(id=None, name="Admin", is_admin=True)
RELATED = [{"key": "items", "form": "item", "field": "of"}]


def field(key: str, kind: str = "text", **options: Any) -> dict[str, Any]:
    return {"key": key, "type": kind, "label": key.title(), "options": options}


def forms(*more: dict[str, Any], worth: str = "size * of.rate") -> list[dict[str, Any]]:
    """A box with items; `more` are further fields of the box."""
    kept = field("worth", "formula", expression=worth, result="number", store="always")
    item = [field("name"), field("size", "number"), field("of", "relation", form="box"), kept]
    box = [field("name"), field("rate", "number"), *more]
    shared = {"kind": "form", "title_field": "name"}
    return [
        {**shared, "key": "box", "title": "Box", "fields": box, "related": RELATED},
        {**shared, "key": "item", "title": "Item", "fields": item},
    ]


@pytest.fixture
def shop(database: Engine, workspaces: Workspaces) -> Iterator[WorkspaceInfo]:
    info = create_workspace(database, "derived", "Derived")
    workspaces.forget("derived")
    put(workspaces, info, *forms())
    with workspaces.begin(info, SYSTEM) as tx:
        create_record(tx, store.forms(tx).get("box"), {"name": "box", "rate": 2})
        for size in range(5):
            create_record(tx, store.forms(tx).get("item"), {"name": f"i{size}", "size": size, "of": 1})
    yield info
    drop_workspace(database, info)


def put(workspaces: Workspaces, info: WorkspaceInfo, *documents: dict[str, Any]) -> None:
    """Publish documents."""
    with workspaces.begin(info, ADMIN) as tx:
        draft = drafts.open_draft(tx)
        for document in documents:
            drafts.put_document(tx, draft, document)
    publish(workspaces, info, ADMIN, draft.id)


def values(workspaces: Workspaces, info: WorkspaceInfo, form: str, key: str) -> list[Any]:
    with workspaces.begin(info, SYSTEM) as tx:
        table = store.forms(tx).get(form).table
        return list(tx.connection.scalars(sa.select(table.c[key]).order_by(table.c.id)))


TOTAL = field("total", "rollup", of="items", aggregate="sum", field="worth")


def test_a_new_rollup_and_what_hangs_on_a_changed_formula_are_filled_by_the_publish(
    workspaces: Workspaces, shop: WorkspaceInfo
) -> None:
    put(workspaces, shop, *forms(TOTAL))
    assert values(workspaces, shop, "box", "total") == [20]
    put(workspaces, shop, *forms(TOTAL, worth="size * of.rate + 1"))
    assert values(workspaces, shop, "item", "worth") == [1, 3, 5, 7, 9]
    assert values(workspaces, shop, "box", "total") == [25]
    with workspaces.begin(shop, SYSTEM) as tx:
        assert get_record(tx, store.forms(tx).get("box"), 1).recomputing == frozenset()


def test_explanations_are_filled_by_the_publish_and_follow_a_changed_label(
    workspaces: Workspaces, shop: WorkspaceInfo
) -> None:
    told = field("told", "explanation", of="total", language="en")
    put(workspaces, shop, *forms(TOTAL, told))
    assert values(workspaces, shop, "box", "told") == ["Total = the total of Worth in Item = 20"]
    put(workspaces, shop, *forms({**TOTAL, "label": "Sum"}, told))
    assert values(workspaces, shop, "box", "told") == ["Sum = the total of Worth in Item = 20"]
    with workspaces.begin(shop, SYSTEM) as tx:
        update_record(tx, store.forms(tx).get("item"), 1, {"size": 5})
    assert values(workspaces, shop, "box", "told") == ["Sum = the total of Worth in Item = 30"]


def test_until_it_is_filled_a_new_rollup_says_that_it_is_being_recomputed_and_a_broken_fill_goes_on(
    workspaces: Workspaces, shop: WorkspaceInfo, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: Any, **__: Any) -> bool:
        raise sa.exc.OperationalError("stopped", None, Exception("stopped"))

    with monkeypatch.context() as patched:
        patched.setattr(finish, "fill_chunk", stop)
        put(workspaces, shop, *forms(TOTAL))
    with workspaces.begin(shop, SYSTEM) as tx:
        assert get_record(tx, store.forms(tx).get("box"), 1).recomputing == {"total"}
        create_record(tx, store.forms(tx).get("item"), {"size": 10, "of": 1})
    assert finish.finish_open(workspaces, shop)
    assert values(workspaces, shop, "box", "total") == [40]
    with workspaces.begin(shop, SYSTEM) as tx:
        assert get_record(tx, store.forms(tx).get("box"), 1).recomputing == frozenset()


def test_the_job_recomputes_what_a_change_reached(workspaces: Workspaces, shop: WorkspaceInfo) -> None:
    before = list(events._consumers)
    consumers.connect()
    try:
        with workspaces.begin(shop, SYSTEM) as tx:
            sql = "INSERT INTO app__item (of, size, worth) SELECT 1, 1, 2 FROM generate_series(1, 300)"
            tx.connection.exec_driver_sql(sql.replace("app__item", store.forms(tx).get("item").table.name))
            update_record(tx, store.forms(tx).get("box"), 1, {"rate": 3})
        with workspaces.begin(shop, SYSTEM) as tx:
            row = (
                tx.connection.execute(sa.text("SELECT * FROM _event WHERE type = 'records.recompute'")).mappings().one()
            )
            told = tx.connection.execute(sa.text("SELECT consumer FROM _delivery")).scalars().all()
            assert "recompute" in told
            event = consumers.Event(**{name: row[name] for name in consumers.Event.__slots__})
            consumers.CONSUMERS["recompute"](tx, event)
            consumers.CONSUMERS["recompute"](tx, event)
            (job,) = tx.connection.execute(sa.select(JOB).where(JOB.c.kind == "recompute")).mappings().all()
            tx.connection.execute(sa.update(JOB).values(state="running", fence=1))
        context = JobContext(Settings.from_environ(), workspaces, shop, SYSTEM, job["id"], 1, 0, None, 1)
        assert recompute.run_recompute(context, job["payload"]) == {"records": 305}
        assert set(values(workspaces, shop, "item", "worth")[5:]) == {3}
        with workspaces.begin(shop, SYSTEM) as tx:
            done = tx.connection.execute(sa.select(JOB.c.done, JOB.c.total).where(JOB.c.id == job["id"])).one()
            assert tuple(done) == (305, 305)
            assert tx.connection.scalar(sa.text("SELECT count(*) FROM _recompute")) == 0
    finally:
        events.listen(before)
