"""How the page of a record is arranged: sections with rows of fields, from the document or by a plain rule."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from engines.form.fields.base import Field, Words
from engines.form.form import Form

GRID: Final = 12
"""Columns of the page's grid; a field's `width` counts these."""

WIDE_TYPES: Final = ("textarea", "subform", "attachment")


@dataclass(frozen=True, slots=True)
class Cell:
    """A field and how many of the 12 columns of the grid it takes."""

    field: Field
    width: int


@dataclass(frozen=True, slots=True)
class Section:
    """A block of the page. The last one, without a key, holds the fields that stand in no section."""

    key: str
    title: Words
    cells: tuple[Cell, ...]
    collapsed: bool = False


def arrange(form: Form, shown: Callable[[Field], bool] = lambda field: not field.hidden) -> tuple[Section, ...]:
    """The sections of a form's page with the fields that `shown` allows; empty sections are left out.

    Without sections in the document there is one block of two columns; sub-forms come behind the other fields.
    """
    placed: set[str] = set()
    sections: list[Section] = []
    for spec in form.sections:
        keys = [key for key in spec["fields"] if key in form.fields]
        placed.update(keys)
        cells = _cells([form.fields[key] for key in keys], spec.get("columns", 2), shown)
        if cells:
            sections.append(Section(spec["key"], Words(spec.get("title")), cells, bool(spec.get("collapsed"))))
    rest = [field for key, field in form.fields.items() if key not in placed]
    rest.sort(key=lambda field: field.type.storage == "children")
    cells = _cells(rest, 2, shown)
    if cells:
        sections.append(Section("", Words(None), cells))
    return tuple(sections)


def _cells(fields: list[Field], columns: int, shown: Callable[[Field], bool]) -> tuple[Cell, ...]:
    return tuple(Cell(field, _width(field, columns)) for field in fields if shown(field))


def _width(field: Field, columns: int) -> int:
    if field.width:
        return field.width
    return GRID if field.type.key in WIDE_TYPES else GRID // columns
