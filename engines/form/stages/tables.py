"""What is kept of stages: each stay of a record in a stage, and the tasks that were ticked there."""

from typing import Final

from sqlalchemy import BigInteger, Column, Identity, Index, Integer, MetaData, PrimaryKeyConstraint, Table, text

from engines.form.system import when, words

METADATA = MetaData()

# One stay of a record in a stage. The last one of a record is open: `left_at` is NULL. `minutes` is the working time
# of the stay along the calendar that counted when it ended.
STAGE: Final = Table(
    "_stage",
    METADATA,
    Column("id", BigInteger, Identity(), primary_key=True),
    words("form"),
    words("field"),
    Column("record_id", BigInteger, nullable=False),
    words("stage"),
    when("entered_at"),
    Column("entered_by", BigInteger),
    when("left_at", nullable=True),
    Column("left_by", BigInteger),
    Column("minutes", Integer),
    Index("_stage_open", "form", "field", "record_id", unique=True, postgresql_where=text("left_at IS NULL")),
    Index("_stage_record", "form", "record_id", "id"),
)

# A task that was done in a stage; the row goes when it is unticked.
STAGE_TASK: Final = Table(
    "_stage_task",
    METADATA,
    words("form"),
    words("field"),
    Column("record_id", BigInteger, nullable=False),
    words("stage"),
    words("task"),
    when("done_at"),
    Column("done_by", BigInteger),
    PrimaryKeyConstraint("form", "record_id", "field", "stage", "task"),
)
