"""The directory of workspaces: making one (schema and two roles), finding it, dropping it (DESIGN D13, D14)."""

import re
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import Connection, Engine, Row, delete, insert, select, text, update

from dougong.db.control import CONTROL, INSTALLATION, WORKSPACE
from dougong.workspace import system_tables
from engines.kernel.problems import Conflict, NotFound, Problem, Rejected

KEY = re.compile(r"[a-z](?:[_-]?[a-z0-9])*")
KEY_LIMIT = 30


@dataclass(frozen=True, slots=True)
class WorkspaceInfo:
    """One line of the directory. `role` reads and writes, `owner_role` owns the schema and publishes."""

    id: int
    key: str
    title: str
    schema: str
    role: str
    owner_role: str
    place: str = "main"
    is_demo: bool = False


def create_workspace(engine: Engine, key: str, title: str, *, is_demo: bool = False) -> WorkspaceInfo:
    """Make a workspace: its line in the directory, schema, roles and system tables, in one transaction.

    Raises `Rejected` for a key that cannot be, `Conflict` for one that is taken.
    """
    if not KEY.fullmatch(key) or len(key) > KEY_LIMIT:
        message = f"A workspace's key is 1 to {KEY_LIMIT} small letters, digits, - and _, beginning with a letter"
        raise Rejected(Problem("workspace.key", "key", message, {"key": key, "limit": KEY_LIMIT}))
    with engine.begin() as connection:
        info = _register(connection, key, title, is_demo)
        _make_roles(connection, info)
        connection.execute(text(f"SET LOCAL ROLE {info.owner_role}"))
        connection.execute(text(f"SET LOCAL search_path TO {info.schema}"))
        system_tables.create(connection)
    return info


def upgrade_workspaces(engine: Engine) -> int:
    """Give every workspace the system tables that this version has more; tells how many workspaces there are."""
    with engine.begin() as connection:
        found = list_workspaces(connection)
    for info in found:
        with engine.begin() as connection:
            connection.execute(text(f"SET LOCAL ROLE {info.owner_role}"))
            connection.execute(text(f"SET LOCAL search_path TO {info.schema}"))
            system_tables.create(connection)
    return len(found)


def find_workspace(connection: Connection, key: str) -> WorkspaceInfo:
    """The workspace with this key. Raises `NotFound`."""
    row = connection.execute(select(WORKSPACE).where(WORKSPACE.c.key == key)).one_or_none()
    if row is None:
        raise NotFound(Problem("workspace.unknown", "", f'There is no workspace "{key}"', {"key": key}))
    return _info(row)


def list_workspaces(connection: Connection) -> list[WorkspaceInfo]:
    """Every workspace, in the order of their making."""
    return [_info(row) for row in connection.execute(select(WORKSPACE).order_by(WORKSPACE.c.id))]


def drop_workspace(engine: Engine, info: WorkspaceInfo) -> None:
    """Delete a workspace with everything in it, for good."""
    with engine.begin() as connection:
        connection.execute(text(f"SET LOCAL ROLE {info.owner_role}"))
        connection.execute(text(f"DROP SCHEMA {info.schema} CASCADE"))
        connection.execute(text("RESET ROLE"))
        for role in (info.role, info.owner_role):
            connection.execute(text(f"REVOKE ALL ON ALL TABLES IN SCHEMA {CONTROL} FROM {role}"))
            connection.execute(text(f"REVOKE ALL ON SCHEMA {CONTROL} FROM {role}"))
            connection.execute(text(f"DROP ROLE {role}"))
        connection.execute(delete(WORKSPACE).where(WORKSPACE.c.id == info.id))


def _info(row: "Row[tuple[object, ...]]") -> WorkspaceInfo:
    found = row._mapping
    names = ("id", "key", "title", "schema", "role", "owner_role", "place", "is_demo")
    return WorkspaceInfo(*(found[name] for name in names))


def _register(connection: Connection, key: str, title: str, is_demo: bool) -> WorkspaceInfo:
    """Write the line; the names of schema and roles follow from the number that the database gives it."""
    installation = connection.execute(select(INSTALLATION.c.name)).scalar_one()
    blank = {"schema": f"?{key}", "role": f"?{key}", "owner_role": f"?{key}"}
    try:
        values = {"key": key, "title": title, "is_demo": is_demo, **blank}
        number = connection.execute(insert(WORKSPACE).values(values).returning(WORKSPACE.c.id)).scalar_one()
    except sa.exc.IntegrityError as error:
        message = f'There is a workspace "{key}" already'
        raise Conflict(Problem("workspace.taken", "key", message, {"key": key})) from error
    names = {"schema": f"w{number}", "role": f"{installation}_{number}", "owner_role": f"{installation}_{number}_own"}
    line = update(WORKSPACE).where(WORKSPACE.c.id == number).values(names).returning(WORKSPACE)
    return _info(connection.execute(line).one())


def _make_roles(connection: Connection, info: WorkspaceInfo) -> None:
    """Two roles without sign-in; we may become them, but do not have their rights without (no inheritance)."""
    for role in (info.owner_role, info.role):
        connection.execute(text(f"CREATE ROLE {role} NOLOGIN"))
        connection.execute(text(f"GRANT {role} TO CURRENT_USER WITH INHERIT FALSE, SET TRUE"))
        connection.execute(text(f"GRANT USAGE ON SCHEMA {CONTROL} TO {role}"))
        connection.execute(text(f"GRANT INSERT ON {CONTROL}.bell TO {role}"))
    connection.execute(text(f"CREATE SCHEMA {info.schema} AUTHORIZATION {info.owner_role}"))
    connection.execute(text(f"SET LOCAL ROLE {info.owner_role}"))
    connection.execute(text(f"GRANT USAGE ON SCHEMA {info.schema} TO {info.role}"))
    grant = f"ALTER DEFAULT PRIVILEGES IN SCHEMA {info.schema} GRANT"
    connection.execute(text(f"{grant} SELECT, INSERT, UPDATE, DELETE ON TABLES TO {info.role}"))
    connection.execute(text(f"{grant} USAGE, SELECT ON SEQUENCES TO {info.role}"))
