"""`/api/v1`: why a field has its value: expression, values used, rows and rules, as far as the caller may see them."""

from dataclasses import asdict

from flask import Blueprint, Response, request

from dougong.apps import store
from dougong.web.api.base import BadRequest, answer, scope
from dougong.web.api.openapi import OpenApi
from dougong.web.api.writing import only
from dougong.web.request import begin_tx
from engines.form.derive.why import why
from engines.form.transaction import Transaction
from engines.kernel.problems import Problem

why_api = Blueprint("why_api", __name__, url_prefix="/api/v1")


@why_api.get("/apps/<app>/forms/<form>/records/<int:record_id>/why/<field>")
@scope("records:read")
def explain(app: str, form: str, record_id: int, field: str) -> Response:
    """Explain a value; `?row=` names the row of a sub-form's field (`lines.amount`)."""
    only(request.args, "row")
    row = request.args.get("row")
    if row is not None and not (row.isascii() and row.isdecimal() and len(row) < 19):
        raise BadRequest(Problem("request.row", "row", "The row is the number of a row", {"row": row[:50]}))
    with begin_tx(read_only=True) as tx:
        told = why(tx, store.forms(tx, app).get(form), record_id, field, None if row is None else int(row))
        return answer(asdict(told) | {"text": told.text(tx.actor.locale)})


def describe(_tx: Transaction, document: OpenApi) -> None:
    """This part of the OpenAPI document."""
    text, whole, yes = {"type": "string"}, {"type": "integer"}, {"type": "boolean"}
    used = {
        "path": text, "label": text, "text": text, "form": {"type": ["string", "null"]},
        "id": {"type": ["integer", "null"]}, "title": text, "hidden": yes,
    }  # fmt: skip
    one = {"type": "object", "properties": used}
    rule = {
        "type": "object",
        "properties": {
            **dict.fromkeys(("key", "title", "when", "value", "condition", "gives"), text),
            "kind": {"enum": ["rule", "default", "follow", "linkage", "copy", "rate", "base"]},
            "status": {"enum": ["given", "changed", "idle", "unknown"]},
            "used": {"type": "array", "items": one},
        },
    }
    told = {
        "app": text, "form": text, "id": whole, "field": text, "label": text,
        "kind": {"enum": ["formula", "lookup", "rollup", "serial", "default", "entered"]},
        "shown": text, "expression": text, "kept": yes, "recomputing": yes, "filter": text, "text": text,
        "rows": {"type": ["integer", "null"]},
        "used": {"type": "array", "items": one},
        "named": {"type": "array", "items": one},
        "rules": {"type": "array", "items": rule},
    }  # fmt: skip
    row = {"name": "row", "in": "query", "schema": whole, "description": "The row of a sub-form's field"}
    document.path(
        "get",
        "/apps/{app}/forms/{form}/records/{record_id}/why/{field}",
        "Why a field has its value",
        scope="records:read",
        tag="records",
        parameters=[row],
        answer=document.schema("Explanation", {"type": "object", "properties": told}),
    )
