"""Answers that are read, not drawn: number cards and tables."""

from decimal import Decimal
from typing import ClassVar

from engines.kernel.labels import Label
from engines.report.definition import Question
from engines.report.result import Result
from engines.report.visuals.base import Spec, Visual
from engines.report.words import value_text


class NumberCard(Visual):
    """One number, large; further measures below it; a comparison beside it."""

    key = "number"
    icon = "square-number-1"
    dimensions = (0, 0)
    measures = (1, 4)
    title: ClassVar[Label] = {"en": "Number card", "zh-CN": "指标卡"}
    description: ClassVar[Label] = {"en": "One number, large.", "zh-CN": "突出显示一个数字。"}

    def draw(self, result: Result, question: Question, locale: str) -> Spec:  # noqa: ARG002
        """The numbers with their texts; `change` is the share by which a number grew, null where it cannot be said."""
        values = result.rows[0].values if result.rows else (None,) * len(result.measures)
        numbers: list[Spec] = []
        for index, (value, column) in enumerate(zip(values, result.measures, strict=True)):
            shape: Spec = {"label": column.label, "text": value_text(value, column, locale), "cell": [0, index]}
            if result.previous is not None:
                before = result.previous[index]
                shape["previous"] = value_text(before, column, locale)
                comparable = isinstance(value, Decimal) and isinstance(before, Decimal) and before != 0
                shape["change"] = float((value - before) / abs(before)) if comparable else None  # type: ignore[operator,arg-type]
            numbers.append(shape)
        return {"numbers": numbers}


class TableVisual(Visual):
    """A table of groups and numbers, with a row of totals where numbers add up."""

    key = "table"
    icon = "table"
    dimensions = (0, 4)
    measures = (1, 20)
    title: ClassVar[Label] = {"en": "Table", "zh-CN": "表格"}
    description: ClassVar[Label] = {"en": "Groups and their numbers, line by line.", "zh-CN": "逐行列出分组及其数字。"}

    def draw(self, result: Result, question: Question, locale: str) -> Spec:
        """The table that every answer has, with totals of what adds up."""
        if not result.dimensions or result.truncated or len(result.rows) < 2:
            return {}
        totals: list[str | None] = []
        for index, column in enumerate(result.measures):
            values = [row.values[index] for row in result.rows]
            numbers = [value for value in values if isinstance(value, Decimal)]
            addable = column.additive and not column.hidden and not question.limit
            totals.append(value_text(sum(numbers, Decimal(0)), column, locale) if addable else None)
        return {"totals": totals} if any(totals) else {}
