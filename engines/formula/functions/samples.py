"""The record over which the examples of the documentation are computed, and how their values are shown."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from engines.formula.browser import json_value
from engines.formula.calendars import Calendar, Hours
from engines.formula.memory import with_forms
from engines.formula.types import Facts, FieldRef, FieldScope, Type

_LINES = FieldScope(
    "lines",
    (
        FieldRef("qty", Type.NUMBER, "数量"),
        FieldRef("price", Type.NUMBER, "单价"),
        FieldRef("note", Type.TEXT, "备注"),
        FieldRef("rating", Type.TEXT, "评价", scores=(("good", Decimal(5)), ("fair", Decimal(3)))),
    ),
)
_HEADS = FieldScope("people", (FieldRef("name", Type.TEXT, "姓名"),))
_DEPARTMENTS = FieldScope(
    "departments", (FieldRef("name", Type.TEXT, "名称"), FieldRef("head", Type.RECORD, "负责人", _HEADS))
)
_PEOPLE = FieldScope(
    "people",
    (
        FieldRef("name", Type.TEXT, "姓名"),
        FieldRef("department", Type.RECORD, "部门", _DEPARTMENTS),
        FieldRef("manager", Type.RECORD, "上级", _HEADS),
    ),
)
_INVOICES = FieldScope(
    "invoice",
    (FieldRef("total", Type.NUMBER, "金额"), FieldRef("owner", Type.RECORD, "负责人", _HEADS)),
)

SCOPE = FieldScope(
    "order",
    (
        FieldRef("amount", Type.NUMBER, "金额"),
        FieldRef("tags", Type.LIST, "标签"),
        FieldRef("grade", Type.TEXT, "等级", scores=(("a", Decimal(5)), ("b", Decimal(3)))),
        FieldRef(
            "topics", Type.LIST, "关注", scores=(("price", Decimal(3)), ("time", Decimal(1)), ("risk", Decimal(-1)))
        ),
        FieldRef("created", Type.DATETIME, "创建时间"),
        FieldRef("owner", Type.RECORD, "负责人", _PEOPLE),
        FieldRef("lines", Type.RECORDS, "明细", _LINES),
    ),
    {"vat_rate": Type.NUMBER},
    (_INVOICES,),
)
ROW: dict[str, Any] = {
    "amount": Decimal(120),
    "tags": ["vip", "new"],
    "grade": "a",
    "topics": ["price", "time"],
    "created": datetime(2024, 5, 17, 8, 30, tzinfo=UTC),
    "owner": {
        "id": 7,
        "name": "李雷",
        "department": {"id": 4, "name": "华东销售", "head": {"id": 9, "name": "韩梅梅"}},
        "manager": {"id": 9, "name": "韩梅梅"},
    },
    "lines": [
        {"qty": Decimal(3), "price": Decimal(5), "note": "first", "rating": "good"},
        {"qty": Decimal(2), "price": Decimal(25), "rating": "fair"},
    ],
}
FORMS: dict[str, list[dict[str, Any]]] = {
    "invoice": [
        {"id": 1, "total": Decimal(100), "owner": {"id": 7}},
        {"id": 2, "total": Decimal(200), "owner": {"id": 7}},
        {"id": 3, "total": Decimal(300), "owner": {"id": 8}},
    ]
}
_WORK = ((9 * 60, 12 * 60), (13 * 60, 18 * 60))
_DAYS: dict[date, Hours] = {date(2024, 5, day): () for day in range(1, 6)}
CALENDAR = Calendar(
    "cn",
    (_WORK, _WORK, _WORK, _WORK, _WORK, (), ()),
    _DAYS | {date(2024, 4, 28): _WORK, date(2024, 5, 11): _WORK},
    frozenset({2024}),
)
FACTS = with_forms(
    Facts(
        now=datetime(2024, 5, 17, 8, 30, tzinfo=UTC),
        zone="Asia/Shanghai",
        user={
            "id": 7,
            "name": "李雷",
            "main_department": 4,
            "manager": 9,
            "roles": ("sales",),
            "department_ids": ("4", "3"),
            "department_names": ("华东销售", "销售部"),
            "department_name": "华东销售",
            "manager_name": "韩梅梅",
            "subordinates": ("8", "12"),
        },
        settings={"vat_rate": Decimal("0.13")},
        calendars={"cn": CALENDAR},
        rates={
            "CNY": ((date.min, Decimal(1)),),
            "USD": ((date(2024, 1, 1), Decimal(7)), (date(2024, 3, 1), Decimal("7.1"))),
        },
        prior={"id": 1, "amount": Decimal(100), "owner": {"id": 7}},
        departments={3: (None, "销售部"), 4: (3, "华东销售"), 5: (None, "财务部")},
    ),
    FORMS,
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
