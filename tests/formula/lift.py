"""Expressions whose constants are read from the row instead: so that the back ends compute what would be folded."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from engines.formula import Expression, FieldRef, FieldScope, Place, compile_expression, parse
from engines.formula.check import Checker
from engines.formula.tree import Call, Constant, FieldValue, Node


def lifted(
    text: str, scope: FieldScope, row: Mapping[str, Any], place: Place = Place.LIVE
) -> tuple[Expression, FieldScope, dict[str, Any]]:
    """The expression over a wider scope and row that hold its constants. Inside aggregates constants stay."""
    fields: list[FieldRef] = []
    values = dict(row)

    def lift(node: Node) -> Node:
        if not isinstance(node, Call):
            return node
        return replace(node, arguments=tuple(_field(a) if isinstance(a, Constant) else lift(a) for a in node.arguments))

    def _field(constant: Constant) -> Node:
        key = f"constant{len(fields)}"
        fields.append(FieldRef(key, constant.type))
        values[key] = constant.value
        return FieldValue((key,), constant.type)

    node = lift(Checker(text, scope, place).run(parse(text), None))
    expression = replace(compile_expression(text, scope, place=place), node=node)
    return expression, replace(scope, fields=(*scope.fields, *fields)), values


def lifted_together(
    texts: list[str], scope: FieldScope, row: Mapping[str, Any], place: Place = Place.LIVE
) -> tuple[list[Expression], FieldScope, dict[str, Any]]:
    """Several of them over one row: the constants of each have names of their own."""
    expressions: list[Expression] = []
    wide, values = scope, dict(row)
    for number, text in enumerate(texts):
        expression, _, own = lifted(text, scope, row, place)
        names = {key: f"{key}of{number}" for key in own if key.startswith("constant") and key not in row}
        expressions.append(replace(expression, node=_renamed(expression.node, names)))
        kinds = dict(_kinds(expression.node))
        wide = replace(wide, fields=(*wide.fields, *(FieldRef(names[key], kinds[key]) for key in names)))
        values |= {names[key]: own[key] for key in names}
    return expressions, wide, values


def _kinds(node: Node) -> list[tuple[str, Any]]:
    if isinstance(node, FieldValue):
        return [(node.path[0], node.type)]
    return [kind for a in node.arguments for kind in _kinds(a)] if isinstance(node, Call) else []


def _renamed(node: Node, names: Mapping[str, str]) -> Node:
    if isinstance(node, FieldValue):
        return replace(node, path=(names.get(node.path[0], node.path[0]), *node.path[1:]))
    if isinstance(node, Call):
        return replace(node, arguments=tuple(_renamed(argument, names) for argument in node.arguments))
    return node
