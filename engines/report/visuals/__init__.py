"""The ways of drawing an answer. A new one is a class and a line here."""

from typing import Final

from engines.kernel.registry import Registry
from engines.report.definition import Question
from engines.report.result import Result
from engines.report.visuals.axes import BarChart, LineChart
from engines.report.visuals.base import Spec, Visual
from engines.report.visuals.figures import NumberCard, TableVisual
from engines.report.visuals.shares import FunnelChart, PieChart

VISUALS: Final[Registry[Visual]] = Registry(
    "visual", [BarChart(), LineChart(), PieChart(), FunnelChart(), NumberCard(), TableVisual()]
)

__all__ = ["VISUALS", "Spec", "Visual", "shape"]


def shape(result: Result, question: Question, locale: str) -> Spec:
    """The answer as its question wants it drawn: plain JSON for the page."""
    return VISUALS.get(question.visual, "visual").shape(result, question, locale)
