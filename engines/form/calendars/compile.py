"""Documents into calendars (`engines.formula.calendars.Calendar`), and which calendars a transaction knows."""

import json
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final

from engines.formula.calendars import Calendar, Hours
from engines.kernel.documents import Document, label

CHINA: Final = "cn"
"""The key of the calendar that is always there: it counts when an app has none of its own."""
SETTING: Final = "calendar"
USUAL: Final = "usual_calendar"
"""What is stored for an app whose administrators chose the calendar that counts where none is named."""
"""The setting that names the calendar which counts when an expression names none."""
HOLIDAYS: Final = "_workspace.holidays_cn"
"""The setting of the workspace that holds years of the country beside those delivered."""
OFFICE: Final[Hours] = ((540, 720), (780, 1080))
"""9 to 12 and 13 to 18 o'clock: the hours of a calendar that says nothing about them, on Monday to Friday."""


def minutes(clock: str) -> int:
    """Minutes since midnight of a time written as `09:30`; `24:00` is the end of the day."""
    hour, minute = clock.split(":")
    return int(hour) * 60 + int(minute)


def read_hours(stretches: Any) -> Hours:
    """Hours as a document writes them: `[["09:00", "12:00"], ["13:00", "18:00"]]`."""
    return tuple((minutes(start), minutes(end)) for start, end in stretches)


def days_between(first: date, last: date) -> Iterator[date]:
    """Every day from one to another, both included."""
    for distance in range((last - first).days + 1):
        yield first + timedelta(days=distance)


Years = Mapping[int, tuple[Mapping[date, str], frozenset[date]]]
"""For each year that is known: the days off by their name, and the days that are worked instead."""


@cache
def china_years() -> Years:
    """The years that are delivered."""
    return read_years(json.loads((Path(__file__).parent / "china.json").read_text(encoding="utf-8"))["years"])


def read_years(stored: Mapping[str, Any]) -> Years:
    """Years as files and settings hold them: `{"2027": {"off": [[first, last, name]], "work": [day]}}`."""
    found = {}
    for year, known in stored.items():
        off = {
            day: name
            for first, last, name in known["off"]
            for day in days_between(date.fromisoformat(first), date.fromisoformat(last))
        }
        found[int(year)] = (off, frozenset(map(date.fromisoformat, known["work"])))
    return found


def compile_calendar(document: Document, known: Mapping[str, Any] | None = None) -> Calendar:
    """The calendar of a valid document. Its own days come after those of the country, later ones win.

    `known` are years of the country that the workspace has learnt beside those delivered; they win over these.
    """
    return _compiled(json.dumps(document, sort_keys=True), json.dumps(known or {}, sort_keys=True))


@lru_cache(maxsize=256)
def _compiled(text: str, known: str) -> Calendar:
    document = json.loads(text)
    given = document.get("weekdays")
    week = tuple(
        (OFFICE if number < 6 else ()) if given is None else read_hours(given.get(str(number), ()))
        for number in range(1, 8)
    )
    usual = next((hours for hours in week if hours), OFFICE)
    days: dict[date, Hours] = {}
    names: dict[date, str] = {}
    years: set[int] = set()
    country = document.get("country") == CHINA
    if country:
        for year, (off, worked) in {**china_years(), **read_years(json.loads(known))}.items():
            years.add(year)
            days |= dict.fromkeys(off, ()) | dict.fromkeys(sorted(worked), usual)
            names |= off
    for entry in document.get("days", ()):
        first = date.fromisoformat(entry.get("date") or entry["from"])
        last = date.fromisoformat(entry.get("date") or entry["to"])
        for day in days_between(first, last):
            years.add(day.year)
            days[day] = _hours_of(entry, week[day.weekday()] or usual)
            names[day] = label(entry.get("title") or "", "zh-CN")
    return Calendar(document["key"], week, days, frozenset(years) if country else None, names)


def _hours_of(entry: Mapping[str, Any], usual: Hours) -> Hours:
    if not entry.get("working", False):
        return ()
    return read_hours(entry["hours"]) if entry.get("hours") else usual


def calendars_of(
    settings: Mapping[str, Any],
    documents: Mapping[Any, Document],
    stored: Mapping[str, Any] | None = None,
    app: str = "",
) -> dict[str, Calendar]:
    """The calendars that expressions of an app may name; the first is the one that counts when none is named.

    `stored` are the settings of the workspace, among them the years of the country that it has learnt (`HOLIDAYS`).

    That is the one that administrators chose for the app (`stored`) or the setting `calendar` names, else the first
    document, else China's.
    """
    known = (stored or {}).get(HOLIDAYS)
    own = [compile_calendar(one, known) for (kind, _), one in documents.items() if kind == "calendar"]
    found = {one.key: one for one in own}
    if CHINA not in found:
        found[CHINA] = compile_calendar({"kind": "calendar", "key": CHINA, "country": CHINA}, known)
    for wanted in ((stored or {}).get(f"{app}.{USUAL}"), settings.get(SETTING)):
        if wanted in found:
            return {wanted: found[wanted], **found}
    return found
