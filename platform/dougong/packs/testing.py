"""`pack test`: records in, actor and clock fixed, records, tasks and numbers out; in a scratch workspace.

A test is a JSON file of the pack: `clock`, `as`, `given` (form -> records, owned by `as`), `when` (steps: `create`,
`update`, `approve`, `reject`, `return`, `withdraw`; `submit: true` hands the record in), `then` (`record`, `tasks`,
`numbers`, `problems`). Each runs in one transaction that is rolled back; the first difference is told.
"""

import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy import Engine, select

from dougong.apps import store
from dougong.flows import runtime
from dougong.identity.actors import build_actor
from dougong.packs.cast import make_cast
from dougong.packs.cells import Names
from dougong.packs.install import install
from dougong.packs.library import Library, Pack
from dougong.packs.measures import measure
from dougong.vault.box import Box
from dougong.workspace.transactions import Workspaces
from dougong.workspace.workspaces import WorkspaceInfo, create_workspace, drop_workspace
from engines.form.form import Form, Forms, SubForm
from engines.form.query import get_record
from engines.form.records import create_record, update_record
from engines.form.transaction import SYSTEM, Transaction
from engines.kernel.problems import NotFound, Problem, ProblemError
from engines.workflow.tables import INSTANCE, TASK

APP = "test"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One test: which pack and file, and the first difference, or None where it passed."""

    pack: str
    name: str
    difference: str | None = None


class Difference(Exception):
    """What should have come out and what did."""


def test_packs(engine: Engine, library: Library, keys: Iterable[str]) -> Iterator[Outcome]:
    """Run the tests of packs, each pack alone with its dependencies. Raises what installing raises."""
    for key in keys:
        pack = library.load(key)
        if not pack.tests:
            continue
        with scratch(engine, library, [key]) as (workspaces, info, cast):
            for name, test in sorted(pack.tests.items()):
                yield Outcome(key, name, run_test(workspaces, info, cast, test))


@contextmanager
def scratch(
    engine: Engine, library: Library, keys: Iterable[str]
) -> Iterator[tuple[Workspaces, WorkspaceInfo, dict[str, int]]]:
    """A workspace that lives as long as the block, with packs installed in the app `test` and the cast in it."""
    info = create_workspace(engine, f"test-{secrets.token_hex(4)}", "Test")
    try:
        workspaces = Workspaces(engine, box=Box([secrets.token_urlsafe()]))
        _, packs = install(workspaces, info, SYSTEM, library, keys, app=APP, title="Test")
        with workspaces.begin(info, SYSTEM) as tx:
            cast = make_cast(tx, _roles(packs))
        yield workspaces, info, cast
    finally:
        drop_workspace(engine, info)


def run_test(
    workspaces: Workspaces, info: WorkspaceInfo, cast: Mapping[str, int], test: Mapping[str, Any]
) -> str | None:
    """Run one test and undo it; gives the first difference, or None."""
    with workspaces.begin(info, SYSTEM, origin="page") as tx:
        try:
            _Run(tx, cast, test).all()
        except Difference as difference:
            return str(difference)
        finally:
            tx.connection.rollback()
            tx.events.clear()
            tx.wake = False
    return None


def _roles(packs: Iterable[Pack]) -> list[str]:
    return sorted({key for pack in packs for kind, key in pack.layer.documents if kind == "role"})


class _Run:
    """One test in its transaction."""

    def __init__(self, tx: Transaction, cast: Mapping[str, int], test: Mapping[str, Any]) -> None:
        self.tx, self.cast, self.test = tx, cast, test
        self.tx.now = datetime.fromisoformat(test["clock"]).astimezone(UTC)
        self.forms: Forms = store.forms(tx, APP)
        self.names = Names(tx, self.forms)
        self.last: tuple[Form, int] | None = None
        self.problems: tuple[Problem, ...] = ()

    def all(self) -> None:
        """Everything in order. Raises `Difference`."""
        self.play("admin")
        for form_key, records in self.test.get("given", {}).items():
            for position, values in enumerate(records):
                form = self.forms.get(form_key)
                owned = {"_owner": self.test["as"], **values}
                self.create(form, owned, f"given.{form_key}[{position}]")
        for position, step in enumerate(self.test.get("when", ())):
            self.play(step.get("as", self.test["as"]))
            try:
                self.step(step, f"when[{position}]")
            except ProblemError as error:
                self.problems = error.problems
                if "problems" not in self.test["then"]:
                    raise Difference(f"when[{position}]: {error}") from error
        self.play("admin")
        self.compare(self.test["then"])

    def play(self, name: str) -> None:
        """Go on as somebody of the cast."""
        if name not in self.cast:
            raise Difference(f'there is nobody called "{name}" in the cast ({", ".join(sorted(self.cast))})')
        self.tx.actor = build_actor(self.tx, self.cast[name])

    def create(self, form: Form, values: Mapping[str, Any], path: str) -> int:
        saved = create_record(self.tx, form, self.read(form, values, path))
        self.names.remember(form, saved.id, values.get("@key"), saved.values)
        return saved.id

    def read(self, form: Form, values: Mapping[str, Any], path: str) -> dict[str, Any]:
        """Values as the write path takes them: names of records and people turned into ids."""
        read: dict[str, Any] = {}
        for key, raw in values.items():
            if key.startswith("@"):
                continue
            if key == "_owner":
                read[key] = self.cast[raw]
            elif key in form.subforms:
                read[key] = [self._row(form.subforms[key], row, path) for row in raw]
            else:
                read[key] = self.names.value(form.get(key, f"{path}.{key}"), raw, f"{path}.{key}")
        return read

    def _row(self, sub: SubForm, row: Mapping[str, Any], path: str) -> dict[str, Any]:
        """A row of a sub-form, and its rows."""
        return {
            key: [self._row(sub.subforms[key], one, path) for one in value]
            if key in sub.subforms
            else self.names.value(sub.get(key), value, f"{path}.{key}")
            for key, value in row.items()
        }

    def step(self, step: Mapping[str, Any], path: str) -> None:
        if "create" in step:
            form = self.forms.get(step["create"])
            self.last = (form, self.create(form, step["values"], path))
        elif "update" in step and self.last is not None:
            form, record = self.last
            update_record(self.tx, form, record, self.read(form, step["values"], path))
        for action in ("approve", "reject", "return"):
            if action in step:
                self.answer(action, step[action], step.get("comment", ""))
        if step.get("submit") and self.last is not None:
            runtime().submit(self.tx, *self.last)
        if step.get("withdraw") and self.last is not None:
            form, record = self.last
            query = select(INSTANCE.c.id).where(INSTANCE.c.form == form.key, INSTANCE.c.record_id == record)
            newest = self.tx.connection.execute(query.order_by(INSTANCE.c.id.desc()).limit(1)).scalar_one()
            runtime().withdraw(self.tx, newest)

    def answer(self, action: str, node: str, comment: str) -> None:
        query = (
            select(TASK.c.id)
            .where(TASK.c.node == node, TASK.c.member_id == self.tx.actor.id, TASK.c.state == "open")
            .order_by(TASK.c.id.desc())
        )
        task = self.tx.connection.execute(query).scalars().first()
        if task is None:
            raise NotFound(Problem("pack.no_task", node, f"{self.tx.actor.name} has no open task at {node}"))
        runtime().act(self.tx, task, action, comment)

    def compare(self, then: Mapping[str, Any]) -> None:
        if "problems" in then:
            have = [{"code": one.code, "path": one.path} for one in self.problems]
            for wanted in then["problems"]:
                if not any(all(one.get(name) == value for name, value in wanted.items()) for one in have):
                    raise Difference(f"problems: {wanted} is missing among {have}")
        elif self.problems:
            raise Difference(f"problems: none were expected, but {self.problems[0].message}")
        if "record" in then:
            self.compare_record(then["record"])
        if "tasks" in then:
            self.compare_tasks(then["tasks"])
        for number in then.get("numbers", ()):
            have_number = measure(self.tx, self.forms, number)
            if not _same(number["value"], have_number):
                name = number.get("question") or f"{number.get('dataset')}.{number['measure']}"
                raise Difference(f"numbers: {name} is {have_number}, not {number['value']}")

    def compare_record(self, wanted: Mapping[str, Any]) -> None:
        if self.last is None:
            raise Difference("record: no step made a record")
        form, record_id = self.last
        self.tx.actor = replace(self.tx.actor, is_admin=True)
        record = get_record(self.tx, form, record_id)
        for key, value in wanted.items():
            have = record.values.get(key)
            if not _same(value, have):
                raise Difference(f"record.{key} is {_shown(have)}, not {value}")

    def compare_tasks(self, wanted: Iterable[Mapping[str, Any]]) -> None:
        rows = self.tx.connection.execute(select(TASK.c.node, TASK.c.member_id).where(TASK.c.state == "open")).all()
        people = {number: name for name, number in self.cast.items()}
        have = sorted((row.node or "", people.get(row.member_id, "?")) for row in rows)
        want = sorted((one["node"], one["to"]) for one in wanted)
        if have != want:
            raise Difference(f"tasks are {have}, not {want}")


def _same(wanted: Any, have: Any) -> bool:
    if isinstance(have, Decimal) or (isinstance(have, int) and not isinstance(have, bool)):
        try:
            return Decimal(str(wanted)) == have
        except InvalidOperation:
            return False
    return bool(wanted == _shown(have))


def _shown(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return getattr(value, "title", None) or value if not isinstance(value, str) else value
