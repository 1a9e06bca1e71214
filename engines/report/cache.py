"""Answers that are still right: kept in the process, fresh as long as nothing of what they counted has changed (D10).

An answer is kept with the snapshot (`pg_snapshot`) that was taken before it was computed, and with the tables that its
statement read. It is fresh while the change log holds no change of these tables that the snapshot did not see: one
index look-up. Metadata revision, actor with all rights, day, settings, period and filters are part of the key. Not
kept: answers of a transaction that has written something, and statements that depend on this very moment or on tables
without a change log.
"""

import json
from collections import OrderedDict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any, Final

from sqlalchemy import Select, Table, bindparam, cast, exists, func, not_, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.sql import visitors
from sqlalchemy.types import Text, UserDefinedType

from engines.form.form import Forms
from engines.form.system import CHANGE
from engines.form.transaction import Transaction
from engines.formula import Facts
from engines.report.definition import Filter
from engines.report.resolve import Asked

Rows = Sequence[Mapping[str, Any]]

MOST_ENTRIES: Final = 500
MOST_ROWS: Final = 1000


class Snapshot(UserDefinedType[str]):
    """Which transactions a statement saw."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        return "pg_snapshot"


_NOW = text("SELECT CAST(pg_current_snapshot() AS text), pg_current_xact_id_if_assigned() IS NULL")
_SEEN = cast(bindparam("snapshot", type_=Text), Snapshot)
_CHANGED = select(
    exists().where(
        CHANGE.c.form == func.any(cast(bindparam("tables", type_=ARRAY(Text)), ARRAY(Text))),
        CHANGE.c.xid >= func.pg_snapshot_xmin(_SEEN),
        not_(func.pg_visible_in_snapshot(CHANGE.c.xid, _SEEN)),
    )
)


@dataclass(frozen=True, slots=True)
class Entry:
    """The rows of an answer, what they were counted from and when. `asked` is kept so that its id stays its own."""

    asked: Asked
    tables: tuple[str, ...]
    snapshot: str
    rows: Rows


class Answers:
    """The answers of one process, the least recently used forgotten first. Safe for threads."""

    def __init__(self) -> None:
        self._entries: OrderedDict[Hashable, Entry] = OrderedDict()
        self._lock = Lock()

    def find(self, tx: Transaction, key: Hashable | None) -> Rows | None:
        """The kept rows if they are still right."""
        with self._lock:
            entry = self._entries.get(key) if key is not None else None
            if entry is None:
                return None
            self._entries.move_to_end(key)
        found = {"snapshot": entry.snapshot, "tables": list(entry.tables)}
        return None if tx.connection.scalar(_CHANGED, found) else entry.rows

    def keep(self, key: Hashable, entry: Entry) -> None:
        """Remember an answer."""
        with self._lock:
            self._entries[key] = entry
            self._entries.move_to_end(key)
            while len(self._entries) > MOST_ENTRIES:
                self._entries.popitem(last=False)


ANSWERS: Final = Answers()


def key_of(tx: Transaction, asked: Asked, facts: Facts, filters: Iterable[Filter | None]) -> Hashable | None:
    """What an answer depends on besides the records; None for questions that are asked once only."""
    if not asked.kept:
        return None
    chosen = json.dumps([one for one in filters if one], sort_keys=True, default=str)
    settings = json.dumps(dict(tx.settings), sort_keys=True, default=str)
    return tx.workspace, id(asked), tx.revision, tx.actor, facts.today, facts.zone, settings, chosen


def rows_of(tx: Transaction, key: Hashable | None, asked: Asked, statement: Select[Any], facts: Facts) -> Rows:
    """The rows of a statement, remembered under the key where that can be right."""
    tables = read_tables(statement, asked.source.form.forms) if key is not None else None
    if tables is None or key is None or _momentary(statement, facts):
        return [dict(row) for row in tx.connection.execute(statement).mappings()]
    snapshot, untouched = tx.connection.execute(_NOW).one()
    rows = [dict(row) for row in tx.connection.execute(statement).mappings()]
    if untouched and len(rows) <= MOST_ROWS:
        ANSWERS.keep(key, Entry(asked, tables, snapshot, rows))
    return rows


def read_tables(statement: Select[Any], forms: Forms) -> tuple[str, ...] | None:
    """The tables of records that a statement reads, by the names in the change log; None if it reads others too."""
    owners: dict[str, str] = {}
    for form in forms.own():
        tables = [form.table, *form.links.values()]
        for sub in form.every_subform():
            tables += [sub.table, *sub.links.values()]
        owners |= {table.name: form.table.name for table in tables}
    names = {node.name for node in visitors.iterate(statement) if isinstance(node, Table)}
    if not names <= owners.keys():
        return None
    return tuple(sorted({owners[name] for name in names}))


def _momentary(statement: Select[Any], facts: Facts) -> bool:
    """Whether the statement holds this very instant (NOW): a minute later it is another one."""
    values = statement.compile().params.values()
    return any(value in (facts.now, facts.instant) for value in values if type(value) is type(facts.now))
