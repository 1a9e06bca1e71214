"""Uniqueness: of a field in its form, in its record, or beside other fields ("a code once for each customer").

A real unique index decides (D3), over the folded forms of texts, blind to records in the trash. Where one of the
values is blank nothing is compared: a contract without a customer may have any number.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from engines.form.fields.base import Field
from engines.formula.types import Type
from engines.kernel.problems import Problem, suggest

PLAIN: Final = (Type.TEXT, Type.NUMBER, Type.BOOLEAN, Type.DATE, Type.DATETIME, Type.RECORD)


def beside(one: Field, fields: Mapping[str, Field], keys: Iterable[str]) -> tuple[Field, ...]:
    """The fields that these keys name, as far as a value can be compared beside theirs."""
    found = (fields.get(key) for key in keys)
    return tuple(other for other in found if other is not None and other is not one and _comparable(other))


def check_within(one: Field, fields: Mapping[str, Field], keys: Sequence[str]) -> Iterator[Problem]:
    """What is wrong with the fields beside which a value is to be unique; paths are their places in the list."""
    for number, key in enumerate(keys):
        other = fields.get(key)
        if other is None:
            message = f'There is no field "{key}" beside it{suggest(key, fields)}'
            yield Problem("unique.no_field", f"[{number}]", message, {"field": key})
        elif other is one or not _comparable(other):
            message = f"{other.label()} cannot be compared for uniqueness"
            yield Problem("unique.not_comparable", f"[{number}]", message, {"field": key, "label": other.label()})


def compared(one: Field) -> tuple[Field, ...]:
    """Every field whose values must not all be the same in two records; the unique one is the last."""
    return (*one.within, one)


def index_columns(one: Field) -> tuple[str, ...]:
    """The columns of its unique index, the unique field's own last."""
    return tuple(other.unique_key for other in compared(one))


def unique_fields(fields: Mapping[str, Field]) -> list[Field]:
    """The fields that an index guards."""
    return [one for one in fields.values() if one.unique]


def touched(fields: Mapping[str, Field], keys: Iterable[str]) -> list[Field]:
    """The unique fields about which a change of these fields may be refused."""
    given = set(keys)
    return [one for one in unique_fields(fields) if any(other.key in given for other in compared(one))]


def mark(one: Field, values: Mapping[str, Any]) -> tuple[Any, ...] | None:
    """What the index compares, for the values of a record or row; None where one of them is blank."""
    found = []
    for other in compared(one):
        value = values.get(other.key)
        if value is None:
            return None
        found.append(other.type.to_columns(value, other)[other.unique_key])
    return tuple(found)


def taken_problem(
    one: Field, path: str, locale: str, text: str, holder: str = "", record: int | None = None
) -> Problem:
    """The problem of a value that another record has; `holder` is its title where the reader may know it."""
    label = one.label(locale)
    text = "" if one.encrypted else text  # problems are kept and shown: they name no sealed value
    message = f'{label} "{text}" is taken by another record' if text else f"{label} is taken by another record"
    params: dict[str, Any] = {"label": label, "value": text}
    if one.within:
        params["within"] = ("、" if locale.startswith("zh") else ", ").join(other.label(locale) for other in one.within)
        message += f" with the same {params['within']}"
    if holder:
        params |= {"holder": holder, "record": record}
        message += f": {holder}"
    return Problem("record.not_unique", path, message, params)


def _comparable(other: Field) -> bool:
    kind = other.type
    fits = other.storage == "column" and kind.writable and kind.formula_type(other) in PLAIN
    return fits and (kind.sortable or kind.formula_type(other) is Type.RECORD) and not other.parts
