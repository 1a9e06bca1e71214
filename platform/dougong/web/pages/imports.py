"""The import wizard: upload, columns, dry run, run, result; past imports with undo. Files are read by jobs only."""

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from dougong.apps import store as apps
from dougong.identity.members import member_names
from dougong.identity.roles import list_roles
from dougong.imports import people as staff
from dougong.imports import store
from dougong.imports.starting import start_step
from dougong.jobs import queue
from dougong.web.errors import is_htmx
from dougong.web.i18n import current_locale, gettext
from dougong.web.pages.import_mapping import (
    column_views,
    field_groups,
    key_fields,
    lacking,
    read_plan,
    start_plan,
)
from dougong.web.problems import stored_problems, translate
from dougong.web.records.locate import open_form
from dougong.web.records.uploads import begin_sent
from dougong.web.request import begin_tx
from engines.form.form import Form
from engines.form.importing import ImportPlan, check_plan
from engines.form.policy import policy_for
from engines.form.transaction import Transaction
from engines.kernel.problems import Forbidden, NotFound, Problem, Rejected

import_pages = Blueprint("imports", __name__, url_prefix="/import")


def _place(app: str, form: str) -> dict[str, Any]:
    """The values of the URLs of one form's imports; people have none."""
    return {} if form == store.PEOPLE else {"app": app, "form": form}


def _url(page: str, app: str, form: str, **more: Any) -> str:
    kind = "people_" if form == store.PEOPLE else ""
    return url_for(f"imports.{kind}{page}", **_place(app, form), **more)


def _open(tx: Transaction, app: str, form: str) -> Form | None:
    """The form that is imported into; None for people. Raises `Forbidden` for who may not."""
    if form == store.PEOPLE:
        if not tx.actor.is_admin:
            raise Forbidden(Problem("access.admin_only", "", "Only administrators of the workspace may do this"))
        return None
    opened = open_form(tx, app, form)
    policy_for(tx, opened).require("import")
    return opened


def _words(opened: Form | None, app: str) -> dict[str, Any]:
    """What every page of the wizard shows of where it is."""
    title = gettext("People") if opened is None else opened.label(current_locale())
    form = store.PEOPLE if opened is None else opened.key
    return {
        "target": title,
        "app": app,
        "form": form,
        "opened": opened,
        "list_url": "/admin/members" if opened is None else f"/a/{app}/{form}",
        "url": lambda page, **more: _url(page, app, form, **more),
        "locale": current_locale(),
    }


@import_pages.get("")
def history() -> ResponseReturnValue:
    """Past imports of all forms."""
    with begin_tx(read_only=True) as tx:
        found = store.list_imports(tx, limit=100)
        return render_template("imports/history.html", **_history(tx, found))


def _history(tx: Transaction, found: list[store.Import]) -> dict[str, Any]:
    names: dict[tuple[str, str], str] = {}
    for one in found:
        if one.form == store.PEOPLE:
            names[one.app, one.form] = gettext("People")
            continue
        try:
            names[one.app, one.form] = apps.forms(tx, one.app).get(one.form).label(current_locale())
        except NotFound:
            names[one.app, one.form] = one.form
    who = member_names(tx, (one.actor for one in found))
    return {"imports": found, "form_names": names, "who": who, "import_url": _url}


@import_pages.get("/people", endpoint="people_start", defaults={"app": "", "form": store.PEOPLE})
@import_pages.get("/<app>/<form>")
def start(app: str, form: str) -> ResponseReturnValue:
    """Choose a file; below it the past imports into this form."""
    with begin_tx(read_only=True) as tx:
        return _start_page(tx, app, form)


def _start_page(tx: Transaction, app: str, form: str, problems: list[Problem] | None = None) -> str:
    opened = _open(tx, app, form)
    found = store.list_imports(tx, app=app, form=form)
    return render_template(
        "imports/start.html", problems=problems or [], step=1, **_words(opened, app), **_history(tx, found)
    )


@import_pages.post("/people", endpoint="people_upload", defaults={"app": "", "form": store.PEOPLE})
@import_pages.post("/<app>/<form>")
def upload(app: str, form: str) -> ResponseReturnValue:
    """Keep the file and let a job read it."""
    try:
        with begin_tx() as tx:
            _open(tx, app, form)
            number = begin_sent(tx, app, form)
    except Rejected as error:
        with begin_tx(read_only=True) as tx:
            return _start_page(tx, app, form, translate(error.problems, current_locale())), 422
    return redirect(_url("show", app, form, import_id=number), 303)


@import_pages.get("/people/<int:import_id>", endpoint="people_show", defaults={"app": "", "form": store.PEOPLE})
@import_pages.get("/<app>/<form>/<int:import_id>")
def show(app: str, form: str, import_id: int) -> ResponseReturnValue:
    """The step that an import is at; `step=columns` goes back to the columns."""
    with begin_tx(read_only=True) as tx:
        opened = _open(tx, app, form)
        found = store.get_import(tx, import_id, at=(app, form))
        words = {**_words(opened, app), "found": found}
        job = queue.read_job(tx, found.job) if found.job else None
        here = _url("show", app, form, import_id=import_id)
        if job is not None and job.is_open:
            step = {"import_read": 1, "import_check": 3}.get(job.kind, 4)
            return render_template("imports/working.html", step=step, job=job, next=here, problems=[], **words)
        stopped = _problems(job.problems) if job is not None and job.state == "failed" else []
        if found.state != "staging":
            return _result(tx, found, words, stopped)
        if found.file is None:
            return _start_page(tx, app, form, stopped), 422 if stopped else 200
        if found.report.get("checked") and request.args.get("step") != "columns":
            return _checked(tx, found, words)
        if opened is None:
            return _people(tx, found, words, stopped)
        plan = found.plan if found.settings else start_plan(tx, opened, found)
        return _columns(tx, opened, found, plan, words, stopped)


def _problems(stored: Iterable[Mapping[str, Any]] | None) -> list[Problem]:
    """Problems that a job or a ledger keeps, in the reader's language."""
    return stored_problems(stored, current_locale())


def _columns(
    tx: Transaction, opened: Form, found: store.Import, plan: ImportPlan, words: dict[str, Any], problems: list[Problem]
) -> str:
    return render_template(
        "imports/_map.html" if is_htmx() else "imports/columns.html",
        step=2,
        plan=plan,
        columns=column_views(tx, opened, found, plan),
        groups=field_groups(tx, opened),
        keys=key_fields(opened, plan, current_locale()),
        lacking=lacking(tx, opened, plan),
        problems=problems,
        may_design=tx.actor.is_admin,
        **words,
    )


@import_pages.post("/<app>/<form>/<int:import_id>/columns")
def columns(app: str, form: str, import_id: int) -> ResponseReturnValue:
    """Save how columns are used: draw the page anew (`go` missing), or start the dry run."""
    with begin_tx() as tx:
        opened = _open(tx, app, form)
        found = store.get_import(tx, import_id, at=(app, form))
        if opened is None or found.file is None:
            raise NotFound(Problem("import.unknown", "", f"There is no import #{import_id}", {"id": import_id}))
        plan = read_plan(request.form, found)
        words = {**_words(opened, app), "found": found}
        if "go" not in request.form:
            return _columns(tx, opened, found, plan, words, [])
        problems = check_plan(tx, opened, plan, len(found.headers))
        if problems:
            return _columns(tx, opened, found, plan, words, translate(problems, current_locale())), 422
        store.set_settings(tx, found, plan.stored())
        start_step(tx, import_id, "import_check")
    return redirect(_url("show", app, form, import_id=import_id), 303)


@import_pages.post("/people/<int:import_id>/columns")
def people_columns(import_id: int) -> ResponseReturnValue:
    """Save what the columns say of people and start the dry run."""
    with begin_tx() as tx:
        _open(tx, "", store.PEOPLE)
        found = store.get_import(tx, import_id, at=("", store.PEOPLE))
        chosen = {key: request.form.get(f"c-{key}", type=int) for key in staff.COLUMNS}
        settings = {
            "columns": {key: place for key, place in chosen.items() if place is not None},
            "role": request.form.get("role", ""),
            "manager_role": request.form.get("manager_role", ""),
        }
        if chosen["name"] is None:
            problem = Problem("import.no_names", "name", "Choose the column of names", {})
            words = {**_words(None, ""), "found": found}
            return _people(tx, found, words, translate([problem], current_locale())), 422
        store.set_settings(tx, found, settings)
        start_step(tx, import_id, "import_check")
    return redirect(_url("show", "", store.PEOPLE, import_id=import_id), 303)


def _people(tx: Transaction, found: store.Import, words: dict[str, Any], problems: list[Problem]) -> str:
    settings = found.settings or {"columns": staff.guess(found.headers)}
    labels = {
        "name": gettext("Name"),
        "email": gettext("E-mail address"),
        "phone": gettext("Phone"),
        "title": gettext("Job title"),
        "department": gettext("Department"),
        "manager": gettext("Manager"),
        "role": gettext("Role"),
    }
    roles = [(one.key, one.title) for one in list_roles(tx)]
    return render_template(
        "imports/people.html", step=2, settings=settings, labels=labels, roles=roles, problems=problems, **words
    )


@import_pages.post("/people/<int:import_id>/sheet", endpoint="people_sheet", defaults={"app": "", "form": store.PEOPLE})
@import_pages.post("/<app>/<form>/<int:import_id>/sheet")
def sheet(app: str, form: str, import_id: int) -> ResponseReturnValue:
    """Read another sheet of the workbook."""
    with begin_tx() as tx:
        _open(tx, app, form)
        found = store.get_import(tx, import_id, at=(app, form))
        store.set_settings(tx, found, {})
        store.keep(tx, import_id, sheet=request.form.get("sheet"))
        start_step(tx, import_id, "import_read")
    return redirect(_url("show", app, form, import_id=import_id), 303)


def _checked(tx: Transaction, found: store.Import, words: dict[str, Any]) -> str:
    return render_template("imports/check.html", step=3, **_rows(tx, found), **words)


def _result(tx: Transaction, found: store.Import, words: dict[str, Any], problems: list[Problem]) -> str:
    kept = [one.message for one in _problems(found.report.get("kept"))]
    return render_template(
        "imports/result.html", step=5, problems=problems, kept_words=kept, **_rows(tx, found), **words
    )


def _rows(tx: Transaction, found: store.Import) -> dict[str, Any]:
    """The problems of the rows (the first of them) and the rows that lack something."""
    bad = store.rows_with_problems(tx, found.id)
    told = []
    for row in bad:
        for one, problem in zip(row.problems, _problems(row.problems), strict=True):
            told.append({**one, "shown": problem.message, "value": problem.params.get("value"), "at": one["row"]})
    lacking_rows, lacking_count = store.incomplete_rows(tx, found.id, 20)
    return {
        "told": told[: store.SHOWN],
        "told_count": store.problem_count(tx, found.id),
        "lacking_rows": lacking_rows,
        "lacking_count": lacking_count,
    }


@import_pages.post("/people/<int:import_id>/run", endpoint="people_run", defaults={"app": "", "form": store.PEOPLE})
@import_pages.post("/<app>/<form>/<int:import_id>/run")
def run(app: str, form: str, import_id: int) -> ResponseReturnValue:
    """Write the records; also goes on with a run that was cancelled or broke off."""
    with begin_tx() as tx:
        _open(tx, app, form)
        store.get_import(tx, import_id, at=(app, form))
        start_step(tx, import_id, "import_run")
    return redirect(_url("show", app, form, import_id=import_id), 303)


@import_pages.post("/<app>/<form>/<int:import_id>/undo")
def undo(app: str, form: str, import_id: int) -> ResponseReturnValue:
    """Take the whole import back."""
    with begin_tx() as tx:
        _open(tx, app, form)
        store.get_import(tx, import_id, at=(app, form))
        start_step(tx, import_id, "import_undo")
    return redirect(_url("show", app, form, import_id=import_id), 303)


@import_pages.get(
    "/people/<int:import_id>/errors.csv", endpoint="people_errors", defaults={"app": "", "form": store.PEOPLE}
)
@import_pages.get("/<app>/<form>/<int:import_id>/errors.csv")
def errors(app: str, form: str, import_id: int) -> ResponseReturnValue:
    """The rows with problems as they came, with a column that says why: to be mended and imported again."""
    with begin_tx(read_only=True) as tx:
        _open(tx, app, form)
        found = store.get_import(tx, import_id, at=(app, form))
        rows = store.rows_with_problems(tx, import_id, None)
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow([*found.headers, gettext("Problems")])
        for row in rows:
            if row.record_id is not None:
                continue  # the record is there; only a relation of it could not be set
            said = [
                f"{one.get('column') or one['path']}: {problem.message}" if one["path"] else problem.message
                for one, problem in zip(row.problems, _problems(row.problems), strict=True)
            ]
            for place, cells in enumerate(row.raw):
                padded = [*cells, *[None] * (len(found.headers) - len(cells))]
                writer.writerow([*padded, "; ".join(said) if place == 0 else ""])
    name = f"errors-{import_id}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    return Response("\ufeff" + out.getvalue(), mimetype="text/csv", headers=headers)
