"""How one layer adds to the documents of another, and what `when` leaves out."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from engines.kernel.keyed import (
    MISSING,
    Address,
    Document,
    Path,
    child,
    dotted,
    element_key,
    get,
    list_keys,
    place,
    put,
    same,
)
from engines.kernel.ordering import Order
from engines.kernel.problems import Problem, suggest

_IDENTITY = frozenset({"kind", "key", "extends"})


@dataclass
class Laid:
    """The state while layers are laid on each other: documents, where their nodes came from, what went wrong."""

    documents: dict[Address, Document] = field(default_factory=dict)
    origins: dict[Address, dict[Path, str]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def alive(value: Any, installed: Collection[str]) -> Any:
    """The value without what asks for a pack that is not installed, and without the `when` that was answered.

    Only `{"installed": [...]}` is meant; a `when` of another shape belongs to the document's kind and stays.
    """
    if isinstance(value, list):
        return [below for below in (alive(element, installed) for element in value) if below is not MISSING]
    if not isinstance(value, dict):
        return value
    when = value.get("when")
    asked = when.get("installed") if isinstance(when, dict) and when.keys() == {"installed"} else None
    if isinstance(asked, list) and not all(key in installed for key in asked):
        return MISSING
    rest = {name: alive(below, installed) for name, below in value.items() if asked is None or name != "when"}
    return {name: below for name, below in rest.items() if below is not MISSING}


def forget(origins: dict[Path, str], path: Path) -> None:
    """Drop what was known about the places at and below a path that is about to be replaced."""
    for known in [one for one in origins if one[: len(path)] == path]:
        del origins[known]


def contribute(laid: Laid, layer: str, patch: Document, order: Order) -> None:
    """Lay one contribution over the document that it extends; what cannot be done becomes a problem."""
    address = patch["kind"], patch["key"]
    if address not in laid.documents:
        known = [key for kind, key in laid.documents if kind == address[0]]
        message = (
            f'"{layer}" extends the {address[0]} "{address[1]}", which no layer brings{suggest(address[1], known)}'
        )
        params = {"layer": layer, "kind": address[0], "key": address[1]}
        laid.problems.append(Problem("layer.nothing_to_extend", ".".join(address), message, params))
        return
    _Patch(laid, layer, address, order).properties((), patch)


@dataclass(frozen=True)
class _Patch:
    laid: Laid
    layer: str
    address: Address
    order: Order

    def properties(self, path: Path, patch: Document) -> None:
        """Merge the properties of a patch into the object at a path."""
        for name, value in patch.items():
            if (path or name not in _IDENTITY) and not name.startswith("$"):
                self.value((*path, name), value)

    def value(self, path: Path, value: Any) -> None:
        """Bring one value of the patch to its place."""
        here = get(self.laid.documents[self.address], path)
        if isinstance(value, dict) and value.keys() == {"$set"}:
            self.set(path, here, value["$set"])
        elif isinstance(value, dict) and isinstance(here, dict):
            self.properties(path, value)
        elif list_keys(value) is not None and (here is MISSING or list_keys(here) is not None):
            for element in value:
                self.element(path, element)
        else:
            self.set(path, here, value)

    def element(self, path: Path, element: Any) -> None:
        """Add an element to a keyed list, or patch the one that has its key."""
        document = self.laid.documents[self.address]
        elements = get(document, path)
        elements = [] if elements is MISSING else elements
        key = element_key(element)
        assert key is not None  # the caller has asked `list_keys`
        known = child(elements, key)
        if known is not MISSING:
            if isinstance(element, dict) and isinstance(known, dict):
                self.properties((*path, key), {name: value for name, value in element.items() if name != "key"})
            elif isinstance(element, dict):  # the short form of an element gets properties
                self.set((*path, key), known, element)
            return
        plain = element
        after: str | None = element_key(elements[-1]) if elements else None
        if isinstance(element, dict):
            plain = {name: value for name, value in element.items() if not name.startswith("$")}
            after = _neighbour([element_key(other) for other in elements], element, after)
        self.laid.documents[self.address] = put(document, path, place(elements, plain, after))
        self.laid.origins[self.address][(*path, key)] = self.layer

    def set(self, path: Path, here: Any, value: Any) -> None:
        """Set a property; two layers that know nothing of each other may not set it differently."""
        if here is not MISSING and same(here, value):
            return
        origins = self.laid.origins[self.address]
        before = next(origins[path[:n]] for n in range(len(path), -1, -1) if path[:n] in origins)
        if here is not MISSING and path in origins and not self.order.builds_on(self.layer, before):
            where = dotted((*self.address, *path))
            message = f'"{before}" and "{self.layer}" set "{dotted(path)}" of the {self.address[0]} differently'
            params = {"path": dotted(path), "kind": self.address[0], "key": self.address[1]}
            self.laid.problems.append(
                Problem("layer.clash", where, message, {**params, "layers": [before, self.layer]}),
            )
        forget(origins, path)
        self.laid.documents[self.address] = put(self.laid.documents[self.address], path, value)
        origins[path] = self.layer


def _neighbour(keys: list[str | None], element: Document, last: str | None) -> str | None:
    """The key that an element goes behind: what `$after` or `$before` say, else the last one."""
    if element.get("$after") in keys:
        return str(element["$after"])
    if element.get("$before") in keys:
        index = keys.index(element["$before"])
        return keys[index - 1] if index else None
    return last
