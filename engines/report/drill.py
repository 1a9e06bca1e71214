"""The records behind a number, as a filter of the form's list: what that list counts is what the number counted."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from engines.form.form import Form
from engines.kernel.problems import suggest
from engines.report import periods
from engines.report.columns import DATES, Axis, Item, rejected
from engines.report.definition import Filter
from engines.report.inline import inlined, over_form, quoted
from engines.report.resolve import Asked, Quantity, Source
from engines.report.result import Group, Kind

DAY: Final = timedelta(days=1)
ROLES: Final = ("value", "blank", "others")
_NUMBER: Final = re.compile(r"^-?[0-9]{1,20}(\.[0-9]{1,12})?$")


@dataclass(frozen=True, slots=True)
class Cell:
    """One number of an answer: its groups as (role, value) and its measure.

    Values are JSON: an option, an id, a first day, a number as text. The value of the others is the list of the values
    that were kept, None among them for the blank.
    """

    groups: tuple[tuple[str, Any], ...]
    measure: str

    @classmethod
    def read(cls, raw: Any) -> "Cell":
        """The cell that `as_json` gave. Raises `Rejected` for anything else."""
        groups = raw.get("groups") if isinstance(raw, Mapping) else None
        measure = raw.get("measure") if isinstance(raw, Mapping) else None
        if not isinstance(measure, str) or not isinstance(groups, list):
            raise rejected("report.cell", "cell", 'A cell is {"groups": [[role, value]], "measure": key}')
        pairs: list[tuple[str, Any]] = []
        for index, pair in enumerate(groups):
            if not isinstance(pair, list) or len(pair) != 2 or pair[0] not in ROLES:
                message = f"A group is a pair of a role ({', '.join(ROLES)}) and a value"
                raise rejected("report.cell", f"cell.groups[{index}]", message)
            pairs.append((pair[0], pair[1]))
        return cls(tuple(pairs), measure)

    def as_json(self) -> dict[str, Any]:
        """The shape that links carry."""
        return {"groups": [list(pair) for pair in self.groups], "measure": self.measure}


def group_pair(group: Group) -> tuple[str, Any]:
    """A group as it stands in a cell."""
    return group.role, group.key


def drill_filter(asked: Asked, cell: Cell, extra: Sequence[Filter] = ()) -> tuple[Form, dict[str, Any]]:
    """The form and the filter whose list is what the cell counted; `extra` are the filters that were chosen beside it.

    For an average, a smallest or a largest value: the records it was made of. For a computed measure: the records of
    all measures it stands on. Raises `Rejected` for a cell that does not fit the question.
    """
    quantity = asked.quantity(cell.measure)
    if quantity is None:
        known = [one.key for one in asked.measures]
        message = f'The question has no measure "{cell.measure}"{suggest(cell.measure, known)}'
        raise rejected("report.cell_measure", "cell.measure", message, key=cell.measure)
    if len(cell.groups) != len(asked.axes):
        message = f"The question has {len(asked.axes)} dimensions, the cell {len(cell.groups)} groups"
        raise rejected("report.cell_groups", "cell.groups", message, wanted=len(asked.axes), given=len(cell.groups))
    words = Words(asked.source, asked.known)
    conditions: list[Filter] = []
    for one in (asked.source.dataset.filter, asked.question.filter, *extra):
        if one:
            conditions.append(words.over_form(one))
    for axis, (role, value) in zip(asked.axes, cell.groups, strict=True):
        conditions += words.group(axis, role, value)
    conditions += words.counted(quantity)
    return asked.source.form, {"and": _flat(conditions)}


class Words:
    """Conditions of a dataset in the words of its form."""

    def __init__(self, source: Source, known: Mapping[str, Quantity]) -> None:
        self.source = source
        self.known = known
        self.columns = over_form({column.key: column.expression for column in source.dataset.columns})

    def over_form(self, condition: Filter) -> dict[str, Any]:
        """A filter without names of computed columns."""
        shape = dict(condition)
        if isinstance(shape.get("expression"), str):
            shape["expression"] = inlined(shape["expression"], self.columns)
        for word in ("and", "or"):
            if word in shape:
                shape[word] = [self.over_form(one) for one in shape[word]]
        return shape

    def group(self, axis: Axis, role: str, value: Any) -> list[Filter]:
        """The conditions of one group."""
        if role == "blank":
            return [self.compare(axis.item, "empty", None)]
        if role == "value":
            return [self.value(axis, value)]
        kept = value if isinstance(value, list) else []
        if axis.item.kind in DATES:
            return [self.outside(axis, kept)]
        named = [one for one in kept if one is not None]
        conditions: list[Filter] = [self.compare(axis.item, "nin", named)] if named else []
        if None in kept:
            conditions.append(self.compare(axis.item, "filled", None))
        return conditions

    def value(self, axis: Axis, value: Any) -> Filter:
        """One value: equal, or in the period that begins on it."""
        if axis.item.kind not in DATES:
            return self.compare(axis.item, "eq", value)
        first, last = _period(axis, value)
        return self.compare(axis.item, "between", [first.isoformat(), last.isoformat()])

    def outside(self, axis: Axis, kept: Sequence[Any]) -> Filter:
        """In none of the periods that were kept, nor blank if the blank was kept."""
        spans = sorted(_period(axis, one) for one in kept if one is not None)
        gaps: list[Filter] = []
        for before, after in zip([None, *spans], [*spans, None], strict=True):
            low = None if before is None else before[1] + DAY
            high = None if after is None else after[0] - DAY
            if low is None or high is None or low <= high:
                ends = [None if one is None else one.isoformat() for one in (low, high)]
                gaps.append(self.compare(axis.item, "between", ends))
        if None not in kept:
            gaps.append(self.compare(axis.item, "empty", None))
        return {"or": gaps}

    def text(self, item: Item) -> str:
        """A column as an expression over the form."""
        if item.expression is not None:
            return f"({self.columns[item.key]})"
        steps, join = [item.key], item.join
        while join is not None:
            joined = self.source.joins[join]
            steps.insert(0, joined.field)
            join = joined.parent
        return ".".join(steps)

    def compare(self, item: Item, op: str, value: Any) -> dict[str, Any]:
        """A condition on a column: on a field (of the form or one relation away), else as an expression."""
        path = self.text(item)
        if item.field is not None and op in item.field.type.operators(item.field):
            condition = {"field": path, "op": op}
            return condition if op in ("empty", "filled") else {**condition, "value": value}
        if op in ("empty", "filled"):
            return {"expression": f'{path} {"=" if op == "empty" else "<>"} ""'}
        if op == "between":
            low, high = (None if one is None else date.fromisoformat(one) for one in value)
            bounds = [
                f"{_day(path, item)} {sign} DATE({bound.year}, {bound.month}, {bound.day})"
                for sign, bound in ((">=", low), ("<=", high))
                if bound is not None
            ]
            return {"expression": f"AND({', '.join(bounds)})" if len(bounds) > 1 else bounds[0]}
        if op == "nin":
            return {"expression": f"AND({', '.join(f'{path} <> {_literal(item, one)}' for one in value)})"}
        return {"expression": f"{path} = {_literal(item, value)}"}

    def counted(self, quantity: Quantity) -> list[Filter]:
        """What a measure counts; for a computed one what any of its parts counts."""
        if not quantity.needs:
            return self.part(quantity)
        ways = [self.part(self.known[key]) for key in quantity.needs]
        if not all(ways):
            return []
        unique = {str(way): {"and": way} if len(way) > 1 else way[0] for way in ways}
        return [{"or": list(unique.values())}] if len(unique) > 1 else list(ways[0])

    def part(self, quantity: Quantity) -> list[Filter]:
        """The conditions of an aggregated measure."""
        conditions: list[Filter] = []
        if quantity.filter is not None:
            conditions.append({"expression": inlined(quantity.filter.text, self.columns)})
        if quantity.item is not None and quantity.aggregate != "sum":
            conditions.append(self.compare(quantity.item, "filled", None))
        return conditions


def _day(path: str, item: Item) -> str:
    """The day of a date or an instant as an expression."""
    if item.kind is Kind.DATE:
        return path
    return f"DATE(YEAR({path}), MONTH({path}), DAY({path}))"


def _period(axis: Axis, value: Any) -> tuple[date, date]:
    assert axis.granularity is not None  # dates have one
    try:
        first = date.fromisoformat(value)
    except (TypeError, ValueError):
        raise rejected(
            "report.cell_date", "cell.groups", f'"{str(value)[:40]}" is not a day', value=str(value)[:40]
        ) from None
    return first, periods.last_day(first, axis.granularity)


def _literal(item: Item, value: Any) -> str:
    """A value as an expression."""
    if value is None:
        return '""'
    if item.kind is Kind.BOOLEAN:
        return "TRUE" if value else "FALSE"
    if item.kind in (Kind.NUMBER, Kind.RECORD):
        if not _NUMBER.match(str(value)):
            raise rejected(
                "report.cell_number", "cell.groups", f'"{str(value)[:40]}" is not a number', value=str(value)[:40]
            )
        return str(value)
    return quoted(str(value))


def _flat(conditions: Sequence[Filter]) -> list[Filter]:
    """Conditions without needless nesting, each once."""
    found: list[Filter] = []
    for one in conditions:
        if set(one) == {"and"}:
            found += _flat(one["and"])
        else:
            found.append(one)
    return [one for index, one in enumerate(found) if one not in found[:index]]
