"""A transaction is in one workspace, on one revision, with rights on nothing else; publish has the place to itself."""

import threading
import time
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from sqlalchemy import Engine

from dougong.db.control import BELL
from dougong.embedded.postgres import Server
from dougong.workspace.bell import KEY, RedisBell
from dougong.workspace.tables import REVISION, SETTING
from dougong.workspace.transactions import BUSY, PUBLISH_TIMEOUT_MS, Workspaces, sqlstate
from dougong.workspace.workspaces import WorkspaceInfo, create_workspace, drop_workspace, find_workspace
from engines.form.transaction import SYSTEM, Transaction
from engines.kernel.problems import Conflict, NotFound, Rejected


@pytest.fixture(scope="module")
def other(database: Engine) -> Iterator[WorkspaceInfo]:
    info = create_workspace(database, "other", "Other")
    yield info
    drop_workspace(database, info)


def publish(workspaces: Workspaces, info: WorkspaceInfo) -> int:
    with workspaces.begin(info, SYSTEM, publish=True) as tx:
        return int(tx.connection.execute(sa.insert(REVISION).returning(REVISION.c.id)).scalar_one())


def denied(error: sa.exc.DBAPIError) -> bool:
    return sqlstate(error) == "42501"


def test_a_transaction_begins_in_one_message_and_ends_with_commit(
    workspaces: Workspaces, workspace: WorkspaceInfo, database: Engine
) -> None:
    sent: list[str] = []

    def note(conn: object, cursor: object, statement: str, parameters: object, context: object, many: bool) -> None:
        sent.append(statement)

    sa.event.listen(database, "after_cursor_execute", note)
    try:
        with workspaces.begin(workspace, SYSTEM, read_only=True) as tx:
            row = tx.connection.execute(
                sa.text("SELECT current_user, current_schemas(true), current_setting('transaction_read_only')")
            ).one()
    finally:
        sa.event.remove(database, "after_cursor_execute", note)
    assert tuple(row) == (workspace.role, ["pg_catalog", workspace.schema], "on")
    assert len(sent) == 1
    assert sent[0].startswith(f"/* w{workspace.id}:r{tx.revision} */ SELECT current_user")
    assert tx.now.tzinfo is not None
    assert tx.now.microsecond % 1000 == 0


def test_a_workspace_role_reads_and_writes_its_own_workspace_only(
    workspaces: Workspaces, workspace: WorkspaceInfo, other: WorkspaceInfo
) -> None:
    with workspaces.begin(workspace, SYSTEM) as tx:
        tx.connection.execute(sa.text("INSERT INTO _serial VALUES ('mine', 1)"))
    for statement in (
        f"SELECT * FROM {other.schema}._member",
        f"INSERT INTO {other.schema}._serial VALUES ('theirs', 1)",
        "SELECT * FROM dougong.account",
        "SELECT * FROM dougong.bell",
        "DELETE FROM dougong.bell",
        "CREATE TABLE mine (it int)",
        "DROP TABLE _serial",
        f"SET LOCAL ROLE {other.role}; SELECT * FROM {other.schema}._member; SET ROLE {other.role}x",
    ):
        with pytest.raises(sa.exc.DBAPIError) as caught, workspaces.begin(workspace, SYSTEM) as tx:
            tx.connection.exec_driver_sql(statement, execution_options={"no_parameters": True})
        assert denied(caught.value) or "does not exist" in str(caught.value), statement


@pytest.mark.parametrize("table", ["_member", "_change", "_setting"])
def test_the_login_role_alone_reads_no_workspace(database: Engine, workspace: WorkspaceInfo, table: str) -> None:
    with pytest.raises(sa.exc.ProgrammingError) as caught, database.begin() as connection:
        connection.execute(sa.text(f"SELECT * FROM {workspace.schema}.{table}"))
    assert denied(caught.value)


def test_neither_role_can_sign_in_and_the_login_role_is_no_superuser(
    database: Engine, workspace: WorkspaceInfo
) -> None:
    with database.begin() as connection:
        roles = sa.text("SELECT rolcanlogin FROM pg_roles WHERE rolname IN (:role, :owner)")
        flags = connection.scalars(roles, {"role": workspace.role, "owner": workspace.owner_role}).all()
        superuser = connection.scalar(sa.text("SELECT rolsuper FROM pg_roles WHERE rolname = session_user"))
    assert list(flags) == [False, False]
    assert superuser is False


def test_what_the_owner_publishes_the_workspace_role_may_use_at_once(
    workspaces: Workspaces, workspace: WorkspaceInfo
) -> None:
    with workspaces.begin(workspace, SYSTEM, publish=True) as tx:
        tx.connection.execute(sa.text("CREATE TABLE crm__lead (id bigint GENERATED ALWAYS AS IDENTITY, name text)"))
    with workspaces.begin(workspace, SYSTEM) as tx:
        tx.connection.execute(sa.text("INSERT INTO crm__lead (name) VALUES ('a')"))
        tx.connection.execute(sa.text("UPDATE crm__lead SET name = 'b'"))
        assert tx.connection.scalar(sa.text("SELECT name FROM crm__lead")) == "b"
    with workspaces.begin(workspace, SYSTEM, publish=True) as tx:
        tx.connection.execute(sa.text("DROP TABLE crm__lead"))


def test_the_revision_stays_the_same_within_a_transaction_and_publish_waits_for_it(
    workspaces: Workspaces, workspace: WorkspaceInfo
) -> None:
    published: list[int] = []
    publisher = threading.Thread(target=lambda: published.append(publish(workspaces, workspace)))
    with workspaces.begin(workspace, SYSTEM) as tx:
        publisher.start()
        time.sleep(0.1)
        assert published == []
        newest = sa.select(sa.func.coalesce(sa.func.max(REVISION.c.id), 0))
        assert tx.connection.scalar(newest) == tx.revision
    publisher.join(10)
    with workspaces.begin(workspace, SYSTEM) as tx:
        assert [tx.revision] == published


def test_who_begins_during_a_publish_waits_and_gets_the_new_revision(
    workspaces: Workspaces, workspace: WorkspaceInfo
) -> None:
    seen: list[int] = []

    def look() -> None:
        with workspaces.begin(workspace, SYSTEM) as tx:
            seen.append(tx.revision)

    reader = threading.Thread(target=look)
    with workspaces.begin(workspace, SYSTEM, publish=True) as tx:
        number = tx.connection.execute(sa.insert(REVISION).returning(REVISION.c.id)).scalar_one()
        reader.start()
        time.sleep(0.1)
        assert seen == []
    reader.join(10)
    assert seen == [number]


def test_a_publish_that_never_gets_its_turn_says_so_and_changes_nothing(
    workspaces: Workspaces, workspace: WorkspaceInfo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dougong.workspace.transactions.PUBLISH_TRIES", 2)
    with workspaces.begin(workspace, SYSTEM) as tx:
        started = time.monotonic()
        with pytest.raises(Conflict) as caught:
            publish(workspaces, workspace)
        assert time.monotonic() - started >= 2 * PUBLISH_TIMEOUT_MS / 1000
    assert caught.value.problems[0].code == "workspace.busy"
    with workspaces.begin(workspace, SYSTEM) as after:
        assert after.revision == tx.revision


def test_publishing_one_workspace_does_not_stop_another(
    workspaces: Workspaces, workspace: WorkspaceInfo, other: WorkspaceInfo
) -> None:
    with workspaces.begin(workspace, SYSTEM, publish=True), workspaces.begin(other, SYSTEM) as tx:
        assert tx.workspace == "other"


def test_a_deadlock_is_begun_again_from_the_start(workspaces: Workspaces, workspace: WorkspaceInfo) -> None:
    with workspaces.begin(workspace, SYSTEM) as tx:
        tx.connection.execute(sa.text("INSERT INTO _serial VALUES ('a', 0), ('b', 0)"))
    both = threading.Barrier(2)
    runs: list[str] = []

    def bump(first: str, second: str) -> None:
        def work(tx: Transaction) -> None:
            runs.append(first)
            statement = sa.text("UPDATE _serial SET counter = counter + 1 WHERE scope = :scope")
            tx.connection.execute(statement, {"scope": first})
            if len(runs) <= 2:
                both.wait(10)
            tx.connection.execute(statement, {"scope": second})

        workspaces.run(workspace, SYSTEM, work)

    threads = [threading.Thread(target=bump, args=pair) for pair in (("a", "b"), ("b", "a"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(runs) == 3
    with workspaces.begin(workspace, SYSTEM) as tx:
        counters = tx.connection.scalars(sa.text("SELECT counter FROM _serial WHERE scope IN ('a', 'b')")).all()
    assert list(counters) == [2, 2]


def test_a_publish_tries_again_while_somebody_outside_holds_its_table(
    workspaces: Workspaces, workspace: WorkspaceInfo
) -> None:
    tries: list[int] = []
    with workspaces.outside(workspace) as holder:
        holder.exec_driver_sql("BEGIN; LOCK TABLE _serial", execution_options={"no_parameters": True})

        def work(tx: Transaction) -> None:
            tries.append(1)
            if len(tries) == 2:
                holder.exec_driver_sql("ROLLBACK")
            tx.connection.execute(sa.text("ALTER TABLE _serial ADD COLUMN note text"))

        workspaces.run(workspace, SYSTEM, work, publish=True)
        holder.exec_driver_sql("ALTER TABLE _serial DROP COLUMN note")
    assert len(tries) == 2
    assert BUSY == "55P03"


def test_an_index_can_be_built_concurrently_outside(workspaces: Workspaces, workspace: WorkspaceInfo) -> None:
    with workspaces.outside(workspace) as connection:
        connection.execute(sa.text("CREATE INDEX CONCURRENTLY extra ON _serial (counter)"))
        connection.execute(sa.text("DROP INDEX CONCURRENTLY extra"))


def test_connections_cut_by_a_restart_of_the_database_are_replaced_without_a_word(
    server: Server, database: Engine, workspaces: Workspaces, workspace: WorkspaceInfo
) -> None:
    with workspaces.begin(workspace, SYSTEM), workspaces.begin(workspace, SYSTEM):
        pass
    cut = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = %s"
    with server.connect() as superuser:
        found = superuser.execute(cut, (database.url.database,)).fetchone()
    assert found is not None
    assert found[0] > 0  # type: ignore[operator]
    with workspaces.begin(workspace, SYSTEM) as tx:
        assert tx.connection.scalar(sa.text("SELECT 1")) == 1


def test_work_that_raises_leaves_nothing(workspaces: Workspaces, workspace: WorkspaceInfo) -> None:
    with pytest.raises(KeyError), workspaces.begin(workspace, SYSTEM) as tx:
        tx.connection.execute(sa.text("INSERT INTO _serial VALUES ('half', 1)"))
        raise KeyError
    with workspaces.begin(workspace, SYSTEM) as tx:
        assert tx.connection.scalar(sa.text("SELECT count(*) FROM _serial WHERE scope = 'half'")) == 0


def test_work_that_is_left_leaves_a_bell_row_in_the_same_transaction_and_ring_after_it(
    database: Engine, workspace: WorkspaceInfo, redis_url: str
) -> None:
    bell = RedisBell(redis_url)
    ringing = Workspaces(database, bell)
    rows = sa.select(sa.func.count()).select_from(BELL).where(BELL.c.workspace_id == workspace.id)
    with ringing.begin(workspace, SYSTEM) as tx:
        tx.wake = True
    with pytest.raises(KeyError), ringing.begin(workspace, SYSTEM) as tx:
        tx.wake = True
        raise KeyError
    with ringing.begin(workspace, SYSTEM) as tx:
        tx.events.append(9)  # nobody hears it
    with database.begin() as connection:
        assert connection.scalar(rows) == 1
    assert bell._client.lrange(KEY, 0, -1) == [str(workspace.id).encode()]
    bell.close()


def test_without_redis_a_commit_succeeds_all_the_same(database: Engine, workspace: WorkspaceInfo) -> None:
    bell = RedisBell("unix:///nowhere/valkey.sock")
    with Workspaces(database, bell).begin(workspace, SYSTEM) as tx:
        tx.wake = True
    bell.close()


def test_settings_are_seen_by_the_next_transaction_without_a_publish(
    workspaces: Workspaces, workspace: WorkspaceInfo
) -> None:
    with workspaces.begin(workspace, SYSTEM) as tx:
        assert "follow_alert_days" not in tx.settings
        row = {"app": "crm", "key": "follow_alert_days", "value": 7}
        tx.connection.execute(sa.insert(SETTING).values(row))
    with workspaces.begin(workspace, SYSTEM) as tx:
        assert (tx.settings["follow_alert_days"], tx.settings["crm.follow_alert_days"]) == (7, 7)
        tx.connection.execute(sa.update(SETTING).values(value=9))
    with workspaces.begin(workspace, SYSTEM) as tx:
        assert tx.settings["follow_alert_days"] == 9


def test_a_key_that_cannot_be_and_one_that_is_taken_are_refused(database: Engine, other: WorkspaceInfo) -> None:
    for key in ("", "9a", "A", "a b", "x" * 31, "a'; DROP SCHEMA dougong"):
        with pytest.raises(Rejected):
            create_workspace(database, key, "Bad")
    with pytest.raises(Conflict):
        create_workspace(database, "other", "Again")


def test_a_dropped_workspace_leaves_no_schema_and_no_role(database: Engine, workspaces: Workspaces) -> None:
    info = create_workspace(database, "gone", "Gone")
    with workspaces.begin("gone", SYSTEM) as tx:
        assert tx.revision == 0
    drop_workspace(database, info)
    with pytest.raises(NotFound), workspaces.begin("gone", SYSTEM):
        pass
    with database.begin() as connection:
        with pytest.raises(NotFound):
            find_workspace(connection, "gone")
        left = "SELECT count(*) FROM pg_roles WHERE rolname LIKE :role"
        assert connection.scalar(sa.text(left), {"role": f"{info.role}%"}) == 0
