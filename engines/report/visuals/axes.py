"""Charts with a category axis and a value axis: bars and lines."""

from typing import Any, ClassVar

from engines.kernel.labels import Label
from engines.report.definition import Question
from engines.report.result import Kind, Result
from engines.report.visuals.base import Spec, Visual, categories, group_json, series


class AxesChart(Visual):
    """One category axis, one value axis, one or more series."""

    mark: ClassVar[str]
    dimensions = (1, 2)
    measures = (1, 6)
    series = True

    def draw(self, result: Result, question: Question, locale: str) -> Spec:
        """Categories, series, and an axis of percent where all measures are shares."""
        groups = categories(result)
        lines = series(result, locale)
        category = {"type": "category", "data": [group.label for group in groups]}
        value = {"type": "value"}
        chart: Spec = {
            "xAxis": category,
            "yAxis": value,
            "series": [
                self.line({"type": self.mark, "name": name, "data": points}, question)
                | ({"color": group_json(group)["color"]} if group and "color" in group_json(group) else {})
                for group, name, points in lines
            ],
        }
        if len(lines) > 1:
            chart["legend"] = {"data": [name for _, name, _ in lines]}
        return {"chart": self.turn(chart, question, result), "categories": [group_json(group) for group in groups]}

    def line(self, line: Spec, question: Question) -> Spec:
        """One series with the options of the question."""
        if question.options.get("values"):
            line["label"] = {"show": True}
        return line

    def turn(self, chart: Spec, question: Question, result: Result) -> Spec:  # noqa: ARG002
        """The chart as it stands; bars may lie."""
        return chart


class BarChart(AxesChart):
    """Bars: compare groups; lying bars make a ranking."""

    key = "bar"
    icon = "chart-bar"
    mark = "bar"
    title: ClassVar[Label] = {"en": "Bar chart", "zh-CN": "柱状图"}
    description: ClassVar[Label] = {
        "en": "Compare groups; lying bars make a ranking.",
        "zh-CN": "比较各组大小；横向排列即为排行榜。",
    }

    def line(self, line: Spec, question: Question) -> Spec:
        """Bars of one category on top of each other where asked."""
        if question.options.get("stacked"):
            line["stack"] = "all"
        return super().line(line, question)

    def turn(self, chart: Spec, question: Question, result: Result) -> Spec:
        """Lying bars read from top to bottom, with their numbers where there is one series.

        Names of records are long: their bars lie unless told otherwise.
        """
        if question.options.get("horizontal", result.dimensions[0].kind is Kind.RECORD):
            if len(chart["series"]) == 1 and question.options.get("values") is not False:
                chart["series"][0]["label"] = {"show": True}
            across: dict[str, Any] = {**chart["xAxis"], "inverse": True}
            chart["xAxis"], chart["yAxis"] = chart["yAxis"], across
        return chart


class LineChart(AxesChart):
    """Lines: how numbers move over time."""

    key = "line"
    icon = "chart-line"
    mark = "line"
    title: ClassVar[Label] = {"en": "Line chart", "zh-CN": "折线图"}
    description: ClassVar[Label] = {"en": "How numbers move over time.", "zh-CN": "展示数字随时间的变化。"}

    def line(self, line: Spec, question: Question) -> Spec:
        """Curves and filled areas where asked."""
        options = question.options
        if options.get("smooth"):
            line["smooth"] = True
        if options.get("area") or options.get("stacked"):
            line["areaStyle"] = {"opacity": 0.15}
        if options.get("stacked"):
            line["stack"] = "all"
        return super().line(line, question)
