"""Layers: the packs' documents, what packs add to each other's documents, and on top what the customer changed.

A pack's layer holds documents of its own and *contributions*: patches `{"kind", "key", "extends": true, ...}` of
documents that belong to other packs. A contribution adds elements to keyed lists (placed by `$after` or `$before`),
adds strings to lists of strings, merges objects and sets properties; `{"$set": value}` replaces a value as a whole.
Documents, contributions and elements may carry `when: {"installed": [keys]}`; they exist only while all are installed.

The customer's own layer (`Own`) lies on top and holds changes against what lies below, so that an upgrade is a
three-way merge: base what lay below, theirs what lies below now, mine what was in force.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, NamedTuple

from engines.kernel.contributions import Laid, alive, contribute, forget
from engines.kernel.keyed import MISSING, Address, Document, Path, canonical, locate, same
from engines.kernel.merge import Change, Conflict, Side, apply, diff, merge3
from engines.kernel.ordering import Layer, Order, in_order
from engines.kernel.problems import NotFound, Problem, Rejected, suggest

__all__ = ["OWN", "Effective", "Layer", "Own", "Upgrade", "merge_layers", "overlay", "upgrade"]

OWN: Final = "own"


@dataclass(frozen=True)
class Own:
    """The customer's own layer: new documents, changes of documents below, documents below taken out."""

    documents: Mapping[Address, Document] = field(default_factory=dict)
    changes: Mapping[Address, tuple[Change, ...]] = field(default_factory=dict)
    removed: frozenset[Address] = frozenset()

    def as_dict(self) -> dict[str, Any]:
        """The shape that is stored: lists in the order of addresses, so that equal layers have equal bytes."""
        return {
            "documents": [self.documents[address] for address in sorted(self.documents)],
            "changes": [
                {"kind": kind, "key": key, "changes": [change.as_dict() for change in self.changes[kind, key]]}
                for kind, key in sorted(self.changes)
            ],
            "removed": [list(address) for address in sorted(self.removed)],
        }

    @classmethod
    def from_dict(cls, shape: Mapping[str, Any]) -> "Own":
        """The layer that `as_dict` gave."""
        return cls(
            {(one["kind"], one["key"]): one for one in shape.get("documents", ())},
            {
                (one["kind"], one["key"]): tuple(Change.from_dict(change) for change in one["changes"])
                for one in shape.get("changes", ())
            },
            frozenset((kind, key) for kind, key in shape.get("removed", ())),
        )


@dataclass(frozen=True)
class Effective:
    """The documents in force, from which layer each node came, and what is wrong between the layers."""

    documents: Mapping[Address, Document] = field(default_factory=dict)
    origins: Mapping[Address, Mapping[Path, str]] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    installed: frozenset[str] = frozenset()

    def find(self, kind: str, key: str) -> Document | None:
        """The document at an address, or None."""
        return self.documents.get((kind, key))

    def get(self, kind: str, key: str, path: str = "") -> Document:
        """The document at an address. Raises `NotFound` with the nearest key; `path` is where the caller stands."""
        document = self.documents.get((kind, key))
        if document is None:
            known = sorted(other for its_kind, other in self.documents if its_kind == kind)
            message = f'There is no {kind} "{key}"{suggest(key, known)}'
            raise NotFound(Problem("document.not_found", path, message, {"kind": kind, "key": key}))
        return document

    def of_kind(self, kind: str) -> tuple[Document, ...]:
        """Every document of a kind, by key."""
        return tuple(self.documents[address] for address in sorted(self.documents) if address[0] == kind)

    def origin(self, kind: str, key: str, path: Path | str = ()) -> str:
        """The key of the layer that a node came from: that of the nearest node at or above it that a layer set."""
        if isinstance(path, str):
            path = locate(self.get(kind, key), path) or tuple(path.split("."))
        origins = self.origins.get((kind, key), {})
        lengths = range(len(path), -1, -1)
        return next((origins[path[:length]] for length in lengths if path[:length] in origins), OWN)

    def canonical(self) -> bytes:
        """The same bytes for the same documents, whatever way led to them."""
        return canonical([self.documents[address] for address in sorted(self.documents)])


class Upgrade(NamedTuple):
    """What an upgrade leads to; `conflicts` wait for a person, the documents hold the preferred side meanwhile."""

    effective: Effective
    own: Own
    conflicts: Mapping[Address, tuple[Conflict, ...]]


def merge_layers(
    layers: Iterable[Layer], own: Own | None = None, *, installed: Collection[str] | None = None
) -> Effective:
    """All layers in one, the customer's own last. The order in which the layers are given does not matter.

    `installed` decides what `when` means; it defaults to the keys of the layers. Raises `Rejected` when the layers
    depend on each other in a circle; everything else that is wrong is listed in `problems`.
    """
    order = in_order(layers)
    keys = frozenset(order.keys if installed is None else installed)
    laid = Laid()
    for layer in order:
        for address in sorted(layer.documents):
            _lay(laid, layer, address, alive(layer.documents[address], keys), order)
    for layer in order:
        for patch in layer.contributions:
            living = alive(patch, keys)
            if living is not MISSING:
                contribute(laid, layer.key, living, order)
    below = Effective(dict(laid.documents), laid.origins, tuple(laid.problems), keys)
    return below if own is None else _with_own(below, own)


def _lay(laid: Laid, layer: Layer, address: Address, document: Any, order: Order) -> None:
    if document is MISSING:
        return
    if address in laid.documents:
        owner = laid.origins[address][()]
        kind, key = address
        message = f'"{layer.key}" and "{owner}" both bring the {kind} "{key}"; one of them must extend it'
        params = {"kind": kind, "key": key, "layers": sorted((layer.key, owner), key=order.keys.index)}
        laid.problems.append(Problem("layer.duplicate", f"{kind}.{key}", message, params))
        return
    laid.documents[address] = document
    laid.origins[address] = {(): layer.key}


def _with_own(below: Effective, own: Own) -> Effective:
    documents = {address: one for address, one in below.documents.items() if address not in own.removed}
    origins = {address: dict(below.origins[address]) for address in documents}
    for address, document in own.documents.items():
        documents[address] = document
        origins[address] = {(): OWN}
    for address, changes in own.changes.items():
        if address not in documents:
            kind, key = address
            message = f'The {kind} "{key}" was changed, but no layer brings it any more'
            raise Rejected(Problem("layer.orphan", f"{kind}.{key}", message, {"kind": kind, "key": key}))
        documents[address] = apply(changes, documents[address])
        for change in changes:
            if change.operation in ("set", "insert"):
                forget(origins[address], change.path)
                origins[address][change.path] = OWN
    return replace(below, documents=documents, origins=origins)


def overlay(below: Effective, documents: Mapping[Address, Document]) -> Own:
    """The own layer that makes of what lies below exactly these documents."""
    changed = {a for a in documents if a in below.documents and not same(below.documents[a], documents[a])}
    return Own(
        documents={address: document for address, document in documents.items() if address not in below.documents},
        changes={address: tuple(diff(below.documents[address], documents[address])) for address in changed},
        removed=frozenset(address for address in below.documents if address not in documents),
    )


def upgrade(old_layers: Iterable[Layer], new_layers: Iterable[Layer], own: Own, *, prefer: Side = "mine") -> Upgrade:
    """Carry the customer's changes from old layers over to new ones (installed, upgraded, removed: all the same).

    Where the customer and the new layers changed one thing differently there is a conflict, and the document holds
    the side that `prefer` names.
    """
    old_below, new_below = merge_layers(old_layers), merge_layers(new_layers)
    mine = _with_own(old_below, own).documents
    documents: dict[Address, Document] = {}
    conflicts: dict[Address, tuple[Conflict, ...]] = {}
    for address in sorted({*old_below.documents, *new_below.documents, *mine}):
        sides = (side.get(address) for side in (old_below.documents, new_below.documents, mine))
        merged = merge3(*sides, prefer=prefer)
        if merged.document is not None:
            documents[address] = merged.document
        if merged.conflicts:
            conflicts[address] = merged.conflicts
    new_own = overlay(new_below, documents)
    return Upgrade(_with_own(new_below, new_own), new_own, conflicts)
