"""The page on reports knows every kind, option and preset, and its examples fit the schemas."""

import json
import re
from pathlib import Path

import pytest

from engines.kernel.documents import validate
from engines.report import REPORT_KINDS, VISUALS, schemas
from engines.report.definition import AGGREGATES, GRANULARITIES
from engines.report.periods import PRESETS

PAGE = (Path(__file__).parents[2] / "docs" / "reports.md").read_text()


@pytest.mark.parametrize(
    "name",
    [
        *VISUALS.keys(),
        *AGGREGATES,
        *GRANULARITIES,
        *PRESETS,
        *schemas.QUESTION["options"]["properties"],
        *schemas.FORMAT["properties"],
        *sorted(set(schemas.QUESTION) - {"title", "description", "options", "visual", "dataset", "measures"}),
    ],
)
def test_every_name_has_its_place_on_the_page(name: str) -> None:
    assert f"`{name}`" in PAGE


@pytest.mark.parametrize("visual", VISUALS.all(), ids=lambda one: one.key)
def test_the_page_says_how_much_a_visual_can_draw(visual: object) -> None:
    least, most = visual.dimensions  # type: ignore[attr-defined]
    line = re.search(rf"^\| `{visual.key}` \| (\d)(?:–(\d))?", PAGE, re.MULTILINE)  # type: ignore[attr-defined]
    assert line and (int(line[1]), int(line[2] or line[1])) == (least, most)


def test_the_examples_fit_the_schemas() -> None:
    examples = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)]
    kinds = {kind.key: kind for kind in REPORT_KINDS}
    assert {one["kind"] for one in examples} == set(kinds)
    assert [problem for one in examples for problem in validate(kinds[one["kind"]], one)] == []
