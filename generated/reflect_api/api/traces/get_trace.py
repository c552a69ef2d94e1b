from typing import Any

import httpx

from ... import answers as _answers
from ... import encoding as _encoding
from ...client import AuthenticatedClient
from ...models.awaited_state import AwaitedState
from ...models.problem import Problem
from ...models.trace_response import TraceResponse
from ...operation import Operation, OperationRequest
from ...types import UNSET, Response, Unset


def request(
    project_id: str,
    trace_id: str,
    *,
    wait_for: AwaitedState | str | Unset = UNSET,
    prefer: str | Unset = UNSET,
) -> OperationRequest[Problem | TraceResponse, TraceResponse]:
    """
    Describe a request of this operation, which nothing has sent yet.

    Its arguments are those of `sync`. `Client.perform` and `Client.aperform` send it.

    Raises:
        errors.InvalidArgumentError: An argument cannot stand where it belongs.
    """

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
    return OperationRequest(_OPERATION, _kwargs)


def _parse(response: httpx.Response, strict: bool) -> Problem | TraceResponse | None:
    if response.status_code == 200:
        return _answers.decode_json(response, TraceResponse.from_dict)
    if response.status_code in (401, 403, 404, 422, 429, 500, 503):
        return _answers.decode_json(response, Problem.from_dict)
    if strict:
        raise _answers.unexpected_status(response)
    return None


def _is_success(status: int) -> bool:
    return status == 200


_OPERATION: Operation[Problem | TraceResponse, TraceResponse] = Operation(
    _parse, _is_success, secured=True
)


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

    return client.perform(
        request(
            project_id=project_id,
            trace_id=trace_id,
            wait_for=wait_for,
            prefer=prefer,
        )
    )


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

    sent = request(
        project_id=project_id,
        trace_id=trace_id,
        wait_for=wait_for,
        prefer=prefer,
    )
    return sent.success(client.perform(sent))


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

    return await client.aperform(
        request(
            project_id=project_id,
            trace_id=trace_id,
            wait_for=wait_for,
            prefer=prefer,
        )
    )


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

    sent = request(
        project_id=project_id,
        trace_id=trace_id,
        wait_for=wait_for,
        prefer=prefer,
    )
    return sent.success(await client.aperform(sent))
