"""Instances on rows: begin one, lock one, and write what a step wants."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, bindparam, insert, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from engines.form.events import consumers_of, publish
from engines.form.form import Form
from engines.form.transaction import Transaction
from engines.kernel.problems import NotFound, Problem
from engines.workflow.directory import MEMBER
from engines.workflow.effects import CloseTask, Effect, Emit, Note, Notify, OpenTask, SetFields
from engines.workflow.facts import Facts
from engines.workflow.flow import Flow
from engines.workflow.nodes.approval import limit_of
from engines.workflow.notices import Notice
from engines.workflow.record import title_of, write_state
from engines.workflow.state import Event, State
from engines.workflow.step import Step
from engines.workflow.tables import INSTANCE, LOG, OPEN_INSTANCE, TASK
from engines.workflow.versions import flow_of_version, keep_version


@dataclass(frozen=True)
class Instance:
    """One record's way through a flow, locked until the transaction ends."""

    id: int
    flow: Flow
    form: Form
    record_id: int
    state: State
    title: str = ""


def begin_instance(
    tx: Transaction, form: Form, flow: Flow, record_id: int, *, submitter: int | None, source: str | None = None
) -> Instance | None:
    """A new instance on a record; None when one is open already or this source has started one before.

    The unique index decides: whoever comes second waits for the first to commit.
    """
    keep_version(tx, form.app, flow)
    row = {
        "app": form.app,
        "flow": flow.key,
        "form": form.key,
        "record_id": record_id,
        "digest": flow.digest,
        "status": "running",
        "round": 1,
        "submitter": submitter,
        "flow_title": flow.document["title"],
        "state": State().as_dict(),
        "source": source,
        "started_at": tx.now,
        "updated_at": tx.now,
    }
    statement = upsert(INSTANCE).values(row).on_conflict_do_nothing().returning(INSTANCE.c.id)
    instance_id = tx.connection.execute(statement).scalar_one_or_none()
    return None if instance_id is None else Instance(instance_id, flow, form, record_id, State())


# Built once: making a statement costs as much as running it.
_FIND = select(INSTANCE).where(INSTANCE.c.id == bindparam("number")).with_for_update()
_FIND_BY_TASK = (
    select(INSTANCE)
    .where(
        INSTANCE.c.id
        == select(TASK.c.instance_id)
        .where(TASK.c.id == bindparam("number"), or_(TASK.c.member_id == bindparam("member"), bindparam("anybody")))
        .scalar_subquery()
    )
    .with_for_update()
)
_SAVE = update(INSTANCE).where(INSTANCE.c.id == bindparam("number"))
_CLOSE = update(TASK).where(
    TASK.c.instance_id == bindparam("number"),
    TASK.c.visit == bindparam("at_visit"),
    TASK.c.member_id == bindparam("of"),
)
_LOG = insert(LOG)


def instance_of_task(tx: Transaction, task_id: int, member: int | None, *, anybody: bool) -> Row[Any] | None:
    """Lock the instance of a member's task (or of anybody's) and give its row; None when there is no such task."""
    values = {"number": task_id, "member": member, "anybody": anybody}
    return tx.connection.execute(_FIND_BY_TASK, values).one_or_none()


def find_instance(tx: Transaction, instance_id: int) -> Row[Any]:
    """Lock an instance and give its row. Raises `NotFound`."""
    row = tx.connection.execute(_FIND, {"number": instance_id}).one_or_none()
    if row is None:
        raise NotFound(Problem("flow.no_instance", "", "There is no such approval", {"id": instance_id}))
    return row


def open_instance(tx: Transaction, form: Form, record_id: int) -> Row[Any] | None:
    """Lock the open instance of a record and give its row; None when none is open."""
    query = select(INSTANCE).where(
        INSTANCE.c.app == form.app, INSTANCE.c.form == form.key, INSTANCE.c.record_id == record_id, text(OPEN_INSTANCE)
    )
    return tx.connection.execute(query.with_for_update()).one_or_none()


def rounds_before(tx: Transaction, instance: Instance) -> int:
    """How many rounds the earlier approvals of the same record took."""
    form = instance.form
    query = (
        select(INSTANCE.c.round)
        .where(INSTANCE.c.app == form.app, INSTANCE.c.form == form.key, INSTANCE.c.record_id == instance.record_id)
        .where(INSTANCE.c.id < instance.id)
        .order_by(INSTANCE.c.id.desc())
        .limit(1)
    )
    return tx.connection.execute(query).scalar_one_or_none() or 0


def from_row(tx: Transaction, form: Form, row: Row[Any]) -> Instance:
    """The instance of a locked row."""
    return Instance(row.id, flow_of_version(tx, row.digest), form, row.record_id, State.from_dict(row.state), row.title)


# -- what a step wants ------------------------------------------------------------------------------------------------


def write_step(
    tx: Transaction, instance: Instance, event: Event, facts: Facts, step: Step, comment: str
) -> list[Notice]:
    """Write the log, the state, the tasks, the record and the events of a step; gives what people are to be told."""
    state, effects, form = step.state, step.effects, instance.form
    _write_log(tx, instance, event, facts, state, effects, comment)
    values: dict[str, Any] = {}
    for effect in effects:
        if isinstance(effect, SetFields):
            values |= effect.values
    if state.status != instance.state.status or values:
        write_state(tx, form, instance.record_id, state.status, values)
    renamed = event.kind in ("submitted", "resubmitted") or not instance.title
    title = title_of(tx, form, instance.record_id) if renamed else instance.title
    change = {
        "status": state.status,
        "round": state.round,
        "nodes": [visit.node for visit in state.visits],
        "submitter": state.submitter,
        "title": title,
        "state": state.as_dict(),
        "updated_at": tx.now,
        "finished_at": None if state.is_open else tx.now,
    }
    tx.connection.execute(_SAVE, {"number": instance.id, **change})
    for effect in effects:
        if isinstance(effect, CloseTask):
            _close(tx, instance, effect, event, comment)
    tasks = _open(tx, instance, [effect for effect in effects if isinstance(effect, OpenTask)])
    _emit(tx, instance, event, state, effects)
    return [
        _notice(tx, instance, event, effect, title, tasks, comment) for effect in effects if isinstance(effect, Notify)
    ]


def _write_log(
    tx: Transaction,
    instance: Instance,
    event: Event,
    facts: Facts,
    state: State,
    effects: Sequence[Effect],
    comment: str,
) -> None:
    """The event itself under its unique key, and a line for each thing that the flow did by itself."""
    nodes = instance.flow.nodes
    visit = instance.state.visit(event.visit) if event.visit is not None else None
    node = nodes[visit.node] if visit is not None else instance.flow.start
    params: dict[str, Any] = {
        name: value
        for name, value in (("target", event.target), ("person", event.person), ("instead_of", event.instead_of))
        if value is not None
    }
    if event.target is not None:
        params["target_title"] = nodes[event.target].label
    common = {"instance_id": instance.id, "at": tx.now, "round": state.round}
    rows = [
        {
            **common,
            "key": event.key,
            "node": node.key,
            "node_title": node.label,
            "action": event.kind,
            "member_id": event.by,
            "comment": comment or None,
            "params": params,
            "event": event.as_dict(),
            "facts": facts.as_dict(),
        }
    ]
    notes = [effect for effect in effects if isinstance(effect, Note)]
    for number, note in enumerate(notes, 1):
        rows.append(
            {
                **common,
                "key": f"{event.key}#{number}",
                "node": note.node,
                "node_title": nodes[note.node].label,
                "action": note.say,
                "member_id": note.member,
                "comment": None,
                "params": _words(nodes[note.node].options, note.params),
                "event": None,
                "facts": None,
            }
        )
    tx.connection.execute(_LOG, rows)


def _words(options: Mapping[str, Any], params: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of a note; a branch brings its label along, so that the story reads without the definition."""
    words = {name: list(value) if isinstance(value, tuple) else value for name, value in params.items()}
    if words.get("branch"):
        branch = next(one for one in options["branches"] if one["key"] == words["branch"])
        words["branch_label"] = branch.get("label") or branch["key"]
    return words


def _close(tx: Transaction, instance: Instance, effect: CloseTask, event: Event, comment: str) -> None:
    mine = effect.member == event.by and effect.outcome != "reassigned"
    done = effect.outcome in ("approved", "rejected", "returned", "resubmitted")
    change = {
        "state": "done" if done else "cancelled",
        "outcome": effect.outcome,
        "comment": comment or None if mine else None,
        "closed_at": tx.now,
        "closed_by": event.by,
    }
    which = {"number": instance.id, "at_visit": effect.visit, "of": effect.member}
    tx.connection.execute(_CLOSE, {**which, **change})


def _open(tx: Transaction, instance: Instance, effects: Sequence[OpenTask]) -> dict[tuple[int, int], int]:
    """Open tasks; gives their ids by visit and member."""
    if not effects:
        return {}
    rows = [
        {
            "instance_id": instance.id,
            "app": instance.form.app,
            "form": instance.form.key,
            "record_id": instance.record_id,
            "visit": effect.visit,
            "node": effect.node,
            "node_title": instance.flow.nodes[effect.node].label,
            "member_id": effect.member,
            "kind": effect.kind,
            "instead_of": effect.instead_of,
            "opened_at": tx.now,
            **limit_of(instance.flow.nodes[effect.node].options if effect.kind == "approve" else {}),
        }
        for effect in effects
    ]
    # A person who took over and gave the task away again may get it back: the row is opened anew.
    statement = upsert(TASK).values(rows)
    again = statement.on_conflict_do_update(
        index_elements=["instance_id", "visit", "member_id"],
        set_={
            "state": "open",
            "outcome": None,
            "comment": None,
            "closed_at": None,
            "closed_by": None,
            "instead_of": statement.excluded.instead_of,
            "opened_at": statement.excluded.opened_at,
            "late_at": None,
        },
    ).returning(TASK.c.id, TASK.c.visit, TASK.c.member_id)
    return {(row.visit, row.member_id): row.id for row in tx.connection.execute(again)}


def _emit(tx: Transaction, instance: Instance, event: Event, state: State, effects: Sequence[Effect]) -> None:
    """Events for others: of the tasks, of the flow, and the name that the flow sends when a record is approved."""
    form = instance.form
    payload = {"flow": instance.flow.key, "instance": instance.id, "status": state.status, "by": event.by}
    said: list[tuple[str, dict[str, Any]]] = []
    for effect in effects:
        if isinstance(effect, Emit):
            said.append((effect.name, payload))
        elif isinstance(effect, OpenTask | CloseTask):
            name = "task.opened" if isinstance(effect, OpenTask) else "task.closed"
            task: dict[str, Any] = {**payload, "visit": effect.visit, "member": effect.member}
            if isinstance(effect, CloseTask):
                task["outcome"] = effect.outcome
            said.append((name, task))
    for name, content in said:
        consumers = consumers_of(form, name)
        if consumers or not name.startswith("task."):
            publish(
                tx,
                form.app,
                name,
                form=form.key,
                record_id=instance.record_id,
                payload=content,
                consumers=consumers,
            )


def _notice(
    tx: Transaction,
    instance: Instance,
    event: Event,
    effect: Notify,
    title: str,
    tasks: Mapping[tuple[int, int], int],
    comment: str,
) -> Notice:
    node = instance.flow.nodes[effect.node].label if effect.node else None
    mine = {
        member: tasks[effect.visit, member]
        for member in effect.members
        if effect.visit is not None and (effect.visit, member) in tasks
    }
    return Notice(
        kind=effect.kind,
        key=f"flow:{instance.id}:{event.key}:{effect.kind}:{effect.visit or 0}",
        members=effect.members,
        app=instance.form.app,
        form=instance.form.key,
        record_id=instance.record_id,
        title=title,
        instance_id=instance.id,
        flow_title=instance.flow.document["title"],
        node_title=node,
        by=event.by,
        by_name=_name(tx, event.by),
        comment=comment,
        tasks=mine,
    )


def _name(tx: Transaction, member: int | None) -> str:
    """What the one is called who did it: the actor, or the person for whom a flow started by itself."""
    if member is None or member == tx.actor.id:
        return tx.actor.name if member is not None else ""
    return tx.connection.execute(select(MEMBER.c.name).where(MEMBER.c.id == member)).scalar_one_or_none() or ""
