"""Jobs: started in a transaction, run in a process of their own, watched, cancelled, resumed after a kill."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib import import_module

import psutil
import pytest
import redis
from sqlalchemy import text

from dougong.jobs.entries import ENTRIES
from dougong.jobs.queue import Job, cancel, list_jobs, read_job, start
from dougong.workspace.transactions import Workspaces
from dougong.workspace.workspaces import WorkspaceInfo
from engines.form.transaction import SYSTEM, Actor
from engines.kernel.problems import NotFound

Wait = Callable[[int, Callable[[Job], bool]], Job]


@pytest.fixture(scope="module")
def worker(database_url: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A real worker: the runner and RQ beside it."""
    environ = {**os.environ, "DATABASE_URL": database_url, "REDIS_URL": redis_url}
    environ["DOUGONG_DATA"] = str(tmp_path_factory.mktemp("data"))
    code = "import sys; from dougong.config import Settings; from dougong.jobs.worker import main; "
    process = subprocess.Popen([sys.executable, "-c", code + "sys.exit(main(Settings.from_environ()))"], env=environ)
    yield process.pid
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=15) == 0


@pytest.fixture
def wait(workspaces: Workspaces, workspace: WorkspaceInfo) -> Wait:
    """Poll a job until it is as asked, 30 seconds at most."""

    def until(job_id: int, asked: Callable[[Job], bool]) -> Job:
        deadline = time.monotonic() + 30
        while True:
            with workspaces.begin(workspace, SYSTEM) as tx:
                job = read_job(tx, job_id)
            if asked(job):
                return job
            assert time.monotonic() < deadline, job
            time.sleep(0.05)

    return until


def test_every_path_leads_to_code() -> None:
    for kind, path in ENTRIES.items():
        module, _, name = path.partition(":")
        assert callable(getattr(import_module(module), name)), kind


def test_a_job_runs_and_shows_how_far_it_is(
    worker: int, wait: Wait, workspaces: Workspaces, workspace: WorkspaceInfo
) -> None:
    with workspaces.begin(workspace, SYSTEM) as tx:
        job_id = start(tx, "probe", {"steps": 5, "pause": 0.05}, title={"zh-CN": "数数", "en": "Count"})
    job = wait(job_id, lambda job: not job.is_open)
    assert (job.state, job.done, job.total, job.result) == ("done", 5, 5, {"from": 0, "to": 5})


def test_a_job_that_was_rolled_back_never_runs(workspaces: Workspaces, workspace: WorkspaceInfo) -> None:
    with pytest.raises(ZeroDivisionError), workspaces.begin(workspace, SYSTEM) as tx:
        job_id = start(tx, "probe", {})
        raise ZeroDivisionError
    with workspaces.begin(workspace, SYSTEM) as tx, pytest.raises(NotFound):
        read_job(tx, job_id)


def test_a_running_job_can_be_cancelled(
    worker: int, wait: Wait, workspaces: Workspaces, workspace: WorkspaceInfo
) -> None:
    with workspaces.begin(workspace, SYSTEM) as tx:
        job_id = start(tx, "probe", {"steps": 600, "pause": 0.05})
    wait(job_id, lambda job: job.done > 1)
    with workspaces.begin(workspace, SYSTEM) as tx:
        cancel(tx, job_id)
    job = wait(job_id, lambda job: not job.is_open)
    assert job.state == "cancelled"
    assert job.done < 600


def test_a_waiting_job_is_cancelled_at_once(workspaces: Workspaces, workspace: WorkspaceInfo) -> None:
    with workspaces.begin(workspace, SYSTEM) as tx:
        job = cancel(tx, start(tx, "probe", {}))
        assert job.state == "cancelled"


def test_a_killed_job_goes_on_where_it_was(
    worker: int, wait: Wait, workspaces: Workspaces, workspace: WorkspaceInfo
) -> None:
    with workspaces.begin(workspace, SYSTEM) as tx:
        job_id = start(tx, "probe", {"steps": 40, "pause": 0.05})
    wait(job_id, lambda job: job.done >= 5)
    horse = [process for process in psutil.process_iter(["cmdline"]) if _is_horse(process, worker)]
    assert len(horse) == 1
    horse[0].kill()
    with workspaces.begin(workspace, SYSTEM) as tx:
        tx.connection.execute(text("UPDATE _job SET lease_until = now() WHERE id = :id"), {"id": job_id})
        tx.wake = True
    job = wait(job_id, lambda job: not job.is_open)
    assert job.done == 40
    assert job.result is not None
    assert job.result["from"] >= 5


def test_without_redis_the_sweep_finds_the_job(
    worker: int, wait: Wait, redis_url: str, workspaces: Workspaces, workspace: WorkspaceInfo
) -> None:
    redis.Redis.from_url(redis_url).flushall()  # all that Redis knew is lost
    with workspaces.begin(workspace, SYSTEM) as tx:
        job_id = start(tx, "probe", {"steps": 1})
    assert wait(job_id, lambda job: not job.is_open).state == "done"


def test_nobody_sees_the_jobs_of_another(workspaces: Workspaces, workspace: WorkspaceInfo) -> None:
    with workspaces.begin(workspace, Actor(id=7)) as tx:
        mine = start(tx, "probe", {})
        assert [job.id for job in list_jobs(tx)] == [mine]
    with workspaces.begin(workspace, Actor(id=8)) as tx:
        assert list_jobs(tx) == []
        with pytest.raises(NotFound):
            cancel(tx, mine)


def test_the_same_work_is_queued_once(workspaces: Workspaces, workspace: WorkspaceInfo) -> None:
    with workspaces.begin(workspace, SYSTEM) as tx:
        first = start(tx, "probe", {}, unique_key="nightly")
        assert start(tx, "probe", {}, unique_key="nightly") == first


def _is_horse(process: psutil.Process, worker: int) -> bool:
    """Whether this is the process that RQ forked for a job: a grandchild of the worker."""
    parents = process.parents()
    return len(parents) > 1 and parents[1].pid == worker
