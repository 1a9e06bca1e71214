"""Links to public pages: made, shown again, switched off, revoked, renewed; found by the token of an address.

A token names its workspace in front (`1k-…`), because who comes with it has no session that would; the rest is random.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Engine, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from dougong.apps import store
from dougong.apps.drafts import may_design
from dougong.db.control import WORKSPACE
from dougong.identity.passwords import hash_password, verify_password
from dougong.identity.tokens import digest
from dougong.public.kinds import FORM, QUERY
from dougong.public.tables import PUBLIC, PUBLIC_LINK
from dougong.vault.box import Box
from dougong.workspace.workspaces import WorkspaceInfo, find_workspace
from engines.form.transaction import Transaction
from engines.kernel.keyed import Document
from engines.kernel.problems import NotFound, Problem, Rejected

_SIGNS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"
_LONGEST: Final = 80
MOST_LINKS: Final = 100


@dataclass(frozen=True, slots=True)
class Link:
    """A way in, as administrators see it. `token` stands in the address; it is empty where its key is gone."""

    id: int
    kind: str
    key: str
    token: str
    created_at: datetime
    created_by: int | None
    revoked_at: datetime | None

    @property
    def path(self) -> str:
        """The address on this site."""
        return path_of(self.kind, self.token)


@dataclass(frozen=True, slots=True)
class Shared:
    """What is kept of a public page: whether it is on, its password, how often it was opened and sent."""

    app: str
    kind: str
    key: str
    is_on: bool = False
    password_hash: str | None = None
    opened: int = 0
    submitted: int = 0
    last_at: datetime | None = None


def path_of(kind: str, token: str) -> str:
    """The address of a public page on this site."""
    return f"/p/{token}/q" if kind == QUERY else f"/p/{token}"


def create_link(tx: Transaction, box: Box, app: str, kind: str, key: str) -> Link:
    """A new link to a page, which is switched on by it. Raises `Forbidden`, `NotFound` for an unknown document."""
    may_design(tx)
    page = document_of(tx, app, kind, key)
    app = store.app_key(tx, app)
    if len([one for one in list_links(tx, box, app) if one.key == page["key"] and one.kind == kind]) >= MOST_LINKS:
        message = f"A page has at most {MOST_LINKS} links"
        raise Rejected(Problem("public.too_many_links", "", message, {"limit": MOST_LINKS}))
    token = f"{_written(_number(tx))}-{secrets.token_urlsafe(24)}"
    row = {"app": app, "kind": kind, "key": page["key"], "digest": digest(token), "sealed": box.seal(token)}
    query = insert(PUBLIC_LINK).values(**row, created_at=tx.now, created_by=tx.actor.id).returning(PUBLIC_LINK.c.id)
    number = tx.connection.execute(query).scalar_one()
    _ensure(tx, app, kind, key)
    return Link(number, kind, key, token, tx.now, tx.actor.id, None)


def list_links(tx: Transaction, box: Box, app: str, *, revoked: bool = False) -> tuple[Link, ...]:
    """The links of an app, the newest first. Raises `Forbidden`."""
    may_design(tx)
    query = select(PUBLIC_LINK).where(PUBLIC_LINK.c.app == store.app_key(tx, app))
    if not revoked:
        query = query.where(PUBLIC_LINK.c.revoked_at.is_(None))
    rows = tx.connection.execute(query.order_by(PUBLIC_LINK.c.id.desc())).all()
    return tuple(
        Link(row.id, row.kind, row.key, _opened(box, row.sealed), row.created_at, row.created_by, row.revoked_at)
        for row in rows
    )


def rotate_links(tx: Transaction, box: Box) -> int:
    """Seal with the first key the addresses that an older one sealed; how many. May be repeated.

    What a key sealed that is gone stays as it is: such a link still opens its page, only nobody is shown it again.
    """
    done = 0
    for number, sealed in tx.connection.execute(select(PUBLIC_LINK.c.id, PUBLIC_LINK.c.sealed)).all():
        token = "" if box.is_current(sealed) else _opened(box, sealed)
        if token:
            keep = update(PUBLIC_LINK).where(PUBLIC_LINK.c.id == number).values(sealed=box.seal(token))
            tx.connection.execute(keep)
            done += 1
    return done


def _opened(box: Box, sealed: str) -> str:
    """The token of a link; empty where its key is gone, so that one lost key does not shut the page of sharing."""
    try:
        return box.open(sealed)
    except Rejected:
        return ""


def revoke_link(tx: Transaction, app: str, link_id: int) -> None:
    """Close a link for good. Raises `Forbidden`, `NotFound`."""
    may_design(tx)
    table = PUBLIC_LINK.c
    where = (table.id == link_id, table.app == store.app_key(tx, app), table.revoked_at.is_(None))
    if not tx.connection.execute(update(PUBLIC_LINK).where(*where).values(revoked_at=tx.now)).rowcount:
        raise NotFound(Problem("public.no_link", "link", "There is no such link", {"id": link_id}))


def renew_link(tx: Transaction, box: Box, app: str, kind: str, key: str) -> Link:
    """Close every link of a page and make a new one; counters and quota go on."""
    may_design(tx)
    table = PUBLIC_LINK.c
    mine = (table.app == store.app_key(tx, app), table.kind == kind, table.key == key, table.revoked_at.is_(None))
    tx.connection.execute(update(PUBLIC_LINK).where(*mine).values(revoked_at=tx.now))
    return create_link(tx, box, app, kind, key)


def forget_page(tx: Transaction, app: str, kind: str, key: str) -> None:
    """Close a page with all its links, for good: one of the same key that comes later begins with none."""
    may_design(tx)
    app = store.app_key(tx, app)
    table = PUBLIC_LINK.c
    mine = (table.app == app, table.kind == kind, table.key == key, table.revoked_at.is_(None))
    tx.connection.execute(update(PUBLIC_LINK).where(*mine).values(revoked_at=tx.now))
    tx.connection.execute(update(PUBLIC).where(*_at(app, kind, key)).values(is_on=False, password_hash=None))


def known_keys(tx: Transaction, app: str) -> frozenset[str]:
    """The keys of every page that was ever shared, those of removed ones too: their numbers and marks are theirs."""
    return frozenset(tx.connection.scalars(select(PUBLIC.c.key).where(PUBLIC.c.app == store.app_key(tx, app))))


def switch(tx: Transaction, app: str, kind: str, key: str, *, on: bool) -> None:
    """Open or shut a page; its links stay as they are. Raises `Forbidden`."""
    may_design(tx)
    app = store.app_key(tx, app)
    _ensure(tx, app, kind, key)
    tx.connection.execute(update(PUBLIC).where(*_at(app, kind, key)).values(is_on=on))


def set_password(tx: Transaction, app: str, kind: str, key: str, password: str | None) -> None:
    """Ask for a password from now on, or for none. Only its hash is kept. Raises `Rejected` for a bad one."""
    may_design(tx)
    app = store.app_key(tx, app)
    stored = hash_password(password) if password else None
    _ensure(tx, app, kind, key)
    tx.connection.execute(update(PUBLIC).where(*_at(app, kind, key)).values(password_hash=stored))


def password_fits(shared: Shared, password: str) -> bool:
    """Whether this is the page's password."""
    return verify_password(password, shared.password_hash)


def shared_of(tx: Transaction, app: str, kind: str, key: str) -> Shared:
    """What is kept of a page; switched off where it was never shared."""
    row = tx.connection.execute(select(PUBLIC).where(*_at(app, kind, key))).one_or_none()
    return Shared(app, kind, key) if row is None else Shared(*row)


def find_place(engine: Engine, token: str) -> WorkspaceInfo | None:
    """The workspace that a token names, if there is one; whether the token opens anything is asked there."""
    head, _, tail = token.partition("-")
    if not head or not tail or len(token) > _LONGEST or len(head) > 10 or any(sign not in _SIGNS for sign in head):
        return None
    with engine.begin() as connection:
        key = connection.scalar(select(WORKSPACE.c.key).where(WORKSPACE.c.id == int(head, 36)))
        return None if key is None else find_workspace(connection, key)


def resolve(tx: Transaction, token: str, kind: str) -> Shared | None:
    """The page that a living link leads to; None for any other token."""
    link = PUBLIC_LINK.c
    query = (
        select(PUBLIC)
        .join(PUBLIC_LINK, (link.app == PUBLIC.c.app) & (link.kind == PUBLIC.c.kind) & (link.key == PUBLIC.c.key))
        .where(link.digest == digest(token), link.kind == kind, link.revoked_at.is_(None))
    )
    row = tx.connection.execute(query).one_or_none()
    return None if row is None else Shared(*row)


def document_of(tx: Transaction, app: str, kind: str, key: str) -> Document:
    """The published document of a page. Raises `NotFound`."""
    if kind not in (FORM, QUERY):
        raise NotFound(Problem("public.no_kind", "kind", f'"{kind}" is no kind of public page', {"kind": kind}))
    return store.get(tx, kind, key, app)


def count_opened(tx: Transaction, shared: Shared) -> None:
    """One more has looked at a page."""
    where = _at(shared.app, shared.kind, shared.key)
    tx.connection.execute(update(PUBLIC).where(*where).values(opened=PUBLIC.c.opened + 1))


def count_sent(tx: Transaction, shared: Shared, quota: int | None) -> bool:
    """One more has sent; False (and nothing counted) where the quota is used up or the page was shut meanwhile.

    The row is locked until the end of the transaction, so as many get through as the quota says, however many come at
    once: who waits judges the number anew.
    """
    where = (*_at(shared.app, shared.kind, shared.key), PUBLIC.c.is_on)
    statement = update(PUBLIC).where(*where).values(submitted=PUBLIC.c.submitted + 1, last_at=tx.now)
    if quota is not None:
        statement = statement.where(PUBLIC.c.submitted < quota)
    return bool(tx.connection.execute(statement).rowcount)


def _at(app: str, kind: str, key: str) -> tuple[ColumnElement[bool], ...]:
    return PUBLIC.c.app == app, PUBLIC.c.kind == kind, PUBLIC.c.key == key


def _ensure(tx: Transaction, app: str, kind: str, key: str) -> None:
    document_of(tx, app, kind, key)
    tx.connection.execute(upsert(PUBLIC).values(app=app, kind=kind, key=key).on_conflict_do_nothing())


def _number(tx: Transaction) -> int:
    """The number of the transaction's workspace: its schema is named after it."""
    schema = tx.connection.exec_driver_sql("SELECT current_schema()").scalar_one()
    return int("".join(sign for sign in str(schema) if sign.isdigit()))


def _written(number: int) -> str:
    text = ""
    while number:
        number, rest = divmod(number, 36)
        text = _SIGNS[rest] + text
    return text or "0"
