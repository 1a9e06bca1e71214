"""Where a form, a field, an option or an option set is used, with numbers; as a page and as JSON."""

from collections import Counter
from dataclasses import dataclass
from dataclasses import field as field_of
from typing import Any

from flask import Blueprint, jsonify, render_template, request, url_for
from flask.typing import ResponseReturnValue

from dougong.apps import splitting, store
from dougong.apps.options import count_options
from dougong.designer import workbench
from dougong.web.design.uses import Used, Uses
from dougong.web.design.words import Words, kind_title, words_of
from dougong.web.i18n import current_locale, gettext
from dougong.web.render import done
from dougong.web.request import begin_tx, require_admin
from engines.form.collected import every_field
from engines.form.transaction import Transaction
from engines.kernel.keyed import get, locate
from engines.kernel.problems import NotFound, Problem, suggest

design_where_used_pages = Blueprint("design_where_used", __name__, url_prefix="/design/<app>/where-used")
design_where_used_pages.before_request(require_admin)


@dataclass(frozen=True, slots=True)
class Part:
    """Something inside of what is asked about: a field, an option. `records` counts those that hold an option."""

    title: str
    url: str
    uses: int
    records: int | None = None
    about: str = ""


@dataclass(frozen=True, slots=True)
class Move:
    """Something that the thing may become, with its data."""

    what: str
    text: str
    form: str
    field: str


@dataclass(frozen=True, slots=True)
class Answer:
    """All that a page or a panel says about one thing."""

    title: str
    kind_title: str
    uses: list[Used]
    parts: list[Part]
    records: int | None
    crumbs: list[tuple[str, str]]
    moves: list[Move] = field_of(default_factory=list)


@design_where_used_pages.get("")
def page(app: str) -> ResponseReturnValue:
    """Without `kind`: every form and option set; else who uses this one, or the place `path` in it."""
    with begin_tx(read_only=True) as tx:
        key = store.app_key(tx, app)
        kind, name, path = (request.args.get(word, "") for word in ("kind", "key", "path"))
        words = Words(key, workbench.documents(tx, key), current_locale())
        title = store.title(tx, key, current_locale())
        answer = _answer(tx, key, words, kind, name, path) if kind else _all(key, words)
        return render_template("design/where_used.html", app=key, app_title=title, answer=answer, whole=not kind)


@design_where_used_pages.get("/data")
def data(app: str) -> ResponseReturnValue:
    """The same for scripts: `uses` (kind, key, at, title, place, url), `records` that hold an option."""
    with begin_tx(read_only=True) as tx:
        key = store.app_key(tx, app)
        kind, name, path = (request.args.get(word, "") for word in ("kind", "key", "path"))
        words = Words(key, workbench.documents(tx, key), current_locale())
        answer = _answer(tx, key, words, kind, name, path)
    return jsonify(
        title=answer.title,
        records=answer.records,
        uses=[one.as_dict() for one in answer.uses],
        page=url_for("design_where_used.page", app=key, kind=kind, key=name, path=path),
    )


@design_where_used_pages.post("/split")
def split(app: str) -> ResponseReturnValue:
    """Lay into the draft: a sub-form (`form`, `field`) as a form of its own."""
    with begin_tx() as tx:
        key = store.app_key(tx, app)
        splitting.split_rows(tx, workbench.open_bench(tx, key), request.form["form"], request.form["field"])
    return done(
        gettext("It lies in the draft. Look at the plan, then publish it."), url_for("design_plan.page", app=key)
    )


@design_where_used_pages.post("/join")
def join(app: str) -> ResponseReturnValue:
    """Lay into the draft: a form (`form`) as a sub-form of what its relation `field` points at."""
    with begin_tx() as tx:
        key = store.app_key(tx, app)
        splitting.join_rows(tx, workbench.open_bench(tx, key), request.form["form"], request.form["field"])
    return done(
        gettext("It lies in the draft. Look at the plan, then publish it."), url_for("design_plan.page", app=key)
    )


def _moves(words: Words, kind: str, key: str, path: str, body: Any) -> list[Move]:
    """What else this may become: a sub-form a form, a form rows of what its records point at."""
    if kind != "form" or not isinstance(body, dict):
        return []
    if path and body.get("type") == "subform":
        return [Move("split", gettext("Make it a form of its own"), key, str(body["key"]))]
    found = []
    for one in body.get("fields", ()) if not path else ():
        target = one.get("options", {}).get("form") if one["type"] == "relation" else None
        if target and not one["options"].get("many") and target != key and ("form", target) in words.documents:
            text = gettext("Make its records rows of “%(form)s”", form=words.document("form", target))
            found.append(Move("join", text, key, one["key"]))
    return found


def _link(app: str, kind: str, key: str, path: str = "") -> str:
    return url_for("design_where_used.page", app=app, kind=kind, key=key, path=path or None)


def _all(app: str, words: Words) -> Answer:
    uses = Uses(app, words)
    parts = [
        Part(
            words.document(kind, key),
            _link(app, kind, key),
            len(uses.of(kind, key)),
            about=kind_title(kind, words.locale),
        )
        for kind, key in sorted(words.documents)
        if kind in ("form", "option_set")
    ]
    return Answer("", "", [], parts, None, [])


def _answer(tx: Transaction, app: str, words: Words, kind: str, key: str, path: str) -> Answer:
    document = words.documents.get((kind, key))
    if document is None:
        known = [name for other, name in words.documents if other == kind]
        message = f'There is no {kind} "{key}"{suggest(key, known)}'
        raise NotFound(Problem("document.not_found", key, message, {"kind": kind, "key": key}))
    steps = locate(document, path)
    if steps is None:
        message = f'The {kind} "{key}" has no "{path}"'
        raise NotFound(Problem("reference.unknown_place", path, message, {"kind": kind, "key": key, "path": path}))
    uses = Uses(app, words)
    body: Any = get(document, steps)
    crumbs = [(words.document(kind, key), _link(app, kind, key))] if path else []
    field, _, option = path.partition(".options.choices.")
    if option:
        crumbs.append((words.place(kind, key, field), _link(app, kind, key, field)))
    place = field.removeprefix("fields.").replace(".fields.", ".") if kind == "form" else ""
    counts = _counts(tx, app, key, place) if place else _set_counts(tx, app, key) if kind == "option_set" else {}
    if kind == "option_set":
        option = path.removeprefix("choices.")
    title = words_of(body, words.locale) if isinstance(body, dict) else path
    said = kind_title(kind, words.locale) if not path else ""
    parts = _parts(uses, app, kind, key, path, body, counts)
    records = counts.get(option, 0) if option else None
    found = uses.of(kind, key, path) if kind != "option_set" or not option else _of_shared(uses, key, option)
    return Answer(title, said, found, parts, records, crumbs, _moves(words, kind, key, path, body))


def _parts(uses: Uses, app: str, kind: str, key: str, path: str, body: Any, counts: dict[str, int]) -> list[Part]:
    """The fields of a form or sub-form, the options of a choice."""
    if not isinstance(body, dict):
        return []
    found = []
    locale, prefix = uses.words.locale, f"{path}." if path else ""
    for one in body.get("fields", ()) if kind == "form" else ():
        at = f"{prefix}fields.{one['key']}"
        found.append(Part(words_of(one, locale), _link(app, kind, key, at), len(uses.of(kind, key, at))))
    options = body.get("options", {}) if isinstance(body.get("options"), dict) else {}
    shared = options.get("set")
    known = uses.words.documents.get(("option_set", shared), {}).get("choices", ()) if shared else ()
    for one in options.get("choices", ()):
        at = f"{prefix}options.choices.{one['key']}"
        used = len(uses.of(kind, key, at))
        found.append(Part(words_of(one, locale), _link(app, kind, key, at), used, counts.get(one["key"], 0)))
    for one in body.get("choices", ()) if kind == "option_set" else ():
        used = len(_of_shared(uses, key, one["key"]))
        link = _link(app, kind, key, f"choices.{one['key']}")
        found.append(Part(words_of(one, locale), link, used, counts.get(one["key"], 0)))
    for one in known:
        link = _link(app, "option_set", str(shared), f"choices.{one['key']}")
        used = len(uses.of(kind, key, f"{path}.options.choices.{one['key']}"))
        found.append(Part(words_of(one, locale), link, used, counts.get(one["key"], 0)))
    return found


def _of_shared(uses: Uses, key: str, option: str) -> list[Used]:
    """Who names an option of a shared set, over all fields that take their options from it."""
    found: dict[tuple[str, str, str], Used] = {}
    for one in uses.of("option_set", key):
        place = f"{one.at.removesuffix('.options.set')}.options.choices.{option}"
        found |= {(use.kind, use.key, use.at): use for use in uses.of(one.kind, one.key, place)}
    return list(found.values())


def _set_counts(tx: Transaction, app: str, key: str) -> dict[str, int]:
    """How many values hold each option of a shared set, over all fields that take their options from it."""
    total: Counter[str] = Counter()
    for form in store.forms(tx, app).own():
        for field in every_field(form):
            if field.options.get("set") == key and field.storage == "column":
                total.update(count_options(tx, form, field))
    return dict(total)


def _counts(tx: Transaction, app: str, form: str, place: str) -> dict[str, int]:
    """How many records hold each option of a field that is published."""
    known = store.forms(tx, app).by_key.get(form)
    field = next((one for one in every_field(known) if one.path == place), None) if known is not None else None
    if known is None or field is None or not field.choices or field.storage != "column":
        return {}
    return count_options(tx, known, field)
