"""Numbers, periods and the few words that an answer needs, in the reader's language. Pure."""

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Final
from zoneinfo import ZoneInfo

from engines.kernel.labels import label
from engines.report import periods
from engines.report.definition import Format
from engines.report.result import Kind, MeasureColumn, Number

WORDS: Final = {
    "blank": {"zh-CN": "（空）", "en": "(blank)"},
    "others": {"zh-CN": "其他", "en": "Others"},
    "yes": {"zh-CN": "是", "en": "Yes"},
    "no": {"zh-CN": "否", "en": "No"},
    "count": {"zh-CN": "记录数", "en": "Records"},
    "sum": {"zh-CN": "{label}（合计）", "en": "{label} (total)"},
    "avg": {"zh-CN": "{label}（平均）", "en": "{label} (average)"},
    "min": {"zh-CN": "{label}（最小）", "en": "{label} (smallest)"},
    "max": {"zh-CN": "{label}（最大）", "en": "{label} (largest)"},
    "distinct": {"zh-CN": "{label}（去重计数）", "en": "{label} (different ones)"},
}

_EXACT: Final = Context(prec=200, rounding=ROUND_HALF_UP)


def word(key: str, locale: str) -> str:
    """A word of the reports in a language."""
    return label(WORDS[key], locale)


def period(start: date, granularity: str, locale: str) -> str:
    """What a period is called in a language: `2025年3月`, `Mar 2025`; weeks by their first day."""
    if not locale.startswith("zh"):
        if granularity == "month":
            return f"{_MONTHS[start.month - 1]} {start.year}"
        if granularity == "quarter":
            return f"Q{(start.month + 2) // 3} {start.year}"
        return periods.name(start, granularity)
    if granularity == "year":
        return f"{start.year}年"
    if granularity == "quarter":
        return f"{start.year}年第{'一二三四'[(start.month - 1) // 3]}季度"
    if granularity == "month":
        return f"{start.year}年{start.month}月"
    if granularity == "week":
        year, week, _ = start.isocalendar()
        return f"{year}年第{week}周"
    return start.isoformat()


_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def scaled(value: Decimal, form: Format) -> Decimal:
    """The number as it is drawn: divided by its scale, a share times one hundred."""
    return _EXACT.divide(value * (100 if form.percent else 1), Decimal(form.scale))


def number(value: Decimal, form: Format, locale: str) -> str:
    """A number as people read it: `1,234.50 元`, `63.15%`. Half is rounded away from zero; no negative zero."""
    drawn = scaled(value, form)
    if form.decimals is None:
        text = f"{drawn.quantize(Decimal(1).scaleb(-12), context=_EXACT):,f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
    else:
        text = f"{drawn.quantize(Decimal(1).scaleb(-form.decimals), context=_EXACT):,f}"
    if text.startswith("-") and not text.strip("-0.,"):
        text = text[1:]
    unit = label(form.unit, locale)
    return text + ("%" if form.percent else "") + (f" {unit}" if unit else "")


def value_text(value: Number, column: MeasureColumn, locale: str, zone: str = "UTC") -> str:
    """The text of a measure's value; "–" where there is none."""
    if value is None:
        return "–"
    if isinstance(value, datetime):
        return value.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")
    if isinstance(value, date):
        return value.isoformat()
    return number(value, column.format, locale)


def measure_label(aggregate: str, field_label: str, locale: str) -> str:
    """The label of a measure that has none of its own."""
    return word(aggregate, locale).replace("{label}", field_label) if field_label else word("count", locale)


def group_text(value: object, kind: Kind, locale: str) -> str:
    """The name of a plain group value: text, number, yes or no."""
    if kind is Kind.BOOLEAN:
        return word("yes" if value else "no", locale)
    if isinstance(value, Decimal):
        return number(value, Format(), locale)
    return str(value)
