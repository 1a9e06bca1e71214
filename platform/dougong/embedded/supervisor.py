"""What `dougong up` does: start every part in order, keep them running, and end them all, whatever happens to us.

Children end with this process even after `kill -9` (Linux tells them; elsewhere, and where they hang, the next start
ends what the state file names). The lock on the data folder is the system's, so it is never stale.
"""

import fcntl
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import FrameType
from typing import IO

import psutil
import structlog

from dougong.config import Settings, read_secret_keys
from dougong.db.fingerprint import fingerprint, read_fingerprint
from dougong.embedded import postgres, process, valkey
from engines.kernel.problems import Problem, ProblemError

HEALTH_SECONDS = 60.0
LOG_LIMIT = 10 * 1024 * 1024
PARENT = "DOUGONG_PARENT"  # tells a child which process it may not outlive
log = structlog.get_logger("dougong.up")

Say = Callable[[str], None]


class AlreadyRunning(ProblemError):
    """Another supervisor holds the data folder. `params` say where it serves."""

    status = 409


class Stop(BaseException):
    """Somebody asked us to stop (Ctrl-C, SIGTERM). No error, so nothing that handles errors may catch it."""


@dataclass(slots=True)
class Part:
    """One child of ours: how it is started, and how often it fell lately."""

    name: str
    arguments: tuple[str, ...]
    pid: int = 0
    falls: int = 0
    started: float = 0.0
    again_at: float = 0.0


@dataclass(slots=True)
class Supervisor:
    """Runs one installation. `say` prints a short line for the person at the terminal."""

    settings: Settings
    say: Say
    has_demo: bool = True
    parts: list[Part] = field(default_factory=list)
    environ: dict[str, str] = field(default_factory=dict)
    embedded: set[str] = field(default_factory=set)

    def run(self) -> int:
        """Start everything and stay until somebody asks to stop. Raises `ProblemError` with what to do instead."""
        folder = process.make_data_folder(self.settings.data_folder)
        process.make_folder(folder / "log")
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, _stop)
        with hold(folder, self.settings.url):
            try:
                self._start(folder)
                self._watch()
            except Stop:
                self.say("Stopping ...")
            finally:
                for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                    signal.signal(number, signal.SIG_IGN)
                self._end()
        return 0

    def _start(self, folder: Path) -> None:
        end_leftovers(folder)
        self.settings = replace(self.settings, port=choose_port(self.settings))
        read_secret_keys(self.settings)
        self._name_servers(folder)
        web, worker = Part("web", ("serve", "--patient")), Part("worker", ("worker",))
        self.parts = [web]
        self._launch(web)  # it loads while the servers start, and waits for the migration
        for name in ("postgres", "valkey"):
            self._start_server(name, folder)
        self._migrate()
        self._await_health(web)
        self.parts.append(worker)  # after the web, which somebody is waiting for
        self._launch(worker)
        accounts = self._demo(folder)
        self.say(f"\nDougong is running: {self.settings.url}")
        for account in accounts:
            self.say(f"  {account['email']}  {account['password']}  {account['title']}")
        self.say(f"Stop with Ctrl-C. Logs are in {folder / 'log'}")

    def _name_servers(self, folder: Path) -> None:
        """What every child finds in its environment. The embedded servers' addresses are known before they start."""
        self.environ = {"MALLOC_ARENA_MAX": "2"} | os.environ  # or each thread of the web hoards memory of its own
        self.environ |= {"DOUGONG_DATA": str(folder), PARENT: str(os.getpid())}
        self.environ |= {"DOUGONG_PORT": str(self.settings.port), "DOUGONG_HOST": self.settings.host}
        if self.settings.database_url is None:
            self.environ["DATABASE_URL"] = postgres.address(folder)
            self.embedded.add("postgres")
        if self.settings.redis_url is None:
            self.environ["REDIS_URL"] = valkey.address(folder)
            self.embedded.add("valkey")

    def _start_server(self, name: str, folder: Path) -> None:
        """Start one embedded server, unless the settings name one that somebody else runs."""
        began = time.monotonic()
        if name not in self.embedded:
            return
        if name == "postgres":
            postgres.ensure_database(postgres.start(folder, version=self.settings.postgres))
        else:
            valkey.start(folder)
        self._note(f"{'PostgreSQL' if name == 'postgres' else 'Valkey'} started", began)

    def _migrate(self) -> None:
        """Run `dougong migrate` as a process of its own, unless the database says that there is nothing to do."""
        began = time.monotonic()
        if read_fingerprint(self.environ["DATABASE_URL"]) == fingerprint():
            return
        self._run("migrate")
        self._note("Database migrated", began)

    def _demo(self, folder: Path) -> list[dict[str, str]]:
        """The demo accounts; on the first start the demo workspace is made. Only where nobody else can sign in."""
        if not (self.has_demo and self.settings.demo and self.settings.is_loopback):
            return []
        path = folder / "demo.json"
        if not path.exists():
            began = time.monotonic()
            self.say("  Loading the demo workspace ...")
            try:
                path.write_text(self._run("demo"))
            except ProblemError as error:
                log.error("demo.failed", error=str(error))
                self.say(f"  The demo workspace could not be loaded; Dougong runs without it:\n{error}")
                return []
            path.chmod(0o600)
            self._note("Demo workspace loaded", began)
        accounts: list[dict[str, str]] = json.loads(path.read_text())
        return accounts

    def _run(self, *arguments: str) -> str:
        """Run a command of ours to its end and give what it printed. Raises with what it said where it fails."""
        words = [sys.executable, "-m", "dougong.cli", *arguments]
        done = subprocess.run(  # noqa: S603 - our own command line
            words, env=self.environ, capture_output=True, text=True, check=False, start_new_session=True
        )
        if done.stderr:
            with self._log_file(arguments[0]) as file:
                file.write(done.stderr.encode())
        if done.returncode != 0:
            said = "\n".join(done.stderr.strip().splitlines()[-15:]) or f"`dougong {' '.join(arguments)}` failed"
            raise ProblemError(Problem("up.failed", "", said, {"command": arguments[0]}))
        return done.stdout

    def _launch(self, part: Part) -> None:
        words = [sys.executable, "-m", "dougong.cli", *part.arguments]
        with self._log_file(part.name) as file:
            part.pid = process.spawn(words, file, env=self.environ, cwd=Path.cwd()).pid
        part.started = time.monotonic()
        log.info("part.started", part=part.name, pid=part.pid)
        write_state(self.settings, {part.name: part.pid for part in self.parts if part.pid})

    def _await_health(self, web: Part) -> None:
        """Wait until the web answers. Raises with the end of its log where it falls before that."""
        began = time.monotonic()
        while not answers(self.settings):
            if process.has_ended(web.pid) or time.monotonic() - began > HEALTH_SECONDS:
                path = self.settings.data_folder / "log" / "web.log"
                end = "\n".join(path.read_text(errors="replace").splitlines()[-15:])
                message = f"The web server did not start; the end of {path}:\n{end}"
                raise ProblemError(Problem("up.web", "", message, {"path": str(path)}))
            time.sleep(0.02)
        self._note("Web server started", began)

    def _watch(self) -> None:
        """Start again what falls, later each time; for ever, until `Stop`."""
        folder = self.settings.data_folder
        while True:
            time.sleep(0.25)
            for name, server in (("postgres", postgres), ("valkey", valkey)):
                if name in self.embedded and server.find(folder) is None:
                    self._revive(name, folder)
            for part in self.parts:
                self._tend(part)

    def _revive(self, name: str, folder: Path) -> None:
        log.warning("server.fell", server=name)
        self.say(f"  {name} ended unexpectedly and is started again")
        try:
            self._start_server(name, folder)
        except ProblemError as error:
            log.error("server.not_started", server=name, error=str(error))
            time.sleep(2)

    def _tend(self, part: Part) -> None:
        now = time.monotonic()
        if part.pid and process.has_ended(part.pid):
            process.end_group(part.pid)
            part.falls = 1 if now - part.started > 60 else part.falls + 1
            part.again_at = now + min(30.0, 0.25 * 2**part.falls)
            part.pid = 0
            log.warning("part.fell", part=part.name, falls=part.falls)
            self.say(f"  The {part.name} ended unexpectedly and is started again; see {part.name}.log")
        elif not part.pid and now >= part.again_at:
            self._launch(part)

    def _end(self) -> None:
        """End everything: those who use the servers first, then the servers."""
        alive = [part for part in self.parts if part.pid]
        for part in alive:
            process.send(part.pid, signal.SIGTERM)
        for part in alive:
            process.end_group(part.pid)
        folder = self.settings.data_folder
        if "valkey" in self.embedded:
            valkey.stop(folder)
        if "postgres" in self.embedded:
            postgres.stop(folder)
        state_path(folder).unlink(missing_ok=True)
        log.info("up.stopped")

    def _note(self, what: str, began: float) -> None:
        seconds = time.monotonic() - began
        log.info("up.step", step=what, seconds=round(seconds, 2))
        self.say(f"  {what} ({seconds:.1f} s)")

    def _log_file(self, name: str) -> IO[bytes]:
        path = self.settings.data_folder / "log" / f"{name}.log"
        if path.exists() and path.stat().st_size > LOG_LIMIT:
            path.replace(path.with_suffix(".log.1"))
        return path.open("ab")


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise Stop


def state_path(folder: Path) -> Path:
    """Where a running supervisor says who and where it is."""
    return folder / "up.json"


def write_state(settings: Settings, children: Mapping[str, int]) -> None:
    """Say who runs here, for the next start and for `dougong doctor`."""
    path = state_path(settings.data_folder)
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps({"pid": os.getpid(), "url": settings.url, "children": dict(children)}))
    fresh.replace(path)


def read_state(folder: Path) -> dict[str, object]:
    """What the last supervisor said; empty where there is nothing to read."""
    with suppress(OSError, ValueError):
        state: dict[str, object] = json.loads(state_path(folder).read_text())
        return state
    return {}


@contextmanager
def hold(folder: Path, url: str) -> Iterator[None]:
    """Hold the data folder. Raises `AlreadyRunning` where another supervisor does."""
    with (folder / "up.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            state = read_state(folder)
            where, pid = state.get("url", url), state.get("pid", "?")
            message = f"Dougong is running already: {where} (process {pid}, data folder {folder})"
            raise AlreadyRunning(Problem("up.running", "", message, {"url": where, "pid": pid})) from error
        yield


def end_leftovers(folder: Path) -> None:
    """End the children of a supervisor that was killed, where the system did not."""
    children = read_state(folder).get("children")
    for pid in children.values() if isinstance(children, dict) else ():
        with suppress(psutil.Error):
            if any("dougong" in word for word in psutil.Process(pid).cmdline()):
                process.end_group(pid)


def choose_port(settings: Settings) -> int:
    """The port to serve on (0: any free one). Raises `EmbeddedError` where another program has it."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    deadline = time.monotonic() + 2  # a killed predecessor may need a moment to let go
    while True:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((settings.host, settings.port))
            except OSError as error:
                if time.monotonic() < deadline and settings.port:
                    time.sleep(0.1)
                    continue
                raise _port_taken(settings, error) from error
            return int(probe.getsockname()[1])


def _port_taken(settings: Settings, error: OSError) -> process.EmbeddedError:
    message = (
        f"Port {settings.port} on {settings.host} cannot be used ({error.strerror}); choose another: "
        f"dougong up --port {settings.port + 1}, or PORT={settings.port + 1} make run"
    )
    return process.fail("port_taken", message, port=settings.port, host=settings.host)


def answers(settings: Settings) -> bool:
    """Whether the health endpoint answers with 200."""
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::", "") else settings.host  # noqa: S104 - compared, not bound
    connection = http.client.HTTPConnection(host, settings.port, timeout=5)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
