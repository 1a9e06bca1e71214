"""Jobs as rows: starting, watching and cancelling one. The row is the truth; RQ only lends a process (D2)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select, update

from dougong.jobs.entries import ENTRIES
from dougong.workspace.tables import JOB
from engines.form.transaction import Transaction
from engines.kernel.problems import NotFound, Problem

OPEN = ("queued", "running")


@dataclass(frozen=True, slots=True)
class Job:
    """What is known of a job. `total` is None while nobody knows how much there is to do; `cancel`: asked to stop.

    `payload` is what it works with; `as_dict` leaves it out.
    """

    id: int
    kind: str
    title: Any
    state: str
    done: int
    total: int | None
    step: Any
    result: Any
    problems: Any
    member_id: int | None
    at: datetime
    finished_at: datetime | None
    payload: Mapping[str, Any]
    cancel: bool

    @property
    def is_open(self) -> bool:
        """Whether it still runs or will."""
        return self.state in OPEN

    def as_dict(self) -> dict[str, Any]:
        """The shape that the API and the progress bar read."""
        return {
            "id": self.id,
            "kind": self.kind,
            "title": self.title,
            "state": self.state,
            "done": self.done,
            "total": self.total,
            "step": self.step,
            "result": self.result,
            "problems": self.problems,
            "at": self.at.isoformat(),
            "finished_at": self.finished_at.isoformat() if self.finished_at else None,
        }


_SHOWN = tuple(JOB.c[name] for name in Job.__slots__)


def start(
    tx: Transaction, kind: str, params: Mapping[str, Any], *, title: Any = "", unique_key: str | None = None
) -> int:
    """Put a job into the workspace's queue, in the caller's transaction; gives its id.

    `title` is a label (a string or one per language). With a `unique_key` a second one of the same kind is not made
    while the first is open: its id comes back. Raises `NotFound` for a kind that does not exist.
    """
    if kind not in ENTRIES:
        raise NotFound(Problem("job.unknown_kind", "kind", f'There is no job "{kind}"', {"kind": kind}))
    if unique_key is not None:
        same = select(JOB.c.id).where(JOB.c.kind == kind, JOB.c.unique_key == unique_key, JOB.c.state.in_(OPEN))
        existing = tx.connection.execute(same).scalar()
        if existing is not None:
            return int(existing)
    values = {
        "kind": kind,
        "title": title,
        "payload": dict(params),
        "member_id": tx.actor.id,
        "unique_key": unique_key,
        "at": tx.now,
    }
    tx.wake = True
    return int(tx.connection.execute(insert(JOB).values(values).returning(JOB.c.id)).scalar_one())


def read_job(tx: Transaction, job_id: int) -> Job:
    """One job of the actor's own (administrators see all). Raises `NotFound`."""
    row = tx.connection.execute(select(*_SHOWN).where(JOB.c.id == job_id)).one_or_none()
    if row is None or not (tx.actor.is_admin or row.member_id == tx.actor.id):
        raise NotFound(Problem("job.unknown", "", f"There is no job {job_id}", {"id": job_id}))
    return _job(row)


def list_jobs(tx: Transaction, *, limit: int = 50) -> list[Job]:
    """The actor's newest jobs."""
    query = select(*_SHOWN).where(JOB.c.member_id == tx.actor.id).order_by(JOB.c.id.desc()).limit(limit)
    return [_job(row) for row in tx.connection.execute(query)]


def cancel(tx: Transaction, job_id: int) -> Job:
    """Ask an open job to stop: one that waits ends at once, one that runs at its next report. Raises `NotFound`."""
    read_job(tx, job_id)
    waiting = (JOB.c.id == job_id) & (JOB.c.state == "queued") & (JOB.c.attempts == 0)
    tx.connection.execute(update(JOB).where(waiting).values(state="cancelled", cancel=True, finished_at=tx.now))
    tx.connection.execute(update(JOB).where(JOB.c.id == job_id, JOB.c.state.in_(OPEN)).values(cancel=True))
    return read_job(tx, job_id)


def _job(row: "Row[Any]") -> Job:
    return Job(**row._mapping)
