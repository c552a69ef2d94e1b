from typing import Any, cast

import httpx

from ... import decoding as _decoding
from ... import encoding as _encoding
from ...client import AuthenticatedClient, Client
from ...models.create_trace_request import CreateTraceRequest
from ...models.problem import Problem
from ...models.trace_create_response import TraceCreateResponse
from ...types import UNSET, Response, Unset


def _get_kwargs(
    project_id: str,
    *,
    body: CreateTraceRequest,
    idempotency_key: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(idempotency_key, Unset):
        headers["Idempotency-Key"] = idempotency_key

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/v1/projects/{project_id}/traces".format(
            project_id=_encoding.path_segment("project_id", project_id),
        ),
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Problem | TraceCreateResponse | None:
    if response.status_code in (400, 401, 403, 404, 409, 413, 422, 429, 500, 503):
        return _decoding.decode_json(response, Problem.from_dict)
    if 200 <= response.status_code <= 299:
        return _decoding.decode_json(response, TraceCreateResponse.from_dict)
    if client.raise_on_unexpected_status:
        raise _decoding.unexpected_status(response)
    return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[Problem | TraceCreateResponse]:
    method, url = _decoding.request_line(response)
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
        method=method,
        url=url,
    )


def _success(response: Response[Problem | TraceCreateResponse]) -> TraceCreateResponse:
    status = response.status_code
    documented = 200 <= status <= 299
    return cast("TraceCreateResponse", _decoding.success(response, documented=documented))


def sync_detailed(
    project_id: str,
    *,
    client: AuthenticatedClient,
    body: CreateTraceRequest,
    idempotency_key: str | Unset = UNSET,
) -> Response[Problem | TraceCreateResponse]:
    """
    Record a run

    Stores the run and answers at once. With a `review`, the Q-values of the memories that the run used
    move in the same transaction, and a memory is made in the background: get the trace to see how far
    that is. With a `review.reflection`, the reflection is stored as given, before the answer, and
    `ingest_status` is `completed`; so it is where `review.remember` is false, and then no memory is
    made.

    Args:
        project_id (str): The project, percent-encoded. A project that does not exist yet is
            created on first use by a master key, and only by one.
        idempotency_key (str | Unset): A value that the caller chooses anew for each creation and
            repeats when it tries again. A request with a key that the project has seen is answered as
            the first one was and creates nothing; the same key with a different body is answered with
            409. Keys are remembered for 24 hours at least, and forgotten at some time after that;
            then a request with one creates again.
        body (CreateTraceRequest): A run to record.

    Raises:
        errors.DecodeError: The answer reports success but does not follow the contract.
        errors.StatusError: The answer has a documented error status and a body of another shape.
        errors.UnexpectedStatus: The contract does not know the status, and the client's
            `raise_on_unexpected_status` is true.
        httpx.HTTPError: No answer came, for instance within the client's time limits.

    Returns:
        Response[Problem | TraceCreateResponse]
    """

    kwargs = _get_kwargs(
        project_id=project_id,
        body=body,
        idempotency_key=idempotency_key,
    )
    response = client.send(kwargs, secured=True)
    return _build_response(client=client, response=response)


def sync(
    project_id: str,
    *,
    client: AuthenticatedClient,
    body: CreateTraceRequest,
    idempotency_key: str | Unset = UNSET,
) -> TraceCreateResponse:
    """
    Record a run

    Stores the run and answers at once. With a `review`, the Q-values of the memories that the run used
    move in the same transaction, and a memory is made in the background: get the trace to see how far
    that is. With a `review.reflection`, the reflection is stored as given, before the answer, and
    `ingest_status` is `completed`; so it is where `review.remember` is false, and then no memory is
    made.

    Args:
        project_id (str): The project, percent-encoded. A project that does not exist yet is
            created on first use by a master key, and only by one.
        idempotency_key (str | Unset): A value that the caller chooses anew for each creation and
            repeats when it tries again. A request with a key that the project has seen is answered as
            the first one was and creates nothing; the same key with a different body is answered with
            409. Keys are remembered for 24 hours at least, and forgotten at some time after that;
            then a request with one creates again.
        body (CreateTraceRequest): A run to record.

    Raises:
        errors.DecodeError: The answer reports success but does not follow the contract.
        errors.StatusError: The server refused or failed; `parsed` has the decoded body.
        errors.UnexpectedStatus: The contract does not know the status.
        httpx.HTTPError: No answer came, for instance within the client's time limits.

    Returns:
        TraceCreateResponse
    """

    return _success(
        sync_detailed(
            project_id=project_id,
            client=client,
            body=body,
            idempotency_key=idempotency_key,
        )
    )


async def asyncio_detailed(
    project_id: str,
    *,
    client: AuthenticatedClient,
    body: CreateTraceRequest,
    idempotency_key: str | Unset = UNSET,
) -> Response[Problem | TraceCreateResponse]:
    """
    Record a run

    Stores the run and answers at once. With a `review`, the Q-values of the memories that the run used
    move in the same transaction, and a memory is made in the background: get the trace to see how far
    that is. With a `review.reflection`, the reflection is stored as given, before the answer, and
    `ingest_status` is `completed`; so it is where `review.remember` is false, and then no memory is
    made.

    Args:
        project_id (str): The project, percent-encoded. A project that does not exist yet is
            created on first use by a master key, and only by one.
        idempotency_key (str | Unset): A value that the caller chooses anew for each creation and
            repeats when it tries again. A request with a key that the project has seen is answered as
            the first one was and creates nothing; the same key with a different body is answered with
            409. Keys are remembered for 24 hours at least, and forgotten at some time after that;
            then a request with one creates again.
        body (CreateTraceRequest): A run to record.

    Raises:
        errors.DecodeError: The answer reports success but does not follow the contract.
        errors.StatusError: The answer has a documented error status and a body of another shape.
        errors.UnexpectedStatus: The contract does not know the status, and the client's
            `raise_on_unexpected_status` is true.
        httpx.HTTPError: No answer came, for instance within the client's time limits.

    Returns:
        Response[Problem | TraceCreateResponse]
    """

    kwargs = _get_kwargs(
        project_id=project_id,
        body=body,
        idempotency_key=idempotency_key,
    )
    response = await client.asend(kwargs, secured=True)
    return _build_response(client=client, response=response)


async def asyncio(
    project_id: str,
    *,
    client: AuthenticatedClient,
    body: CreateTraceRequest,
    idempotency_key: str | Unset = UNSET,
) -> TraceCreateResponse:
    """
    Record a run

    Stores the run and answers at once. With a `review`, the Q-values of the memories that the run used
    move in the same transaction, and a memory is made in the background: get the trace to see how far
    that is. With a `review.reflection`, the reflection is stored as given, before the answer, and
    `ingest_status` is `completed`; so it is where `review.remember` is false, and then no memory is
    made.

    Args:
        project_id (str): The project, percent-encoded. A project that does not exist yet is
            created on first use by a master key, and only by one.
        idempotency_key (str | Unset): A value that the caller chooses anew for each creation and
            repeats when it tries again. A request with a key that the project has seen is answered as
            the first one was and creates nothing; the same key with a different body is answered with
            409. Keys are remembered for 24 hours at least, and forgotten at some time after that;
            then a request with one creates again.
        body (CreateTraceRequest): A run to record.

    Raises:
        errors.DecodeError: The answer reports success but does not follow the contract.
        errors.StatusError: The server refused or failed; `parsed` has the decoded body.
        errors.UnexpectedStatus: The contract does not know the status.
        httpx.HTTPError: No answer came, for instance within the client's time limits.

    Returns:
        TraceCreateResponse
    """

    return _success(
        await asyncio_detailed(
            project_id=project_id,
            client=client,
            body=body,
            idempotency_key=idempotency_key,
        )
    )
