"""Lists: first how many and, when they are few, which; then the page in order (D4).

One statement counts up to the cap and, where at most 2,000 records meet the conditions, gives their ids: the page is
then a sort of these. Past that the ordered scan with the conditions as a filter is faster. Long search terms are looked
at again in Python, because pairs of characters say nothing about order.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import ColumnElement, case, func, literal, select

from engines.form.derive.pending import lags, recomputing
from engines.form.fields.money import Amount
from engines.form.filters import read_filter
from engines.form.form import Form
from engines.form.policy import Grant
from engines.form.policy.policy import denied
from engines.form.policy.rules import ids as among
from engines.form.query.ask import Ask, ask
from engines.form.query.conditions import filter_condition
from engines.form.query.order import Key, after, order_keys, ordering, read_cursor, write_cursor
from engines.form.query.reader import Reader
from engines.form.query.types import CAP, LAST_OFFSET, MOST_ROWS, SELECTIVE, Page, Query, Record, Sort
from engines.form.rates.columns import code_column
from engines.form.rates.totals import base_of, in_base, is_mixed
from engines.form.search import exact, matches, searched_keys, terms_of
from engines.form.transaction import Transaction
from engines.formula import Type
from engines.kernel.problems import Forbidden, Problem, Rejected

NEWEST: Final = (Sort("_created_at", descending=True),)
_KEY: Final = "_key."
_LEAST: Final = "_least."
_MOST: Final = "_most."
_LAGS: Final = "_lags"


def list_records(tx: Transaction, form: Form, query: Query, *, grants: Iterable[Grant] = ()) -> Page:
    """One page of the records that the actor may see.

    Raises `Forbidden` where the actor may see none by right, `Rejected` for filters, sorts and cursors that are wrong.
    """
    asked = ask(tx, form, grants)
    if not asked.policy.may("delete" if query.trash else "read"):
        raise Forbidden(denied(form, "read"))
    _check(query)
    sort = query.sort or (NEWEST if "_created_at" in form.table.c else ())
    keys = order_keys(asked, sort)
    terms = terms_of(query.search)
    where = condition_of(asked, query, terms)
    total, few = _probe(asked, query, where, terms)
    if few is not None and terms and not exact(terms):
        few = _recheck(asked, few, terms)
        total = len(few)
    if few is not None:
        where = asked.table.c.id == among(few)
    reader = _reader(asked, query, terms)
    unsure = few is None and bool(terms) and not exact(terms)
    place: list[Any] | None = None
    rows: list[dict[str, Any]] = []
    if unsure:
        rows, place = _sifted(reader, query, keys, where, terms)
    elif few != []:
        rows = _page(reader, query, keys, where)
    if len(rows) > query.limit:
        rows = rows[: query.limit]
        place = _place(rows[-1], keys)
    records: list[Record] = _late(asked, reader.records(rows), rows)
    counted: int | None = min(total, CAP) if query.count == "capped" else total
    return Page(
        rows=tuple(_only(one, query) for one in records),
        total=None if query.count == "none" or unsure else counted,
        capped=query.count != "none" and (unsure or (query.count == "capped" and total > CAP)),
        next_cursor=None if place is None else write_cursor(asked, query, place),
        totals=_totals(asked, query, where) if query.totals else {},
    )


def _late(asked: Ask, records: list[Record], rows: list[dict[str, Any]]) -> list[Record]:
    """The records, with the kept values that are not up to date where any are."""
    if not rows or not rows[0].get(_LAGS):
        return records
    late = recomputing(asked.tx, asked.form, [one.id for one in records])
    late = {record: frozenset(p for p in paths if asked.policy.sees(p) is not False) for record, paths in late.items()}
    return [replace(one, recomputing=late.get(one.id, frozenset())) for one in records]


def condition_of(asked: Ask, query: Query, terms: tuple[str, ...] | None = None) -> ColumnElement[bool]:
    """Everything that a record must meet to be in a list: being there, policy, filter, search."""
    terms = terms_of(query.search) if terms is None else terms
    tree = read_filter(asked.form, query.filter, asked.context)
    right = asked.policy.rows("delete" if query.trash else "read")
    if query.trash:
        right = right & asked.policy.rows("read")
    searched = asked.found_by(terms)
    return asked.alive(trash=query.trash) & right & filter_condition(tree, asked.scope, asked.context) & searched


def visible_ids(tx: Transaction, form: Form, query: Query, *, limit: int) -> list[int]:
    """The ids of the records that a list shows, without order: for batch edits and exports of a selection."""
    asked = ask(tx, form)
    asked.policy.require("read")
    where = condition_of(asked, query)
    found = asked.run(select(asked.table.c.id).where(where).order_by(asked.table.c.id).limit(limit))
    ids = list(found.scalars())
    terms = terms_of(query.search)
    return ids if exact(terms) else _recheck(asked, ids, terms)


def ids_in_order(tx: Transaction, form: Form, query: Query, *, operation: str, limit: int | None = None) -> list[int]:
    """The ids of the records that a list shows and with which the actor may do something, in the list's order.

    One statement, so they are of one moment. Raises `Forbidden`, and `Rejected` for filters and sorts that are wrong.
    """
    asked = ask(tx, form)
    for one in ("read", operation):
        asked.policy.require(one)
    terms = terms_of(query.search)
    where = condition_of(asked, query, terms) & asked.policy.rows(operation)
    keys = order_keys(asked, query.sort or (NEWEST if "_created_at" in form.table.c else ()))
    ordered = select(asked.table.c.id).where(where).order_by(*ordering(keys))
    sure = not terms or exact(terms)
    ids = list(asked.run(ordered if limit is None or not sure else ordered.limit(limit)).scalars())
    if sure:
        return ids
    found: list[int] = []
    for start in range(0, len(ids), SELECTIVE):
        batch = ids[start : start + SELECTIVE]
        meant = set(_recheck(asked, batch, terms))
        found += [one for one in batch if one in meant]
        if limit is not None and len(found) >= limit:
            return found[:limit]
    return found


def _check(query: Query) -> None:
    problems = []
    if not 1 <= query.limit <= MOST_ROWS:
        problems.append(Problem("query.limit", "limit", f"Must be 1 to {MOST_ROWS}", {"max": MOST_ROWS}))
    if not 0 <= query.offset <= LAST_OFFSET:
        message = f"Must be at most {LAST_OFFSET}; use the cursor to go further"
        problems.append(Problem("query.offset", "offset", message, {"max": LAST_OFFSET}))
    if query.cursor and query.offset:
        problems.append(Problem("query.place", "cursor", "Give a cursor or an offset, not both", {}))
    if problems:
        raise Rejected(problems)


def _probe(
    asked: Ask, query: Query, where: ColumnElement[bool], terms: tuple[str, ...]
) -> tuple[int, list[int] | None]:
    """How many there are (up to the cap) and their ids when they are few."""
    restricted = bool(terms) or bool(query.filter) or not asked.policy.everywhere("read")
    if query.count == "none" and not restricted:
        return 0, None
    table = asked.table
    if query.count == "exact":
        total = asked.run(select(func.count()).select_from(table).where(where)).scalar_one()
        if total > SELECTIVE or not restricted:
            return total, None
        return total, list(asked.run(select(table.c.id).where(where)).scalars())
    limit = (CAP if query.count == "capped" else SELECTIVE) + 1
    probe = select(table.c.id).where(where).limit(limit).cte("probe").prefix_with("MATERIALIZED", dialect="postgresql")
    few = case((func.count() <= SELECTIVE, func.array_agg(probe.c.id)))
    found = asked.run(select(func.count(), few if restricted else literal(None)).select_from(probe)).one()
    if restricted and found[0] <= SELECTIVE:
        return found[0], list(found[1] or ())
    return found[0], None


def _recheck(asked: Ask, ids: list[int], terms: tuple[str, ...]) -> list[int]:
    """The records among `ids` in which the terms really stand, in fields that may be seen."""
    if not ids:
        return []
    reader = Reader.of(asked, searched_keys(asked.form))
    rows = asked.run(select(*reader.columns(titles=False)).where(asked.table.c.id == among(ids)))
    records = reader.bare([dict(row) for row in rows.mappings()])
    return [record_id for record_id, values in records if matches(asked.form, values, terms)]


def _reader(asked: Ask, query: Query, terms: tuple[str, ...]) -> Reader:
    wanted = None if query.columns is None else list(query.columns)
    if wanted is not None and terms:
        wanted += [key for key in searched_keys(asked.form) if key not in wanted]
    if wanted is None:
        wanted = [key for key in asked.form.fields if key not in asked.form.subforms]
    return Reader.of(asked, wanted)


def _only(record: Record, query: Query) -> Record:
    """Without the fields that were read for the search or the title only."""
    if query.columns is None:
        return record
    values = {key: value for key, value in record.values.items() if key in query.columns}
    return Record(
        record.id, record.version, record.title, values, record.meta, record.may, record.editable, frozenset(values),
        frozenset(path for path in record.recomputing if path.partition(".")[0] in query.columns),
    )  # fmt: skip


def _page(reader: Reader, query: Query, keys: Sequence[Key], where: ColumnElement[bool]) -> list[dict[str, Any]]:
    """The rows of the page and one more, which says whether there is a next one."""
    asked = reader.ask
    places = [key.column.label(f"{_KEY}{number}") for number, key in enumerate(keys)]
    late = [lags(asked.form).label(_LAGS)] if asked.form.kept else []
    statement = (
        select(*reader.columns(), *places, *late).select_from(asked.table).where(where).order_by(*ordering(keys))
    )
    segments: list[Any] = [None]
    if query.cursor:
        segments = list(after(keys, read_cursor(asked, query, keys)))
    rows: list[dict[str, Any]] = []
    for segment in segments:
        part = statement if segment is None else statement.where(segment)
        part = part.limit(query.limit + 1 - len(rows))
        if query.offset:
            part = part.offset(query.offset)
        rows += [dict(row) for row in asked.run(part).mappings()]
        if len(rows) > query.limit:
            break
    return rows


def _sifted(
    reader: Reader, query: Query, keys: Sequence[Key], where: ColumnElement[bool], terms: tuple[str, ...]
) -> tuple[list[dict[str, Any]], list[Any] | None]:
    """The page of a search that thousands of records may meet: rows are read in order and looked at again.

    With the place where it stopped looking, when there is more to look at.
    """
    step, seen, place = max(query.limit, 500), 0, None
    found: list[dict[str, Any]] = []
    at = replace(query, limit=step)
    while len(found) <= query.limit and seen < SELECTIVE:
        rows = _page(reader, at, keys, where)
        more, rows = len(rows) > step, rows[:step]
        seen += len(rows)
        wanted = {one for one, values in reader.bare(rows) if matches(reader.ask.form, values, terms)}
        found += [row for row in rows if row["id"] in wanted]
        if not more:
            return found, None
        place = _place(rows[-1], keys)
        at = replace(at, offset=0, cursor=write_cursor(reader.ask, query, place))
    return found, place


def _place(row: dict[str, Any], keys: Sequence[Key]) -> list[Any]:
    return [row[f"{_KEY}{number}"] for number in range(len(keys))]


def _totals(asked: Ask, query: Query, where: ColumnElement[bool]) -> dict[str, Decimal]:
    """The sums of fields over every record found, of what may be seen.

    Amounts of different currencies are added up in the base currency; without base amounts they have no total.
    """
    selected = []
    for key in query.totals:
        one = asked.form.get(key, f"totals.{key}")
        if one.type.formula_type(one) is not Type.NUMBER:
            message = f"{one.label()} cannot be added up"
            params = {"field": key, "label": one.label(asked.context.locale)}
            raise Rejected(Problem("query.no_total", f"totals.{key}", message, params))
        added = base_of(one) or one
        selected.append(func.coalesce(func.sum(asked.scope.column(added.key)), 0).label(key))
        if is_mixed(one):
            code = code_column(one, asked.form, asked.table, asked.scope.facts)
            code = case((asked.scope.column(key).is_not(None), code))
            selected += [func.min(code).label(_LEAST + key), func.max(code).label(_MOST + key)]
    found = asked.run(select(*selected).select_from(asked.table).where(where)).mappings().one()
    totals = {key: in_base(asked.form.get(key), Decimal(found[key])) for key in query.totals}
    for key in query.totals:
        base = base_of(asked.form.get(key))
        if base is not None and (asked.policy.sees(base.key) is not True or asked.policy.sees(key) is False):
            del totals[key]  # who may not see what amounts are worth is not told it by a total
        elif is_mixed(asked.form.get(key)):
            if found[_LEAST + key] != found[_MOST + key]:
                del totals[key]  # amounts of different currencies have no total
            elif found[_LEAST + key]:
                totals[key] = Amount(totals[key], found[_LEAST + key])
    return totals
