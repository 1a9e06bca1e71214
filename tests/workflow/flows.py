"""Flows for the tests. Every test names only what it is about."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from engines.workflow.facts import Facts
from engines.workflow.flow import Flow, read_flow
from engines.workflow.state import Event, State
from engines.workflow.step import Step, step

NOW = datetime(2026, 6, 15, 1, 0, tzinfo=UTC)
SELLER, ANNA, BEN, CARL, ADMIN = 1, 2, 3, 4, 9
ROLE = [{"kind": "role", "role": "manager"}]


def approval(key: str, following: str, **options: Any) -> dict[str, Any]:
    return {"key": key, "type": "approval", "people": ROLE, "next": following, **options}


def document(*nodes: dict[str, Any], **options: Any) -> dict[str, Any]:
    first = nodes[0]["key"] if nodes else "end"
    return {
        "kind": "flow",
        "key": "sample_approval",
        "title": {"en": "Sample approval", "zh-CN": "示例审批"},
        "form": "sample",
        "nodes": [{"key": "start", "type": "start", "next": first}, *nodes, {"key": "end", "type": "end"}],
        **options,
    }


def flow(*nodes: dict[str, Any], **options: Any) -> Flow:
    return read_flow(document(*nodes, **options))


def facts(
    people: Mapping[str, tuple[int, ...]] | None = None,
    holds: Mapping[str, Mapping[str, bool]] | None = None,
    admins: tuple[int, ...] | None = (ADMIN,),
) -> Facts:
    return Facts(NOW, people or {}, holds or {}, admins)


class Run:
    """A record on its way: says what happened, keeps the state and the last effects."""

    def __init__(self, flow: Flow, facts: Facts) -> None:
        self.flow = flow
        self.facts = facts
        self.state = State()
        self.events: list[Event] = []
        self.last = Step(self.state)

    def do(self, kind: Any, by: int | None = SELLER, **more: Any) -> "Run":
        if kind in ("approved", "rejected", "returned", "reassigned"):
            more.setdefault("visit", self.state.visits[-1].number if self.state.visits else 0)
        event = Event(kind, f"e{len(self.events)}", by, **more)
        self.last = step(self.flow, self.state, event, self.facts)
        self.state = self.last.state
        self.events.append(event)
        return self

    @property
    def waiting(self) -> list[tuple[str, tuple[int, ...]]]:
        return [(visit.node, visit.unanswered) for visit in self.state.visits]

    def effects(self, kind: type) -> list[Any]:
        return [effect for effect in self.last.effects if isinstance(effect, kind)]
