from typing import Any

import httpx

from ... import answers as _answers
from ... import decoding as _decoding
from ...client import AuthenticatedClient, Client
from ...models.problem import Problem
from ...operation import Operation, OperationRequest
from ...types import Response


def request() -> OperationRequest[dict[str, str] | Problem, dict[str, str]]:
    """
    Describe a request of this operation, which nothing has sent yet.

    Its arguments are those of `sync`. `Client.perform` and `Client.aperform` send it.

    Raises:
        errors.InvalidArgumentError: An argument cannot stand where it belongs.
    """

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/health",
    }

    return OperationRequest(_OPERATION, _kwargs)


def _parse(response: httpx.Response, strict: bool) -> dict[str, str] | Problem | None:
    if response.status_code == 200:
        return _answers.decode_json(response, _decoding.mapping(_decoding.string))
    if response.status_code in (500, 503):
        return _answers.decode_json(response, Problem.from_dict)
    if strict:
        raise _answers.unexpected_status(response)
    return None


def _is_success(status: int) -> bool:
    return status == 200


_OPERATION: Operation[dict[str, str] | Problem, dict[str, str]] = Operation(
    _parse, _is_success, secured=False
)


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
) -> Response[dict[str, str] | Problem]:
    """
    Report that the service answers

    Answers as soon as requests are served. Needs no credential and touches no project.

    Raises:
        errors.DecodeError: The answer reports success but does not follow the contract.
        errors.StatusError: The answer has a documented error status and a body of another shape.
        errors.UnexpectedStatus: The contract does not know the status, and the client's
            `raise_on_unexpected_status` is true.
        httpx.HTTPError: No answer came, for instance within the client's time limits.

    Returns:
        Response[dict[str, str] | Problem]
    """

    return client.perform(request())


def sync(
    *,
    client: AuthenticatedClient | Client,
) -> dict[str, str]:
    """
    Report that the service answers

    Answers as soon as requests are served. Needs no credential and touches no project.

    Raises:
        errors.DecodeError: The answer reports success but does not follow the contract.
        errors.StatusError: The server refused or failed; `parsed` has the decoded body.
        errors.UnexpectedStatus: The contract does not know the status.
        httpx.HTTPError: No answer came, for instance within the client's time limits.

    Returns:
        dict[str, str]
    """

    sent = request()
    return sent.success(client.perform(sent))


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
) -> Response[dict[str, str] | Problem]:
    """
    Report that the service answers

    Answers as soon as requests are served. Needs no credential and touches no project.

    Raises:
        errors.DecodeError: The answer reports success but does not follow the contract.
        errors.StatusError: The answer has a documented error status and a body of another shape.
        errors.UnexpectedStatus: The contract does not know the status, and the client's
            `raise_on_unexpected_status` is true.
        httpx.HTTPError: No answer came, for instance within the client's time limits.

    Returns:
        Response[dict[str, str] | Problem]
    """

    return await client.aperform(request())


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
) -> dict[str, str]:
    """
    Report that the service answers

    Answers as soon as requests are served. Needs no credential and touches no project.

    Raises:
        errors.DecodeError: The answer reports success but does not follow the contract.
        errors.StatusError: The server refused or failed; `parsed` has the decoded body.
        errors.UnexpectedStatus: The contract does not know the status.
        httpx.HTTPError: No answer came, for instance within the client's time limits.

    Returns:
        dict[str, str]
    """

    sent = request()
    return sent.success(await client.aperform(sent))
