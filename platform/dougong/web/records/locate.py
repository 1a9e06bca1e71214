"""Finding what a URL names: an app and one of its forms, compiled for the revision of the transaction."""

from urllib.parse import quote, urlencode

from dougong.apps import store
from engines.form.form import Form, Forms
from engines.form.policy import policy_for
from engines.form.transaction import Transaction
from engines.kernel.problems import NotFound, Problem


def open_forms(tx: Transaction, app: str) -> Forms:
    """The forms of an app. Raises `NotFound` for an app that does not exist."""
    return store.forms(tx, store.app_key(tx, app))


def open_form(tx: Transaction, app: str, key: str) -> Form:
    """A form of an app. Raises `NotFound` with the nearest name."""
    return open_forms(tx, app).get(key)


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
