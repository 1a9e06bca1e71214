"""Masks: what of a text is shown to those without the right to read it in full (`138****8000`).

The same rule in Python (history, conflicts) and in SQL (everything that is read: the mask is part of the statement, so
no list, filter, sort, total, title or file can tell more than it shows).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Text, case, func, literal, type_coerce

from engines.kernel.documents import described
from engines.kernel.problems import Problem

STAR: Final = "*"
HIDDEN: Final = STAR * 6
KEPT: Final[Mapping[str, tuple[int, int]]] = {"phone": (3, 4), "id": (3, 4), "name": (1, 0)}
KINDS: Final = (*KEPT, "email", "all", "custom")
MASKABLE: Final = frozenset({"text", "textarea", "phone", "email", "id_card", "plate", "serial"})
"""The field types whose values are texts of one column."""

_ENDS: Final = {"type": "integer", "minimum": 0, "maximum": 50, "default": 0}
SCHEMA: Final = described(
    {
        "type": "object",
        "properties": {
            "kind": described(
                {
                    "enum": list(KINDS),
                    "x-words": {
                        "phone": {"en": "Telephone: 138****8000", "zh-CN": "手机号：138****8000"},
                        "id": {"en": "ID card: 110***********8515", "zh-CN": "证件号：110***********8515"},
                        "name": {"en": "Name: 张**", "zh-CN": "姓名：张**"},
                        "email": {"en": "E-mail: z***@site.cn", "zh-CN": "邮箱：z***@site.cn"},
                        "all": {"en": "Everything: ******", "zh-CN": "全部：******"},
                        "custom": {"en": "As set below", "zh-CN": "自定义"},
                    },
                },
                ("Kind", "phone and id keep 3 and 4 characters, name the first, email one and the site, all nothing."),
                ("方式", "手机号和证件号保留前 3 后 4 位，姓名保留首字，邮箱保留首字母和域名，全部则不保留。"),
            ),
            "keep_start": described(_ENDS, ("Kept in front", "For custom."), ("保留前几位", "仅用于自定义。")),
            "keep_end": described(_ENDS, ("Kept at the end", "For custom."), ("保留后几位", "仅用于自定义。")),
        },
        "required": ["kind"],
        "additionalProperties": False,
    },
    ("Mask", "What those see who may see the field, but not read it in full."),
    ("脱敏", "能看到此字段但无权查看完整内容的人看到的样子。"),
)


@dataclass(frozen=True, slots=True)
class Mask:
    """How the values of one field are masked."""

    kind: str
    start: int = 0
    end: int = 0

    @classmethod
    def of(cls, spec: Mapping[str, Any]) -> "Mask":
        """The mask of a document."""
        kind = spec["kind"]
        start, end = KEPT.get(kind, (spec.get("keep_start", 0), spec.get("keep_end", 0)))
        return cls(kind, start, end)

    def text(self, value: Any) -> Any:
        """What is shown of a value; a blank stays blank."""
        if not isinstance(value, str):
            return value
        if self.kind == "all":
            return HIDDEN
        if self.kind == "email":
            head, at, site = value.partition("@")
            return f"{head[:1]}{STAR * 3}{at}{site}"
        hidden = len(value) - self.start - self.end
        if hidden <= 0:
            return STAR * len(value)
        return value[: self.start] + STAR * hidden + value[len(value) - self.end :]

    def sql(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        """The same as part of a statement."""
        if self.kind == "all":
            return case((column.is_not(None), literal(HIDDEN, Text(collation="C"))))
        if self.kind == "email":
            at = func.strpos(column, "@")
            site = case((at > 0, func.substr(column, at)), else_="")
            head = case((at == 1, ""), else_=func.left(column, 1))
            return _text(head.op("||")(STAR * 3).op("||")(site))
        length = func.length(column)
        middle = func.repeat(STAR, length - self.start - self.end)
        shown = func.left(column, self.start).op("||")(middle).op("||")(func.right(column, self.end))
        return _text(case((length <= self.start + self.end, func.repeat(STAR, length)), else_=shown))


def check_mask(kind: str, label: str) -> Iterator[Problem]:
    """What is wrong with a mask on a field of this type."""
    if kind not in MASKABLE:
        message = f"{label} cannot be masked: only texts can"
        yield Problem("mask.not_a_text", "mask", message, {"label": label, "type": kind})


def _text(value: ColumnElement[Any]) -> ColumnElement[Any]:
    return type_coerce(value, Text()).collate("C")
