"""The statements behind kept values: which records hang on others, and setting values anew, whole sets at a time.

Built once for each form of a revision and kept; the ids are parameters. Kept values are computed with the rights of the
system (D6) and read neither clock nor person, so the statements hold for every writer of a zone.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Executable,
    FromClause,
    Select,
    Update,
    and_,
    any_,
    bindparam,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.sql.selectable import CTE

from engines.form.derive.graph import Steps
from engines.form.form import Form
from engines.form.names import ID, PARENT
from engines.form.scope import FormScope
from engines.formula import Facts, Type

EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
OLD: Final = "old__"
NEW: Final = "new__"


def among(column: ColumnElement[Any], name: str = "P_ids") -> ColumnElement[bool]:
    """Whether a column is one of the ids of a parameter."""
    return column == any_(bindparam(name, type_=ARRAY(BigInteger)))


def record_of(form: Form, subform: str, table: FromClause) -> ColumnElement[int]:
    """The id of the record of a row: of its own table, or through the row that a row of rows stands in."""
    outer = form.subforms[subform].outer if subform else None
    if outer is None:
        return table.c[PARENT if subform else ID]
    rows = outer.table.alias()
    return select(rows.c[PARENT]).where(rows.c[ID] == table.c[PARENT]).scalar_subquery()


def with_rows(form: Form, subform: str, record: FromClause, rows: FromClause) -> FromClause:
    """Records joined with their rows, or with the rows of these."""
    outer = form.subforms[subform].outer
    if outer is None:
        return record.join(rows, rows.c[PARENT] == record.c[ID])
    lines = outer.table.alias()
    return record.join(lines, lines.c[PARENT] == record.c[ID]).join(rows, rows.c[PARENT] == lines.c[ID])


@lru_cache(maxsize=1024)
def owners(form: Form, subform: str, steps: Steps, zone: str) -> Select[Any]:
    """The ids of the records (or of the records around the rows) that lead by `steps` to one of `P_ids`."""
    facts = Facts(now=EPOCH, zone=zone)
    base: FromClause = (form.subforms[subform].table if subform else form.table).alias()
    owner = record_of(form, subform, base)
    scope = FormScope(form, base, facts, subform=subform or None)
    source, conditions = [base], []
    for key, many in steps:
        joined, on, scope = scope.rows(key) if many else scope.related(key)
        source.append(joined)
        conditions.append(on)
    return select(owner.label("id")).select_from(*source).where(*conditions, among(scope.table.c[ID])).distinct()


@lru_cache(maxsize=1024)
def recompute(form: Form, subform: str, keys: tuple[str, ...], zone: str) -> Executable:
    """Set kept values of the records `P_ids` (or of their rows) anew, where they are others than before.

    Gives, of what changed, `id` and `record` with the old and new values as `old__key` and `new__key`.
    """
    statement, fresh = setting(form, subform, keys, zone)
    return statement.returning(fresh.c[ID], fresh.c["record"], *(fresh.c[n + key] for key in keys for n in (OLD, NEW)))


@lru_cache(maxsize=1024)
def refill(form: Form, subform: str, key: str, zone: str) -> Executable:
    """The same for one value, where nobody asks what changed."""
    return setting(form, subform, (key,), zone)[0]


def setting(form: Form, subform: str, keys: tuple[str, ...], zone: str) -> tuple[Update, CTE]:
    """The update of kept values where they are others than before, and the values that it reads: old and new."""
    table = form.subforms[subform].table if subform else form.table
    base = table.alias("r")
    facts = Facts(now=EPOCH, zone=zone)
    outer = form.table.alias("o") if subform else None
    scope = FormScope(form, base, facts, subform=subform or None, outer=outer)
    record = record_of(form, subform, base)
    values = [value_of(form, subform, key, scope).label(NEW + key) for key in keys]
    before = [base.c[key].label(OLD + key) for key in keys]
    fresh = select(base.c[ID], record.label("record"), *before, *values).where(among(record)).cte("fresh")
    fresh = fresh.prefix_with(
        "MATERIALIZED", dialect="postgresql"
    )  # each value is computed once, not to compare it too
    differs = or_(*(table.c[key].is_distinct_from(fresh.c[NEW + key]) for key in keys))
    statement = update(table).where(and_(table.c[ID] == fresh.c[ID], differs))
    return statement.values({table.c[key]: fresh.c[NEW + key] for key in keys}), fresh


def value_of(form: Form, subform: str, key: str, scope: FormScope) -> ColumnElement[Any]:
    """The value that a kept field should have, on the alias that `scope` stands on."""
    one = form.subforms[subform].fields[key] if subform else form.fields[key]
    value: ColumnElement[Any] = one.expression.sql(scope, scope.facts)
    if one.expression.type is Type.NUMBER:
        return func.trim_scale(value, type_=value.type)
    return func.nullif(value, "", type_=value.type) if one.expression.type is Type.TEXT else value


@lru_cache(maxsize=1024)
def locking(form: Form, strong: bool) -> Executable:
    """Lock the records `P_ids` in the order of their ids.

    `strong` also keeps everybody from beginning to rely on them (the key-share lock of who reads a related record);
    otherwise only other writers wait.
    """
    table = form.table
    query = select(table.c[ID]).where(among(table.c[ID])).order_by(table.c[ID])
    return query.with_for_update(key_share=not strong, of=table)


@lru_cache(maxsize=1024)
def pointed_at(form: Form, key: str) -> Select[Any]:
    """What the records `P_ids` point at through one field (`customer`, `lines.order_line`): ids, each once."""
    rows, _, name = key.rpartition(".")
    if rows:
        return _pointed_at_by_rows(form, rows, name)
    links = form.links.get(key)
    if links is not None:
        return select(links.c.target_id).where(among(links.c.record_id)).distinct()
    column = form.table.c[key]
    return select(column).where(among(form.table.c[ID]), column.is_not(None)).distinct()


def _pointed_at_by_rows(form: Form, rows: str, key: str) -> Select[Any]:
    sub = form.subforms[rows]
    links, table = sub.links.get(key), sub.table
    if links is None:
        return select(table.c[key]).where(among(table.c[PARENT]), table.c[key].is_not(None)).distinct()
    source = links.join(table, table.c[ID] == links.c.record_id)
    return select(links.c.target_id).select_from(source).where(among(table.c[PARENT])).distinct()


@lru_cache(maxsize=1024)
def records_of(form: Form) -> Select[Any]:
    """The records around the rows `P_ids` of a sub-form, whose form of its own this is."""
    return select(form.table.c[PARENT]).where(among(form.table.c[ID])).distinct()


def as_ids(found: Sequence[Any]) -> list[int]:
    """Ids in the order in which they are locked."""
    return sorted(set(found))
