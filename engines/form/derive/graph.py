"""What hangs on what, as data: for each kept computed value the fields that it reads and the way there.

A kept value (a stored formula, a roll-up) reads fields of its own record, and of records that relations, relations to
many and related lists lead to. Each of these is an edge here, found under the form whose change matters, so a writer
asks one question: who watches the fields that I have just changed? A form that nobody watches answers at once.

What is computed when it is read (a lookup, a live formula) stands for what it reads itself.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from engines.form.compile import Node, path_steps
from engines.form.fields.base import Field
from engines.form.form import Form, Forms, Reverse
from engines.form.names import PARENT

Steps = tuple[tuple[str, bool], ...]
"""A way from a record or row: keys, each with whether it leads to many."""

DEEPEST: Final = 8
"""So many live formulas may stand for each other on the way to a field."""


@dataclass(frozen=True, slots=True)
class Edge:
    """A kept value that hangs on records: `steps` lead from its record (or row) to them.

    `fans` says that one of them may be read by any number of records: the way leads through a relation of theirs.
    """

    target: Node
    steps: Steps
    fans: bool = False


@dataclass(slots=True)
class Sources:
    """Who watches the records of one form.

    `watched` by field (`amount`, or `lines.qty` of its rows): another record's change. `own`, by `qty` or `lines.qty`:
    values of the same record. `pointing`, by field (`customer`, or `lines.order_line` for one of its rows): the record
    was made, moved or went, and `steps` of these edges lead to what the field points at.
    """

    watched: dict[str, list[Edge]] = field(default_factory=dict)
    own: dict[str, list[Edge]] = field(default_factory=dict)
    pointing: dict[str, list[Edge]] = field(default_factory=dict)

    @property
    def leaves(self) -> bool:
        """Whether any other record hangs on records of this form."""
        return bool(self.watched or self.pointing)

    def concerns(self, keys: set[str]) -> bool:
        """Whether other records hang on one of these fields."""
        return any(path.partition(".")[0] in keys for path in (*self.watched, *self.pointing))

    def watching(self, key: str) -> Iterator[Edge]:
        """Who reads a field (`amount`, `lines.qty`); for the key of a sub-form who reads anything of its rows."""
        yield from self.watched.get(key, ())
        for path, edges in self.watched.items():
            if path.startswith(f"{key}."):
                yield from edges


NOBODY: Final = Sources()


@dataclass(frozen=True, slots=True)
class Graph:
    """The edges of an app by the form whose change matters, and the forms whose kept values may lag behind."""

    sources: dict[str, Sources]
    lagging: frozenset[str]

    def of(self, form: Form) -> Sources:
        """Who watches a form."""
        return self.sources.get(form.key, NOBODY)


@lru_cache(maxsize=256)
def graph_of(forms: Forms) -> Graph:
    """The graph of an app, made once per revision."""
    sources: dict[str, Sources] = {}
    lagging: set[str] = set()
    for form in forms.own():
        for one in form.kept:
            node = (form.key, one.subform or "", one.key)
            for path in one.expression.references:
                _follow(_Walk(forms, node, sources, lagging), form.key, one.subform or "", path)
    return Graph(sources, frozenset(lagging))


@dataclass(frozen=True, slots=True)
class _Walk:
    """Where a walk has come: `steps` from the target's record or row, `record` those to the record around a row."""

    forms: Forms
    target: Node
    sources: dict[str, Sources]
    lagging: set[str]
    steps: Steps = ()
    record: Steps = ()
    crossed: bool = False
    fans: bool = False
    depth: int = 0

    def edge(self, steps: Steps) -> Edge:
        """An edge from the target to where `steps` lead."""
        return Edge(self.target, steps, self.fans)

    def on(self, step: tuple[str, bool], *, row: bool = False, fans: bool = False, over: bool = False) -> "_Walk":
        """One step further: into a row of the same record, or over to other records (`over` to rows of them)."""
        steps = (*self.steps, step)
        inner = row and self.steps != self.record  # from a row into its rows
        record = self.record if inner else self.steps if row else (*steps, (PARENT, False)) if over else steps
        return _Walk(
            self.forms, self.target, self.sources, self.lagging, steps, record,
            self.crossed or not row, self.fans or fans, self.depth,
        )  # fmt: skip

    def deeper(self) -> "_Walk":
        """At the same place, in what a live formula stands for."""
        return _Walk(
            self.forms, self.target, self.sources, self.lagging, self.steps, self.record,
            self.crossed, self.fans, self.depth + 1,
        )  # fmt: skip


def _follow(walk: _Walk, form_key: str, subform: str, path: tuple[str, ...]) -> None:
    """Note every field on a path, and go on from each live formula along what it reads."""
    for form, inside, found in path_steps(walk.forms, form_key, subform, path):
        if isinstance(found, Reverse):
            rows = found.form.of_rows
            source = found.form if rows is None else rows.form
            _note(walk, walk.sources.setdefault(source.key, Sources()).pointing, found.field.path, walk.steps)
            walk = walk.on((found.key, True), over=rows is not None)
            continue
        _watch(walk, form, inside, found)
        if found.live and found.expression is not None and walk.depth < DEEPEST:
            for further in found.expression.references:
                _follow(walk.deeper(), form.key, inside, further)
        if found.path in form.subforms:
            walk = walk.on((found.key, True), row=True)
        elif found.key == PARENT:  # of one record only, however many rows it has
            walk = walk.on((PARENT, False))
        elif target := found.type.target_form(found):
            over = target in walk.forms.row_forms
            walk = walk.on((found.key, found.links is not None or _many(found)), fans=True, over=over)


def _many(found: Field) -> bool:
    return found.type.storage_of(found) == "links"


def _watch(walk: _Walk, form: Form, inside: str, found: Field) -> None:
    if found.live:
        return
    sources = walk.sources.setdefault(form.key, Sources())
    if not walk.crossed:
        _note(walk, sources.own, f"{inside}.{found.key}" if inside else found.key, ())
    elif inside:
        _note(walk, sources.watched, f"{inside}.{found.key}", walk.record)
    else:
        _note(walk, sources.watched, found.key, walk.steps)


def _note(walk: _Walk, edges: dict[str, list[Edge]], key: str, steps: Steps) -> None:
    edge = walk.edge(steps)
    known = edges.setdefault(key, [])
    if edge not in known:
        known.append(edge)
    if edge.fans:
        walk.lagging.add(walk.target[0])


def field_of(forms: Forms, node: Node) -> Field:
    """The field that a node names."""
    form = forms.by_key[node[0]]
    return form.subforms[node[1]].fields[node[2]] if node[1] else form.fields[node[2]]
