"""One number of a report by name, as pack tests ask for it."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from engines.form.form import Forms
from engines.form.transaction import Transaction
from engines.kernel.problems import NotFound, Problem
from engines.report.definition import Question
from engines.report.reports import reports_of
from engines.report.run import run


def measure(tx: Transaction, forms: Forms, asked: Mapping[str, Any]) -> Any:
    """The number of `{"question", "measure"}` or `{"dataset", "measure"}`; `group` names the groups' labels.

    Raises `NotFound` where the answer has no such measure or group.
    """
    reports = reports_of(forms)
    name = asked["measure"]
    if "question" in asked:
        question = reports.question(asked["question"])
    else:
        document = {"title": name, "key": "asked", "dataset": asked["dataset"], "visual": "number", "measures": [name]}
        question = reports.ask(Question.read(document))
    result = run(tx, question)
    keys = [column.key for column in result.measures]
    wanted = list(asked.get("group", ()))
    for row in result.rows:
        if [group.label for group in row.groups][: len(wanted)] == wanted and name in keys:
            value = row.values[keys.index(name)]
            return Decimal(0) if value is None else value
    message = f'The answer has no measure "{name}" of {wanted or "all"}'
    raise NotFound(Problem("pack.no_measure", name, message, {"measure": name, "group": wanted}))
