"""Constants are computed when the expression is compiled, so that no constant mistake ever reaches the database."""

from dataclasses import replace
from datetime import UTC, datetime

from engines.formula.python import compile_node
from engines.formula.tree import Aggregate, Call, Constant, Node
from engines.formula.types import Facts

_NO_FACTS = Facts(now=datetime(2000, 1, 1, tzinfo=UTC))


def fold(node: Node) -> Node:
    """The same tree with every call on constants replaced by its value. Calls that need facts stay."""
    if isinstance(node, Aggregate):
        return replace(
            node,
            where=node.where and fold(node.where),
            body=node.body and fold(node.body),
            key=node.key and fold(node.key),
            arguments=tuple(fold(argument) for argument in node.arguments),
        )
    if not isinstance(node, Call):
        return node
    folded = replace(node, arguments=tuple(fold(argument) for argument in node.arguments))
    needs_facts = folded.primitive.zoned or folded.primitive.moment
    if needs_facts or not all(isinstance(argument, Constant) for argument in folded.arguments):
        return folded
    return Constant(compile_node(folded)((), _NO_FACTS), node.type)
