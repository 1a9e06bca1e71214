"""`/api/v1`: what a relation offers for a record, and the candidates of a picker, as the dialog shows them."""

from collections.abc import Mapping
from typing import Any, Final

from flask import Blueprint, Response, request

from dougong.apps import store
from dougong.web.api.base import BadRequest, answer, read_body, scope
from dougong.web.api.openapi import OpenApi
from dougong.web.api.writing import only
from dougong.web.pages.choosing import group_json
from dougong.web.request import begin_tx
from engines.form.choosing.ask import offered, seen_at
from engines.form.choosing.candidates import MOST, Candidates, candidates
from engines.form.choosing.compile import choices_of, pickers_of
from engines.form.fields.links import LARGEST
from engines.form.form import Form
from engines.form.query import get_record, options_of
from engines.form.transaction import Transaction
from engines.form.write.preview import drafted
from engines.kernel.problems import NotFound, Problem

choices_api = Blueprint("choices_api", __name__, url_prefix="/api/v1")

PATH: Final = "/apps/<app>/forms/<form>/choices/<path>"
USUAL: Final = 50
KNOWN: Final = ("id", "record", "row", "part", "search", "offset", "limit")


@choices_api.get(PATH)
@scope("records:read")
def choices_of_stored(app: str, form: str, path: str) -> Response:
    """What may be chosen for a stored record (`?id=`), or for a new one of which nothing is filled in."""
    return _answer(app, form, path, request.args)


@choices_api.post(PATH)
@scope("records:read")
def choices_for(app: str, form: str, path: str) -> Response:
    """What may be chosen for a record as it would be: `record`, `id`, `row`, `part`, `search`, `offset`, `limit`."""
    return _answer(app, form, path, read_body())


def _answer(app: str, form: str, path: str, asked: Mapping[str, Any]) -> Response:
    only(asked, *KNOWN)
    record = asked.get("record", {})
    if not isinstance(record, Mapping):
        raise BadRequest(Problem("request.not_an_object", "record", "Must be an object"))
    search = str(asked["search"])[:100] if asked.get("search") else None
    limit, offset = _whole(asked, "limit", USUAL, MOST), _whole(asked, "offset", 0, 100_000)
    with begin_tx() as tx:
        opened = store.forms(tx, app).get(form)
        record_id = _whole(asked, "id", 0, LARGEST) or None
        if record_id is not None:
            get_record(tx, opened, record_id)
        if path not in opened.subforms:
            return answer({"items": _relation(tx, opened, path, record, record_id, asked, search, limit)})
        if path not in pickers_of(opened):
            raise NotFound(Problem("picker.unknown", path, f'There is no picker for "{path[:40]}"', {"key": path[:40]}))
        view = drafted(tx, opened, record, record_id, ()).view
        return answer(_candidates(candidates(tx, opened, path, view, search, offset, limit)))


def _relation(
    tx: Transaction,
    form: Form,
    path: str,
    record: Mapping[str, Any],
    record_id: int | None,
    asked: Mapping[str, Any],
    search: str | None,
    limit: int,
) -> list[dict[str, Any]]:
    one = form.at(path)
    if one.target is None:
        message = f"{one.label()} does not point at records"
        raise BadRequest(Problem("relation.not_a_record", "path", message, {"label": one.label()}))
    linkage = choices_of(form).get(path)
    if linkage is None:
        found = options_of(tx, form, path, search, limit)
    else:
        view = drafted(tx, form, record, record_id, ()).view
        places = (_whole(asked, "row", 0, 5000), _whole(asked, "part", 0, 5000))
        found = offered(tx, linkage, seen_at(form, view, path, places), search, limit)
    return [{"id": each.id, "title": each.title, "subtitle": each.subtitle} for each in found]


def _candidates(found: Candidates) -> dict[str, Any]:
    return {
        "items": [
            {
                "id": one.record.id,
                "title": one.record.title,
                "values": {
                    each.key: each.type.to_json(one.record.values[each.key], each)
                    for each in found.columns
                    if one.record.values.get(each.key) is not None
                },
                "group": one.group,
                "excluded": one.why or None,
            }
            for one in found.items
        ],
        "groups": [group_json(one) for one in found.groups],
        "total": found.total,
        "capped": found.capped,
        "more": found.more,
    }


def _whole(asked: Mapping[str, Any], name: str, usual: int, most: int) -> int:
    """A whole number of the question. Raises `BadRequest`."""
    text = str(asked.get(name, usual))
    if not (text.isascii() and text.isdecimal() and len(text) < 20 and int(text) <= most):
        message = f"{name} is a whole number from 0 to {most}"
        raise BadRequest(Problem("request.number", name, message, {"name": name, "max": most}))
    return int(text)


def describe(_tx: Transaction, document: OpenApi) -> None:
    """This part of the OpenAPI document."""
    text, whole, some = {"type": "string"}, {"type": "integer"}, {"type": ["integer", "null"]}
    item = {
        "id": whole, "title": text, "subtitle": text, "values": {"type": "object"}, "group": text,
        "excluded": {"type": ["string", "null"]},
    }  # fmt: skip
    group = {"key": text, "title": text, "min": whole, "max": some}
    shape = {
        "items": {"type": "array", "items": {"type": "object", "properties": item}},
        "groups": {"type": "array", "items": {"type": "object", "properties": group}},
        "total": whole,
        "capped": {"type": "boolean"},
        "more": {"type": "boolean"},
    }
    told = document.schema("Choices", {"type": "object", "properties": shape, "required": ["items"]})
    path = "/apps/{app}/forms/{form}/choices/{path}"
    document.path(
        "get", path, "What may be chosen for a stored record", scope="records:read", tag="records", answer=told
    )
    asked = {
        "record": {"type": "object"},
        "id": whole,
        "row": whole,
        "part": whole,
        "search": text,
        "offset": whole,
        "limit": whole,
    }
    document.path(
        "post",
        path,
        "What may be chosen for a record as it would be",
        scope="records:read",
        tag="records",
        body={"type": "object", "properties": asked},
        answer=told,
    )
