"""Codes that a camera reads: which field holds the code of a record, and the records that have one.

`{"type": "relation", "options": {"form": "product", "scan": "barcode"}}` chooses the product whose `barcode` is read;
a sub-form with `scan: {"field": "product", "by": "barcode", "quantity": "qty"}` adds a row or raises its quantity.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from engines.form.choosing.ask import both, fixed_filter
from engines.form.choosing.compile import choices_of
from engines.form.collected import document_path, every_field
from engines.form.fields.base import Field
from engines.form.fields.text import Textual
from engines.form.form import Form
from engines.form.query.ask import ask
from engines.form.query.pick import Pick, pick
from engines.form.scope import target_of
from engines.form.transaction import Transaction
from engines.kernel.problems import Problem, suggest

MOST: Final = 5
LONGEST: Final = 500


def code_field(form: Form, one: Field) -> str | None:
    """The field of the related form that holds the code by which a relation is chosen; None where none is named."""
    if one.type.key != "relation":
        return None
    around = form.fields.get(one.subform or "")
    rows: Mapping[str, Any] = (around.options.get("scan") if around is not None else None) or {}
    by = rows.get("by") if rows.get("field") == one.key else None
    found = by or one.options.get("scan")
    return None if not found else str(found)


def writings(code: str) -> tuple[str, ...]:
    """How a code may be stored: a bar code of 12 digits (UPC) is one of 13 (EAN) that begins with a zero."""
    code = code.strip()[:LONGEST]
    if code.isascii() and code.isdecimal():
        if len(code) == 12:
            return code, f"0{code}"
        if len(code) == 13 and code.startswith("0"):
            return code, code[1:]
    return (code,)


def by_code(tx: Transaction, form: Form, one: Field, code: str) -> tuple[Pick, ...]:
    """The records that a relation may point at and that have a code, as far as the actor may see both.

    Conditions of the relation that read the record being filled in are held when it is saved. More than one where the
    code is not unique; none for a relation that is not chosen by a code.
    """
    key = code_field(form, one)
    if key is None or not code.strip():
        return ()
    target = target_of(form, one)
    if key not in target.every:
        return ()
    linkage = choices_of(form).get(one.path)
    allowed = None if linkage is None else fixed_filter(ask(tx, linkage.form), linkage)
    same = {"field": key, "op": "in", "value": list(writings(code))}
    return pick(tx, target, filter=both(same, allowed), limit=MOST)


def check_scans(form: Form) -> Iterator[Problem]:
    """What is wrong with the options `scan` of a form: fields that are not there, or hold no code."""
    for one in every_field(form):
        at = f"{document_path(one)}.options.scan"
        if one.type.key == "subform" and one.options.get("scan"):
            yield from _check_rows(form, one, at)
        elif one.type.key == "relation" and one.options.get("scan"):
            yield from _check_code(form, one, str(one.options["scan"]), at)


def _check_rows(form: Form, holder: Field, at: str) -> Iterator[Problem]:
    spec: Mapping[str, Any] = holder.options["scan"]
    one = holder.rows.get(spec["field"])
    if one is None:
        yield _unknown(spec["field"], holder.rows, f"{at}.field")
    elif one.type.key == "relation":
        key = code_field(form, one)
        if key is None:
            message = f"Say which field of the related form holds the code of {one.label()}"
            yield Problem("scan.no_code", at, message, {"label": one.label()})
        elif spec.get("by"):
            yield from _check_code(form, one, key, f"{at}.by")
    elif not isinstance(one.type, Textual) or not one.type.writable:
        message = f"{one.label()} cannot be scanned: take a relation or a text"
        yield Problem("scan.no_target", f"{at}.field", message, {"label": one.label()})
    if spec.get("quantity") is not None:
        number = holder.rows.get(spec["quantity"])
        if number is None:
            yield _unknown(spec["quantity"], holder.rows, f"{at}.quantity")
        elif number.type.key != "number":
            message = f"{number.label()} counts nothing: take a number"
            yield Problem("scan.no_number", f"{at}.quantity", message, {"label": number.label()})


def _check_code(form: Form, one: Field, key: str, at: str) -> Iterator[Problem]:
    if one.target is None:
        return  # said elsewhere
    fields = target_of(form, one).every
    found = fields.get(key)
    if found is None:
        yield _unknown(key, fields, at)
    elif not isinstance(found.type, Textual) or found.storage != "column":
        message = f"{found.label()} holds no code: take a text or a number that is given by itself"
        yield Problem("scan.no_text", at, message, {"label": found.label()})


def _unknown(key: str, known: Iterable[str], at: str) -> Problem:
    names = sorted(known)
    return Problem("field.unknown", at, f'There is no field "{key}"{suggest(key, names)}', {"key": key, "known": names})
