"""Imports as ledger rows: who imports which file into which form, how, and what came of it.

The uploaded file and its rows lie in `data_folder/imports/<workspace>/<ledger>`; everything else is in the ledger.
`state`: staging (being prepared), applying (running or interrupted), done, undone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import delete, func, select

from dougong import ledgers
from dougong.config import Settings
from engines.form.importing import ImportPlan, Target
from engines.form.protect.cipher import open_json, seal_json
from engines.form.system import LEDGER, LEDGER_CHUNK, STAGING
from engines.form.transaction import Transaction
from engines.kernel.problems import Conflict, Problem

KIND: Final = "import"
PEOPLE: Final = "_member"
"""The form of an import of people; such a ledger names no app."""
SHOWN: Final = 200


@dataclass(frozen=True, slots=True)
class Import(ledgers.Line):
    """One import. `file` is what the analysis found, None before it; `settings` how it is imported; `job` the last."""

    undone_at: datetime | None
    file: Mapping[str, Any] | None
    settings: Mapping[str, Any]
    sheet: str | None
    total: int
    created: int
    updated: int
    unchanged: int
    refused: int
    report: Mapping[str, Any]

    @property
    def plan(self) -> ImportPlan:
        """How its rows become records."""
        return ImportPlan.of(self.settings)

    @property
    def headers(self) -> list[str]:
        """The heads of the file's columns."""
        return list(self.file["headers"]) if self.file else []

    @property
    def cause(self) -> str:
        """What the change log says of every record that it touched."""
        return f"ledger:{self.id}"


@dataclass(frozen=True, slots=True)
class Bad:
    """A row of the file that has problems: its number, its record, its cells (of all its lines), what is wrong."""

    row: int
    record_id: int | None
    raw: list[Any]
    problems: list[dict[str, Any]]


def folder_of(settings: Settings, workspace: str, import_id: int) -> Path:
    """Where the file of an import lies."""
    return settings.data_folder / "imports" / workspace / str(import_id)


def begin_import(tx: Transaction, app: str, form: str, name: str) -> int:
    """Open a ledger for a file with this name."""
    return ledgers.begin(tx, KIND, app, form, name, "import", {})


def get_import(tx: Transaction, import_id: int, *, at: tuple[str, str] | None = None, lock: bool = False) -> Import:
    """One import of the actor's own (administrators see all), into the form of an app. Raises `NotFound`."""
    return _import(tx, ledgers.find(tx, KIND, import_id, at=at, lock=lock))


def list_imports(tx: Transaction, *, app: str | None = None, form: str | None = None, limit: int = 20) -> list[Import]:
    """The newest imports that the actor may see."""
    return [_import(tx, row) for row in ledgers.newest(tx, KIND, app, form, limit)]


def _import(tx: Transaction, row: Any) -> Import:
    kept = row.plan or {}
    return Import(
        **ledgers.told(row),
        undone_at=row.undone_at,
        file=_opened(tx, kept.get("file")),
        settings=kept.get("settings") or {},
        sheet=kept.get("sheet"),
        total=row.total,
        created=row.created,
        updated=row.updated,
        unchanged=row.unchanged,
        refused=row.refused,
        report=row.report or {},
    )


def keep(tx: Transaction, import_id: int, **parts: Any) -> None:
    """Change parts of what the ledger keeps of the import: `file`, `settings`, `sheet`, `job`."""
    if parts.get("file") is not None:
        parts["file"] = sealed(tx, parts["file"])
    ledgers.keep(tx, import_id, parts)


def kept(tx: Transaction, import_id: int, part: str) -> Any:
    """A part of what the ledger keeps, None where it has none."""
    plan = tx.connection.execute(select(LEDGER.c.plan).where(LEDGER.c.id == import_id)).scalar_one()
    return _opened(tx, (plan or {}).get(part))


def sealed(tx: Transaction, value: Any) -> Any:
    """What stood in a file, as a ledger keeps it: nobody knows yet which of its columns are to be encrypted."""
    return seal_json(tx.cipher, value)


def _opened(tx: Transaction, value: Any) -> Any:
    return open_json(tx.cipher, value)


def note(tx: Transaction, import_id: int, **values: Any) -> None:
    """Change columns of the ledger."""
    ledgers.note(tx, import_id, values)


def set_settings(tx: Transaction, found: Import, settings: Mapping[str, Any]) -> None:
    """Remember how the file is to be imported. Raises `Conflict` once rows were written."""
    _still_staging(found)
    keep(tx, found.id, settings=dict(settings))
    if settings != found.settings:
        clear_rows(tx, found.id)
        note(tx, found.id, report={}, **dict.fromkeys(("created", "updated", "unchanged", "refused"), 0))


def _still_staging(found: Import) -> None:
    if found.state != "staging":
        raise Conflict(Problem("import.begun", "", "This import has begun; undo it to import the file again", {}))


def clear_rows(tx: Transaction, import_id: int) -> None:
    """Forget what a trial noted."""
    tx.connection.execute(delete(STAGING).where(STAGING.c.ledger_id == import_id))


def applied(tx: Transaction, import_id: int) -> set[int]:
    """The chunks that are committed."""
    return set(tx.connection.scalars(select(LEDGER_CHUNK.c.chunk).where(LEDGER_CHUNK.c.ledger_id == import_id)))


def span(tx: Transaction, import_id: int) -> tuple[int | None, int | None]:
    """The first and the last id of the records that an import made or met."""
    query = select(func.min(LEDGER_CHUNK.c.first_id), func.max(LEDGER_CHUNK.c.last_id))
    first, last = tx.connection.execute(query.where(LEDGER_CHUNK.c.ledger_id == import_id)).one()
    return first, last


def rows_with_problems(tx: Transaction, import_id: int, limit: int | None = SHOWN) -> list[Bad]:
    """Rows with problems in the order of the file: `row`, `record_id`, `raw`, `problems`."""
    query = select(STAGING).where(STAGING.c.ledger_id == import_id, func.jsonb_array_length(STAGING.c.problems) > 0)
    rows = tx.connection.execute(query.order_by(STAGING.c.row).limit(limit))
    return [Bad(row.row, row.record_id, _opened(tx, row.raw), row.problems) for row in rows]


def problem_count(tx: Transaction, import_id: int) -> int:
    """How many problems there are in all rows."""
    query = select(func.coalesce(func.sum(func.jsonb_array_length(STAGING.c.problems)), 0))
    return int(tx.connection.scalar(query.where(STAGING.c.ledger_id == import_id)) or 0)


def incomplete_rows(tx: Transaction, import_id: int, limit: int = SHOWN) -> tuple[list[Any], int]:
    """Rows that were taken without required values (`row`, `record_id`, `extra`), and how many there are."""
    where = (STAGING.c.ledger_id == import_id, STAGING.c.extra.has_key("missing"))
    count = tx.connection.scalar(select(func.count()).select_from(STAGING).where(*where)) or 0
    return list(tx.connection.execute(select(STAGING).where(*where).order_by(STAGING.c.row).limit(limit))), count


def remembered(tx: Transaction, app: str, form: str, headers: Sequence[str]) -> ImportPlan | None:
    """The plan of the last import into this form (the actor's own first) for a file with these heads, or None."""
    query = (
        select(LEDGER.c.plan)
        .where(LEDGER.c.kind == KIND, LEDGER.c.app == app, LEDGER.c.form == form, LEDGER.c.state != "staging")
        .order_by((LEDGER.c.actor == tx.actor.id).desc(), LEDGER.c.id.desc())
        .limit(1)
    )
    kept = tx.connection.scalar(query)
    if not kept or not kept.get("file") or not kept.get("settings"):
        return None
    before, places = (
        _opened(tx, kept["file"])["headers"],
        {head: place for place, head in reversed(list(enumerate(headers)))},
    )
    plan = ImportPlan.of(kept["settings"])
    targets: list[Target] = []
    for one in plan.targets:
        if one.column is None:
            targets.append(one)
        elif one.column < len(before) and before[one.column] in places:
            targets.append(replace(one, column=places[before[one.column]]))
    if not any(one.column is not None for one in targets):
        return None
    filled = {one.field for one in targets}
    keys = tuple(key for key in plan.keys if key in filled)
    return replace(plan, targets=tuple(targets), keys=keys, mode=plan.mode if keys else "create")
