"""A small company and a form for the tests of what touches the database."""

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select, update

from dougong.workspace import tables as host
from dougong.workspace.transactions import Workspaces
from dougong.workspace.workspaces import WorkspaceInfo
from engines.form.compile import compile_forms
from engines.form.form import Form, Forms
from engines.form.records import create_record
from engines.form.system import EVENT
from engines.form.transaction import SYSTEM, Actor, Transaction
from engines.workflow.notices import Notice
from engines.workflow.runtime import Result, Runtime
from engines.workflow.story import Story, story, tasks_of

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


class Site:
    """A workspace with the company and the sample form, and a runtime whose notices are kept."""

    def __init__(self, workspaces: Workspaces, workspace: WorkspaceInfo) -> None:
        self.workspaces, self.workspace = workspaces, workspace
        self.told: list[Notice] = []
        self.settled: list[tuple[int, tuple[int, ...]]] = []
        self.documents: dict[str, dict[str, Any]] = {}
        self.revision = 0
        with self.begin(publish=True) as tx:
            self.forms = compile_forms("wf", DOCUMENTS)
            tables = [table for table in self.forms.metadata.sorted_tables if not table.name.startswith("_")]
            self.forms.metadata.create_all(tx.connection, tables=tables, checkfirst=False)
            self.company = found(tx.connection)
        self.runtime = Runtime(
            lambda tx, app: self.forms,
            lambda tx, notice: self.told.append(notice),
            lambda tx, instance, members: self.settled.append((instance, members)),
        )

    def begin(self, actor: Actor = SYSTEM, **more: Any) -> AbstractContextManager[Transaction]:
        return self.workspaces.begin(self.workspace, actor, **more)

    @property
    def form(self) -> Form:
        return self.forms.get("sample")

    def publish(self, flow: dict[str, Any]) -> None:
        """From now on the sample form has this flow (only)."""
        self.revision += 1
        self.forms = compile_forms("wf", [*DOCUMENTS, flow], revision=self.revision)

    def actor(self, who: str) -> Actor:
        company = self.company
        admin = who == "admin"
        return Actor(id=getattr(company, who), name=who, main_department=company.east, is_admin=admin)

    def record(self, who: str = "seller", **values: Any) -> int:
        with self.begin(self.actor(who)) as tx:
            return create_record(tx, self.form, {"name": "Something", **values}).id

    def submit(self, record: int, who: str = "seller", **more: Any) -> Result:
        with self.begin(self.actor(who)) as tx:
            return self.runtime.submit(tx, self.form, record, **more)

    def task(self, who: str, record: int) -> int:
        """The open task of a person on a record."""
        with self.begin() as tx:
            mine = getattr(self.company, who)
            return next(task.id for task in tasks_of(tx, self.form, record) if task.member_id == mine)

    def act(self, who: str, record: int, action: str, comment: str = "", **more: Any) -> Result:
        task = self.task(who, record)
        with self.begin(self.actor(who)) as tx:
            return self.runtime.act(tx, task, action, comment, **more)

    def values(self, record: int) -> dict[str, Any]:
        with self.begin() as tx:
            query = select(self.form.table).where(self.form.table.c.id == record)
            return dict(tx.connection.execute(query).mappings().one())

    def waiting(self, record: int) -> list[str]:
        names = {value: key for key, value in vars(self.company).items()}
        with self.begin() as tx:
            tasks = tasks_of(tx, self.form, record)
        return [f"{names[task.member_id]}:{task.node}" for task in tasks]

    def story(self, record: int) -> Story:
        with self.begin() as tx:
            return story(tx, self.form, record)

    def events(self, record: int) -> list[str]:
        query = select(EVENT.c.type).where(EVENT.c.record_id == record).order_by(EVENT.c.id)
        with self.begin() as tx:
            return list(tx.connection.execute(query).scalars())


@pytest.fixture(scope="module")
def shared_site(workspaces: Workspaces, workspace: WorkspaceInfo) -> Site:
    return Site(workspaces, workspace)


@pytest.fixture
def site(shared_site: Site) -> Site:
    """The site of the test module, with nothing told yet."""
    shared_site.told.clear()
    shared_site.settled.clear()
    return shared_site
