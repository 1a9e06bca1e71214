"""The kind of document that says in which form an app keeps its exchange rates."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Final

from engines.form.checks import compiled
from engines.form.schema_parts import FIELD_KEY, FORM_KEY, TITLE
from engines.formula import Type
from engines.kernel.documents import Document, DocumentKind, Label, Reference, described, key_schema
from engines.kernel.layers import Effective
from engines.kernel.problems import Problem

PARTS: Final = {"currency": Type.TEXT, "date": Type.DATE, "rate": Type.NUMBER}


class CurrencyKind(DocumentKind):
    """The base currency, and the form with the rates."""

    key = "currency"
    title: ClassVar[Label] = {"en": "Currencies", "zh-CN": "币种"}
    description: ClassVar[Label] = {
        "en": "The base currency of the app and the form that holds exchange rates by date; CONVERT reads it.",
        "zh-CN": "应用的本位币，以及按日期存放汇率的表单；CONVERT 函数读取它。",
    }
    properties: ClassVar[Mapping[str, Any]] = {
        "title": TITLE,
        "base": described(
            {"type": "string", "minLength": 1, "maxLength": 20},
            ("Base currency", "What the rates are in: one unit of a currency is worth so much of it."),
            ("本位币", "汇率的单位：一单位外币折合多少本位币。"),
        ),
        "rates": described(
            {
                "type": "object",
                "additionalProperties": False,
                "required": ["form", *PARTS],
                "properties": {
                    "form": key_schema(FORM_KEY, ("Form", "Which form holds them."), ("表单", "存放汇率的表单。")),
                    "currency": key_schema(
                        FIELD_KEY, ("Currency", "The field with the currency."), ("币种", "币种所在的字段。")
                    ),
                    "date": key_schema(
                        FIELD_KEY,
                        ("Date", "The field with the first day of the rate."),
                        ("日期", "汇率开始生效的日期。"),
                    ),
                    "rate": key_schema(
                        FIELD_KEY, ("Rate", "The field with the worth of one unit."), ("汇率", "一单位外币的价值。")
                    ),
                },
            },
            ("Rates", "The form with the rates, and its fields."),
            ("汇率", "存放汇率的表单和字段。"),
        ),
    }
    required = ("base", "rates")

    def references(self, document: Document) -> Iterable[Reference]:
        """The form and its three fields."""
        form = document["rates"]["form"]
        yield Reference("form", form, at="rates.form")
        for part in PARTS:
            yield Reference("form", form, f"fields.{document['rates'][part]}", f"rates.{part}")

    def check(self, document: Document, effective: Effective) -> Iterable[Problem]:
        """The fields hold a text, a date and a number, and an app has one such document."""
        others = [one["key"] for one in effective.of_kind("currency") if one["key"] < document["key"]]
        if others:
            yield Problem("currency.twice", "key", f'"{others[0]}" says this already', {"other": others[0]})
        form = compiled(effective).forms.by_key.get(document["rates"]["form"])
        for part, kind in PARTS.items():
            field = None if form is None else form.fields.get(document["rates"][part])
            if field is not None and field.type.formula_type(field) is not kind:
                message = f"This field must hold a {kind.value}"
                params = {"expected": kind.value, "expected_label": kind.words}
                yield Problem("currency.field", f"rates.{part}", message, params)
