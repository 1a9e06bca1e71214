"""Making the file of an export, in one transaction or in many.

The records and their order are fixed by one statement at the start. A large export then reads them a thousand at a
time in transactions of their own, so that it never holds up a publish: each record is as it stands when its turn
comes, one that went to the trash or out of the reader's sight meanwhile is left out, a new one does not come in.
"""

import time
from array import array
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import IO, Final

from dougong.apps import store as apps
from dougong.exports.files import writing
from dougong.exports.store import ExportPlan
from engines.form.exporting import ExportColumn, export_columns, export_lines
from engines.form.form import Form
from engines.form.query import ids_in_order
from engines.form.transaction import Transaction
from engines.kernel.problems import Conflict, NotFound, Problem, Rejected

CHUNK: Final = 1_000
TOLD_EVERY: Final = 0.5

Begin = Callable[[], AbstractContextManager[Transaction]]
Tell = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Made:
    """What a file holds."""

    records: int
    lines: int
    cut: int


def write_now(
    tx: Transaction,
    form: Form,
    plan: ExportPlan,
    columns: Sequence[ExportColumn],
    ids: Sequence[int],
    file: IO[bytes],
) -> Made:
    """Write the file of a small export in the caller's transaction."""
    lines = 0
    with writing(plan.format, file, columns) as writer:
        for cells in export_lines(tx, form, columns, ids, repeat=plan.repeat):
            writer.line(cells)
            lines += 1
    return Made(len(ids), lines, writer.cut)


def write_long(begin: Begin, app: str, form: str, plan: ExportPlan, file: IO[bytes], tell: Tell) -> Made:
    """Write the file of a large export; `tell` is told how many of how many records are written, now and then.

    Raises `Conflict` where a publish took one of the columns away meanwhile.
    """
    with begin() as tx:
        opened = apps.forms(tx, app).get(form)
        columns = export_columns(tx, opened, plan.columns)
        ids = array("q", ids_in_order(tx, opened, plan.query, operation="export"))
    lines, told = 0, 0.0
    with writing(plan.format, file, columns) as writer:
        for start in range(0, len(ids), CHUNK):
            if time.monotonic() - told > TOLD_EVERY:
                tell(start, len(ids))
                told = time.monotonic()
            batch = ids[start : start + CHUNK]
            with begin() as tx:
                for cells in export_lines(tx, *_again(tx, app, form, columns), batch, repeat=plan.repeat):
                    writer.line(cells)
                    lines += 1
        tell(len(ids), len(ids))
    return Made(len(ids), lines, writer.cut)


def _again(
    tx: Transaction, app: str, form: str, columns: Sequence[ExportColumn]
) -> tuple[Form, Sequence[ExportColumn]]:
    """Form and columns as this transaction has them: rights and definitions may have moved."""
    try:
        opened = apps.forms(tx, app).get(form)
        return opened, export_columns(tx, opened, [one.path for one in columns])
    except (NotFound, Rejected) as error:
        message = "The form was changed while it was exported; export again"
        raise Conflict(Problem("export.form_changed", "", message, {})) from error
