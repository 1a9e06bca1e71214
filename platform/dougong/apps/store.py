"""The revision store: apps, the documents and layers in force at a revision, compiled once per process.

Every function takes the transaction, which runs wholly on one revision (DESIGN D3). `app` may be left out where a
workspace has one app; with several, the first is meant.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Row, Table, and_, insert, or_, select

from dougong.apps.cache import RevisionCache, revision_key
from dougong.apps.tables import APP, DOCUMENT, LAYER
from engines.form.compile import compile_forms
from engines.form.form import Forms
from engines.form.transaction import Transaction
from engines.kernel.documents import key_problem
from engines.kernel.keyed import Address, Document, Path
from engines.kernel.labels import Label, label
from engines.kernel.layers import OWN, Effective, Layer, Own
from engines.kernel.merge import Conflict
from engines.kernel.problems import NotFound, Problem, Rejected, suggest

APP_KEY_LENGTH = 20
DEFAULT_APP = "main"

_effective: RevisionCache[Effective] = RevisionCache(128)
_forms: RevisionCache[Forms] = RevisionCache(64)
_apps: RevisionCache[tuple["App", ...]] = RevisionCache(256)


@dataclass(frozen=True, slots=True)
class App:
    """An application of the workspace."""

    key: str
    title: Label
    icon: str = ""


@dataclass(frozen=True, slots=True)
class Layers:
    """Everything that an app's documents are merged from. `conflicts` wait for a person, by document."""

    packs: tuple[Layer, ...] = ()
    own: Own = field(default_factory=Own)
    conflicts: Mapping[Address, tuple[Conflict, ...]] = field(default_factory=dict)


def apps(tx: Transaction) -> tuple[App, ...]:
    """Every app of the workspace, in the order in which they are shown."""
    rows = tx.connection.execute(select(APP).order_by(APP.c.position, APP.c.created_at, APP.c.key))
    return tuple(App(row.key, row.title, row.icon) for row in rows)


def title(tx: Transaction, app: str, locale: str) -> str:
    """What an app is called in a language; its key where it has no name."""
    return next((label(one.title, locale) for one in apps(tx) if one.key == app), "") or app


def make_app(tx: Transaction, key: str, title: Label, *, icon: str = "") -> App:
    """Add an empty app. Raises `Rejected` for a key that cannot be or is taken."""
    problem = key_problem(key, APP_KEY_LENGTH)
    if problem is None and key in {app.key for app in apps(tx)}:
        problem = Problem("app.taken", "key", f'There is an app "{key}" already', {"key": key})
    if problem is not None:
        raise Rejected(problem)
    tx.connection.execute(insert(APP).values(key=key, title=title, icon=icon))
    return App(key, title, icon)


def app_key(tx: Transaction, app: str | None = None) -> str:
    """The key of the app that is meant. Raises `NotFound` for an unknown one, with the nearest as a suggestion."""
    known = [one.key for one in _apps.get(revision_key(tx, "*"), lambda: apps(tx))]
    if not known or (app is not None and app not in known):
        known = [one.key for one in apps(tx)] or [DEFAULT_APP]  # an app may be made without a revision
    if app is None:
        return known[0]
    if app not in known:
        raise NotFound(Problem("app.unknown", "app", f'There is no app "{app}"{suggest(app, known)}', {"key": app}))
    return app


def load(tx: Transaction, app: str | None = None) -> Effective:
    """The documents in force in this transaction; remembered by workspace and revision. Do not change them."""
    key = app_key(tx, app)
    return _effective.get(revision_key(tx, key), lambda: load_at(tx, key, tx.revision))


def load_at(tx: Transaction, app: str, revision: int) -> Effective:
    """The documents that were in force at a revision, read from the database."""
    rows = tx.connection.execute(
        select(DOCUMENT.c.kind, DOCUMENT.c.key, DOCUMENT.c.body, DOCUMENT.c.origins)
        .where(DOCUMENT.c.app == app, in_force(DOCUMENT, revision))
        .order_by(DOCUMENT.c.kind, DOCUMENT.c.key)
    ).all()
    installed = tx.connection.scalars(
        select(LAYER.c.key).where(LAYER.c.app == app, LAYER.c.key != OWN, in_force(LAYER, revision))
    )
    return Effective(
        documents={(row.kind, row.key): row.body for row in rows},
        origins={(row.kind, row.key): read_origins(row.origins) for row in rows},
        installed=frozenset(installed),
    )


def forms(tx: Transaction, app: str | None = None) -> Forms:
    """The compiled forms of this transaction's revision, remembered like the documents."""
    key = app_key(tx, app)
    place = revision_key(tx, f"{key} {tx.cipher.keys}" if tx.cipher else key)  # compiled forms know what seals

    def make() -> Forms:
        return compile_forms(key, load(tx, key).documents, revision=tx.revision, cipher=tx.cipher)

    return _forms.get(place, make)


def documents(tx: Transaction, kind: str, app: str | None = None) -> tuple[Document, ...]:
    """Every document of a kind, by key."""
    return load(tx, app).of_kind(kind)


def get(tx: Transaction, kind: str, key: str, app: str | None = None) -> Document:
    """One document. Raises `NotFound` with the nearest key as a suggestion."""
    return load(tx, app).get(kind, key)


def load_layers(tx: Transaction, app: str, revision: int | None = None) -> Layers:
    """The packs' layers and the customer's own one, at a revision (that of the transaction if none is named)."""
    at = tx.revision if revision is None else revision
    rows = tx.connection.execute(
        select(LAYER).where(LAYER.c.app == app, in_force(LAYER, at)).order_by(LAYER.c.key)
    ).all()
    own = next((row for row in rows if row.key == OWN), None)
    return Layers(
        packs=tuple(read_layer(row) for row in rows if row.key != OWN),
        own=Own() if own is None else Own.from_dict(own.body),
        conflicts={} if own is None else read_conflicts(own.conflicts),
    )


def in_force(table: Table, revision: int) -> ColumnElement[bool]:
    """The condition that a version of a document or layer was in force at a revision."""
    return and_(table.c.since <= revision, or_(table.c.until.is_(None), table.c.until > revision))


def read_layer(row: "Row[Any]") -> Layer:
    """A pack's layer from its row."""
    return Layer.of(row.key, row.body["documents"], version=row.version, depends=row.body["depends"])


def layer_body(layer: Layer) -> dict[str, Any]:
    """What a row stores of a pack's layer."""
    own = [layer.documents[address] for address in sorted(layer.documents)]
    return {"documents": [*own, *layer.contributions], "depends": list(layer.depends)}


def read_origins(stored: list[Any]) -> dict[Path, str]:
    """Where the nodes of a document came from, as stored."""
    return {tuple(path): layer for path, layer in stored}


def stored_origins(origins: Mapping[Path, str]) -> list[Any]:
    """The shape in which origins are stored."""
    return [[list(path), origins[path]] for path in sorted(origins)]


def read_conflicts(stored: list[Any]) -> dict[Address, tuple[Conflict, ...]]:
    """The conflicts of an upgrade, by document."""
    found: dict[Address, list[Conflict]] = {}
    for one in stored:
        found.setdefault((one["kind"], one["key"]), []).append(Conflict.from_dict(one["conflict"]))
    return {address: tuple(conflicts) for address, conflicts in found.items()}


def stored_conflicts(conflicts: Mapping[Address, tuple[Conflict, ...]]) -> list[Any]:
    """The shape in which conflicts are stored."""
    return [
        {"kind": kind, "key": key, "conflict": conflict.as_dict()}
        for (kind, key) in sorted(conflicts)
        for conflict in conflicts[kind, key]
    ]
