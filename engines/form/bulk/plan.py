"""What a bulk write is: which columns come in, how rows find their records, and the ledger that remembers all of it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal

from sqlalchemy import func, insert, select, update

from engines.form.fields.base import Field
from engines.form.form import Form
from engines.form.names import OWNER
from engines.form.policy import policy_for
from engines.form.system import LEDGER, LEDGER_CHUNK, STAGING
from engines.form.transaction import Transaction
from engines.kernel.problems import Forbidden, NotFound, Problem, Rejected, suggest

CHUNK: Final = 10_000
SEARCH_NOW: Final = 10_000
"""Up to so many rows the search finds them at once; a larger load is filled in by a following job (D4)."""

Mode = Literal["create", "upsert", "update"]


@dataclass(frozen=True, slots=True)
class BulkPlan:
    """How rows are read.

    `columns` are the fields of the cells in their order (`_owner` too). With `key` rows update the record whose field
    has the same value (`upsert`: or create it; `update`: or are refused). `links` names, for a relation, the field of
    the other form by which its records are called (its title where none is given, `id` for ids). `text` says that
    cells come from a file (`import_cell`), else they are API values. `blanks` says whether a blank cell empties the
    field of a record that is updated.
    """

    columns: tuple[str, ...]
    mode: Mode = "create"
    key: str | None = None
    links: Mapping[str, str] = field(default_factory=dict)
    text: bool = False
    blanks: Literal["keep", "clear"] = "clear"
    kind: Literal["import", "bulk", "sample"] = "bulk"

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> "BulkPlan":
        """The plan as a ledger keeps it."""
        return cls(**{**stored, "columns": tuple(stored["columns"])})


@dataclass(frozen=True, slots=True)
class Ledger:
    """One bulk write. `state`: staging, applying, done, undone."""

    id: int
    form: str
    state: str
    plan: BulkPlan
    total: int
    refused: int
    created: int
    updated: int
    unchanged: int
    revision: int
    app: str
    kind: str

    @property
    def cause(self) -> str:
        """What the change log says of every record that this ledger touched."""
        return f"ledger:{self.id}"


def begin_bulk(tx: Transaction, form: Form, plan: BulkPlan, *, title: str = "") -> Ledger:
    """Open a ledger. Raises `Rejected` for columns that cannot be written, `Forbidden` without the right."""
    policy = policy_for(tx, form)
    policy.require("import" if plan.kind == "import" else "create" if plan.mode != "update" else "update")
    problems, denials = [], []
    for key in dict.fromkeys(plan.columns):
        one = form.fields.get(key)
        if one is None and key != OWNER:
            message = f'There is no field "{key}"{suggest(key, form.fields)}'
            problems.append(Problem("record.unknown_field", key, message, {"key": key, "known": sorted(form.fields)}))
        elif one is not None and not one.type.writable and not one.options.get("imported", False):
            message = f"{one.label} is computed and cannot be set"
            problems.append(Problem("record.computed_field", key, message, {"label": one.label(tx.actor.locale)}))
        elif policy.edits(key, "create" if plan.mode == "create" else "update") is False:
            denials.append(Problem("record.field_denied", key, f"You may not change {key}", {"label": key}))
    if len(set(plan.columns)) < len(plan.columns):
        problems.append(Problem("bulk.column_twice", "columns", "A field stands in two columns", {}))
    if plan.mode != "create":
        problems += _check_key(form, plan, tx.actor.locale)
    if denials:
        raise Forbidden(denials)
    if problems:
        raise Rejected(problems)
    row = {
        "kind": plan.kind,
        "app": form.app,
        "form": form.key,
        "title": title,
        "state": "staging",
        "at": tx.now,
        "actor": tx.actor.id,
        "origin": tx.origin,
        "revision": tx.revision,
        "plan": asdict(plan) | {"columns": list(plan.columns), "links": dict(plan.links)},
    }
    ledger_id = tx.connection.execute(insert(LEDGER).returning(LEDGER.c.id), row).scalar_one()
    return get_ledger(tx, ledger_id)


def _check_key(form: Form, plan: BulkPlan, locale: str) -> list[Problem]:
    one = form.fields.get(plan.key or "")
    if plan.key == "id":
        return []
    if one is None or one.storage != "column" or plan.key not in plan.columns:
        message = "Choose a column whose value tells which record a row is"
        return [Problem("bulk.key", "key", message, {"key": plan.key, "label": one.label(locale) if one else ""})]
    return []


def get_ledger(tx: Transaction, ledger_id: int, *, lock: bool = False) -> Ledger:
    """A ledger by its id. Raises `NotFound`."""
    query = select(LEDGER).where(LEDGER.c.id == ledger_id)
    found = tx.connection.execute(query.with_for_update() if lock else query).mappings().one_or_none()
    if found is None:
        raise NotFound(Problem("bulk.unknown", "", f"There is no import #{ledger_id}", {"id": ledger_id}))
    return Ledger(
        **{name: found[name] for name in ("id", "form", "state", "total", "refused", "created", "updated")},
        **{name: found[name] for name in ("unchanged", "revision", "app", "kind")},
        plan=BulkPlan.of(found["plan"]),
    )


def note(tx: Transaction, ledger_id: int, **values: Any) -> None:
    """Change a ledger's row."""
    tx.connection.execute(update(LEDGER).where(LEDGER.c.id == ledger_id).values(**values))


def staged_rows(tx: Transaction, ledger_id: int) -> int:
    """How many rows were staged: where to go on after an interruption."""
    query = select(func.coalesce(func.max(STAGING.c.row), 0)).where(STAGING.c.ledger_id == ledger_id)
    count: int = tx.connection.execute(query).scalar_one()
    return count


def applied_chunks(tx: Transaction, ledger_id: int) -> set[int]:
    """The chunks that are committed."""
    query = select(LEDGER_CHUNK.c.chunk).where(LEDGER_CHUNK.c.ledger_id == ledger_id)
    return set(tx.connection.execute(query).scalars())


def key_field(form: Form, plan: BulkPlan) -> Field | None:
    """The field by which rows find their records."""
    return form.fields.get(plan.key) if plan.mode != "create" and plan.key and plan.key != "id" else None
