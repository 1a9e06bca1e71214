"""The to-do lists of one person: what waits, what was shown, what was answered, what was begun."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, Row, Select, and_, func, or_, select

from engines.form.transaction import Transaction
from engines.kernel.documents import Label
from engines.kernel.problems import NotFound, Problem
from engines.workflow.directory import MEMBER
from engines.workflow.state import OPEN
from engines.workflow.story import story, tasks_of
from engines.workflow.tables import INSTANCE, TASK

__all__ = ["BOXES", "Box", "Item", "Items", "count_open", "flows_in", "my_tasks", "story", "tasks_of"]

Box = Literal["todo", "cc", "done", "started"]
BOXES: tuple[Box, ...] = ("todo", "cc", "done", "started")
MOST = 100


@dataclass(frozen=True, slots=True)
class Item:
    """One line of a to-do list: a task of mine, or (in `started`) an approval that I began; then `task_id` is None.

    `waiting` are the names of those for whom a started approval waits.
    """

    task_id: int | None
    instance_id: int
    app: str
    form: str
    record_id: int
    title: str
    flow: str
    flow_title: Label
    node: str | None
    node_title: Label | None
    kind: str
    status: str
    outcome: str | None
    comment: str | None
    submitter_id: int | None
    submitter: str
    round: int
    at: datetime
    closed_at: datetime | None
    read_at: datetime | None
    waiting: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Items:
    """One page of a list. `next` is the cursor of the page after it, None at the end."""

    items: tuple[Item, ...]
    next: str | None


def my_tasks(
    tx: Transaction,
    box: Box = "todo",
    *,
    app: str | None = None,
    form: str | None = None,
    flow: str | None = None,
    search: str = "",
    cursor: str | None = None,
    limit: int = 20,
) -> Items:
    """A page of the actor's tasks, newest first.

    `todo` is what is open, `cc` what was shown to the actor, `done` what the actor answered, `started` the approvals
    that the actor submitted. `search` looks in the titles of records. Raises `NotFound` for an unknown box.
    """
    if box not in BOXES:
        raise NotFound(Problem("task.no_box", "box", f'There is no list "{box}"', {"box": box, "known": list(BOXES)}))
    me = tx.actor.id
    limit = max(1, min(limit, MOST))
    task_at, key = (TASK.c.closed_at, TASK.c.id) if box == "done" else (TASK.c.opened_at, TASK.c.id)
    if box == "started":
        query = _started(me)
        task_at, key = INSTANCE.c.started_at, INSTANCE.c.id
    else:
        query = _mine(box, me)
    for column, wanted in ((INSTANCE.c.app, app), (INSTANCE.c.form, form), (INSTANCE.c.flow, flow)):
        if wanted:
            query = query.where(column == wanted)
    if search.strip():
        query = query.where(INSTANCE.c.title.icontains(search.strip(), autoescape=True))
    if cursor:
        at, last = _read_cursor(cursor)
        query = query.where(or_(task_at < at, and_(task_at == at, key < last)))
    rows = tx.connection.execute(query.order_by(task_at.desc(), key.desc()).limit(limit + 1)).all()
    items = [_item(row) for row in rows[:limit]]
    if box == "started":
        items = _with_waiting(tx, items)
    following = None
    if len(rows) > limit:
        last_row = rows[limit - 1]
        moment = last_row.closed_at if box == "done" else last_row.at
        following = _cursor(moment, last_row.key)
    return Items(tuple(items), following)


def count_open(tx: Transaction) -> int:
    """How many things wait for the actor, as far as a badge shows them (at most 100)."""
    mine = select(TASK.c.id).where(_open_of(tx.actor.id), TASK.c.kind != "cc").limit(MOST)
    return tx.connection.execute(select(func.count()).select_from(mine.subquery())).scalar_one()


def _open_of(member: int | None) -> ColumnElement[bool]:
    return and_(TASK.c.member_id == member, TASK.c.state == "open")


def _columns() -> list[Any]:
    submitter = select(MEMBER.c.name).where(MEMBER.c.id == INSTANCE.c.submitter).scalar_subquery()
    return [
        INSTANCE.c.id.label("instance_id"),
        INSTANCE.c.app,
        INSTANCE.c.form,
        INSTANCE.c.record_id,
        INSTANCE.c.title,
        INSTANCE.c.flow,
        INSTANCE.c.flow_title,
        INSTANCE.c.status,
        INSTANCE.c.round,
        INSTANCE.c.submitter.label("submitter_id"),
        submitter.label("submitter"),
    ]


def _mine(box: Box, me: int | None) -> Select[Any]:
    query = select(
        *_columns(),
        TASK.c.id.label("key"),
        TASK.c.id.label("task_id"),
        TASK.c.node,
        TASK.c.node_title,
        TASK.c.kind,
        TASK.c.outcome,
        TASK.c.comment,
        TASK.c.opened_at.label("at"),
        TASK.c.closed_at,
        TASK.c.read_at,
    ).join_from(TASK, INSTANCE, INSTANCE.c.id == TASK.c.instance_id)
    if box == "done":
        return query.where(TASK.c.member_id == me, TASK.c.state == "done", TASK.c.kind == "approve")
    return query.where(_open_of(me), TASK.c.kind == "cc" if box == "cc" else TASK.c.kind != "cc")


def _started(me: int | None) -> Select[Any]:
    return select(
        *_columns(),
        INSTANCE.c.id.label("key"),
        INSTANCE.c.started_at.label("at"),
        INSTANCE.c.finished_at.label("closed_at"),
    ).where(INSTANCE.c.submitter == me)


def _item(row: Row[Any]) -> Item:
    known = row._mapping
    return Item(
        task_id=known.get("task_id"),
        instance_id=row.instance_id,
        app=row.app,
        form=row.form,
        record_id=row.record_id,
        title=row.title or f"#{row.record_id}",
        flow=row.flow,
        flow_title=row.flow_title,
        node=known.get("node"),
        node_title=known.get("node_title"),
        kind=known.get("kind", "started"),
        status=row.status,
        outcome=known.get("outcome"),
        comment=known.get("comment"),
        submitter_id=row.submitter_id,
        submitter=row.submitter or "",
        round=row.round,
        at=row.at,
        closed_at=row.closed_at,
        read_at=known.get("read_at"),
    )


def _with_waiting(tx: Transaction, items: list[Item]) -> list[Item]:
    """The names of those for whom the approvals wait, in one query for the page."""
    ids = [item.instance_id for item in items if item.status in OPEN]
    if not ids:
        return items
    query = (
        select(TASK.c.instance_id, MEMBER.c.name)
        .join(MEMBER, MEMBER.c.id == TASK.c.member_id)
        .where(TASK.c.instance_id.in_(ids), TASK.c.state == "open", TASK.c.kind != "cc")
        .order_by(TASK.c.id)
    )
    waiting: dict[int, list[str]] = {}
    for instance, name in tx.connection.execute(query):
        waiting.setdefault(instance, []).append(name)
    return [replace(item, waiting=tuple(waiting.get(item.instance_id, ()))) for item in items]


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _cursor(moment: datetime, last: int) -> str:
    return f"{(moment - _EPOCH) // timedelta(milliseconds=1)}-{last}"


def _read_cursor(cursor: str) -> tuple[datetime, int]:
    moment, _, last = cursor.partition("-")
    if not (moment.isdecimal() and last.isdecimal()):
        raise NotFound(Problem("query.cursor", "cursor", "This place in the list is not known", {}))
    return _EPOCH + timedelta(milliseconds=int(moment)), int(last)


def flows_in(tx: Transaction, box: Box) -> tuple[tuple[str, str, Label], ...]:
    """The flows that stand in a list, for its filter: app, key, title."""
    me = tx.actor.id
    query = _started(me) if box == "started" else _mine(box, me)
    inner = query.with_only_columns(INSTANCE.c.app, INSTANCE.c.flow, func.max(INSTANCE.c.id).label("last"))
    newest = inner.group_by(INSTANCE.c.app, INSTANCE.c.flow).limit(MOST).subquery()
    rows = tx.connection.execute(
        select(INSTANCE.c.app, INSTANCE.c.flow, INSTANCE.c.flow_title)
        .join(newest, newest.c.last == INSTANCE.c.id)
        .order_by(INSTANCE.c.app, INSTANCE.c.flow)
    )
    return tuple((row.app, row.flow, row.flow_title) for row in rows)
