"""The department tree of a workspace: names, heads, order, moves. `path` is kept here and nowhere else."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import func, insert, select, text, update
from sqlalchemy.dialects.postgresql import array

from dougong.identity.stamp import people_changed
from dougong.workspace.tables import DEPARTMENT, DEPARTMENT_MEMBER, MEMBER
from engines.form.folding import fold, sort_key
from engines.form.transaction import Transaction
from engines.kernel.problems import Conflict, NotFound, Problem, Rejected

NAME_LIMIT = 100


@dataclass(frozen=True, slots=True)
class Department:
    """One department with its place in the tree; `members` counts the people of it and of all below."""

    id: int
    key: str | None
    name: str
    parent_id: int | None
    head_id: int | None
    head_name: str | None
    path: tuple[int, ...]
    members: int
    calendar: str | None = None
    """The business calendar that the department itself names; without one that of the department above counts."""

    @property
    def depth(self) -> int:
        """0 for a department at the top."""
        return len(self.path) - 1


def list_departments(tx: Transaction) -> list[Department]:
    """Every active department, in the order of the tree: a parent before what is below it."""
    head = MEMBER.alias("head")
    below_it = DEPARTMENT.alias("below_it")
    count = (
        select(func.count(DEPARTMENT_MEMBER.c.member_id.distinct()))
        .select_from(DEPARTMENT_MEMBER)
        .join(below_it, below_it.c.id == DEPARTMENT_MEMBER.c.department_id)
        .join(MEMBER, (MEMBER.c.id == DEPARTMENT_MEMBER.c.member_id) & MEMBER.c.is_active)
        .where(below_it.c.path.contains(array([DEPARTMENT.c.id])), DEPARTMENT_MEMBER.c.until.is_(None))
        .correlate(DEPARTMENT)
        .scalar_subquery()
    )
    query = (
        select(DEPARTMENT, head.c.name.label("head_name"), count.label("members"))
        .outerjoin(head, head.c.id == DEPARTMENT.c.head_id)
        .where(DEPARTMENT.c.is_active)
        .order_by(DEPARTMENT.c.position, DEPARTMENT.c.name__sort, DEPARTMENT.c.id)
    )
    below: dict[int | None, list[Department]] = {}
    for row in tx.connection.execute(query):
        item = Department(
            row.id,
            row.key,
            row.name,
            row.parent_id,
            row.head_id,
            row.head_name,
            tuple(row.path),
            row.members,
            row.calendar,
        )
        below.setdefault(row.parent_id, []).append(item)
    return _flat(below, None)


def _flat(below: dict[int | None, list[Department]], parent: int | None) -> list[Department]:
    return [each for item in below.get(parent, ()) for each in (item, *_flat(below, item.id))]


def create_department(
    tx: Transaction, name: str, *, parent_id: int | None = None, head_id: int | None = None, key: str | None = None
) -> int:
    """Add a department. Raises `Rejected` for a blank name or one that its parent has already below it."""
    name = _check_name(tx, name, parent_id, None)
    above = _path(tx, parent_id) if parent_id is not None else []
    values = {"name": name, "name__sort": sort_key(name), "parent_id": parent_id, "head_id": head_id, "key": key}
    new = tx.connection.execute(insert(DEPARTMENT).values(values).returning(DEPARTMENT.c.id)).scalar_one()
    tx.connection.execute(update(DEPARTMENT).where(DEPARTMENT.c.id == new).values(path=[*above, new]))
    people_changed(tx)
    return int(new)


def change_department(
    tx: Transaction, department_id: int, *, name: str, parent_id: int | None, head_id: int | None
) -> None:
    """Rename or move a department, or give it a head. Everything below moves with it.

    Raises `Rejected` for a move below itself, `NotFound` for one that does not exist.
    """
    old = _path(tx, department_id)
    above = _path(tx, parent_id) if parent_id is not None else []
    if department_id in above:
        raise Rejected(Problem("department.below_itself", "parent", "A department cannot be below itself"))
    name = _check_name(tx, name, parent_id, department_id)
    if head_id is not None and tx.connection.scalar(select(MEMBER.c.id).where(MEMBER.c.id == head_id)) is None:
        raise Rejected(Problem("department.no_head", "head", "Choose a head from the members"))
    values = {"name": name, "name__sort": sort_key(name), "parent_id": parent_id, "head_id": head_id}
    tx.connection.execute(update(DEPARTMENT).where(DEPARTMENT.c.id == department_id).values(values))
    people_changed(tx)
    if [*above, department_id] != old:
        move = text(
            "UPDATE _department SET path = CAST(:above AS bigint[]) || path[CAST(:depth AS int) :]"
            " WHERE path @> CAST(ARRAY[:id] AS bigint[])"
        )
        tx.connection.execute(move, {"above": above, "depth": len(old), "id": department_id})


def choose_calendar(tx: Transaction, department_id: int, calendar: str | None, known: Collection[str]) -> None:
    """Let a department work by a business calendar, one of the `known`; None: by that of the department above.

    Raises `Rejected` for a calendar that no application has, `NotFound` for no such department.
    """
    _path(tx, department_id)
    if calendar is not None and calendar not in known:
        message = f'There is no calendar "{calendar}"'
        raise Rejected(Problem("calendar.unknown", "calendar", message, {"key": calendar}))
    tx.connection.execute(update(DEPARTMENT).where(DEPARTMENT.c.id == department_id).values(calendar=calendar))


def remove_department(tx: Transaction, department_id: int) -> None:
    """Close a department; it stays readable where it was named. Raises `Conflict` while it is in use."""
    _path(tx, department_id)
    people = tx.connection.scalar(
        select(func.count())
        .select_from(DEPARTMENT_MEMBER)
        .where(DEPARTMENT_MEMBER.c.department_id == department_id, DEPARTMENT_MEMBER.c.until.is_(None))
    )
    below = tx.connection.scalar(
        select(func.count())
        .select_from(DEPARTMENT)
        .where(DEPARTMENT.c.parent_id == department_id, DEPARTMENT.c.is_active)
    )
    if people or below:
        message = f"Move its {people} people and {below} departments away first"
        raise Conflict(Problem("department.in_use", "", message, {"people": people, "departments": below}))
    tx.connection.execute(update(DEPARTMENT).where(DEPARTMENT.c.id == department_id).values(is_active=False))
    people_changed(tx)


def find_department(departments: list[Department], text_: str) -> Department | None:
    """The department that a text means: its name, or its whole way from the top (`销售部/华东区`). None if unclear."""
    wanted = [fold(part) for part in text_.replace("／", "/").replace(">", "/").split("/")]
    by_id = {item.id: item for item in departments}
    found = [
        item
        for item in departments
        if [fold(by_id[each].name) for each in item.path if each in by_id][-len(wanted) :] == wanted
    ]
    return found[0] if len(found) == 1 else None


def _path(tx: Transaction, department_id: int) -> list[int]:
    path = tx.connection.scalar(
        select(DEPARTMENT.c.path).where(DEPARTMENT.c.id == department_id, DEPARTMENT.c.is_active)
    )
    if path is None:
        raise NotFound(Problem("department.unknown", "department", "There is no such department"))
    return list(path)


def _check_name(tx: Transaction, name: str, parent_id: int | None, own_id: int | None) -> str:
    name = " ".join(name.split())
    if not name:
        raise Rejected(Problem("department.no_name", "name", "Enter the name of the department"))
    if len(name) > NAME_LIMIT:
        message = f"The name has at most {NAME_LIMIT} characters"
        raise Rejected(Problem("department.long_name", "name", message, {"limit": NAME_LIMIT}))
    query = select(DEPARTMENT.c.id).where(
        DEPARTMENT.c.name__sort == sort_key(name),
        DEPARTMENT.c.parent_id.is_not_distinct_from(parent_id),
        DEPARTMENT.c.is_active,
    )
    if own_id is not None:
        query = query.where(DEPARTMENT.c.id != own_id)
    if tx.connection.scalar(query) is not None:
        message = f'There is a department "{name}" here already'
        raise Rejected(Problem("department.taken", "name", message, {"name": name}))
    return name
