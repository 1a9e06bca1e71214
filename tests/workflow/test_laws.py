"""Laws of the step: any order of valid events over any flow."""

import json
from collections.abc import Iterator
from typing import Any

from flows import ADMIN, CARL, ROLE, SELLER, document, facts
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.workflow.definition import check_document
from engines.workflow.effects import CloseTask, Finish, OpenTask
from engines.workflow.facts import Facts
from engines.workflow.flow import Flow, read_flow
from engines.workflow.nodes.approval import ApprovalNode, allowed
from engines.workflow.state import Event, State
from engines.workflow.step import replay, return_targets, step

PEOPLE = st.lists(st.integers(1, 4), max_size=3).map(tuple)


@st.composite
def journeys(draw: st.DrawFn) -> tuple[Flow, Facts]:
    """A flow whose nodes lead forward (approvals also back), and facts for it."""
    size = draw(st.integers(0, 5))
    keys = [f"n{index}" for index in range(size)]
    nodes: list[dict[str, Any]] = []
    people: dict[str, tuple[int, ...]] = {}
    holds: dict[str, dict[str, bool]] = {}
    for index, key in enumerate(keys):
        ahead = keys[index + 1] if index + 1 < size else "end"
        further = st.sampled_from([*keys[index + 1 :], "end"])
        kind = draw(st.sampled_from(["approval", "approval", "condition", "cc"]))
        people[key] = draw(PEOPLE)
        if kind == "approval":
            options = {
                "rule": draw(st.sampled_from(["one", "all"])),
                "on_empty": draw(st.sampled_from(["admin", "pass"])),
                "after_return": draw(st.sampled_from(["walk", "jump"])),
                "return_to": draw(st.sampled_from(["start", "passed"])),
                "may": ["approve", *draw(st.lists(st.sampled_from(["reject", "return"]), unique=True))],
            }
            nodes.append({"key": key, "type": kind, "people": [ROLE[0]], "next": ahead, **options})
        elif kind == "condition":
            holds[key] = {"yes": draw(st.booleans())}
            branch = {"key": "yes", "when": "TRUE", "next": draw(further)}
            nodes.append({"key": key, "type": kind, "branches": [branch], "otherwise": ahead})
        else:
            nodes.append({"key": key, "type": kind, "people": [ROLE[0]], "next": ahead})
    options = {name: draw(st.sampled_from(["ask", "skip"])) for name in ("own_approval", "repeated_approval")}
    options["withdraw"] = draw(st.sampled_from(["anytime", "unanswered", "never"]))
    shape = document(*nodes, **options)
    assert check_document(shape) == []
    return read_flow(shape), facts(people, holds)


def possible(flow: Flow, state: State) -> Iterator[dict[str, Any]]:
    """Every event that is valid in a state."""
    if state.status == "new":
        yield {"kind": "submitted", "by": SELLER}
    if state.status == "returned":
        yield {"kind": "resubmitted", "by": SELLER}
        yield {"kind": "withdrawn", "by": SELLER}
    if state.status != "running":
        return
    if flow.withdrawal == "anytime" or (flow.withdrawal == "unanswered" and not state.answered):
        yield {"kind": "withdrawn", "by": SELLER}
    for visit in state.visits:
        node = flow.nodes[visit.node]
        for person in visit.unanswered:
            done = {"approve": "approved", "reject": "rejected"}
            for action in allowed(node):
                if action in done:
                    yield {"kind": done[action], "by": person, "visit": visit.number}
                else:
                    for target in return_targets(flow, state, node):
                        yield {"kind": "returned", "by": person, "visit": visit.number, "target": target}
            if person != CARL:
                taken = {"instead_of": person, "person": CARL}
                yield {"kind": "reassigned", "by": ADMIN, "visit": visit.number, **taken}


@settings(max_examples=120, deadline=None)
@given(journeys(), st.data())
def test_any_order_of_valid_events_ends_validly(journey: tuple[Flow, Facts], data: st.DataObject) -> None:
    flow, known = journey
    state = State()
    events: list[Event] = []
    tasks: set[tuple[int, int]] = set()
    finishes = 0
    for number in range(data.draw(st.integers(1, 12)) + 40):
        choices = list(possible(flow, state))
        if not choices:
            break
        if number >= 12:  # enough: from here on everything is approved
            choices = [one for one in choices if one["kind"] in ("submitted", "resubmitted", "approved")]
        event = Event(key=f"e{number}", **data.draw(st.sampled_from(choices)))
        taken = step(flow, state, event, known)
        assert step(flow, state, event, known) == taken
        again = step(flow, taken.state, event, known)
        assert (again.state, again.effects) == (taken.state, ())
        state = taken.state
        events.append(event)
        for effect in taken.effects:
            if isinstance(effect, OpenTask) and effect.kind != "cc":
                assert (effect.visit, effect.member) not in tasks
                tasks.add((effect.visit, effect.member))
            elif isinstance(effect, CloseTask):
                tasks.remove((effect.visit, effect.member))
            finishes += isinstance(effect, Finish)
        # What is open in the rows is what the state waits for, and an open record always waits for somebody.
        assert tasks == {(visit.number, person) for visit in state.visits for person in visit.unanswered}
        assert bool(tasks) == state.is_open
        assert finishes == (not state.is_open)
        assert State.from_dict(json.loads(json.dumps(state.as_dict()))) == state
        for visit in state.visits:
            assert state.status == "returned" or isinstance(flow.nodes[visit.node].type, ApprovalNode)
    assert not state.is_open
    stored = [(Event.from_dict(event.as_dict()), Facts.from_dict(known.as_dict())) for event in events]
    assert replay(flow, stored) == state
    assert replay(flow, [pair for pair in stored for _ in range(2)]) == state
