"""What is wrong with a form's document is said at the place, with the nearest right name."""

from typing import Any

import pytest

from engines.form.definition import FORM_KINDS
from engines.kernel import schemas
from engines.kernel.documents import Document
from engines.kernel.layers import Effective
from engines.kernel.problems import Problem
from engines.kernel.registry import Registry
from engines.kernel.whereused import check_all, graph
from tests.form.build import OTHER, field, form

KINDS = Registry("kind of document", FORM_KINDS)
STATES = {"choices": [{"key": "open"}, {"key": "done"}]}
BASE = [field("name", "text"), field("amount", "money"), field("other", "relation", {"form": "other"})]
LINES = {
    **field("lines", "text"),
    "type": "subform",
    "fields": [field("qty", "number"), field("product", "relation", {"form": "other"})],
}


def effective(*documents: Document) -> Effective:
    return Effective({(one["kind"], one["key"]): one for one in (OTHER, *documents)})


def problems(*documents: Document) -> list[Problem]:
    return check_all(effective(*documents), KINDS)


def found(document: Document, *more: Document) -> list[tuple[str, str]]:
    return [(one.code, one.path.removeprefix("form.sample.")) for one in problems(document, *more)]


def sample(*fields: Any, **more: Any) -> Document:
    return form("sample", *(fields or BASE), **more)


@pytest.mark.parametrize("kind", FORM_KINDS, ids=lambda kind: kind.key)
def test_schemas_are_closed_and_described_in_both_languages(kind: Any) -> None:
    assert schemas.lint(kind.schema) == []
    assert kind.title["en"] and kind.title["zh-CN"] and kind.description["zh-CN"]


def test_a_form_with_everything_has_no_problems() -> None:
    document = sample(
        *BASE,
        LINES,
        field("net", "formula", {"expression": "SUM(lines.qty) + amount", "result": "number"}),
        field("no", "serial", {"segments": [{"key": "n", "kind": "counter", "digits": 4}]}),
        title_field="name",
        subtitle_field="other",
        sections=[{"key": "basic", "title": "Basic", "columns": 2, "fields": ["name", "amount"]}],
        views=[
            {
                "key": "all",
                "title": "All",
                "columns": ["name", "other.name", "_owner", "net"],
                "sort": [{"field": "_created_at", "descending": True}, {"field": "name"}],
                "filter": {"and": [{"field": "amount", "op": "gt", "value": 5}, {"expression": "net > 1"}]},
                "totals": ["amount", "net"],
            }
        ],
        rules=[{"key": "positive", "check": "net >= 0", "when": "amount > 0", "message": "No", "field": "net"}],
        related=[{"key": "same", "form": "sample", "field": "me", "columns": ["name"]}],
    )
    document["fields"].append(field("me", "relation", {"form": "sample"}))
    assert problems(document) == []


def test_an_unknown_field_type_gets_a_suggestion() -> None:
    (problem,) = problems(sample(field("a", "numbr")))
    assert (problem.code, problem.path) == ("document.choice", "form.sample.fields.a.type")
    assert 'did you mean "number"?' in problem.message


WRONG: list[tuple[str, Document, list[tuple[str, str]]]] = [
    ("two fields with one key", sample(BASE[0], BASE[0]), [("document.repeated_key", "fields.name")]),
    ("no label", sample({"key": "a", "type": "text"}), [("document.missing", "fields.a.label")]),
    (
        "a key that PostgreSQL would cut",
        sample(field("a" * 41, "text")),
        [("document.too_long", f"fields.{'a' * 41}.key")],
    ),
    ("a key with capitals", sample(field("Abc", "text")), [("document.pattern", "fields.Abc.key")]),
    (
        "an unknown option",
        sample(field("a", "number", {"colour": 1})),
        [("document.unknown", "fields.a.options.colour")],
    ),
    ("a required option", sample(field("a", "relation", {})), [("document.missing", "fields.a.options.form")]),
    ("an unknown property", sample(field("a", "text", color="red")), [("document.unknown", "fields.a.color")]),
    ("a word of the system", sample(field("id", "text")), [("field.reserved", "fields.id.key")]),
    ("no options of a choice", sample(field("a", "choice", {})), [("choice.source", "fields.a.options.choices")]),
    (
        "two counters",
        sample(field("a", "serial", {"segments": [{"key": k, "kind": "counter", "digits": 1} for k in "ab"]})),
        [("serial.one_counter", "fields.a.options.segments")],
    ),
    (
        "a counter that begins anew unseen",
        sample(
            field(
                "a",
                "serial",
                {
                    "segments": [
                        {"key": "d", "kind": "date", "format": "yyyyMM"},
                        {"key": "n", "kind": "counter", "digits": 4, "reset": "week"},
                    ]
                },
            )
        ),
        [("serial.repeats", "fields.a.options.segments.n.reset")],
    ),
    ("a money field made unique", sample(field("a", "money", unique=True)), [("field.not_unique", "fields.a.unique")]),
    (
        "an unknown form",
        sample(field("a", "relation", {"form": "othr"})),
        [("reference.unknown", "fields.a.options.form")],
    ),
    (
        "an unknown option set",
        sample(field("a", "choice", {"set": "x"})),
        [("reference.unknown", "fields.a.options.set")],
    ),
    ("an unknown title", sample(title_field="nam"), [("reference.unknown_place", "title_field")]),
    ("a sub-form as title", sample(LINES, title_field="lines"), [("form.no_title", "title_field")]),
    (
        "an unknown column",
        sample(views=[{"key": "v", "title": "V", "columns": ["nam"]}]),
        [("reference.unknown_place", "views.v.columns.nam")],
    ),
    (
        "an unknown column behind a relation",
        sample(views=[{"key": "v", "title": "V", "columns": ["other.nam"]}]),
        [("reference.unknown_place", "views.v.columns.other.nam")],
    ),
    (
        "a path through a plain field",
        sample(views=[{"key": "v", "title": "V", "columns": ["name.x"]}]),
        [("filter.no_path", "views.v.columns.name.x")],
    ),
    (
        "a total of texts",
        sample(views=[{"key": "v", "title": "V", "columns": ["name"], "totals": ["name"]}]),
        [("view.no_total", "views.v.totals.name")],
    ),
    (
        "a sort by a sub-form",
        sample(LINES, views=[{"key": "v", "title": "V", "columns": ["lines"], "sort": [{"field": "lines"}]}]),
        [("view.no_sort", "views.v.sort[0].field")],
    ),
    (
        "an operator that does not apply",
        sample(views=[{"key": "v", "title": "V", "columns": [], "filter": {"field": "name", "op": "between"}}]),
        [("filter.operator", "views.v.filter.op")],
    ),
    (
        "an unknown operator",
        sample(views=[{"key": "v", "title": "V", "columns": [], "filter": {"and": [{"field": "name", "op": "eqq"}]}}]),
        [("document.choice", "views.v.filter.and[0].op")],
    ),
    (
        "a filter of no shape",
        sample(views=[{"key": "v", "title": "V", "columns": [], "filter": {"field": "name", "or": []}}]),
        [("filter.shape", "views.v.filter")],
    ),
    (
        "a field in two sections",
        sample(sections=[{"key": "a", "fields": ["name"]}, {"key": "b", "fields": ["name"]}]),
        [("form.twice_in_sections", "sections.b.fields.name")],
    ),
    (
        "a related list of a form that points elsewhere",
        sample(related=[{"key": "r", "form": "sample", "field": "other"}]),
        [("related.points_elsewhere", "related.r.field")],
    ),
    (
        "a rule that is no condition",
        sample(rules=[{"key": "r", "check": "amount + 1", "message": "m"}]),
        [("formula.result_type", "rules.r.check")],
    ),
    (
        "a default of the wrong type",
        sample(field("a", "number", default='"x"')),
        [("formula.result_type", "fields.a.default")],
    ),
    (
        "a formula whose result is another",
        sample(*BASE, field("a", "formula", {"expression": "name", "result": "number"})),
        [("formula.result_type", "fields.a.options.expression")],
    ),
    ("a profile of nobody", sample(profile_of="_member"), [("form.profile_field", "fields.member")]),
    (
        "an unreadable default inside a sub-form",
        sample({**LINES, "fields": [field("qty", "number", default="1 +")]}),
        [("formula.unfinished", "fields.lines.fields.qty.default")],
    ),
    (
        "a serial of a field that is not there",
        sample(
            field(
                "a",
                "serial",
                {
                    "segments": [
                        {"key": "n", "kind": "counter", "digits": 1},
                        {"key": "f", "kind": "field", "field": "nam"},
                    ]
                },
            )
        ),
        [("reference.unknown_place", "fields.a.options.segments.f.field")],
    ),
]


@pytest.mark.parametrize(("document", "wanted"), [pytest.param(d, w, id=name) for name, d, w in WRONG])
def test_what_is_wrong_is_said_at_its_place(document: Document, wanted: list[tuple[str, str]]) -> None:
    assert found(document) == wanted
    for problem in problems(document):
        assert problem.message and problem.params is not None


def test_a_sub_form_holds_one_level_of_sub_forms() -> None:
    deepest = {**field("deep", "text"), "type": "subform", "fields": [field("a", "text")]}
    inner = {**field("more", "text"), "type": "subform", "fields": [field("a", "text")]}
    assert found(sample({**LINES, "fields": [*LINES["fields"], inner]})) == []
    inner["fields"].append(deepest)
    problems_ = found(sample({**LINES, "fields": [inner]}))
    assert ("subform.too_deep", "fields.lines.fields.more.fields.deep.type") in problems_


def test_a_formula_error_has_its_position_and_a_suggestion() -> None:
    document = sample(*BASE, field("a", "formula", {"expression": "amount +\n  amuont", "result": "number"}))
    (problem,) = problems(document)
    assert problem.path == "form.sample.fields.a.options.expression"
    assert (problem.params["line"], problem.params["column"], problem.params["length"]) == (2, 3, 6)
    assert problem.params["suggestion"] == "amount"


def test_formulas_in_a_circle_are_named() -> None:
    one = field("a", "formula", {"expression": "b + 1", "result": "number"})
    two = field("b", "formula", {"expression": "a + 1", "result": "number"})
    wrong = problems(sample(one, two))
    assert [(one.code, one.path) for one in wrong] == [
        ("formula.cycle", "form.sample.fields.a.options.expression"),
        ("formula.cycle", "form.sample.fields.b.options.expression"),
    ]
    assert set(wrong[0].params["circle"]) == {"sample.a", "sample.b"}
    assert set(wrong[0].params["cycle"]["en"].split(" → ")) == {"A (Sample)", "B (Sample)"}
    assert set(wrong[0].params["cycle"]["zh-CN"].split(" → ")) == {"a (sample)", "b (sample)"}


def test_a_circle_across_forms_is_found() -> None:
    left = sample(
        field("next", "relation", {"form": "second"}),
        field("a", "formula", {"expression": "next.b + 1", "result": "number"}),
    )
    right = form(
        "second",
        field("back", "relation", {"form": "sample"}),
        field("b", "formula", {"expression": "back.a + 1", "result": "number"}),
    )
    codes = {(one.code, one.path.split(".")[1]) for one in problems(left, right)}
    assert codes == {("formula.cycle", "sample"), ("formula.cycle", "second")}


PEOPLE = sample(*BASE, field("boss", "member"))
GROUP: Document = {
    "kind": "group",
    "key": "g",
    "title": "G",
    "form": "sample",
    "members": {"everyone": True},
    "operations": ["read"],
    "rows": [{"scope": "own"}],
}
GROUPS: list[tuple[str, dict[str, Any], list[tuple[str, str]]]] = [
    ("nothing", {}, []),
    ("all kinds of rows", {"rows": [{"where": "amount > 1"}, {"inherit": "other"}, {"member": "_owner.manager"}]}, []),
    ("an unknown scope", {"rows": [{"scope": "mine"}]}, [("document.choice", "group.g.rows[0].scope")]),
    ("an unknown role", {"members": {"roles": ["x"]}}, [("reference.unknown", "group.g.members.roles.x")]),
    ("an unknown field", {"fields": {"cost": "read"}}, [("reference.unknown_place", "group.g.fields.cost")]),
    ("an unreadable condition", {"rows": [{"where": "amount >"}]}, [("formula.unfinished", "group.g.rows[0].where")]),
    ("a member path to a text", {"rows": [{"member": "name"}]}, [("group.no_member", "group.g.rows[0].member")]),
    ("inheriting from people", {"rows": [{"inherit": "boss"}]}, [("group.no_relation", "group.g.rows[0].inherit")]),
    ("two alternatives in one", {"rows": [{"scope": "all", "where": "TRUE"}]}, [("group.row", "group.g.rows[0]")]),
    ("a right that does not exist", {"fields": {"*": "write"}}, [("document.choice", "group.g.fields.*")]),
]


@pytest.mark.parametrize(("change", "wanted"), [pytest.param(c, w, id=name) for name, c, w in GROUPS])
def test_permission_groups_are_checked(change: dict[str, Any], wanted: list[tuple[str, str]]) -> None:
    assert [(one.code, one.path) for one in problems(PEOPLE, {**GROUP, **change})] == wanted


def test_parameters_hold_defaults_of_their_types_and_are_declared_once() -> None:
    def parameters(key: str, *settings: dict[str, Any]) -> Document:
        return {"kind": "parameters", "key": key, "title": "P", "settings": list(settings)}

    days = {"key": "days", "type": "number", "title": "Days", "default": 3}
    assert problems(parameters("a", days)) == []
    wrong = problems(parameters("a", days), parameters("b", {**days, "default": "3"}))
    assert [(one.code, one.path) for one in wrong] == [
        ("parameters.twice", "parameters.b.settings.days"),
        ("parameters.default", "parameters.b.settings.days.default"),
    ]


def test_menus_lead_somewhere() -> None:
    menu: Document = {
        "kind": "menu",
        "key": "main",
        "items": [{"key": "a", "title": "A", "target": {"form": "nothing"}}],
    }
    assert [(one.code, one.path) for one in problems(menu)] == [("reference.unknown", "menu.main.items.a.target")]


def test_where_a_field_is_used_is_known() -> None:
    document = sample(
        *BASE,
        field("net", "formula", {"expression": "amount * 2", "result": "number"}),
        rules=[{"key": "r", "check": "amount > 0", "message": "m"}],
        views=[
            {
                "key": "v",
                "title": "V",
                "columns": ["amount", "other.name"],
                "filter": {"field": "amount", "op": "filled"},
            }
        ],
    )
    used = graph(effective(document, {**GROUP, "fields": {"amount": "read"}}), KINDS)
    assert [use.at for use in used.users("form", "sample", "fields.amount")] == [
        "fields.net.options.expression",
        "views.v.columns.amount",
        "views.v.filter",
        "rules.r.check",
        "fields.amount",
    ]
    assert [use.at for use in used.users("form", "other", "fields.name")] == [
        "title_field",
        "views.v.columns.other.name",
    ]
    assert used.depends_on("form", "sample") == (("form", "other"),)


def test_settings_are_known_to_be_used() -> None:
    document = sample(*BASE, field("big", "formula", {"expression": 'amount > SETTING("limit")', "result": "boolean"}))
    settings: Document = {
        "kind": "parameters",
        "key": "p",
        "title": "P",
        "settings": [{"key": "limit", "type": "number", "title": "L"}],
    }
    used = graph(effective(document, settings), KINDS)
    assert [use.at for use in used.users("setting", "limit")] == ["fields.big.options.expression"]
    assert problems(document, settings) == []
