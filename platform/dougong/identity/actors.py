"""The person who acts, as the engines see one: one query over the workspace's people."""

from typing import Any

from sqlalchemy import BigInteger, Select, exists, func, literal, select
from sqlalchemy.dialects.postgresql import aggregate_order_by, array

from dougong.workspace.tables import DEPARTMENT, DEPARTMENT_MEMBER, MEMBER, ROLE_MEMBER
from engines.form.transaction import Actor, Transaction
from engines.kernel.problems import Forbidden, Problem

_HEADED = DEPARTMENT.alias("headed")
_REPORT = MEMBER.alias("report")


def build_actor(
    tx: Transaction, member_id: int, *, locale: str = "zh-CN", zone: str = "Asia/Shanghai", is_admin: bool | None = None
) -> Actor:
    """The actor of a member, read in this transaction. Raises `Forbidden` for one who is gone or was shut out.

    Managed departments are those that the person heads with all below them; subordinates are the people of these and
    those whose line of managers leads to the person.
    """
    row = tx.connection.execute(_query(member_id)).one_or_none()
    if row is None or not row.is_active:
        raise Forbidden(Problem("access.no_member", "", "You are no longer an active member of this workspace"))
    return Actor(
        id=row.id,
        name=row.name,
        departments=frozenset(row.departments or ()),
        managed_departments=frozenset(row.managed or ()),
        subordinates=frozenset(row.subordinates or ()) - {row.id},
        roles=frozenset(row.roles or ()),
        main_department=row.main_department_id,
        locale=locale,
        zone=row.zone or zone,
        is_admin=row.is_admin if is_admin is None else row.is_admin and is_admin,
    )


def _query(member_id: int) -> Select[Any]:
    me = literal(member_id, BigInteger)
    departments = (
        select(func.array_agg(DEPARTMENT_MEMBER.c.department_id))
        .where(DEPARTMENT_MEMBER.c.member_id == me, DEPARTMENT_MEMBER.c.until.is_(None))
        .scalar_subquery()
    )
    managed = (
        select(DEPARTMENT.c.id)
        .where(
            exists().where(
                _HEADED.c.head_id == me, _HEADED.c.is_active, DEPARTMENT.c.path.contains(array([_HEADED.c.id]))
            )
        )
        .cte("managed")
    )
    below = select(_REPORT.c.id).where(_REPORT.c.manager_id == me).cte("below", recursive=True)
    below = below.union(select(_REPORT.c.id).where(_REPORT.c.manager_id == below.c.id))
    theirs = select(DEPARTMENT_MEMBER.c.member_id.label("id")).where(
        DEPARTMENT_MEMBER.c.until.is_(None), DEPARTMENT_MEMBER.c.department_id.in_(select(managed.c.id))
    )
    people = theirs.union(select(below.c.id)).subquery("people")
    roles = (
        select(func.array_agg(aggregate_order_by(ROLE_MEMBER.c.role, ROLE_MEMBER.c.role)))
        .where(ROLE_MEMBER.c.member_id == me)
        .scalar_subquery()
    )
    return select(
        MEMBER.c.id,
        MEMBER.c.name,
        MEMBER.c.is_active,
        MEMBER.c.is_admin,
        MEMBER.c.main_department_id,
        MEMBER.c.zone,
        departments.label("departments"),
        select(func.array_agg(managed.c.id)).scalar_subquery().label("managed"),
        select(func.array_agg(people.c.id)).scalar_subquery().label("subordinates"),
        roles.label("roles"),
    ).where(MEMBER.c.id == me)
