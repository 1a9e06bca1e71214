"""Rules and expressions as sentences in both languages."""

from typing import Any

import pytest

from engines.form.form import Form
from engines.form.rules.model import FormRule
from engines.form.rules.sentence import expression_sentence, sentence
from tests.form.build import field, form, forms

KINDS = [{"key": "vip", "label": {"en": "Key account", "zh-CN": "重点客户"}}, {"key": "other"}]


def names(key: str, en: str, zh: str, kind: str, options: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return field(key, kind, options, **more) | {"label": {"en": en, "zh-CN": zh}}


def made(*rules: dict[str, Any]) -> Form:
    lines = names("lines", "Lines", "明细", "subform")
    lines["fields"] = [names("qty", "Quantity", "数量", "number"), names("note", "Note", "备注", "text")]
    fields = [
        names("discount", "Discount", "折扣", "number", {"percent": True, "decimals": 2}),
        names("note", "Reason", "审批说明", "text"),
        names("kind", "Kind", "类型", "choice", {"choices": KINDS}),
        names("day", "Due", "到期日", "date"),
        names("done", "Done", "完成", "boolean"),
        names("other", "Customer", "客户", "relation", {"form": "other"}),
        lines,
    ]
    return forms(form("deal", *fields, rules=list(rules))).get("deal")


def told(rule: dict[str, Any]) -> tuple[str, str]:
    one = made({"key": "r", **rule})
    compiled = one.rules[0]
    assert isinstance(compiled, FormRule)
    return sentence(one, compiled, "en"), sentence(one, compiled, "zh-CN")


def does(do: str, *fields: str, **more: Any) -> dict[str, Any]:
    return {"key": "a" + do, "do": do, "fields": list(fields), **more}


@pytest.mark.parametrize(
    ("rule", "english", "chinese"),
    [
        (
            {"when": 'DEPT(_owner).name = "上海"', "actions": [does("lock")]},
            'When Name of the department of Owner is "上海", lock the record',
            "当“负责人”的部门的名称等于“上海”时，锁定记录",
        ),
        (
            {"when": 'CURRENTUSER().name <> ""', "actions": [does("lock")]},
            "When Name of the current user is filled in, lock the record",
            "如果当前用户的姓名已填写，锁定记录",
        ),
        (
            {"when": "discount > 0.2", "actions": [does("show", "note"), does("require", "note")]},
            "When Discount is above 20 %, show Reason, require Reason",
            "当“折扣”大于20%时，显示“审批说明”，“审批说明”必填",
        ),
        (
            {"when": 'OR(kind = "vip", AND(day < TODAY(), NOT(done)))', "actions": [does("lock")]},
            'When Kind is "Key account" or (Due is before today and Done is no), lock the record',
            "当“类型”等于“重点客户”，或(“到期日”早于今天，且“完成”为否)时，锁定记录",
        ),
        (
            {"when": "qty > 10", "actions": [does("set", "lines.note", value='"much"')]},
            'In each row of Lines: When Quantity is above 10, set Note to "much"',
            "“明细”的每一行：当“数量”大于10时，把“备注”设为“much”",
        ),
        (
            {"when": 'note = ""', "actions": [does("hide", "lines.note", "day"), does("color", "day", color="red")]},
            "When Reason is blank, hide Note of Lines, Due, show Due in red",
            "当“审批说明”为空时，隐藏明细的备注、“到期日”，“到期日”显示为红色",
        ),
        (
            {"check": "SUM(lines.qty) * 2 <= 10", "message": {"en": "Too much", "zh-CN": "太多"}, "when": "done"},
            'When Done, it must hold that the total of Quantity of Lines × 2 is at most 10; otherwise "Too much"',
            "当“完成”时，必须满足：“明细的数量”的合计 × 2小于等于10；否则提示“太多”",
        ),
        (
            {"actions": [does("choices", "kind", choices=["vip"]), does("warn", message={"en": "Hm", "zh-CN": "嗯"})]},
            'Always offer only Key account in Kind, warn "Hm"',
            "始终“类型”只能选重点客户，提醒“嗯”",
        ),
    ],
)
def test_a_rule_is_a_sentence(rule: dict[str, Any], english: str, chinese: str):
    assert told(rule) == (english, chinese)


def test_expressions_are_told_with_labels_and_unknown_calls_stay_calls():
    one = made()
    assert expression_sentence(one, "ROUND((1 - discount) * 3, 2)", "en") == "ROUND((1 - Discount) × 3, 2)"
    assert expression_sentence(one, 'other.name <> ""', "zh-CN") == "“客户的Name”已填写"
    assert expression_sentence(one, "qty > 3", "en", subform="lines") == "Quantity is above 3"
    assert expression_sentence(one, 'name & ", " & qty & "!"', "en", subform="lines").count(" & ") == 3
    assert expression_sentence(one, "not ) readable", "en") == "not ) readable"


def test_people_settings_and_rows_are_told_by_their_titles():
    setting = {"key": "vat", "type": "number", "title": {"en": "Tax rate", "zh-CN": "税率"}, "default": 1}
    role = {"kind": "role", "key": "boss", "title": {"en": "Head", "zh-CN": "主管"}}
    lines = names("lines", "Lines", "明细", "subform")
    lines["fields"] = [names("kind", "Kind", "类型", "choice", {"choices": KINDS})]
    one = forms(
        form("deal", names("net", "Net", "未税价", "number"), lines),
        {"kind": "parameters", "key": "base", "title": "Base", "settings": [setting]},
        role,
    ).get("deal")
    assert expression_sentence(one, 'net * SETTING("vat")', "zh-CN") == "“未税价” × “税率”"
    assert expression_sentence(one, 'SETTING("gone")', "en") == 'SETTING("gone")'
    assert expression_sentence(one, 'HASROLE("boss")', "zh-CN") == "当前用户是“主管”"
    assert expression_sentence(one, "CURRENTUSER().name", "zh-CN") == "当前用户的姓名"
    assert expression_sentence(one, "DEPT().name", "en") == "Name of the current user's department"
    assert expression_sentence(one, 'kind = "vip"', "zh-CN", over="lines") == "“类型”等于“重点客户”"
