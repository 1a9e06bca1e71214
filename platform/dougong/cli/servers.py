"""Which database and Redis a single command talks to: those of the settings, else those that `dougong up` runs."""

from dataclasses import replace

import psycopg

from dougong.config import Settings
from dougong.db.fingerprint import newest_migration
from dougong.embedded import postgres, process, valkey
from engines.kernel.problems import Problem, Rejected


def with_servers(settings: Settings, *, redis: bool = True) -> Settings:
    """The settings with both URLs filled in. Raises `EmbeddedError` where nothing runs and nothing is set."""
    found: dict[str, str] = {}
    if settings.database_url is None:
        database = postgres.find(settings.data_folder)
        if database is None:
            raise process.fail("no_database", "No database: start `dougong up` first, or set DATABASE_URL")
        found["database_url"] = database.url()
    if settings.redis_url is None:
        bell = valkey.find(settings.data_folder)
        if bell is not None:
            found["redis_url"] = bell.url
        elif redis:
            raise process.fail("no_redis", "No Redis: start `dougong up` first, or set REDIS_URL")
    return replace(settings, **found)  # type: ignore[arg-type]


def require_schema(settings: Settings) -> None:
    """Raise `Rejected` where the database is not of this program's version, `EmbeddedError` where it does not answer.

    Asked without SQLAlchemy: the process that only forks web workers stays small.
    """
    ours = newest_migration()
    try:
        with psycopg.connect(str(settings.database_url).replace("+psycopg", "", 1), connect_timeout=10) as connection:
            row = connection.execute("SELECT version_num FROM dougong.alembic_version").fetchone()
    except psycopg.errors.UndefinedTable:
        row = None
    except psycopg.OperationalError as error:
        message = f"The database does not answer: {str(error).strip()}. Check DATABASE_URL"
        raise process.fail("database", message) from error
    theirs = row[0] if row else None
    if theirs is None or theirs < ours:
        message = "The database is empty or of an older version: run `dougong migrate` first"
        raise Rejected(Problem("database.older", "", message, {"schema": theirs}))
    if theirs > ours:
        message = f"The data was written by a newer version of Dougong (schema {theirs}, this one knows {ours})"
        raise Rejected(Problem("database.newer", "", message, {"schema": theirs}))
