"""The careful runtime (D9): one event per transaction, on rows.

Every method locks the instance, looks whether the event was seen, gathers the facts that the pure step asks for,
steps, and writes state, tasks, record and events into the caller's transaction. It never commits. Running instances
keep the version of the flow that they started with.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from sqlalchemy import Row, select, update

from engines.form import names
from engines.form.form import Form, Forms
from engines.form.records import update_record
from engines.form.transaction import Transaction
from engines.kernel.problems import Conflict, Forbidden, NotFound, Problem, Rejected
from engines.workflow.access import grants_for, required_fields
from engines.workflow.assignees import administrators, resolve
from engines.workflow.directory import MEMBER
from engines.workflow.effects import CloseTask
from engines.workflow.facts import Facts, Needed
from engines.workflow.instances import (
    Instance,
    begin_instance,
    find_instance,
    from_row,
    instance_of_task,
    open_instance,
    rounds_before,
    write_step,
)
from engines.workflow.notices import Notify, Settle, settle_nothing, tell_nobody
from engines.workflow.record import holds, require_submit
from engines.workflow.state import Event, EventKind
from engines.workflow.step import Step, step
from engines.workflow.story import Task, find_task
from engines.workflow.tables import TASK
from engines.workflow.versions import flows_of, submit_flow

LONGEST_COMMENT = 2000
_EVENTS: Mapping[str, EventKind] = {"approve": "approved", "reject": "rejected", "return": "returned"}


class Happened(Protocol):
    """A fact as the host's runner hands it over (a row of `_event`)."""

    @property
    def id(self) -> int: ...
    @property
    def type(self) -> str: ...
    @property
    def app(self) -> str: ...
    @property
    def form(self) -> str | None: ...
    @property
    def record_id(self) -> int | None: ...
    @property
    def actor(self) -> int | None: ...


@dataclass(frozen=True, slots=True)
class Result:
    """What an action led to. `changed` is false when it had been done already."""

    instance_id: int
    status: str
    round: int
    waiting: tuple[int, ...]
    changed: bool = True


@dataclass(frozen=True)
class Runtime:
    """`forms` gives the compiled forms of an app in a transaction's revision; `notify` tells people; `settle` takes
    back what people were told of an instance once it is out of date.
    """

    forms: Callable[[Transaction, str], Forms]
    notify: Notify = tell_nobody
    settle: Settle = settle_nothing

    # -- what people do ---------------------------------------------------------------------------------------------

    def submit(
        self, tx: Transaction, form: Form, record_id: int, *, flow: str | None = None, comment: str = ""
    ) -> Result:
        """Submit a record, or submit it again after it was returned.

        Raises `NotFound` (no such record, no flow), `Forbidden` (may not submit), `Conflict` (in approval already),
        `Rejected` (several flows and none named; a condition that cannot be evaluated; the state cannot be written).
        """
        comment = _comment(comment)
        running = open_instance(tx, form, record_id)
        if running is not None and (running.submitter == tx.actor.id or tx.actor.is_admin):
            return self._resubmit(tx, form, running, comment)
        require_submit(tx, form, record_id)
        if running is not None:
            raise _running(form, record_id)
        instance = begin_instance(tx, form, submit_flow(form, flow), record_id, submitter=tx.actor.id)
        if instance is None:
            raise _running(form, record_id)
        return self._start(tx, instance, tx.actor.id, comment)

    def act(
        self,
        tx: Transaction,
        task_id: int,
        action: str,
        comment: str = "",
        values: Mapping[str, Any] | None = None,
        *,
        to: str | None = None,
    ) -> Result:
        """Answer a task: `approve`, `reject`, `return` (to the start, or to the passed approval `to`), `resubmit`.

        `values` are fields that the node lets the person edit. Doing the same again changes nothing; another answer to
        a closed task raises `Conflict` that says who closed it. Raises `NotFound` for a task of somebody else,
        `Forbidden` for an action that the node does not offer, `Rejected` for a missing comment or field.
        """
        comment = _comment(comment)
        row, task = self._locked_task(tx, task_id)
        form = self.forms(tx, row.app).get(row.form)
        if task.state != "open":
            return self._closed(tx, row, task, action)
        if task.kind == "resubmit":
            if action != "resubmit":
                raise _no_action(action, ("resubmit",))
            return self._resubmit(tx, form, row, comment)
        if task.kind == "cc" or action not in _EVENTS:
            raise _no_action(action, () if task.kind == "cc" else tuple(_EVENTS))
        instance = from_row(tx, form, row)
        options = instance.flow.nodes[task.node].options
        if action in options.get("comment", ()) and not comment:
            raise Rejected(Problem("flow.comment_needed", "comment", "Please write a comment", {"action": action}))
        if action == "approve":
            self._fill(tx, instance, task, values or {})
            if values:
                instance = replace(instance, title="")  # it may be called something else now
        target = (to or instance.flow.start.key) if action == "return" else None
        event = Event(_EVENTS[action], f"task:{task.id}", tx.actor.id, visit=task.visit, target=target)
        return self._do(tx, instance, event, comment)

    def withdraw(self, tx: Transaction, instance_id: int, comment: str = "") -> Result:
        """Take a record back. The submitter may, as the flow allows; administrators always.

        Raises `NotFound` for somebody else, `Conflict` when the approval is over or was answered.
        """
        comment = _comment(comment)
        row = find_instance(tx, instance_id)
        if row.submitter != tx.actor.id and not tx.actor.is_admin:
            raise NotFound(Problem("flow.no_instance", "", "There is no such approval", {"id": instance_id}))
        instance = from_row(tx, self.forms(tx, row.app).get(row.form), row)
        if row.status == "withdrawn":
            return _result(instance, changed=False)
        event = Event("withdrawn", f"withdraw:{row.round}", tx.actor.id)
        return self._do(tx, instance, event, comment)

    def reassign(self, tx: Transaction, task_id: int, member: int, comment: str = "") -> Result:
        """Give somebody's open task to another member: for administrators, and for people who leave.

        Raises `Forbidden` for others, `Rejected` when the member is not active or has the task already.
        """
        if not tx.actor.is_admin:
            raise Forbidden(Problem("flow.admin_only", "", "Only administrators hand tasks over", {}))
        comment = _comment(comment)
        row, task = self._locked_task(tx, task_id, anybody=True)
        instance = from_row(tx, self.forms(tx, row.app).get(row.form), row)
        if task.state != "open" or task.kind != "approve":
            raise _task_closed(tx, task)
        found = resolve(tx, instance.form, instance.record_id, [{"kind": "member", "member": member}], None)
        if not found:
            message = "There is no such active member"
            raise Rejected(Problem("flow.no_member", "to", message, {"member": member}))
        event = Event(
            "reassigned",
            f"reassign:{task.id}:{len(instance.state.seen)}",
            tx.actor.id,
            visit=task.visit,
            instead_of=task.member_id,
            person=member,
        )
        return self._do(tx, instance, event, comment)

    def read(self, tx: Transaction, task_id: int) -> None:
        """Note that the actor has seen a task."""
        mine = (TASK.c.id == task_id, TASK.c.member_id == tx.actor.id, TASK.c.read_at.is_(None))
        tx.connection.execute(update(TASK).where(*mine).values(read_at=tx.now))

    # -- what happens by itself -------------------------------------------------------------------------------------

    def handle_event(self, tx: Transaction, event: Happened) -> None:
        """Start the flows that begin with this event. The same event a second time changes nothing.

        Where nobody did it (a moment came) the owner of the record stands for who submitted it.
        """
        if event.form is None or event.record_id is None:
            return
        forms = self.forms(tx, event.app)
        key = event.form.removeprefix(f"{event.app}__")
        if key not in forms:
            return
        form = forms.get(key)
        for flow in flows_of(form):
            if flow.starting_event != event.type:
                continue
            alive = select(form.table.c[names.OWNER]).where(
                form.table.c[names.ID] == event.record_id, form.table.c[names.DELETED].is_(None)
            )
            row = tx.connection.execute(alive).one_or_none()
            if row is None:
                return
            submitter = event.actor or (row[0] if flow.starts_on == "moment" else None)
            source = f"event:{event.id}:{flow.key}"
            instance = begin_instance(tx, form, flow, event.record_id, submitter=submitter, source=source)
            if instance is not None:
                self._start(tx, instance, submitter, "")

    # -- one event --------------------------------------------------------------------------------------------------

    def _start(self, tx: Transaction, instance: Instance, submitter: int | None, comment: str) -> Result:
        number = rounds_before(tx, instance) + 1
        return self._do(tx, instance, Event("submitted", "submit", submitter, round=number), comment)

    def _resubmit(self, tx: Transaction, form: Form, row: Row[Any], comment: str) -> Result:
        if row.status != "returned":
            raise _running(form, row.record_id)
        event = Event("resubmitted", f"resubmit:{row.round}", tx.actor.id)
        return self._do(tx, from_row(tx, form, row), event, comment)

    def _do(self, tx: Transaction, instance: Instance, event: Event, comment: str) -> Result:
        """One event: step with the facts that it needs, then write everything."""
        facts = Facts(tx.now)
        while True:
            try:
                taken = step(instance.flow, instance.state, event, facts)
                break
            except Needed as needed:
                facts = _gather(tx, instance, event, facts, needed)
        if not taken.effects:
            return _result(instance, changed=False)
        notices = write_step(tx, instance, event, facts, taken, comment)
        self.settle(tx, instance.id, _touched(taken))
        for notice in notices:
            self.notify(tx, notice)
        return _result(replace(instance, state=taken.state))

    # -- tasks ------------------------------------------------------------------------------------------------------

    def _locked_task(self, tx: Transaction, task_id: int, *, anybody: bool = False) -> tuple[Row[Any], Task]:
        """The locked instance of a task, and the task as it is under that lock."""
        row = instance_of_task(tx, task_id, tx.actor.id, anybody=anybody)
        if row is None:
            raise NotFound(Problem("flow.no_task", "", "There is no such task, or it is not yours", {"id": task_id}))
        task = find_task(tx, task_id)
        assert task is not None  # tasks are never deleted while their instance is there
        return row, task

    def _closed(self, tx: Transaction, row: Row[Any], task: Task, action: str) -> Result:
        """An answer to a closed task: the same person's same answer is no news, any other comes too late."""
        same = {"approved": "approve", "rejected": "reject", "returned": "return", "resubmitted": "resubmit"}
        if task.outcome is None or same.get(task.outcome) != action:
            raise _task_closed(tx, task)
        form = self.forms(tx, row.app).get(row.form)
        return _result(from_row(tx, form, row), changed=False)

    def _fill(self, tx: Transaction, instance: Instance, task: Task, values: Mapping[str, Any]) -> None:
        """Write what the person filled in at this node, with the rights of the task; then ask for what is required."""
        form = instance.form
        if values:
            grants = grants_for(tx, form, instance.record_id, task.id)
            update_record(tx, form, instance.record_id, values, grants=grants)
        wanted = [form.get(key) for key in required_fields(instance.flow.nodes[task.node].options)]
        columns = [field for field in wanted if field.storage == "column"]
        if not columns:
            return
        query = select(*(form.table.c[field.key] for field in columns)).where(
            form.table.c[names.ID] == instance.record_id
        )
        row = tx.connection.execute(query).one()
        empty = [field for field, value in zip(columns, row, strict=True) if value is None]
        if empty:
            raise Rejected(
                Problem(
                    "record.required", field.key, f"{field.label} is required", {"label": field.label(tx.actor.locale)}
                )
                for field in empty
            )


def _gather(tx: Transaction, instance: Instance, event: Event, facts: Facts, needed: Needed) -> Facts:
    """The facts with what a step asked for."""
    node = instance.flow.nodes[needed.node]
    form, record_id = instance.form, instance.record_id
    if needed.what == "admins":
        return replace(facts, admins=administrators(tx))
    if needed.what == "conditions":
        return replace(facts, holds={**facts.holds, node.key: holds(tx, form, record_id, node)})
    submitter = event.by if event.kind == "submitted" else instance.state.submitter
    people = resolve(tx, form, record_id, node.options["people"], submitter)
    return replace(facts, people={**facts.people, node.key: people})


def _touched(taken: Step) -> tuple[int, ...]:
    """The people for whom something is over."""
    return tuple(dict.fromkeys(effect.member for effect in taken.effects if isinstance(effect, CloseTask)))


def _result(instance: Instance, *, changed: bool = True) -> Result:
    state = instance.state
    waiting = tuple(dict.fromkeys(person for visit in state.visits for person in visit.unanswered))
    return Result(instance.id, state.status, state.round, waiting, changed)


def _comment(comment: str) -> str:
    text = comment.strip()
    if len(text) > LONGEST_COMMENT:
        message = f"Must have at most {LONGEST_COMMENT} characters"
        raise Rejected(Problem("text.too_long", "comment", message, {"max": LONGEST_COMMENT, "length": len(text)}))
    return text


def _running(form: Form, record_id: int) -> Conflict:
    params = {"form": form.label.value, "id": record_id}
    return Conflict(Problem("flow.running", form.key, "This record is in approval already", params))


def _no_action(action: str, known: tuple[str, ...]) -> Rejected:
    message = f'This task cannot be answered with "{action}"'
    return Rejected(Problem("flow.no_action", "action", message, {"action": action, "known": list(known)}))


def _task_closed(tx: Transaction, task: Task) -> Conflict:
    """Who closed the task and when: what the person who comes too late wants to know."""
    query = select(MEMBER.c.name).where(MEMBER.c.id == task.closed_by)
    by = tx.connection.execute(query).scalar_one_or_none() or ""
    at = task.closed_at.isoformat() if task.closed_at else ""
    message = (
        f"This task is closed: {by or 'the flow'} was faster"
        if task.outcome == "cancelled"
        else (f"This task is closed: {task.outcome} by {by or 'the flow'}")
    )
    params = {"by": by, "at": at, "outcome": task.outcome}
    return Conflict(Problem("flow.task_closed", "", message, params))
