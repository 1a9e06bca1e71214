"""How the page of a record is arranged: sections with rows of fields, from the document or by a plain rule.

Sections may stand on tabs. What stands on none comes above them, so that the facts that matter stay in sight.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from engines.form.fields.base import Field, Words
from engines.form.form import Form

GRID: Final = 12
"""Columns of the page's grid; a field's `width` counts these."""

WIDE_TYPES: Final = ("textarea", "richtext", "subform", "attachment", "image", "note", "embed")


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
    tab: str | None = None

    def holds(self, paths: Iterable[str]) -> bool:
        """Whether a field here, or one of its rows, is at one of the paths (`amount`, `lines[3].qty`)."""
        keys = {path.split(".")[0].split("[")[0] for path in paths}
        return any(cell.field.key in keys for cell in self.cells)


@dataclass(frozen=True, slots=True)
class Tab:
    """A page among several on which sections stand."""

    key: str
    title: Words
    sections: tuple[Section, ...]

    def holds(self, paths: Iterable[str]) -> bool:
        """Whether a field on this tab is at one of the paths."""
        known = tuple(paths)
        return any(section.holds(known) for section in self.sections)


@dataclass(frozen=True, slots=True)
class Arranged:
    """The whole page: sections above the tabs, and the tabs that have something to show."""

    above: tuple[Section, ...]
    tabs: tuple[Tab, ...]

    def first(self, paths: Iterable[str] = ()) -> str | None:
        """The tab that opens: the first one with one of these paths (of problems), else the first."""
        known = tuple(paths)
        wrong = next((tab for tab in self.tabs if tab.holds(known)), None)
        return (wrong or self.tabs[0]).key if self.tabs else None


def arrange(form: Form, shown: Callable[[Field], bool] = lambda field: not field.hidden) -> tuple[Section, ...]:
    """The sections of a form's page with the fields that `shown` allows; empty sections are left out.

    Without sections in the document there is one block of two columns; sub-forms come behind the other fields.
    """
    every = _on_page(form)
    placed: set[str] = set()
    sections: list[Section] = []
    for spec in form.sections:
        keys = [key for key in spec["fields"] if key in every]
        placed.update(keys)
        cells = _cells([every[key] for key in keys], spec.get("columns", 2), shown)
        if cells:
            folded = bool(spec.get("collapsed"))
            sections.append(Section(spec["key"], Words(spec.get("title")), cells, folded, spec.get("tab")))
    rest = [field for key, field in every.items() if key not in placed]
    rest.sort(key=lambda field: field.type.storage == "children")
    cells = _cells(rest, 2, shown)
    if cells:
        sections.append(Section("", Words(None), cells))
    return tuple(sections)


def arrange_tabs(form: Form, sections: Iterable[Section]) -> Arranged:
    """Divide arranged sections among the tabs of the form. A tab without a section that is shown is left out."""
    every = tuple(sections)
    specs = form.document.get("tabs", ())
    known = {spec["key"] for spec in specs}
    tabs = (
        Tab(spec["key"], Words(spec["title"]), tuple(one for one in every if one.tab == spec["key"])) for spec in specs
    )
    above = tuple(section for section in every if section.tab not in known)
    return Arranged(above, tuple(tab for tab in tabs if tab.sections))


def _on_page(form: Form) -> dict[str, Field]:
    """Fields and what stands among them, in the order of the document."""
    if not form.decor:
        return form.fields
    both = {**form.fields, **form.decor}
    return {spec["key"]: both[spec["key"]] for spec in form.document.get("fields", ()) if spec["key"] in both}


def _cells(fields: list[Field], columns: int, shown: Callable[[Field], bool]) -> tuple[Cell, ...]:
    """`shown` is asked for values; what holds none stands there unless it is hidden."""
    return tuple(
        Cell(field, _width(field, columns))
        for field in fields
        if (shown(field) if field.type.is_value else not field.hidden)
    )


def _width(field: Field, columns: int) -> int:
    if field.width:
        return field.width
    with_street = field.type.key == "address" and field.options.get("level", "detail") == "detail"
    return GRID if field.type.key in WIDE_TYPES or with_street else GRID // columns
