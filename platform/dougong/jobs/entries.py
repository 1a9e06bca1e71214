"""Every kind of job and the module path of its code: the one place where code is imported inside a function (D17).

A web process lists jobs without importing what they need (spreadsheet writers, pinyin dictionaries); the job's own
process imports it. `tests/host/test_jobs.py` holds that every path exists.
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from engines.kernel.problems import NotFound, Problem, suggest

if TYPE_CHECKING:
    from dougong.jobs.context import JobContext

Entry = Callable[["JobContext", Mapping[str, Any]], Mapping[str, Any] | None]

ENTRIES: dict[str, str] = {
    "probe": "dougong.jobs.probe:run",
    "pack_install": "dougong.packs.jobs:run_install",
    "pack_remove": "dougong.packs.jobs:run_remove",
    "sample_data": "dougong.packs.jobs:run_sample",
    "publish": "dougong.apps.jobs:run_publish",
    "import_read": "dougong.imports.jobs:run_read",
    "import_check": "dougong.imports.jobs:run_check",
    "import_run": "dougong.imports.jobs:run_run",
    "import_undo": "dougong.imports.jobs:run_undo",
    "recompute": "dougong.apps.recompute:run_recompute",
    "export": "dougong.exports.jobs:run",
    "tags": "dougong.tags:run",
    "form_from_file": "dougong.designer.from_file:run",
}


def load_entry(kind: str) -> Entry:
    """The code of a kind of job. Raises `NotFound` for a kind that does not exist."""
    path = ENTRIES.get(kind)
    if path is None:
        message = f'There is no job "{kind}"{suggest(kind, ENTRIES)}'
        raise NotFound(Problem("job.unknown_kind", "kind", message, {"kind": kind}))
    module, _, name = path.partition(":")
    entry: Entry = getattr(import_module(module), name)
    return entry
