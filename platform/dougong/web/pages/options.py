"""What a member or department field offers, by a few letters, for its picker: only who is in the field's range."""

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from dougong.web.numbers import read_number, read_numbers
from dougong.web.records.filling import record_grants
from dougong.web.records.locate import open_form
from dougong.web.request import begin_tx
from engines.form.policy import policy_for
from engines.form.policy.policy import denied
from engines.form.query import options_of
from engines.kernel.problems import Forbidden, Problem, Rejected

option_pages = Blueprint("options", __name__)
MOST_HELD = 200


@option_pages.get("/a/<app>/<form>/options/<path>/pick")
@option_pages.get("/a/<app>/<form>/options/<path>/<held>/pick")
def pick_options(app: str, form: str, path: str, held: str = "") -> ResponseReturnValue:
    """Who may be chosen in a field; `held` are the ids in the field that its range names.

    `record` and `task` say for which task a stored record is opened: it may be what lets one fill the field in.
    """
    ids = read_numbers(held)
    with begin_tx(read_only=True) as tx:
        opened = open_form(tx, app, form)
        record = read_number(request.args.get("record"))
        grants = record_grants(tx, opened, record) if record is not None else ()
        policy = policy_for(tx, opened, grants=grants)
        one = opened.at(path)
        read = bool(one.options.get("rows")) and policy.sees(one.path) is not False  # filters ask for rows here, too
        if not read and all(policy.edits(one.path, operation) is False for operation in ("create", "update")):
            raise Forbidden(denied(opened, "update"))
        if one.type.target_form(one) is None:
            message = f"{one.label()} does not point at records"
            raise Rejected(Problem("filter.no_path", path, message, {"field": path}))
        found = options_of(tx, opened, path, request.args.get("q", "")[:100] or None, 20, ids[:MOST_HELD])
        return jsonify({"items": [{"id": each.id, "title": each.title, "about": each.subtitle} for each in found]})
