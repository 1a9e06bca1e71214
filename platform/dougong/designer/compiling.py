"""Compiling what lies in the workbench: whole drafts for a trial, single fields for the canvas, one expression."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from dougong.apps import drafts, store
from dougong.designer import workbench
from engines.form.compile import Collected, collect
from engines.form.fields.base import Field
from engines.form.form import Form, Forms
from engines.form.transaction import Transaction
from engines.formula import Place, Type, compile_expression
from engines.kernel.documents import Document
from engines.kernel.keyed import Address
from engines.kernel.problems import NotFound, Problem, ProblemError

SAMPLE_FORM: Final = "designer_sample"
ROWS: Final = "lines"


def draft_form(tx: Transaction, app: str, key: str) -> Form:
    """A form as it would be if the workbench were published; what is wrong elsewhere is passed over.

    It has no table yet, so nothing can be read or written with it. Raises `NotFound`.
    """
    return collect(app, workbench.documents(tx, app), revision=tx.revision).forms.get(key)


def tried_form(tx: Transaction, app: str, key: str) -> Form:
    """The form of the draft for what a trial of it asks beside the page: other forms are as they are in force.

    So what it offers can be read of them. Raises `NotFound`, and `Forbidden` for who does not design the app.
    """
    drafts.may_design(tx)
    bench = workbench.documents(tx, app)
    others = {address: one for address, one in bench.items() if address[0] != workbench.FORM}
    forms = {address: one for address, one in store.load(tx, app).documents.items() if address[0] == workbench.FORM}
    tried = {(workbench.FORM, key): bench[(workbench.FORM, key)]} if (workbench.FORM, key) in bench else {}
    found = collect(store.app_key(tx, app), {**others, **forms, **tried}, revision=tx.revision, cipher=tx.cipher)
    return found.forms.get(key)


def sample_fields(
    documents: Mapping[Address, Document], app: str, specs: Sequence[Mapping[str, Any]], *, rows: bool = False
) -> tuple[Forms, list[Field | None]]:
    """Fields compiled alone, so that their inputs can be drawn while the rest of the form is not finished.

    None stands for one whose options are wrong. With `rows` they stand in a sub-form.
    """
    fields = [{**spec, "key": f"f{number}"} for number, spec in enumerate(specs)]
    inside = [{"key": ROWS, "type": "subform", "label": ROWS, "fields": fields}]
    sample = {"kind": "form", "key": SAMPLE_FORM, "title": "", "fields": inside if rows else fields}
    around = [
        {**body, "fields": [], "rules": [], "views": [], "sections": [], "related": []} if kind == "form" else body
        for (kind, _), body in documents.items()
        if kind in ("form", "option_set")
    ]
    forms = collect(app, [*around, sample]).forms
    form = forms.get(SAMPLE_FORM)
    found = form.fields[ROWS].rows if rows and ROWS in form.fields else {**form.fields, **form.decor}
    return forms, [found.get(f"f{number}") for number in range(len(specs))]


def check_expression(
    documents: Mapping[Address, Document], app: str, key: str, text: str, expects: str, place: str, scope: str
) -> tuple[list[Problem], str]:
    """What is wrong with an expression of a form, and the type of its value ("" where it has none).

    `expects` is a type's name or "", `place` where it stands, `scope` the form's key or `form.subform`; it may name
    another form of the app, over whose records a roll-up or an order is written. Problems carry `line`, `column` and
    `length`. Raises `NotFound` for an unknown form or sub-form, `Rejected` for an unknown place.
    """
    collected: Collected = collect(app, documents)
    home, _, inside = scope.partition(".")
    form = collected.forms.target(home or key)
    if inside and inside not in form.subforms:
        message = f'There is no sub-form "{inside}"'
        raise NotFound(Problem("field.unknown", "scope", message, {"key": inside, "known": sorted(form.subforms)}))
    where = form.subforms[inside].scope if inside else form.scope
    wanted = next((one for one in Type if one.value == expects), None)
    at = next((one for one in Place if one.value == place), Place.RULE)
    try:
        return [], compile_expression(text, where, expects=wanted, place=at).type.value
    except ProblemError as error:
        return list(error.problems), ""
