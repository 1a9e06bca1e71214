"""Publish: three repeatable steps under people who go on writing; whatever fails leaves all as it was or is resumed."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Engine

from dougong.apps import drafts, revisions, store, trash
from dougong.apps.finish import Progress, finish_open, open_steps
from dougong.apps.plan import Plan, make_plan
from dougong.apps.publish import Published, publish, recover, revert
from dougong.workspace.transactions import Workspaces
from dougong.workspace.workspaces import WorkspaceInfo, create_workspace, drop_workspace
from engines.form.records import create_record
from engines.form.transaction import SYSTEM, Actor, Transaction
from engines.kernel.keyed import put, remove
from engines.kernel.problems import Conflict, NotFound, ProblemError, Rejected

ADMIN = Actor(id=None, name="Admin", is_admin=True)


class Boom(Exception):
    """The failure that a test injects."""


@pytest.fixture
def shop(database: Engine, workspaces: Workspaces) -> Iterator["Shop"]:
    """A workspace of this test alone with a published form `item` (name, note, size, and rows `parts`)."""
    info = create_workspace(database, "shop", "Shop")
    workspaces.forget("shop")
    made = Shop(workspaces, info)
    made.publish(ITEM)
    yield made
    drop_workspace(database, info)


def field(key: str, kind: str = "text", **rest: Any) -> dict[str, Any]:
    return {"key": key, "type": kind, "label": key.title(), **rest}


ITEM: dict[str, Any] = {
    "kind": "form",
    "key": "item",
    "title": "Item",
    "title_field": "name",
    "fields": [
        field("name"),
        field("note"),
        field("size", "number"),
        field("parts", "subform", fields=[field("part"), field("qty", "number")]),
    ],
}


class Shop:
    """A workspace, and what tests do with it."""

    def __init__(self, workspaces: Workspaces, info: WorkspaceInfo) -> None:
        self.workspaces = workspaces
        self.info = info

    def begin(self, *, publish: bool = False) -> Any:
        return self.workspaces.begin(self.info, SYSTEM, publish=publish)

    def draft(self, *documents: dict[str, Any], without: tuple[str, str] | None = None) -> int:
        with self.workspaces.begin(self.info, ADMIN) as tx:
            draft = drafts.open_draft(tx)
            for document in documents:
                drafts.put_document(tx, draft, document)
            if without:
                drafts.remove_document(tx, draft, *without)
        return draft.id

    def publish(self, *documents: dict[str, Any], report: Callable[[Progress], None] | None = None) -> Published:
        number = self.draft(*documents)
        if report is None:
            return publish(self.workspaces, self.info, ADMIN, number)
        return publish(self.workspaces, self.info, ADMIN, number, report)

    def plan(self, *documents: dict[str, Any], without: tuple[str, str] | None = None) -> Plan:
        number = self.draft(*documents, without=without)
        with self.workspaces.begin(self.info, ADMIN) as tx:
            return make_plan(tx, drafts.get_draft(tx, number))

    def add(self, **values: Any) -> int:
        def work(tx: Transaction) -> int:
            return create_record(tx, store.forms(tx).get("item"), values).id

        return self.workspaces.run(self.info, SYSTEM, work)

    def values(self, key: str) -> list[Any]:
        with self.begin() as tx:
            table = store.forms(tx).get("item").table
            return list(tx.connection.scalars(sa.select(table.c[key]).order_by(table.c.id)))

    def document(self) -> dict[str, Any]:
        with self.begin() as tx:
            return store.get(tx, "form", "item")

    def state(self) -> tuple[Any, ...]:
        """Revision, documents, tables with columns and indexes, what is left to do."""
        with self.begin(publish=True) as tx:
            columns = tx.connection.execute(sa.text(_COLUMNS)).all()
            indexes = tx.connection.execute(sa.text(_INDEXES)).all()
            compiled = sorted(table.name for table in store.forms(tx).metadata.sorted_tables)
            left = tx.connection.execute(sa.text("SELECT kind, payload::text FROM _publish_step WHERE done_at IS NULL"))
            return tx.revision, store.load(tx).canonical(), columns, indexes, compiled, left.all()


_COLUMNS = """SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns
WHERE table_schema = current_schema() AND table_name !~ '^_' ORDER BY 1, 2"""
_INDEXES = "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema() ORDER BY 1"


def edited(document: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    return put(document, tuple(path.split(".")), value)


def without(document: dict[str, Any], path: str) -> dict[str, Any]:
    return remove(document, tuple(path.split(".")))


def test_a_new_field_is_there_for_the_next_transaction(shop: Shop) -> None:
    shop.add(name="Bolt", parts=[{"part": "thread", "qty": 2}])
    done = shop.publish(edited(ITEM, "fields.color", field("color")))
    assert (done.documents, done.finished) == (1, True)
    shop.add(name="Nut", color="red")
    assert shop.values("color") == [None, "red"]
    with shop.begin() as tx:
        assert tx.revision == done.revision
        assert [one.id for one in revisions.history(tx)][:1] == [done.revision]
        assert open_steps(tx) == 0


def test_the_plan_says_what_will_happen_and_changes_nothing(shop: Shop) -> None:
    for name, note in [("a", "12"), ("b", "1,5x"), ("c", "7.5"), ("d", None)]:
        shop.add(name=name, note=note, size=1)
    before = shop.state()
    changed = without(edited(ITEM, "fields.note", field("note", "number")), "fields.size")
    plan = shop.plan(edited(changed, "fields.color", field("color"))).as_dict()
    assert shop.state() == before
    (document,) = plan["documents"]
    assert (document["action"], document["key"]) == ("change", "item")
    assert {"op": "remove", "path": ["fields", "size"]} in document["changes"]
    (conversion,) = plan["conversions"]
    assert conversion == {
        "form": "item", "field": "note", "from": "text", "to": "number", "rows": 3, "fails": 1,
        "examples": [{"id": 2, "value": "1,5x"}],
    }  # fmt: skip
    (removed,) = plan["removed"]
    assert (removed["field"], removed["values"], removed["used_by"]) == ("size", 4, [])
    assert {step["phase"] for step in plan["steps"]} >= {"prepare", "switch"}
    assert plan["problems"] == []
    assert plan["lock_ms"] > 0


def test_the_plan_says_who_uses_what_is_removed(shop: Shop) -> None:
    shop.publish(
        edited(
            ITEM, "fields.double", field("double", "formula", options={"expression": "size * 2", "result": "number"})
        )
    )
    plan = shop.plan(without(shop.document(), "fields.size")).as_dict()
    (removed,) = plan["removed"]
    assert [use["at"] for use in removed["used_by"]] == ["fields.double.options.expression"]
    assert [problem["code"] for problem in plan["problems"]] != []


def test_what_does_not_fit_is_refused_with_everything_that_is_wrong(shop: Shop) -> None:
    before = shop.state()
    wrong = edited(edited(ITEM, "fields.a", field("a", "txet")), "fields.b", field("b", colour="red"))
    with pytest.raises(Rejected) as refused:
        shop.publish(wrong)
    assert len(refused.value.problems) >= 1
    assert all(problem.path.startswith("form.item.fields.") for problem in refused.value.problems)
    assert shop.state() == before


def failing(at: int, seen: list[Progress]) -> Callable[[Progress], None]:
    """A report that fails the step with number `at`."""

    def report(progress: Progress) -> None:
        seen.append(progress)
        if len(seen) == at + 1:
            raise Boom(progress)

    return report


CHANGES: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "a field added, one removed, one converted": lambda item: edited(
        without(edited(item, "fields.note", field("note", "number")), "fields.size"), "fields.color", field("color")
    ),
    "a field made unique": lambda item: edited(item, "fields.name.unique", True),
    "rows removed": lambda item: without(item, "fields.parts"),
    "a row field added and one converted": lambda item: edited(
        edited(item, "fields.parts.fields.price", field("price", "money")), "fields.parts.fields.qty", field("qty")
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_failure_at_any_point_before_the_commit_leaves_all_as_it_was(shop: Shop, name: str) -> None:
    for number in range(3):
        shop.add(name=f"n{number}", note=str(number), size=number, parts=[{"part": "p", "qty": 1}])
    changed, before = CHANGES[name](shop.document()), shop.state()
    points = 0
    while True:
        seen: list[Progress] = []
        draft = shop.draft(changed)
        try:
            publish(shop.workspaces, shop.info, ADMIN, draft, failing(points, seen))
        except Boom:
            if seen[-1].stage in ("finish", "done"):
                break
            assert shop.state() == before, seen[-1]
            points += 1
            continue
        break
    assert points >= 3
    assert {one.stage for one in seen} >= {"check", "prepare", "switch"} or name == "rows removed"
    with shop.begin() as tx:
        assert tx.revision > before[0]
    assert finish_open(shop.workspaces, shop.info)
    shop.add(name="after")


@contextmanager
def failing_at(database: Engine, number: int) -> Iterator[list[str]]:
    """The statement with this number of all that the database is asked fails, once."""
    asked: list[str] = []

    def hear(*given: Any) -> None:
        asked.append(given[2])
        if len(asked) == number + 1:
            raise Boom(given[2])

    sa.event.listen(database, "before_cursor_execute", hear)
    try:
        yield asked
    finally:
        sa.event.remove(database, "before_cursor_execute", hear)


def test_a_failure_of_any_statement_leaves_all_as_it_was_or_is_resumed(shop: Shop, database: Engine) -> None:
    for number in range(3):
        shop.add(name=f"n{number}", note=str(number), size=number, parts=[{"part": "p", "qty": 1}])
    changed, before = CHANGES["a field added, one removed, one converted"](shop.document()), shop.state()
    draft, failed = shop.draft(changed), 0
    while True:
        with failing_at(database, failed) as asked:
            try:
                publish(shop.workspaces, shop.info, ADMIN, draft)
                break
            except Boom:
                pass
        with shop.begin() as tx:
            switched = tx.revision > before[0]
        if switched:
            recover(shop.workspaces, shop.info)
            break
        assert shop.state() == before, asked[failed]
        failed += 1
    assert failed >= 30, "every statement before the switch is committed"
    with shop.begin() as tx:
        assert open_steps(tx) == 0
        assert "color" in store.forms(tx).get("item").fields
    assert shop.values("note") == [0, 1, 2]
    shop.add(name="after")


def test_a_failure_in_finish_is_resumed(shop: Shop) -> None:
    shop.add(name="Bolt", size=3)
    formula = field("double", "formula", options={"expression": "size * 2", "result": "number"})

    def fail(progress: Progress) -> None:
        if progress.stage == "finish":
            raise Boom

    with pytest.raises(Boom):
        shop.publish(edited(ITEM, "fields.double", formula), report=fail)
    with shop.begin() as tx:
        assert "double" in store.forms(tx).get("item").fields
        assert open_steps(tx) > 0
    assert shop.values("double") == [None]
    assert recover(shop.workspaces, shop.info)
    assert shop.values("double") == [6]
    with shop.begin() as tx:
        assert open_steps(tx) == 0
    assert finish_open(shop.workspaces, shop.info)


def test_a_publish_that_was_killed_is_taken_back_by_the_next(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    before = shop.state()

    def die(progress: Progress) -> None:
        if progress.stage == "switch":
            raise Boom

    monkeypatch.setattr("dougong.apps.publish.undo_prepare", lambda *_: None)  # a killed process takes nothing back
    with pytest.raises(Boom):
        shop.publish(edited(ITEM, "fields.color", field("color", "number")), report=die)
    monkeypatch.undo()
    assert shop.state() != before
    shop.publish(edited(ITEM, "fields.color", field("color")))
    shop.add(name="Bolt", color="red")
    assert shop.values("color") == ["red"]


def test_people_go_on_writing_while_forms_change(shop: Shop) -> None:
    stop, errors, written = threading.Event(), [], []

    def write(worker: int) -> None:
        number = 0
        while not stop.is_set():
            number += 1
            try:
                written.append(shop.add(name=f"{worker}-{number}", note=str(number), parts=[{"part": "p", "qty": 1}]))
            except (ProblemError, sa.exc.SQLAlchemyError) as error:
                errors.append(error)

    writers = [threading.Thread(target=write, args=(worker,)) for worker in range(4)]
    for one in writers:
        one.start()
    try:
        for round_ in range(3):
            shop.publish(edited(shop.document(), f"fields.extra_{round_}", field(f"extra_{round_}", "number")))
            kind = "number" if round_ % 2 == 0 else "text"
            shop.publish(edited(shop.document(), "fields.note", field("note", kind)))
            shop.publish(without(shop.document(), f"fields.extra_{round_}"))
    finally:
        stop.set()
        for one in writers:
            one.join()
    assert errors == []
    assert len(written) == len(set(written)) == len(shop.values("name"))
    names = dict(zip(shop.values("name"), shop.values("note"), strict=True))
    assert all(str(note) == name.split("-")[1] for name, note in names.items())


def test_removed_fields_and_forms_come_back_with_their_data(shop: Shop) -> None:
    shop.add(name="Bolt", size=3, parts=[{"part": "thread", "qty": 2}])
    full = shop.document()
    shop.publish(without(without(full, "fields.size"), "fields.parts"))
    with shop.begin() as tx:
        assert [(one.form, one.field) for one in trash.trash(tx, "main")] == [("item", "parts"), ("item", "size")]
        assert "size" not in store.forms(tx).get("item").fields
    shop.publish(full)
    assert shop.values("size") == [3]
    with shop.begin() as tx:
        assert trash.trash(tx, "main") == ()
        rows = store.forms(tx).get("item").subforms["parts"].table
        assert tx.connection.execute(sa.select(rows.c.part, rows.c.qty)).all() == [("thread", 2)]
    publish(shop.workspaces, shop.info, ADMIN, shop.draft(without=("form", "item")))
    with shop.begin() as tx:
        assert store.load(tx).find("form", "item") is None
        assert [(one.form, one.field) for one in trash.trash(tx, "main")] == [("item", "")]
    shop.publish(full)
    assert (shop.values("name"), shop.values("size")) == (["Bolt"], [3])
    shop.add(name="Nut", parts=[{"part": "x", "qty": 1}])


def test_what_lies_in_the_trash_can_be_put_back_through_a_draft(shop: Shop) -> None:
    shop.add(name="Bolt", size=3, parts=[{"part": "thread", "qty": 2}])
    full = shop.document()
    shop.publish(without(without(full, "fields.size"), "fields.parts.fields.qty"))
    with shop.workspaces.begin(shop.info, ADMIN) as tx:
        draft = drafts.open_draft(tx)
        for one in trash.trash(tx, "main"):
            assert drafts.put_back(tx, drafts.get_draft(tx, draft.id), one.id) == []
        with pytest.raises(Rejected, match="taken"):
            drafts.put_back(tx, drafts.get_draft(tx, draft.id), one.id)
        with pytest.raises(NotFound):
            drafts.put_back(tx, draft, 10_000)
    publish(shop.workspaces, shop.info, ADMIN, draft.id)
    assert shop.values("size") == [3]
    with shop.begin() as tx:
        rows = store.forms(tx).get("item").subforms["parts"].table
        assert tx.connection.execute(sa.select(rows.c.part, rows.c.qty)).all() == [("thread", 2)]
        assert trash.trash(tx, "main") == ()


def test_a_field_of_another_kind_may_take_the_key_of_a_removed_one(shop: Shop) -> None:
    shop.add(name="Bolt", size=3)
    shop.publish(without(shop.document(), "fields.size"))
    shop.publish(edited(shop.document(), "fields.size", field("size", "date")))
    assert shop.values("size") == [None]
    shop.publish(without(shop.document(), "fields.size"))
    with shop.begin() as tx:
        assert [(one.field, one.body["type"]) for one in trash.trash(tx, "main")] == [
            ("size", "date"),
            ("size", "number"),
        ]


def test_values_that_cannot_be_converted_come_back_with_the_old_type(shop: Shop) -> None:
    for name, note in [("a", "12"), ("b", "twelve"), ("c", None)]:
        shop.add(name=name, note=note)
    first = shop.document()
    shop.publish(edited(first, "fields.note", field("note", "number")))
    assert shop.values("note") == [12, None, None]
    shop.publish(first)
    assert shop.values("note") == ["12", "twelve", None]
    with shop.begin() as tx:
        assert [(one.field, one.body["type"]) for one in trash.trash(tx, "main")] == [("note", "number")]


def test_reverting_gives_back_the_same_bytes_and_the_data(shop: Shop) -> None:
    shop.add(name="Bolt", size=3)
    revision, content = shop.state()[:2]
    shop.publish(edited(without(shop.document(), "fields.size"), "title", "Thing"))
    shop.publish({"kind": "option_set", "key": "grade", "title": "Grade", "choices": [{"key": "A", "label": "A"}]})
    done = revert(shop.workspaces, shop.info, ADMIN, revision)
    assert done.revision > revision
    assert shop.state()[1] == content
    assert shop.values("size") == [3]
    with pytest.raises(NotFound):
        revert(shop.workspaces, shop.info, ADMIN, 10_000)


def test_a_field_that_is_not_unique_cannot_become_it(shop: Shop) -> None:
    for name in ("Bolt", "bolt ", "Nut"):
        shop.add(name=name)
    before = shop.state()
    with pytest.raises(Rejected) as refused:
        shop.publish(edited(ITEM, "fields.name.unique", True))
    (problem,) = refused.value.problems
    assert (problem.code, problem.path) == ("publish.duplicates", "form.item.fields.name")
    assert problem.params["count"] == 2
    assert shop.state() == before


def test_nothing_to_publish_makes_no_revision(shop: Shop) -> None:
    before = shop.state()
    done = shop.publish(shop.document())
    assert done.unchanged
    assert shop.state() == before
    with shop.begin() as tx:
        assert drafts.list_drafts(tx) == ()


def test_a_long_reader_makes_a_publish_give_up_and_leaves_all_as_it_was(shop: Shop) -> None:
    before = shop.state()
    with shop.begin(), pytest.raises(Conflict, match=r"busy|in use"):
        shop.publish(edited(ITEM, "fields.color", field("color")))
    assert shop.state() == before


def test_two_publish_one_after_the_other(shop: Shop) -> None:
    colors = [shop.draft(edited(ITEM, f"fields.color_{n}", field(f"color_{n}"))) for n in range(3)]
    errors: list[BaseException] = []

    def one(draft: int) -> None:
        try:
            publish(shop.workspaces, shop.info, ADMIN, draft)
        except ProblemError as error:
            errors.append(error)

    threads = [threading.Thread(target=one, args=(draft,)) for draft in colors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert {"color_0", "color_1", "color_2"} <= {one["key"] for one in shop.document()["fields"]}
