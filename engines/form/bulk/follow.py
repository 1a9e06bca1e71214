"""After a bulk write: search texts of large loads, and the rows that were refused, to be mended and sent again."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from engines.form.bulk.plan import get_ledger
from engines.form.derive.texts import write_search
from engines.form.form import Form
from engines.form.names import ID, SEARCH
from engines.form.protect.seal import opened_cells
from engines.form.search import searched_fields
from engines.form.system import STAGING
from engines.form.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that was not taken: its number, what was sent, and what is wrong by field."""

    row: int
    raw: list[Any]
    problems: list[dict[str, Any]]


def refused_rows(
    tx: Transaction, form: Form, ledger_id: int, *, after: int = 0, limit: int = 1000
) -> Iterator[Refused]:
    """The refused rows of a ledger in their order, in pieces; cells of encrypted fields are opened."""
    columns = get_ledger(tx, ledger_id).plan.columns
    query = select(STAGING.c.row, STAGING.c.raw, STAGING.c.problems).where(
        STAGING.c.ledger_id == ledger_id, STAGING.c.problems.is_not(None), STAGING.c.row > after
    )
    for row in tx.connection.execute(query.order_by(STAGING.c.row).limit(limit)):
        yield Refused(row.row, opened_cells(form, columns, row.raw or []), row.problems)


def fill_search(tx: Transaction, form: Form, *, after: int = 0, size: int = 2000) -> int | None:
    """Fill the search texts of the next records that have none; gives the last id, None when nothing is left."""
    table = form.table
    if not searched_fields(form):
        return None
    query = select(table.c[ID]).where(table.c[SEARCH].is_(None), table.c[ID] > after).order_by(table.c[ID])
    ids = list(tx.connection.execute(query.limit(size).with_for_update()).scalars())
    if not ids:
        return None
    write_search(tx, form, ids)
    return ids[-1]
