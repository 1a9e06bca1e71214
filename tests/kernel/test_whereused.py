"""The where-used graph: who speaks of what, and what would dangle."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

import pytest

from engines.kernel.documents import DocumentKind, Label, Reference, described, label_schema
from engines.kernel.layers import Effective
from engines.kernel.problems import Problem
from engines.kernel.registry import Registry
from engines.kernel.whereused import check_all, graph

KEYED = {
    "type": "object",
    "properties": {"key": {"type": "string"}, "to": {"type": "string"}},
    "required": ["key"],
    "additionalProperties": False,
}


class FormKind(DocumentKind):
    key = "form"
    title: ClassVar[Label] = "Form"
    description: ClassVar[Label] = "A form."
    properties: ClassVar[Mapping[str, Any]] = {
        "title": label_schema(("Title", "Its name."), ("名称", "名称。")),
        "fields": described({"type": "array", "items": KEYED}, ("Fields", "All."), ("字段", "全部。")),
    }

    def references(self, document: dict[str, Any]) -> Iterable[Reference]:
        for field in document.get("fields", ()):
            if "to" in field:
                yield Reference("form", field["to"], at=f"fields.{field['key']}.to")

    def check(self, document: dict[str, Any], effective: Effective) -> Iterable[Problem]:
        if not document.get("fields"):
            yield Problem("form.empty", "fields", "A form needs a field")


class ViewKind(DocumentKind):
    key = "view"
    title: ClassVar[Label] = "View"
    description: ClassVar[Label] = "A view."
    properties: ClassVar[Mapping[str, Any]] = {
        "form": described({"type": "string"}, ("Form", "Of which."), ("表单", "哪个表单。")),
        "columns": described({"type": "array", "items": {"type": "string"}}, ("Columns", "All."), ("列", "全部。")),
        "link": described({"type": "string"}, ("Link", "Where to."), ("链接", "去向。")),
    }
    required = ("form",)

    def references(self, document: dict[str, Any]) -> Iterable[Reference]:
        yield Reference("form", document["form"], at="form")
        for column in document.get("columns", ()):
            yield Reference("form", document["form"], f"fields.{column}", f"columns.{column}")
        if "link" in document:
            yield Reference("view", document["link"], at="link", optional=True)


KINDS: Registry[DocumentKind] = Registry("kind of document", [FormKind(), ViewKind()])


def effective(*documents: dict[str, Any]) -> Effective:
    return Effective({(one["kind"], one["key"]): one for one in documents})


CUSTOMER = {"kind": "form", "key": "customer", "fields": [{"key": "name"}, {"key": "parent", "to": "customer"}]}
ORDER = {"kind": "form", "key": "order", "fields": [{"key": "customer", "to": "customer"}]}
ALL = {"kind": "view", "key": "all", "form": "customer", "columns": ["name"], "link": "gone"}


def test_the_users_of_a_document_and_of_a_place_in_it() -> None:
    used = graph(effective(CUSTOMER, ORDER, ALL), KINDS)
    assert [(use.key, use.at) for use in used.users("form", "customer", outside=True)] == [
        ("order", "fields.customer.to"),
        ("all", "form"),
        ("all", "columns.name"),
    ]
    assert [use.at for use in used.users("form", "customer", "fields.name")] == ["columns.name"]
    assert used.users("form", "customer", "fields.nam") == ()
    assert used.depends_on("form", "order") == (("form", "customer"),)
    assert used.users("form", "customer", "fields.name")[0].as_dict() == {
        "kind": "view",
        "key": "all",
        "at": "columns.name",
        "target_kind": "form",
        "target_key": "customer",
        "target_path": "fields.name",
    }


@pytest.mark.parametrize(
    ("document", "code", "path", "hint"),
    [
        ({**ALL, "form": "custmer", "columns": []}, "reference.unknown", "view.all.form", "customer"),
        ({**ALL, "columns": ["nmae"]}, "reference.unknown_place", "view.all.columns.nmae", "name"),
    ],
)
def test_a_reference_that_leads_nowhere_is_a_problem(document: Any, code: str, path: str, hint: str) -> None:
    (problem,) = check_all(effective(CUSTOMER, document), KINDS)
    assert (problem.code, problem.path) == (code, path)
    assert problem.message.endswith(f'did you mean "{hint}"?')


def test_optional_references_may_dangle() -> None:
    assert check_all(effective(CUSTOMER, ORDER, ALL), KINDS) == []


def test_schemas_come_before_references_and_these_before_the_kinds_own_checks() -> None:
    empty = {"kind": "form", "key": "empty"}
    broken = {"kind": "view", "key": "broken", "form": "nowhere", "colums": []}
    first = check_all(effective(empty, broken), KINDS)
    assert [(problem.code, problem.path) for problem in first] == [("document.unknown", "view.broken.colums")]
    second = check_all(effective(empty, {**broken, "colums": []} | {"key": "broken"}), KINDS, only=[])
    assert [problem.code for problem in second] == ["reference.unknown"]
    assert [(p.code, p.path) for p in check_all(effective(empty), KINDS)] == [("form.empty", "form.empty.fields")]


def test_an_unknown_kind_is_a_problem_with_a_suggestion() -> None:
    (problem,) = check_all(effective({"kind": "fom", "key": "a"}), KINDS)
    assert problem.message == 'There is no kind of document "fom", did you mean "form"?'
