from typing import Any, cast

import httpx

from ... import decoding as _decoding
from ...client import AuthenticatedClient, Client
from ...models.bootstrap_request import BootstrapRequest
from ...models.bootstrap_response import BootstrapResponse
from ...models.problem import Problem
from ...types import Response


def _get_kwargs(
    *,
    body: BootstrapRequest,
    x_bootstrap_token: str,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    headers["X-Bootstrap-Token"] = x_bootstrap_token

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/v1/bootstrap",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> BootstrapResponse | Problem | None:
    if response.status_code in (400, 401, 403, 413, 422, 429, 500, 503):
        return _decoding.decode_json(response, Problem.from_dict)
    if 200 <= response.status_code <= 299:
        return _decoding.decode_json(response, BootstrapResponse.from_dict)
    if client.raise_on_unexpected_status:
        raise _decoding.unexpected_status(response)
    return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[BootstrapResponse | Problem]:
    method, url = _decoding.request_line(response)
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
        method=method,
        url=url,
    )


def _success(response: Response[BootstrapResponse | Problem]) -> BootstrapResponse:
    status = response.status_code
    documented = 200 <= status <= 299
    return cast("BootstrapResponse", _decoding.success(response, documented=documented))


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: BootstrapRequest,
    x_bootstrap_token: str,
) -> Response[BootstrapResponse | Problem]:
    """
    Create a project with its first key

    Creates the project where it does not exist yet, and a key that may do everything in it. The
    plaintext of the key is in this answer and never again. Answers 403 where the service has no
    bootstrap token, or where the given one is wrong.

    Args:
        x_bootstrap_token (str): The token that whoever runs the service has set in
            `REFLECT_BOOTSTRAP_TOKEN`.
        body (BootstrapRequest): What the first key of a project is made of.

    Raises:
        errors.DecodeError: The answer reports success but does not follow the contract.
        errors.StatusError: The answer has a documented error status and a body of another shape.
        errors.UnexpectedStatus: The contract does not know the status, and the client's
            `raise_on_unexpected_status` is true.
        httpx.HTTPError: No answer came, for instance within the client's time limits.

    Returns:
        Response[BootstrapResponse | Problem]
    """

    kwargs = _get_kwargs(
        body=body,
        x_bootstrap_token=x_bootstrap_token,
    )
    response = client.send(kwargs, secured=False, redirectable=False)
    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient | Client,
    body: BootstrapRequest,
    x_bootstrap_token: str,
) -> BootstrapResponse:
    """
    Create a project with its first key

    Creates the project where it does not exist yet, and a key that may do everything in it. The
    plaintext of the key is in this answer and never again. Answers 403 where the service has no
    bootstrap token, or where the given one is wrong.

    Args:
        x_bootstrap_token (str): The token that whoever runs the service has set in
            `REFLECT_BOOTSTRAP_TOKEN`.
        body (BootstrapRequest): What the first key of a project is made of.

    Raises:
        errors.DecodeError: The answer reports success but does not follow the contract.
        errors.StatusError: The server refused or failed; `parsed` has the decoded body.
        errors.UnexpectedStatus: The contract does not know the status.
        httpx.HTTPError: No answer came, for instance within the client's time limits.

    Returns:
        BootstrapResponse
    """

    return _success(
        sync_detailed(
            client=client,
            body=body,
            x_bootstrap_token=x_bootstrap_token,
        )
    )


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: BootstrapRequest,
    x_bootstrap_token: str,
) -> Response[BootstrapResponse | Problem]:
    """
    Create a project with its first key

    Creates the project where it does not exist yet, and a key that may do everything in it. The
    plaintext of the key is in this answer and never again. Answers 403 where the service has no
    bootstrap token, or where the given one is wrong.

    Args:
        x_bootstrap_token (str): The token that whoever runs the service has set in
            `REFLECT_BOOTSTRAP_TOKEN`.
        body (BootstrapRequest): What the first key of a project is made of.

    Raises:
        errors.DecodeError: The answer reports success but does not follow the contract.
        errors.StatusError: The answer has a documented error status and a body of another shape.
        errors.UnexpectedStatus: The contract does not know the status, and the client's
            `raise_on_unexpected_status` is true.
        httpx.HTTPError: No answer came, for instance within the client's time limits.

    Returns:
        Response[BootstrapResponse | Problem]
    """

    kwargs = _get_kwargs(
        body=body,
        x_bootstrap_token=x_bootstrap_token,
    )
    response = await client.asend(kwargs, secured=False, redirectable=False)
    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    body: BootstrapRequest,
    x_bootstrap_token: str,
) -> BootstrapResponse:
    """
    Create a project with its first key

    Creates the project where it does not exist yet, and a key that may do everything in it. The
    plaintext of the key is in this answer and never again. Answers 403 where the service has no
    bootstrap token, or where the given one is wrong.

    Args:
        x_bootstrap_token (str): The token that whoever runs the service has set in
            `REFLECT_BOOTSTRAP_TOKEN`.
        body (BootstrapRequest): What the first key of a project is made of.

    Raises:
        errors.DecodeError: The answer reports success but does not follow the contract.
        errors.StatusError: The server refused or failed; `parsed` has the decoded body.
        errors.UnexpectedStatus: The contract does not know the status.
        httpx.HTTPError: No answer came, for instance within the client's time limits.

    Returns:
        BootstrapResponse
    """

    return _success(
        await asyncio_detailed(
            client=client,
            body=body,
            x_bootstrap_token=x_bootstrap_token,
        )
    )
