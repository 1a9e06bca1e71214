"""Bringing a database to this version: control schema, guard functions, system tables of every workspace."""

import secrets
from importlib import metadata
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, func, insert, select, text, update

from dougong.db import control
from dougong.db.version import DatabaseVersion, read_version, refuse_newer
from engines.formula.sql import DG_SQL

LOCK = "SELECT pg_advisory_xact_lock(hashtext('dougong.migrate'))"


def migrate(engine: Engine) -> DatabaseVersion:
    """Make or upgrade the control schema, in one transaction; safe to run at the same time from several processes.

    Gives the version after it. Raises `Rejected` where the database was written by a newer version.
    """
    with engine.begin() as connection:
        connection.execute(text(LOCK))
        refuse_newer(read_version(connection), known_versions())
        connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {control.CONTROL}"))
        command.upgrade(alembic_config(connection), "head")
        _register(connection)
        _install_guards(connection)
        return read_version(connection)


def known_versions() -> frozenset[str]:
    """Every version of the control schema that this program knows."""
    scripts = ScriptDirectory.from_config(alembic_config(None))
    return frozenset(script.revision for script in scripts.walk_revisions())


def alembic_config(connection: Connection | None) -> Config:
    """Alembic's configuration without a file."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _register(connection: Connection) -> None:
    """Name the installation once; note the program's version each time."""
    version = metadata.version("dougong")
    table = control.INSTALLATION
    if connection.scalar(select(func.count()).select_from(table)):
        connection.execute(update(table).values(version=version))
    else:
        name = f"dg{secrets.token_hex(3)}"
        connection.execute(insert(table).values(id=1, name=name, version=version))


def _install_guards(connection: Connection) -> None:
    """The functions that compiled expressions call (`dg.*`), as they are in this version of the formula engine."""
    connection.execute(text("SET LOCAL check_function_bodies = off"))  # they call each other, in any order
    connection.exec_driver_sql(DG_SQL, execution_options={"no_parameters": True})
    connection.execute(text("CREATE SCHEMA IF NOT EXISTS dg"))
    connection.execute(text("GRANT USAGE ON SCHEMA dg TO PUBLIC"))
