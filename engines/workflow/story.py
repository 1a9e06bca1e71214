"""What flows did with a record: its tasks, where it stands, and the whole story with people, times and words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, bindparam, select

from engines.form.form import Form
from engines.form.moments.scan import event_type
from engines.form.system import EVENT
from engines.form.transaction import Transaction
from engines.kernel.documents import Label
from engines.workflow.directory import MEMBER
from engines.workflow.state import OPEN
from engines.workflow.tables import INSTANCE, LOG, TASK


@dataclass(frozen=True, slots=True)
class Task:
    """A task as the page of its record needs it."""

    id: int
    instance_id: int
    app: str
    form: str
    record_id: int
    visit: int
    node: str
    node_title: Label
    member_id: int
    member: str
    kind: str
    state: str
    outcome: str | None
    comment: str | None
    opened_at: datetime
    read_at: datetime | None
    closed_at: datetime | None
    closed_by: int | None


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a story: who did what, when, at which node, with which words; `member` is blank for the flow itself.

    `people` are the names that stand in `params` by id (who was copied, who took over).
    """

    at: datetime
    instance_id: int
    flow_title: Label
    round: int
    node: str
    node_title: Label
    action: str
    member_id: int | None
    member: str
    comment: str
    params: Mapping[str, Any]
    people: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the newest approval of a record stands."""

    instance_id: int
    flow: str
    flow_title: Label
    digest: str
    status: str
    round: int
    submitter_id: int | None
    nodes: tuple[str, ...]
    started_at: datetime
    finished_at: datetime | None

    @property
    def is_open(self) -> bool:
        return self.status in OPEN


@dataclass(frozen=True, slots=True)
class Story:
    """Everything that flows did with a record, oldest first, and for whom it waits now.

    `by_time` are the instances that a moment started: nobody submitted them, the owner only stands for who did.
    """

    standing: Standing | None
    entries: tuple[Entry, ...]
    waiting: tuple[Task, ...]
    by_time: frozenset[int] = frozenset()


def story(tx: Transaction, form: Form, record_id: int) -> Story:
    """The story of a record, oldest line first; the caller has made sure that the actor may see the record."""
    instances = tx.connection.execute(
        select(INSTANCE)
        .where(INSTANCE.c.app == form.app, INSTANCE.c.form == form.key, INSTANCE.c.record_id == record_id)
        .order_by(INSTANCE.c.id)
    ).all()
    if not instances:
        return Story(None, (), ())
    lines = tx.connection.execute(
        select(LOG, MEMBER.c.name.label("member_name"))
        .outerjoin(MEMBER, MEMBER.c.id == LOG.c.member_id)
        .where(LOG.c.instance_id.in_([one.id for one in instances]))
        .order_by(LOG.c.id)
    ).all()
    known = _names(tx, (person for line in lines for person in _people(line.params)))
    titles = {one.id: one.flow_title for one in instances}
    entries = tuple(_entry(line, titles[line.instance_id], known) for line in lines)
    standing = _standing(instances[-1])
    waiting = tasks_of(tx, form, record_id) if standing.is_open else ()
    asked = tuple(task for task in waiting if task.kind != "cc")
    return Story(standing, entries, asked, _by_time(tx, {one.id: one.source for one in instances}))


def _by_time(tx: Transaction, sources: Mapping[int, str | None]) -> frozenset[int]:
    """The instances whose source is the event of a moment (`event:<id>:<flow>`)."""
    events = {one: int(source.split(":")[1]) for one, source in sources.items() if source}
    if not events:
        return frozenset()
    moments = select(EVENT.c.id).where(EVENT.c.id.in_(events.values()), EVENT.c.type.startswith(event_type("")))
    found = set(tx.connection.execute(moments).scalars())
    return frozenset(one for one, event in events.items() if event in found)


def tasks_of(tx: Transaction, form: Form, record_id: int, *, open_only: bool = True) -> tuple[Task, ...]:
    """The tasks of a record in their order, those of all people."""
    query = _tasks().where(TASK.c.app == form.app, TASK.c.form == form.key, TASK.c.record_id == record_id)
    if open_only:
        query = query.where(TASK.c.state == "open")
    return tuple(Task(**row._mapping) for row in tx.connection.execute(query.order_by(TASK.c.id)))


def find_task(tx: Transaction, task_id: int) -> Task | None:
    """The task with this id, whoever it belongs to; None when there is none."""
    row = tx.connection.execute(_FIND, {"number": task_id}).one_or_none()
    return None if row is None else Task(**row._mapping)


def standing_of(tx: Transaction, form: Form, record_id: int) -> Standing | None:
    """Where the newest approval of a record stands; None when it never was submitted."""
    query = (
        select(INSTANCE)
        .where(INSTANCE.c.app == form.app, INSTANCE.c.form == form.key, INSTANCE.c.record_id == record_id)
        .order_by(INSTANCE.c.id.desc())
        .limit(1)
    )
    row = tx.connection.execute(query).one_or_none()
    return None if row is None else _standing(row)


def _tasks() -> Select[Any]:
    member = select(MEMBER.c.name).where(MEMBER.c.id == TASK.c.member_id).scalar_subquery()
    columns = [TASK.c[name] for name in Task.__slots__ if name != "member"]
    return select(*columns, member.label("member"))


_FIND = _tasks().where(TASK.c.id == bindparam("number"))


def _standing(row: Row[Any]) -> Standing:
    return Standing(
        instance_id=row.id,
        flow=row.flow,
        flow_title=row.flow_title,
        digest=row.digest,
        status=row.status,
        round=row.round,
        submitter_id=row.submitter,
        nodes=tuple(row.nodes),
        started_at=row.started_at,
        finished_at=row.finished_at,
    )


def _entry(line: Row[Any], flow_title: Label, known: Mapping[int, str]) -> Entry:
    return Entry(
        at=line.at,
        instance_id=line.instance_id,
        flow_title=flow_title,
        round=line.round,
        node=line.node,
        node_title=line.node_title,
        action=line.action,
        member_id=line.member_id,
        member=line.member_name or "",
        comment=line.comment or "",
        params=line.params,
        people={person: known[person] for person in _people(line.params) if person in known},
    )


def _people(params: Mapping[str, Any]) -> Iterable[int]:
    """The people that a line of the log names besides its actor."""
    yield from params.get("people", ())
    yield from (params[name] for name in ("person", "instead_of") if params.get(name) is not None)


def _names(tx: Transaction, people: Iterable[int]) -> dict[int, str]:
    wanted = set(people)
    if not wanted:
        return {}
    rows = tx.connection.execute(select(MEMBER.c.id, MEMBER.c.name).where(MEMBER.c.id.in_(wanted)))
    return {row.id: row.name for row in rows}
