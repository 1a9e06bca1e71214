"""New forms from a file of rows, as a copy, from a template."""

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from dougong.apps import store as apps
from dougong.designer import forms, new_form
from dougong.designer.file_fields import KINDS
from dougong.imports import store
from dougong.imports.starting import start_step
from dougong.jobs import queue
from dougong.web.i18n import current_locale, gettext
from dougong.web.problems import stored_problems, translate
from dougong.web.records.uploads import begin_sent, sent_file
from dougong.web.render import done
from dougong.web.request import begin_tx, require_admin
from engines.form.fields import FIELD_TYPES
from engines.form.transaction import Transaction
from engines.kernel.labels import label
from engines.kernel.problems import NotFound, Problem, Rejected

design_new = Blueprint("design_new", __name__, url_prefix="/design/<app>/new")
design_new.before_request(require_admin)


@design_new.get("")
def ways(app: str) -> ResponseReturnValue:
    """The ways to begin: a file, a copy, a template."""
    return _ways(app)


def _ways(app: str, problems: Any = ()) -> str:
    locale = current_locale()
    with begin_tx(read_only=True) as tx:
        key = apps.app_key(tx, app)
        found: dict[str, list[tuple[str, str]]] = {}
        for one in new_form.sources(tx):
            group = label(one.group, locale)
            if one.key.startswith("pack:"):
                group = gettext("Template: %(name)s", name=group)
            found.setdefault(group, []).append((one.key, label(one.title, locale)))
        return render_template("designer/new.html", app=key, sources=found, problems=problems, typed=request.form)


@design_new.post("/file")
def upload(app: str) -> ResponseReturnValue:
    """Keep a file and let a job read it; the form gets its key from the title, else from the file's name."""
    try:
        with begin_tx() as tx:
            app = apps.app_key(tx, app)
            title = request.form.get("title", "").strip() or sent_file()[0].rpartition(".")[0]
            title = forms.check_title(title[: forms.TITLE_LIMIT], "everyone")
            number = begin_sent(tx, app, forms.free_key(tx, app, title))
            store.keep(tx, number, title=title)
    except Rejected as error:
        return _ways(app, translate(error.problems, current_locale())), 422
    return redirect(url_for("design_new.columns", app=app, number=number), 303)


def _get(tx: Transaction, app: str, number: int) -> store.Import:
    found = store.get_import(tx, number)
    if found.app != apps.app_key(tx, app):
        raise NotFound(Problem("import.unknown", "", f"There is no import #{number}", {"id": number}))
    return found


@design_new.get("/file/<int:number>")
def columns(app: str, number: int) -> ResponseReturnValue:
    """The columns with the fields that they become; while a job works, how far it is."""
    with begin_tx(read_only=True) as tx:
        found = _get(tx, app, number)
        here = url_for("design_new.columns", app=app, number=number)
        job = queue.read_job(tx, found.job) if found.job else None
        made = apps.load(tx, found.app).find("form", found.form) is not None
        if job is not None and (job.is_open or job.state != "done"):
            problems = stored_problems(job.problems, current_locale())
            return render_template("designer/new_working.html", found=found, job=job, next=here, problems=problems)
        if made:
            return redirect(f"/import/{found.app}/{found.form}/{number}")
        return _columns(tx, found, new_form.columns_of(found.file or {"headers": [], "columns": []}))


def _columns(
    tx: Transaction, found: store.Import, made: list[new_form.Column], problems: Any = (), left: Any = frozenset()
) -> str:
    preview = (found.file or {}).get("preview", [])
    samples = {
        one.place: " · ".join(str(row[one.place]) for row in preview if len(row) > one.place and row[one.place])
        for one in made
    }
    return render_template(
        "designer/new_columns.html",
        app=found.app,
        found=found,
        columns=made,
        left=left,
        samples=samples,
        kinds=[(one, label(FIELD_TYPES.get(one).title, current_locale())) for one in KINDS],
        title=request.form.get("title") or _title(tx, found),
        access=request.form.get("access", "everyone"),
        problems=problems,
    )


def _title(tx: Transaction, found: store.Import) -> str:
    return str(store.kept(tx, found.id, "title") or found.name.rpartition(".")[0])


@design_new.post("/file/<int:number>")
def make(app: str, number: int) -> ResponseReturnValue:
    """Make the form with the fields as chosen and load the rows: one job."""
    with begin_tx() as tx:
        found = _get(tx, app, number)
        if found.file is None:
            raise NotFound(Problem("import.unknown", "", f"There is no import #{number}", {"id": number}))
        every = new_form.columns_of(found.file, _chosen(KINDS))
        wanted = [
            new_form.Column(one.place, request.form.get(f"label-{one.place}", "").strip()[:100] or one.label, one.guess)
            for one in every
            if f"use-{one.place}" in request.form
        ]
        left = {one.place for one in every} - {one.place for one in wanted}
        title = request.form.get("title", "").strip()
        access = request.form.get("access", "")
        try:
            forms.check_title(title, access)
            new_form.form_of(found.form, title, wanted)
        except Rejected as error:
            return _columns(tx, found, every, translate(error.problems, current_locale()), left), 422
        stored = {"title": title, "access": access, "columns": new_form.stored_columns(wanted)}
        start_step(tx, number, "form_from_file", stored)
    return redirect(url_for("design_new.columns", app=app, number=number), 303)


def _chosen(kinds: tuple[str, ...]) -> dict[int, str]:
    sent = {name.removeprefix("type-"): value for name, value in request.form.items() if name.startswith("type-")}
    return {int(place): kind for place, kind in sent.items() if place.isdecimal() and kind in kinds}


@design_new.post("/copy")
def copy(app: str) -> ResponseReturnValue:
    """A copy of a form of any app, or of a template's, in the workbench."""
    title, source = request.form.get("title", "").strip(), request.form.get("source", "")
    try:
        with begin_tx() as tx:
            key, lost = new_form.copy_form(tx, app, source, title, request.form.get("access", "everyone"))
    except (Rejected, NotFound) as error:
        return _ways(app, translate(error.problems, current_locale())), 422
    told = gettext("The copy is in the draft")
    if lost:
        names = ", ".join(label(one, current_locale()) for one in lost)
        told = gettext("Left out, because this app does not have their forms: %(names)s", names=names)
    return done(told, url_for("designer.design", app=app, key=key))
