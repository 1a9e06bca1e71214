"""A value computed from others by an expression. Stored where it can be, else computed whenever it is read.

Stored: everything it needs lies in the record and its rows. Live: it asks the clock, the person, a setting or another
record (EXPRESSIONS.md, 12). What reads other records may be kept all the same (`store`): then it is computed with the
rights of the system and follows them when they change. Its looks are those of the field type named by `result`.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar, Final

from engines.form.fields.base import Context, Field, FieldType, Group
from engines.form.fields.boolean import BooleanField
from engines.form.fields.date import DateField
from engines.form.fields.datetime import DatetimeField
from engines.form.fields.delegated import Delegated
from engines.form.fields.money import CURRENCY, Amount, MoneyField
from engines.form.fields.number import DECIMALS, MOST_DECIMALS, NumberField
from engines.form.fields.options import flag, one_of, properties, words
from engines.form.fields.text import TextField
from engines.kernel.documents import described, label_schema

RESULTS: Final[Mapping[str, FieldType]] = {
    "text": TextField(),
    "number": NumberField(),
    "money": MoneyField(),
    "date": DateField(),
    "datetime": DatetimeField(),
    "boolean": BooleanField(),
}
_FILE_DIGITS: Final = 15
"""Digits of a number that spreadsheets keep."""


class FormulaField(Delegated):
    """A line's amount, a quote's total, days idle."""

    key = "formula"
    icon = "math-function"
    group: ClassVar[Group] = "advanced"
    title = words("Formula", "公式")
    description = words("Computed from other fields.", "由其他字段计算得出。")
    writable = False
    searchable = True
    required_options: ClassVar[tuple[str, ...]] = ("expression", "result")
    option_properties = properties(
        expression=described(
            {"type": "string", "minLength": 1, "maxLength": 10_000},
            ("Expression", "What is computed, for example ROUND(qty * price, 2)."),
            ("表达式", "计算内容，例如 ROUND(qty * price, 2)。"),
        ),
        result=described(
            {"enum": list(RESULTS)},
            ("Result", "What kind of value comes out; it decides how it is shown."),
            ("结果类型", "结果是什么类型，决定显示方式。"),
        ),
        store=one_of(
            ("auto", "always", "never"),
            "auto",
            (
                "Keep the value",
                "Automatic: kept where the record itself decides it, else computed when it is read. Always: also kept"
                " and followed up where it reads other records. Never: computed whenever it is read.",
            ),
            (
                "保存结果",
                "自动：只由本记录决定的结果保存，其余读取时计算；始终：读取其他记录的结果也保存，并随之更新；从不：每次读取时计算。",
            ),
        ),
        decimals=described(
            {key: one for key, one in DECIMALS.items() if key not in ("default", "title", "description", "x-zh")},
            (
                "Decimals",
                "How many digits after the point are shown. Without it at most two, and none of a whole number.",
            ),
            ("小数位数", "小数点后显示几位；不填则最多两位，整数不带小数。"),
        ),
        percent=flag(
            False,
            ("Percent", "Shows a number in percent: 0.15 as 15%."),
            ("百分比", "以百分数显示：0.15 显示为 15%。"),
        ),
        grouping=flag(
            True,
            ("Group digits", "Shows a comma between thousands."),
            ("千分位", "显示千分位逗号。"),
        ),
        unit=label_schema(
            ("Unit", "Shown behind the number."),
            ("单位", "显示在数字后面。"),
        ),
        **CURRENCY,
        precision=described(
            {"enum": ["day", "month", "year", "minute", "second"]},
            ("Precision", "What is shown of a date or an instant."),
            ("精度", "日期或时间显示到哪一级。"),
        ),
    )

    def fill(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """Amounts have the digits of money where nothing else is said."""
        filled = super().fill(options)
        return {"decimals": 2, **filled} if filled.get("result") == "money" else filled

    def kind(self, field: Field) -> FieldType:
        """The field type that the result looks like."""
        return RESULTS[field.options["result"]]

    def folded(self, options: Mapping[str, Any]) -> bool:
        return bool(options.get("result") == "text")

    def expression_of(self, options: Mapping[str, Any]) -> str | None:
        return str(options["expression"])

    def keeps(self, field: Field) -> bool | None:
        return {"always": True, "never": False}.get(field.options.get("store", "auto"))

    def look(self, field: Field) -> str:
        return str(field.options["result"])

    def export_cell(self, value: Any, field: Field, context: Context) -> Any:
        return self.kind(field).export_cell(_exported(value, field), field, context)

    def samples(self) -> Sequence[tuple[dict[str, Any], Any]]:
        return [
            ({"expression": "1 + 1", "result": "number", "decimals": 0}, Decimal(2)),
            ({"expression": "10 / 4", "result": "money"}, Decimal("2.50")),
            ({"expression": '"a" & "b"', "result": "text"}, "ab"),
        ]


def _exported(value: Any, field: Field) -> Any:
    """A quotient without its tail: files hold 15 digits as a number, and more than what is shown only within these."""
    if not isinstance(value, Decimal) or not value.is_finite():
        return value
    decimals = field.options.get("decimals")
    places = max(MOST_DECIMALS if decimals is None else decimals, _FILE_DIGITS - 1 - max(value.adjusted(), 0))
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or -exponent <= places:
        return value
    cut = round(value, places)
    return Amount(cut, value.currency, value.digits) if isinstance(value, Amount) else cut
