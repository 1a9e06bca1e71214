"""The parts of the OpenAPI documents for records, metadata and jobs: in general, and form by form for an app."""

from collections.abc import Callable, Mapping
from importlib.metadata import version
from typing import Any, Final

from flask import Blueprint, Response, request

from dougong.apps import store
from dougong.apps.kinds import DOCUMENT_KINDS
from dougong.web.api.asking import COUNTS
from dougong.web.api.base import answer
from dougong.web.api.forms import usable
from dougong.web.api.openapi import IDEMPOTENCY_KEY, OpenApi, build, list_schema
from dougong.web.request import begin_tx
from engines.form.fields.base import Field
from engines.form.form import Form
from engines.form.policy import Policy, policy_for
from engines.form.query.types import MOST_ROWS
from engines.form.transaction import Transaction
from engines.formula import Type

openapi_api = Blueprint("openapi_api", __name__, url_prefix="/api/v1")
Schema = Mapping[str, Any]
TEXT: Final = {"type": "string"}
INTEGER: Final = {"type": "integer"}
OBJECT: Final = {"type": "object"}
LINK: Final[Schema] = {
    "type": ["object", "null"],
    "required": ["id"],
    "properties": {"id": INTEGER, "title": TEXT},
    "description": "A record that is pointed at; the id alone may be sent.",
}
TIME: Final = {"type": ["string", "null"], "format": "date-time"}
META: Final[Schema] = {
    "type": "object",
    "properties": {
        **dict.fromkeys(("owner", "department", "created_by", "updated_by"), LINK),
        **dict.fromkeys(("created_at", "updated_at", "deleted_at"), TIME),
        "flow_state": {"type": ["string", "null"]},
        "sample": {"type": "boolean"},
    },
}
SAVED: Final[Schema] = {
    "type": "object",
    "required": ["id", "version"],
    "properties": {
        "id": INTEGER,
        "version": INTEGER,
        "changed": {"type": "boolean"},
        "warnings": {"type": "array", "items": {"type": "object"}},
    },
    "description": "The whole record with `Prefer: return=representation`.",
}
IF_MATCH: Final = {
    "name": "If-Match",
    "in": "header",
    "schema": TEXT,
    "description": "The version that was read: what others changed meanwhile is kept, what both changed is a conflict.",
}
PREFER: Final = {"name": "Prefer", "in": "header", "schema": TEXT}
BY_TYPE: Final[Mapping[Type, Schema]] = {
    Type.TEXT: {"type": ["string", "null"]},
    Type.NUMBER: {"type": ["string", "number", "null"], "description": "Answers hold exact decimals as texts."},
    Type.BOOLEAN: {"type": ["boolean", "null"]},
    Type.DATE: {"type": ["string", "null"], "format": "date"},
    Type.DATETIME: TIME,
    Type.RECORD: LINK,
    Type.LIST: {"type": ["array", "null"]},
    Type.RECORDS: {"type": ["array", "null"], "items": LINK},
}
QUERY: Final[Schema] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "columns": {"type": "array", "items": TEXT},
        "filter": OBJECT,
        "search": TEXT,
        "sort": {"type": "array", "items": {}, "examples": [["-amount", {"field": "name", "descending": False}]]},
        "limit": {**INTEGER, "minimum": 1, "maximum": MOST_ROWS},
        "cursor": TEXT,
        "offset": {**INTEGER, "minimum": 0},
        "count": {"enum": list(COUNTS)},
        "totals": {"type": "array", "items": TEXT},
        "trash": {"type": "boolean"},
    },
}
PAGE_MORE: Final[Schema] = {
    "total": {"type": ["integer", "null"]},
    "capped": {"type": "boolean", "description": "There are more than `total`."},
    "totals": OBJECT,
    "total_currencies": {
        "type": "object",
        "additionalProperties": TEXT,
        "description": "What totals of amounts are in, by field. Amounts of several currencies have the total of their"
        " base amounts, or none.",
    },
}


@openapi_api.get("/apps/<app>/openapi.json")
def openapi(app: str) -> Response:
    """The description of an application's forms, each with its own schema, as far as the caller may use them."""
    with begin_tx(read_only=True) as tx:
        forms = store.forms(tx, app)
        return answer(build(tx, [_app(forms.app)], request.host_url.rstrip("/"), version("dougong")))


def describe(_tx: Transaction, document: OpenApi) -> None:
    """Records, metadata and jobs of any application."""
    record = document.schema("Record", record_schema({"type": "object"}))
    _records(document, "/apps/{app}/forms/{form}", record, OBJECT, "records")
    form = {"type": "object", "properties": {"key": TEXT, "title": TEXT, "may": {"type": "array", "items": TEXT}}}
    read, tag = "records:read", "records"
    document.path("get", "/apps", "The applications", scope=read, tag=tag, answer=_items(OBJECT))
    document.path("get", "/apps/{app}/forms", "The forms of an application", scope=read, tag=tag, answer=_items(form))
    document.path("get", "/apps/{app}/forms/{form}", "One form with its fields", scope=read, tag=tag, answer=form)
    document.path("get", "/apps/{app}/openapi.json", "The same, form by form", scope="", tag=tag, answer=OBJECT)
    _metadata(document)
    document.path("get", "/jobs", "My newest jobs", scope="", tag="jobs", answer=_items(OBJECT))
    document.path("get", "/jobs/{job_id}", "One job", scope="", tag="jobs", answer=OBJECT)
    document.path("delete", "/jobs/{job_id}", "Ask a job to stop", scope="", tag="jobs", answer=OBJECT)


def _app(app: str) -> Callable[[Transaction, OpenApi], None]:
    def section(tx: Transaction, document: OpenApi) -> None:
        for form in store.forms(tx, app).own():
            policy = policy_for(tx, form)
            if policy.may("read") or policy.may("create"):
                values = document.schema(f"{form.key}.values", values_schema(tx, form, policy))
                record = document.schema(f"{form.key}.record", record_schema(values))
                _records(document, f"/apps/{app}/forms/{form.key}", record, values, form.label(tx.actor.locale))

    return section


def record_schema(values: Schema) -> dict[str, Any]:
    """The schema of a record with values of this schema."""
    words = {"type": "array", "items": TEXT}
    return {
        "type": "object",
        "required": ["id", "version", "title", "values"],
        "properties": {
            "id": INTEGER,
            "version": INTEGER,
            "title": TEXT,
            "values": values,
            "labels": {"type": "object", "description": "The words of choices, by field."},
            "currencies": {
                "type": "object",
                "description": "What amounts are in (ISO 4217), in the shape of `values`; rows as a list of objects.",
            },
            "meta": META,
            "may": words,
            "editable": words,
        },
    }


def values_schema(tx: Transaction, form: Form, policy: Policy) -> dict[str, Any]:
    """The schema of a form's values, of the fields that the caller sees or may fill."""
    fields = [one for one in form.fields.values() if usable(policy, one)]
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {one.key: _field(tx, policy, one) for one in fields},
    }


def _field(tx: Transaction, policy: Policy, one: Field) -> dict[str, Any]:
    locale = tx.actor.locale
    schema: dict[str, Any] = {"title": one.label(locale)}
    if one.rows:
        rows = {inner.key: _field(tx, policy, inner) for inner in one.rows.values() if usable(policy, inner)}
        schema |= {"type": ["array", "null"], "items": {"type": "object", "properties": {"id": INTEGER, **rows}}}
    else:
        schema |= BY_TYPE[one.type.formula_type(one)]
        open_ended = one.options.get("other") or one.type.key == "tags"
        keys = [] if open_ended else [choice.key for choice in one.choices]
        if keys and one.type.formula_type(one) is Type.LIST:
            schema["items"] = {"enum": keys}
        elif keys:
            schema = {"title": schema["title"], "enum": [*keys, None]}
    if one.help(locale):
        schema["description"] = one.help(locale)
    if not one.type.writable or one.readonly or policy.edits(one.path, "create") is False:
        schema["readOnly"] = True
    return schema


def _records(document: OpenApi, at: str, record: Schema, values: Schema, tag: str) -> None:
    """The operations on the records of a form; `at` is its address."""
    read, write = "records:read", "records:write"
    names = list(QUERY["properties"])
    asked = [{"name": name, "in": "query", "schema": TEXT} for name in names]
    page = list_schema(record, PAGE_MORE)
    one, sent = f"{at}/records/{{record_id}}", {"type": "object", "required": ["values"]}
    change = [IDEMPOTENCY_KEY, PREFER]
    document.path("get", f"{at}/records", "List", scope=read, tag=tag, parameters=asked, answer=page)
    document.path("post", f"{at}/records/query", "List by a body", scope=read, tag=tag, body=QUERY, answer=page)
    body = {**sent, "properties": {"values": values}}
    document.path(
        "post", f"{at}/records", "Create", scope=write, tag=tag, parameters=change, body=body, answer=SAVED, status=201
    )
    document.path("get", one, "Read", scope=read, tag=tag, answer=record)
    body = {**sent, "properties": {"values": values, "base": values}}
    document.path("patch", one, "Change", scope=write, tag=tag, parameters=[*change, IF_MATCH], body=body, answer=SAVED)
    document.path(
        "delete", one, "Into the trash", scope=write, tag=tag, parameters=[IDEMPOTENCY_KEY, IF_MATCH], answer=SAVED
    )
    document.path("post", f"{one}/restore", "Out of the trash", scope=write, tag=tag, parameters=change, answer=SAVED)
    document.path("get", f"{one}/history", "What happened to it", scope=read, tag=tag, answer=_items(OBJECT))
    rows = {
        "type": "object",
        "required": ["rows"],
        "properties": {
            "rows": {"type": "array", "items": values, "maxItems": 10_000},
            "key": {**TEXT, "description": "The field by whose value rows find their records."},
            "mode": {"enum": ["create", "upsert", "update"]},
        },
    }
    counts = {**dict.fromkeys(("ledger", "created", "updated", "unchanged"), INTEGER)}
    told = {"type": "object", "properties": {**counts, "ids": {"type": "array", "items": INTEGER}}}
    document.path(
        "post",
        f"{at}/records/bulk",
        "Many at once, all or none",
        scope=write,
        tag=tag,
        parameters=[IDEMPOTENCY_KEY],
        body=rows,
        answer=told,
    )
    choose = [{"name": name, "in": "query", "schema": TEXT} for name in ("field", "search", "limit", "held")]
    pick = {"type": "object", "properties": {"id": INTEGER, "title": TEXT, "subtitle": TEXT}}
    document.path(
        "get", f"{at}/options", "Choose by title", scope=read, tag=tag, parameters=choose, answer=_items(pick)
    )


def _metadata(document: OpenApi) -> None:
    """The operations on documents, drafts and revisions."""
    read, write, tag, app = "metadata:read", "metadata:write", "metadata", "/apps/{app}"
    draft, one = f"{app}/drafts/{{draft_id}}", f"{app}/documents/{{kind}}/{{key}}"
    inner = f"{draft}/documents/{{kind}}/{{key}}"
    kinds = [{"name": "kind", "in": "query", "schema": {"enum": list(DOCUMENT_KINDS.keys())}}]
    listed = _items(OBJECT)
    problems = {"type": "object", "properties": {"problems": {"type": "array", "items": OBJECT}}}
    for path, summary, answered in (
        ("/schemas", "The kinds of documents", listed),
        ("/schemas/{kind}", "The JSON Schema of a kind", OBJECT),
        (one, "One document, its origin and use", OBJECT),
        (f"{app}/revisions", "Revisions of an application", listed),
        (f"{app}/trash", "Removed forms and fields", listed),
        (f"{app}/drafts", "Open drafts", listed),
        (draft, "One draft with its documents", OBJECT),
        (f"{draft}/plan", "What publishing would do", OBJECT),
    ):
        document.path("get", path, summary, scope=read, tag=tag, answer=answered)
    document.path("get", f"{app}/documents", "Documents", scope=read, tag=tag, parameters=kinds, answer=listed)
    document.path("post", "/apps", "Add an application", scope=write, tag=tag, body=OBJECT, answer=OBJECT, status=201)
    document.path("post", f"{app}/drafts", "Open a draft", scope=write, tag=tag, body=OBJECT, answer=OBJECT, status=201)
    document.path("delete", draft, "Discard a draft", scope=write, tag=tag, status=204)
    document.path(
        "put", inner, "Save a document", scope=write, tag=tag, parameters=[IF_MATCH], body=OBJECT, answer=problems
    )
    document.path("delete", inner, "Take a document out", scope=write, tag=tag, parameters=[IF_MATCH], status=204)
    document.path("post", f"{draft}/put-back", "Put back from the trash", scope=write, tag=tag, body=OBJECT)
    document.path("post", f"{draft}/publish", "Publish", scope=write, tag=tag, parameters=[PREFER], answer=OBJECT)
    document.path("post", f"{app}/revisions/{{revision}}/revert", "Go back", scope=write, tag=tag, answer=OBJECT)


def _items(item: Schema) -> dict[str, Any]:
    return {"type": "object", "required": ["items"], "properties": {"items": {"type": "array", "items": item}}}
