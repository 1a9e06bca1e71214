"""Accounts: the people who sign in, whatever workspaces they belong to. Rows of the control schema."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from dougong.db.control import ACCOUNT, MEMBERSHIP
from dougong.identity.passwords import fold_email, hash_password, needs_rehash, verify_password
from dougong.identity.sessions import end_sessions_of
from engines.kernel.labels import LOCALES
from engines.kernel.problems import NotFound, Problem, Rejected


@dataclass(frozen=True, slots=True)
class Account:
    """A person who signs in."""

    id: int
    email: str
    name: str
    locale: str | None
    has_password: bool


def authenticate(connection: Connection, email: str, password: str) -> Account | None:
    """The account with this address and password; None where either is wrong or the account is shut.

    Takes as long for an address that nobody has. Hashes of older parameters are renewed.
    """
    row = connection.execute(select(ACCOUNT).where(ACCOUNT.c.email == fold_email(email))).one_or_none()
    stored = row.password_hash if row is not None else None
    if not verify_password(password, stored) or row is None or not row.is_active:
        return None
    if needs_rehash(row.password_hash):
        _store_password(connection, row.id, hash_password(password, row.email))
    return _account(row)


def find_account(connection: Connection, email: str) -> Account | None:
    """The account with this address."""
    row = connection.execute(select(ACCOUNT).where(ACCOUNT.c.email == fold_email(email))).one_or_none()
    return _account(row) if row is not None else None


def get_account(connection: Connection, account_id: int) -> Account:
    """The account with this number. Raises `NotFound`."""
    row = connection.execute(select(ACCOUNT).where(ACCOUNT.c.id == account_id)).one_or_none()
    if row is None:
        raise NotFound(Problem("account.unknown", "", "There is no such account"))
    return _account(row)


def ensure_account(
    connection: Connection, email: str, name: str, *, password_hash: str | None = None, is_demo: bool = False
) -> Account:
    """The account with this address, made where it is missing. An account that exists keeps its name and password."""
    values = {"email": fold_email(email), "name": name, "password_hash": password_hash, "is_demo": is_demo}
    connection.execute(upsert(ACCOUNT).values(values).on_conflict_do_nothing(index_elements=["email"]))
    found = find_account(connection, email)
    if found is None:
        raise NotFound(Problem("account.unknown", "", "There is no such account"))
    return found


def set_password(connection: Connection, account_id: int, password: str, *, keep: str | None = None) -> None:
    """Give an account a password and end its sessions (but the one of the token `keep`). Raises `Rejected`."""
    account = get_account(connection, account_id)
    _store_password(connection, account_id, hash_password(password, account.email))
    end_sessions_of(connection, account_id, but=keep)


def change_password(connection: Connection, account_id: int, old: str, new: str, *, keep: str | None = None) -> None:
    """Change one's own password. Raises `Rejected` where the old one is wrong or the new one is not good enough."""
    row = connection.execute(select(ACCOUNT).where(ACCOUNT.c.id == account_id)).one()
    if not verify_password(old, row.password_hash):
        raise Rejected(Problem("password.wrong", "old_password", "This is not your present password"))
    set_password(connection, account_id, new, keep=keep)


def change_profile(connection: Connection, account_id: int, *, name: str, locale: str | None) -> None:
    """Change the name and the language of an account. Raises `Rejected`."""
    if not name.strip():
        raise Rejected(Problem("account.no_name", "name", "Enter your name"))
    if locale is not None and locale not in LOCALES:
        raise Rejected(Problem("account.locale", "locale", "Choose one of the languages", {"known": list(LOCALES)}))
    values: dict[str, Any] = {"name": name.strip()[:100], "locale": locale}
    connection.execute(update(ACCOUNT).where(ACCOUNT.c.id == account_id).values(values))


def set_membership(
    connection: Connection,
    account_id: int,
    workspace_id: int,
    member_id: int,
    *,
    is_admin: bool,
    is_active: bool = True,
) -> None:
    """Let an account into a workspace as a member, or change as whom."""
    values = {"member_id": member_id, "is_admin": is_admin, "is_active": is_active}
    keys = {"account_id": account_id, "workspace_id": workspace_id}
    query = upsert(MEMBERSHIP).values(keys | values)
    connection.execute(query.on_conflict_do_update(index_elements=["account_id", "workspace_id"], set_=values))


def _store_password(connection: Connection, account_id: int, hashed: str) -> None:
    values = {"password_hash": hashed, "password_changed_at": func.now()}
    connection.execute(update(ACCOUNT).where(ACCOUNT.c.id == account_id).values(values))


def _account(row: Row[Any]) -> Account:
    return Account(row.id, row.email, row.name, row.locale, row.password_hash is not None)
