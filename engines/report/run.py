"""The two services of this engine: ask a question, and find the records behind a number. Policy is always in them."""

from collections.abc import Sequence
from typing import Any

from engines.form.form import Form
from engines.form.policy import policy_for
from engines.form.transaction import Transaction
from engines.kernel.problems import Forbidden, Problem
from engines.report.access import reader_of
from engines.report.answer import answer
from engines.report.definition import Filter
from engines.report.drill import Cell, drill_filter
from engines.report.filtering import Period
from engines.report.plan import plan_question
from engines.report.resolve import Asked
from engines.report.result import Result


def run(tx: Transaction, asked: Asked, *, period: Period | None = None, filters: Sequence[Filter] = ()) -> Result:
    """The answer to a question as the actor of the transaction may have it.

    `period` is a chosen range of days; an answer to which it does not apply says so in its notes. `filters` hold
    besides. Raises `Forbidden` when the actor may not read the form or see a dimension, `Rejected` for a bad filter.
    """
    policy_for(tx, asked.source.form).require("read")
    return answer(tx, asked, reader_of(tx, asked.source.form.forms), period, filters)


def drill(
    tx: Transaction, asked: Asked, cell: Cell, *, period: Period | None = None, filters: Sequence[Filter] = ()
) -> tuple[Form, dict[str, Any]]:
    """The form and the filter of the records behind a number, under the same choices as `run` got.

    Raises `Rejected` for a cell that does not fit the question, `Forbidden` as `run` does.
    """
    policy_for(tx, asked.source.form).require("read")
    plan = plan_question(asked, reader_of(tx, asked.source.form.forms))
    if cell.measure in plan.hidden:
        raise Forbidden(Problem("report.measure_hidden", "cell.measure", "You may not see this number", {}))
    chosen = period.filter() if period is not None and period.fits(asked.source) else None
    return drill_filter(asked, cell, [one for one in (chosen, *filters) if one])
