"""The pages about fields tell of every type and every option, in the words of the schemas."""

import re
from pathlib import Path
from typing import Any

import pytest

from engines.form.compile import RESERVED
from engines.form.fields import FIELD_TYPES
from engines.form.schemas import field_schema

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = {"en": ("fields.md", "fields-structured.md"), "zh-CN": ("fields.zh-CN.md", "fields-structured.zh-CN.md")}
KINDS = [pytest.param(kind, id=kind.key) for kind in FIELD_TYPES]


def page(locale: str) -> str:
    return "\n\n".join((DOCS / name).read_text(encoding="utf-8") for name in PAGES[locale])


def section(locale: str, key: str) -> str:
    parts = re.split(r"^### ", page(locale), flags=re.MULTILINE)
    found = [part for part in parts if part.splitlines()[0].endswith(f"`{key}`")]
    assert len(found) == 1, f"{key} has one section in {PAGES[locale]}"
    return found[0]


@pytest.mark.parametrize("locale", PAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_type_and_option_is_described(kind: Any, locale: str) -> None:
    text = section(locale, kind.key)
    assert text.startswith(kind.title[locale])
    for name, schema in kind.option_properties.items():
        words = schema["x-zh"] if locale == "zh-CN" else schema
        assert f"| `{name}` | {words['title']} | {words['description']} |" in text
    if kind.key != "formula":
        for op in kind.operator_names:
            assert f"`{op}`" in text


@pytest.mark.parametrize("locale", PAGES)
def test_every_property_of_a_field_is_described(locale: str) -> None:
    table = page(locale).split("## ")[1]
    for name in {*field_schema(rows=True)["properties"], *RESERVED}:
        assert f"`{name}`" in table


@pytest.mark.parametrize("locale", PAGES)
def test_no_section_is_about_a_type_that_does_not_exist(locale: str) -> None:
    keys = re.findall(r"^### .* `(\w+)`$", page(locale), flags=re.MULTILINE)
    assert sorted(keys) == sorted(FIELD_TYPES.keys())
