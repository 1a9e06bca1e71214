"""The heart of the engine: `step(flow, state, event, facts) -> Step(state, effects)`.

No clock, database or network. The same step runs in production, in simulation and in the property tests, and an event
that was seen before changes nothing.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from engines.kernel.problems import Conflict, Forbidden, Problem, Rejected
from engines.workflow.effects import (
    CloseTask,
    Effect,
    Emit,
    Finish,
    Note,
    Notify,
    OpenTask,
    SetFields,
    TaskKind,
    TaskOutcome,
)
from engines.workflow.facts import Facts
from engines.workflow.flow import Flow, Outcome, StateName
from engines.workflow.nodes.approval import ApprovalNode, allowed
from engines.workflow.nodes.base import Node, Passing
from engines.workflow.state import Event, State, Visit

_ANSWERS = {"approved": "approve", "rejected": "reject", "returned": "return"}


@dataclass(frozen=True, slots=True)
class Step:
    """What an event leads to."""

    state: State
    effects: tuple[Effect, ...] = ()


def step(flow: Flow, state: State, event: Event, facts: Facts) -> Step:
    """What an event leads to. The same arguments give the same step, and a repeated event gives an empty one.

    Raises `Conflict` for an event that does not fit the state (answered already, over, running), `Forbidden` when
    this person may not do it, `Rejected` for a wrong target, and `Needed` when facts are missing.
    """
    if event.key in state.seen:
        return Step(state)
    walk = _Walk(flow, replace(state, seen=(*state.seen, event.key)), facts)
    getattr(walk, event.kind)(event)
    return Step(walk.state, tuple(walk.effects))


def replay(flow: Flow, events: Iterable[tuple[Event, Facts]], state: State | None = None) -> State:
    """The state after a series of events, each with the facts of its time."""
    state = state or State()
    for event, facts in events:
        state = step(flow, state, event, facts).state
    return state


class _Walk:
    """One step under way: a state that grows and the effects collected so far. Lives for one call of `step`."""

    def __init__(self, flow: Flow, state: State, facts: Facts) -> None:
        self.flow = flow
        self.state = state
        self.facts = facts
        self.effects: list[Effect] = []
        self.entered: Counter[str] = Counter()

    # what people do: one method for each kind of event

    def submitted(self, event: Event) -> None:
        if self.state.status != "new":
            raise Conflict(Problem("flow.running", "", "This record has been submitted already", {}))
        self._set(status="running", submitter=event.by, round=event.round)
        self._tell("running", "flow.submitted")
        self._enter(self.flow.start.key)

    def resubmitted(self, event: Event) -> None:  # noqa: ARG002
        if self.state.status != "returned":
            raise Conflict(Problem("flow.not_returned", "", "This record was not returned to its submitter", {}))
        self._close_all("resubmitted", "resubmitted")
        resume = self.state.resume
        passed = self.state.passed if resume else ()
        self._set(status="running", round=self.state.round + 1, passed=passed, resume=None)
        self._set(answered=False, approvers=())
        self._tell("running", "flow.resubmitted")
        self._enter(resume or self.flow.start.key)

    def approved(self, event: Event) -> None:
        visit, node, _ = self._answer(event)
        self._close(visit, event.by, "approved")
        self._set(approvers=tuple(dict.fromkeys((*self.state.approvers, *_given(event.by)))))
        self._judge(visit, node)

    def rejected(self, event: Event) -> None:
        visit, node, _ = self._answer(event)
        self._close(visit, event.by, "rejected")
        self._judge(visit, node)

    def returned(self, event: Event) -> None:
        visit, node, _ = self._answer(event)
        targets = return_targets(self.flow, self.state, node)
        if event.target not in targets:
            message = f'"{node.title("en")}" cannot return the record to "{event.target}"'
            raise Rejected(Problem("flow.return_target", "to", message, {"to": event.target, "known": list(targets)}))
        self._close(visit, event.by, "returned")
        self._close_all("cancelled", "cancelled")
        jump = node.options.get("after_return") == "jump"
        self._set(resume=node.key if jump else None, approvers=())
        if event.target != self.flow.start.key:
            passed = self.state.passed
            self._set(passed=passed if jump else passed[: passed.index(event.target)])
            self.effects.append(Emit("flow.returned"))
            self._enter(event.target)
            return
        self._set(status="returned", passed=self.state.passed if jump else ())
        self._tell("returned", "flow.returned")
        if self.state.submitter is not None:
            self._open_visit(self.flow.start, (self.state.submitter,))

    def withdrawn(self, event: Event) -> None:  # noqa: ARG002
        if not self.state.is_open:
            raise Conflict(Problem("flow.over", "", "This approval is over", {"status": self.state.status}))
        allowed_now = self.flow.withdrawal
        if allowed_now == "never" and self.state.status == "running":
            raise Forbidden(Problem("flow.no_withdrawal", "", "Records of this flow cannot be withdrawn", {}))
        if allowed_now == "unanswered" and self.state.answered and self.state.status == "running":
            raise Conflict(Problem("flow.answered", "", "Somebody has answered, so it cannot be withdrawn now", {}))
        asked = tuple(dict.fromkeys(person for visit in self.state.visits for person in visit.unanswered))
        self._close_all("cancelled", "withdrawn")
        self._finish("withdrawn", asked)

    def reassigned(self, event: Event) -> None:
        visit = self._visit(event.visit)
        node = self.flow.nodes[visit.node]
        old, new = event.instead_of, event.person
        if old not in visit.unanswered or not isinstance(node.type, ApprovalNode) or new is None:
            raise Conflict(Problem("flow.task_closed", "", "This task is closed already", {}))
        if new == old:
            raise Rejected(Problem("flow.same_person", "to", "This task is with that person already", {}))
        self._close(visit, old, "reassigned")
        people = tuple(dict.fromkeys(new if person == old else person for person in visit.people))
        changed = replace(visit, people=people)
        self._replace(changed)
        if new not in visit.people:
            self._open(changed, node, (new,), instead_of=old)
        self._judge(changed, node)

    # walking on

    def _enter(self, key: str) -> None:
        """Walk from a node on until somebody has to act or the flow ends."""
        following: str | None = key
        while following is not None:
            node = self.flow.nodes[following]
            passing = node.type.arrive(node, self.facts)
            again = self.entered[node.key] > 0
            self.entered[node.key] += 1
            if self.entered[node.key] > len(self.flow.nodes):
                raise _endless(node)
            if passing.say and not passing.ask:
                self.effects.append(Note(passing.say, node.key, params=dict(passing.params)))
            if passing.ends:
                self._finish("approved", ())
                return
            if isinstance(node.type, ApprovalNode):
                following = self._ask(node, node.type, passing, again)
                continue
            if passing.copy:
                self._open_copies(node, passing.copy)
            following = passing.follow

    def _ask(self, node: Node, kind: ApprovalNode, passing: Passing, again: bool) -> str | None:
        """Open an approval; gives the node to follow at once when nobody has to be asked."""
        if again and passing.follow:
            # A second arrival without anybody in between would go on for ever: now administrators are asked.
            passing = kind.ask_administrators(node, self.facts)
        if passing.say and passing.ask:
            self.effects.append(Note(passing.say, node.key, params=dict(passing.params)))
        if passing.follow is not None:
            return self._onward(node, passing.follow)
        answers = {} if again else {person: "approve" for person in passing.ask if self._skips(person)}
        if kind.decide(node, passing.ask, answers) == "approved":
            self._note_skipped(node, answers)
            self._pass(node)
            return self._onward(node, node.options["next"])
        self._note_skipped(node, answers)
        self._open_visit(node, passing.ask, answers)
        return None

    def _skips(self, person: int) -> bool:
        own = self.flow.own_approval == "skip" and person == self.state.submitter
        return own or (self.flow.repeated_approval == "skip" and person in self.state.approvers)

    def _note_skipped(self, node: Node, answers: dict[int, str]) -> None:
        for person in answers:
            why = "own" if person == self.state.submitter and self.flow.own_approval == "skip" else "repeated"
            self.effects.append(Note("skipped", node.key, person, {"why": why}))

    def _onward(self, node: Node, following: str) -> str:
        """Where the flow goes from an approval: back to the one that returned the record, if it jumps, else `next`."""
        resume = self.state.resume
        if resume is not None and resume != node.key:
            self._set(resume=None)
            return resume
        return following

    def _judge(self, visit: Visit, node: Node) -> None:
        """Count the answers of a visit and go on when they decide it."""
        current = self.state.visit(visit.number)
        kind = node.type
        if current is None or not isinstance(kind, ApprovalNode):
            return
        outcome = kind.decide(node, current.people, current.answers)
        if outcome is None:
            return
        for person in current.unanswered:
            self.effects.append(CloseTask(current.number, person, "cancelled"))
        self._set(visits=tuple(other for other in self.state.visits if other.number != current.number))
        if outcome == "rejected":
            self._close_all("cancelled", "cancelled")
            self._finish("rejected", ())
            return
        self._pass(node)
        self._enter(self._onward(node, node.options["next"]))

    def _finish(self, outcome: Outcome, others: tuple[int, ...]) -> None:
        self._set(status=outcome, visits=(), resume=None)
        self._tell(outcome, f"flow.{outcome}")
        if outcome == "approved" and self.flow.event:
            self.effects.append(Emit(self.flow.event))
        told = others if outcome == "withdrawn" else _given(self.state.submitter)
        if told:
            self.effects.append(Notify(outcome, told))
        self.effects.append(Finish(outcome))

    # answering

    def _visit(self, number: int | None) -> Visit:
        visit = self.state.visit(number) if number is not None else None
        if visit is None or self.state.status != "running":
            raise Conflict(Problem("flow.task_closed", "", "This task is closed already", {}))
        return visit

    def _answer(self, event: Event) -> tuple[Visit, Node, str]:
        """Write an answer into its visit. Raises when the visit is over, the person was not asked or may not."""
        visit = self._visit(event.visit)
        node = self.flow.nodes[visit.node]
        if event.by not in visit.people:
            raise Forbidden(Problem("flow.not_asked", "", f'"{node.title("en")}" does not ask you', {}))
        if event.by not in visit.unanswered:
            raise Conflict(Problem("flow.task_closed", "", "This task is closed already", {}))
        action = _ANSWERS[event.kind]
        if action not in allowed(node):
            message = f'"{node.title("en")}" does not allow this: {action}'
            raise Forbidden(Problem("flow.action_denied", "", message, {"action": action, "node": node.label}))
        answers = {**visit.answers, event.by: action}
        answered = replace(visit, answers=answers)
        self._replace(answered)
        self._set(answered=True)
        return answered, node, action

    def _replace(self, visit: Visit) -> None:
        self._set(visits=tuple(visit if one.number == visit.number else one for one in self.state.visits))

    # tasks

    def _open_visit(self, node: Node, people: tuple[int, ...], answers: dict[int, str] | None = None) -> None:
        visit = Visit(self.state.visited + 1, node.key, people, answers or {})
        self._set(visits=(*self.state.visits, visit), visited=visit.number)
        self._open(visit, node, visit.unanswered)

    def _open(self, visit: Visit, node: Node, people: tuple[int, ...], instead_of: int | None = None) -> None:
        kind: TaskKind = "approve" if isinstance(node.type, ApprovalNode) else "resubmit"
        for person in people:
            self.effects.append(OpenTask(visit.number, node.key, person, kind, instead_of))
        self.effects.append(Notify("task" if kind == "approve" else "returned", people, visit.number, node.key))

    def _open_copies(self, node: Node, people: tuple[int, ...]) -> None:
        number = self.state.visited + 1
        self._set(visited=number)
        for person in people:
            self.effects.append(OpenTask(number, node.key, person, "cc"))
        self.effects.append(Notify("cc", people, number, node.key))

    def _close(self, visit: Visit, person: int | None, outcome: TaskOutcome) -> None:
        if person is not None:
            self.effects.append(CloseTask(visit.number, person, outcome))

    def _close_all(self, approvals: TaskOutcome, mending: TaskOutcome) -> None:
        """Close what is open: approvals with one outcome, the submitter's task to mend the record with another."""
        for visit in self.state.visits:
            mends = not isinstance(self.flow.nodes[visit.node].type, ApprovalNode)
            for person in visit.unanswered:
                self._close(visit, person, mending if mends else approvals)
        self._set(visits=())

    # bookkeeping

    def _tell(self, state: StateName, event: str) -> None:
        values = self.flow.fields_of(state)
        if values:
            self.effects.append(SetFields(values))
        self.effects.append(Emit(event))

    def _pass(self, node: Node) -> None:
        self._set(passed=(*(key for key in self.state.passed if key != node.key), node.key))

    def _set(self, **changes: object) -> None:
        self.state = replace(self.state, **changes)  # type: ignore[arg-type]


def return_targets(flow: Flow, state: State, node: Node) -> tuple[str, ...]:
    """The nodes to which an approval may return a record: the start, and approvals passed in this round."""
    if node.options.get("return_to", "passed") == "start":
        return (flow.start.key,)
    return (flow.start.key, *(key for key in state.passed if key != node.key and key in flow.nodes))


def _given(member: int | None) -> tuple[int, ...]:
    return () if member is None else (member,)


def _endless(node: Node) -> Conflict:
    message = f'The flow comes back to "{node.title("en")}" without asking anybody'
    return Conflict(Problem("flow.endless", f"nodes.{node.key}", message, {"node": node.label}))
