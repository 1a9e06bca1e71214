"""Choosing for a record that is being filled in: a relation with conditions, and the dialog of a picker.

All of it is asked with the inputs of the page, since conditions read what is typed and not saved yet.
"""

from collections.abc import Mapping
from typing import Any, Final

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from dougong.web.numbers import read_number, read_numbers
from dougong.web.records import cells
from dougong.web.records.filling import Filling, read_filling
from dougong.web.records.inputs import visible_paths
from dougong.web.records.live import answer_rows
from dougong.web.records.locate import open_form
from dougong.web.records.long_rows import related_by_id
from dougong.web.records.posted import read_object
from dougong.web.request import begin_tx
from engines.form.choosing.ask import offered, seen_at
from engines.form.choosing.candidates import Candidates, candidates, picker_at
from engines.form.choosing.compile import choices_of, pickers_of
from engines.form.choosing.judge import Group, judged
from engines.form.choosing.model import Picker
from engines.form.fields.base import Context
from engines.form.form import Form
from engines.form.policy import policy_for
from engines.form.policy.policy import denied
from engines.form.query import picked
from engines.form.titles import HIDDEN
from engines.form.transaction import Transaction
from engines.form.write.copying import copies_of, source_values
from engines.form.write.draft import Draft
from engines.form.write.preview import drafted
from engines.kernel.problems import Forbidden, NotFound, Problem, Rejected

choosing_pages = Blueprint("choosing", __name__)
choosing_pages.add_app_template_global(choices_of)
choosing_pages.add_app_template_global(pickers_of)

MOST_FILLED: Final = 500
PAGE: Final = 200
FARTHEST: Final = 999_999
"""How far down one can scroll."""


@choosing_pages.post("/a/<app>/<form>/choose/<path>/pick")
def pick_fitting(app: str, form: str, path: str) -> ResponseReturnValue:
    """What a relation offers by a few letters (`_q`), in rows for the row at the place `_row` (`_part` in it)."""
    with begin_tx() as tx:
        opened = open_form(tx, app, form)
        linkage = choices_of(opened).get(path)
        if linkage is None:
            raise NotFound(Problem("field.unknown", path, f'There is no field "{path[:80]}"', {"key": path[:80]}))
        filling = _filling(tx, opened, path)
        draft = drafted(tx, opened, filling.given, filling.id, filling.grants)
        view = seen_at(opened, draft.view, path, (_place("_row"), _place("_part")))
        found = offered(tx, linkage, view, request.form.get("_q", "")[:100] or None)
        return jsonify({"items": [{"id": one.id, "title": one.title, "about": one.subtitle} for one in found]})


@choosing_pages.post("/a/<app>/<form>/choose/<subform>")
def candidates_page(app: str, form: str, subform: str) -> ResponseReturnValue:
    """A page of the dialog from `_offset` on, by a few letters (`_q`). `_chosen` is what the dialog holds so far."""
    with begin_tx() as tx:
        opened, picker, filling = _picker(tx, app, form, subform)
        draft = _draft(tx, opened, picker, filling)
        search, start = request.form.get("_q", "")[:100].strip() or None, min(_place("_offset") or 0, FARTHEST)
        return jsonify(_page(tx, candidates(tx, opened, subform, draft.view, search, start, PAGE)))


@choosing_pages.post("/a/<app>/<form>/choose/<subform>/judge")
def judge_again(app: str, form: str, subform: str) -> ResponseReturnValue:
    """What stands against the records `_ids` (`7,8,9`) now that `_chosen` is chosen."""
    with begin_tx() as tx:
        opened, picker, filling = _picker(tx, app, form, subform)
        ids = _ids(request.form.get("_ids", ""), 5000)
        seen = [one.id for one in picked(tx, picker.target, ids) if one.title != HIDDEN]
        said = judged(tx, picker, _draft(tx, opened, picker, filling).view, seen, groups=False)
        return jsonify({"why": {str(one): each.why for one, each in said.items() if each.why}})


@choosing_pages.post("/a/<app>/<form>/choose/<subform>/rows")
def filled_rows(app: str, form: str, subform: str) -> ResponseReturnValue:
    """What rows for the records `_ids` hold: the record with its title, what it copies, what expressions read of it."""
    with begin_tx(read_only=True) as tx:
        opened, picker, filling = _picker(tx, app, form, subform)
        ids, relation = _ids(request.form.get("_ids", ""), MOST_FILLED), picker.relation
        seen = visible_paths(tx, opened, None)
        if filling.record is not None:
            seen |= visible_paths(tx, opened, filling.record)
        copied = source_values(tx, opened, relation, ids, Context.of(tx))
        filled = [copy.to for copy in copies_of(opened).get(relation.path, ()) if copy.to.path in seen]
        shown = [one for one in picked(tx, picker.target, ids) if one.title != HIDDEN]
        told = answer_rows(tx, [[(to, copied[one.id][to.key]) for to in filled if one.id in copied] for one in shown])
        rows = {
            str(one.id): {relation.key: {"id": one.id, "title": one.title}, **values}
            for one, values in zip(shown, told, strict=True)
        }
        return jsonify({"rows": rows, "related": related_by_id(tx, opened, {relation.path: ids}, seen)})


def _picker(tx: Transaction, app: str, form: str, subform: str) -> tuple[Form, Picker, Filling]:
    """The picker of a sub-form, for those who could fill its rows."""
    opened = open_form(tx, app, form)
    return opened, picker_at(opened, subform), _filling(tx, opened, subform)


def _filling(tx: Transaction, form: Form, path: str) -> Filling:
    """The record as it is filled in. Only who could set the field, by a task perhaps, is told what it offers."""
    filling = read_filling(tx, form)
    policy = policy_for(tx, form, grants=filling.grants)
    if all(policy.edits(path, operation) is False for operation in ("create", "update")):
        raise Forbidden(denied(form, "update"))
    return filling


def _draft(tx: Transaction, form: Form, picker: Picker, filling: Filling) -> Draft:
    """The record as it is filled in, with what the dialog holds."""
    rows, chosen = filling.given.get(picker.rows.key), read_object(request.form.get("_chosen")) or {}
    given = {**filling.given, picker.rows.key: _with_chosen(rows, picker, chosen, stored=filling.record is not None)}
    return drafted(tx, form, given, filling.id, filling.grants)


def _with_chosen(rows: Any, picker: Picker, chosen: Mapping[str, Any], *, stored: bool) -> Any:
    """The rows of the page, changed as the dialog would change them: `add`, `set` by place, `gone` places."""
    add = chosen.get("add")
    new = [
        _new_row(picker, one)
        for one in (add if isinstance(add, list) else ())[:MOST_FILLED]
        if isinstance(one, Mapping)
    ]
    if isinstance(rows, Mapping):  # a long one: rows that were not changed are not here
        return {**rows, "rows": [*rows.get("rows", ()), *new]}
    if rows is None:
        return {"partial": True, "rows": new} if stored else new
    gone, moved = chosen.get("gone"), chosen.get("set")
    gone, moved = gone if isinstance(gone, list) else [], moved if isinstance(moved, Mapping) else {}
    quantity = picker.quantity.key if picker.quantity is not None else ""
    kept = [
        {**row, quantity: moved[str(place)]} if quantity and str(place) in moved else row
        for place, row in enumerate(rows)
        if place not in gone
    ]
    return [*kept, *new]


def _new_row(picker: Picker, one: Mapping[str, Any]) -> dict[str, Any]:
    row: dict[str, Any] = {picker.relation.key: str(one.get("id", ""))[:20]}
    if picker.quantity is not None and one.get("quantity") is not None:
        row[picker.quantity.key] = str(one["quantity"])[:40]
    return row


def _place(name: str) -> int | None:
    return read_number(request.form.get(name))


def _ids(text: str, most: int) -> list[int]:
    found = read_numbers(text)
    if len(found) > most:
        message = f"At most {most} at once, {len(found)} were chosen"
        raise Rejected(Problem("picker.too_many_rows", "", message, {"max": most, "count": len(found)}))
    return found


def _page(tx: Transaction, found: Candidates) -> dict[str, Any]:
    picker, locale = found.picker, tx.actor.locale
    return {
        "columns": [
            {"key": one.key, "label": one.label(locale), "number": cells.is_numeric(one)} for one in found.columns
        ],
        "groups": [group_json(one) for one in found.groups],
        "items": [
            {
                "id": one.record.id,
                "title": one.record.title,
                "cells": [cells.text_of(one.record.values.get(each.key), each) for each in found.columns],
                "group": one.group,
                "why": one.why,
            }
            for one in found.items
        ],
        "held": {str(one): group for one, group in found.held.items()},
        "total": found.total,
        "capped": found.capped,
        "more": found.more,
        "again": any(path[0] == picker.rows.key for rule in picker.exclusions for path in rule.reads.references),
    }


def group_json(one: Group) -> dict[str, Any]:
    """A group as pages and programs read it."""
    return {"key": one.key, "title": one.title, "min": one.limit.low, "max": one.limit.high}
