"""A flow that starts with a moment: once for each record whose condition has become true, in the owner's name."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text

from dougong.apps import store
from dougong.identity.members import ensure_member
from dougong.jobs import consumers
from dougong.jobs.runner import Runner
from dougong.notify.notices import latest
from dougong.workspace.transactions import Workspaces
from dougong.workspace.workspaces import WorkspaceInfo
from engines.form.moments.scan import look
from engines.form.records import create_record
from engines.form.transaction import SYSTEM, Actor
from engines.kernel.problems import Rejected
from engines.workflow.definition import check_document
from engines.workflow.story import story, tasks_of
from tests.apps import publish_app
from tests.form import company

APP = "renewals"
CONTRACT = {
    "kind": "form",
    "key": "contract",
    "title": "Contract",
    "title_field": "name",
    "fields": [
        {"key": "name", "type": "text", "label": "Name"},
        {"key": "ends", "type": "date", "label": "Ends"},
    ],
}
MOMENT = {
    "kind": "moment",
    "key": "ends_soon",
    "title": {"en": "Ends soon", "zh-CN": "即将到期"},
    "form": "contract",
    "when": "ends - TODAY() <= 30",
}


def renewal(**start: Any) -> dict[str, Any]:
    ask = {"key": "ask", "type": "approval", "people": [{"kind": "field", "field": "_submitter"}], "next": "end"}
    nodes = [{"key": "start", "type": "start", "next": "ask"}, ask, {"key": "end", "type": "end"}]
    title = {"en": "Renewal", "zh-CN": "续约"}
    return {"kind": "flow", "key": "renewal", "title": title, "form": "contract", "start": start, "nodes": nodes}


@pytest.fixture
def owner(workspaces: Workspaces, workspace: WorkspaceInfo) -> Iterator[Actor]:
    consumers.connect()
    with workspaces.begin(workspace, SYSTEM) as tx:
        number = ensure_member(tx, "Owner", "renewals@x.example", is_admin=True)
    documents = [CONTRACT, MOMENT, renewal(on="moment", moment="ends_soon")]
    publish_app(workspaces, workspace, APP, "Renewals", documents)
    return Actor(id=number, name="Owner", is_admin=True)


def test_a_record_starts_its_flow_once_when_the_moment_comes(
    workspaces: Workspaces, workspace: WorkspaceInfo, owner: Actor, database: Engine
) -> None:
    with workspaces.begin(workspace, owner) as tx:
        form = store.forms(tx, APP).get("contract")
        near, far = (
            create_record(tx, form, {"name": str(days), "ends": company.day(tx, days).isoformat()}).id
            for days in (32, 300)
        )

    def open_tasks(days: int) -> list[tuple[int, int | None]]:
        """The open tasks after a look as if so many days had passed, and after what was to be delivered."""
        with workspaces.begin(workspace, SYSTEM, origin="automation") as tx:
            tx.now += timedelta(days=days)
            forms = store.forms(tx, APP)
            look(tx, forms, forms.documents[("moment", "ends_soon")])
            tx.connection.execute(text("UPDATE _delivery SET due_at = now()"))
        runner = Runner(database, workspaces, lambda _workspace, _job, _attempt: None)
        runner.watch._next[workspace.id] = float("inf")
        for _ in range(2):
            runner.serve(workspace)
        with workspaces.begin(workspace, SYSTEM) as tx:
            form = store.forms(tx, APP).get("contract")
            return [(record, task.member_id) for record in (near, far) for task in tasks_of(tx, form, record)]

    assert [open_tasks(days) for days in (0, 1, 2, 3)] == [[], [], [(near, owner.id)], [(near, owner.id)]]
    with workspaces.begin(workspace, owner) as tx:
        (note,) = (one for one in latest(tx) if one.kind == "flow.task")
        told = story(tx, store.forms(tx, APP).get("contract"), near)
    assert note.data["by"] == ""  # nobody asks oneself
    assert told.by_time == {told.entries[0].instance_id}


def test_who_added_the_record_is_who_asks_where_every_new_record_starts_the_flow(
    workspaces: Workspaces, workspace: WorkspaceInfo, owner: Actor, database: Engine
) -> None:
    with workspaces.begin(workspace, SYSTEM) as tx:
        chief = ensure_member(tx, "Chief", "chief@x.example")
    flow = renewal(on="create")
    flow["nodes"][1]["people"] = [{"kind": "member", "member": "chief@x.example"}]
    publish_app(workspaces, workspace, "renewals_new", "Renewals", [CONTRACT, flow])
    with workspaces.begin(workspace, owner) as tx:
        create_record(tx, store.forms(tx, "renewals_new").get("contract"), {"name": "new"})
    runner = Runner(database, workspaces, lambda _workspace, _job, _attempt: None)
    runner.watch._next[workspace.id] = float("inf")
    runner.serve(workspace)
    with workspaces.begin(workspace, Actor(id=chief, name="Chief")) as tx:
        (note,) = latest(tx)
        told = story(tx, store.forms(tx, "renewals_new").get("contract"), 1)
    assert told.entries and not told.by_time
    assert (note.kind, note.data["by"]) == ("flow.task", "Owner")


@pytest.mark.parametrize(
    ("start", "path"),
    [
        ({"on": "moment"}, "start.moment"),
        ({"on": "create", "moment": "ends_soon"}, "start"),
    ],
)
def test_a_start_names_a_moment_where_it_needs_one_and_nowhere_else(start: dict[str, Any], path: str) -> None:
    assert path in {problem.path for problem in check_document(renewal(**start))}
    assert check_document(renewal(on="moment", moment="ends_soon")) == []


@pytest.mark.parametrize(("form", "code"), [("contract", "reference.unknown"), ("other", "flow.other_moment")])
def test_a_moment_that_is_not_there_or_of_another_form_is_refused(
    workspaces: Workspaces, workspace: WorkspaceInfo, form: str, code: str
) -> None:
    other = {**CONTRACT, "key": "other", "title": "Other"}
    flow = {**renewal(on="moment", moment="ends_son" if form == "contract" else "ends_soon"), "form": form}
    with pytest.raises(Rejected) as caught:
        publish_app(workspaces, workspace, f"renewals_{form}", "X", [CONTRACT, other, MOMENT, flow])
    assert code in {problem.code for problem in caught.value.problems}
