"""What a job's code gets: transactions as the person who started it, a progress bar, and the word to stop."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, text, update

from dougong.config import Settings
from dougong.workspace.tables import JOB
from dougong.workspace.transactions import Workspaces
from dougong.workspace.workspaces import WorkspaceInfo
from engines.form.transaction import SYSTEM, Actor, Origin, Transaction

LEASE_SECONDS = 60


class Cancelled(Exception):
    """The person no longer wants it. What is committed stays; the job's code may undo it before letting this pass."""


class Superseded(Exception):
    """Another process took this job over (our lease ran out): write nothing more."""


@dataclass(slots=True)
class JobContext:
    """One attempt at one job. `fence` is this attempt's number: only its holder may report."""

    settings: Settings
    workspaces: Workspaces
    workspace: WorkspaceInfo
    actor: Actor
    job_id: int
    fence: int
    done: int
    total: int | None
    attempt: int

    @contextmanager
    def begin(self, *, origin: Origin = "system", read_only: bool = False) -> Iterator[Transaction]:
        """A transaction as the person who started the job; policy holds as on a page."""
        with self.workspaces.begin(self.workspace, self.actor, origin=origin, read_only=read_only) as tx:
            yield tx

    def progress(self, done: int, total: int | None = None, step: Any = None) -> None:
        """Move the bar: `done` of `total`, with a label of what is being done. Renews the lease.

        Raises `Cancelled` where the person asked to stop, `Superseded` where the job is no longer ours.
        """
        self.done, self.total = done, self.total if total is None else total
        with self.workspaces.begin(self.workspace, SYSTEM, origin="system") as tx:
            report_progress(tx, self, step)

    def report(self, tx: Transaction, done: int, total: int | None = None, step: Any = None) -> None:
        """The same inside a transaction of the job's own, so that work and bar move together."""
        self.done, self.total = done, self.total if total is None else total
        report_progress(tx, self, step)


def report_progress(tx: Transaction, job: JobContext, step: Any) -> None:
    """Write the bar where the job is still ours. Raises `Cancelled` or `Superseded`."""
    values: Mapping[str, Any] = {
        "done": job.done,
        "total": job.total,
        "lease_until": func.now() + text(f"interval '{LEASE_SECONDS} seconds'"),
    }
    mine = update(JOB).where(JOB.c.id == job.job_id, JOB.c.fence == job.fence, JOB.c.state == "running")
    row = tx.connection.execute(
        mine.values(**values, **({"step": step} if step else {})).returning(JOB.c.cancel)
    ).first()
    if row is None:
        raise Superseded(f"job {job.job_id}")
    if row.cancel:
        raise Cancelled(f"job {job.job_id}")
