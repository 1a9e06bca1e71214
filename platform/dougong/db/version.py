"""Which version a database is of, and what to say when it is not ours. Without Alembic, for every process."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, select, text, update

from dougong.db.control import ALEMBIC, CONTROL, INSTALLATION, SCHEMA_VERSION
from engines.kernel.problems import Problem, Rejected


@dataclass(frozen=True, slots=True)
class DatabaseVersion:
    """The newest migration that ran (None: an empty database), the program that ran it, the installation's name."""

    schema: str | None
    program: str | None
    installation: str | None


def read_version(connection: Connection) -> DatabaseVersion:
    """What the database says of itself."""
    if connection.scalar(text(f"SELECT to_regclass('{CONTROL}.alembic_version')")) is None:
        return DatabaseVersion(None, None, None)
    schema = connection.scalar(select(ALEMBIC.c.version_num))
    row = connection.execute(select(INSTALLATION.c.version, INSTALLATION.c.name)).one_or_none()
    return DatabaseVersion(schema, row.version if row else None, row.name if row else None)


def refuse_newer(found: DatabaseVersion, known: Collection[str]) -> None:
    """Raise `Rejected` where the database has been migrated further than this program knows."""
    if found.schema is not None and found.schema not in known:
        message = (
            f"The data was written by a newer version of Dougong ({found.program}, schema {found.schema}); "
            "nothing was changed. Install that version or a later one"
        )
        params = {"version": found.program, "schema": found.schema}
        raise Rejected(Problem("database.newer", "", message, params))


def check_version(engine: Engine) -> DatabaseVersion:
    """The version of a database that fits this program. Raises `Rejected` with what to do where it does not."""
    with engine.begin() as connection:
        found = read_version(connection)
    if found.schema is None or found.schema < SCHEMA_VERSION:
        message = "The database is empty or of an older version: run `dougong migrate` first"
        raise Rejected(Problem("database.older", "", message, {"schema": found.schema}))
    refuse_newer(found, {SCHEMA_VERSION})
    return found


def stamp(engine: Engine, fingerprint: str) -> None:
    """Note that everything behind this fingerprint has been done; the next start asks and skips it."""
    with engine.begin() as connection:
        connection.execute(update(INSTALLATION).values(fingerprint=fingerprint))
