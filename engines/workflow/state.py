"""Where one record stands in a flow: a frozen value that fits into JSON."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Status = Literal["new", "running", "returned", "approved", "rejected", "withdrawn"]

OPEN: tuple[Status, ...] = ("running", "returned")


@dataclass(frozen=True, slots=True)
class Visit:
    """That a flow waits at a node. `people` are whom it asked on arrival (plus later replacements), `answers` what
    they said: `approve` or `reject`, by member.
    """

    number: int
    node: str
    people: tuple[int, ...]
    answers: Mapping[int, str] = field(default_factory=dict)

    @property
    def unanswered(self) -> tuple[int, ...]:
        return tuple(person for person in self.people if person not in self.answers)


@dataclass(frozen=True, slots=True)
class State:
    """`visits` are the nodes that wait for people now; `visited` counts all visits ever, so that every visit has its
    own number. `passed` are the approvals passed in this round and `approvers` who approved in it. `resume` is the
    node to which the record jumps back once it is mended. `answered` says that somebody acted in this round.
    `seen` are the keys of all events so far: an event that comes twice changes nothing.
    """

    status: Status = "new"
    submitter: int | None = None
    round: int = 0
    visits: tuple[Visit, ...] = ()
    visited: int = 0
    passed: tuple[str, ...] = ()
    approvers: tuple[int, ...] = ()
    resume: str | None = None
    answered: bool = False
    seen: tuple[str, ...] = ()

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    def visit(self, number: int) -> Visit | None:
        """The open visit with a number."""
        return next((visit for visit in self.visits if visit.number == number), None)

    def as_dict(self) -> dict[str, Any]:
        """The shape that is stored."""
        return {
            "status": self.status,
            "submitter": self.submitter,
            "round": self.round,
            "visits": [
                {
                    "number": visit.number,
                    "node": visit.node,
                    "people": list(visit.people),
                    "answers": {str(person): answer for person, answer in visit.answers.items()},
                }
                for visit in self.visits
            ],
            "visited": self.visited,
            "passed": list(self.passed),
            "approvers": list(self.approvers),
            "resume": self.resume,
            "answered": self.answered,
            "seen": list(self.seen),
        }

    @classmethod
    def from_dict(cls, shape: Mapping[str, Any]) -> "State":
        """The state that `as_dict` gave."""
        visits = tuple(
            Visit(
                visit["number"],
                visit["node"],
                tuple(visit["people"]),
                {int(person): answer for person, answer in visit["answers"].items()},
            )
            for visit in shape["visits"]
        )
        return cls(
            status=shape["status"],
            submitter=shape["submitter"],
            round=shape["round"],
            visits=visits,
            visited=shape["visited"],
            passed=tuple(shape["passed"]),
            approvers=tuple(shape["approvers"]),
            resume=shape["resume"],
            answered=shape["answered"],
            seen=tuple(shape["seen"]),
        )


EventKind = Literal["submitted", "approved", "rejected", "returned", "resubmitted", "withdrawn", "reassigned"]


@dataclass(frozen=True, slots=True)
class Event:
    """What somebody did. `key` is unique in the instance; `by` is the person (None: the system).

    `visit` is the visit that is answered or reassigned; `target` is where a return leads (`start` node or an approval
    passed before); `person` takes the place of `instead_of`; `round` is given when a record is submitted.
    """

    kind: EventKind
    key: str
    by: int | None
    visit: int | None = None
    target: str | None = None
    person: int | None = None
    instead_of: int | None = None
    round: int = 1

    def as_dict(self) -> dict[str, Any]:
        """The shape that is stored in the log."""
        return {
            "kind": self.kind,
            "key": self.key,
            "by": self.by,
            "visit": self.visit,
            "target": self.target,
            "person": self.person,
            "instead_of": self.instead_of,
            "round": self.round,
        }

    @classmethod
    def from_dict(cls, shape: Mapping[str, Any]) -> "Event":
        """The event that `as_dict` gave."""
        return cls(**shape)
