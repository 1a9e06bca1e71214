"""Showing a masked value on the page of a record, and who was shown what, for administrators."""

from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from dougong.apps import store
from dougong.identity.members import member_names
from dougong.web.i18n import current_locale
from dougong.web.numbers import read_number
from dougong.web.records import cells
from dougong.web.records.locate import open_form, record_url
from dougong.web.request import begin_tx, require_admin
from engines.form.form import Form
from engines.form.protect.reveal import Showing, reveal, showings
from engines.form.transaction import Transaction
from engines.kernel.problems import NotFound
from engines.workflow.access import grants_for

showing_pages = Blueprint("showing", __name__)
PAGE = 100


@showing_pages.post("/a/<app>/<form>/<int:record_id>/show/<path>")
def show(app: str, form: str, record_id: int, path: str) -> ResponseReturnValue:
    """The whole value of a masked field, as a fragment; `?row=` names the row of a sub-form. The log tells it."""
    with begin_tx() as tx:
        opened = open_form(tx, app, form)
        grants = grants_for(tx, opened, record_id)
        value = reveal(tx, opened, record_id, path, read_number(request.args.get("row")), grants=grants)
        field = opened.at(path) if "." in path else opened.get(path)
        return render_template("records/shown.html", shown=cells.shown(value, field, app, "detail"))


@showing_pages.get("/admin/shown")
def log() -> ResponseReturnValue:
    """Who was shown which masked value when, the newest first; `?before=` is the last line of the page before."""
    require_admin()
    with begin_tx(read_only=True) as tx:
        found = showings(tx, before=read_number(request.args.get("before")), limit=PAGE + 1)
        names = member_names(tx, (one.actor for one in found))
        forms: dict[str, Form | None] = {}
        lines = [_line(tx, one, forms) | {"person": names.get(one.actor or 0, "—")} for one in found[:PAGE]]
    more = found[PAGE - 1].id if len(found) > PAGE else None
    return render_template("admin/shown.html", lines=lines, more=more)


def _line(tx: Transaction, one: Showing, forms: dict[str, Form | None]) -> dict[str, Any]:
    """A line as people read it; what was removed since is named by its key."""
    app, _, key = one.form.partition("__")
    if one.form not in forms:
        try:
            forms[one.form] = store.forms(tx, app).get(key)
        except NotFound:
            forms[one.form] = None
    form, locale = forms[one.form], current_locale()
    return {
        "at": one.at,
        "origin": one.origin,
        "form": form.label(locale) if form is not None else key,
        "record": one.record,
        "url": record_url(app, key, one.record) if form is not None and one.record is not None else "",
        "field": field_label(form, one.path, locale) if form is not None else one.path,
    }


def field_label(form: Form, path: str, locale: str) -> str:
    """What a field is called now: `Contacts · Card`; its key where it is there no longer."""
    steps = path.split(".")
    try:
        return " · ".join(form.at(".".join(steps[: place + 1])).label(locale) for place in range(len(steps)))
    except NotFound:
        return path
