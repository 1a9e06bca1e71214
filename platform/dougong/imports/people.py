"""Importing people: departments, members without accounts, managers as heads and superiors, roles.

One transaction, tried first in the same way and taken back (a savepoint), so the trial cannot say anything else than
the run will do. Somebody who is there already, found by e-mail or by name, keeps what the file does not say.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from dougong.identity.departments import (
    Department,
    change_department,
    create_department,
    find_department,
    list_departments,
)
from dougong.identity.members import Member, change_member, ensure_member, list_members
from dougong.identity.passwords import fold_email
from dougong.identity.roles import Role, find_role, list_roles
from dougong.imports import store
from dougong.imports.analysis import stored_rows
from dougong.jobs.context import JobContext
from engines.form.folding import fold
from engines.form.system import STAGING
from engines.form.transaction import Transaction
from engines.kernel.problems import Forbidden, Problem, ProblemError, Rejected

COLUMNS: Final = ("name", "email", "phone", "title", "department", "manager", "role")
HEADS: Final[Mapping[str, tuple[str, ...]]] = {
    "name": ("name", "姓名", "成员", "员工", "member", "agent", "employee", "销售"),
    "email": ("mail", "邮箱", "邮件"),
    "phone": ("phone", "mobile", "tel", "电话", "手机"),
    "title": ("title", "position", "职务", "职位", "岗位"),
    "department": ("department", "dept", "office", "team", "region", "部门", "团队", "办事处"),
    "manager": ("manager", "superior", "supervisor", "boss", "上级", "主管", "经理"),
    "role": ("role", "角色"),
}
WORDS: Final = {"zh-CN": "导入成员", "en": "Importing people"}
EVERYBODY: Final = 100_000


@dataclass(frozen=True, slots=True)
class Line:
    """One person of the file."""

    number: int
    cells: Sequence[Any]
    said: Mapping[str, str]


@dataclass(slots=True)
class People:
    """What came of a list of people."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    departments: int = 0
    refused: dict[int, list[Problem]] = field(default_factory=dict)


def guess(headers: Sequence[str]) -> dict[str, int]:
    """Which column says what, by its head; the most telling heads first."""
    found: dict[str, int] = {}
    for exact in (True, False):
        for key in ("manager", "email", "phone", "role", "department", "title", "name"):
            for place, head in enumerate(headers):
                bare = fold(head)
                hit = bare in HEADS[key] if exact else any(word in bare for word in HEADS[key])
                if hit and key not in found and place not in found.values():
                    found[key] = place
    return found


def check(job: JobContext, found: store.Import) -> Mapping[str, Any]:
    """Try the list: everything is done and taken back."""
    lines = read_lines(job, found)
    with job.begin(origin="import") as tx:
        trial = tx.connection.begin_nested()
        made = apply(tx, found.settings, lines)
        trial.rollback()
        _note(tx, found, made, lines)
        store.note(tx, found.id, report={"checked": True, "departments": made.departments})
        job.report(tx, len(lines), len(lines), WORDS)
    return {"import": found.id}


def run(job: JobContext, found: store.Import) -> Mapping[str, Any]:
    """Write the list; those with problems are left out."""
    lines = read_lines(job, found)
    with job.begin(origin="import") as tx:
        made = apply(tx, found.settings, lines)
        _note(tx, found, made, lines)
        report = {"checked": True, "departments": made.departments}
        store.note(tx, found.id, state="done", finished_at=tx.now, report=report)
        job.report(tx, len(lines), len(lines), WORDS)
    return {"import": found.id, "created": made.created, "updated": made.updated}


def read_lines(job: JobContext, found: store.Import) -> list[Line]:
    """The people of the file, with what their columns say. Raises `Rejected` without a column of names."""
    columns: Mapping[str, int] = found.settings.get("columns") or {}
    if columns.get("name") is None:
        raise Rejected(Problem("import.no_names", "name", "Choose the column of names", {}))
    folder = store.folder_of(job.settings, job.workspace.key, found.id)
    return [
        Line(number, cells, {key: _text(cells, place) for key, place in columns.items() if key in COLUMNS})
        for number, cells in stored_rows(folder)
    ]


def apply(tx: Transaction, settings: Mapping[str, Any], lines: Sequence[Line]) -> People:
    """Make or change everybody of the list. Raises `Forbidden` for who is no administrator."""
    if not (tx.actor.is_admin or tx.actor.is_system):
        raise Forbidden(Problem("access.admin_only", "", "Only administrators of the workspace may do this"))
    return _Run(tx, settings, lines).all()


class _Run:
    """One list on its way into the workspace."""

    def __init__(self, tx: Transaction, settings: Mapping[str, Any], lines: Sequence[Line]) -> None:
        self.tx, self.settings, self.lines = tx, settings, lines
        self.made = People()
        self.roles: list[Role] = list_roles(tx)
        self.departments: list[Department] = list_departments(tx)
        self.by_name: dict[str, list[Member]] = {}
        self.by_mail: dict[str, Member] = {}
        for one in list_members(tx, limit=EVERYBODY)[0]:
            self._know(one)
        self.ids: dict[str, int] = {}

    def _know(self, one: Member) -> None:
        self.by_name.setdefault(fold(one.name), []).append(one)
        if one.email:
            self.by_mail[one.email] = one

    def all(self) -> People:
        """Managers first: the others point at them."""
        managers = self._managers()
        own = {fold(line.said["name"]) for line in self.lines}
        for key, name in managers.items():
            if key not in own:
                self._try(0, {"name": name, "department": self._office_of(key)}, is_manager=True)
        first = sorted(self.lines, key=lambda line: fold(line.said["name"]) not in managers)
        for line in first:
            self._try(line.number, line.said, is_manager=fold(line.said["name"]) in managers)
        self._heads(managers)
        return self.made

    def _managers(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for line in self.lines:
            name = line.said.get("manager", "")
            if name:
                found.setdefault(fold(name), name)
        return found

    def _office_of(self, manager: str) -> str:
        """The department of a manager who has no line: that of those below."""
        return next(
            (line.said.get("department", "") for line in self.lines if fold(line.said.get("manager", "")) == manager),
            "",
        )

    def _try(self, number: int, said: Mapping[str, str], *, is_manager: bool) -> None:
        made = self.made.departments
        try:
            with self.tx.connection.begin_nested():
                self._person(said, is_manager=is_manager)
        except ProblemError as error:
            self.departments, self.made.departments = list_departments(self.tx), made
            self.made.refused.setdefault(number or self._line_of(said["name"]), []).extend(error.problems)

    def _line_of(self, manager: str) -> int:
        return next(line.number for line in self.lines if fold(line.said.get("manager", "")) == fold(manager))

    def _person(self, said: Mapping[str, str], *, is_manager: bool) -> None:
        name, mail = said["name"], said.get("email", "")
        if not name:
            raise Rejected(Problem("member.no_name", "name", "Enter a name"))
        if mail and "@" not in mail:
            raise Rejected(Problem("import.no_email", "email", f'"{mail}" is no e-mail address', {"value": mail}))
        before = self._find(name, mail)
        member_id = before.id if before else ensure_member(self.tx, name, mail or None)
        roles = set(before.roles) if before else set()
        roles |= self._roles_of(said, is_manager=is_manager)
        departments = list(before.departments) if before else []
        if said.get("department"):
            departments = [self._department(said["department"], None)]
        manager = self._manager_id(said.get("manager", ""), name)
        if manager is not None and self._has_teams(said.get("department", "")) and not is_manager:
            departments = [self._department(said["manager"], said.get("department") or None)]
        phone = said.get("phone") or (before.phone if before else None)
        title = said.get("title") or (before.title if before else None)
        manager = manager if manager is not None else (before.manager_id if before else None)
        wanted = (phone, title, tuple(departments), tuple(sorted(roles)), manager)
        if before is not None and wanted == (
            before.phone, before.title, before.departments, before.roles, before.manager_id
        ):  # fmt: skip
            self.ids[fold(name)] = member_id
            self.made.unchanged += 1
            return
        change_member(
            self.tx,
            member_id,
            name=before.name if before else name,
            phone=phone,
            title=title,
            departments=departments,
            roles=roles,
            manager_id=manager,
        )
        self.ids[fold(name)] = member_id
        if before is None:
            self.made.created += 1
        else:
            self.made.updated += 1

    def _find(self, name: str, mail: str) -> Member | None:
        if mail and fold_email(mail) in self.by_mail:
            return self.by_mail[fold_email(mail)]
        same = self.by_name.get(fold(name), [])
        if fold(name) in self.ids:
            raise Rejected(Problem("import.person_twice", "name", f"{name} stands in the list twice", {"name": name}))
        if len(same) > 1:
            message = f"Several members are called {name}; give the e-mail"
            raise Rejected(Problem("import.person_unclear", "name", message, {"name": name}))
        return same[0] if same and (not mail or not same[0].email) else None

    def _roles_of(self, said: Mapping[str, str], *, is_manager: bool) -> set[str]:
        texts = [said.get("role", "")]
        if not texts[0]:
            texts = [self.settings.get("manager_role" if is_manager else "role") or ""]
        found: set[str] = set()
        for text in texts[0].replace("、", ",").replace("，", ",").replace(";", ",").split(","):
            if not text.strip():
                continue
            role = find_role(self.roles, text)
            if role is None:
                message = f'There is no role "{text.strip()}"'
                raise Rejected(Problem("role.unknown", "role", message, {"key": text.strip()}))
            found.add(role.key)
        return found

    def _department(self, name: str, parent: str | None) -> int:
        above = self._department(parent, None) if parent else None
        same = [one for one in self.departments if fold(one.name) == fold(name) and one.parent_id == above]
        found = same[0] if same else (find_department(self.departments, name) if parent is None else None)
        if found is not None:
            return found.id
        made = create_department(self.tx, name, parent_id=above)
        self.departments = list_departments(self.tx)
        self.made.departments += 1
        return made

    def _manager_id(self, manager: str, name: str) -> int | None:
        if not manager or fold(manager) == fold(name):
            return None
        known = self.ids.get(fold(manager))
        if known is None:
            same = self.by_name.get(fold(manager), [])
            known = same[0].id if len(same) == 1 else None
        if known is None:
            message = f"The manager {manager} was not taken"
            raise Rejected(Problem("import.no_manager", "manager", message, {"name": manager}))
        return known

    def _has_teams(self, office: str) -> bool:
        """A department of several managers gets a team for each of them: a department has one head."""
        return len(self._managers_of(office)) > 1

    def _managers_of(self, office: str) -> set[str]:
        lines = (line for line in self.lines if fold(line.said.get("department", "")) == fold(office))
        return {fold(line.said["manager"]) for line in lines if line.said.get("manager")}

    def _heads(self, managers: Mapping[str, str]) -> None:
        """Managers head the department of those below them, or their team in it."""
        for key, name in managers.items():
            office = self._office_of(key)
            if key not in self.ids or not office:
                continue
            department = self._department(name, office) if self._has_teams(office) else self._department(office, None)
            one = next(each for each in self.departments if each.id == department)
            if one.head_id is None:
                change_department(self.tx, one.id, name=one.name, parent_id=one.parent_id, head_id=self.ids[key])


def _note(tx: Transaction, found: store.Import, made: People, lines: Sequence[Line]) -> None:
    store.clear_rows(tx, found.id)
    columns: Mapping[str, int] = found.settings.get("columns") or {}
    headers = found.headers
    cells = {line.number: line.cells for line in lines}
    rows = []
    for number, problems in made.refused.items():
        told = []
        for one in problems:
            place = columns.get(one.path)
            shown = {"column": headers[place]} if place is not None and place < len(headers) else {}
            told.append(one.as_dict() | {"field": one.path, "row": number} | shown)
        raw = store.sealed(tx, [list(cells.get(number, []))])
        rows.append({"ledger_id": found.id, "row": number, "chunk": 0, "extra": {}, "raw": raw, "problems": told})
    if rows:
        tx.connection.execute(STAGING.insert(), rows)
    counts = {name: getattr(made, name) for name in ("created", "updated", "unchanged")}
    store.note(tx, found.id, total=len(lines), refused=len(made.refused), **counts)


def _text(cells: Sequence[Any], place: int | None) -> str:
    cell = cells[place] if place is not None and place < len(cells) else None
    return "" if cell is None else " ".join(str(cell).split())
