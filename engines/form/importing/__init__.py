"""Records from the rows of a file: what its columns mean, how cells are read, how rows become records, and undo.

The host reads the file and keeps the ledger; here rows are lists of cells (text, numbers, booleans) with their numbers.
"""

from engines.form.importing.apply import Importer, Outcome
from engines.form.importing.dates import DATE_ORDERS, depends_on_order, fitting_orders
from engines.form.importing.group import Entry, entries_of
from engines.form.importing.guess import guess_targets
from engines.form.importing.plan import ImportPlan, Target, check_plan, importable
from engines.form.importing.undo import Undone, undo_records

__all__ = [
    "DATE_ORDERS",
    "Entry",
    "ImportPlan",
    "Importer",
    "Outcome",
    "Target",
    "Undone",
    "check_plan",
    "depends_on_order",
    "entries_of",
    "fitting_orders",
    "guess_targets",
    "importable",
    "undo_records",
]
