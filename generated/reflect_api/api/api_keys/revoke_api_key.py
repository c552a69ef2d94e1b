from typing import Any, cast

import httpx

from ... import decoding as _decoding
from ... import encoding as _encoding
from ...client import AuthenticatedClient, Client
from ...models.api_key_response import ApiKeyResponse
from ...models.problem import Problem
from ...models.revoke_api_key_request import RevokeApiKeyRequest
from ...types import Response


def _get_kwargs(
    project_id: str,
    key_id: str,
    *,
    body: RevokeApiKeyRequest,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/v1/projects/{project_id}/api-keys/{key_id}/revoke".format(
            project_id=_encoding.path_segment("project_id", project_id),
            key_id=_encoding.path_segment("key_id", key_id),
        ),
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> ApiKeyResponse | Problem | None:
    if response.status_code in (400, 401, 403, 404, 413, 422, 429, 500, 503):
        return _decoding.decode_json(response, Problem.from_dict)
    if 200 <= response.status_code <= 299:
        return _decoding.decode_json(response, ApiKeyResponse.from_dict)
    if client.raise_on_unexpected_status:
        raise _decoding.unexpected_status(response)
    return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[ApiKeyResponse | Problem]:
    method, url = _decoding.request_line(response)
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
        method=method,
        url=url,
    )


def _success(response: Response[ApiKeyResponse | Problem]) -> ApiKeyResponse:
    status = response.status_code
    documented = 200 <= status <= 299
    return cast("ApiKeyResponse", _decoding.success(response, documented=documented))


def sync_detailed(
    project_id: str,
    key_id: str,
    *,
    client: AuthenticatedClient,
    body: RevokeApiKeyRequest,
) -> Response[ApiKeyResponse | Problem]:
    """
    Revoke a key

    Ends the key at once and for good. Revoking a revoked key changes nothing.

    Args:
        project_id (str): The project, percent-encoded. A project that does not exist yet is
            created on first use by a master key, and only by one.
        key_id (str): The key's `id`, not its `public_id`.
        body (RevokeApiKeyRequest): Empty; the path says which key.

    Raises:
        errors.DecodeError: The answer reports success but does not follow the contract.
        errors.StatusError: The answer has a documented error status and a body of another shape.
        errors.UnexpectedStatus: The contract does not know the status, and the client's
            `raise_on_unexpected_status` is true.
        httpx.HTTPError: No answer came, for instance within the client's time limits.

    Returns:
        Response[ApiKeyResponse | Problem]
    """

    kwargs = _get_kwargs(
        project_id=project_id,
        key_id=key_id,
        body=body,
    )
    response = client.send(kwargs, secured=True)
    return _build_response(client=client, response=response)


def sync(
    project_id: str,
    key_id: str,
    *,
    client: AuthenticatedClient,
    body: RevokeApiKeyRequest,
) -> ApiKeyResponse:
    """
    Revoke a key

    Ends the key at once and for good. Revoking a revoked key changes nothing.

    Args:
        project_id (str): The project, percent-encoded. A project that does not exist yet is
            created on first use by a master key, and only by one.
        key_id (str): The key's `id`, not its `public_id`.
        body (RevokeApiKeyRequest): Empty; the path says which key.

    Raises:
        errors.DecodeError: The answer reports success but does not follow the contract.
        errors.StatusError: The server refused or failed; `parsed` has the decoded body.
        errors.UnexpectedStatus: The contract does not know the status.
        httpx.HTTPError: No answer came, for instance within the client's time limits.

    Returns:
        ApiKeyResponse
    """

    return _success(
        sync_detailed(
            project_id=project_id,
            key_id=key_id,
            client=client,
            body=body,
        )
    )


async def asyncio_detailed(
    project_id: str,
    key_id: str,
    *,
    client: AuthenticatedClient,
    body: RevokeApiKeyRequest,
) -> Response[ApiKeyResponse | Problem]:
    """
    Revoke a key

    Ends the key at once and for good. Revoking a revoked key changes nothing.

    Args:
        project_id (str): The project, percent-encoded. A project that does not exist yet is
            created on first use by a master key, and only by one.
        key_id (str): The key's `id`, not its `public_id`.
        body (RevokeApiKeyRequest): Empty; the path says which key.

    Raises:
        errors.DecodeError: The answer reports success but does not follow the contract.
        errors.StatusError: The answer has a documented error status and a body of another shape.
        errors.UnexpectedStatus: The contract does not know the status, and the client's
            `raise_on_unexpected_status` is true.
        httpx.HTTPError: No answer came, for instance within the client's time limits.

    Returns:
        Response[ApiKeyResponse | Problem]
    """

    kwargs = _get_kwargs(
        project_id=project_id,
        key_id=key_id,
        body=body,
    )
    response = await client.asend(kwargs, secured=True)
    return _build_response(client=client, response=response)


async def asyncio(
    project_id: str,
    key_id: str,
    *,
    client: AuthenticatedClient,
    body: RevokeApiKeyRequest,
) -> ApiKeyResponse:
    """
    Revoke a key

    Ends the key at once and for good. Revoking a revoked key changes nothing.

    Args:
        project_id (str): The project, percent-encoded. A project that does not exist yet is
            created on first use by a master key, and only by one.
        key_id (str): The key's `id`, not its `public_id`.
        body (RevokeApiKeyRequest): Empty; the path says which key.

    Raises:
        errors.DecodeError: The answer reports success but does not follow the contract.
        errors.StatusError: The server refused or failed; `parsed` has the decoded body.
        errors.UnexpectedStatus: The contract does not know the status.
        httpx.HTTPError: No answer came, for instance within the client's time limits.

    Returns:
        ApiKeyResponse
    """

    return _success(
        await asyncio_detailed(
            project_id=project_id,
            key_id=key_id,
            client=client,
            body=body,
        )
    )
