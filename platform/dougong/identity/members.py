"""The people of a workspace: joining, departments with their dates, roles, shutting out and letting in again.

The workspace's `_member` says who somebody is here; the control schema's membership lets an account in. Both are kept
in step: the workspace's row is written first, and every step can be repeated.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, Select, and_, func, insert, or_, select, true, update
from sqlalchemy.dialects.postgresql import aggregate_order_by

from dougong.db.control import MEMBERSHIP
from dougong.identity.passwords import fold_email
from dougong.identity.roles import set_roles
from dougong.identity.stamp import people_changed
from dougong.workspace.tables import DEPARTMENT, DEPARTMENT_MEMBER, MEMBER, ROLE_MEMBER
from engines.form.folding import fold, sort_key
from engines.form.transaction import Transaction
from engines.kernel.problems import NotFound, Problem, Rejected

NAME_LIMIT = 100


@dataclass(frozen=True, slots=True)
class Member:
    """A person of the workspace as the pages about people show one."""

    id: int
    account_id: int | None
    name: str
    email: str | None
    phone: str | None
    title: str | None
    is_active: bool
    is_admin: bool
    main_department: int | None
    departments: tuple[int, ...]
    roles: tuple[str, ...]
    manager_id: int | None


@dataclass(frozen=True, slots=True)
class Stay:
    """How long somebody belonged to a department; `until` is None while it lasts."""

    department: str
    since: datetime
    until: datetime | None


def list_members(
    tx: Transaction,
    *,
    search: str = "",
    department_id: int | None = None,
    role: str | None = None,
    active: bool | None = True,
    limit: int = 200,
    offset: int = 0,
) -> tuple[list[Member], int]:
    """A page of members by name, and how many there are in all. A department counts with everything below it."""
    conditions: list[Any] = []
    if active is not None:
        conditions.append(MEMBER.c.is_active == active)
    if search.strip():
        wanted = f"%{_escape(fold(search))}%"
        conditions.append(or_(MEMBER.c.name__sort.like(wanted), MEMBER.c.email.like(wanted)))
    if department_id is not None:
        below = select(DEPARTMENT.c.id).where(DEPARTMENT.c.path.contains([department_id]))
        here = select(DEPARTMENT_MEMBER.c.member_id).where(
            DEPARTMENT_MEMBER.c.until.is_(None), DEPARTMENT_MEMBER.c.department_id.in_(below)
        )
        conditions.append(MEMBER.c.id.in_(here))
    if role is not None:
        conditions.append(MEMBER.c.id.in_(select(ROLE_MEMBER.c.member_id).where(ROLE_MEMBER.c.role == role)))
    where = and_(true(), *conditions)
    total = tx.connection.scalar(select(func.count()).select_from(MEMBER).where(where)) or 0
    query = _select().where(where).order_by(MEMBER.c.name__sort, MEMBER.c.id).limit(limit).offset(offset)
    return [_member(row) for row in tx.connection.execute(query)], total


def member_names(tx: Transaction, ids: Iterable[int | None]) -> dict[int, str]:
    """What the members with these ids are called, also those who left; None stands for nobody."""
    wanted = {one for one in ids if one is not None}
    if not wanted:
        return {}
    rows = tx.connection.execute(select(MEMBER.c.id, MEMBER.c.name).where(MEMBER.c.id.in_(wanted)))
    return {row.id: row.name for row in rows}


def get_member(tx: Transaction, member_id: int) -> Member:
    """One member. Raises `NotFound`."""
    row = tx.connection.execute(_select().where(MEMBER.c.id == member_id)).one_or_none()
    if row is None:
        raise NotFound(Problem("member.unknown", "", "There is no such member"))
    return _member(row)


def ensure_member(
    tx: Transaction, name: str, email: str | None, *, account_id: int | None = None, is_admin: bool = False
) -> int:
    """The member with this account or address, made where it is missing; a blank account is filled in."""
    email = fold_email(email) if email else None
    same = [MEMBER.c.account_id == account_id] if account_id is not None else []
    if email is not None:
        free = (
            or_(MEMBER.c.account_id.is_(None), MEMBER.c.account_id == account_id) if account_id is not None else true()
        )
        same.append(and_(MEMBER.c.email == email, free))
    found = tx.connection.scalar(select(MEMBER.c.id).where(or_(*same)).order_by(MEMBER.c.id)) if same else None
    if found is not None:
        if account_id is not None:
            values: dict[str, Any] = {"account_id": account_id, "is_active": True, "left_at": None}
            tx.connection.execute(update(MEMBER).where(MEMBER.c.id == found).values(values))
            people_changed(tx)
        return int(found)
    name = _check_name(name)
    values = {
        "name": name,
        "name__sort": sort_key(name),
        "email": email,
        "account_id": account_id,
        "is_admin": is_admin,
    }
    return int(tx.connection.execute(insert(MEMBER).values(values).returning(MEMBER.c.id)).scalar_one())


def change_member(
    tx: Transaction,
    member_id: int,
    *,
    name: str,
    phone: str | None,
    title: str | None,
    departments: Sequence[int],
    roles: Collection[str],
    manager_id: int | None = None,
) -> None:
    """Change what is known of a member. The first department is the main one. Raises `Rejected`, `NotFound`."""
    get_member(tx, member_id)
    name = _check_name(name)
    if manager_id is not None:
        _check_manager(tx, member_id, manager_id)
    values = {
        "name": name,
        "name__sort": sort_key(name),
        "phone": (phone or "").strip() or None,
        "title": (title or "").strip() or None,
        "manager_id": manager_id,
    }
    tx.connection.execute(update(MEMBER).where(MEMBER.c.id == member_id).values(values))
    set_departments(tx, member_id, departments)
    set_roles(tx, member_id, set(roles))


def set_departments(tx: Transaction, member_id: int, departments: Sequence[int]) -> None:
    """Put a member into exactly these departments, the first being the main one.

    What changes is dated: stays that end get their end, new ones their beginning, those that go on are left alone.
    """
    wanted = list(dict.fromkeys(departments))
    known = tx.connection.scalars(
        select(DEPARTMENT.c.id).where(DEPARTMENT.c.id.in_(wanted), DEPARTMENT.c.is_active)
    ).all()
    if len(known) != len(wanted):
        raise Rejected(Problem("department.unknown", "departments", "There is no such department"))
    ended = (
        update(DEPARTMENT_MEMBER)
        .where(DEPARTMENT_MEMBER.c.member_id == member_id, DEPARTMENT_MEMBER.c.until.is_(None))
        .where(DEPARTMENT_MEMBER.c.department_id.not_in(wanted))
        .values(until=tx.now)
    )
    tx.connection.execute(ended)
    current = tx.connection.scalars(
        select(DEPARTMENT_MEMBER.c.department_id).where(
            DEPARTMENT_MEMBER.c.member_id == member_id, DEPARTMENT_MEMBER.c.until.is_(None)
        )
    ).all()
    fresh = [{"member_id": member_id, "department_id": each, "since": tx.now} for each in wanted if each not in current]
    if fresh:
        tx.connection.execute(insert(DEPARTMENT_MEMBER), fresh)
    main = wanted[0] if wanted else None
    tx.connection.execute(update(MEMBER).where(MEMBER.c.id == member_id).values(main_department_id=main))
    people_changed(tx)


def stays(tx: Transaction, member_id: int) -> list[Stay]:
    """Where a member belonged and belongs, the latest first."""
    query = (
        select(DEPARTMENT.c.name, DEPARTMENT_MEMBER.c.since, DEPARTMENT_MEMBER.c.until)
        .join(DEPARTMENT, DEPARTMENT.c.id == DEPARTMENT_MEMBER.c.department_id)
        .where(DEPARTMENT_MEMBER.c.member_id == member_id)
        .order_by(DEPARTMENT_MEMBER.c.until.desc().nulls_first(), DEPARTMENT_MEMBER.c.since.desc())
    )
    return [Stay(row.name, row.since, row.until) for row in tx.connection.execute(query)]


def set_admin(tx: Transaction, engine: Engine, workspace_id: int, member_id: int, on: bool) -> None:
    """Make a member an administrator, or no longer. Raises `Rejected` where nobody would be left."""
    member = get_member(tx, member_id)
    if not on:
        _keep_an_admin(tx, member)
    tx.connection.execute(update(MEMBER).where(MEMBER.c.id == member_id).values(is_admin=on))
    people_changed(tx)
    _membership(engine, workspace_id, member_id, {"is_admin": on})


def set_active(tx: Transaction, engine: Engine, workspace_id: int, member_id: int, on: bool) -> None:
    """Shut a member out at once, or let them in again. What they wrote stays. Raises `Rejected`."""
    member = get_member(tx, member_id)
    if not on:
        if member_id == tx.actor.id:
            raise Rejected(Problem("member.yourself", "", "You cannot shut yourself out"))
        _keep_an_admin(tx, member)
    values = {"is_active": on, "left_at": None if on else tx.now}
    tx.connection.execute(update(MEMBER).where(MEMBER.c.id == member_id).values(values))
    people_changed(tx)
    _membership(engine, workspace_id, member_id, {"is_active": on})


def _membership(engine: Engine, workspace_id: int, member_id: int, values: dict[str, Any]) -> None:
    """The other half in the control schema; written while the workspace's transaction is open, so both or neither
    hold when a statement fails (a crash between the two commits is mended by doing it again)."""
    with engine.begin() as connection:
        query = update(MEMBERSHIP).where(MEMBERSHIP.c.workspace_id == workspace_id, MEMBERSHIP.c.member_id == member_id)
        connection.execute(query.values(values))


def _keep_an_admin(tx: Transaction, member: Member) -> None:
    others = select(func.count()).select_from(MEMBER)
    others = others.where(MEMBER.c.is_admin, MEMBER.c.is_active, MEMBER.c.id != member.id)
    if member.is_admin and not tx.connection.scalar(others):
        message = "The workspace needs an administrator; make somebody else one first"
        raise Rejected(Problem("member.last_admin", "", message))


def _check_manager(tx: Transaction, member_id: int, manager_id: int) -> None:
    """The line upwards from a manager may not come back to the member."""
    above: int | None = manager_id
    seen = {member_id}
    while above is not None:
        if above in seen:
            message = "This manager reports to the member, directly or through others"
            raise Rejected(Problem("member.manager_circle", "manager", message))
        seen.add(above)
        above = tx.connection.scalar(select(MEMBER.c.manager_id).where(MEMBER.c.id == above))


def _check_name(name: str) -> str:
    name = " ".join(name.split())
    if not name:
        raise Rejected(Problem("member.no_name", "name", "Enter a name"))
    if len(name) > NAME_LIMIT:
        message = f"A name has at most {NAME_LIMIT} characters"
        raise Rejected(Problem("member.long_name", "name", message, {"limit": NAME_LIMIT}))
    return name


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _select() -> Select[Any]:
    departments = (
        select(func.array_agg(aggregate_order_by(DEPARTMENT_MEMBER.c.department_id, DEPARTMENT_MEMBER.c.id)))
        .where(DEPARTMENT_MEMBER.c.member_id == MEMBER.c.id, DEPARTMENT_MEMBER.c.until.is_(None))
        .correlate(MEMBER)
        .scalar_subquery()
    )
    roles = (
        select(func.array_agg(aggregate_order_by(ROLE_MEMBER.c.role, ROLE_MEMBER.c.role)))
        .where(ROLE_MEMBER.c.member_id == MEMBER.c.id)
        .correlate(MEMBER)
        .scalar_subquery()
    )
    return select(MEMBER, departments.label("departments"), roles.label("roles"))


def _member(row: Any) -> Member:
    main = row.main_department_id
    others = tuple(each for each in row.departments or () if each != main)
    return Member(
        id=row.id,
        account_id=row.account_id,
        name=row.name,
        email=row.email,
        phone=row.phone,
        title=row.title,
        is_active=row.is_active,
        is_admin=row.is_admin,
        main_department=main,
        departments=((main, *others) if main is not None else others),
        roles=tuple(row.roles or ()),
        manager_id=row.manager_id,
    )
