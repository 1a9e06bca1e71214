"""Ways to reach people: telephone numbers and e-mail addresses, kept in one spelling each."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Any

from engines.form.fields.base import Context, Field, reject
from engines.form.fields.options import one_of, properties, words
from engines.form.fields.text import Textual

_DECORATION = re.compile(r"[\s\-().\u2010-\u2015]+")
_MOBILE = re.compile(r"^1[3-9]\d{9}$")
_LANDLINE = re.compile(r"^(010|02\d|0[3-9]\d{2})[-\s]?(\d{3,4})[-\s]?(\d{4})(?:[-\sx#转]+(\d{1,6}))?$")
_SERVICE = re.compile(r"^(400|800)\d{7}$")
_FOREIGN = re.compile(r"^\+[1-9]\d{6,14}$")
_NAME = r"[^\s@,;<>()\[\]\"]{1,64}"
_LABEL = r"[^\s@.,;<>()\[\]\"]{1,63}"
_EMAIL = re.compile(rf"^{_NAME}@(?:{_LABEL}\.)+(?!\d){_LABEL}$")


class PhoneField(Textual):
    """A mobile number of 11 digits, or any telephone."""

    key = "phone"
    icon = "phone"
    title = words("Phone", "电话")
    description = words("A mobile or any telephone number in one spelling.", "手机或其他电话，按统一写法保存。")
    may_be_unique = True
    option_properties = properties(
        kind=one_of(
            ("mobile", "landline", "any"),
            "mobile",
            (
                "Numbers",
                "Chinese mobile numbers of 11 digits, landlines and service numbers, or any, foreign ones too.",
            ),
            ("号码", "仅 11 位手机号，仅座机和 400 等号码，或所有号码（含国外）。"),
        )
    )

    def parse(self, raw: Any, field: Field, context: Context | None = None) -> str | None:
        text = super().parse(str(raw) if isinstance(raw, int) and not isinstance(raw, bool) else raw, field, context)
        if text is None:
            return None
        wide = unicodedata.normalize("NFKC", text)
        number = _DECORATION.sub("", wide)
        mobile = re.sub(r"^(\+|00)?86", "", number)
        kind = field.options.get("kind", "mobile")
        if kind != "landline" and _MOBILE.match(mobile):
            return mobile
        if kind != "mobile":
            landline = _LANDLINE.match(re.sub(r"[().]", "", wide))
            if landline:
                area, first, last, extension = landline.groups()
                return "-".join(part for part in (area, first + last, extension) if part)
            if _SERVICE.match(number) or (kind == "any" and _FOREIGN.match(number)):
                return number
            raise reject("phone.not_a_number", f'"{text[:50]}" is not a telephone number', value=text[:50])
        raise reject("phone.not_a_mobile", f'"{text[:50]}" is not a mobile number of 11 digits', value=text[:50])

    def samples(self) -> Sequence[tuple[dict[str, Any], Any]]:
        return [
            ({}, "13800138000"),
            ({"kind": "any"}, "021-61234567"),
            ({"kind": "any"}, "+4915112345678"),
            ({"kind": "landline"}, "010-61234567-8001"),
        ]


class EmailField(Textual):
    """An e-mail address; its domain in small letters."""

    key = "email"
    icon = "mail"
    title = words("E-mail", "邮箱")
    description = words("An e-mail address.", "电子邮箱地址。")
    may_be_unique = True

    def parse(self, raw: Any, field: Field, context: Context | None = None) -> str | None:
        text = super().parse(raw, field, context)
        if text is None:
            return None
        address = unicodedata.normalize("NFKC", text)
        if len(address) > 254 or not _EMAIL.match(address):
            raise reject("email.not_an_address", f'"{text[:80]}" is not an e-mail address', value=text[:80])
        name, _, domain = address.rpartition("@")
        return f"{name}@{domain.lower()}"

    def samples(self) -> Sequence[tuple[dict[str, Any], Any]]:
        return [({}, "Lin.Yue@example.com"), ({}, "销售+展会@例子.公司")]
