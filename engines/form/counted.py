"""What the amounts of a field count: a currency known at design time, or the one that a field of the record names."""

from collections.abc import Mapping
from typing import Any, Final

from engines.form.fields.base import Field
from engines.formula.types import Unit, Worth

CNY: Final = "CNY"


def counted(form: Any, one: Field, *, in_row: bool) -> tuple[Unit | None, Worth | None]:
    """The unit of a field and where it stands in the base currency; None for what is no money.

    `form` is the compiled form that the field belongs to; `in_row` says that the name is read in a row of a sub-form,
    where the fields of the record stand one row outside.
    """
    if one.type.key == "lookup":
        return _looked_up(form, one, in_row=in_row)
    if not one.options.get("currency_field") and one.type.key not in _MONEY:
        return None, None
    if one.type.look(one) != "money":
        return None, None
    outer = int(in_row and one.subform is None)
    path = currency_path(one)
    if path is None:
        return Unit(code_of(one)), None
    unit = Unit(path=path, up=1 if outer else up_to(form, one, path[0]))
    base: Mapping[str, Any] | None = one.options.get("base")
    if base is None:
        return unit, None
    rows = one.subform or ""
    held = (form.subforms[rows].fields if rows in form.subforms else form.fields).get(base["amount"])
    rate = base.get("rate")
    found = (rate,) if rate else ()
    worth = Worth(
        base["amount"],
        Unit(CNY if held is None else code_of(held)),
        found,
        1 if outer else up_to(form, one, rate) if rate else 0,
    )
    return unit, worth


_MONEY: Final = frozenset({"money", "formula", "rollup"})


def currency_path(one: Field) -> tuple[str, ...] | None:
    """The path to the currency of an amount; None where it is fixed."""
    path = one.options.get("currency_field")
    return tuple(path.split(".")) if path else None


def code_of(one: Field) -> str:
    """The currency that a field itself names: of every amount, or of those whose record names none."""
    return str(one.options.get("currency", CNY))


def up_to(form: Any, one: Field, key: str) -> int:
    """How many rows outside of a field's own row a name stands: 1 in the record around a row, else 0."""
    rows, up = one.subform or "", 0
    while rows:
        if rows in form.subforms and key in form.subforms[rows].fields:
            return up
        rows, up = rows.rpartition(".")[0], up + 1
    return up


def _looked_up(form: Any, one: Field, *, in_row: bool) -> tuple[Unit | None, Worth | None]:
    """An amount of another record is in that record's currency."""
    if one.end is None or one.end.type.key not in _MONEY or one.end.type.look(one.end) != "money":
        return None, None
    path, outer = currency_path(one.end), int(in_row and one.subform is None)
    if path is None:
        return Unit(code_of(one.end)), None
    steps = str(one.options["path"]).split(".")
    return Unit(path=(*steps[:-1], *path), up=1 if outer else up_to(form, one, steps[0])), None
