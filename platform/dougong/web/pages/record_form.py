"""Filling in a record: new, edit, the quick search of pickers, and two people at one record."""

import json
from collections.abc import Collection, Mapping
from typing import Any

from flask import Blueprint, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from dougong.web.i18n import current_locale, gettext
from dougong.web.numbers import read_number
from dougong.web.problems import translate
from dougong.web.records import cells, decor
from dougong.web.records.filling import read_filling, record_grants
from dougong.web.records.inputs import Chosen, base_values, input_value, posted_values, visible_paths
from dougong.web.records.live import answered, live_data, related_title, related_values
from dougong.web.records.locate import open_form, record_url
from dougong.web.records.long_rows import (
    WINDOW,
    chosen_records,
    column_sums,
    is_long,
    laid_out,
    long_tables,
    part_sums,
)
from dougong.web.records.places import places
from dougong.web.records.posted import read_object, read_posted
from dougong.web.render import done
from dougong.web.request import begin_tx
from engines.form.collected import every_field
from engines.form.facts import facts_of
from engines.form.fields.base import Field
from engines.form.form import Form
from engines.form.layout import arrange, arrange_tabs
from engines.form.policy import policy_for
from engines.form.query import Record, get_record, pick
from engines.form.records import Saved, create_record, update_record
from engines.form.rules.behaviour import behaviour_of
from engines.form.transaction import Transaction
from engines.form.write.compute import editable_by_rules
from engines.form.write.copying import copies_of
from engines.form.write.preview import preview
from engines.kernel.problems import Conflict, Problem, ProblemError, Rejected

record_form_pages = Blueprint("record_form", __name__)


@record_form_pages.get("/a/<app>/<form>/new")
def new(app: str, form: str) -> ResponseReturnValue:
    """An empty form with its defaults; the query may fill in fields (`?customer=7`)."""
    with begin_tx(read_only=True) as tx:
        opened = open_form(tx, app, form)
        policy_for(tx, opened).require("create")
        prefilled = laid_out(opened, posted_values(tx, opened, read_posted(opened, request.args)), {})
        return _page(tx, opened, None, _defaults(tx, opened) | prefilled, given=prefilled)


@record_form_pages.post("/a/<app>/<form>/new")
def create(app: str, form: str) -> ResponseReturnValue:
    """Save a new record; what is wrong is shown beside its field, with everything that was typed."""
    try:
        with begin_tx() as tx:
            opened = open_form(tx, app, form)
            saved = create_record(tx, opened, read_posted(opened, request.form))
            _confirmed(saved)
    except Unconfirmed as error:
        return _again(app, form, None, error, warned=True)
    except Rejected as error:
        return _again(app, form, None, error)
    again = "again" in request.form
    to = f"/a/{app}/{form}/new" if again else record_url(app, form, saved.id)
    return done(gettext("Saved"), to)


@record_form_pages.get("/a/<app>/<form>/<int:record_id>/edit")
def edit(app: str, form: str, record_id: int) -> ResponseReturnValue:
    """The form with what is stored."""
    with begin_tx(read_only=True) as tx:
        opened = open_form(tx, app, form)
        record = get_record(tx, opened, record_id, grants=record_grants(tx, opened, record_id))
        return _page(tx, opened, record, stored_values(opened, record, shown=WINDOW))


@record_form_pages.post("/a/<app>/<form>/<int:record_id>/edit")
def update(app: str, form: str, record_id: int) -> ResponseReturnValue:
    """Save the changes; where somebody else changed the same fields meanwhile, both values are shown."""
    try:
        with begin_tx() as tx:
            opened = open_form(tx, app, form)
            posted, base = read_posted(opened, request.form), read_object(request.form.get("_base"))
            _confirmed(
                update_record(tx, opened, record_id, posted, base=base, grants=record_grants(tx, opened, record_id))
            )
    except Unconfirmed as error:
        return _again(app, form, record_id, error, warned=True)
    except Conflict as error:
        stale = all(problem.code == "record.stale" for problem in error.problems)
        return (_conflict if stale else _again)(app, form, record_id, error)
    except Rejected as error:
        return _again(app, form, record_id, error)
    return done(gettext("Saved"), record_url(app, form, record_id))


@record_form_pages.get("/a/<app>/<form>/pick")
def pick_records(app: str, form: str) -> ResponseReturnValue:
    """Records of a form by a few letters, for pickers."""
    with begin_tx(read_only=True) as tx:
        found = pick(tx, open_form(tx, app, form), request.args.get("q", "")[:100] or None, limit=20)
        return jsonify({"items": [{"id": one.id, "title": one.title, "about": one.subtitle} for one in found]})


@record_form_pages.get("/a/<app>/<form>/related")
def related(app: str, form: str) -> ResponseReturnValue:
    """What the expressions of a form read of a record that was just chosen: `?path=lines.product&id=7`.

    With `title` also what it is called, where an expression chose it.
    """
    with begin_tx(read_only=True) as tx:
        opened = open_form(tx, app, form)
        seen = set(visible_paths(tx, opened, None))
        number = read_number(request.args.get("id"))
        if number is None:
            raise Rejected(Problem("relation.not_a_record", "id", "Must be the id of a record"))
        path = request.args.get("path", "")
        titled = related_title(tx, opened, path, number, seen) if "title" in request.args else {}
        return jsonify(related_values(tx, opened, path, number, seen) | titled)


@record_form_pages.post("/a/<app>/<form>/live")
def live(app: str, form: str) -> ResponseReturnValue:
    """What the server knows of a record that is being filled in: `_ask` names linkages and expressions, many times."""
    with begin_tx() as tx:
        opened = open_form(tx, app, form)
        filling = read_filling(tx, opened)
        seen = visible_paths(tx, opened, filling.record)
        names = request.form.getlist("_ask")
        found = preview(tx, opened, filling.given, names, seen, filling.id, filling.grants)
        return jsonify(answered(tx, opened, found))


class Unconfirmed(ProblemError):
    """Rules have something to say, and nobody has said yet that it shall be saved anyway."""

    status = 422


def _confirmed(saved: Saved) -> None:
    """Roll a save back that a person should look at once more; `confirm` names the warnings that were seen."""
    seen = request.form.get("confirm", "").split()
    if any(_name(one) not in seen for one in saved.warnings):
        raise Unconfirmed(saved.warnings)


def _name(warning: Problem) -> str:
    return f"{warning.params.get('rule')}@{warning.path}"


def stored_values(form: Form, record: Record, shown: int | None = None) -> dict[str, Any]:
    """A record as its inputs take it; of rows beyond the first `shown` of a long sub-form the ids alone."""
    values: dict[str, Any] = {}
    for key, value in record.values.items():
        if key in form.subforms:
            fields = form.subforms[key].fields
            rows = value or ()
            cut = shown if is_long(rows) else None
            values[key] = [
                {name: input_value(fields[name], cell) if name in fields else cell for name, cell in row.items()}
                for row in rows[:cut]
            ]
            values[key] += [{"id": row["id"]} for row in rows[cut:]] if cut is not None else []
        elif key in form.fields:
            values[key] = input_value(form.fields[key], value)
    return values


def _defaults(tx: Transaction, form: Form) -> dict[str, Any]:
    """Defaults that need nothing typed, so that the page opens with them; the script computes the others."""
    facts = facts_of(tx, form.forms)
    values: dict[str, Any] = {}
    for key, field in form.fields.items():
        if field.default is not None and not field.default.references:
            values[key] = input_value(field, field.default.evaluate({}, facts))
    if any(field.type.key == "member" for field in form.fields.values()) and tx.actor.id is not None:
        me = Chosen(tx.actor.id, tx.actor.name)
        values = {
            key: me if form.fields[key].type.key == "member" and value == tx.actor.id else value
            for key, value in values.items()
        }
    return values


def editable_paths(tx: Transaction, form: Form, record: Record | None) -> frozenset[str]:
    """Paths of the fields that this person may fill in here, fields of rows among them."""
    policy, opened = policy_for(tx, form), editable_by_rules(form)
    if record is not None:
        by_rules = {path for path in opened if policy.edits(path) is not False}
        return record.editable | by_rules if "update" in record.may else frozenset()
    every = list(every_field(form))
    writable = [one.path for one in every if one.type.writable and (not one.readonly or one.path in opened)]
    return frozenset(path for path in writable if policy.edits(path, "create") is not False)


def empty_page(tx: Transaction, form: Form) -> ResponseReturnValue:
    """The page of a new record as it opens, with its defaults."""
    return _page(tx, form, None, _defaults(tx, form))


def _page(
    tx: Transaction,
    form: Form,
    record: Record | None,
    values: Mapping[str, Any],
    problems: tuple[Problem, ...] = (),
    conflicts: tuple[Problem, ...] = (),
    status: int = 200,
    *,
    warned: bool = False,
    given: Collection[str] = (),
) -> ResponseReturnValue:
    visible, editable = visible_paths(tx, form, record), editable_paths(tx, form, record)
    tables = long_tables(form, record, values, [one.path for one in (*problems, *conflicts)])
    # of long sub-forms the page sends with its save how the rows were that it changed
    base = base_values(form, record, editable, without=tables) if record else None
    live = live_data(tx, form, visible, "update" if record else "create", record)
    live["copies"] = {path: [one.to.key for one in fills] for path, fills in copies_of(form).items() if path in visible}
    live |= {"given": sorted(given), "tables": tables, "related": chosen_records(tx, form, record, visible)}
    told, fills = translate(problems, current_locale()), behaviour_of(form).fills
    decor.allow_frames(tx, form)
    page = render_template(
        "records/form.html",
        app=form.app,
        form=form,
        record=record,
        values=values,
        visible=visible,
        editable=editable,
        warnings=told if warned else (),
        places=places(form, told, current_locale()),
        confirm=" ".join(_name(one) for one in problems) if warned else "",
        arrange_tabs=arrange_tabs,
        sections=arrange(form, lambda field: _on_page(field, visible, editable, fills, values, is_new=record is None)),
        problems=() if warned else told,
        conflicts={problem.path: problem for problem in translate(conflicts, current_locale())},
        base=json.dumps(base, ensure_ascii=False) if base is not None else "",
        live=live,
        fills=fills,
        totals=column_sums(form),
        part_sums=part_sums,
        shown=cells.shown,
        locale=current_locale(),
    )
    return page, status


def _on_page(
    field: Field,
    visible: Collection[str],
    editable: Collection[str],
    fills: Collection[str],
    values: Mapping[str, Any],
    *,
    is_new: bool,
) -> bool:
    """Whether a field stands on the page: a new record does not show what the engine will give it later, but where
    lands what the page itself will fill in (`fills`)."""
    if field.hidden or field.path not in visible:
        return False
    return (
        not is_new
        or field.path in editable
        or field.expression is not None
        or field.path in fills
        or values.get(field.key) is not None
    )


def _again(
    app: str, form_key: str, record_id: int | None, error: ProblemError, *, warned: bool = False
) -> ResponseReturnValue:
    """The page once more with what was typed and every problem beside its field."""
    with begin_tx(read_only=True) as tx:
        form = open_form(tx, app, form_key)
        grants = record_grants(tx, form, record_id) if record_id is not None else ()
        record = get_record(tx, form, record_id, grants=grants) if record_id is not None else None
        stored = stored_values(form, record) if record else {}
        values = stored | laid_out(form, posted_values(tx, form, read_posted(form, request.form)), stored)
        return _page(tx, form, record, values, error.problems, status=error.status, warned=warned, given=values)


def _conflict(app: str, form_key: str, record_id: int, error: ProblemError) -> ResponseReturnValue:
    """Both people's values: mine in the inputs where I changed something, theirs beside them and the base now."""
    with begin_tx(read_only=True) as tx:
        form = open_form(tx, app, form_key)
        record = get_record(tx, form, record_id, grants=record_grants(tx, form, record_id))
        posted = read_posted(form, request.form)
        base = read_object(request.form.get("_base")) or {}
        clashing = {problem.path.split("[")[0].split(".")[0] for problem in error.problems}
        mine = {key: raw for key, raw in posted.items() if key in clashing or not _unchanged(form, key, raw, base)}
        stored = stored_values(form, record)
        values = stored | laid_out(form, posted_values(tx, form, mine), stored)
        return _page(tx, form, record, values, conflicts=error.problems, status=error.status)


def _unchanged(form: Form, key: str, raw: Any, base: Mapping[str, Any]) -> bool:
    """Whether what was posted is what the page was opened with."""
    if key in form.subforms or key not in form.fields or key not in base:
        return False
    field = form.fields[key]
    try:
        return bool(field.type.parse(raw, field) == field.type.from_json(base[key], field))
    except ProblemError:
        return False
