"""The file of an import as a request brings it."""

from flask import request
from werkzeug.datastructures import FileStorage

from dougong.imports.starting import begin_upload
from dougong.web.request import current_place, site_settings
from engines.form.transaction import Transaction
from engines.kernel.problems import Problem, Rejected


def sent_file() -> tuple[str, FileStorage]:
    """The part `file` of the request, with its name. Raises `Rejected` where no file was chosen."""
    file = request.files.get("file")
    if file is None or not file.filename:
        raise Rejected(Problem("import.no_file", "file", "Choose a file", {}))
    return file.filename, file


def begin_sent(tx: Transaction, app: str, form: str) -> int:
    """Keep the file of the request and let a job read it; gives the id of the import. Raises `Rejected`."""
    name, file = sent_file()
    return begin_upload(tx, site_settings(), current_place().workspace.key, app, form, name, file.stream)
