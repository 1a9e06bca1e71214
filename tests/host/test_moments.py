"""Moments: what becomes true only because time passes tells once, to the right people, whatever is killed and when."""

import json
import re
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from dougong.apps import drafts, store
from dougong.apps.kinds import DOCUMENT_KINDS
from dougong.apps.publish import publish
from dougong.identity.members import ensure_member
from dougong.jobs import consumers
from dougong.jobs.runner import Runner
from dougong.moments import Watch
from dougong.notify.notices import latest
from dougong.workspace.transactions import Workspaces
from dougong.workspace.workspaces import WorkspaceInfo
from engines.form.moments.scan import Looked, look
from engines.form.records import create_record, update_record
from engines.form.transaction import SYSTEM, Actor
from engines.kernel.documents import validate
from engines.kernel.problems import Rejected
from tests.form import company

# A visit has a day and an owner; the moment is true a week after it.
FORM = {
    "kind": "form",
    "key": "visit",
    "title": "Visit",
    "title_field": "name",
    "fields": [
        {"key": "name", "type": "text", "label": "Name"},
        {"key": "day", "type": "date", "label": "Day"},
    ],
}
MOMENT = {
    "kind": "moment",
    "key": "stale",
    "title": {"en": "Not visited for a week", "zh-CN": "一周未拜访"},
    "form": "visit",
    "when": "TODAY() - day >= 7",
    "people": [{"key": "owner", "kind": "owner"}],
}
PROCESS = Path(__file__).with_name("runner_process.py")
Place = tuple[Workspaces, WorkspaceInfo, Actor]


@pytest.fixture
def place(workspaces: Workspaces, workspace: WorkspaceInfo) -> Place:
    """The workspace with the form and its moment; nothing remembered, and the deliveries written for those who hear."""
    consumers.connect()
    with workspaces.begin(workspace, SYSTEM) as tx:
        owner = ensure_member(tx, "Owner", "owner@x.example", is_admin=True)
        known = {app.key for app in store.apps(tx)}
        if "watch" not in known:
            store.make_app(tx, "watch", "Watch")
    actor = Actor(id=owner, name="Owner", is_admin=True)
    if "watch" not in known:
        put(workspaces, workspace, FORM, MOMENT)
    with workspaces.begin(workspace, SYSTEM, publish=True) as tx:
        tables = "watch__visit, _moment, _moment_seen, _event, _delivery, _notification, _change"
        tx.connection.execute(text(f"TRUNCATE {tables}"))
    return workspaces, workspace, actor


def put(workspaces: Workspaces, workspace: WorkspaceInfo, *documents: dict) -> None:
    with workspaces.begin(workspace, SYSTEM) as tx:
        draft = drafts.open_draft(tx, "watch", "")
        for document in documents:
            assert not drafts.put_document(tx, draft, document)
        number = draft.id
    publish(workspaces, workspace, SYSTEM, number)


def visit(place: Place, name: str, days_ago: int) -> int:
    workspaces, info, actor = place
    with workspaces.begin(info, actor) as tx:
        day = company.day(tx, -days_ago).isoformat()
        return create_record(tx, store.forms(tx, "watch").get("visit"), {"name": name, "day": day}).id


def at(place: Place, days: int) -> Looked:
    """Look as if so many days had passed."""
    workspaces, info, _ = place
    with workspaces.begin(info, SYSTEM, origin="automation") as tx:
        tx.now += timedelta(days=days)
        forms = store.forms(tx, "watch")
        return look(tx, forms, forms.documents[("moment", "stale")])


def test_a_condition_that_becomes_true_by_time_alone_tells_once(place: Place) -> None:
    visit(place, "fresh", 0)
    visit(place, "older", 5)
    assert at(place, 0).told == 0
    assert [at(place, days).told for days in (1, 2, 3, 6, 7, 8)] == [0, 1, 0, 0, 1, 0]


def test_when_it_is_over_and_comes_again_it_tells_again(place: Place) -> None:
    record = visit(place, "one", 5)
    at(place, 0)
    assert at(place, 3).told == 1
    workspaces, info, actor = place
    with workspaces.begin(info, actor) as tx:
        day = (tx.now + timedelta(days=3)).date().isoformat()
        update_record(tx, store.forms(tx, "watch").get("visit"), record, {"day": day})
    assert at(place, 3) == Looked(0, 1, more=False)
    assert at(place, 20).told == 1


def test_records_that_fulfil_a_new_condition_already_are_old_news_unless_asked_for(place: Place) -> None:
    visit(place, "old", 100)
    assert at(place, 0).told == 0
    assert at(place, 1).told == 0
    workspaces, info, _ = place
    put(workspaces, info, {**MOMENT, "when": "TODAY() - day >= 8", "existing": True})
    try:
        assert at(place, 0).told == 1
        assert at(place, 1).told == 0
    finally:
        put(workspaces, info, MOMENT)


def test_a_look_that_fails_has_told_nothing(place: Place) -> None:
    visit(place, "one", 5)
    at(place, 0)
    workspaces, info, _ = place
    with pytest.raises(RuntimeError), workspaces.begin(info, SYSTEM, origin="automation") as tx:
        tx.now += timedelta(days=5)
        forms = store.forms(tx, "watch")
        assert look(tx, forms, forms.documents[("moment", "stale")]).told == 1
        raise RuntimeError("killed here")
    assert at(place, 5).told == 1


def test_the_owner_finds_one_notice_in_the_bell(place: Place, database: Engine) -> None:
    workspaces, info, actor = place
    record = visit(place, "Aurora", 5)
    at(place, 0)
    assert at(place, 3).told == 1
    with workspaces.begin(info, SYSTEM) as tx:
        tx.connection.execute(text("UPDATE _delivery SET due_at = now()"))  # the look's clock stood three days ahead
    runner = Runner(database, workspaces, lambda _workspace, _job, _attempt: None)
    runner.watch._next[info.id] = time.monotonic() + 600
    runner.serve(info)
    runner.serve(info)
    with workspaces.begin(info, actor) as tx:
        (note,) = latest(tx)
    assert (note.kind, note.link) == ("moment", f"/a/watch/visit/{record}")
    assert note.data["title"] == "Aurora"
    assert note.data["text"]["zh-CN"] == "一周未拜访"


def test_the_runner_looks_by_itself_and_not_all_the_time(place: Place) -> None:
    workspaces, info, _ = place
    put(workspaces, info, {**MOMENT, "when": "TODAY() - day >= 6", "existing": True})
    try:
        visit(place, "now", 6)
        watch = Watch(workspaces)
        assert watch.due(info)
        assert watch.look(info) == 1
        assert not watch.due(info)
        assert watch.look(info) == 0
    finally:
        put(workspaces, info, MOMENT)


def test_runners_killed_again_and_again_tell_each_record_once(place: Place, database_url: str) -> None:
    workspaces, info, actor = place
    with workspaces.begin(info, actor) as tx:
        form = store.forms(tx, "watch").get("visit")
        day = (tx.now - timedelta(days=30)).date().isoformat()
        for number in range(40):
            create_record(tx, form, {"name": f"v{number}", "day": day})
    put(workspaces, info, {**MOMENT, "when": "TODAY() - day >= 29", "existing": True})
    try:
        told = text("SELECT count(*), count(DISTINCT record_id) FROM _event WHERE type = 'moment.stale'")

        def count() -> tuple[int, ...]:
            with workspaces.begin(info, SYSTEM) as tx:
                return tuple(tx.connection.execute(told).one())

        for wait in (0.3, 0.6, 0.9, 1.2, None):
            process = subprocess.Popen([sys.executable, str(PROCESS), database_url, info.key])
            until = time.monotonic() + (wait or 60)
            while time.monotonic() < until and (wait or count() == (0, 0)):
                time.sleep(0.05)
            time.sleep(0 if wait else 2)  # time to tell some twice
            process.send_signal(signal.SIGKILL)
            process.wait()
        assert count() == (40, 40)
    finally:
        put(workspaces, info, MOMENT)


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"when": "dai > 3"}, "moment.stale.when"),
        ({"when": "day"}, "moment.stale.when"),
        ({"form": "nothing"}, "moment.stale.form"),
        ({"people": [{"key": "x", "kind": "field", "field": "nobody"}]}, "moment.stale.people.x.field"),
        ({"people": [{"key": "x", "kind": "role"}]}, "moment.stale.people.x.role"),
    ],
)
def test_what_is_wrong_with_a_moment_is_said_with_its_place(place: Place, wrong: dict, path: str) -> None:
    workspaces, info, _ = place
    with pytest.raises(Rejected) as error:
        put(workspaces, info, {**MOMENT, **wrong})
    assert path in {problem.path for problem in error.value.problems}


def test_the_example_of_the_page_is_a_moment() -> None:
    page = (Path(__file__).parents[2] / "docs" / "time.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    assert validate(DOCUMENT_KINDS.get("moment"), json.loads(example)) == []
