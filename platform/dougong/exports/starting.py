"""Beginning an export: small ones are written at once, large ones become a job."""

import io
import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO, Final

from dougong.exports import store
from dougong.exports.making import write_now
from dougong.jobs import queue
from engines.form.exporting import ExportColumn, count_lines, export_columns
from engines.form.fields.times import day_of
from engines.form.form import Form
from engines.form.policy import policy_for
from engines.form.query import Query, ids_in_order
from engines.form.transaction import Transaction

TITLE: Final = {"zh-CN": "导出", "en": "Export"}
IN_MEMORY: Final = 4 << 20
_NO_NAME: Final = re.compile(r'[\x00-\x1f\\/:*?"<>|]+')


@dataclass(frozen=True, slots=True)
class Begun:
    """An export that began: its ledger, and the file where it is there already."""

    id: int
    name: str
    format: str
    file: IO[bytes] | None = None


def begin_export(
    tx: Transaction,
    form: Form,
    query: Query,
    paths: Sequence[str] | None,
    *,
    format: str = "xlsx",
    repeat: bool = False,
    at_once: bool = True,
) -> Begun:
    """Export what a list asks for; `paths` None means every field that the form shows.

    With `at_once` up to 2,000 records are written here. Raises `Forbidden`, and `Rejected` for columns, filters, sorts
    or a format that are wrong.
    """
    policy_for(tx, form).require("export")
    columns = export_columns(tx, form, paths)
    actor = tx.actor
    asked = Query(filter=query.filter, search=query.search, sort=query.sort)
    chosen = tuple(one.path for one in columns)
    plan = store.ExportPlan(asked, chosen, format, repeat, actor.locale, actor.zone, actor.is_admin)
    named = _NO_NAME.sub(" ", form.label(actor.locale)).strip()[:80] or form.key
    name = f"{named}-{day_of(tx.now, actor.zone)}.{format}"
    first = ids_in_order(tx, form, asked, operation="export", limit=store.AT_ONCE + 1)
    number = store.note_export(tx, form.app, form.key, name, plan)
    if at_once and _few(tx, form, columns, first):
        return Begun(number, name, format, _write(tx, form, plan, columns, first, number))
    job = queue.start(tx, "export", {"export": number}, title=TITLE, unique_key=f"export:{number}")
    store.note_job(tx, number, job)
    return Begun(number, name, format)


def _few(tx: Transaction, form: Form, columns: Sequence[ExportColumn], ids: Sequence[int]) -> bool:
    return len(ids) <= store.AT_ONCE and count_lines(tx, form, columns, ids) <= store.LINES_AT_ONCE


def _write(
    tx: Transaction,
    form: Form,
    plan: store.ExportPlan,
    columns: Sequence[ExportColumn],
    ids: Sequence[int],
    number: int,
) -> IO[bytes]:
    file = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - it is handed out
    try:
        made = write_now(tx, form, plan, columns, ids, file)
    except BaseException:
        file.close()
        raise
    size = file.tell()
    file.seek(0)
    store.note_done(tx, number, made.records, made.lines, size, made.cut)
    if size > IN_MEMORY:
        return file
    with file:  # nothing on disk waits for its reader
        return io.BytesIO(file.read())
