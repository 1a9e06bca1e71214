"""The record over which the examples of the documentation are computed, and how their values are shown."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from engines.formula.browser import json_value
from engines.formula.types import Facts, FieldRef, FieldScope, Type

_LINES = FieldScope(
    "lines",
    (FieldRef("qty", Type.NUMBER, "数量"), FieldRef("price", Type.NUMBER, "单价"), FieldRef("note", Type.TEXT, "备注")),
)
_PEOPLE = FieldScope("people", (FieldRef("name", Type.TEXT, "姓名"),))

SCOPE = FieldScope(
    "order",
    (
        FieldRef("amount", Type.NUMBER, "金额"),
        FieldRef("tags", Type.LIST, "标签"),
        FieldRef("created", Type.DATETIME, "创建时间"),
        FieldRef("owner", Type.RECORD, "负责人", _PEOPLE),
        FieldRef("lines", Type.RECORDS, "明细", _LINES),
    ),
    {"vat_rate": Type.NUMBER},
)
ROW: dict[str, Any] = {
    "amount": Decimal(120),
    "tags": ["vip", "new"],
    "created": datetime(2024, 5, 17, 8, 30, tzinfo=UTC),
    "owner": {"id": 7, "name": "李雷"},
    "lines": [
        {"qty": Decimal(3), "price": Decimal(5), "note": "first"},
        {"qty": Decimal(2), "price": Decimal(25)},
    ],
}
FACTS = Facts(
    now=datetime(2024, 5, 17, 8, 30, tzinfo=UTC),
    zone="Asia/Shanghai",
    user={"id": 7, "name": "李雷"},
    settings={"vat_rate": Decimal("0.13")},
)


def show(value: Any) -> str:
    """A value as the documentation writes it: texts in quotes, conditions as TRUE or FALSE, `blank`."""
    match value:
        case None:
            return "blank"
        case bool():
            return str(value).upper()
        case str():
            return f'"{value}"'
        case Decimal() | date():
            return str(json_value(value))
        case _:
            return str(value)
