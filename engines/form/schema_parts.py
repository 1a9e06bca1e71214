"""Pieces that the schemas of forms, rules and layouts are made of."""

from collections.abc import Mapping
from typing import Any, Final

from engines.kernel.documents import described, key_schema, label_schema

FIELD_KEY: Final = 40
FORM_KEY: Final = 24
ELEMENT_KEY: Final = 40

EXPRESSION: Final = {"type": "string", "minLength": 1, "maxLength": 10_000}
ICON: Final = described(
    {"type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$", "maxLength": 40},
    ("Icon", "The name of an icon of the set."),
    ("图标", "图标集中的名称。"),
)
TITLE: Final = label_schema(("Title", "What people see."), ("标题", "人看到的文字。"))
FILTER: Final = described(
    {"$ref": "#/$defs/filter"},
    ("Filter", "Which records are shown."),
    ("筛选", "显示哪些记录。"),
)


def field_names(en: tuple[str, str], zh: tuple[str, str], most: int = 200) -> dict[str, Any]:
    """A list of distinct field keys or paths."""
    name = {"type": "string", "minLength": 1, "maxLength": 200}
    return described({"type": "array", "items": name, "uniqueItems": True, "maxItems": most}, en, zh)


def keyed(properties: Mapping[str, Any], required: tuple[str, ...], most: int = 200) -> dict[str, Any]:
    """A list of closed objects with a key."""
    key = key_schema(ELEMENT_KEY, ("Key", "Its name; it never changes."), ("标识", "名称，不再改变。"))
    return {
        "type": "array",
        "maxItems": most,
        "items": {
            "type": "object",
            "properties": {"key": key, **properties},
            "required": ["key", *required],
            "additionalProperties": False,
        },
    }
