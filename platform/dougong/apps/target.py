"""Where a publish leads to: the documents, the layers they come from, and what stands against it.

There are three ways to a target: a draft, other layers (packs installed, upgraded, removed), an earlier revision. They
give the same kind of value, so that one pipeline publishes all of them.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import func, select

from dougong.apps import drafts, store
from dougong.apps.kinds import DOCUMENT_KINDS
from dougong.apps.tables import DOCUMENT
from dougong.workspace.tables import REVISION
from engines.form.transaction import Transaction
from engines.kernel.keyed import Address
from engines.kernel.layers import Effective, Layer, Own, merge_layers, overlay, upgrade
from engines.kernel.merge import Conflict
from engines.kernel.ordering import in_order
from engines.kernel.problems import NotFound, Problem
from engines.kernel.whereused import check_all

Conflicts = Mapping[Address, tuple[Conflict, ...]]


@dataclass(frozen=True)
class Target:
    """What is to be in force. `conflicts` of an upgrade are kept for later; `blocking` ones must be settled first."""

    app: str
    summary: str
    effective: Effective
    packs: tuple[Layer, ...]
    own: Own
    conflicts: Conflicts = field(default_factory=dict)
    blocking: Conflicts = field(default_factory=dict)
    draft_id: int | None = None


MakeTarget = Callable[[Transaction], Target]


def of_draft(tx: Transaction, draft: drafts.Draft) -> Target:
    """The target of publishing a draft on the revision of the transaction."""
    layers = store.load_layers(tx, draft.app)
    merge = drafts.merged(tx, draft)
    own = overlay(merge_layers(layers.packs), merge.documents)
    left = {address: found for address, found in layers.conflicts.items() if address not in draft.documents}
    effective = merge_layers(layers.packs, own)
    return Target(draft.app, draft.title, effective, layers.packs, own, left, merge.conflicts, draft.id)


def of_layers(tx: Transaction, app: str, packs: Iterable[Layer], summary: str) -> Target:
    """The target of having exactly these packs, with the customer's changes carried over."""
    before = store.load_layers(tx, app)
    after = in_order(packs).layers
    effective, own, conflicts = upgrade(before.packs, after, before.own)
    left = {address: found for address, found in before.conflicts.items() if address in effective.documents}
    joined = {address: (*left.get(address, ()), *conflicts.get(address, ())) for address in {*left, *conflicts}}
    return Target(app, summary, effective, after, own, joined)


def of_revision(tx: Transaction, app: str, revision: int) -> Target:
    """The target of going back to an earlier revision. Raises `NotFound` for one that the app never had."""
    known = tx.connection.scalar(select(func.count()).where(REVISION.c.id == revision, REVISION.c.id <= tx.revision))
    first = tx.connection.scalar(select(func.min(DOCUMENT.c.since)).where(DOCUMENT.c.app == app))
    if not known or (first is not None and revision < first):
        message = f"There is no revision {revision} of this app"
        raise NotFound(Problem("revision.unknown", "revision", message, {"revision": revision}))
    layers = store.load_layers(tx, app, revision)
    effective = merge_layers(layers.packs, layers.own)
    return Target(app, f"Back to revision {revision}", effective, layers.packs, layers.own, layers.conflicts)


def problems_of(target: Target, current: Effective) -> list[Problem]:
    """Everything that must be mended before the target can be published: conflicts first, then what is wrong."""
    found = [
        Problem(
            "draft.conflict",
            ".".join((*address, *conflict.path)),
            f'"{".".join(conflict.path) or address[1]}" was changed by somebody else too; choose one of the versions',
            {"kind": address[0], "key": address[1], "conflict": conflict.as_dict()},
        )
        for address, conflicts in sorted(target.blocking.items(), key=lambda item: item[0])
        for conflict in conflicts
    ]
    changed = [a for a, one in target.effective.documents.items() if current.documents.get(a) != one]
    return found or check_all(target.effective, DOCUMENT_KINDS, only=changed)
