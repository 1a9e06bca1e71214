"""Patterns of TEXT: `#,##0.00`, `0.0%`, `yyyy年m月d日`. Read once, when the expression is compiled."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from engines.formula.dates import date_of, hour_of, minute_of, second_of
from engines.formula.numbers import CONTEXT, round_half, whole
from engines.formula.texts import text
from engines.formula.types import Facts

_NUMBER = re.compile(
    r"(?P<before>[^0#,.%]*)(?P<whole>(#,##)?#*0*)(\.(?P<fraction>0*#*))?(?P<percent>%)?(?P<after>[^0#,.%]*)"
)
_DATE = re.compile(r'"([^"]*)"|(y+|m+|d+|h+|s+)|(.)', re.IGNORECASE | re.DOTALL)

# Parts of dates travel to the back ends as private characters, so that filling in is plain replacement.
TOKENS = {
    "yyyy": "\ue000", "yy": "\ue001", "mm": "\ue002", "m": "\ue003", "dd": "\ue004", "d": "\ue005",
    "hh": "\ue006", "h": "\ue007", "minute": "\ue008", "ss": "\ue009",
}  # fmt: skip
TIME_TOKENS = frozenset({"\ue006", "\ue007", "\ue008", "\ue009"})


@dataclass(frozen=True, slots=True)
class NumberPattern:
    """A number pattern taken apart."""

    whole_digits: int
    fewest: int
    most: int
    grouped: bool
    percent: bool
    before: str
    after: str


def number_pattern(pattern: str) -> NumberPattern | None:
    """The parts of a number pattern, or None if it is none."""
    match = _NUMBER.fullmatch(pattern)
    if match is None or not (match["whole"] or match["fraction"]):
        return None
    fraction = match["fraction"] or ""
    if len(fraction) > 12 or len(match["whole"]) > 24:
        return None
    return NumberPattern(
        whole_digits=match["whole"].count("0"),
        fewest=fraction.count("0"),
        most=len(fraction),
        grouped="," in match["whole"],
        percent=bool(match["percent"]),
        before=match["before"],
        after=match["after"],
    )


def date_pattern(pattern: str, *, with_time: bool) -> str | None:
    """A date pattern with its parts as private characters, or None if it has none or one that is unknown.

    As in Excel, `m` is the minute after an hour or before a second.
    """
    parts = [(m[1], (m[2] or "").lower(), m[3]) for m in _DATE.finditer(pattern)]
    letters = [place for place, (_, part, _) in enumerate(parts) if part]
    result: list[str] = []
    for place, (quoted, part, other) in enumerate(parts):
        if not part:
            result.append(quoted if quoted is not None else other)
            continue
        order = letters.index(place)
        before = parts[letters[order - 1]][1] if order else ""
        after = parts[letters[order + 1]][1] if order + 1 < len(letters) else ""
        if part in ("m", "mm") and (before.startswith("h") or after.startswith("s")):
            part = "minute"
        sign = TOKENS.get({"s": "ss", "mi": "minute"}.get(part, part))
        if sign is None or (sign in TIME_TOKENS and not with_time):
            return None
        result.append(sign)
    return "".join(result) if letters else None


def format_number(
    value: Decimal | None, whole_digits: Decimal, fewest: Decimal, most: Decimal, grouped: bool, percent: bool,
    before: str | None, after: str | None,
) -> str | None:  # fmt: skip
    """A number by the parts of its pattern, rounded half away from zero."""
    if value is None:
        return None
    if percent:
        value = value.scaleb(2, context=CONTEXT)
    value = value.quantize(Decimal(1).scaleb(-int(most)), context=CONTEXT)
    digits, _, fraction = format(abs(value), "f").partition(".")
    digits = ("" if digits == "0" else digits).rjust(int(whole_digits), "0")
    while len(fraction) > fewest and fraction.endswith("0"):
        fraction = fraction[:-1]
    if grouped:
        first = len(digits) % 3
        groups = [digits[:first], *(digits[i : i + 3] for i in range(first, len(digits), 3))]
        digits = ",".join(group for group in groups if group)
    sign = "-" if value < 0 else ""
    tail = ("." + fraction if fraction else "") + ("%" if percent else "")
    return text(sign + (before or "") + digits + tail + (after or ""))


def fixed(value: Decimal | None, places: Decimal | None, plain: bool | None) -> str | None:
    """A number with so many places, rounded half away from zero, in groups of three unless `plain`."""
    digits = Decimal(max(0, whole(places, -21, 12) or 0))
    return format_number(round_half(value, places), Decimal(1), digits, digits, not plain, False, None, None)


def format_date(day: date | None, pattern: str) -> str | None:
    """A date by its pattern."""
    return None if day is None else pattern.translate(_date_parts(day))


def format_instant(facts: Facts, instant: datetime | None, pattern: str) -> str | None:
    """An instant by its pattern, in the workspace's zone."""
    day = date_of(facts, instant)
    if day is None:
        return None
    hour, minute, second = (int(f(facts, instant) or 0) for f in (hour_of, minute_of, second_of))
    times = {0xE006: f"{hour:02}", 0xE007: str(hour), 0xE008: f"{minute:02}", 0xE009: f"{second:02}"}
    return pattern.translate(_date_parts(day) | times)


def _date_parts(day: date) -> dict[int, str]:
    year = f"{day.year:04}"
    return {
        0xE000: year, 0xE001: year[2:], 0xE002: f"{day.month:02}", 0xE003: str(day.month),
        0xE004: f"{day.day:02}", 0xE005: str(day.day),
    }  # fmt: skip
