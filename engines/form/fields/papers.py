# ruff: noqa: ARG002
"""What Chinese papers carry: numbers of identity cards and of licence plates, checked by their rules."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from engines.form.fields.base import Context, Field, reject
from engines.form.fields.options import flag, one_of, properties, words
from engines.form.fields.text import Textual

_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_DIGITS: Final = "10X98765432"
_PROVINCES: Final = re.compile(r"1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3]")
_OLDEST: Final = date(1850, 1, 1)

_PLACES: Final = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_COMMON: Final = re.compile(rf"^[{_PLACES}][A-Z][A-HJ-NP-Z0-9]{{4}}[A-HJ-NP-Z0-9挂学警港澳]$")
_NEW_ENERGY: Final = re.compile(rf"^[{_PLACES}][A-Z](?:[A-HJK][A-HJ-NP-Z0-9]\d{{4}}|\d{{5}}[A-HJK])$")
_EMBASSY: Final = re.compile(rf"^(?:\d{{6}}使|使\d{{6}}|[{_PLACES}][A-Z]\d{{4}}领)$")
_DECORATION: Final = re.compile(r"[\s·•・.\-－]+")


class IdCardField(Textual):
    """A resident identity card: 18 places with a check digit (GB 11643), or the 15 of the first generation."""

    key = "id_card"
    icon = "id"
    title = words("ID card", "身份证号")
    description = words("A Chinese identity card number with its check digit.", "居民身份证号，校验出生日期和校验码。")
    may_be_unique = True
    operator_names = ("eq", "ne", "contains", "ncontains", "starts", "in", "nin", "empty", "filled")
    option_properties = properties(
        old=flag(
            True,
            ("15 places", "Also takes numbers of the first generation, which have 15 places and no check digit."),
            ("15 位旧号", "也接受第一代身份证的 15 位号码，它没有校验码。"),
        )
    )

    def parse(self, raw: Any, field: Field, context: Context | None = None) -> str | None:
        text = super().parse(str(raw) if isinstance(raw, int) and not isinstance(raw, bool) else raw, field, context)
        if text is None:
            return None
        number = re.sub(r"[\s\-]+", "", unicodedata.normalize("NFKC", text)).upper()
        if re.fullmatch(r"\d{15}", number) and field.options.get("old", True):
            if _PROVINCES.match(number) and _born(f"19{number[6:12]}"):
                return number
        elif not re.fullmatch(r"\d{17}[\dX]", number):
            raise reject("id_card.not_a_number", "An ID card number has 18 places", value=text[:30])
        elif _PROVINCES.match(number) and _born(number[6:14]):
            if check_digit(number) == number[17]:
                return number
            raise reject("id_card.check_digit", "The check digit does not fit: one of the places is wrong")
        raise reject("id_card.no_such", "No ID card begins like this: place or birthday do not exist", value=text[:30])

    def samples(self) -> Sequence[tuple[dict[str, Any], Any]]:
        return [({}, "11010519491231002X"), ({}, "440524188001010014"), ({"old": True}, "110105491231002")]


class PlateField(Textual):
    """A licence plate: ordinary, new energy, trailers, learners, police, embassies, Hong Kong and Macao."""

    key = "plate"
    icon = "car"
    title = words("Licence plate", "车牌号")
    description = words("A Chinese licence plate, new energy included.", "中国机动车号牌，含新能源。")
    may_be_unique = True
    option_properties = properties(
        kind=one_of(
            ("any", "common", "new_energy"),
            "any",
            ("Plates", "All, ordinary ones only, or new energy only."),
            ("号牌种类", "全部、仅普通号牌或仅新能源号牌。"),
        )
    )

    def parse(self, raw: Any, field: Field, context: Context | None = None) -> str | None:
        text = super().parse(raw, field, context)
        if text is None:
            return None
        plate = _DECORATION.sub("", unicodedata.normalize("NFKC", text)).upper()
        kind = field.options.get("kind", "any")
        known = {"common": (_COMMON, _EMBASSY), "new_energy": (_NEW_ENERGY,)}
        for shape in known.get(kind, (_COMMON, _EMBASSY, _NEW_ENERGY)):
            if shape.match(plate):
                return plate
        raise reject("plate.not_a_plate", f'"{text[:20]}" is not a licence plate; write 京A12345', value=text[:20])

    def display(self, value: Any, field: Field, locale: str = "zh-CN", zone: str = "Asia/Shanghai") -> str:
        """With the dot that plates have behind the letter of the city."""
        if value is None:
            return ""
        return f"{value[:2]}·{value[2:]}" if value[:1] in _PLACES and len(value) > 2 else str(value)

    def export_cell(self, value: Any, field: Field, context: Context) -> Any:
        return value

    def samples(self) -> Sequence[tuple[dict[str, Any], Any]]:
        return [
            ({}, "京A12345"),
            ({"kind": "new_energy"}, "粤BD12345"),
            ({}, "沪A0023领"),
            ({"kind": "common"}, "苏E1234挂"),
        ]


def check_digit(number: str) -> str:
    """The 18th place that belongs to the first 17 (GB 11643: ISO 7064, MOD 11-2)."""
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, number[:17], strict=True))
    return _DIGITS[total % 11]


def _born(digits: str) -> bool:
    try:
        born = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return False
    return born >= _OLDEST
