"""Compiled forms: what one revision of an app's documents means, with its tables. Made by `engines.form.compile`."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as attribute
from typing import Any

from sqlalchemy import MetaData, Table

from engines.form.fields.base import Choice, Field, Words
from engines.kernel.documents import Document
from engines.kernel.problems import NotFound, Problem, suggest

__all__ = ["Choice", "Field", "Form", "Forms", "Rule", "SubForm", "Words"]


@dataclass(frozen=True, slots=True)
class Rule:
    """A validation rule: when `when` holds (or always), `check` must hold. The problem stands at `field`."""

    key: str
    check: Any
    message: Words
    field: str | None = None
    when: Any = None


@dataclass(slots=True, eq=False)
class SubForm:
    """The rows that belong to a record: the field that holds them, their table and their fields."""

    field: Field
    table: Table
    fields: dict[str, Field]
    links: dict[str, Table]
    form: "Form" = attribute(init=False, repr=False)

    @property
    def key(self) -> str:
        return self.field.key

    def get(self, key: str) -> Field:
        """The field of a row with this key. Raises `NotFound` with a suggestion."""
        return _find(self.fields, key, f"{self.form.key}.{self.key}")


@dataclass(slots=True, eq=False)
class Form:
    """One form of a revision. Fields in the order of the document, sub-form fields among them.

    `formula_order` lists the formula fields (of rows too) such that each comes after what it needs; live ones, which
    have no column, stand in it because rules may ask for them. `system` marks the people forms (`_member`).
    """

    app: str
    key: str
    label: Words
    icon: str
    description: Words
    fields: dict[str, Field]
    subforms: dict[str, SubForm]
    table: Table
    links: dict[str, Table]
    title_field: str | None
    subtitle_field: str | None
    sections: tuple[Mapping[str, Any], ...]
    views: tuple[Mapping[str, Any], ...]
    related: tuple[Mapping[str, Any], ...]
    document: Document
    revision: int
    system: bool = False
    profile_of: str | None = None
    rules: tuple[Rule, ...] = ()
    groups: tuple[Mapping[str, Any], ...] = ()
    formula_order: tuple[Field, ...] = ()
    forms: "Forms" = attribute(init=False, repr=False)

    def get(self, key: str, path: str = "") -> Field:
        """The field with this key. Raises `NotFound` with a suggestion."""
        return _find(self.fields, key, path or f"{self.key}.{key}")

    def at(self, path: str) -> Field:
        """The field at `amount` or, for the rows of a sub-form, `lines.qty`. Raises `NotFound`."""
        head, _, rest = path.partition(".")
        if rest and head in self.subforms:
            return self.subforms[head].get(rest)
        return self.get(path)

    def columns(self) -> dict[str, Field]:
        """The fields that have a column in the form's own table."""
        return {key: one for key, one in self.fields.items() if one.storage == "column"}


@dataclass(slots=True, eq=False)
class Forms:
    """Everything that one revision of an app says about forms: forms, option sets, settings, roles, menus, groups."""

    app: str
    revision: int
    metadata: MetaData
    by_key: dict[str, Form]
    option_sets: dict[str, tuple[Choice, ...]]
    settings: dict[str, Mapping[str, Any]]
    roles: dict[str, Words]
    menus: dict[str, Document]
    documents: Mapping[tuple[str, str], Document]

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
