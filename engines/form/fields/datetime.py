# ruff: noqa: ARG002
"""An instant: stored in UTC to the millisecond, entered and shown in the workspace's zone."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, false
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.types import TypeEngine

from engines.form.fields.base import Context, Field, FieldType, reject
from engines.form.fields.operators import BLANK, compare
from engines.form.fields.options import one_of, properties, words
from engines.form.fields.times import (
    as_json,
    day_of,
    day_start,
    instant,
    local,
    parse_day,
    parse_instant,
    relative_days,
)
from engines.formula.types import Type

LATEST: Final = datetime.max.replace(tzinfo=UTC)
Span = tuple[datetime | None, datetime | None]
"""From the first instant to before the second."""


class DatetimeField(FieldType):
    """When something happens or happened."""

    key = "datetime"
    icon = "calendar-time"
    group = "time"
    title = words("Date and time", "日期时间")
    description = words("An instant, shown in the zone of the workspace.", "时间点，按工作区时区显示。")
    formula = Type.DATETIME
    indexed = True
    operator_names = ("eq", "ne", "relative", "ge", "gt", "le", "lt", "between", "empty", "filled")
    option_properties = properties(
        precision=one_of(
            ("minute", "second"),
            "minute",
            ("Precision", "Whether seconds are entered and shown."),
            ("精度", "是否输入和显示到秒。"),
        )
    )

    def column_type(self, field: Field) -> TypeEngine[Any]:
        return TIMESTAMP(timezone=True, precision=3)

    def from_column(self, stored: Any, field: Field) -> Any:
        return None if stored is None else stored.astimezone(UTC)

    def parse(self, raw: Any, field: Field, context: Context | None = None) -> datetime | None:
        zone = (context or Context()).zone
        if raw is None or (isinstance(raw, str) and not raw.strip()):
            return None
        if isinstance(raw, datetime):
            return instant(raw, zone)
        if isinstance(raw, date):
            return day_start(raw, zone)
        if not isinstance(raw, str):
            message = f'"{raw}" is not a date and time; write 2026-06-05 09:30'
            raise reject("datetime.not_a_datetime", message, value=str(raw)[:50])
        return parse_instant(raw, zone)

    def to_json(self, value: Any, field: Field) -> Any:
        return as_json(value)

    def display(self, value: Any, field: Field, locale: str = "zh-CN", zone: str = "Asia/Shanghai") -> str:
        if value is None:
            return ""
        here = local(value, zone)
        seconds = field.options.get("precision") == "second"
        return f"{here:%Y-%m-%d %H:%M:%S}" if seconds else f"{here:%Y-%m-%d %H:%M}"

    def form_text(self, value: Any, field: Field, zone: str = "Asia/Shanghai") -> Any:
        """As `datetime-local` inputs take it; with seconds where they are entered, so that none are lost."""
        if not isinstance(value, datetime):
            return None
        here = local(value, zone)
        return f"{here:%Y-%m-%dT%H:%M:%S}" if field.options.get("precision") == "second" else f"{here:%Y-%m-%dT%H:%M}"

    def export_cell(self, value: Any, field: Field, context: Context) -> Any:
        """A text in the workspace's zone, exact to the millisecond where there is one."""
        if value is None:
            return None
        here = local(value, context.zone).replace(tzinfo=None)
        return here.isoformat(" ", "milliseconds" if here.microsecond else "seconds")

    def parse_operand(self, op: str, raw: Any, field: Field, context: Context) -> Any:
        """A span of instants, since people ask for days: `le 2026-06-05` is before the day after begins."""
        if op in BLANK:
            return None
        if op == "relative":
            return self.days(*relative_days(str(raw), day_of(context.now, context.zone)), context)
        if op == "between":
            if not isinstance(raw, list | tuple) or len(raw) != 2:
                raise reject("filter.two_expected", "Must be a list of two values")
            return (self.span(raw[0], field, context)[0], self.span(raw[1], field, context)[1])
        return self.span(raw, field, context)

    def days(self, first: date, last: date, context: Context) -> Span:
        """The span of whole days; after the last day of the calendar comes nothing."""
        end = None if last == date.max else day_start(last + timedelta(days=1), context.zone)
        return day_start(first, context.zone), end

    def span(self, raw: Any, field: Field, context: Context) -> Span:
        """The instants that an operand means: a whole day, a whole minute, or one millisecond."""
        if isinstance(raw, str) and ":" not in raw and raw.strip():
            day = parse_day(raw)
            return self.days(day, day, context)
        if isinstance(raw, date) and not isinstance(raw, datetime):
            return self.days(raw, raw, context)
        moment = self.parse(raw, field, context)
        if moment is None:
            return None, None
        whole = timedelta(minutes=1) if isinstance(raw, str) and raw.count(":") == 1 else timedelta(milliseconds=1)
        return moment, None if moment > LATEST - whole else moment + whole

    def filter_sql(
        self, field: Field, column: ColumnElement[Any], op: str, value: Any, context: Context
    ) -> ColumnElement[bool]:
        if op in BLANK:
            return compare(column, op, None)
        low, high = value
        filled = column.is_not(None)
        inside = [filled, *([column >= low] if low else []), *([column < high] if high else [])]
        if op in ("between", "relative"):
            return and_(*inside)
        if low is None:
            return {"eq": column.is_(None), "ne": filled}.get(op, false())
        return {
            "eq": and_(*inside),
            "ne": ~and_(*inside),
            "lt": and_(filled, column < low),
            "le": and_(filled, column < high) if high else filled,
            "gt": and_(filled, column >= high) if high else false(),
            "ge": and_(filled, column >= low),
        }[op]

    def samples(self) -> Sequence[tuple[dict[str, Any], Any]]:
        return [
            ({}, datetime(2026, 6, 5, 1, 30, tzinfo=UTC)),
            ({"precision": "second"}, datetime(2026, 12, 31, 16, 0, 59, tzinfo=UTC)),
            ({"precision": "second"}, datetime(2026, 1, 1, 0, 0, 0, 123000, tzinfo=UTC)),
        ]
