"""Filters as lists, views, API and reports write them, read into a tree whose every part was checked.

    {"and": [{"field": "state", "op": "in", "value": ["草稿"]}, {"or": [...]}, {"expression": "days > 3"}]}

A field may be a path over relations (`customer.grade`) or into the rows of a sub-form (`lines.qty`: some row fits). An
empty `and` holds, an empty `or` does not. `engines.form.query` turns the tree into SQL with the reader's policy.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from engines.form.fields.base import Context, Field
from engines.form.form import Form, SubForm
from engines.form.operator_names import OPERATORS
from engines.formula import Expression, Place, Type, compile_expression
from engines.kernel.documents import described
from engines.kernel.problems import Problem, ProblemError, Rejected, suggest

DEEPEST: Final = 8
LONGEST: Final = 200
MOST_STEPS: Final = 4

_GROUP = {"type": "array", "items": {"$ref": "#/$defs/filter"}, "maxItems": LONGEST, "x-value": True}

# One open shape instead of four closed ones: `read_filter` says better what is wrong than "fits none of four".
FILTER_DEFINITION: Final[Mapping[str, Any]] = {
    "type": "object",
    "properties": {
        "and": described(_GROUP, ("All of", "Every condition must hold."), ("全部满足", "每个条件都要满足。")),
        "or": described(_GROUP, ("Any of", "At least one condition must hold."), ("任一满足", "至少满足一个条件。")),
        "field": described(
            {"type": "string", "minLength": 1, "maxLength": 200},
            ("Field", "A field, or a path over relations: customer.grade."),
            ("字段", "字段，或经过关联的路径：customer.grade。"),
        ),
        "op": described(
            {"enum": list(OPERATORS)},
            ("Operator", "How the value is compared."),
            ("运算符", "如何比较。"),
        ),
        "value": described(
            {},
            ("Value", "What is compared with; a list for in, nin and between, nothing for empty and filled."),
            ("值", "用来比较的值；in、nin、between 用列表，empty、filled 不需要。"),
        ),
        "expression": described(
            {"type": "string", "minLength": 1, "maxLength": 10_000},
            ("Expression", "A condition in the expression language."),
            ("表达式", "用表达式语言写的条件。"),
        ),
    },
    "additionalProperties": False,
}


@dataclass(frozen=True, slots=True)
class Condition:
    """One checked condition. `steps` are the relation or sub-form fields that lead to `field`; `value` is parsed."""

    steps: tuple[Field, ...]
    field: Field
    op: str
    value: Any


@dataclass(frozen=True, slots=True)
class Formula:
    """A condition written as an expression."""

    expression: Expression


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every part holds."""

    parts: tuple["Filter", ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one part holds."""

    parts: tuple["Filter", ...]


Filter = Condition | Formula | AllOf | AnyOf


def read_filter(form: Form, raw: Any, context: Context, path: str = "filter") -> Filter:
    """The checked tree of a filter; None and {} hold always. Raises `Rejected` with every problem under `path`."""
    problems: list[Problem] = []
    tree = _read(form, raw, context, path, problems, 0)
    if problems:
        raise Rejected(problems)
    return tree


def _read(form: Form, raw: Any, context: Context, path: str, problems: list[Problem], depth: int) -> Filter:
    nothing = AllOf(())
    if raw is None or raw == {}:
        return nothing
    if not isinstance(raw, Mapping):
        problems.append(Problem("filter.not_an_object", path, "Must be an object", {}))
        return nothing
    if depth > DEEPEST:
        problems.append(
            Problem("filter.too_deep", path, f"At most {DEEPEST} groups inside each other", {"max": DEEPEST})
        )
        return nothing
    for word, group in (("and", AllOf), ("or", AnyOf)):
        if raw.keys() == {word}:
            parts = raw[word]
            if not isinstance(parts, list | tuple) or len(parts) > LONGEST:
                message = f"Must be a list of at most {LONGEST} conditions"
                problems.append(Problem("filter.not_a_list", f"{path}.{word}", message, {"max": LONGEST}))
                return nothing
            read = (
                _read(form, one, context, f"{path}.{word}[{index}]", problems, depth + 1)
                for index, one in enumerate(parts)
            )
            return group(tuple(read))
    if raw.keys() == {"expression"}:
        return _formula(form, raw["expression"], path, problems) or nothing
    if "field" in raw and raw.keys() <= {"field", "op", "value"}:
        return _condition(form, raw, context, path, problems) or nothing
    message = 'Must be {"and": [...]}, {"or": [...]}, {"field", "op", "value"} or {"expression"}'
    problems.append(Problem("filter.shape", path, message, {"keys": sorted(map(str, raw))}))
    return nothing


def _formula(form: Form, text: Any, path: str, problems: list[Problem]) -> Formula | None:
    try:
        return Formula(compile_expression(str(text), form, expects=Type.BOOLEAN, place=Place.FILTER))
    except ProblemError as error:
        problems += [problem.under(f"{path}.expression") for problem in error.problems]
        return None


def _condition(
    form: Form, raw: Mapping[str, Any], context: Context, path: str, problems: list[Problem]
) -> Condition | None:
    try:
        steps, field = follow(form, str(raw["field"]), f"{path}.field")
    except ProblemError as error:
        problems += error.problems
        return None
    op = raw.get("op", "eq")
    known = field.type.operators(field)
    if op not in known:
        message = f'"{op}" does not apply to {field.label()}{suggest(str(op), known)}'
        params = {"op": str(op), "field": str(raw["field"]), "known": list(known)}
        problems.append(Problem("filter.operator", f"{path}.op", message, params))
        return None
    try:
        value = field.type.parse_operand(op, raw.get("value"), field, context)
    except ProblemError as error:
        problems += [problem.under(f"{path}.value") for problem in error.problems]
        return None
    return Condition(steps, field, op, value)


def follow(form: Form, text: str, path: str = "") -> tuple[tuple[Field, ...], Field]:
    """The fields that a dotted path goes through and the one that it ends at. Raises `NotFound` or `Rejected`."""
    place: Form | SubForm = form
    steps: list[Field] = []
    names = list(form.flat(text.split(".")))
    while len(names) > 1:
        name = names.pop(0)
        field = place.get(name, path)
        steps.append(field)
        target = field.type.target_form(field)
        if field.type.storage == "children":
            place = place.subforms[name]
        elif target is not None and len(steps) <= MOST_STEPS:
            place = form.forms.target(target)
            names = list(place.flat(names))
        else:
            message = f"{field.label()} leads to no other fields"
            raise Rejected(Problem("filter.no_path", path, message, {"field": text}))
    return tuple(steps), place.get(names[0], path)
