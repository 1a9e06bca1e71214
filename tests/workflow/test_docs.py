"""Every node, property and rule has its words in the guide."""

from pathlib import Path

import pytest

from engines.workflow.definition import FlowKind
from engines.workflow.nodes import NODE_TYPES
from engines.workflow.people import PEOPLE

GUIDE = (Path(__file__).parents[2] / "docs" / "workflow.md").read_text()
NAMES = [
    *(name for name in FlowKind.properties if name not in ("title", "description", "form")),
    *(f"{word}" for kind in NODE_TYPES for word in (kind.key, *kind.properties) if word != "next"),
    *(rule["properties"]["kind"]["const"] for rule in PEOPLE["items"]["oneOf"]),
]


@pytest.mark.parametrize("name", dict.fromkeys(NAMES))
def test_the_guide_explains(name: str) -> None:
    assert f"`{name}`" in GUIDE or f'"kind": "{name}"' in GUIDE
