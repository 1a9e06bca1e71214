"""Stages on pages: the dialog in which a record goes on, with all that is missing, and moves on a board."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from flask import Blueprint, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from dougong.web.i18n import current_locale, gettext
from dougong.web.pages.record_form import stored_values
from dougong.web.problems import translate
from dougong.web.records import cells
from dougong.web.records.inputs import posted_values
from dougong.web.records.locate import open_form, record_url
from dougong.web.records.posted import read_posted
from dougong.web.render import done
from dougong.web.request import begin_tx
from engines.form.fields.base import Field
from engines.form.fields.stage import Stage
from engines.form.form import Form
from engines.form.query import Record, get_record
from engines.form.records import update_record
from engines.form.stages.board import bar_of, missing, ticked_tasks
from engines.form.stages.known import goes_on, stage_field, staged, stages_by_key
from engines.form.stages.tasks import tick_tasks
from engines.form.transaction import Transaction
from engines.kernel.problems import NotFound, Problem, ProblemError, Rejected
from engines.workflow.access import grants_for

stage_pages = Blueprint("stages", __name__)


@stage_pages.get("/a/<app>/<form>/<int:record_id>/stage/<field>")
def step(app: str, form: str, record_id: int, field: str) -> ResponseReturnValue:
    """The dialog for going to `?to=`: tasks of the present stage, fields that are missing, what else is in the way."""
    with begin_tx() as tx:
        opened = open_form(tx, app, form)
        one = stage_field(opened, field)
        to = _stage(one, request.args.get("to", ""))
        record = get_record(tx, opened, record_id, grants=grants_for(tx, opened, record_id))
        found = missing(tx, opened, record_id, {field: to.key}, tuple(grants_for(tx, opened, record_id)))
        return _dialog(tx, opened, record, one, to, stored_values(opened, record), (), found)


@stage_pages.post("/a/<app>/<form>/<int:record_id>/stage/<field>")
def take(app: str, form: str, record_id: int, field: str) -> ResponseReturnValue:
    """Tick tasks, fill in what was missing and go on, all at once or not at all."""
    to_key = request.form.get("_to", "")
    try:
        with begin_tx() as tx:
            opened = open_form(tx, app, form)
            one, to = stage_field(opened, field), _stage(stage_field(opened, field), to_key)
            record = get_record(tx, opened, record_id, grants=grants_for(tx, opened, record_id))
            _tick(tx, opened, record, one)
            if "_tasks_only" not in request.form:
                values = {**read_posted(opened, request.form), field: to.key}
                update_record(tx, opened, record_id, values, grants=grants_for(tx, opened, record_id))
    except Rejected as error:
        with begin_tx(read_only=True) as tx:
            opened = open_form(tx, app, form)
            one = stage_field(opened, field)
            record = get_record(tx, opened, record_id, grants=grants_for(tx, opened, record_id))
            given = read_posted(opened, request.form)
            values = stored_values(opened, record) | posted_values(tx, opened, given)
            told = error.problems
            return _dialog(tx, opened, record, one, _stage(one, to_key), values, told, told, set(given)), 422
    back = request.form.get("_back", "")
    url = back if back.startswith(f"/a/{app}/{form}") else record_url(app, form, record_id)
    return done(gettext("Saved"), url)


@stage_pages.post("/a/<app>/<form>/<int:record_id>/move/<field>")
def move(app: str, form: str, record_id: int, field: str) -> ResponseReturnValue:
    """A card was put into another column of a board: the same write, answered as JSON for the script.

    What is in the way comes back with 422; for stages with the dialog in which it can be mended.
    """
    to = request.form.get("to") or None
    try:
        with begin_tx() as tx:
            opened = open_form(tx, app, form)
            opened.get(field)
            update_record(tx, opened, record_id, {field: to}, grants=grants_for(tx, opened, record_id))
    except ProblemError as error:
        told = [one.message for one in translate(error.problems, current_locale())]
        with begin_tx(read_only=True) as tx:
            keys = {one.key for one in staged(open_form(tx, app, form))}
        asks = field in keys and to is not None and error.status == 422
        dialog = f"/a/{app}/{form}/{record_id}/stage/{field}" if asks else None
        return jsonify({"problems": told, "dialog": dialog}), error.status
    return jsonify({"problems": []})


def _dialog(
    tx: Transaction,
    form: Form,
    record: Record,
    field: Field,
    to: Stage,
    values: Mapping[str, Any],
    problems: Sequence[Problem],
    found: Sequence[Problem],
    kept: set[str] | frozenset[str] = frozenset(),
) -> str:
    """The dialog: inputs for every field that something is said about, sentences for the rest."""
    bar = bar_of(tx, form, record, field)
    here = bar.here
    tasks = here.tasks if here is not None and (here is to or goes_on(here, to)) else ()
    named = {one.path for one in found} | kept
    named |= set(to.needs) if here is to else set()
    asked = [one for key, one in form.fields.items() if key in named and key in record.editable and key != field.key]
    mended = {one.key for one in asked}
    told = translate(tuple(found), current_locale())
    return render_template(
        "records/stage.html",
        app=form.app,
        form=form,
        record=record,
        field=field,
        bar=bar,
        to=to,
        tasks=tasks,
        ticked=_ticked(tx, form, record, field, here),
        asked=asked,
        values=values,
        editable=record.editable,
        visible=record.visible,
        problems=translate(tuple(problems), current_locale()),
        # what no input and no tick of this dialog can mend
        stopped=[one for one in told if one.path not in mended and one.code != "stage.tasks"],
        undone=[one for one in translate(tuple(problems), current_locale()) if one.code == "stage.tasks"],
        back=request.values.get("_back", ""),
        shown=cells.shown,
        locale=current_locale(),
    )


def _ticked(tx: Transaction, form: Form, record: Record, field: Field, here: Stage | None) -> Collection[str]:
    """The tasks that are done, or that were just said to be."""
    if "_tasks" in request.form:
        return request.form.getlist("_task")
    return ticked_tasks(tx, form, record.id, field, here) if here is not None else ()


def _tick(tx: Transaction, form: Form, record: Record, field: Field) -> None:
    here = stages_by_key(field).get(str(record.values.get(field.key)))
    if here is not None and here.tasks and "_tasks" in request.form:
        tick_tasks(tx, form, record.id, field, here.key, request.form.getlist("_task"))


def _stage(field: Field, key: str) -> Stage:
    found = stages_by_key(field).get(key)
    if found is None:
        raise NotFound(Problem("stage.unknown", field.key, f'There is no stage "{key}"', {"key": key}))
    return found
