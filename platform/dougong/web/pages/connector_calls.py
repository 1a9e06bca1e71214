"""Buttons that ask another system: the server makes the call, the answer fills the page and is not saved by itself."""

from typing import Any

from flask import Blueprint, current_app, jsonify, request
from flask.typing import ResponseReturnValue

from dougong.config import Settings
from dougong.connectors.calls import find_call, request_of, value_at
from dougong.connectors.guard import networks
from dougong.connectors.send import Request, send
from dougong.vault.secrets import secret
from dougong.web.errors import failure, problem_document
from dougong.web.i18n import current_locale
from dougong.web.limits import by_session, limiter
from dougong.web.pages.admin_secrets import box
from dougong.web.pages.record_form import editable_paths
from dougong.web.problems import translate
from dougong.web.records.filling import read_filling
from dougong.web.records.inputs import visible_paths
from dougong.web.records.live import answer_value
from dougong.web.records.locate import open_form
from dougong.web.request import begin_tx
from engines.form.decor import button_call
from engines.form.fields.base import Context, Field
from engines.form.form import Form
from engines.form.transaction import Transaction
from engines.form.write.inputs import inputs_for
from engines.kernel.documents import Document
from engines.kernel.problems import NotFound, Problem, ProblemError, Rejected

connector_call_pages = Blueprint("connector_calls", __name__)


@connector_call_pages.post("/a/<app>/<form>/call")
@limiter.limit("60 per minute", key_func=by_session)
def call(app: str, form: str) -> ResponseReturnValue:
    """Make the call of the button `_button` with what the page holds; gives what it fills in.

    `{"values": {field: value}, "problems": [...]}`; a value that does not fit its field is a problem, the others come.
    """
    try:
        return jsonify(_call(app, form))
    except ProblemError as error:
        told = failure(error.status, error.problems)
        return jsonify(problem_document(told)), told.status


def _call(app: str, form: str) -> dict[str, Any]:
    with begin_tx() as tx:
        opened = open_form(tx, app, form)
        asked, editable = _request(tx, opened, request.form.get("_button", ""))
        button, _ = button_call(opened, request.form.get("_button", ""))
    settings: Settings = current_app.extensions["dougong_settings"]
    answer = send(asked, networks(",".join(settings.outgoing)))
    with begin_tx(read_only=True) as tx:
        values: dict[str, Any] = {}
        problems: list[Problem] = []
        for one in button.options.get("outputs", ()):
            field = opened.fields[one["field"]]
            if field.key in editable:
                problems += _take(tx, field, value_at(answer, one.get("pointer", "")), values)
            elif field.readonly:  # the page could send anything as the answer: only a rule may open such a field
                label = field.label(current_locale())
                message = f"{label} is read-only: the answer was not put there"
                problems.append(Problem("button.readonly_field", field.key, message, {"label": label}))
    return {"values": values, "problems": [one.as_dict() for one in translate(problems, current_locale())]}


def _request(tx: Transaction, form: Form, key: str) -> tuple[Request, frozenset[str]]:
    """What is sent, and the fields that this person may fill in."""
    filling = read_filling(tx, form)
    button, expressions = button_call(form, key)
    seen = frozenset(visible_paths(tx, form, filling.record))
    inputs = inputs_for(tx, form, filling.given, expressions, seen, filling.id, filling.grants)
    connector = _connector(form, button)
    made = request_of(
        connector, find_call(connector, button.options["call"]), inputs, lambda name: secret(tx, box(), name)
    )
    return made, editable_paths(tx, form, filling.record)


def _connector(form: Form, button: Field) -> Document:
    key = button.options["connector"]
    found = form.forms.documents.get(("connector", key))
    if found is None:
        raise NotFound(Problem("connector.unknown", "connector", f'There is no connector "{key}"', {"key": key}))
    return found


def _take(tx: Transaction, field: Field, raw: Any, values: dict[str, Any]) -> list[Problem]:
    """Read one value of the answer as its field does; gives what is wrong with it."""
    context = Context.of(tx)
    try:
        value = None if raw is None else field.type.parse(raw, field, context)
        found = list(field.type.check(value, field, context)) if value is not None else []
    except Rejected as error:
        found = list(error.problems)
    if not found:
        values[field.key] = answer_value(tx, field, value)
    label = field.label(current_locale())
    return [Problem(one.code, field.key, one.message, {"label": label, **one.params}) for one in found]
