"""`dougong worker`: one process that runs the runner, and one beside it in which RQ forks a process for each job."""

import os
import signal
import subprocess
import sys
import time
from functools import partial
from types import FrameType

import redis
import structlog
from redis.exceptions import RedisError
from rq import Queue
from rq.exceptions import DuplicateJobError

from dougong.config import Settings, read_secret_keys
from dougong.db.engine import make_engine
from dougong.exports import shelf
from dougong.imports import uploads
from dougong.jobs.consumers import connect
from dougong.jobs.rq_worker import QUEUE
from dougong.jobs.run import MAX_ATTEMPTS
from dougong.jobs.runner import Runner
from dougong.jobs.sweeping import Sweeper
from dougong.vault.box import Box
from dougong.workspace.bell import KEY, RedisBell
from dougong.workspace.transactions import Workspaces

WAIT_SECONDS = 1.0
log = structlog.get_logger()


class Enqueuer:
    """Hands jobs to RQ. The RQ job's name is made of the workspace, job and attempt: enqueuing twice is harmless."""

    def __init__(self, client: redis.Redis) -> None:
        self._queue = Queue(QUEUE, connection=client)

    def __call__(self, workspace_key: str, job_id: int, attempts: int) -> None:
        """Enqueue; silently nothing where Redis is away (the sweep tries again) or the job died too often."""
        if attempts >= MAX_ATTEMPTS:
            return
        name = f"{workspace_key}-{job_id}-{attempts}"
        try:
            self._queue.enqueue_call(
                "dougong.jobs.run.run_job",
                args=(workspace_key, job_id),
                job_id=name,
                timeout=24 * 3600,
                result_ttl=60,
                failure_ttl=3600,
                unique=True,
            )
        except DuplicateJobError:
            return
        except RedisError as error:
            log.warning("worker.redis_away", error=str(error))


def main(settings: Settings) -> int:
    """Run until told to stop (SIGTERM, SIGINT). Needs `database_url` and `redis_url`."""
    if settings.database_url is None or settings.redis_url is None:
        raise RuntimeError("a worker needs DATABASE_URL and REDIS_URL")
    stopped = False

    def stop(_signal: int, _frame: FrameType | None) -> None:
        nonlocal stopped
        stopped = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    connect()
    child = _start_rq(settings)
    engine = make_engine(settings.database_url, pool_size=4, application="dougong runner")
    client = redis.Redis.from_url(settings.redis_url, socket_timeout=5, socket_connect_timeout=1)
    bell = RedisBell(settings.redis_url)
    runner = Runner(engine, Workspaces(engine, bell, Box(read_secret_keys(settings))), Enqueuer(client))
    sweeper = Sweeper(partial(shelf.sweep, settings), partial(uploads.sweep, settings))
    log.info("worker.started")
    try:
        while not stopped:
            for info in runner.rung():
                runner.serve(info)
            sweeper.look()
            _wait(client)
            if child.poll() is not None and not stopped:
                log.warning("worker.rq_restarted", status=child.returncode)
                child = _start_rq(settings)
    finally:
        child.terminate()
        try:
            child.wait(timeout=10)
        except subprocess.TimeoutExpired:
            child.kill()
        engine.dispose()
        bell.close()
    return 0


def _wait(client: redis.Redis) -> None:
    """Sleep until the bell rings, a second at most; without Redis just a second."""
    try:
        if client.brpop([KEY], timeout=WAIT_SECONDS):
            client.delete(KEY)  # one look serves all that rang meanwhile
    except RedisError:
        time.sleep(WAIT_SECONDS)


def _start_rq(settings: Settings) -> "subprocess.Popen[bytes]":
    environ = {**os.environ, "DATABASE_URL": str(settings.database_url), "REDIS_URL": str(settings.redis_url)}
    environ["DOUGONG_DATA"] = str(settings.data_folder)
    return subprocess.Popen([sys.executable, "-m", "dougong.jobs.rq_worker"], env=environ)
