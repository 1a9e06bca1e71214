"""Business calendars for administrators: a year at a glance, days that differ, the holidays of coming years."""

from collections.abc import Sequence
from datetime import date
from typing import Final

from babel.dates import get_day_names, get_month_names
from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale  # type: ignore[import-untyped]

from dougong import calendars
from dougong.apps import store
from dougong.web.i18n import current_locale, gettext
from dougong.web.problems import translate
from dougong.web.render import done
from dougong.web.request import begin_tx, current_actor, current_place, require_admin, workspaces
from engines.form.fields.times import day_of
from engines.kernel.problems import Problem, Rejected

admin_calendar_pages = Blueprint("admin_calendars", __name__, url_prefix="/admin/calendars")
admin_calendar_pages.before_request(require_admin)
YEARS: Final = (1990, 2100)
FILE_LIMIT: Final = 200_000


@admin_calendar_pages.get("")
def page() -> ResponseReturnValue:
    """The calendars of every app, which years are known, and the upload of a new one."""
    return _page()


def _page(problems: Sequence[Problem] = ()) -> str:
    with begin_tx(read_only=True) as tx:
        apps = [(app, calendars.list_calendars(tx, app.key)) for app in store.apps(tx)]
        years = calendars.known_years(tx)
        return render_template(
            "admin/calendars.html", apps=apps, years=years, next_year=tx.now.year + 1, problems=problems
        )


@admin_calendar_pages.post("/years")
def learn() -> ResponseReturnValue:
    """Take over the public holidays of a year from a file."""
    file = request.files.get("file")
    content = file.stream.read(FILE_LIMIT + 1) if file is not None else b""
    try:
        if not content or len(content) > FILE_LIMIT:
            raise Rejected(Problem("import.no_file", "file", "Choose a file", {}))
        with begin_tx() as tx:
            years = calendars.learn_years(tx, content.decode("utf-8", "replace"))
    except Rejected as error:
        return _page(translate(error.problems, current_locale())), 422
    told = gettext("Holidays taken over: %(years)s", years=", ".join(map(str, years)))
    return done(told, url_for("admin_calendars.page"))


@admin_calendar_pages.get("/<app>/<key>")
def show(app: str, key: str) -> ResponseReturnValue:
    """One year of a calendar; `day` fills in the form."""
    return _show(app, key)


def _show(app: str, key: str, problems: Sequence[Problem] = ()) -> str:
    with begin_tx(read_only=True) as tx:
        calendar, document = calendars.calendar_of(tx, app, key)
        year = request.args.get("year", tx.now.year, type=int)
        year = min(max(year, YEARS[0]), YEARS[1])
        day = _day(request.values.get("day") or request.form.get("from"))
        months = calendars.year_of(calendar, year)
        names = get_day_names("narrow", context="stand-alone", locale=get_locale())
        full = get_day_names("wide", context="stand-alone", locale=get_locale())
        days = [one for month in months for week in month for one in week if one is not None]
        return render_template(
            "admin/calendar.html",
            app=app,
            document=document,
            calendar=calendar,
            year=year,
            months=months,
            worked=sum(one.worked for one in days),
            differing=calendars.stretches(days),
            covers=calendar.covers(year),
            day=day,
            last=_day(request.values.get("to")) or day,
            today=day_of(tx.now, tx.actor.zone),
            uses=calendars.uses(tx, app),
            teams=calendars.teams_of(tx, key),
            hours={**calendars.shown_week(calendar), **_typed()},
            weekdays=[full[number] for number in range(7)],
            problems=problems,
            years=YEARS,
            month_names=list(get_month_names("wide", locale=get_locale()).values()),
            day_names=[names[number] for number in range(7)],
        )


@admin_calendar_pages.post("/<app>/<key>")
def change(app: str, key: str) -> ResponseReturnValue:
    """Say of some days whether they are worked; it holds at once."""
    form = request.form
    first, last = _day(form.get("from")), _day(form.get("to") or form.get("from"))
    working = {"work": True, "off": False}.get(form.get("kind", ""))
    try:
        if first is None or last is None:
            raise Rejected(Problem("calendar.no_day", "from", "There is no such day", {}))
        calendars.change_days(
            workspaces(),
            current_place().workspace,
            current_actor(),
            app,
            key,
            first,
            last,
            working=working,
            title=form.get("title", "").strip()[:60],
        )
    except Rejected as error:
        return _show(app, key, translate(error.problems, current_locale())), 422
    return done(gettext("Saved"), url_for("admin_calendars.show", app=app, key=key, year=first.year))


@admin_calendar_pages.post("/<app>/<key>/week")
def week(app: str, key: str) -> ResponseReturnValue:
    """Say which hours are worked on each weekday; it holds at once."""
    hours = {number: request.form.get(f"day{number}", "")[:200] for number in map(str, range(1, 8))}
    place = (workspaces(), current_place().workspace, current_actor(), app, key)
    try:
        calendars.change_week(*place, hours)
    except Rejected as error:
        return _show(app, key, translate(error.problems, current_locale())), 422
    return done(gettext("Saved"), url_for("admin_calendars.show", app=app, key=key))


@admin_calendar_pages.post("/<app>/<key>/usual")
def usual(app: str, key: str) -> ResponseReturnValue:
    """Let a calendar count where none is named; it holds at once."""
    with begin_tx() as tx:
        calendars.choose_usual(tx, app, key)
    return done(gettext("Saved"), url_for("admin_calendars.page"))


@admin_calendar_pages.post("/new")
def new() -> ResponseReturnValue:
    """Add a calendar to an application."""
    form = request.form
    app, country = form.get("app", ""), form.get("country") == "1"
    place = (workspaces(), current_place().workspace, current_actor(), app)
    try:
        key = calendars.make_calendar(*place, form.get("title", ""), country=country)
    except Rejected as error:
        return _page(translate(error.problems, current_locale())), 422
    return done(
        gettext("The calendar is there; say when people work"), url_for("admin_calendars.show", app=app, key=key)
    )


def _typed() -> dict[str, str]:
    """The hours that somebody has just sent, so that nothing typed is lost where something is wrong with it."""
    return {name[3:]: text[:200] for name, text in request.form.items() if name.startswith("day")}


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None
