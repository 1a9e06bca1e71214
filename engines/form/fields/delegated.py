"""A field whose values are of another field type: it reads, shows, filters, imports and exports as that type does.

Formulas name the type of their result, stage information that of what it shows, look-ups follow to the field itself.
"""

from typing import Any

from sqlalchemy import Column, ColumnElement
from sqlalchemy.types import TypeEngine

from engines.form.fields.base import Context, Field, FieldType
from engines.formula.types import Type


class Delegated(FieldType):
    """Asks another type for all that has to do with values."""

    def kind(self, field: Field) -> FieldType:
        """The type that is asked."""
        raise NotImplementedError

    def end(self, field: Field) -> Field:
        """The field with whose options it is asked."""
        return field

    def look(self, field: Field) -> str:
        return self.kind(field).look(self.end(field))

    def formula_type(self, field: Field) -> Type:
        return self.kind(field).formula_type(self.end(field))

    def column_type(self, field: Field) -> TypeEngine[Any]:
        return self.kind(field).column_type(self.end(field))

    def columns(self, field: Field) -> list[Column[Any]]:
        return self.kind(field).columns(self.end(field))

    def to_columns(self, value: Any, field: Field) -> dict[str, Any]:
        return self.kind(field).to_columns(value, self.end(field))

    def from_column(self, stored: Any, field: Field) -> Any:
        return self.kind(field).from_column(stored, self.end(field))

    def sort_columns(self, field: Field) -> list[str]:
        return self.kind(field).sort_columns(self.end(field))

    def parse(self, raw: Any, field: Field, context: Context | None = None) -> Any:
        return self.kind(field).parse(raw, self.end(field), context)

    def display(self, value: Any, field: Field, locale: str = "zh-CN", zone: str = "Asia/Shanghai") -> str:
        return self.kind(field).display(value, self.end(field), locale, zone)

    def to_json(self, value: Any, field: Field) -> Any:
        return self.kind(field).to_json(value, self.end(field))

    def search_text(self, value: Any, field: Field) -> str:
        return self.kind(field).search_text(value, self.end(field))

    def import_cell(self, cell: Any, field: Field, context: Context) -> Any:
        return self.kind(field).import_cell(cell, self.end(field), context)

    def export_cell(self, value: Any, field: Field, context: Context) -> Any:
        return self.kind(field).export_cell(value, self.end(field), context)

    def operators(self, field: Field) -> tuple[str, ...]:
        return self.kind(field).operators(self.end(field))

    def parse_operand(self, op: str, raw: Any, field: Field, context: Context) -> Any:
        return self.kind(field).parse_operand(op, raw, self.end(field), context)

    def filter_sql(
        self, field: Field, column: ColumnElement[Any], op: str, value: Any, context: Context
    ) -> ColumnElement[bool]:
        return self.kind(field).filter_sql(self.end(field), column, op, value, context)
