"""Whole forms, and the ways of Excel and of other form builders to say "the rows where this column is that"."""

import re
from dataclasses import dataclass, replace

from engines.formula import dates, numbers
from engines.formula.functions.base import ALL_TYPES, BLANK, Checking, Example, Function, Source, coerce
from engines.formula.functions.operators import (
    EQUAL,
    GREATER,
    GREATER_EQUAL,
    IS_BLANK,
    LESS,
    LESS_EQUAL,
    UNEQUAL,
)
from engines.formula.functions.rows import RowsOnly
from engines.formula.functions.text import HAS
from engines.formula.syntax import Apply
from engines.formula.tree import Call, Constant, Node, Primitive, shifted
from engines.formula.types import Type

_ORDERED = (Type.NUMBER, Type.DATE, Type.DATETIME)
_CRITERION = re.compile(r"\s*(<=|>=|<>|<|>|=)\s*(.*?)\s*", re.DOTALL)
_COMPARE: dict[str, Primitive] = {
    "<=": LESS_EQUAL, ">=": GREATER_EQUAL, "<>": UNEQUAL, "<": LESS, ">": GREATER, "=": EQUAL,
}  # fmt: skip


def column_of(function: Function, call: Apply, place: int, checker: Checking, rows: Source | None) -> Source | None:
    """The column that an argument names, of the same rows as another one; None after reporting."""
    source = checker.source(call.arguments[place])
    if source is not None and source.broken:
        return None
    if source is None or source.type is Type.RECORDS:
        message = f"Argument {place + 1} of {function.key} must be a column of rows: lines.qty"
        checker.report("formula.column", call.arguments[place].span, message, function=function.key, position=place + 1)
        return None
    if rows is not None and (source.up, source.steps, source.form) != (rows.up, rows.steps, rows.form):
        message = f"All columns of {function.key} must be of the same rows"
        checker.report(
            "formula.other_rows", call.arguments[place].span, message, function=function.key, position=place + 1
        )
        return None
    return source


def criterion(function: Function, call: Apply, place: int, column: Source, checker: Checking) -> Node | None:
    """The condition that a column equals a value from outside; texts like ">=5" compare, as in Excel."""
    value = checker.check(call.arguments[place])
    kind = column.type
    if isinstance(value, Constant) and isinstance(value.value, str):
        compared = _compared(column, value.value)
        if compared is not None:
            return compared
    if value.type is Type.BLANK:
        return Call(IS_BLANK, (column.value,), Type.BOOLEAN)
    outside = shifted(value, len(column.levels))
    if kind is Type.LIST and value.type is Type.TEXT:
        return Call(HAS, (column.value, outside), Type.BOOLEAN)
    if value.type is not kind:
        function.wrong_type(call, checker, place, value.type, {kind})
        return None
    return Call(EQUAL, (column.value, outside), Type.BOOLEAN)


def _compared(column: Source, text: str) -> Node | None:
    found = _CRITERION.fullmatch(text)
    if found is None:
        return None
    value: Node | None = None
    if column.type is Type.NUMBER and (number := numbers.from_text(found[2])) is not None:
        value = Constant(number, Type.NUMBER)
    elif column.type is Type.DATE and (day := dates.date_from_text(found[2])) is not None:
        value = Constant(day, Type.DATE)
    elif column.type is Type.TEXT and found[1] in ("=", "<>"):
        value = Constant(found[2] or None, Type.TEXT)
    return value and Call(_COMPARE[found[1]], (column.value, value), Type.BOOLEAN)


@dataclass(frozen=True)
class ByColumns(Function):
    """SUMIFS, COUNTIFS, AVERAGEIFS, MINIFS, MAXIFS."""

    kind: str = "sum"
    types: tuple[Type, ...] = (Type.NUMBER,)

    def check(self, call: Apply, checker: Checking) -> Node:
        """`F(values, column, criterion, …)`; COUNTIFS has no values."""
        start = 0 if self.kind == "count" else 1
        if not self.count_between(call, checker, start + 2, None):
            return BLANK
        if (len(call.arguments) - start) % 2:
            message = f"{self.key}: a column has no criterion: {self.usage}"
            return checker.report("formula.criterion_pairs", call.span, message, function=self.key, usage=self.usage)
        values = column_of(self, call, 0, checker, None)
        if values is None:
            return BLANK
        if start and values.type not in self.types:
            return self.wrong_type(call, checker, 0, values.type, set(self.types))
        found = values
        for place in range(start, len(call.arguments), 2):
            column = column_of(self, call, place, checker, values)
            condition = None if column is None else criterion(self, call, place + 1, column, checker)
            if condition is None:
                return BLANK
            found = found.only(condition)
        if self.kind == "count":
            return found.aggregate("rows", None, Type.NUMBER)
        return found.aggregate(self.kind, values.value, values.type)


_OPERATIONS = {
    "first": "first", "last": "last", "sum": "sum", "avg": "average", "average": "average", "min": "min", "max": "max",
    "count": "count",
}  # fmt: skip


@dataclass(frozen=True)
class MapX(Function):
    """MAPX."""

    def check(self, call: Apply, checker: Checking) -> Node:
        """`MAPX(operation, value, match column, result column)`."""
        if not self.count_between(call, checker, 4, 4):
            return BLANK
        written = checker.check(call.arguments[0])
        name = written.value.lower() if isinstance(written, Constant) and isinstance(written.value, str) else ""
        if name not in _OPERATIONS:
            known = sorted(_OPERATIONS)
            message = f"This must be one of {', '.join(known)}"
            return checker.report("formula.choice", call.arguments[0].span, message, expected=known, given=name)
        kind = _OPERATIONS[name]
        match = column_of(self, call, 2, checker, None)
        result = None if match is None else column_of(self, call, 3, checker, match)
        if match is None or result is None:
            return BLANK
        condition = criterion(self, call, 1, match, checker)
        if condition is None:
            return BLANK
        wanted = {"sum": (Type.NUMBER,), "average": (Type.NUMBER,), "min": _ORDERED, "max": _ORDERED}
        if result.type not in wanted.get(kind, ALL_TYPES):
            return self.wrong_type(call, checker, 3, result.type, set(wanted[kind]))
        type_ = Type.NUMBER if kind == "count" else result.type
        return replace(match, where=None).only(condition).aggregate(kind, coerce(result.value, Type.TEXT), type_)


def _examples(examples: dict[str, str]) -> tuple[Example, ...]:
    return tuple(Example(text, shows) for text, shows in examples.items())


def _by_columns(
    key: str, aliases: tuple[str, ...], zh: str, en: str, examples: dict[str, str], kind: str, types: tuple[Type, ...]
) -> Function:
    usage = f"{key}(column, criterion, …)" if kind == "count" else f"{key}(values, column, criterion, …)"
    return ByColumns(
        key, aliases, "aggregate", usage, {"zh-CN": zh, "en": en}, _examples(examples), kind=kind, types=types
    )


_SAME_ZH = '条件为值（相等）或 ">=5" 这样的文本。各列必须来自同样的行。'
_SAME_EN = ' A criterion is a value (equal) or a text like ">=5". All columns must be of the same rows.'

FUNCTIONS: tuple[Function, ...] = (
    RowsOnly(
        "ALL",
        ("所有记录", "整表"),
        "aggregate",
        'ALL("form")',
        {
            "zh-CN": "本应用另一个表单的全部记录（读取者有权看到的），放在 SUM、COUNT、LOOKUP 等函数里。"
            "存储公式中不可用。",
            "en": "All records of another form of the app that the reader may see, for SUM, COUNT, LOOKUP and the like."
            " Not in stored formulas.",
        },
        _examples(
            {
                'SUM(ALL("invoice"), total)': "600",
                'COUNT(FILTER(ALL("invoice"), owner = OUTER.owner))': "2",
                'SUM(ALL("invoice").total)': "600",
                'LOOKUP(ALL("invoice"), total > amount, total)': "200",
            }
        ),
    ),
    _by_columns(
        "SUMIFS",
        ("多条件求和",),
        "各列都满足条件的行的值之和。" + _SAME_ZH,
        "The sum of the values in the rows whose columns meet the criteria." + _SAME_EN,
        {
            'SUMIFS(lines.qty, lines.price, ">10")': "2",
            'SUMIFS(ALL("invoice").total, ALL("invoice").owner, owner)': "300",
        },
        "sum",
        (Type.NUMBER,),
    ),
    _by_columns(
        "COUNTIFS",
        ("多条件计数",),
        "各列都满足条件的行数。" + _SAME_ZH,
        "How many rows there are whose columns meet the criteria." + _SAME_EN,
        {"COUNTIFS(lines.qty, 3)": "1", 'COUNTIFS(lines.qty, ">1", lines.price, 25)': "1"},
        "count",
        ALL_TYPES,
    ),
    _by_columns(
        "AVERAGEIFS",
        ("多条件平均",),
        "各列都满足条件的行的平均值。" + _SAME_ZH,
        "The average over the rows whose columns meet the criteria." + _SAME_EN,
        {'AVERAGEIFS(lines.price, lines.qty, ">=2")': "15"},
        "average",
        (Type.NUMBER,),
    ),
    _by_columns(
        "MINIFS",
        ("多条件最小",),
        "各列都满足条件的行的最小值（与 Excel 不同：没有行时为空）。" + _SAME_ZH,
        "The smallest value in the rows whose columns meet the criteria; unlike in Excel blank where there are none."
        + _SAME_EN,
        {'MINIFS(lines.price, lines.qty, ">=2")': "5"},
        "min",
        _ORDERED,
    ),
    _by_columns(
        "MAXIFS",
        ("多条件最大",),
        "各列都满足条件的行的最大值（与 Excel 不同：没有行时为空）。" + _SAME_ZH,
        "The largest value in the rows whose columns meet the criteria; unlike in Excel blank where there are none."
        + _SAME_EN,
        {'MAXIFS(lines.price, lines.qty, ">=2")': "25"},
        "max",
        _ORDERED,
    ),
    MapX(
        "MAPX",
        ("映射",),
        "aggregate",
        "MAPX(operation, value, match column, result column)",
        {
            "zh-CN": "在匹配列等于 value 的行里，对结果列做运算：first、last、sum、avg、min、max、count。"
            '列可来自明细或 ALL("表单")。',
            "en": "What the operation (first, last, sum, avg, min, max, count) gives of the result column over the rows"
            ' where the match column equals the value. Columns may be of a sub-form or of ALL("form").',
        },
        _examples(
            {
                'MAPX("sum", owner, ALL("invoice").owner, ALL("invoice").total)': "300",
                'MAPX("last", 2, lines.qty, lines.price)': "25",
            }
        ),
    ),
)
