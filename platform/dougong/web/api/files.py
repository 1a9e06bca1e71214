"""`/api/v1`: files are sent in first, then named by the fields of a record; they are read where the record is."""

from typing import Any

from flask import Blueprint, Response, request

from dougong.apps import store
from dougong.files.store import keep
from dougong.web.api.base import scope
from dougong.web.api.openapi import IDEMPOTENCY_KEY, OpenApi
from dougong.web.api.records import RECORDS
from dougong.web.api.writing import change
from dougong.web.pages.files import file_of, handed
from dougong.web.request import begin_tx, site_settings
from engines.form.transaction import Transaction
from engines.kernel.problems import Problem, Rejected

files_api = Blueprint("files_api", __name__, url_prefix="/api/v1")


@files_api.post("/files")
@scope("records:write")
def upload() -> Response:
    """Keep a file (multipart, part `file`). Its id is what attachments, pictures and signatures take."""
    sent = request.files.get("file")

    def work(tx: Transaction) -> tuple[Any, int]:
        if sent is None or not sent.filename:
            raise Rejected(Problem("file.missing", "file", "Choose a file"))
        return keep(tx, site_settings(), sent.stream, sent.filename).as_dict(), 201

    return change(work)


@files_api.get(f"{RECORDS}/<int:record_id>/files/<field>/<token>")
@scope("records:read")
def download(app: str, form: str, record_id: int, field: str, token: str) -> Response:
    """The content of a file of a record, for those who may see the field (`photos`, `lines.scan`)."""
    with begin_tx(read_only=True) as tx:
        return handed(file_of(tx, store.forms(tx, app).get(form), record_id, field, token))


def describe(_tx: Transaction, document: OpenApi) -> None:
    """The paths of files."""
    text = {"type": "string"}
    file = {"id": text, "name": text, "size": {"type": "integer"}, "mime": text}
    document.path(
        "post",
        "/files",
        "Send in a file",
        scope="records:write",
        tag="Files",
        parameters=[IDEMPOTENCY_KEY],
        answer={"type": "object", "required": list(file), "properties": file},
        status=201,
        description="multipart/form-data with the part `file`. A record takes only files that its writer has sent in, "
        "or that the writer may see in another record.",
    )
    document.path(
        "get",
        "/apps/{app}/forms/{form}/records/{record_id}/files/{field}/{token}",
        "Read a file of a record",
        scope="records:read",
        tag="Files",
        description="The answer is the file itself. `field` is a key, or `lines.scan` for the rows of a sub-form.",
    )
