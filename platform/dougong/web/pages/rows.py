"""Rows of long sub-forms: inputs and cells of one page of them, and a block of cells read as an import does."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final

from flask import Blueprint, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from dougong.web.i18n import current_locale
from dougong.web.pages.record_form import editable_paths
from dougong.web.pages.why import explains
from dougong.web.problems import translate
from dougong.web.records import cells
from dougong.web.records.filling import record_grants
from dougong.web.records.inputs import input_value, visible_paths
from dougong.web.records.live import answer_rows
from dougong.web.records.locate import open_form
from dougong.web.records.long_rows import WINDOW, part_sums, related_by_id
from dougong.web.records.row_columns import row_columns
from dougong.web.request import begin_tx
from engines.form.fields.base import Context, Field
from engines.form.fields.subform import MOST_ROWS
from engines.form.form import Form
from engines.form.importing.lookup import Names
from engines.form.policy import policy_for
from engines.form.protect.reveal import revealable
from engines.form.query import get_record
from engines.form.totals import sums_of
from engines.form.transaction import Transaction
from engines.kernel.problems import NotFound, Problem, ProblemError, Rejected

row_pages = Blueprint("rows", __name__)
MOST_COLUMNS: Final = 200
LONGEST_CELL: Final = 20_000


@row_pages.get("/a/<app>/<form>/<int:record_id>/rows/<subform>")
def inputs(app: str, form: str, record_id: int, subform: str) -> ResponseReturnValue:
    """Inputs of stored rows: `?rows=50:1207,51:1208` are their numbers on the page and their ids."""
    with begin_tx(read_only=True) as tx:
        opened = open_form(tx, app, form)
        field = _rows_field(opened, subform)
        record = get_record(tx, opened, record_id, grants=record_grants(tx, opened, record_id))
        stored = {row["id"]: row for row in record.values.get(subform) or ()}
        wanted = [part.partition(":") for part in request.args.get("rows", "").split(",")][: 2 * WINDOW]
        rows = [
            (int(number), {key: _input(field, key, value) for key, value in stored[int(key_)].items()})
            for number, _, key_ in wanted
            if number.isdecimal() and key_.isdecimal() and int(key_) in stored
        ]
        return render_template(
            "records/row_inputs.html",
            app=app,
            form=opened,
            record=record,
            field=field,
            rows=rows,
            visible=visible_paths(tx, opened, record),
            editable=editable_paths(tx, opened, record),
            problems=(),
            conflicts={},
            shown=cells.shown,
            part_sums=part_sums,
            locale=current_locale(),
        )


@row_pages.get("/a/<app>/<form>/<int:record_id>/cells/<subform>")
def page(app: str, form: str, record_id: int, subform: str) -> ResponseReturnValue:
    """Fifty rows of a record's sub-form, as its page shows them."""
    with begin_tx(read_only=True) as tx:
        opened = open_form(tx, app, form)
        field = _rows_field(opened, subform)
        grants = record_grants(tx, opened, record_id)
        record = get_record(tx, opened, record_id, grants=grants)
        return render_template(
            "records/row_cells.html",
            app=app,
            form=opened,
            record=record,
            field=field,
            rows=record.values.get(subform) or (),
            start=min(max(request.args.get("start", 0, type=int), 0), MOST_ROWS) // WINDOW * WINDOW,
            totals={subform: sums_of(opened, subform, record.values.get(subform) or ())},
            columns_of=partial(
                row_columns,
                opened,
                record_id,
                visible_paths(tx, opened, record),
                revealable(tx, opened, record_id, grants=grants),
                partial(explains, opened),
            ),
            late_columns=cells.late_columns,
            text_of=cells.text_of,
            locale=current_locale(),
        )


@row_pages.post("/a/<app>/<form>/cells")
def read_cells(app: str, form: str) -> ResponseReturnValue:
    """A block of cells from a spreadsheet: for each line the values that were read, and what could not be.

    Takes `{"subform", "columns": [key or null], "cells": [[text]]}`. Nothing is written.
    """
    with begin_tx(read_only=True) as tx:
        opened = open_form(tx, app, form)
        subform, columns, lines = _block(opened, request.get_json(silent=True))
        seen = visible_paths(tx, opened, None)
        policy = policy_for(tx, opened)
        fields = [
            one if one is not None and one.path in seen and one.type.writable and policy.sees(one.path) else None
            for one in columns
        ]
        context = _context(tx, fields, lines)
        rows = [_read(line, fields, context) for line in lines]
        ids: dict[str, set[int]] = {}
        answers = []
        for told, (values, problems) in zip(answer_rows(tx, [values for values, _ in rows]), rows, strict=True):
            for one, value in values:
                if one.target is not None and isinstance(value, int):
                    ids.setdefault(one.path, set()).add(value)
            answers.append({"values": told, "problems": {key: _sentence(found) for key, found in problems.items()}})
        return jsonify({"rows": answers, "related": related_by_id(tx, opened, ids, seen), "subform": subform})


def _rows_field(form: Form, key: str) -> Field:
    if key not in form.subforms:
        raise NotFound(Problem("field.unknown", key, f'There is no sub-form "{key[:40]}"', {"key": key[:40]}))
    return form.fields[key]


def _input(field: Field, key: str, value: Any) -> Any:
    return input_value(field.rows[key], value) if key in field.rows else value


def _block(form: Form, body: Any) -> tuple[str, list[Field | None], list[list[str]]]:
    """What was sent, in bounds. Raises `Rejected` for what is no block of cells."""
    block = body if isinstance(body, Mapping) else {}
    columns, lines = block.get("columns"), block.get("cells")
    field = _rows_field(form, str(block.get("subform", "")))
    good = isinstance(columns, list) and isinstance(lines, list) and all(isinstance(line, list) for line in lines)
    if not good or not isinstance(columns, list) or not isinstance(lines, list) or len(columns) > MOST_COLUMNS:
        raise Rejected(Problem("subform.not_cells", "cells", "Must be lines of cells with their columns"))
    if len(lines) > MOST_ROWS:
        message = f"At most {MOST_ROWS} rows, has {len(lines)}"
        params = {"max": MOST_ROWS, "count": len(lines), "label": field.label(current_locale())}
        raise Rejected(Problem("subform.too_many_rows", field.key, message, params))
    fields = [field.rows.get(key) if isinstance(key, str) else None for key in columns]
    return field.key, fields, [[str(cell)[:LONGEST_CELL] for cell in line[: len(columns)]] for line in lines]


def _context(tx: Transaction, fields: Sequence[Field | None], lines: Sequence[Sequence[str]]) -> Context:
    """The context of an import: names of records are found as far as the person may see them, all asked at once."""
    names: dict[str, Names] = {}
    for number, one in enumerate(fields):
        if one is not None and one.target is not None:
            target: Any = one.target
            known = names.setdefault(target.key, Names(tx, target))
            known.learn(line[number].strip() for line in lines if number < len(line))

    def lookup(key: str, text: str) -> int | None:
        return names[key].find(text) if key in names else None

    return replace(Context.of(tx), lookup=lookup)


Values = list[tuple[Field, Any]]


def _read(
    line: Sequence[str], fields: Sequence[Field | None], context: Context
) -> tuple[Values, dict[str, tuple[Problem, ...]]]:
    values: Values = []
    problems: dict[str, tuple[Problem, ...]] = {}
    for one, cell in zip(fields, line, strict=False):
        if one is None:
            continue
        try:
            value = one.type.import_cell(cell, one, context)
            found = tuple(one.type.check(value, one, context)) if value is not None else ()
        except ProblemError as error:
            value, found = None, tuple(error.problems)
        if found:
            problems[one.key] = found
        else:
            values.append((one, value))
    return values, problems


def _sentence(problems: tuple[Problem, ...]) -> str:
    return " ".join(one.message for one in translate(problems, current_locale()))
