"""First step: rows are read, checked and put into the staging table; nothing of the form is touched.

All problems come back by row and column. Good rows carry the columns of the table as JSON, formulas and sort keys
included, so that applying them is one statement. A row that updates carries the version that it was compared with.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import orjson
from sqlalchemy import and_, select

from engines.form import ranges
from engines.form.bulk.columns import Cell, Column, column_names, encode_cells, make_column, one_of, stored
from engines.form.bulk.evaluate import Judge
from engines.form.bulk.files import check_files
from engines.form.bulk.given import check_given, unmask
from engines.form.bulk.plan import CHUNK, BulkPlan, Ledger, key_field, note
from engines.form.bulk.work import RowProblems, Staged, Work
from engines.form.fields.base import Field
from engines.form.fields.link import split
from engines.form.form import Form
from engines.form.names import DELETED, DEPARTMENT, ID, OWNER, SEARCH
from engines.form.policy import policy_for
from engines.form.policy.rules import ids as among
from engines.form.protect.cipher import every_digest
from engines.form.protect.seal import sealed_cells
from engines.form.rules.behaviour import behaviour_of
from engines.form.scope import alive_in, target_of
from engines.form.search import searched_fields
from engines.form.sysfields import system_fields
from engines.form.system import LEDGER, STAGING
from engines.form.titles import HIDDEN, titles
from engines.form.transaction import Transaction
from engines.form.unique import compared, index_columns, taken_problem, touched
from engines.form.write import load
from engines.form.write.encode import plain
from engines.form.write.load import values_of
from engines.kernel.problems import Problem

BATCH: Final = CHUNK


def layout(form: Form, plan: BulkPlan) -> tuple[str, ...]:
    """The columns of the table that staged rows carry, in the order of their cells."""
    names: list[str] = []
    for key, one in form.fields.items():
        derived = one.default is not None or one.expression is not None or key in behaviour_of(form).moved
        if one.storage == "column" and (key in plan.columns or derived or one.type.by_engine):
            names += column_names(form, one)
        elif one.type.key == "serial":
            names.append(key)
    names += [OWNER, DEPARTMENT]
    if searched_fields(form):
        names.append(SEARCH)
    return tuple(names)


def stage_rows(
    tx: Transaction, form: Form, ledger: Ledger, rows: Iterable[Sequence[Any]], first: int, *, search: bool = True
) -> Staged:
    """Read, check and stage rows numbered from `first` (1 is the first row of the data). At most 10,000 at once.

    `search` False leaves the search texts to `fill_search`. Values are checked as in a single write: types, required,
    unique (among records and among the rows of this ledger), rules, rights. Nothing is raised for wrong rows.
    """
    raws = [list(row) for row in rows]
    work = Work(tx, form, ledger, first, raws)
    width = len(work.plan.columns)
    for number, row in enumerate(raws):
        if len(row) > width:
            work.wrong(number, Problem("bulk.too_many_cells", "", f"Has more than {width} cells", {"max": width}))
        row += [None] * (width - len(row))
    _read(work, words=search)
    _find(work)
    unmask(work)
    check_given(work)
    _check_links(work)
    check_files(work, words=search)
    _check_unique(work)
    judge = Judge(tx, form, work.plan, search=search)
    judge.prepare(work)
    if judge.simple and not work.records:
        lines = _plain_lines(work, judge)
    else:
        lines = [_line(work, judge, number) for number in range(len(raws))]
    _copy(tx, lines)
    bad = tuple(RowProblems(first + number, tuple(found)) for number, found in sorted(work.problems.items()))
    note(tx, ledger.id, total=LEDGER.c.total + len(raws), refused=LEDGER.c.refused + len(bad))
    return Staged(len(raws) - len(bad), first + len(raws) - 1, bad)


def _read(work: Work, *, words: bool) -> None:
    plan, form = work.plan, work.form
    turned = list(zip(*work.raws, strict=True)) if work.raws else [()] * len(plan.columns)
    for key, raws in zip(plan.columns, turned, strict=True):
        one = form.fields.get(key) or system_fields(form.key)[key]
        if key == OWNER:
            one.target = form.forms.get("_member")
        by = plan.links.get(key)
        column: Column = make_column(work.tx, form, one, text=plan.text, by=by, raws=raws, words=words)
        work.cells[key] = cells = column.cells(raws)
        loose = any(isinstance(raw, list | dict) for raw in raws)  # such cells are not remembered in the column
        if loose or any(cell.problems for cell in column.values()) or not column:
            for number, cell in enumerate(cells):
                if cell.problems:
                    work.wrong(number, *cell.problems)


def _find(work: Work) -> None:
    """The records that rows update: by key, with the values that are stored now."""
    plan, form, tx = work.plan, work.form, work.tx
    if plan.mode == "create" or not plan.key:
        return
    one = key_field(form, plan)
    name = ID if one is None else one.unique_key
    wanted: dict[Any, list[int]] = {}
    for number in range(len(work.raws)):
        value = work.value(number, plan.key)
        if value is not None:
            key = value if one is None else one.type.to_columns(value, one)[name]
            wanted.setdefault(key, []).append(number)
    found = _stored(tx, form, name, list(wanted), plan.columns)
    for key, numbers in wanted.items():
        for later in numbers[1:]:
            work.wrong(later, _twice(work, plan.key, key))
        records = found.get(key, [])
        if len(records) > 1:
            message = "Several records have this value"
            work.wrong(
                numbers[0], Problem("bulk.ambiguous", plan.key, message, {"value": str(key), "count": len(records)})
            )
        elif records:
            inner = load.inner(tx, form, records[0][ID]) if form.subforms or form.links else {}
            work.records[numbers[0]] = records[0] | inner
            if not records[0]["_may_write"]:
                message = "You may not change this record"
                work.wrong(numbers[0], Problem("record.update_denied", plan.key, message, {"value": str(key)}))
    if plan.mode == "update":
        for number in range(len(work.raws)):
            if number not in work.records and number not in work.problems:
                message = "No record has this value"
                work.wrong(
                    number, Problem("bulk.no_match", plan.key, message, {"value": str(work.value(number, plan.key))})
                )


def _twice(work: Work, key: str, value: Any) -> Problem:
    one = work.form.fields.get(key)
    params = {"label": one.label(work.tx.actor.locale) if one else key, "value": str(value)}
    return Problem("bulk.twice", key, "An earlier row has the same value", params)


def _stored(
    tx: Transaction, form: Form, name: str, keys: list[Any], fields: Iterable[str]
) -> dict[Any, list[dict[str, Any]]]:
    if not keys:
        return {}
    table, policy = form.table, policy_for(tx, form)
    columns = [one for one in table.c if one.name != SEARCH]
    may = [policy.rows("update")]
    may += [right for right in (policy.edits(key) for key in fields) if not isinstance(right, bool)]
    query = select(*columns, and_(*may).label("_may_write")).where(one_of(table.c[name], keys))
    query = query.where(table.c[DELETED].is_(None), policy.rows("read"))
    found: dict[Any, list[dict[str, Any]]] = {}
    for row in tx.connection.execute(query).mappings():
        found.setdefault(row[name], []).append(values_of(form, dict(row)))
    return found


def _check_links(work: Work) -> None:
    """Ids that were given for relations must be those of records that the actor may see."""
    for key, cells in work.cells.items():
        one = work.form.fields.get(key) or work.form.system_fields[key]
        for part in one.parts.values():
            if part.target is not None:
                _check_targets(work, key, part, [_part_ids(cell.value, part) for cell in cells])
        if one.type.target_form(one):
            _check_targets(work, key, one, [_ids(cell.value) for cell in cells])
        if ranges.range_of(one):
            _check_range(work, key, one, cells)


def _check_range(work: Work, key: str, one: Field, cells: Sequence[Cell]) -> None:
    """Note a problem at every row that brings somebody whom the field's range does not offer."""
    other = (ranges.range_of(one) or {}).get("field", "")
    groups: dict[tuple[int, ...], list[int]] = {}
    for number, cell in enumerate(cells):
        if _ids(cell.value):
            stored = work.records.get(number, {}).get(other)
            held = work.value(number, other) if other in work.cells else stored
            groups.setdefault(_ids(held), []).append(number)
    for held, numbers in groups.items():
        ids = {identity for number in numbers for identity in _ids(cells[number].value)}
        lost = ranges.outside(work.tx, work.form, one, ids, held)
        for number in numbers if lost else ():
            before = set(_ids(work.records.get(number, {}).get(key)))
            wrong = lost & set(_ids(cells[number].value)) - before
            if wrong:
                work.wrong(number, ranges.not_offered(one, key, wrong, one.label(work.tx.actor.locale)))


def _check_targets(work: Work, key: str, one: Field, rows: Sequence[tuple[int, ...]]) -> None:
    """Note a problem at every row that points at what is not there or may not be seen."""
    target, ids = target_of(work.form, one), {identity for row in rows for identity in row}
    if not ids:
        return
    table = target.table
    query = select(table.c[ID]).where(table.c[ID] == among(ids), policy_for(work.tx, target).rows("read"))
    alive = alive_in(target, table)
    if alive is not None:
        query = query.where(alive)
    missing = ids - set(work.tx.connection.execute(query).scalars())
    for number, row in enumerate(rows if missing else ()):
        lost = missing & set(row)
        if lost:
            message = f"There is no record #{min(lost)}, or you may not see it"
            params = {"ids": sorted(lost), "form": target.key, "label": one.label(work.tx.actor.locale)}
            work.wrong(number, Problem("relation.not_found", key, message, params))


def _part_ids(value: Any, part: Field) -> tuple[int, ...]:
    found = split(value)
    return (found[1],) if found is not None and found[0] == part.type.target_form(part) else ()


def _ids(value: Any) -> tuple[int, ...]:
    return () if value is None else tuple(value) if isinstance(value, tuple | list) else (value,)


def _check_unique(work: Work) -> None:
    """Values of unique fields: not twice in this ledger, not in another record."""
    for one in touched(work.form.fields, work.cells):
        seen: dict[Any, int] = {}
        for number in range(len(work.raws)):
            value = None if number in work.problems else _mark(work, one, number)
            if value is None:
                continue
            if value in seen and one.key != work.plan.key:
                work.wrong(number, _twice(work, one.key, work.value(number, one.key)))
            seen.setdefault(value, number)
        _check_taken(work, one, seen)


def _mark(work: Work, one: Field, number: int) -> tuple[Any, ...] | None:
    """What the index will compare for a row: what it brings, else what is stored; None where that is not known yet."""
    found = []
    for other in compared(one):
        cells = work.cells.get(other.key)
        if cells is not None and not cells[number].absent:
            names = column_names(work.form, other)
            value = cells[number].columns[names.index(other.unique_key)]
        else:
            value = work.records.get(number, {}).get(other.key)
            value = None if value is None else other.type.to_columns(value, other)[other.unique_key]
        if value is None:
            return None
        found.append(value)
    return tuple(found)


def _check_taken(work: Work, one: Field, seen: Mapping[Any, int]) -> None:
    table, names = work.form.table, index_columns(one)
    columns = [table.c[name] for name in names]
    query = select(table.c[ID], *columns).where(table.c[DELETED].is_(None))
    written = {other: part for value in seen for part in value for other in every_digest(part)}
    query = query.where(one_of(columns[-1], list({other for value in seen for other in every_digest(value[-1])})))
    taken = {}
    for record, *values in work.tx.connection.execute(query) if seen else ():
        taken[tuple(written.get(each, each) for each in map(stored, values))] = record
    staged = _staged_before(work, one, [str(value[-1]) for value in seen])
    for value, number in seen.items():
        own = work.records.get(number, {}).get(ID)
        if value in taken and taken[value] != own:
            holder = titles(work.tx, work.form, [taken[value]])[taken[value]]
            text = str(work.value(number, one.key) or value[-1])
            told = () if holder == HIDDEN else (holder, taken[value])
            work.wrong(number, taken_problem(one, one.key, work.tx.actor.locale, text, *told))
        elif tuple(map(str, value)) in staged:
            work.wrong(number, _twice(work, one.key, work.value(number, one.key)))


def _staged_before(work: Work, one: Field, texts: list[str]) -> set[tuple[str, ...]]:
    """Values that earlier batches of the same ledger brought."""
    places = layout(work.form, work.plan)
    names = index_columns(one)
    if work.first == 1 or not texts or any(name not in places for name in names):
        return set()
    cells = [STAGING.c.cells[places.index(name)].astext for name in names]
    query = select(*cells).where(STAGING.c.ledger_id == work.ledger.id, STAGING.c.row < work.first)
    return {tuple(row) for row in work.tx.connection.execute(query.where(one_of(cells[-1], texts)))}


def _plain_lines(work: Work, judge: Judge) -> list[str]:
    """Rows that need no looking at as records, a column at a time; those with problems one by one."""
    rows = judge.plain_rows(work)
    head = f"{work.ledger.id}\t"
    return [
        _line(work, judge, number)
        if number in work.problems
        else f"{head}{row}\t{(row - 1) // CHUNK}\t\\N\t{_backslashes(cells)}\t\\N\t\\N\t\\N"
        for number, (row, cells) in enumerate(zip(range(work.first, work.first + len(rows)), rows, strict=True))
    ]


def _backslashes(text: str) -> str:
    return text.replace("\\", "\\\\") if "\\" in text else text


def _line(work: Work, judge: Judge, number: int) -> str:
    """One row for the staging table, as a line of COPY."""
    row = work.first + number
    problems = work.problems.get(number)
    cells = extra = None
    record_id: int | None = None
    if not problems:
        judged = judge.judge(work, number)
        if judged.problems:
            work.wrong(number, *judged.problems)
            problems = list(judged.problems)
        else:
            cells, extra, record_id = judged.cells, judged.extra, judged.record_id
    chunk = (row - 1) // CHUNK
    told = None if not problems else orjson.dumps([one.as_dict() for one in problems], default=plain).decode()
    sent = map(_raw, work.raws[number])
    raw = None if not problems else encode_cells(sealed_cells(work.form, work.plan.columns, sent))
    fields = (work.ledger.id, row, chunk, record_id, cells, extra, raw, told)
    return "\t".join("\\N" if one is None else _copied(one) for one in fields)


def _raw(value: Any) -> Any:
    return value if value is None or isinstance(value, str | int | float | bool | list | dict) else str(value)


def _copied(value: Any) -> str:
    """A number or a JSON text, which has no tabs and line breaks, as a field of COPY."""
    return _backslashes(str(value))


def _copy(tx: Transaction, lines: list[str]) -> None:
    if not lines:
        return
    driver: Any = tx.connection.connection.dbapi_connection
    columns = "ledger_id, row, chunk, record_id, cells, extra, raw, problems"
    with driver.cursor() as cursor, cursor.copy(f"COPY _staging ({columns}) FROM STDIN") as copy:
        for start in range(0, len(lines), 1000):
            copy.write("\n".join(lines[start : start + 1000]) + "\n")
