"""Which columns of a sub-form have a total below them."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

from engines.form.form import Form
from engines.form.rates.totals import total_of
from engines.formula import Type


@lru_cache(maxsize=1024)
def added_columns(form: Form, key: str) -> frozenset[str]:
    """The columns that the sub-form's `totals` names; without it the computed ones that the form itself adds up."""
    sub = form.subforms[key]
    named = sub.field.options.get("totals")
    if named is not None:
        return frozenset(name for name in named if name in sub.fields and _is_number(form, key, name))
    added = {path for one in form.fields.values() if one.expression for path in one.expression.references}
    return frozenset(
        name
        for name, one in sub.fields.items()
        if one.expression is not None and (key, name) in added and _is_number(form, key, name)
    )


def sums_of(form: Form, key: str, rows: Iterable[Mapping[str, Any]]) -> dict[str, Decimal]:
    """The totals below the rows of a sub-form; none for a column of which nothing may be seen."""
    rows = list(rows)
    found: dict[str, Decimal] = {}
    for name in added_columns(form, key):
        total = total_of(form.subforms[key].fields[name], rows)
        if total is not None:
            found[name] = total
    return found


def _is_number(form: Form, key: str, name: str) -> bool:
    one = form.subforms[key].fields[name]
    return one.type.formula_type(one) is Type.NUMBER
