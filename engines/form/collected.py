"""What the compiling of forms collects, and its last step: tables for what was compiled."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from engines.form import people, tables
from engines.form.fields.base import Choice, Field, Words
from engines.form.form import Form, Forms
from engines.kernel.documents import Address
from engines.kernel.problems import Problem


@dataclass(slots=True)
class Collected:
    """What came out, and what is wrong, by the address of the document that has to change."""

    forms: Forms
    problems: dict[Address, list[Problem]] = field(default_factory=dict)

    def report(self, form: str, found: Iterable[Problem], path: str = "") -> None:
        """Note problems of a form's document; their paths are put under `path`."""
        self.problems.setdefault(("form", form), []).extend(problem.under(path) for problem in found)


def read_choices(choices: Iterable[Mapping[str, Any]]) -> tuple[Choice, ...]:
    """The options of a choice field or an option set."""
    return tuple(
        Choice(
            key=one["key"],
            label=Words(one.get("label", one["key"])),
            color=one.get("color"),
            disabled=bool(one.get("disabled")),
            score=Decimal(str(one["score"])) if "score" in one else None,
            hint=Words(one.get("hint")),
        )
        for one in choices
    )


def every_field(form: Form) -> Iterator[Field]:
    """The fields of a form and of its sub-forms, rows of rows included."""
    for one in form.fields.values():
        yield one
        for inner in one.rows.values():
            yield inner
            yield from inner.rows.values()


def document_path(one: Field) -> str:
    """Where a field stands in its form's document."""
    return "fields." + ".fields.".join(one.path.split("."))


def spec_of(form: Form, one: Field) -> Mapping[str, Any]:
    """A field as its form's document has it."""
    specs: Iterable[Mapping[str, Any]] = form.document.get("fields", ())
    for step in one.subform.split(".") if one.subform else ():
        specs = next(spec for spec in specs if spec["key"] == step).get("fields", ())
    return next(spec for spec in specs if spec["key"] == one.key)


def make_tables(forms: Forms) -> None:
    """All tables first, then what ties them: foreign keys and links may go round in circles."""
    hosts = people.people_tables(forms.metadata)
    for form in forms:
        if form.system:
            form.table = hosts[form.key]
            continue
        form.table = tables.record_table(forms.metadata, forms.app, form.key, form.fields.values())
        for subform in form.every_subform():
            parent = form.table if subform.outer is None else subform.outer.table
            subform.table = tables.child_table(forms.metadata, parent, forms.app, form.key, subform.field)
            subform.field.child = subform.table
    for rows in forms.row_forms.values():
        if rows.of_rows is not None:
            rows.table, rows.links = rows.of_rows.table, rows.of_rows.links
    for form in forms.own():
        for part in form.parts.values():
            if part.target is not None:
                tables.refer(form.table, part, part.target.table.name)
        for one in every_field(form):
            if one.target is None:
                continue
            owner = form.subforms[one.subform].table if one.subform else form.table
            target = one.target.table.name
            if one.storage == "column":
                tables.refer(owner, one, target)
            elif one.storage == "links":
                name = [forms.app, form.key, *one.path.split(".")]
                one.links = tables.link_table(forms.metadata, owner, target, *name)
                holder = form.subforms[one.subform].links if one.subform else form.links
                holder[one.key] = one.links
