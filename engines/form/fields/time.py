# ruff: noqa: ARG002
"""A time of day without a day. Kept as `09:30`, so that expressions compare it as the text that people see."""

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import ColumnElement, Text
from sqlalchemy.types import TypeEngine

from engines.form.fields.base import Context, Field, FieldType, reject
from engines.form.fields.operators import compare
from engines.form.fields.options import one_of, properties, words
from engines.form.fields.times import parse_time
from engines.formula.types import Type
from engines.kernel.documents import described
from engines.kernel.problems import Problem

_HALF: Final = re.compile(r"^(上午|早上|凌晨|中午|下午|晚上|am|pm)?\s*(.*?)\s*(am|pm)?$", re.IGNORECASE)
_AFTER: Final = ("下午", "晚上", "pm")
_DAY_SECONDS: Final = 86_400
_CLOCK: Final = {"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"}


class TimeField(FieldType):
    """When a shift begins, opening hours."""

    key = "time"
    icon = "clock"
    group = "time"
    title = words("Time", "时间")
    description = words("A time of day without a day.", "一天中的时间，不含日期。")
    formula = Type.TEXT
    operator_names = ("eq", "ne", "ge", "gt", "le", "lt", "between", "in", "nin", "empty", "filled")
    option_properties = properties(
        precision=one_of(
            ("minute", "second"),
            "minute",
            ("Precision", "Whether seconds are entered and shown."),
            ("精度", "是否输入和显示到秒。"),
        ),
        earliest=described(
            _CLOCK,
            ("Earliest", "The earliest time that may be entered, for example 08:30."),
            ("最早", "允许填写的最早时间，例如 08:30。"),
        ),
        latest=described(
            _CLOCK,
            ("Latest", "The latest time that may be entered, for example 18:00."),
            ("最晚", "允许填写的最晚时间，例如 18:00。"),
        ),
    )

    def column_type(self, field: Field) -> TypeEngine[Any]:
        return Text(collation="C")

    def parse(self, raw: Any, field: Field, context: Context | None = None) -> str | None:
        """`9:30`, `09:30:15`, `9点30分`, `下午3:30`, `3:30 pm`; a workbook gives times or parts of a day."""
        if raw is None or (isinstance(raw, str) and not raw.strip()):
            return None
        return self.cut(_read(raw), field)

    def cut(self, value: time, field: Field) -> str:
        """The text that is kept."""
        return f"{value:%H:%M:%S}" if field.options.get("precision") == "second" else f"{value:%H:%M}"

    def check(self, value: Any, field: Field, context: Context | None = None) -> Iterable[Problem]:
        first, last = field.options.get("earliest"), field.options.get("latest")
        if first is not None and value < first:
            yield Problem("time.too_early", "", f"Must not be before {first}", {"min": first})
        if last is not None and value > (last if len(value) == len(last) else f"{last}:00"):
            yield Problem("time.too_late", "", f"Must not be after {last}", {"max": last})

    def filter_sql(
        self, field: Field, column: ColumnElement[Any], op: str, value: Any, context: Context
    ) -> ColumnElement[bool]:
        return compare(column, op, value)

    def samples(self) -> Sequence[tuple[dict[str, Any], Any]]:
        return [
            ({}, "09:30"),
            ({"precision": "second"}, "23:59:59"),
            ({"earliest": "08:00", "latest": "18:00"}, "18:00"),
        ]


def _read(raw: Any) -> time:
    if isinstance(raw, time):
        return raw
    if isinstance(raw, datetime):
        return raw.time()
    if isinstance(raw, Decimal) and raw.is_nan():
        raw = "NaN"  # a signalling one refuses to be compared
    if isinstance(raw, float | Decimal) and 0 <= raw < 1:
        seconds = round(float(raw) * _DAY_SECONDS) % _DAY_SECONDS
        return time(seconds // 3600, seconds // 60 % 60, seconds % 60)
    if not isinstance(raw, str) or isinstance(raw, date):
        raise reject("datetime.not_a_time", f'"{str(raw)[:50]}" is not a time; write 09:30', value=str(raw)[:50])
    match = _HALF.match(raw.strip())
    head, body, tail = match.groups() if match else (None, raw, None)
    found = parse_time(body)
    half = (head or tail or "").lower()
    if half in _AFTER and found.hour < 12:
        return found.replace(hour=found.hour + 12)
    return found.replace(hour=0) if half in ("am", "凌晨") and found.hour == 12 else found
