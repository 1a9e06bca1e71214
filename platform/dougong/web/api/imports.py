"""`/api/v1`: imports of files: upload, plan, dry run, run, problems, undo; the same jobs as behind the wizard."""

from collections.abc import Mapping
from typing import Any, Final

from flask import Blueprint, Response, request

from dougong.imports import store
from dougong.imports.starting import start_step
from dougong.jobs import queue
from dougong.web.api.base import BadRequest, answer, need_scope, read_body, read_page, scope
from dougong.web.api.openapi import IDEMPOTENCY_KEY, LIMIT, OpenApi
from dougong.web.api.writing import change, only
from dougong.web.pages.import_mapping import start_plan
from dougong.web.records.locate import form_for
from dougong.web.records.uploads import begin_sent
from dougong.web.request import begin_tx
from engines.form.form import Form
from engines.form.importing import DATE_ORDERS, ImportPlan, check_plan
from engines.form.importing.plan import MODES
from engines.form.transaction import Transaction
from engines.kernel.checking import check
from engines.kernel.problems import Conflict, Problem, Rejected

imports_api = Blueprint("imports_api", __name__, url_prefix="/api/v1")
IMPORTS: Final = "/apps/<app>/forms/<form>/imports"
ONE: Final = f"{IMPORTS}/<int:import_id>"
READ, WRITE, DESIGN = "records:read", "records:write", "metadata:write"
STEPS: Final = {"check": "import_check", "run": "import_run", "undo": "import_undo"}

_TEXT: Final = {"type": "string", "maxLength": 200}
PLAN_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["targets"],
    "properties": {
        "mode": {"enum": list(MODES), "default": "create", "description": "Make records, update them, or both."},
        "keys": {
            "type": "array",
            "items": _TEXT,
            "maxItems": 5,
            "description": "Fields that tell which record a row means.",
        },
        "blanks": {"enum": ["keep", "clear"], "description": "Whether an empty cell empties a field."},
        "incomplete": {"type": "boolean", "description": "Take rows that lack required values and list them."},
        "targets": {
            "type": "array",
            "maxItems": 1000,
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["field"],
                "properties": {
                    "field": {**_TEXT, "description": "A key, `lines.product`, or a system field."},
                    "column": {
                        "type": ["integer", "string", "null"],
                        "description": "A column by its head or position from 0; null: the same value in every row.",
                    },
                    "order": {"enum": [*DATE_ORDERS, None], "description": "In which order days are written."},
                    "values": {"type": "object", "additionalProperties": _TEXT, "description": "What texts stand for."},
                    "by": {"type": ["string", "null"], "description": "By which field related records are named."},
                    "empty": {**_TEXT, "description": "What an empty cell stands for."},
                    "create_choices": {
                        "type": "boolean",
                        "description": "Unknown texts become new choices; needs metadata:write.",
                    },
                },
            },
        },
    },
}


@imports_api.post(IMPORTS)
@scope(WRITE)
def upload(app: str, form: str) -> Response:
    """Send a file (multipart, part `file`); a job reads it, then `plan` holds what was guessed of its columns."""

    def work(tx: Transaction) -> tuple[Any, int]:
        opened = form_for(tx, app, form, "import")
        number = begin_sent(tx, app, form)
        return _told(tx, opened, store.get_import(tx, number)), 201

    return change(work)


@imports_api.get(IMPORTS)
@scope(READ)
def imports(app: str, form: str) -> Response:
    """The newest imports into a form that the caller may see."""
    with begin_tx(read_only=True) as tx:
        form_for(tx, app, form, "import")
        found = store.list_imports(tx, app=app, form=form, limit=read_page().limit)
        return answer({"items": [_brief(one) for one in found], "next_cursor": None})


@imports_api.get(ONE)
@scope(READ)
def read(app: str, form: str, import_id: int) -> Response:
    """One import: its state, its job, the columns of its file, its plan, and what came of it."""
    with begin_tx(read_only=True) as tx:
        return answer(_told(tx, form_for(tx, app, form, "import"), store.get_import(tx, import_id, at=(app, form))))


@imports_api.put(f"{ONE}/plan")
@scope(WRITE)
def plan(app: str, form: str, import_id: int) -> Response:
    """Say how the file is imported. Everything wrong with the plan is told at once."""
    body = read_body()
    problems = check(PLAN_SCHEMA, body)
    if problems:
        raise BadRequest(problems)

    def work(tx: Transaction) -> tuple[Any, int]:
        opened, found = form_for(tx, app, form, "import"), store.get_import(tx, import_id, at=(app, form))
        wanted = _allowed(_plan(body, _ready(found)))
        wrong = check_plan(tx, opened, wanted, len(found.headers))
        if wrong:
            raise Rejected(wrong)
        store.set_settings(tx, found, wanted.stored())
        return _told(tx, opened, store.get_import(tx, import_id, at=(app, form))), 200

    return change(work)


@imports_api.post(f"{ONE}/check", defaults={"step": "check"})
@imports_api.post(f"{ONE}/run", defaults={"step": "run"})
@imports_api.post(f"{ONE}/undo", defaults={"step": "undo"})
@scope(WRITE)
def go(app: str, form: str, import_id: int, step: str) -> Response:
    """Start the dry run, the run or the undo as a job; without a plan the guessed one is used."""
    only(request.get_json(silent=True) or {})

    def work(tx: Transaction) -> tuple[Any, int]:
        opened, found = form_for(tx, app, form, "import"), store.get_import(tx, import_id, at=(app, form))
        if step == "check" and not found.settings:
            guessed = _allowed(start_plan(tx, opened, _ready(found)))
            wrong = check_plan(tx, opened, guessed, len(found.headers))
            if wrong:
                raise Rejected(wrong)
            store.set_settings(tx, found, guessed.stored())
        elif step == "run" and not found.settings:
            raise Conflict(Problem("import.no_plan", "", "Say how the columns are used first"))
        elif step == "run":
            _allowed(found.plan)
        start_step(tx, import_id, STEPS[step])
        return _told(tx, opened, store.get_import(tx, import_id, at=(app, form))), 202

    return change(work)


@imports_api.get(f"{ONE}/problems")
@scope(READ)
def problems(app: str, form: str, import_id: int) -> Response:
    """The rows that cannot be imported, with their cells and every problem, in the order of the file."""
    with begin_tx(read_only=True) as tx:
        form_for(tx, app, form, "import")
        found = store.get_import(tx, import_id, at=(app, form))
        rows = store.rows_with_problems(tx, found.id, read_page(limit=200).limit)
        items = [{"row": row.row, "cells": row.raw, "problems": row.problems} for row in rows]
        return answer({"items": items, "total": store.problem_count(tx, found.id)})


def _ready(found: store.Import) -> store.Import:
    if found.file is None:
        raise Conflict(Problem("import.not_read", "", "The file is still being read; wait for its job"))
    return found


def _allowed(plan: ImportPlan) -> ImportPlan:
    """The plan. New choices are published as a change of the form, so a key needs the scope of that too."""
    if any(one.create_choices for one in plan.targets):
        need_scope(DESIGN)
    return plan


def _plan(body: Mapping[str, Any], found: store.Import) -> ImportPlan:
    """The plan of a checked body; columns that are named by their head get their positions."""
    places = {head: place for place, head in reversed(list(enumerate(found.headers)))}
    targets, wrong = [], []
    for number, one in enumerate(body["targets"]):
        column = one.get("column")
        if isinstance(column, str):
            if column not in places:
                params = {"column": column, "known": found.headers}
                message = f'The file has no column "{column}"'
                wrong.append(Problem("import.no_head", f"targets[{number}].column", message, params))
            column = places.get(column)
        targets.append({**one, "column": column})
    if wrong:
        raise Rejected(wrong)
    return ImportPlan.of({**body, "targets": targets})


def _brief(found: store.Import) -> dict[str, Any]:
    return {
        "id": found.id,
        "name": found.name,
        "state": found.state,
        "at": found.at,
        "finished_at": found.finished_at,
        "undone_at": found.undone_at,
        "job": found.job,
        **{name: getattr(found, name) for name in ("total", "created", "updated", "unchanged", "refused")},
    }


def _told(tx: Transaction, form: Form, found: store.Import) -> dict[str, Any]:
    job = queue.read_job(tx, found.job) if found.job else None
    file = found.file or {}
    columns = [
        {"head": head, "filled": one["filled"], "distinct": one["distinct"], "values": one["values"][:10]}
        for head, one in zip(found.headers, file.get("columns", ()), strict=False)
    ]
    wanted = found.plan if found.settings else start_plan(tx, form, found) if found.file else None
    return _brief(found) | {
        "job": job.as_dict() if job else None,
        "columns": columns,
        "plan": wanted.stored() if wanted else None,
        "checked": bool(found.report.get("checked")),
        "new_choices": found.report.get("choices") or {},
    }


def describe(_tx: Transaction, document: OpenApi) -> None:
    """The imports' part of the OpenAPI document."""
    tag, base = "imports", "/apps/{app}/forms/{form}/imports"
    one = document.schema(
        "Import",
        {
            "type": "object",
            "properties": {
                "id": {"type": "integer"},
                "state": {"enum": ["staging", "applying", "done", "undone"]},
                "job": {"type": ["object", "null"], "description": "The last job: state, done, total, problems."},
                "columns": {"type": "array", "items": {"type": "object"}},
                "plan": {"anyOf": [PLAN_SCHEMA, {"type": "null"}]},
                "created": {"type": "integer"},
                "refused": {"type": "integer"},
            },
        },
    )
    listing = {"type": "object", "properties": {"items": {"type": "array", "items": one}}}
    document.path("get", base, "Imports into a form", scope=READ, tag=tag, parameters=[LIMIT], answer=listing)
    document.path(
        "post",
        base,
        "Upload a file to import",
        scope=WRITE,
        tag=tag,
        status=201,
        answer=one,
        description="multipart/form-data with the part `file` (CSV or a workbook, at most 50 MB).",
    )
    document.path("get", f"{base}/{{import_id}}", "One import", scope=READ, tag=tag, answer=one)
    document.path(
        "put",
        f"{base}/{{import_id}}/plan",
        "How its columns are used",
        scope=WRITE,
        tag=tag,
        body=PLAN_SCHEMA,
        answer=one,
    )
    for step, summary in (("check", "Dry run"), ("run", "Write the records"), ("undo", "Take the import back")):
        document.path(
            "post",
            f"{base}/{{import_id}}/{step}",
            summary,
            scope=WRITE,
            tag=tag,
            status=202,
            parameters=[IDEMPOTENCY_KEY],
            answer=one,
        )
    rows = {"type": "object", "properties": {"items": {"type": "array"}, "total": {"type": "integer"}}}
    document.path("get", f"{base}/{{import_id}}/problems", "Rows with problems", scope=READ, tag=tag, answer=rows)
