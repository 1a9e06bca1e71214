"""`/api/v1`: the documents in force and where they came from, schemas of kinds, revisions, the trash."""

from dataclasses import asdict
from typing import Any, Final

from flask import Blueprint, Response, request

from dougong.apps import drafts, store, trash
from dougong.apps.kinds import DOCUMENT_KINDS
from dougong.apps.publish import revert
from dougong.apps.revisions import history
from dougong.apps.tables import DOCUMENT
from dougong.web.api.base import answer, read_body, scope
from dougong.web.api.writing import change, only, typed
from dougong.web.request import begin_tx, current_actor, current_place, workspaces
from engines.form.transaction import Transaction
from engines.kernel.checking import check
from engines.kernel.documents import LABEL_SCHEMA
from engines.kernel.labels import label
from engines.kernel.problems import Rejected
from engines.kernel.whereused import graph

metadata_api = Blueprint("metadata_api", __name__, url_prefix="/api/v1")
READ, WRITE = "metadata:read", "metadata:write"
APP: Final = "/apps/<app>"


@metadata_api.get("/schemas")
@scope(READ)
def kinds() -> Response:
    """The kinds of documents."""
    return answer(
        {"items": [{"key": kind.key, "title": kind.title, "description": kind.description} for kind in DOCUMENT_KINDS]}
    )


@metadata_api.get("/schemas/<kind>")
@scope(READ)
def schema(kind: str) -> Response:
    """The closed JSON Schema of a kind, with titles and descriptions in English and (`x-zh`) Chinese."""
    return answer(DOCUMENT_KINDS.get(kind, "kind").schema)


@metadata_api.post("/apps")
@scope(WRITE)
def make_app() -> Response:
    """Add an empty application from `{"key", "title", "icon"}`."""
    body = read_body()
    only(body, "key", "title", "icon")
    key = typed(body, "key", str, "string", required=True)
    title, icon = body.get("title", key), typed(body, "icon", str, "string") or ""
    problems = [problem.under("title") for problem in check(LABEL_SCHEMA, title)]
    if problems:
        raise Rejected(problems)

    def work(tx: Transaction) -> tuple[Any, int]:
        drafts.may_design(tx)
        made = store.make_app(tx, key, title, icon=icon)
        return {"key": made.key, "title": label(made.title, tx.actor.locale), "icon": made.icon}, 201

    return change(work)


@metadata_api.get(f"{APP}/documents")
@scope(READ)
def documents(app: str) -> Response:
    """The documents in force, by kind and key; `?kind=form` narrows the list."""
    only(request.args, "kind")
    wanted = request.args.get("kind")
    if wanted:
        DOCUMENT_KINDS.get(wanted, "kind")
    with begin_tx(read_only=True) as tx:
        drafts.may_design(tx)
        effective = store.load(tx, app)
        locale = tx.actor.locale
        items = [
            {
                "kind": kind,
                "key": key,
                "title": label(effective.documents[kind, key].get("title", key), locale),
                "origin": effective.origin(kind, key),
            }
            for kind, key in sorted(effective.documents)
            if wanted in (None, "", kind)
        ]
        return answer({"items": items, "revision": tx.revision, "packs": sorted(effective.installed)})


@metadata_api.get(f"{APP}/documents/<kind>/<key>")
@scope(READ)
def document(app: str, kind: str, key: str) -> Response:
    """One document in force, the layer that every node of it came from, and who speaks of it."""
    with begin_tx(read_only=True) as tx:
        drafts.may_design(tx)
        effective = store.load(tx, app)
        found = effective.get(DOCUMENT_KINDS.get(kind, "kind").key, key, "key")
        origins = {".".join(path): layer for path, layer in sorted(effective.origins.get((kind, key), {}).items())}
        used = graph(effective, DOCUMENT_KINDS).users(kind, key)
        body = {
            "document": found,
            "revision": tx.revision,
            "origins": origins,
            "used_by": [use.as_dict() for use in used],
        }
        return answer(body, headers={"ETag": f'"{tx.revision}"'})


@metadata_api.get(f"{APP}/revisions")
@scope(READ)
def revisions(app: str) -> Response:
    """The revisions that changed this application, the newest first."""
    with begin_tx(read_only=True) as tx:
        drafts.may_design(tx)
        key = store.app_key(tx, app)
        columns = (DOCUMENT.c.since, DOCUMENT.c.until)
        touched = {
            number
            for row in tx.connection.execute(DOCUMENT.select().with_only_columns(*columns).where(DOCUMENT.c.app == key))
            for number in row
            if number is not None
        }
        items = [
            {"id": one.id, "created_at": one.created_at, "author": one.author, "summary": one.summary}
            for one in history(tx)
            if one.id in touched
        ]
        return answer({"items": items, "revision": tx.revision})


@metadata_api.post(f"{APP}/revisions/<int:revision>/revert")
@scope(WRITE)
def go_back(app: str, revision: int) -> Response:
    """Publish the documents and packs of an earlier revision again, as a new one."""
    actor = current_actor()
    number = min(revision, 2**31 - 1)
    return answer(asdict(revert(workspaces(), current_place().workspace, actor, number, app=app)))


@metadata_api.get(f"{APP}/trash")
@scope(READ)
def removed(app: str) -> Response:
    """Removed forms and fields whose data is kept, the newest first."""
    with begin_tx(read_only=True) as tx:
        drafts.may_design(tx)
        items = [
            {
                "id": one.id,
                "form": one.form,
                "field": one.field,
                "document": one.body,
                "removed_in": one.removed_in,
                "removed_by": one.removed_by,
                "removed_at": one.removed_at,
            }
            for one in trash.trash(tx, store.app_key(tx, app))
        ]
    return answer({"items": items})
