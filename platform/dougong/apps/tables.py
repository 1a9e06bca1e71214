"""System tables of a workspace that hold its metadata: apps, documents and layers of every revision, drafts, steps.

No schema name stands in them: the transaction's search path is the workspace's schema. A version of a document or a
layer is in force from revision `since` to before `until` (blank: still), so that every revision can be read again and a
publish writes only what changed.
"""

from sqlalchemy import BigInteger, Column, ForeignKey, Identity, Index, Integer, MetaData, Table, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB

from dougong.workspace.tables import words
from engines.form.system import when

METADATA = MetaData()

# An application: a set of documents with keys of its own. Its key is part of the names of its tables.
APP = Table(
    "_app",
    METADATA,
    words("key", key=True),
    Column("title", JSONB, nullable=False, server_default='""'),
    words("icon", default=""),
    Column("position", Integer, nullable=False, server_default="0"),
    when("created_at", now=True),
)

# The documents in force, merged from the layers; `origins` says which layer each node came from: [[path, layer], ...].
DOCUMENT = Table(
    "_document",
    METADATA,
    Column("id", BigInteger, Identity(), primary_key=True),
    words("app"),
    words("kind"),
    words("key"),
    Column("since", Integer, nullable=False),
    Column("until", Integer),
    Column("body", JSONB, nullable=False),
    Column("origins", JSONB, nullable=False, server_default="[]"),
    UniqueConstraint("app", "kind", "key", "since"),
    Index("_document_now", "app", "kind", "key", unique=True, postgresql_where=text("until IS NULL")),
)

# The layers that the documents were merged from. The customer's own layer has the key `own`; `conflicts` of it are
# what an upgrade left for a person to settle: [{"kind", "key", "conflict"}, ...].
LAYER = Table(
    "_layer",
    METADATA,
    Column("id", BigInteger, Identity(), primary_key=True),
    words("app"),
    words("key"),
    Column("since", Integer, nullable=False),
    Column("until", Integer),
    words("version", default="0"),
    Column("body", JSONB, nullable=False),
    Column("conflicts", JSONB, nullable=False, server_default="[]"),
    UniqueConstraint("app", "key", "since"),
    Index("_layer_now", "app", "key", unique=True, postgresql_where=text("until IS NULL")),
)

# Edits on their way to a revision, and the documents that they touch. A blank body takes the document out; `base` is
# the revision that the author saw, which a merge starts from.
DRAFT = Table(
    "_draft",
    METADATA,
    Column("id", BigInteger, Identity(), primary_key=True),
    words("app"),
    words("title", default=""),
    Column("author", BigInteger),
    when("created_at", now=True),
    when("updated_at", now=True),
)

DRAFT_DOCUMENT = Table(
    "_draft_document",
    METADATA,
    Column("draft_id", ForeignKey("_draft.id", ondelete="CASCADE"), primary_key=True),
    words("kind", key=True),
    words("key", key=True),
    Column("base", Integer, nullable=False),
    Column("body", JSONB(none_as_null=True)),
    when("updated_at", now=True),
)

# What a publish leaves to do after its switch, in order; written in the transaction of the switch itself.
FINISH = Table(
    "_publish_step",
    METADATA,
    Column("id", BigInteger, Identity(), primary_key=True),
    words("app"),
    Column("revision", Integer, nullable=False),
    words("kind"),
    Column("payload", JSONB, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    words("last_error", nullable=True),
    when("done_at", nullable=True),
    Index("_publish_step_open", "id", postgresql_where=text("done_at IS NULL")),
)

# Fields and forms that were removed, with their data still in place; `body` is the last definition of each.
TRASH = Table(
    "_trash",
    METADATA,
    Column("id", BigInteger, Identity(), primary_key=True),
    words("app"),
    words("form"),
    words("field", default=""),
    Column("body", JSONB, nullable=False),
    Column("removed_in", Integer, nullable=False),
    Column("removed_by", BigInteger),
    when("removed_at", now=True),
    Column("restored_in", Integer),
    when("purged_at", nullable=True),
    Index("_trash_now", "app", "form", "field", postgresql_where=text("restored_in IS NULL AND purged_at IS NULL")),
)
