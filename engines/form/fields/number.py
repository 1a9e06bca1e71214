# ruff: noqa: ARG002
"""Numbers: exact decimals of at most 20 digits before and 12 after the point (EXPRESSIONS.md, 1)."""

import re
from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from decimal import Context as DecimalContext
from typing import Any

from sqlalchemy import Numeric
from sqlalchemy.types import TypeEngine

from engines.form.fields.base import Context, Field, FieldType, reject
from engines.form.fields.options import flag, properties, words
from engines.formula.types import Type
from engines.kernel.documents import described, label, label_schema
from engines.kernel.problems import Problem

LIMIT = Decimal(10) ** 20
PLACES = 12
MOST_DECIMALS = 2
"""How many digits after the point a number shows where nothing is said."""
EXACT = DecimalContext(prec=200, rounding=ROUND_HALF_UP)

_CLOSE = frozenset("%％‰°")  # units without a blank before them
_GROUPED = re.compile(r"^[+-]?\d{1,3}(,\d{3})+(\.\d+)?$")
_PLAIN = re.compile(r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?$")
_WIDE = str.maketrans("０１２３４５６７８９．，－＋％（）", "0123456789.,-+%()")

DECIMALS = described(
    {"type": "integer", "minimum": 0, "maximum": PLACES, "default": 0},
    ("Decimals", "How many digits after the point may be entered and are shown."),
    ("小数位数", "小数点后可以输入并显示几位。"),
)
LIMITS = {
    "min": described(
        {"type": "number"},
        ("Smallest", "The smallest value that may be entered."),
        ("最小值", "允许输入的最小值。"),
    ),
    "max": described(
        {"type": "number"},
        ("Largest", "The largest value that may be entered."),
        ("最大值", "允许输入的最大值。"),
    ),
}
NEGATIVE = {
    "negative_red": flag(
        False,
        ("Negative in red", "Shows numbers below zero in red."),
        ("负数标红", "小于零的数以红色显示。"),
    )
}


def plain(value: Decimal) -> str:
    """The shortest plain decimal: no exponent, no trailing zeros (EXPRESSIONS.md, 9)."""
    text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def rounded(value: Decimal, places: int) -> Decimal:
    """Rounded half away from zero, exact."""
    return value.quantize(Decimal(1).scaleb(-places), context=EXACT)


def to_decimal(raw: Any) -> Decimal:
    """The exact number for a JSON number or a text as people write it. Raises `Rejected`."""
    if isinstance(raw, bool) or not isinstance(raw, str | int | float | Decimal):
        raise reject("number.not_a_number", "Must be a number", value=str(raw)[:50])
    text = str(raw).strip().translate(_WIDE).replace(" ", "").replace("\u00a0", "")
    negative = text.startswith("(") and text.endswith(")")  # how accountants write it
    if negative:
        text = f"-{text[1:-1]}"
    if _GROUPED.match(text):
        text = text.replace(",", "")
    try:
        number = Decimal(text) if _PLAIN.match(text) else Decimal("NaN")
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise reject("number.not_a_number", f'"{str(raw)[:50]}" is not a number', value=str(raw)[:50])
    if number.copy_abs() >= LIMIT:
        raise reject("number.out_of_domain", "Has more than 20 digits before the point", digits=20)
    if number.as_tuple().exponent < -PLACES and number != rounded(number, PLACES):  # type: ignore[operator]
        raise reject("number.too_precise", f"At most {PLACES} decimals", decimals=PLACES)
    return Decimal(0) if number == 0 else Decimal(plain(number))


def too_precise(decimals: int) -> Problem:
    """The problem of a value with more decimals than are entered."""
    if not decimals:
        return Problem("number.not_whole", "", "Must be a whole number", {})
    return Problem("number.too_precise", "", f"At most {decimals} decimals", {"decimals": decimals})


class Numeral(FieldType):
    """What numbers and money share."""

    formula = Type.NUMBER
    totals = True
    operator_names = ("eq", "ne", "gt", "ge", "lt", "le", "between", "in", "nin", "empty", "filled")

    def column_type(self, field: Field) -> TypeEngine[Any]:
        """Without a scale: more decimals later are then a change of words only."""
        return Numeric()

    def from_column(self, stored: Any, field: Field) -> Any:
        return stored

    def clean(self, text: str, field: Field) -> str:
        """An entered text without the signs that only decorate it."""
        return text

    def parse(self, raw: Any, field: Field, context: Context | None = None) -> Decimal | None:
        if raw is None or (isinstance(raw, str) and not raw.strip()):
            return None
        return to_decimal(self.clean(raw, field) if isinstance(raw, str) else raw)

    def check(self, value: Any, field: Field, context: Context | None = None) -> Iterable[Problem]:
        low, high, decimals = (field.options.get(name) for name in ("min", "max", "decimals"))
        if low is not None and value < Decimal(str(low)):
            yield Problem("number.too_small", "", f"Must be at least {low}", {"min": low})
        if high is not None and value > Decimal(str(high)):
            yield Problem("number.too_large", "", f"Must be at most {high}", {"max": high})
        places = self.places(decimals or 0, field)
        if value.as_tuple().exponent < -places and value != rounded(value, places):
            yield too_precise(decimals or 0)

    def places(self, decimals: int, field: Field) -> int:
        """How many decimals the stored value may have."""
        return decimals

    def to_json(self, value: Any, field: Field) -> Any:
        """A text of a plain decimal: 20 digits and 12 decimals do not fit into a JSON number of most readers."""
        return None if value is None else plain(value)

    def display(self, value: Any, field: Field, locale: str = "zh-CN", zone: str = "Asia/Shanghai") -> str:
        if value is None:
            return ""
        decimals = field.options.get("decimals")
        number = rounded(value, MOST_DECIMALS if decimals is None else decimals)
        text = f"{number if number else abs(number):f}"  # nothing is not less than nothing
        if decimals is None and "." in text:  # what is computed: a whole number as a whole one
            text = text.rstrip("0").rstrip(".")
        return grouped(text) if field.options.get("grouping", True) else text

    def import_cell(self, cell: Any, field: Field, context: Context) -> Any:
        """A workbook's binary number is the decimal that it shows: 0.1 + 0.2 is 0.3."""
        if isinstance(cell, float):
            cell = Decimal(f"{cell:.15g}")
        return self.parse(cell, field, context)

    def export_cell(self, value: Any, field: Field, context: Context) -> Any:
        return value


def with_unit(text: str, unit: str) -> str:
    """A number with its unit behind it: `3 件`, but `66%` and `20°C`."""
    return f"{text}{'' if unit[0] in _CLOSE else ' '}{unit}" if unit else text


def grouped(text: str) -> str:
    """With a comma between groups of three digits: `-1234.50` is `-1,234.50`."""
    whole, point, rest = text.partition(".")
    sign = "-" if whole.startswith("-") else ""
    return f"{sign}{int(whole.lstrip('-')):,}{point}{rest}"


class NumberField(Numeral):
    """A quantity, a rate, a score."""

    key = "number"
    icon = "number-123"
    group = "number"
    title = words("Number", "数字")
    description = words("An exact number: quantity, rate, score.", "精确数字：数量、比率、得分。")
    may_be_unique = True
    option_properties = properties(
        LIMITS,
        decimals=DECIMALS,
        percent=described(
            {"type": "boolean", "default": False},
            ("Percent", "Stored as a share and shown in percent: 0.15 is entered and shown as 15%."),
            ("百分比", "按比例存储，以百分数显示：0.15 输入并显示为 15%。"),
        ),
        grouping=described(
            {"type": "boolean", "default": True},
            ("Group digits", "Shows a comma between thousands."),
            ("千分位", "显示千分位逗号。"),
        ),
        unit=label_schema(
            ("Unit", "Shown behind the number, for example pieces or days."),
            ("单位", "显示在数字后面，例如 件、天。"),
        ),
        prefix=label_schema(
            ("In front", "Shown before the number, for example No. or ≈."),
            ("前缀", "显示在数字前面，例如 第、≈。"),
        ),
        **NEGATIVE,
    )

    def parse(self, raw: Any, field: Field, context: Context | None = None) -> Decimal | None:
        """A text with a percent sign is a hundredth of it; without one it is the number itself, also for percent."""
        if isinstance(raw, str):
            raw = self._without_unit(raw, field)
        if isinstance(raw, str) and raw.translate(_WIDE).endswith("%"):
            if not field.options.get("percent"):
                raise reject("number.not_a_number", f'"{raw[:50]}" is not a number', value=raw[:50])
            number = super().parse(raw[:-1], field, context)
            return None if number is None else Decimal(plain(number.scaleb(-2, EXACT)))
        return super().parse(raw, field, context)

    def _without_unit(self, text: str, field: Field) -> str:
        """People type what they see: `5 件`, `≈5`."""
        unit, prefix = field.options.get("unit"), field.options.get("prefix")
        for word in [unit] if isinstance(unit, str) else (unit or {}).values():
            text = text.strip().removesuffix(word)
        for word in [prefix] if isinstance(prefix, str) else (prefix or {}).values():
            text = text.strip().removeprefix(word.strip())
        return text.strip()

    def places(self, decimals: int, field: Field) -> int:
        return min(PLACES, decimals + 2) if field.options.get("percent") else decimals

    def display(self, value: Any, field: Field, locale: str = "zh-CN", zone: str = "Asia/Shanghai") -> str:
        if value is None:
            return ""
        if field.options.get("percent"):
            return f"{super().display(value.scaleb(2, EXACT), field, locale, zone)}%"
        unit = label(field.options.get("unit"), locale)
        text = label(field.options.get("prefix"), locale) + super().display(value, field, locale, zone)
        return with_unit(text, unit)

    def samples(self) -> Sequence[tuple[dict[str, Any], Any]]:
        return [
            ({}, Decimal(7)),
            ({"decimals": 2, "min": -5000}, Decimal("-1234.50")),
            ({"decimals": 12}, Decimal("12345678901234567890.123456789012")),
            ({"percent": True, "decimals": 1}, Decimal("0.155")),
            ({"unit": {"zh-CN": "件", "en": "pcs"}, "grouping": False}, Decimal(0)),
            ({"prefix": {"zh-CN": "第", "en": "No. "}, "negative_red": True}, Decimal(-3)),
        ]
