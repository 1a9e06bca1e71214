# ruff: noqa: ARG002
"""Money: an exact amount in one currency. The currency is the field's, or a field of the record says it later."""

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from engines.form.fields.base import Field
from engines.form.fields.number import DECIMALS, LIMITS, NEGATIVE, Numeral, grouped, rounded
from engines.form.fields.options import properties, words
from engines.kernel.documents import described

SYMBOLS: Final = {"CNY": "¥", "USD": "$", "EUR": "€", "GBP": "£", "JPY": "JP¥", "HKD": "HK$", "TWD": "NT$"}
_SIGNS = re.compile(r"^([+-]?)\s*(?:CN¥|JP¥|HK\$|NT\$|US\$|[¥￥$€£]|[A-Z]{3}|RMB)\s*|\s*(?:元|[A-Z]{3})$")


class MoneyField(Numeral):
    """A price, a sum, a budget."""

    key = "money"
    icon = "currency-yuan"
    group = "number"
    title = words("Money", "金额")
    description = words("An exact amount with its currency.", "带币种的精确金额。")
    option_properties = properties(
        LIMITS,
        decimals={**DECIMALS, "default": 2},
        currency=described(
            {"type": "string", "pattern": "^[A-Z]{3}$", "default": "CNY"},
            ("Currency", "Three letters (ISO 4217): CNY, USD, EUR."),
            ("币种", "三位字母代码（ISO 4217）：CNY、USD、EUR。"),
        ),
        **NEGATIVE,
    )

    def clean(self, text: str, field: Field) -> str:
        """Without the currency: `¥1,000.00`, `1000 元` and `CNY 1000` are all 1000."""
        return _SIGNS.sub(r"\1", text.strip())

    def display(self, value: Any, field: Field, locale: str = "zh-CN", zone: str = "Asia/Shanghai") -> str:
        if value is None:
            return ""
        text = grouped(f"{rounded(value, field.options.get('decimals', 2)):f}")
        currency = field.options.get("currency", "CNY")
        symbol = SYMBOLS.get(currency, f"{currency} ")
        return f"-{symbol}{text[1:]}" if text.startswith("-") else f"{symbol}{text}"

    def samples(self) -> Sequence[tuple[dict[str, Any], Any]]:
        return [
            ({}, Decimal("10005534")),
            ({}, Decimal("-0.05")),
            ({"currency": "USD", "decimals": 4}, Decimal("7.1234")),
            ({"currency": "CHF"}, Decimal("1234567.89")),
        ]
