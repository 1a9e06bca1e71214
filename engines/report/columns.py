"""What can stand in a report: fields, system columns and computed columns, with what grouping needs to know of them."""

from dataclasses import dataclass
from dataclasses import field as attribute
from typing import Any, Final, cast

from engines.form.counted import counted
from engines.form.fields.base import Field, Words
from engines.form.form import Form, Forms
from engines.form.protect.seal import refused
from engines.formula import Expression, Type, Unit
from engines.kernel.problems import Problem, Rejected, suggest
from engines.report.definition import GRANULARITIES, Dimension, Format, Granularity
from engines.report.result import Kind

KINDS: Final = {
    Type.TEXT: Kind.TEXT,
    Type.NUMBER: Kind.NUMBER,
    Type.BOOLEAN: Kind.BOOLEAN,
    Type.DATE: Kind.DATE,
    Type.DATETIME: Kind.DATETIME,
    Type.RECORD: Kind.RECORD,
}
TYPES: Final = {kind: type_ for type_, kind in KINDS.items()} | {Kind.CHOICE: Type.TEXT}

DATES: Final = (Kind.DATE, Kind.DATETIME)


@dataclass(frozen=True, slots=True)
class Joined:
    """A related record of a dataset: `parent` is the join whose record points at it, None for the form's own."""

    key: str
    parent: str | None
    field: str
    form: Form


@dataclass(frozen=True, slots=True)
class Item:
    """A column of a dataset. `join` names the related record it comes from; `target` is where a relation points."""

    path: str
    join: str | None
    key: str
    kind: Kind
    label: Words
    form: Form
    field: Field | None = None
    target: Form | None = None
    expression: Expression | None = None
    format: Format = attribute(default_factory=Format)

    @property
    def ordered(self) -> bool:
        """Whether its values have an order of their own (dates, choices); names are ordered by their numbers."""
        return self.kind in (*DATES, Kind.CHOICE, Kind.BOOLEAN, Kind.NUMBER)

    @property
    def unit(self) -> Unit | None:
        """What the amounts of this column count; None for what is no money."""
        if self.expression is not None:
            return self.expression.unit
        return None if self.field is None else counted(self.form, self.field, in_row=False)[0]

    @property
    def base(self) -> str | None:
        """The field beside this one that keeps its amounts in the base currency."""
        worth = None if self.field is None else counted(self.form, self.field, in_row=False)[1]
        return None if worth is None else worth.amount


@dataclass(frozen=True, slots=True)
class Axis:
    """A dimension of a question: a column, put into periods where it is a date."""

    key: str
    label: Words
    item: Item
    granularity: Granularity | None
    dense: bool | None


def rejected(code: str, path: str, message: str, **params: Any) -> Rejected:
    """One problem of a report."""
    return Rejected(Problem(code, path, message, params))


def item_of(form: Form, key: str, *, path: str, join: str | None = None, at: str = "") -> Item:
    """The column for a field or system column of a form.

    Raises `Rejected` with a suggestion for an unknown one, and with the reason for one that holds many values:
    grouping or adding by it would count a record more than once.
    """
    field = form.every.get(key)
    if field is None:
        known = list(form.every)
        message = f'{form.label} has no field "{key}"{suggest(key, known)}'
        raise rejected("report.field_unknown", at, message, form=form.key, key=key)
    if field.encrypted:
        raise refused(field, at)
    kind = KINDS.get(field.type.formula_type(field))
    if kind is None:
        message = f"{field.label} holds many values: a record would be counted more than once"
        raise rejected("report.many_values", at, message, form=form.key, key=key, label=field.label.value)
    if field.choices:
        kind = Kind.CHOICE
    return Item(path, join, key, kind, field.label, form, field, _target(form.forms, field), format=format_of(field))


def _target(forms: Forms, field: Field) -> Form | None:
    key = field.type.target_form(field)
    return forms.target(key) if key is not None else None


def format_of(field: Field) -> Format:
    """How a field's own numbers are written."""
    decimals = field.options.get("decimals")
    percent = bool(field.options.get("percent"))
    return Format(field.options.get("unit"), decimals, percent)


def _precision(field: Field | None) -> Granularity:
    """The period that a field itself holds: a month of a month field. Days where it holds days or moments."""
    precision = str(field.options.get("precision", "")) if field is not None else ""
    return cast(Granularity, precision) if precision in GRANULARITIES else "day"


def axis_of(dimension: Dimension, item: Item) -> Axis:
    """The dimension over a column. Dates need a granularity (else what the field holds), others may have none.

    Raises `Rejected`.
    """
    granularity = dimension.granularity
    if item.kind in DATES:
        granularity = granularity or _precision(item.field)
    elif granularity is not None:
        message = f"{item.label} is no date: only dates can be put into periods"
        raise rejected("report.not_a_date", f"dimensions.{dimension.key}.granularity", message, field=item.path)
    if dimension.dense and item.kind not in DATES:
        message = f"{item.label} is no date: only dates have periods without records"
        raise rejected("report.not_a_date", f"dimensions.{dimension.key}.dense", message, field=item.path)
    label = Words(dimension.label) if dimension.label else item.label
    return Axis(dimension.key, label, item, granularity, dimension.dense)
