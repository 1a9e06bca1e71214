"""The workspace's settings as a transaction sees them: read when first asked for, kept while nothing changed."""

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from threading import Lock
from typing import Any

from sqlalchemy import Connection, select

from dougong.workspace.tables import SETTING

KEPT = 500

Values = Mapping[str, Any]


class SettingsCache:
    """Values by workspace and by the stamp that every change moves on (`_head.settings`)."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[int, int], Values] = OrderedDict()
        self._lock = Lock()

    def read(self, connection: Connection, workspace_id: int, stamp: int) -> Values:
        """The values of this stamp, from memory or from the database."""
        key = (workspace_id, stamp)
        with self._lock:
            values = self._kept.get(key)
        if values is None:
            rows = connection.execute(select(SETTING.c.app, SETTING.c.key, SETTING.c.value)).all()
            values = {row.key: row.value for row in rows} | {f"{row.app}.{row.key}": row.value for row in rows}
            with self._lock:
                self._kept[key] = values
                while len(self._kept) > KEPT:
                    self._kept.popitem(last=False)
        return values


class LazySettings(Mapping[str, Any]):
    """The settings of one transaction: `follow_alert_days`, or `crm.follow_alert_days` where two apps share a key.

    A transaction that changes a setting goes on seeing what it began with.
    """

    def __init__(self, cache: SettingsCache, connection: Connection, workspace_id: int, stamp: int) -> None:
        self._source = (cache, connection, workspace_id, stamp)
        self._values: Values | None = None

    def _read(self) -> Values:
        if self._values is None:
            cache, connection, workspace_id, stamp = self._source
            self._values = cache.read(connection, workspace_id, stamp)
        return self._values

    def __getitem__(self, key: str) -> Any:
        return self._read()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())
