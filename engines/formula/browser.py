"""The typed tree as JSON, for the evaluator in the browser (`platform/ui/src/formula`), and the facts it needs."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from engines.formula.numbers import plain
from engines.formula.tree import Aggregate, Call, Constant, FactValue, FieldValue, Node, PriorValue
from engines.formula.types import Facts

_FIRST_YEAR, _LAST_YEAR = 1880, 2100


def json_value(value: Any) -> Any:
    """A value as JSON: numbers and dates as text, so that nothing is lost on the way."""
    match value:
        case Decimal():
            return plain(value)
        case datetime():
            return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        case date():
            return value.isoformat()
        case tuple() | list():
            return list(value)
        case frozenset() | set():
            return sorted(value)
        case _:
            return value


def json_tree(node: Node) -> dict[str, Any]:
    """The tree as JSON objects, told apart by `node`."""
    match node:
        case Constant(value=value):
            return {"node": "constant", "type": node.type.value, "value": json_value(value)}
        case FieldValue():
            up = {"up": node.up} if node.up else {}
            return {"node": "field", "type": node.type.value, "path": list(node.path)} | up
        case FactValue():
            return {"node": "fact", "type": node.type.value, "path": list(node.path)}
        case Call():
            arguments = [json_tree(argument) for argument in node.arguments]
            return {"node": "call", "type": node.type.value, "name": node.primitive.key, "arguments": arguments}
        case PriorValue():
            extra = ({"up": node.up} if node.up else {}) | ({"rows": node.rows} if node.rows else {})
            return {"node": "prior", "type": node.type.value, "key": node.key} | extra
        case Aggregate():
            steps = [{"key": key, "many": many} for key, many in node.steps]
            result: dict[str, Any] = {"node": "aggregate", "type": node.type.value, "kind": node.kind, "steps": steps}
            result |= {"up": node.up} if node.up else {}
            result |= {"form": node.form} if node.form is not None else {}
            result |= {"remote": True} if node.remote is not None else {}
            parts = {"where": node.where, "body": node.body, "key": node.key}
            result |= {name: json_tree(part) for name, part in parts.items() if part is not None}
            arguments = [json_tree(argument) for argument in node.arguments]
            return result | ({"arguments": arguments} if arguments else {})


@lru_cache(maxsize=64)
def zone_offsets(zone: str) -> tuple[tuple[int, int], ...]:
    """From which instant (milliseconds since 1970) clocks are ahead of UTC by how much (milliseconds), in order.

    The first entry also holds before its instant. Covers 1880 to 2100; beyond, the last one holds.
    """
    tz = ZoneInfo(zone)
    epoch = datetime(1970, 1, 1, tzinfo=UTC)

    def offset(moment: datetime) -> timedelta:
        return moment.astimezone(tz).utcoffset() or timedelta(0)

    step, second = timedelta(days=7), timedelta(seconds=1)
    moment, last = datetime(_FIRST_YEAR, 1, 1, tzinfo=UTC), datetime(_LAST_YEAR, 1, 1, tzinfo=UTC)
    found = [(moment, offset(moment))]
    while moment < last:
        following = moment + step
        if offset(following) != found[-1][1]:
            low, high = moment, following
            while high - low > second:
                middle = low + (high - low) // 2
                middle -= timedelta(microseconds=middle.microsecond)
                low, high = (middle, high) if offset(middle) == found[-1][1] else (low, middle)
            found.append((high, offset(high)))
        moment = following
    ms = timedelta(milliseconds=1)
    return tuple(((instant - epoch) // ms, ahead // ms) for instant, ahead in found)


def browser_facts(facts: Facts) -> dict[str, Any]:
    """The facts as JSON for the browser's evaluator; the zone as its offsets, since browsers may know other rules."""
    calendars = {key: calendar.shown() for key, calendar in facts.calendars.items()}
    user = None if facts.user is None else {key: json_value(value) for key, value in facts.user.items()}
    return {
        "now": json_value(facts.instant),
        "today": facts.today.isoformat(),
        "zone": facts.zone,
        "offsets": [list(entry) for entry in zone_offsets(facts.zone)],
        "user": user,
        "settings": {key: json_value(value) for key, value in facts.settings.items()},
        "locale": facts.locale,
    } | ({"calendars": calendars} if calendars else {})
