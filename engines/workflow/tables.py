"""System tables of a workspace that the workflow engine writes: versions, instances, tasks, the log.

No schema name stands in them: the transaction's search path is the workspace's schema, where the host creates them.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    MetaData,
    Numeric,
    Table,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from engines.form.system import when, words

METADATA = MetaData()

OPEN_INSTANCE = "status IN ('running', 'returned')"
OPEN_TASK = "state = 'open'"

# Every version of a flow that a record ever started with, named by the digest of its document: running instances keep
# the version they started with (D9).
VERSION = Table(
    "_flow_version",
    METADATA,
    words("digest"),
    words("app"),
    words("flow"),
    Column("revision", Integer, nullable=False),
    when("at"),
    Column("document", JSONB, nullable=False),
    UniqueConstraint("digest"),
)

# One record's way through a flow. `status`: running, returned, approved, rejected, withdrawn. `nodes` are where it
# waits; `title` is what the record was called last, for lists. `source` names the event that started it by itself.
INSTANCE = Table(
    "_flow_instance",
    METADATA,
    Column("id", BigInteger, Identity(), primary_key=True),
    words("app"),
    words("flow"),
    words("form"),
    Column("record_id", BigInteger, nullable=False),
    words("digest"),
    words("status"),
    Column("round", Integer, nullable=False),
    Column("nodes", JSONB, nullable=False, server_default="[]"),
    Column("submitter", BigInteger),
    words("title", default=""),
    Column("flow_title", JSONB, nullable=False),
    Column("state", JSONB, nullable=False),
    words("source", nullable=True),
    when("started_at"),
    when("updated_at"),
    when("finished_at", nullable=True),
    # At most one approval runs on a record: what a second submission waits for and meets.
    Index("_flow_instance_open", "app", "form", "record_id", unique=True, postgresql_where=text(OPEN_INSTANCE)),
    Index("_flow_instance_record", "app", "form", "record_id", "id"),
    Index("_flow_instance_submitter", "submitter", "id"),
    Index(
        "_flow_instance_source",
        "source",
        "app",
        "form",
        "record_id",
        unique=True,
        postgresql_where=text("source IS NOT NULL"),
    ),
)

# What one person is asked (`approve`, `resubmit`) or shown (`cc`). `state`: open, done, cancelled. `within` are the
# working hours that it may take, `along` the calendar that its node names; when they are over follows from the calendar
# whenever somebody asks. `late_at` is when it was told that they are.
TASK = Table(
    "_flow_task",
    METADATA,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("instance_id", ForeignKey("_flow_instance.id", ondelete="CASCADE"), nullable=False),
    words("app"),
    words("form"),
    Column("record_id", BigInteger, nullable=False),
    Column("visit", Integer, nullable=False),
    words("node"),
    Column("node_title", JSONB, nullable=False),
    Column("member_id", BigInteger, nullable=False),
    words("kind"),
    words("state", default="open"),
    words("outcome", nullable=True),
    words("comment", nullable=True),
    Column("instead_of", BigInteger),
    when("opened_at"),
    when("read_at", nullable=True),
    when("closed_at", nullable=True),
    Column("closed_by", BigInteger),
    Column("within", Numeric),
    words("along", nullable=True),
    when("late_at", nullable=True),
    UniqueConstraint("instance_id", "visit", "member_id"),
    Index("_flow_task_mine", "member_id", "kind", "id", postgresql_where=text(OPEN_TASK)),
    Index("_flow_task_record", "form", "record_id", "member_id", postgresql_where=text(OPEN_TASK)),
    Index("_flow_task_done", "member_id", "closed_at", postgresql_where=text("state = 'done'")),
)

# The story of an instance, and what replays it: a line with an `event` is what somebody did with the `facts` of its
# moment; the others are what the flow did by itself. The unique key makes an event that comes twice harmless.
# Columns that came later than their table, for workspaces that have it already.
LATER = """
ALTER TABLE _flow_task ADD COLUMN IF NOT EXISTS within numeric, ADD COLUMN IF NOT EXISTS along text COLLATE "C",
 ADD COLUMN IF NOT EXISTS late_at timestamptz(3);
CREATE INDEX IF NOT EXISTS _flow_task_limit ON _flow_task (app, id)
 WHERE state = 'open' AND within IS NOT NULL AND late_at IS NULL;
"""

LOG = Table(
    "_flow_log",
    METADATA,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("instance_id", ForeignKey("_flow_instance.id", ondelete="CASCADE"), nullable=False),
    words("key"),
    when("at"),
    Column("round", Integer, nullable=False),
    words("node"),
    Column("node_title", JSONB, nullable=False),
    words("action"),
    Column("member_id", BigInteger),
    words("comment", nullable=True),
    Column("params", JSONB, nullable=False, server_default="{}"),
    Column("event", JSONB(none_as_null=True)),
    Column("facts", JSONB(none_as_null=True)),
    UniqueConstraint("instance_id", "key"),
)
