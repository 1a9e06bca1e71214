"""The control schema: the installation, accounts, workspaces and their place, sign-in (DESIGN D14).

Nothing here belongs to one workspace's records, and no workspace role may read it. The one bridge is `bell`: workspace
roles may insert into it, so that a runner learns whom to serve.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    column,
    table,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA, JSONB, TIMESTAMP

CONTROL = "dougong"
ALEMBIC = table("alembic_version", column("version_num"), schema=CONTROL)
SCHEMA_VERSION = "0001"  # the newest migration; a test holds it equal, so that the web needs no Alembic to check

METADATA = MetaData(
    schema=CONTROL,
    naming_convention={
        "ix": "%(table_name)s_%(column_0_N_name)s",
        "uq": "%(table_name)s_%(column_0_N_name)s",
        "fk": "%(table_name)s_%(column_0_name)s_fkey",
        "pk": "%(table_name)s_pkey",
    },
)


def when(name: str, *, nullable: bool = True, now: bool = False) -> "Column[object]":
    """A column of an instant in UTC, to the millisecond."""
    default = text("now()") if now else None
    return Column(name, TIMESTAMP(timezone=True, precision=3), nullable=nullable and not now, server_default=default)


def flag(name: str, *, on: bool) -> "Column[bool]":
    """A yes/no column that is never blank."""
    return Column(name, Boolean, nullable=False, server_default=text("true" if on else "false"))


# One row. `name` begins the names of the workspaces' roles, which are shared by all databases of a server;
# `fingerprint` says what has been migrated (`dougong.db.fingerprint`).
INSTALLATION = Table(
    "installation",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("fingerprint", Text),
    when("created_at", now=True),
)

# A person who signs in. `email` is folded (`dougong.identity`), one account may be a member of several workspaces.
ACCOUNT = Table(
    "account",
    METADATA,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("email", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("password_hash", Text),
    Column("locale", Text),
    Column("zone", Text),
    flag("is_active", on=True),
    flag("is_demo", on=False),
    when("created_at", now=True),
    when("password_changed_at"),
    when("signed_in_at"),
)

# The directory. `place` names the cell (database) where the workspace lives; `main` is this one (D13).
WORKSPACE = Table(
    "workspace",
    METADATA,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("title", Text, nullable=False),
    Column("schema", Text, nullable=False, unique=True),
    Column("role", Text, nullable=False, unique=True),
    Column("owner_role", Text, nullable=False, unique=True),
    Column("place", Text, nullable=False, server_default="main"),
    flag("is_demo", on=False),
    when("created_at", now=True),
)

# Which person of a workspace (`_member` there) an account is.
MEMBERSHIP = Table(
    "membership",
    METADATA,
    Column("account_id", ForeignKey(ACCOUNT.c.id, ondelete="CASCADE"), primary_key=True),
    Column("workspace_id", ForeignKey(WORKSPACE.c.id, ondelete="CASCADE"), primary_key=True),
    Column("member_id", BigInteger, nullable=False),
    flag("is_admin", on=False),
    flag("is_active", on=True),
    Index("membership_workspace", "workspace_id", "member_id", unique=True),
)

# A browser that has signed in. `id_hash` is the SHA-256 of what the cookie holds: the table gives nobody a session.
SESSION = Table(
    "session",
    METADATA,
    Column("id_hash", BYTEA, primary_key=True),
    Column("account_id", ForeignKey(ACCOUNT.c.id, ondelete="CASCADE"), index=True),
    Column("data", JSONB, nullable=False, server_default="{}"),
    Column("agent", Text),
    Column("address", Text),
    when("created_at", now=True),
    when("seen_at", now=True),
    Column("expires_at", TIMESTAMP(timezone=True, precision=3), nullable=False, index=True),
)

# A link that works once: `purpose` is `invite`, `password` or `confirm`.
LINK = Table(
    "link",
    METADATA,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("token_hash", BYTEA, nullable=False, unique=True),
    Column("purpose", Text, nullable=False),
    Column("account_id", ForeignKey(ACCOUNT.c.id, ondelete="CASCADE")),
    Column("workspace_id", ForeignKey(WORKSPACE.c.id, ondelete="CASCADE")),
    Column("email", Text),
    Column("data", JSONB, nullable=False, server_default="{}"),
    Column("created_by", BigInteger),
    when("created_at", now=True),
    when("expires_at", nullable=False),
    when("used_at"),
)

# A program's way in. `prefix` is shown so that people can tell keys apart; the key itself is shown once.
API_KEY = Table(
    "api_key",
    METADATA,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("workspace_id", ForeignKey(WORKSPACE.c.id, ondelete="CASCADE"), nullable=False),
    Column("member_id", BigInteger, nullable=False),
    Column("title", Text, nullable=False),
    Column("prefix", Text, nullable=False),
    Column("key_hash", BYTEA, nullable=False, unique=True),
    Column("scopes", ARRAY(Text), nullable=False, server_default="{}"),
    when("created_at", now=True),
    when("used_at"),
    when("expires_at"),
    when("revoked_at"),
    Index("api_key_workspace", "workspace_id", "member_id"),
)

# Who has work waiting. Insert-only for workspaces, without key and index: unrelated writers never meet here (D2).
BELL = Table(
    "bell",
    METADATA,
    Column("workspace_id", BigInteger, nullable=False),
    when("at", now=True),
)
