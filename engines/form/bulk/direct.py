"""Up to 10,000 rows in one transaction: all of them or none (the bulk calls of the API)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from engines.form.bulk.apply import apply_chunk
from engines.form.bulk.columns import ABSENT
from engines.form.bulk.follow import refused_rows
from engines.form.bulk.plan import CHUNK, BulkPlan, begin_bulk, get_ledger
from engines.form.bulk.stage import stage_rows
from engines.form.form import Form
from engines.form.system import CHANGE
from engines.form.transaction import Transaction
from engines.kernel.problems import Problem, Rejected


@dataclass(frozen=True, slots=True)
class Written:
    """What a bulk call did. `created` are the ids of new records in the order of their rows."""

    ledger_id: int
    created: tuple[int, ...]
    updated: int
    unchanged: int


def bulk_write(
    tx: Transaction, form: Form, rows: Sequence[Mapping[str, Any]], *, key: str | None = None, update: bool = False
) -> Written:
    """Create records, or with `key` update those that have the same value (and with `update` only these).

    Rows are like the values of `create_record`. Raises `Rejected` with every problem at `rows[3].qty`; then nothing
    was written.
    """
    if len(rows) > CHUNK:
        message = f"At most {CHUNK} rows at once, these are {len(rows)}"
        raise Rejected(Problem("bulk.too_many_rows", "rows", message, {"max": CHUNK, "count": len(rows)}))
    columns = tuple(dict.fromkeys(name for row in rows for name in row))
    mode: Any = "create" if key is None else "update" if update else "upsert"
    ledger = begin_bulk(tx, form, BulkPlan(columns, mode, key))
    staged = stage_rows(tx, form, ledger, [[row.get(name, ABSENT) for name in columns] for row in rows], 1)
    if staged.bad:
        raise Rejected(problem.under(f"rows[{bad.row - 1}]") for bad in staged.bad for problem in bad.problems)
    apply_chunk(tx, form, ledger.id)
    done = get_ledger(tx, ledger.id)
    if done.refused:
        raise Rejected(_refused(tx, form, ledger.id))
    query = select(CHANGE.c.record_id).where(CHANGE.c.cause == done.cause, CHANGE.c.kind == "created")
    ids = tx.connection.execute(query.order_by(CHANGE.c.record_id)).scalars()
    return Written(ledger.id, tuple(ids), done.updated, done.unchanged)


def _refused(tx: Transaction, form: Form, ledger_id: int) -> Iterator[Problem]:
    """What was found out only when the rows were written, by row."""
    for bad in refused_rows(tx, form, ledger_id, limit=CHUNK):
        for one in bad.problems:
            problem = Problem(one["code"], one["path"], one["message"], one["params"])
            yield problem.under(f"rows[{bad.row - 1}]")
