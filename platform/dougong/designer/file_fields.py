"""What kind of field fits a column of a file: told from its cells, with its head as a hint.

The cells are those that the analysis of an import counted: texts with how often each occurs, days as ISO texts.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from engines.form.folding import fold
from engines.form.importing.dates import Order, fitting_orders

SURE: Final = 0.95
"""So large a share of the cells must fit a kind."""
FEW: Final = 12
"""More different values than this are no options."""

KINDS: Final = (
    "text", "textarea", "number", "money", "percent", "date", "datetime", "time", "choice", "choices", "boolean",
    "phone", "email", "url", "id_card",
)  # fmt: skip
"""The types that a column may become."""

_PHONE: Final = re.compile(
    r"(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}|0\d{2,3}[- ]?\d{7,8}(?:[-转]\d{1,6})?|400[- ]?\d{3}[- ]?\d{4}"
)
_MAIL: Final = re.compile(r"[^@\s,;]+@[^@\s,;]+\.[^@\s,;.]{2,}")
_LINK: Final = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_IDENTITY: Final = re.compile(r"[1-9]\d{16}[\dXx]")
_CLOCK: Final = re.compile(r"(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d)?")
_MOMENT: Final = re.compile(r"\d[\d年月日/.\- ]{5,11}[ T日]\s*\d{1,2}:\d{2}(:\d{2})?")
_PERCENT: Final = re.compile(r"[+-]?\d+(?:\.\d+)?\s*[%％]")
_MONEY: Final = re.compile(r"[¥￥$€£]\s*[+-]?\d[\d,，]*(?:\.\d+)?|[+-]?\d[\d,，]*(?:\.\d+)?\s*元")
_GROUPED: Final = re.compile(r"[+-]?\d{1,3}(?:[,，]\d{3})+(?:\.\d+)?")
_SEPARATED: Final = re.compile(r"\s*[、;；|]\s*")
_YES: Final = {"是", "否", "yes", "no", "true", "false", "√", "×", "y", "n", "有", "无", "对", "错"}
_MONEY_WORDS: Final = (
    "金额",
    "单价",
    "价格",
    "总价",
    "费用",
    "合计",
    "余额",
    "工资",
    "成本",
    "预算",
    "amount",
    "price",
    "cost",
    "fee",
    "salary",
    "budget",
    "total",
)
_RATE_WORDS: Final = ("率", "折扣", "比例", "占比", "rate", "discount", "percent", "ratio")
_PHONE_WORDS: Final = ("手机", "电话", "联系方式", "phone", "mobile", "tel")
_CODE_WORDS: Final = (
    "编号",
    "编码",
    "单号",
    "代码",
    "型号",
    "邮编",
    "账号",
    "卡号",
    "工号",
    "code",
    "number",
    "no.",
    "sku",
    "zip",
)
_LONG_WORDS: Final = ("备注", "说明", "描述", "remark", "note", "comment", "description")


@dataclass(frozen=True, slots=True)
class Guess:
    """A kind of field for a column: its options, and in which order days are written."""

    type: str
    options: Mapping[str, Any] = field(default_factory=dict)
    order: Order | None = None


def guess_field(header: str, column: Mapping[str, Any], kind: str | None = None) -> Guess:
    """The field that fits a column best; with `kind` the options of a field of that kind."""
    counted = [(str(text), int(count)) for text, count in column.get("values", ()) if str(text).strip()]
    kind = kind or _kind(fold(header), column, counted)
    order = _order(counted) if kind in ("date", "datetime") else None
    return Guess(kind, _options(kind, counted), order)


def _kind(head: str, column: Mapping[str, Any], counted: Sequence[tuple[str, int]]) -> str:
    texts = [text.strip() for text, _ in counted]
    if not texts:
        return _by_head(head)
    every: Callable[[Callable[[str], Any]], bool] = lambda fits: (  # noqa: E731
        sum(count for text, count in counted if fits(text.strip())) >= SURE * sum(count for _, count in counted)
    )
    for kind, pattern in (
        ("email", _MAIL),
        ("url", _LINK),
        ("id_card", _IDENTITY),
        ("phone", _PHONE),
        ("percent", _PERCENT),
        ("money", _MONEY),
        ("time", _CLOCK),
    ):
        if every(pattern.fullmatch):
            return kind
    if every(_MOMENT.fullmatch):
        return "datetime"
    if column.get("orders") or (not every(_number) and _order_fits(texts)):
        return "date"
    if every(lambda text: fold(text) in _YES) and len(texts) <= 2:
        return "boolean"
    if every(_number):
        return _numeric(head, texts)
    return _wordy(head, column, counted)


def _numeric(head: str, texts: Sequence[str]) -> str:
    if any(word in head for word in _PHONE_WORDS):
        return "phone" if all(_PHONE.fullmatch(text) for text in texts) else "text"
    whole = [text.lstrip("+-") for text in texts]
    if any(len(text) > 1 and text.startswith("0") and text.isdigit() for text in whole):
        return "text"  # leading zeros would be lost
    if any(word in head for word in _CODE_WORDS) or any(
        len(text.replace(",", "").split(".")[0]) > 15 for text in whole
    ):
        return "text"
    if any(word in head for word in _RATE_WORDS) and all(abs(Decimal(text)) <= 1 for text in whole if "," not in text):
        return "percent"
    return "money" if any(word in head for word in _MONEY_WORDS) else "number"


def _wordy(head: str, column: Mapping[str, Any], counted: Sequence[tuple[str, int]]) -> str:
    texts = [text for text, _ in counted]
    filled = int(column.get("filled", 0)) or sum(count for _, count in counted)
    if any("\n" in text or len(text) > 60 for text in texts) or any(word in head for word in _LONG_WORDS):
        return "textarea"
    distinct = int(column.get("distinct", len(texts)))
    if distinct <= FEW and filled >= 3 * distinct and all(len(text) <= 20 for text in texts):
        return "choice"
    parts = [_SEPARATED.split(text.strip()) for text in texts]
    pieces = {piece for each in parts for piece in each}
    shared = sum(count * len(each) for each, (_, count) in zip(parts, counted, strict=True))
    if (
        any(len(each) > 1 for each in parts)
        and len(pieces) <= FEW
        and shared >= 3 * len(pieces)
        and all(0 < len(piece) <= 20 for piece in pieces)
    ):
        return "choices"
    return "text"


def _by_head(head: str) -> str:
    """A column without a value: its head alone tells."""
    if any(word in head for word in _LONG_WORDS):
        return "textarea"
    if any(word in head for word in ("日期", "date")):
        return "date"
    if any(word in head for word in _MONEY_WORDS):
        return "money"
    return "phone" if any(word in head for word in _PHONE_WORDS) else "text"


def _number(text: str) -> bool:
    if _GROUPED.fullmatch(text):
        return True
    try:
        return Decimal(text).is_finite()
    except InvalidOperation:
        return False


def _order_fits(texts: Sequence[str]) -> bool:
    return min(fitting_orders(texts).values()) <= len(texts) * (1 - SURE)


def _order(counted: Sequence[tuple[str, int]]) -> Order:
    wrong = fitting_orders([text for text, _ in counted])
    return min(wrong, key=lambda one: wrong[one])


def _options(kind: str, counted: Sequence[tuple[str, int]]) -> dict[str, Any]:
    texts = [text.strip() for text, _ in counted]
    if kind in ("choice", "choices"):
        parts = [piece for text in texts for piece in (_SEPARATED.split(text) if kind == "choices" else [text])]
        return {"choices": [{"key": one[:60], "label": one[:100]} for one in dict.fromkeys(parts) if one][:200]}
    if kind == "money":
        return {
            "currency": "USD"
            if any("$" in text for text in texts)
            else "EUR"
            if any("€" in text for text in texts)
            else "CNY"
        }
    if kind == "number":
        places = [len(text.rpartition(".")[2]) for text in texts if "." in text]
        return {"decimals": min(max(places), 6)} if places else {}
    return {}
