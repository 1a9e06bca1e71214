# ruff: noqa: ARG002
"""A day, or a month, or a year, without a time of day."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Date
from sqlalchemy.types import TypeEngine

from engines.form.fields.base import Context, Field, FieldType, reject
from engines.form.fields.operators import between, compare
from engines.form.fields.options import one_of, properties, words
from engines.form.fields.times import EARLIEST, as_json, day_of, parse_day, period_name, relative_days
from engines.formula.types import Type


class DateField(FieldType):
    """A birthday, a due day, an expected close."""

    key = "date"
    icon = "calendar"
    group = "time"
    title = words("Date", "日期")
    description = words("A day, a month or a year, without a time.", "年、月或日，不含时间。")
    formula = Type.DATE
    indexed = True
    may_be_unique = True
    operator_names = ("eq", "ne", "relative", "ge", "gt", "le", "lt", "between", "in", "nin", "empty", "filled")
    option_properties = properties(
        precision=one_of(
            ("day", "month", "year"),
            "day",
            ("Precision", "What is entered and shown. A month or a year is kept as its first day."),
            ("精度", "输入和显示到哪一级。月和年按其第一天保存。"),
        )
    )

    def column_type(self, field: Field) -> TypeEngine[Any]:
        return Date()

    def parse(self, raw: Any, field: Field, context: Context | None = None) -> date | None:
        if raw is None or (isinstance(raw, str) and not raw.strip()):
            return None
        if isinstance(raw, datetime):
            raw = day_of(raw, (context or Context()).zone) if raw.tzinfo else raw.date()
        if not isinstance(raw, str | date):
            raise reject("date.not_a_date", f'"{raw}" is not a date; write 2026-06-05', value=str(raw)[:50])
        if isinstance(raw, str):
            alone = raw.strip().removesuffix("年")
            year = field.options.get("precision") == "year" and len(alone) == 4
            raw = parse_day(f"{alone}-01" if year else raw)
        found = self.cut(raw, field)
        if found.year < EARLIEST:
            raise reject("date.not_a_date", f'"{raw}" is not a date; write 2026-06-05', value=str(raw))
        return found

    def cut(self, day: date, field: Field) -> date:
        """The first day of the month or year where that is the precision."""
        precision = field.options.get("precision", "day")
        return day if precision == "day" else day.replace(day=1) if precision == "month" else date(day.year, 1, 1)

    def to_json(self, value: Any, field: Field) -> Any:
        return as_json(value)

    def display(self, value: Any, field: Field, locale: str = "zh-CN", zone: str = "Asia/Shanghai") -> str:
        if value is None:
            return ""
        precision = field.options.get("precision", "day")
        if precision == "day":
            return f"{value:%Y-%m-%d}"
        return period_name(value, precision, locale)

    def import_cell(self, cell: Any, field: Field, context: Context) -> Any:
        """A file may write a time behind the day; only the day is kept. A year may be a number."""
        if isinstance(cell, float) and cell.is_integer():
            cell = int(cell)
        if isinstance(cell, int) and field.options.get("precision") == "year":
            cell = str(cell)
        if isinstance(cell, str) and cell.strip()[10:11] in ("T", " "):
            cell = cell.strip()[:10]
        return self.parse(cell, field, context)

    def export_cell(self, value: Any, field: Field, context: Context) -> Any:
        return (
            value
            if field.options.get("precision", "day") == "day"
            else self.display(value, field, context.locale) or None
        )

    def parse_operand(self, op: str, raw: Any, field: Field, context: Context) -> Any:
        if op == "relative":
            return relative_days(str(raw), day_of(context.now, context.zone))
        return super().parse_operand(op, raw, field, context)

    def filter_sql(
        self, field: Field, column: ColumnElement[Any], op: str, value: Any, context: Context
    ) -> ColumnElement[bool]:
        if op == "relative":
            return between(column, *value)
        return compare(column, op, value)

    def samples(self) -> Sequence[tuple[dict[str, Any], Any]]:
        return [
            ({}, date(2026, 6, 5)),
            ({}, date(1949, 10, 1)),
            ({"precision": "month"}, date(2026, 2, 1)),
            ({"precision": "year"}, date(2026, 1, 1)),
        ]
