"""What is kept of masked values that were shown one at a time: who, when, which field of which record."""

from typing import Final

from sqlalchemy import BigInteger, Column, Identity, Index, MetaData, Table

from engines.form.system import when, words

METADATA = MetaData()

# One showing. The value itself is not kept. `row_id` is the row of a sub-form. The record 0 stands for a question by
# the whole value, which names none.
SHOWING: Final = Table(
    "_showing",
    METADATA,
    Column("id", BigInteger, Identity(), primary_key=True),
    when("at"),
    Column("actor", BigInteger),
    words("origin"),
    words("form"),
    Column("record_id", BigInteger, nullable=False),
    words("path"),
    Column("row_id", BigInteger),
    Index("_showing_record", "form", "record_id", "id"),
    Index("_showing_actor", "actor", "at"),
)
