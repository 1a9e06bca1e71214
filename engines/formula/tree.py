"""The typed tree that all three back ends are made from, and the primitives that its calls name.

Functions of the language (`engines.formula.functions`) have overloads, aliases and optional arguments; checking turns
each use into a call of one primitive with a fixed meaning. The primitive's key is also its name in the browser.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
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

    `python` takes the values of the arguments (before them the facts, if `zoned`) and never raises. A `lazy` one takes
    the compiled arguments instead and gives a compiled call. `sql` takes the arguments (before them the zone, if
    `zoned`). `total` says that the result is never blank. TypeScript has its implementation under the same key.
    """

    key: str
    python: Callable[..., Any]
    sql: Callable[..., ColumnElement[Any]]
    total: bool = False
    zoned: bool = False
    lazy: bool = False


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
    """Many rows reduced to one value: sum, average, min, max, count, or rows (how many rows there are).

    `steps` lead from the row `up` rows outside to the rows: each step is a key and whether it leads to many. `body`
    is computed in each of them and sees the rows around it: every step to many adds one level.
    """

    kind: str
    steps: tuple[tuple[str, bool], ...]
    body: "Node | None"
    type: Type
    up: int = 0


Node = Constant | FieldValue | FactValue | Call | Aggregate


def may_be_blank(node: Node) -> bool:
    """Whether the value can be blank; False spares SQL a `coalesce`."""
    match node:
        case Constant(value=value):
            return value is None
        case Call(primitive=primitive):
            return not primitive.total
        case Aggregate(kind=kind):
            return kind not in ("count", "rows")
        case _:
            return True


def children(node: Node) -> "tuple[Node, ...]":
    """The nodes directly below."""
    match node:
        case Call(arguments=arguments):
            return arguments
        case Aggregate(body=body) if body is not None:
            return (body,)
        case _:
            return ()


def reads_rows(node: Node) -> bool:
    """Whether any field is read. What reads none is a constant of the transaction: SQL gets its value."""
    return isinstance(node, FieldValue | Aggregate) or any(reads_rows(child) for child in children(node))


def reads_facts(node: Node) -> bool:
    """Whether the moment, the zone, the user or a setting matters."""
    if isinstance(node, FactValue) or (isinstance(node, Call) and node.primitive.zoned):
        return True
    return any(reads_facts(child) for child in children(node))
