"""A registry lists the kinds of one thing (field types, nodes, charts) in plain sight, by key."""

from collections.abc import Iterable, Iterator
from typing import Generic, Protocol, TypeVar

from engines.kernel.problems import NotFound, Problem, suggest


class Keyed(Protocol):
    """Anything with a stable key."""

    @property
    def key(self) -> str: ...


T = TypeVar("T", bound=Keyed)


class Registry(Generic[T]):
    """The kinds of one thing. Two kinds with one key fail when the module is loaded."""

    def __init__(self, noun: str, kinds: Iterable[T]) -> None:
        self.noun = noun
        self._kinds: dict[str, T] = {}
        for kind in kinds:
            if kind.key in self._kinds:
                raise ValueError(f"two {noun}s have the key {kind.key!r}")
            self._kinds[kind.key] = kind

    def get(self, key: str, path: str = "") -> T:
        """The kind with this key. Raises `NotFound` with the nearest key as a suggestion."""
        kind = self._kinds.get(key)
        if kind is None:
            message = f'There is no {self.noun} "{key}"{suggest(key, self._kinds)}'
            code = f"{self.noun.replace(' ', '_')}.unknown"
            raise NotFound(Problem(code, path, message, {"key": key, "known": sorted(self._kinds)}))
        return kind

    def all(self) -> tuple[T, ...]:
        """Every kind, in the order of the list."""
        return tuple(self._kinds.values())

    def keys(self) -> tuple[str, ...]:
        """Every key, in the order of the list."""
        return tuple(self._kinds)

    def __contains__(self, key: object) -> bool:
        return key in self._kinds

    def __iter__(self) -> Iterator[T]:
        return iter(self._kinds.values())
