"""Links that work once: to join a workspace, to choose a new password. The administrator hands them over."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from sqlalchemy import Connection, func, insert, or_, select, update

from dougong.db.control import LINK
from dougong.identity.tokens import digest, new_token
from engines.kernel.problems import NotFound, Problem

Purpose = Literal["invite", "password"]
LIFE: Mapping[Purpose, timedelta] = {"invite": timedelta(days=7), "password": timedelta(hours=24)}


@dataclass(frozen=True, slots=True)
class Link:
    """A link that is still good. `data` may say `open`: it lets in several people, until it ends."""

    id: int
    purpose: Purpose
    account_id: int | None
    workspace_id: int | None
    email: str | None
    data: Mapping[str, Any]


def make_link(
    connection: Connection,
    purpose: Purpose,
    *,
    account_id: int | None = None,
    workspace_id: int | None = None,
    email: str | None = None,
    data: Mapping[str, Any] | None = None,
    created_by: int | None = None,
) -> str:
    """A fresh link's token. An earlier unused link for the same person, purpose and workspace stops working."""
    if account_id is not None or email is not None:
        same = [LINK.c.account_id == account_id] if account_id is not None else []
        if email is not None:
            same.append(LINK.c.email == email)
        connection.execute(
            update(LINK)
            .where(or_(*same), LINK.c.purpose == purpose, LINK.c.used_at.is_(None))
            .where(LINK.c.workspace_id.is_not_distinct_from(workspace_id))
            .values(used_at=func.now())
        )
    token, hashed = new_token()
    values = {
        "token_hash": hashed,
        "purpose": purpose,
        "account_id": account_id,
        "workspace_id": workspace_id,
        "email": email,
        "data": dict(data or {}),
        "created_by": created_by,
        "expires_at": func.now() + LIFE[purpose],
    }
    connection.execute(insert(LINK).values(values))
    return token


def read_link(connection: Connection, purpose: Purpose, token: str, *, lock: bool = False) -> Link:
    """The link of a token. Raises `NotFound` for one that is unknown, used or too old, without saying which."""
    query = select(LINK).where(
        LINK.c.token_hash == digest(token),
        LINK.c.purpose == purpose,
        LINK.c.used_at.is_(None),
        LINK.c.expires_at > func.now(),
    )
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        message = "This link was used already or is too old; ask an administrator for a new one"
        raise NotFound(Problem("link.gone", "", message))
    return Link(row.id, row.purpose, row.account_id, row.workspace_id, row.email, row.data)


def use_link(connection: Connection, link: Link) -> None:
    """Mark a link as used; one that is open stays good."""
    if not link.data.get("open"):
        connection.execute(update(LINK).where(LINK.c.id == link.id).values(used_at=func.now()))
