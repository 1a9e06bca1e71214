# ruff: noqa: ARG002
"""Why a value is what it is, kept as a text beside it: `净额 = “金额”的合计 = ¥850.00（明细 10 行）`.

Underneath it is a formula that the engine writes from the definition of the field that it explains (its expression, or
the rules, default and expression that may give its value: `engines.form.derive.explained`). So whoever computes the
value writes its explanation in the same statement: pages, imports, bulk work, the job that follows other records.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from engines.form.fields.base import Field, Group
from engines.form.fields.derived import WrittenFormula
from engines.form.fields.options import one_of, properties, words
from engines.kernel.documents import key_schema
from engines.kernel.problems import Problem, suggest

LANGUAGES = ("zh-CN", "en")


class ExplanationField(WrittenFormula):
    """The explanation of the field `of` of the same record or row."""

    key = "explanation"
    icon = "info-circle"
    group: ClassVar[Group] = "advanced"
    title = words("Explanation", "计算说明")
    description = words(
        "How another field came to its value, as text: its expression, the values used, the rule that set it.",
        "用文字写明另一字段的值从何而来：表达式、用到的值、由哪条规则设置。",
    )
    sample_text = words("Net = total of Amount = 850.00 (10 rows)", "净额 = “金额”的合计 = 850.00（10 行）")
    required_options = ("of",)
    expression_option = "of"
    option_properties = properties(
        of=key_schema(
            40,
            ("Explained field", "A field of this form, or of the same sub-form."),
            ("说明的字段", "本表单（或同一子表单）的字段。"),
        ),
        language=one_of(
            LANGUAGES,
            "zh-CN",
            ("Language", "The language that the explanation is written in."),
            ("语言", "用哪种语言书写说明。"),
        ),
    )

    def written(self, options: Mapping[str, Any]) -> str:
        """Nothing yet: the text needs the whole form and is written when the form is compiled."""
        return '""'

    def check_among(self, options: Mapping[str, Any], fields: Mapping[str, Field]) -> Iterable[Problem]:
        """What is explained stands beside it, holds a value, and is no secret."""
        name = options["of"]
        one = fields.get(name)
        if one is None:
            known = sorted(fields)
            message = f'There is no field "{name}"{suggest(name, known)}'
            yield Problem("field.unknown", "of", message, {"key": name, "known": known})
        elif one.type.key == self.key or one.type.storage == "children" or not one.type.is_value:
            params = {"label": one.label.value}
            yield Problem("explanation.no_value", "of", f"{one.label} has no value that could be explained", params)

    def samples(self) -> Sequence[tuple[dict[str, Any], Any]]:
        return [({"of": "a_formula"}, "合计 = 1")]
