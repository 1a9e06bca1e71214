"""A fingerprint of everything that `dougong migrate` does, so that a start can skip it when nothing has changed.

Reads source files only: the supervisor asks without loading SQLAlchemy, let alone Alembic.
"""

import hashlib
from importlib import metadata, resources
from importlib.resources.abc import Traversable
from typing import LiteralString

import psycopg
from psycopg import errors

from engines.kernel.problems import Problem, ProblemError

NAMES = frozenset({"tables.py", "system.py", "system_tables.py", "dg.sql", "context.sql", "workspaces.py"})


def fingerprint() -> str:
    """What the database of this program looks like, in 16 characters."""
    digest = hashlib.sha256(metadata.version("dougong").encode())
    for path, source in sorted(sources().items()):
        digest.update(path.encode())
        digest.update(source.read_bytes())
    return digest.hexdigest()[:16]


def newest_migration() -> str:
    """The version of the control schema that this program makes: the number that its newest migration begins with."""
    names = (path.rpartition("/")[2] for path in sources() if "/versions/" in path)
    return max(name.partition("_")[0] for name in names if name[0].isdigit())


class Unreachable(ProblemError):
    """The database does not answer."""

    status = 503


def read_fingerprint(url: str) -> str | None:
    """What has been migrated; None for an empty database. Raises `Unreachable`. Needs no SQLAlchemy."""
    return _ask(url, "SELECT fingerprint FROM dougong.installation")


def read_schema(url: str) -> str | None:
    """The newest migration that ran; None for an empty database. Raises `Unreachable`. Needs no SQLAlchemy."""
    return _ask(url, "SELECT version_num FROM dougong.alembic_version")


def _ask(url: str, statement: LiteralString) -> str | None:
    try:
        with psycopg.connect(url.replace("+psycopg", "", 1), connect_timeout=10) as connection:
            row = connection.execute(statement).fetchone()
            return str(row[0]) if row else None
    except (errors.UndefinedTable, errors.UndefinedColumn, errors.InvalidSchemaName):
        return None
    except psycopg.OperationalError as error:
        message = f"The database does not answer: {str(error).strip()}. Check DATABASE_URL"
        raise Unreachable(Problem("database.unreachable", "", message)) from error


def sources() -> dict[str, Traversable]:
    """The files that describe tables and functions, by path: the modules of tables, the migrations, `dg.sql`."""
    found: dict[str, Traversable] = {}
    for package in ("dougong", "engines"):
        _collect(resources.files(package), package, found)
    return found


def _collect(folder: Traversable, path: str, found: dict[str, Traversable]) -> None:
    for entry in folder.iterdir():
        below = f"{path}/{entry.name}"
        if entry.is_dir():
            if entry.name not in ("static", "__pycache__", "jinja", "translations"):
                _collect(entry, below, found)
        elif entry.name in NAMES or (path.endswith("/versions") and entry.name.endswith(".py")):
            found[below] = entry
