"""Small builders for the words and the option schemas of field types."""

from collections.abc import Mapping
from typing import Any

from engines.kernel.documents import described


def words(en: str, zh: str) -> Mapping[str, str]:
    """A label in both languages."""
    return {"en": en, "zh-CN": zh}


def properties(*groups: Mapping[str, Any], **schemas: Mapping[str, Any]) -> Mapping[str, Any]:
    """The properties of an options schema, in order."""
    merged: dict[str, Any] = {}
    for group in groups:
        merged |= group
    return merged | schemas


def flag(default: bool, en: tuple[str, str], zh: tuple[str, str]) -> dict[str, Any]:
    """A yes/no option."""
    return described({"type": "boolean", "default": default}, en, zh)


def one_of(values: tuple[str, ...], default: str, en: tuple[str, str], zh: tuple[str, str]) -> dict[str, Any]:
    """An option that takes one of some words."""
    return described({"enum": list(values), "default": default}, en, zh)
