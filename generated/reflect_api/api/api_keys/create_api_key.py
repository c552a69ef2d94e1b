from typing import Any, cast

import httpx

from ... import decoding as _decoding
from ... import encoding as _encoding
from ...client import AuthenticatedClient, Client
from ...models.api_key_create_response import ApiKeyCreateResponse
from ...models.create_api_key_request import CreateApiKeyRequest
from ...models.problem import Problem
from ...types import Response


def _get_kwargs(
    project_id: str,
    *,
    body: CreateApiKeyRequest,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/v1/projects/{project_id}/api-keys".format(
            project_id=_encoding.path_segment("project_id", project_id),
        ),
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> ApiKeyCreateResponse | Problem | None:
    if response.status_code in (400, 401, 403, 404, 413, 422, 429, 500, 503):
        return _decoding.decode_json(response, Problem.from_dict)
    if 200 <= response.status_code <= 299:
        return _decoding.decode_json(response, ApiKeyCreateResponse.from_dict)
    if client.raise_on_unexpected_status:
        raise _decoding.unexpected_status(response)
    return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[ApiKeyCreateResponse | Problem]:
    method, url = _decoding.request_line(response)
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
        method=method,
        url=url,
    )


def _success(response: Response[ApiKeyCreateResponse | Problem]) -> ApiKeyCreateResponse:
    status = response.status_code
    documented = 200 <= status <= 299
    return cast("ApiKeyCreateResponse", _decoding.success(response, documented=documented))


def sync_detailed(
    project_id: str,
    *,
    client: AuthenticatedClient,
    body: CreateApiKeyRequest,
) -> Response[ApiKeyCreateResponse | Problem]:
    """
    Create a key

    Creates a key for the project with the given scopes. The plaintext is in this answer and never
    again. A key can give only scopes that it has itself, and one that expires only keys that expire no
    later.

    Args:
        project_id (str): The project, percent-encoded. A project that does not exist yet is
            created on first use by a master key, and only by one.
        body (CreateApiKeyRequest): What a key is made of.

    Raises:
        errors.DecodeError: The answer reports success but does not follow the contract.
        errors.StatusError: The answer has a documented error status and a body of another shape.
        errors.UnexpectedStatus: The contract does not know the status, and the client's
            `raise_on_unexpected_status` is true.
        httpx.HTTPError: No answer came, for instance within the client's time limits.

    Returns:
        Response[ApiKeyCreateResponse | Problem]
    """

    kwargs = _get_kwargs(
        project_id=project_id,
        body=body,
    )
    response = client.send(kwargs, secured=True)
    return _build_response(client=client, response=response)


def sync(
    project_id: str,
    *,
    client: AuthenticatedClient,
    body: CreateApiKeyRequest,
) -> ApiKeyCreateResponse:
    """
    Create a key

    Creates a key for the project with the given scopes. The plaintext is in this answer and never
    again. A key can give only scopes that it has itself, and one that expires only keys that expire no
    later.

    Args:
        project_id (str): The project, percent-encoded. A project that does not exist yet is
            created on first use by a master key, and only by one.
        body (CreateApiKeyRequest): What a key is made of.

    Raises:
        errors.DecodeError: The answer reports success but does not follow the contract.
        errors.StatusError: The server refused or failed; `parsed` has the decoded body.
        errors.UnexpectedStatus: The contract does not know the status.
        httpx.HTTPError: No answer came, for instance within the client's time limits.

    Returns:
        ApiKeyCreateResponse
    """

    return _success(
        sync_detailed(
            project_id=project_id,
            client=client,
            body=body,
        )
    )


async def asyncio_detailed(
    project_id: str,
    *,
    client: AuthenticatedClient,
    body: CreateApiKeyRequest,
) -> Response[ApiKeyCreateResponse | Problem]:
    """
    Create a key

    Creates a key for the project with the given scopes. The plaintext is in this answer and never
    again. A key can give only scopes that it has itself, and one that expires only keys that expire no
    later.

    Args:
        project_id (str): The project, percent-encoded. A project that does not exist yet is
            created on first use by a master key, and only by one.
        body (CreateApiKeyRequest): What a key is made of.

    Raises:
        errors.DecodeError: The answer reports success but does not follow the contract.
        errors.StatusError: The answer has a documented error status and a body of another shape.
        errors.UnexpectedStatus: The contract does not know the status, and the client's
            `raise_on_unexpected_status` is true.
        httpx.HTTPError: No answer came, for instance within the client's time limits.

    Returns:
        Response[ApiKeyCreateResponse | Problem]
    """

    kwargs = _get_kwargs(
        project_id=project_id,
        body=body,
    )
    response = await client.asend(kwargs, secured=True)
    return _build_response(client=client, response=response)


async def asyncio(
    project_id: str,
    *,
    client: AuthenticatedClient,
    body: CreateApiKeyRequest,
) -> ApiKeyCreateResponse:
    """
    Create a key

    Creates a key for the project with the given scopes. The plaintext is in this answer and never
    again. A key can give only scopes that it has itself, and one that expires only keys that expire no
    later.

    Args:
        project_id (str): The project, percent-encoded. A project that does not exist yet is
            created on first use by a master key, and only by one.
        body (CreateApiKeyRequest): What a key is made of.

    Raises:
        errors.DecodeError: The answer reports success but does not follow the contract.
        errors.StatusError: The server refused or failed; `parsed` has the decoded body.
        errors.UnexpectedStatus: The contract does not know the status.
        httpx.HTTPError: No answer came, for instance within the client's time limits.

    Returns:
        ApiKeyCreateResponse
    """

    return _success(
        await asyncio_detailed(
            project_id=project_id,
            client=client,
            body=body,
        )
    )
