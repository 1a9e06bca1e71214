"""One write on its way through the stages: what was sent, what is stored, what will be."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from engines.form.facts import facts_of
from engines.form.fields.base import Context, Field
from engines.form.form import Form
from engines.form.policy import Policy
from engines.form.rules.evaluate import State
from engines.form.transaction import Transaction
from engines.form.write.memory import Memory
from engines.form.write.reach import EVERYTHING, Reach
from engines.formula import Facts
from engines.kernel.problems import Problem

Operation = Literal["create", "update"]
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Saved:
    """What a write left behind. `values` are the stored values, rows of sub-forms with their ids.

    `warnings` are what rules had to say without standing in the way.
    """

    id: int
    version: int
    values: Mapping[str, Any]
    changed: bool = True
    warnings: tuple[Problem, ...] = ()


@dataclass(slots=True)
class Draft:
    """The state that the stages share.

    `given` is what the caller sent; `touched` the fields that it really sets. `old` is the stored record (empty for a
    create), `values` the record as it will be: relations as ids, many as tuples of ids, sub-forms as lists of rows
    (`id` None for a new one). `view` is the same for expressions: related records as mappings, live formulas included.
    `later` are rights that can only be judged on the stored row; `waiting` are defaults that read related records, by
    the place of their row. `row_given` are the fields that each row was sent with, `state` is what the rules say;
    `memory` is what records that are written together share of what they read.
    """

    tx: Transaction
    form: Form
    policy: Policy
    operation: Operation
    given: Mapping[str, Any]
    record_id: int | None = None
    base: Mapping[str, Any] | None = None
    old: Row = field(default_factory=dict)
    values: Row = field(default_factory=dict)
    view: Row = field(default_factory=dict)
    touched: set[str] = field(default_factory=set)
    system: Row = field(default_factory=dict)
    rights: dict[str, bool] = field(default_factory=dict)
    later: list[str] = field(default_factory=list)
    waiting: list[tuple[str, Field]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    denials: list[Problem] = field(default_factory=list)
    conflicts: list[Problem] = field(default_factory=list)
    version: int = 1
    changed: list[str] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    row_given: dict[tuple[str, int], set[str]] = field(default_factory=dict)
    state: State | None = None
    memory: Memory | None = None
    reading: bool = False
    """Nothing is written in the end: related records are read without holding them."""
    reach: Reach = EVERYTHING
    """Sub-forms whose rows this change does not read, and formulas that it cannot move."""
    context: Context = field(init=False)
    facts: Facts = field(init=False)

    def __post_init__(self) -> None:
        self.context = Context.of(self.tx)
        self.facts = facts_of(self.tx, self.form.forms)

    @property
    def locale(self) -> str:
        """The language of the person who will read the problems."""
        return self.tx.actor.locale

    @property
    def trusted(self) -> bool:
        """Whether the write comes from the engine itself: read-only fields may then be set."""
        return self.tx.actor.is_system or self.tx.origin in ("import", "pack", "system", "undo", "flow", "automation")

    def problem(self, code: str, path: str, message: str, one: Field | None = None, **params: Any) -> None:
        """Note a problem at a path, with the label of its field for the sentence."""
        if one is not None:
            params["label"] = one.label(self.locale)
        self.problems.append(Problem(code, path, message, params))

    def note(self, problem: Problem, path: str, one: Field) -> None:
        """Note a problem that a field type found in a value."""
        placed = problem.under(path)
        params = {"label": one.label(self.locale), **placed.params}
        self.problems.append(Problem(placed.code, placed.path, placed.message, params))

    def spoilt(self, key: str) -> bool:
        """Whether something is wrong already with a field or with a row of it."""
        return any(p.path == key or p.path.startswith((f"{key}.", f"{key}[")) for p in self.problems)
