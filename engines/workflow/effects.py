"""What a step wants done, as frozen values; the runtime does it in the same transaction."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from engines.workflow.flow import Outcome

TaskKind = Literal["approve", "cc", "resubmit"]
TaskOutcome = Literal["approved", "rejected", "returned", "resubmitted", "withdrawn", "cancelled", "reassigned"]


@dataclass(frozen=True, slots=True)
class OpenTask:
    """Something for one person to do (or, as `cc`, to know)."""

    visit: int
    node: str
    member: int
    kind: TaskKind
    instead_of: int | None = None


@dataclass(frozen=True, slots=True)
class CloseTask:
    """The task of one person at one visit is over. `cancelled`: somebody else decided."""

    visit: int
    member: int
    outcome: TaskOutcome


@dataclass(frozen=True, slots=True)
class SetFields:
    """Values to write to the record, by field."""

    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Notify:
    """Tell people: `task`, `cc`, `resubmit` (with a task to open), `approved`, `rejected`, `withdrawn`."""

    kind: str
    members: tuple[int, ...]
    visit: int | None = None
    node: str | None = None


@dataclass(frozen=True, slots=True)
class Emit:
    """An event that others may act on: `flow.submitted`, `flow.approved`, or a name of the flow's own."""

    name: str


@dataclass(frozen=True, slots=True)
class Note:
    """A line of the story that no person caused: the branch taken, an approval passed because nobody was found."""

    say: str
    node: str
    member: int | None = None
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Finish:
    """The flow is over."""

    outcome: Outcome


Effect = OpenTask | CloseTask | SetFields | Notify | Emit | Note | Finish
