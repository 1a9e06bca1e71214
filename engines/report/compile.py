"""A question becomes one SELECT, with the reader's rights in it.

    SELECT g.d0, g.p0, ...                               -- computed measures, order, top N
    FROM (SELECT r.d0, coalesce(sum(r.v0) FILTER (WHERE r.f0), 0) AS p0 ...  -- one row per group
          FROM (SELECT stage AS d0, amount AS v0, ... FROM crm__deal WHERE ...) AS r   -- one row per record
          GROUP BY r.d0) AS g
    ORDER BY ... LIMIT ...

Names come from the dataset, never from request text. The innermost part names every expression once, so that grouping
never repeats one with other parameters; PostgreSQL pulls it up and nothing is lost against hand-written SQL.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Date,
    DateTime,
    FromClause,
    Numeric,
    Select,
    String,
    Subquery,
    and_,
    case,
    cast,
    exists,
    func,
    literal_column,
    null,
    or_,
    select,
)
from sqlalchemy.sql.elements import True_

from engines.form.form import Form
from engines.form.scope import FormScope
from engines.formula import Expression, Facts
from engines.report.columns import DATES, Axis, Item, Joined
from engines.report.definition import Granularity
from engines.report.plan import Plan
from engines.report.reader import Reader
from engines.report.resolve import Quantity, Source
from engines.report.result import Kind
from engines.report.scopes import DatasetScope, MeasureScope

MAX_GROUPS: Final = 5000


@dataclass(frozen=True, slots=True)
class Compiled:
    """The statement and its plan. Columns: groups `d0` ..., 1 in `o` for the others, measures `m0` ..."""

    statement: Select[Any]
    plan: Plan


class Base:
    """The records of a dataset as one reader sees them, with the related records that a question needs."""

    def __init__(self, source: Source, reader: Reader) -> None:
        self.source = source
        self.reader = reader
        self.table: FromClause = source.form.table
        self.root = reader.scope(source.form, self.table)
        self.scopes: dict[str | None, FormScope] = {None: self.root}
        self.origin: FromClause = self.table
        columns = {item.key: item.expression for item in source.columns.values() if item.expression is not None}
        self.scope = DatasetScope(self.root, columns, reader.facts)

    def join(self, key: str) -> None:
        """Add a related record, and before it the one that points at it; each record keeps its one row."""
        if key in self.scopes:
            return
        joined: Joined = self.source.joins[key]
        if joined.parent is not None:
            self.join(joined.parent)
        table = joined.form.table.alias(key)
        points = self.scopes[joined.parent].column(joined.field)
        condition = and_(table.c.id == points, self.reader.records(joined.form, table))
        self.origin = self.origin.outerjoin(table, condition)
        self.scopes[key] = self.reader.scope(joined.form, table)

    def value(self, item: Item) -> ColumnElement[Any]:
        """The value of a column; blank where the reader may not see it."""
        if item.expression is not None:
            return item.expression.sql(self.scope, self.reader.facts)
        if item.join is not None:
            self.join(item.join)
        return self.scopes[item.join].column(item.key)

    def condition(self, expression: Expression) -> ColumnElement[bool]:
        """A condition over the record; never NULL."""
        return expression.sql(self.scope, self.reader.facts)


def bucket(value: ColumnElement[Any], kind: Kind, granularity: Granularity | None, facts: Facts) -> ColumnElement[Any]:
    """The first day of the period that holds a date; instants in the workspace's zone. Other values as they are."""
    if kind not in DATES or granularity is None:
        return value
    local: ColumnElement[Any]
    if kind is Kind.DATETIME:
        local = func.timezone(facts.zone, value)
        if granularity == "day":
            return cast(local, Date)
    elif granularity == "day":
        return value
    else:
        local = cast(value, DateTime(timezone=False))
    return cast(func.date_trunc(literal_column(f"'{granularity}'", String), local), Date)


def compile_plan(plan: Plan, reader: Reader, where: Sequence[ColumnElement[bool]] = ()) -> Compiled:
    """The one statement that answers. `where` are the filters over the record, compiled for the same reader."""
    base = Base(plan.asked.source, reader)
    inputs = _inputs(plan, base)
    conditions = [reader.records(plan.asked.source.form, base.table), *where]
    record = select(*inputs).select_from(base.origin).where(*(one for one in conditions if not isinstance(one, True_)))
    names = [f"d{index}" for index in range(len(plan.asked.axes))]
    if not plan.apart:
        grouped = _grouped(plan, record.subquery("r"), names, "g")
        return _answer(plan, reader, grouped, names, (plan.top or MAX_GROUPS + 1) if names else None)
    kept = _kept(plan, reader, record.cte("r"))
    names = ["o", *names] if plan.others else names
    return _answer(plan, reader, _grouped(plan, kept, names, "g"), names, MAX_GROUPS + 1)


def _inputs(plan: Plan, base: Base) -> list[ColumnElement[Any]]:
    """What one record gives: its groups, the values that are aggregated and the conditions of the measures."""
    inputs: dict[str, ColumnElement[Any]] = {}
    for index, axis in enumerate(plan.asked.axes):
        value = base.value(axis.item)
        inputs[f"d{index}"] = bucket(value, axis.item.kind, axis.granularity, base.reader.facts)
    for index, part in enumerate(plan.asked.parts):
        if part.key in plan.hidden:
            continue
        if part.item is not None:
            inputs[f"v{index}"] = base.value(part.item)
        if part.filter is not None:
            inputs[f"f{index}"] = base.condition(part.filter)
    return [value.label(name) for name, value in inputs.items()] or [literal_column("1").label("one")]


def aggregate(part: Quantity, value: ColumnElement[Any] | None, condition: ColumnElement[bool] | None) -> Any:
    """One aggregate. The sum of nothing is 0, the average, smallest and largest of nothing are blank."""

    def only(call: Any) -> Any:
        return call.filter(condition) if condition is not None else call

    if part.aggregate == "count":
        return only(func.count() if value is None else func.count(value))
    assert value is not None  # `resolve` refuses other aggregates without a field
    if part.aggregate == "distinct":
        return only(func.count(value.distinct()))
    if part.aggregate == "sum":
        return func.coalesce(only(func.sum(value)), literal_column("0", Numeric))
    if part.aggregate == "avg":
        return func.dg.div(only(func.sum(value)), cast(only(func.count(value)), Numeric), type_=Numeric())
    return only(func.min(value) if part.aggregate == "min" else func.max(value))


def _grouped(plan: Plan, record: FromClause, names: Sequence[str], alias: str) -> Subquery:
    """One row per group with the aggregates `p0`, `p1` ..."""
    groups = [record.c[name] for name in names]
    values = [
        aggregate(part, record.c.get(f"v{index}"), record.c.get(f"f{index}")).label(f"p{index}")
        for index, part in enumerate(plan.asked.parts)
        if part.key not in plan.hidden
    ]
    if not groups and not values:
        values = [literal_column("1").label("one")]
    return select(*groups, *values).select_from(record).group_by(*groups).subquery(alias)


def _kept(plan: Plan, reader: Reader, record: FromClause) -> Subquery:
    """The records of the first groups; the others without their first group, told apart by `o`, or left out.

    The groups are chosen before everything is grouped: averages and distinct counts of the rest, or over a second
    dimension, cannot be made from those of the groups.
    """
    first = _grouped(plan, record, ["d0"], "first")
    numbers = _numbers(plan, first, reader)
    order = _ordering(plan, plan.asked.axes[:1], first, numbers, {})
    top = select(first.c.d0).order_by(*order).limit(plan.top).cte("top")
    blank = exists(select(literal_column("1")).select_from(top).where(top.c.d0.is_(None)))
    kept = or_(record.c.d0.in_(select(top.c.d0)), and_(record.c.d0.is_(None), blank))
    if not plan.others:
        return select(record).where(kept).subquery("k")
    others = case((kept, literal_column("0")), else_=literal_column("1")).label("o")
    value = case((kept, record.c.d0)).label("d0")
    rest = [column for column in record.c if column.name != "d0"]
    return select(others, value, *rest).subquery("k")


def _numbers(plan: Plan, grouped: FromClause, reader: Reader) -> dict[str, ColumnElement[Any]]:
    """Every shown measure over the grouped rows: aggregates as they are, computed ones by their expression."""
    parts = {part.key: f"p{index}" for index, part in enumerate(plan.asked.parts)}

    def number(quantity: Quantity) -> ColumnElement[Any]:
        if quantity.key in plan.hidden:
            return cast(null(), Numeric)
        if quantity.expression is None:
            return grouped.c[parts[quantity.key]]
        inner = {path[0]: plan.asked.known[path[0]] for path in quantity.expression.references}
        scope = MeasureScope({key: _typed(number(one), one) for key, one in inner.items()})
        return quantity.expression.sql(scope, reader.facts)

    return {quantity.key: number(quantity) for quantity in plan.asked.measures}


def _typed(value: ColumnElement[Any], quantity: Quantity) -> ColumnElement[Any]:
    """Counts are bigint; the guard functions of expressions take numeric."""
    return cast(value, Numeric) if quantity.aggregate in ("count", "distinct") else value


def _answer(plan: Plan, reader: Reader, grouped: Subquery, names: Sequence[str], limit: int | None) -> Compiled:
    """Computed measures, order and limit over the groups; related records where their names give the order."""
    numbers = _numbers(plan, grouped, reader)
    origin: FromClause = grouped
    columns: list[ColumnElement[Any]] = [grouped.c[name] for name in names]
    titles: dict[str, ColumnElement[Any]] = {}
    sorted_by = {one.key for one in plan.order}
    for index, axis in enumerate(plan.asked.axes):
        target = axis.item.target
        if axis.key not in sorted_by or target is None or target.title_field is None:
            continue
        table = target.table.alias(f"t{index}")
        allowed = reader.rows_of(target, table)
        found = table.c.id == grouped.c[f"d{index}"]
        origin = origin.outerjoin(table, found if allowed is None else and_(found, allowed))
        if reader.see(target, target.title_field, table) is True:
            titles[axis.key] = table.c[_sort_key(target)]
    columns += [numbers[one.key].label(f"m{index}") for index, one in enumerate(plan.asked.measures)]
    order = _ordering(plan, plan.asked.axes, grouped, numbers, titles)
    if "o" in names:
        order.insert(0, grouped.c.o.asc())
    return Compiled(select(*columns).select_from(origin).order_by(*order).limit(limit), plan)


def _sort_key(form: Form) -> str:
    """The column by which records of a form are ordered by name."""
    field = form.get(form.title_field or "id")
    return (field.type.sort_columns(field) or ["id"])[0]


def _ordering(
    plan: Plan,
    axes: Sequence[Axis],
    grouped: FromClause,
    numbers: Mapping[str, ColumnElement[Any]],
    titles: Mapping[str, ColumnElement[Any]],
) -> list[ColumnElement[Any]]:
    """The order of the groups, blanks last; in the end by the groups themselves, so that it is always the same."""
    places = {axis.key: index for index, axis in enumerate(axes)}
    terms: list[ColumnElement[Any]] = []
    alone: set[int] = set()
    for one in plan.order:
        if one.key in places:
            index = places[one.key]
            group = grouped.c[f"d{index}"]
            value = titles.get(one.key, natural(axes[index], group))
            alone |= {index} if value is group else set()
        elif one.key in numbers:
            if one.blanks_last:
                terms.append(grouped.c.d0.is_(None))
            value = numbers[one.key]
            if one.whole and len(axes) > 1:
                value = func.sum(value).over(
                    partition_by=[grouped.c[name] for name in ("o", "d0") if name in grouped.c]
                )
        else:
            continue
        terms.append((value.desc() if one.descending else value.asc()).nulls_last())
    return [*terms, *(grouped.c[f"d{index}"].asc().nulls_last() for index in places.values() if index not in alone)]


def natural(axis: Axis, value: ColumnElement[Any]) -> ColumnElement[Any]:
    """What a dimension is ordered by: options by their place in the list, other values by themselves."""
    if axis.item.kind is not Kind.CHOICE or axis.item.field is None:
        return value
    places = [(value == choice.key, place) for place, choice in enumerate(axis.item.field.choices)]
    return case((value.is_(None), None), *places, else_=len(places))
