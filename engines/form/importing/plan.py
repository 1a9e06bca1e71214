"""What the columns of a file mean for a form, and how rows find their records."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from dataclasses import field as attribute
from typing import Any, Final, Literal

from engines.form.fields.base import Field
from engines.form.form import Form
from engines.form.importing.dates import Order
from engines.form.names import CREATED_AT, DEPARTMENT, OWNER
from engines.form.nested import row_fields
from engines.form.policy import policy_for
from engines.form.transaction import Transaction
from engines.kernel.problems import Problem, suggest

Mode = Literal["create", "update", "both"]
MODES: Final[tuple[Mode, ...]] = ("create", "update", "both")
SYSTEM_TARGETS: Final = (OWNER, DEPARTMENT, CREATED_AT)


@dataclass(frozen=True, slots=True)
class Target:
    """One field that is filled: from a column (its position), or with the same value in every row (`column` None).

    `field` is a key, `lines.product` for the rows of a sub-form, or a system field. `order` says in which order days
    are written, `values` what texts of the file stand for (a blank text: nothing), `by` by which field of the other
    form its records are named, `empty` what an empty cell stands for. With `create_choices` unknown texts become new
    choices of the field before the import.
    """

    field: str
    column: int | None = None
    order: Order | None = None
    values: Mapping[str, str] = attribute(default_factory=dict)
    by: str | None = None
    empty: str = ""
    create_choices: bool = False


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """How a file is imported. `blanks` says whether an empty cell empties a field of a record that is updated.

    With `incomplete` rows that lack required values are taken all the same and listed.
    """

    targets: tuple[Target, ...] = ()
    mode: Mode = "create"
    keys: tuple[str, ...] = ()
    blanks: Literal["keep", "clear"] = "keep"
    incomplete: bool = False

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> "ImportPlan":
        """The plan as a ledger keeps it."""
        targets = tuple(Target(**one) for one in stored.get("targets", ()))
        return cls(**{**stored, "targets": targets, "keys": tuple(stored.get("keys", ()))})

    def stored(self) -> dict[str, Any]:
        """The plan as JSON."""
        return {**asdict(self), "targets": [asdict(one) | {"values": dict(one.values)} for one in self.targets]}

    def at(self, path: str) -> Target | None:
        """The target of a field."""
        return next((one for one in self.targets if one.field == path), None)


def target_field(form: Form, path: str) -> Field:
    """The field that a target fills. Raises `NotFound`."""
    return form.at(path)


def importable(tx: Transaction, form: Form) -> dict[str, Field]:
    """Every field that this person may fill from a file, by path, in the order of the form."""
    policy = policy_for(tx, form)
    found: dict[str, Field] = {}
    for key, one in form.fields.items():
        if key in form.subforms:
            inner = (each for each in row_fields(form.subforms[key]) if not each.rows)
            found |= {each.path: each for each in inner if _readable(each)}
        elif _readable(one):
            found[key] = one
    found = {path: one for path, one in found.items() if policy.edits(path, "create") or policy.edits(path, "update")}
    for name in SYSTEM_TARGETS:
        if name not in form.table.c or (name == CREATED_AT and not tx.actor.is_admin):
            continue
        if name == CREATED_AT or policy.edits(name, "create") is not False:
            found[name] = form.system_fields[name]
    return found


def _readable(one: Field) -> bool:
    return one.type.writable or one.type.key == "serial"


def check_plan(tx: Transaction, form: Form, plan: ImportPlan, columns: int) -> list[Problem]:
    """What is wrong with a plan before a row is read: fields, columns, keys."""
    return list(_checked(tx, form, plan, columns))


def _checked(tx: Transaction, form: Form, plan: ImportPlan, columns: int) -> Iterable[Problem]:
    fields, locale = importable(tx, form), tx.actor.locale
    seen: set[str] = set()
    if not any(one.column is not None for one in plan.targets):
        yield Problem("import.nothing", "", "Choose a field for at least one column", {})
    for one in plan.targets:
        known = fields.get(one.field)
        if known is None:
            message = f'"{one.field}" cannot be filled by an import{suggest(one.field, fields)}'
            yield Problem("import.field", one.field, message, {"field": one.field})
            continue
        label = known.label(locale)
        if one.field in seen:
            yield Problem("import.field_twice", one.field, f"Two columns fill {label}", {"label": label})
        if one.column is not None and not 0 <= one.column < columns:
            message = f"The file has no column {one.column + 1}"
            yield Problem("import.no_column", one.field, message, {"column": one.column + 1})
        seen.add(one.field)
    if plan.mode != "create" and not plan.keys:
        yield Problem("import.no_key", "keys", "Choose the columns that tell which record a row means", {})
    for key in plan.keys:
        one_key = form.fields.get(key)
        if one_key is None or one_key.storage != "column" or key not in seen:
            message = f'"{key}" cannot tell which record a row means'
            yield Problem("import.key", "keys", message, {"key": one_key.label(locale) if one_key else key})
    if plan.mode == "update":
        return
    policy = policy_for(tx, form)
    for path, known in fields.items():
        asked = known.required and known.subform is None and known.default is None and path not in seen
        if asked and not plan.incomplete and policy.edits(path, "create") is not False and known.type.writable:
            label = known.label(locale)
            message = f"{label} is required: choose a column or a value for it"
            yield Problem("import.required", path, message, {"label": label})
