"""Which database and Redis a single command talks to: those of the settings, else those that `dougong up` runs."""

from dataclasses import replace

from dougong.config import Settings
from dougong.db.fingerprint import Unreachable, fingerprint, newest_migration, read_fingerprint, read_schema
from dougong.embedded import postgres, process, valkey
from engines.kernel.problems import Problem, Rejected

PATIENT = "DOUGONG_PATIENT"  # tells web processes that the database may still be starting and migrating


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


def await_schema(settings: Settings) -> None:
    """Wait until the database is there and has been migrated, a minute at most: what follows says what is wrong."""

    def is_ready() -> bool:
        try:
            return read_fingerprint(str(settings.database_url)) == fingerprint()
        except Unreachable:
            return False

    process.wait_until(is_ready, 60, step=0.02)


def require_schema(settings: Settings) -> None:
    """Raise `Rejected` where the database is not of this program's version, `Unreachable` where it does not answer."""
    ours, theirs = newest_migration(), read_schema(str(settings.database_url))
    if theirs is None or theirs < ours:
        message = "The database is empty or of an older version: run `dougong migrate` first"
        raise Rejected(Problem("database.older", "", message, {"schema": theirs}))
    if theirs > ours:
        message = f"The data was written by a newer version of Dougong (schema {theirs}, this one knows {ours})"
        raise Rejected(Problem("database.newer", "", message, {"schema": theirs}))
