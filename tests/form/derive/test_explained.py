"""Explanations kept beside values: written with the value by every writer, and never of what is secret."""

from typing import Any

import pytest

from engines.form.bulk import bulk_write
from engines.form.compile import compile_forms
from engines.form.derive.job import recompute_chunk
from engines.form.derive.pending import defer
from engines.form.form import Forms
from engines.form.query import get_record
from engines.form.records import create_record, update_record
from engines.form.transaction import Transaction
from engines.kernel.documents import Document
from engines.kernel.problems import Rejected
from tests.conftest import Begin
from tests.form import company
from tests.form.build import field, form
from tests.form.company import ADMINISTRATOR
from tests.form.derive.shop import formula, rollup


def why(of: str, key: str | None = None, **options: Any) -> dict[str, Any]:
    """An explanation field."""
    return field(key or f"{of}_why", "explanation", {"of": of, **options})


def documents(**more: Any) -> list[Document]:
    parts = field("parts", "subform", label="部件") | {
        "fields": [
            field("used", "number", {"decimals": 0}, label="用量"),
            formula("double", "used * 2", decimals=0) | {"label": "双倍"},
            why("double"),
            why("used"),
        ]
    }
    lines = field("lines", "subform", label="明细") | {
        "fields": [
            field("qty", "number", {"decimals": 0}, label={"zh-CN": "数量", "en": "Quantity"}),
            field("price", "money", label={"zh-CN": "单价", "en": "Price"}),
            formula("sum", "qty * price", "money") | {"label": {"zh-CN": "小计", "en": "Sum"}},
            why("sum", language="en"),
            parts,
        ]
    }
    rules = [
        {
            "key": "big",
            "title": "大单",
            "when": "net >= 1000",
            "actions": [{"key": "k", "do": "set", "fields": ["kind"], "value": '"big"'}],
        }
    ]
    return [
        form(
            "customer",
            field("name", "text", label="名称"),
            field("factor", "number", {"decimals": 1}, label="系数"),
            rollup("worth", "deals", "sum", "net", filter='kind = "big"', result="money") | {"label": "大单额"},
            why("worth"),
            related=[{"key": "deals", "form": "deal", "field": "customer"}],
            title_field="name",
        ),
        form(
            "deal",
            field("customer", "relation", {"form": "customer", "on_delete": "clear"}, label="客户"),
            field("rate", "percent", {"decimals": 1}, label="折扣"),
            field(
                "kind",
                "choice",
                {"choices": [{"key": "big", "label": "大单"}, {"key": "small", "label": "小单"}]},
                label="类别",
                default='"small"',
            ),
            lines,
            formula("net", "ROUND(SUM(lines.sum) * (1 - rate), 2)", "money") | {"label": "净额"},
            formula("points", "net * customer.factor", store="always", decimals=0) | {"label": "积分"},
            field("grade", "lookup", {"path": "customer.name"}, label="客户名"),
            field("day", "date", {}, label="日期", default="TODAY()"),
            why("net"),
            why("kind"),
            why("points"),
            why("grade"),
            why("day"),
            rules=rules,
            **more,
        ),
    ]


@pytest.fixture(scope="module")
def forms(workspaces, workspace) -> Forms:  # type: ignore[no-untyped-def]
    return company.installed(workspaces, workspace, compile_forms("told", documents(), revision=1))


def read(tx: Transaction, forms: Forms, key: str, record: int) -> dict[str, Any]:
    return dict(get_record(tx, forms.get(key), record).values)


def test_an_explanation_is_written_with_its_value_by_every_writer(begin: Begin, forms: Forms) -> None:
    deal = forms.get("deal")
    given = {"customer": 1, "rate": "0.15", "lines": [{"qty": 2, "price": 300}, {"qty": 1, "price": 400}]}
    with begin(ADMINISTRATOR) as tx:
        create_record(tx, forms.get("customer"), {"name": "远山", "factor": 2})
        single = create_record(tx, deal, given).id
        bulk = bulk_write(tx, deal, [given]).created[0]
        for made in (single, bulk):
            found = read(tx, forms, "deal", made)
            said = "净额 = ROUND(“明细的小计”的合计 × (1 - “折扣”), 2) = 850.00（明细 2 行；折扣 15.0%）"
            assert found["net_why"] == said
            assert found["lines"][0]["sum_why"] == "Sum = Quantity × Price = 600.00 (Price 300.00; Quantity 2)"
            assert found["points_why"] == "积分 = “净额” × “客户的系数” = 1,700（客户 › 系数 2.0；净额 850.00）"
            assert found["grade_why"] == "客户名 = “客户的名称” = 远山（客户 › 名称 远山）"
            assert found["kind_why"] == "类别 = 小单：默认值，“小单”"
            assert found["day_why"].startswith("日期 = 20") and found["day_why"].endswith("：默认值，今天")
        assert "lines.sum_why" not in {one.path for one in forms.get("deal").kept if one.live}
        before = get_record(tx, deal, single).version
        update_record(tx, deal, single, {"rate": "0.15"})
        assert get_record(tx, deal, single).version == before, "an explanation is no change by itself"


def test_values_of_rows_of_rows_are_explained_beside_them(begin: Begin, forms: Forms) -> None:
    with begin(ADMINISTRATOR) as tx:
        made = create_record(tx, forms.get("deal"), {"lines": [{"qty": 1, "parts": [{"used": 4}]}]}).id
        (part,) = read(tx, forms, "deal", made)["lines"][0]["parts"]
        assert part["double_why"] == "双倍 = “用量” × 2 = 8（用量 4）"
        assert part["used_why"] == "用量 = 4：手工填写"


def test_a_value_that_a_rule_set_says_so_and_says_when_it_was_changed_by_hand(begin: Begin, forms: Forms) -> None:
    deal = forms.get("deal")
    with begin(ADMINISTRATOR) as tx:
        made = create_record(tx, deal, {"rate": 0, "lines": [{"qty": 3, "price": 400}]}).id
        said = "类别 = 大单：由规则“大单”设置，当“净额”大于等于1000，设为“大单”（净额 1,200.00）"
        assert read(tx, forms, "deal", made)["kind_why"] == said
        update_record(tx, deal, made, {"rate": "0.5"})
        found = read(tx, forms, "deal", made)
        assert found["kind"] == "big" and found["kind_why"] == "类别 = 大单：手工修改过，不再符合规则"
        assert read(tx, forms, "deal", made)["net_why"].endswith("= 600.00（明细 1 行；折扣 50.0%）")


def test_explanations_follow_other_records_at_once_and_by_the_job(begin: Begin, forms: Forms) -> None:
    deal, customer = forms.get("deal"), forms.get("customer")
    with begin(ADMINISTRATOR) as tx:
        who = create_record(tx, customer, {"name": "c", "factor": 1}).id
        made = create_record(tx, deal, {"customer": who, "rate": 0, "lines": [{"qty": 1, "price": 2000}]}).id
        said = "大单额 = “Deal”中（如果“类别”等于“大单”则“净额”，否则空）的合计 = 2,000.00"
        assert read(tx, forms, "customer", who)["worth_why"].replace("deal", "Deal") == said
        update_record(tx, customer, who, {"factor": 3})
        assert read(tx, forms, "deal", made)["points_why"].startswith(
            "积分 = “净额” × “客户的系数” = 6,000（客户 › 系数 3.0"
        )
    with begin(ADMINISTRATOR) as tx:
        tx.connection.exec_driver_sql("UPDATE told__customer SET factor = 5 WHERE id = %s", (who,))
        row = defer(tx, forms, ("deal", "", "points"), (("customer", False),), [who])
        while not recompute_chunk(tx, forms, row).finished:
            pass
        assert read(tx, forms, "deal", made)["points_why"].startswith(
            "积分 = “净额” × “客户的系数” = 10,000（客户 › 系数 5.0"
        )


def test_what_is_masked_is_not_written_out_and_what_is_not_there_is_said() -> None:
    def wrong(*fields: dict[str, Any]) -> list[str]:
        with pytest.raises(Rejected) as refused:
            compile_forms("told", [form("one", *fields)])
        return [f"{one.code} {one.path}" for one in refused.value.problems]

    secret = field("phone", "phone", {"kind": "any"}, mask={"kind": "phone"})
    shown = formula("shown", 'phone & "!"', "text")
    assert wrong(secret, shown, why("shown")) == ["explanation.secret form.one.fields.shown_why.options.of"]
    assert wrong(secret, why("phone")) == ["explanation.secret form.one.fields.phone_why.options.of"]
    assert wrong(field("a", "text"), why("b"))[0] == "field.unknown form.one.fields.b_why.options.of"
    assert wrong(field("a", "subform"), why("a")) == ["explanation.no_value form.one.fields.a_why.options.of"]


def test_an_explanation_stays_within_its_length_whatever_it_tells_of() -> None:
    many = [field(f"n{number}", "number", {"decimals": 0}, label="很长的名称" * 6) for number in range(90)]
    total = formula("total", " + ".join(f"n{number}" for number in range(40)))
    made = compile_forms("told", [form("one", *many, total, why("total"))]).get("one").fields["total_why"]
    assert made.expression is not None and len(made.expression.text) <= 4000 and not made.live
