"""Who may be chosen in a member or department field: the range that its options set, for pages and for every writer.
Also which nodes of a tree may be, where a cascade field takes only those that have nothing below them.

A range names departments (with all below them), roles, or another field of the same record or row: people in any of
these may be chosen. Where the other field is blank, it brings nobody. What is stored already stays as it is.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache, partial
from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    ColumnElement,
    DateTime,
    Select,
    Text,
    any_,
    column,
    exists,
    false,
    or_,
    select,
    table,
)

from engines.form.collected import every_field
from engines.form.fields.base import Field
from engines.form.fields.cascade import parent_key
from engines.form.fields.links import DEPARTMENT, MEMBER, link_id
from engines.form.form import Form
from engines.form.names import DELETED
from engines.form.nested import rows_of, stored_rows
from engines.form.policy.rules import ids as among
from engines.form.transaction import Transaction
from engines.form.write.draft import Draft
from engines.form.write.memory import asked_once
from engines.kernel.problems import Problem

MOST: Final = 5000
_LEAVES: Final[Mapping[str, Any]] = {"leaf_only": True}
_PERSON: Final[Any] = table(
    MEMBER, column("id", BigInteger), column("main_department_id", BigInteger), column("is_active", Boolean)
)
_UNIT: Final[Any] = table(
    DEPARTMENT,
    column("id", BigInteger),
    column("key", Text),
    column("path", ARRAY(BigInteger)),
    column("is_active", Boolean),
)
_BELONGS: Final[Any] = table(
    "_department_member",
    column("member_id", BigInteger),
    column("department_id", BigInteger),
    column("until", DateTime(timezone=True)),
)
_ROLE: Final[Any] = table("_role_member", column("role", Text), column("member_id", BigInteger))


def range_of(one: Field) -> Mapping[str, Any] | None:
    """The range of a field; None where everybody may be chosen."""
    if one.type.key == "cascade":
        return _LEAVES if one.options.get("leaf_only") else None
    found = one.options.get("range") if one.type.target_form(one) in (MEMBER, DEPARTMENT) else None
    return found or None


@lru_cache(maxsize=1024)
def ranged(form: Form) -> tuple[Field, ...]:
    """The fields of a form and of its rows that have a range."""
    return tuple(one for one in every_field(form) if range_of(one) and one.storage != "none")


def ids_of(value: Any) -> tuple[int, ...]:
    """The ids in a value of a member or department field."""
    parts = value if isinstance(value, tuple | list) else (value,)
    return tuple(found for one in parts if (found := link_id(one)) is not None)


def choosable(form: Form, one: Field, held: Iterable[int]) -> Select[Any]:
    """The ids that may be chosen; `held` is what the field that the range names holds."""
    limits = range_of(one) or {}
    if limits is _LEAVES:
        return leaves(one)
    people = one.type.target_form(one) == MEMBER
    units = [str(key) for key in limits.get("departments", ())]
    roots = [_root(units)] if units else []
    chosen = list(held)
    other = _beside(form, one).get(limits.get("field", ""))
    conditions: list[ColumnElement[bool]] = []
    if other is not None and chosen:
        if other.type.target_form(other) == DEPARTMENT:
            roots.append(select(_UNIT.c.id).where(_UNIT.c.id == among(chosen)))
        elif people:
            conditions.append(_PERSON.c.id == among(chosen))
        else:
            roots.append(_homes(chosen))
    if people and limits.get("roles"):
        held_by = select(_ROLE.c.member_id).where(_ROLE.c.role.in_(list(limits["roles"])))
        conditions.append(_PERSON.c.id.in_(held_by))
    if not people:
        return select(_UNIT.c.id).where(or_(false(), *(_below(root) for root in roots)))
    conditions += [_PERSON.c.id.in_(_staff(root)) for root in roots]
    return select(_PERSON.c.id).where(or_(false(), *conditions))


def leaves(one: Field) -> Select[Any]:
    """The ids of the nodes of a cascade's tree that have none below them; one in the trash is none."""
    if one.target is None:
        raise LookupError(one.path)
    nodes, parent = one.target.table, parent_key(one)
    if parent is None:
        return select(nodes.c.id)
    below = nodes.alias()
    return select(nodes.c.id).where(~exists(select(1).where(below.c[parent] == nodes.c.id, below.c[DELETED].is_(None))))


def _root(units: list[str]) -> Select[Any]:
    """Departments by their keys or ids."""
    numbers = [int(one) for one in units if one.isascii() and one.isdecimal() and len(one) < 19]
    return select(_UNIT.c.id).where(or_(_UNIT.c.key.in_(units), _UNIT.c.id.in_(numbers)))


def _homes(people: list[int]) -> Select[Any]:
    """The departments that people belong to."""
    main = select(_PERSON.c.main_department_id).where(_PERSON.c.id == among(people))
    also = select(_BELONGS.c.department_id).where(_BELONGS.c.member_id == among(people), _BELONGS.c.until.is_(None))
    return select(_UNIT.c.id).where(or_(_UNIT.c.id.in_(main), _UNIT.c.id.in_(also)))


def _below(root: Select[Any]) -> ColumnElement[bool]:
    """Whether a department is one of these or below one; `path` leads down to the department itself."""
    top = root.subquery()
    return exists(select(1).where(or_(_UNIT.c.id == top.c.id, top.c.id == any_(_UNIT.c.path))))


def _staff(root: Select[Any]) -> Select[Any]:
    """Who belongs to these departments or to one below."""
    units = select(_UNIT.c.id).where(_below(root))
    person = _PERSON.alias()
    main = select(person.c.id).where(person.c.main_department_id.in_(units))
    also = select(_BELONGS.c.member_id).where(_BELONGS.c.department_id.in_(units), _BELONGS.c.until.is_(None))
    return main.union(also).subquery().select()


def offered(tx: Transaction, form: Form, one: Field, held: Iterable[int]) -> list[int]:
    """The ids that a picker offers, at most 5000."""
    return list(tx.connection.execute(choosable(form, one, held).limit(MOST)).scalars())


def outside(tx: Transaction, form: Form, one: Field, ids: Iterable[int], held: Iterable[int]) -> set[int]:
    """Those of these ids that are not in the range."""
    wanted = set(ids)
    return wanted - inside(tx, form, one, held, wanted) if wanted else set()


def inside(tx: Transaction, form: Form, one: Field, held: Iterable[int], ids: Iterable[int]) -> set[int]:
    """Those of these ids that are in the range."""
    within = choosable(form, one, held).subquery()
    return set(tx.connection.execute(select(within.c.id).where(within.c.id == among(ids))).scalars())


def not_offered(one: Field, path: str, lost: Iterable[int], label: str) -> Problem:
    """The problem of people (or departments) that the range does not offer."""
    ids = sorted(lost)
    if range_of(one) is _LEAVES:
        message = f"{one.label} takes only what has nothing below it: choose further"
        return Problem("cascade.not_a_leaf", path, message, {"ids": ids, "label": label})
    message = f"{one.label} does not offer {', '.join(f'#{each}' for each in ids[:5])}"
    return Problem("member.not_offered", path, message, {"ids": ids, "label": label})


def hold(draft: Draft) -> None:
    """Refuse people who were chosen just now and are not in the range."""
    for one in ranged(draft.form):
        for path, row, before in _places(draft, one):
            new = set(ids_of(row.get(one.key))) - set(ids_of(before.get(one.key)))
            if new and not draft.spoilt(path):
                held = held_by(one, row)
                ask = partial(inside, draft.tx, draft.form, one, held)
                lost = new - asked_once(draft.memory, (one.path, held), new, ask)
                if lost:
                    draft.problems.append(not_offered(one, path, lost, one.label(draft.locale)))


def held_by(one: Field, row: Mapping[str, Any]) -> tuple[int, ...]:
    """What the field that a range names holds, in the same record or row."""
    key = (range_of(one) or {}).get("field")
    return ids_of(row.get(key)) if key else ()


def _places(draft: Draft, one: Field) -> Iterator[tuple[str, Mapping[str, Any], Mapping[str, Any]]]:
    """Where a field stands in a draft: its path, the values around it and those before."""
    if one.subform is None:
        yield one.key, draft.values, draft.old
        return
    stored = stored_rows(draft.old, one.subform)
    for place, row in rows_of(draft.values, one.subform):
        yield f"{place}.{one.key}", row, stored.get(row.get("id") or 0, {})


def _beside(form: Form, one: Field) -> Mapping[str, Field]:
    return form.subforms[one.subform].fields if one.subform else form.every
