"""Things that are made once for a form of a revision and a kind of reader, and kept for the next request."""

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

V = TypeVar("V")


class Kept(Generic[V]):
    """At most so many values by key; the one made longest ago goes first. Two threads may make the same one."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._values: dict[Hashable, V] = {}

    def get(self, key: Hashable, make: Callable[[], V]) -> V:
        """The value kept under a key, made when it is first asked for."""
        found = self._values.get(key)
        if found is None:
            found = make()
            while len(self._values) >= self.most:
                self._values.pop(next(iter(self._values)), None)
            self._values[key] = found
        return found
