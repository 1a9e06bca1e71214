"""`/api/v1`: to-do lists, answers to tasks, submitting and withdrawing records, the story of a record."""

from typing import Any

from flask import Blueprint, Response, request

from dougong.apps import store
from dougong.flows import record_url, runtime
from dougong.web.api.base import BadRequest, answer, once, page_of, read_body, read_page, scope
from dougong.web.api.openapi import CURSOR, IDEMPOTENCY_KEY, LIMIT, OpenApi, list_schema
from dougong.web.request import begin_tx
from engines.form.query import get_record
from engines.form.transaction import Transaction
from engines.kernel.problems import NotFound, Problem, suggest
from engines.workflow.access import grants_for
from engines.workflow.runtime import Result
from engines.workflow.story import Entry, Task, find_task, standing_of, story
from engines.workflow.tasks import BOXES, Box, Item, my_tasks

tasks_api = Blueprint("tasks_api", __name__, url_prefix="/api/v1")
SCOPE = "tasks:write"
RECORD = "/apps/<app>/<form>/records/<int:record_id>"


@tasks_api.get("/tasks")
@scope(SCOPE)
def tasks() -> Response:
    """A page of my tasks, newest first; `box`, `app`, `form`, `flow` and `search` narrow the list."""
    wanted, asked = read_page(), request.args
    box: Box = asked.get("box", "todo")  # type: ignore[assignment]  # an unknown one is refused below
    with begin_tx(read_only=True) as tx:
        found = my_tasks(
            tx,
            box,
            app=asked.get("app"),
            form=asked.get("form"),
            flow=asked.get("flow"),
            search=asked.get("search", ""),
            cursor=wanted.cursor,
            limit=wanted.limit,
        )
    return answer(page_of(map(_item, found.items), found.next))


@tasks_api.get("/tasks/<int:task_id>")
@scope(SCOPE)
def task(task_id: int) -> Response:
    """One task of mine."""
    with begin_tx(read_only=True) as tx:
        found = find_task(tx, task_id)
        if found is None or found.member_id != tx.actor.id:
            raise NotFound(Problem("flow.no_task", "", "There is no such task, or it is not yours", {"id": task_id}))
        return answer(_task(found))


@tasks_api.post("/tasks/<int:task_id>")
@scope(SCOPE)
def act(task_id: int) -> Response:
    """Answer a task: `approve`, `reject`, `return`, `resubmit`. The same answer twice changes nothing."""
    body = _body("action", "comment", "to", "values")
    values = body.get("values")
    if values is not None and not isinstance(values, dict):
        raise BadRequest(Problem("document.type", "values", "Must be an object", {"expected": ["object"]}))
    with begin_tx() as tx:
        return once(
            tx,
            lambda: (
                _result(
                    runtime().act(tx, task_id, _text(body, "action"), _text(body, "comment"), values, to=_to(body))
                ),
                200,
            ),
        )


@tasks_api.post(f"{RECORD}/submit")
@scope(SCOPE)
def submit(app: str, form: str, record_id: int) -> Response:
    """Submit a record, or submit it again after it was returned."""
    body = _body("flow", "comment")
    with begin_tx() as tx:
        compiled = store.forms(tx, app).get(form)
        flow = _text(body, "flow") or None

        def work() -> tuple[Any, int]:
            result = runtime().submit(tx, compiled, record_id, flow=flow, comment=_text(body, "comment"))
            return _result(result), 200

        return once(tx, work)


@tasks_api.post(f"{RECORD}/withdraw")
@scope(SCOPE)
def withdraw(app: str, form: str, record_id: int) -> Response:
    """Take a record back."""
    body = _body("comment")
    with begin_tx() as tx:
        standing = standing_of(tx, store.forms(tx, app).get(form), record_id)
        if standing is None:
            raise NotFound(Problem("flow.no_instance", "", "There is no such approval", {"id": record_id}))
        instance = standing.instance_id
        return once(tx, lambda: (_result(runtime().withdraw(tx, instance, _text(body, "comment"))), 200))


@tasks_api.get(f"{RECORD}/story")
@scope(SCOPE)
def tell(app: str, form: str, record_id: int) -> Response:
    """What flows did with a record, and for whom it waits."""
    with begin_tx(read_only=True) as tx:
        compiled = store.forms(tx, app).get(form)
        get_record(tx, compiled, record_id, grants=grants_for(tx, compiled, record_id))
        told = story(tx, compiled, record_id)
    standing = told.standing
    return answer(
        {
            "status": standing.status if standing else None,
            "round": standing.round if standing else 0,
            "flow": standing.flow if standing else None,
            "waiting": [_task(one) for one in told.waiting],
            "entries": [_entry(one) for one in told.entries],
        }
    )


def describe(_tx: Transaction, document: OpenApi) -> None:
    """The tasks' part of the OpenAPI document."""
    tag, text = "tasks", {"type": "string"}
    item, result = document.schema("TaskItem", ITEM_SCHEMA), document.schema("FlowResult", RESULT_SCHEMA)
    one, told = document.schema("Task", TASK_SCHEMA), document.schema("Story", STORY_SCHEMA)
    narrow = [{"name": name, "in": "query", "schema": text} for name in ("app", "form", "flow", "search")]
    box = {"name": "box", "in": "query", "schema": {"enum": list(BOXES), "default": "todo"}}
    record = "/apps/{app}/{form}/records/{record_id}"
    document.path(
        "get",
        "/tasks",
        "My tasks, newest first",
        scope=SCOPE,
        tag=tag,
        parameters=[box, LIMIT, CURSOR, *narrow],
        answer=list_schema(item),
    )
    document.path("get", "/tasks/{task_id}", "One task of mine", scope=SCOPE, tag=tag, answer=one)
    document.path(
        "post",
        "/tasks/{task_id}",
        "Answer a task",
        scope=SCOPE,
        tag=tag,
        parameters=[IDEMPOTENCY_KEY],
        answer=result,
        body={
            "type": "object",
            "required": ["action"],
            "properties": {
                "action": {"enum": ["approve", "reject", "return", "resubmit"]},
                "comment": {"type": "string", "maxLength": 2000},
                "to": {**text, "description": "Where `return` leads: a node; the start where it is left out."},
                "values": {"type": "object", "description": "Fields that the node lets this person edit."},
            },
        },
    )
    for path, summary, properties in (
        ("submit", "Submit a record for approval", {"flow": text, "comment": text}),
        ("withdraw", "Take a record back", {"comment": text}),
    ):
        document.path(
            "post",
            f"{record}/{path}",
            summary,
            scope=SCOPE,
            tag=tag,
            parameters=[IDEMPOTENCY_KEY],
            answer=result,
            body={"type": "object", "properties": properties},
        )
    document.path("get", f"{record}/story", "What flows did with a record", scope=SCOPE, tag=tag, answer=told)


_INTEGER, _TEXT = {"type": "integer"}, {"type": "string"}
_MAYBE_TEXT, _MAYBE_INTEGER = {"type": ["string", "null"]}, {"type": ["integer", "null"]}
_LABEL = {"type": ["string", "object", "null"], "description": "Words, or words by language."}
_TIME = {"type": ["string", "null"], "format": "date-time"}
RESULT_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "instance": _INTEGER,
        "status": {"enum": ["running", "returned", "approved", "rejected", "withdrawn"]},
        "round": _INTEGER,
        "waiting": {"type": "array", "items": _INTEGER, "description": "The members whom it waits for."},
        "changed": {"type": "boolean", "description": "False where this had been done before."},
    },
}
TASK_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        **dict.fromkeys(("id", "instance", "record", "member"), _INTEGER),
        **dict.fromkeys(("app", "form", "node", "member_name", "kind", "state", "url"), _TEXT),
        **dict.fromkeys(("outcome", "comment"), _MAYBE_TEXT),
        **dict.fromkeys(("opened_at", "closed_at"), _TIME),
        "node_title": _LABEL,
    },
}
ITEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        **dict.fromkeys(("instance", "record", "round"), _INTEGER),
        **dict.fromkeys(("task", "submitter"), _MAYBE_INTEGER),
        **dict.fromkeys(("app", "form", "flow", "title", "kind", "status", "submitter_name", "url"), _TEXT),
        **dict.fromkeys(("node", "outcome", "comment"), _MAYBE_TEXT),
        **dict.fromkeys(("flow_title", "node_title"), _LABEL),
        **dict.fromkeys(("at", "closed_at", "read_at"), _TIME),
        "waiting": {"type": "array", "items": _TEXT},
    },
}
STORY_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "status": _MAYBE_TEXT,
        "round": _INTEGER,
        "flow": _MAYBE_TEXT,
        "waiting": {"type": "array", "items": TASK_SCHEMA},
        "entries": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "at": _TIME,
                    "instance": _INTEGER,
                    "round": _INTEGER,
                    "node": _TEXT,
                    "node_title": _LABEL,
                    "action": _TEXT,
                    "member": _MAYBE_INTEGER,
                    "member_name": _TEXT,
                    "comment": _TEXT,
                    "params": {"type": "object"},
                },
            },
        },
    },
}


def _body(*known: str) -> dict[str, Any]:
    """The JSON object of the request (none is an empty one). Raises `BadRequest` for a property that nobody reads."""
    body: dict[str, Any] = read_body() if request.get_data(cache=True) else {}
    for name in body:
        if name not in known:
            message = f'There is no property "{name}"{suggest(name, known)}'
            raise BadRequest(Problem("document.unknown", name, message, {"name": name, "known": list(known)}))
    return body


def _text(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise BadRequest(Problem("document.type", name, "Must be a text", {"expected": ["string"]}))
    return value


def _to(body: dict[str, Any]) -> str | None:
    return _text(body, "to") or None


def _result(result: Result) -> dict[str, Any]:
    return {
        "instance": result.instance_id,
        "status": result.status,
        "round": result.round,
        "waiting": list(result.waiting),
        "changed": result.changed,
    }


def _item(item: Item) -> dict[str, Any]:
    return {
        "task": item.task_id,
        "instance": item.instance_id,
        "app": item.app,
        "form": item.form,
        "record": item.record_id,
        "title": item.title,
        "url": record_url(item.app, item.form, item.record_id, item.task_id),
        "flow": item.flow,
        "flow_title": item.flow_title,
        "node": item.node,
        "node_title": item.node_title,
        "kind": item.kind,
        "status": item.status,
        "outcome": item.outcome,
        "comment": item.comment,
        "submitter": item.submitter_id,
        "submitter_name": item.submitter,
        "round": item.round,
        "waiting": list(item.waiting),
        "at": item.at,
        "closed_at": item.closed_at,
        "read_at": item.read_at,
    }


def _task(task: Task) -> dict[str, Any]:
    return {
        "id": task.id,
        "instance": task.instance_id,
        "app": task.app,
        "form": task.form,
        "record": task.record_id,
        "url": record_url(task.app, task.form, task.record_id, task.id),
        "node": task.node,
        "node_title": task.node_title,
        "member": task.member_id,
        "member_name": task.member,
        "kind": task.kind,
        "state": task.state,
        "outcome": task.outcome,
        "comment": task.comment,
        "opened_at": task.opened_at,
        "closed_at": task.closed_at,
    }


def _entry(entry: Entry) -> dict[str, Any]:
    return {
        "at": entry.at,
        "instance": entry.instance_id,
        "round": entry.round,
        "node": entry.node,
        "node_title": entry.node_title,
        "action": entry.action,
        "member": entry.member_id,
        "member_name": entry.member,
        "comment": entry.comment,
        "params": dict(entry.params),
    }
