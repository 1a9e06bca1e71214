"""What a flow document may hold, and what it is told when it is wrong."""

from collections.abc import Callable
from typing import Any

import pytest
from flows import approval, document

from engines.kernel.documents import validate
from engines.kernel.layers import Effective
from engines.kernel.schemas import lint
from engines.workflow.definition import FlowKind, check_document
from engines.workflow.flow import read_flow
from engines.workflow.nodes import NODE_TYPES

KIND = FlowKind()
FORM = {
    "kind": "form",
    "key": "sample",
    "title": "Sample",
    "fields": [
        {"key": "amount", "type": "money", "label": "Amount"},
        {"key": "agent", "type": "member", "label": "Agent"},
        {
            "key": "state",
            "type": "choice",
            "label": "State",
            "options": {"choices": [{"key": "草稿"}, {"key": "审批中"}]},
        },
    ],
}


def effective(flow: dict[str, Any]) -> Effective:
    documents = [FORM, {"kind": "role", "key": "manager", "title": "Manager"}, flow]
    return Effective({(one["kind"], one["key"]): one for one in documents})


def problems(flow: dict[str, Any]) -> list[tuple[str, str]]:
    found = validate(KIND, flow) or KIND.check(flow, effective(flow))
    return [(problem.code, problem.path) for problem in found]


def condition(key: str, branch: str, otherwise: str) -> dict[str, Any]:
    return {
        "key": key,
        "type": "condition",
        "branches": [{"key": "yes", "when": "amount > 1", "next": branch}],
        "otherwise": otherwise,
    }


def test_the_schema_is_closed_and_explains_every_property_in_both_languages() -> None:
    assert lint(KIND.schema) == []
    assert KIND.keyed_lists == ("nodes", "nodes.*.branches")


def test_every_node_type_has_words_in_both_languages() -> None:
    for kind in NODE_TYPES:
        assert isinstance(kind.title, dict) and set(kind.title) == {"en", "zh-CN"}
        assert isinstance(kind.description, dict) and set(kind.description) == {"en", "zh-CN"}


def test_a_good_flow_has_no_problems() -> None:
    flow = document(
        condition("check", "end", "manager"),
        approval("manager", "copy", fields={"amount": "edit"}, rule="all", comment=["reject", "return"]),
        {"key": "copy", "type": "cc", "people": [{"kind": "field", "field": "agent"}], "next": "end"},
        states={"field": "state", "running": "审批中", "rejected": "草稿"},
        event="sample.approved",
    )
    assert problems(flow) == []
    assert check_document(flow) == []


def broken(change: Callable[[dict[str, Any]], Any]) -> list[tuple[str, str]]:
    flow = document(condition("check", "end", "manager"), approval("manager", "end"))
    change(flow)
    return problems(flow)


WRONG: list[tuple[str, str, Callable[[dict[str, Any]], Any]]] = [
    ("document.unknown", "nodes.manager.peple", lambda f: f["nodes"][2].update(peple=[])),
    ("document.choice", "nodes.manager.type", lambda f: f["nodes"][2].update(type="aproval")),
    ("document.missing", "nodes.manager.people", lambda f: f["nodes"][2].pop("people")),
    ("document.unknown", "nodes.manager.people[0].rol", lambda f: f["nodes"][2].update(people=[{**ROLE, "rol": 1}])),
    ("document.repeated_key", "nodes.end", lambda f: f["nodes"].append({"key": "end", "type": "end"})),
    ("document.unknown", "colour", lambda f: f.update(colour="red")),
    ("flow.no_target", "nodes.manager.next", lambda f: f["nodes"][2].update(next="ende")),
    ("flow.no_target", "nodes.check.branches.yes.next", lambda f: f["nodes"][1]["branches"][0].update(next="ende")),
    ("flow.one_start", "nodes", lambda f: f["nodes"].append({"key": "again", "type": "start", "next": "end"})),
    (
        "flow.no_end",
        "nodes",
        lambda f: f.update(nodes=[f["nodes"][0] | {"next": "manager"}, approval("manager", "manager")]),
    ),
    ("flow.unreached", "nodes.lost", lambda f: f["nodes"].append(approval("lost", "end"))),
    (
        "flow.dead_end",
        "nodes.other",
        lambda f: (f["nodes"][1].update(otherwise="other"), f["nodes"].append(approval("other", "other"))),
    ),
    ("flow.into_start", "nodes.manager.next", lambda f: f["nodes"][2].update(next="start")),
    (
        "flow.circle",
        "nodes.check",
        lambda f: (
            f["nodes"][1].update(otherwise="copy"),
            f["nodes"][1]["branches"][0].update(next="manager"),
            f["nodes"].append({"key": "copy", "type": "cc", "people": [ROLE], "next": "check"}),
        ),
    ),
    ("flow.no_form", "form", lambda f: f.update(form="sampel")),
    ("flow.no_field", "states.field", lambda f: f.update(states={"field": "stat", "running": "x"})),
    ("flow.no_choice", "states.running", lambda f: f.update(states={"field": "state", "running": "审批"})),
    ("flow.no_field", "nodes.manager.fields.amont", lambda f: f["nodes"][2].update(fields={"amont": "edit"})),
    (
        "flow.no_field",
        "nodes.manager.people[0].field",
        lambda f: f["nodes"][2].update(people=[{"kind": "field", "field": "agnt"}]),
    ),
    (
        "flow.no_people_field",
        "nodes.manager.people[0].field",
        lambda f: f["nodes"][2].update(people=[{"kind": "field", "field": "amount"}]),
    ),
    (
        "flow.no_role",
        "nodes.manager.people[0].role",
        lambda f: f["nodes"][2].update(people=[{"kind": "role", "role": "manger"}]),
    ),
    (
        "formula.unknown_name",
        "nodes.check.branches.yes.when",
        lambda f: f["nodes"][1]["branches"][0].update(when="amont > 1"),
    ),
    ("document.pattern", "event", lambda f: f.update(event="Approved!")),
]
ROLE = {"kind": "role", "role": "manager"}


@pytest.mark.parametrize(("code", "path", "change"), WRONG, ids=[f"{code}-{path}" for code, path, _ in WRONG])
def test_a_wrong_flow_is_told_the_place(code: str, path: str, change: Callable[[dict[str, Any]], Any]) -> None:
    assert (code, path) in broken(change)


def test_a_wrong_target_names_the_nearest_node() -> None:
    flow = document(approval("manager", "ende"))
    assert 'did you mean "end"?' in check_document(flow)[0].message


def test_a_circle_that_asks_a_person_is_allowed() -> None:
    flow = document(approval("manager", "check"), condition("check", "manager", "end"))
    assert problems(flow) == []


def test_a_flow_refers_to_its_form_its_fields_and_its_roles() -> None:
    check = condition("check", "end", "manager")
    check["branches"][0]["when"] = 'amount > SETTING("free_amount")'
    flow = document(
        check,
        approval(
            "manager", "end", people=[ROLE, {"kind": "department_head", "of": "agent"}], fields={"amount": "read"}
        ),
        states={"field": "state", "running": "审批中"},
    )
    found = {(one.kind, one.key, one.path) for one in KIND.references(flow)}
    assert found == {
        ("form", "sample", ""),
        ("form", "sample", "fields.state"),
        ("form", "sample", "fields.amount"),
        ("form", "sample", "fields.agent"),
        ("setting", "free_amount", ""),
        ("role", "manager", ""),
    }


def test_the_digest_names_the_version() -> None:
    one, same, other = (read_flow(document(approval("m", "end", rule=rule))) for rule in ("one", "one", "all"))
    assert one.digest == same.digest != other.digest
