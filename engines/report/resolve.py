"""Names become things: a dataset over compiled forms, a question over its dataset. All problems at once, with places.

What may not be added up is refused here: fields of related records (they would count once per record that points at
them) and fields with many values.
"""

from collections.abc import Iterator, Mapping, Set
from contextlib import contextmanager
from dataclasses import dataclass, replace

from engines.form.fields.base import Words
from engines.form.form import Form, Forms
from engines.formula import Expression, FieldRef, FieldScope, Place, Type, Unit, compile_expression
from engines.kernel.problems import Problem, ProblemError, Rejected, suggest
from engines.report import words
from engines.report.columns import KINDS, TYPES, Axis, Item, Joined, axis_of, item_of, rejected
from engines.report.definition import Dataset, Format, Measure, Question
from engines.report.result import Kind
from engines.report.scopes import DatasetNames

ADDED = ("sum", "avg")
TOGETHER = (*ADDED, "min", "max")
"""Aggregates for which amounts of different currencies must not meet."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """A measure with everything it means. `needs` are the aggregated measures that a computed one stands on."""

    key: str
    label: Words | None
    kind: Kind
    format: Format
    aggregate: str | None = None
    item: Item | None = None
    filter: Expression | None = None
    expression: Expression | None = None
    needs: tuple[str, ...] = ()
    unit: Unit | None = None

    @property
    def additive(self) -> bool:
        """Whether the numbers of groups add up to the number of all."""
        return self.aggregate in ("sum", "count")


@dataclass(frozen=True, slots=True)
class Source:
    """A dataset over its compiled form."""

    dataset: Dataset
    form: Form
    joins: Mapping[str, Joined]
    columns: Mapping[str, Item]
    names: DatasetNames
    quantities: Mapping[str, Quantity]

    def item(self, path: str, at: str = "") -> Item:
        """The column that a path means: a computed column, a field, or a field of a related record.

        Raises `Rejected` with a suggestion.
        """
        head, _, rest = path.partition(".")
        if not rest:
            return self.columns.get(head) or item_of(self.form, head, path=path, at=at)
        join = self.joins.get(head)
        part = self.form.flat((head, rest))
        if join is None and len(part) == 1:
            return item_of(self.form, part[0], path=path, at=at)
        if join is None:
            message = f'The dataset has no join "{head}"{suggest(head, self.joins)}'
            raise rejected("report.join_unknown", at, message, key=head, known=sorted(self.joins))
        return item_of(join.form, rest, path=path, join=head, at=at)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question over its dataset. `measures` are shown; `parts` are aggregated, those behind computed ones too."""

    question: Question
    source: Source
    axes: tuple[Axis, ...]
    measures: tuple[Quantity, ...]
    parts: tuple[Quantity, ...]
    known: Mapping[str, Quantity]
    kept: bool = False  # a published question: the same object answers every time

    def quantity(self, key: str) -> Quantity | None:
        """The shown measure with this key."""
        return next((one for one in self.measures if one.key == key), None)

    def axis(self, key: str) -> Axis | None:
        """The dimension with this key."""
        return next((one for one in self.axes if one.key == key), None)


class _Problems:
    """Collects what goes wrong, so that all of it is said at once."""

    def __init__(self) -> None:
        self.found: list[Problem] = []

    @contextmanager
    def at(self, path: str) -> Iterator[None]:
        """Problems raised inside stand under this path."""
        try:
            yield
        except ProblemError as error:
            self.found += [problem.under(path) for problem in error.problems]

    def finish(self) -> None:
        """Raises `Rejected` if there was any."""
        if self.found:
            raise Rejected(self.found)


def resolve_dataset(forms: Forms, dataset: Dataset) -> Source:
    """The dataset over the compiled form. Raises `Rejected` with every problem, or `NotFound` for its form."""
    form = forms.get(dataset.form, "form")
    problems = _Problems()
    joins: dict[str, Joined] = {}
    columns: dict[str, Item] = {}
    names: dict[str, FieldRef] = {}
    quantities: dict[str, Quantity] = {}
    for join in dataset.joins:
        with problems.at(f"joins.{join.key}"):
            joins[join.key] = _join(form, joins, join.key, join.field)
    for column in dataset.columns:
        with problems.at(f"columns.{column.key}"):
            scope = DatasetNames(form.scope, dict(names))
            expression = _compiled(column.expression, scope, None, "expression")
            if expression.type not in KINDS or expression.type is Type.RECORD:
                message = f"A computed column cannot be {expression.type.value}"
                raise rejected("report.column_type", "expression", message, type=expression.type.value)
            label = Words(column.label or column.key)
            kind = KINDS[expression.type]
            columns[column.key] = Item(
                column.key, None, column.key, kind, label, form, expression=expression, format=column.format or Format()
            )
            names[column.key] = FieldRef(column.key, expression.type, label("zh-CN"), unit=expression.unit)
    source = Source(dataset, form, joins, columns, DatasetNames(form.scope, names), {})
    for measure in _ordered(dataset.measures):
        with problems.at(f"measures.{measure.key}"):
            quantities[measure.key] = _quantity(source, quantities, measure, {one.key for one in dataset.measures})
    problems.finish()
    ordered = {measure.key: quantities[measure.key] for measure in dataset.measures}
    return Source(dataset, form, joins, columns, source.names, ordered)


def resolve_question(source: Source, question: Question) -> Asked:
    """The question over its dataset. Raises `Rejected` with every problem."""
    problems = _Problems()
    axes: list[Axis] = []
    for dimension in question.dimensions:
        with problems.at(""):
            item = source.item(dimension.field, f"dimensions.{dimension.key}.field")
            axes.append(axis_of(dimension, item))
    known = dict(source.quantities)
    measures: list[Quantity] = []
    for index, measure in enumerate(_ordered_own(question.measures)):
        if isinstance(measure, Measure):
            with problems.at(f"measures.{measure.key}"):
                known[measure.key] = _quantity(source, known, measure, set(known))
        elif measure not in known:
            message = f'The dataset has no measure "{measure}"{suggest(measure, known)}'
            problems.found.append(Problem("question.measure_unknown", f"measures[{index}]", message, {"key": measure}))
    for measure in question.measures:
        key = measure if isinstance(measure, str) else measure.key
        if key in known:
            measures.append(known[key])
    asked = {axis.key for axis in axes} | {measure.key for measure in measures}
    for sort in question.sort:
        if sort.key not in asked and not problems.found:
            message = f'This question has no dimension or measure "{sort.key}"{suggest(sort.key, asked)}'
            problems.found.append(Problem("question.sort_unknown", f"sort.{sort.key}", message, {"key": sort.key}))
    problems.finish()
    needed = dict.fromkeys(key for one in measures for key in (one.needs or (one.key,)))
    return Asked(question, source, tuple(axes), tuple(measures), tuple(known[key] for key in needed), known)


def _join(form: Form, joins: Mapping[str, Joined], key: str, path: str) -> Joined:
    head, _, rest = ".".join(form.flat(path.split("."))).partition(".")
    parent: str | None = None
    if rest:
        if head not in joins:
            message = f'There is no join "{head}" before this one{suggest(head, joins)}'
            raise rejected("report.join_unknown", "field", message, key=head, known=sorted(joins))
        parent, form, head = head, joins[head].form, rest
    item = item_of(form, head, path=path, at="field")
    if item.kind is not Kind.RECORD or item.target is None:
        message = f"{item.label} does not point at one record"
        raise rejected("report.join_no_relation", "field", message, field=path)
    return Joined(key, parent, head, item.target)


def _compiled(text: str, scope: DatasetNames | FieldScope, expects: Type | None, at: str) -> Expression:
    place = Place.FILTER if expects is Type.BOOLEAN else Place.LIVE
    try:
        return compile_expression(text, scope, expects=expects, place=place)
    except ProblemError as error:
        raise Rejected([problem.under(at) for problem in error.problems]) from error


def _quantity(source: Source, known: Mapping[str, Quantity], measure: Measure, declared: Set[str]) -> Quantity:
    label = Words(measure.label) if measure.label else None
    if measure.expression is not None:
        fields = tuple(
            FieldRef(one.key, TYPES[one.kind], str(one.label or ""), unit=one.unit) for one in known.values()
        )
        broken = tuple(FieldRef(key, Type.NUMBER) for key in declared - known.keys() - {measure.key})
        expression = _compiled(measure.expression, FieldScope("measures", (*fields, *broken)), None, "expression")
        if expression.type is not Type.NUMBER:
            message = f"A measure is a number, this is {expression.type.value}"
            raise rejected("report.measure_type", "expression", message, type=expression.type.value)
        used = sorted({path[0] for path in expression.references} & known.keys())  # broken ones are told about already
        needs = dict.fromkeys(key for one in used for key in (known[one].needs or (one,)))
        label = label or Words(measure.key)
        form = measure.format or Format()
        unit = expression.unit
        return Quantity(measure.key, label, Kind.NUMBER, form, expression=expression, needs=tuple(needs), unit=unit)
    item = source.item(measure.field, "field") if measure.field else None
    condition = _compiled(measure.filter, source.names, Type.BOOLEAN, "filter") if measure.filter else None
    assert measure.aggregate is not None  # the schema says: an aggregate or an expression
    kind = _check_aggregate(measure.aggregate, item)
    form = _format(measure, item)
    if item is not None and measure.aggregate in TOGETHER:
        asked, item = item, _one_currency(source, item)
        if item is not asked and item.unit is not None and form.unit is None:  # the number says what it counts
            label, form = label or _named(measure.aggregate, asked), replace(form, unit=item.unit.code)
    unit = item.unit if item is not None and measure.aggregate in TOGETHER else None
    return Quantity(measure.key, label, kind, form, measure.aggregate, item, condition, unit=unit)


def _one_currency(source: Source, item: Item) -> Item:
    """The column itself, or the base amounts where its amounts are in the currencies of their records.

    Raises `Rejected` where there are none: a number of different currencies means nothing.
    """
    if item.unit is None or item.unit.code:
        return item
    if item.base is None:
        message = (
            f"{item.label} is in the currency of each record and cannot be put together: give the field a base amount,"
            " or ask a computed column with CONVERT"
        )
        raise rejected("report.mixed_currencies", "field", message, field=item.path, label=str(item.label))
    return source.item(f"{item.join}.{item.base}" if item.join else item.base, "field")


def _named(aggregate: str, item: Item) -> Words:
    """The label of a measure over a column that another one stands in for."""
    return Words({locale: words.measure_label(aggregate, item.label(locale), locale) for locale in ("zh-CN", "en")})


def _check_aggregate(aggregate: str, item: Item | None) -> Kind:
    """The kind of the aggregate's result. Raises `Rejected` for what cannot or must not be aggregated like this."""
    if item is None:
        if aggregate == "count":
            return Kind.NUMBER
        raise rejected("report.field_missing", "field", f"Say of which field ({aggregate})", aggregate=aggregate)
    if aggregate in ADDED:
        if item.kind is not Kind.NUMBER:
            message = f"{item.label} is no number and cannot be added up"
            raise rejected("report.not_a_number", "field", message, field=item.path)
        if item.join is not None:
            message = (
                f"{item.label} belongs to a related record and would be counted once for every record that points at"
                f" it: ask a dataset over {item.form.label}"
            )
            raise rejected("report.counted_twice", "field", message, field=item.path, form=item.form.key)
    if aggregate in ("min", "max"):
        if item.kind not in (Kind.NUMBER, Kind.DATE, Kind.DATETIME):
            message = f"{item.label} is neither number nor date and has no smallest or largest value"
            raise rejected("report.not_ordered", "field", message, field=item.path)
        return item.kind
    return Kind.NUMBER


def _format(measure: Measure, item: Item | None) -> Format:
    if measure.format is not None:
        return measure.format
    if item is None or measure.aggregate in ("count", "distinct"):
        return Format(decimals=0)
    form = item.format
    if measure.aggregate == "avg":
        return Format(form.unit, max(form.decimals or 0, 2), form.percent, form.scale)
    return form


def _ordered(measures: tuple[Measure, ...]) -> list[Measure]:
    """Measures such that each comes after those its expression may name: aggregates first, then as written."""
    return sorted(measures, key=lambda one: one.expression is not None)


def _ordered_own(measures: tuple[str | Measure, ...]) -> list[str | Measure]:
    return sorted(measures, key=lambda one: isinstance(one, Measure) and one.expression is not None)
