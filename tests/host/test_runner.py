"""The runner: every effect inside the database happens exactly once, whatever is killed and when."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from dougong.jobs import runner as runner_module
from dougong.jobs.consumers import Event
from dougong.jobs.runner import Runner
from dougong.workspace.transactions import Workspaces
from dougong.workspace.workspaces import WorkspaceInfo
from engines.form.transaction import SYSTEM, Transaction
from engines.kernel.problems import Problem, Rejected

PROCESS = Path(__file__).with_name("runner_process.py")


@pytest.fixture(autouse=True)
def effects(workspaces: Workspaces, workspace: WorkspaceInfo) -> None:
    """A table for effects, and no events of earlier tests."""
    with workspaces.begin(workspace, SYSTEM, publish=True) as tx:
        tx.connection.execute(
            text("CREATE TABLE IF NOT EXISTS effect (id bigserial, event_id bigint, record_id bigint, version int)")
        )
        tx.connection.execute(text("TRUNCATE effect, _delivery, _event"))


def _emit(workspaces: Workspaces, workspace: WorkspaceInfo, records: int, versions: int) -> None:
    """`records` x `versions` events, each with one delivery to the consumer `test`."""
    statement = text("""
        WITH made AS (INSERT INTO _event (at, type, app, form, record_id, version, origin)
                      SELECT now(), 'record.updated', 'a', 'f', r, v, 'page'
                      FROM generate_series(1, :versions) v, generate_series(1, :records) r ORDER BY v, r RETURNING id)
        INSERT INTO _delivery (event_id, consumer) SELECT id, 'test' FROM made""")
    with workspaces.begin(workspace, SYSTEM) as tx:
        tx.connection.execute(statement, {"records": records, "versions": versions})


def _open(workspaces: Workspaces, workspace: WorkspaceInfo) -> int:
    with workspaces.begin(workspace, SYSTEM) as tx:
        return int(
            tx.connection.execute(
                text("SELECT count(*) FROM _delivery WHERE state IN ('ready', 'leased')")
            ).scalar_one()
        )


def _rows(workspaces: Workspaces, workspace: WorkspaceInfo) -> list[tuple[int, int, int]]:
    with workspaces.begin(workspace, SYSTEM) as tx:
        found = tx.connection.execute(text("SELECT event_id, record_id, version FROM effect ORDER BY id")).all()
    return [(row.event_id, row.record_id, row.version) for row in found]


def test_killed_runners_lose_nothing_and_double_nothing(
    database_url: str, database: Engine, workspaces: Workspaces, workspace: WorkspaceInfo
) -> None:
    _emit(workspaces, workspace, records=60, versions=20)
    command = [sys.executable, str(PROCESS), database_url, workspace.key]
    deadline = time.monotonic() + 60
    for wait in (0.7, 0.8, 0.9, 1.0):
        both = [subprocess.Popen(command) for _ in range(2)]
        time.sleep(wait)
        for process in both:
            process.send_signal(signal.SIGKILL)
            process.wait()
    with workspaces.begin(workspace, SYSTEM) as tx:  # what the dead had claimed is free when their lease is over
        tx.connection.execute(text("UPDATE _delivery SET lease_until = now() WHERE state = 'leased'"))
    last = subprocess.Popen(command)
    while _open(workspaces, workspace) and time.monotonic() < deadline:
        time.sleep(0.1)
    last.kill()
    last.wait()
    rows = _rows(workspaces, workspace)
    assert len(rows) == 1200
    assert len({event for event, _, _ in rows}) == 1200
    for record in range(1, 61):
        assert [version for _, number, version in rows if number == record] == list(range(1, 21))


def test_one_that_lost_its_lease_cannot_acknowledge(
    database: Engine, workspaces: Workspaces, workspace: WorkspaceInfo
) -> None:
    _emit(workspaces, workspace, records=1, versions=1)

    def slow(tx: Transaction, event: Event) -> None:
        tx.connection.execute(text("INSERT INTO effect (event_id) VALUES (:id)"), {"id": event.id})
        with workspaces.begin(workspace, SYSTEM) as other:  # meanwhile the lease ran out and another has claimed it
            other.connection.execute(text("UPDATE _delivery SET fence = fence + 1"))

    Runner(database, workspaces, lambda *_: None, {"test": slow}).serve(workspace)
    assert _rows(workspaces, workspace) == []
    assert _open(workspaces, workspace) == 1


def test_a_failed_delivery_is_tried_again_and_given_up_at_last(
    database: Engine, workspaces: Workspaces, workspace: WorkspaceInfo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner_module, "MAX_ATTEMPTS", 2)
    _emit(workspaces, workspace, records=1, versions=2)
    calls: list[int] = []

    def broken(tx: Transaction, event: Event) -> None:
        tx.connection.execute(text("INSERT INTO effect (event_id) VALUES (:id)"), {"id": event.id})
        calls.append(event.id)
        if event.version == 1:
            raise Rejected(Problem("test.broken", "", "broken"))

    runner = Runner(database, workspaces, lambda *_: None, {"test": broken})
    for _ in range(2):
        runner.serve(workspace)
        with workspaces.begin(workspace, SYSTEM) as tx:
            tx.connection.execute(text("UPDATE _delivery SET due_at = now()"))
    runner.serve(workspace)
    assert len(calls) == 3  # the first twice and given up, then the second of the same record
    assert len(_rows(workspaces, workspace)) == 1
    with workspaces.begin(workspace, SYSTEM) as tx:
        states = tx.connection.execute(text("SELECT state, last_error FROM _delivery ORDER BY event_id")).all()
    assert [row.state for row in states] == ["failed", "done"]
    assert "broken" in states[0].last_error


def test_waiting_jobs_are_handed_on(database: Engine, workspaces: Workspaces, workspace: WorkspaceInfo) -> None:
    with workspaces.begin(workspace, SYSTEM) as tx:
        tx.connection.execute(text("INSERT INTO _job (kind) VALUES ('probe')"))
    handed: list[tuple[str, int, int]] = []
    runner = Runner(database, workspaces, lambda *job: handed.append(job), {})
    assert workspace.id in {info.id for info in runner.rung()}
    runner.serve(workspace)
    assert [(key, attempt) for key, _, attempt in handed] == [(workspace.key, 0)]
