"""Exports as ledger rows: who took which records of which form into which file, and by which question.

The line stays when the file is gone: it is the record of what left the house. The file is on the shelf for a day, for
the one who started it.
`state`: staging (waiting or under way), done.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import orjson
from sqlalchemy import insert, select, update

from dougong.exports.files import FORMATS
from dougong.exports.shelf import KEPT
from dougong.imports.store import sealed
from engines.form.protect.cipher import is_sealed
from engines.form.query import Query, Sort
from engines.form.system import LEDGER
from engines.form.transaction import Actor, Transaction
from engines.kernel.problems import NotFound, Problem, Rejected

KIND: Final = "export"
AT_ONCE: Final = 2_000
"""Records up to which the file is the answer; more are a job's."""
LINES_AT_ONCE: Final = 20_000


@dataclass(frozen=True, slots=True)
class ExportPlan:
    """What is exported: the question, the columns (paths), the format, and whether a record's cells are repeated.

    `locale`, `zone` and `admin` are those of the request: a key of an administrator may not be one itself.
    """

    query: Query
    columns: tuple[str, ...]
    format: str = "xlsx"
    repeat: bool = False
    locale: str = "zh-CN"
    zone: str = "Asia/Shanghai"
    admin: bool = True

    def __post_init__(self) -> None:
        if self.format not in FORMATS:
            message = f"Must be one of: {', '.join(FORMATS)}"
            raise Rejected(Problem("export.format", "format", message, {"allowed": list(FORMATS)}))

    def stored(self) -> dict[str, Any]:
        """The plan as a ledger keeps it."""
        sort = [[one.field, one.descending] for one in self.query.sort]
        asked = {"filter": self.query.filter, "search": self.query.search, "sort": sort}
        kept = {name: getattr(self, name) for name in ("format", "repeat", "locale", "zone", "admin")}
        return {**asked, "columns": list(self.columns), **kept}

    def actor(self, actor: Actor) -> Actor:
        """The one who asked, as the request was theirs."""
        return replace(actor, locale=self.locale, zone=self.zone, is_admin=actor.is_admin and self.admin)

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> "ExportPlan":
        """The plan that a ledger keeps."""
        sort = tuple(Sort(key, descending) for key, descending in kept["sort"])
        query = Query(filter=kept["filter"], search=kept["search"], sort=sort)
        rest = {name: kept[name] for name in ("format", "repeat", "locale", "zone", "admin")}
        return cls(query, tuple(kept["columns"]), **rest)


@dataclass(frozen=True, slots=True)
class Export:
    """One export. `records` and `lines` are what the file holds, `cut` the cells that Excel could not hold whole."""

    id: int
    app: str
    form: str
    name: str
    state: str
    at: datetime
    finished_at: datetime | None
    actor: int | None
    plan: ExportPlan
    job: int | None
    records: int
    lines: int
    size: int
    cut: int

    def available(self, now: datetime) -> bool:
        """Whether the file is still there for its starter."""
        kept = self.state == "done" and self.job is not None and self.finished_at is not None
        return kept and now - (self.finished_at or now) < KEPT


def note_export(tx: Transaction, app: str, form: str, name: str, plan: ExportPlan) -> int:
    """Write the line of an export that begins; gives its id."""
    row = {
        "kind": KIND,
        "app": app,
        "form": form,
        "title": name,
        "state": "staging",
        "at": tx.now,
        "actor": tx.actor.id,
        "origin": tx.origin,
        "revision": tx.revision,
        "plan": {"plan": sealed(tx, plan.stored())},  # a filter may hold what is encrypted elsewhere
        "report": {},
    }
    return int(tx.connection.execute(insert(LEDGER).returning(LEDGER.c.id), row).scalar_one())


def note_job(tx: Transaction, export_id: int, job: int) -> None:
    """Remember which job makes the file."""
    mine = LEDGER.c.id == export_id
    kept = tx.connection.execute(select(LEDGER.c.plan).where(mine)).scalar_one()
    tx.connection.execute(update(LEDGER).where(mine).values(plan={**kept, "job": job}))


def note_done(tx: Transaction, export_id: int, records: int, lines: int, size: int, cut: int) -> None:
    """Write what the file holds."""
    report = {"lines": lines, "size": size, "cut": cut}
    done = update(LEDGER).where(LEDGER.c.id == export_id)
    tx.connection.execute(done.values(state="done", finished_at=tx.now, total=records, report=report))


def get_export(tx: Transaction, export_id: int) -> Export:
    """One export of the actor's own: nobody else gets at the file. Raises `NotFound`."""
    query = select(LEDGER).where(LEDGER.c.id == export_id, LEDGER.c.kind == KIND, LEDGER.c.actor == tx.actor.id)
    row = tx.connection.execute(query).one_or_none()
    if row is None:
        raise NotFound(Problem("export.unknown", "", f"There is no export #{export_id}", {"id": export_id}))
    return _export(tx, row)


def list_exports(
    tx: Transaction, *, app: str | None = None, form: str | None = None, limit: int = 100
) -> Sequence[Export]:
    """The newest exports: the actor's own, administrators see everybody's lines (not the files)."""
    query = select(LEDGER).where(LEDGER.c.kind == KIND)
    if not tx.actor.is_admin:
        query = query.where(LEDGER.c.actor == tx.actor.id)
    if form is not None:
        query = query.where(LEDGER.c.app == (app or ""), LEDGER.c.form == form)
    return [_export(tx, row) for row in tx.connection.execute(query.order_by(LEDGER.c.id.desc()).limit(limit))]


def _export(tx: Transaction, row: Any) -> Export:
    kept, report = row.plan, row.report or {}
    plan = kept["plan"]
    if is_sealed(plan) and tx.cipher is not None:
        plan = orjson.loads(tx.cipher.open(plan[1:]))
    return Export(
        id=row.id,
        app=row.app,
        form=row.form,
        name=row.title or "",
        state=row.state,
        at=row.at,
        finished_at=row.finished_at,
        actor=row.actor,
        plan=ExportPlan.of(plan),
        job=kept.get("job"),
        records=row.total,
        lines=report.get("lines", 0),
        size=report.get("size", 0),
        cut=report.get("cut", 0),
    )
