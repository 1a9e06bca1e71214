"""Sends one guarded request: the address is checked first, time and size are limited, redirects are checked anew."""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

import urllib3
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, Timeout
from urllib3.exceptions import HTTPError

from dougong.connectors.guard import Network, checked_address
from engines.kernel.problems import Problem, ProblemError

LARGEST: Final = 1024 * 1024
REDIRECTS: Final = 3
AGENT: Final = "Dougong"


class CallFailed(ProblemError):
    """The other system did not answer as it should."""

    status = 502


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None = None
    timeout: int = 10


def send(request: Request, allowed: Sequence[Network] = ()) -> Any:
    """Send it and give the JSON of the answer (None for an empty one).

    Raises `CallFailed` for time-outs, statuses of 400 and above, answers that are too long or no JSON; `Forbidden` and
    `Rejected` of the guard.
    """
    url, method, body = request.url, request.method, request.body
    first = urlsplit(url)
    for _ in range(REDIRECTS + 1):
        parts = urlsplit(url)
        same = (parts.scheme, parts.netloc) == (first.scheme, first.netloc)
        headers = dict(request.headers) if same else {}  # secrets go to nobody else
        status, location, content = _one(method, url, headers, body, request.timeout, allowed)
        if status not in (301, 302, 303, 307, 308) or not location:
            return _read(status, content)
        url = urljoin(url, location)
        if urlsplit(url).scheme not in ("http", "https"):
            break
        if status in (301, 302, 303) and method not in ("GET", "HEAD"):
            method, body = "GET", None
    raise CallFailed(Problem("connector.redirects", "", "The other system sends the call from place to place"))


def _one(
    method: str, url: str, headers: Mapping[str, str], body: bytes | None, timeout: int, allowed: Sequence[Network]
) -> tuple[int, str | None, bytes]:
    parts = urlsplit(url)
    host, secure = parts.hostname or "", parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    address = checked_address(host, port, allowed)
    limit = Timeout(connect=min(5, timeout), read=timeout)
    pool = (
        HTTPSConnectionPool(address, port, timeout=limit, server_hostname=host, assert_hostname=host, maxsize=1)
        if secure
        else HTTPConnectionPool(address, port, timeout=limit, maxsize=1)
    )
    sent = {"User-Agent": AGENT, "Accept": "application/json", **headers, "Host": parts.netloc.rpartition("@")[2]}
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        answer = pool.urlopen(
            method, target, body=body, headers=sent, retries=False, redirect=False, preload_content=False
        )
        try:
            content = _limited(answer, time.monotonic() + timeout)
        finally:
            answer.close()
        return answer.status, answer.headers.get("Location"), content
    except HTTPError as error:
        message = f'"{host}" did not answer in time or not at all'
        raise CallFailed(Problem("connector.no_answer", "", message, {"host": host})) from error
    finally:
        pool.close()


def _limited(answer: urllib3.BaseHTTPResponse, until: float) -> bytes:
    """The content; given up when it is too long or comes drop by drop."""
    content = b""
    for piece in answer.stream(65_536, decode_content=True):
        content += piece
        if len(content) > LARGEST:
            raise CallFailed(Problem("connector.too_long", "", "The answer is longer than 1 MB", {"limit": LARGEST}))
        if time.monotonic() > until:
            raise CallFailed(Problem("connector.too_slow", "", "The answer takes too long", {}))
    return content


def _read(status: int, content: bytes) -> Any:
    if status >= 400:
        message = f"The other system refused the call (status {status})"
        raise CallFailed(Problem("connector.refused", "", message, {"status": status}))
    if not content.strip():
        return None
    try:
        return json.loads(content)
    except ValueError as error:
        raise CallFailed(Problem("connector.no_json", "", "The answer is not JSON")) from error
