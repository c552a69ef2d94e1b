from typing import Any

import httpx

from ... import answers as _answers
from ...client import AuthenticatedClient, Client
from ...models.bootstrap_request import BootstrapRequest
from ...models.bootstrap_response import BootstrapResponse
from ...models.problem import Problem
from ...operation import Operation, OperationRequest
from ...types import Response


def request(
    *,
    body: BootstrapRequest,
    x_bootstrap_token: str,
) -> OperationRequest[BootstrapResponse | Problem, BootstrapResponse]:
    """
    Describe a request of this operation, which nothing has sent yet.

    Its arguments are those of `sync`. `Client.perform` and `Client.aperform` send it.

    Raises:
        errors.InvalidArgumentError: An argument cannot stand where it belongs.
    """

    headers: dict[str, Any] = {}
    headers["X-Bootstrap-Token"] = x_bootstrap_token

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/v1/bootstrap",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return OperationRequest(_OPERATION, _kwargs)


def _parse(response: httpx.Response, strict: bool) -> BootstrapResponse | Problem | None:
    if response.status_code in (400, 401, 403, 413, 422, 429, 500, 503):
        return _answers.decode_json(response, Problem.from_dict)
    if 200 <= response.status_code <= 299:
        return _answers.decode_json(response, BootstrapResponse.from_dict)
    if strict:
        raise _answers.unexpected_status(response)
    return None


def _is_success(status: int) -> bool:
    return 200 <= status <= 299


_OPERATION: Operation[BootstrapResponse | Problem, BootstrapResponse] = Operation(
    _parse, _is_success, secured=False, redirectable=False
)


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

    return client.perform(
        request(
            body=body,
            x_bootstrap_token=x_bootstrap_token,
        )
    )


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

    sent = request(
        body=body,
        x_bootstrap_token=x_bootstrap_token,
    )
    return sent.success(client.perform(sent))


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

    return await client.aperform(
        request(
            body=body,
            x_bootstrap_token=x_bootstrap_token,
        )
    )


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

    sent = request(
        body=body,
        x_bootstrap_token=x_bootstrap_token,
    )
    return sent.success(await client.aperform(sent))
