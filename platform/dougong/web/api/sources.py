"""`/api/v1`: copied values whose source says something else now, and taking that over."""

from typing import Any

from flask import Blueprint, Response, request

from dougong.apps import store
from dougong.web.api.base import BadRequest, answer, scope
from dougong.web.api.openapi import OpenApi
from dougong.web.request import begin_tx
from engines.form.fields.base import Field
from engines.form.query import get_record
from engines.form.sources import differences, refresh
from engines.form.transaction import Transaction
from engines.kernel.problems import Problem

sources_api = Blueprint("sources_api", __name__, url_prefix="/api/v1")


@sources_api.get("/apps/<app>/forms/<form>/records/<int:record_id>/sources")
@scope("records:read")
def compare(app: str, form: str, record_id: int) -> Response:
    """Every copied value that its source has otherwise now."""
    with begin_tx(read_only=True) as tx:
        opened = store.forms(tx, app).get(form)
        told = differences(tx, opened, get_record(tx, opened, record_id))
        return answer(
            {
                "items": [
                    {
                        "path": one.path,
                        "row": one.row,
                        "relation": one.relation.path,
                        "source": {"id": one.source.id, "title": one.source.title},
                        "own": _json(one.field, one.own),
                        "now": _json(one.field, one.now),
                    }
                    for one in told
                ]
            }
        )


@sources_api.post("/apps/<app>/forms/<form>/records/<int:record_id>/sources")
@scope("records:write")
def take_over(app: str, form: str, record_id: int) -> Response:
    """Take over what the sources say: `{"fields": ["lines.price"]}`, or all without it."""
    body = request.get_json(silent=True) if request.data else {}
    paths = body.get("fields") if isinstance(body, dict) else ()
    if paths is not None and (not isinstance(paths, list) or not all(isinstance(one, str) for one in paths)):
        raise BadRequest(Problem("request.fields", "fields", "Must be a list of fields"))
    with begin_tx() as tx:
        saved = refresh(tx, store.forms(tx, app).get(form), record_id, paths)
        return answer({"id": saved.id, "version": saved.version, "changed": saved.changed})


def _json(field: Field, value: Any) -> Any:
    return None if value is None else field.type.to_json(value, field)


def describe(_tx: Transaction, document: OpenApi) -> None:
    """This part of the OpenAPI document."""
    text, whole = {"type": "string"}, {"type": "integer"}
    one = {
        "path": text, "row": {"type": ["integer", "null"]}, "relation": text, "own": {}, "now": {},
        "source": {"type": "object", "properties": {"id": whole, "title": text}},
    }  # fmt: skip
    items = {"type": "array", "items": {"type": "object", "properties": one}}
    path = "/apps/{app}/forms/{form}/records/{record_id}/sources"
    document.path(
        "get",
        path,
        "Copied values whose source says something else now",
        scope="records:read",
        tag="records",
        answer=document.schema("Differences", {"type": "object", "properties": {"items": items}}),
    )
    saved = {"id": whole, "version": whole, "changed": {"type": "boolean"}}
    document.path(
        "post",
        path,
        "Take over what the sources say now",
        scope="records:write",
        tag="records",
        body={"type": "object", "properties": {"fields": {"type": "array", "items": text}}},
        answer=document.schema("Refreshed", {"type": "object", "properties": saved}),
    )
