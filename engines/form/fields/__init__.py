"""The kinds of fields, in plain sight: one module each (see `base` for what every kind promises)."""

from typing import Final

from engines.form.fields.address import AddressField
from engines.form.fields.attachment import AttachmentField
from engines.form.fields.base import FieldType
from engines.form.fields.boolean import BooleanField
from engines.form.fields.cascade import CascadeField
from engines.form.fields.choice import ChoiceField, ChoicesField
from engines.form.fields.contact import EmailField, PhoneField
from engines.form.fields.date import DateField
from engines.form.fields.date_range import DateRangeField
from engines.form.fields.datetime import DatetimeField
from engines.form.fields.derived import CapitalsField, TextTemplateField
from engines.form.fields.explanation import ExplanationField
from engines.form.fields.formula import FormulaField
from engines.form.fields.image import ImageField, SignatureField
from engines.form.fields.link import LinkField
from engines.form.fields.links import DepartmentField, DepartmentsField, MemberField, MembersField, RelationField
from engines.form.fields.location import LocationField
from engines.form.fields.lookup import LookupField
from engines.form.fields.money import MoneyField
from engines.form.fields.number import NumberField
from engines.form.fields.page import BarcodeField, ButtonField, EmbedField, NoteField
from engines.form.fields.papers import IdCardField, PlateField
from engines.form.fields.percent import PercentField
from engines.form.fields.period import PeriodField
from engines.form.fields.query import QueryField
from engines.form.fields.rating import RatingField, SliderField
from engines.form.fields.recurrence import RecurrenceField
from engines.form.fields.richtext import RichTextField
from engines.form.fields.rollup import RollupField
from engines.form.fields.serial import SerialField
from engines.form.fields.stage import StageField
from engines.form.fields.stage_info import StageInfoField
from engines.form.fields.subform import SubformField
from engines.form.fields.tags import TagsField
from engines.form.fields.text import TextareaField, TextField
from engines.form.fields.time import TimeField
from engines.form.fields.url import UrlField
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
        LinkField(),
        SubformField(),
        SerialField(),
        AttachmentField(),
        FormulaField(),
        RichTextField(),
        PercentField(),
        RatingField(),
        SliderField(),
        CapitalsField(),
        TimeField(),
        DateRangeField(),
        PeriodField(),
        UrlField(),
        IdCardField(),
        PlateField(),
        TextTemplateField(),
        RollupField(),
        LookupField(),
        AddressField(),
        TagsField(),
        CascadeField(),
        LocationField(),
        RecurrenceField(),
        ImageField(),
        SignatureField(),
        NoteField(),
        EmbedField(),
        BarcodeField(),
        ButtonField(),
        QueryField(),
        StageField(),
        StageInfoField(),
        ExplanationField(),
    ],
)
