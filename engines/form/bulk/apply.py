"""Second step: staged rows become records, in chunks of 10,000, each one transaction that marks the ledger (D4).

A chunk that is marked is never applied again, so an import goes on after `kill -9` where it stopped. What others did
between the two steps is met again: a value that was taken meanwhile turns its row into a refused one, a record that
was changed meanwhile is changed one by one through the write path.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import and_, cast, func, insert, not_, or_, select, update
from sqlalchemy.exc import IntegrityError

from engines.form.bulk.derived import lock_counting
from engines.form.bulk.files import brings_files, claim_files
from engines.form.bulk.plan import Ledger, applied_chunks, get_ledger, note
from engines.form.bulk.stage import layout
from engines.form.bulk.statements import GOOD, changed, create_rows, update_rows
from engines.form.events import IMPORTED, consumers_of, publish
from engines.form.fields.base import Field
from engines.form.form import Form
from engines.form.names import DELETED, ID
from engines.form.nested import row_fields
from engines.form.policy import policy_for
from engines.form.policy.rules import ids as among
from engines.form.protect.seal import opened_values
from engines.form.records import update_record
from engines.form.stages.history import follow_stages
from engines.form.stages.known import staged
from engines.form.system import CHANGE, LEDGER, LEDGER_CHUNK, STAGING
from engines.form.transaction import Transaction
from engines.form.unique import index_columns, taken_problem, unique_fields
from engines.form.write.serials import Pattern, pattern_of, raise_to, serials_of, take
from engines.kernel.problems import Problem, ProblemError


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a ledger is: rows applied of rows staged."""

    done: int
    total: int
    finished: bool


def apply_chunk(tx: Transaction, form: Form, ledger_id: int) -> Progress:
    """Apply the next chunk that is not applied yet; with none left the ledger is finished and its event written.

    Call it once for each transaction until `finished`. Two workers with the same ledger wait for each other.
    """
    ledger = get_ledger(tx, ledger_id, lock=True)
    if ledger.state in ("done", "undone"):
        return Progress(ledger.total, ledger.total, finished=True)
    done = applied_chunks(tx, ledger_id)
    here = STAGING.c.ledger_id == ledger_id
    chunks = tx.connection.execute(select(STAGING.c.chunk).where(here).distinct().order_by(STAGING.c.chunk)).scalars()
    waiting = [chunk for chunk in chunks if chunk not in done]
    if waiting:
        note(tx, ledger_id, state="applying")
        _apply(tx, form, ledger, waiting[0])
    if len(waiting) <= 1:
        _finish(tx, form, ledger_id)
        return Progress(ledger.total, ledger.total, finished=True)
    applied = select(func.coalesce(func.sum(LEDGER_CHUNK.c.rows), 0)).where(LEDGER_CHUNK.c.ledger_id == ledger_id)
    return Progress(int(tx.connection.execute(applied).scalar_one()), ledger.total, finished=False)


def _apply(tx: Transaction, form: Form, ledger: Ledger, chunk: int) -> None:
    before = tx.cause
    tx.cause = ledger.cause
    try:
        for attempt in (1, 2):
            point = tx.connection.begin_nested()
            try:
                first, last, created, updated = _once(tx, form, ledger, chunk)
                point.commit()
                break
            except IntegrityError:
                point.rollback()
                if attempt == 2:
                    raise
                _refuse_taken(tx, form, ledger, chunk)
            except _OutOfReach as found:
                point.rollback()
                if attempt == 2:
                    raise
                _refuse(tx, ledger, {row: _unreachable(tx, form) for row in found.rows})
    finally:
        tx.cause = before
    here = and_(STAGING.c.ledger_id == ledger.id, STAGING.c.chunk == chunk)
    rows = tx.connection.execute(select(func.count()).select_from(STAGING).where(here)).scalar_one()
    good = select(func.count()).select_from(STAGING).where(here, STAGING.c.problems.is_(None))
    same = tx.connection.execute(good).scalar_one() - created - updated
    mark = {"ledger_id": ledger.id, "chunk": chunk, "at": tx.now, "first_id": first, "last_id": last, "rows": rows}
    tx.connection.execute(insert(LEDGER_CHUNK), mark)
    counts = {"created": created, "updated": updated, "unchanged": same}
    note(tx, ledger.id, **{name: LEDGER.c[name] + count for name, count in counts.items()})


class _OutOfReach(Exception):
    """Rows of a chunk that the actor may not write; not a problem of the caller but a reason to try without them."""

    def __init__(self, rows: list[int]) -> None:
        self.rows = rows
        super().__init__(f"{len(rows)} rows")


def _once(tx: Transaction, form: Form, ledger: Ledger, chunk: int) -> tuple[int | None, int | None, int, int]:
    place = {"P_ledger": ledger.id, "P_chunk": chunk}
    columns = layout(form, ledger.plan)
    serials = serials_of(form)
    parameters = {
        **place,
        "P_form": form.table.name,
        "P_at": tx.now,
        "P_actor": tx.actor.id,
        "P_origin": tx.origin,
        "P_cause": ledger.cause,
        "P_sample": ledger.plan.kind == "sample",
    }
    numbers = _numbers(tx, form, serials, columns, place)
    if serials:
        parameters["P_numbers"] = orjson.dumps(numbers).decode()
    parts = tuple(key for key in ledger.plan.columns if key in form.links or key in form.subforms)
    statement = create_rows(form, columns, tuple(one.key for one in serials), parts)
    counted = lock_counting(tx, form, columns, place)
    created, first, last = tx.connection.execute(statement, parameters).one()
    _judge_new(tx, form, ledger, place, first, last)
    updated, changed_ids = _update(tx, form, columns, place, parameters)
    _follow(tx, form, ledger, first, last, changed_ids)
    if counted is not None:
        counted.done(tx, ledger.cause, first, last, changed_ids)
    return first, last, created, updated


def _follow(tx: Transaction, form: Form, ledger: Ledger, first: int | None, last: int | None, ids: set[int]) -> None:
    """The history of the stages and the files of what a chunk created and changed."""
    if not staged(form) and not brings_files(tx, form, ledger.plan.columns):
        return
    if first is not None:
        ids = ids | set(_new_ids(tx, ledger, first, last))
    follow_stages(tx, form, ids)
    claim_files(tx, form, ledger.plan.columns, ids)


def _new_ids(tx: Transaction, ledger: Ledger, first: int, last: int | None) -> list[int]:
    """The records that a chunk created, in the order of its rows."""
    mine = and_(CHANGE.c.cause == ledger.cause, CHANGE.c.record_id.between(first, last), CHANGE.c.kind == "created")
    return list(tx.connection.execute(select(CHANGE.c.record_id).where(mine).order_by(CHANGE.c.record_id)).scalars())


def _numbers(
    tx: Transaction,
    form: Form,
    serials: Any,
    columns: tuple[str, ...],
    place: Mapping[str, int],
) -> dict[str, dict[str, str]]:
    """Serial numbers for the new records without one, by field and row; given numbers push the counters on."""
    found: dict[str, dict[str, str]] = {}
    for one in serials:
        needed = [segment["field"] for segment in one.options["segments"] if segment["kind"] == "field"]
        names = [one.key, *(name for name in needed if name in columns)]
        cells = [STAGING.c.cells[columns.index(name)].astext.label(name) for name in names]
        query = select(STAGING.c.row, *cells).where(*GOOD, STAGING.c.record_id.is_(None)).order_by(STAGING.c.row)
        groups: dict[Pattern, list[int]] = {}
        highest: dict[Pattern, int] = {}
        for row in tx.connection.execute(query, place).mappings():
            values = {name: row[name] for name in names}
            pattern = pattern_of(one, form.app, tx.now, tx.actor.zone, values)
            if row[one.key] is None:
                groups.setdefault(pattern, []).append(row["row"])
                continue
            counter = pattern.counter(row[one.key])
            if counter is not None:
                highest[pattern] = max(counter, highest.get(pattern, 0))
        for pattern in sorted(highest, key=lambda each: each.scope):
            raise_to(tx, pattern, highest[pattern])
        texts: dict[str, str] = {}
        for pattern in sorted(groups, key=lambda each: each.scope):
            rows = groups[pattern]
            texts |= {
                str(row): pattern.text(number) for row, number in zip(rows, take(tx, pattern, len(rows)), strict=True)
            }
        found[one.key] = texts
    return found


def _judge_new(
    tx: Transaction, form: Form, ledger: Ledger, place: Mapping[str, int], first: int | None, last: int | None
) -> None:
    """New records must be such as the actor may create. Owners were looked at before; conditions are asked now."""
    policy = policy_for(tx, form)
    conditions = [] if policy.everywhere("create") else [policy.rows("create")]
    paths = [*ledger.plan.columns, *(one.path for key in ledger.plan.columns for one in _row_fields(form, key))]
    rights = [policy.edits(path, "create") for path in paths]
    conditions += [right for right in rights if not isinstance(right, bool)]
    if not conditions or first is None:
        return
    table = form.table
    ids = _new_ids(tx, ledger, first, last)
    wrong = select(table.c[ID]).where(table.c[ID] == among(ids), or_(*(not_(one) for one in conditions)))
    bad = set(tx.connection.execute(wrong).scalars())
    if bad:
        query = select(STAGING.c.row).where(*GOOD, STAGING.c.record_id.is_(None)).order_by(STAGING.c.row)
        rows = tx.connection.execute(query, place).scalars()
        raise _OutOfReach([row for row, record_id in zip(rows, ids, strict=True) if record_id in bad])


def _row_fields(form: Form, key: str) -> Iterable[Field]:
    """The fields of rows that a column of a load brings; whose right hangs on the record is asked of each new one."""
    return row_fields(form.subforms[key]) if key in form.subforms else ()


def _update(
    tx: Transaction, form: Form, columns: tuple[str, ...], place: Mapping[str, int], parameters: Mapping[str, Any]
) -> tuple[int, set[int]]:
    """Change records: all that are as they were when staged at once, the others one by one.

    How many, and which of them at once.
    """
    here = (*GOOD, STAGING.c.record_id.is_not(None), changed())
    wanted = select(STAGING.c.record_id).where(*here).scalar_subquery()
    table = form.table
    lock = select(table.c[ID]).where(table.c[ID].in_(wanted)).order_by(table.c[ID]).with_for_update(of=table)
    if not tx.connection.execute(lock, place).first():
        return 0, set()
    done = set(tx.connection.execute(update_rows(form, columns), parameters).scalars())
    rest = select(STAGING.c.row, STAGING.c.record_id, STAGING.c.extra).where(*here).order_by(STAGING.c.record_id)
    count = len(done)
    refused: dict[int, list[Problem]] = {}
    for row in tx.connection.execute(rest, place).mappings().all():
        if row["record_id"] in done:
            continue
        try:
            count += update_record(tx, form, row["record_id"], opened_values(form, row["extra"]["values"])).changed
        except ProblemError as error:
            refused[row["row"]] = list(error.problems)
    if refused:
        _refuse(tx, get_ledger(tx, place["P_ledger"]), refused)
    return count, done


def _refuse(tx: Transaction, ledger: Ledger, problems: Mapping[int, Any]) -> None:
    """Turn staged rows into refused ones."""
    for row, found in problems.items():
        told = [one.as_dict() for one in found]
        here = and_(STAGING.c.ledger_id == ledger.id, STAGING.c.row == row)
        tx.connection.execute(update(STAGING).where(here).values(problems=told))
    note(tx, ledger.id, refused=LEDGER.c.refused + len(problems))


def _unreachable(tx: Transaction, form: Form) -> list[Problem]:
    label = form.label(tx.actor.locale)
    return [Problem("record.create_denied", "", "You may not add this record", {"form": label})]


def _refuse_taken(tx: Transaction, form: Form, ledger: Ledger, chunk: int) -> None:
    """After a refusal by the database: find the rows whose unique values were taken since they were staged."""
    columns = layout(form, ledger.plan)
    place = {"P_ledger": ledger.id, "P_chunk": chunk}
    table, own = form.table, form.table.alias()
    problems: dict[int, list[Problem]] = {}
    for one in unique_fields(form.fields):
        names = index_columns(one)
        if not set(names) & set(columns):
            continue
        values = [cast_cell(table, columns, name) if name in columns else own.c[name] for name in names]
        same = [table.c[name] == value for name, value in zip(names, values, strict=True)]
        other = table.c[ID].is_distinct_from(STAGING.c.record_id)
        source = STAGING.outerjoin(own, own.c[ID] == STAGING.c.record_id)
        source = source.join(table, and_(*same, table.c[DELETED].is_(None), other))
        for row, found in tx.connection.execute(
            select(STAGING.c.row, values[-1]).select_from(source).where(*GOOD), place
        ):
            problems.setdefault(row, []).append(taken_problem(one, one.key, tx.actor.locale, str(found)))
    _refuse(tx, ledger, problems)


def cast_cell(table: Any, columns: tuple[str, ...], name: str) -> Any:
    """A staged cell as the type of its column."""
    return cast(STAGING.c.cells[columns.index(name)].astext, table.c[name].type)


def _finish(tx: Transaction, form: Form, ledger_id: int) -> None:
    """One event for the whole write, with the range of its records; the staged rows that are good are not kept."""
    ledger = get_ledger(tx, ledger_id)
    span = select(func.min(LEDGER_CHUNK.c.first_id), func.max(LEDGER_CHUNK.c.last_id))
    first, last = tx.connection.execute(span.where(LEDGER_CHUNK.c.ledger_id == ledger_id)).one()
    note(tx, ledger_id, state="done", finished_at=tx.now)
    payload = {"ledger": ledger_id, "first": first, "last": last, "created": ledger.created, "updated": ledger.updated}
    before = tx.cause
    tx.cause = ledger.cause
    publish(tx, form.app, IMPORTED, form=form.key, payload=payload, consumers=consumers_of(form, IMPORTED))
    tx.cause = before
    gone = STAGING.delete().where(STAGING.c.ledger_id == ledger_id, STAGING.c.problems.is_(None))
    tx.connection.execute(gone)
