"""Beginning an import and its steps: the uploaded file is kept, and jobs do the rest."""

from collections.abc import Mapping
from typing import IO, Any, Final

from dougong.config import Settings
from dougong.imports import store
from dougong.imports.uploads import store_upload
from dougong.jobs import queue
from engines.form.transaction import Transaction

TITLES: Final[Mapping[str, Mapping[str, str]]] = {
    "import_read": {"zh-CN": "读取文件", "en": "Reading the file"},
    "import_check": {"zh-CN": "试导入", "en": "Dry run of an import"},
    "import_run": {"zh-CN": "导入", "en": "Import"},
    "import_undo": {"zh-CN": "撤销导入", "en": "Undo an import"},
    "form_from_file": {"zh-CN": "从文件创建表单", "en": "Making a form from a file"},
}
"""What the jobs of an import are called."""
NAME_LIMIT: Final = 120


def begin_upload(
    tx: Transaction, settings: Settings, workspace: str, app: str, form: str, name: str, stream: IO[bytes]
) -> int:
    """Keep an uploaded file and let a job read it; gives the id of the import. Raises `Rejected`."""
    name = name[-NAME_LIMIT:]
    number = store.begin_import(tx, app, form, name)
    store_upload(store.folder_of(settings, workspace, number), name, stream)
    start_step(tx, number, "import_read")
    return number


def start_step(tx: Transaction, import_id: int, kind: str, more: Mapping[str, Any] | None = None) -> None:
    """Start the job of a step; an import has one at a time."""
    params = {"import": import_id, **(more or {})}
    job = queue.start(tx, kind, params, title=TITLES[kind], unique_key=f"import:{import_id}")
    store.keep(tx, import_id, job=job)
