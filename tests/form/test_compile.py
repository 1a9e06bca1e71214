"""Documents into forms: what names mean, which formulas are stored, in which order they are computed."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select

from engines.form import names
from engines.form.compile import compile_forms, every_field
from engines.form.fields.base import Context
from engines.form.filters import AllOf, AnyOf, Condition, Formula, follow, read_filter
from engines.form.form import Forms
from engines.form.layout import arrange
from engines.form.scope import FormScope
from engines.formula import Facts, Place, Type, compile_expression
from engines.kernel.problems import NotFound, Rejected
from tests.form.build import create_tables, field, form, forms, people, sample

LINES = {
    **field("lines", "text"),
    "type": "subform",
    "fields": [
        field("qty", "number"),
        field("price", "money"),
        field("amount", "formula", {"expression": "qty * price", "result": "money"}),
        field("now", "formula", {"expression": "product.name", "result": "text"}),
        field("product", "relation", {"form": "other"}),
        field("team", "members"),
    ],
}


def formula(key: str, expression: str, result: str = "number") -> dict[str, Any]:
    return field(key, "formula", {"expression": expression, "result": result})


def quote() -> Forms:
    parameters = {
        "kind": "parameters",
        "key": "sales",
        "title": "Sales",
        "settings": [{"key": "free_discount", "type": "number", "title": "Free", "default": 0.1}],
    }
    options = {"kind": "option_set", "key": "grade", "title": "Grade", "choices": [{"key": "A", "color": "red"}]}
    return forms(
        form(
            "quote",
            formula("gross", "net * 1.13"),
            formula("net", "SUM(lines.amount)"),
            formula("big", "gross > 100", "boolean"),
            formula("of_other", "other.name", "text"),
            formula("with_live", 'of_other & "!"', "text"),
            formula("of_setting", 'SETTING("free_discount") * 2'),
            formula("of_clock", "TODAY()", "date"),
            formula("of_link", "COUNT(others)"),
            formula("of_creation", "_created_at", "datetime"),
            formula("of_rows", "COUNT(lines)"),
            formula("of_row_relation", "COUNT(lines.now)"),
            formula("same_other", "other = other", "boolean"),
            field("other", "relation", {"form": "other"}),
            field("others", "relation", {"form": "other", "many": True}),
            field("grade", "choice", {"set": "grade"}, default='"A"'),
            field("title", "text", unique=True),
            LINES,
            title_field="title",
            rules=[{"key": "positive", "check": "net >= 0", "when": "big", "message": {"en": "No"}, "field": "net"}],
        ),
        options,
        parameters,
        {"kind": "group", "key": "g", "title": "G", "form": "quote", "members": {}, "operations": [], "rows": []},
        {"kind": "role", "key": "seller", "title": {"en": "Seller", "zh-CN": "业务员"}},
    )


def test_a_formula_is_stored_when_all_it_needs_lies_in_the_record() -> None:
    one = quote().get("quote")
    live = {field.path for field in every_field(one) if field.live}
    assert live == {
        "of_other",
        "with_live",
        "of_setting",
        "of_clock",
        "of_link",
        "of_creation",
        "of_row_relation",
        "lines.now",
    }
    assert "net" in one.table.c and "of_other" not in one.table.c
    assert "amount" in one.subforms["lines"].table.c and "now" not in one.subforms["lines"].table.c
    assert one.fields["of_other"].storage == "none"


def test_formulas_come_after_what_they_need() -> None:
    order = [field.path for field in quote().get("quote").formula_order]
    assert order.index("lines.amount") < order.index("net") < order.index("gross") < order.index("big")
    levels = quote().levels
    assert levels["quote", "", "of_other"] < levels["quote", "", "with_live"]
    assert levels["quote", "lines", "now"] < levels["quote", "", "of_row_relation"]


def test_a_write_computes_no_live_formula_that_nothing_reads() -> None:
    order = {field.path for field in quote().get("quote").formula_order}
    assert order == {"lines.amount", "of_rows", "same_other", "net", "gross", "big"}


def test_compiled_expressions_compute() -> None:
    one = quote().get("quote")
    facts = Facts(now=datetime(2026, 6, 5, tzinfo=UTC))
    assert one.fields["grade"].default.evaluate({}, facts) == "A"
    assert one.rules[0].check.evaluate({"net": -1}, facts) is False
    assert one.rules[0].when is not None and one.rules[0].message("en") == "No" and one.rules[0].field == "net"


def test_the_columns_of_a_record() -> None:
    table = quote().get("quote").table
    assert table.name == "app__quote"
    assert list(table.c.keys())[:12] == [
        names.ID,
        names.VERSION,
        names.CREATED_AT,
        names.CREATED_BY,
        names.UPDATED_AT,
        names.UPDATED_BY,
        names.OWNER,
        names.DEPARTMENT,
        names.FLOW_STATE,
        names.DELETED,
        "_sample",
        names.SEARCH,
    ]
    assert {"title", "title__sort", "title__fold"} <= set(table.c.keys())
    assert [key.target_fullname for key in table.c.other.foreign_keys] == ["app__other.id"]
    assert all(str(column.type).startswith("TEXT COLLATE") for column in table.c if str(column.type).startswith("TEXT"))


def test_children_and_links_have_tables_of_their_own() -> None:
    one = quote().get("quote")
    assert one.subforms["lines"].table.name == "app__quote__lines"
    assert one.links["others"].name == "app__quote__others"
    assert one.subforms["lines"].links["team"].name == "app__quote__lines__team"
    assert one.fields["lines"].child is one.subforms["lines"].table
    assert one.fields["others"].links is one.links["others"]


def test_everything_is_found_by_name_or_a_suggestion_is_made() -> None:
    compiled = quote()
    assert compiled.get("quote").at("lines.qty").path == "lines.qty"
    assert compiled.get("quote").get("_owner").type.key == "member"
    for look, wanted in [
        (lambda: compiled.get("quot"), '"quote"'),
        (lambda: compiled.get("quote").get("titel"), '"title"'),
        (lambda: compiled.get("quote").at("lines.qyt"), '"qty"'),
    ]:
        with pytest.raises(NotFound, match=wanted):
            look()


def test_option_sets_roles_groups_and_settings_are_resolved() -> None:
    compiled = quote()
    assert [(one.key, one.color) for one in compiled.get("quote").fields["grade"].choices] == [("A", "red")]
    assert compiled.roles["seller"]("zh-CN") == "业务员"
    assert [one["key"] for one in compiled.get("quote").groups] == ["g"]
    assert compiled.setting_type("free_discount") is Type.NUMBER
    assert compiled.setting_type("nothing") is None


def test_members_and_departments_are_forms() -> None:
    compiled = quote()
    member = compiled.get("_member")
    assert member.system and member.title_field == "name" and member.label("zh-CN") == "成员"
    expression = compile_expression('_owner.department.head.name = "x"', compiled.get("quote"), place=Place.RULE)
    assert expression.type is Type.BOOLEAN
    assert compile_expression("_owner.id = CURRENTUSER().id", compiled.get("quote"), place=Place.RULE)
    assert member.table.c.department.name == "main_department_id"


def test_the_people_forms_name_columns_that_the_host_has() -> None:
    """Their tables belong to the host: a column that is renamed there must be renamed here."""
    from dougong.workspace.tables import DEPARTMENT, MEMBER  # noqa: PLC0415 - the engine itself knows no host

    compiled = quote()
    for ours, theirs in (("_member", MEMBER), ("_department", DEPARTMENT)):
        assert {column.name for column in compiled.get(ours).table.c} <= set(theirs.c.keys())


def test_a_profile_is_reached_from_the_person_that_it_is_about(conn: Connection) -> None:
    staff = form(
        "staff",
        field("member", "member", required=True, unique=True),
        field("capacity", "number"),
        profile_of="_member",
    )
    deal = form("deal", field("name", "text"), formula("room", "_owner.staff.capacity * 2"))
    compiled = forms(staff, deal)
    create_tables(conn, compiled)
    people(conn, compiled)
    conn.execute(insert(compiled.get("staff").table).values(member=1, capacity=5))
    table = compiled.get("deal").table
    conn.execute(insert(table).values([{"_owner": 1}, {"_owner": 2}]))
    room = compiled.get("deal").fields["room"]
    assert room.live
    facts = Facts(now=datetime(2026, 6, 5, tzinfo=UTC))
    scope = FormScope(compiled.get("deal"), table, facts)
    query = select(room.expression.sql(scope, facts)).select_from(table).order_by(table.c.id)
    assert conn.execute(query).scalars().all() == [10, None]


def test_a_profile_is_not_called_like_a_field_of_the_person() -> None:
    member = field("member", "member", required=True, unique=True)
    with pytest.raises(Rejected, match='cannot be called "email"'):
        forms(form("email", member, profile_of="_member"))


def test_every_problem_of_an_app_is_reported_at_once() -> None:
    with pytest.raises(Rejected) as caught:
        forms(
            form("one", field("a", "numbr"), formula("b", "1 +")),
            form("two", field("c", "relation", {"form": "three"}), field("d", "choice", {"set": "x"})),
        )
    assert [(one.code, one.path) for one in caught.value.problems] == [
        ("field_type.unknown", "form.one.fields.a.type"),
        ("formula.unfinished", "form.one.fields.b.options.expression"),
        ("option_set.unknown", "form.two.fields.d.options.set"),
        ("form.unknown", "form.two.fields.c.options.form"),
    ]


def test_documents_may_come_as_a_list_or_by_address() -> None:
    document = form("one", field("a", "text"))
    by_address = compile_forms("app", {("form", "one"): document})
    assert by_address.get("one").table.name == compile_forms("app", [document]).get("one").table.name


# -- filters ----------------------------------------------------------------------------------------------------------


CONTEXT = Context(now=datetime(2026, 6, 5, 20, 0, tzinfo=UTC))  # 04:00 of the 6th in Shanghai


def test_a_filter_is_read_into_a_checked_tree() -> None:
    one = quote().get("quote")
    raw = {
        "and": [
            {"field": "title", "op": "contains", "value": "a"},
            {
                "or": [
                    {"field": "other.name", "op": "eq", "value": "x"},
                    {"field": "lines.qty", "op": "gt", "value": "1,000"},
                ]
            },
            {"expression": "gross > 3"},
            {"field": "_created_at", "op": "relative", "value": "today"},
        ]
    }
    tree = read_filter(one, raw, CONTEXT)
    assert isinstance(tree, AllOf)
    text, either, expression, created = tree.parts
    assert isinstance(text, Condition) and (text.field.key, text.op, text.value) == ("title", "contains", "a")
    assert isinstance(either, AnyOf)
    left, right = either.parts
    assert isinstance(left, Condition) and [step.key for step in left.steps] == ["other"]
    assert isinstance(right, Condition) and right.field.path == "lines.qty" and right.value == 1000
    assert isinstance(expression, Formula)
    assert isinstance(created, Condition)
    assert created.value == (datetime(2026, 6, 5, 16, tzinfo=UTC), datetime(2026, 6, 6, 16, tzinfo=UTC))
    assert read_filter(one, None, CONTEXT) == read_filter(one, {}, CONTEXT) == AllOf(())


@pytest.mark.parametrize(
    ("raw", "wanted"),
    [
        ({"field": "titel"}, [("field.unknown", "filter.field")]),
        ({"field": "title", "op": "gt", "value": "a"}, [("filter.operator", "filter.op")]),
        ({"field": "lines.qty", "op": "gt", "value": "x"}, [("number.not_a_number", "filter.value")]),
        ({"field": "grade", "op": "in", "value": "A"}, [("filter.list_expected", "filter.value")]),
        ({"field": "of_clock", "op": "between", "value": ["2026-01-01"]}, [("filter.two_expected", "filter.value")]),
        ({"field": "_created_at", "op": "relative", "value": "someday"}, [("filter.relative", "filter.value")]),
        (
            {"and": [{"field": "x"}, {"or": [{"field": "y"}]}]},
            [("field.unknown", "filter.and[0].field"), ("field.unknown", "filter.and[1].or[0].field")],
        ),
        ({"and": {}}, [("filter.not_a_list", "filter.and")]),
        ([], [("filter.not_an_object", "filter")]),
        ({"not": []}, [("filter.shape", "filter")]),
        ({"expression": "gross +"}, [("formula.unfinished", "filter.expression")]),
    ],
)
def test_what_is_wrong_with_a_filter_is_said_at_its_place(raw: Any, wanted: list[tuple[str, str]]) -> None:
    with pytest.raises(Rejected) as caught:
        read_filter(quote().get("quote"), raw, CONTEXT)
    assert [(one.code, one.path) for one in caught.value.problems] == wanted


def test_a_filter_of_endless_groups_is_refused() -> None:
    raw: Any = {"and": []}
    for _ in range(50):
        raw = {"and": [raw]}
    with pytest.raises(Rejected, match="At most 8 groups"):
        read_filter(quote().get("quote"), raw, CONTEXT)


def test_a_path_goes_over_relations_and_rows() -> None:
    steps, end = follow(quote().get("quote"), "lines.product.name")
    assert [step.path for step in steps] == ["lines", "lines.product"]
    assert end.form_key == "other"


# -- layout -----------------------------------------------------------------------------------------------------------


def test_a_page_shows_sections_and_then_what_stands_in_none() -> None:
    document = form(
        "one",
        LINES,
        field("a", "text"),
        field("b", "textarea"),
        field("c", "text", width=3),
        field("secret", "text", hidden=True),
        sections=[
            {"key": "first", "title": {"en": "First"}, "columns": 3, "fields": ["a", "b"]},
            {"key": "none", "title": "None", "fields": ["secret"]},
        ],
    )
    first, rest = arrange(forms(document).get("one"))
    assert first.title("en") == "First"
    assert [(cell.field.key, cell.width) for cell in first.cells] == [("a", 4), ("b", 12)]
    assert [(cell.field.key, cell.width) for cell in rest.cells] == [("c", 3), ("lines", 12)]


def test_names_are_sorted_by_pinyin_only_where_people_see_it() -> None:
    assert "it__sort" not in sample("text").table.c
    assert "it__sort" in sample("text", {"pinyin": True}).table.c
    titled = forms(form("one", formula("name", '"a"', "text"), title_field="name")).get("one")
    assert titled.fields["name"].type.sort_columns(titled.fields["name"]) == ["name__sort"]
