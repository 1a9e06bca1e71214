"""Stage `row`: the record, its rows and links, the log, the event and its deliveries in one statement (D4).

A statement is built once for each form of a revision and each set of columns and parts, and kept: SQLAlchemy finds its
compiled text by a key that is remembered with the object. Sub-statements of one statement see the same snapshot and
touch different rows, so their order does not matter; foreign keys are checked at its end. Parameters begin with a
capital letter (`V_` values, `R_` rows, `P_` the rest): one named like a column would be taken for a value to set.
"""

from functools import lru_cache
from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Executable,
    Integer,
    SmallInteger,
    Table,
    Text,
    and_,
    any_,
    bindparam,
    cast,
    column,
    delete,
    func,
    insert,
    literal_column,
    null,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.sql.selectable import CTE, TableValuedAlias

from engines.form.form import Form
from engines.form.names import ID, LINK_POSITION, LINK_SOURCE, LINK_TARGET, PARENT, SEARCH, VERSION
from engines.form.system import CHANGE, DELIVERY, EVENT

INSTANT: Final = TIMESTAMP(timezone=True, precision=3)


def json_parameter(name: str) -> ColumnElement[Any]:
    """A parameter that is given as JSON text."""
    return cast(bindparam(name, type_=Text), JSONB)


def _parameter(table: Table, key: str) -> ColumnElement[Any]:
    if key == SEARCH:
        return func.array_to_tsvector(bindparam("V_" + key, type_=ARRAY(Text)))
    return bindparam("V_" + key, type_=table.c[key].type)


def _with_kept(table: Table) -> ColumnElement[Any]:
    """The new lexemes and those of the old ones that are to stay."""
    old = func.unnest(func.tsvector_to_array(table.c[SEARCH])).column_valued("old")
    stay = select(old).where(old.like(any_(bindparam("P_kept", type_=ARRAY(Text)))))
    fresh = bindparam("V_" + SEARCH, type_=ARRAY(Text))
    return func.array_to_tsvector(fresh.op("||")(func.array(stay.scalar_subquery())))


def row_set(name: str, table: Table, keys: tuple[str, ...], *more: str) -> TableValuedAlias:
    """Rows that come as one JSON parameter, typed like the columns of a table."""
    columns = [column(key, table.c[key].type) for key in keys] + [column(key, BigInteger) for key in more]
    function: Any = func.jsonb_to_recordset(json_parameter(f"R_{name}"))
    made: TableValuedAlias = function.table_valued(*columns).render_derived(with_types=True, name=f"{name}_set")
    return made


def log_parts(record: CTE, app: str, version: ColumnElement[Any]) -> tuple[list[CTE], CTE]:
    """The log row, the event and its deliveries of one record whose id `record.c.id` is."""
    at, actor = bindparam("P_at", type_=INSTANT), bindparam("P_actor", type_=BigInteger)
    origin, cause = bindparam("P_origin", type_=Text), bindparam("P_cause", type_=Text)
    logged: dict[str, Any] = {
        "form": bindparam("P_log_form", type_=Text),
        "record_id": record.c.id,
        "version": version,
        "at": at,
        "actor": actor,
        "origin": origin,
        "kind": bindparam("P_kind", type_=Text),
        "old": json_parameter("P_old"),
        "cause": cause,
    }
    log = insert(CHANGE).from_select(list(logged), select(*logged.values()))
    told: dict[str, Any] = {
        "at": at,
        "type": bindparam("P_event_type", type_=Text),
        "app": literal_column(f"'{app}'"),
        "form": bindparam("P_event_form", type_=Text),
        "record_id": record.c.id,
        "version": version,
        "payload": json_parameter("P_payload"),
        "actor": actor,
        "origin": origin,
        "cause": cause,
        "depth": bindparam("P_depth", type_=SmallInteger),
    }
    event = insert(EVENT).from_select(list(told), select(*told.values())).returning(EVENT.c.id).cte("event")
    consumers = func.unnest(bindparam("P_consumers", type_=ARRAY(Text)))
    delivery = insert(DELIVERY).from_select(["event_id", "consumer", "due_at"], select(event.c.id, consumers, at))
    return [log.cte("log"), delivery.cte("delivery")], event


def _answer(record: CTE, event: CTE, ctes: list[CTE]) -> Executable:
    together = record.join(event, literal_column("true"))
    return select(record.c.id, event.c.id.label("event_id")).select_from(together).add_cte(*ctes)


@lru_cache(maxsize=2048)
def create_statement(form: Form, columns: tuple[str, ...], parts: frozenset[str]) -> Executable:
    """Insert a record. `parts` names the sub-forms and link fields that have rows. Gives id and event id."""
    table = form.table
    record = insert(table).values({key: _parameter(table, key) for key in columns}).returning(table.c.id).cte("record")
    ctes, event = log_parts(record, form.app, literal_column("1", Integer))
    for key in sorted(parts):
        ctes.append(_new_rows(form, key, record) if key in form.subforms else _new_links(form.links[key], key, record))
    return _answer(record, event, ctes)


@lru_cache(maxsize=4096)
def update_statement(
    form: Form, columns: tuple[str, ...], parts: frozenset[tuple[str, str]], *, keeping: bool = False
) -> Executable:
    """Change a record. `parts` are pairs of a sub-form or link field and what happens to its rows.

    `keeping`: lexemes that are like one of the patterns `P_kept` stay beside the new ones.
    """
    table = form.table
    values = {key: _parameter(table, key) for key in columns}
    if keeping:
        values[SEARCH] = _with_kept(table)
    values[VERSION] = bindparam("P_version", type_=Integer)
    record = (
        update(table)
        .where(table.c.id == bindparam("P_record_id", type_=BigInteger))
        .values(values)
        .returning(table.c.id)
        .cte("record")
    )
    ctes, event = log_parts(record, form.app, bindparam("P_version", type_=Integer))
    for key, what in sorted(parts):
        ctes.append(_part(form, key, what, record))
    return _answer(record, event, ctes)


def _part(form: Form, key: str, what: str, record: CTE) -> CTE:
    if key in form.subforms:
        if what == "new":
            return _new_rows(form, key, record)
        return _changed_rows(form, key) if what == "changed" else _gone_rows(form, key)
    links = form.links[key]
    if what == "new":
        return _new_links(links, key, record)
    gone = bindparam(f"R_{key}_gone", type_=ARRAY(BigInteger))
    if what == "gone":
        condition = and_(links.c[LINK_SOURCE] == bindparam("P_record_id"), links.c[LINK_TARGET] == any_(gone))
        return delete(links).where(condition).cte(f"{key}_gone")
    moved = row_set(f"{key}_changed", links, (LINK_TARGET, LINK_POSITION))
    return (
        update(links)
        .where(links.c[LINK_SOURCE] == bindparam("P_record_id"), links.c[LINK_TARGET] == moved.c[LINK_TARGET])
        .values({LINK_POSITION: moved.c[LINK_POSITION]})
        .cte(f"{key}_changed")
    )


def row_columns(form: Form, key: str) -> tuple[str, ...]:
    """The columns of a sub-form's table that a writer gives, in their order."""
    table = form.subforms[key].table
    return tuple(one.name for one in table.c if one.name not in (ID, PARENT))


def _new_rows(form: Form, key: str, record: CTE) -> CTE:
    table, keys = form.subforms[key].table, row_columns(form, key)
    rows = row_set(f"{key}_new", table, keys)
    source = select(record.c.id, *(rows.c[one] for one in keys)).select_from(record.join(rows, literal_column("true")))
    return insert(table).from_select([PARENT, *keys], source).cte(f"{key}_new")


def _changed_rows(form: Form, key: str) -> CTE:
    table, keys = form.subforms[key].table, row_columns(form, key)
    rows = row_set(f"{key}_changed", table, keys, ID)
    mine = and_(table.c[PARENT] == bindparam("P_record_id"), table.c.id == rows.c.id)
    return update(table).where(mine).values({one: rows.c[one] for one in keys}).cte(f"{key}_changed")


def _gone_rows(form: Form, key: str) -> CTE:
    table = form.subforms[key].table
    gone = any_(bindparam(f"R_{key}_gone", type_=ARRAY(BigInteger)))
    return delete(table).where(table.c[PARENT] == bindparam("P_record_id"), table.c.id == gone).cte(f"{key}_gone")


@lru_cache(maxsize=1024)
def nested_statement(form: Form, path: str, what: str) -> Executable:
    """Write rows of rows: `new` and `changed` take rows with what they stand in, `gone` takes ids."""
    table = form.subforms[path].table
    if what == "gone":
        return delete(table).where(table.c.id == any_(bindparam("R_nested", type_=ARRAY(BigInteger))))
    keys = row_columns(form, path)
    if what == "new":
        rows = row_set("nested", table, (PARENT, *keys))
        return insert(table).from_select([PARENT, *keys], select(rows.c[PARENT], *(rows.c[one] for one in keys)))
    rows = row_set("nested", table, (PARENT, *keys, ID))
    mine = and_(table.c.id == rows.c.id, table.c[PARENT] == rows.c[PARENT])
    return update(table).where(mine).values({one: rows.c[one] for one in keys})


def _new_links(links: Table, key: str, record: CTE) -> CTE:
    rows = row_set(f"{key}_new", links, (LINK_TARGET, LINK_POSITION))
    source = select(record.c.id, rows.c[LINK_TARGET], rows.c[LINK_POSITION]).select_from(
        record.join(rows, literal_column("true"))
    )
    return insert(links).from_select([LINK_SOURCE, LINK_TARGET, LINK_POSITION], source).cte(f"{key}_new")


@lru_cache(maxsize=1024)
def mark_statement(form: Form, *, delete_it: bool) -> Executable:
    """Move a record into the trash or out of it, with log and event."""
    table = form.table
    at = bindparam("P_at", type_=INSTANT)
    record = (
        update(table)
        .where(table.c.id == bindparam("P_record_id", type_=BigInteger))
        .values(
            _deleted_at=at if delete_it else null(),
            _version=bindparam("P_version", type_=Integer),
            _updated_at=at,
            _updated_by=bindparam("P_actor", type_=BigInteger),
        )
        .returning(table.c.id)
        .cte("record")
    )
    ctes, event = log_parts(record, form.app, bindparam("P_version", type_=Integer))
    return _answer(record, event, ctes)
