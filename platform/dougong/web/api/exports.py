"""`/api/v1`: exports of lists: what a list asks for as a file that a job makes; its state, and the file."""

from typing import Any, Final

from flask import Blueprint, Response

from dougong.exports import store
from dougong.exports.files import FORMATS
from dougong.exports.starting import begin_export
from dougong.jobs import queue
from dougong.web.api.asking import query_of
from dougong.web.api.base import answer, read_body, read_page, scope
from dougong.web.api.openapi import IDEMPOTENCY_KEY, LIMIT, OpenApi
from dougong.web.api.writing import change, only, typed
from dougong.web.pages.exports import send_export
from dougong.web.records.locate import form_for
from dougong.web.request import begin_tx
from engines.form.transaction import Transaction

exports_api = Blueprint("exports_api", __name__, url_prefix="/api/v1")
EXPORTS: Final = "/apps/<app>/forms/<form>/exports"
ONE: Final = f"{EXPORTS}/<int:export_id>"
READ: Final = "records:read"
QUESTION: Final = ("columns", "filter", "search", "sort")


@exports_api.post(EXPORTS)
@scope(READ)
def start(app: str, form: str) -> Response:
    """Start an export; a job makes the file. Without `columns` the file has every field that the form shows."""
    body = read_body()
    only(body, *QUESTION, "format", "repeat")
    query = query_of({name: body[name] for name in QUESTION if name in body})
    kind = typed(body, "format", str, "string") or FORMATS[0]
    repeat = bool(typed(body, "repeat", bool, "boolean"))

    def work(tx: Transaction) -> tuple[Any, int]:
        opened = form_for(tx, app, form, "export")
        begun = begin_export(tx, opened, query, query.columns, format=kind, repeat=repeat, at_once=False)
        return _told(tx, store.get_export(tx, begun.id)), 202

    return change(work)


@exports_api.get(EXPORTS)
@scope(READ)
def exports(app: str, form: str) -> Response:
    """The newest exports of a form: the caller's own, for administrators everybody's."""
    with begin_tx(read_only=True) as tx:
        form_for(tx, app, form, "export")
        found = store.list_exports(tx, app=app, form=form, limit=read_page().limit)
        return answer({"items": [_brief(one) for one in found], "next_cursor": None})


@exports_api.get(ONE)
@scope(READ)
def read(app: str, form: str, export_id: int) -> Response:
    """One export of the caller's: its state, its job, what the file holds."""
    with begin_tx(read_only=True) as tx:
        form_for(tx, app, form, "export")
        return answer(_told(tx, store.get_export(tx, export_id, at=(app, form))))


@exports_api.get(f"{ONE}/file")
@scope(READ)
def download(app: str, form: str, export_id: int) -> Response:
    """The file, once the job is done, for 24 hours."""
    with begin_tx(read_only=True) as tx:
        form_for(tx, app, form, "export")
        return send_export(tx, store.get_export(tx, export_id, at=(app, form)))


def _brief(found: store.Export) -> dict[str, Any]:
    return {
        "id": found.id,
        "name": found.name,
        "state": found.state,
        "at": found.at,
        "finished_at": found.finished_at,
        "member": found.actor,
        "format": found.plan.format,
        "records": found.records,
        "lines": found.lines,
        "size": found.size,
        "cut": found.cut,
    }


def _told(tx: Transaction, found: store.Export) -> dict[str, Any]:
    job = queue.read_job(tx, found.job) if found.job else None
    return _brief(found) | {
        "columns": list(found.plan.columns),
        "available": found.available(tx.now),
        "job": job.as_dict() if job else None,
    }


def describe(_tx: Transaction, document: OpenApi) -> None:
    """The exports' part of the OpenAPI document."""
    tag, base = "exports", "/apps/{app}/forms/{form}/exports"
    text = {"type": "string"}
    texts = {"type": "array", "items": text}
    wanted = {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "columns": {**texts, "description": "Keys, `lines.product` for rows, system fields; all where missing."},
            "filter": {"type": "object", "description": "As in lists."},
            "search": text,
            "sort": {"type": "array", "items": {}, "description": 'As in lists: `["-net", "no"]`.'},
            "format": {"enum": list(FORMATS), "default": FORMATS[0]},
            "repeat": {"type": "boolean", "description": "Repeat the record's own cells on the lines of its rows."},
        },
    }
    one = document.schema(
        "Export",
        {
            "type": "object",
            "properties": {
                "id": {"type": "integer"},
                "name": text,
                "state": {"enum": ["staging", "done"]},
                "available": {"type": "boolean", "description": "Whether the file can be fetched."},
                "records": {"type": "integer"},
                "lines": {"type": "integer"},
                "size": {"type": "integer"},
                "cut": {"type": "integer", "description": "Texts longer than a cell of Excel holds."},
                "columns": texts,
                "job": {"type": ["object", "null"], "description": "State, done, total, problems."},
            },
        },
    )
    listing = {"type": "object", "properties": {"items": {"type": "array", "items": one}}}
    document.path("get", base, "Exports of a form", scope=READ, tag=tag, parameters=[LIMIT], answer=listing)
    document.path(
        "post",
        base,
        "Export a list to a file",
        scope=READ,
        tag=tag,
        status=202,
        parameters=[IDEMPOTENCY_KEY],
        body=wanted,
        answer=one,
        description="Needs the operation `export`. A job makes the file; it is kept for 24 hours, for the caller.",
    )
    document.path("get", f"{base}/{{export_id}}", "One export", scope=READ, tag=tag, answer=one)
    file = {"type": "string", "format": "binary"}
    document.path("get", f"{base}/{{export_id}}/file", "Its file", scope=READ, tag=tag, answer=file)
