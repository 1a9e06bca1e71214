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

    def inside(part: Node, depth: int) -> Node:
        if isinstance(part, Constant):
            return part
        if not reads_within(part, depth):
            return Constant(value_of(shifted(part, -depth)), part.type)
        if isinstance(part, Call):
            return replace(part, arguments=tuple(inside(argument, depth) for argument in part.arguments))
        if isinstance(part, Aggregate):
            deeper = depth + part.levels
            return replace(
                part,
                where=part.where and inside(part.where, deeper),
                body=part.body and inside(part.body, deeper),
                key=part.key and inside(part.key, deeper),
                arguments=tuple(inside(argument, depth) for argument in part.arguments),
            )
        return part

    levels = node.levels
    return replace(
        node,
        up=0,
        where=node.where and inside(node.where, levels),
        body=node.body and inside(node.body, levels),
        key=node.key and inside(node.key, levels),
        arguments=tuple(inside(argument, 0) for argument in node.arguments),
    )


def can_be_asked(node: Node) -> bool:
    """Whether every part that is asked of the database can go there: nothing of the rows around is left in it.

    Left over is what runs over rows of the record at hand and reads rows of another form in each of them.
    """
    if isinstance(node, Aggregate) and (node.form is not None or node.remote is not None):
        bound = bind(node, lambda _: None)
        if any(reads_between(part, bound.levels, MAX_DEPTH * 10) for part in bound.within):
            return False
    return all(can_be_asked(child) for child in children(node))
