"""Normalisers: how a text that somebody sent is put right before it is read, for every writer."""

import re
import unicodedata
from collections.abc import Callable, Iterable
from typing import Any, Final

from engines.kernel.documents import described

_SPACES: Final = re.compile(r"\s+")
_CJK: Final = "\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef"
_BETWEEN: Final = re.compile(rf"(?<=[{_CJK}])\s+(?=[{_CJK}])")
_LIMITED: Final = re.compile(r"[\s,]*\bco(?:mpany)?\b[\s.,]*l(?:imi)?te?d\b\.?$", re.IGNORECASE)
_COUNTRY: Final = re.compile(r"^(?:\+|00)86(?=1\d{10}$)")


def _width(text: str) -> str:
    """Letters, digits and signs in half width, as on a keyboard; Chinese punctuation stays as it is."""
    return "".join(_half(letter) for letter in text)


def _half(letter: str) -> str:
    code = ord(letter)
    if letter in "\uff0c\uff1b\uff1a\uff1f\uff01\uff08\uff09":
        return letter
    if 0xFF01 <= code <= 0xFF5E:
        return chr(code - 0xFEE0)
    return " " if letter == "\u3000" else letter


def _phone(text: str) -> str:
    """Digits, with a leading + kept; the country code before a Chinese mobile number goes."""
    plain = unicodedata.normalize("NFKC", text)
    kept = "".join(letter for letter in plain if letter.isascii() and letter.isdigit())
    kept = f"+{kept}" if plain.strip().startswith("+") else kept
    return _COUNTRY.sub("", kept)


def _company(text: str) -> str:
    """One way to write a company's name: Chinese brackets in a Chinese name, no inner spaces, `Co., Ltd.`."""
    name = _SPACES.sub(" ", _width(text)).strip()
    if re.search(r"[\u4e00-\u9fff]", name):
        name = _BETWEEN.sub("", name.replace("(", "（").replace(")", "）"))
        return re.sub(r"\s*([（）])\s*", r"\1", name)
    return _LIMITED.sub(" Co., Ltd.", name)


NORMALISERS: Final[dict[str, Callable[[str], str]]] = {
    "trim": str.strip,
    "spaces": lambda text: _SPACES.sub(" ", text).strip(),
    "nospaces": lambda text: _SPACES.sub("", text),
    "width": _width,
    "upper": str.upper,
    "lower": str.lower,
    "phone": _phone,
    "company": _company,
}
"""By the word that a field names them with; they are applied in the order in which the field names them."""

NORMALISE: Final[dict[str, Any]] = described(
    {
        "type": "array",
        "items": {"enum": list(NORMALISERS)},
        "uniqueItems": True,
        "maxItems": len(NORMALISERS),
        "x-value": True,
    },
    (
        "Put right",
        "What is done to a text before it is read, in order: cut spaces at the ends, one space between words, no "
        "spaces, half width, capitals, small letters, telephone number, company name.",
    ),
    (
        "规范化",
        "读取文本前依次处理：去首尾空格、合并空格、去掉空格、全角转半角、大写、小写、电话号码、公司名称。",
    ),
)


def normalised(raw: Any, names: Iterable[str]) -> Any:
    """A sent value put right; what is no text stays as it is."""
    if isinstance(raw, str):
        for name in names:
            raw = NORMALISERS[name](raw)
    return raw
