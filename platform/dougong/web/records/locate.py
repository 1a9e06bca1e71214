"""Finding what a URL names: an app and one of its forms, compiled for the revision of the transaction."""

from dataclasses import replace
from typing import cast
from urllib.parse import quote, urlencode

from flask import g

from dougong.apps import store
from dougong.designer.compiling import tried_form
from dougong.identity.actors import build_actor
from dougong.web.preview import current_trial
from engines.form.form import Form, Forms
from engines.form.policy import policy_for
from engines.form.transaction import Transaction
from engines.kernel.problems import NotFound, Problem


def open_forms(tx: Transaction, app: str) -> Forms:
    """The forms of an app. Raises `NotFound` for an app that does not exist."""
    return store.forms(tx, store.app_key(tx, app))


def open_form(tx: Transaction, app: str, key: str) -> Form:
    """A form of an app; for what a trial in the designer asks, that of the draft, with the eyes of who tries it.

    Raises `NotFound` with the nearest name, `Forbidden` for a trial of who does not design the app.
    """
    trial = current_trial()
    if trial is None or trial.form != key:
        return open_forms(tx, app).get(key)
    if g.get("tried") is not None:  # the eyes are those of the member already
        return cast(Form, g.tried)
    g.tried = form = tried_form(tx, app, key)
    if trial.member != tx.actor.id:
        tx.actor = replace(build_actor(tx, trial.member, locale=tx.actor.locale, zone=tx.actor.zone))
    return form


def form_for(tx: Transaction, app: str, key: str, operation: str) -> Form:
    """A form of the app's own (not people, not departments). Raises `NotFound`, `Forbidden` without the operation."""
    form = store.forms(tx, app).get(key)
    if form.system:
        raise NotFound(Problem("form.unknown", key, f'There is no form "{key}"', {"key": key, "known": []}))
    policy_for(tx, form).require(operation)
    return form


def list_url(app: str, form: str, **query: str | None) -> str:
    """The address of a list, with what is given as its query."""
    given = {key: value for key, value in query.items() if value}
    return f"/a/{app}/{form}" + (f"?{urlencode(given, quote_via=quote)}" if given else "")


def record_url(app: str, form: str, record_id: int) -> str:
    """The address of a record; people and departments have pages of their own."""
    if form == "_member":
        return f"/admin/members/{record_id}"
    return f"/a/{app}/{form}/{record_id}"
