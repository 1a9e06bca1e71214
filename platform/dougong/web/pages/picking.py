"""Choosing records: what a choice fills in, what the sources of copied values say now, and live queries."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from dougong.web.i18n import current_locale, gettext
from dougong.web.numbers import read_number
from dougong.web.pages.record_form import editable_paths
from dougong.web.records import cells
from dougong.web.records.filling import read_filling, record_grants
from dougong.web.records.inputs import visible_paths
from dougong.web.records.live import answer_rows
from dougong.web.records.locate import open_form, record_url
from dougong.web.render import done
from dougong.web.request import begin_tx
from engines.form.fields.base import Context
from engines.form.form import Form
from engines.form.live_query import live_query, reads_of_query
from engines.form.protect.sight import as_read
from engines.form.query import Record, get_record
from engines.form.sources import differences, refresh
from engines.form.transaction import Transaction
from engines.form.write.copying import bare, copies_of, source_values
from engines.form.write.preview import drafted
from engines.kernel.problems import Problem, Rejected

picking_pages = Blueprint("picking", __name__)
picking_pages.add_app_template_global(copies_of)
picking_pages.add_app_template_global(reads_of_query)


@picking_pages.get("/a/<app>/<form>/copies")
def copied(app: str, form: str) -> ResponseReturnValue:
    """What choosing a record fills in: `?path=lines.product&id=7`, as expressions read it."""
    with begin_tx(read_only=True) as tx:
        opened = open_form(tx, app, form)
        path, number = request.args.get("path", ""), read_number(request.args.get("id"))
        if path not in copies_of(opened) or number is None:
            raise Rejected(Problem("relation.not_a_record", "id", "Must be the id of a record"))
        seen = visible_paths(tx, opened, None)
        found = source_values(tx, opened, opened.at(path), [number], Context.of(tx)).get(number, {})
        filled = [one.to for one in copies_of(opened)[path] if found and one.to.path in seen]
        return jsonify({"values": answer_rows(tx, [[(one, found[one.key]) for one in filled]])[0]})


@picking_pages.get("/a/<app>/<form>/<int:record_id>/copies")
def compared(app: str, form: str, record_id: int) -> ResponseReturnValue:
    """Where copied values are no longer what their sources say, as a fragment of the record's page."""
    with begin_tx(read_only=True) as tx:
        opened = open_form(tx, app, form)
        record = get_record(tx, opened, record_id, grants=record_grants(tx, opened, record_id))
        told = differences(tx, opened, record)
        editable = editable_paths(tx, opened, record)
        return render_template(
            "records/copies.html",
            app=app,
            form=opened,
            record=record,
            told=told[:50],
            count=len(told),
            may=any(one.relation.path in editable for one in told),
            record_url=record_url,
            text_of=cells.text_of,
            locale=current_locale(),
        )


@picking_pages.post("/a/<app>/<form>/<int:record_id>/copies")
def take_over(app: str, form: str, record_id: int) -> ResponseReturnValue:
    """Take over what the sources say now: of the fields that are named (`field`, many times), or of all."""
    with begin_tx() as tx:
        opened = open_form(tx, app, form)
        paths = request.form.getlist("field") or None
        refresh(tx, opened, record_id, paths, grants=record_grants(tx, opened, record_id))
    return done(gettext("Taken over from the source"), record_url(app, form, record_id))


@picking_pages.get("/a/<app>/<form>/<int:record_id>/query/<key>")
def found(app: str, form: str, record_id: int, key: str) -> ResponseReturnValue:
    """What a live query finds for a stored record, as a fragment of its page."""
    with begin_tx(read_only=True) as tx:
        opened = open_form(tx, app, form)
        record = get_record(tx, opened, record_id, grants=record_grants(tx, opened, record_id))
        return _found(tx, opened, key, _plain(record))


@picking_pages.post("/a/<app>/<form>/query/<key>")
def found_for(app: str, form: str, key: str) -> ResponseReturnValue:
    """What a live query finds for a record that is being filled in: the inputs of the page, `_record` where stored."""
    with begin_tx() as tx:
        opened = open_form(tx, app, form)
        filling = read_filling(tx, opened)
        seen = visible_paths(tx, opened, filling.record)
        view = drafted(tx, opened, filling.given, filling.id, filling.grants).view
        values = {name: value for name, value in view.items() if name in seen or name.startswith("_")}
        values = as_read(opened, values, filling.record)
        return _found(tx, opened, key, values | {"id": filling.id})


def _plain(record: Record) -> dict[str, Any]:
    """The values of a record that its reader sees, as expressions read them."""
    values: dict[str, Any] = {"id": record.id}
    for key, value in record.values.items():
        rows = isinstance(value, tuple | list) and value and isinstance(value[0], Mapping)
        values[key] = [{name: bare(cell) for name, cell in row.items()} for row in value] if rows else bare(value)
    return values


def _found(tx: Transaction, form: Form, key: str, values: Mapping[str, Any]) -> ResponseReturnValue:
    told = live_query(tx, form, key, values)
    new = None
    if told.new is not None:
        filled = {
            name: bare(value.get("id") if isinstance(value, Mapping) else value) for name, value in told.new.items()
        }
        new = f"/a/{form.app}/{told.form.key}/new" + (f"?{urlencode(filled)}" if filled else "")
    return render_template(
        "records/query.html",
        app=form.app,
        field=form.decor[key],
        told=told,
        new=new,
        record_url=record_url,
        cell=cells.cell,
        text_of=cells.text_of,
        is_numeric=cells.is_numeric,
        locale=current_locale(),
    )
