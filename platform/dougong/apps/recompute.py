"""Kept values that were left to a job: who hears of them, and the job with its progress."""

from collections.abc import Mapping
from typing import Any, Final

from dougong.apps import store
from dougong.jobs import queue
from dougong.jobs.context import JobContext
from engines.form import events
from engines.form.derive.job import Ahead, recompute_chunk
from engines.form.derive.pending import RECOMPUTING
from engines.form.transaction import Transaction

TITLE: Final[Mapping[str, str]] = {"zh-CN": "重新计算受影响的记录", "en": "Recomputing records"}


def deliver(tx: Transaction, event: Any) -> None:
    """Start the job for a row of `_recompute`, in the transaction that acknowledges the event."""
    row = event.payload["recompute"]
    queue.start(tx, "recompute", {"app": event.app, "recompute": row}, title=TITLE, unique_key=str(row))


CONSUMER: Final = events.Consumer("recompute", lambda _form, event_type: event_type == RECOMPUTING)


def run_recompute(job: JobContext, params: Mapping[str, Any]) -> Mapping[str, Any]:
    """Set the values of a row of `_recompute` anew, a piece in each transaction; a killed attempt is gone on with."""
    ahead = Ahead()
    while True:
        with job.begin(origin="system") as tx:
            piece = recompute_chunk(tx, store.forms(tx, params["app"]), params["recompute"], ahead=ahead)
            job.report(tx, piece.done, piece.done + piece.left, TITLE)
        if piece.finished:
            return {"records": piece.done}
