"""A compiled expression: one typed tree and its three back ends."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

from sqlalchemy import ColumnElement

from engines.formula.browser import json_tree
from engines.formula.check import Checker
from engines.formula.fold import fold
from engines.formula.functions.operators import CONDITION
from engines.formula.python import compile_node
from engines.formula.sql.backend import SqlBackend
from engines.formula.syntax import parse
from engines.formula.tree import Call, Node, Run, may_be_blank
from engines.formula.types import CONDITIONS, Facts, Place, Scope, SqlScope, Type, Unit
from engines.kernel.problems import Problem, Rejected

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True)
class Expression:
    """What `compile_expression` gives. `references` are the paths of fields read, from the record outwards."""

    text: str
    type: Type
    references: frozenset[tuple[str, ...]]
    settings: frozenset[str]
    volatile: bool
    """TODAY, CURRENTUSER or other forms stand in it: the value changes although the record does not."""
    node: Node
    needs_server: bool = False
    """It reads whole forms, reverse relations or PRIOR values: the browser asks the server for it."""
    reads_forms: frozenset[str] = frozenset()
    """The keys of the forms that it reads as a whole."""
    unit: Unit | None = None
    """What the value counts, where it is an amount of money."""

    def __hash__(self) -> int:
        """Expressions are keys of caches that are asked for every row: equal ones have equal texts."""
        return hash(self.text)

    @cached_property
    def _run(self) -> Run:
        return compile_node(self.node)

    def evaluate(self, row: Mapping[str, Any], facts: Facts, around: Sequence[Mapping[str, Any]] = ()) -> Any:
        """The value for one record: Decimal, str, bool, date, datetime, tuple of str, the id of a record, or None.

        `around` are the rows around it, outermost first, if it was compiled with scopes around.
        """
        return self._run((*around, row), facts)

    def sql(self, scope: SqlScope, facts: Facts, around: Sequence[SqlScope] = ()) -> ColumnElement[Any]:
        """The value as SQL over the statement that `scope` describes. Needs the schema `dg` (`DG_SQL`)."""
        return SqlBackend((*around, scope), facts).value(self.node).element

    def tree(self) -> dict[str, Any]:
        """The value as a JSON tree for the browser."""
        return json_tree(self.node)


def compile_expression(
    text: str,
    scope: Scope,
    *,
    expects: Type | None = None,
    place: Place = Place.STORED,
    around: Sequence[tuple[Scope, str]] = (),
) -> Expression:
    """Compile a text. In a rule or filter the result must be a condition and is never blank.

    `around` are the scopes around the row that the expression stands in, outermost first, each with the key that leads
    from it to the next: `[(quote, "lines")]` for a row of a quote's lines. Names of the record can then be used in the
    row (those of the row win), `references` begin at the outermost record, and whoever evaluates gives the rows around.

    Raises `Rejected` with every problem found; each has `line`, `column`, `length` and `suggestion` in its params.
    """
    syntax = parse(text)
    if place in CONDITIONS and expects is None:
        expects = Type.BOOLEAN
    checker = Checker(text, scope, place, around)
    node = fold(checker.run(syntax, expects))
    if place in CONDITIONS and node.type is Type.BOOLEAN and may_be_blank(node):
        node = fold(Call(CONDITION, (node,), Type.BOOLEAN))
    return Expression(
        text,
        node.type,
        frozenset(checker.references),
        frozenset(checker.settings),
        checker.volatile,
        node,
        checker.needs_server,
        frozenset(checker.reads_forms),
        checker.unit,
    )


def order_formulas(formulas: Mapping[K, Iterable[K]]) -> list[K]:
    """An order in which each formula comes after those it reads; names that are no formulas are passed over.

    Keys may be whatever names a formula, also across forms. Keeps the given order where it is free. Raises
    `Rejected` with `formula.cycle`, whose `cycle` names the formulas around it, first and last the same.
    """
    order: list[K] = []
    done: set[K] = set()
    for start in formulas:
        if start in done:
            continue
        trail: list[K] = [start]
        todo = [iter(formulas[start])]
        while trail:
            following = next((name for name in todo[-1] if name in formulas and name not in done), None)
            if following is None:
                done.add(trail[-1])
                order.append(trail.pop())
                todo.pop()
            elif following in trail:
                names = [str(name) for name in [*trail[trail.index(following) :], following]]
                message = f"These formulas need each other: {' → '.join(names)}"
                raise Rejected(Problem("formula.cycle", names[0], message, {"cycle": names}))
            else:
                trail.append(following)
                todo.append(iter(formulas[following]))
    return order
