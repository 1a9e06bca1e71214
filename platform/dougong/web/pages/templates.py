"""The template centre: packs to install, what is installed, sample data; each as a job with a progress bar."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from dougong.apps import store
from dougong.jobs.queue import list_jobs, read_job, start
from dougong.packs.install import installed
from dougong.packs.library import Library
from dougong.packs.manifest import Manifest
from dougong.web.i18n import current_locale
from dougong.web.request import begin_tx, require_admin
from engines.form.transaction import Transaction
from engines.kernel.labels import label
from engines.kernel.problems import NotFound, Problem, Rejected

template_pages = Blueprint("templates", __name__)
NEW_APP = "+"
KINDS = ("pack_install", "pack_remove", "sample_data")
TITLES: Mapping[str, Mapping[str, str]] = {
    "install": {"zh-CN": "安装模板", "en": "Installing templates"},
    "remove": {"zh-CN": "卸载模板", "en": "Removing a template"},
    "sample": {"zh-CN": "示例数据", "en": "Sample data"},
}


@dataclass(frozen=True, slots=True)
class Shelf:
    """One pack in the gallery: `apps` are those that have it, with the version there."""

    manifest: Manifest
    apps: Mapping[str, str]
    depends: tuple[str, ...]


@template_pages.get("/templates")
def page() -> ResponseReturnValue:
    """The gallery: suites first, then the blocks."""
    require_admin()
    with begin_tx(read_only=True) as tx:
        apps = store.apps(tx)
        here = {app.key: installed(tx, app.key) for app in apps}
        running = [job for job in list_jobs(tx, limit=20) if job.is_open and job.kind in KINDS]
        samples = {app.key: _has_sample(tx, app.key) for app in apps}
        titles = {one.key: label(one.title, current_locale()) for one in Library().manifests()}
        shelves = [
            Shelf(
                one,
                {key: packs[one.key] for key, packs in here.items() if one.key in packs},
                tuple(titles.get(key, key) for key in one.depends),
            )
            for one in Library().manifests()
        ]
        return render_template(
            "templates/page.html",
            suites=[one for one in shelves if one.manifest.is_suite],
            blocks=[one for one in shelves if not one.manifest.is_suite],
            apps=apps,
            here=here,
            samples=samples,
            running=running,
        )


@template_pages.get("/templates/<key>/install")
def ask(key: str) -> ResponseReturnValue:
    """The dialog before an installation: into which app, with sample data or not."""
    require_admin()
    with begin_tx(read_only=True) as tx:
        packs = Library().closure([key])
        return render_template(
            "templates/install.html",
            pack=packs[-1].manifest,
            packs=[one.manifest for one in packs],
            apps=store.apps(tx),
        )


@template_pages.post("/templates/<key>/install")
def install(key: str) -> ResponseReturnValue:
    """Start the installation; the answer is the page that shows its progress."""
    require_admin()
    app, title = request.form.get("app", NEW_APP), request.form.get("title", "").strip()[:60]
    with begin_tx() as tx:
        pack = Library().load(key)
        if app == NEW_APP:
            app = _free_key(tx, key)
        title_or_pack: Any = title or pack.manifest.title
        params = {"keys": [key], "app": app, "title": title_or_pack, "sample": "sample" in request.form}
        job = start(tx, "pack_install", params, title=TITLES["install"], unique_key=app)
    return redirect(url_for("templates.progress", job_id=job), 303)


@template_pages.post("/templates/<app>/<key>/remove")
def remove(app: str, key: str) -> ResponseReturnValue:
    """Start taking a pack out of an app."""
    require_admin()
    with begin_tx() as tx:
        job = start(tx, "pack_remove", {"keys": [key], "app": app}, title=TITLES["remove"], unique_key=app)
    return redirect(url_for("templates.progress", job_id=job), 303)


@template_pages.post("/templates/<app>/sample/<action>")
def sample(app: str, action: str) -> ResponseReturnValue:
    """Load, remove or reset the sample data of an app; own records stay."""
    require_admin()
    if action not in ("load", "remove", "reset"):
        raise Rejected(Problem("sample.action", "action", f'"{action}" cannot be done', {"action": action}))
    with begin_tx() as tx:
        params = {"app": store.app_key(tx, app), "action": action}
        job = start(tx, "sample_data", params, title=TITLES["sample"], unique_key=app)
    return redirect(url_for("templates.progress", job_id=job), 303)


@template_pages.get("/templates/jobs/<int:job_id>")
def progress(job_id: int) -> ResponseReturnValue:
    """The bar of an installation, and where to go when it is done."""
    require_admin()
    with begin_tx(read_only=True) as tx:
        job = read_job(tx, job_id)
        if job.kind not in KINDS:
            raise NotFound(Problem("job.unknown", "", f"There is no job {job_id}", {"id": job_id}))
        return render_template("templates/progress.html", job=job, next="/templates", problems=[])


def _free_key(tx: Transaction, pack: str) -> str:
    """A key for a new app, made of the pack's."""
    taken = {app.key for app in store.apps(tx)}
    base = pack.partition(".")[2].replace("_", "")[:16]
    return next(key for key in (base, *(f"{base}{number}" for number in range(2, 100))) if key not in taken)


def _has_sample(tx: Transaction, app: str) -> bool:
    """Whether some form of an app holds sample records."""
    for form in store.forms(tx, app).own():
        table = form.table
        query = table.select().with_only_columns(table.c.id).where(table.c["_sample"], table.c["_deleted_at"].is_(None))
        if tx.connection.execute(query.limit(1)).first() is not None:
            return True
    return False
