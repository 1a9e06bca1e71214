"""What a step may know of the world. Gathered by the runtime, invented by tests, stored beside the event."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal


class Needed(LookupError):
    """A step asks for facts that were not gathered: the people or the conditions of a node.

    The caller gathers them and steps again; a step has no effects of its own, so that costs nothing but the walk.
    """

    def __init__(self, what: Literal["people", "conditions", "admins"], node: str) -> None:
        super().__init__(f"{what} of {node}")
        self.what = what
        self.node = node


@dataclass(frozen=True, slots=True)
class Facts:
    """`people` are those that the rules of a node name now, by node; `holds` says which branches of a condition node
    are true for the record, by node and branch; `admins` stand in where nobody is found.
    """

    now: datetime
    people: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    holds: Mapping[str, Mapping[str, bool]] = field(default_factory=dict)
    admins: tuple[int, ...] | None = None

    def people_of(self, node: str) -> tuple[int, ...]:
        """The people of a node, each once. Raises `Needed` when they were not gathered."""
        if node not in self.people:
            raise Needed("people", node)
        return tuple(dict.fromkeys(self.people[node]))

    def holds_at(self, node: str) -> Mapping[str, bool]:
        """Which branches of a condition node hold. Raises `Needed` when they were not evaluated."""
        if node not in self.holds:
            raise Needed("conditions", node)
        return self.holds[node]

    def administrators(self, node: str) -> tuple[int, ...]:
        """The people who stand in for nobody. Raises `Needed` when they were not gathered."""
        if self.admins is None:
            raise Needed("admins", node)
        return self.admins

    def as_dict(self) -> dict[str, Any]:
        """The shape that is stored beside an event, so that every past step can be walked again."""
        return {
            "now": self.now.isoformat(),
            "people": {node: list(people) for node, people in self.people.items()},
            "holds": {node: dict(holds) for node, holds in self.holds.items()},
            "admins": None if self.admins is None else list(self.admins),
        }

    @classmethod
    def from_dict(cls, shape: Mapping[str, Any]) -> "Facts":
        """The facts that `as_dict` gave."""
        return cls(
            datetime.fromisoformat(shape["now"]),
            {node: tuple(people) for node, people in shape["people"].items()},
            shape["holds"],
            None if shape["admins"] is None else tuple(shape["admins"]),
        )
