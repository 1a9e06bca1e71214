"""Time limits of tasks: so many working hours along the calendar that counts for the record.

When a limit is over is written nowhere: it follows from when the task was opened and from the calendar, each time
somebody asks. So a changed calendar moves every open limit at once, and a process that stops forgets none. Only that it
was told is kept (`late_at`), in the transaction that tells.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, insert, select, text, update

from engines.form.calendars.choose import calendars_for, end_of
from engines.form.events import consumers_of, publish
from engines.form.facts import facts_of
from engines.form.form import Form, Forms
from engines.form.transaction import Transaction
from engines.workflow.assignees import administrators
from engines.workflow.notices import Notice, Notify
from engines.workflow.tables import INSTANCE, LOG, TASK
from engines.workflow.versions import flow_of_instance

LATE: Final = "task.late"
"""The type of the event that says that the time of a task is over."""
CHUNK: Final = 500
_ALONE: Final = text("SELECT pg_try_advisory_xact_lock(hashtext(current_schema()), hashtext(:name))")


@dataclass(frozen=True, slots=True)
class Limit:
    """The time limit of an open task: `due` is None beyond all years."""

    task_id: int
    due: datetime | None
    late: bool


def limits_of(tx: Transaction, forms: Forms, task_ids: Iterable[int]) -> dict[int, Limit]:
    """The limits of those of the open tasks of an app that have one."""
    wanted = list(task_ids)
    if not wanted:
        return {}
    rows = tx.connection.execute(_open(forms.app).where(TASK.c.id.in_(wanted))).all()
    return {row.id: Limit(row.id, due, due is not None and due <= tx.now) for row, due in _due(tx, forms, rows)}


def tell_late(tx: Transaction, forms: Forms, notify: Notify) -> int:
    """Tell of every task of an app whose time is over and that was not told yet; gives how many.

    Nothing happens where another process does it now. The mark, the line of the story, the event and the notices are
    one transaction.
    """
    if not tx.connection.scalar(_ALONE, {"name": f"limits:{forms.app}"}):
        return 0
    rows = tx.connection.execute(_open(forms.app).where(TASK.c.late_at.is_(None)).order_by(TASK.c.id)).all()
    late = [row for row, due in _due(tx, forms, rows) if due is not None and due <= tx.now][:CHUNK]
    told = 0
    for row in late:
        mark = update(TASK).where(TASK.c.id == row.id, TASK.c.state == "open", TASK.c.late_at.is_(None))
        if tx.connection.execute(mark.values(late_at=tx.now)).rowcount:
            _tell(tx, forms.get(row.form), row, notify)
            told += 1
    return told


def _open(app: str) -> Any:
    return select(TASK).where(TASK.c.app == app, TASK.c.state == "open", TASK.c.within.is_not(None))


def _due(tx: Transaction, forms: Forms, rows: Iterable[Row[Any]]) -> Iterator[tuple[Row[Any], datetime | None]]:
    """Each task with the end of its time, the calendars of a form's records read at once."""
    facts = facts_of(tx, forms)
    by_form: dict[str, list[Row[Any]]] = {}
    for row in rows:
        by_form.setdefault(row.form, []).append(row)
    for key, tasks in by_form.items():
        if key not in forms:
            continue
        asked = {task.record_id for task in tasks if task.along not in facts.calendars}
        found = calendars_for(tx, forms.get(key), asked, facts)
        usual = next(iter(facts.calendars.values()))
        for task in tasks:
            named = facts.calendars.get(task.along)
            yield task, end_of(named or found.get(task.record_id, usual), facts, task.opened_at, task.within)


def _tell(tx: Transaction, form: Form, task: Row[Any], notify: Notify) -> None:
    instance = tx.connection.execute(select(INSTANCE).where(INSTANCE.c.id == task.instance_id)).one()
    node = flow_of_instance(tx, instance.id).nodes.get(task.node)
    limit = node.options.get("limit", {}) if node is not None else {}
    tell = limit.get("tell") or ["people"]
    people = [task.member_id] if "people" in tell else []
    people += [instance.submitter] if "submitter" in tell and instance.submitter is not None else []
    people += administrators(tx) if "admins" in tell else []
    line = {
        "instance_id": task.instance_id,
        "key": f"late:{task.id}:{task.opened_at:%Y%m%d%H%M%S%f}",
        "at": tx.now,
        "round": instance.round,
        "node": task.node,
        "node_title": task.node_title,
        "action": "late",
        "params": {"people": [task.member_id], "hours": str(task.within.normalize())},
    }
    tx.connection.execute(insert(LOG).values(line))
    payload = {"flow": instance.flow, "instance": instance.id, "task": task.id, "member": task.member_id}
    publish(
        tx,
        form.app,
        LATE,
        form=form.key,
        record_id=task.record_id,
        payload=payload,
        consumers=consumers_of(form, LATE),
    )
    notify(
        tx,
        Notice(
            kind="late",
            key=f"flow:{instance.id}:late:{task.id}:{task.opened_at.timestamp():.0f}",
            members=tuple(dict.fromkeys(people)),
            app=form.app,
            form=form.key,
            record_id=task.record_id,
            title=instance.title,
            instance_id=instance.id,
            flow_title=instance.flow_title,
            node_title=task.node_title,
            by=None,
            by_name="",
            comment="",
            tasks={task.member_id: task.id},
        ),
    )
