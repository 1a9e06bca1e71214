"""What names mean in the expressions of datasets: the fields of the form, computed columns before, other measures."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, FromClause

from engines.form.scope import FormScope
from engines.formula import Expression, Facts, FieldRef, Scope, SqlScope, Type


@dataclass(frozen=True)
class DatasetNames:
    """The fields of a form and, beside them, the computed columns of a dataset."""

    form: Scope
    columns: Mapping[str, FieldRef]

    @property
    def key(self) -> str:
        return self.form.key

    def field(self, name: str) -> FieldRef | None:
        """A computed column, else a field."""
        return self.columns.get(name) or self.form.field(name)

    def names(self) -> Iterable[str]:
        """Every name."""
        return [*self.form.names(), *self.columns]

    def setting(self, key: str) -> Type | None:
        """The type of a setting."""
        return self.form.setting(key)


@dataclass(frozen=True)
class DatasetScope:
    """Where the values of a dataset are found: those of the form as the reader sees them, and what is computed."""

    form: FormScope
    columns: Mapping[str, Expression]
    facts: Facts

    def column(self, key: str) -> ColumnElement[Any]:
        """A computed column's expression, else the field's value."""
        computed = self.columns.get(key)
        return computed.sql(self, self.facts) if computed is not None else self.form.column(key)

    def related(self, key: str) -> tuple[FromClause, ColumnElement[bool], SqlScope]:
        """As the form says."""
        return self.form.related(key)

    def rows(self, key: str) -> tuple[FromClause, ColumnElement[bool], SqlScope]:
        """As the form says."""
        return self.form.rows(key)


@dataclass(frozen=True)
class MeasureScope:
    """The numbers of a group, for measures that are computed from other measures."""

    numbers: Mapping[str, ColumnElement[Any]]

    def column(self, key: str) -> ColumnElement[Any]:
        """The number of a measure."""
        return self.numbers[key]

    def related(self, key: str) -> tuple[FromClause, ColumnElement[bool], SqlScope]:
        """A measure has no related record; never asked, since no measure is a record."""
        raise LookupError(key)

    def rows(self, key: str) -> tuple[FromClause, ColumnElement[bool], SqlScope]:
        """A measure has no rows; never asked."""
        raise LookupError(key)
