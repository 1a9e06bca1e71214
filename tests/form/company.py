"""A small company for the tests of records: departments, people, and forms that point at each other."""

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dougong.workspace.transactions import Workspaces
from dougong.workspace.workspaces import WorkspaceInfo
from engines.form.compile import compile_forms
from engines.form.form import Forms
from engines.form.transaction import Actor, Transaction
from engines.kernel.documents import Document
from tests.form.build import field, form

EAST, SOUTH, SHANGHAI = 1, 2, 3
LIN, ANA, WEI, BOSS, ADMIN = 1, 2, 3, 4, 5

PEOPLE = {
    LIN: ("林悦", SHANGHAI),
    ANA: ("Ana Sol", SHANGHAI),
    WEI: ("韦一", SOUTH),
    BOSS: ("周衡", EAST),
    ADMIN: ("Admin", EAST),
}
DEPARTMENTS = {EAST: ("华东大区", None), SOUTH: ("华南大区", None), SHANGHAI: ("上海", EAST)}

GRADES = [{"key": "A", "label": {"en": "Top", "zh-CN": "重点"}}, {"key": "B"}, {"key": "C"}]
STATES = [
    {"key": "草稿", "label": {"en": "Draft", "zh-CN": "草稿"}},
    {"key": "已发", "label": {"en": "Sent", "zh-CN": "已发"}},
]


def documents(*groups: Document) -> list[Document]:
    """The forms `customer`, `product`, `quote` (with lines and a serial number) and `note`, and permission groups."""
    serial = {
        "segments": [
            {"key": "p", "kind": "text", "text": "BJ"},
            {"key": "d", "kind": "date", "format": "yyyyMM"},
            {"key": "n", "kind": "counter", "digits": 4, "reset": "month"},
        ]
    }
    lines = {
        "key": "lines",
        "type": "subform",
        "label": {"en": "Lines", "zh-CN": "明细"},
        "fields": [
            field("product", "relation", {"form": "product"}),
            field("qty", "number", {"min": 1}, required=True, default="1"),
            field("price", "money"),
            field("amount", "formula", {"expression": "ROUND(qty * price, 2)", "result": "money"}),
        ],
    }
    return [
        form(
            "customer",
            field("name", "text", required=True, unique=True),
            field("grade", "choice", {"choices": GRADES}, default='"C"'),
            field("phone", "phone", {"kind": "any"}),
            field("credit", "money"),
            field("since", "date"),
            field("tags", "choices", {"choices": [{"key": "新"}, {"key": "老"}, {"key": "大"}]}),
            field("parent", "relation", {"form": "customer", "on_delete": "clear"}),
            field("helpers", "members"),
            field("remark", "textarea"),
            {
                "key": "team",
                "type": "subform",
                "label": {"en": "Team", "zh-CN": "团队"},
                "fields": [field("person", "member"), field("ends", "date")],
            },
            title_field="name",
        ),
        form("product", field("name", "text", unique=True), field("price", "money"), title_field="name"),
        form(
            "quote",
            field("no", "serial", serial),
            field("customer", "relation", {"form": "customer"}, required=True),
            field("state", "choice", {"choices": STATES}, default='"草稿"'),
            field("day", "date", default="TODAY()"),
            field("discount", "number", {"percent": True, "min": 0, "max": 1, "decimals": 2}),
            lines,
            field("total", "formula", {"expression": "SUM(lines.amount)", "result": "money"}),
            field("net", "formula", {"expression": "ROUND(total * (1 - IFERROR(discount, 0)), 2)", "result": "money"}),
            field("grade", "formula", {"expression": "customer.grade", "result": "text"}),
            field("locked", "text", readonly=True),
            title_field="no",
            rules=[
                {
                    "key": "limit",
                    "check": "net <= 100000",
                    "message": {"en": "At most 100,000", "zh-CN": "最多 100,000"},
                    "field": "net",
                    "when": 'customer.grade <> "A"',
                }
            ],
        ),
        form(
            "note",
            field("text", "text", required=True),
            field("customer", "relation", {"form": "customer"}),
            field("quotes", "relation", {"form": "quote", "many": True}),
            title_field="text",
        ),
        {"kind": "role", "key": "seller", "title": "Seller"},
        {"kind": "role", "key": "manager", "title": "Manager"},
        *groups,
    ]


def group(key: str, on: str, rows: list[dict[str, Any]], **more: Any) -> Document:
    """A permission group with all operations and all fields, for everybody, unless said otherwise."""
    return {
        "kind": "group",
        "key": key,
        "form": on,
        "title": key,
        "members": {"everyone": True},
        "operations": ["read", "create", "update", "delete"],
        "rows": rows,
        "fields": {"*": "edit"},
        **more,
    }


def compiled(*groups: Document, revision: int = 1) -> Forms:
    """The company's forms."""
    return compile_forms("co", documents(*groups), revision=revision)


def install(tx: Transaction, forms: Forms) -> None:
    """Make the tables in a workspace (`tx` acts as the owner) and fill the people tables."""
    own = [table for table in forms.metadata.sorted_tables if not table.name.startswith("_")]
    forms.metadata.create_all(tx.connection, own, checkfirst=False)


def installed(workspaces: Workspaces, workspace: WorkspaceInfo, forms: Forms) -> Forms:
    """These forms, with their tables and the people of the company in a workspace."""
    with workspaces.begin(workspace, ADMINISTRATOR, publish=True) as tx:
        install(tx, forms)
        people(tx)
    return forms


def emptied(tx: Transaction, forms: Forms) -> None:
    """Leave no records of these forms, logs or counters (`tx` acts as the owner)."""
    names = [f'"{table.name}"' for table in forms.metadata.sorted_tables if not table.name.startswith("_")]
    system = ["_change", "_event", "_delivery", "_serial", "_ledger", "_ledger_chunk", "_staging", "_recompute"]
    system += ["_stage", "_stage_task"]
    tx.connection.exec_driver_sql(f"TRUNCATE {', '.join([*names, *system])} RESTART IDENTITY CASCADE")


def people(tx: Transaction) -> None:
    """Departments and members, with ids as named above."""
    connection = tx.connection
    for key, (name, parent) in DEPARTMENTS.items():
        connection.exec_driver_sql(
            "INSERT INTO _department (id, name, name__sort, parent_id) OVERRIDING SYSTEM VALUE VALUES (%s, %s, %s, %s)",
            (key, name, name, parent),
        )
    for key, (name, department) in PEOPLE.items():
        connection.exec_driver_sql(
            "INSERT INTO _member (id, name, name__sort, main_department_id) OVERRIDING SYSTEM VALUE"
            " VALUES (%s, %s, %s, %s)",
            (key, name, name, department),
        )


def day(tx: Transaction, days: int = 0) -> date:
    """The day so many days from now, where the company is: not that of the machine."""
    return (tx.now + timedelta(days=days)).astimezone(ZoneInfo(tx.actor.zone)).date()


def actor(key: int, **more: Any) -> Actor:
    """One of the company's people: a seller of the own department, unless said otherwise."""
    name, department = PEOPLE[key]
    given: dict[str, Any] = {
        "id": key,
        "name": name,
        "departments": frozenset({department}),
        "main_department": department,
        "roles": frozenset({"seller"}),
        "locale": "en",
    }
    return Actor(**(given | more))


ADMINISTRATOR = Actor(id=ADMIN, name="Admin", is_admin=True, main_department=EAST, locale="en")
LIN_YUE = actor(LIN)
ANA_SOL = actor(ANA)
WEI_YI = actor(WEI)
HEAD = actor(
    BOSS,
    roles=frozenset({"manager"}),
    managed_departments=frozenset({EAST, SHANGHAI}),
    subordinates=frozenset({LIN, ANA}),
)
