from typing import Any

import httpx

from ... import answers as _answers
from ... import encoding as _encoding
from ...client import AuthenticatedClient
from ...models.api_key_create_response import ApiKeyCreateResponse
from ...models.create_api_key_request import CreateApiKeyRequest
from ...models.problem import Problem
from ...operation import Operation, OperationRequest
from ...types import Response


def request(
    project_id: str,
    *,
    body: CreateApiKeyRequest,
) -> OperationRequest[ApiKeyCreateResponse | Problem, ApiKeyCreateResponse]:
    """
    Describe a request of this operation, which nothing has sent yet.

    Its arguments are those of `sync`. `Client.perform` and `Client.aperform` send it.

    Raises:
        errors.InvalidArgumentError: An argument cannot stand where it belongs.
    """

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
    return OperationRequest(_OPERATION, _kwargs)


def _parse(response: httpx.Response, strict: bool) -> ApiKeyCreateResponse | Problem | None:
    if response.status_code in (400, 401, 403, 404, 413, 422, 429, 500, 503):
        return _answers.decode_json(response, Problem.from_dict)
    if 200 <= response.status_code <= 299:
        return _answers.decode_json(response, ApiKeyCreateResponse.from_dict)
    if strict:
        raise _answers.unexpected_status(response)
    return None


def _is_success(status: int) -> bool:
    return 200 <= status <= 299


_OPERATION: Operation[ApiKeyCreateResponse | Problem, ApiKeyCreateResponse] = Operation(
    _parse, _is_success, secured=True
)


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

    return client.perform(
        request(
            project_id=project_id,
            body=body,
        )
    )


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

    sent = request(
        project_id=project_id,
        body=body,
    )
    return sent.success(client.perform(sent))


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

    return await client.aperform(
        request(
            project_id=project_id,
            body=body,
        )
    )


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

    sent = request(
        project_id=project_id,
        body=body,
    )
    return sent.success(await client.aperform(sent))
