"""Business calendars of a workspace: a year at a glance, days that differ (published at once), years of the country."""

import csv
import io
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from dougong.apps import drafts, store
from dougong.apps.publish import publish
from dougong.designer.keys import key_of
from dougong.workspace.tables import DEPARTMENT, SETTING
from dougong.workspace.transactions import Workspaces
from dougong.workspace.workspaces import WorkspaceInfo
from engines.form.calendars import CHINA, calendars_of, compile_calendar
from engines.form.calendars.compile import HOLIDAYS, USUAL, china_years, days_between, minutes, read_years
from engines.form.collected import every_field
from engines.form.facts import settings_of
from engines.form.form import Form, Forms
from engines.form.names import DELETED
from engines.form.transaction import Actor, Transaction
from engines.formula import parse
from engines.formula.calendars import Calendar, number_of
from engines.formula.functions import find_function
from engines.formula.syntax import Apply, Member, Syntax
from engines.kernel.documents import Document
from engines.kernel.problems import NotFound, Problem, ProblemError, Rejected

KIND: Final = "calendar"
MOST_DAYS: Final = 200
MOST_STRETCHES: Final = 6
MIDNIGHT: Final = 24 * 60
_CLOCK: Final = re.compile(r"(\d{1,2}):([0-5]\d)")
_STRETCH: Final = re.compile(r"\d{1,2}:[0-5]\d-\d{1,2}:[0-5]\d")
_DASHES: Final = str.maketrans(dict.fromkeys("–—−~至到", "-"))
FAMILY: Final = "calendar"
_APP, _, _KEY = HOLIDAYS.partition(".")


@dataclass(frozen=True, slots=True)
class Day:
    """One day of a year: whether it is worked, whether that differs from its weekday, and what it is called."""

    date: date
    worked: bool
    differs: bool
    name: str = ""


@dataclass(frozen=True, slots=True)
class Use:
    """A form that counts along calendars: what of it does, and how many records it has."""

    app: str
    form: str
    title: Any
    places: tuple[str, ...]
    records: int


def calendar_of(tx: Transaction, app: str, key: str) -> tuple[Calendar, Document]:
    """A calendar of an app with its document; China's is there without one. Raises `NotFound`."""
    forms = store.forms(tx, app)
    document = forms.documents.get((KIND, key))
    if document is None and key != CHINA:
        raise NotFound(Problem("calendar.unknown", key, f'There is no calendar "{key}"', {"key": key}))
    document = document or {"kind": KIND, "key": CHINA, "title": {"zh-CN": "中国大陆", "en": "China"}, "country": CHINA}
    return compile_calendar(document, tx.settings.get(HOLIDAYS)), document


def list_calendars(tx: Transaction, app: str) -> list[Document]:
    """The calendars of an app, the one that counts without a name first."""
    return [calendar_of(tx, app, key)[1] for key in _in_order(tx, app)]


def _in_order(tx: Transaction, app: str) -> list[str]:
    """The keys of an app's calendars, that of the usual one first."""
    forms = store.forms(tx, app)
    return list(calendars_of(settings_of(tx, forms), forms.documents, tx.settings, app))


def choose_usual(tx: Transaction, app: str, key: str) -> None:
    """Let a calendar be the one that counts in an app where none is named. Raises `NotFound`."""
    calendar_of(tx, app, key)
    _keep(tx, app, USUAL, key)


def _keep(tx: Transaction, app: str, key: str, value: Any) -> None:
    row = {"app": app, "key": key, "value": value, "changed_at": tx.now, "changed_by": tx.actor.id}
    tx.connection.execute(insert(SETTING).values(row).on_conflict_do_update(index_elements=["app", "key"], set_=row))


def calendar_titles(tx: Transaction) -> dict[str, str]:
    """Every calendar that an application of the workspace has, by its key, in the words of the reader."""
    locale = tx.actor.locale
    every = (document for app in store.apps(tx) for document in list_calendars(tx, app.key))
    return {str(document["key"]): _title(document, locale) for document in every}


def teams_of(tx: Transaction, key: str) -> list[str]:
    """The departments that name a calendar."""
    rows = select(DEPARTMENT.c.name).where(DEPARTMENT.c.calendar == key, DEPARTMENT.c.is_active)
    return list(tx.connection.scalars(rows.order_by(DEPARTMENT.c.position, DEPARTMENT.c.name__sort)))


def year_of(calendar: Calendar, year: int) -> list[list[list[Day | None]]]:
    """The twelve months of a year as weeks of seven days from Monday on; None outside of the month."""
    months: list[list[list[Day | None]]] = [[] for _ in range(12)]
    for day in days_between(date(year, 1, 1), date(year, 12, 31)):
        weeks = months[day.month - 1]
        if not weeks or day.weekday() == 0:
            weeks.append([None] * 7)
        worked = bool(calendar.hours(number_of(day)))
        differs = worked != bool(calendar.week[day.weekday()])
        weeks[-1][day.weekday()] = Day(day, worked, differs, calendar.names.get(day, ""))
    return months


def stretches(days: Iterable[Day]) -> list[tuple[Day, Day]]:
    """The days that differ from their weekday or have a name, neighbours of a kind together: first and last."""
    found: list[tuple[Day, Day]] = []
    for one in days:
        if not one.differs and not one.name:
            continue
        last = found[-1][1] if found else None
        if last and one.date - last.date == timedelta(days=1) and (one.worked, one.name) == (last.worked, last.name):
            found[-1] = (found[-1][0], one)
        else:
            found.append((one, one))
    return found


def change_days(
    workspaces: Workspaces,
    info: WorkspaceInfo,
    actor: Actor,
    app: str,
    key: str,
    first: date,
    last: date,
    *,
    working: bool | None,
    title: str = "",
) -> int:
    """Say of some days that they are worked or off (None: as the week and the country say), and publish it.

    Gives the revision. Raises `Rejected` for days that do not go forward or are too many, and as `publish` does.
    """
    if not 0 <= (last - first).days < MOST_DAYS:
        params = {"max": MOST_DAYS}
        message = f"The last day comes after the first one, at most {MOST_DAYS} days later"
        raise Rejected(Problem("calendar.range", "to", message, params))

    def changed(document: dict[str, Any]) -> None:
        kept = [one for entry in document.get("days", ()) for one in _without(entry, first, last)]
        if working is not None:
            entry = {"key": f"d{first:%Y%m%d}", "from": first.isoformat(), "to": last.isoformat(), "working": working}
            kept.append(entry | ({"title": title} if title else {}))
        document["days"] = sorted(kept, key=lambda one: str(one.get("from") or one.get("date")))

    return _put(workspaces, info, actor, app, key, changed)


def change_week(
    workspaces: Workspaces, info: WorkspaceInfo, actor: Actor, app: str, key: str, hours: Mapping[str, str]
) -> int:
    """Say which hours are worked on each weekday (`"1"` is Monday: `09:00-12:00, 13:00-18:00`), and publish it.

    Gives the revision. Raises `Rejected` with every weekday that cannot be read, and as `publish` does.
    """
    week: dict[str, list[list[str]]] = {}
    problems: list[Problem] = []
    for number in map(str, range(1, 8)):
        stretches = read_stretches(hours.get(number, ""))
        if stretches is None:
            message = "Write stretches of work as 09:00-12:00, 13:00-18:00; each ends later than it begins"
            problems.append(Problem("calendar.hours_text", f"day{number}", message, {}))
        elif stretches:
            week[number] = stretches
    if problems:
        raise Rejected(problems)

    def changed(document: dict[str, Any]) -> None:
        document["weekdays"] = week

    return _put(workspaces, info, actor, app, key, changed)


def read_stretches(text: str) -> list[list[str]] | None:
    """`9:00-12:00 13:00-18:00` as a document writes it; None where it cannot be read or does not go forward."""
    plain = re.sub("[,;、]", " ", unicodedata.normalize("NFKC", text).translate(_DASHES))
    found = [[f"{int(part):02d}:{minute}" for part, minute in _CLOCK.findall(each)] for each in plain.split()]
    if any(len(each) != 2 or not _STRETCH.fullmatch(text) for each, text in zip(found, plain.split(), strict=True)):
        return None
    ends = [minutes(clock) for each in found for clock in each]
    forward = all(one < other for one, other in zip(ends[::2], ends[1::2], strict=True)) and sorted(ends) == ends
    return found if forward and len(found) <= MOST_STRETCHES and max(ends, default=0) <= MIDNIGHT else None


def shown_week(calendar: Calendar) -> dict[str, str]:
    """The hours of each weekday as people write them."""
    return {
        str(number): ", ".join(f"{_clock(start)}-{_clock(end)}" for start, end in hours)
        for number, hours in enumerate(calendar.week, 1)
    }


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def make_calendar(
    workspaces: Workspaces, info: WorkspaceInfo, actor: Actor, app: str, title: str, *, country: bool = True
) -> str:
    """Add a calendar to an app, with the holidays of China or without, and publish it. Gives its key.

    What counts without naming a calendar goes on along the one it counted along before.

    Raises `Rejected` for a blank title, and as `publish` does.
    """
    title = " ".join(title.split())[:60]
    if not title:
        raise Rejected(Problem("calendar.no_title", "title", "Say what the calendar is called", {}))
    with workspaces.begin(info, actor) as tx:
        taken = {CHINA, *store.forms(tx, app).of_kind(KIND)}
        choose_usual(tx, app, _in_order(tx, app)[0])
    key = key_of(title, taken, fallback="calendar")
    fresh = {"kind": KIND, "key": key, "title": {"zh-CN": title, "en": title}}
    _put(workspaces, info, actor, app, key, lambda document: document.update(fresh), new=fresh | _country(country))
    return key


def _country(country: bool) -> dict[str, str]:
    return {"country": CHINA} if country else {}


def _put(
    workspaces: Workspaces,
    info: WorkspaceInfo,
    actor: Actor,
    app: str,
    key: str,
    change: Callable[[dict[str, Any]], None],
    new: Document | None = None,
) -> int:
    """Change a calendar's document (or add the `new` one) and publish that alone; gives the revision."""
    with workspaces.begin(info, actor) as tx:
        document = dict(calendar_of(tx, app, key)[1] if new is None else new)
        change(document)
        draft = drafts.open_draft(tx, app, "")
        problems = drafts.put_document(tx, draft, document)
        if problems:
            raise Rejected(problems)
        number = draft.id
    return publish(workspaces, info, actor, number).revision


def _without(entry: Mapping[str, Any], first: date, last: date) -> Iterator[dict[str, Any]]:
    """What is left of an entry when some days are taken out of it: nothing, one piece, two."""
    begins = date.fromisoformat(entry.get("date") or entry["from"])
    ends = date.fromisoformat(entry.get("date") or entry["to"])
    if ends < first or begins > last:
        yield dict(entry)
        return
    rest = {name: value for name, value in entry.items() if name not in ("date", "from", "to")}
    one_day = timedelta(days=1)
    if begins < first:
        yield {**rest, "from": begins.isoformat(), "to": (first - one_day).isoformat()}
    if ends > last:
        after = last + one_day
        yield {**rest, "key": f"d{after:%Y%m%d}", "from": after.isoformat(), "to": ends.isoformat()}


def known_years(tx: Transaction) -> list[int]:
    """The years whose public holidays are known."""
    return sorted({*china_years(), *read_years(tx.settings.get(HOLIDAYS) or {})})


def learn_years(tx: Transaction, text: str) -> list[int]:
    """Take over years of the country from CSV: first day, last day, name, `off` or `work`. Gives the years.

    A year that is known already is replaced. Raises `Rejected` with every line that cannot be read.
    """
    years: dict[str, dict[str, list[Any]]] = {}
    problems: list[Problem] = []
    for number, line in enumerate(csv.reader(io.StringIO(text.lstrip("\ufeff"))), 1):
        cells = [cell.strip() for cell in line]
        if not any(cells) or (number == 1 and not cells[0][:1].isdigit()):
            continue
        problem = _line(cells, years, number)
        if problem is not None:
            problems.append(problem)
    if not problems and not years:
        problems.append(Problem("calendar.empty_file", "file", "The file holds no days", {}))
    if problems:
        raise Rejected(problems)
    kept = {**(tx.settings.get(HOLIDAYS) or {}), **years}
    _keep(tx, _APP, _KEY, kept)
    return sorted(int(year) for year in years)


def _line(cells: list[str], years: dict[str, dict[str, list[Any]]], number: int) -> Problem | None:
    cells = [*cells, "", "", "", ""][:4]
    first, last, name, kind = cells[0], cells[1] or cells[0], cells[2], cells[3].lower() or "off"
    try:
        begins, ends = date.fromisoformat(first), date.fromisoformat(last)
    except ValueError:
        message = f"Line {number}: write days as 2027-01-01"
        return Problem("calendar.line_day", f"file[{number}]", message, {"line": number})
    if kind not in ("off", "work", "休", "班") or not 0 <= (ends - begins).days < MOST_DAYS:
        message = f"Line {number}: first day, last day, name, then off or work"
        return Problem("calendar.line", f"file[{number}]", message, {"line": number})
    for day in days_between(begins, ends):
        year = years.setdefault(str(day.year), {"off": [], "work": []})
        if kind in ("work", "班"):
            year["work"].append(day.isoformat())
        else:
            year["off"].append([day.isoformat(), day.isoformat(), name])
    return None


def uses(tx: Transaction, app: str) -> list[Use]:
    """The forms whose formulas, defaults or rules count along calendars: what moves when a day changes."""
    forms = store.forms(tx, app)
    return [use for form in forms.own() if (use := _use(tx, forms, form)) is not None]


def _use(tx: Transaction, forms: Forms, form: Form) -> Use | None:
    locale = tx.actor.locale
    places = [
        field.label(locale)
        for field in every_field(form)
        if any(_counts(one) for one in (field.expression, field.default) if one is not None)
    ]
    for kind in ("moment", "flow"):
        places += [
            _title(document, locale)
            for document in forms.of_kind(kind).values()
            if document.get("form") == form.key
            and (_limited(document) or any(_names(text) for text in _texts(document)))
        ]
    if any(_names(text) for text in _texts(form.document.get("rules", ()))):
        places.append({"zh-CN": "规则"}.get(locale, "Rules"))
    if not places:
        return None
    table = form.table
    query = select(func.count()).select_from(table)
    if DELETED in table.c:
        query = query.where(table.c[DELETED].is_(None))
    return Use(form.app, form.key, form.label(locale), tuple(dict.fromkeys(places)), tx.connection.scalar(query) or 0)


def _limited(document: Document) -> bool:
    """Whether a flow has time limits."""
    return any(node.get("limit") for node in document.get("nodes", ()))


def _title(document: Document, locale: str) -> str:
    title = document.get("title")
    return str(title.get(locale) or title.get("en")) if isinstance(title, Mapping) else str(title)


def _counts(expression: Any) -> bool:
    text = getattr(expression, "text", None)
    return isinstance(text, str) and _names(text)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _texts(one)


def _names(text: str) -> bool:
    """Whether a text is an expression that calls a function of calendars."""
    if "(" not in text:
        return False
    try:
        return _calls(parse(text))
    except ProblemError:
        return False


def _calls(syntax: Syntax) -> bool:
    match syntax:
        case Apply():
            function = None if syntax.operator else find_function(syntax.name)
            return (function is not None and function.family == FAMILY) or any(map(_calls, syntax.arguments))
        case Member():
            return _calls(syntax.owner)
        case _:
            return False
