"""Charts of the parts of a whole: pie and funnel."""

from itertools import pairwise
from typing import ClassVar

from engines.kernel.labels import Label
from engines.report.definition import Question
from engines.report.result import Result
from engines.report.visuals.base import Spec, Visual, group_json, point


class SharesChart(Visual):
    """One slice per group."""

    dimensions = (1, 1)
    measures = (1, 1)

    def slices(self, result: Result, locale: str) -> list[Spec]:
        """The groups with a number, in the order of the answer."""
        return [
            {"name": row.groups[0].label, **point(result, index, 0, locale)}
            | ({"color": group_json(row.groups[0])["color"]} if "color" in group_json(row.groups[0]) else {})
            for index, row in enumerate(result.rows)
            if row.values[0] is not None
        ]


class PieChart(SharesChart):
    """A pie: shares of a whole."""

    key = "pie"
    icon = "chart-pie"
    title: ClassVar[Label] = {"en": "Pie chart", "zh-CN": "饼图"}
    description: ClassVar[Label] = {
        "en": "Shares of a whole, for few groups.",
        "zh-CN": "展示整体中的占比，适合少量分组。",
    }

    def draw(self, result: Result, question: Question, locale: str) -> Spec:
        """Slices; negative numbers have no share and are only in the table."""
        slices = [one for one in self.slices(result, locale) if one["value"] >= 0]
        radius = ["45%", "70%"] if question.options.get("donut") else "70%"
        chart = {
            "legend": {"data": [one["name"] for one in slices]},
            "series": [{"type": "pie", "radius": radius, "name": result.measures[0].label, "data": slices}],
        }
        return {"chart": chart}


class FunnelChart(SharesChart):
    """A funnel: how many remain from step to step."""

    key = "funnel"
    icon = "filter"
    title: ClassVar[Label] = {"en": "Funnel", "zh-CN": "漏斗图"}
    description: ClassVar[Label] = {
        "en": "How much there is in each step, in the order of the choices.",
        "zh-CN": "按选项顺序展示各阶段的数量。",
    }

    def draw(self, result: Result, question: Question, locale: str) -> Spec:  # noqa: ARG002
        """Steps in the order of the answer, each with its share of the step before (`rate`).

        Where a later step is larger (records are counted in the step they stand in now) a funnel would turn over and
        its shares would mean nothing: then bars around one middle line are drawn, without shares.
        """
        slices = self.slices(result, locale)
        name = result.measures[0].label
        if any(before["value"] < one["value"] for before, one in pairwise(slices)):
            return {"chart": _around_the_middle(name, slices)}
        for before, one in pairwise(slices):
            if before["value"]:
                one["rate"] = one["value"] / before["value"]
        return {"chart": {"series": [{"type": "funnel", "sort": "none", "gap": 2, "name": name, "data": slices}]}}


def _around_the_middle(name: str, slices: list[Spec]) -> Spec:
    """Lying bars around one middle line: each stands on half of what it lacks to the longest."""
    longest = max(one["value"] for one in slices)
    pads = [{"value": (longest - max(one["value"], 0)) / 2} for one in slices]
    return {
        "xAxis": {"type": "value", "show": False, "max": longest},
        "yAxis": {"type": "category", "data": [one["name"] for one in slices], "inverse": True},
        "series": [
            {"type": "bar", "name": "", "stack": "all", "silent": True, "pad": True, "data": pads},
            {"type": "bar", "name": name, "stack": "all", "data": slices, "label": {"show": True}},
        ],
    }
