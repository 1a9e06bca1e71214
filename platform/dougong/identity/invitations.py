"""Inviting people: a pasted list becomes members with a link each; a link lets in whoever has it.

There may be no mail server, so the administrator gets the links and hands them over.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, exists, select, update

from dougong.db.control import MEMBERSHIP, WORKSPACE
from dougong.identity.accounts import Account, ensure_account, find_account, get_account, set_membership, set_password
from dougong.identity.departments import Department, find_department, list_departments
from dougong.identity.links import Link, make_link, read_link, use_link
from dougong.identity.members import ensure_member, set_departments
from dougong.identity.passwords import check_password, fold_email
from dougong.identity.recovery import belongs_elsewhere
from dougong.identity.roles import Role, find_role, list_roles, set_roles
from dougong.identity.stamp import people_changed
from dougong.workspace.tables import MEMBER
from dougong.workspace.transactions import Workspaces
from dougong.workspace.workspaces import WorkspaceInfo, find_workspace
from engines.form.transaction import SYSTEM, Transaction
from engines.kernel.labels import label
from engines.kernel.problems import Problem, Rejected, suggest

AT_ONCE = 500
_EMAIL = re.compile(r"[^@\s,;，；<>]+@[^@\s,;，；<>]+\.[^@\s,;，；<>]+")
_BETWEEN = re.compile(r"\t|[,，;；|]")


@dataclass(frozen=True, slots=True)
class Guest:
    """One line of a pasted list, understood."""

    line: int
    name: str
    email: str
    department_id: int | None
    role: str | None


@dataclass(frozen=True, slots=True)
class Invited:
    """What became of a line. `token` is None for somebody who has an account of their own and was let in at once."""

    name: str
    email: str
    member_id: int
    token: str | None


def parse_guests(text: str, departments: Sequence[Department], roles: Sequence[Role]) -> list[Guest]:
    """Read lines of name, e-mail, department, role, separated by commas or tabs (as pasted from a spreadsheet).

    The e-mail may stand anywhere. Department and role may be left out. Raises `Rejected` with every problem by line.
    """
    guests: list[Guest] = []
    problems: list[Problem] = []
    seen: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        guest, wrong = _read_line(number, line, departments, roles)
        if guest is not None and guest.email in seen:
            params = {"line": number, "email": guest.email, "first": seen[guest.email]}
            message = f"Line {number}: {guest.email} stands in line {seen[guest.email]} already"
            wrong = [*wrong, Problem("invite.twice", f"lines[{number}]", message, params)]
        problems += wrong
        if guest is not None:
            seen.setdefault(guest.email, number)
            guests.append(guest)
    if not guests and not problems:
        problems = [Problem("invite.empty", "people", "Enter at least one person: name, e-mail, department, role")]
    if len(guests) > AT_ONCE:
        message = f"At most {AT_ONCE} people at once"
        problems.append(Problem("invite.too_many", "people", message, {"limit": AT_ONCE}))
    if problems:
        raise Rejected(problems)
    return guests


def _read_line(
    number: int, line: str, departments: Sequence[Department], roles: Sequence[Role]
) -> tuple[Guest | None, list[Problem]]:
    where = f"lines[{number}]"
    cells = [cell.strip().strip('"') for cell in _BETWEEN.split(line)]
    found = next((index for index, cell in enumerate(cells) if "@" in cell), None)
    mail = _EMAIL.search(cells[found]) if found is not None else None
    if found is None or mail is None:
        message = f"Line {number}: there is no e-mail address in it"
        return None, [Problem("invite.no_email", where, message, {"line": number, "text": line.strip()[:60]})]
    email = fold_email(mail[0])
    beside = cells[found].replace(mail[0], "").strip(" <>（）()")
    others = [cell for index, cell in enumerate(cells) if index != found]
    name = beside or (others.pop(0) if others and others[0] else email.partition("@")[0])
    problems: list[Problem] = []
    department_id: int | None = None
    role: str | None = None
    for index, cell in enumerate(cell for cell in others if cell):
        department = find_department(list(departments), cell) if index == 0 else None
        as_role = find_role(list(roles), cell)
        if department is not None:
            department_id = department.id
        elif as_role is not None:
            role = as_role.key
        else:
            kind = "department" if index == 0 else "role"
            known = (
                [item.name for item in departments] if index == 0 else [label(item.title, "zh-CN") for item in roles]
            )
            near = suggest(cell, known)
            params = {"line": number, "name": cell, "suggestion": near.split('"')[1] if near else None}
            message = f'Line {number}: there is no {kind} "{cell}"{near}'
            problems.append(Problem(f"invite.{kind}", where, message, params))
    return Guest(number, name, email, department_id, role), problems


def invite(
    tx: Transaction, engine: Engine, workspace: WorkspaceInfo, text: str, *, department_id: int | None = None
) -> list[Invited]:
    """Make everybody of a pasted list a member and give a link to each who has no password yet.

    Somebody who is a member already keeps what they have and gets a new link. Raises `Rejected`: then nobody is added.
    """
    guests = parse_guests(text, list_departments(tx), list_roles(tx))
    result: list[Invited] = []
    with engine.begin() as control:
        for guest in guests:
            member_id = ensure_member(tx, guest.name, guest.email)
            where = guest.department_id or department_id
            if where is not None:
                set_departments(tx, member_id, [where])
            if guest.role is not None:
                set_roles(tx, member_id, {guest.role})
            result.append(_admit(tx, control, workspace, guest, member_id))
    return result


def _admit(tx: Transaction, control: Connection, workspace: WorkspaceInfo, guest: Guest, member_id: int) -> Invited:
    """A link for the guest. Nothing else: an account becomes a member only when its owner opens the link."""
    token = None
    if not _is_in(control, guest.email, workspace.id):
        token = make_link(
            control,
            "invite",
            workspace_id=workspace.id,
            email=guest.email,
            data={"name": guest.name},
            created_by=tx.actor.id,
        )
    return Invited(guest.name, guest.email, member_id, token)


def _is_in(control: Connection, email: str, workspace_id: int) -> bool:
    """Whether the owner of an address signs in to this workspace already."""
    account = find_account(control, email)
    if account is None or not account.has_password:
        return False
    here = exists().where(MEMBERSHIP.c.account_id == account.id, MEMBERSHIP.c.workspace_id == workspace_id)
    return bool(control.scalar(select(here.where(MEMBERSHIP.c.is_active))))


def open_invitation(
    tx: Transaction, engine: Engine, workspace: WorkspaceInfo, *, department_id: int | None, role: str | None
) -> str:
    """The token of a link that lets in whoever opens it, into a department and with a role, for seven days."""
    data = {"open": True, "department": department_id, "role": role}
    with engine.begin() as control:
        return make_link(control, "invite", workspace_id=workspace.id, data=data, created_by=tx.actor.id)


def accept(workspaces: Workspaces, token: str, *, name: str, email: str, password: str) -> int:
    """Join by a link: choose a name and a password. Gives the account. Raises `Rejected`, `NotFound`.

    Somebody who has a password already proves it: by an open link nobody takes another's account.
    """
    engine = workspaces.engine
    with engine.begin() as control:
        link = read_link(control, "invite", token)
        address = fold_email(link.email or email)
        problems = [] if _EMAIL.fullmatch(address) else [Problem("invite.email", "email", "Enter your e-mail address")]
        if not name.strip():
            problems.append(Problem("account.no_name", "name", "Enter your name"))
        problems += check_password(password, address)
        if problems:
            raise Rejected(problems)
        known = find_account(control, address)
        if known is not None and needs_sign_in(control, known, link):
            message = "There is an account with this address already; sign in with it, then open the link again"
            raise Rejected(Problem("invite.known", "email", message, {"email": address}))
        account = ensure_account(control, address, name.strip())
        set_password(control, account.id, password)
    join(workspaces, token, account.id, name=name)
    return account.id


def needs_sign_in(control: Connection, account: Account, link: Link) -> bool:
    """Whether an account may be used with a link only by somebody who has signed in with it.

    True for one with a password, and for one that waits for the link of another workspace.
    """
    return account.has_password or belongs_elsewhere(control, account.id, link.workspace_id or 0)


def may_join(link: Link, account_id: int, email: str) -> bool:
    """Whether a link is meant for this account: one for anybody, or one for its address."""
    return link.account_id in (None, account_id) and link.email in (None, email)


def join(workspaces: Workspaces, token: str, account_id: int, *, name: str) -> int:
    """Make an account a member of the link's workspace. Gives the workspace. Raises `NotFound` for a dead link."""
    engine = workspaces.engine
    with engine.begin() as control:
        link = read_link(control, "invite", token, lock=True)
        workspace = _workspace(control, link)
        with workspaces.begin(workspace, SYSTEM, origin="system") as tx:
            member_id = ensure_member(tx, name, link.email or _address(control, account_id), account_id=account_id)
            department, role = link.data.get("department"), link.data.get("role")
            if department is not None:
                set_departments(tx, member_id, [department])
            if role is not None:
                set_roles(tx, member_id, {role})
            if name.strip() and link.email is not None:
                tx.connection.execute(update(MEMBER).where(MEMBER.c.id == member_id).values(name=name.strip()))
                people_changed(tx)
            is_admin = bool(tx.connection.scalar(select(MEMBER.c.is_admin).where(MEMBER.c.id == member_id)))
        set_membership(control, account_id, workspace.id, member_id, is_admin=is_admin)
        use_link(control, link)
    return workspace.id


def workspace_title(connection: Connection, workspace_id: int) -> str:
    """The title of a workspace, for the page behind its invitation."""
    return str(connection.execute(select(WORKSPACE.c.title).where(WORKSPACE.c.id == workspace_id)).scalar_one())


def _workspace(control: Connection, link: Link) -> WorkspaceInfo:
    key = control.execute(select(WORKSPACE.c.key).where(WORKSPACE.c.id == link.workspace_id)).scalar_one()
    return find_workspace(control, key)


def _address(control: Connection, account_id: int) -> str:
    return get_account(control, account_id).email
