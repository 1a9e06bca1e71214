"""Documents: schemas, keys, labels, and problems that name the element and suggest what was meant."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, ClassVar

import pytest
from jsonschema import Draft202012Validator

from engines.kernel.checking import check, compiled
from engines.kernel.documents import (
    DocumentKind,
    Label,
    Reference,
    described,
    key_problem,
    key_schema,
    label,
    label_schema,
    validate,
)
from engines.kernel.problems import Problem
from engines.kernel.schemas import export, lint

FIELD = {
    "type": "object",
    "properties": {
        "key": key_schema(20),
        "label": label_schema(("Label", "The words beside the field."), ("标题", "字段旁的文字。")),
        "type": described({"enum": ["text", "number"]}, ("Type", "What it holds."), ("类型", "存放的内容。")),
        "max": described({"type": "integer", "minimum": 1}, ("Longest", "Most characters."), ("上限", "最多字数。")),
        "show": described(
            {
                "oneOf": [
                    {"type": "boolean"},
                    {
                        "type": "object",
                        "properties": {"by": {"const": "role"}, "role": {"type": "string"}},
                        "required": ["by", "role"],
                        "additionalProperties": False,
                    },
                    {
                        "type": "object",
                        "properties": {"by": {"const": "rule"}, "rule": {"type": "string", "minLength": 3}},
                        "required": ["by", "rule"],
                        "additionalProperties": False,
                    },
                ]
            },
            ("Shown", "To whom."),
            ("显示", "对谁显示。"),
        ),
    },
    "required": ["key", "type"],
    "additionalProperties": False,
}


class SampleKind(DocumentKind):
    key = "sample"
    title: ClassVar[Label] = {"en": "Sample", "zh-CN": "样例"}
    description: ClassVar[Label] = {"en": "A kind for tests.", "zh-CN": "测试用。"}
    key_length = 12
    properties: ClassVar[Mapping[str, Any]] = {
        "title": label_schema(("Title", "Its name."), ("名称", "它的名称。")),
        "fields": described(
            {"type": "array", "items": {"$ref": "#/$defs/field"}}, ("Fields", "All."), ("字段", "全部。")
        ),
    }
    required = ("title",)
    definitions: ClassVar[Mapping[str, Any]] = {"field": FIELD}

    def references(self, document: dict[str, Any]) -> Iterable[Reference]:
        yield from ()


SAMPLE = SampleKind()


def sample(**changes: Any) -> dict[str, Any]:
    return {"kind": "sample", "key": "one", "title": "One", **changes}


def field(**changes: Any) -> dict[str, Any]:
    return sample(fields=[{"key": "first", "type": "text"}, {"key": "amount", "type": "number", **changes}])


def codes(document: Any) -> list[tuple[str, str]]:
    return [(problem.code, problem.path) for problem in validate(SAMPLE, document)]


def test_a_document_that_fits_has_no_problems() -> None:
    labels = {"zh-CN": "一", "en": "One"}
    assert (
        validate(
            SAMPLE, sample(title=labels, fields=[{"key": "a", "type": "text", "show": {"by": "role", "role": "x"}}])
        )
        == []
    )


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ("text", [("document.type", "")]),
        ({"kind": "sample", "key": "one"}, [("document.missing", "title")]),
        (sample(kind="form"), [("document.choice", "kind")]),
        (sample(key="One"), [("document.pattern", "key")]),
        (sample(key="much_too_long_a_key"), [("document.too_long", "key")]),
        (sample(title=7), [("document.type", "title")]),
        (sample(title={"de": "Eins"}), [("document.unknown", "title.de")]),
        (sample(title={"zh-CN": ""}), [("document.too_short", "title.zh-CN")]),
        (field(max=0), [("document.too_small", "fields.amount.max")]),
        (field(max="7"), [("document.type", "fields.amount.max")]),
        (field(typ="text"), [("document.unknown", "fields.amount.typ")]),
        (field(type="numbr"), [("document.choice", "fields.amount.type")]),
        (field(key="first"), [("document.repeated_key", "fields.first")]),
        (field(show="yes"), [("document.type", "fields.amount.show")]),
        (field(show={"by": "rol", "role": "x"}), [("document.choice", "fields.amount.show.by")]),
        (field(show={"by": "rule", "rule": "x"}), [("document.too_short", "fields.amount.show.rule")]),
        (field(show={"by": "role"}), [("document.missing", "fields.amount.show.role")]),
        (sample(fields=[{"type": "text"}]), [("document.missing", "fields[0].key")]),
        (sample(fields={}), [("document.type", "fields")]),
    ],
)
def test_a_problem_names_its_place(document: Any, expected: list[tuple[str, str]]) -> None:
    assert codes(document) == expected


def test_all_problems_come_at_once_in_document_order() -> None:
    document = {
        "kind": "sample",
        "key": "1",
        "fields": [{"key": "a", "max": 0, "sise": 1}, {"key": "b", "type": "text", "x": 1}],
    }
    assert [path for _, path in codes(document)] == [
        "title",
        "key",
        "fields.a.type",
        "fields.a.sise",
        "fields.a.max",
        "fields.b.x",
    ]


def test_a_typo_gets_the_nearest_name() -> None:
    (unknown,) = validate(SAMPLE, field(lable="x"))
    assert unknown.message == 'There is no property "lable", did you mean "label"?'
    (choice,) = validate(SAMPLE, field(type="nummer"))
    assert choice.message == 'Must be one of text, number, did you mean "number"?'
    assert choice.params == {"value": "nummer", "known": ["text", "number"]}


def test_properties_of_conditional_parts_are_suggested_too() -> None:
    schema = {
        "type": "object",
        "properties": {"type": {"type": "string"}},
        "allOf": [{"if": {"properties": {"type": {"const": "text"}}}, "then": {"properties": {"longest": {}}}}],
        "unevaluatedProperties": False,
    }
    (problem,) = check(schema, {"type": "text", "longst": 1})
    assert problem.message == 'There is no property "longst", did you mean "longest"?'


def test_a_validator_is_compiled_once() -> None:
    assert compiled(SAMPLE.schema) is compiled(SAMPLE.schema)


@pytest.mark.parametrize("key", ["a", "a1", "a_b", "order_2_line"])
def test_a_key_is_words_of_small_letters_and_digits(key: str) -> None:
    assert key_problem(key, 12) is None


@pytest.mark.parametrize("key", ["", "A", "1a", "_a", "a_", "a__b", "a-b", "客户", "a" * 13, "a\n"])
def test_other_keys_are_refused(key: str) -> None:
    problem = key_problem(key, 12)
    assert isinstance(problem, Problem)
    assert validate(SAMPLE, sample(key=key)) != []


def test_a_label_is_read_in_the_nearest_language() -> None:
    both = {"zh-CN": "客户", "en": "Customer"}
    assert [label(both, locale) for locale in ("zh-CN", "zh-TW", "en", "en-GB", "de")] == [
        "客户",
        "客户",
        *["Customer"] * 3,
    ]
    assert label("Plain", "zh-CN") == "Plain"
    assert label({"zh-CN": "客户"}, "en") == "客户"
    assert label(None, "en") == ""


def test_the_published_schema_is_valid_and_keeps_the_rules() -> None:
    Draft202012Validator.check_schema(SAMPLE.schema)
    assert SAMPLE.schema["additionalProperties"] is False
    assert SAMPLE.keyed_lists == ("fields",)
    places = {line.split(":")[0] for line in lint(SAMPLE.schema)}
    assert places == {"fields.*.show.role", "fields.*.show.rule"}


def test_a_schema_that_breaks_the_rules_is_told_where() -> None:
    broken = {
        "type": "object",
        "properties": {
            "size": {"type": "integer", "title": "Size"},
            "parts": described({"type": "array", "items": {"type": "object"}}, ("Parts", "All."), ("部件", "全部。")),
        },
    }
    assert lint(broken) == [
        "the document: the object is not closed",
        "size: no title in Chinese",
        "size: no description in English",
        "size: no description in Chinese",
        "parts: a list of objects without keys that is not marked as one value",
    ]


def test_schemas_are_written_with_the_same_bytes_each_time(tmp_path: Path) -> None:
    (first,) = export([("sample", SAMPLE.schema)], tmp_path / "a")
    (second,) = export([("sample", SampleKind().schema)], tmp_path / "b")
    assert first.read_bytes() == second.read_bytes()
    assert json.loads(first.read_bytes())["properties"]["key"]["x-zh"]["title"] == "标识"
