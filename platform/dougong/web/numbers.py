"""Numbers of records and of other rows as requests name them: whole, and no larger than the database counts."""

from flask import Flask
from werkzeug.routing import IntegerConverter, ValidationError

from engines.form.fields.links import LARGEST

_DIGITS = len(str(LARGEST))


def read_number(text: str | None) -> int | None:
    """The number that a text names; None for anything else."""
    if not text or len(text) > _DIGITS or not (text.isascii() and text.isdecimal()):
        return None
    return int(text) if int(text) <= LARGEST else None


def read_numbers(text: str) -> list[int]:
    """The numbers in a list like `7,8,9`; what is none is left out."""
    return [one for one in map(read_number, text.split(",")) if one is not None]


class RowNumber(IntegerConverter):
    """`<int:…>` in addresses: a number that no row can have is read as the largest one, which no row has either."""

    def to_python(self, value: str) -> int:
        """The number. Raises `ValidationError` for digits of other scripts."""
        if not value.isascii():
            raise ValidationError
        found = read_number(value)
        return LARGEST if found is None else found


def install(app: Flask) -> None:
    """Read the numbers in all addresses so."""
    app.url_map.converters["int"] = RowNumber
