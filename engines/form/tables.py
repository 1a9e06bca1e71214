"""The tables of a form: records, sub-form rows, links; their names, columns and indexes (D3).

Names stay within PostgreSQL's 63 bytes: what would be longer is cut and ends in a digest of the whole name. Columns are
never shortened (a field key has at most 40 bytes).
"""

import hashlib
from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import TIMESTAMP, TSVECTOR

from engines.form import names
from engines.form.fields.base import Field
from engines.form.unique import index_columns

LONGEST: Final = 63
ALIVE: Final = text(f"{names.DELETED} IS NULL")


def short(name: str) -> str:
    """The name itself, or its beginning with a digest of the whole where it is longer than 63 bytes."""
    if len(name) <= LONGEST:
        return name
    return f"{name[: LONGEST - 9]}_{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def table_name(*parts: str) -> str:
    """`crm__quote`, `crm__quote__lines`."""
    return short("__".join(parts))


def system_columns() -> list[Column[Any]]:
    """What every record has besides its fields."""
    instant = TIMESTAMP(timezone=True, precision=3)
    return [
        Column(names.ID, BigInteger, Identity(always=False), primary_key=True),
        Column(names.VERSION, Integer, nullable=False, server_default=text("1")),
        Column(names.CREATED_AT, instant, nullable=False, server_default=text("now()")),
        Column(names.CREATED_BY, BigInteger),
        Column(names.UPDATED_AT, instant, nullable=False, server_default=text("now()")),
        Column(names.UPDATED_BY, BigInteger),
        Column(names.OWNER, BigInteger),
        Column(names.DEPARTMENT, BigInteger),
        Column(names.FLOW_STATE, Text(collation="C")),
        Column(names.DELETED, instant),
        Column(SAMPLE, Boolean, nullable=False, server_default=text("false")),
        Column(names.SEARCH, TSVECTOR),
    ]


SAMPLE: Final = "_sample"
"""Sample data of a pack: removed with one click."""


def record_table(metadata: MetaData, app: str, form: str, fields: Iterable[Field]) -> Table:
    """The table of a form's records."""
    name = table_name(app, form)
    table = Table(name, metadata, *system_columns(), *(column for one in fields for column in one.type.columns(one)))
    _index(table, names.CREATED_AT, names.ID)
    _index(table, names.OWNER)
    _index(table, names.DEPARTMENT)
    _index(table, names.SEARCH, using="gin")
    _index(table, names.DELETED, where=text(f"{names.DELETED} IS NOT NULL"))
    for field in fields:
        _field_indexes(table, field, unique_with=())
    return table


def child_table(metadata: MetaData, parent: Table, app: str, form: str, field: Field) -> Table:
    """The table of a sub-form's rows: they die with their record, or with the row that they stand in."""
    fields = field.rows.values()
    table = Table(
        table_name(app, form, *field.path.split(".")),
        metadata,
        Column(names.ID, BigInteger, Identity(always=False), primary_key=True),
        Column(names.PARENT, BigInteger, nullable=False),
        Column(names.POSITION, Integer, nullable=False),
        *(column for one in fields for column in one.type.columns(one)),
    )
    _foreign(table, names.PARENT, parent.name, "CASCADE")
    _index(table, names.PARENT, names.POSITION)
    for one in fields:
        _field_indexes(table, one, unique_with=(names.PARENT,))
    return table


def link_table(metadata: MetaData, owner: Table, target: str, *name: str) -> Table:
    """The links of a field that points at many: from a record (or a row) to records of `target`, in an order."""
    table = Table(
        table_name(*name),
        metadata,
        Column(names.LINK_SOURCE, BigInteger, nullable=False),
        Column(names.LINK_TARGET, BigInteger, nullable=False),
        Column(names.LINK_POSITION, Integer, nullable=False),
        PrimaryKeyConstraint(names.LINK_SOURCE, names.LINK_TARGET),
    )
    _foreign(table, names.LINK_SOURCE, owner.name, "CASCADE")
    _foreign(table, names.LINK_TARGET, target, "RESTRICT")
    _index(table, names.LINK_TARGET)
    return table


def refer(table: Table, field: Field, target: str) -> None:
    """Make a column a foreign key of the target table: nothing that is pointed at disappears."""
    _foreign(table, field.key, target, "RESTRICT")


def _foreign(table: Table, column: str, target: str, ondelete: str) -> None:
    name = short(f"{table.name}__{column}__fk")
    table.append_constraint(ForeignKeyConstraint([column], [f"{target}.id"], name=name, ondelete=ondelete))


def _field_indexes(table: Table, field: Field, unique_with: tuple[str, ...]) -> None:
    if field.storage != "column":
        return
    kind = field.type
    if field.unique:
        alive = ALIVE if names.DELETED in table.c else None
        _index(table, *unique_with, *index_columns(field), unique=True, where=alive)
    elif field.encrypted:
        _index(table, field.digest_key)
    elif kind.indexed:
        _index(table, field.key, using="gin" if kind.sortable is False and kind.has_choices else None)
    for part in kind.derived_keys(field):
        if isinstance(table.c[part].type, BigInteger):
            _index(table, part)
    for key in kind.sort_columns(field):
        if field.sort_by_name and key == field.sort_key:
            _index(table, key, names.ID)


def _index(table: Table, *columns: str, unique: bool = False, using: str | None = None, where: Any = None) -> None:
    name = short(f"{table.name}__{'__'.join(columns)}__{'uq' if unique else 'ix'}")
    options: dict[str, Any] = {}
    if using:
        options["postgresql_using"] = using
    if where is not None:
        options["postgresql_where"] = where
    Index(name, *(table.c[column] for column in columns), unique=unique, **options)
