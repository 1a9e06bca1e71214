"""Rows as such: which of them, whether a condition holds in them, one of them, their texts in one (rule 7)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from engines.formula.functions.aggregate import body_of, rows_of
from engines.formula.functions.base import ALL_TYPES, BLANK, Checking, Example, Function, Source, coerce
from engines.formula.syntax import Apply
from engines.formula.tree import Constant, Node
from engines.formula.types import Type

SORTED = frozenset({Type.NUMBER, Type.TEXT, Type.DATE, Type.DATETIME})
"""Types that rows can be sorted by."""


@dataclass(frozen=True)
class RowsOnly(Function):
    """FILTER and ALL: what they give are rows, which only an aggregate takes (`engines.formula.sources` reads them)."""

    def check(self, call: Apply, checker: Checking) -> Node:
        """Report that this is no value."""
        source = checker.source(call)
        if source is None or source.broken:
            return BLANK
        message = f"{self.key} gives rows, not a value: put it into SUM, COUNT, FIRST or another function of rows"
        return checker.report("formula.rows_only", call.span, message, function=self.key)


@dataclass(frozen=True)
class Judging(Function):
    """ANY and EVERY."""

    kind: str = "any"

    def check(self, call: Apply, checker: Checking) -> Node:
        """`ANY(rows, condition)`; `ANY(rows)` asks whether there are any."""
        if not self.count_between(call, checker, 1, 2):
            return BLANK
        source = checker.source(call.arguments[0])
        if source is not None and source.type is Type.BOOLEAN and len(call.arguments) == 1:
            return source.aggregate(self.kind, source.value, Type.BOOLEAN)
        source = rows_of(self, call, checker, 0)
        if source is None:
            return BLANK
        if len(call.arguments) == 1:
            if not self.count_between(call, checker, 1 if self.kind == "any" else 2, 2):
                return BLANK
            return source.aggregate("any", Constant(True, Type.BOOLEAN), Type.BOOLEAN)
        condition = body_of(source, call.arguments[1], checker)
        if condition.type not in (Type.BOOLEAN, Type.BLANK):
            return self.wrong_type(call, checker, 1, condition.type, {Type.BOOLEAN})
        return source.aggregate(self.kind, coerce(condition, Type.BOOLEAN), Type.BOOLEAN)


@dataclass(frozen=True)
class Picking(Function):
    """FIRST, LAST and LOOKUP: the value of one row."""

    kind: str = "first"
    conditional: bool = False
    """The second argument is a condition."""

    def check(self, call: Apply, checker: Checking) -> Node:
        """`FIRST(rows, value, [sort])`, `FIRST(rows.column, [sort])`, `LOOKUP(rows, condition, value, [sort])`."""
        fewest = 3 if self.conditional else 1
        if not self.count_between(call, checker, fewest, fewest + 1 if self.conditional else 3):
            return BLANK
        source = checker.source(call.arguments[0])
        if source is not None and source.type is not Type.RECORDS and not source.broken and not self.conditional:
            return self._picked(source, source.value, 1, call, checker)
        source = rows_of(self, call, checker, 0)
        if source is None:
            return BLANK
        place = 1
        if self.conditional:
            found = filtered(self, source, call, checker, 1)
            if found is None:
                return BLANK
            source, place = found, 2
        elif len(call.arguments) == 1:
            self.count_between(call, checker, 2, 3)
            return BLANK
        return self._picked(source, body_of(source, call.arguments[place], checker), place + 1, call, checker)

    def _picked(self, source: Source, body: Node, sort: int, call: Apply, checker: Checking) -> Node:
        if body.type not in (*ALL_TYPES, Type.BLANK):
            return self.wrong_type(call, checker, sort - 1, body.type, set(ALL_TYPES))
        body = coerce(body, Type.TEXT)
        key = None
        if len(call.arguments) > sort:
            key = body_of(source, call.arguments[sort], checker)
            if key.type is not Type.BLANK and key.type not in SORTED:
                return self.wrong_type(call, checker, sort, key.type, set(SORTED))
            key = None if key.type is Type.BLANK else key
        return source.aggregate(self.kind, body, body.type, key=key)


def filtered(function: Function, source: Source, call: Apply, checker: Checking, place: int) -> Source | None:
    """Only the rows that meet the condition at this place; None after reporting that it is none."""
    condition = body_of(source, call.arguments[place], checker)
    if condition.type not in (Type.BOOLEAN, Type.BLANK):
        function.wrong_type(call, checker, place, condition.type, {Type.BOOLEAN})
        return None
    return source.only(coerce(condition, Type.BOOLEAN))


def joined_rows(function: Function, source: Source, call: Apply, checker: Checking) -> Node:
    """`JOIN(rows, text, [separator])` and `JOIN(rows.column, [separator])`."""
    if source.broken or not function.count_between(call, checker, 1, 3):
        return BLANK
    place = 1
    if source.type is Type.RECORDS:
        if not function.count_between(call, checker, 2, 3):
            return BLANK
        body, place = body_of(source, call.arguments[1], checker), 2
    else:
        body = source.value
    if body.type not in (Type.TEXT, Type.BLANK):
        return function.wrong_type(call, checker, place - 1, body.type, {Type.TEXT})
    separator: Node = Constant("、", Type.TEXT)
    if len(call.arguments) > place:
        separator = checker.check(call.arguments[place])
        if separator.type not in (Type.TEXT, Type.BLANK):
            return function.wrong_type(call, checker, place, separator.type, {Type.TEXT})
    return source.aggregate("join", coerce(body, Type.TEXT), Type.TEXT, arguments=(coerce(separator, Type.TEXT),))


OVER_ROWS: Final[Mapping[str, Callable[[Function, Source, Apply, Checking], Node]]] = {"JOIN": joined_rows}
"""What functions of plain values do when their first argument is rows, by the key of the function."""


def _examples(examples: dict[str, str]) -> tuple[Example, ...]:
    return tuple(Example(text, shows) for text, shows in examples.items())


FUNCTIONS: tuple[Function, ...] = (
    RowsOnly(
        "FILTER",
        ("筛选",),
        "aggregate",
        "FILTER(rows, condition, …)",
        {
            "zh-CN": "满足全部条件的行，放在 SUM、COUNT、FIRST 等函数里。"
            "条件中可用外层字段；重名时外层写作 OUTER.字段。",
            "en": "The rows that meet all conditions, for SUM, COUNT, FIRST and the like. Fields of the row around can"
            " be used; where a row has one of the same name, OUTER.field means the one around.",
        },
        _examples(
            {
                "SUM(FILTER(lines, price > 10), qty * price)": "50",
                "COUNT(FILTER(lines, qty * price < amount))": "2",
                "SUM(FILTER(lines, price > 10).qty)": "2",
            }
        ),
    ),
    Judging(
        "ANY",
        ("任一", "存在"),
        "aggregate",
        "ANY(rows, condition)",
        {
            "zh-CN": "是否有一行满足条件；没有行时为否。",
            "en": "Whether a row meets the condition; false where there are no rows.",
        },
        _examples({"ANY(lines, price > 10)": "TRUE", "ANY(lines, qty > 3)": "FALSE"}),
    ),
    Judging(
        "EVERY",
        ("每一", "全都"),
        "aggregate",
        "EVERY(rows, condition)",
        {
            "zh-CN": "是否每一行都满足条件；没有行时为是。",
            "en": "Whether all rows meet the condition; true where there are no rows.",
        },
        _examples({"EVERY(lines, qty > 0)": "TRUE", "EVERY(lines, price > 10)": "FALSE"}),
        kind="every",
    ),
    Picking(
        "FIRST",
        ("第一行", "首行"),
        "aggregate",
        "FIRST(rows, value, [sort]) / FIRST(rows.column, [sort])",
        {
            "zh-CN": "第一行的值（可为空）；给出排序时取排序值最小的行，排序值为空的行排在最后，并列取前一行。",
            "en": "The value in the first row, blank if it is blank there. With a sort value the row where that is"
            " smallest; rows without one come last, of equals the earlier row counts.",
        },
        _examples({"FIRST(lines.note)": '"first"', "FIRST(lines, qty, price)": "3", "FIRST(lines, price, qty)": "25"}),
    ),
    Picking(
        "LAST",
        ("最后一行", "末行"),
        "aggregate",
        "LAST(rows, value, [sort]) / LAST(rows.column, [sort])",
        {
            "zh-CN": "最后一行的值（可为空）；给出排序时取排序值最大的行，并列取后一行。",
            "en": "The value in the last row, blank if it is blank there. With a sort value the row where that is"
            " largest; of equals the later row counts.",
        },
        _examples({"LAST(lines, price)": "25", "LAST(lines, price, qty)": "5"}),
        kind="last",
    ),
    Picking(
        "LOOKUP",
        ("查找行",),
        "aggregate",
        "LOOKUP(rows, condition, value, [sort])",
        {
            "zh-CN": '满足条件的第一行的值，找不到时为空。rows 可以是明细、关联或 ALL("表单")。'
            "与 Excel 不同：按条件找，不要求排序。",
            "en": "The value in the first row that meets the condition, blank if none does. Rows may be a sub-form,"
            ' related records or ALL("form"). Unlike in Excel it looks by a condition and nothing has to be sorted.',
        },
        _examples({"LOOKUP(lines, qty = 2, price)": "25", "LOOKUP(lines, qty = 9, price)": "blank"}),
        conditional=True,
    ),
)
