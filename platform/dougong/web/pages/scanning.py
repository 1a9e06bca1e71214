"""Codes that a page has read with a camera: the record that a relation is set to by its code."""

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from dougong.web.records.inputs import visible_paths
from dougong.web.records.locate import open_form
from dougong.web.records.long_rows import related_by_id
from dougong.web.request import begin_tx
from engines.form.scanning import LONGEST, by_code, code_field
from engines.kernel.problems import NotFound, Problem

scanning_pages = Blueprint("scanning", __name__)
scanning_pages.add_app_template_global(code_field, "code_field")


@scanning_pages.get("/a/<app>/<form>/scan")
def scanned(app: str, form: str) -> ResponseReturnValue:
    """The records with a code: `?path=lines.product&code=6901234567892`. Nothing where the code is unknown."""
    with begin_tx(read_only=True) as tx:
        opened = open_form(tx, app, form)
        path = request.args.get("path", "")[:200]
        field = opened.at(path)
        seen = visible_paths(tx, opened, None)
        if path not in seen or code_field(opened, field) is None:
            raise NotFound(Problem("field.unknown", path, f'There is no field "{path}"', {"key": path}))
        found = by_code(tx, opened, field, request.args.get("code", "")[:LONGEST])
        related = related_by_id(tx, opened, {path: {one.id for one in found}}, seen)
        return jsonify({"items": [{"id": one.id, "title": one.title} for one in found], "related": related})
