"""What the amounts of a field count: a currency known at design time, or the one that a field of the record names."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from engines.form.fields.base import Field
from engines.form.fields.money import Amount
from engines.form.names import PARENT
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
    if form.of_rows is not None:  # rows that relations lead to: the record around them is a field of theirs
        form, at_row = form.of_rows.form, True
    else:
        at_row = False
    unit = _placed(path, 1 if outer else up_to(form, one, path[0]), at_row=at_row)
    base: Mapping[str, Any] | None = one.options.get("base")
    if base is None:
        return unit, None
    rows = one.subform or ""
    held = (form.subforms[rows].fields if rows in form.subforms else form.fields).get(base["amount"])
    rate = base.get("rate")
    worth = Unit(CNY if held is None else code_of(held))
    if not rate:
        return unit, Worth(base["amount"], worth)
    place = _placed((rate,), 1 if outer else up_to(form, one, rate), at_row=at_row)
    return unit, Worth(base["amount"], worth, place.path, place.up)


def _placed(path: tuple[str, ...], up: int, *, at_row: bool) -> Unit:
    return Unit(path=(*(PARENT,) * up, *path)) if at_row else Unit(path=path, up=up)


_MONEY: Final = frozenset({"money", "formula", "rollup"})


def currency_path(one: Field) -> tuple[str, ...] | None:
    """The path to the currency of an amount; None where it is fixed."""
    path = one.options.get("currency_field")
    return tuple(path.split(".")) if path else None


def code_of(one: Field) -> str:
    """The currency that a field itself names: of every amount, or of those whose record names none."""
    return str(one.options.get("currency", CNY))


def fixed_code(one: Field) -> str | None:
    """The currency of all values of a field; None for what is no money, or where each record names its own."""
    if one.currency is not None or currency_path(one) is not None or one.type.look(one) != "money":
        return None
    return code_of(one.end if one.type.key == "lookup" and one.end is not None else one)


def currency_of(one: Field, value: Any) -> str | None:
    """The currency of a value as it was read; None for what is no amount, or is masked, or cannot be told."""
    if isinstance(value, Amount):
        return value.currency
    return fixed_code(one) if isinstance(value, Decimal) else None


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
    path, outer = looked_up_path(form, one), int(in_row and one.subform is None)
    if path is None:
        return Unit(code_of(one.end)), None
    if form.of_rows is not None:
        return _placed(path, up_to(form.of_rows.form, one, path[0]), at_row=True), None
    return Unit(path=path, up=1 if outer else up_to(form, one, path[0])), None


def looked_up_path(form: Any, one: Field) -> tuple[str, ...] | None:
    """The path to the currency of what a lookup shows, from where it stands; None where that is fixed."""
    end = one.end
    path = None if end is None else currency_path(end)
    if end is None or path is None:
        return None
    holder = form.forms.by_key.get(end.form_key)
    around = (PARENT,) * (0 if holder is None else up_to(holder, end, path[0]))
    return (*str(one.options["path"]).split(".")[:-1], *around, *path)
