"""The Python back end: a typed tree becomes nested closures, made once and called for every row."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from engines.formula.numbers import average, total
from engines.formula.tree import Aggregate, Call, Constant, FactValue, FieldValue, Node, Rows, Run
from engines.formula.types import Facts, Type


def read_text(value: Any) -> str | None:
    """A text of a row; empty is blank."""
    return (value or None) if isinstance(value, str) else None


def read_number(value: Any) -> Decimal | None:
    """A number of a row."""
    if value.__class__ is Decimal or value is None:
        return value
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return Decimal(value)
    return Decimal(repr(value)) if isinstance(value, float) else None


def read_boolean(value: Any) -> bool | None:
    """A yes or no of a row."""
    return value if isinstance(value, bool) else None


def read_date(value: Any) -> date | None:
    """A date of a row."""
    return value if isinstance(value, date) and not isinstance(value, datetime) else None


def read_instant(value: Any) -> datetime | None:
    """A date with time of a row, in UTC and whole milliseconds; one without zone is taken as UTC."""
    if not isinstance(value, datetime):
        return None
    instant = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)


def read_record(value: Any) -> Any:
    """The id of a related record, given as a mapping or as the id itself."""
    return value.get("id") if isinstance(value, Mapping) else value


def read_list(value: Any) -> tuple[str, ...] | None:
    """The texts of a multiple choice; none is blank."""
    return (
        tuple(value) or None if isinstance(value, Sequence | frozenset | set) and not isinstance(value, str) else None
    )


READERS: dict[Type, Callable[[Any], Any]] = {
    Type.TEXT: read_text,
    Type.NUMBER: read_number,
    Type.BOOLEAN: read_boolean,
    Type.DATE: read_date,
    Type.DATETIME: read_instant,
    Type.RECORD: read_record,
    Type.LIST: read_list,
}


def compile_node(node: Node) -> Run:
    """A function of the rows and the facts that gives the node's value."""
    match node:
        case Constant(value=value):
            return lambda _rows, _facts: value
        case FieldValue():
            return _field(node)
        case FactValue():
            return _fact(node)
        case Aggregate():
            return _aggregate(node)
        case Call():
            return _call(node)


def _field(node: FieldValue) -> Run:
    read, place = READERS[node.type], -1 - node.up
    if len(node.path) == 1:
        key = node.path[0]
        return lambda rows, _facts: read(rows[place].get(key))
    *steps, last = node.path

    def follow(rows: Rows, _facts: Facts) -> Any:
        row: Any = rows[place]
        for step in steps:
            row = row.get(step)
            if not isinstance(row, Mapping):
                return None
        return read(row.get(last))

    return follow


def _fact(node: FactValue) -> Run:
    read = READERS[node.type]
    match node.path:
        case ("now",):
            return lambda _rows, facts: facts.instant
        case ("today",):
            return lambda _rows, facts: facts.today
        case ("user",):
            return lambda _rows, facts: read_record(facts.user)
        case ("user", key):
            return lambda _rows, facts: None if facts.user is None else read(facts.user.get(key))
        case (_, key):
            return lambda _rows, facts: read(facts.settings.get(key))
    raise ValueError(f"no such fact: {node.path}")


def _call(node: Call) -> Run:
    work = node.primitive.python
    arguments = [compile_node(argument) for argument in node.arguments]
    if node.primitive.lazy:
        return work(*arguments)
    if node.primitive.zoned:
        return lambda rows, facts: work(facts, *[argument(rows, facts) for argument in arguments])
    if len(arguments) == 1:
        (only,) = arguments
        return lambda rows, facts: work(only(rows, facts))
    if len(arguments) == 2:
        first, second = arguments
        return lambda rows, facts: work(first(rows, facts), second(rows, facts))
    return lambda rows, facts: work(*[argument(rows, facts) for argument in arguments])


def _smallest(values: list[Any]) -> Any:
    return min(values, default=None)


def _largest(values: list[Any]) -> Any:
    return max(values, default=None)


def _count(values: list[Any]) -> Decimal:
    return Decimal(len(values))


REDUCERS: dict[str, Callable[[list[Any]], Any]] = {
    "sum": total,
    "average": average,
    "min": _smallest,
    "max": _largest,
    "count": _count,
    "rows": _count,
}


def _aggregate(node: Aggregate) -> Run:
    reduce, place, steps = REDUCERS[node.kind], -1 - node.up, node.steps
    body = None if node.body is None else compile_node(node.body)

    def run(rows: Rows, facts: Facts) -> Any:
        stacks = _stacks(rows, rows[place], steps)
        if body is None:
            return reduce(list(stacks))
        return reduce([value for stack in stacks if (value := body(stack, facts)) is not None])

    return run


def _stacks(rows: Rows, start: Any, steps: tuple[tuple[str, bool], ...]) -> list[Rows]:
    """The rows that the steps lead to, each with the rows around it."""
    if len(steps) == 1:
        return [(*rows, row) for row in _rows(start.get(steps[0][0]))]
    reached: list[tuple[Rows, Any]] = [(rows, start)]
    for key, many in steps:
        if many:
            reached = [((*stack, row), row) for stack, end in reached for row in _rows(end.get(key))]
        else:
            reached = [(stack, row) for stack, end in reached if isinstance(row := end.get(key), Mapping)]
    return [stack for stack, _ in reached]


def _rows(value: Any) -> Sequence[Mapping[str, Any]]:
    return value if isinstance(value, list | tuple) else ()
