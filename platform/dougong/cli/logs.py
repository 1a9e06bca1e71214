"""Structured logs: one JSON object a line, in `var/log` for the supervisor, on standard error for the parts."""

import logging
from typing import TextIO, cast

import structlog

from dougong.config import Settings
from dougong.embedded import process
from dougong.stderr import StandardError


def configure(settings: Settings, *, to_file: bool) -> None:
    """Set logging up for this process. The parts write to standard error, which the supervisor puts into files."""
    target = cast(TextIO, StandardError())
    if to_file:
        process.make_data_folder(settings.data_folder)
        target = (process.make_folder(settings.data_folder / "log") / "up.log").open("a", encoding="utf-8")
    shown: structlog.typing.Processor = structlog.processors.JSONRenderer(ensure_ascii=False)
    if target.isatty():
        shown = structlog.dev.ConsoleRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            shown,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, settings.log_level.upper())),
        logger_factory=structlog.PrintLoggerFactory(file=target),
        cache_logger_on_first_use=True,
    )
