"""Where entered values come from: rules, defaults, what is followed, linked, copied or frozen; and what is not told."""

from typing import Any

import pytest

from engines.form.compile import compile_forms
from engines.form.derive.origins import given_paths
from engines.form.derive.why import Explanation, why
from engines.form.form import Forms
from engines.form.query import get_record
from engines.form.records import create_record, update_record
from engines.form.transaction import Transaction
from engines.kernel.documents import Document
from tests.conftest import Begin
from tests.form import company
from tests.form.build import field, form
from tests.form.company import ADMINISTRATOR, LIN_YUE, group

KINDS = {"choices": [{"key": "big", "label": "大单"}, {"key": "small", "label": "小单"}]}


def setting(key: str, when: str, path: str, value: str) -> dict[str, Any]:
    return {
        "key": key,
        "title": key.title(),
        "when": when,
        "actions": [{"key": "a", "do": "set", "fields": [path], "value": value}],
    }


def documents(*groups: Document) -> list[Document]:
    linkage = {"form": "customer", "where": [{"field": "name", "op": "eq", "value": "who"}], "take": "grade"}
    return [
        form("customer", field("name", "text"), field("grade", "text"), title_field="name"),
        form(
            "deal",
            field("customer", "relation", {"form": "customer", "copy": [{"from": "grade", "to": "copied"}]}),
            field("amount", "number", label={"zh-CN": "金额", "en": "Amount"}),
            field("kind", "choice", KINDS, default='"small"'),
            field("who", "text"),
            field("linked", "text", linkage=linkage),
            field("copied", "text"),
            field("day", "date", default="TODAY()"),
            field("tax", "number", {"decimals": 2}, follow="amount * 0.1"),
            field("graded", "text", default='customer.grade & "!"'),
            field("noted", "text"),
            field("plain", "text"),
            field("lines", "subform")
            | {
                "fields": [
                    field("qty", "number"),
                    field("state", "choice", KINDS),
                    field("ask", "text"),
                    field("parts", "subform")
                    | {"fields": [field("base", "number"), field("cost", "number", default="base * 2")]},
                ]
            },
            rules=[
                setting("big", "amount > 100", "kind", '"big"'),
                setting("row", "AND(qty > 5, amount > 1)", "lines.state", '"big"'),
                setting("moved", "CHANGED(amount)", "noted", '"moved"'),
            ],
        ),
        *groups,
    ]


@pytest.fixture(scope="module")
def forms(workspaces, workspace) -> Forms:  # type: ignore[no-untyped-def]
    return company.installed(workspaces, workspace, compile_forms("origin", documents(), revision=1))


def made(tx: Transaction, forms: Forms, **more: Any) -> int:
    who = create_record(tx, forms.get("customer"), {"name": "远山", "grade": "A"}).id
    values = {"customer": who, "amount": 200, "who": "远山", "lines": [{"qty": 9}, {"qty": 1, "state": "small"}]}
    return create_record(tx, forms.get("deal"), values | more).id


def told(tx: Transaction, forms: Forms, record: int, path: str, row: int | None = None) -> Explanation:
    return why(tx, forms.get("deal"), record, path, row)


def test_every_kind_of_given_value_says_what_gave_it(begin: Begin, forms: Forms) -> None:
    with begin(ADMINISTRATOR) as tx:
        one = made(tx, forms)
        found = {key: told(tx, forms, one, key).rules for key in ("kind", "linked", "copied", "day", "tax", "plain")}
        kinds = [(rule.kind, rule.status) for rule in found["kind"]]
        assert kinds == [("rule", "given"), ("default", "changed")]
        rule = found["kind"][0]
        assert (rule.title, rule.condition, rule.gives) == ("Big", "Amount is above 100", '"大单"')
        assert [(each.label, each.text) for each in rule.used] == [("Amount", "200")]
        assert [(each.kind, each.status, each.title) for each in found["linked"]] == [("linkage", "given", "Customer")]
        assert [(each.kind, each.used[0].text, each.used[0].title) for each in found["copied"]] == [
            ("copy", "A", "远山")
        ]
        assert [(each.kind, each.status) for each in found["day"]] == [("default", "given")]
        assert [(each.kind, each.status, each.gives) for each in found["tax"]] == [("follow", "given", "Amount × 0.1")]
        assert found["plain"] == ()
        rows = tx.connection.exec_driver_sql(
            "SELECT id FROM origin__deal__lines WHERE _parent = %s ORDER BY _position", (one,)
        ).scalars()
        states = [told(tx, forms, one, "lines.state", row).rules[0] for row in rows]
        assert [each.status for each in states] == ["given", "idle"]
        assert {each.label for each in states[0].used} == {"Qty", "Amount"}
        assert told(tx, forms, one, "noted").rules[0].status == "unknown", "it meant the moment of a write"
    with begin(ADMINISTRATOR) as tx:
        tx.connection.exec_driver_sql("SET TRANSACTION READ ONLY")
        found = told(tx, forms, one, "graded").rules[0]
        assert (found.kind, found.status, found.used[0].text) == ("default", "given", "A"), "nothing is held for it"
    assert given_paths(forms.get("deal")) == {
        "kind", "lines.state", "lines.parts.cost", "noted", "copied", "day", "tax", "linked", "graded",
    }  # fmt: skip


def test_values_of_rows_of_rows_say_what_gave_them(begin: Begin, forms: Forms) -> None:
    with begin(ADMINISTRATOR) as tx:
        one = made(tx, forms, lines=[{"qty": 1}, {"parts": [{"base": 1}, {"base": 2, "cost": 5}]}])
        parts = get_record(tx, forms.get("deal"), one).values["lines"][1]["parts"]
        found = [told(tx, forms, one, "lines.parts.cost", part["id"]).rules[0] for part in parts]
        assert [(each.kind, each.status) for each in found] == [("default", "given"), ("default", "changed")]


def test_a_value_changed_by_hand_since_is_told_so(begin: Begin, forms: Forms) -> None:
    with begin(ADMINISTRATOR) as tx:
        one = made(tx, forms, tax=3, linked="B")
        assert [told(tx, forms, one, key).rules[0].status for key in ("tax", "linked")] == ["changed", "changed"]
        tx.connection.exec_driver_sql("UPDATE origin__deal SET kind = 'small' WHERE id = %s", (one,))
        changed = told(tx, forms, one, "kind")
        assert changed.rules[0].status == "changed" and "手工修改" in changed.text("zh-CN")
        assert "changed by hand since" in changed.text("en")
        update_record(tx, forms.get("deal"), one, {"amount": 5, "kind": "small"})
        assert [each.status for each in told(tx, forms, one, "kind").rules] == ["idle", "given"]


def test_what_a_rule_read_is_not_told_nor_concluded_for_those_who_may_not_see_it(begin: Begin, forms: Forms) -> None:
    rights = [
        group("d", "deal", [{"scope": "all"}], fields={"*": "edit", "amount": "none"}),
        group("c", "customer", [{"scope": "own"}], fields={"*": "read", "name": "none"}),
    ]
    guarded = compile_forms("origin", documents(*rights), revision=2)
    with begin(ADMINISTRATOR) as tx:
        one = made(tx, forms)
    with begin(LIN_YUE) as tx:
        found = told(tx, guarded, one, "kind").rules[0]
        assert found.status == "unknown" and [(each.text, each.hidden) for each in found.used] == [("", True)]
        assert told(tx, guarded, one, "linked").rules[0].status == "unknown"
        copied = told(tx, guarded, one, "copied").rules[0]
        assert [(each.text, each.hidden) for each in copied.used] == [("", True)]
        assert "200" not in told(tx, guarded, one, "kind").text("en")
