"""What the designer's script asks for: documents in and out, inputs for the canvas, checks, the plan and the publish.

All of it is JSON in a person's session: a post carries the page's token, and problems come as problem details.
"""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from flask import Blueprint, Response, jsonify, render_template, request
from jinja2 import TemplateError

from dougong.apps import drafts, store
from dougong.apps.plan import Plan, make_plan
from dougong.apps.publish import publish
from dougong.designer import compiling, workbench
from dougong.designer.keys import key_of
from dougong.designer.telling import field_path, kindly, place_name
from dougong.jobs import queue
from dougong.web.design.exchange import Answer, sent, told
from dougong.web.design.mending import both, to_mend
from dougong.web.design.words import Words
from dougong.web.i18n import current_locale
from dougong.web.pages.designer import form_state
from dougong.web.presence import say_gone, say_here
from dougong.web.problems import translate
from dougong.web.request import begin_tx, current_actor, current_place, require_admin, workspaces
from engines.form.fields.base import Field
from engines.form.form import Form
from engines.form.transaction import Transaction
from engines.kernel.documents import Document
from engines.kernel.keyed import Address
from engines.kernel.labels import label
from engines.kernel.problems import NotFound, Problem, ProblemError, Rejected

designer_data = Blueprint("designer_data", __name__, url_prefix="/design/<app>")
designer_data.before_request(require_admin)
designer_data.register_error_handler(ProblemError, told)
LARGE: Final = 100_000
MOST_CELLS: Final = 600
DRAWN_PARTS: Final = ("note", "button")
"""Parts without a value that the canvas draws as pages do; the others need a record."""
# Far more than an expression may have, so that what is too long is told as such, with its number.
LONGEST_EXPRESSION: Final = 1_000_000
TITLE: Final = {"zh-CN": "发布应用", "en": "Publish the application"}


def _text(body: dict[str, Any], name: str, most: int = 10_000) -> str:
    value = body.get(name, "")
    if not isinstance(value, str) or len(value) > most:
        raise Rejected(
            Problem(
                "designer.text",
                name,
                f'"{name}" must be a text of at most {most} characters',
                {"name": name, "max": most},
            )
        )
    return value


def _problems(found: Any) -> list[dict[str, Any]]:
    return [one.as_dict() for one in translate(kindly(found), current_locale())]


def _place(app: str, key: str) -> str:
    return f"{current_place().workspace.id}:{app}:{key}"


@designer_data.get("/form/<key>/document")
def load(app: str, key: str) -> Response:
    """The form as it lies in the workbench, with what is around it."""
    with begin_tx(read_only=True) as tx:
        return jsonify(form_state(tx, app, workbench.open_form(tx, app, key)))


@designer_data.put("/form/<key>/document")
def save(app: str, key: str) -> Answer:
    """Save the form. Where somebody saved meanwhile the changes are merged over `base`; 409 carries what both changed
    differently, or says that `base` is needed."""
    body = sent()
    document, base = body.get("document"), body.get("base")
    if not isinstance(document, dict) or not (base is None or isinstance(base, dict)):
        raise Rejected(Problem("request.not_json", "document", "Send a JSON object"))
    try:
        with begin_tx() as tx:
            saved = workbench.save_form(tx, app, key, document, _text(body, "seen", 100), base)
            changed = len(workbench.changed_forms(tx, app))
    except Rejected as error:
        if error.problems[0].code == "designer.stale":
            return jsonify({"stale": True}), 409
        raise
    actor = current_actor()
    others = say_here(_place(app, key), actor.id or 0, actor.name, saved=not saved.conflicts)
    answer = {
        "seen": saved.seen,
        "merged": saved.merged,
        "conflicts": [one.as_dict() for one in saved.conflicts],
        "problems": _problems(saved.problems),
        "changed": changed,
        "others": [asdict(one) for one in others],
        "document": saved.document if saved.merged else None,
    }
    return jsonify(answer), 409 if saved.conflicts else 200


@designer_data.post("/form/<key>/here")
def here(app: str, key: str) -> Response:
    """Who else is at this form, and whether it is still as the asker saw it."""
    actor = current_actor()
    if request.args.get("gone"):
        say_gone(_place(app, key), actor.id or 0)
        return jsonify({})
    with begin_tx(read_only=True) as tx:
        seen = workbench.open_form(tx, app, key).seen
    others = say_here(_place(app, key), actor.id or 0, actor.name)
    return jsonify({"seen": seen, "others": [asdict(one) for one in others]})


@designer_data.post("/cells")
def cells(app: str) -> Response:
    """The inputs of some fields as the page of a record draws them; null for one whose options are not finished."""
    body = sent()
    specs, rows = body.get("fields", []), bool(body.get("rows"))
    if not isinstance(specs, list) or len(specs) > MOST_CELLS or not all(map(_is_field, specs)):
        raise Rejected(Problem("designer.cells", "fields", f"Send at most {MOST_CELLS} fields", {"max": MOST_CELLS}))
    with begin_tx(read_only=True) as tx:
        forms, found = compiling.sample_fields(workbench.documents(tx, app), app, specs, rows=rows)
        form = forms.get(compiling.SAMPLE_FORM)
        return jsonify({"cells": [_cell(form, one) for one in found]})


def _is_field(spec: Any) -> bool:
    return isinstance(spec, dict) and isinstance(spec.get("type"), str) and spec.get("type") != "subform"


def _cell(form: Form, field: Field | None) -> str | None:
    """The HTML of one input; None where a template cannot draw the field without the rest of the form."""
    if field is None or not (field.type.is_value or field.type.key in DRAWN_PARTS):
        return None
    try:
        return render_template("designer/cell.html", form=form, field=field, name=field.key, locale=current_locale())
    except (TemplateError, AttributeError, TypeError, LookupError):
        return None


@designer_data.post("/form/<key>/check")
def check(app: str, key: str) -> Response:
    """What is wrong with one expression. `document` is the form as the script has it, which may not be saved yet."""
    body = sent()
    with begin_tx(read_only=True) as tx:
        every = dict(workbench.documents(tx, app))
    document = body.get("document")
    if isinstance(document, dict) and document.get("kind") == "form" and document.get("key") == key:
        every["form", key] = document
    text = _text(body, "text", LONGEST_EXPRESSION)
    words = [_text(body, name) for name in ("expects", "place", "scope")]
    problems, kind = compiling.check_expression(every, app, key, text, *words)
    return jsonify({"problems": _problems(problems), "type": kind})


@designer_data.post("/key")
def key(app: str) -> Response:  # noqa: ARG001
    """A key for a label that is not among `taken`."""
    body = sent()
    taken = [one for one in body.get("taken", []) if isinstance(one, str)]
    return jsonify({"key": key_of(_text(body, "label", 500), taken)})


@designer_data.get("/draft/plan")
def plan(app: str) -> Response:
    """What publishing would do."""
    with begin_tx() as tx:
        draft = workbench.find(tx, app)
        if draft is None:
            return jsonify({"documents": [], "problems": [], "empty": True})
        made = make_plan(tx, draft)
        return jsonify(_plan(tx, made))


def _plan(tx: Transaction, made: Plan) -> dict[str, Any]:
    """The plan with every place by its labels: what goes by those it still has, all else by those of the draft."""
    now, locale = store.load(tx, made.app).documents, current_locale()
    every = {**now, **workbench.documents(tx, made.app)}
    shown, words = made.as_dict(), Words(made.app, both(now, every), locale)
    mend = to_mend(made.app, made.problems, words, Words(made.app, now, locale)) if made.problems else []
    return {
        **shown,
        "steps": [],
        "problems": [
            {**one.problem.as_dict(), "message": one.message, "where": one.where, "url": one.url} for one in mend
        ],
        "conversions": [
            {**one, "where": place_name(every, field_path(one["form"], one["field"]), locale)}
            for one in shown["conversions"]
        ],
        "removed": [
            {**one, "where": place_name(now, field_path(one["form"], one["field"]), locale)} for one in shown["removed"]
        ],
        "empty": made.is_empty,
        "titles": {f"{kind}.{name}": _title(every, kind, name, locale) for kind, name in every},
    }


def _title(every: Mapping[Address, Document], kind: str, name: str, locale: str) -> str:
    """What a document is called; a permission group with its form, since groups of many forms share a name."""
    body = every[kind, name]
    own = label(body.get("title") or body.get("name"), locale) or name
    form = every.get(("form", body["form"])) if kind == "group" else None
    return own if form is None else f"{label(form.get('title'), locale)} › {own}"


@designer_data.post("/draft/publish")
def publish_draft(app: str) -> Answer:
    """Publish the workbench: at once, or as a job (202) where many values are to be converted."""
    summary = _text(sent(), "summary", 200).strip()
    with begin_tx() as tx:
        draft = workbench.find(tx, app)
        if draft is None:
            raise NotFound(Problem("designer.nothing", "", "There is nothing to publish"))
        made = make_plan(tx, draft)
        if made.problems:
            raise Rejected(made.problems)
        if sum(one.rows for one in made.conversions) > LARGE:
            what = {"draft": draft.id, "app": draft.app, "summary": summary}
            job = queue.start(tx, "publish", what, title=TITLE, unique_key=f"draft:{draft.id}")
            return jsonify({"job": job}), 202
    done = publish(workspaces(), current_place().workspace, current_actor(), draft.id, summary=summary)
    return jsonify(asdict(done))


@designer_data.post("/draft/discard")
def discard(app: str) -> Response:
    """Throw away everything that was changed since the last publish."""
    with begin_tx() as tx:
        draft = workbench.find(tx, app)
        if draft is not None:
            drafts.discard(tx, draft)
    return jsonify({})
