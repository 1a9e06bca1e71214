"""What docs/rules.md says holds: every example is compiled and written."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from engines.form.compile import compile_forms
from engines.form.records import create_record
from engines.formula import json_value
from engines.kernel.problems import Rejected
from tests.conftest import Begin
from tests.form import company

PAGE = Path(__file__).parents[2] / "docs" / "rules.md"
BLOCK = re.compile(r"<!-- tested: rules (\S+) -->\n```json\n(.*?)```", re.DOTALL)
EXAMPLES = {name: json.loads(block) for name, block in BLOCK.findall(PAGE.read_text(encoding="utf-8"))}


def test_the_page_has_its_examples():
    assert len(EXAMPLES) == 6


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_of_the_page_does_what_it_says(begin: Begin, name: str):
    example: dict[str, Any] = EXAMPLES[name]
    document = {"kind": "form", "key": "example", "title": "Example", "fields": example["fields"]}
    document["rules"] = example.get("rules", [])
    others = [{"kind": "form", **one} for one in example.get("forms", [])]
    forms = compile_forms(f"d{name}", [document, *others])
    with begin(publish=True, keep=False) as tx:
        company.install(tx, forms)
        for key, values in example.get("records", []):
            create_record(tx, forms.get(key), values)
        for case in example["cases"]:
            if "refused" in case:
                with pytest.raises(Rejected) as caught:
                    create_record(tx, forms.get("example"), case["record"])
                assert {one.path: one.code for one in caught.value.problems} == case["refused"]
            else:
                values = create_record(tx, forms.get("example"), case["record"]).values
                assert {key: json_value(values[key]) for key in case["gives"]} == case["gives"]
