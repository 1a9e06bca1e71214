"""Many records at once: the same rules as a single write, set by set, with a ledger that can be undone (D4)."""

from engines.form.bulk.apply import Progress, apply_chunk
from engines.form.bulk.direct import Written, bulk_write
from engines.form.bulk.follow import Refused, fill_search, refused_rows
from engines.form.bulk.plan import CHUNK, BulkPlan, Ledger, begin_bulk, get_ledger, staged_rows
from engines.form.bulk.stage import stage_rows
from engines.form.bulk.undo import Undone, undo_chunk
from engines.form.bulk.work import RowProblems, Staged

__all__ = [
    "CHUNK",
    "BulkPlan",
    "Ledger",
    "Progress",
    "Refused",
    "RowProblems",
    "Staged",
    "Undone",
    "Written",
    "apply_chunk",
    "begin_bulk",
    "bulk_write",
    "fill_search",
    "get_ledger",
    "refused_rows",
    "stage_rows",
    "staged_rows",
    "undo_chunk",
]
