"""Words in metadata: a label is one string, or one string per language."""

from collections.abc import Mapping
from typing import Any, Final

LOCALES: Final = ("zh-CN", "en")

Label = str | Mapping[str, str]


def described(schema: Mapping[str, Any], en: tuple[str, str], zh: tuple[str, str]) -> dict[str, Any]:
    """A property's schema with its title and description, English first; the designers' panels are drawn from it."""
    return {
        **schema,
        "title": en[0],
        "description": en[1],
        "x-zh": {"title": zh[0], "description": zh[1]},
    }


_WORDS: Final = {"type": "string", "minLength": 1, "maxLength": 500}

LABEL_SCHEMA: Final[Mapping[str, Any]] = {
    "anyOf": [
        _WORDS,
        {
            "type": "object",
            "properties": {
                "zh-CN": described(_WORDS, ("Chinese", "The words in Chinese."), ("中文", "中文文字。")),
                "en": described(_WORDS, ("English", "The words in English."), ("英文", "英文文字。")),
            },
            "additionalProperties": False,
            "minProperties": 1,
        },
    ]
}


def label(value: Any, locale: str) -> str:
    """The words for a locale: exact, else of the same language, else English, else any; "" for no label."""
    if value is None:
        return ""
    if not isinstance(value, Mapping):
        return str(value)
    language = locale.split("-")[0]
    near = [name for name in value if name.split("-")[0] == language]
    for name in (locale, *near, "en", *value):
        if value.get(name):
            return str(value[name])
    return ""


def label_schema(en: tuple[str, str], zh: tuple[str, str]) -> dict[str, Any]:
    """The schema of a property that holds a label."""
    return described(LABEL_SCHEMA, en, zh)
