"""The kinds of fields, in plain sight: one module each (see `base` for what every kind promises)."""

from typing import Final

from engines.form.fields.base import FieldType
from engines.form.fields.number import NumberField
from engines.form.fields.text import TextareaField, TextField
from engines.kernel.registry import Registry

FIELD_TYPES: Final[Registry[FieldType]] = Registry(
    "field type",
    [
        TextField(),
        TextareaField(),
        NumberField(),
    ],
)
