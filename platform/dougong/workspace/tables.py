"""System tables of a workspace that the host writes: people, departments, roles, revisions, settings, files, jobs.

No schema name stands in them: the transaction's search path is the workspace's schema. The engines own more of them
(`dougong.workspace.system_tables` lists all). Every name begins with `_`, which no form may.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TIMESTAMP

METADATA = MetaData()


def when(name: str, *, nullable: bool = True, now: bool = False) -> "Column[object]":
    """A column of an instant in UTC, to the millisecond."""
    default = text("now()") if now else None
    return Column(name, TIMESTAMP(timezone=True, precision=3), nullable=nullable and not now, server_default=default)


def words(name: str, *, nullable: bool = False, default: str | None = None, key: bool = False) -> "Column[str]":
    """A text column that is ordered by code points on every server."""
    return Column(name, Text(collation="C"), nullable=nullable, server_default=default, primary_key=key)


def flag(name: str, *, on: bool) -> "Column[bool]":
    """A yes/no column that is never blank."""
    return Column(name, Boolean, nullable=False, server_default=text("true" if on else "false"))


# One row, kept by triggers on `_revision` and `_setting`: what every transaction reads when it begins.
HEAD = Table(
    "_head",
    METADATA,
    Column("one", Boolean, CheckConstraint("one"), primary_key=True, server_default=text("true")),
    Column("revision", Integer, nullable=False, server_default="0"),
    Column("settings", BigInteger, nullable=False, server_default="0"),
)

# Every state of the workspace's metadata that was ever published; ids only grow, a revert is a new one.
REVISION = Table(
    "_revision",
    METADATA,
    Column("id", Integer, Identity(), primary_key=True),
    when("created_at", now=True),
    Column("author", BigInteger),
    words("summary", default=""),
)

# The department tree. `path` holds the ids from the root down to the department itself: "all below" is `path @> {id}`.
DEPARTMENT = Table(
    "_department",
    METADATA,
    Column("id", BigInteger, Identity(), primary_key=True),
    words("key", nullable=True),
    words("name"),
    words("name__sort", default=""),
    Column("parent_id", ForeignKey("_department.id")),
    Column("head_id", BigInteger),
    Column("path", ARRAY(BigInteger), nullable=False, server_default="{}"),
    Column("position", Integer, nullable=False, server_default="0"),
    flag("is_active", on=True),
    words("calendar", nullable=True),  # the business calendar it works by; blank: that of the department above
    Index("_department_key", "key", unique=True),
    Index("_department_path", "path", postgresql_using="gin"),
    Index("_department_head", "head_id"),
)

# A person of the workspace. `account_id` is blank for somebody who may not sign in (yet).
MEMBER = Table(
    "_member",
    METADATA,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("account_id", BigInteger),
    words("name"),
    words("name__sort", default=""),
    words("email", nullable=True),
    words("phone", nullable=True),
    words("title", nullable=True),
    flag("is_active", on=True),
    flag("is_admin", on=False),
    Column("main_department_id", ForeignKey("_department.id")),
    Column("manager_id", ForeignKey("_member.id")),
    Column("avatar", BigInteger),
    words("locale", nullable=True),
    words("zone", nullable=True),
    when("joined_at", now=True),
    when("left_at"),
    Index("_member_account", "account_id", unique=True),
    Index("_member_department", "main_department_id"),
    Index("_member_manager", "manager_id"),
)

# Who belonged where and when; `until` blank means still.
DEPARTMENT_MEMBER = Table(
    "_department_member",
    METADATA,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("member_id", ForeignKey("_member.id"), nullable=False),
    Column("department_id", ForeignKey("_department.id"), nullable=False),
    when("since", now=True),
    when("until"),
    Index("_department_member_now", "member_id", "department_id", unique=True, postgresql_where=text("until IS NULL")),
    Index("_department_member_department", "department_id", postgresql_where=text("until IS NULL")),
)

# Roles exist here as far as they have members or are asked for; what they may do stands in documents.
ROLE = Table("_role", METADATA, words("key", key=True), Column("title", JSONB, nullable=False, server_default='""'))

ROLE_MEMBER = Table(
    "_role_member",
    METADATA,
    Column("role", ForeignKey("_role.key", ondelete="CASCADE", onupdate="CASCADE"), nullable=False),
    Column("member_id", ForeignKey("_member.id"), nullable=False),
    PrimaryKeyConstraint("role", "member_id"),
    Index("_role_member_member", "member_id"),
)

# Values of the parameters that apps declare, and of the workspace itself (app `_`).
SETTING = Table(
    "_setting",
    METADATA,
    words("app"),
    words("key"),
    Column("value", JSONB),
    when("changed_at", now=True),
    Column("changed_by", BigInteger),
    PrimaryKeyConstraint("app", "key"),
)

# What one person likes to see: chosen columns, favourites, closed checklists.
PREFERENCE = Table(
    "_preference",
    METADATA,
    Column("member_id", ForeignKey("_member.id", ondelete="CASCADE"), nullable=False),
    words("key"),
    Column("value", JSONB),
    when("changed_at", now=True),
    PrimaryKeyConstraint("member_id", "key"),
)

# Passwords and tokens of other systems, sealed (D18); nothing shows them again.
SECRET = Table(
    "_secret",
    METADATA,
    words("key", key=True),
    words("sealed"),
    when("changed_at", now=True),
    Column("changed_by", BigInteger),
)

# What a member did and may take back, for a day.
ACTION = Table(
    "_action",
    METADATA,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("member_id", ForeignKey("_member.id", ondelete="CASCADE"), nullable=False),
    words("kind"),
    words("title"),
    Column("data", JSONB, nullable=False, server_default="{}"),
    when("at", now=True),
    when("undone_at", nullable=True),
    Index("_action_member", "member_id", "id"),
)

# What the bell in the page shows. `unique_key` makes telling the same thing twice harmless.
NOTIFICATION = Table(
    "_notification",
    METADATA,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("member_id", ForeignKey("_member.id", ondelete="CASCADE"), nullable=False),
    words("kind"),
    Column("data", JSONB, nullable=False, server_default="{}"),
    words("link", nullable=True),
    words("unique_key", nullable=True),
    when("at", now=True),
    when("read_at"),
    Index("_notification_member", "member_id", "id"),
    Index("_notification_unread", "member_id", postgresql_where=text("read_at IS NULL")),
    Index("_notification_key", "member_id", "unique_key", unique=True),
)

# One stored file; its bytes lie under `place`. It belongs to a record's field once that is saved, else it is swept.
FILE = Table(
    "_file",
    METADATA,
    Column("id", BigInteger, Identity(), primary_key=True),
    words("token"),
    words("name"),
    words("media_type"),
    Column("size", BigInteger, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    words("place"),
    Column("width", Integer),
    Column("height", Integer),
    words("form", nullable=True),
    Column("record_id", BigInteger),
    words("field", nullable=True),
    Column("created_by", BigInteger),
    when("created_at", now=True),
    when("deleted_at"),
    Index("_file_token", "token", unique=True),
    Index("_file_record", "form", "record_id"),
    Index("_file_loose", "created_at", postgresql_where=text("record_id IS NULL")),
)

# Something that a person started and can watch or cancel: `queued`, `running`, `done`, `failed`, `cancelled`.
JOB = Table(
    "_job",
    METADATA,
    Column("id", BigInteger, Identity(), primary_key=True),
    words("kind"),
    Column("title", JSONB, nullable=False, server_default='""'),
    words("state", default="queued"),
    Column("payload", JSONB, nullable=False, server_default="{}"),
    Column("done", BigInteger, nullable=False, server_default="0"),
    Column("total", BigInteger),
    Column("step", JSONB),
    Column("result", JSONB),
    Column("problems", JSONB),
    Column("member_id", BigInteger),
    words("unique_key", nullable=True),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("fence", BigInteger, nullable=False, server_default="0"),
    flag("cancel", on=False),
    when("at", now=True),
    when("lease_until"),
    when("started_at"),
    when("finished_at"),
    Index("_job_open", "at", postgresql_where=text("state IN ('queued', 'running')")),
    Index("_job_member", "member_id", "id"),
    Index("_job_key", "kind", "unique_key", unique=True, postgresql_where=text("state IN ('queued', 'running')")),
)

# The answer that an API call with an idempotency key got, written in the transaction of the change itself.
IDEMPOTENCY = Table(
    "_idempotency",
    METADATA,
    words("scope"),
    words("key"),
    Column("request", LargeBinary, nullable=False),
    Column("status", Integer),
    Column("answer", JSONB),
    when("at", now=True),
    PrimaryKeyConstraint("scope", "key"),
    Index("_idempotency_at", "at"),
)
