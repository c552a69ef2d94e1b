from typing import Any, cast

import httpx

from ... import decoding as _decoding
from ... import encoding as _encoding
from ...client import AuthenticatedClient, Client
from ...models.problem import Problem
from ...models.review_trace_request import ReviewTraceRequest
from ...models.trace_response import TraceResponse
from ...types import Response


def _get_kwargs(
    project_id: str,
    trace_id: str,
    *,
    body: ReviewTraceRequest,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/v1/projects/{project_id}/traces/{trace_id}/review".format(
            project_id=_encoding.path_segment("project_id", project_id),
            trace_id=_encoding.path_segment("trace_id", trace_id),
        ),
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Problem | TraceResponse | None:
    if response.status_code in (400, 401, 403, 404, 409, 413, 422, 429, 500, 503):
        return _decoding.decode_json(response, Problem.from_dict)
    if 200 <= response.status_code <= 299:
        return _decoding.decode_json(response, TraceResponse.from_dict)
    if client.raise_on_unexpected_status:
        raise _decoding.unexpected_status(response)
    return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[Problem | TraceResponse]:
    method, url = _decoding.request_line(response)
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
        method=method,
        url=url,
    )


def _success(response: Response[Problem | TraceResponse]) -> TraceResponse:
    status = response.status_code
    documented = 200 <= status <= 299
    return cast("TraceResponse", _decoding.success(response, documented=documented))


def sync_detailed(
    project_id: str,
    trace_id: str,
    *,
    client: AuthenticatedClient,
    body: ReviewTraceRequest,
) -> Response[Problem | TraceResponse]:
    """
    Review a recorded run

    Attaches a verdict to a trace that has none, moves the Q-values of the memories that the run used in
    the same transaction, and has a memory made in the background. Sending the same review again changes
    nothing and answers the same; a different one is answered with 409, and is what `change_review` is
    for.

    Args:
        project_id (str): The project, percent-encoded. A project that does not exist yet is
            created on first use by a master key, and only by one.
        trace_id (str): The trace.
        body (ReviewTraceRequest): A verdict on a recorded trace.

    Raises:
        errors.DecodeError: The answer reports success but does not follow the contract.
        errors.StatusError: The answer has a documented error status and a body of another shape.
        errors.UnexpectedStatus: The contract does not know the status, and the client's
            `raise_on_unexpected_status` is true.
        httpx.HTTPError: No answer came, for instance within the client's time limits.

    Returns:
        Response[Problem | TraceResponse]
    """

    kwargs = _get_kwargs(
        project_id=project_id,
        trace_id=trace_id,
        body=body,
    )
    response = client.send(kwargs, secured=True)
    return _build_response(client=client, response=response)


def sync(
    project_id: str,
    trace_id: str,
    *,
    client: AuthenticatedClient,
    body: ReviewTraceRequest,
) -> TraceResponse:
    """
    Review a recorded run

    Attaches a verdict to a trace that has none, moves the Q-values of the memories that the run used in
    the same transaction, and has a memory made in the background. Sending the same review again changes
    nothing and answers the same; a different one is answered with 409, and is what `change_review` is
    for.

    Args:
        project_id (str): The project, percent-encoded. A project that does not exist yet is
            created on first use by a master key, and only by one.
        trace_id (str): The trace.
        body (ReviewTraceRequest): A verdict on a recorded trace.

    Raises:
        errors.DecodeError: The answer reports success but does not follow the contract.
        errors.StatusError: The server refused or failed; `parsed` has the decoded body.
        errors.UnexpectedStatus: The contract does not know the status.
        httpx.HTTPError: No answer came, for instance within the client's time limits.

    Returns:
        TraceResponse
    """

    return _success(
        sync_detailed(
            project_id=project_id,
            trace_id=trace_id,
            client=client,
            body=body,
        )
    )


async def asyncio_detailed(
    project_id: str,
    trace_id: str,
    *,
    client: AuthenticatedClient,
    body: ReviewTraceRequest,
) -> Response[Problem | TraceResponse]:
    """
    Review a recorded run

    Attaches a verdict to a trace that has none, moves the Q-values of the memories that the run used in
    the same transaction, and has a memory made in the background. Sending the same review again changes
    nothing and answers the same; a different one is answered with 409, and is what `change_review` is
    for.

    Args:
        project_id (str): The project, percent-encoded. A project that does not exist yet is
            created on first use by a master key, and only by one.
        trace_id (str): The trace.
        body (ReviewTraceRequest): A verdict on a recorded trace.

    Raises:
        errors.DecodeError: The answer reports success but does not follow the contract.
        errors.StatusError: The answer has a documented error status and a body of another shape.
        errors.UnexpectedStatus: The contract does not know the status, and the client's
            `raise_on_unexpected_status` is true.
        httpx.HTTPError: No answer came, for instance within the client's time limits.

    Returns:
        Response[Problem | TraceResponse]
    """

    kwargs = _get_kwargs(
        project_id=project_id,
        trace_id=trace_id,
        body=body,
    )
    response = await client.asend(kwargs, secured=True)
    return _build_response(client=client, response=response)


async def asyncio(
    project_id: str,
    trace_id: str,
    *,
    client: AuthenticatedClient,
    body: ReviewTraceRequest,
) -> TraceResponse:
    """
    Review a recorded run

    Attaches a verdict to a trace that has none, moves the Q-values of the memories that the run used in
    the same transaction, and has a memory made in the background. Sending the same review again changes
    nothing and answers the same; a different one is answered with 409, and is what `change_review` is
    for.

    Args:
        project_id (str): The project, percent-encoded. A project that does not exist yet is
            created on first use by a master key, and only by one.
        trace_id (str): The trace.
        body (ReviewTraceRequest): A verdict on a recorded trace.

    Raises:
        errors.DecodeError: The answer reports success but does not follow the contract.
        errors.StatusError: The server refused or failed; `parsed` has the decoded body.
        errors.UnexpectedStatus: The contract does not know the status.
        httpx.HTTPError: No answer came, for instance within the client's time limits.

    Returns:
        TraceResponse
    """

    return _success(
        await asyncio_detailed(
            project_id=project_id,
            trace_id=trace_id,
            client=client,
            body=body,
        )
    )
