"""The control schema is made by migrations, equals its description, and is refused when it is newer than we are."""

import secrets
import threading
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine

from dougong.cli.servers import require_schema
from dougong.config import Settings
from dougong.db.control import ALEMBIC, CONTROL, INSTALLATION, METADATA, SCHEMA_VERSION
from dougong.db.engine import make_engine
from dougong.db.fingerprint import newest_migration
from dougong.db.migrate import known_versions, migrate
from dougong.db.version import check_version
from dougong.embedded.postgres import Server, ensure_database
from engines.kernel.problems import Rejected


@pytest.fixture
def empty(server: Server, postgres: str) -> Iterator[Engine]:
    """An empty database."""
    name = f"t_{secrets.token_hex(4)}"
    engine = make_engine(ensure_database(server, name))
    yield engine
    engine.dispose()
    with server.connect() as connection:
        connection.execute(f'DROP DATABASE "{name}"')


def test_the_migrations_make_exactly_the_described_tables(database: Engine) -> None:
    def ours(name: str | None, kind: str, parents: object) -> bool:
        return kind != "schema" or name == CONTROL

    with database.begin() as connection:
        options = {"include_schemas": True, "version_table_schema": CONTROL, "include_name": ours}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, METADATA) == []


def test_the_version_that_every_process_checks_is_the_newest_migration() -> None:
    assert max(known_versions()) == SCHEMA_VERSION == newest_migration()


def test_migrating_twice_and_at_the_same_time_makes_one_installation(empty: Engine) -> None:
    threads = [threading.Thread(target=migrate, args=(empty,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    with empty.begin() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(INSTALLATION)) == 1
    assert migrate(empty) == check_version(empty)


def settings_for(engine: Engine) -> Settings:
    return Settings.from_environ({"DATABASE_URL": engine.url.render_as_string(hide_password=False)})


def test_an_empty_database_is_refused_by_every_process_but_migrate(empty: Engine) -> None:
    with pytest.raises(Rejected, match="run `dougong migrate` first"):
        check_version(empty)
    with pytest.raises(Rejected, match="run `dougong migrate` first"):
        require_schema(settings_for(empty))


def test_a_database_of_a_newer_version_is_refused_and_left_as_it_is(empty: Engine) -> None:
    migrate(empty)
    with empty.begin() as connection:
        connection.execute(sa.update(ALEMBIC).values(version_num="9999"))
        connection.execute(sa.update(INSTALLATION).values(version="42.0"))
    for attempt in (migrate, check_version):
        with pytest.raises(Rejected, match=r"written by a newer version of Dougong \(42\.0, schema 9999\)"):
            attempt(empty)
    with pytest.raises(Rejected, match=r"written by a newer version of Dougong \(schema 9999"):
        require_schema(settings_for(empty))
    with empty.begin() as connection:
        assert connection.scalar(sa.select(INSTALLATION.c.version)) == "42.0"
