"""The statements that apply staged rows: one for the new records of a chunk, one for the changed ones."""

from functools import lru_cache
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Executable,
    Integer,
    Table,
    Text,
    bindparam,
    case,
    cast,
    column,
    func,
    insert,
    literal_column,
    null,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.sql.selectable import CTE

from engines.form.form import Form
from engines.form.names import (
    CREATED_AT,
    CREATED_BY,
    DELETED,
    ID,
    LINK_POSITION,
    LINK_SOURCE,
    LINK_TARGET,
    PARENT,
    SEARCH,
    UPDATED_AT,
    UPDATED_BY,
    VERSION,
)
from engines.form.system import CHANGE, STAGING
from engines.form.write.rows import SAMPLE
from engines.form.write.statements import INSTANT, row_columns

HERE: Final = (STAGING.c.ledger_id == bindparam("P_ledger"), STAGING.c.chunk == bindparam("P_chunk"))
GOOD: Final = (*HERE, STAGING.c.problems.is_(None))


def cell(row: CTE, table: Table, name: str, place: int) -> ColumnElement[Any]:
    """One column of a staged row, as the type of the table's column."""
    kind = table.c[name].type
    if name == SEARCH:
        return func.array_to_tsvector(cast(row.c.cells[place].astext, ARRAY(Text)))
    if isinstance(kind, JSONB):
        return case((row.c.cells[place].astext.is_not(None), row.c.cells[place]))
    return cast(row.c.cells[place].astext, kind)


def _log(source: CTE, kind: str, version: Any, old: Any, record_id: Any) -> Any:
    values = {
        "form": bindparam("P_form", type_=Text),
        "record_id": record_id,
        "version": version,
        "at": bindparam("P_at", type_=INSTANT),
        "actor": bindparam("P_actor", type_=BigInteger),
        "origin": bindparam("P_origin", type_=Text),
        "kind": literal_column(f"'{kind}'"),
        "old": old,
        "cause": bindparam("P_cause", type_=Text),
    }
    return insert(CHANGE).from_select(list(values), select(*values.values()).select_from(source)).cte("log")


@lru_cache(maxsize=512)
def create_rows(form: Form, layout: tuple[str, ...], serials: tuple[str, ...], parts: tuple[str, ...]) -> Executable:
    """Insert the new records of a chunk with rows, links and log. Gives how many, and the first and last id.

    `serials` are columns whose blanks are filled from the parameter `P_numbers`: texts by field and row.
    """
    staged = select(STAGING.c.row, STAGING.c.cells, STAGING.c.extra).where(*GOOD, STAGING.c.record_id.is_(None))
    rows = _numbered(form, staged.order_by(STAGING.c.row))
    ctes = _creating(form, rows, layout, serials, parts)
    return select(func.count(), func.min(rows.c.new_id), func.max(rows.c.new_id)).select_from(rows).add_cte(*ctes)


@lru_cache(maxsize=512)
def create_given(form: Form, layout: tuple[str, ...], parts: tuple[str, ...]) -> Executable:
    """Insert new records from the parameter `P_rows`, a JSON list of `{row, cells, extra}`. Gives each row's new id."""
    function: Any = func.jsonb_to_recordset(cast(bindparam("P_rows", type_=Text), JSONB))
    columns = (column("row", Integer), column("cells", JSONB), column("extra", JSONB))
    given = function.table_valued(*columns).render_derived(name="given", with_types=True)
    rows = _numbered(form, select(given).order_by(given.c.row))
    ctes = _creating(form, rows, layout, (), parts)
    return select(rows.c.row, rows.c.new_id).select_from(rows).add_cte(*ctes)


def _numbered(form: Form, source: Any) -> CTE:
    """Rows in their order, each with the id of the record that it becomes."""
    ordered = source.subquery("ordered")
    fresh = func.nextval(func.pg_get_serial_sequence(form.table.name, ID)).label("new_id")
    return select(ordered, fresh).cte("staged").prefix_with("MATERIALIZED", dialect="postgresql")


def _creating(
    form: Form, rows: CTE, layout: tuple[str, ...], serials: tuple[str, ...], parts: tuple[str, ...]
) -> list[CTE]:
    """Records, log, rows of sub-forms and links of numbered rows."""
    table = form.table
    values: dict[str, Any] = {ID: rows.c.new_id}
    for place, name in enumerate(layout):
        values[name] = cell(rows, table, name, place)
        if name in serials:
            numbers = cast(bindparam("P_numbers", type_=Text), JSONB)[name]
            values[name] = func.coalesce(values[name], numbers.op("->>")(cast(rows.c.row, Text)))
    at, actor = bindparam("P_at", type_=INSTANT), bindparam("P_actor", type_=BigInteger)
    values |= {UPDATED_AT: at, CREATED_BY: actor, UPDATED_BY: actor}
    values[CREATED_AT] = func.coalesce(values[CREATED_AT], at) if CREATED_AT in values else at
    values[SAMPLE] = bindparam("P_sample", type_=Boolean)
    made = insert(table).from_select(list(values), select(*values.values())).cte("made")
    log = _log(rows, "created", literal_column("1"), null(), rows.c.new_id)
    return [made, log, *(cte for key in parts for cte in _parts(form, key, rows))]


def _parts(form: Form, key: str, rows: CTE) -> list[CTE]:
    """What of new records stands in other tables; rows that may have rows are numbered before they are written."""
    sub = dict(form.subforms).get(key)
    if sub is None or not sub.subforms:
        return [_part(form, key, rows)]
    given = (
        func.jsonb_array_elements(rows.c.extra[key]).table_valued(column("value", JSONB)).render_derived(name="line")
    )
    fresh = func.nextval(func.pg_get_serial_sequence(sub.table.name, ID)).label("line_id")
    numbered = select(rows.c.new_id, given.c.value, fresh).select_from(rows.join(given, text("true")))
    lines = numbered.cte(f"lines_{key}").prefix_with("MATERIALIZED", dialect="postgresql")
    names = row_columns(form, key)
    inner = _set(func.jsonb_build_array(lines.c.value), sub.table, names, key)
    source = select(lines.c.line_id, lines.c.new_id, *(inner.c[name] for name in names))
    source = source.select_from(lines.join(inner, text("true")))
    made = [insert(sub.table).from_select([ID, PARENT, *names], source).cte(f"part_{key}")]
    for name, below in sub.subforms.items():
        names = row_columns(form, below.path)
        inner = _set(lines.c.value[name], below.table, names, f"{key}_{name}")
        source = select(lines.c.line_id, *(inner.c[one] for one in names))
        source = source.select_from(lines.join(inner, text("true")))
        made.append(insert(below.table).from_select([PARENT, *names], source).cte(f"part_{key}_{name}"))
    return made


def _part(form: Form, key: str, rows: CTE) -> CTE:
    """The rows of a sub-form, or the links of a relation to many, of all new records."""
    given = rows.c.extra[key]
    if key in form.subforms:
        table, names = form.subforms[key].table, row_columns(form, key)
        inner = _set(given, table, names, key)
        source = select(rows.c.new_id, *(inner.c[name] for name in names))
        target, columns = table, [PARENT, *names]
    else:
        target = form.links[key]
        names = (LINK_TARGET, LINK_POSITION)
        inner = _set(given, target, names, key)
        source = select(rows.c.new_id, *(inner.c[name] for name in names))
        columns = [LINK_SOURCE, *names]
    source = source.select_from(rows.join(inner, text("true")))
    return insert(target).from_select(columns, source).cte(f"part_{key}")


def _set(given: ColumnElement[Any], table: Table, names: tuple[str, ...], key: str) -> Any:
    function: Any = func.jsonb_to_recordset(given)
    made = function.table_valued(*(column(name, table.c[name].type) for name in names))
    return made.render_derived(name=f"{key}_set", with_types=True)


@lru_cache(maxsize=512)
def update_rows(form: Form, layout: tuple[str, ...]) -> Executable:
    """Change the records of a chunk that are still at the version they were compared with. Gives their ids."""
    table = form.table
    old = STAGING.c.extra["old"]
    version = cast(STAGING.c.extra["version"].astext, Integer)
    query = select(STAGING.c.record_id, STAGING.c.cells, old.label("old"), version.label("version"))
    rows = query.where(*GOOD, STAGING.c.record_id.is_not(None), STAGING.c.cells.is_not(None), changed()).cte("staged")
    values: dict[str, Any] = {name: cell(rows, table, name, place) for place, name in enumerate(layout)}
    if SEARCH in values:
        values[SEARCH] = func.coalesce(values[SEARCH], table.c[SEARCH])
    values[VERSION] = table.c[VERSION] + 1
    values[UPDATED_AT] = bindparam("P_at", type_=INSTANT)
    values[UPDATED_BY] = bindparam("P_actor", type_=BigInteger)
    here = (table.c[ID] == rows.c.record_id, table.c[VERSION] == rows.c.version, table.c[DELETED].is_(None))
    done = update(table).where(*here).values(values).returning(table.c[ID], table.c[VERSION], rows.c.old).cte("done")
    log = _log(done, "updated", done.c[VERSION], done.c.old, done.c[ID])
    return select(done.c[ID]).add_cte(log)


def changed() -> ColumnElement[bool]:
    """Staged updates that change something."""
    return STAGING.c.extra["old"] != text("'{}'::jsonb")
