from typing import Any

import httpx

from ... import answers as _answers
from ... import decoding as _decoding
from ... import encoding as _encoding
from ...client import AuthenticatedClient
from ...models.memory_response import MemoryResponse
from ...models.problem import Problem
from ...operation import Operation, OperationRequest
from ...types import UNSET, Response, Unset


def request(
    project_id: str,
    *,
    limit: int | Unset = UNSET,
    cursor: str | Unset = UNSET,
) -> OperationRequest[list[MemoryResponse] | Problem, list[MemoryResponse]]:
    """
    Describe a request of this operation, which nothing has sent yet.

    Its arguments are those of `sync`. `Client.perform` and `Client.aperform` send it.

    Raises:
        errors.InvalidArgumentError: An argument cannot stand where it belongs.
    """

    params: dict[str, Any] = {}

    params["limit"] = limit

    params["cursor"] = cursor

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v1/projects/{project_id}/memories".format(
            project_id=_encoding.path_segment("project_id", project_id),
        ),
        "params": params,
    }

    return OperationRequest(_OPERATION, _kwargs)


def _parse(response: httpx.Response, strict: bool) -> list[MemoryResponse] | Problem | None:
    if response.status_code == 200:
        return _answers.decode_json(response, _decoding.array(MemoryResponse.from_dict))
    if response.status_code in (401, 403, 404, 422, 429, 500, 503):
        return _answers.decode_json(response, Problem.from_dict)
    if strict:
        raise _answers.unexpected_status(response)
    return None


def _is_success(status: int) -> bool:
    return status == 200


_OPERATION: Operation[list[MemoryResponse] | Problem, list[MemoryResponse]] = Operation(
    _parse, _is_success, secured=True
)


def sync_detailed(
    project_id: str,
    *,
    client: AuthenticatedClient,
    limit: int | Unset = UNSET,
    cursor: str | Unset = UNSET,
) -> Response[list[MemoryResponse] | Problem]:
    """
    List memories

    Lists the memories of the project, newest first. `similarity` and `score` are 0 here, as no task is
    given.

    Args:
        project_id (str): The project, percent-encoded. A project that does not exist yet is
            created on first use by a master key, and only by one.
        limit (int | Unset): How many entries a page has at the most. The whole list where it is
            not given: nothing that was recorded after its beginning, and what is deleted or changed
            while it is sent may be missing or changed.
        cursor (str | Unset): Where the page starts; taken from the `Link` header of the page
            before. Opaque, and of use only for the same list of the same project.

    Raises:
        errors.DecodeError: The answer reports success but does not follow the contract.
        errors.StatusError: The answer has a documented error status and a body of another shape.
        errors.UnexpectedStatus: The contract does not know the status, and the client's
            `raise_on_unexpected_status` is true.
        httpx.HTTPError: No answer came, for instance within the client's time limits.

    Returns:
        Response[list[MemoryResponse] | Problem]
    """

    return client.perform(
        request(
            project_id=project_id,
            limit=limit,
            cursor=cursor,
        )
    )


def sync(
    project_id: str,
    *,
    client: AuthenticatedClient,
    limit: int | Unset = UNSET,
    cursor: str | Unset = UNSET,
) -> list[MemoryResponse]:
    """
    List memories

    Lists the memories of the project, newest first. `similarity` and `score` are 0 here, as no task is
    given.

    Args:
        project_id (str): The project, percent-encoded. A project that does not exist yet is
            created on first use by a master key, and only by one.
        limit (int | Unset): How many entries a page has at the most. The whole list where it is
            not given: nothing that was recorded after its beginning, and what is deleted or changed
            while it is sent may be missing or changed.
        cursor (str | Unset): Where the page starts; taken from the `Link` header of the page
            before. Opaque, and of use only for the same list of the same project.

    Raises:
        errors.DecodeError: The answer reports success but does not follow the contract.
        errors.StatusError: The server refused or failed; `parsed` has the decoded body.
        errors.UnexpectedStatus: The contract does not know the status.
        httpx.HTTPError: No answer came, for instance within the client's time limits.

    Returns:
        list[MemoryResponse]
    """

    sent = request(
        project_id=project_id,
        limit=limit,
        cursor=cursor,
    )
    return sent.success(client.perform(sent))


async def asyncio_detailed(
    project_id: str,
    *,
    client: AuthenticatedClient,
    limit: int | Unset = UNSET,
    cursor: str | Unset = UNSET,
) -> Response[list[MemoryResponse] | Problem]:
    """
    List memories

    Lists the memories of the project, newest first. `similarity` and `score` are 0 here, as no task is
    given.

    Args:
        project_id (str): The project, percent-encoded. A project that does not exist yet is
            created on first use by a master key, and only by one.
        limit (int | Unset): How many entries a page has at the most. The whole list where it is
            not given: nothing that was recorded after its beginning, and what is deleted or changed
            while it is sent may be missing or changed.
        cursor (str | Unset): Where the page starts; taken from the `Link` header of the page
            before. Opaque, and of use only for the same list of the same project.

    Raises:
        errors.DecodeError: The answer reports success but does not follow the contract.
        errors.StatusError: The answer has a documented error status and a body of another shape.
        errors.UnexpectedStatus: The contract does not know the status, and the client's
            `raise_on_unexpected_status` is true.
        httpx.HTTPError: No answer came, for instance within the client's time limits.

    Returns:
        Response[list[MemoryResponse] | Problem]
    """

    return await client.aperform(
        request(
            project_id=project_id,
            limit=limit,
            cursor=cursor,
        )
    )


async def asyncio(
    project_id: str,
    *,
    client: AuthenticatedClient,
    limit: int | Unset = UNSET,
    cursor: str | Unset = UNSET,
) -> list[MemoryResponse]:
    """
    List memories

    Lists the memories of the project, newest first. `similarity` and `score` are 0 here, as no task is
    given.

    Args:
        project_id (str): The project, percent-encoded. A project that does not exist yet is
            created on first use by a master key, and only by one.
        limit (int | Unset): How many entries a page has at the most. The whole list where it is
            not given: nothing that was recorded after its beginning, and what is deleted or changed
            while it is sent may be missing or changed.
        cursor (str | Unset): Where the page starts; taken from the `Link` header of the page
            before. Opaque, and of use only for the same list of the same project.

    Raises:
        errors.DecodeError: The answer reports success but does not follow the contract.
        errors.StatusError: The server refused or failed; `parsed` has the decoded body.
        errors.UnexpectedStatus: The contract does not know the status.
        httpx.HTTPError: No answer came, for instance within the client's time limits.

    Returns:
        list[MemoryResponse]
    """

    sent = request(
        project_id=project_id,
        limit=limit,
        cursor=cursor,
    )
    return sent.success(await client.aperform(sent))
