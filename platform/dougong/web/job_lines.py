"""A person's long work as lines of a page: what each job is about, where it leads, what came of it.

An area whose jobs can say more than their title adds its kinds to `TELLERS`. A teller gets the jobs of its kinds at
once, all of them the reader's own, and names only what is still there.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from flask import url_for
from sqlalchemy import select

from dougong import ledgers
from dougong.apps import store as apps
from dougong.exports.shelf import KEPT
from dougong.imports.store import PEOPLE
from dougong.jobs.queue import Job, list_jobs
from dougong.web.i18n import current_locale, gettext, ngettext
from dougong.web.pages.tags import changed_words
from dougong.web.problems import stored_problems
from engines.form.system import LEDGER
from engines.form.transaction import Transaction
from engines.kernel.labels import label
from engines.kernel.problems import NotFound, Problem

SHOWN: Final = 50
READ: Final = 200
"""Jobs looked at for the page: those of one import are one line, its newest."""
IMPORTS: Final = ("import_read", "import_check", "import_run", "import_undo", "form_from_file")


@dataclass(frozen=True, slots=True)
class Told:
    """What is known of a job besides its progress: its subject, its page, the outcome in words, the file it made."""

    about: str = ""
    url: str = ""
    outcome: str = ""
    file: str = ""


@dataclass(frozen=True, slots=True)
class JobLine:
    """One line: the job, what is told of it, why it failed."""

    job: Job
    told: Told = Told()
    problems: list[Problem] = field(default_factory=list)


Teller = Callable[[Transaction, Sequence[Job]], Mapping[int, Told]]


def job_lines(tx: Transaction) -> list[JobLine]:
    """The actor's newest jobs, one line for each import. Nobody sees another person's, administrators neither."""
    newest: dict[str, Job] = {}
    for job in list_jobs(tx, limit=READ):
        newest.setdefault(f"import:{job.payload.get('import')}" if job.kind in IMPORTS else str(job.id), job)
    return lines_of(tx, list(newest.values())[:SHOWN])


def lines_of(tx: Transaction, jobs: Sequence[Job]) -> list[JobLine]:
    """Jobs with all that their areas tell of them, in the reader's language."""
    told: dict[int, Told] = {}
    for kinds, teller in TELLERS.items():
        mine = [job for job in jobs if job.kind in kinds]
        if mine:
            told |= teller(tx, mine)
    why = {job.id: stored_problems(job.problems, current_locale()) for job in jobs if job.state == "failed"}
    return [JobLine(job, told.get(job.id, Told()), why.get(job.id, [])) for job in jobs]


def _ledgers(tx: Transaction, ids: Iterable[int]) -> dict[int, Any]:
    query = select(LEDGER).where(LEDGER.c.id.in_(list(ids)))
    return {row.id: row for row in tx.connection.execute(query)}


def _form_label(tx: Transaction, app: str, form: str) -> str | None:
    """What a form is called; None for one that is gone or not made yet."""
    try:
        return apps.forms(tx, app).get(form).label(current_locale())
    except NotFound:
        return None


def _imports(tx: Transaction, jobs: Sequence[Job]) -> dict[int, Told]:
    rows = _ledgers(tx, (job.payload["import"] for job in jobs))
    return {job.id: _import(tx, job, rows[job.payload["import"]]) for job in jobs if job.payload["import"] in rows}


def _import(tx: Transaction, job: Job, row: Any) -> Told:
    name = row.title or ""
    if row.form == PEOPLE:
        target: str | None = gettext("People")
        url = url_for("imports.people_show", import_id=row.id)
    else:
        target = _form_label(tx, row.app, row.form)
        url = url_for("imports.show", app=row.app, form=row.form, import_id=row.id)
    if target is None:  # a form that the file is to become
        made = url_for("design_new.columns", app=row.app, number=row.id) if tx.actor.is_admin else ""
        return Told(name, made)
    told = Told(f"{name} → {target}", url)
    if job.kind == "import_undo":
        back = (row.report or {}).get("back", 0)
        return replace(told, outcome=ngettext("One record is as before", "%(num)d records are as before", back))
    if job.kind == "import_read":
        return replace(told, outcome=gettext("The file is read: choose the columns"))
    counts = {"new": row.created, "updated": row.updated, "refused": row.refused}
    if job.kind == "import_check":
        words = gettext("Tried only: %(new)s new, %(updated)s updated, %(refused)s refused", **counts)
    else:
        words = gettext("%(new)s new, %(updated)s updated, %(refused)s refused", **counts)
    return replace(told, outcome=words)


def _exports(tx: Transaction, jobs: Sequence[Job]) -> dict[int, Told]:
    rows = _ledgers(tx, (job.payload["export"] for job in jobs))
    found: dict[int, Told] = {}
    for job in jobs:
        row = rows.get(job.payload["export"])
        if row is None:
            continue
        told = Told(ledgers.told(row)["name"], url_for("exports.show", export_id=row.id))
        if row.state == "done" and row.finished_at is not None:
            outcome = ngettext("One record", "%(num)s records", row.total)
            if tx.now - row.finished_at < KEPT:
                told = replace(told, outcome=outcome, file=url_for("exports.download", export_id=row.id))
            else:
                over = gettext("The file was removed after 24 hours. Export again to get it.")
                told = replace(told, outcome=f"{outcome} · {over}")
        found[job.id] = told
    return found


def _in_apps(tx: Transaction, jobs: Sequence[Job]) -> dict[int, Told]:
    """Jobs of an app as a whole: templates, publishing, values computed anew."""
    names = {app.key: label(app.title, current_locale()) for app in apps.apps(tx)}
    found: dict[int, Told] = {}
    for job in jobs:
        app = job.payload.get("app") or (job.result or {}).get("app") or ""
        url = ""
        if tx.actor.is_admin and job.kind == "publish" and job.state == "done" and app in names:
            url = url_for("design_plan.published", app=app)
        elif tx.actor.is_admin and job.kind not in ("publish", "recompute"):
            url = url_for("templates.progress", job_id=job.id)
        found[job.id] = Told(names.get(app) or label(job.payload.get("title", ""), current_locale()), url)
    return found


def _tags(tx: Transaction, jobs: Sequence[Job]) -> dict[int, Told]:
    found: dict[int, Told] = {}
    for job in jobs:
        app, form, key = (job.payload[name] for name in ("app", "form", "field"))
        try:
            opened = apps.forms(tx, app).get(form)
            about = f"{opened.label(current_locale())} · {opened.get(key).label(current_locale())}"
        except NotFound:
            continue
        url = url_for("tags.page", app=app, form=form, key=key) if tx.actor.is_admin else ""
        found[job.id] = Told(about, url, changed_words(job))
    return found


TELLERS: Final[Mapping[tuple[str, ...], Teller]] = {
    IMPORTS: _imports,
    ("export",): _exports,
    ("pack_install", "pack_remove", "sample_data", "publish", "recompute"): _in_apps,
    ("tags",): _tags,
}
