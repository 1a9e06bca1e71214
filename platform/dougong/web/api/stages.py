"""`/api/v1`: the way of a record through its stages, and the tasks of a stage."""

from dataclasses import asdict
from typing import Any, Final

from flask import Blueprint, Response

from dougong.apps import store
from dougong.web.api.base import BadRequest, answer, read_body, scope
from dougong.web.api.openapi import OpenApi
from dougong.web.api.writing import change, only, typed
from dougong.web.request import begin_tx
from engines.form.form import Form
from engines.form.stages.history import history_of
from engines.form.stages.known import stage_field, stages_by_key
from engines.form.stages.tasks import done_tasks, tick_tasks
from engines.form.transaction import Transaction
from engines.kernel.problems import Problem

stages_api = Blueprint("stages_api", __name__, url_prefix="/api/v1")
_STAGES: Final = "/apps/<app>/forms/<form>/records/<int:record_id>/stages/<field>"


@stages_api.get(_STAGES)
@scope("records:read")
def ways(app: str, form: str, record_id: int, field: str) -> Response:
    """The stays of a record, oldest first, and the tasks that are done in the present stage."""
    with begin_tx(read_only=True) as tx:
        return answer(_told(tx, store.forms(tx, app).get(form), record_id, field))


@stages_api.put(f"{_STAGES}/<stage>/tasks")
@scope("records:write")
def tasks(app: str, form: str, record_id: int, field: str, stage: str) -> Response:
    """Set which tasks of a stage are done: `{"done": ["call"]}`."""
    body = read_body()
    only(body, "done")
    done: list[Any] = typed(body, "done", list, "array", required=True)
    if len(done) > 50 or not all(isinstance(one, str) for one in done):
        raise BadRequest(Problem("document.type", "done", "Must be a list", {"expected": ["array"]}))

    def work(tx: Transaction) -> tuple[Any, int]:
        compiled = store.forms(tx, app).get(form)
        tick_tasks(tx, compiled, record_id, stage_field(compiled, field), stage, done)
        return _told(tx, compiled, record_id, field), 200

    return change(work)


def _told(tx: Transaction, form: Form, record_id: int, key: str) -> dict[str, Any]:
    field = stage_field(form, key)
    stays = history_of(tx, form, record_id, key)
    here = stays[-1].stage if stays and stays[-1].left_at is None else None
    known = stages_by_key(field).get(str(here))
    ticked = done_tasks(tx, form, record_id, field, known.key) if known is not None else frozenset()
    listed = [
        {"key": one.key, "title": one.title(tx.actor.locale), "optional": one.optional, "done": one.key in ticked}
        for one in (known.tasks if known is not None else ())
    ]
    return {"stage": here, "stays": [asdict(one) for one in stays], "tasks": listed}


def describe(_tx: Transaction, document: OpenApi) -> None:
    """This part of the OpenAPI document."""
    text, whole, yes = {"type": "string"}, {"type": "integer"}, {"type": "boolean"}
    blank = {"type": ["string", "null"]}
    person = {"type": ["object", "null"], "properties": {"id": whole, "title": text}}
    stay = {"stage": text, "entered_at": text, "entered_by": person, "left_at": blank, "minutes": whole}
    task = {"key": text, "title": text, "optional": yes, "done": yes}
    told = {
        "stage": blank,
        "stays": {"type": "array", "items": {"type": "object", "properties": stay}},
        "tasks": {"type": "array", "items": {"type": "object", "properties": task}},
    }
    way = document.schema("Way", {"type": "object", "properties": told})
    path = "/apps/{app}/forms/{form}/records/{record_id}/stages/{field}"
    document.path(
        "get", path, "The way of a record through its stages", scope="records:read", tag="records", answer=way,
        description="`minutes` is working time along the business calendar, of the present stay until now.",
    )  # fmt: skip
    done = {"type": "object", "required": ["done"], "properties": {"done": {"type": "array", "items": text}}}
    document.path(
        "put", f"{path}/{{stage}}/tasks", "Set which tasks of a stage are done", scope="records:write", tag="records",
        body=done, answer=way,
    )  # fmt: skip
