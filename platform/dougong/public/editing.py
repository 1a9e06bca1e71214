"""Changing a public page without JSON: from the answers of a simple page to a document that is published at once."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from dougong.apps import drafts, store
from dougong.apps.publish import publish
from dougong.public.kinds import FILLABLE, FORM, PREFILLABLE, QUERY, SEARCHABLE, SHOWN
from dougong.public.links import known_keys
from dougong.workspace.transactions import Workspaces
from dougong.workspace.workspaces import WorkspaceInfo
from engines.form.fields.base import Field
from engines.form.form import Form
from engines.form.transaction import Actor, Transaction
from engines.kernel.keyed import Document
from engines.kernel.labels import label
from engines.kernel.problems import NotFound, Problem, ProblemError, Rejected, suggest

_KEY_LENGTH: Final = 40


def find_page(tx: Transaction, app: str, key: str) -> Document:
    """The public form or query with this key. Raises `NotFound`."""
    known = pages(tx, app)
    found = next((one for one in known if one["key"] == key), None)
    if found is None:
        message = f'There is no public page "{key}"{suggest(key, [one["key"] for one in known])}'
        raise NotFound(Problem("public.no_page", "key", message, {"key": key}))
    return found


def pages(tx: Transaction, app: str) -> list[Document]:
    """Every public form, then every public query of an app."""
    return [*store.documents(tx, FORM, app), *store.documents(tx, QUERY, app)]


def new_document(tx: Transaction, app: str, kind: str, form_key: str, title: Any) -> Document:
    """A page with everything that strangers may fill in, or find and see. Raises `Rejected` where nothing is."""
    form = store.forms(tx, app).by_key.get(form_key)
    if form is None or form.system or kind not in (FORM, QUERY) or not title:
        raise Rejected(Problem("public.new", "form", "Choose a form, and give the page a name"))
    key = free_key(tx, app, form_key)
    if kind == FORM:
        fields = [one.key for one in fillable(form) if one.type.key != "relation" and one.type.writable]
        if not fields:
            raise Rejected(Problem("public.no_fields", "form", "This form has no field that strangers may fill in"))
        return {"kind": FORM, "key": key, "title": title, "form": form_key, "fields": fields}
    search = [one.key for one in searchable(form)][:1]
    if not search:
        raise Rejected(Problem("public.no_search", "form", "This form has no field that strangers may search by"))
    return {"kind": QUERY, "key": key, "title": title, "form": form_key, "search": search, "columns": search}


def free_key(tx: Transaction, app: str, wanted: str) -> str:
    """A key that no public page of the app has or had."""
    taken = {one["key"] for one in pages(tx, app)} | known_keys(tx, app)
    number, key = 2, wanted
    while key in taken:
        key, number = f"{wanted}_{number}"[:_KEY_LENGTH], number + 1
    return key


def fillable(form: Form) -> list[Field]:
    """Fields that may stand on a public form."""
    return [
        one
        for one in form.fields.values()
        if one.type.key in FILLABLE
        and not (one.type.key == "relation" and one.storage == "links")
        and all(
            inner.hidden or inner.type.key in FILLABLE - {"relation", "subform", "attachment", "image"}
            for inner in one.rows.values()
        )
    ]


def prefillable(form: Form) -> list[Field]:
    """Fields that an address may fill in."""
    return [one for one in form.fields.values() if one.type.key in PREFILLABLE]


def searchable(form: Form) -> list[Field]:
    """Fields that strangers may ask for."""
    return [one for one in form.fields.values() if one.type.key in SEARCHABLE and not one.live]


def showable(form: Form) -> list[Field]:
    """Fields that strangers may be shown."""
    return [one for one in form.fields.values() if one.type.key in SHOWN and not one.live]


def relabelled(old: Any, text: str, locale: str) -> Any:
    """A label with other words in one language; None where nothing is left."""
    if isinstance(old, Mapping):
        kept = {name: words for name, words in old.items() if name != locale}
        return {**kept, locale: text} if text else (kept or None)
    return text or None


def ordered(chosen: Sequence[str], before: Sequence[str]) -> list[str]:
    """What was chosen (given in the order of the form), in the order that it had before where that was another one."""
    kept = [key for key in before if key in chosen]
    if kept == [key for key in chosen if key in before]:
        return list(chosen)
    return [*(key for key in before if key in chosen), *(key for key in chosen if key not in before)]


def without_blanks(document: Mapping[str, Any]) -> Document:
    """A document without what was left blank."""
    return {key: value for key, value in document.items() if value not in (None, "", [], {}, False) or key == "draft"}


def save(
    workspaces: Workspaces,
    info: WorkspaceInfo,
    actor: Actor,
    app: str,
    document: Document | None,
    *,
    gone: Document | None = None,
) -> None:
    """Publish one page (or take `gone` out), through a draft of its own. Raises `Rejected` with everything wrong."""
    with workspaces.begin(info, actor) as tx:
        subject = document or gone
        if subject is None:
            return
        draft = drafts.open_draft(tx, app, label(subject["title"], actor.locale) or subject["key"])
        if document is not None:
            drafts.put_document(tx, draft, document, seen=tx.revision)
        else:
            drafts.remove_document(tx, draft, subject["kind"], subject["key"], seen=tx.revision)
    try:
        publish(workspaces, info, actor, draft.id)
    except ProblemError:
        with workspaces.begin(info, actor) as tx:
            drafts.discard(tx, draft)
        raise
