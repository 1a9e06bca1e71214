"""`/api/v1`: showing one masked value, and who was shown what (administrators)."""

from dataclasses import asdict

from flask import Blueprint, Response, request

from dougong.apps import store
from dougong.web.api.base import BadRequest, answer, page_of, read_body, read_page, scope
from dougong.web.api.openapi import CURSOR, LIMIT, OpenApi, list_schema
from dougong.web.api.writing import only, typed
from dougong.web.request import begin_tx
from engines.form.fields.links import LARGEST
from engines.form.protect.reveal import reveal, showings
from engines.form.transaction import Transaction
from engines.kernel.problems import NotFound, Problem

showing_api = Blueprint("showing_api", __name__, url_prefix="/api/v1")


@showing_api.post("/apps/<app>/forms/<form>/records/<int:record_id>/reveal")
@scope("records:read")
def show(app: str, form: str, record_id: int) -> Response:
    """The whole value of the masked field `{"field": "mobile"}` (`"row"` for a sub-form's); the log tells it."""
    body = read_body()
    only(body, "field", "row")
    field, row = typed(body, "field", str, "string", required=True), typed(body, "row", int, "integer")
    if row is not None and not 0 < row <= LARGEST:
        raise NotFound(Problem("reveal.no_row", "row", f"There is no row #{row}", {"row": row}))
    with begin_tx() as tx:  # never kept for a second call: an answer with a whole value is not stored
        value = reveal(tx, store.forms(tx, app).get(form), record_id, field, row)
    return answer({"field": field, "row": row, "value": value}, headers={"Cache-Control": "no-store"})


@showing_api.get("/showings")
@scope("records:read")
def log() -> Response:
    """Who was shown which masked value when, the newest first; without a record, who asked for which field by the whole
    value. Administrators only."""
    only(request.args, "limit", "cursor")
    wanted = read_page()
    cursor = wanted.cursor or ""
    if cursor and not (cursor.isascii() and cursor.isdecimal() and len(cursor) < 19):
        raise BadRequest(Problem("request.cursor", "cursor", "This cursor is not one that a list gave"))
    with begin_tx(read_only=True) as tx:
        found = showings(tx, before=int(cursor) if cursor else None, limit=wanted.limit + 1)
    page = found[: wanted.limit]
    items = []
    for one in page:
        told = asdict(one)
        app, _, form = told.pop("form").partition("__")
        del told["person"]
        items.append({**told, "app": app, "form": form})
    return answer(page_of(items, str(page[-1].id) if len(found) > wanted.limit else None))


def describe(_tx: Transaction, document: OpenApi) -> None:
    """This part of the OpenAPI document."""
    text, whole = {"type": "string"}, {"type": "integer"}
    maybe = {"type": ["integer", "null"]}
    asked = {"type": "object", "properties": {"field": text, "row": whole}, "required": ["field"]}
    shown = {"field": text, "row": maybe, "value": {"type": ["string", "null"]}}
    line = {
        "id": whole, "at": {"type": "string", "format": "date-time"}, "actor": maybe, "origin": text,
        "app": text, "form": text, "record": maybe, "path": text, "row": maybe,
    }  # fmt: skip
    document.path(
        "post",
        "/apps/{app}/forms/{form}/records/{record_id}/reveal",
        "Show one masked value; the log tells it",
        scope="records:read",
        tag="records",
        body=asked,
        answer=document.schema("Revealed", {"type": "object", "properties": shown}),
    )
    document.path(
        "get",
        "/showings",
        "Who was shown which masked value",
        scope="records:read",
        tag="records",
        parameters=[LIMIT, CURSOR],
        answer=list_schema(document.schema("Showing", {"type": "object", "properties": line})),
    )
