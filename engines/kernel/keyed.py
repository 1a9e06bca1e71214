"""Documents seen as trees of keys: every place in a document has a path that stays right when lists are reordered.

A list whose elements are objects with a `key` is a *keyed list*: its elements are addressed by that key, never by their
number. A list of distinct strings (columns, roles, targets) is keyed by its own strings. Any other list is one value.
Documents are treated as immutable here: every function gives a new document and shares what did not change.
"""

import json
from collections.abc import Iterator
from typing import Any, Final

Document = dict[str, Any]
Address = tuple[str, str]  # kind and key
Path = tuple[str, ...]


class Missing:
    """The type of `MISSING`, the mark for "there is nothing at this place" (a JSON null is something)."""

    def __repr__(self) -> str:
        return "MISSING"

    def __copy__(self) -> "Missing":
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> "Missing":
        return self


MISSING: Final = Missing()


def canonical(value: Any) -> bytes:
    """The one spelling of a JSON value in bytes: sorted keys, no blanks, UTF-8. Equal documents have equal bytes."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def same(left: Any, right: Any) -> bool:
    """Whether two JSON values have the same bytes. Stricter than `==`, for which `1`, `1.0` and `true` are equal."""
    if left is right:
        return True
    if type(left) is not type(right):
        return False
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(same(value, right[name]) for name, value in left.items())
    if isinstance(left, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, float):
        return repr(left) == repr(right)
    return bool(left == right)


def element_key(element: Any) -> str | None:
    """The key that addresses one element of a list, or None where the element has none."""
    if isinstance(element, str):
        return element
    if isinstance(element, dict) and isinstance(element.get("key"), str):
        return str(element["key"])
    return None


def list_keys(value: Any) -> tuple[str, ...] | None:
    """The keys of a keyed list in their order; None when the value is no list or one that is a single value.

    Strings and objects with a `key` may stand in one list: the string is the short form of an element.
    """
    if not isinstance(value, list):
        return None
    keys = [element_key(element) for element in value]
    known = [key for key in keys if key is not None]
    if len(known) != len(keys) or len(set(known)) != len(known):
        return None
    return tuple(known)


def child(value: Any, name: str) -> Any:
    """What lies one step below: a property of an object or an element of a keyed list; `MISSING` when nothing does."""
    if isinstance(value, dict):
        return value.get(name, MISSING)
    if isinstance(value, list):
        return next((element for element in value if element_key(element) == name), MISSING)
    return MISSING


def get(document: Any, path: Path) -> Any:
    """What lies at a path, or `MISSING`."""
    for name in path:
        document = child(document, name)
        if document is MISSING:
            break
    return document


def put(document: Any, path: Path, value: Any) -> Any:
    """The document with `value` at `path`. A new element goes to the end of its list.

    Raises `LookupError` when the place above does not exist.
    """
    if not path:
        return value
    name, rest = path[0], path[1:]
    if isinstance(document, dict):
        below = put(document.get(name, MISSING), rest, value)
        return {**document, name: below}
    if isinstance(document, list):
        below = put(child(document, name), rest, value)
        if child(document, name) is MISSING:
            return [*document, below]
        return [below if element_key(element) == name else element for element in document]
    raise LookupError(dotted(path))


def remove(document: Any, path: Path) -> Any:
    """The document without what lies at `path`. Raises `LookupError` when nothing lies there."""
    if not path or child(document, path[0]) is MISSING:
        raise LookupError(dotted(path))
    name, rest = path[0], path[1:]
    if rest:
        return put(document, (name,), remove(child(document, name), rest))
    if isinstance(document, dict):
        return {key: value for key, value in document.items() if key != name}
    return [element for element in document if element_key(element) != name]


def place(elements: list[Any], element: Any, after: str | None) -> list[Any]:
    """The list with `element` directly behind the one named `after`; at the front for None or an unknown name."""
    keys = [element_key(other) for other in elements]
    index = keys.index(after) + 1 if after is not None and after in keys else 0
    return [*elements[:index], element, *elements[index:]]


def dotted(path: Path) -> str:
    """A path for people and problems: `fields.amount.max`."""
    return ".".join(path)


def locate(document: Any, text: str) -> Path | None:
    """The path that a dotted text means in this document, or None. Keys may contain dots (an option `v1.0`)."""
    if not text:
        return ()
    parts = text.split(".")
    for length in range(len(parts), 0, -1):
        name = ".".join(parts[:length])
        below = child(document, name)
        if below is not MISSING:
            rest = locate(below, ".".join(parts[length:]))
            if rest is not None:
                return (name, *rest)
    return None


def walk(document: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every place of a document with its value, outermost first, in document order."""
    yield path, document
    if isinstance(document, dict):
        for name, value in document.items():
            yield from walk(value, (*path, name))
    elif (keys := list_keys(document)) is not None:
        for name, element in zip(keys, document, strict=True):
            yield from walk(element, (*path, name))
