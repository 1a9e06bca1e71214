# ruff: noqa: ARG002
"""Yes or no; not answered is a third state, since a blank is not a no."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Boolean
from sqlalchemy.types import TypeEngine

from engines.form.fields.base import Context, Field, FieldType, reject
from engines.form.fields.options import one_of, properties, words
from engines.form.folding import fold
from engines.formula.types import Type

YES: Final = ("yes", "y", "true", "t", "on", "1", "1.0", "是", "有", "对", "真", "√", "✓")
NO: Final = ("no", "n", "false", "f", "off", "0", "0.0", "否", "无", "不", "假", "×", "✗")


class BooleanField(FieldType):
    """Active, primary, taxable."""

    key = "boolean"
    icon = "toggle-left"
    group = "choice"
    title = words("Yes or no", "是否")
    description = words("A switch or a tick.", "开关或勾选。")
    formula = Type.BOOLEAN
    operator_names = ("eq", "ne", "empty", "filled")
    option_properties = properties(
        display=one_of(
            ("switch", "checkbox", "yes_no"),
            "switch",
            ("Looks like", "How the input is drawn."),
            ("样式", "输入控件的样式。"),
        )
    )

    def column_type(self, field: Field) -> TypeEngine[Any]:
        return Boolean()

    def parse(self, raw: Any, field: Field, context: Context | None = None) -> bool | None:
        if raw is None or isinstance(raw, bool):
            return raw
        text = fold(str(raw)) if isinstance(raw, str | int | float) else "?"
        if not text:
            return None
        if text in YES or text in NO:
            return text in YES
        raise reject("boolean.not_yes_or_no", f'"{str(raw)[:50]}" is neither yes nor no', value=str(raw)[:50])

    def display(self, value: Any, field: Field, locale: str = "zh-CN", zone: str = "Asia/Shanghai") -> str:
        if value is None:
            return ""
        yes, no = ("是", "否") if locale.startswith("zh") else ("Yes", "No")
        return yes if value else no

    def samples(self) -> Sequence[tuple[dict[str, Any], Any]]:
        return [({}, True), ({"display": "checkbox"}, False)]
