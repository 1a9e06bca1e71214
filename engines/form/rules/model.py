"""Compiled rules: conditions and what follows from them, in the order of the document."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal

from engines.form.fields.base import Field, Words
from engines.form.form import Form, Rule

Operation = Literal["create", "update", "delete", "restore"]
Do = Literal[
    "show", "hide", "require", "optional", "readonly", "editable", "set", "choices", "color", "block", "warn", "lock"
]

EVERY_SAVE: Final = frozenset({"create", "update"})
"""A rule that does not say when it counts counts whenever a record is saved."""

NO_WORDS: Final = Words(None)

MESSAGES: Final = ("block", "warn")
TARGETED: Final = ("show", "hide", "require", "optional", "readonly", "editable", "set", "choices")
"""What is done to fields, and needs some."""


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that a rule does. `fields` are paths (`amount`, `lines.qty`), `choices` keys or an expression."""

    key: str
    do: Do
    fields: tuple[str, ...] = ()
    value: Any = None
    choices: Any = None
    color: str | None = None
    message: Words = NO_WORDS
    field: str | None = None


@dataclass(frozen=True, slots=True)
class FormRule(Rule):
    """A rule of a form. `check` is None where it has actions.

    `subform` is set where everything that the rule touches stands in the rows of one sub-form: then its expressions
    see the row before the record, and it is asked of every row.
    """

    title: Words = NO_WORDS
    on: frozenset[str] = EVERY_SAVE
    actions: tuple[Action, ...] = ()
    subform: str | None = None

    def expressions(self) -> Iterator[Any]:
        """Every expression of the rule."""
        for one in (self.when, self.check):
            if one is not None:
                yield one
        for action in self.actions:
            if action.value is not None:
                yield action.value
            if action.choices is not None and not isinstance(action.choices, tuple):
                yield action.choices


@dataclass(frozen=True, slots=True)
class LinkCondition:
    """A condition of a linkage: a field of the other form compared with the value of an expression over this one."""

    steps: tuple[Field, ...]
    field: Field
    op: str
    value: Any

    @property
    def name(self) -> str:
        """The field as filters name it: `customer`, `customer.grade`."""
        return ".".join(one.key for one in (*self.steps, self.field))


@dataclass(frozen=True, slots=True)
class LinkOrder:
    """One key of a linkage's order: a field of the other form or an expression over it."""

    field: str | None
    expression: Any
    descending: bool


@dataclass(frozen=True, slots=True, eq=False)
class Linkage:
    """Where a field's value, choices or rows come from. Conditions see the row before the record in a sub-form."""

    form: Form
    where: tuple[LinkCondition, ...]
    any: bool
    sort: tuple[LinkOrder, ...]
    take: str | None
    rows: tuple[tuple[str, str], ...]
    aggregate: str | None
    choices: bool

    def expressions(self) -> Iterator[Any]:
        """The expressions over this form."""
        for one in self.where:
            if one.value is not None:
                yield one.value
