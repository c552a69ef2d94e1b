from typing import Any, cast

import httpx

from ... import decoding as _decoding
from ...client import AuthenticatedClient, Client
from ...models.problem import Problem
from ...models.readiness_response import ReadinessResponse
from ...types import Response


def _get_kwargs() -> dict[str, Any]:

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/ready",
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Problem | ReadinessResponse | None:
    if response.status_code == 200:
        return _decoding.decode_json(response, ReadinessResponse.from_dict)
    if response.status_code in (500, 503):
        return _decoding.decode_json(response, Problem.from_dict)
    if client.raise_on_unexpected_status:
        raise _decoding.unexpected_status(response)
    return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[Problem | ReadinessResponse]:
    method, url = _decoding.request_line(response)
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
        method=method,
        url=url,
    )


def _success(response: Response[Problem | ReadinessResponse]) -> ReadinessResponse:
    status = response.status_code
    documented = status == 200
    return cast("ReadinessResponse", _decoding.success(response, documented=documented))


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

    kwargs = _get_kwargs()
    response = client.send(kwargs, secured=False)
    return _build_response(client=client, response=response)


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

    return _success(
        sync_detailed(
            client=client,
        )
    )


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

    kwargs = _get_kwargs()
    response = await client.asend(kwargs, secured=False)
    return _build_response(client=client, response=response)


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

    return _success(
        await asyncio_detailed(
            client=client,
        )
    )
