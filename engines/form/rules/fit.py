"""A computed value as a field holds it: in the field's type, with no more decimals than it has."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from engines.form.fields.base import Context, Field
from engines.form.fields.number import Numeral, rounded
from engines.kernel.problems import Rejected


def fit(one: Field, value: Any, context: Context) -> Any:
    """The value read like entered input and rounded; blank where the field cannot hold it."""
    if isinstance(value, Mapping):
        value = value.get("id")
    if value is None or value in ((), [], ""):
        return None
    try:
        parsed = one.type.parse(value, one, context)
    except Rejected:
        return None
    places = places_of(one)
    return rounded(parsed, places) if places is not None and isinstance(parsed, Decimal) else parsed


def places_of(one: Field) -> int | None:
    """How many decimals the field keeps; None for what is no number."""
    if not isinstance(one.type, Numeral):
        return None
    return one.type.places(one.options.get("decimals") or 0, one)
