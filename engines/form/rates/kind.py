"""The kind of document that says in which form an app keeps its exchange rates."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Final

from engines.form.checks import compiled
from engines.form.fields.money import PATH
from engines.form.filters import follow
from engines.form.form import Form
from engines.form.schema_parts import FIELD_KEY, FORM_KEY, TITLE
from engines.formula import Type
from engines.kernel.documents import Document, DocumentKind, Label, Reference, described, key_schema
from engines.kernel.layers import Effective
from engines.kernel.problems import Problem, ProblemError

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
                    "currency": described(
                        {"type": "string", "pattern": PATH, "maxLength": 200},
                        (
                            "Currency",
                            "The field with the three letters, or a path over a relation: currency.code.",
                        ),
                        ("币种", "存放三位币种代码的字段，或经过关联的路径：currency.code。"),
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
        "currencies": described(
            {
                "type": "object",
                "additionalProperties": False,
                "required": ["form", "code", "digits"],
                "properties": {
                    "form": key_schema(FORM_KEY, ("Form", "Which form lists them."), ("表单", "列出币种的表单。")),
                    "code": key_schema(
                        FIELD_KEY, ("Code", "The field with the three letters."), ("代码", "存放三位代码的字段。")
                    ),
                    "digits": key_schema(
                        FIELD_KEY,
                        ("Digits", "The field that says how many decimals the currency has: none for JPY."),
                        ("小数位", "币种有几位小数的字段：日元为 0。"),
                    ),
                },
            },
            ("Currencies", "The form that lists the currencies with their decimals."),
            ("币种表", "列出币种及其小数位的表单。"),
        ),
    }
    required = ("base", "rates")

    def references(self, document: Document) -> Iterable[Reference]:
        """The forms and their fields."""
        form = document["rates"]["form"]
        yield Reference("form", form, at="rates.form")
        for part in PARTS:
            yield Reference("form", form, f"fields.{document['rates'][part].split('.')[0]}", f"rates.{part}")
        listed = document.get("currencies")
        if listed is not None:
            yield Reference("form", listed["form"], at="currencies.form")
            for part in ("code", "digits"):
                yield Reference("form", listed["form"], f"fields.{listed[part]}", f"currencies.{part}")

    def check(self, document: Document, effective: Effective) -> Iterable[Problem]:
        """The fields hold a text, a date and a number, and an app has one such document."""
        others = [one["key"] for one in effective.of_kind("currency") if one["key"] < document["key"]]
        if others:
            yield Problem("currency.twice", "key", f'"{others[0]}" says this already', {"other": others[0]})
        forms = compiled(effective).forms
        for part, kind in PARTS.items():
            yield from _holds(
                forms.by_key.get(document["rates"]["form"]), document["rates"][part], kind, f"rates.{part}"
            )
        listed = document.get("currencies")
        if listed is None:
            return
        for part, kind in (("code", Type.TEXT), ("digits", Type.NUMBER)):
            yield from _holds(forms.by_key.get(listed["form"]), listed[part], kind, f"currencies.{part}")


def _holds(form: Form | None, path: str, kind: Type, at: str) -> Iterable[Problem]:
    """Whether a path of a form leads over relations to one record to a value of this type, which has a column."""
    if form is None or (path not in form.fields and "." not in path):
        return  # told by the references
    try:
        steps, field = follow(form, path, at)
    except ProblemError as error:
        yield from error.problems
        return
    one = all(step.storage == "column" for step in steps) and field.storage == "column"
    if not one or field.type.formula_type(field) is not kind:
        message = f"This field must hold a {kind.value}"
        yield Problem("currency.field", at, message, {"expected": kind.value, "expected_label": kind.words})
