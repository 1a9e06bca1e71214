"""The long-lived runner: drains deliveries of events, hands waiting jobs to RQ, workspace by workspace (D2).

A delivery is claimed with `SKIP LOCKED` under a lease and a fencing number, and done in one transaction together with
its acknowledgement `WHERE fence = mine`: a process that dies leaves a lease that runs out, one that was too slow
cannot acknowledge. Events of one record are delivered in the order of its versions.

About once a minute it looks at the moments of each workspace: conditions that become true as time passes.

The sweep also looks for publishes that were killed: it takes back what they prepared and does what they left to finish.
"""

import time
from collections.abc import Callable, Mapping

import structlog
from sqlalchemy import Engine, delete, exists, select, text
from sqlalchemy.exc import DBAPIError

from dougong.apps.publish import recover
from dougong.apps.tables import FINISH
from dougong.db.control import BELL
from dougong.jobs.consumers import CONSUMERS, Consumer, Event
from dougong.moments import Watch
from dougong.workspace.transactions import RETRIED, Workspaces, sqlstate
from dougong.workspace.workspaces import WorkspaceInfo, list_workspaces
from engines.form.transaction import SYSTEM, Transaction
from engines.kernel.problems import NotFound, ProblemError

BATCH = 50
LEASE_SECONDS = 30
MAX_ATTEMPTS = 8
SWEEP_SECONDS = 20
log = structlog.get_logger()

# The oldest due deliveries, none of a record that has an older one still open with the same consumer.
_CLAIM = text("""
UPDATE _delivery AS d SET state = 'leased', fence = d.fence + 1, attempts = d.attempts + 1,
       lease_until = clock_timestamp() + make_interval(secs => :lease)
FROM (SELECT c.event_id, c.consumer FROM _delivery c JOIN _event e ON e.id = c.event_id
      WHERE (c.state = 'ready' OR (c.state = 'leased' AND c.lease_until < clock_timestamp()))
        AND c.due_at <= clock_timestamp()
        AND NOT EXISTS (SELECT 1 FROM _event f JOIN _delivery g ON g.event_id = f.id AND g.consumer = c.consumer
                        WHERE f.form = e.form AND f.record_id = e.record_id AND f.id < e.id
                          AND g.state IN ('ready', 'leased'))
      ORDER BY c.due_at, c.event_id LIMIT :batch FOR UPDATE OF c SKIP LOCKED) AS due
WHERE d.event_id = due.event_id AND d.consumer = due.consumer
RETURNING d.event_id, d.consumer, d.fence, d.attempts
""")
_EVENT = text(
    "SELECT id, type, app, form, record_id, version, payload, actor, origin, cause, depth, at "
    "FROM _event WHERE id = :id"
)
_DONE = text(
    "UPDATE _delivery SET state = 'done', lease_until = NULL, last_error = NULL "
    "WHERE event_id = :event_id AND consumer = :consumer AND fence = :fence AND state = 'leased'"
)
# Tried again later: 2, 4, 8 ... seconds; given up after MAX_ATTEMPTS.
_LATER = text("""
UPDATE _delivery SET state = CASE WHEN attempts >= :limit THEN 'failed' ELSE 'ready' END, lease_until = NULL,
       last_error = :error, due_at = clock_timestamp() + interval '1 second' * power(2, attempts)
WHERE event_id = :event_id AND consumer = :consumer AND fence = :fence
""")
_WAITING_JOBS = text("""
SELECT id, attempts FROM _job
WHERE state = 'queued' OR (state = 'running' AND lease_until < clock_timestamp()) ORDER BY id LIMIT 100
""")
_UNFINISHED = select(exists().where(FINISH.c.done_at.is_(None)))  # lines of a publish that runs are among them


class FenceLost(Exception):
    """Somebody else claimed the delivery meanwhile; our transaction must not commit."""


class Runner:
    """Serves every workspace of the installation. `enqueue` lends a job a process: (workspace key, job id, attempt)."""

    def __init__(
        self,
        engine: Engine,
        workspaces: Workspaces,
        enqueue: Callable[[str, int, int], None],
        consumers: Mapping[str, Consumer] | None = None,
    ) -> None:
        self.engine = engine
        self.workspaces = workspaces
        self.enqueue = enqueue
        self.consumers = CONSUMERS if consumers is None else consumers
        self.watch = Watch(workspaces)
        self._swept = 0.0
        self._to_recover: set[int] = set()  # workspaces whose publishes this sweep has not looked at

    def rung(self) -> list[WorkspaceInfo]:
        """The workspaces that have rung since the last call; all of them once every `SWEEP_SECONDS`."""
        with self.engine.begin() as connection:
            numbers = set(connection.execute(delete(BELL).returning(BELL.c.workspace_id)).scalars())
            every = time.monotonic() - self._swept > SWEEP_SECONDS
            found = list_workspaces(connection)
        if every:
            self._swept = time.monotonic()
            self._to_recover = {info.id for info in found}
        return [info for info in found if every or info.id in numbers]

    def serve(self, info: WorkspaceInfo) -> int:
        """Do what is due in one workspace now; tells how many deliveries were done."""
        done = 0
        try:
            with self.workspaces.begin(info, SYSTEM, origin="system", read_only=True) as tx:
                waiting = tx.connection.execute(_WAITING_JOBS).all()
                unfinished = info.id in self._to_recover and tx.connection.scalar(_UNFINISHED)
            self._to_recover.discard(info.id)
            for job_id, attempts in waiting:
                self.enqueue(info.key, job_id, attempts)
            if unfinished:
                self._recover(info)
            if self.watch.due(info):
                self.watch.look(info)
            while claimed := self._drain(info):
                done += claimed
        except NotFound:
            log.info("runner.workspace_gone", workspace=info.key)
        return done

    def _recover(self, info: WorkspaceInfo) -> None:
        """Take up what a killed publish left; one that still runs is let be. What fails is tried at the next sweep."""
        try:
            done = recover(self.workspaces, info)
            log.info("runner.publish_recovered", workspace=info.key, done=done)
        except (ProblemError, DBAPIError) as error:
            log.warning("runner.recover_failed", workspace=info.key, error=str(error)[:500])

    def _drain(self, info: WorkspaceInfo) -> int:
        with self.workspaces.begin(info, SYSTEM, origin="system") as tx:
            claimed = sorted(tx.connection.execute(_CLAIM, {"lease": LEASE_SECONDS, "batch": BATCH}).all())
        for event_id, consumer, fence, _attempts in claimed:
            self._deliver(info, event_id, consumer, fence)
        return len(claimed)

    def _deliver(self, info: WorkspaceInfo, event_id: int, consumer: str, fence: int) -> None:
        name = {"event_id": event_id, "consumer": consumer, "fence": fence}

        def work(tx: Transaction) -> None:
            event = Event(*tx.connection.execute(_EVENT, {"id": event_id}).one())
            tx.cause = f"event:{event_id}"
            handler = self.consumers.get(consumer)
            if handler is not None:
                handler(tx, event)
            if tx.connection.execute(_DONE, name).rowcount != 1:
                raise FenceLost(f"{consumer} of event {event_id}")

        try:
            self.workspaces.run(info, SYSTEM, work, origin="automation")
        except FenceLost:
            log.warning("runner.fence_lost", workspace=info.key, **name)
        except (ProblemError, DBAPIError) as error:
            state = sqlstate(error) if isinstance(error, DBAPIError) else None
            log.warning("runner.delivery_failed", workspace=info.key, error=str(error)[:500], sqlstate=state, **name)
            if state not in RETRIED:
                with self.workspaces.begin(info, SYSTEM, origin="system") as tx:
                    tx.connection.execute(_LATER, {**name, "error": str(error)[:500], "limit": MAX_ATTEMPTS})
