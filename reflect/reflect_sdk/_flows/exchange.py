"""
Sending the request of an operation from a flow, with the types of its answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from reflect_sdk._transport.effects import Flow, Send

if TYPE_CHECKING:
    from reflect_api.operation import OperationRequest
    from reflect_api.types import Response

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
    return response


def fetch(request: OperationRequest[Any, Success], seconds: float | None = None) -> Flow[Success]:
    """
    Send a request and return the body of the answer.

    Args:
        request: The request.
        seconds: How long it may take in all; as long as any call of the client where None.
    """
    return request.success((yield Send(request, seconds)))
