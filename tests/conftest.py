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
from importlib import resources
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from dougong.embedded import postgres as embedded_postgres
from dougong.embedded import process
from dougong.embedded import valkey as embedded_valkey

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
    """A fresh database of this worker with the guard functions of the expression language."""
    engine = sa.create_engine(database_url)
    guards = resources.files("engines.formula") / "sql" / "dg.sql"
    if guards.is_file():
        with engine.begin() as connection:
            connection.exec_driver_sql(guards.read_text())
    yield engine
    engine.dispose()


@pytest.fixture
def conn(database: Engine) -> Iterator[Connection]:
    """A connection whose work is rolled back after the test."""
    with database.connect() as connection:
        yield connection
        connection.rollback()


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """An empty Valkey of this worker."""
    folder = Path(tempfile.mkdtemp(prefix="dougong-valkey-"))
    yield embedded_valkey.start(folder).url
    embedded_valkey.stop(folder)
    shutil.rmtree(folder)
