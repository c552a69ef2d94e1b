from typing import Any, cast

import httpx

from ... import decoding as _decoding
from ... import encoding as _encoding
from ...client import AuthenticatedClient, Client
from ...models.memory_response import MemoryResponse
from ...models.problem import Problem
from ...types import UNSET, Response, Unset


def _get_kwargs(
    project_id: str,
    *,
    limit: int | Unset = UNSET,
    cursor: str | Unset = UNSET,
) -> dict[str, Any]:

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

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> list[MemoryResponse] | Problem | None:
    if response.status_code == 200:
        return _decoding.decode_json(response, _decoding.array(MemoryResponse.from_dict))
    if response.status_code in (401, 403, 404, 422, 429, 500, 503):
        return _decoding.decode_json(response, Problem.from_dict)
    if client.raise_on_unexpected_status:
        raise _decoding.unexpected_status(response)
    return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[list[MemoryResponse] | Problem]:
    method, url = _decoding.request_line(response)
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
        method=method,
        url=url,
    )


def _success(response: Response[list[MemoryResponse] | Problem]) -> list[MemoryResponse]:
    status = response.status_code
    documented = status == 200
    return cast("list[MemoryResponse]", _decoding.success(response, documented=documented))


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

    kwargs = _get_kwargs(
        project_id=project_id,
        limit=limit,
        cursor=cursor,
    )
    response = client.send(kwargs, secured=True)
    return _build_response(client=client, response=response)


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

    return _success(
        sync_detailed(
            project_id=project_id,
            client=client,
            limit=limit,
            cursor=cursor,
        )
    )


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

    kwargs = _get_kwargs(
        project_id=project_id,
        limit=limit,
        cursor=cursor,
    )
    response = await client.asend(kwargs, secured=True)
    return _build_response(client=client, response=response)


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

    return _success(
        await asyncio_detailed(
            project_id=project_id,
            client=client,
            limit=limit,
            cursor=cursor,
        )
    )
