"""A publish whose process is killed: before the commit nothing has happened, after it everything will."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Engine

from dougong.apps import drafts, store
from dougong.apps.finish import open_steps
from dougong.apps.publish import publish, recover
from dougong.jobs.runner import Runner
from dougong.workspace.transactions import Workspaces
from dougong.workspace.workspaces import WorkspaceInfo, create_workspace, drop_workspace
from engines.form.records import create_record
from engines.form.transaction import SYSTEM

SCRIPT = """
import os, signal, sys
from dougong.apps.publish import publish
from dougong.db.engine import make_engine
from dougong.workspace.transactions import Workspaces
from engines.form.transaction import SYSTEM

stage, step, draft = sys.argv[1], sys.argv[2], int(sys.argv[3])

def report(progress):
    if progress.stage == stage and progress.step.startswith(step):
        os.kill(os.getpid(), signal.SIGKILL)

workspaces = Workspaces(make_engine(os.environ["DATABASE"]))
publish(workspaces, workspaces.get("killed"), SYSTEM, draft, report)
"""


def field(key: str, kind: str = "text", **rest: Any) -> dict[str, Any]:
    return {"key": key, "type": kind, "label": key, **rest}


def item(*fields: dict[str, Any]) -> dict[str, Any]:
    return {"kind": "form", "key": "item", "title": "Item", "fields": [field("name"), *fields]}


BEFORE = item(field("note"), field("size", "number"))
AFTER = item(
    field("note", "number"),
    field("size", "number"),
    field("double", "formula", options={"expression": "size * 2", "result": "number"}),
)


@pytest.fixture
def info(database: Engine, workspaces: Workspaces) -> Iterator[WorkspaceInfo]:
    made = create_workspace(database, "killed", "Killed")
    workspaces.forget("killed")
    yield made
    drop_workspace(database, made)


def save(workspaces: Workspaces, info: WorkspaceInfo, document: dict[str, Any]) -> int:
    with workspaces.begin(info, SYSTEM) as tx:
        draft = drafts.open_draft(tx)
        assert drafts.put_document(tx, draft, document) == []
    return draft.id


def kill_publish(database_url: str, stage: str, step: str, draft: int) -> None:
    """Publish in a process of its own, which dies before this step."""
    command = [sys.executable, "-c", SCRIPT, stage, step, str(draft)]
    done = subprocess.run(command, env=os.environ | {"DATABASE": database_url}, timeout=120, check=False)
    assert done.returncode == -signal.SIGKILL


def columns(workspaces: Workspaces, info: WorkspaceInfo) -> list[str]:
    with workspaces.begin(info, SYSTEM) as tx:
        query = "SELECT column_name FROM information_schema.columns WHERE table_name = 'main__item' ORDER BY 1"
        return list(tx.connection.scalars(sa.text(query)))


@pytest.mark.parametrize(
    ("stage", "step", "committed"),
    [
        ("prepare", "Add the column double", False),
        ("prepare", "Convert", False),
        ("switch", "", False),
        ("switch", "commit", False),
        ("finish", "", True),
    ],
)
def test_a_killed_publish_is_nothing_or_everything(
    workspaces: Workspaces, info: WorkspaceInfo, database_url: str, stage: str, step: str, committed: bool
) -> None:
    publish(workspaces, info, SYSTEM, save(workspaces, info, BEFORE))
    with workspaces.begin(info, SYSTEM) as tx:
        create_record(tx, store.forms(tx).get("item"), {"name": "Bolt", "note": "7", "size": 3})
    before = columns(workspaces, info)
    draft = save(workspaces, info, AFTER)
    kill_publish(database_url, stage, step, draft)
    with workspaces.begin(info, SYSTEM) as tx:
        assert ("double" in store.forms(tx).get("item").fields) == committed
    assert recover(workspaces, info)
    if not committed:
        assert columns(workspaces, info) == before
        publish(workspaces, info, SYSTEM, draft)
    with workspaces.begin(info, SYSTEM) as tx:
        table = store.forms(tx).get("item").table
        assert tx.connection.execute(sa.select(table.c.note, table.c.double)).all() == [(7, 6)]
        assert open_steps(tx) == 0


@pytest.mark.parametrize(("stage", "step"), [("prepare", "Convert"), ("finish", "")])
def test_the_sweep_takes_up_what_a_killed_publish_left(
    database: Engine, workspaces: Workspaces, info: WorkspaceInfo, database_url: str, stage: str, step: str
) -> None:
    publish(workspaces, info, SYSTEM, save(workspaces, info, BEFORE))
    with workspaces.begin(info, SYSTEM) as tx:
        create_record(tx, store.forms(tx).get("item"), {"name": "Bolt", "note": "7", "size": 3})
    before = columns(workspaces, info)
    kill_publish(database_url, stage, step, save(workspaces, info, AFTER))
    runner = Runner(database, workspaces, lambda *_: None, {})
    assert info.id in {one.id for one in runner.rung()}
    runner.serve(info)
    if stage == "prepare":
        assert columns(workspaces, info) == before
    with workspaces.begin(info, SYSTEM) as tx:
        assert tx.connection.scalar(sa.text("SELECT count(*) FROM _publish_step WHERE done_at IS NULL")) == 0
