"""The browser and the server say the same of rules: written cases, and generated forms, rules and records."""

import json
import subprocess
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from engines.form.compile import compile_forms
from engines.form.fields.number import rounded
from engines.form.form import Form
from engines.form.rules.behaviour import behaviour_of
from engines.form.rules.evaluate import State, evaluate_rules, rules_for, shown_by_rules
from engines.form.rules.follow import follow
from engines.formula import Facts, browser_facts, json_value
from tests.form.build import field, form
from tests.formula.browser import BUNDLER, UI, json_row

CASES = Path(__file__).parents[2] / "engines" / "form" / "rules" / "conformance"
SERVER = """
import { createInterface } from 'node:readline';
import { evaluateRules, circles, follow } from './rules.mjs';
createInterface({ input: process.stdin }).on('line', (line) => {
  const asked = JSON.parse(line);
  const told = asked.follow
    ? follow(circles(asked.fields), asked.row, asked.facts, asked.edited, new Set(asked.moved))
    : asked.map((one) => evaluateRules(one.rules, one.hidden, one.view, one.facts, one.operation));
  console.log(JSON.stringify(told));
});
"""


class Page:
    """The page's rules in one node process."""

    def __init__(self, folder: Path) -> None:
        source = f"{UI}/src/form/live"
        (folder / "entry.ts").write_text(
            f"export {{ evaluateRules }} from '{source}/rules.ts';\n"
            f"export {{ circles, follow }} from '{source}/follow.ts';\n"
        )
        command = [
            "node",
            str(BUNDLER),
            str(folder / "entry.ts"),
            "--file",
            str(folder / "rules.mjs"),
            "--format",
            "esm",
        ]
        subprocess.run(command, cwd=UI, check=True, capture_output=True)
        (folder / "server.mjs").write_text(SERVER)
        self._node = subprocess.Popen(
            ["node", str(folder / "server.mjs")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def ask(self, question: Any) -> Any:
        assert self._node.stdin and self._node.stdout
        self._node.stdin.write(json.dumps(question) + "\n")
        self._node.stdin.flush()
        return json.loads(self._node.stdout.readline())

    def close(self) -> None:
        self._node.communicate(timeout=10)


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    made = Page(tmp_path_factory.mktemp("rules"))
    yield made
    made.close()


def plan(one: Form, operation: str) -> list[dict[str, Any]]:
    """The rules as the page gets them, where it may see everything."""
    rules = []
    for rule in rules_for(one, operation):  # type: ignore[arg-type]
        told: dict[str, Any] = {"key": rule.key, "on": sorted(rule.on), "field": rule.field or ""}
        told |= {"when": rule.when.tree()} if rule.when else {}
        told |= {"check": rule.check.tree()} if rule.check else {}
        told |= {"subform": rule.subform} if rule.subform else {}
        told["actions"] = []
        for action in rule.actions:
            about: dict[str, Any] = {"key": action.key, "do": action.do, "fields": list(action.fields)}
            about |= {"value": action.value.tree()} if action.value else {}
            about |= {"color": action.color} if action.color else {}
            about |= {"field": action.field} if action.field else {}
            if action.choices is not None:
                plain = isinstance(action.choices, tuple)
                about["choices"] = list(action.choices) if plain else action.choices.tree()
            told["actions"].append(about)
        rules.append(told)
    return rules


def question(one: Form, view: dict[str, Any], facts: Facts, operation: str) -> dict[str, Any]:
    return {
        "rules": plan(one, operation),
        "hidden": sorted(shown_by_rules(one)),
        "view": json_row(view),
        "facts": browser_facts(facts),
        "operation": operation,
    }


def read(fields: Any, record: dict[str, Any]) -> dict[str, Any]:
    """A JSON record as the write path holds it."""
    found: dict[str, Any] = {}
    for key, value in record.items():
        one = fields[key]
        if one.rows:
            found[key] = [read(one.rows, row) for row in value]
        else:
            found[key] = one.type.parse(value, one)
    return found


def written() -> list[Any]:
    cases = []
    for path in sorted(CASES.glob("*.json")):
        document = json.loads(path.read_text(encoding="utf-8"))
        cases += [pytest.param(document, case, id=f"{path.stem}: {case['title']}") for case in document["cases"]]
    return cases


@pytest.mark.parametrize(("document", "case"), written())
def test_written_cases_hold_in_python_and_in_the_browser(script: Page, document: dict[str, Any], case: dict[str, Any]):
    one = compile_forms("rp", [form("it", *document["fields"], rules=case["rules"])]).get("it")
    told = document["facts"]
    facts = Facts(datetime.fromisoformat(told["now"]), told["zone"], told["user"])
    view = dict.fromkeys(one.fields) | read(one.fields, case["record"])
    operation = case.get("operation", "create")
    expected = State().as_json() | case["state"]
    assert evaluate_rules(one, view, facts, operation).as_json() == expected
    assert script.ask([question(one, view, facts, operation)]) == [expected]


# -- generated ---------------------------------------------------------------------------------------------------------

NUMBERS, TEXTS, FLAGS = ("n1", "n2"), ("t1", "t2"), ("b1",)
ROW_NUMBERS, ROW_TEXTS = ("r1", "n2"), ("rt",)
FACTS = Facts(datetime.fromisoformat("2026-03-05T16:30:00+00:00"), "Asia/Shanghai", {"id": 7, "name": "林悦"})
ACTIONS = ("show", "hide", "require", "optional", "readonly", "editable", "color", "set", "block", "warn", "lock")


def conditions(numbers: tuple[str, ...], texts: tuple[str, ...]) -> some.SearchStrategy[str]:
    number = some.sampled_from([*numbers, "0", "5", "n1 + 1"])
    compare = some.builds("{} {} {}".format, number, some.sampled_from(["<", "<=", "=", "<>", ">", ">="]), number)
    words = some.builds('{} = "{}"'.format, some.sampled_from(texts), some.sampled_from(["", "a", "b"]))
    leaf = some.one_of(
        compare, words, some.sampled_from(["b1", "SUM(lines.r1) > 3", "COUNT(lines) = 2", "TODAY() > DATE(2026, 1, 1)"])
    )
    return some.recursive(
        leaf,
        lambda inner: some.one_of(
            some.builds("AND({}, {})".format, inner, inner),
            some.builds("OR({}, {})".format, inner, inner),
            some.builds("NOT({})".format, inner),
        ),
        max_leaves=5,
    )


@some.composite
def rules(draw: Any, number: int) -> dict[str, Any]:
    inside = draw(some.booleans())
    when = draw(conditions((*NUMBERS, *ROW_NUMBERS), (*TEXTS, *ROW_TEXTS)) if inside else conditions(NUMBERS, TEXTS))
    targets = ("lines.r1", "lines.rt", "lines.n2") if inside else ("n1", "t1", "b1", "lines.rt", "lines")
    actions = []
    for place in range(draw(some.integers(1, 3))):
        do = draw(some.sampled_from(ACTIONS))
        action: dict[str, Any] = {"key": f"a{place}", "do": do, "fields": [draw(some.sampled_from(targets))]}
        if do == "color":
            action["color"] = draw(some.sampled_from(["red", "green"]))
        if do in ("block", "warn"):
            action["message"] = "m"
        if do == "set":
            texts = ("lines.rt",) if inside else ("t1", "lines.rt")
            action["fields"] = [draw(some.sampled_from(texts))]
            action["value"] = draw(some.sampled_from(['"x"', 't1 & "y"', '""', *(['rt & "z"'] if inside else [])]))
        actions.append(action)
    return {"key": f"r{number}", "when": when, "actions": actions}


VALUE = some.sampled_from([None, 0, 1, 5, 6, Decimal("2.5"), -3])
TEXT = some.sampled_from([None, "a", "b"])
ROW = some.fixed_dictionaries({"r1": VALUE, "n2": VALUE, "rt": TEXT})
RECORD = some.fixed_dictionaries(
    {
        "n1": VALUE,
        "n2": VALUE,
        "t1": TEXT,
        "t2": TEXT,
        "b1": some.sampled_from([None, True, False]),
        "lines": some.lists(ROW, max_size=3),
    }
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(some.data())
def test_generated_rules_say_the_same_in_python_and_in_the_browser(script: Page, data: Any):
    drawn = [data.draw(rules(number)) for number in range(data.draw(some.integers(1, 5)))]
    inner = [field(key, "number", {"decimals": 2}) for key in ROW_NUMBERS] + [field("rt", "text")]
    fields = [field(key, "number", {"decimals": 2}) for key in NUMBERS] + [field(key, "text") for key in TEXTS]
    fields += [field("b1", "boolean"), {"key": "lines", "type": "subform", "label": "Rows", "fields": inner}]
    one = compile_forms("rp", [form("it", *fields, rules=drawn)]).get("it")
    records = [data.draw(RECORD) for _ in range(5)]
    answers = script.ask([question(one, record, FACTS, "update") for record in records])
    for record, answer in zip(records, answers, strict=True):
        assert evaluate_rules(one, record, FACTS, "update").as_json() == answer


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    some.sampled_from([["net"], ["gross"], ["net", "gross"], ["gross", "net"], []]),
    some.sampled_from(["100", "88.5", "0.01", None]),
    some.sampled_from(["113", "1", None]),
    some.sampled_from(["0.13", "0", "0.06"]),
)
def test_following_fields_come_to_the_same_values(script: Page, edited: list[str], net: Any, gross: Any, rate: str):
    fields = [
        field("rate", "number", {"decimals": 2}),
        field("net", "money", {"decimals": 2}, follow="ROUND(gross / (1 + rate), 2)"),
        field("gross", "money", {"decimals": 2}, follow="ROUND(net * (1 + rate), 2)"),
        field("half", "number", {"decimals": 1}, follow="gross / 2"),
    ]
    one = compile_forms("rp", [form("it", *fields)]).get("it")
    row = {"rate": Decimal(rate), "net": net and Decimal(net), "gross": gross and Decimal(gross), "half": None}
    last = edited[-1:]  # the page knows which was edited last; the server is told of one here too
    moved = sorted({*edited, "rate"})
    groups = behaviour_of(one).follows[""]
    found = follow(groups, row, FACTS, last, moved, lambda key, value: _fit(one, key, value))
    about = [{"key": key, "type": "number", "follow": each.follow.tree(), "places": each.options["decimals"]}
             for key, each in one.fields.items() if each.follow]  # fmt: skip
    asked = {"follow": True, "fields": about, "row": json_row(row), "facts": browser_facts(FACTS), "edited": edited}
    answer = script.ask({**asked, "moved": moved})
    assert {key: json_value(value) for key, value in found.items()} == answer


def _fit(one: Form, key: str, value: Any) -> Any:
    if value is None:
        return None
    return rounded(value, one.fields[key].options["decimals"])
