"""Sending files in and handing them out again, after the policy of the record that they belong to."""

from collections.abc import Iterator, Mapping
from urllib.parse import quote

from flask import Blueprint, Response, jsonify, request, stream_with_context
from flask.typing import ResponseReturnValue
from werkzeug.http import dump_options_header

from dougong.files.store import CHUNK, SHOWN, Stored, find, keep, last_signature, read
from dougong.web.records.locate import open_form
from dougong.web.request import begin_tx, site_settings
from engines.form.fields.image import SHOWABLE
from engines.form.form import Form
from engines.form.nested import rows_of
from engines.form.query import get_record
from engines.form.transaction import Transaction
from engines.kernel.problems import NotFound, Problem, Rejected
from engines.workflow.access import grants_for

file_pages = Blueprint("files", __name__)


@file_pages.post("/files")
def upload() -> ResponseReturnValue:
    """Keep one file (form field `file`); gives what an attachment field takes. With `kind=image` only pictures are."""
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        raise Rejected(Problem("file.missing", "file", "Choose a file"))
    with begin_tx() as tx:
        stored = keep(tx, site_settings(), sent.stream, sent.filename)
        if request.form.get("kind") == "image" and stored.mime not in SHOWABLE:
            message = f'"{stored.name}" is not a picture'
            raise Rejected(Problem("attachment.not_an_image", "file", message, {"name": stored.name}))
    return jsonify(stored.as_dict()), 201


@file_pages.get("/files/last-signature")
def signature() -> ResponseReturnValue:
    """The signature that the person drew last, as a field takes it; empty where there is none."""
    with begin_tx(read_only=True) as tx:
        found = last_signature(tx)
        return jsonify(found.as_dict() if found else None)


@file_pages.get("/a/<app>/<form>/<int:record_id>/files/<field>/<token>")
def download(app: str, form: str, record_id: int, field: str, token: str) -> ResponseReturnValue:
    """A file of a record's field, for those who may see that field of that record."""
    with begin_tx(read_only=True) as tx:
        return handed(file_of(tx, open_form(tx, app, form), record_id, field, token))


@file_pages.get("/files/<token>")
def own_download(token: str) -> ResponseReturnValue:
    """A file that the person has just sent and not saved with a record yet."""
    with begin_tx(read_only=True) as tx:
        stored = find(tx, token)
        if stored.created_by is None or stored.created_by != tx.actor.id:
            raise NotFound(Problem("file.unknown", "", "There is no such file"))
        return handed(stored)


def file_of(tx: Transaction, form: Form, record_id: int, field: str, token: str) -> Stored:
    """A file that the actor may see in a field of a record or of any of its rows. Raises `NotFound`.

    `scan`, `lines.scan` and `lines.parts.scan` are such fields.
    """
    record = get_record(tx, form, record_id, grants=grants_for(tx, form, record_id))
    rows, _, key = field.rpartition(".")
    held: object = ()
    if rows in form.subforms:
        held = tuple(one for _, row in rows_of(record.values, rows) for one in _listed(row.get(key)))
    elif not rows and key not in form.subforms:
        held = record.values.get(key)
    if not any(isinstance(one, Mapping) and str(one.get("id")) == token for one in _listed(held)):
        raise NotFound(Problem("file.unknown", "", "There is no such file"))
    return find(tx, token)


def _listed(value: object) -> tuple[object, ...]:
    """The values of a field of files; nothing of other fields."""
    return tuple(value) if isinstance(value, tuple | list) else ()


def _named(name: str) -> dict[str, str]:
    """The name of a file in a header, which holds Latin letters only: others stand beside it, encoded (RFC 6266)."""
    if name.isascii():
        return {"filename": name}
    plain = "".join(letter if letter.isascii() else "_" for letter in name)
    return {"filename": plain, "filename*": f"UTF-8''{quote(name, safe='')}"}


def handed(stored: Stored) -> Response:
    """The bytes of a stored file as an answer that no browser runs."""
    stream = read(site_settings(), stored)

    def chunks() -> Iterator[bytes]:
        with stream:
            while part := stream.read(CHUNK):
                yield part

    response = Response(stream_with_context(chunks()), mimetype=stored.mime)
    way = "inline" if stored.mime in SHOWN and "download" not in request.args else "attachment"
    response.headers["Content-Disposition"] = dump_options_header(way, _named(stored.name))
    response.headers["Content-Length"] = str(stored.size)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cache-Control"] = "private, max-age=3600"
    return response
