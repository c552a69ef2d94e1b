"""
Sending the request of an operation from a flow, with the types of its answer.
"""

from __future__ import annotations

import logging
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import unquote

from reflect_sdk._transport.effects import Flow, Send

if TYPE_CHECKING:
    from reflect_api.operation import OperationRequest
    from reflect_api.types import Response

logger = logging.getLogger("reflect_sdk")

_IGNORED = (
    "The service has ignored what it does not know or could not use of a request: %s. "
    "Check the clock of this machine, and whether the service is of an older version."
)

Parsed = TypeVar("Parsed")
Success = TypeVar("Success")


def respond(
    request: OperationRequest[Parsed, Any], seconds: float | None = None
) -> Flow[Response[Parsed]]:
    """
    Send a request and return the answer in full, for flows that read its headers.

    Args:
        request: The request.
        seconds: How long it may take in all; as long as any call of the client where None.
    """
    response: Response[Parsed] = yield Send(request, seconds)
    ignored = response.headers.get("Reflect-Ignored")
    if ignored:
        warn_once(_IGNORED, unquote(ignored))
    return response


def fetch(request: OperationRequest[Any, Success], seconds: float | None = None) -> Flow[Success]:
    """
    Send a request and return the body of the answer.

    Args:
        request: The request.
        seconds: How long it may take in all; as long as any call of the client where None.
    """
    return request.success((yield from respond(request, seconds)))


@lru_cache(maxsize=256)
def warn_once(message: str, *details: str) -> None:
    """
    Log a warning, once in a process.

    Args:
        message: The warning, with a `%s` for each detail.
        details: What else it says.
    """
    logger.warning(message, *details)
