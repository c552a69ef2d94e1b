"""
The server's log: lines for people or JSON for programs, each with the id of its request.
"""

from __future__ import annotations

import logging
import sys

import structlog
from structlog.contextvars import bind_contextvars, merge_contextvars
from structlog.types import Processor

from reflect_server.settings import LogFormat, LogLevel


def configure_logs(*, level: LogLevel, form: LogFormat) -> None:
    """
    Send everything that is logged to standard error, one line per event.

    Args:
        level: The least severe events that are wanted.
        form: `text` for people, in colour on a terminal, or `json` for programs.
    """
    shared: list[Processor] = [
        merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    # Tracebacks without the values of variables, among which keys may be.
    last: list[Processor]
    if form == "json":
        last = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    else:
        plain = structlog.dev.plain_traceback
        last = [
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain)
        ]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("reflect_server").setLevel(level.upper())


def begin_request(request_id: str) -> None:
    """
    Give every line that is logged from here on, on this task and its threads, the request's id.

    Args:
        request_id: The value of `X-Request-Id`.
    """
    bind_contextvars(request_id=request_id)
