"""What the formula editor asks for: names by their labels, functions with help, sentences, the value for a record."""

from typing import Any

import pytest

from dougong.apps import store
from engines.form.records import create_record
from engines.form.transaction import Actor
from tests.apps import publish_app
from tests.form.build import field, form
from tests.form.company import group

APP = "formulas"
BASE = f"/design/{APP}/form/deal"
ADMIN = Actor(id=1, name="Admin", is_admin=True)


def words(zh: str, en: str) -> dict[str, str]:
    return {"zh-CN": zh, "en": en}


CUSTOMER = form("customer", field("name", "text", label=words("客户名称", "Name")), title_field="name", title="客户")
DEAL = form(
    "deal",
    field("name", "text", label=words("项目", "Deal")),
    field("customer", "relation", {"form": "customer"}, label=words("客户", "Customer")),
    field("discount", "percent", label=words("折扣", "Discount")),
    field("reason", "text", label=words("原因", "Reason")),
    {
        "key": "lines",
        "type": "subform",
        "label": words("明细", "Lines"),
        "fields": [
            field("qty", "number", label=words("数量", "Quantity")),
            field("price", "money", {"currency": "CNY"}, label=words("单价", "Price")),
        ],
    },
    field(
        "total", "formula", {"expression": "SUM(lines, qty * price)", "result": "money"}, label=words("合计", "Total")
    ),
    title_field="name",
    rules=[{"key": "why", "when": "discount > 0.2", "actions": [{"key": "a", "do": "require", "fields": ["reason"]}]}],
)


@pytest.fixture(scope="module")
def deal(workspaces, company) -> int:
    """A published deal of a customer, with two lines."""
    publish_app(
        workspaces,
        company,
        APP,
        words("公式", "Formulas"),
        (CUSTOMER, DEAL, group("all", "deal", [{"scope": "all"}])),
        ADMIN,
    )

    def make(tx: Any) -> int:
        forms = store.forms(tx, APP)
        customer = create_record(tx, forms.get("customer"), {"name": "华东精密"}).id
        lines = [{"qty": 3, "price": "1000"}, {"qty": 1, "price": "250"}]
        given = {"name": "空压机", "customer": customer, "discount": "0.1", "lines": lines}
        return create_record(tx, forms.get("deal"), given).id

    return workspaces.run(company, ADMIN, make)


def ask(browser, path: str, **body: Any) -> Any:
    token = browser.token()
    told = browser.client.post(f"{BASE}/{path}", json=body, headers={"X-CSRFToken": token})
    return told.json


def value(browser, record: int, text: str, scope: str = "deal") -> Any:
    return ask(browser, "result", text=text, record=record, scope=scope).get("shown")


def test_names_are_told_by_label_through_relations_and_rows_as_the_draft_has_them(admin, deal):
    more = {**DEAL, "fields": [*DEAL["fields"], field("mood", "text", label=words("心情", "Mood"))]}
    found = {one["name"]: one for one in ask(admin, "names", scope="deal", document=more)["names"]}
    assert found["mood"]["label"] == "心情", "it is not even saved"
    assert (found["customer.name"]["label"], found["customer.name"]["way"]) == ("客户名称", ["客户"])
    assert (found["lines.qty"]["type"], found["lines.qty"]["many"]) == ("number", True)
    assert found["discount"]["type"] == "number"
    inside = [one["name"] for one in ask(admin, "names", scope="deal.lines", document=DEAL)["names"]]
    assert {"qty", "price"} <= set(inside)


def test_every_function_has_help_and_examples(admin, deal):
    found = admin.get(f"/design/{APP}/functions").json["functions"]
    assert len(found) > 150
    one = next(one for one in found if one["key"] == "IF")
    assert one["usage"] and "条件" in one["doc"] and one["examples"]


def test_the_value_for_a_record_is_shown_and_kept_nowhere(admin, deal):
    assert value(admin, deal, "total * (1 - discount)") == "2,925"
    assert value(admin, deal, "customer.name & name") == "华东精密空压机"
    assert value(admin, deal, "customer") == "华东精密"
    assert value(admin, deal, "discount < 0.2") == "是"
    assert value(admin, deal, "reason") == "（空）"
    assert value(admin, deal, "COUNT(lines, qty > 1)") == "1"
    assert value(admin, deal, "qty * price", "deal.lines") == "3,000"


def test_what_cannot_be_tried_says_why(admin, deal):
    told = ask(admin, "result", text="mood", record=deal, scope="deal")
    assert [one["code"] for one in told["problems"]] == ["designer.unpublished"]
    wrong = ask(admin, "result", text="name * 2", record=deal, scope="deal")
    assert wrong["problems"][0]["params"]["column"] == 1
    assert ask(admin, "result", text="1", record=999_999, scope="deal")["problems"][0]["code"] == "record.unknown"
    assert ask(admin, "result", text="1", record=True, scope="deal")["problems"][0]["code"] == "designer.no_sample"


def test_an_expression_that_is_much_too_long_or_deep_is_told_with_its_numbers(admin, deal):
    deep = "1" + " + ABS(1" * 300 + ")" * 300
    for text, said in (("1" + "+1" * 6_000, "12001 个字符，最多 4000 个"), (deep, "最多")):
        told = ask(admin, "check", text=text, expects="number", place="stored", scope="deal")
        assert said in told["problems"][0]["message"]


def test_rules_and_formulas_are_told_as_sentences(admin, deal):
    found = ask(admin, "sentences", document=DEAL)["sentences"]
    assert "折扣" in found["rules.why"] and "20%" in found["rules.why"] and "原因" in found["rules.why"]
    assert "数量" in found["fields.total"] and "qty" not in found["fields.total"]


def test_records_to_try_on_are_found_by_their_words_and_only_admins_ask(admin, deal, as_person):
    assert [one["title"] for one in admin.get(f"{BASE}/samples?q=空压").json["items"]] == ["空压机"]
    assert as_person("seller").get(f"{BASE}/samples").status_code == 403
    assert admin.get(f"/design/{APP}/form/nothing/samples").json == {"items": []}
