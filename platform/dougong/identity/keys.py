"""Keys of programs: shown once, stored as a digest, each with the scopes that it was given."""

import time
from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

from sqlalchemy import Connection, Engine, bindparam, func, insert, or_, select, update

from dougong.db.control import ACCOUNT, API_KEY, MEMBERSHIP, WORKSPACE
from dougong.identity.access import COLUMNS, Access, read_access, reading
from dougong.identity.tokens import digest, new_token
from engines.kernel.problems import NotFound, Problem, Rejected, suggest

PREFIX = "dgk_"
SHOWN = 10  # characters of a key that stay readable, so that people can tell keys apart
TOUCH = timedelta(minutes=5)
# So long a process may go on without asking for a key again: one round trip less in every call of a busy program. Who
# is shut out as a member is refused at once all the same, by the transaction.
KEPT_SECONDS = 2.0
KEPT = 1000
_KEPT: OrderedDict[bytes, tuple[float, Access]] = OrderedDict()
_LOCK = Lock()
# What a key may be allowed. A person in a browser is not limited by scopes.
SCOPES = (
    "records:read",
    "records:write",
    "tasks:write",
    "reports:read",
    "metadata:read",
    "metadata:write",
    "members:read",
)


@dataclass(frozen=True, slots=True)
class Key:
    """A key as lists show it."""

    id: int
    title: str
    prefix: str
    scopes: tuple[str, ...]
    member_id: int
    created_at: datetime
    used_at: datetime | None
    expires_at: datetime | None
    revoked_at: datetime | None


def create_key(
    connection: Connection,
    workspace_id: int,
    member_id: int,
    title: str,
    scopes: Collection[str],
    *,
    days: int | None = None,
) -> str:
    """A new key that acts as this member. Gives the key itself, this one time. Raises `Rejected`."""
    problems = [
        Problem("key.scope", "scopes", f'There is no scope "{scope}"{suggest(scope, SCOPES)}', {"scope": scope})
        for scope in scopes
        if scope not in SCOPES
    ]
    if not title.strip():
        problems.append(Problem("key.no_title", "title", "Enter what the key is for"))
    if not scopes:
        problems.append(Problem("key.no_scope", "scopes", "Choose what the key may do"))
    if problems:
        raise Rejected(problems)
    token, hashed = new_token(PREFIX)
    values = {
        "workspace_id": workspace_id,
        "member_id": member_id,
        "title": title.strip()[:100],
        "prefix": token[:SHOWN],
        "key_hash": hashed,
        "scopes": sorted(set(scopes)),
        "expires_at": func.now() + timedelta(days=days) if days else None,
    }
    connection.execute(insert(API_KEY).values(values))
    return token


_FOUND = (
    select(*COLUMNS, API_KEY.c.id.label("key_id"), API_KEY.c.scopes)
    .add_columns(or_(API_KEY.c.used_at.is_(None), API_KEY.c.used_at < func.now() - TOUCH).label("stale"))
    .select_from(API_KEY)
    .join(
        MEMBERSHIP,
        (MEMBERSHIP.c.workspace_id == API_KEY.c.workspace_id)
        & (MEMBERSHIP.c.member_id == API_KEY.c.member_id)
        & MEMBERSHIP.c.is_active,
    )
    .join(ACCOUNT, (ACCOUNT.c.id == MEMBERSHIP.c.account_id) & ACCOUNT.c.is_active)
    .join(WORKSPACE, WORKSPACE.c.id == API_KEY.c.workspace_id)
    .where(API_KEY.c.key_hash == bindparam("hash"), API_KEY.c.revoked_at.is_(None))
    .where(or_(API_KEY.c.expires_at.is_(None), API_KEY.c.expires_at > func.now()))
)


def access_by_key(engine: Engine, token: str) -> Access | None:
    """Who a key acts as; None for one that is unknown, revoked, too old, or of somebody who was shut out.

    The answer may be two seconds old; a key that this process revoked is refused at once.
    """
    if not token.startswith(PREFIX):
        return None
    hashed, now = digest(token), time.monotonic()
    with _LOCK:
        known = _KEPT.get(hashed)
    if known is not None and now - known[0] < KEPT_SECONDS:
        return known[1]
    found = _ask(engine, hashed)
    with _LOCK:
        _KEPT.pop(hashed, None)
        if found is not None:
            _KEPT[hashed] = now, found
            while len(_KEPT) > KEPT:
                _KEPT.popitem(last=False)
    return found


def _ask(engine: Engine, hashed: bytes) -> Access | None:
    with reading(engine) as connection:
        row = connection.execute(_FOUND, {"hash": hashed}).one_or_none()
        if row is None:
            return None
        if row.stale:
            connection.execute(update(API_KEY).where(API_KEY.c.id == row.key_id).values(used_at=func.now()))
    return read_access([row], row.workspace_id, frozenset(row.scopes))


def list_keys(connection: Connection, workspace_id: int, member_id: int | None = None) -> list[Key]:
    """The keys of a workspace (of one member), the newest first; revoked ones too."""
    query = select(API_KEY).where(API_KEY.c.workspace_id == workspace_id).order_by(API_KEY.c.id.desc())
    if member_id is not None:
        query = query.where(API_KEY.c.member_id == member_id)
    return [
        Key(
            row.id,
            row.title,
            row.prefix,
            tuple(row.scopes),
            row.member_id,
            row.created_at,
            row.used_at,
            row.expires_at,
            row.revoked_at,
        )
        for row in connection.execute(query)
    ]


def revoke_key(connection: Connection, workspace_id: int, key_id: int, *, member_id: int | None = None) -> None:
    """Make a key useless: at once in this process, within two seconds in every other one. Raises `NotFound`."""
    query = update(API_KEY).where(API_KEY.c.id == key_id, API_KEY.c.workspace_id == workspace_id)
    if member_id is not None:
        query = query.where(API_KEY.c.member_id == member_id)
    if not connection.execute(query.where(API_KEY.c.revoked_at.is_(None)).values(revoked_at=func.now())).rowcount:
        raise NotFound(Problem("key.unknown", "", "There is no such key"))
    with _LOCK:
        _KEPT.clear()
