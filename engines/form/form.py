"""Compiled forms: what one revision of an app's documents means, with its tables. Made by `engines.form.compile`."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as attribute
from typing import Any, Final

from sqlalchemy import MetaData, Table

from engines.form.counted import counted
from engines.form.fields.base import Choice, Field, Words
from engines.form.names import DEPARTMENT
from engines.form.protect.cipher import Cipher
from engines.formula.types import FieldRef, Scope, Type
from engines.kernel.documents import Document
from engines.kernel.problems import NotFound, Problem, suggest

__all__ = ["SETTING_TYPES", "Choice", "Field", "Form", "Forms", "RowScope", "Rule", "SubForm", "Words"]

SETTING_TYPES: Final = {
    "number": Type.NUMBER,
    "text": Type.TEXT,
    "boolean": Type.BOOLEAN,
    "date": Type.DATE,
    "choice": Type.TEXT,
}


@dataclass(frozen=True, slots=True)
class Rule:
    """A validation rule: when `when` holds (or always), `check` must hold. The problem stands at `field`."""

    key: str
    check: Any
    message: Words
    field: str | None = None
    when: Any = None


@dataclass(frozen=True, slots=True)
class Reverse:
    """The records of another form that point at a record through one of their fields, as an entry of `related` says."""

    key: str
    form: "Form"
    field: Field


@dataclass(frozen=True, slots=True)
class RowScope:
    """The names that an expression of a record, or of a row of a sub-form, may use.

    A record knows its fields and, under the keys of its related lists, the records that point at it; fields win.
    """

    owner: "Form"
    fields: Mapping[str, Field]
    key: str

    @property
    def is_record(self) -> bool:
        """Whether these are the names of a record, not of a row."""
        return self.key == self.owner.key

    @property
    def stands_in(self) -> tuple[str, ...] | None:
        """The sub-form whose rows these are the names of, where those of the record around stand behind them."""
        subform = self.key.removeprefix(f"{self.owner.key}.")
        return None if self.is_record or "." in subform else (subform,)

    def field(self, name: str) -> FieldRef | None:
        """The field with this key, or the records of the related list with this key."""
        one = self.fields.get(name)
        if one is None and not self.is_record:
            rows = self.owner.forms.row_forms.get(self.key)
            return None if rows is None or name in rows.system_fields else rows.scope.field(name)
        if one is None:
            found = self.owner.reverse(name)
            if found is None:
                return None
            return FieldRef(name, Type.RECORDS, found.form.label(), found.form.scope, remote=True)
        within = PartScope(self, one) if one.parts else None
        unit, worth = counted(self.owner, one, in_row=not self.is_record)
        target = self._target(one)
        kind = one.type.formula_type(one)
        sealed = one.encrypted
        return FieldRef(
            name, kind, one.label(), target, within=within, unit=unit, worth=worth, sealed=sealed, scores=one.scores
        )

    def names(self) -> Iterable[str]:
        """The keys of all fields and related lists."""
        holder = self.owner if self.is_record else self.owner.forms.row_forms.get(self.key)
        lists = [] if holder is None else [*(one["key"] for one in holder.related), *holder.counted]
        return [*self.fields, *(key for key in lists if "__" not in key)]  # two underscores: a roll-up's own name

    @property
    def calendar(self) -> tuple[str | None, str | None] | None:
        """What says which business calendar counts for a record: the way to a name, and its department."""
        own = self.owner.calendar
        own = own if own is not None and own.split(".")[0] in self.fields else None
        team = DEPARTMENT if DEPARTMENT in self.fields else None
        return (own, team) if self.owner.forms.has_calendars and (own or team) else None

    def form(self, name: str) -> "RowScope | None":
        """Every record of another form of the app (or of the same one), by the form's key."""
        found = self.owner.forms.by_key.get(name)
        return None if found is None else found.scope

    def setting(self, key: str) -> Type | None:
        """The type of a parameter of the app."""
        return self.owner.forms.setting_type(key)

    def _target(self, one: Field) -> Scope | None:
        if one.path in self.owner.subforms:
            return self.owner.subforms[one.path].scope
        key = one.type.target_form(one)
        return self.owner.forms.find(key) if key else None


class SubForms(dict[str, "SubForm"]):
    """The sub-forms of a form by key. Rows of rows are found by their path (`lines.parts`), but not iterated over."""

    def __missing__(self, path: str) -> "SubForm":
        outer, dot, key = path.rpartition(".")
        if not dot:
            raise KeyError(path)
        return self[outer].subforms[key]

    def __contains__(self, path: object) -> bool:
        if dict.__contains__(self, path):
            return True
        outer, dot, key = path.rpartition(".") if isinstance(path, str) else ("", "", "")
        return bool(dot) and outer in self and key in self[outer].subforms


@dataclass(frozen=True, slots=True)
class PartScope:
    """The names of the parts of one field: `form` and `customer` of `target`. They stand in the same record."""

    owner: RowScope
    whole: Field

    @property
    def key(self) -> str:
        """The key of the row that the parts stand in."""
        return self.owner.key

    def field(self, name: str) -> FieldRef | None:
        """The part with this name."""
        part = self.whole.parts.get(name)
        return None if part is None else self.owner.field(part.key)

    def names(self) -> Iterable[str]:
        """The names of the parts."""
        return tuple(self.whole.parts)

    def setting(self, key: str) -> Type | None:
        """The type of a parameter of the app."""
        return self.owner.setting(key)


@dataclass(slots=True, eq=False)
class SubForm:
    """The rows that belong to a record: the field that holds them, their table and their fields.

    `subforms` are those of its rows, whose `outer` it is.
    """

    field: Field
    fields: dict[str, Field]
    form: "Form" = attribute(repr=False)
    table: Table = attribute(init=False, repr=False)
    links: dict[str, Table] = attribute(default_factory=dict, repr=False)
    outer: "SubForm | None" = attribute(default=None, repr=False)
    subforms: dict[str, "SubForm"] = attribute(default_factory=dict, repr=False)

    @property
    def key(self) -> str:
        """The key of the field that holds the rows."""
        return self.field.key

    @property
    def path(self) -> str:
        """Where the field stands: `lines`, or `lines.parts` for rows of rows."""
        return self.field.path

    @property
    def scope(self) -> "RowScope":
        """What names mean in an expression of a row."""
        return RowScope(self.form, self.fields, f"{self.form.key}.{self.path}")

    @property
    def inner_scope(self) -> "RowScope":
        """The names of a row and behind them those of the record around it; rows of rows know their own alone."""
        fields = self.fields if self.outer is not None else {**self.form.fields, **self.fields}
        return RowScope(self.form, fields, f"{self.form.key}.{self.path}")

    def get(self, key: str, path: str = "") -> Field:
        """The field of a row with this key. Raises `NotFound` with a suggestion."""
        return _find(self.fields, key, path or f"{self.form.key}.{self.path}.{key}")


@dataclass(slots=True, eq=False)
class Form:
    """One form of a revision. Fields in the order of the document, sub-form fields among them.

    `fields` are the form's own; `system_fields` are those that every record has (`_owner`, `_created_at`, `id`), and
    `every` is both. A form is the scope of its expressions (`engines.formula.Scope`). `formula_order` lists the formula
    fields (of rows too) that a write computes, such that each comes after what it needs; live ones, which have no
    column, stand in it where a rule or default asks for them. `kept` are the computed fields that have a column, in
    the same order; of these `maintained` (roll-ups over records that point here) are set by who writes those records,
    not with the record itself. `system` marks the people forms (`_member`).
    """

    app: str
    key: str
    label: Words
    icon: str
    description: Words
    fields: dict[str, Field]
    system_fields: dict[str, Field]
    title_field: str | None
    subtitle_field: str | None
    sections: tuple[Mapping[str, Any], ...]
    views: tuple[Mapping[str, Any], ...]
    related: tuple[Mapping[str, Any], ...]
    document: Document
    revision: int
    forms: "Forms" = attribute(repr=False)
    system: bool = False
    profile_of: str | None = None
    calendar: str | None = None
    """The field, here or along relations, that names the business calendar of a record."""
    rules: tuple[Rule, ...] = ()
    groups: tuple[Mapping[str, Any], ...] = ()
    formula_order: tuple[Field, ...] = ()
    kept: tuple[Field, ...] = ()
    maintained: tuple[Field, ...] = ()
    decor: dict[str, Field] = attribute(default_factory=dict, repr=False)
    """What stands on the page beside the fields and holds no value: notes, embedded pages, codes, buttons."""
    subforms: SubForms = attribute(default_factory=SubForms, repr=False)
    table: Table = attribute(init=False, repr=False)
    links: dict[str, Table] = attribute(default_factory=dict, repr=False)
    parts: dict[str, Field] = attribute(default_factory=dict, repr=False)
    """What relations to one of several forms consist of, by column: `target__form`, `target__customer`."""
    of_rows: "SubForm | None" = attribute(default=None, repr=False)
    """The sub-form whose rows these are, where relations point at them (`engines.form.row_forms`)."""
    counted: dict[str, Mapping[str, Any]] = attribute(default_factory=dict, repr=False)
    """Lists of what points here that expressions know by these names and no page shows."""

    @property
    def every(self) -> dict[str, Field]:
        """The fields of the form, the parts of links and the system fields."""
        return {**self.fields, **self.parts, **self.system_fields}

    def get(self, key: str, path: str = "") -> Field:
        """The field or system field with this key. Raises `NotFound` with a suggestion."""
        return _find(self.every, key, path or f"{self.key}.{key}")

    # -- engines.formula.Scope ----------------------------------------------------------------------------------

    @property
    def scope(self) -> "RowScope":
        """What names mean in an expression of a record."""
        return RowScope(self, self.every, self.key)

    def field(self, name: str) -> FieldRef | None:
        """What a name means in an expression of this form."""
        return self.scope.field(name)

    def names(self) -> Iterable[str]:
        """Every name that an expression may use."""
        return self.scope.names()

    def setting(self, key: str) -> Type | None:
        """The type of a setting."""
        return self.scope.setting(key)

    def form(self, name: str) -> RowScope | None:
        """Every record of a form of the app, by the form's key."""
        return self.scope.form(name)

    def reverse(self, key: str) -> Reverse | None:
        """The records of the related list with this key; None where a field has the key or the list dangles."""
        if key in self.fields or key in self.system_fields:
            return None
        for one in (*self.related, *self.counted.values()):
            other = self.forms.find(".".join(part for part in (one["form"], one.get("rows")) if part))
            if one["key"] == key and other is not None:
                pointing = other.pointing(one["field"], self.key)
                if pointing is not None and pointing.type.target_form(pointing) == self.key:
                    return Reverse(key, other, pointing)
        return None

    def pointing(self, key: str, target: str) -> Field | None:
        """The field with this key; of a relation to one of several forms the part that points at `target`."""
        found = self.every.get(key)
        return found.parts.get(target, found) if found is not None and found.parts else found

    def flat(self, names: Sequence[str]) -> tuple[str, ...]:
        """The steps of a path with those into a link's parts made one: `target.customer.name` goes on from the part."""
        if len(names) > 1 and names[0] in self.fields and names[1] in self.fields[names[0]].parts:
            return (self.fields[names[0]].parts[names[1]].key, *names[2:])
        return tuple(names)

    def at(self, path: str) -> Field:
        """The field at `amount` or, for the rows of a sub-form, `lines.qty` or `lines.parts.qty`. Raises `NotFound`."""
        outer, _, key = path.rpartition(".")
        if outer in self.subforms:
            return self.subforms[outer].get(key)
        return self.get(path)

    def every_subform(self) -> Iterator[SubForm]:
        """The sub-forms, each before those of its rows."""
        for sub in self.subforms.values():
            yield sub
            yield from sub.subforms.values()

    def columns(self) -> dict[str, Field]:
        """The fields that have a column in the form's own table."""
        return {key: one for key, one in self.fields.items() if one.storage == "column"}


@dataclass(slots=True, eq=False)
class Forms:
    """Everything that one revision of an app says about forms: forms, option sets, settings, roles, menus, groups."""

    app: str
    revision: int
    metadata: MetaData
    documents: Mapping[tuple[str, str], Document]
    option_sets: dict[str, tuple[Choice, ...]]
    settings: dict[str, Mapping[str, Any]]
    roles: dict[str, Words]
    by_key: dict[str, Form] = attribute(default_factory=dict)
    cipher: Cipher | None = attribute(default=None, repr=False)
    """What seals the encrypted fields; without one nothing is written into them."""
    levels: dict[tuple[str, str, str], int] = attribute(default_factory=dict)
    """Of every computed field (form, sub-form or "", key): it needs only what stands on lower levels."""
    row_forms: dict[str, Form] = attribute(default_factory=dict)
    """Rows that relations point at, as forms, by `order.lines`. They stand in no list and no address leads to them."""

    def find(self, key: str) -> Form | None:
        """What a relation points at: a form, or the rows of a sub-form (`order.lines`)."""
        return self.by_key.get(key) or self.row_forms.get(key)

    def target(self, key: str) -> Form:
        """What a relation points at. Raises `NotFound`."""
        return self.row_forms.get(key) or self.get(key)

    @property
    def has_calendars(self) -> bool:
        """Whether there is more than one business calendar to choose from: that of the country is always there."""
        return any(kind == "calendar" for kind, _ in self.documents)

    def setting_type(self, key: str) -> Type | None:
        """The type that `SETTING(key)` has, or None."""
        setting = self.settings.get(key)
        return None if setting is None else SETTING_TYPES[setting["type"]]

    def get(self, key: str, path: str = "") -> Form:
        """The form with this key. Raises `NotFound` with a suggestion."""
        form = self.by_key.get(key)
        if form is None:
            message = f'There is no form "{key}"{suggest(key, self.by_key)}'
            raise NotFound(Problem("form.unknown", path or key, message, {"key": key, "known": sorted(self.by_key)}))
        return form

    def own(self) -> tuple[Form, ...]:
        """The forms of the app itself, without the people forms."""
        return tuple(form for form in self.by_key.values() if not form.system)

    def of_kind(self, kind: str) -> dict[str, Document]:
        """The documents of a kind by key."""
        return {key: document for (one, key), document in self.documents.items() if one == kind}

    def __iter__(self) -> Iterator[Form]:
        return iter(self.by_key.values())

    def __contains__(self, key: object) -> bool:
        return key in self.by_key


def _find(fields: Mapping[str, Field], key: str, path: str) -> Field:
    found = fields.get(key)
    if found is None:
        known: Iterable[str] = sorted(fields)
        message = f'There is no field "{key}"{suggest(key, known)}'
        raise NotFound(Problem("field.unknown", path, message, {"key": key, "known": list(known)}))
    return found
