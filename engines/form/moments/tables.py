"""What is remembered of moments, so that each record tells once for each time that its condition becomes true."""

from typing import Final

from sqlalchemy import BigInteger, Column, MetaData, PrimaryKeyConstraint, Table

from engines.form.system import when, words

METADATA = MetaData()

# The records for which a condition holds now, as far as the last look knows.
MOMENT: Final = Table(
    "_moment",
    METADATA,
    words("app"),
    words("moment"),
    Column("record_id", BigInteger, nullable=False),
    when("since"),
    PrimaryKeyConstraint("app", "moment", "record_id"),
)

# The condition that was looked at: another text is another moment, whose present records are old news.
MOMENT_SEEN: Final = Table(
    "_moment_seen",
    METADATA,
    words("app"),
    words("moment"),
    words("condition"),
    when("at"),
    PrimaryKeyConstraint("app", "moment"),
)
