"""The person who acts, as the engines see one: one query over the workspace's people, kept while nobody changes."""

from collections import OrderedDict
from dataclasses import replace
from threading import Lock
from typing import Any

from sqlalchemy import BigInteger, Select, bindparam, exists, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by, array

from dougong.db.engine import database_of
from dougong.identity.stamp import people_stamp
from dougong.workspace.tables import DEPARTMENT, DEPARTMENT_MEMBER, MEMBER, ROLE_MEMBER
from engines.form.transaction import Actor, Transaction
from engines.kernel.problems import Forbidden, Problem

_HEADED = DEPARTMENT.alias("headed")
_REPORT = MEMBER.alias("report")
KEPT = 5000
_KEPT: OrderedDict[tuple[str, str, str | None, int], Actor] = OrderedDict()
_LOCK = Lock()


def build_actor(
    tx: Transaction, member_id: int, *, locale: str = "zh-CN", zone: str = "Asia/Shanghai", is_admin: bool | None = None
) -> Actor:
    """The actor of a member, read in this transaction. Raises `Forbidden` for one who is gone or was shut out.

    Managed departments are those that the person heads with all below them; subordinates are the people of these and
    those whose line of managers leads to the person.
    """
    found = _read(tx, member_id)
    if found is None:
        raise Forbidden(Problem("access.no_member", "", "You are no longer an active member of this workspace"))
    return replace(
        found,
        locale=locale,
        zone=found.zone or zone,
        is_admin=found.is_admin if is_admin is None else found.is_admin and is_admin,
    )


def _read(tx: Transaction, member_id: int) -> Actor | None:
    """The actor from memory while nobody was changed, else from the database; None for somebody who is gone."""
    stamp = people_stamp(tx)
    key = (database_of(tx.connection.engine), tx.workspace, stamp, member_id)
    with _LOCK:
        known = _KEPT.get(key)
        if known is not None:
            _KEPT.move_to_end(key)
    if known is None:
        known = _ask(tx, member_id)
        if known is not None and stamp is not None:
            with _LOCK:
                _KEPT[key] = known
                while len(_KEPT) > KEPT:
                    _KEPT.popitem(last=False)
    return known


def _ask(tx: Transaction, member_id: int) -> Actor | None:
    row = tx.connection.execute(_QUERY, {"me": member_id}).one_or_none()
    if row is None or not row.is_active:
        return None
    return Actor(
        id=row.id,
        name=row.name,
        departments=frozenset(row.departments or ()),
        managed_departments=frozenset(row.managed or ()),
        subordinates=frozenset(row.subordinates or ()) - {row.id},
        roles=frozenset(row.roles or ()),
        main_department=row.main_department_id,
        zone=row.zone or "",
        is_admin=row.is_admin,
    )


def _query() -> Select[Any]:
    me = bindparam("me", type_=BigInteger)
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


_QUERY = _query()  # built once: this runs in every request
