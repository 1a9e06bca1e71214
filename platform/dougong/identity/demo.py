"""The people of the demo workspace. Made only where nobody but this machine can reach the server (D18)."""

from dataclasses import dataclass

from sqlalchemy import Connection, select, update

from dougong.config import Settings
from dougong.db.control import ACCOUNT, WORKSPACE
from dougong.identity.accounts import ensure_account, set_membership
from dougong.identity.departments import change_department, create_department, list_departments
from dougong.identity.members import ensure_member, set_departments
from dougong.identity.passwords import hash_password
from dougong.identity.roles import ensure_role, set_roles
from dougong.workspace.tables import MEMBER
from dougong.workspace.transactions import Workspaces
from dougong.workspace.workspaces import WorkspaceInfo, create_workspace
from engines.form.transaction import SYSTEM, Transaction
from engines.kernel.labels import label
from engines.kernel.problems import Forbidden, NotFound, Problem

KEY = "demo"
TITLE = "斗拱演示公司"
PASSWORD = "dougong-demo"  # noqa: S105 - printed at start-up; the accounts exist on loopback only


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who does not exist."""

    name: str
    email: str
    title: str
    department: str
    role: str
    heads: bool = False
    is_admin: bool = False


TO_TRY = {
    "admin@demo.example": {"zh-CN": "系统管理员", "en": "Administrator"},
    "manager@demo.example": {"zh-CN": "华东区销售经理", "en": "Sales manager, East"},
    "seller@demo.example": {"zh-CN": "业务员", "en": "Seller"},
}
PEOPLE = (
    Person("沈一诺", "admin@demo.example", "系统管理员", "总经办", "admin", is_admin=True),
    Person("顾明远", "manager@demo.example", "华东区销售经理", "华东区", "manager", heads=True),
    Person("林晓雨", "seller@demo.example", "客户经理", "华东区", "seller"),
    Person("韩卫东", "director@demo.example", "销售总监", "销售部", "director", heads=True),
    Person("陈思远", "chen@demo.example", "客户经理", "华东区", "seller"),
    Person("赵立群", "zhao@demo.example", "华南区销售经理", "华南区", "manager", heads=True),
    Person("何佳怡", "he@demo.example", "客户经理", "华南区", "seller"),
    Person("吴建业", "wu@demo.example", "客户经理", "华南区", "seller"),
    Person("周若彤", "zhou@demo.example", "市场专员", "市场部", "marketer", heads=True),
    Person("孙慧敏", "sun@demo.example", "财务主管", "财务部", "finance", heads=True),
)
# Name of the department and of the one above it.
TREE = (
    ("总经办", None),
    ("销售部", None),
    ("华东区", "销售部"),
    ("华南区", "销售部"),
    ("市场部", None),
    ("财务部", None),
)
ROLES = {
    "admin": {"zh-CN": "管理员", "en": "Administrator"},
    "director": {"zh-CN": "销售总监", "en": "Sales director"},
    "manager": {"zh-CN": "销售主管", "en": "Sales manager"},
    "seller": {"zh-CN": "业务员", "en": "Seller"},
    "marketer": {"zh-CN": "市场", "en": "Marketing"},
    "finance": {"zh-CN": "财务", "en": "Finance"},
}


def make_demo(workspaces: Workspaces, settings: Settings) -> WorkspaceInfo:
    """The demo workspace with its people, made where it is missing; a second call changes nothing.

    Raises `Forbidden` where the server can be reached from other machines.
    """
    if not settings.is_loopback:
        raise Forbidden(Problem("demo.not_loopback", "", "Demo accounts are made only on a loopback address"))
    try:
        info = workspaces.get(KEY)
    except NotFound:
        info = create_workspace(workspaces.engine, KEY, TITLE, is_demo=True)
    with workspaces.begin(info, SYSTEM, origin="system") as tx:
        if tx.connection.scalar(select(MEMBER.c.id).limit(1)) is None:
            _make_company(tx)
    _make_accounts(workspaces, info)
    return info


def demo_accounts(locale: str = "zh-CN") -> list[tuple[str, str, str]]:
    """What the person does, address and password of the accounts to try."""
    return [(label(title, locale), email, PASSWORD) for email, title in TO_TRY.items()]


def has_demo(connection: Connection) -> bool:
    """Whether demo accounts exist that can sign in."""
    query = select(ACCOUNT.c.id).where(ACCOUNT.c.is_demo, ACCOUNT.c.is_active).limit(1)
    return connection.scalar(query) is not None


def _make_company(tx: Transaction) -> None:
    for key, title in ROLES.items():
        ensure_role(tx, key, title)
    numbers: dict[str | None, int | None] = {None: None}
    for name, above in TREE:
        numbers[name] = create_department(tx, name, parent_id=numbers[above])
    for person in PEOPLE:
        member_id = ensure_member(tx, person.name, person.email, is_admin=person.is_admin)
        tx.connection.execute(update(MEMBER).where(MEMBER.c.id == member_id).values(title=person.title))
        department_id = numbers[person.department]
        if department_id is not None:
            set_departments(tx, member_id, [department_id])
        set_roles(tx, member_id, {person.role})
        if person.heads and department_id is not None:
            _make_head(tx, department_id, member_id)


def _make_head(tx: Transaction, department_id: int, member_id: int) -> None:
    item = next(each for each in list_departments(tx) if each.id == department_id)
    change_department(tx, department_id, name=item.name, parent_id=item.parent_id, head_id=member_id)


def _make_accounts(workspaces: Workspaces, info: WorkspaceInfo) -> None:
    with workspaces.engine.begin() as control:
        known = set(control.scalars(select(ACCOUNT.c.email).where(ACCOUNT.c.is_demo)))
        if known >= {person.email for person in PEOPLE}:
            return
        control.execute(update(WORKSPACE).where(WORKSPACE.c.id == info.id).values(is_demo=True))
        hashed = hash_password(PASSWORD)
        accounts = {
            person.email: ensure_account(control, person.email, person.name, password_hash=hashed, is_demo=True)
            for person in PEOPLE
        }
    with workspaces.begin(info, SYSTEM, origin="system") as tx:
        members = {
            person.email: ensure_member(tx, person.name, person.email, account_id=accounts[person.email].id)
            for person in PEOPLE
        }
    with workspaces.engine.begin() as control:
        for person in PEOPLE:
            set_membership(control, accounts[person.email].id, info.id, members[person.email], is_admin=person.is_admin)
