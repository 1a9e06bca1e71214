"""One line in the log for each request, each line with the id that the answer and the error page show too."""

import logging
import re
import sys
import time
import uuid
from typing import TextIO, cast

import structlog
from flask import Flask, Response, g, request

from dougong.stderr import StandardError

LOG = structlog.get_logger("dougong.web")
_GIVEN = re.compile(r"[A-Za-z0-9_.-]{8,64}")
_QUIET = ("/static/", "/health", "/metrics")


def configure(level: str) -> None:
    """Set structured logging up once per process: one JSON object a line, or coloured lines on a terminal."""
    if structlog.is_configured():
        return
    shown: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer() if sys.stderr.isatty() else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            shown,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.PrintLoggerFactory(file=cast(TextIO, StandardError())),
        cache_logger_on_first_use=True,
    )


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
