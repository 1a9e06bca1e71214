# ruff: noqa: ARG002
"""From one day to another, both included: one column that PostgreSQL knows as a range."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, Date, Text, and_, cast, false, func, literal
from sqlalchemy.dialects.postgresql import DATERANGE
from sqlalchemy.types import TypeEngine

from engines.form.fields.base import Context, Field, FieldType, reject
from engines.form.fields.operators import BLANK, compare
from engines.form.fields.options import properties, words
from engines.form.fields.times import EARLIEST, as_json, day_of, parse_day, relative_days
from engines.formula.types import Type
from engines.kernel.documents import described
from engines.kernel.problems import Problem

_JOINT: Final = re.compile(r"\s*(?:~|～|至|到|(?<=\d\d-\d\d)/|–|—|\.\.|\bto\b|\s-\s)\s*")
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Days(Mapping[str, date]):
    """The first and the last day; read by expressions and the API as a mapping with `start` and `end`."""

    start: date
    end: date

    @property
    def count(self) -> int:
        """How many days, both ends included."""
        return (self.end - self.start).days + 1

    def __getitem__(self, key: str) -> date:
        if key not in ("start", "end"):
            raise KeyError(key)
        return self.start if key == "start" else self.end

    def __iter__(self) -> Iterator[str]:
        return iter(("start", "end"))

    def __len__(self) -> int:
        return 2


class DateRangeField(FieldType):
    """A leave, a campaign, a validity."""

    key = "date_range"
    icon = "calendar-stats"
    group = "time"
    title = words("Date range", "日期段")
    description = words("From one day to another, both included.", "从某日到某日，首尾都算。")
    formula = Type.LIST  # reports refuse it: a record would fall into many days
    sample_text = words("2026-06-01 – 2026-06-05", "2026-06-01 至 2026-06-05")
    operator_names = ("covers", "overlaps", "inside", "starts_from", "starts_until", "ends_from", "ends_until", *BLANK)
    option_properties = properties(
        max_days=described(
            {"type": "integer", "minimum": 1, "maximum": 36_600},
            ("Longest", "How many days there may be at most, both ends included."),
            ("最长天数", "最多可以有多少天，首尾都算。"),
        ),
        min_days=described(
            {"type": "integer", "minimum": 1, "maximum": 36_600},
            ("Shortest", "How many days there must be at least, both ends included."),
            ("最短天数", "至少要有多少天，首尾都算。"),
        ),
    )

    def column_type(self, field: Field) -> TypeEngine[Any]:
        return DATERANGE()

    def columns(self, field: Field) -> list[Column[Any]]:
        """Beside the range its first day, by which lists are sorted."""
        return [*super().columns(field), Column(field.sort_key, Date())] if field.storage == "column" else []

    def sort_columns(self, field: Field) -> list[str]:
        return [field.sort_key] if field.storage == "column" else []

    def to_columns(self, value: Any, field: Field) -> dict[str, Any]:
        if field.storage != "column":
            return {}
        if value is None:
            return {field.key: None, field.sort_key: None}
        end = f"{value.end}]" if value.end < date.max else ")"  # the day after the last one is no date any more
        return {field.key: f"[{value.start},{end}", field.sort_key: value.start}

    def from_column(self, stored: Any, field: Field) -> Any:
        if stored is None or isinstance(stored, Days) or stored.lower is None:
            return stored if isinstance(stored, Days) else None
        first = stored.lower if stored.bounds[0] == "[" else stored.lower + _DAY
        if stored.upper is None:
            return Days(first, date.max)
        return Days(first, stored.upper if stored.bounds[1] == "]" else stored.upper - _DAY)

    def parse(self, raw: Any, field: Field, context: Context | None = None) -> Days | None:
        """`{"start", "end"}`, a list of two, or `2026-06-01 至 2026-06-05`; one day alone is a range of that day."""
        if raw is None or (isinstance(raw, str) and not raw.strip()) or raw in ([], ()):
            return None
        if isinstance(raw, str):
            parts = [part for part in _JOINT.split(raw.strip()) if part]
            raw = parts * 2 if len(parts) == 1 else parts
        elif isinstance(raw, date):
            raw = [raw, raw]
        elif isinstance(raw, Mapping) and not set(raw) - {"start", "end"}:
            raw = [raw.get("start"), raw.get("end")]
        if not isinstance(raw, list | tuple) or len(raw) != 2:
            message = "Must be two days: 2026-06-01 – 2026-06-05"
            raise reject("date_range.not_two", message, value=str(raw)[:50])
        first, last = (_day(one, context) for one in raw)
        if first is None and last is None:
            return None
        if first is None or last is None:
            raise reject("date_range.open", "Needs a first and a last day")
        if last < first:
            raise reject("date_range.backwards", "The last day lies before the first", start=str(first), end=str(last))
        return Days(first, last)

    def posted(self, texts: Sequence[str], field: Field) -> Any:
        return list(texts) if len(texts) == 2 else texts[-1]

    def check(self, value: Any, field: Field, context: Context | None = None) -> Iterable[Problem]:
        low, high = field.options.get("min_days"), field.options.get("max_days")
        if low is not None and value.count < low:
            yield Problem("date_range.too_short", "", f"Must be at least {low} days", {"min": low, "days": value.count})
        if high is not None and value.count > high:
            yield Problem("date_range.too_long", "", f"Must be at most {high} days", {"max": high, "days": value.count})

    def display(self, value: Any, field: Field, locale: str = "zh-CN", zone: str = "Asia/Shanghai") -> str:
        days = self.parse(value, field) if value is not None and not isinstance(value, Days) else value
        if days is None:
            return ""
        if days.start == days.end:
            return f"{days.start}"
        return f"{days.start} 至 {days.end}" if locale.startswith("zh") else f"{days.start} – {days.end}"

    def form_text(self, value: Any, field: Field, zone: str = "Asia/Shanghai") -> Any:
        return [str(value.start), str(value.end)] if isinstance(value, Days) else None

    def to_json(self, value: Any, field: Field) -> Any:
        return None if value is None else {"start": as_json(value.start), "end": as_json(value.end)}

    def parse_operand(self, op: str, raw: Any, field: Field, context: Context) -> Any:
        """A range for `covers`, `overlaps`, `inside`: a day, two days, or a period such as `this_month`; else a day."""
        if op in BLANK:
            return None
        if op in ("covers", "overlaps", "inside"):
            if isinstance(raw, str) and re.fullmatch(r"[a-z_]+(:\d+)?", raw.strip()):
                return Days(*relative_days(raw.strip(), day_of(context.now, context.zone)))
            return self.parse(raw, field, context)
        return _day(raw, context)

    def filter_sql(
        self, field: Field, column: ColumnElement[Any], op: str, value: Any, context: Context
    ) -> ColumnElement[bool]:
        """`covers`: every day asked for lies in the range, `overlaps`: some do, `inside`: no others do."""
        if op in BLANK:
            return compare(column, op, None)
        if value is None:
            return false()
        filled = column.is_not(None)
        if isinstance(value, Days):
            end = value.end if value.end < date.max else None
            asked = func.daterange(literal(value.start, Date()), literal(end, Date()), "[]")
            sign = {"covers": "@>", "overlaps": "&&", "inside": "<@"}[op]
            return and_(filled, column.bool_op(sign)(asked))
        first = func.lower(column)
        after_last = func.coalesce(func.upper(column), cast(literal("infinity", Text()), Date()))
        condition = {
            "starts_from": first >= value,
            "starts_until": first <= value,
            "ends_from": after_last > value,
            "ends_until": after_last <= value + _DAY if value < date.max else filled,
        }[op]
        return and_(filled, condition)

    def samples(self) -> Sequence[tuple[dict[str, Any], Any]]:
        return [
            ({}, Days(date(2026, 6, 1), date(2026, 6, 5))),
            ({"max_days": 3, "min_days": 1}, Days(date(2026, 2, 28), date(2026, 2, 28))),
            ({}, Days(date(2026, 1, 1), date.max)),
        ]


def _day(raw: Any, context: Context | None) -> date | None:
    if raw is None or (isinstance(raw, str) and not raw.strip()):
        return None
    if isinstance(raw, datetime):
        raw = day_of(raw, (context or Context()).zone) if raw.tzinfo else raw.date()
    if isinstance(raw, str):
        return parse_day(raw)
    if isinstance(raw, date) and raw.year >= EARLIEST:
        return raw
    raise reject("date.not_a_date", f'"{str(raw)[:50]}" is not a date; write 2026-06-05', value=str(raw)[:50])
