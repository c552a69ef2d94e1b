from typing import Any

import httpx

from ... import answers as _answers
from ...client import AuthenticatedClient, Client
from ...models.problem import Problem
from ...models.readiness_response import ReadinessResponse
from ...operation import Operation, OperationRequest
from ...types import Response


def request() -> OperationRequest[Problem | ReadinessResponse, ReadinessResponse]:
    """
    Describe a request of this operation, which nothing has sent yet.

    Its arguments are those of `sync`. `Client.perform` and `Client.aperform` send it.

    Raises:
        errors.InvalidArgumentError: An argument cannot stand where it belongs.
    """

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/ready",
    }

    return OperationRequest(_OPERATION, _kwargs)


def _parse(response: httpx.Response, strict: bool) -> Problem | ReadinessResponse | None:
    if response.status_code == 200:
        return _answers.decode_json(response, ReadinessResponse.from_dict)
    if response.status_code in (500, 503):
        return _answers.decode_json(response, Problem.from_dict)
    if strict:
        raise _answers.unexpected_status(response)
    return None


def _is_success(status: int) -> bool:
    return status == 200


_OPERATION: Operation[Problem | ReadinessResponse, ReadinessResponse] = Operation(
    _parse, _is_success, secured=False
)


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
) -> Response[Problem | ReadinessResponse]:
    """
    Report whether the service can do its work

    Answers 200 once the store can be read and memories can be searched, and 503 with the reason as long
    as that is not so. Needs no credential and touches no project. For whoever sends requests to several
    services, or waits for one to start; `health` answers earlier.

    Raises:
        errors.DecodeError: The answer reports success but does not follow the contract.
        errors.StatusError: The answer has a documented error status and a body of another shape.
        errors.UnexpectedStatus: The contract does not know the status, and the client's
            `raise_on_unexpected_status` is true.
        httpx.HTTPError: No answer came, for instance within the client's time limits.

    Returns:
        Response[Problem | ReadinessResponse]
    """

    return client.perform(request())


def sync(
    *,
    client: AuthenticatedClient | Client,
) -> ReadinessResponse:
    """
    Report whether the service can do its work

    Answers 200 once the store can be read and memories can be searched, and 503 with the reason as long
    as that is not so. Needs no credential and touches no project. For whoever sends requests to several
    services, or waits for one to start; `health` answers earlier.

    Raises:
        errors.DecodeError: The answer reports success but does not follow the contract.
        errors.StatusError: The server refused or failed; `parsed` has the decoded body.
        errors.UnexpectedStatus: The contract does not know the status.
        httpx.HTTPError: No answer came, for instance within the client's time limits.

    Returns:
        ReadinessResponse
    """

    sent = request()
    return sent.success(client.perform(sent))


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
) -> Response[Problem | ReadinessResponse]:
    """
    Report whether the service can do its work

    Answers 200 once the store can be read and memories can be searched, and 503 with the reason as long
    as that is not so. Needs no credential and touches no project. For whoever sends requests to several
    services, or waits for one to start; `health` answers earlier.

    Raises:
        errors.DecodeError: The answer reports success but does not follow the contract.
        errors.StatusError: The answer has a documented error status and a body of another shape.
        errors.UnexpectedStatus: The contract does not know the status, and the client's
            `raise_on_unexpected_status` is true.
        httpx.HTTPError: No answer came, for instance within the client's time limits.

    Returns:
        Response[Problem | ReadinessResponse]
    """

    return await client.aperform(request())


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
) -> ReadinessResponse:
    """
    Report whether the service can do its work

    Answers 200 once the store can be read and memories can be searched, and 503 with the reason as long
    as that is not so. Needs no credential and touches no project. For whoever sends requests to several
    services, or waits for one to start; `health` answers earlier.

    Raises:
        errors.DecodeError: The answer reports success but does not follow the contract.
        errors.StatusError: The server refused or failed; `parsed` has the decoded body.
        errors.UnexpectedStatus: The contract does not know the status.
        httpx.HTTPError: No answer came, for instance within the client's time limits.

    Returns:
        ReadinessResponse
    """

    sent = request()
    return sent.success(await client.aperform(sent))
