# ruff: noqa: ARG002
"""How often something comes back: every second week on Monday and Wednesday, until a day or so many times.

The value is the text of RFC 5545 (`FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE;COUNT=10`), so other calendars understand it;
people read and may type a sentence. `occurrences` gives the days.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import islice
from typing import Any, ClassVar, Final

from dateutil.rrule import rrulestr
from sqlalchemy import Text
from sqlalchemy.types import TypeEngine

from engines.form.fields.base import Context, Field, FieldType, Words, reject
from engines.form.fields.options import words
from engines.formula.types import Type
from engines.kernel.problems import Rejected

UNITS: Final = {"DAILY": "天", "WEEKLY": "周", "MONTHLY": "月", "YEARLY": "年"}
_ENGLISH: Final = {"DAILY": "day", "WEEKLY": "week", "MONTHLY": "month", "YEARLY": "year"}
DAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_DAY_ZH: Final = "一二三四五六日"
_DAY_EN: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTH_EN: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_SENTENCE: Final = re.compile(
    r"每(?:(\d{1,3})个?)?(天|周|月|年)的?(.*?)(?:[，,]\s*(?:到(\d{4}-\d\d-\d\d)为止|共(\d{1,4})次))?"
)
MOST: Final = {"interval": 999, "count": 9999}


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule in its parts. `days` are weekdays of a weekly rule, `monthdays` days of a month (-1: the last one)."""

    freq: str
    interval: int = 1
    days: tuple[str, ...] = ()
    monthdays: tuple[int, ...] = ()
    month: int | None = None
    until: date | None = None
    count: int | None = None

    def stored(self) -> str:
        """The rule as RFC 5545 writes it."""
        parts = [f"FREQ={self.freq}"]
        if self.interval > 1:
            parts.append(f"INTERVAL={self.interval}")
        if self.month:
            parts.append(f"BYMONTH={self.month}")
        if self.days:
            parts.append(f"BYDAY={','.join(self.days)}")
        if self.monthdays:
            parts.append(f"BYMONTHDAY={','.join(map(str, self.monthdays))}")
        if self.until:
            parts.append(f"UNTIL={self.until:%Y%m%d}")
        if self.count:
            parts.append(f"COUNT={self.count}")
        return ";".join(parts)

    def sentence(self, locale: str) -> str:
        """The rule as people say it."""
        return self._chinese() if locale.startswith("zh") else self._english()

    def _chinese(self) -> str:
        unit, many = UNITS[self.freq], self.interval > 1
        said = f"每{self.interval}{'个月' if unit == '月' else unit}" if many else f"每{unit}"
        days = "、".join(f"周{_DAY_ZH[DAYS.index(day)]}" for day in self.days)
        if days:
            said += f"的{days}" if many else days[1:]
        numbers = "、".join("最后一天" if day == -1 else f"{day}日" for day in self.monthdays)
        month = f"{self.month}月" if self.month else ""
        if month or numbers:
            said += f"{'的' if many else ''}{month}{numbers}"
        if self.until:
            said += f"，到{self.until.isoformat()}为止"
        return f"{said}，共{self.count}次" if self.count else said

    def _english(self) -> str:
        unit = _ENGLISH[self.freq]
        said = f"Every {unit}" if self.interval == 1 else f"Every {self.interval} {unit}s"
        if self.days:
            said += f" on {', '.join(_DAY_EN[DAYS.index(day)] for day in self.days)}"
        numbers = ", ".join("the last day" if day == -1 else f"day {day}" for day in self.monthdays)
        if self.month:
            said += f" in {_MONTH_EN[self.month - 1]}"
        if numbers:
            said += f" on {numbers}"
        if self.until:
            said += f", until {self.until.isoformat()}"
        return f"{said}, {self.count} times" if self.count else said


def read_rule(text: str) -> Rule:
    """The parts of a stored rule. Raises `Rejected` where it says something that this field does not know."""
    given: dict[str, str] = {}
    for part in text.strip().upper().removeprefix("RRULE:").split(";"):
        name, _, value = part.partition("=")
        if not value or name in given:
            raise _wrong(text)
        given[name] = value
    known = {"FREQ", "INTERVAL", "BYDAY", "BYMONTHDAY", "BYMONTH", "UNTIL", "COUNT", "WKST"}
    if given.keys() - known:
        raise _wrong(text)
    return made({
        "freq": given.get("FREQ"), "interval": given.get("INTERVAL"), "month": given.get("BYMONTH"),
        "days": given["BYDAY"].split(",") if "BYDAY" in given else [],
        "monthdays": given["BYMONTHDAY"].split(",") if "BYMONTHDAY" in given else [],
        "until": given.get("UNTIL"), "count": given.get("COUNT"),
    })  # fmt: skip


def made(given: Mapping[str, Any]) -> Rule:
    """A checked rule of parts, as a page or the API sends them. Raises `Rejected`."""
    freq = str(given.get("freq") or "").upper()
    days, monthdays = given.get("days") or [], given.get("monthdays") or []
    if freq not in UNITS or not isinstance(days, list | tuple) or not isinstance(monthdays, list | tuple):
        raise _wrong(given)
    chosen = [str(day).upper() for day in days]
    if any(day not in DAYS for day in chosen) or (chosen and freq != "WEEKLY"):
        raise _wrong(given)
    numbers = sorted({_number(day, -1, 31, given) for day in monthdays}, key=lambda day: (day < 0, day))
    month = given.get("month")
    if 0 in numbers or (numbers and freq not in ("MONTHLY", "YEARLY")) or (month and freq != "YEARLY"):
        raise _wrong(given)
    until, count = given.get("until"), given.get("count")
    if until and count:
        raise _wrong(given)
    return Rule(
        freq,
        _number(given.get("interval") or 1, 1, MOST["interval"], given),
        tuple(day for day in DAYS if day in chosen),
        tuple(numbers),
        _number(month, 1, 12, given) if month else None,
        _day(until, given) if until else None,
        _number(count, 1, MOST["count"], given) if count else None,
    )


def occurrences(text: str, start: date, after: date | None = None, limit: int = 10) -> list[date]:
    """The days of a rule that begins on `start`, those after a day; at most so many."""
    rule = rrulestr(text, dtstart=datetime.combine(start, time()))
    days = (moment.date() for moment in rule)
    return list(islice((day for day in days if after is None or day > after), limit))


def _sentence_rule(text: str) -> Rule | None:
    match = _SENTENCE.fullmatch(text)
    if match is None:
        return None
    every, unit, rest, until, count = match.groups()
    freq = next(key for key, word in UNITS.items() if word == unit)
    given: dict[str, Any] = {"freq": freq, "interval": every, "until": until, "count": count}
    rest = rest.strip()
    if freq == "WEEKLY" and rest:
        names = [one.strip().removeprefix("周").removeprefix("星期") for one in rest.split("、")]
        if any(len(one) != 1 or one not in _DAY_ZH for one in names):
            return None
        given["days"] = [DAYS[_DAY_ZH.index(one)] for one in names]
    elif freq in ("MONTHLY", "YEARLY") and rest:
        month = re.fullmatch(r"(?:(\d{1,2})月)?(.*)", rest)
        given["month"], tail = (month[1], month[2]) if month else (None, rest)
        parts = [one.strip() for one in tail.split("、") if one.strip()]
        given["monthdays"] = [-1 if one == "最后一天" else one.removesuffix("日").removesuffix("号") for one in parts]
    elif rest:
        return None
    return made(given)


class RecurrenceField(FieldType):
    """How often a machine is serviced."""

    key = "recurrence"
    icon = "repeat"
    group = "time"
    title = words("Recurrence", "重复规则")
    description = words("Every so many days, weeks, months or years.", "每隔若干天、周、月或年重复。")
    formula = Type.TEXT
    sortable = False
    operator_names: ClassVar[tuple[str, ...]] = ("eq", "ne", "empty", "filled")

    def column_type(self, field: Field) -> TypeEngine[Any]:
        return Text(collation="C")

    def rule(self, value: Any) -> Rule | None:
        """The parts of a value, for pages; None for a blank or what cannot be read."""
        try:
            text = self.parse(value, _ANY) if isinstance(value, str) else None
        except Rejected:
            return None
        return read_rule(text) if text else None

    def parse(self, raw: Any, field: Field, context: Context | None = None) -> str | None:
        """A rule of RFC 5545, a Chinese sentence as pages show it, or an object of its parts."""
        if raw is None or raw in ("", {}):
            return None
        if isinstance(raw, Mapping):
            return made(raw).stored()
        if not isinstance(raw, str):
            raise _wrong(raw)
        text = raw.strip()
        if not text:
            return None
        if text.startswith("{"):
            try:
                given = json.loads(text)
            except (ValueError, RecursionError):
                raise _wrong(raw) from None
            return made(given).stored() if given.get("freq") else None
        said = _sentence_rule(text)
        return (said or read_rule(text)).stored()

    def display(self, value: Any, field: Field, locale: str = "zh-CN", zone: str = "Asia/Shanghai") -> str:
        rule = self.rule(value)
        return rule.sentence(locale) if rule else str(value or "")

    def export_cell(self, value: Any, field: Field, context: Context) -> Any:
        """The sentence where reading it gives the rule again, else the rule."""
        if value is None:
            return None
        said = self.display(value, field, context.locale)
        again = _sentence_rule(said)
        return said if again is not None and again.stored() == value else value

    def samples(self) -> Sequence[tuple[dict[str, Any], Any]]:
        return [
            ({}, "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE;COUNT=10"),
            ({}, "FREQ=MONTHLY;BYMONTHDAY=15,-1"),
            ({}, "FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=8;UNTIL=20301231"),
            ({}, "FREQ=DAILY;INTERVAL=3"),
        ]


_ANY: Final = Field("any", RecurrenceField(), Words("any"), "any")


def _number(raw: Any, low: int, high: int, given: Any) -> int:
    text = str(raw).strip()
    if not re.fullmatch(r"-?\d{1,4}", text) or not text.isascii() or not low <= int(text) <= high:
        raise _wrong(given)
    return int(text)


def _day(raw: Any, given: Any) -> date:
    text = str(raw)[:8] if re.match(r"\d{8}", str(raw)) else str(raw)[:10]
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise _wrong(given) from None


def _wrong(raw: Any) -> Exception:
    return reject("recurrence.not_a_rule", "Must be a rule such as FREQ=WEEKLY;BYDAY=MO", value=str(raw)[:60])
