"""What this process remembers of revisions: a revision never changes, so nothing here is ever told to forget."""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

from dougong.db.engine import TAG_OPTION, database_of
from engines.form.transaction import Transaction

T = TypeVar("T")

Key = tuple[str, str, str, int, str]


def revision_key(tx: Transaction, app: str) -> Key:
    """What names one revision of one app in this process, over several databases and workspaces made anew.

    The tag that leads the statements of a workspace holds its number, which is never used again.
    """
    tag = tx.connection.get_execution_options().get(TAG_OPTION, "")
    return database_of(tx.connection.engine), tx.workspace, tag, tx.revision, app


class RevisionCache(Generic[T]):
    """The last `size` values by revision. Two threads that miss at once both compute; the first value stays."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._kept: OrderedDict[Key, T] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Key, make: Callable[[], T]) -> T:
        """The value of this revision, made where it is not known yet."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        value = make()
        with self._lock:
            value = self._kept.setdefault(key, value)
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)
        return value

    def keys(self) -> tuple[Key, ...]:
        """What is remembered, oldest first."""
        with self._lock:
            return tuple(self._kept)
