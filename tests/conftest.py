"""Fixtures for everybody: real servers, a fresh database per worker, a workspace per module.

One PostgreSQL server serves every worker and every run that goes on at the same time: it lives in a short folder under
/tmp, is started under a lock by the first and stopped by the last. Locks are released by the system when a process
dies, so a killed run leaves nothing that the next one stumbles over. Without fsync: speed, in the test server only.
"""

import fcntl
import hashlib
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import pytest
from sqlalchemy import Connection, Engine

from dougong.db.engine import make_engine
from dougong.db.migrate import migrate
from dougong.embedded import postgres as embedded_postgres
from dougong.embedded import process
from dougong.embedded import valkey as embedded_valkey
from dougong.vault.box import Box
from dougong.workspace.transactions import Workspaces
from dougong.workspace.workspaces import WorkspaceInfo, create_workspace, drop_workspace, list_workspaces
from engines.form.transaction import SYSTEM, Actor, Origin, Transaction

OPTIONS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "300"}


def _server_folder() -> Path:
    version = os.environ.get("DOUGONG_PG") or embedded_postgres.DEFAULT_VERSION
    name = hashlib.sha256(f"{Path(__file__).resolve()}:{version}".encode()).hexdigest()[:8]
    return Path(tempfile.gettempdir()) / f"dougong-test-{os.geteuid()}-{name}"


def _start_server(folder: Path) -> embedded_postgres.Server:
    """The running server, or a new one; a folder that a crash without fsync has spoilt is made anew."""
    server = embedded_postgres.find(folder)
    if server is not None:
        return server
    version = os.environ.get("DOUGONG_PG")
    try:
        return embedded_postgres.start(folder, version=version, options=OPTIONS, detached=True)
    except process.EmbeddedError:
        for name in ("postgres", "run"):
            shutil.rmtree(folder / name, ignore_errors=True)
        return embedded_postgres.start(folder, version=version, options=OPTIONS, detached=True)


def _clear(server: embedded_postgres.Server) -> None:
    """Drop what earlier, killed runs left: nobody else uses the server at this moment."""
    with server.connect() as connection:
        for (name,) in connection.execute("SELECT datname FROM pg_database WHERE datname LIKE 't\\_%'").fetchall():
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        statement = "SELECT rolname FROM pg_roles WHERE rolname LIKE 'dg%' OR rolname LIKE 't\\_%'"
        for (name,) in connection.execute(statement).fetchall():
            connection.execute(f'DROP ROLE "{name}"')


@pytest.fixture(scope="session")
def server() -> Iterator[embedded_postgres.Server]:
    """The shared PostgreSQL server."""
    folder = _server_folder()
    folder.mkdir(exist_ok=True)
    with (folder / "start.lock").open("w") as starting, (folder / "users.lock").open("w") as users:
        fcntl.flock(starting, fcntl.LOCK_EX)
        running = _start_server(folder)
        if _try_lock(users):
            _clear(running)
        fcntl.flock(users, fcntl.LOCK_SH)
        fcntl.flock(starting, fcntl.LOCK_UN)
        yield running
        fcntl.flock(starting, fcntl.LOCK_EX)
        if _try_lock(users):
            embedded_postgres.stop(folder)


def _try_lock(file: object) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # type: ignore[arg-type]
    except OSError:
        return False
    return True


@pytest.fixture(scope="session")
def postgres(server: embedded_postgres.Server) -> str:
    """URL of the login role (no superuser; may create roles and databases) in the shared server."""
    return embedded_postgres.ensure_database(server, may_create_databases=True)


@pytest.fixture(scope="session")
def database_url(server: embedded_postgres.Server, postgres: str) -> Iterator[str]:
    """URL of a fresh, empty database of this worker."""
    name = f"t_{os.getpid()}_{secrets.token_hex(3)}"
    yield embedded_postgres.ensure_database(server, name)
    with server.connect() as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(scope="session")
def database(database_url: str) -> Iterator[Engine]:
    """A fresh database of this worker with the control schema and the guard functions."""
    engine = make_engine(database_url, application="dougong tests")
    migrate(engine)
    yield engine
    with engine.begin() as connection:
        left = list_workspaces(connection)
    for info in left:  # roles belong to the server: they would outlive the database
        drop_workspace(engine, info)
    engine.dispose()


@pytest.fixture(scope="session")
def workspaces(database: Engine) -> Workspaces:
    """The transaction factory."""
    return Workspaces(database, box=Box(["test-key"]))


@pytest.fixture(scope="module")
def workspace(database: Engine) -> Iterator[WorkspaceInfo]:
    """A fresh, empty workspace of this test module."""
    info = create_workspace(database, f"t{secrets.token_hex(4)}", "Test")
    yield info
    drop_workspace(database, info)


class Begin(Protocol):
    """Opens transactions of the test module's workspace."""

    def __call__(
        self, actor: Actor = SYSTEM, origin: Origin = "page", *, publish: bool = False, keep: bool = True
    ) -> AbstractContextManager[Transaction]: ...


@pytest.fixture
def begin(workspaces: Workspaces, workspace: WorkspaceInfo) -> Begin:
    """`with begin(actor) as tx:` commits at its end; with `keep=False` the work is rolled back."""

    @contextmanager
    def open_transaction(
        actor: Actor = SYSTEM, origin: Origin = "page", *, publish: bool = False, keep: bool = True
    ) -> Iterator[Transaction]:
        with workspaces.begin(workspace, actor, origin=origin, publish=publish) as tx:
            yield tx
            if not keep:
                tx.events.clear()
                tx.connection.rollback()

    return open_transaction


@pytest.fixture
def conn(database: Engine, workspace: WorkspaceInfo) -> Iterator[Connection]:
    """A connection in the workspace's schema as the owner role (it may make tables), rolled back after the test."""
    with database.connect() as connection:
        connection.exec_driver_sql(f"SET LOCAL ROLE {workspace.owner_role}")
        connection.exec_driver_sql(f"SET LOCAL search_path TO {workspace.schema}")
        yield connection
        connection.rollback()


class Build:
    """Makes what a test needs with everything defaulted: a test names only what it is about."""

    def actor(self, **given: Any) -> Actor:
        """A person without departments and roles, number 1."""
        return replace(Actor(id=1, name="Somebody"), **given)


@pytest.fixture
def build() -> Build:
    """`build.actor(is_admin=True)`; a part's own conftest may give a `build` that can do more."""
    return Build()


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The machine's own Chromium where there is one (`make browser` sees to it that one can be had)."""
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium refuses it to root
    found = {"executable_path": path} if path else {}
    return {**browser_type_launch_args, **found, "args": [*browser_type_launch_args.get("args", []), *sandbox]}


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """An empty Valkey of this worker."""
    folder = Path(tempfile.mkdtemp(prefix="dougong-valkey-"))
    yield embedded_valkey.start(folder).url
    embedded_valkey.stop(folder)
    shutil.rmtree(folder)
