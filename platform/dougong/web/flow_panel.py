"""What the approval panel of a record shows: where it stands, what the reader may do, the story, the picture."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from dougong.flows import record_url
from engines.form.form import Form
from engines.form.query import Record
from engines.form.transaction import Transaction
from engines.kernel.documents import Label
from engines.workflow.flow import Flow
from engines.workflow.limits import Limit, limits_of
from engines.workflow.nodes.approval import allowed
from engines.workflow.picture import Picture, picture
from engines.workflow.state import State
from engines.workflow.step import return_targets
from engines.workflow.story import Standing, Story, Task, story
from engines.workflow.versions import flow_of_version, flows_of, state_of

# Colours of the kit for the states of an approval.
TONES: Final = {"running": "blue", "returned": "yellow", "approved": "green", "rejected": "red", "withdrawn": ""}


@dataclass(frozen=True, slots=True)
class Target:
    """A node to which an approval may return the record."""

    key: str
    label: Label | None


@dataclass(frozen=True, slots=True)
class Panel:
    """Everything that `flow/_panel.html` needs. `shown` is false for a form without flows and stories.

    `submits` are the flows that the reader may start now; `mine` is the reader's open task, `actions` what it offers,
    `limits` the time limits of open tasks by their id.
    """

    app: str
    form: str
    record_id: int
    url: str
    story: Story
    submits: tuple[Flow, ...]
    mine: Task | None
    actions: tuple[str, ...]
    targets: tuple[Target, ...]
    may_resubmit: bool
    may_withdraw: bool
    flow: Flow | None
    picture: Picture | None
    passed: frozenset[str]
    limits: Mapping[int, Limit]

    @property
    def shown(self) -> bool:
        return self.standing is not None or bool(self.submits) or self.flow is not None

    @property
    def standing(self) -> Standing | None:
        return self.story.standing

    @property
    def tone(self) -> str:
        """The colour of the state."""
        return TONES.get(self.standing.status, "") if self.standing else ""

    @property
    def current(self) -> frozenset[str]:
        """The nodes at which the record waits."""
        return frozenset(self.standing.nodes) if self.standing and self.standing.is_open else frozenset()

    @staticmethod
    def fit(text: str, room: int = 20) -> str:
        """A text cut to a room of so many Latin letters, for places that cannot wrap; a Chinese one takes two."""
        used = 0
        for place, letter in enumerate(text):
            used += 1 if letter.isascii() else 2
            if used > room:
                return text[: max(1, place - 1)] + "…"
        return text


def flow_panel(tx: Transaction, form: Form, record: Record) -> Panel:
    """The panel of a record that the reader may see (`get_record` gave it). Include `flow/_panel.html` with `panel`."""
    told = story(tx, form, record.id)
    standing = told.standing
    submitter = standing is not None and (standing.submitter_id == tx.actor.id or tx.actor.is_admin)
    flows = flows_of(form)
    running = standing is not None and standing.is_open
    submits = () if running or "submit" not in record.may else tuple(one for one in flows if one.starts_on == "submit")
    flow = flow_of_version(tx, standing.digest) if standing else (flows[0] if flows else None)
    state = state_of(tx, standing.instance_id) if standing else State()
    asked = [task for task in told.waiting if task.member_id == tx.actor.id]
    mine = next((task for task in asked if task.kind == "approve"), None)
    node = flow.nodes[mine.node] if flow and mine else None
    return Panel(
        app=form.app,
        form=form.key,
        record_id=record.id,
        url=record_url(form.app, form.key, record.id),
        story=told,
        submits=submits,
        mine=mine,
        actions=allowed(node) if node else (),
        targets=tuple(Target(key, flow.nodes[key].label) for key in return_targets(flow, state, node))
        if flow and node
        else (),
        may_resubmit=running and submitter and standing is not None and standing.status == "returned",
        may_withdraw=running and submitter and _withdrawable(flow, state),
        flow=flow,
        picture=picture(flow) if flow else None,
        passed=frozenset(state.passed) | _walked(flow, told),
        limits=limits_of(tx, form.forms, (task.id for task in told.waiting)),
    )


def _withdrawable(flow: Flow | None, state: State) -> bool:
    if flow is None or state.status == "returned":
        return True
    return flow.withdrawal == "anytime" or (flow.withdrawal == "unanswered" and not state.answered)


_GREEN: Final = frozenset({"submitted", "resubmitted", "approved", "branch", "copied", "skipped", "nobody_passed"})


def _walked(flow: Flow | None, told: Story) -> frozenset[str]:
    """The nodes that the record passed in its present round; the ends once it was approved."""
    standing = told.standing
    if flow is None or standing is None:
        return frozenset()
    now = (line for line in told.entries if (line.instance_id, line.round) == (standing.instance_id, standing.round))
    passed = {line.node for line in now if line.action in _GREEN}
    if standing.status == "approved":
        passed |= {node.key for node in flow.nodes.values() if node.type.key == "end"}
    return frozenset(passed)
