"""A small company and a form for the tests of what touches the database."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert, update

from dougong.workspace import tables as host
from engines.form.compile import compile_forms
from engines.form.form import Form, Forms

# Helpers of these tests are imported by name; test folders are no packages.
sys.path.insert(0, str(Path(__file__).parent))

SAMPLE = {
    "kind": "form",
    "key": "sample",
    "title": {"en": "Sample", "zh-CN": "样单"},
    "title_field": "name",
    "fields": [
        {"key": "name", "type": "text", "label": "Name", "required": True},
        {"key": "amount", "type": "money", "label": "Amount"},
        {"key": "secret", "type": "number", "label": "Secret"},
        {"key": "agent", "type": "member", "label": "Agent"},
        {"key": "team", "type": "members", "label": "Team"},
        {"key": "branch", "type": "department", "label": "Branch"},
        {
            "key": "state",
            "type": "choice",
            "label": "State",
            "options": {"choices": [{"key": key} for key in ("草稿", "审批中", "已批准")]},
            "default": '"草稿"',
        },
    ],
}
GROUP = {
    "kind": "group",
    "key": "everybody",
    "form": "sample",
    "title": "Everybody",
    "members": {"everyone": True},
    "operations": ["read", "create", "update", "submit"],
    "rows": [{"scope": "own"}],
    "fields": {"*": "edit"},
}
DOCUMENTS = [
    SAMPLE,
    GROUP,
    {"kind": "role", "key": "manager", "title": "Manager"},
    {
        "kind": "parameters",
        "key": "limits",
        "settings": [{"key": "free_amount", "type": "number", "title": "Free", "default": 100}],
    },
]


@pytest.fixture(scope="session")
def forms() -> Forms:
    """The compiled forms of the sample app."""
    return compile_forms("wf", DOCUMENTS)


@pytest.fixture(scope="session")
def sample(forms: Forms) -> Form:
    return forms.get("sample")


@dataclass(frozen=True)
class Company:
    """Departments: head office, below it sales, below that east. Members by what they are."""

    head_office: int
    sales: int
    east: int
    boss: int
    sales_head: int
    seller: int
    second: int
    admin: int
    left: int


def found(connection: Connection) -> Company:
    """Found the company. `boss` heads the head office, `sales_head` heads sales and has the role of manager; nobody
    heads east, where the sellers are. `left` is a manager who has gone."""

    def department(name: str, parent: int | None, path: list[int]) -> int:
        statement = insert(host.DEPARTMENT).values(name=name, parent_id=parent, path=path)
        key: int = connection.execute(statement.returning(host.DEPARTMENT.c.id)).scalar_one()
        change = update(host.DEPARTMENT).where(host.DEPARTMENT.c.id == key).values(path=[*path, key])
        connection.execute(change)
        return key

    def member(name: str, dept: int | None = None, **more: object) -> int:
        values = {"name": name, "email": f"{name}@example.test", "main_department_id": dept, **more}
        statement = insert(host.MEMBER).values(values).returning(host.MEMBER.c.id)
        key: int = connection.execute(statement).scalar_one()
        return key

    top = department("Head office", None, [])
    sales = department("Sales", top, [top])
    east = department("East", sales, [top, sales])
    company = Company(
        head_office=top,
        sales=sales,
        east=east,
        boss=member("boss", top),
        sales_head=member("sales_head", sales),
        seller=member("seller", east),
        second=member("second", east),
        admin=member("admin", None, is_admin=True),
        left=member("left", sales, is_active=False),
    )
    for dept, head in ((top, company.boss), (sales, company.sales_head)):
        connection.execute(update(host.DEPARTMENT).where(host.DEPARTMENT.c.id == dept).values(head_id=head))
    connection.execute(insert(host.ROLE).values(key="manager", title="Manager"))
    for person in (company.sales_head, company.left):
        connection.execute(insert(host.ROLE_MEMBER).values(role="manager", member_id=person))
    return company


@pytest.fixture
def company(conn: Connection, forms: Forms) -> Iterator[Company]:
    """The company in a transaction that is rolled back, with the sample form's tables."""
    tables = [table for table in forms.metadata.sorted_tables if not table.name.startswith("_")]
    forms.metadata.create_all(conn, tables=tables, checkfirst=False)
    return found(conn)
