"""Drafts: edits of an app's documents that nobody but designers sees until they are published.

A draft keeps whole documents. Each knows the revision that its author saw (`base`); when somebody else published the
document meanwhile, both sides' changes are merged, and what both changed differently is a conflict (a value).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from sqlalchemy import Row, delete, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from dougong.apps import store, trash
from dougong.apps.kinds import DOCUMENT_KINDS
from dougong.apps.tables import DRAFT, DRAFT_DOCUMENT
from engines.form.transaction import Transaction
from engines.kernel.documents import key_problem, validate
from engines.kernel.keyed import MISSING, Address, Document, canonical, child, get, put, walk
from engines.kernel.layers import Effective
from engines.kernel.merge import Conflict, merge3
from engines.kernel.problems import Forbidden, NotFound, Problem, Rejected

DOCUMENT_LIMIT = 2_000_000  # bytes of one document


@dataclass(frozen=True, slots=True)
class Draft:
    """A set of edits. `documents` holds None for what the draft takes out; `base` the revisions seen."""

    id: int
    app: str
    title: str
    author: int | None
    documents: Mapping[Address, Document | None] = field(default_factory=dict)
    base: Mapping[Address, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Merge:
    """A draft laid over the revision of the transaction."""

    documents: Mapping[Address, Document]
    conflicts: Mapping[Address, tuple[Conflict, ...]]


def may_design(tx: Transaction) -> None:
    """Raises `Forbidden` for who may not change the app."""
    if not (tx.actor.is_admin or tx.actor.is_system):
        raise Forbidden(Problem("app.design_denied", "", "Only administrators may change the application", {}))


def open_draft(tx: Transaction, app: str | None = None, title: str = "") -> Draft:
    """A new, empty draft of an app; the first draft of an empty workspace makes its app."""
    may_design(tx)
    key = store.app_key(tx, app)
    if not store.apps(tx):
        store.make_app(tx, key, key)
    values = {"app": key, "title": title, "author": tx.actor.id, "created_at": tx.now, "updated_at": tx.now}
    number = tx.connection.execute(insert(DRAFT).values(values).returning(DRAFT.c.id)).scalar_one()
    return Draft(number, key, title, tx.actor.id)


def get_draft(tx: Transaction, draft_id: int) -> Draft:
    """A draft with its documents. Raises `NotFound` when it was published or discarded."""
    may_design(tx)
    row = tx.connection.execute(select(DRAFT).where(DRAFT.c.id == draft_id)).one_or_none()
    if row is None:
        message = "This draft was published or discarded"
        raise NotFound(Problem("draft.unknown", "draft", message, {"draft": draft_id}))
    return _draft(tx, row)


def list_drafts(tx: Transaction, app: str | None = None) -> tuple[Draft, ...]:
    """Every open draft of an app, the newest first."""
    may_design(tx)
    rows = tx.connection.execute(select(DRAFT).where(DRAFT.c.app == store.app_key(tx, app)).order_by(DRAFT.c.id.desc()))
    return tuple(_draft(tx, row) for row in rows.all())


def put_document(tx: Transaction, draft: Draft, document: Document, *, seen: int | None = None) -> list[Problem]:
    """Save a document in a draft and tell what is wrong with it; a draft may hold what is not finished yet.

    `seen` is the revision that the author looked at (the first save of a document remembers it; naming a newer one
    settles conflicts: what is saved is then meant as it is). Raises `Rejected` for what is no document at all.
    """
    may_design(tx)
    problem = _not_a_document(document)
    if problem is not None:
        raise Rejected(problem)
    kind, key = document["kind"], document["key"]
    _save(tx, draft, (kind, key), document, seen)
    return validate(DOCUMENT_KINDS.get(kind), document)


def remove_document(tx: Transaction, draft: Draft, kind: str, key: str, *, seen: int | None = None) -> None:
    """Take a document out with this draft; one that only the draft knows is forgotten. Raises `NotFound`."""
    may_design(tx)
    if store.load(tx, draft.app).find(kind, key) is None:
        reset_document(tx, draft, kind, key)
        return
    _save(tx, draft, (kind, key), None, seen)


def reset_document(tx: Transaction, draft: Draft, kind: str, key: str) -> None:
    """Forget what the draft says of one document. Raises `NotFound` when it says nothing."""
    may_design(tx)
    table = DRAFT_DOCUMENT.c
    where = (table.draft_id == draft.id, table.kind == kind, table.key == key)
    if not tx.connection.execute(delete(DRAFT_DOCUMENT).where(*where)).rowcount:
        message = f'The draft has no {kind} "{key}"'
        raise NotFound(Problem("draft.no_document", f"{kind}.{key}", message, {"kind": kind, "key": key}))


def put_back(tx: Transaction, draft: Draft, trashed_id: int) -> list[Problem]:
    """Put a removed form or field, as it was, into a draft; published, its data is back. Raises `NotFound`, and
    `Rejected` where its place is taken or gone."""
    may_design(tx)
    one = next((found for found in trash.trash(tx, draft.app) if found.id == trashed_id), None)
    if one is None:
        message = "This is not in the trash any more"
        raise NotFound(Problem("trash.unknown", "trash", message, {"id": trashed_id}))
    current = merged(tx, draft).documents.get((trash.FORM, one.form))
    if not one.field:
        document: Any = one.body if current is None else MISSING
    else:
        *above, key = one.field.split(".")
        holder = ("fields", *(step for name in above for step in (name, "fields")))
        there = MISSING if current is None else get(current, holder)
        document = (
            MISSING if there is MISSING or child(there, key) is not MISSING else put(current, (*holder, key), one.body)
        )
    if document is MISSING:
        message = f'The place of "{one.field or one.form}" is taken, or the form that it belonged to is gone'
        raise Rejected(Problem("trash.no_place", "trash", message, {"form": one.form, "field": one.field}))
    return put_document(tx, draft, document)


def discard(tx: Transaction, draft: Draft) -> None:
    """Throw a draft away."""
    may_design(tx)
    tx.connection.execute(delete(DRAFT).where(DRAFT.c.id == draft.id))


def merged(tx: Transaction, draft: Draft, current: Effective | None = None) -> Merge:
    """The documents as they would be if the draft were published now, and what stands against it."""
    current = current or store.load(tx, draft.app)
    documents = dict(current.documents)
    conflicts: dict[Address, tuple[Conflict, ...]] = {}
    seen = {revision: _at(tx, draft.app, revision) for revision in set(draft.base.values())}
    for address, document in draft.documents.items():
        base = seen[draft.base[address]].documents.get(address)
        outcome = merge3(base, current.documents.get(address), document)
        if outcome.conflicts:
            conflicts[address] = outcome.conflicts
        if outcome.document is not None:
            documents[address] = outcome.document
        else:
            documents.pop(address, None)
    return Merge(documents, conflicts)


def _at(tx: Transaction, app: str, revision: int) -> Effective:
    return store.load(tx, app) if revision == tx.revision else store.load_at(tx, app, revision)


def _save(tx: Transaction, draft: Draft, address: Address, body: Document | None, seen: int | None) -> None:
    kind, key = address
    row: dict[str, Any] = {"draft_id": draft.id, "kind": kind, "key": key, "body": body, "updated_at": tx.now}
    statement = upsert(DRAFT_DOCUMENT).values(row | {"base": tx.revision if seen is None else min(seen, tx.revision)})
    changes: dict[str, Any] = {"body": statement.excluded.body, "updated_at": tx.now}
    if seen is not None:
        changes["base"] = statement.excluded.base
    tx.connection.execute(statement.on_conflict_do_update(index_elements=["draft_id", "kind", "key"], set_=changes))
    tx.connection.execute(update(DRAFT).where(DRAFT.c.id == draft.id).values(updated_at=tx.now))


def _not_a_document(document: Any) -> Problem | None:
    if not isinstance(document, dict) or not isinstance(document.get("kind"), str):
        return Problem("document.no_kind", "kind", 'A document is an object with a "kind" and a "key"', {})
    kind = DOCUMENT_KINDS.get(document["kind"], "kind")
    if not isinstance(document.get("key"), str):
        return Problem("document.missing", "key", '"key" is required', {"name": "key"})
    try:
        size = min(len(canonical(document)), len(orjson.dumps(document)))
    except (TypeError, ValueError):
        message = "Numbers must be finite and of at most 64 bits, texts valid Unicode"
        return Problem("document.not_json", "", message, {})
    if size > DOCUMENT_LIMIT:
        message = f"A document has at most {DOCUMENT_LIMIT} bytes"
        return Problem("document.too_large_file", "", message, {"limit": DOCUMENT_LIMIT, "size": size})
    if any(isinstance(value, str) and "\0" in value for _, value in walk(document)):
        return Problem("document.null_character", "", "A text must not contain the null character", {})
    return key_problem(document["key"], kind.key_length)


def _draft(tx: Transaction, row: "Row[Any]") -> Draft:
    rows = tx.connection.execute(select(DRAFT_DOCUMENT).where(DRAFT_DOCUMENT.c.draft_id == row.id)).all()
    return Draft(
        row.id,
        row.app,
        row.title,
        row.author,
        {(one.kind, one.key): one.body for one in rows},
        {(one.kind, one.key): one.base for one in rows},
    )
