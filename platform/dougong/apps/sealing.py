"""Values sealed, opened or sealed anew for all records of a form, after a publish or when keys were replaced.

Goes on where it stopped: what lies as it should is passed over. People read and write meanwhile.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Literal

from sqlalchemy import Table

from dougong.apps import store
from dougong.workspace.transactions import Workspaces
from dougong.workspace.workspaces import WorkspaceInfo
from engines.form.form import Form
from engines.form.places import DIALECT
from engines.form.protect.reseal import forget_rows, seal_events, seal_log, seal_search
from engines.form.refresh import refresh_batch
from engines.form.system import CHANGE, EVENT, STAGING
from engines.form.transaction import SYSTEM, Transaction

Stage = Literal["check", "prepare", "switch", "finish", "done"]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a publish is: step `done` of `total` of a stage, and what is done next."""

    stage: Stage
    done: int
    total: int
    step: str = ""


Report = Callable[[Progress], None]
BATCH: Final = 1000
Part = Callable[[Transaction, Form, int], int | None]
"""Does a batch after an id; gives the last id done, None at the end."""


def silent(_: Progress) -> None:
    """Tells nobody."""


def has_field(form: Form, path: str) -> bool:
    """Whether a field is still there; a later publish may have removed it."""
    head, _, rest = path.rpartition(".")
    return rest in form.subforms[head].fields if head in form.subforms else path in form.fields


def seal(
    workspaces: Workspaces, info: WorkspaceInfo, app: str, form: str, paths: Iterable[str], report: Report = silent
) -> None:
    """Bring the values of fields, and what log, events and search texts say of them, to what the form asks for."""
    for path in paths:
        _through(workspaces, info, app, form, _values(path), f"{form}.{path}", report)
    for part, name in ((seal_log, "history"), (seal_events, "events"), (seal_search, "search")):
        _through(workspaces, info, app, form, part, f"{form}: {name}", report)
    with workspaces.begin(info, SYSTEM, origin="system") as tx:
        found = store.forms(tx, app).by_key.get(form)
        if found is None:
            return
        forget_rows(tx, found)
        tables = [found.table, *(sub.table for sub in found.subforms.values()), CHANGE, EVENT, STAGING]
    _sweep(workspaces, info, tables)


def _sweep(workspaces: Workspaces, info: WorkspaceInfo, tables: Iterable[Table]) -> None:
    """Away with old versions of rows and with what the database's own statistics know of their values."""
    names = ", ".join(DIALECT.identifier_preparer.quote(table.name) for table in tables)
    with workspaces.outside(info) as connection:
        connection.exec_driver_sql(f"VACUUM (ANALYZE) {names}")


def _values(path: str) -> Part:
    def part(tx: Transaction, form: Form, after: int) -> int | None:
        return refresh_batch(tx.connection, form, path, after, BATCH) if has_field(form, path) else None

    return part


def _through(
    workspaces: Workspaces, info: WorkspaceInfo, app: str, form: str, part: Part, about: str, report: Report
) -> None:
    """One transaction for each batch: the compiled form is that of the revision in force."""
    last: int | None = 0
    while last is not None:
        report(Progress("finish", 0, 1, f"{about} > {last}" if last else about))
        with workspaces.begin(info, SYSTEM, origin="system") as tx:
            found = store.forms(tx, app).by_key.get(form)
            last = part(tx, found, last) if found is not None else None
