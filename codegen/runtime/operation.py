"""
Requests of operations as values: described by one typed function, and performed by either client.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar, cast

import httpx

from .answers import request_line
from .errors import REQUEST_ID_HEADER, StatusError
from .types import Response

Parsed = TypeVar("Parsed")
Success = TypeVar("Success")


class Operation(Generic[Parsed, Success]):
    """
    What the contract says about an operation, whatever it is called with.

    Args:
        parse: Decodes the body of an answer with a documented status. For another status it raises
            `UnexpectedStatus` where its second argument is true, and returns None elsewhere.
        is_success: Says whether the contract knows a status as a success.
        secured: Whether a request asks for the client's credential.
        redirectable: Whether a request may follow a redirect, where the client follows any.
    """

    __slots__ = ("is_success", "parse", "redirectable", "secured")

    def __init__(
        self,
        parse: Callable[[httpx.Response, bool], Parsed | None],
        is_success: Callable[[int], bool],
        *,
        secured: bool,
        redirectable: bool = True,
    ) -> None:
        self.parse = parse
        self.is_success = is_success
        self.secured = secured
        self.redirectable = redirectable


class OperationRequest(Generic[Parsed, Success]):
    """
    A request of an operation that has not been sent, and how its answer is read.

    `Client.perform` and `Client.aperform` send it. Its `repr` shows nothing of what it sends.

    Args:
        operation: The operation.
        arguments: The arguments of `httpx.Client.build_request`.
    """

    __slots__ = ("arguments", "operation")

    def __init__(self, operation: Operation[Parsed, Success], arguments: dict[str, Any]) -> None:
        self.operation = operation
        self.arguments = arguments

    def read(self, response: httpx.Response, *, strict: bool) -> Response[Parsed]:
        """
        Decode the answer.

        Args:
            response: The answer, whose body has been read.
            strict: Whether to raise for a status that the contract does not know.

        Raises:
            DecodeError: It reports success and does not follow the contract.
            StatusError: It has a documented error status and a body of another shape.
            UnexpectedStatus: The contract does not know its status.
        """
        method, url = request_line(response)
        return Response(
            status_code=response.status_code,
            content=response.content,
            headers=response.headers,
            parsed=self.operation.parse(response, strict),
            method=method,
            url=url,
        )

    def success(self, response: Response[Parsed]) -> Success:
        """
        Return the decoded body of a success.

        Args:
            response: The answer to the request.

        Raises:
            StatusError: It is no success; `parsed` has the decoded body.
        """
        if self.operation.is_success(response.status_code):
            return cast("Success", response.parsed)
        raise StatusError(
            response.status_code,
            response.content,
            response.method,
            response.url,
            parsed=response.parsed,
            request_id=response.headers.get(REQUEST_ID_HEADER),
        )


__all__ = ["Operation", "OperationRequest"]
