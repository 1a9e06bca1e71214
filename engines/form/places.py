# ruff: noqa: S608 - names come from checked documents and are quoted
"""Tables of a revision and what is compared between two of them: columns and their owners, indexes, keys."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ForeignKeyConstraint, Index, Table
from sqlalchemy.dialects import postgresql

from engines.form.compile import needed
from engines.form.conversions import moved_options
from engines.form.fields.base import Field
from engines.form.form import Form, Forms
from engines.form.names import DELETED
from engines.form.tables import short
from engines.kernel.documents import Document

DIALECT: Final = postgresql.dialect(paramstyle="named")


@dataclass(slots=True)
class Place:
    """A table of a revision: what it belongs to, and which field owns each of its columns."""

    table: Table
    form: Form
    path: str  # of the field whose table it is; empty for the form's own
    columns: dict[str, Field]


def quote(name: str) -> str:
    """An identifier as it stands in SQL."""
    return DIALECT.identifier_preparer.quote(name)


def trash_name(revision: int, name: str) -> str:
    """What a removed column or table is called from a revision on."""
    return short(f"_x{revision}_{name}")


def ddl(element: Any) -> str:
    """The statement of a SQLAlchemy schema element on one line."""
    return " ".join(str(element.compile(dialect=DIALECT)).split())


def places_of(forms: Forms) -> dict[str, Place]:
    """Every table of an app's own forms by name."""
    places: dict[str, Place] = {}
    for form in forms.own():
        places[form.table.name] = Place(form.table, form, "", owners(form.fields.values()))
        for subform in form.every_subform():
            places[subform.table.name] = Place(subform.table, form, subform.path, owners(subform.fields.values()))
            for key, table in subform.links.items():
                places[table.name] = Place(table, form, f"{subform.path}.{key}", {})
        for key, table in form.links.items():
            places[table.name] = Place(table, form, key, {})
    return places


def owners(fields: Iterable[Field]) -> dict[str, Field]:
    """The fields by the names of the columns that they may have."""
    stored = [one for one in fields if one.storage == "column"]
    return {name: one for one in stored for name in (one.key, one.sort_key, one.fold_key, *one.type.derived_keys(one))}


def index_map(table: Table) -> dict[str, Index]:
    """The indexes of a table by name."""
    return {str(index.name): index for index in sorted(table.indexes, key=lambda one: str(one.name))}


def foreign_keys(table: Table) -> dict[str, ForeignKeyConstraint]:
    """The foreign keys of a table by name."""
    keys = sorted(table.foreign_key_constraints, key=lambda one: str(one.name))
    return {str(key.name): key for key in keys}


def target_of(key: ForeignKeyConstraint) -> tuple[str, str | None]:
    """The table that a foreign key points at, and what happens when a row there is deleted."""
    return key.elements[0].target_fullname.rpartition(".")[0], key.ondelete


def about_place(place: Place, owner: Field | None = None) -> dict[str, Any]:
    """The parameters that every step's sentence may show."""
    return {"form": place.form.key, "field": owner.path if owner else place.path, "table": place.table.name}


def is_entered(one: Field) -> bool:
    """Whether people or counters gave the values, so that they cannot be computed again."""
    return one.type.expression_of(one.options) is None


def sql_type(one: Field) -> str:
    """The SQL type of the column that holds a field's value."""
    return str(DIALECT.type_compiler_instance.process(one.type.column_type(one)))


def same_values(before: Field | None, owner: Field, key: str) -> bool:
    """Whether the values of a column stay good: same SQL type, and what a choice or relation means stays."""
    if before is None or sql_type(before) != sql_type(owner) or is_entered(before) != is_entered(owner):
        return False
    if key != owner.key:
        return True
    if before.type.target_form(before) != owner.type.target_form(owner):
        return False
    if before.type.has_choices and owner.type.has_choices and before.type.key == owner.type.key:
        return not moved_options(before, owner)
    mapped = owner.type.has_choices or before.type.has_choices
    narrower = mapped or owner.type.key in ("phone", "email", "location", "recurrence")
    return not (narrower and before.type.key != owner.type.key)


def derives_anew(before: Field | None, owner: Field) -> bool:
    """Whether the sorted and folded forms have to be made again."""
    return before is None or before.type.key != owner.type.key


def sealed_anew(before: Field | None, owner: Field) -> bool:
    """Whether the values have to be sealed or opened: the field is encrypted from now on, or not any more."""
    return before is not None and before.encrypted != owner.encrypted


def fits(form: Form, document: Document, owner: Field) -> bool:
    """Whether the column of a removed field can serve again: the same type and the same target."""
    if document.get("type") != owner.type.key:
        return False
    was = Field(owner.key, owner.type, owner.label, form.key, owner.type.fill(document.get("options", {})))
    return was.storage == owner.storage and same_values(was, owner, owner.key)


def with_field(forms: Forms, form: str, path: str, body: Document) -> dict[tuple[str, str], Document]:
    """The documents with another definition of the field at `lines` or `lines.parts`."""
    changed = _with_field(forms.documents["form", form], path.split("."), body)
    return {**forms.documents, ("form", form): changed}


def _with_field(holder: Document, path: Sequence[str], body: Document) -> Document:
    key, *rest = path
    fields = [one if one["key"] != key else _with_field(one, rest, body) if rest else body for one in holder["fields"]]
    return {**holder, "fields": fields}


def rename_if_there(table: str, name: str, to: str) -> str:
    """Rename a column; nothing when that was done before (ALTER TABLE has no IF EXISTS for columns)."""
    rename = f"ALTER TABLE {quote(table)} RENAME COLUMN {quote(name)} TO {quote(to)}"
    known = f"SELECT 1 FROM pg_attribute WHERE attrelid = to_regclass('{quote(table)}') AND attname = '{name}'"
    return f"DO $do$ BEGIN IF EXISTS ({known} AND NOT attisdropped) THEN {rename}; END IF; END $do$"


def repeated_values(
    place: Place, index: Index, owners: Sequence[Field], sealed: Collection[str] = ()
) -> dict[str, str]:
    """Queries for the values that stand in the way of a unique index; those of `sealed` fields lie encrypted now."""
    plain = [
        quote(one.digest_key)
        if one.key in sealed
        else f"dg.fold({quote(one.key)})"
        if one.type.folds
        else quote(one.key)
        for one in owners
    ]
    outer = [quote(column.key) for column in index.columns if column.key not in place.columns]
    group = ", ".join([*outer, *plain])
    filled = " AND ".join(f"{quote(one.key)} IS NOT NULL" for one in owners)
    alive = f" AND {DELETED} IS NULL" if DELETED in place.table.c else ""
    inner = f"SELECT {group}, count(*) AS n FROM {quote(place.table.name)} WHERE {filled}{alive}"
    many = f"{inner} GROUP BY {group} HAVING count(*) > 1"
    shown = "'******'" if sealed else "twice::text"
    return {
        "fails_query": f"SELECT coalesce(sum(n), 0) FROM ({many}) twice",
        "examples_query": f"SELECT n AS id, {shown} AS value FROM ({many} ORDER BY count(*) DESC LIMIT 10) twice",
    }


def expression_of(form: Form, path: str) -> tuple[str, bool] | None:
    """The text of a formula field and whether it is live; None where there is no formula."""
    head, _, rest = path.rpartition(".")
    one = form.subforms[head].fields.get(rest) if head in form.subforms else form.fields.get(path)
    text = None if one is None else one.type.expression_of(one.options)
    return None if one is None or text is None else (text, one.live)


def pointers(was: Place, place: Place) -> Iterator[tuple[Field, Field]]:
    """The fields of a table that point at the same form before and after."""
    before = _fields(was)
    for key, one in _fields(place).items():
        old = before.get(key)
        target = one.type.target_form(one)
        if old is not None and target is not None and old.type.target_form(old) == target:
            yield old, one


def _fields(place: Place) -> dict[str, Field]:
    return place.form.subforms[place.path].fields if place.path in place.form.subforms else place.form.fields


def meaning(form: Form, path: str) -> Any:
    """What a computed field computes: its text, whether it is kept, and every field that it reads on its way.

    The tree says what the text does not: what the options of a choice count.
    """
    said = expression_of(form, path)
    if said is None:
        return None
    one = form.at(path)
    return said, one.expression.node, frozenset(needed(form.forms, (form.key, one.subform or "", one.key), one))
