"""What a workspace keeps about its public pages beside their documents: switch, password, counters, links, marks."""

from sqlalchemy import BigInteger, Column, Identity, Index, LargeBinary, MetaData, PrimaryKeyConstraint, Table

from dougong.workspace.tables import flag, when, words

METADATA = MetaData()

# One row for each page that was ever shared. `submitted` is what the quota counts; it outlives links.
PUBLIC = Table(
    "_public",
    METADATA,
    words("app"),
    words("kind"),
    words("key"),
    flag("is_on", on=True),
    words("password_hash", nullable=True),
    Column("opened", BigInteger, nullable=False, server_default="0"),
    Column("submitted", BigInteger, nullable=False, server_default="0"),
    when("last_at"),
    PrimaryKeyConstraint("app", "kind", "key"),
)

# A way in. `digest` finds it, `sealed` shows it to administrators again; the table alone opens nothing.
PUBLIC_LINK = Table(
    "_public_link",
    METADATA,
    Column("id", BigInteger, Identity(), primary_key=True),
    words("app"),
    words("kind"),
    words("key"),
    Column("digest", LargeBinary, nullable=False, unique=True),
    words("sealed"),
    when("created_at", now=True),
    Column("created_by", BigInteger),
    when("revoked_at"),
    Index("_public_link_page", "app", "kind", "key"),
)

# What may come once: a device, a phone number, one opened page (`sent`), one captcha. Only digests are kept.
PUBLIC_MARK = Table(
    "_public_mark",
    METADATA,
    words("app"),
    words("key"),
    words("what"),
    Column("digest", LargeBinary, nullable=False),
    when("at", now=True),
    PrimaryKeyConstraint("app", "key", "what", "digest"),
    Index("_public_mark_at", "what", "at"),
)
