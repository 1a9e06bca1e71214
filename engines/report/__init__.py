"""Datasets, questions and dashboards: one question, one SELECT, with the reader's rights in it (DESIGN.md D10).

asked = reports_of(forms).question("won_by_month")
result = run(tx, asked, period=Period("close_date", first, last))
spec = shape(result, asked.question, "zh-CN")
form, condition = drill(tx, asked, Cell(groups, measure))
"""

from engines.report.definition import Dashboard, Question
from engines.report.drill import Cell
from engines.report.filtering import Period
from engines.report.kinds import REPORT_KINDS
from engines.report.reports import Reports, check_reports, reports_of
from engines.report.result import Result
from engines.report.run import drill, run
from engines.report.visuals import VISUALS, shape

__all__ = [
    "REPORT_KINDS",
    "VISUALS",
    "Cell",
    "Dashboard",
    "Period",
    "Question",
    "Reports",
    "Result",
    "check_reports",
    "drill",
    "reports_of",
    "run",
    "shape",
]
