"""
Requests of operations as values: described by one typed function, and performed by either client.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar, cast

import httpx
from attrs import define, field

from .decoding import request_line, success
from .types import Response

Parsed = TypeVar("Parsed")
Success = TypeVar("Success")


@define(eq=False)
class Operation(Generic[Parsed, Success]):
    """
    What the contract says about an operation, whatever it is called with.

    Attributes:
        parse: Decodes the body of an answer with a documented status. For another status it raises
            `UnexpectedStatus` where its second argument is true, and returns None elsewhere.
        is_success: Says whether the contract knows a status as a success.
        secured: Whether a request asks for the client's credential.
        redirectable: Whether a request may follow a redirect, where the client follows any.
    """

    parse: Callable[[httpx.Response, bool], Parsed | None]
    is_success: Callable[[int], bool]
    secured: bool
    redirectable: bool = True


@define(eq=False)
class OperationRequest(Generic[Parsed, Success]):
    """
    A request of an operation that has not been sent, and how its answer is read.

    `Client.perform` and `Client.aperform` send it.

    Attributes:
        operation: The operation.
        arguments: The arguments of `httpx.Client.build_request`; not part of the `repr`.
    """

    operation: Operation[Parsed, Success]
    arguments: dict[str, Any] = field(repr=False)

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
        documented = self.operation.is_success(response.status_code)
        return cast("Success", success(response, documented=documented))


__all__ = ["Operation", "OperationRequest"]
