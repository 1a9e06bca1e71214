"""Past versions of an app and its trash: who changed what, the way between two versions, and bringing things back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from dougong.apps import drafts, revisions, store, trash
from dougong.apps.plan import document_changes, make_plan
from dougong.apps.target import of_revision
from dougong.designer import workbench
from dougong.identity.members import member_names
from dougong.packs.library import Library
from dougong.web.design.sentences import Teller
from dougong.web.design.words import Words, kind_title, words_of
from dougong.web.i18n import current_locale, gettext
from dougong.web.render import done
from dougong.web.request import begin_tx, require_admin
from engines.form.fields import FIELD_TYPES
from engines.form.transaction import Transaction
from engines.kernel.labels import label
from engines.kernel.problems import Conflict, Problem

design_revision_pages = Blueprint("design_revisions", __name__, url_prefix="/design/<app>")
design_revision_pages.before_request(require_admin)
PAGE: Final = 30


@dataclass(frozen=True, slots=True)
class Listed:
    """A version on the list."""

    number: int
    at: datetime
    author: str
    summary: str
    documents: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Lying:
    """A line of the trash."""

    id: int
    title: str
    kind: str
    icon: str
    within: str
    revision: int
    at: datetime
    author: str
    values: int


@design_revision_pages.get("/revisions")
def page(app: str) -> ResponseReturnValue:
    """The versions, the newest first; `until` goes on further back."""
    until = request.args.get("until", type=int)
    with begin_tx(read_only=True) as tx:
        key = store.app_key(tx, app)
        steps = revisions.steps(tx, key, PAGE + 1, until)
        names = member_names(tx, (one.revision.author for one in steps))
        packs = {one.key: label(one.title, current_locale()) for one in Library().manifests()}
        packs["packs"] = gettext("packs")  # what an upgrade of those that are there is called
        listed = [_listed(tx, key, one, names, packs) for one in steps[:PAGE]]
        more = steps[PAGE].revision.id if len(steps) > PAGE else None
        newest = revisions.newest(tx, key)
        return render_template(
            "design/revisions.html",
            app=key,
            app_title=store.title(tx, key, current_locale()),
            listed=listed,
            more=more,
            newest=newest,
        )


def _listed(
    tx: Transaction, app: str, step: revisions.Step, names: Mapping[int, str], packs: Mapping[str, str]
) -> Listed:
    locale, one = current_locale(), step.revision
    bodies = store.load_at(tx, app, one.id).documents
    missing = [address for address in step.documents if address not in bodies]
    if missing:
        bodies = {**store.load_at(tx, app, one.id - 1).documents, **bodies}
    documents = tuple(
        (action, kind_title(kind, locale), words_of(bodies.get((kind, key), {"key": key}), locale) or key)
        for (kind, key), action in step.documents.items()
    )
    author = names.get(one.author, "") if one.author is not None else ""
    summary = revisions.summary_words(one.summary, locale, packs)
    return Listed(one.id, one.created_at, author, summary, documents)


@design_revision_pages.get("/revisions/compare")
def compare(app: str) -> ResponseReturnValue:
    """What changed from one version to another; without `from` from the one before."""
    with begin_tx(read_only=True) as tx:
        key = store.app_key(tx, app)
        newest = revisions.newest(tx, key)
        after = request.args.get("to", newest, type=int)
        earlier = revisions.steps(tx, key, 1, after - 1)
        before = request.args.get("from", earlier[0].revision.id if earlier else 0, type=int)
        states = [store.load_at(tx, key, number) for number in (before, after)]
        teller = Teller(key, states[0].documents, states[1].documents, current_locale())
        documents = [teller.tell(one) for one in document_changes(*states)]
        known = revisions.steps(tx, key, PAGE)
        return render_template(
            "design/compare.html",
            app=key,
            app_title=store.title(tx, key, current_locale()),
            documents=documents,
            before=before,
            after=after,
            newest=newest,
            known=[(one.revision.id, one.revision.created_at) for one in known],
        )


@design_revision_pages.post("/revisions/<int:number>/revert")
def go_back(app: str, number: int) -> ResponseReturnValue:
    """Lay an earlier version into the draft: its plan says what that means, and nothing happens before it is published.

    Refused while other changes lie in the draft, which it would mix with; one whose changes were all taken back goes.
    """
    with begin_tx() as tx:
        key = store.app_key(tx, app)
        if (waiting := workbench.find(tx, key)) is not None:
            if not make_plan(tx, waiting).is_empty:
                message = "There are changes that were not published. Publish or discard them first"
                raise Conflict(Problem("plan.draft_open", "", message))
            drafts.discard(tx, waiting)
        target = of_revision(tx, key, number)
        changes = document_changes(store.load(tx, key), target.effective)
        if changes:
            bench = workbench.open_bench(tx, key)
            for change in changes:
                body = target.effective.find(change.kind, change.key)
                if body is None:
                    drafts.remove_document(tx, bench, change.kind, change.key, seen=tx.revision)
                else:
                    drafts.put_document(tx, bench, body, seen=tx.revision)
    text = gettext("Version %(number)s lies in the draft. Publish it to go back.", number=number)
    return done(text if changes else gettext("Nothing differs from that version"), url_for("design_plan.page", app=key))


@design_revision_pages.get("/trash")
def bin_(app: str) -> ResponseReturnValue:
    """Removed forms and fields, with what they hold."""
    locale = current_locale()
    with begin_tx(read_only=True) as tx:
        key = store.app_key(tx, app)
        found = trash.trash(tx, key)
        counts = trash.count_lying(tx, key, found)
        words = Words(key, store.load(tx, key).documents, locale)
        names = member_names(tx, (one.removed_by for one in found))
        lying = []
        for one in found:
            kind = one.body.get("type")
            known = FIELD_TYPES.get(kind) if isinstance(kind, str) and kind in FIELD_TYPES else None
            above = one.field.rpartition(".")[0]
            within = " › ".join(
                part
                for part in (words.document("form", one.form), words.field(one.form, above) if above else "")
                if part
            )
            lying.append(
                Lying(
                    one.id,
                    words_of(one.body, locale),
                    gettext("Form") if not one.field else label(known.title, locale) if known else "",
                    "forms" if not one.field else known.icon if known else "file",
                    within if one.field else "",
                    one.removed_in,
                    one.removed_at,
                    names.get(one.removed_by, "") if one.removed_by is not None else "",
                    counts.get(one.id, 0),
                )
            )
        return render_template(
            "design/trash.html", app=key, app_title=store.title(tx, key, current_locale()), lying=lying
        )


@design_revision_pages.post("/trash/<int:number>/restore")
def put_back(app: str, number: int) -> ResponseReturnValue:
    """Put a removed form or field into the draft; published, its data is back."""
    with begin_tx() as tx:
        key = store.app_key(tx, app)
        drafts.put_back(tx, workbench.open_bench(tx, key), number)
    text = gettext("It lies in the draft. Publish it, and its data is back.")
    return done(text, url_for("design_plan.page", app=key))
