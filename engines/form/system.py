"""System tables of a workspace that the form engine writes: change log, events, counters, ledgers, staging.

No schema name stands in them: the transaction's search path is the workspace's schema, where the host creates them.
Every table begins with `_`, which no form may (see D3). Times are `timestamptz(3)`.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Identity,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.types import UserDefinedType

METADATA = MetaData()


class Xid8(UserDefinedType[str]):
    """A transaction number that never wraps round; what snapshots are compared with (D10, D15)."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        return "xid8"


def when(name: str, *, nullable: bool = False, now: bool = False) -> Column:
    """A column of an instant in UTC, to the millisecond."""
    default = text("now()") if now else None
    return Column(name, TIMESTAMP(timezone=True, precision=3), nullable=nullable, server_default=default)


def words(name: str, *, nullable: bool = False, default: str | None = None) -> Column:
    """A text column that is ordered by code points on every server."""
    return Column(name, Text(collation="C"), nullable=nullable, server_default=default)


# What happened to every record. `old` holds the old values of what a change touched, so that the new ones are those of
# the next change or of the row itself; the log of a create is empty (D4). `cause` is `ledger:7`, `event:9`, ...
CHANGE = Table(
    "_change",
    METADATA,
    Column("id", BigInteger, Identity(), primary_key=True),
    words("form"),
    Column("record_id", BigInteger, nullable=False),
    Column("version", Integer, nullable=False),
    when("at"),
    Column("actor", BigInteger),
    words("origin"),
    words("kind"),
    Column("old", JSONB),
    words("cause", nullable=True),
    Column("xid", Xid8(), nullable=False, server_default=text("pg_current_xact_id()")),
    Index("_change_record", "form", "record_id", "version"),
    Index("_change_xid", "form", "xid"),
    Index("_change_cause", "cause", "record_id", postgresql_where=text("cause IS NOT NULL")),
)

# One fact that others may act on. Nobody reads this by id with a cursor: a late commit would be lost (D15).
EVENT = Table(
    "_event",
    METADATA,
    Column("id", BigInteger, Identity(), primary_key=True),
    when("at"),
    Column("xid", Xid8(), nullable=False, server_default=text("pg_current_xact_id()")),
    words("type"),
    words("app"),
    words("form", nullable=True),
    Column("record_id", BigInteger),
    Column("version", Integer),
    Column("payload", JSONB, nullable=False, server_default="{}"),
    Column("actor", BigInteger),
    words("origin"),
    words("cause", nullable=True),
    Column("depth", SmallInteger, nullable=False, server_default="0"),
)

# One row for each consumer of an event: `ready`, `leased`, `done`, `failed` (given up), `waiting` (until due).
DELIVERY = Table(
    "_delivery",
    METADATA,
    Column("event_id", BigInteger, nullable=False),
    words("consumer"),
    words("state", default="ready"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    when("due_at", now=True),
    when("lease_until", nullable=True),
    Column("fence", BigInteger, nullable=False, server_default="0"),
    words("last_error", nullable=True),
    PrimaryKeyConstraint("event_id", "consumer"),
    Index("_delivery_due", "due_at", "event_id", postgresql_where=text("state IN ('ready', 'leased')")),
)

# Something to do at a time: `key` makes setting a timer twice harmless.
TIMER = Table(
    "_timer",
    METADATA,
    Column("id", BigInteger, Identity(), primary_key=True),
    words("consumer"),
    words("key"),
    when("due_at"),
    words("state", default="ready"),
    Column("payload", JSONB, nullable=False, server_default="{}"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    when("lease_until", nullable=True),
    Column("fence", BigInteger, nullable=False, server_default="0"),
    words("last_error", nullable=True),
    Index("_timer_key", "consumer", "key", unique=True),
    Index("_timer_due", "due_at", postgresql_where=text("state IN ('ready', 'leased')")),
)

# The last number given in a scope: `crm.quote.no:2026-10`.
SERIAL = Table(
    "_serial",
    METADATA,
    words("scope"),
    Column("counter", BigInteger, nullable=False),
    PrimaryKeyConstraint("scope"),
)

# One import, bulk call or set of sample data. What it created and changed stands in `_change` with the cause
# `ledger:{id}`, so undo needs nothing else.
LEDGER = Table(
    "_ledger",
    METADATA,
    Column("id", BigInteger, Identity(), primary_key=True),
    words("kind"),
    words("app"),
    words("form"),
    words("title", nullable=True),
    words("state", default="staging"),
    when("at"),
    when("finished_at", nullable=True),
    when("undone_at", nullable=True),
    Column("actor", BigInteger),
    words("origin"),
    Column("revision", Integer, nullable=False),
    Column("plan", JSONB, nullable=False, server_default="{}"),
    Column("total", Integer, nullable=False, server_default="0"),
    Column("created", Integer, nullable=False, server_default="0"),
    Column("updated", Integer, nullable=False, server_default="0"),
    Column("unchanged", Integer, nullable=False, server_default="0"),
    Column("refused", Integer, nullable=False, server_default="0"),
    Column("report", JSONB),
)

# The chunks of a ledger that are committed; a chunk found here is never applied again.
LEDGER_CHUNK = Table(
    "_ledger_chunk",
    METADATA,
    Column("ledger_id", BigInteger, nullable=False),
    Column("chunk", Integer, nullable=False),
    when("at"),
    Column("first_id", BigInteger),
    Column("last_id", BigInteger),
    Column("rows", Integer, nullable=False),
    Column("undone", Boolean, nullable=False, server_default=text("false")),
    PrimaryKeyConstraint("ledger_id", "chunk"),
)

# Rows on their way in: the columns of the table as JSON, in an order that the plan gives. `record_id` is the record
# that a row updates; rows with problems keep what was sent, so that they can be handed back.
STAGING = Table(
    "_staging",
    METADATA,
    Column("ledger_id", BigInteger, nullable=False),
    Column("row", Integer, nullable=False),
    Column("chunk", Integer, nullable=False),
    Column("record_id", BigInteger),
    Column("cells", JSONB),
    Column("extra", JSONB),
    Column("raw", JSONB),
    Column("problems", JSONB),
    PrimaryKeyConstraint("ledger_id", "row"),
    Index("_staging_chunk", "ledger_id", "chunk"),
)

# Kept values that are not up to date yet: a change reached more records than its own transaction may set anew. `steps`
# lead from the records of `form` to those with `ids` that changed (NULL: all records of the form). Records up to
# `last_id` are done; the row goes with the last one.
RECOMPUTE = Table(
    "_recompute",
    METADATA,
    Column("id", BigInteger, Identity(), primary_key=True),
    words("app"),
    words("form"),
    words("path"),
    Column("steps", JSONB, nullable=False, server_default="[]"),
    Column("ids", JSONB),
    when("since"),
    Column("last_id", BigInteger, nullable=False, server_default="0"),
    Column("done", Integer, nullable=False, server_default="0"),
    Column("actor", BigInteger),
    Index("_recompute_form", "app", "form"),
)
