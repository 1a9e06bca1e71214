"""The workbench of an app: the one draft in which its administrators design together, and its forms in it.

Everybody who designs an app works in the same draft, so nobody has to know what a draft is, and what one prepares the
other sees. A save names what it was made from (`seen`, a digest of the form as it was); where somebody else saved
meanwhile, the three versions are merged, and what both changed differently is given back to be settled by a person.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import func, select

from dougong.apps import drafts, store
from dougong.apps.fixed_keys import renamed_keys
from dougong.apps.kinds import DOCUMENT_KINDS
from dougong.apps.tables import DRAFT
from engines.form.transaction import Transaction
from engines.kernel.documents import Document
from engines.kernel.keyed import Address, canonical, same
from engines.kernel.layers import Effective
from engines.kernel.merge import Conflict, merge3
from engines.kernel.problems import NotFound, Problem, Rejected, suggest
from engines.kernel.whereused import check_all

MARK: Final = "@designer"
"""The title by which the workbench's draft is found; publishing gives it a summary instead."""
FORM: Final = "form"


@dataclass(frozen=True, slots=True)
class Opened:
    """A form as it would be if the workbench were published now.

    `seen` is what the next save names; `published` is the form in force, None for a new one; `conflicts` are changes
    that a publish made meanwhile and that the workbench changed differently (`document` holds the workbench's side).
    """

    key: str
    document: Document
    seen: str
    published: Document | None
    conflicts: tuple[Conflict, ...]
    documents: Mapping[Address, Document]
    draft: drafts.Draft | None


@dataclass(frozen=True, slots=True)
class Saved:
    """What a save came to. With `conflicts` nothing was saved: `document` is the merge with the saver's side kept."""

    document: Document
    seen: str
    merged: bool = False
    conflicts: tuple[Conflict, ...] = ()
    problems: tuple[Problem, ...] = ()


def digest(document: Document) -> str:
    """A short text that is the same for the same document."""
    return hashlib.sha256(canonical(document)).hexdigest()[:16]


def find(tx: Transaction, app: str) -> drafts.Draft | None:
    """The workbench's draft; None while nothing was changed since the last publish. Raises `NotFound`, `Forbidden`."""
    drafts.may_design(tx)
    query = select(DRAFT.c.id).where(DRAFT.c.app == store.app_key(tx, app), DRAFT.c.title == MARK)
    number = tx.connection.scalar(query.order_by(DRAFT.c.id).limit(1))
    return None if number is None else drafts.get_draft(tx, number)


def open_bench(tx: Transaction, app: str) -> drafts.Draft:
    """The workbench's draft, made where there is none, and held until the end of the transaction."""
    key = store.app_key(tx, app)
    tx.connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"designer:{tx.workspace}:{key}"))))
    return find(tx, key) or drafts.open_draft(tx, key, MARK)


def documents(tx: Transaction, app: str) -> Mapping[Address, Document]:
    """Every document as it would be if the workbench were published now."""
    draft = find(tx, app)
    return store.load(tx, app).documents if draft is None else drafts.merged(tx, draft).documents


def open_form(tx: Transaction, app: str, key: str) -> Opened:
    """A form in the workbench. Raises `NotFound` for one that exists nowhere, with the nearest key."""
    draft = find(tx, app)
    current = store.load(tx, app)
    merge = drafts.Merge(current.documents, {}) if draft is None else drafts.merged(tx, draft, current)
    address = (FORM, key)
    document = merge.documents.get(address)
    if document is None:
        known = sorted(name for kind, name in merge.documents if kind == FORM)
        message = f'There is no form "{key}"{suggest(key, known)}'
        raise NotFound(Problem("document.not_found", key, message, {"kind": FORM, "key": key}))
    conflicts = merge.conflicts.get(address, ())
    return Opened(key, document, digest(document), current.find(*address), conflicts, merge.documents, draft)


def save_form(
    tx: Transaction, app: str, key: str, document: Document, seen: str, base: Document | None = None
) -> Saved:
    """Save a form in the workbench; may be unfinished.

    Where somebody saved meanwhile (`seen` is no longer true) the changes are merged over `base`, the document that the
    saver began with. Raises `Rejected` for what is no document, for another key on something that was published, and
    where a merge would be needed without `base`.
    """
    bench = open_bench(tx, app)
    opened = open_form(tx, app, key)
    if document.get("kind") != FORM or document.get("key") != key:
        message = f'The address says "{key}"'
        raise Rejected(Problem("document.address", "key", message, {"name": "key", "said": key}))
    renamed = renamed_keys(opened.published, base or opened.document, document, tx.actor.locale)
    if renamed:
        raise Rejected(renamed)
    merged = False
    if seen != opened.seen and not same(document, opened.document):
        if base is None:
            message = "Somebody else changed this form meanwhile"
            raise Rejected(Problem("designer.stale", "", message, {}))
        outcome = merge3(base, opened.document, document)
        if outcome.conflicts and outcome.document is not None:
            return Saved(outcome.document, opened.seen, True, outcome.conflicts)
        document, merged = outcome.document or document, True
    if opened.published is not None and same(document, opened.published):
        if (FORM, key) in bench.documents:
            drafts.reset_document(tx, bench, FORM, key)
    elif not same(document, opened.document) or opened.conflicts:
        drafts.put_document(tx, bench, document, seen=tx.revision)
    _follow_title(tx, bench, opened, document)
    return Saved(document, digest(document), merged, (), problems_of(tx, app, key, document))


def problems_of(tx: Transaction, app: str, key: str, document: Document | None = None) -> tuple[Problem, ...]:
    """What has to be mended in a form before it can be published; paths start in the document."""
    every = dict(documents(tx, app))
    if document is not None:
        every[FORM, key] = document
    prefix = f"{FORM}.{key}."
    found = check_all(Effective(every), DOCUMENT_KINDS, only=[(FORM, key)])
    return tuple(
        Problem(one.code, one.path.removeprefix(prefix), one.message, one.params)
        for one in found
        if one.path.startswith(prefix) or one.path == f"{FORM}.{key}"
    )


def changed_forms(tx: Transaction, app: str) -> dict[str, str]:
    """What the workbench does to forms: key to `new`, `changed` or `removed`."""
    draft = find(tx, app)
    if draft is None:
        return {}
    before = store.load(tx, app)
    return {
        key: "removed" if body is None else "changed" if before.find(kind, key) else "new"
        for (kind, key), body in draft.documents.items()
        if kind == FORM
    }


def _follow_title(tx: Transaction, bench: drafts.Draft, opened: Opened, document: Document) -> None:
    """Menu entries that are called like the form go on being called like it."""
    before, after = opened.document.get("title"), document.get("title")
    if same(before, after) or not after:
        return
    for (kind, _), menu in opened.documents.items():
        if kind != "menu":
            continue
        items = [_renamed(item, opened.key, before, after) for item in menu.get("items", ())]
        if items != menu.get("items"):
            drafts.put_document(tx, bench, {**menu, "items": items}, seen=tx.revision)


def _renamed(item: Mapping[str, Any], key: str, before: Any, after: Any) -> Mapping[str, Any]:
    ours = item.get("target", {}).get("form") == key and same(item.get("title"), before)
    return {**item, "title": after} if ours else item
