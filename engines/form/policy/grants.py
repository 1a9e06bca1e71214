"""What one permission group gives: operations, in which rows, on which fields."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, FromClause

from engines.form.fields.link import JOINT
from engines.form.form import Form
from engines.form.transaction import Actor

Right = Literal["edit", "read", "hidden"]

OPERATIONS: Final = ("read", "create", "update", "delete", "export", "import", "submit")


@dataclass(frozen=True)
class Grant:
    """Operations in some rows with some field rights: a permission group, or the access that a task gives.

    `rules` are the alternatives of the document (any one suffices); `condition` is another one, for rights that do not
    come from a document (an open task). `rights` maps paths (`amount`, `lines.cost`) to a right, `other` is the rest.
    """

    key: str
    operations: frozenset[str]
    rules: tuple[Mapping[str, Any], ...] = ()
    rights: Mapping[str, Right] = field(default_factory=dict)
    other: Right = "hidden"
    condition: Callable[[FromClause], ColumnElement[bool]] | None = None
    title: Any = None
    unmask: frozenset[str] = frozenset()
    reveal: frozenset[str] = frozenset()

    def right(self, path: str) -> Right:
        """The right on a field. A row's field without a right of its own has that of its sub-form, never more."""
        head, _, inner = path.partition(".")
        head = head.partition(JOINT)[0] if not head.startswith("_") else head  # the parts of a link go with it
        outer = self.rights.get(head, self.other)
        if not inner:
            return outer
        row = path.rpartition(".")[0]
        if "." in row:  # rows of rows: never more than the rows that they stand in
            outer = self.right(row)
        own = self.rights.get(path, outer)
        return min(own, outer, key=_RANK.__getitem__)

    @property
    def marks(self) -> frozenset[str]:
        """The row alternatives as comparable texts: two grants with the same marks reach the same rows."""
        own = frozenset(json.dumps(rule, sort_keys=True, ensure_ascii=False) for rule in self.rules)
        return own if self.condition is None else own | {f"#{self.key}"}

    @property
    def everywhere(self) -> bool:
        """Whether it holds in all rows."""
        return any(rule.get("scope") == "all" for rule in self.rules)


_RANK: Final[dict[str, int]] = {"hidden": 0, "read": 1, "edit": 2}


@dataclass(frozen=True)
class Group:
    """A permission group as compiled from its document: a grant, and who gets it."""

    grant: Grant
    everyone: bool
    roles: frozenset[str]
    departments: frozenset[int]
    people: frozenset[int]

    def includes(self, actor: Actor) -> bool:
        """Whether the actor is a member of the group."""
        if actor.id is None:
            return False
        return (
            self.everyone
            or actor.id in self.people
            or not self.roles.isdisjoint(actor.roles)
            or not self.departments.isdisjoint(actor.departments)
        )


@lru_cache(maxsize=1024)
def groups_of(form: Form) -> tuple[Group, ...]:
    """The permission groups of a form. Compiled forms are compared by identity, so this is once per revision."""
    return tuple(_group(document) for document in form.groups)


def grants_of(form: Form, actor: Actor) -> tuple[Grant, ...]:
    """What the groups that the actor belongs to give."""
    return tuple(group.grant for group in groups_of(form) if group.includes(actor))


def _group(document: Mapping[str, Any]) -> Group:
    members = document.get("members", {})
    rights = dict(document.get("fields", {}))
    other: Right = rights.pop("*", "hidden")
    grant = Grant(
        key=document["key"],
        operations=frozenset(document.get("operations", ())),
        rules=tuple(document.get("rows", ())),
        rights=rights,
        other=other,
        title=document.get("title"),
        unmask=frozenset(document.get("unmask", ())),
        reveal=frozenset(document.get("reveal", ())),
    )
    return Group(
        grant=grant,
        everyone=bool(members.get("everyone")),
        roles=frozenset(members.get("roles", ())),
        departments=_ids(members.get("departments", ())),
        people=_ids(members.get("people", ())),
    )


def _ids(raw: Any) -> frozenset[int]:
    """Ids of people and departments; documents may carry them as texts. Keys are settled when a pack is installed."""
    return frozenset(int(one) for one in raw if isinstance(one, int) or (isinstance(one, str) and one.isdigit()))
