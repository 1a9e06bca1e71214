"""Writing a revision: only the documents and layers that differ, in the transaction of the switch."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Table, delete, insert, select, tuple_, update

from dougong.apps.store import layer_body, load_at, load_layers, stored_conflicts, stored_origins
from dougong.apps.tables import DOCUMENT, DRAFT, LAYER
from dougong.apps.target import Target
from dougong.workspace.tables import REVISION
from engines.form.transaction import Transaction
from engines.kernel.keyed import canonical, same
from engines.kernel.layers import OWN


@dataclass(frozen=True, slots=True)
class Revision:
    """One state of the workspace's metadata."""

    id: int
    created_at: datetime
    author: int | None
    summary: str


def history(tx: Transaction, limit: int = 100) -> tuple[Revision, ...]:
    """The last revisions of the workspace, the newest first."""
    rows = tx.connection.execute(select(REVISION).order_by(REVISION.c.id.desc()).limit(limit))
    return tuple(Revision(row.id, row.created_at, row.author, row.summary) for row in rows)


def write_revision(tx: Transaction, target: Target, revision: int) -> None:
    """Write the target as the revision with this number; a draft that it came from is gone afterwards."""
    values = {"id": revision, "author": tx.actor.id, "summary": target.summary, "created_at": tx.now}
    tx.connection.execute(insert(REVISION).values(values))
    _write_documents(tx, target, revision)
    _write_layers(tx, target, revision)
    if target.draft_id is not None:
        tx.connection.execute(delete(DRAFT).where(DRAFT.c.id == target.draft_id))


def _write_documents(tx: Transaction, target: Target, revision: int) -> None:
    before, after = load_at(tx, target.app, tx.revision), target.effective
    gone: list[tuple[str, ...]] = [address for address in before.documents if address not in after.documents]
    rows: list[dict[str, Any]] = []
    for address, document in after.documents.items():
        origins = after.origins.get(address, {})
        known = before.documents.get(address)
        if known is None or not same(known, document) or before.origins.get(address) != origins:
            kind, key = address
            row = {"app": target.app, "kind": kind, "key": key, "since": revision}
            rows.append(row | {"body": document, "origins": stored_origins(origins)})
    ended = [*gone, *((row["kind"], row["key"]) for row in rows)]
    _replace(tx, DOCUMENT, target.app, ("kind", "key"), ended, rows, revision)


def _write_layers(tx: Transaction, target: Target, revision: int) -> None:
    before = load_layers(tx, target.app)
    known = {layer.key: (layer.version, layer_body(layer)) for layer in before.packs}
    rows = [
        {"app": target.app, "key": layer.key, "since": revision, "version": layer.version, "body": layer_body(layer)}
        for layer in target.packs
        if canonical(known.get(layer.key)) != canonical((layer.version, layer_body(layer)))
    ]
    ended: list[tuple[str, ...]] = [(key,) for key in known if key not in {layer.key for layer in target.packs}]
    ended += [(str(row["key"]),) for row in rows]
    _replace(tx, LAYER, target.app, ("key",), ended, [row | {"conflicts": []} for row in rows], revision)
    conflicts = stored_conflicts(target.conflicts)
    if canonical(target.own.as_dict()) != canonical(before.own.as_dict()) or conflicts != stored_conflicts(
        before.conflicts
    ):
        own = {"app": target.app, "key": OWN, "since": revision, "version": "0"}
        row = own | {"body": target.own.as_dict(), "conflicts": conflicts}
        _replace(tx, LAYER, target.app, ("key",), [(OWN,)], [row], revision)


def _replace(
    tx: Transaction,
    table: Table,
    app: str,
    names: tuple[str, ...],
    ended: Iterable[tuple[str, ...]],
    rows: Sequence[Mapping[str, Any]],
    revision: int,
) -> None:
    """End the versions in force of what `ended` names, and add the new ones."""
    matches = list(ended)
    if matches:
        columns = tuple_(*(table.c[name] for name in names))
        where = (table.c.app == app, table.c.until.is_(None), columns.in_(matches))
        tx.connection.execute(update(table).where(*where).values(until=revision))
    if rows:
        tx.connection.execute(insert(table), [dict(row) for row in rows])
