"""Exports: the dialog of a list, the file or the job that makes it, and the page that tells who took what."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl

from flask import Blueprint, Response, redirect, render_template, request, send_file
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from dougong.apps import store as apps
from dougong.exports import store
from dougong.exports.files import MIME
from dougong.exports.shelf import file_of
from dougong.exports.starting import begin_export
from dougong.identity.members import member_names
from dougong.jobs import queue
from dougong.web.i18n import current_locale
from dougong.web.records.filters import chips
from dougong.web.records.listing import Listing, read_listing
from dougong.web.records.locate import open_form
from dougong.web.request import begin_tx, current_place, site_settings
from engines.form.exporting import offered
from engines.form.form import Form
from engines.form.policy import policy_for
from engines.form.query import ids_in_order
from engines.form.transaction import Transaction
from engines.kernel.problems import NotFound, Problem, Rejected

export_pages = Blueprint("exports", __name__)
SYSTEM = ("id", "_owner", "_dept", "_created_at", "_created_by", "_updated_at", "_updated_by", "_flow_state")


@export_pages.get("/a/<app>/<form>/export")
def dialog(app: str, form: str) -> ResponseReturnValue:
    """The dialog in which columns, rows and format are chosen."""
    with begin_tx(read_only=True) as tx:
        opened = open_form(tx, app, form)
        policy_for(tx, opened).require("export")
        listing = read_listing(tx, opened, request.args)
        found = ids_in_order(tx, opened, listing.query, operation="export", limit=store.AT_ONCE + 1)
        known = offered(tx, opened)
        return render_template(
            "exports/dialog.html",
            app=app,
            form=opened,
            listing=listing,
            seen=[key for key in listing.columns if key in known],
            known={key: one for key, one in known.items() if "." not in key},
            system=[key for key in SYSTEM if key in known],
            subforms=[opened.at(key).label(current_locale()) for key in _subforms(known)],
            count=len(found),
            at_once=store.AT_ONCE,
            locale=current_locale(),
        )


@export_pages.post("/a/<app>/<form>/export")
def export(app: str, form: str) -> ResponseReturnValue:
    """The file itself; for very many records a job that makes it, and the page that waits for it."""
    given = MultiDict(parse_qsl(request.form.get("query", "")))
    with begin_tx() as tx:
        opened = open_form(tx, app, form)
        listing = read_listing(tx, opened, given)
        begun = begin_export(
            tx,
            opened,
            listing.query,
            _paths(tx, opened, listing),
            format=request.form.get("format", "xlsx"),
            repeat="repeat" in request.form,
        )
    if begun.file is None:
        return redirect(f"/export/{begun.id}", 303)
    answer = send_file(begun.file, MIME[begun.format], as_attachment=True, download_name=begun.name)
    answer.call_on_close(begun.file.close)
    return _sent(answer)


def _paths(tx: Transaction, form: Form, listing: Listing) -> list[str]:
    """The columns that the dialog asks for: those seen, all, or those ticked; rows and system fields on wish."""
    known = offered(tx, form)
    own = [key for key in known if "." not in key and key not in SYSTEM]
    if request.form.get("which") == "all":
        paths = own
    elif request.form.get("which") == "some":
        paths = [key for key in request.form.getlist("column") if "." not in key]
    else:
        paths = [key for key in listing.columns if key in known]
    if "system" in request.form:
        paths += [key for key in SYSTEM if key in known]
    if "rows" in request.form:
        paths += [key for key in known if "." in key]
    return paths


def _subforms(known: Any) -> list[str]:
    return list(dict.fromkeys(path.partition(".")[0] for path in known if "." in path))


def _sent(response: Response) -> Response:
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cache-Control"] = "private, no-store"
    return response


@export_pages.get("/export")
def history() -> ResponseReturnValue:
    """What was exported: one's own; administrators see everybody's lines."""
    with begin_tx(read_only=True) as tx:
        found = store.list_exports(tx)
        return render_template("exports/history.html", **_words(tx, found))


def _words(tx: Transaction, found: Sequence[store.Export]) -> dict[str, Any]:
    names: dict[tuple[str, str], str] = {}
    asked: dict[int, str] = {}
    for one in found:
        try:
            opened = apps.forms(tx, one.app).get(one.form)
            names[one.app, one.form] = opened.label(current_locale())
            asked[one.id] = " · ".join(_question(tx, opened, one))
        except (NotFound, Rejected):  # a form or a field that is gone
            names.setdefault((one.app, one.form), one.form)
    who = member_names(tx, (one.actor for one in found))
    return {"exports": found, "form_names": names, "asked": asked, "who": who, "mine": tx.actor.id, "now": tx.now}


def _question(tx: Transaction, form: Form, one: store.Export) -> list[str]:
    """What was asked for, in words."""
    told = [chip.text for chip in chips(tx, form, one.plan.query.filter)]
    return [*told, f"“{one.plan.query.search}”"] if one.plan.query.search else told


@export_pages.get("/export/<int:export_id>")
def show(export_id: int) -> ResponseReturnValue:
    """How far an export is, then its file."""
    with begin_tx(read_only=True) as tx:
        found = store.get_export(tx, export_id)
        job = queue.read_job(tx, found.job) if found.job else None
        title = _words(tx, [found])["form_names"][found.app, found.form]
        return render_template(
            "exports/show.html",
            found=found,
            job=job,
            ready=found.available(tx.now),
            target=title,
            list_url=f"/a/{found.app}/{found.form}",
            next=f"/export/{found.id}",
            problems=[],
        )


@export_pages.get("/export/<int:export_id>/file")
def download(export_id: int) -> ResponseReturnValue:
    """The file of an export, for the one who started it and may still export, for a day."""
    with begin_tx(read_only=True) as tx:
        return send_export(tx, store.get_export(tx, export_id))


def send_export(tx: Transaction, found: store.Export) -> Response:
    """The kept file of an export. Raises `NotFound` where it is not there (yet, or any more), `Forbidden`."""
    policy_for(tx, apps.forms(tx, found.app).get(found.form)).require("export")
    path = file_of(site_settings(), current_place().workspace.key, found.id)
    if not found.available(tx.now) or not path.is_file():
        message = "There is no file: it is still being written, or its 24 hours are over"
        raise NotFound(Problem("export.no_file", "", message, {"id": found.id}))
    return _sent(send_file(path.resolve(), MIME[found.plan.format], as_attachment=True, download_name=found.name))
