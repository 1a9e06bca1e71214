"""Browsers that have signed in: rows of the control schema, found by the digest of what the cookie holds (D2, D18)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, bindparam, delete, func, insert, select, update

from dougong.db.control import ACCOUNT, MEMBERSHIP, SESSION, WORKSPACE
from dougong.identity.access import COLUMNS, Access, read_access, reading
from dougong.identity.tokens import digest, new_token

SHORT = timedelta(hours=12)  # after the last request, in a browser that was not asked to remember
LONG = timedelta(days=30)
TOUCH = timedelta(minutes=5)  # how exactly we know when somebody was last seen; spares a write per request


@dataclass(frozen=True, slots=True)
class Opened:
    """A session that was found: whose it is, what it carries."""

    access: Access
    data: Mapping[str, Any]
    stale: bool


_PLACES = (
    select(*COLUMNS, SESSION.c.data, (SESSION.c.seen_at < func.now() - TOUCH).label("stale"))
    .select_from(SESSION)
    .join(ACCOUNT, (ACCOUNT.c.id == SESSION.c.account_id) & ACCOUNT.c.is_active)
    .outerjoin(MEMBERSHIP, (MEMBERSHIP.c.account_id == ACCOUNT.c.id) & MEMBERSHIP.c.is_active)
    .outerjoin(WORKSPACE, WORKSPACE.c.id == MEMBERSHIP.c.workspace_id)
    .where(SESSION.c.id_hash == bindparam("hash"), SESSION.c.expires_at > func.now())
    .order_by(WORKSPACE.c.id)
)


def open_session(engine: Engine, token: str) -> Opened | None:
    """The session of a cookie, in one query with the account and its workspaces; None for one that is not good."""
    with reading(engine) as connection:
        rows = connection.execute(_PLACES, {"hash": digest(token)}).all()
    if not rows:
        return None
    data = rows[0].data
    return Opened(read_access(rows, data.get("workspace")), data, rows[0].stale)


def create_session(
    engine: Engine, account_id: int, data: Mapping[str, Any], *, agent: str = "", address: str = ""
) -> str:
    """Remember a browser. Gives what its cookie holds. Also clears away what has expired."""
    token, hashed = new_token("s.")
    with engine.begin() as connection:
        connection.execute(delete(SESSION).where(SESSION.c.expires_at < func.now()))
        connection.execute(
            insert(SESSION).values(
                id_hash=hashed,
                account_id=account_id,
                data=dict(data),
                agent=agent[:300],
                address=address[:60],
                expires_at=func.now() + lifetime(data),
            )
        )
        connection.execute(update(ACCOUNT).where(ACCOUNT.c.id == account_id).values(signed_in_at=func.now()))
    return token


def save_session(engine: Engine, token: str, data: Mapping[str, Any]) -> None:
    """Store what a session carries and move its end."""
    values = {"data": dict(data), "seen_at": func.now(), "expires_at": func.now() + lifetime(data)}
    with engine.begin() as connection:
        connection.execute(update(SESSION).where(SESSION.c.id_hash == digest(token)).values(values))


def end_session(engine: Engine, token: str) -> None:
    """Forget a browser."""
    with engine.begin() as connection:
        connection.execute(delete(SESSION).where(SESSION.c.id_hash == digest(token)))


def end_sessions_of(connection: Connection, account_id: int, *, but: str | None = None) -> int:
    """Sign an account out everywhere (but in one browser). Gives how many sessions ended."""
    query = delete(SESSION).where(SESSION.c.account_id == account_id)
    if but is not None:
        query = query.where(SESSION.c.id_hash != digest(but))
    return connection.execute(query).rowcount


def list_sessions(connection: Connection, account_id: int) -> list[tuple[str, str, datetime, bytes]]:
    """Browser, address, last seen and digest of an account's sessions, the latest first."""
    query = select(SESSION.c.agent, SESSION.c.address, SESSION.c.seen_at, SESSION.c.id_hash)
    rows = connection.execute(query.where(SESSION.c.account_id == account_id).order_by(SESSION.c.seen_at.desc()))
    return [(row.agent or "", row.address or "", row.seen_at, bytes(row.id_hash)) for row in rows]


def lifetime(data: Mapping[str, Any]) -> timedelta:
    """How long a session lives after the last request."""
    return LONG if data.get("remember") else SHORT
