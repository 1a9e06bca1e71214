"""Every kind of document keeps the rules of the house, and the docs name every code of the metadata engine."""

import re
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from dougong.apps.kinds import DOCUMENT_KINDS
from engines.kernel.documents import DocumentKind, label
from engines.kernel.schemas import lint

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("kind", DOCUMENT_KINDS.all(), ids=DOCUMENT_KINDS.keys())
def test_a_published_schema_is_closed_and_speaks_both_languages(kind: DocumentKind) -> None:
    Draft202012Validator.check_schema(kind.schema)
    assert lint(kind.schema) == []
    assert kind.schema["$id"] == f"urn:dougong:document:{kind.key}"
    assert label(kind.title, "en") != label(kind.title, "zh-CN")


def test_the_docs_name_every_problem_of_documents_layers_drafts_and_publishes() -> None:
    text = (ROOT / "docs" / "metadata.md").read_text()
    sources = [*(ROOT / "engines" / "kernel").glob("*.py"), *(ROOT / "platform" / "dougong" / "apps").glob("*.py")]
    pattern = r'"((?:document|layer|merge|reference|draft|publish|revision|trash|app)\.[a-z_]+)"'
    codes = {code for path in sources for code in re.findall(pattern, path.read_text())}
    assert len(codes) > 30
    assert sorted(code for code in codes if f"`{code}`" not in text) == []
