"""Filters of datasets, questions and dashboards: the same conditions, over the same values, as lists use."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import ColumnElement

from engines.form.fields.base import Context
from engines.form.filters import read_filter
from engines.form.query.conditions import filter_condition
from engines.form.scope import FormScope
from engines.kernel.problems import Problem, ProblemError
from engines.report.columns import DATES, item_of
from engines.report.definition import Filter
from engines.report.drill import Words
from engines.report.resolve import Asked, Source


@dataclass(frozen=True, slots=True)
class Period:
    """A range of days, both included, in which a date field must lie; an open end is None."""

    field: str
    first: date | None
    last: date | None

    def filter(self) -> Filter | None:
        """The range as a filter; None when both ends are open."""
        if self.first is None and self.last is None:
            return None
        ends = [None if one is None else one.isoformat() for one in (self.first, self.last)]
        return {"field": self.field, "op": "between", "value": ends}

    def fits(self, source: Source) -> bool:
        """Whether the dataset's form has this date."""
        return self.field in source.form.every and item_of(source.form, self.field, path=self.field).kind in DATES


def filter_problems(source: Source, condition: Filter | None) -> list[Problem]:
    """What is wrong with a filter over a dataset, under `filter`."""
    if not condition:
        return []
    try:
        read_filter(source.form, Words(source, source.quantities).over_form(condition), Context())
    except ProblemError as error:
        return list(error.problems)
    return []


def conditions(
    asked: Asked, scope: FormScope, context: Context, extra: Iterable[Filter | None] = ()
) -> list[ColumnElement[bool]]:
    """The filters of the dataset, of the question and those given beside, over the record. Raises `Rejected`."""
    words = Words(asked.source, asked.known)
    own = replace(context, compared=None)  # what the dataset compares is no question of its reader
    filters = ((asked.source.dataset.filter, own), *((one, context) for one in (asked.question.filter, *extra)))
    return [
        filter_condition(read_filter(scope.form, words.over_form(one), noting), scope, noting)
        for one, noting in filters
        if one
    ]
