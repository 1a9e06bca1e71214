"""Renaming and merging tags on very many records: a job that goes through them in pieces and may be killed."""

from collections.abc import Collection, Mapping
from typing import Any, Final

from dougong.apps import store
from dougong.jobs import queue
from dougong.jobs.context import JobContext
from engines.form.form import Form
from engines.form.tags import carrying, merge_piece
from engines.form.transaction import Transaction

TITLE: Final[Mapping[str, str]] = {"zh-CN": "修改标签", "en": "Changing tags"}


def start_merge(tx: Transaction, form: Form, key: str, old: Collection[str], new: str) -> int:
    """Begin the job; gives its id. One at a time for a field."""
    params = {"app": form.app, "form": form.key, "field": key, "old": list(old), "new": new}
    return queue.start(tx, "tags", params, title=TITLE, unique_key=f"{form.app}.{form.key}.{key}")


def run(job: JobContext, params: Mapping[str, Any]) -> Mapping[str, Any]:
    """Change the records piece by piece; gives how many were changed, and how many rules held and why."""
    changed, kept, why = job.done, 0, None
    after: int | None = 0
    total: int | None = None
    while after is not None:
        with job.begin(origin="page") as tx:
            form = store.forms(tx, params["app"]).get(params["form"])
            asked = form, params["field"], params["old"], params["new"]
            if total is None:
                total = changed + carrying(tx, *asked)
            piece = merge_piece(tx, *asked, after=after)
            changed, kept, after, why = changed + piece.changed, kept + piece.kept, piece.last, why or piece.why
            job.report(tx, changed, total, TITLE)
    return {"changed": changed, "kept": kept, "why": [] if why is None else [why.as_dict()]}
