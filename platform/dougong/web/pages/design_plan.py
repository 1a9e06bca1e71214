"""The plan of a publish: what it changes in sentences and numbers, what stands against it, and the publish itself."""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from dougong.apps import drafts, revisions, store
from dougong.apps.plan import Plan, document_changes, make_plan, values_lost
from dougong.apps.publish import publish, revert
from dougong.designer import workbench
from dougong.jobs import queue
from dougong.web.design.mending import both, to_mend
from dougong.web.design.sentences import Teller, Told
from dougong.web.design.uses import Used, Uses
from dougong.web.design.words import Words, kind_title
from dougong.web.i18n import current_locale, gettext, ngettext
from dougong.web.problems import translate
from dougong.web.recent import KINDS, Action, Kind, done_with_undo, find_action, mark_undone
from dougong.web.render import done
from dougong.web.request import begin_tx, current_actor, current_place, require_admin, workspaces
from engines.form.transaction import Transaction
from engines.kernel.keyed import MISSING, Address
from engines.kernel.labels import label
from engines.kernel.merge import Conflict as Clash
from engines.kernel.merge import settle
from engines.kernel.problems import Conflict, NotFound, Problem, ProblemError, Rejected

design_plan_pages = Blueprint("design_plan", __name__, url_prefix="/design/<app>/plan")
design_plan_pages.before_request(require_admin)
LARGE: Final = 100_000
"""Values to convert at which a publish becomes a job."""
TITLE: Final = {"zh-CN": "发布应用", "en": "Publish the application"}
LONGEST: Final = 200
MOST_LINES: Final = 100


@dataclass(frozen=True, slots=True)
class Warning_:
    """A warning with its numbers. `uses` still speak of what goes; `download` is a file of the values."""

    text: str
    examples: tuple[tuple[str, str, str], ...] = ()
    uses: tuple[Used, ...] = ()
    download: str = ""


@dataclass(frozen=True, slots=True)
class Side:
    """One thing that both sides changed, with both versions in words."""

    number: int
    place: str
    mine: str
    theirs: str


@design_plan_pages.get("")
def page(app: str) -> ResponseReturnValue:
    """What publishing would do."""
    with begin_tx(read_only=True) as tx:
        return _page(tx, store.app_key(tx, app))


def _page(tx: Transaction, app: str, problems: Any = (), status: int = 200) -> ResponseReturnValue:
    draft = workbench.find(tx, app)
    shown: dict[str, Any] = {
        "app": app,
        "app_title": store.title(tx, app, current_locale()),
        "failed": problems,
        "job": None,
    }
    number = request.args.get("job", type=int)
    if number is not None:
        shown["job"] = queue.read_job(tx, number)
    shown["packs"] = _clashes(tx, app, store.load_layers(tx, app).conflicts)
    if draft is None:
        return render_template("design/plan.html", plan=None, **shown), status
    plan = make_plan(tx, draft)
    documents, words, earlier = _told(tx, plan)
    clashes = drafts.merged(tx, draft).conflicts
    wrong = [one for one in plan.problems if one.code != "draft.conflict"]
    return render_template(
        "design/plan.html",
        plan=plan,
        documents=documents,
        mend=to_mend(app, wrong, words, earlier),
        clashes=_clashes(tx, app, clashes),
        warnings=_warnings(plan, words, earlier),
        converts=[one for one in plan.conversions if one.rows > one.fails],  # what fails is among the warnings
        place=lambda form, field: _place(words, form, field),
        lock=_lock(plan.lock_ms),
        most=MOST_LINES,
        **shown,
    ), status


def _told(tx: Transaction, plan: Plan) -> tuple[list[Told], Words, Words]:
    """The changes in sentences, the words of the state to be, and those of the state in force."""
    before = store.load(tx, plan.app).documents
    after = plan.target.effective.documents if plan.target else before
    teller = Teller(plan.app, before, after, current_locale())
    order = {"form": 0, "option_set": 1}
    documents = sorted(plan.documents, key=lambda one: (order.get(one.kind, 2), one.kind, one.key))
    everything = Words(plan.app, both(before, after), current_locale())
    return [teller.tell(one) for one in documents], everything, teller.before


def _lock(milliseconds: int) -> str:
    if milliseconds < 1000:
        return gettext(
            "People keep working meanwhile; whoever saves at that moment waits about %(ms)s ms.", ms=milliseconds
        )
    seconds = -(-milliseconds // 1000)
    return ngettext(
        "People keep working meanwhile; whoever saves at that moment waits about one second.",
        "People keep working meanwhile; whoever saves at that moment waits about %(num)d seconds.",
        seconds,
    )


def _place(words: Words, form: str, field: str) -> str:
    """A form, or a field of it, by its labels."""
    name = words.document("form", form)
    return f"{name} › {words.field(form, field)}" if field else name


def _warnings(plan: Plan, words: Words, before: Words) -> list[Warning_]:
    """What is lost, hidden or left without a meaning, each with its number."""
    found = []
    uses = Uses(plan.app, before)
    for lost in plan.conversions:
        if lost.fails and lost.after == "rows":
            text = ngettext(
                "One record of the form belongs to nothing or lies in its trash: it does not become a row of "
                "“%(field)s” and stays in the trash.",
                "%(num)d records of the form belong to nothing or lie in its trash: they do not become rows of "
                "“%(field)s” and stay in the trash.",
                lost.fails,
                field=_place(words, lost.form, lost.field),
            )
            found.append(Warning_(text))
        elif lost.fails:
            text = ngettext(
                "One value of “%(field)s” cannot be converted. It goes to the trash and comes back if the type does.",
                "%(num)d of %(rows)s values of “%(field)s” cannot be converted. They go to the trash and come back if "
                "the type does.",
                lost.fails,
                field=f"{words.document('form', lost.form)} › {words.field(lost.form, lost.field)}",
                rows=lost.rows,
            )
            link = url_for("design_plan.values", app=plan.app, form=lost.form, field=lost.field)
            page_of = "" if "." in lost.field else f"/a/{plan.app}/{lost.form}/"
            examples = tuple(
                (f"#{one['id']}", str(one["value"]), page_of and f"{page_of}{one['id']}") for one in lost.examples
            )
            found.append(Warning_(text, examples, download=link))
    moved = {tuple(step.params["source"]) for step in plan.steps if step.code == "ddl.carry"}
    for gone in plan.removed:
        if (gone.form, gone.field) in moved:
            continue
        name = words.document("form", gone.form)
        if gone.field:
            text = ngettext(
                "The field “%(field)s” goes to the trash with its values in one record.",
                "The field “%(field)s” goes to the trash with its values in %(num)d records.",
                gone.values,
                field=f"{name} › {words.field(gone.form, gone.field)}",
            )
        else:
            text = ngettext(
                "The form “%(form)s” goes to the trash with one record.",
                "The form “%(form)s” goes to the trash with %(num)d records.",
                gone.values,
                form=name,
            )
        found.append(Warning_(text, uses=tuple(uses.told(plan.uses.get(gone.place, ())))))
    for option in plan.options:
        text = ngettext(
            "One record holds the option “%(option)s” of “%(field)s”, which goes: it keeps the value without a name.",
            "%(num)d records hold the option “%(option)s” of “%(field)s”, which goes: they keep the value without a "
            "name.",
            option.records,
            option=label(option.label, current_locale()),
            field=f"{words.document('form', option.form)} › {words.field(option.form, option.field)}",
        )
        place = f"fields.{option.field.replace('.', '.fields.')}.options.choices.{option.option}"
        speaking = uses.of("form", option.form, place)
        found.append(
            Warning_(text, uses=tuple(uses.still(plan.target.effective, speaking) if plan.target else speaking))
        )
    return found


@design_plan_pages.get("/values")
def values(app: str) -> ResponseReturnValue:
    """The values that will not convert, as a file for a spreadsheet."""
    form, field = request.args.get("form", ""), request.args.get("field", "")
    with begin_tx(read_only=True) as tx:
        draft = workbench.find(tx, app)
        if draft is None:
            raise NotFound(Problem("plan.nothing", "", "There is nothing to publish"))
        plan = make_plan(tx, draft)
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow([gettext("Record"), gettext("Value"), gettext("Where it stands")])
        base = request.host_url.rstrip("/")
        for record, value in values_lost(tx, plan, form, field):
            writer.writerow([record, _plain(value), f"{base}/a/{plan.app}/{form}/{record}"])
    head = {"Content-Disposition": f"attachment; filename={form}-{field}.csv", "X-Content-Type-Options": "nosniff"}
    return Response("\ufeff" + out.getvalue(), content_type="text/csv; charset=utf-8", headers=head)


def _plain(value: str) -> str:
    """A value that a spreadsheet takes for a text, never for a formula."""
    return f"'{value}" if value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


@design_plan_pages.post("")
def publish_now(app: str) -> ResponseReturnValue:
    """Publish: at once, or as a job with a bar where many values are to be converted."""
    summary = request.form.get("summary", "").strip()[:LONGEST]
    with begin_tx() as tx:
        key = store.app_key(tx, app)
        draft = workbench.find(tx, key)
        if draft is None:
            raise NotFound(Problem("plan.nothing", "", "There is nothing to publish"))
        plan = make_plan(tx, draft)
        if plan.problems:
            return _page(tx, key, status=422)
        if sum(one.rows for one in plan.conversions) > LARGE:
            what = {"draft": draft.id, "app": draft.app, "summary": summary}
            job = queue.start(tx, "publish", what, title=TITLE, unique_key=f"draft:{draft.id}")
            return redirect(url_for("design_plan.page", app=key, job=job), 303)
    try:
        made = publish(workspaces(), current_place().workspace, current_actor(), draft.id, summary=summary)
    except ProblemError as error:
        with begin_tx(read_only=True) as tx:
            return _page(tx, key, translate(error.problems, current_locale()), error.status)
    to = url_for("design_plan.published", app=key)
    text = gettext("Published: everybody works with it now")
    return done(text, to) if made.action is None else done_with_undo(text, to, made.action)


@design_plan_pages.get("/done")
def published(app: str) -> ResponseReturnValue:
    """What the last publish changed, and taking it back."""
    locale = current_locale()
    with begin_tx(read_only=True) as tx:
        key = store.app_key(tx, app)
        found = revisions.steps(tx, key, 1)
        if not found:
            return redirect(url_for("design_plan.page", app=key))
        step = found[0]
        words = Words(key, store.load(tx, key).documents, locale)
        names = [
            (action, kind_title(kind, locale), words.document(kind, name), name if kind == "form" else "")
            for (kind, name), action in step.documents.items()
        ]
        return render_template(
            "design/done.html", app=key, app_title=store.title(tx, key, current_locale()), step=step, names=names
        )


# -- conflicts ----------------------------------------------------------------------------------------------------


def _clashes(tx: Transaction, app: str, found: Any) -> list[tuple[Address, str, list[Side]]]:
    """By document what both sides changed differently, in words."""
    if not found:
        return []
    documents = {**store.load(tx, app).documents, **workbench.documents(tx, app)}
    words = Words(app, documents, current_locale())
    return [
        (address, words.document(*address), [_side(words, address, n, one) for n, one in enumerate(clashes)])
        for address, clashes in sorted(found.items(), key=lambda item: item[0])
    ]


def _side(words: Words, address: Address, number: int, clash: Clash) -> Side:
    place = words.place(*address, ".".join(clash.path))
    form = address[1] if address[0] == "form" else ""
    texts = [
        gettext("removed") if value is MISSING else words.value(value, {}, form) or gettext("changed")
        for value in (clash.mine, clash.theirs)
    ]
    return Side(number, place or words.document(*address), *texts)


@design_plan_pages.post("/settle")
def choose(app: str) -> ResponseReturnValue:
    """Decide what both sides of one document changed: `choice-0` is `mine` or `theirs`, and so on.

    `of` says whose conflicts: those of the draft, or those that an upgrade of a pack left.
    """
    kind, name = request.form.get("kind", ""), request.form.get("key", "")
    with begin_tx() as tx:
        key = store.app_key(tx, app)
        bench = workbench.open_bench(tx, key)
        merge = drafts.merged(tx, bench)
        is_pack = request.form.get("of") == "pack"
        clashes = (store.load_layers(tx, key).conflicts if is_pack else merge.conflicts).get((kind, name), ())
        document = merge.documents.get((kind, name))
        if not clashes or document is None:
            raise NotFound(Problem("plan.nothing", "", "There is nothing to publish"))
        for number, clash in enumerate(clashes):
            choice = request.form.get(f"choice-{number}")
            if choice not in ("mine", "theirs"):
                raise Rejected(Problem("plan.no_choice", "", "Choose a version of each conflict"))
            document = settle(document, clash, clash.mine if choice == "mine" else clash.theirs)
        drafts.put_document(tx, bench, document, seen=tx.revision)
    return done(gettext("Decided"), url_for("design_plan.page", app=key))


# -- taking back --------------------------------------------------------------------------------------------------


def _undo_publish(action: Action) -> str:
    """Go back to the revision before, if nobody published since; what was published is a draft again."""
    app, number = str(action.data["app"]), int(action.data["revision"])
    require_admin()
    with begin_tx() as tx:
        find_action(tx, action.id)
        if revisions.newest(tx, app) != number:
            message = "Somebody published since; go back in the past versions"
            raise Conflict(Problem("plan.moved_on", "", message))
        undone = store.load(tx, app)
    back = revert(workspaces(), current_place().workspace, current_actor(), int(action.data["before"]), app=app)
    with begin_tx() as tx:
        mark_undone(tx, action.id)
        if back.action is not None:
            mark_undone(tx, back.action)
        bench = workbench.open_bench(tx, app)
        for change in document_changes(store.load(tx, app), undone):
            if (change.kind, change.key) in bench.documents:
                continue
            body = undone.find(change.kind, change.key)
            if body is None:
                drafts.remove_document(tx, bench, change.kind, change.key, seen=tx.revision)
            else:
                drafts.put_document(tx, bench, body, seen=tx.revision)
    return gettext("Taken back: the app is as before, and your changes are a draft again")


def _published(data: Mapping[str, Any]) -> str:
    """What was published."""
    return revisions.action_words(data, current_locale())


def _published_since(tx: Transaction, data: Mapping[str, Any]) -> str:
    """Only the newest publish of an app is taken back by a button; earlier ones among the past versions."""
    since = revisions.newest(tx, str(data["app"])) != int(data["revision"])
    return gettext("Published again since") if since else ""


KINDS["publish"] = Kind("upload", _undo_publish, _published, _published_since)
