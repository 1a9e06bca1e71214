# ruff: noqa: ARG002
"""Money: an exact amount in one currency. The currency is the field's, or a field of the record says it."""

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from engines.form.fields.base import Field
from engines.form.fields.number import DECIMALS, LIMITS, NEGATIVE, Numeral, grouped, rounded
from engines.form.fields.options import properties, words
from engines.form.schema_parts import FIELD_KEY
from engines.kernel.documents import described, key_schema

SYMBOLS: Final = {"CNY": "¥", "USD": "$", "EUR": "€", "GBP": "£", "JPY": "JP¥", "HKD": "HK$", "TWD": "NT$"}
_SIGNS = re.compile(r"^([+-]?)\s*(?:CN¥|JP¥|HK\$|NT\$|US\$|[¥￥$€£]|[A-Z]{3}|RMB)\s*|\s*(?:元|[A-Z]{3})$")


PATH: Final = r"^[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)*$"
CURRENCY: Final = {
    "currency": described(
        {"type": "string", "pattern": "^[A-Z]{3}$", "default": "CNY"},
        ("Currency", "Three letters (ISO 4217): CNY, USD, EUR. Where a field says it: while that is blank."),
        ("币种", "三位字母代码（ISO 4217）：CNY、USD、EUR。由字段指定币种时，该字段为空则用此币种。"),
    ),
    "currency_field": described(
        {"type": "string", "pattern": PATH, "maxLength": 200},
        (
            "Currency from",
            "The field that says the currency of each record: a text or choice with the three letters, or a path over a"
            " relation, for example currency.code.",
        ),
        (
            "币种字段",
            "由哪个字段决定每条记录的币种：内容为三位代码的文本或选项，或经过关联的路径，例如 currency.code。",
        ),
    ),
    "base": described(
        {
            "type": "object",
            "additionalProperties": False,
            "required": ["amount"],
            "properties": {
                "amount": key_schema(
                    FIELD_KEY,
                    ("Base amount", "The money field beside this one that gets the amount in the base currency."),
                    ("本位币金额", "存放本位币金额的字段，与本字段同级。"),
                ),
                "rate": key_schema(
                    FIELD_KEY,
                    ("Rate", "The number field that keeps the rate: that of the day, until somebody gives another."),
                    ("汇率", "存放汇率的数字字段：自动取当日汇率，也可手工填写。"),
                ),
                "date": described(
                    {"type": "string", "pattern": PATH, "maxLength": 200},
                    ("Date", "The date whose rate counts; the day of the save if nothing is said or it is blank."),
                    ("日期", "按哪个日期取汇率；不指定或为空时按保存当天。"),
                ),
            },
        },
        ("Base currency", "Where the rate and the amount in the base currency are frozen."),
        ("折算本位币", "汇率和本位币金额保存在哪些字段，保存后不随汇率表变化。"),
    ),
}


class Amount(Decimal):
    """An amount as it was read, with its currency; `digits` are the decimals of the currency where the app says so."""

    currency: str
    digits: int | None

    def __new__(cls, value: Decimal, currency: str, digits: int | None = None) -> "Amount":
        """The same number, which knows what it counts."""
        made = super().__new__(cls, value)
        made.currency, made.digits = currency, digits
        return made

    def __reduce__(self) -> Any:
        """What a copy is made of."""
        return Amount, (Decimal(self), self.currency, self.digits)

    def __copy__(self) -> "Amount":
        return self

    def __deepcopy__(self, memo: Any) -> "Amount":
        return self


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
        **CURRENCY,
        **NEGATIVE,
    )

    def clean(self, text: str, field: Field) -> str:
        """Without the currency: `¥1,000.00`, `1000 元` and `CNY 1000` are all 1000."""
        return _SIGNS.sub(r"\1", text.strip())

    def sign(self, field: Field) -> str:
        """What stands before the input: the sign of the field's own currency, nothing where the record says it."""
        currency = field.options.get("currency", "CNY")
        return SYMBOLS.get(currency, currency) if field.currency is None else ""

    def display(self, value: Any, field: Field, locale: str = "zh-CN", zone: str = "Asia/Shanghai") -> str:
        if value is None:
            return ""
        places = field.options.get("decimals", 2)
        currency = field.options.get("currency", "CNY") if field.currency is None else None
        if isinstance(value, Amount):
            currency, places = value.currency, _places(value, places)
        text = grouped(f"{rounded(value, places):f}")
        symbol = SYMBOLS.get(currency, f"{currency} ") if currency else ""  # rather none than a wrong one
        return f"-{symbol}{text[1:]}" if text.startswith("-") else f"{symbol}{text}"

    def samples(self) -> Sequence[tuple[dict[str, Any], Any]]:
        return [
            ({}, Decimal("10005534")),
            ({}, Decimal("-0.05")),
            ({"currency": "USD", "decimals": 4}, Decimal("7.1234")),
            ({"currency": "CHF"}, Decimal("1234567.89")),
        ]


def _places(value: Amount, decimals: int) -> int:
    """The decimals of the currency, more where the amount has them and the field keeps them."""
    if value.digits is None:
        return decimals
    exponent = rounded(value, decimals).normalize().as_tuple().exponent
    used = -exponent if isinstance(exponent, int) else 0
    return max(value.digits, min(used, decimals))
