"""Problems above a form name the field and the row where the sentence alone does not; kinds of fields have pictures."""

from typing import Any

from flask import Flask

from dougong.web.assets import ASSETS
from dougong.web.records.places import places
from engines.form.compile import compile_forms
from engines.form.fields import FIELD_TYPES
from engines.form.form import Form
from engines.kernel.problems import Problem


def named(key: str, kind: str, en: str, zh: str, **more: Any) -> dict[str, Any]:
    """A field with its label in both languages."""
    return {"key": key, "type": kind, "label": {"en": en, "zh-CN": zh}, **more}


def order() -> Form:
    """An order with lines and their parts."""
    parts = named("parts", "subform", "Parts", "部件", fields=[named("weight", "number", "Weight", "重量")])
    lines = named("lines", "subform", "Lines", "明细", fields=[named("qty", "number", "Quantity", "数量"), parts])
    fields = [named("freight", "money", "Freight", "运费"), lines]
    return compile_forms("app", [{"kind": "form", "key": "order", "fields": fields}]).get("order")


def test_a_problem_is_named_by_field_and_row_in_the_language_of_the_page(app: Flask) -> None:
    found = [
        Problem("number.not_a_number", "freight", "请输入数字"),
        Problem("number.not_a_number", "lines[2].qty", "请输入数字"),
        Problem("record.required", "lines[0].parts[1].weight", "请填写“重量”"),
        Problem("record.gone", "", "这条记录已被删除"),
        Problem("answer.late", "_answer", "答复已截止"),
        Problem("money.currency", "freight.currency", "请选择币种"),
    ]
    with app.test_request_context(headers={"Accept-Language": "zh-CN"}):
        assert places(order(), found, "zh-CN") == {
            "freight": "运费",
            "lines[2].qty": "明细 · 第 3 行 · 数量",
            "lines[0].parts[1].weight": "明细 · 第 1 行 · 部件 · 第 2 行",
            "freight.currency": "运费",
        }
    with app.test_request_context(headers={"Accept-Language": "en"}):
        told = places(order(), [Problem("number.not_a_number", "lines[2].qty", "Enter a number")], "en")
    assert told == {"lines[2].qty": "Lines · Row 3 · Quantity"}


def test_every_kind_of_field_has_its_own_picture_in_the_sprite() -> None:
    with_pictures = set(ASSETS.icons)
    assert [one.key for one in FIELD_TYPES if one.icon not in with_pictures] == []
