"""The typed tree that all three back ends are made from, and the primitives that its calls name.

Functions of the language (`engines.formula.functions`) have overloads, aliases and optional arguments; checking turns
each use into a call of one primitive with a fixed meaning. The primitive's key is also its name in the browser.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement

from engines.formula.types import Facts, Type

Rows = tuple[Mapping[str, Any], ...]
"""The row an expression stands in is the last; before it the rows around it, outermost first."""

Run = Callable[[Rows, Facts], Any]
"""A compiled (sub-)expression of the Python back end."""


@dataclass(frozen=True, slots=True)
class SqlValue:
    """An argument of a primitive in SQL and what is known about it."""

    element: ColumnElement[Any]
    type: Type
    blank: bool
    """It may be NULL."""
    simple: bool
    """A column or a constant: naming it twice costs nothing, and an index may fit."""


@dataclass(frozen=True, slots=True)
class Primitive:
    """One operation that all back ends have.

    `python` takes the values of the arguments (before them the facts, if `zoned` or `moment`) and never raises. A
    `lazy` one takes the compiled arguments instead and gives a compiled call. `sql` takes the arguments (before them
    the zone, if `zoned`; the facts, if `moment`). `total` says that the result is never blank. TypeScript has its
    implementation under the same key.
    """

    key: str
    python: Callable[..., Any]
    sql: Callable[..., ColumnElement[Any]]
    total: bool = False
    zoned: bool = False
    lazy: bool = False
    moment: bool = False


@dataclass(frozen=True, slots=True)
class Constant:
    """A value known when the expression is compiled; None is blank."""

    value: Any
    type: Type


@dataclass(frozen=True, slots=True)
class FieldValue:
    """The value of a field, `up` rows outside the innermost one, along relations to one record."""

    path: tuple[str, ...]
    type: Type
    up: int = 0


@dataclass(frozen=True, slots=True)
class PriorValue:
    """The value that a field had before this write: of the record, or of the row `up` rows outside.

    `rows` is the key of the sub-form whose row that is, found again by its id; None for the record itself.
    """

    key: str
    type: Type
    up: int = 0
    rows: str | None = None


@dataclass(frozen=True, slots=True)
class FactValue:
    """Something about the moment: ("now",), ("today",), ("user",), ("user", "name"), ("setting", key)."""

    path: tuple[str, ...]
    type: Type


@dataclass(frozen=True, slots=True)
class Call:
    """A primitive applied to arguments."""

    primitive: Primitive
    arguments: "tuple[Node, ...]"
    type: Type


@dataclass(frozen=True, slots=True)
class Aggregate:
    """Many rows reduced to one value.

    `kind` is sum, average, min, max, count, rows (how many there are), any, every, first, last, join, progressive,
    allocate. `steps` lead from the row `up` rows outside to the rows: each step is a key and whether it leads to many;
    with `form` they begin at every record of that form. What is computed in each of the rows sees the rows around it:
    the form and every step to many add one level. Computed in the rows are `where` (only rows for which it holds
    count), `body` (the value) and `key` (what they are sorted by); `arguments` are computed outside.

    `remote` marks rows that no record carries with it: the place of the step that leads to them, and the key of the
    scope that it starts from.
    """

    kind: str
    steps: tuple[tuple[str, bool], ...]
    body: "Node | None"
    type: Type
    up: int = 0
    form: str | None = None
    where: "Node | None" = None
    key: "Node | None" = None
    arguments: "tuple[Node, ...]" = ()
    remote: tuple[int, str] | None = None

    @property
    def levels(self) -> int:
        """How many rows the rows add to those that an expression sees."""
        return (self.form is not None) + sum(many for _, many in self.steps)

    @property
    def within(self) -> "tuple[Node, ...]":
        """What is computed in each row."""
        return tuple(node for node in (self.where, self.body, self.key) if node is not None)


Node = Constant | FieldValue | PriorValue | FactValue | Call | Aggregate

NEVER_BLANK = frozenset({"count", "rows", "any", "every"})
"""Kinds of aggregates that always give a value."""


def may_be_blank(node: Node) -> bool:
    """Whether the value can be blank; False spares SQL a `coalesce`."""
    match node:
        case Constant(value=value):
            return value is None
        case Call(primitive=primitive):
            return not primitive.total
        case Aggregate(kind=kind):
            return kind not in NEVER_BLANK
        case _:
            return True


def children(node: Node) -> "tuple[Node, ...]":
    """The nodes directly below."""
    match node:
        case Call(arguments=arguments):
            return arguments
        case Aggregate():
            return (*node.within, *node.arguments)
        case _:
            return ()


def reads_rows(node: Node) -> bool:
    """Whether any field is read. What reads none is a constant of the transaction: SQL gets its value."""
    if isinstance(node, PriorValue):
        return node.rows is not None
    return isinstance(node, FieldValue | Aggregate) or any(reads_rows(child) for child in children(node))


def reads_facts(node: Node) -> bool:
    """Whether the moment, the zone, the user or a setting matters."""
    if isinstance(node, FactValue | PriorValue):
        return True
    if isinstance(node, Call) and (node.primitive.zoned or node.primitive.moment):
        return True
    return any(reads_facts(child) for child in children(node))


def shifted(node: Node, by: int, depth: int = 0) -> Node:
    """The same tree `by` levels further inside (or outside, below zero): what reaches beyond `depth` levels moves."""
    match node:
        case FieldValue() | PriorValue():
            return replace(node, up=node.up + by) if node.up >= depth else node
        case Call():
            return replace(node, arguments=tuple(shifted(argument, by, depth) for argument in node.arguments))
        case Aggregate():
            inner = depth + node.levels
            return replace(
                node,
                up=node.up + by if node.up >= depth else node.up,
                where=node.where and shifted(node.where, by, inner),
                body=node.body and shifted(node.body, by, inner),
                key=node.key and shifted(node.key, by, inner),
                arguments=tuple(shifted(argument, by, depth) for argument in node.arguments),
            )
        case _:
            return node


def reads_within(node: Node, depth: int) -> bool:
    """Whether a tree that stands `depth` levels inside reads any of these levels."""
    return reads_between(node, 0, depth)


def reads_between(node: Node, low: int, high: int) -> bool:
    """Whether a tree reads a level from `low` up to but not including `high`."""
    match node:
        case FieldValue() | PriorValue():
            return low <= node.up < high
        case Call():
            return any(reads_between(argument, low, high) for argument in node.arguments)
        case Aggregate():
            own = node.levels
            return (
                (node.form is None and low <= node.up < high)
                or any(reads_between(inner, low + own, high + own) for inner in node.within)
                or any(reads_between(argument, low, high) for argument in node.arguments)
            )
        case _:
            return False
