"""What every way of drawing an answer promises.

`shape` turns an answer into plain JSON: an ECharts option without functions (the page adds colours, formats and
clicks), plus a table with the same numbers for people who read instead of look. Every drawn number carries its place
`[row, measure]`, by which the page asks for the records behind it, and its text.
"""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from engines.form.fields.choice import COLORS
from engines.kernel.labels import Label, label
from engines.kernel.problems import Problem
from engines.report.definition import Question
from engines.report.result import Group, MeasureColumn, Number, Result
from engines.report.words import scaled, value_text

Spec = dict[str, Any]
Point = dict[str, Any]


class Visual:
    """A way of drawing. Subclasses say how many dimensions and measures they can draw."""

    key: ClassVar[str]
    icon: ClassVar[str]
    title: ClassVar[Label]
    description: ClassVar[Label]
    dimensions: ClassVar[tuple[int, int]]
    measures: ClassVar[tuple[int, int]]
    series: ClassVar[bool] = False  # whether a second dimension makes series, so that the first one keeps together

    def check(self, document: Mapping[str, Any]) -> Iterable[Problem]:
        """Whether a question has as many dimensions and measures as this visual can draw."""
        for part, (least, most) in (("dimensions", self.dimensions), ("measures", self.measures)):
            count = len(document.get(part, ()))
            if least <= count <= most:
                continue
            wanted = str(least) if least == most else f"{least} to {most}"
            message = f"A {label(self.title, 'en').lower()} takes {wanted} {part}, this question has {count}"
            params = {"visual": self.key, "least": least, "most": most, "count": count}
            yield Problem(f"question.{part}_count", part, message, params)
        if (
            len(document.get("dimensions", ())) == 2
            and len(document.get("measures", ())) > 1
            and self.dimensions[1] == 2
        ):
            message = "With two dimensions only one measure can be drawn: the second dimension makes the series"
            yield Problem("question.series_twice", "measures", message, {"visual": self.key})

    def shape(self, result: Result, question: Question, locale: str) -> Spec:
        """The chart, its table and its notes as JSON."""
        return {
            "visual": self.key,
            "title": result.title,
            "empty": result.empty,
            "truncated": result.truncated,
            "notes": list(result.notes),
            "hidden": [column.label for column in result.measures if column.hidden],
            "formats": [format_json(column, locale) for column in result.measures],
            "table": table(result, locale),
            **self.draw(result, question, locale),
        }

    def draw(self, result: Result, question: Question, locale: str) -> Spec:
        """What is special about this visual; `{"chart": ECharts option}` for charts."""
        raise NotImplementedError


def format_json(column: MeasureColumn, locale: str) -> Spec:
    """How the page writes numbers on axes: `{"unit": "元", "decimals": 0, "percent": true}`."""
    form = column.format
    shape: Spec = {"label": column.label, "percent": form.percent, "scale": form.scale, "additive": column.additive}
    if form.decimals is not None:
        shape["decimals"] = form.decimals
    if form.unit is not None:
        shape["unit"] = label(form.unit, locale)
    return shape


def drawn(value: Number, column: MeasureColumn) -> float | str | None:
    """The value as a chart takes it: a plain number, already scaled; days as text."""
    if value is None:
        return None
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return float(scaled(value, column.format))


def point(result: Result, row: int, measure: int, locale: str) -> Point:
    """One drawn number: its value, its text and its place in the answer."""
    value, column = result.rows[row].values[measure], result.measures[measure]
    return {"value": drawn(value, column), "text": value_text(value, column, locale), "cell": [row, measure]}


def group_json(group: Group) -> Spec:
    """A group for the page: its name, its role and its colour token where it has one."""
    shape: Spec = {"label": group.label, "role": group.role}
    if group.color in COLORS:
        shape["color"] = group.color
    return shape


def table(result: Result, locale: str) -> Spec:
    """The answer as a table: what screen readers, printing and "show as table" use."""
    return {
        "columns": [
            *({"key": one.key, "label": one.label, "role": "dimension"} for one in result.dimensions),
            *({"key": one.key, "label": one.label, "role": "measure", "hidden": one.hidden} for one in result.measures),
        ],
        "rows": [
            {
                "groups": [group_json(group) for group in row.groups],
                "values": [
                    value_text(value, column, locale) for value, column in zip(row.values, result.measures, strict=True)
                ],
            }
            for row in result.rows
        ],
    }


def categories(result: Result) -> list[Group]:
    """The groups of the first dimension in the order of the answer, each once."""
    return list({(row.groups[0].role, row.groups[0].key): row.groups[0] for row in result.rows}.values())


def series(result: Result, locale: str) -> list[tuple[Group | None, str, list[Point | None]]]:
    """The lines of a chart over the first dimension: one per measure, or one per group of the second dimension."""
    places = {(group.role, group.key): index for index, group in enumerate(categories(result))}
    lines: dict[Any, tuple[Group | None, str, list[Point | None]]] = {}
    for index, row in enumerate(result.rows):
        place = places[row.groups[0].role, row.groups[0].key]
        second = row.groups[1] if len(row.groups) > 1 else None
        for measure, column in enumerate(result.measures):
            key = (second.role, second.key) if second else measure
            name = second.label if second else column.label
            line = lines.setdefault(key, (second, name, [None] * len(places)))
            line[2][place] = point(result, index, measure, locale)
    return list(lines.values())
