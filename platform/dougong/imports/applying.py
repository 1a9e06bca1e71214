"""Entries of a file through the importer, chunk after chunk: each one transaction with its mark in the ledger."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final

from sqlalchemy import insert, select, update

from dougong.imports import store
from engines.form.importing import Entry, Outcome
from engines.form.system import LEDGER, LEDGER_CHUNK, STAGING
from engines.form.transaction import Transaction
from engines.kernel.problems import Problem

CHUNK: Final = 500
LATER: Final = 1_000_000
"""Chunks from here on set relations to rows that came later."""


def chunks(entries: Iterable[Entry], size: int = CHUNK) -> Iterator[tuple[int, tuple[Entry, ...]]]:
    """Entries in numbered chunks, the same every time."""
    source, number = iter(entries), 0
    while batch := tuple(islice(source, size)):
        yield number, batch
        number += 1


def note_outcomes(
    tx: Transaction,
    import_id: int,
    chunk: int,
    outcomes: Sequence[Outcome],
    headers: Sequence[str],
    columns: Mapping[str, int | None],
    *,
    mark: bool,
) -> None:
    """Keep what became of a chunk: counts, rows with problems or gaps, and (in a run) the mark that it is committed."""
    made = (_row(tx, import_id, chunk, one, headers, columns) for one in outcomes)
    rows = [row for row in made if row is not None]
    if rows:
        tx.connection.execute(insert(STAGING), rows)
    counted = {name: sum(1 for one in outcomes if one.result == name) for name in RESULTS}
    values = {name: LEDGER.c[name] + count for name, count in counted.items()}
    tx.connection.execute(update(LEDGER).where(LEDGER.c.id == import_id).values(values))
    if mark:
        ids = [one.record_id for one in outcomes if one.record_id is not None]
        tx.connection.execute(
            insert(LEDGER_CHUNK).values(
                ledger_id=import_id,
                chunk=chunk,
                at=tx.now,
                first_id=min(ids, default=None),
                last_id=max(ids, default=None),
                rows=len(outcomes),
            )
        )


RESULTS: Final = ("created", "updated", "unchanged", "refused")


def _row(
    tx: Transaction,
    import_id: int,
    chunk: int,
    one: Outcome,
    headers: Sequence[str],
    columns: Mapping[str, int | None],
) -> dict[str, Any] | None:
    extra: dict[str, Any] = {}
    if one.missing:
        extra["missing"] = list(one.missing)
    if one.later:
        extra["later"] = dict(one.later)
    if one.choices:
        extra["choices"] = dict(one.choices)
    if not one.problems and not extra:
        return None
    problems = [placed(problem, one.entry, headers, columns) for problem in one.problems]
    return {
        "ledger_id": import_id,
        "row": one.entry.number,
        "chunk": chunk,
        "record_id": one.record_id,
        "extra": extra,
        "raw": store.sealed(tx, [list(cells) for cells in one.entry.rows]) if problems else [],
        "problems": problems,
    }


def placed(
    problem: Problem, entry: Entry | None, headers: Sequence[str], columns: Mapping[str, int | None]
) -> dict[str, Any]:
    """A problem as the ledger keeps it: with the row and the column of the file."""
    head, _, rest = problem.path.partition(".")
    name, _, index = head.partition("[")
    path = f"{name}.{rest}" if rest else name
    column = columns.get(path)
    number = entry.number if entry is not None else None
    if entry is not None and index.rstrip("]").isdigit() and int(index.rstrip("]")) < len(entry.numbers):
        number = entry.numbers[int(index.rstrip("]"))]
    told = problem.as_dict() | {"field": path, "row": number}
    if column is not None and column < len(headers):
        told["column"] = headers[column]
        told["position"] = column
    return told


def waiting_rows(tx: Transaction, import_id: int) -> list[Any]:
    """Rows whose relations wait for rows that came later: `row`, `record_id`, `extra`."""
    query = select(STAGING.c.row, STAGING.c.record_id, STAGING.c.extra)
    query = query.where(STAGING.c.ledger_id == import_id, STAGING.c.record_id.is_not(None))
    return list(tx.connection.execute(query.where(STAGING.c.extra.has_key("later")).order_by(STAGING.c.row)))


def note_failed(tx: Transaction, import_id: int, failed: Mapping[int, list[dict[str, Any]]]) -> None:
    """Add problems to rows whose relations could not be set; their records stay."""
    for number, problems in failed.items():
        mine = update(STAGING).where(STAGING.c.ledger_id == import_id, STAGING.c.row == number)
        tx.connection.execute(mine.values(problems=problems))


def new_choices(tx: Transaction, import_id: int) -> dict[str, list[str]]:
    """The texts that are to become choices, by field, as the last trial met them."""
    query = select(STAGING.c.extra).where(STAGING.c.ledger_id == import_id, STAGING.c.extra.has_key("choices"))
    found: dict[str, set[str]] = {}
    for extra in tx.connection.scalars(query):
        for key, text in extra["choices"].items():
            found.setdefault(key, set()).add(text)
    return {key: sorted(texts) for key, texts in found.items()}


def restart(tx: Transaction, import_id: int, total: int) -> None:
    """Forget an earlier trial and count from nothing."""
    store.clear_rows(tx, import_id)
    store.note(tx, import_id, total=total, **dict.fromkeys(RESULTS, 0))
