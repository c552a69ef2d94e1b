"""
Logging: lines for people or JSON for programs, each with the id of its request.
"""

from __future__ import annotations

import io
import logging
import sys
from typing import TextIO

import structlog
from structlog.contextvars import bind_contextvars, merge_contextvars
from structlog.types import EventDict, ExcInfo, Processor

from reflect_server.configuration.settings import LogFormat, LogLevel
from reflect_server.terminal.console import inert


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
        colours = sys.stderr.isatty()
        last = [
            _make_inert,
            structlog.dev.ConsoleRenderer(colors=colours, exception_formatter=_inert_traceback),
        ]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    logging.captureWarnings(capture=True)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("reflect_server").setLevel(level.upper())


def _make_inert(logger: object, name: str, event: EventDict) -> EventDict:
    del logger, name
    return {key: inert(value) if isinstance(value, str) else value for key, value in event.items()}


def _inert_traceback(output: TextIO, exc_info: ExcInfo) -> None:
    written = io.StringIO()
    structlog.dev.plain_traceback(written, exc_info)
    output.write(inert(written.getvalue(), keep="\n\t"))


def begin_request(request_id: str) -> None:
    """
    Give every line that is logged from here on, on this task and its threads, the request's id.

    Args:
        request_id: The value of `X-Request-Id`.
    """
    bind_contextvars(request_id=request_id)
