"""Kept values follow what they are computed from: in the transaction of the change, wave after wave.

One change may concern several values, these again others. Levels (`Forms.levels`) give an order in which each is set
once, after everything that it needs. Records are locked in the order of their ids before they are read, so that who
comes second sees what the first one wrote: roll-ups are exact whatever happens at once (D4).

A record whose kept value changed has changed: it gets a version, a line in its log and an event with the old and new
values, which flows, webhooks and reports hear. `_updated_at` and `_updated_by` stay: they tell of the person who last
changed the record itself.
"""

from collections.abc import Collection, Iterable
from typing import Any, Final

from engines.form.compile import Node
from engines.form.derive import sql
from engines.form.derive.changes import Changes
from engines.form.derive.graph import Edge, Graph, field_of, graph_of
from engines.form.derive.locks import lock, pointed_by
from engines.form.derive.pending import defer
from engines.form.form import Form, Forms
from engines.form.transaction import Transaction

AT_ONCE: Final = 200
"""So many records that read a changed one are set anew in its transaction; more are left to a job."""


class Following:
    """The values that have to be set anew in one transaction, and what became of them."""

    def __init__(self, tx: Transaction, forms: Forms, *, at_once: int = AT_ONCE) -> None:
        self.tx = tx
        self.forms = forms
        self.graph: Graph = graph_of(forms)
        self.at_once = at_once
        self.queue: dict[Node, set[int]] = {}
        self.locked: dict[str, set[int]] = {}
        self.changes = Changes(tx, forms)
        self._asked: dict[tuple[str, str, Any, frozenset[int]], list[int]] = {}
        self._met: set[tuple[Edge, frozenset[int]]] = set()

    # -- what has changed ---------------------------------------------------------------------------------------

    def changed(self, form: Form, ids: Iterable[int], keys: Iterable[str]) -> None:
        """Records of a form have other values in these fields (`amount`, `lines`): who elsewhere reads them?"""
        sources = self.graph.of(form)
        if sources.watched:
            found = frozenset(ids)
            for key in keys:
                for edge in sources.watching(key):
                    self._meet(edge, found)

    def pointed(self, form: Form, key: str, targets: Collection[int]) -> None:
        """Records of a form began or ceased to point at `targets` through a field."""
        for edge in self.graph.of(form).pointing.get(key, ()):
            self._meet(edge, frozenset(targets))

    def own(self, form: Form, ids: Iterable[int], paths: Iterable[str], *, maintained: bool = False) -> None:
        """Records have other values (`amount`, `lines.qty`): which of their own kept values read them?

        `maintained`: only those that are not computed with the record (the write path has done the others).
        """
        found = set(ids)
        for path in paths:
            for edge in self.graph.of(form).own.get(path, ()):
                if not maintained or field_of(self.forms, edge.target) in form.maintained:
                    self.queue.setdefault(edge.target, set()).update(found)

    def recompute(self, node: Node, ids: Iterable[int]) -> None:
        """Set one value of these records anew."""
        self.queue.setdefault(node, set()).update(ids)

    def _meet(self, edge: Edge, ids: frozenset[int]) -> None:
        if not ids or (edge, ids) in self._met:
            return
        self._met.add((edge, ids))
        if not edge.steps and not edge.target[1]:
            self.queue.setdefault(edge.target, set()).update(ids)
            return
        limit = max(self.at_once, len(ids)) if edge.fans else None
        found = self._owners(edge, ids, limit)
        if limit is not None and len(found) > limit:
            defer(self.tx, self.forms, edge.target, edge.steps, ids)
        elif found:
            self.queue.setdefault(edge.target, set()).update(found)

    def _owners(self, edge: Edge, ids: frozenset[int], limit: int | None) -> list[int]:
        key, subform, _ = edge.target
        known = self._asked.get((key, subform, edge.steps, ids))
        if known is None:
            query = sql.owners(self.forms.by_key[key], subform, edge.steps, self.tx.actor.zone)
            if limit is not None:
                query = query.limit(limit + 1)
            known = list(self.tx.connection.execute(query, {"P_ids": sorted(ids)}).scalars())
            self._asked[key, subform, edge.steps, ids] = known
        return known

    # -- setting values anew ------------------------------------------------------------------------------------

    def run(self) -> None:
        """Set everything anew, tell the log and the listeners, and go on to who reads these values."""
        levels = self.forms.levels
        while self.queue:
            level = min(levels[node] for node in self.queue)
            now = {node: self.queue.pop(node) for node in list(self.queue) if levels[node] == level}
            groups: dict[tuple[str, str, frozenset[int]], list[str]] = {}
            for (key, subform, name), ids in sorted(now.items()):
                groups.setdefault((key, subform, frozenset(ids)), []).append(name)
            for key, _, records in groups:
                self._lock(self.forms.by_key[key], records)
            for (key, subform, records), names in groups.items():
                self._set(self.forms.by_key[key], subform, tuple(names), records)
        self.changes.tell()

    def _lock(self, form: Form, ids: Collection[int]) -> None:
        held = self.locked.setdefault(form.key, set())
        wanted = set(ids) - held
        if wanted:
            lock(self.tx, form, wanted)
            held |= wanted

    def _set(self, form: Form, subform: str, keys: tuple[str, ...], ids: frozenset[int]) -> None:
        statement = sql.recompute(form, subform, keys, self.tx.actor.zone)
        rows = [dict(row) for row in self.tx.connection.execute(statement, {"P_ids": sorted(ids)}).mappings()]
        if not rows:
            return
        moved: dict[str, set[int]] = {}
        for row in rows:
            for key in keys:
                if row[sql.OLD + key] != row[sql.NEW + key]:
                    moved.setdefault(key, set()).add(row["record"])
        self.changes.add(form, subform, keys, rows)
        for key, found in moved.items():
            self.own(form, found, [f"{subform}.{key}" if subform else key])
        groups: dict[frozenset[int], list[str]] = {}
        for key, found in moved.items():
            groups.setdefault(frozenset(found), []).append(f"{subform}.{key}" if subform else key)
        for records, names in groups.items():
            self.changed(form, records, names)


def follow_presence(tx: Transaction, form: Form, ids: Iterable[int]) -> None:
    """Records were made, went to the trash or came back: set what counts them anew."""
    if not graph_of(form.forms).of(form).pointing:
        return
    following = Following(tx, form.forms)
    for key, targets in pointed_by(tx, form, ids).items():
        following.pointed(form, key, targets)
    following.run()


def follow_values(tx: Transaction, form: Form, ids: Collection[int], keys: Collection[str]) -> None:
    """Columns of records were written beside the write path (the state of a flow): what reads them follows."""
    sources = graph_of(form.forms).of(form)
    if not any(key in sources.watched or key in sources.own for key in keys):
        return
    following = Following(tx, form.forms)
    following.changed(form, ids, keys)
    following.own(form, ids, keys)
    following.run()
