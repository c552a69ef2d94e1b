from typing import Any, cast

import httpx

from ... import decoding as _decoding
from ... import encoding as _encoding
from ...client import AuthenticatedClient, Client
from ...models.awaited_state import AwaitedState
from ...models.problem import Problem
from ...models.trace_response import TraceResponse
from ...types import UNSET, Response, Unset


def _get_kwargs(
    project_id: str,
    trace_id: str,
    *,
    wait_for: AwaitedState | str | Unset = UNSET,
    prefer: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(prefer, Unset):
        headers["Prefer"] = prefer

    params: dict[str, Any] = {}

    json_wait_for: str | Unset = UNSET
    if not isinstance(wait_for, Unset):
        json_wait_for = str(wait_for)

    params["wait_for"] = json_wait_for

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v1/projects/{project_id}/traces/{trace_id}".format(
            project_id=_encoding.path_segment("project_id", project_id),
            trace_id=_encoding.path_segment("trace_id", trace_id),
        ),
        "params": params,
    }

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Problem | TraceResponse | None:
    if response.status_code == 200:
        return _decoding.decode_json(response, TraceResponse.from_dict)
    if response.status_code in (401, 403, 404, 422, 429, 500, 503):
        return _decoding.decode_json(response, Problem.from_dict)
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
    documented = status == 200
    return cast("TraceResponse", _decoding.success(response, documented=documented))


def sync_detailed(
    project_id: str,
    trace_id: str,
    *,
    client: AuthenticatedClient,
    wait_for: AwaitedState | str | Unset = UNSET,
    prefer: str | Unset = UNSET,
) -> Response[Problem | TraceResponse]:
    """
    Get one trace

    Returns the trace. With `Prefer: wait=<seconds>` the answer comes as soon as the state that
    `wait_for` names is reached or ingestion has failed, and after that many seconds at the latest, with
    the trace as it is then.

    Args:
        project_id (str): The project, percent-encoded. A project that does not exist yet is
            created on first use by a master key, and only by one.
        trace_id (str): The trace.
        wait_for (AwaitedState | str | Unset): The state that `Prefer: wait` waits for:
            `ingested`, that ingestion has finished (what is meant where it is not given), or
            `reviewed`, that there is a review as well.
        prefer (str | Unset): `wait=<seconds>` (RFC 7240) asks to hold the answer until the
            awaited state is reached, for at most that many whole seconds; the service may cap them,
            at 60 where nothing else is said. Other preferences are ignored.

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
        wait_for=wait_for,
        prefer=prefer,
    )
    response = client.send(kwargs, secured=True)
    return _build_response(client=client, response=response)


def sync(
    project_id: str,
    trace_id: str,
    *,
    client: AuthenticatedClient,
    wait_for: AwaitedState | str | Unset = UNSET,
    prefer: str | Unset = UNSET,
) -> TraceResponse:
    """
    Get one trace

    Returns the trace. With `Prefer: wait=<seconds>` the answer comes as soon as the state that
    `wait_for` names is reached or ingestion has failed, and after that many seconds at the latest, with
    the trace as it is then.

    Args:
        project_id (str): The project, percent-encoded. A project that does not exist yet is
            created on first use by a master key, and only by one.
        trace_id (str): The trace.
        wait_for (AwaitedState | str | Unset): The state that `Prefer: wait` waits for:
            `ingested`, that ingestion has finished (what is meant where it is not given), or
            `reviewed`, that there is a review as well.
        prefer (str | Unset): `wait=<seconds>` (RFC 7240) asks to hold the answer until the
            awaited state is reached, for at most that many whole seconds; the service may cap them,
            at 60 where nothing else is said. Other preferences are ignored.

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
            wait_for=wait_for,
            prefer=prefer,
        )
    )


async def asyncio_detailed(
    project_id: str,
    trace_id: str,
    *,
    client: AuthenticatedClient,
    wait_for: AwaitedState | str | Unset = UNSET,
    prefer: str | Unset = UNSET,
) -> Response[Problem | TraceResponse]:
    """
    Get one trace

    Returns the trace. With `Prefer: wait=<seconds>` the answer comes as soon as the state that
    `wait_for` names is reached or ingestion has failed, and after that many seconds at the latest, with
    the trace as it is then.

    Args:
        project_id (str): The project, percent-encoded. A project that does not exist yet is
            created on first use by a master key, and only by one.
        trace_id (str): The trace.
        wait_for (AwaitedState | str | Unset): The state that `Prefer: wait` waits for:
            `ingested`, that ingestion has finished (what is meant where it is not given), or
            `reviewed`, that there is a review as well.
        prefer (str | Unset): `wait=<seconds>` (RFC 7240) asks to hold the answer until the
            awaited state is reached, for at most that many whole seconds; the service may cap them,
            at 60 where nothing else is said. Other preferences are ignored.

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
        wait_for=wait_for,
        prefer=prefer,
    )
    response = await client.asend(kwargs, secured=True)
    return _build_response(client=client, response=response)


async def asyncio(
    project_id: str,
    trace_id: str,
    *,
    client: AuthenticatedClient,
    wait_for: AwaitedState | str | Unset = UNSET,
    prefer: str | Unset = UNSET,
) -> TraceResponse:
    """
    Get one trace

    Returns the trace. With `Prefer: wait=<seconds>` the answer comes as soon as the state that
    `wait_for` names is reached or ingestion has failed, and after that many seconds at the latest, with
    the trace as it is then.

    Args:
        project_id (str): The project, percent-encoded. A project that does not exist yet is
            created on first use by a master key, and only by one.
        trace_id (str): The trace.
        wait_for (AwaitedState | str | Unset): The state that `Prefer: wait` waits for:
            `ingested`, that ingestion has finished (what is meant where it is not given), or
            `reviewed`, that there is a review as well.
        prefer (str | Unset): `wait=<seconds>` (RFC 7240) asks to hold the answer until the
            awaited state is reached, for at most that many whole seconds; the service may cap them,
            at 60 where nothing else is said. Other preferences are ignored.

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
            wait_for=wait_for,
            prefer=prefer,
        )
    )
