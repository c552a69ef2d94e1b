from typing import Any

import httpx

from ... import answers as _answers
from ... import encoding as _encoding
from ...client import AuthenticatedClient
from ...models.problem import Problem
from ...models.retry_traces_request import RetryTracesRequest
from ...models.retry_traces_response import RetryTracesResponse
from ...operation import Operation, OperationRequest
from ...types import Response


def request(
    project_id: str,
    *,
    body: RetryTracesRequest,
) -> OperationRequest[Problem | RetryTracesResponse, RetryTracesResponse]:
    """
    Describe a request of this operation, which nothing has sent yet.

    Its arguments are those of `sync`. `Client.perform` and `Client.aperform` send it.

    Raises:
        errors.InvalidArgumentError: An argument cannot stand where it belongs.
    """

    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/v1/projects/{project_id}/traces/retry".format(
            project_id=_encoding.path_segment("project_id", project_id),
        ),
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return OperationRequest(_OPERATION, _kwargs)


def _parse(response: httpx.Response, strict: bool) -> Problem | RetryTracesResponse | None:
    if response.status_code in (400, 401, 403, 404, 413, 422, 429, 500, 503):
        return _answers.decode_json(response, Problem.from_dict)
    if 200 <= response.status_code <= 299:
        return _answers.decode_json(response, RetryTracesResponse.from_dict)
    if strict:
        raise _answers.unexpected_status(response)
    return None


def _is_success(status: int) -> bool:
    return 200 <= status <= 299


_OPERATION: Operation[Problem | RetryTracesResponse, RetryTracesResponse] = Operation(
    _parse, _is_success, secured=True
)


def sync_detailed(
    project_id: str,
    *,
    client: AuthenticatedClient,
    body: RetryTracesRequest,
) -> Response[Problem | RetryTracesResponse]:
    """
    Ingest failed traces again

    Puts traces whose ingestion has failed back into the queue, with as many attempts as a new one has.
    Others are passed over.

    Args:
        project_id (str): The project, percent-encoded. A project that does not exist yet is
            created on first use by a master key, and only by one.
        body (RetryTracesRequest): The failed traces to ingest again.

    Raises:
        errors.DecodeError: The answer reports success but does not follow the contract.
        errors.StatusError: The answer has a documented error status and a body of another shape.
        errors.UnexpectedStatus: The contract does not know the status, and the client's
            `raise_on_unexpected_status` is true.
        httpx.HTTPError: No answer came, for instance within the client's time limits.

    Returns:
        Response[Problem | RetryTracesResponse]
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
    body: RetryTracesRequest,
) -> RetryTracesResponse:
    """
    Ingest failed traces again

    Puts traces whose ingestion has failed back into the queue, with as many attempts as a new one has.
    Others are passed over.

    Args:
        project_id (str): The project, percent-encoded. A project that does not exist yet is
            created on first use by a master key, and only by one.
        body (RetryTracesRequest): The failed traces to ingest again.

    Raises:
        errors.DecodeError: The answer reports success but does not follow the contract.
        errors.StatusError: The server refused or failed; `parsed` has the decoded body.
        errors.UnexpectedStatus: The contract does not know the status.
        httpx.HTTPError: No answer came, for instance within the client's time limits.

    Returns:
        RetryTracesResponse
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
    body: RetryTracesRequest,
) -> Response[Problem | RetryTracesResponse]:
    """
    Ingest failed traces again

    Puts traces whose ingestion has failed back into the queue, with as many attempts as a new one has.
    Others are passed over.

    Args:
        project_id (str): The project, percent-encoded. A project that does not exist yet is
            created on first use by a master key, and only by one.
        body (RetryTracesRequest): The failed traces to ingest again.

    Raises:
        errors.DecodeError: The answer reports success but does not follow the contract.
        errors.StatusError: The answer has a documented error status and a body of another shape.
        errors.UnexpectedStatus: The contract does not know the status, and the client's
            `raise_on_unexpected_status` is true.
        httpx.HTTPError: No answer came, for instance within the client's time limits.

    Returns:
        Response[Problem | RetryTracesResponse]
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
    body: RetryTracesRequest,
) -> RetryTracesResponse:
    """
    Ingest failed traces again

    Puts traces whose ingestion has failed back into the queue, with as many attempts as a new one has.
    Others are passed over.

    Args:
        project_id (str): The project, percent-encoded. A project that does not exist yet is
            created on first use by a master key, and only by one.
        body (RetryTracesRequest): The failed traces to ingest again.

    Raises:
        errors.DecodeError: The answer reports success but does not follow the contract.
        errors.StatusError: The server refused or failed; `parsed` has the decoded body.
        errors.UnexpectedStatus: The contract does not know the status.
        httpx.HTTPError: No answer came, for instance within the client's time limits.

    Returns:
        RetryTracesResponse
    """

    sent = request(
        project_id=project_id,
        body=body,
    )
    return sent.success(await client.aperform(sent))
