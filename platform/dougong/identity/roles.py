"""Roles: who has which. What a role may do stands in the permission groups of forms."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, func, insert, select
from sqlalchemy.dialects.postgresql import insert as upsert

from dougong.identity.stamp import people_changed
from dougong.workspace.tables import MEMBER, ROLE, ROLE_MEMBER
from engines.form.transaction import Transaction
from engines.kernel.labels import label
from engines.kernel.problems import Problem, Rejected, suggest


@dataclass(frozen=True, slots=True)
class Role:
    """A role with the number of active people who have it."""

    key: str
    title: Any
    members: int


def list_roles(tx: Transaction) -> list[Role]:
    """Every role, by key."""
    count = (
        select(func.count())
        .select_from(ROLE_MEMBER)
        .join(MEMBER, (MEMBER.c.id == ROLE_MEMBER.c.member_id) & MEMBER.c.is_active)
        .where(ROLE_MEMBER.c.role == ROLE.c.key)
        .correlate(ROLE)
        .scalar_subquery()
    )
    rows = tx.connection.execute(select(ROLE.c.key, ROLE.c.title, count.label("members")).order_by(ROLE.c.key))
    return [Role(row.key, row.title or row.key, row.members) for row in rows]


def ensure_role(tx: Transaction, key: str, title: Any) -> None:
    """Make a role known, or change its title."""
    query = upsert(ROLE).values(key=key, title=title)
    tx.connection.execute(query.on_conflict_do_update(index_elements=["key"], set_={"title": title}))


def set_roles(tx: Transaction, member_id: int, keys: set[str]) -> None:
    """Give a member exactly these roles. Raises `Rejected` for one that does not exist, with a suggestion."""
    known = {role.key for role in list_roles(tx)}
    problems = [
        Problem("role.unknown", "roles", f'There is no role "{key}"{suggest(key, known)}', {"key": key})
        for key in sorted(keys - known)
    ]
    if problems:
        raise Rejected(problems)
    tx.connection.execute(delete(ROLE_MEMBER).where(ROLE_MEMBER.c.member_id == member_id))
    if keys:
        rows = [{"role": key, "member_id": member_id} for key in sorted(keys)]
        tx.connection.execute(insert(ROLE_MEMBER), rows)
    people_changed(tx)


def find_role(roles: list[Role], text: str) -> Role | None:
    """The role that a text means: its key or its title in any language."""
    wanted = text.strip().casefold()
    for role in roles:
        if wanted in {role.key.casefold(), *(label(role.title, locale).casefold() for locale in ("zh-CN", "en"))}:
            return role
    return None
