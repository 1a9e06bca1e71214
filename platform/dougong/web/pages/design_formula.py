"""What the formula and rule editors ask for: names, functions, sentences, and the value for a record."""

from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, jsonify, request

from dougong.designer import catalogue, trying, workbench
from dougong.web.design.exchange import Answer, sent, told
from dougong.web.i18n import current_locale, gettext
from dougong.web.records.locate import open_form
from dougong.web.request import begin_tx, require_admin
from engines.form.query.pick import pick
from engines.form.transaction import Transaction
from engines.formula.numbers import plain
from engines.kernel.documents import Document
from engines.kernel.keyed import Address
from engines.kernel.problems import NotFound, Problem, ProblemError, Rejected

design_formula = Blueprint("design_formula", __name__, url_prefix="/design/<app>")
design_formula.before_request(require_admin)
design_formula.register_error_handler(ProblemError, told)
MOST_TEXT: Final = 10_000


def _documents(tx: Transaction, app: str, key: str, body: dict[str, Any]) -> dict[Address, Document]:
    """The workbench's documents, with the form as the script has it, which may not be saved yet."""
    every = dict(workbench.documents(tx, app))
    document = body.get("document")
    if isinstance(document, dict) and document.get("kind") == "form" and document.get("key") == key:
        every["form", key] = document
    return every


@design_formula.get("/functions")
def functions(app: str) -> Response:
    """The functions of the language with their help."""
    with begin_tx(read_only=True) as tx:
        workbench.documents(tx, app)
    return jsonify({"functions": catalogue.functions(current_locale())})


@design_formula.post("/form/<key>/names")
def names(app: str, key: str) -> Response:
    """The names that may stand in an expression; `scope` is the form's key or `form.subform`, also of another form."""
    body = sent()
    home, _, inside = str(body.get("scope", "")).partition(".")
    with begin_tx(read_only=True) as tx:
        every = _documents(tx, app, key, body)
    return jsonify({"names": catalogue.names_in(every, app, home or key, inside, current_locale())})


@design_formula.post("/form/<key>/sentences")
def sentences(app: str, key: str) -> Response:
    """Rules and formulas as sentences, by their place in the document."""
    with begin_tx(read_only=True) as tx:
        every = _documents(tx, app, key, sent())
    return jsonify({"sentences": catalogue.sentences(every, app, key, current_locale())})


@design_formula.get("/form/<key>/samples")
def samples(app: str, key: str) -> Response:
    """Records on which an expression can be tried; none while the form was never published."""
    with begin_tx(read_only=True) as tx:
        try:
            form = open_form(tx, app, key)
        except NotFound:
            return jsonify({"items": []})
        found = pick(tx, form, request.args.get("q", "")[:100].strip() or None, limit=8)
        return jsonify({"items": [asdict(one) for one in found]})


@design_formula.post("/form/<key>/result")
def result(app: str, key: str) -> Answer:
    """The value of an expression for a record, as the asker may see it. Nothing is kept."""
    body = sent()
    text, record, scope = body.get("text"), body.get("record"), str(body.get("scope", ""))
    if not isinstance(text, str) or len(text) > MOST_TEXT or not isinstance(record, int) or isinstance(record, bool):
        raise Rejected(Problem("designer.no_sample", "record", "Choose a record and write an expression"))
    with begin_tx(read_only=True) as tx:
        form = open_form(tx, app, key)
        found = trying.result_for(tx, form, text, record, scope.partition(".")[2])
        return jsonify({"shown": found.title or _shown(found.value, tx.actor.zone), "type": found.type.value})


def _shown(value: Any, zone: str) -> str:
    """A value as a person reads it; a blank is told as such."""
    match value:
        case None | "" | [] | ():
            return gettext("(blank)")
        case bool():
            return gettext("Yes") if value else gettext("No")
        case Decimal():
            return f"{Decimal(plain(value) or 0):,f}"
        case datetime():
            return value.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")
        case date():
            return value.isoformat()
        case list() | tuple():
            return ", ".join(str(one) for one in value)
        case _:
            return str(value)
