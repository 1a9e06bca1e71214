"""The Python back end: a typed tree becomes nested closures, made once and called for every row."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from engines.formula import tiers
from engines.formula.aggregates import ORDERED, PLAIN, TRUTHS
from engines.formula.bind import bind
from engines.formula.tree import Aggregate, Call, Constant, FactValue, FieldValue, Node, PriorValue, Rows, Run
from engines.formula.types import Facts, RowInRecord, Type


def read_text(value: Any) -> str | None:
    """A text of a row; empty is blank."""
    return (value or None) if isinstance(value, str) else None


def read_number(value: Any) -> Decimal | None:
    """A number of a row."""
    if value.__class__ is Decimal or value is None:
        return value
    if isinstance(value, bool):
        return None
    if isinstance(value, Decimal):
        return Decimal(value)
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
        case PriorValue():
            return _prior(node)
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


def _prior(node: PriorValue) -> Run:
    read, key, rows_key, place = READERS[node.type], node.key, node.rows, -1 - node.up
    if rows_key is None:
        return lambda _rows, facts: None if facts.prior is None else read(facts.prior.get(key))

    def find(rows: Rows, facts: Facts) -> Any:
        number = rows[place].get("id")
        before = _rows(None if facts.prior is None or number is None else facts.prior.get(rows_key))
        return next((read(row.get(key)) for row in before if row.get("id") == number), None)

    return find


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
    if node.primitive.zoned or node.primitive.moment:
        return lambda rows, facts: work(facts, *[argument(rows, facts) for argument in arguments])
    if len(arguments) == 1:
        (only,) = arguments
        return lambda rows, facts: work(only(rows, facts))
    if len(arguments) == 2:
        first, second = arguments
        return lambda rows, facts: work(first(rows, facts), second(rows, facts))
    return lambda rows, facts: work(*[argument(rows, facts) for argument in arguments])


def _aggregate(node: Aggregate) -> Run:
    if node.form is not None:
        return _asked(node)
    inside = _in_memory(node)
    if node.remote is None:
        return inside
    place, way, key = -1 - node.up, node.steps[: node.remote[0]], node.steps[node.remote[0]][0]
    asked = _asked(replace(node, steps=node.steps[len(way) :], remote=(0, node.remote[1])))

    def run(rows: Rows, facts: Facts) -> Any:
        start: Any = rows[place]
        for step, _ in way:
            start = start.get(step) if isinstance(start, Mapping) else None
        if start is None or (isinstance(start, Mapping) and isinstance(start.get(key), list | tuple)):
            return inside(rows, facts)
        return asked(rows, facts, start if isinstance(start, Mapping) else {"id": start})

    return run


def _asked(node: Aggregate) -> Callable[..., Any]:
    """Asks the database; what the rows need of the rows around them is computed before."""
    outside: dict[Node, Run] = {}

    def prepare(part: Node) -> None:
        outside[part] = compile_node(part)

    bind(node, prepare)

    def run(rows: Rows, facts: Facts, start: Mapping[str, Any] | None = None) -> Any:
        if facts.ask is None:
            raise LookupError("this expression reads other records: it needs facts that can ask for them")
        return facts.ask(bind(node, lambda part: outside[part](rows, facts)), start)

    return run


def _in_memory(node: Aggregate) -> Run:
    place, steps, kind = -1 - node.up, node.steps, node.kind
    body, key, where = (None if part is None else compile_node(part) for part in (node.body, node.key, node.where))
    arguments = [compile_node(argument) for argument in node.arguments]

    def run(rows: Rows, facts: Facts) -> Any:
        stacks = _stacks(rows, rows[place], steps)
        if where is not None:
            stacks = [stack for stack in stacks if where(stack, facts)]
        if body is None:
            return Decimal(len(stacks))
        if kind in PLAIN:
            return PLAIN[kind]([value for stack in stacks if (value := body(stack, facts)) is not None])
        if kind in TRUTHS:
            return TRUTHS[kind](body(stack, facts) for stack in stacks)
        values = [body(stack, facts) for stack in stacks]
        keys = [None] * len(values) if key is None else [key(stack, facts) for stack in stacks]
        given = [argument(rows, facts) for argument in arguments]
        if kind == "allocate":
            return tiers.share(given[0], values, given[1], _own_place(stacks, rows[-1]))
        return ORDERED[kind](values, keys, *given)

    return run


def _own_place(stacks: list[Rows], row: Mapping[str, Any]) -> int | None:
    """Which of the rows a row is: the very same one, else the one with its id."""
    row = row.own if isinstance(row, RowInRecord) else row
    number = row.get("id")
    same = (place for place, stack in enumerate(stacks) if stack[-1] is row)
    alike = (place for place, stack in enumerate(stacks) if number is not None and stack[-1].get("id") == number)
    return next(same, next(alike, None))


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
