"""Imports through their jobs: the dirty export comes out right, interrupted runs go on, errors come back as a file."""

import io
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, func, select

sys.path.insert(0, str(Path(__file__).parent))

import crm_sales

from dougong.apps import store as apps
from dougong.config import Settings
from dougong.identity.departments import list_departments
from dougong.identity.members import list_members
from dougong.imports import applying, store
from dougong.imports.uploads import store_upload
from dougong.jobs import queue
from dougong.jobs.run import run_in
from dougong.packs.library import Library
from dougong.packs.testing import APP, scratch
from dougong.workspace.transactions import Workspaces
from dougong.workspace.workspaces import WorkspaceInfo
from engines.form.form import Form
from engines.form.importing import ImportPlan, Target
from engines.form.query import get_record
from engines.form.records import update_record
from engines.form.system import CHANGE, EVENT
from engines.form.transaction import SYSTEM, Actor, Transaction

REAL = Path(__file__).parents[3] / "shared" / "data" / "crm_sales"
STAGES = {"Won": "赢单", "Lost": "输单", "Engaging": "需求确认", "Prospecting": "初步接洽"}


class PowerCut(BaseException):
    """Nothing after it is done: no job's end, no message."""


class Desk:
    """Somebody who imports files into a workspace with the CRM packs."""

    def __init__(self, workspaces: Workspaces, info: WorkspaceInfo, settings: Settings, admin: Actor) -> None:
        self.workspaces, self.info, self.settings, self.admin = workspaces, info, settings, admin

    def begin(self, **more: Any):  # type: ignore[no-untyped-def]
        return self.workspaces.begin(self.info, self.admin, **more)

    def job(self, kind: str, import_id: int) -> queue.Job:
        """Start a job and do it here; what is our bug is raised."""
        with self.begin() as tx:
            job_id = queue.start(tx, kind, {"import": import_id})
        run_in(self.settings, self.workspaces, self.info, job_id)
        with self.begin() as tx:
            return queue.read_job(tx, job_id)

    def upload(self, app: str, form: str, name: str, data: bytes) -> tuple[int, queue.Job]:
        with self.begin(origin="import") as tx:
            number = store.begin_import(tx, app, form, name)
            store_upload(store.folder_of(self.settings, self.info.key, number), name, io.BytesIO(data))
        return number, self.job("import_read", number)

    def get(self, number: int) -> store.Import:
        with self.begin() as tx:
            return store.get_import(tx, number)

    def plan(self, number: int, plan: ImportPlan) -> None:
        with self.begin() as tx:
            store.set_settings(tx, store.get_import(tx, number), plan.stored())

    def all(self, form: str, name: str, data: bytes, plan: ImportPlan) -> store.Import:
        """Upload, check and run; both must come to the same counts."""
        number, read = self.upload(APP, form, name, data)
        assert read.state == "done", read.problems
        self.plan(number, plan)
        checked = self.job("import_check", number)
        assert checked.state == "done", checked.problems
        tried = self.get(number)
        ran = self.job("import_run", number)
        assert ran.state == "done", ran.problems
        done = self.get(number)
        assert done.state == "done" and counts(done) == counts(tried)
        return done

    def form(self, tx: Transaction, key: str) -> Form:
        return apps.forms(tx, APP).get(key)

    def column(self, key: str, *names: str) -> list[Any]:
        with self.begin() as tx:
            table = self.form(tx, key).table
            query = select(*(table.c[name] for name in names)).where(table.c["_deleted_at"].is_(None))
            return list(tx.connection.execute(query.order_by(table.c.id)))


def counts(found: store.Import) -> dict[str, int]:
    return {name: getattr(found, name) for name in ("created", "updated", "unchanged", "refused")}


@pytest.fixture(scope="module")
def settings(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(data_folder=tmp_path_factory.mktemp("data"), database_url=database_url, secret_keys=("test-key",))


def open_desk(database: Engine, settings: Settings) -> Iterator[Desk]:
    with scratch(database, Library(), ["crm.opportunity", "sales.product"]) as (workspaces, info, cast):
        admin = Actor(id=cast["admin"], name="admin", is_admin=True, locale="en")
        yield Desk(workspaces, info, settings, admin)


@pytest.fixture
def desk(database: Engine, settings: Settings) -> Iterator[Desk]:
    yield from open_desk(database, settings)


def accounts_plan() -> ImportPlan:
    return ImportPlan(
        (
            Target("name", 0),
            Target("industry", 1, values={"technolgy": "technology"}, create_choices=True),
            Target("region", 4),
            Target("parent", 5, by="name"),
        ),
        mode="both",
        keys=("name",),
    )


def products_plan() -> ImportPlan:
    return ImportPlan((Target("name", 0), Target("code", 0), Target("spec", 1), Target("list_price", 2)))


def deals_plan() -> ImportPlan:
    return ImportPlan(
        (
            Target("no", 0),
            Target("name", 0),
            Target("_owner", 1),
            Target("lines.product", 2, by="name", values={"GTXPro": "GTX Pro"}),
            Target("customer", 3, by="name"),
            Target("stage", 4, values=STAGES),
            Target("_created_at", 5, order="mdy"),
            Target("expected_close", 6, order="mdy", empty="2018-03-31"),
            Target("actual_close", 6, order="mdy"),
            Target("amount", 7),
        ),
        incomplete=True,
    )


def people(desk: Desk, data: bytes) -> store.Import:
    number, read = desk.upload("", store.PEOPLE, "sales_teams.csv", data)
    assert read.state == "done", read.problems
    wanted = {"columns": {"name": 0, "manager": 1, "department": 2}, "role": "seller", "manager_role": "manager"}
    with desk.begin() as tx:
        store.set_settings(tx, store.get_import(tx, number), wanted)
    assert desk.job("import_check", number).state == "done"
    tried = desk.get(number)
    assert desk.job("import_run", number).state == "done"
    done = desk.get(number)
    assert counts(done) == counts(tried)
    return done


def everything(desk: Desk, files: dict[str, bytes]) -> store.Import:
    """The four tables in the order in which they need each other; gives the import of the deals."""
    people(desk, files["sales_teams.csv"])
    desk.all("product", "products.csv", files["products.csv"], products_plan())
    desk.all("customer", "accounts.csv", files["accounts.csv"], accounts_plan())
    return desk.all("opportunity", "sales_pipeline.csv", files["sales_pipeline.csv"], deals_plan())


def sellers_of(desk: Desk) -> dict[str, str]:
    with desk.begin() as tx:
        found = {one.id: one for one in list_members(tx, limit=1000)[0]}
    return {one.name: found[one.manager_id].name for one in found.values() if one.manager_id}


def by_stage(desk: Desk) -> dict[str, tuple[int, Decimal]]:
    found: dict[str, tuple[int, Decimal]] = {}
    for stage, amount in desk.column("opportunity", "stage", "amount"):
        number, total = found.get(stage, (0, Decimal(0)))
        found[stage] = (number + 1, total + (amount or 0))
    return found


def test_the_dirty_export_comes_out_right(desk: Desk) -> None:
    made = crm_sales.make()
    done = everything(desk, made.files)
    assert {key: by_stage(desk)[STAGES[key]][0] for key in made.stages} == made.stages
    assert by_stage(desk)["赢单"][1] == made.won
    assert sellers_of(desk) == made.sellers
    with desk.begin() as tx:
        names = {one.id: one.name for one in list_members(tx, limit=1000)[0]}
        incomplete = store.incomplete_rows(tx, done.id)[1]
        customers = dict(tuple(row) for row in desk.column("customer", "id", "name"))
        heads = {one.name: one.head_name for one in list_departments(tx)}
        first = get_record(tx, desk.form(tx, "opportunity"), desk.column("opportunity", "id")[0][0])
    assert incomplete == made.without_account
    parents = {name: customers[parent] for name, parent in desk.column("customer", "name", "parent") if parent}
    assert parents == made.parents
    assert all(names[owner] in made.sellers for (owner,) in desk.column("opportunity", "_owner"))
    assert all(no == name for no, name in desk.column("opportunity", "no", "name"))
    assert len(first.values["lines"]) == 1 and first.values["lines"][0]["product"].title in dict(crm_sales.PRODUCTS)
    with desk.begin() as tx:
        told = tx.connection.execute(select(EVENT.c.type, EVENT.c.payload).where(EVENT.c.cause == done.cause)).all()
    assert [one.type for one in told] == ["records.imported"] and told[0].payload["created"] == 60
    assert heads["Dora Brink"] == "Dora Brink" and heads["East"] == "Cara Losk"
    assert {one for (one,) in desk.column("customer", "industry")} >= {"technology", "medical"}


def test_what_was_written_is_taken_back_in_one_go(desk: Desk) -> None:
    made = crm_sales.make(deals=20)
    done = everything(desk, made.files)
    with desk.begin() as tx:
        form = desk.form(tx, "opportunity")
        changed = desk.column("opportunity", "id")[3][0]
        update_record(tx, form, changed, {"remark": "called", "customer": 1})
    job = desk.job("import_undo", done.id)
    assert job.state == "done" and job.result == {"import": done.id, "back": 19, "kept": 1}
    undone = desk.get(done.id)
    assert undone.state == "undone" and undone.report["kept"][0]["record"] == changed
    assert [row[0] for row in desk.column("opportunity", "id")] == [changed]
    assert desk.job("import_undo", done.id).state == "failed", "only once"
    again = desk.all("opportunity", "sales_pipeline.csv", made.files["sales_pipeline.csv"], deals_plan())
    assert (again.created, again.refused) == (19, 1), "the numbers are free again"


def test_a_killed_run_goes_on_where_it_stopped(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    made = crm_sales.make(deals=40)
    data = made.files["sales_pipeline.csv"]
    people(desk, made.files["sales_teams.csv"])
    desk.all("product", "products.csv", made.files["products.csv"], products_plan())
    desk.all("customer", "accounts.csv", made.files["accounts.csv"], accounts_plan())
    monkeypatch.setattr(applying.chunks, "__defaults__", (7,))
    number, _ = desk.upload(APP, "opportunity", "d.csv", data)
    desk.plan(number, deals_plan())
    assert desk.job("import_check", number).state == "done"

    real = applying.note_outcomes

    def dying(tx: Transaction, import_id: int, chunk: int, *given: Any, **more: Any) -> None:
        real(tx, import_id, chunk, *given, **more)
        if chunk == 3:
            raise PowerCut

    with monkeypatch.context() as patched, pytest.raises(PowerCut):
        patched.setattr(applying, "note_outcomes", dying)
        desk.job("import_run", number)
    assert len(desk.column("opportunity", "id")) == 21 and desk.get(number).state == "applying"
    assert desk.job("import_run", number).state == "done"
    done = desk.get(number)
    assert (done.created, done.refused) == (40, 0) and len(desk.column("opportunity", "id")) == 40
    with desk.begin() as tx:
        logged = tx.connection.scalar(select(func.count()).select_from(CHANGE).where(CHANGE.c.cause == done.cause))
    assert logged == 40


def test_rows_with_problems_are_told_by_row_and_column(desk: Desk) -> None:
    data = crm_sales.text(["公司", "行业", "电话"], [["甲", "互联网", "1"], ["", "??", "2"], ["乙", "", "x" * 99]])
    number, _ = desk.upload(APP, "customer", "客户.csv", data.decode().encode("gb18030"))
    found = desk.get(number)
    assert found.file is not None and found.file["encoding"] == "gb18030" and found.headers == ["公司", "行业", "电话"]
    desk.plan(number, ImportPlan((Target("name", 0), Target("industry", 1), Target("phone", 2))))
    assert desk.job("import_check", number).state == "done"
    tried = desk.get(number)
    with desk.begin() as tx:
        rows = store.rows_with_problems(tx, number)
    told = {(one["row"], one["column"], one["code"]) for row in rows for one in row.problems}
    assert {(3, "公司", "record.required"), (3, "行业", "choice.unknown"), (4, "电话", "text.too_long")} <= told
    assert tried.refused == len(rows) and rows[-1].raw == [["乙", None, "x" * 99]]


def test_a_mapping_is_remembered_for_the_next_file_of_the_same_form(desk: Desk) -> None:
    done = desk.all(
        "customer", "a.csv", b"region,company\nEast,A\n", ImportPlan((Target("region", 0), Target("name", 1)))
    )
    with desk.begin() as tx:
        plan = store.remembered(tx, APP, "customer", ["company", "other"])
        assert store.remembered(tx, APP, "customer", ["nothing"]) is None
        assert store.remembered(tx, APP, "contact", ["company"]) is None
    assert done.created == 1 and plan is not None
    assert [(one.field, one.column) for one in plan.targets] == [("name", 0)]


def test_others_imports_are_not_seen(desk: Desk) -> None:
    number, _ = desk.upload(APP, "customer", "a.csv", b"name\nA\n")
    with desk.workspaces.begin(desk.info, Actor(id=99)) as tx:
        assert store.list_imports(tx) == []
    with desk.workspaces.begin(desk.info, SYSTEM) as tx:
        assert [one.id for one in store.list_imports(tx)] == [number]


@pytest.mark.skipif(not REAL.is_dir(), reason="the real export is not beside this checkout")
def test_the_numbers_of_the_real_export_come_out(desk: Desk) -> None:
    files = {path.name: path.read_bytes() for path in REAL.glob("*.csv")}
    plan = accounts_plan()
    targets = [Target("region", 5) if one.field == "region" else one for one in plan.targets]
    targets = [Target("parent", 6, by="name") if one.field == "parent" else one for one in targets]
    people(desk, files["sales_teams.csv"])
    desk.all("product", "products.csv", files["products.csv"], products_plan())
    accounts = desk.all(
        "customer", "accounts.csv", files["accounts.csv"], ImportPlan(tuple(targets), mode="both", keys=("name",))
    )
    deals = desk.all("opportunity", "sales_pipeline.csv", files["sales_pipeline.csv"], deals_plan())
    assert (accounts.created, accounts.refused) == (85, 0)
    assert sum(1 for (parent,) in desk.column("customer", "parent") if parent) == 15
    assert (deals.created, deals.refused) == (8800, 0)
    found = by_stage(desk)
    assert {key: found[stage][0] for key, stage in STAGES.items()} == {
        "Won": 4238, "Lost": 2473, "Engaging": 1589, "Prospecting": 500,
    }  # fmt: skip
    assert found["赢单"][1] == 10_005_534
    with desk.begin() as tx:
        assert store.incomplete_rows(tx, deals.id)[1] == 1425
        sellers = {one.id for one in list_members(tx, role="seller", limit=1000)[0]}
    assert {owner for (owner,) in desk.column("opportunity", "_owner")} <= sellers
    managers = sellers_of(desk)
    assert len(managers) == 35 and len(set(managers.values())) == 6
