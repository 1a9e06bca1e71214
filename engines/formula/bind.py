"""What a part asked of the database takes with it: the values of the rows around it become constants."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from engines.formula.limits import MAX_DEPTH
from engines.formula.tree import Aggregate, Call, Constant, Node, children, reads_between, reads_within, shifted


def bind(node: Aggregate, value_of: Callable[[Node], Any]) -> Aggregate:
    """The same rows with every part that reads none of them replaced by its value.

    `value_of` gets such a part as it would stand outside of the rows. What is left reads only the rows themselves, so
    it can be computed where the rows around are not known.
    """
    return replace(_inside(node, 0, node.levels, value_of), up=0)


def bound(part: Node, depth: int, value_of: Callable[[Node], Any]) -> Node:
    """A part that stands `depth` levels inside, with everything in it that reads none of these levels as a value."""
    if isinstance(part, Constant):
        return part
    if not reads_within(part, depth):
        return Constant(value_of(shifted(part, -depth)), part.type)
    if isinstance(part, Call):
        return replace(part, arguments=tuple(bound(one, depth, value_of) for one in part.arguments))
    return _inside(part, depth, depth + part.levels, value_of) if isinstance(part, Aggregate) else part


def _inside(node: Aggregate, depth: int, deeper: int, value_of: Callable[[Node], Any]) -> Aggregate:
    return replace(
        node,
        where=node.where and bound(node.where, deeper, value_of),
        body=node.body and bound(node.body, deeper, value_of),
        key=node.key and bound(node.key, deeper, value_of),
        arguments=tuple(bound(one, depth, value_of) for one in node.arguments),
    )


def can_be_asked(node: Node) -> bool:
    """Whether every part that is asked of the database can go there: nothing of the rows around is left in it.

    Left over is what runs over rows of the record at hand and reads rows of another form in each of them.
    """
    if isinstance(node, Aggregate) and (node.form is not None or node.remote is not None):
        rows = bind(node, lambda _: None)
        if any(reads_between(part, rows.levels, MAX_DEPTH * 10) for part in rows.within):
            return False
    return all(can_be_asked(child) for child in children(node))
