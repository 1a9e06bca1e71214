"""Revisions: what each changed, by whom, and writing one: only the documents and layers that differ, in the transaction
of the switch."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Table, delete, insert, or_, select, tuple_, union, update

from dougong.apps.store import layer_body, load_at, load_layers, stored_conflicts, stored_origins
from dougong.apps.tables import DOCUMENT, DRAFT, LAYER
from dougong.apps.target import Target
from dougong.workspace.tables import ACTION, REVISION
from engines.form.transaction import Transaction
from engines.kernel.keyed import Address, canonical, same
from engines.kernel.labels import label
from engines.kernel.layers import OWN

BACK: Final = "Back to revision "
INSTALL: Final = "Install "
REMOVE: Final = "Remove "
CHOICES: Final = "Choices that an import added"
_CHINESE: Final = {BACK: "恢复到版本 ", INSTALL: "安装：", REMOVE: "移除："}
"""How summaries that no person wrote begin: stored in English, with keys, and shown in the reader's language."""
_WHOLE: Final = {CHOICES: "导入时新增的选项", "Import": "导入"}  # the second was written before the first

MOST_NAMED: Final = 3
"""So many forms that were published are named among the recent actions."""


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


@dataclass(frozen=True, slots=True)
class Step:
    """A revision of one app: how each document that it touched differs from before (`add`, `change`, `remove`).

    `layers` says whether packs came or were upgraded.
    """

    revision: Revision
    documents: Mapping[Address, str]
    layers: bool = False


def steps(tx: Transaction, app: str, limit: int = 50, until: int | None = None) -> tuple[Step, ...]:
    """The last revisions in which an app changed, the newest first; `until` begins with that one."""
    at = DOCUMENT.c
    borders = union(
        *(
            select(column.label("n")).where(table.c.app == app, column.is_not(None))
            for table in (DOCUMENT, LAYER)
            for column in (table.c.since, table.c.until)
        )
    ).subquery()
    wanted = select(REVISION).where(REVISION.c.id.in_(select(borders.c.n)))
    if until is not None:
        wanted = wanted.where(REVISION.c.id <= until)
    rows = tx.connection.execute(wanted.order_by(REVISION.c.id.desc()).limit(limit)).all()
    numbers = [row.id for row in rows]
    touched: dict[int, dict[Address, set[str]]] = {number: {} for number in numbers}
    versions = select(at.kind, at.key, at.since, at.until).where(
        at.app == app, or_(at.since.in_(numbers), at.until.in_(numbers))
    )
    for one in tx.connection.execute(versions):
        for number, border in ((one.since, "since"), (one.until, "until")):
            if number in touched:
                touched[number].setdefault((one.kind, one.key), set()).add(border)
    names = {("since",): "add", ("since", "until"): "change", ("until",): "remove"}
    layers = set(
        tx.connection.scalars(
            select(LAYER.c.since).where(LAYER.c.app == app, LAYER.c.key != OWN, LAYER.c.since.in_(numbers))
        )
    )
    return tuple(
        Step(
            Revision(row.id, row.created_at, row.author, row.summary),
            {address: names[tuple(sorted(seen))] for address, seen in sorted(touched[row.id].items())},
            row.id in layers,
        )
        for row in rows
    )


def newest(tx: Transaction, app: str) -> int:
    """The last revision in which an app changed; 0 for one that was never published."""
    found = steps(tx, app, 1)
    return found[0].revision.id if found else 0


def summary_words(summary: str, locale: str, packs: Mapping[str, str] | None = None) -> str:
    """A revision's summary for a reader, with packs by their titles; nothing for the mark of the designer's draft."""
    if summary.startswith("@"):
        return ""
    is_chinese = locale.lower().startswith("zh")
    if summary in _WHOLE:
        return _WHOLE[summary] if is_chinese else summary
    head = next((one for one in _CHINESE if summary.startswith(one)), None)
    if head is None:
        return summary
    rest = summary.removeprefix(head)
    if head != BACK:
        rest = ("、" if is_chinese else ", ").join((packs or {}).get(key, key) for key in rest.split(", "))
    return f"{_CHINESE[head] if is_chinese else head}{rest}"


def note_action(tx: Transaction, target: Target, revision: int) -> int | None:
    """Put a publish among the recent actions of its author, in the transaction of the switch: how it is taken back.

    Nothing is put into words here: `action_words` does it for whoever reads.
    """
    if tx.actor.id is None:
        return None
    data: dict[str, Any] = {"app": target.app, "revision": revision, "before": tx.revision}
    data |= {"url": f"/design/{target.app}/plan", "summary": target.summary}
    data |= _changed_forms(tx, target.app, revision)
    row = {"member_id": tx.actor.id, "kind": "publish", "title": "", "data": data, "at": tx.now}
    number: int = tx.connection.execute(insert(ACTION).values(row).returning(ACTION.c.id)).scalar_one()
    return number


def _changed_forms(tx: Transaction, app: str, revision: int) -> dict[str, Any]:
    """The forms that a revision brought or changed, the first by name: who takes it back wants to know what goes."""
    query = select(DOCUMENT.c.key, DOCUMENT.c.body["title"].label("title")).where(
        DOCUMENT.c.app == app, DOCUMENT.c.kind == "form", DOCUMENT.c.since == revision
    )
    rows = tx.connection.execute(query.order_by(DOCUMENT.c.key)).all()
    return {"forms": [row.title or row.key for row in rows[:MOST_NAMED]], "count": len(rows)}


def action_words(data: Mapping[str, Any], locale: str) -> str:
    """A publish among the recent actions, for a reader: its summary, else the forms that it brought or changed."""
    is_chinese = locale.lower().startswith("zh")
    head, colon, comma = ("发布了新版本", "：", "、") if is_chinese else ("Published", ": ", ", ")
    told = summary_words(str(data.get("summary") or ""), locale)
    if not told:
        names, count = [label(one, locale) for one in data.get("forms", ())], data.get("count", 0)
        more = f"等 {count} 个表单" if is_chinese else f" and {count - MOST_NAMED} more"
        told = comma.join(names) + (more if count > MOST_NAMED else "")
    return f"{head}{colon}{told}" if told else head


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
