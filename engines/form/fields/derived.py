# ruff: noqa: ARG002
"""Texts that other fields make: an amount in Chinese capitals, and several fields put together.

Both are formulas whose expression is written by the engine: they are stored, searched and recomputed as those are.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Final

from engines.form.fields.base import Field
from engines.form.fields.formula import FormulaField
from engines.form.fields.options import properties, words
from engines.kernel.documents import described
from engines.kernel.problems import Problem

PATH: Final = r"[a-z_][a-z0-9_]*(?:\.[a-z_][a-z0-9_]*){0,4}"
_PART: Final = re.compile(rf"\{{\{{|\}}\}}|\{{\s*({PATH})\s*(?::([^{{}}\"]{{1,40}}))?\}}|([{{}}])")


class WrittenFormula(FormulaField):
    """A formula with a text for a result whose expression the type writes."""

    searchable = True
    required_options: ClassVar[tuple[str, ...]] = ()

    def fill(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """What formulas know of themselves: the expression and its result."""
        usual = {name: one["default"] for name, one in FormulaField.option_properties.items() if "default" in one}
        filled = {**usual, **super().fill(options)}
        return {**filled, "result": "text", "expression": self.written(filled)}

    def written(self, options: Mapping[str, Any]) -> str:
        """The expression for the options. Asked for checked options only."""
        raise NotImplementedError

    def folded(self, options: Mapping[str, Any]) -> bool:
        return True


class CapitalsField(WrittenFormula):
    """`壹仟贰佰元整` beside an amount, as contracts and receipts want it."""

    key = "capitals"
    icon = "writing-sign"
    group = "number"
    title = words("Amount in words", "大写金额")
    description = words("An amount in Chinese capitals.", "金额的中文大写。")
    required_options = ("of",)
    expression_option = "of"
    option_properties = properties(
        of=described(
            {"type": "string", "pattern": f"^{PATH}$", "maxLength": 200},
            ("Amount", "The number or money field that is written out."),
            ("金额字段", "要转成大写的数字或金额字段。"),
        )
    )

    def written(self, options: Mapping[str, Any]) -> str:
        return f"RMBCAP({options['of']})"

    def samples(self) -> Sequence[tuple[dict[str, Any], Any]]:
        return [({"of": "id"}, "壹元整")]


class TextTemplateField(WrittenFormula):
    """`Q-2026-001 · 远山科技`: what a record is called."""

    key = "text_template"
    icon = "template"
    group = "text"
    title = words("Text template", "文本组合")
    description = words("Several fields put together into one text.", "把几个字段拼成一段文字。")
    required_options = ("template",)
    expression_option = "template"
    option_properties = properties(
        template=described(
            {"type": "string", "minLength": 1, "maxLength": 1000, "x-widget": "template"},
            (
                "Template",
                "Text with fields in braces: {no} - {customer.name}; formats may follow: {amount:0.00}, {day:yyyy-MM}.",
            ),
            (
                "模板",
                "文字中用花括号写字段：{no} - {customer.name}；可带格式：{amount:0.00}、{day:yyyy-MM}。",
            ),
        ),
        store=FormulaField.option_properties["store"],
    )

    def check_options(self, options: Mapping[str, Any]) -> Iterable[Problem]:
        found = list(super().check_options(options))
        yield from found
        if found:
            return
        stray = next((part[1] for part in _parts(options["template"]) if part[0] == "stray"), None)
        if stray is not None:
            message = f'A single "{stray}" is neither a field nor text; write it twice'
            yield Problem("template.stray", "template", message, {"value": stray})
        elif not any(part[0] == "field" for part in _parts(options["template"])):
            yield Problem("template.no_field", "template", "Names no field: write {name}", {"example": "{name}"})

    def written(self, options: Mapping[str, Any]) -> str:
        """`TEXT(no) & " - " & TEXT(customer.name)`."""
        pieces = []
        for kind, text, form in _parts(options.get("template", "")):
            if kind == "field":
                pieces.append(f'TEXT({text}, "{form}")' if form else f"TEXT({text})")
            elif text:
                escaped = text.replace('"', '""')
                pieces.append(f'"{escaped}"')
        return " & ".join(pieces) or '""'

    def samples(self) -> Sequence[tuple[dict[str, Any], Any]]:
        return [({"template": 'No. {id} {{"x"}}'}, 'No. 1 {"x"}')]

    def display(self, value: Any, field: Field, locale: str = "zh-CN", zone: str = "Asia/Shanghai") -> str:
        return value or ""


def _parts(template: str) -> Iterator[tuple[str, str, str]]:
    """Texts, fields with their formats, and braces that are neither."""
    at, text = 0, ""
    for match in _PART.finditer(template):
        text += template[at : match.start()]
        at = match.end()
        if match[0] in ("{{", "}}"):
            text += match[0][0]
            continue
        yield "text", text, ""
        text = ""
        if match[3]:
            yield "stray", match[3], ""
        else:
            yield "field", match[1], (match[2] or "").strip()
    yield "text", text + template[at:], ""
