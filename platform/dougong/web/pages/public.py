"""Public forms: opened by a link, filled in and sent by somebody without an account."""

import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from io import BytesIO
from typing import Any, Final

import fsspec
from flask import Response, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from dougong.files.store import Stored, keep
from dougong.public import asking
from dougong.public.gate import Public
from dougong.public.kinds import FILES, FORM, QUERY, fillable_column
from dougong.public.links import count_opened, password_fits, path_of
from dougong.public.signing import Opened, verified
from dougong.public.submit import Already, Closed, sent_by, submit
from dougong.web.i18n import current_locale
from dougong.web.pages.public_base import (
    box,
    captcha_problem,
    captcha_solved,
    carried,
    closed,
    is_in,
    let_in,
    limited,
    message,
    opened,
    public_pages,
    puzzle_for,
    rejected,
    stranger_page,
    stranger_tx,
    visitor,
)
from dougong.web.problems import translate
from dougong.web.records.inputs import Chosen, input_value, posted_values
from dougong.web.records.live import live_data
from dougong.web.records.places import places
from dougong.web.records.posted import read_posted
from dougong.web.request import site_settings
from engines.form.facts import facts_of
from engines.form.fields.image import SHOWABLE
from engines.form.form import Form
from engines.form.rules.behaviour import behaviour_of
from engines.form.transaction import Transaction
from engines.form.write.compute import editable_by_rules
from engines.kernel.problems import Problem, ProblemError, Rejected

HONEYPOT: Final = "homepage_url"
MEGABYTE: Final = 1024 * 1024
MOST_MEGABYTES: Final = 20


@public_pages.get("/<token>")
@stranger_page
def page(token: str) -> ResponseReturnValue:
    """The form with its defaults and what the address fills in; or why it cannot be filled in now."""
    with stranger_tx(token, FORM) as (tx, found):
        shut = closed(found, tx)
        if shut is not None:
            return shut
        if not is_in(found):
            return locked_page(found)
        if sent_by(tx, box(), found, str(visitor()["name"])):  # told before the work of filling in, not after it
            return _already(found, [Problem("public.device_already", "", "This device has sent this form already")])
        count_opened(tx, found.shared)
        values = _defaults(tx, found.form) | _open_values(tx, found) | _signed_values(tx, found)
        return _page(tx, found, values, given=values)


@public_pages.post("/<token>")
@stranger_page
def send(token: str) -> ResponseReturnValue:
    """Save what was filled in; what is wrong is told beside its field."""
    if request.form.get(HONEYPOT):  # no person sees that field; who fills it in learns nothing
        return redirect(f"/p/{token}/thanks", 303)
    mine = opened()
    try:
        with stranger_tx(token, FORM, read_only=True) as (tx, found):
            shut = closed(found, tx)
            if shut is not None:
                return shut
            if not is_in(found):
                return locked_page(found)
            limited(found, "send")
            asked = bool(found.document.get("captcha")) and not mine.solved
        if asked:
            if not captcha_solved(token, FORM):
                raise Rejected(captcha_problem())
            mine = replace(mine, solved=True)
        _save(token, mine)
    except Closed:
        return message("full", title=found.document["title"], lost=True)
    except Already as error:
        return _already(found, error.problems, 409)
    except ProblemError as error:
        return _again(token, mine, rejected(error)), 422
    return redirect(f"/p/{token}/thanks", 303)


@public_pages.get("/<token>/thanks")
@stranger_page
def thanks(token: str) -> ResponseReturnValue:
    """What follows the sending. An address to go on to stands in the document and nowhere else."""
    with stranger_tx(token, FORM, read_only=True) as (_, found):
        told = found.document.get("thanks", {})
        return message(
            "thanks",
            title=found.document["title"],
            text=told.get("text"),
            to=told.get("redirect"),
            again="" if found.document.get("once") else f"/p/{token}",
            draft=f"/p/{token}",
        )


@public_pages.post("/<token>/unlock")
@stranger_page
def unlock(token: str) -> ResponseReturnValue:
    """Give the password of a form or a query."""
    kind = QUERY if request.form.get("kind") == QUERY else FORM
    with stranger_tx(token, kind, read_only=True) as (_, found):
        limited(found, "unlock", per_ten_minutes=10)
        if not password_fits(found.shared, request.form.get("password", "")):
            problem = Problem("public.password", "password", "This is not the password")
            return locked_page(found, translate([problem], current_locale())), 422
        let_in(found)
    return redirect(path_of(kind, token), 303)


@public_pages.get("/<token>/pick/<field>")
@stranger_page
def pick(token: str, field: str) -> ResponseReturnValue:
    """What a relation of the form offers for at least two letters, without ids."""
    with stranger_tx(token, FORM, read_only=True) as (tx, found):
        if closed(found, tx) is not None or not is_in(found):
            return jsonify({"items": []})
        limited(found, "pick", per_hour=600)
        offered = asking.choices(tx, box(), found, field, request.args.get("q", ""))
        return jsonify({"items": [{"token": one.token, "title": one.title} for one in offered]})


def _already(page: Public, problems: Sequence[Problem], status: int = 200) -> Response:
    told = translate(problems, current_locale())
    return message("already", status, title=page.document["title"], problems=told)


def locked_page(page: Public, problems: Any = ()) -> str:
    kind = page.document["kind"]
    token = (request.view_args or {})["token"]
    return render_template(
        "public/unlock.html", title=page.document["title"], kind=kind, token=token, carried=carried(), problems=problems
    )


# -- values ------------------------------------------------------------------------------------------------------------


def _save(token: str, mine: Opened) -> None:
    stored: list[Stored] = []
    with ExitStack() as undo:
        undo.callback(_forget, stored)
        with stranger_tx(token, FORM) as (tx, found):
            given = _posted(found)
            _choose(found, given)
            _take_files(tx, found, given, stored)
            given |= read_posted(found.form, MultiDict(_verified(found)))
            agent, address = request.user_agent.string, request.remote_addr or ""
            submit(tx, box(), found, mine, given, device=agent, address=address)
        undo.pop_all()


def _posted(page: Public) -> dict[str, Any]:
    """What was sent for the fields that the page lets fill in; everything else is not read at all."""
    open_fields = _open_fields(page)

    def is_open(name: str) -> bool:
        head, bracket, rest = name.partition("[")
        column = rest.partition("].")[2]
        if head not in open_fields or (bracket and head not in page.form.subforms):
            return False
        rows = page.form.fields[head].rows
        return not column or (column in rows and fillable_column(rows[column]))

    items = ((name, text) for name, text in request.form.items(multi=True) if is_open(name))
    return read_posted(page.form, MultiDict(items))


def _open_fields(page: Public) -> frozenset[str]:
    computed = {key for key in page.fields if not page.form.fields[key].type.writable}
    return frozenset(page.fields) - frozenset(page.signed) - computed - _closed_fields(page)


def _closed_fields(page: Public) -> frozenset[str]:
    opened_by_rules = editable_by_rules(page.form)
    return frozenset(key for key in page.fields if page.form.fields[key].readonly and key not in opened_by_rules)


def _choose(page: Public, given: dict[str, Any]) -> None:
    for key in list(given):
        if page.form.fields[key].type.key == "relation":
            given[key] = asking.chosen(box(), page, key, str(given[key] or ""))


def _take_files(tx: Transaction, page: Public, given: dict[str, Any], stored: list[Stored]) -> None:
    """Keep the files that came with the form; judged by their contents, as many and as large as the field takes."""
    for key in _open_fields(page):
        field = page.form.fields[key]
        if field.type.key not in FILES:
            continue
        given.pop(key, None)
        sent = [one for one in request.files.getlist(f"file.{key}") if one.filename]
        most = int(field.options.get("max_files") or 9)
        if len(sent) > most:
            label = field.label(current_locale())
            params = {"label": label, "max": most, "count": len(sent)}
            raise Rejected(Problem("public.too_many_files", key, f"{label}: at most {most} files", params))
        megabytes = min(int(field.options.get("max_megabytes") or MOST_MEGABYTES), MOST_MEGABYTES)
        taken = []
        for one in sent:
            content = one.stream.read(megabytes * MEGABYTE + 1)
            one.close()
            name = one.filename or "file"
            if len(content) > megabytes * MEGABYTE:
                params = {"name": name, "max": megabytes}
                raise Rejected(Problem("public.file_large", key, f'"{name}" is larger than {megabytes} MB', params))
            try:
                kept = keep(tx, site_settings(), BytesIO(content), name)
            except Rejected as error:
                raise Rejected([Problem(p.code, key, p.message, p.params) for p in error.problems]) from error
            stored.append(kept)
            pictures = field.type.key == "image" or field.options.get("kind") == "image"
            if pictures and kept.mime not in SHOWABLE:
                message = f'"{name}" is not a picture'
                raise Rejected(Problem("attachment.not_an_image", key, message, {"name": name}))
            taken.append(kept.as_dict())
        if taken:
            given[key] = taken


def _forget(stored: list[Stored]) -> None:
    """Remove the bytes of files whose record was not saved."""
    settings = site_settings()
    root = settings.files_url or str(settings.data_folder / "files")
    for one in stored:
        with suppress(OSError):
            place, path = fsspec.core.url_to_fs(f"{root.rstrip('/')}/{one.place}")
            place.rm(path)


def _defaults(tx: Transaction, form: Form) -> dict[str, Any]:
    facts = facts_of(tx, form.forms)
    return {
        key: input_value(field, field.default.evaluate({}, facts))
        for key, field in form.fields.items()
        if field.default is not None and not field.default.references and field.type.target_form(field) is None
    }


def _open_values(tx: Transaction, page: Public) -> dict[str, Any]:
    """What the address fills in by open parameters."""
    allowed = [key for key in page.document.get("prefill", {}).get("open", ()) if key in _open_fields(page)]
    items = [(name, text[:2000]) for name, text in request.args.items(multi=True) if name in allowed]
    return posted_values(tx, page.form, read_posted(page.form, MultiDict(items)))


def _signed_values(tx: Transaction, page: Public) -> dict[str, Any]:
    return posted_values(tx, page.form, read_posted(page.form, MultiDict(_verified(page))))


def _verified(page: Public) -> dict[str, str]:
    shared = page.shared
    return verified(box(), shared.app, shared.key, page.signed, request.args.to_dict(), int(time.time()))


# -- the page ----------------------------------------------------------------------------------------------------------


def _again(token: str, mine: Opened, problems: tuple[Problem, ...]) -> str:
    """The page once more with everything that was typed; files have to be chosen again."""
    with stranger_tx(token, FORM, read_only=True) as (tx, found):
        posted = _posted(found)
        values: dict[str, Any] = {}
        for key in [key for key in posted if found.form.fields[key].type.key == "relation"]:
            raw = str(posted.pop(key) or "")
            with suppress(Rejected):
                number = asking.chosen(box(), found, key, raw)
                values[key] = Chosen(raw, asking.choice_title(tx, found, key, number)) if number else None
        with suppress(Rejected):
            values |= _signed_values(tx, found)
        values |= posted_values(tx, found.form, posted)
        return _page(tx, found, values, problems, mine, given=values)


def _page(
    tx: Transaction,
    page: Public,
    values: Mapping[str, Any],
    problems: tuple[Problem, ...] = (),
    mine: Opened | None = None,
    *,
    given: Mapping[str, Any],
) -> str:
    form, document = page.form, page.document
    visible = [key for key in page.fields if not form.fields[key].subform]
    paths = {
        path
        for key in visible
        for path in (key, *(one.path for one in form.fields[key].rows.values() if fillable_column(one)))
    }
    locked = _closed_fields(page) | frozenset(page.signed)
    editable = frozenset(
        path
        for path in paths
        if form.at(path).type.writable and path.split(".")[0] not in locked and not form.at(path).readonly
    ) | (frozenset(visible) & editable_by_rules(form) - locked)
    locale = current_locale()
    token = (request.view_args or {})["token"]
    shown = [one for one in problems if one.path.split("[")[0].split(".")[0] in (*page.fields, "_answer", "")]
    told = translate(shown or problems, locale)
    return render_template(
        "public/form.html",
        app=form.app,
        form=form,
        document=document,
        token=token,
        action=request.full_path.rstrip("?"),
        record=None,
        shown=None,
        conflicts=None,
        fields=[form.fields[key] for key in visible],
        signed=frozenset(page.signed),
        values=values,
        visible=frozenset(paths),
        editable=editable,
        problems=told,
        places=places(form, told, locale),
        locale=locale,
        carried=carried(mine),
        puzzle=puzzle_for(page, solved=mine is not None and mine.solved),
        live=_live(tx, form, paths, given),
        fills=behaviour_of(form).fills,
        captured=sorted(document.get("capture", {})),
        files=FILES,
        lost=_sent_files() if problems else frozenset(),
        honeypot=HONEYPOT,
    )


def _sent_files() -> frozenset[str]:
    """The fields for which files came with this request: a page that is drawn anew does not have them any more."""
    sent = (name for name, file in request.files.items(multi=True) if file.filename)
    return frozenset(name.removeprefix("file.") for name in sent)


def _live(tx: Transaction, form: Form, paths: set[str], given: Mapping[str, Any]) -> dict[str, Any]:
    """What the script may compute by itself; nothing that would have to be asked of the workspace."""
    data = live_data(tx, form, paths, "create")
    fields = [_without_questions(one) for one in data["fields"]]
    rules = []
    for rule in data["rules"]:
        if _asks(rule.get("when")) or _asks(rule.get("check")) or _asks(rule.get("actions")):
            continue
        rule["actions"] = [one for one in rule["actions"] if one["fields"] or one.get("message")]
        if rule["actions"] or rule.get("check"):
            rules.append(rule)
    said = str([fields, rules])
    facts = {**data["facts"], "user": None}
    facts["settings"] = {key: value for key, value in facts["settings"].items() if f"'{key}'" in said}
    hidden = [path for path in data["hidden"] if path in paths]
    return data | {
        "app": "",
        "form": "",
        "fields": fields,
        "rules": rules,
        "facts": facts,
        "needs": {},
        "linkages": [],
        "hidden": hidden,
        "given": sorted(given),
    }


def _without_questions(about: dict[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in about.items() if key == "rows" or not _asks(value)}
    if "rows" in kept:
        kept["rows"] = [_without_questions(one) for one in kept["rows"]]
    return kept


def _asks(value: Any) -> bool:
    if isinstance(value, dict):
        return "ask" in value or any(_asks(one) for one in value.values())
    return isinstance(value, list | tuple) and any(_asks(one) for one in value)
