"""Which database and Redis a single command talks to: those of the settings, else those that `dougong up` runs."""

from dataclasses import replace

from dougong.config import Settings
from dougong.embedded import postgres, process, valkey


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
