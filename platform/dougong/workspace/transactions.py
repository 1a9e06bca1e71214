"""The one place where a transaction of a workspace begins and ends.

One message begins it: BEGIN, the workspace's advisory lock (shared; exclusive for publish), role and search path, and
back come the revision, the settings' stamp and the time. So a transaction runs wholly on one revision (DESIGN D3), in
one schema, with rights on nothing else (D14). It ends with COMMIT, reads too: psycopg forgets its prepared statements
at a ROLLBACK.
"""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar

import psycopg
from psycopg import errors
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from dougong.db.control import CONTROL
from dougong.db.engine import BEGIN_OPTION, BEGIN_RESULT, TAG_OPTION
from dougong.files.book import BOOK
from dougong.vault.box import Box
from dougong.vault.cipher import cipher_of
from dougong.workspace.settings import LazySettings, SettingsCache
from dougong.workspace.workspaces import WorkspaceInfo, find_workspace
from engines.form.protect.reveal import note_compared
from engines.form.transaction import Actor, Origin, Transaction
from engines.form.write.constraints import NotUnique
from engines.kernel.problems import Conflict, NotFound, Problem

LOCK_SPACE = 0x446F  # first half of every workspace's advisory lock key; the second is the workspace's number
PUBLISH_TIMEOUT_MS = 200
PUBLISH_TRIES = 20
RETRIES = 3
RETRIED = frozenset({"40P01", "40001"})  # deadlock, serialization failure: nothing happened, begin again
BUSY = "55P03"

T = TypeVar("T")


class Bell(Protocol):
    """What is rung after a COMMIT that left work."""

    def ring(self, workspace_id: int) -> None: ...


class Workspaces:
    """Opens transactions in workspaces. One per process; shared by threads."""

    def __init__(self, engine: Engine, bell: Bell | None = None, box: Box | None = None) -> None:
        self.engine = engine
        self.bell = bell
        self.box = box
        self._settings = SettingsCache()
        self._known: dict[str, WorkspaceInfo] = {}

    def get(self, key: str) -> WorkspaceInfo:
        """The workspace with this key, remembered. Raises `NotFound`."""
        info = self._known.get(key)
        if info is None:
            with self.engine.begin() as connection:
                info = self._known[key] = find_workspace(connection, key)
        return info

    def forget(self, key: str) -> None:
        """Look this workspace up again next time (it was dropped or moved)."""
        self._known.pop(key, None)

    @contextmanager
    def begin(
        self,
        workspace: WorkspaceInfo | str,
        actor: Actor,
        *,
        origin: Origin = "page",
        read_only: bool = False,
        publish: bool = False,
    ) -> Iterator[Transaction]:
        """A transaction that commits when the block ends and is rolled back when it raises.

        `publish` takes the workspace for itself, as the owner role: it waits for those who are inside and keeps new
        ones out. Raises `Conflict` (`workspace.busy`) where that does not succeed in twenty short tries, `NotFound`
        for a workspace that is gone. Rings the bell after COMMIT where the transaction left work. What the database
        found to be taken is named in a transaction of its own. So is noted what was compared with whole values of
        masked fields: `TooMany` where one person does that too often.
        """
        try:
            with self._begin(workspace, actor, origin, read_only=read_only, publish=publish) as tx:
                yield tx
            if tx.compared and tx.actor.id is not None and not tx.actor.is_system:
                with self._begin(workspace, tx.actor, origin, read_only=False, publish=False) as log:
                    note_compared(log, tx.compared)
        except NotUnique as error:
            with self._begin(workspace, actor, origin, read_only=True, publish=False) as tx:
                told = error.named(tx)
            raise told from error

    @contextmanager
    def _begin(
        self, workspace: WorkspaceInfo | str, actor: Actor, origin: Origin, *, read_only: bool, publish: bool
    ) -> Iterator[Transaction]:
        info = workspace if isinstance(workspace, WorkspaceInfo) else self.get(workspace)
        message = begin_message(info, read_only=read_only, publish=publish)
        connection = self._open(info, message, tries=PUBLISH_TRIES if publish else 1)
        with connection:
            revision, stamp, now = connection.info.pop(BEGIN_RESULT)
            connection.execution_options(**{TAG_OPTION: f"/* w{info.id}:r{revision} */"})
            settings = LazySettings(self._settings, connection, info.id, stamp)
            tx = Transaction(connection, actor, now, origin, revision, info.key, settings, files=BOOK)
            tx.cipher = cipher_of(self.box, info.key)
            yield tx
            self._commit(info, tx)
        if tx.wake and self.bell is not None:
            self.bell.ring(info.id)

    def run(
        self,
        workspace: WorkspaceInfo | str,
        actor: Actor,
        work: Callable[[Transaction], T],
        *,
        origin: Origin = "page",
        publish: bool = False,
    ) -> T:
        """Do `work` in a transaction, from the start again (three times) where the database asks for it.

        A publish is also tried again while somebody holds one of its tables.
        """
        retried, tries = (RETRIED | {BUSY}, PUBLISH_TRIES) if publish else (RETRIED, RETRIES + 1)
        for attempt in range(1, tries + 1):
            try:
                with self.begin(workspace, actor, origin=origin, publish=publish) as tx:
                    return work(tx)
            except DBAPIError as error:
                if attempt == tries or sqlstate(error) not in retried:
                    raise
                pause(attempt)
        raise AssertionError("unreachable")

    @contextmanager
    def outside(self, workspace: WorkspaceInfo | str) -> Iterator[Connection]:
        """A connection of the owner role that commits every statement: for indexes built CONCURRENTLY, VACUUM.

        It holds no lock of the workspace, so it may not read metadata or write records.
        """
        info = workspace if isinstance(workspace, WorkspaceInfo) else self.get(workspace)
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql(f"SET SESSION ROLE {info.owner_role}")
            connection.exec_driver_sql(f"SET search_path TO {info.schema}")
            try:
                yield connection
            finally:
                connection.detach()  # a session that has changed its role never goes back to the pool

    def _open(self, info: WorkspaceInfo, message: str, *, tries: int) -> Connection:
        """A connection in its transaction. A pooled connection that has died is replaced once without a word."""
        attempt = 0
        while True:
            attempt += 1
            connection = self.engine.connect().execution_options(**{BEGIN_OPTION: message})
            driver: Any = connection.connection.dbapi_connection
            try:
                connection.begin()
                return connection
            except psycopg.Error as error:
                dead = driver.closed
                connection.invalidate() if dead else connection.close()
                if dead and attempt <= max(tries, 2):
                    self.engine.dispose()  # its neighbours in the pool were cut off by the same restart
                    continue
                if isinstance(error, errors.LockNotAvailable):
                    if attempt < tries:
                        pause(attempt)
                        continue
                    raise _busy(info) from error
                if isinstance(error, (errors.UndefinedObject, errors.InvalidParameterValue, errors.UndefinedTable)):
                    self.forget(info.key)
                    raise _gone(info) from error
                raise

    def _commit(self, info: WorkspaceInfo, tx: Transaction) -> None:
        """COMMIT; where work was left its bell row travels in the same message."""
        if tx.wake:
            ring = f"INSERT INTO {CONTROL}.bell (workspace_id) VALUES ({info.id}); COMMIT"  # noqa: S608
            tx.connection.exec_driver_sql(ring, execution_options={"no_parameters": True})
        tx.connection.commit()


def begin_message(info: WorkspaceInfo, *, read_only: bool = False, publish: bool = False) -> str:
    """The statements that begin a transaction. Each is read with a snapshot of its own, so the revision is read after
    the lock was got: never the one before a publish that we waited for."""
    lock, role, timeout = "pg_advisory_xact_lock_shared", info.role, ""
    if publish:
        lock, role = "pg_advisory_xact_lock", info.owner_role
        timeout = f"SET LOCAL lock_timeout = '{PUBLISH_TIMEOUT_MS}ms'; "
    read = "SELECT revision, settings, date_trunc('milliseconds', clock_timestamp()) FROM _head"
    enter = f"{lock}({LOCK_SPACE}, {info.id}), set_config('role', '{role}', true)"  # the names are those we made
    place = f"set_config('search_path', '{info.schema}', true)"
    return f"BEGIN{' READ ONLY' if read_only else ''}; {timeout}SELECT {enter}, {place}; {read}"


def sqlstate(error: DBAPIError) -> str | None:
    """The five characters by which PostgreSQL names what went wrong."""
    return getattr(error.orig, "sqlstate", None)


def pause(attempt: int) -> None:
    """Back off: a little longer each time, never in step with others."""
    time.sleep(random.uniform(0.5, 1.0) * min(0.4, 0.01 * 2**attempt))  # noqa: S311 - no secret


def _busy(info: WorkspaceInfo) -> Conflict:
    message = "The workspace is busy (a long export or import); nothing was changed. Try again in a minute"
    return Conflict(Problem("workspace.busy", "", message, {"workspace": info.key}))


def _gone(info: WorkspaceInfo) -> NotFound:
    return NotFound(Problem("workspace.gone", "", f'The workspace "{info.key}" is gone', {"key": info.key}))
