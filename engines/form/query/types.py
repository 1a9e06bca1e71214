"""What is asked of the records of a form, and what comes back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, Literal

from engines.form.fields.base import Link

MOST_ROWS: Final = 5000
LAST_OFFSET: Final = 100_000
CAP: Final = 10_000
"""Totals are counted so far; beyond, the answer is "more than"."""
SELECTIVE: Final = 2_000
"""Conditions that at most so many records meet are settled first, then sorted (D4)."""

Count = Literal["capped", "exact", "none"]


@dataclass(frozen=True, slots=True)
class Sort:
    """One field to order by. A text is ordered by its sort key (pinyin) where it has one."""

    field: str
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """A list: `columns` are the fields wanted (None: every visible one), `filter` is filter JSON (docs/metadata.md).

    `cursor` goes on after a page, `offset` skips; not both. `totals` are fields to add up over all records found.
    """

    columns: tuple[str, ...] | None = None
    filter: Mapping[str, Any] | None = None
    search: str | None = None
    sort: tuple[Sort, ...] = ()
    limit: int = 20
    cursor: str | None = None
    offset: int = 0
    count: Count = "capped"
    totals: tuple[str, ...] = ()
    trash: bool = False


@dataclass(frozen=True, slots=True)
class Meta:
    """What every record knows about itself."""

    owner: Link | None = None
    department: Link | None = None
    created_at: datetime | None = None
    created_by: Link | None = None
    updated_at: datetime | None = None
    updated_by: Link | None = None
    flow_state: str | None = None
    deleted_at: datetime | None = None
    sample: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """A record as its reader may see it. Fields that may not be seen in this record are absent from `values`.

    Values are Python values, relations and members `Link`s, rows of sub-forms tuples of mappings with their ids.
    `may` holds the operations that the reader may do with it and `editable` the fields (and row fields as
    `lines.qty`) that may be changed; both are asked for by `get_record` only. `recomputing` are kept values that are
    not up to date yet, because a change reached too many records to set them all anew at once.
    """

    id: int
    version: int
    title: str
    values: Mapping[str, Any]
    meta: Meta = Meta()
    may: frozenset[str] = frozenset()
    editable: frozenset[str] = frozenset()
    visible: frozenset[str] = frozenset()
    recomputing: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list. `total` is None when not asked for; `capped` says that there are more than `total`."""

    rows: tuple[Record, ...]
    total: int | None = None
    capped: bool = False
    next_cursor: str | None = None
    totals: Mapping[str, Decimal] = field(default_factory=dict)
