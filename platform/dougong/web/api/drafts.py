"""`/api/v1`: drafts of an application's documents: open, edit, plan, publish, discard (DESIGN D8)."""

from dataclasses import asdict
from typing import Any, Final

from flask import Blueprint, Response, request

from dougong.apps import drafts, store
from dougong.apps.fixed_keys import renamed_keys
from dougong.apps.kinds import DOCUMENT_KINDS
from dougong.apps.plan import Plan, make_plan
from dougong.apps.publish import publish
from dougong.jobs import queue
from dougong.web.api.base import BadRequest, answer, no_content, read_body, scope
from dougong.web.api.metadata import APP, READ, WRITE
from dougong.web.api.writing import change, if_match, only, typed
from dougong.web.request import begin_tx, current_actor, current_place, workspaces
from engines.form.transaction import Transaction
from engines.kernel.problems import NotFound, Problem, Rejected

drafts_api = Blueprint("drafts_api", __name__, url_prefix="/api/v1")
DRAFT: Final = f"{APP}/drafts/<int:draft_id>"
DOCUMENT: Final = f"{DRAFT}/documents/<kind>/<key>"
LARGE: Final = 100_000
"""Values to convert at which a publish becomes a job: nobody waits with an open connection for that."""
TITLE = {"zh-CN": "发布应用", "en": "Publish the application"}


@drafts_api.get(f"{APP}/drafts")
@scope(READ)
def open_drafts(app: str) -> Response:
    """Every open draft, the newest first."""
    with begin_tx(read_only=True) as tx:
        return answer({"items": [_draft(tx, one) for one in drafts.list_drafts(tx, app)]})


@drafts_api.post(f"{APP}/drafts")
@scope(WRITE)
def open_draft(app: str) -> Response:
    """Open an empty draft; `{"title": "..."}` becomes the summary of its revision."""
    body = read_body()
    only(body, "title")
    title = typed(body, "title", str, "string") or ""

    def work(tx: Transaction) -> tuple[Any, int]:
        return _draft(tx, drafts.open_draft(tx, app, title)), 201

    return change(work)


@drafts_api.get(DRAFT)
@scope(READ)
def read_draft(app: str, draft_id: int) -> Response:
    """A draft with its documents; null stands for one that it takes out."""
    with begin_tx(read_only=True) as tx:
        found = _get(tx, app, draft_id)
        documents = [
            {"kind": kind, "key": key, "base": found.base[kind, key], "document": body}
            for (kind, key), body in sorted(found.documents.items())
        ]
        return answer(_draft(tx, found) | {"documents": documents})


@drafts_api.delete(DRAFT)
@scope(WRITE)
def discard(app: str, draft_id: int) -> Response:
    """Throw a draft away."""
    with begin_tx() as tx:
        drafts.discard(tx, _get(tx, app, draft_id))
    return no_content()


@drafts_api.put(DOCUMENT)
@scope(WRITE)
def put_document(app: str, draft_id: int, kind: str, key: str) -> Response:
    """Save a document in the draft, also an unfinished one; the answer tells what is wrong with it.

    `If-Match` names the revision that its author looked at.
    """
    document = read_body()
    problems = [
        Problem("document.address", name, f'The address says "{said}"', {"name": name, "said": said})
        for name, said in (("kind", kind), ("key", key))
        if document.setdefault(name, said) != said
    ]
    if problems:
        raise BadRequest(problems)
    seen = if_match()

    def work(tx: Transaction) -> tuple[Any, int]:
        draft = _get(tx, app, draft_id)
        published = store.load(tx, draft.app).find(kind, key)
        renamed = renamed_keys(published, draft.documents.get((kind, key)) or published, document, tx.actor.locale)
        if renamed:
            raise Rejected(renamed)
        found = drafts.put_document(tx, draft, document, seen=_seen(tx, seen))
        return {"problems": [problem.as_dict() for problem in found]}, 200

    return change(work)


@drafts_api.delete(DOCUMENT)
@scope(WRITE)
def remove_document(app: str, draft_id: int, kind: str, key: str) -> Response:
    """Take a document out with this draft; with `?forget=true` the draft says nothing of it any more instead."""
    only(request.args, "forget")
    DOCUMENT_KINDS.get(kind, "kind")
    seen = if_match()
    with begin_tx() as tx:
        draft = _get(tx, app, draft_id)
        if request.args.get("forget") in ("true", "1"):
            drafts.reset_document(tx, draft, kind, key)
        else:
            drafts.remove_document(tx, draft, kind, key, seen=_seen(tx, seen))
    return no_content()


@drafts_api.post(f"{DRAFT}/put-back")
@scope(WRITE)
def put_back(app: str, draft_id: int) -> Response:
    """Put a removed form or field (`{"trash": 7}`) into the draft; published, its data is back."""
    body = read_body()
    only(body, "trash")
    number = typed(body, "trash", int, "integer", required=True)

    def work(tx: Transaction) -> tuple[Any, int]:
        found = drafts.put_back(tx, _get(tx, app, draft_id), number)
        return {"problems": [problem.as_dict() for problem in found]}, 200

    return change(work)


@drafts_api.get(f"{DRAFT}/plan")
@scope(READ)
def plan(app: str, draft_id: int) -> Response:
    """What publishing would do, without doing it."""
    with begin_tx() as tx:
        return answer(make_plan(tx, _get(tx, app, draft_id)).as_dict())


@drafts_api.post(f"{DRAFT}/publish")
@scope(WRITE)
def publish_draft(app: str, draft_id: int) -> Response:
    """Publish at once (200), or as a job (202) where many values are to be converted or `Prefer: respond-async` asks.

    A draft with problems is refused with all of them and stays as it is.
    """
    wanted = "respond-async" in request.headers.get("Prefer", "")
    with begin_tx() as tx:
        draft = _get(tx, app, draft_id)
        if wanted or _is_large(make_plan(tx, draft)):
            what = {"draft": draft.id, "app": draft.app}
            job = queue.start(tx, "publish", what, title=TITLE, unique_key=f"draft:{draft.id}")
            return answer({"job": job}, 202, {"Location": f"/api/v1/jobs/{job}"})
    return answer(asdict(publish(workspaces(), current_place().workspace, current_actor(), draft_id)))


def _is_large(plan: Plan) -> bool:
    return not plan.problems and sum(one.rows for one in plan.conversions) > LARGE


def _get(tx: Transaction, app: str, draft_id: int) -> drafts.Draft:
    """A draft of this app. Raises `NotFound` also for one of another app."""
    key = store.app_key(tx, app)
    found = drafts.get_draft(tx, draft_id)
    if found.app != key:
        message = "This draft was published or discarded"
        raise NotFound(Problem("draft.unknown", "draft", message, {"draft": draft_id}))
    return found


def _seen(tx: Transaction, seen: int | None) -> int | None:
    """A revision that an author can have seen. Raises `BadRequest` for one of the future."""
    if seen is not None and seen > tx.revision:
        message = f"There is no revision {seen} of this app"
        raise BadRequest(Problem("revision.unknown", "If-Match", message, {"revision": seen}))
    return seen


def _draft(_tx: Transaction, draft: drafts.Draft) -> dict[str, Any]:
    return {"id": draft.id, "app": draft.app, "title": draft.title, "author": draft.author}
