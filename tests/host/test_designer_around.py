"""What the designer's panels know of the forms around: fields by label, where they lead, options, other settings."""

from dougong.designer import around, catalogue, compiling
from tests.form.build import field, form

LINES = {
    "key": "lines",
    "type": "subform",
    "label": "明细",
    "fields": [field("qty", "number", label="数量"), field("product", "relation", {"form": "product"})],
}


def documents():
    product = form(
        "product",
        field("name", "text", label={"en": "Name", "zh-CN": "名称"}),
        field("kind", "choice", {"set": "kinds"}),
        field("owner", "members"),
    )
    order = form(
        "order",
        field("state", "choice", {"choices": [{"key": "won", "label": "赢单"}]}),
        field(
            "client",
            "relation",
            {"form": "product", "many": True, "reverse": {"key": "orders", "title": "订单"}},
        ),
        LINES,
    )
    sets = {"kind": "option_set", "key": "kinds", "title": "类别", "choices": [{"key": "a", "label": "商品"}]}
    plain = {"kind": "calendar", "key": "plant", "title": "工厂"}
    erp = {
        "kind": "connector",
        "key": "erp",
        "title": "ERP",
        "calls": [{"key": "stock", "title": "库存", "inputs": [{"key": "sku", "title": "货号"}]}],
    }
    return {(one["kind"], one["key"]): one for one in (product, order, sets, plain, erp)}


def test_panels_know_the_fields_of_every_form_where_they_lead_and_their_options():
    forms = {one["key"]: one for one in around.forms_around(documents())}
    assert list(forms) == ["order", "product", "_member", "_department"]
    assert forms["_member"]["system"] is True
    state, client, lines = forms["order"]["fields"]
    assert state["choices"] == [{"key": "won", "label": "赢单"}]
    assert (client["form"], client["many"]) == ("product", True)
    assert client["reverse"] == {"key": "orders", "title": "订单"}
    assert lines["fields"][1]["form"] == "product"
    _, kind, owner = forms["product"]["fields"]
    assert kind["choices"] == [{"key": "a", "label": "商品"}]
    assert (owner["form"], owner["many"]) == ("_member", True)
    assert {one["key"]: one["label"] for one in around.system_names("zh-CN")}["_owner"] == "负责人"


def test_an_unfinished_form_does_not_keep_the_panels_from_opening():
    broken = {
        "kind": "form",
        "key": "half",
        "fields": [{"key": "a"}, {"key": "b", "type": "relation", "options": None}, 7],
    }
    found = around.forms_around({("form", "half"): broken})[0]
    assert found["title"] == "half"
    assert found["fields"] == [{"key": "b", "label": "b", "type": "relation"}]


def test_calendars_and_connectors_are_told_by_title():
    found = around.named_around(documents())
    assert found["calendars"] == [{"key": "plant", "title": "工厂"}]
    assert found["connectors"][0]["calls"] == [
        {"key": "stock", "title": "库存", "inputs": [{"key": "sku", "title": "货号"}]}
    ]


def test_an_expression_over_another_form_is_checked_and_named_in_that_form():
    every = documents()
    assert compiling.check_expression(every, "x", "product", "qty * 2", "number", "live", "order.lines") == (
        [],
        "number",
    )
    problems, _ = compiling.check_expression(every, "x", "product", "qty * 2", "number", "live", "product")
    assert [one.code for one in problems] == ["formula.unknown_name"]
    names = {one["name"] for one in catalogue.names_in(every, "x", "order", "lines", "en")}
    assert {"qty", "product.name"} <= names
