"""The lists on the page of a record: records of other forms that point at it, or at one of its rows.

A list is an entry of `related`, or is declared by the relation itself (`reverse`). What points stands in a record or in
a row of one, and points at the record or at one of its rows: an order lists its deliveries although only their rows
name rows of the order. Lists of plain relations to records are already part of `Form.related`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from engines.form.collected import every_field
from engines.form.fields.base import Field
from engines.form.form import Form
from engines.form.names import PARENT


@dataclass(frozen=True, slots=True)
class Listed:
    """A list of `form`: of the records in which `field` points here. `spec` has its title and columns."""

    spec: Mapping[str, Any]
    form: Form
    field: Field
    by_row: bool
    """It points at a row of the record, not at the record."""

    @property
    def direct(self) -> bool:
        """Whether a new record of the list points at the record by itself."""
        return not self.by_row and self.field.subform is None

    def condition(self, record_id: int) -> dict[str, Any]:
        """The filter that finds the records of the list."""
        if self.by_row:
            return {"field": f"{self.field.path}.{PARENT}", "op": "eq", "value": record_id}
        if "eq" not in self.field.type.operators(self.field):
            return {"field": self.field.path, "op": "in", "value": [record_id]}
        return {"field": self.field.path, "op": "eq", "value": record_id}


@lru_cache(maxsize=1024)
def lists_of(form: Form) -> tuple[Listed, ...]:
    """The lists of a form's records, those of its document first."""
    known = [one for one in (_named(form, spec) for spec in form.related) if one is not None]
    taken = {(one.form.key, one.field.path) for one in known}
    declared = (one for one in _declared(form) if (one.form.key, one.field.path) not in taken)
    return (*known, *declared)


def _named(form: Form, spec: Mapping[str, Any]) -> Listed | None:
    """An entry of `related`; None where it dangles."""
    other = form.forms.by_key.get(spec["form"])
    if other is None:
        return None
    rows = spec.get("rows")
    if rows is None:
        field = other.pointing(spec["field"], form.key)
    else:
        field = other.subforms[rows].fields.get(spec["field"]) if rows in other.subforms else None
    by_row = None if field is None else _by_row(form, field)
    return None if field is None or by_row is None else Listed(spec, other, field, by_row)


def _declared(form: Form) -> Iterator[Listed]:
    """The lists that relations in rows, and relations to rows, declare."""
    for other in form.forms.own():
        for one in every_field(other):
            wish = one.options.get("reverse") if one.type.key == "relation" else None
            by_row = None if wish is None else _by_row(form, one)
            if by_row is not None and wish is not None and (by_row or one.subform):
                yield Listed(wish, other, one, by_row)


def _by_row(form: Form, field: Field) -> bool | None:
    """Whether a field points at the rows of a form (True) or its records (False); None where it does neither."""
    head, dot, _ = (field.type.target_form(field) or "").partition(".")
    return bool(dot) if head == form.key else None
