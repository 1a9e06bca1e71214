"""How a line of the log looks: one JSON object, or coloured words where a terminal reads along."""

import logging
from typing import TextIO, cast

import structlog

from dougong.stderr import StandardError


def configure(level: str, target: TextIO | None = None) -> None:
    """Set structured logging up for this process, to standard error unless another `target` is given."""
    target = target or cast(TextIO, StandardError())
    shown: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer() if target.isatty() else structlog.processors.JSONRenderer(ensure_ascii=False)
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
        logger_factory=structlog.PrintLoggerFactory(file=target),
        cache_logger_on_first_use=True,
    )
