"""The kinds of fields, in plain sight: one module each (see `base` for what every kind promises)."""

from typing import Final

from engines.form.fields.attachment import AttachmentField
from engines.form.fields.base import FieldType
from engines.form.fields.boolean import BooleanField
from engines.form.fields.choice import ChoiceField, ChoicesField
from engines.form.fields.contact import EmailField, PhoneField
from engines.form.fields.date import DateField
from engines.form.fields.datetime import DatetimeField
from engines.form.fields.formula import FormulaField
from engines.form.fields.links import DepartmentField, DepartmentsField, MemberField, MembersField, RelationField
from engines.form.fields.money import MoneyField
from engines.form.fields.number import NumberField
from engines.form.fields.serial import SerialField
from engines.form.fields.subform import SubformField
from engines.form.fields.text import TextareaField, TextField
from engines.kernel.registry import Registry

FIELD_TYPES: Final[Registry[FieldType]] = Registry(
    "field type",
    [
        TextField(),
        TextareaField(),
        NumberField(),
        MoneyField(),
        DateField(),
        DatetimeField(),
        ChoiceField(),
        ChoicesField(),
        BooleanField(),
        PhoneField(),
        EmailField(),
        MemberField(),
        MembersField(),
        DepartmentField(),
        DepartmentsField(),
        RelationField(),
        SubformField(),
        SerialField(),
        AttachmentField(),
        FormulaField(),
    ],
)
