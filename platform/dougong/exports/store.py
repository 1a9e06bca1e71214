"""Exports as ledger rows: who took which records of which form into which file, and by which question.

The line stays when the file is gone: it is the record of what left the house. The file is on the shelf for a day, for
the one who started it.
`state`: staging (waiting or under way), done.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from dougong import ledgers
from dougong.exports.files import FORMATS
from dougong.exports.shelf import KEPT
from engines.form.protect.cipher import open_json, seal_json
from engines.form.query import Query, Sort
from engines.form.transaction import Actor, Transaction
from engines.kernel.problems import Problem, Rejected

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
class Export(ledgers.Line):
    """One export. `records` and `lines` are what the file holds, `cut` the cells that Excel could not hold whole."""

    plan: ExportPlan
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
    kept = {"plan": seal_json(tx.cipher, plan.stored())}  # a filter may hold what is encrypted elsewhere
    return ledgers.begin(tx, KIND, app, form, name, tx.origin, kept)


def note_job(tx: Transaction, export_id: int, job: int) -> None:
    """Remember which job makes the file."""
    ledgers.keep(tx, export_id, {"job": job})


def note_done(tx: Transaction, export_id: int, records: int, lines: int, size: int, cut: int) -> None:
    """Write what the file holds."""
    report = {"lines": lines, "size": size, "cut": cut}
    ledgers.note(tx, export_id, {"state": "done", "finished_at": tx.now, "total": records, "report": report})


def get_export(tx: Transaction, export_id: int, *, at: tuple[str, str] | None = None) -> Export:
    """One export of the actor's own, of the form of an app: nobody else gets at the file. Raises `NotFound`."""
    return _export(tx, ledgers.find(tx, KIND, export_id, at=at, own=True))


def list_exports(tx: Transaction, *, app: str | None = None, form: str | None = None, limit: int = 100) -> list[Export]:
    """The newest exports: the actor's own, administrators see everybody's lines (not the files)."""
    return [_export(tx, row) for row in ledgers.newest(tx, KIND, app, form, limit)]


def _export(tx: Transaction, row: Any) -> Export:
    report = row.report or {}
    return Export(
        **ledgers.told(row),
        plan=ExportPlan.of(open_json(tx.cipher, row.plan["plan"])),
        records=row.total,
        lines=report.get("lines", 0),
        size=report.get("size", 0),
        cut=report.get("cut", 0),
    )
