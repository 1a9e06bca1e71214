# ruff: noqa: ARG002
"""A share, kept as 0.15 and entered and shown as 15%."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from engines.form.fields.base import Context, Field
from engines.form.fields.number import DECIMALS, EXACT, NumberField, plain, rounded, too_precise
from engines.form.fields.options import flag, properties, words
from engines.kernel.documents import described
from engines.kernel.problems import Problem


class PercentField(NumberField):
    """A discount, a rate, how much is done."""

    key = "percent"
    icon = "percentage"
    title = words("Percent", "百分比")
    description = words("A share: entered and shown as 15%, kept as 0.15.", "比例：输入并显示为 15%，保存为 0.15。")
    may_be_unique = False
    option_properties = properties(
        min=described(
            {"type": "number"},
            ("Smallest", "In percent: 10 is 10%."),
            ("最小值", "按百分数填写：10 表示 10%。"),
        ),
        max=described(
            {"type": "number"},
            ("Largest", "In percent: 100 is all of it."),
            ("最大值", "按百分数填写：100 表示全部。"),
        ),
        decimals=DECIMALS,
        bar=flag(
            False,
            ("As a bar", "Shows how much of 100% it is."),
            ("进度条", "以进度条显示占 100% 的多少。"),
        ),
    )

    def fill(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """`percent` is how numbers, reports and pages know a share."""
        return {**super().fill(options), "percent": True}

    def check(self, value: Any, field: Field, context: Context | None = None) -> Iterable[Problem]:
        low, high, decimals = field.options.get("min"), field.options.get("max"), field.options.get("decimals") or 0
        shown = value.scaleb(2, EXACT)
        if low is not None and shown < Decimal(str(low)):
            yield Problem("number.too_small", "", f"Must be at least {low}%", {"min": f"{low}%"})
        if high is not None and shown > Decimal(str(high)):
            yield Problem("number.too_large", "", f"Must be at most {high}%", {"max": f"{high}%"})
        if value != rounded(value, self.places(decimals, field)):
            yield too_precise(decimals)

    def form_text(self, value: Any, field: Field, zone: str = "Asia/Shanghai") -> Any:
        return plain(value.scaleb(2, EXACT)) if isinstance(value, Decimal) else None

    def samples(self) -> Sequence[tuple[dict[str, Any], Any]]:
        return [
            ({}, Decimal("0.15")),
            ({"decimals": 2, "min": -100}, Decimal("-0.0525")),
            ({"bar": True, "min": 0, "max": 100}, Decimal("0.66")),
        ]
