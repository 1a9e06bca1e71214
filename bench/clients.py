"""The load: one process for each client, which sends prepared bytes over one connection, or runs raw SQL over one."""

import multiprocessing
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Step = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Measure:
    """What some clients did in some seconds: calls per second, and milliseconds of the middle and of the 95th call."""

    rate: float
    p50: float
    p95: float


class Wire:
    """One connection to the server. Sends a request, reads the answer, says its body."""

    def __init__(self, host: str, port: int, token: str) -> None:
        self.socket = socket.create_connection((host, port), timeout=120)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.head = f"HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\nAccept-Language: en\r\n"

    def call(self, method: str, path: str, body: bytes = b"") -> bytes:
        """The body of the answer. Raises `RuntimeError` for any status but 2xx."""
        length = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n" if body else ""
        self.socket.sendall(f"{method} {path} {self.head}{length}\r\n".encode() + body)
        data = b""
        while (end := data.find(b"\r\n\r\n")) < 0:
            data += self._more()
        head = data[:end].lower()
        size = int(head.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
        parts, got = [data[end + 4 :]], len(data) - end - 4
        while got < size:
            parts.append(self._more())
            got += len(parts[-1])
        answer = b"".join(parts)
        if not head.startswith(b"http/1.1 2"):
            raise RuntimeError(f"{method} {path}: {head[:30]!r} {answer[:500].decode(errors='replace')}")
        return answer

    def close(self) -> None:
        """Hang up."""
        self.socket.close()

    def _more(self) -> bytes:
        data = self.socket.recv(262144)
        if not data:
            raise RuntimeError("the server closed the connection")
        return data


def drive(make: Callable[[int], Step], clients: int, seconds: float) -> Measure:
    """Let `clients` processes repeat a step for some seconds. `make(client)` prepares one in its process."""
    context = multiprocessing.get_context("fork")
    ready, results = context.Barrier(clients), context.Queue()
    workers = [context.Process(target=_client, args=(make, n, seconds, ready, results)) for n in range(clients)]
    for worker in workers:
        worker.start()
    found: list[float] = []
    rate = 0.0
    for _ in workers:
        took, elapsed = results.get(timeout=seconds + 120)
        if isinstance(took, str):
            raise RuntimeError(took)
        found += took
        rate += len(took) / elapsed
    for worker in workers:
        worker.join()
    found.sort()
    return Measure(rate, 1000 * found[len(found) // 2], 1000 * found[int(len(found) * 0.95)])


def _client(make: Callable[[int], Step], number: int, seconds: float, ready: Any, results: Any) -> None:
    try:
        step = make(number)
        for n in range(5):  # prepared statements, caches
            step(-1 - n)
        ready.wait(60)
        took: list[float] = []
        start = now = time.perf_counter()
        n = 0
        while now - start < seconds:
            step(n)
            n += 1
            then, now = now, time.perf_counter()
            took.append(now - then)
        results.put((took, now - start))
    except (OSError, RuntimeError, ValueError) as error:
        results.put((f"client {number}: {error}", 1.0))
