"""One pack's layer, and the one order of layers: dependencies first, then by key, however they were installed."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from engines.kernel.keyed import Address, Document
from engines.kernel.problems import Problem, Rejected


@dataclass(frozen=True)
class Layer:
    """What one pack brings. `depends` are the keys of the layers that it needs."""

    key: str
    version: str = "0"
    documents: Mapping[Address, Document] = field(default_factory=dict)
    contributions: tuple[Document, ...] = ()
    depends: tuple[str, ...] = ()

    @classmethod
    def of(cls, key: str, documents: Iterable[Document], *, version: str = "0", depends: Iterable[str] = ()) -> "Layer":
        """A layer from the documents of a folder; those that say `extends` are its contributions."""
        given = list(documents)
        own = {(one["kind"], one["key"]): one for one in given if not one.get("extends")}
        return cls(key, version, own, tuple(one for one in given if one.get("extends")), tuple(depends))


@dataclass(frozen=True)
class Order:
    """Layers in their order, and who builds on whom."""

    layers: tuple[Layer, ...]
    below: Mapping[str, frozenset[str]]

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of the layers, in order."""
        return tuple(layer.key for layer in self.layers)

    def builds_on(self, upper: str, lower: str) -> bool:
        """Whether one layer is the other, or depends on it over any number of steps."""
        return upper == lower or lower in self.below.get(upper, ())

    def __iter__(self) -> Iterator[Layer]:
        return iter(self.layers)


def in_order(layers: Iterable[Layer]) -> Order:
    """The layers with dependencies first and, where these leave a choice, by key.

    A layer that adds something to an optional layer (`when`) comes after it if it can. Dependencies on layers that
    are not given are ignored here; the installer asks for them. Raises `Rejected` for a circle or a repeated key.
    """
    given = sorted(layers, key=lambda layer: layer.key)
    by_key = {layer.key: layer for layer in given}
    if len(by_key) != len(given):
        again = next(layer.key for layer, after in pairwise(given) if layer.key == after.key)
        raise Rejected(Problem("layer.repeated", again, f'The layer "{again}" is there twice', {"layer": again}))
    needs = {key: {name for name in layer.depends if name in by_key} for key, layer in by_key.items()}
    likes = {key: {name for name in _optional(layer) if name in by_key} for key, layer in by_key.items()}
    done: list[str] = []
    while len(done) < len(given):
        ready = [key for key in by_key if key not in done and needs[key] <= set(done)]
        if not ready:
            stuck = sorted(set(by_key) - set(done))
            message = f"These layers depend on each other in a circle: {', '.join(stuck)}"
            raise Rejected(Problem("layer.circle", stuck[0], message, {"layers": stuck}))
        done.append(next((key for key in ready if likes[key] <= set(done)), ready[0]))
    below: dict[str, frozenset[str]] = {}
    for key in done:
        below[key] = frozenset(needs[key]).union(*(below[name] for name in needs[key]))
    return Order(tuple(by_key[key] for key in done), below)


def _optional(layer: Layer) -> set[str]:
    conditions = [one.get("when") for one in layer.contributions]
    return {key for one in conditions if isinstance(one, dict) for key in one.get("installed", ())} - {layer.key}
