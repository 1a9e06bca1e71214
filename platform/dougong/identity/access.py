"""Who is at the door: an account in one of its workspaces, found by a session or by a key."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine

from dougong.db.control import ACCOUNT, MEMBERSHIP, WORKSPACE
from dougong.workspace.workspaces import WorkspaceInfo

ZONE = "Asia/Shanghai"


@dataclass(frozen=True, slots=True)
class Place:
    """A workspace that an account belongs to, and as whom."""

    workspace: WorkspaceInfo
    member_id: int
    is_admin: bool


@dataclass(frozen=True, slots=True)
class Access:
    """An account that may act now. `place` is None for one that belongs to no workspace (any more).

    `scopes` is None for a person in a browser, and what the key allows for a program.
    """

    account_id: int
    email: str
    name: str
    locale: str | None
    zone: str
    place: Place | None
    places: tuple[Place, ...] = ()
    scopes: frozenset[str] | None = None
    is_demo: bool = False


# What every way in selects; the columns carry the names of their tables.
COLUMNS: tuple[ColumnElement[Any], ...] = (
    ACCOUNT.c.id.label("account_id"),
    ACCOUNT.c.email,
    ACCOUNT.c.name,
    ACCOUNT.c.locale,
    ACCOUNT.c.zone,
    ACCOUNT.c.is_demo,
    MEMBERSHIP.c.member_id,
    MEMBERSHIP.c.is_admin,
    WORKSPACE.c.id.label("workspace_id"),
    WORKSPACE.c.key.label("workspace_key"),
    WORKSPACE.c.title.label("workspace_title"),
    WORKSPACE.c.schema,
    WORKSPACE.c.role,
    WORKSPACE.c.owner_role,
)


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection for one query without BEGIN and COMMIT: three round trips less in every request."""
    with engine.connect() as connection:
        yield connection.execution_options(isolation_level="AUTOCOMMIT")


def read_access(rows: Sequence[Any], wanted: int | None, scopes: frozenset[str] | None = None) -> Access:
    """The rows of one account (one for each workspace, at least one) as a value; `wanted` is the workspace chosen."""
    places = tuple(_place(row) for row in rows if row.member_id is not None)
    chosen = next((place for place in places if place.workspace.id == wanted), places[0] if places else None)
    first = rows[0]
    return Access(
        account_id=first.account_id,
        email=first.email,
        name=first.name,
        locale=first.locale,
        zone=first.zone or ZONE,
        place=chosen,
        places=places,
        scopes=scopes,
        is_demo=first.is_demo,
    )


def _place(row: Any) -> Place:
    workspace = WorkspaceInfo(
        id=row.workspace_id,
        key=row.workspace_key,
        title=row.workspace_title,
        schema=row.schema,
        role=row.role,
        owner_role=row.owner_role,
    )
    return Place(workspace, row.member_id, row.is_admin)
