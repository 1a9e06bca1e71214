"""One line in the log for each request, each line with the id that the answer and the error page show too."""

import re
import time
import uuid

import structlog
from flask import Flask, Response, g, request

from dougong import log_lines

LOG = structlog.get_logger("dougong.web")
_GIVEN = re.compile(r"[A-Za-z0-9_.-]{8,64}")
_QUIET = ("/static/", "/health", "/metrics")


def configure(level: str) -> None:
    """Set logging up once per process: whoever runs the web part may have done so."""
    if not structlog.is_configured():
        log_lines.configure(level)


def request_id() -> str:
    """The id of this request: the one a proxy gave, where it looks like one, else our own."""
    if "request_id" not in g:
        given = request.headers.get("X-Request-Id", "")
        g.request_id = given if _GIVEN.fullmatch(given) else uuid.uuid4().hex
    return str(g.request_id)


def _begin() -> None:
    g.started = time.perf_counter()
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=request_id())


def _finish(response: Response) -> Response:
    response.headers["X-Request-Id"] = request_id()
    if not request.path.startswith(_QUIET):
        took = round((time.perf_counter() - g.get("started", time.perf_counter())) * 1000, 1)
        LOG.info("request", method=request.method, path=request.path, status=response.status_code, ms=took)
    return response


def install(app: Flask) -> None:
    """Log every request of the application."""
    app.before_request(_begin)
    app.after_request(_finish)
    app.jinja_env.globals["request_id"] = request_id
