"""A form with one field of every type of the registry, for tests of pages and of the API."""

from typing import Any

from engines.form.fields import FIELD_TYPES
from tests.form.build import field, form

OPTIONS: dict[str, dict[str, Any]] = {
    "capitals": {"of": "a_money"},
    "explanation": {"of": "a_formula"},
    "text_template": {"template": "{a_text} · {a_number}"},
    "formula": {"expression": "a_number * 2", "result": "number"},
    "rollup": {"of": "a_subform", "aggregate": "sum", "field": "qty", "result": "number"},
    "lookup": {"path": "a_relation.name"},
    "barcode": {"of": "field", "field": "a_text", "format": "qr"},
    "embed": {"url": "https://status.example/machine?no={a_text}"},
    "button": {"do": "open", "url": "https://maps.example/?q={a_text}"},
    "phone": {"kind": "any"},
}


def document() -> dict[str, Any]:
    """One field of every type, named after it."""
    fields = []
    for kind in FIELD_TYPES:
        options = OPTIONS.get(kind.key, kind.samples()[0][0])
        fields.append(field(f"a_{kind.key}", kind.key, options, label=dict(kind.title)))
    more = [
        field("b_period", "period", {"precision": "quarter"}, label={"en": "Quarter", "zh-CN": "季度"}),
        field("b_week", "period", {"precision": "week"}, label={"en": "Week", "zh-CN": "周"}),
        field("b_month", "date", {"precision": "month"}, label={"en": "Month", "zh-CN": "月份"}),
        field("b_moment", "datetime", {"precision": "second"}, label={"en": "Moment", "zh-CN": "时刻"}),
        field("b_share", "percent", {"bar": True}, label={"en": "Done", "zh-CN": "完成度"}),
        field(
            "b_left",
            "number",
            {"prefix": "≈", "unit": "件", "negative_red": True},
            label={"en": "Left", "zh-CN": "结余"},
        ),
        field("b_days", "formula", {"expression": "a_rating * 10 + a_slider", "result": "number", "decimals": 0}),
    ]
    return form("every", *fields, *more, title={"en": "Every type", "zh-CN": "全部类型"}, title_field="a_text")
