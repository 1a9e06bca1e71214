"""Execute a plan for a reader, and put the answer into the reader's words."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any, Final

from engines.form.fields.base import Context
from engines.form.fields.number import plain
from engines.form.titles import titles
from engines.form.transaction import Transaction
from engines.kernel.labels import label
from engines.report import cache, periods, words
from engines.report.columns import DATES, Axis
from engines.report.compile import MAX_GROUPS, Compiled, compile_plan
from engines.report.definition import Filter
from engines.report.filtering import Period, conditions
from engines.report.plan import Plan, plan_question
from engines.report.reader import Reader
from engines.report.resolve import Asked, Quantity
from engines.report.result import DimensionColumn, Group, Kind, MeasureColumn, Number, Result, Row
from engines.report.visuals import VISUALS

MOST_FILLED: Final = 200
"""So many periods are shown without being asked for; beyond, the empty ones would crowd out the others."""
DAYS: Final = {"day": 1, "week": 7, "month": 31, "quarter": 92, "year": 366}


def answer(
    tx: Transaction, asked: Asked, reader: Reader, period: Period | None = None, filters: Sequence[Filter] = ()
) -> Result:
    """The answer to a question for a reader; see `engines.report.run`."""
    plan = plan_question(asked, reader)
    fits = period is None or period.fits(asked.source)
    chosen = period if period is not None and fits else None
    rows = _ask(tx, plan, reader, chosen, filters)
    locale = tx.actor.locale
    return Result(
        question=asked.question.key,
        title=label(asked.question.title, locale),
        dimensions=tuple(
            DimensionColumn(one.key, one.label(locale), one.item.kind, one.granularity) for one in asked.axes
        ),
        measures=tuple(measure_column(one, locale, hidden=one.key in plan.hidden) for one in asked.measures),
        rows=tuple(dense(asked, rows[:MAX_GROUPS], chosen, tx)),
        previous=_previous(tx, plan, reader, chosen, filters),
        truncated=len(rows) > MAX_GROUPS,
        notes=() if fits else ("unfiltered",),
    )


def statement(tx: Transaction, plan: Plan, reader: Reader, filters: Iterable[Filter | None] = ()) -> Compiled:
    """The one SELECT of a plan, with every filter in it."""
    scope = reader.scope(plan.asked.source.form, plan.asked.source.form.table)
    return compile_plan(plan, reader, conditions(plan.asked, scope, Context.of(tx), filters))


def _ask(tx: Transaction, plan: Plan, reader: Reader, period: Period | None, filters: Sequence[Filter]) -> list[Row]:
    chosen = [period.filter() if period else None, *filters]
    key = cache.key_of(tx, plan.asked, reader.facts, chosen)
    found = cache.ANSWERS.find(tx, key)
    if found is None:
        compiled = statement(tx, plan, reader, chosen)
        found = cache.rows_of(tx, key, plan.asked, compiled.statement, reader.facts)
    kept = [_raw(one["d0"]) for one in found if plan.others and not one["o"]] if plan.others else []
    kept = list(dict.fromkeys(kept))
    named = [_titles(tx, axis, [one[f"d{index}"] for one in found]) for index, axis in enumerate(plan.asked.axes)]
    return [
        Row(
            tuple(
                Group(tuple(kept), words.word("others", tx.actor.locale), role="others")
                if index == 0 and plan.others and one["o"]
                else _group(tx, axis, one[f"d{index}"], named[index])
                for index, axis in enumerate(plan.asked.axes)
            ),
            tuple(_number(one[f"m{index}"]) for index in range(len(plan.asked.measures))),
        )
        for one in found
    ]


def _titles(tx: Transaction, axis: Axis, ids: Sequence[Any]) -> Mapping[int, str]:
    """What the related records of a dimension are called, as far as the reader may know."""
    target = axis.item.target
    return titles(tx, target, (one for one in ids if one is not None)) if target is not None else {}


def _previous(
    tx: Transaction, plan: Plan, reader: Reader, period: Period | None, filters: Sequence[Filter]
) -> tuple[Number, ...] | None:
    """The numbers of the period to compare with: only for a question without dimensions and a closed period."""
    compare = plan.asked.question.compare
    if compare is None or plan.asked.axes or period is None or period.first is None or period.last is None:
        return None
    try:
        first, last = periods.before(period.first, period.last, compare)
    except (OverflowError, ValueError):
        return None  # before the first year of the calendar
    return _ask(tx, plan, reader, replace(period, first=first, last=last), filters)[0].values


def _number(value: Any) -> Number:
    return Decimal(value) if isinstance(value, int) else value


def _raw(value: Any) -> Any:
    """A value as JSON, as a cell carries it."""
    if isinstance(value, date):
        return value.isoformat()
    return plain(value) if isinstance(value, Decimal) else value


def _group(tx: Transaction, axis: Axis, value: Any, named: Mapping[int, str]) -> Group:
    locale, item = tx.actor.locale, axis.item
    if value is None:
        return Group(None, words.word("blank", locale), role="blank")
    if item.kind is Kind.RECORD:
        return Group(value, named[value])
    if item.kind in DATES:
        assert axis.granularity is not None  # dates have one
        return Group(value, words.period(value, axis.granularity, locale))
    if item.kind is Kind.CHOICE and item.field is not None:
        choice = item.field.choice(value)
        return Group(value, choice.label(locale) if choice else str(value), choice.color if choice else None)
    if item.field is not None and item.kind is not Kind.TEXT and item.field.currency is None:
        return Group(value, item.field.type.display(value, item.field, locale, tx.actor.zone))
    if item.field is not None and item.kind is Kind.TEXT and isinstance(value, str):
        return Group(value, words.group_text(item.field.type.display(value, item.field, locale), item.kind, locale))
    return Group(value, words.group_text(value, item.kind, locale))


def measure_column(quantity: Quantity, locale: str, *, hidden: bool) -> MeasureColumn:
    """How a measure is labelled and written."""
    if quantity.label is not None:
        text = quantity.label(locale)
    else:
        field = quantity.item.label(locale) if quantity.item is not None else ""
        text = words.measure_label(quantity.aggregate or "count", field, locale)
    currency = (quantity.unit.code or None) if quantity.unit is not None else None
    return MeasureColumn(quantity.key, text, quantity.kind, quantity.format, hidden, quantity.additive, currency)


def dense(asked: Asked, rows: Sequence[Row], period: Period | None, tx: Transaction) -> Iterable[Row]:
    """The rows with the periods that have none, where the first dimension asks for every period.

    From the first to the last period with records, or over the whole chosen range; bars and lines do so unless told
    otherwise. Counts and sums of nothing are 0,
    everything else of nothing is blank. Only for one dimension in its natural order.
    """
    axis = asked.axes[0] if len(asked.axes) == 1 else None
    if axis is None or axis.granularity is None or asked.question.sort or asked.question.limit:
        return rows
    if axis.dense is False or (axis.dense is None and not VISUALS.get(asked.question.visual).series):
        return rows
    known = {row.groups[0].value: row for row in rows if row.groups[0].role == "value"}
    if not known:
        return rows  # nothing to draw is told as such
    ends = [day for day in (*known, period and period.first, period and period.last) if day]
    nothing = tuple(Decimal(0) if one.aggregate in ("sum", "count", "distinct") else None for one in asked.measures)
    filled: list[Row] = []
    start, last = periods.start_of(min(ends), axis.granularity), max(ends)
    if axis.dense is None and (last - start).days > DAYS[axis.granularity] * MOST_FILLED:
        return rows
    while start <= last and len(filled) < MAX_GROUPS:
        group = Group(start, words.period(start, axis.granularity, tx.actor.locale))
        filled.append(known.get(start) or Row((group,), nothing))
        if periods.last_day(start, axis.granularity) == date.max:
            break
        start = periods.after(start, axis.granularity)
    return [*filled, *(row for row in rows if row.groups[0].role != "value")]
