"""One attempt at one job, in a process of its own that RQ forks: claim the row, do the work, write how it ended."""

import uuid
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any, Literal

import structlog
from sqlalchemy import func, text, update

from dougong.config import Settings, read_secret_keys
from dougong.db.engine import make_engine
from dougong.identity.actors import build_actor
from dougong.jobs.consumers import connect
from dougong.jobs.context import LEASE_SECONDS, Cancelled, JobContext, Superseded
from dougong.jobs.entries import load_entry
from dougong.vault.box import Box
from dougong.workspace.bell import RedisBell
from dougong.workspace.tables import JOB
from dougong.workspace.transactions import Workspaces
from dougong.workspace.workspaces import WorkspaceInfo
from engines.form.transaction import SYSTEM
from engines.kernel.problems import Problem, ProblemError

MAX_ATTEMPTS = 5  # a job whose process died this often is not tried again
log = structlog.get_logger()


def run_job(workspace_key: str, job_id: int) -> None:
    """What RQ calls. Running it twice does nothing twice: the second finds the row taken or finished."""
    settings = Settings.from_environ()
    if settings.database_url is None:
        raise RuntimeError("a job's process needs DATABASE_URL")
    connect()
    engine = make_engine(settings.database_url, pool_size=2, application="dougong job")
    bell = RedisBell(settings.redis_url) if settings.redis_url else None
    try:
        workspaces = Workspaces(engine, bell, Box(read_secret_keys(settings)))
        run_in(settings, workspaces, workspaces.get(workspace_key), job_id)
    finally:
        engine.dispose()
        if bell is not None:
            bell.close()


def run_in(settings: Settings, workspaces: Workspaces, info: WorkspaceInfo, job_id: int) -> bool:
    """Claim and run a job here; False where it was not to be had (taken, finished, cancelled)."""
    claimed = _claim(workspaces, info, job_id)
    if claimed is None:
        return False
    actor = SYSTEM
    if claimed.member_id is not None:
        with workspaces.begin(info, SYSTEM, origin="system", read_only=True) as tx:
            actor = build_actor(tx, claimed.member_id)
    job = JobContext(
        settings, workspaces, info, actor, job_id, claimed.fence, claimed.done, claimed.total, claimed.attempts
    )
    with _Ending(job) as ending:
        ending.result = load_entry(claimed.kind)(job, claimed.payload)
    return True


def _claim(workspaces: Workspaces, info: WorkspaceInfo, job_id: int) -> Any:
    """Take the row: waiting, or running with a lease that ran out (its process died)."""
    free = (JOB.c.state == "queued") | ((JOB.c.state == "running") & (JOB.c.lease_until < func.now()))
    take = (
        update(JOB)
        .where(JOB.c.id == job_id, free)
        .values(
            state="running",
            attempts=JOB.c.attempts + 1,
            fence=JOB.c.fence + 1,
            started_at=func.coalesce(JOB.c.started_at, func.now()),
            lease_until=func.now() + text(f"interval '{LEASE_SECONDS} seconds'"),
        )
        .returning(JOB.c.kind, JOB.c.payload, JOB.c.member_id, JOB.c.fence, JOB.c.done, JOB.c.total, JOB.c.attempts)
    )
    with workspaces.begin(info, SYSTEM, origin="system") as tx:
        return tx.connection.execute(take).one_or_none()


class _Ending(AbstractContextManager["_Ending"]):
    """Writes how the attempt ended, whatever it was, and lets what is our bug pass on to RQ's log."""

    def __init__(self, job: JobContext) -> None:
        self.job = job
        self.result: Any = None

    def __enter__(self) -> "_Ending":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> Literal[False] | bool:
        if error is None:
            self._write("done", result=dict(self.result or {}))
        elif isinstance(error, Superseded):
            log.warning("job.superseded", job=self.job.job_id)
            return True
        elif isinstance(error, Cancelled):
            self._write("cancelled")
            return True
        elif isinstance(error, ProblemError):
            self._write("failed", problems=[problem.as_dict() for problem in error.problems])
            return True
        elif isinstance(error, Exception):
            number = uuid.uuid4().hex[:12]
            log.error("job.failed", job=self.job.job_id, error_id=number, exc_info=error)
            message = f"Something went wrong; the log has it under {number}"
            self._write("failed", problems=[Problem("job.failed", "", message, {"id": number}).as_dict()])
        return False

    def _write(self, state: str, **values: Any) -> None:
        mine = update(JOB).where(JOB.c.id == self.job.job_id, JOB.c.fence == self.job.fence)
        with self.job.workspaces.begin(self.job.workspace, SYSTEM, origin="system") as tx:
            tx.connection.execute(mine.values(state=state, finished_at=func.now(), **values))
