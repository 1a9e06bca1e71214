"""What changed between two versions of a document, and how two people's changes come together.

`diff` and `apply` are inverse: `apply(diff(a, b), a)` is `b`. `merge3` keeps every change of both sides; where both
changed one thing differently it takes *mine* and lists a `Conflict`, a value that a person settles later.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from engines.kernel.keyed import (
    MISSING,
    Document,
    Path,
    child,
    dotted,
    element_key,
    get,
    list_keys,
    place,
    put,
    remove,
    same,
)
from engines.kernel.problems import Problem, Rejected

Operation = Literal["set", "unset", "insert", "remove", "move"]
Side = Literal["mine", "theirs"]


@dataclass(frozen=True, slots=True)
class Change:
    """One step from an old version to a new one.

    `set` and `unset` speak of a property; `insert`, `remove` and `move` of an element of a keyed list, whose key ends
    the path; `after` is the key of the element before it, None for the front.
    """

    operation: Operation
    path: Path
    value: Any = MISSING
    after: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """The shape that is stored and shown: `{"op": "set", "path": ["fields", "amount", "max"], "value": 5}`."""
        shape: dict[str, Any] = {"op": self.operation, "path": list(self.path)}
        if self.value is not MISSING:
            shape["value"] = self.value
        if self.operation in ("insert", "move"):
            shape["after"] = self.after
        return shape

    @classmethod
    def from_dict(cls, shape: Mapping[str, Any]) -> "Change":
        """The change that `as_dict` gave."""
        return cls(shape["op"], tuple(shape["path"]), shape.get("value", MISSING), shape.get("after"))


@dataclass(frozen=True, slots=True)
class Conflict:
    """One thing that both sides changed differently. A value is `MISSING` where that side has nothing there.

    `reason` is `changed` (two new values), `removed` (one side removed what the other changed) or `order` (both put
    the same elements of a list into different orders; the values are lists of keys).
    """

    path: Path
    base: Any
    theirs: Any
    mine: Any
    reason: Literal["changed", "removed", "order"] = "changed"

    def as_dict(self) -> dict[str, Any]:
        """The shape that the API shows; a side that has nothing there is left out."""
        sides = {"base": self.base, "theirs": self.theirs, "mine": self.mine}
        return {
            "path": list(self.path),
            "reason": self.reason,
            **{name: value for name, value in sides.items() if value is not MISSING},
        }

    @classmethod
    def from_dict(cls, shape: Mapping[str, Any]) -> "Conflict":
        """The conflict that `as_dict` gave."""
        base, theirs, mine = (shape.get(name, MISSING) for name in ("base", "theirs", "mine"))
        return cls(tuple(shape["path"]), base, theirs, mine, shape["reason"])


@dataclass(frozen=True, slots=True)
class Merged:
    """The outcome of a merge; `document` is None when nothing is left of it."""

    document: Document | None
    conflicts: tuple[Conflict, ...] = ()


def diff(old: Document, new: Document) -> list[Change]:
    """The steps that lead from `old` to `new`, in an order in which they can be applied."""
    return list(_diff((), old, new))


def _diff(path: Path, old: Any, new: Any) -> Iterator[Change]:
    if same(old, new):
        return
    if isinstance(old, dict) and isinstance(new, dict):
        yield from (Change("unset", (*path, name)) for name in old if name not in new)
        for name, value in new.items():
            if name in old:
                yield from _diff((*path, name), old[name], value)
            else:
                yield Change("set", (*path, name), value)
        return
    old_keys, new_keys = list_keys(old), list_keys(new)
    if old_keys is None or new_keys is None:
        yield Change("set", path, new)
        return
    yield from (Change("remove", (*path, key)) for key in old_keys if key not in set(new_keys))
    known, moved = set(old_keys), _moved(old_keys, new_keys)
    for before, element, key in zip((None, *new_keys), new, new_keys, strict=False):
        if key not in known:
            yield Change("insert", (*path, key), element, before)
            continue
        if key in moved:
            yield Change("move", (*path, key), after=before)
        yield from _diff((*path, key), child(old, key), element)


def _moved(old: Sequence[str], new: Sequence[str]) -> set[str]:
    """The fewest keys common to both that have to move to turn one order into the other (longest rising sequence)."""
    where = {key: index for index, key in enumerate(old)}
    common = [key for key in new if key in where]
    tails: list[int] = []
    ends: list[int] = []
    previous: list[int] = []
    for index, key in enumerate(common):
        slot = bisect_left(tails, where[key])
        previous.append(ends[slot - 1] if slot else -1)
        tails[slot : slot + 1] = [where[key]]
        ends[slot : slot + 1] = [index]
    keep: set[str] = set()
    index = ends[-1] if ends else -1
    while index >= 0:
        keep.add(common[index])
        index = previous[index]
    return set(common) - keep


def apply(changes: Iterable[Change], document: Document) -> Document:
    """The document after the changes. Raises `Rejected` when a change names a place that does not exist."""
    for change in changes:
        try:
            document = _apply(change, document)
        except LookupError:
            where = dotted(change.path)
            problem = Problem("merge.no_such_place", where, f'There is no "{where}" to change', {"path": where})
            raise Rejected(problem) from None
    return document


def _apply(change: Change, document: Document) -> Document:
    path, parent = change.path, change.path[:-1]
    result: Any
    if change.operation == "set":
        result = put(document, path, change.value)
    elif change.operation in ("unset", "remove"):
        result = remove(document, path)
    else:
        elements = get(document, parent)
        if not isinstance(elements, list):
            raise LookupError(path)
        element = change.value if change.operation == "insert" else child(elements, path[-1])
        if element is MISSING:
            raise LookupError(path)
        others = [other for other in elements if element_key(other) != path[-1]]
        result = put(document, parent, place(others, element, change.after))
    return result


def merge3(base: Document | None, theirs: Document | None, mine: Document | None, *, prefer: Side = "mine") -> Merged:
    """Both sides' changes against `base` in one document; None stands for a document that is not there.

    Conflicts are listed, and the document holds the side that `prefer` names until somebody settles them.
    """
    conflicts: list[Conflict] = []
    sides = (MISSING if side is None else side for side in (base, theirs, mine))
    result = _Merge(prefer, conflicts).value((), *sides)
    return Merged(None if result is MISSING else result, tuple(conflicts))


def settle(document: Document, conflict: Conflict, value: Any) -> Document:
    """The document with a conflict decided: `value` is one of its sides, or anything else that a person chose.

    For an `order` conflict the value is a list of keys; elements that it does not name keep their neighbours.
    """
    if conflict.reason == "order":
        elements = get(document, conflict.path)
        here = [key for key in value if child(elements, key) is not MISSING]
        rest = iter(here)
        ordered = [child(elements, next(rest)) if element_key(e) in set(here) else e for e in elements]
        return put(document, conflict.path, ordered)
    if value is not MISSING:
        return put(document, conflict.path, value)
    if get(document, conflict.path) is MISSING:
        return document
    return remove(document, conflict.path)


@dataclass(frozen=True, slots=True)
class _Merge:
    prefer: Side
    conflicts: list[Conflict]

    def value(self, path: Path, base: Any, theirs: Any, mine: Any) -> Any:
        if same(theirs, mine) or same(base, theirs):
            return mine
        if same(base, mine):
            return theirs
        if isinstance(theirs, dict) and isinstance(mine, dict):
            return self._objects(path, base if isinstance(base, dict) else {}, theirs, mine)
        if list_keys(theirs) is not None and list_keys(mine) is not None:
            return self._lists(path, base if list_keys(base) is not None else [], theirs, mine)
        gone = theirs is MISSING or mine is MISSING
        self.conflicts.append(Conflict(path, base, theirs, mine, "removed" if gone else "changed"))
        return self._preferred(theirs, mine)

    def _preferred(self, theirs: Any, mine: Any) -> Any:
        return mine if self.prefer == "mine" else theirs

    def _objects(self, path: Path, base: Document, theirs: Document, mine: Document) -> Document:
        names = [*mine, *(name for name in theirs if name not in mine)]
        sides = {name: [side.get(name, MISSING) for side in (base, theirs, mine)] for name in names}
        merged = {name: self.value((*path, name), *values) for name, values in sides.items()}
        return {name: value for name, value in merged.items() if value is not MISSING}

    def _lists(self, path: Path, base: list[Any], theirs: list[Any], mine: list[Any]) -> list[Any]:
        keys = self._order(path, *(list_keys(side) or () for side in (base, theirs, mine)))
        merged = [self.value((*path, key), *(child(side, key) for side in (base, theirs, mine))) for key in keys]
        return [element for element in merged if element is not MISSING]

    def _order(self, path: Path, base: Sequence[str], theirs: Sequence[str], mine: Sequence[str]) -> list[str]:
        """Mine, with what theirs moved or inserted put behind its neighbour in theirs; gone keys are left in place.

        An element that both sides removed is not in the result; one that a single side removed is, and `value`
        decides whether it stays.
        """
        common = [key for key in base if key in set(theirs) and key in set(mine)]
        theirs_common = [key for key in theirs if key in set(common)]
        mine_common = [key for key in mine if key in set(common)]
        moved = _moved(common, theirs_common)
        if moved & _moved(common, mine_common) and theirs_common != mine_common:
            self.conflicts.append(Conflict(path, common, theirs_common, mine_common, "order"))
            moved = moved if self.prefer == "theirs" else set()
        order, known = list(mine), set(mine)
        before: str | None = None
        for key in theirs:
            if key in moved or key not in known:
                if key in known:
                    order.remove(key)
                order.insert(order.index(before) + 1 if before is not None else 0, key)
                known.add(key)
            before = key
        return order
