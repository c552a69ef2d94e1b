from typing import Any

import httpx

from ... import answers as _answers
from ... import encoding as _encoding
from ...client import AuthenticatedClient
from ...models.create_trace_request import CreateTraceRequest
from ...models.problem import Problem
from ...models.trace_create_response import TraceCreateResponse
from ...operation import Operation, OperationRequest
from ...types import UNSET, Response, Unset


def request(
    project_id: str,
    *,
    body: CreateTraceRequest,
    idempotency_key: str | Unset = UNSET,
) -> OperationRequest[Problem | TraceCreateResponse, TraceCreateResponse]:
    """
    Describe a request of this operation, which nothing has sent yet.

    Its arguments are those of `sync`. `Client.perform` and `Client.aperform` send it.

    Raises:
        errors.InvalidArgumentError: An argument cannot stand where it belongs.
    """

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
    return OperationRequest(_OPERATION, _kwargs)


def _parse(response: httpx.Response, strict: bool) -> Problem | TraceCreateResponse | None:
    if response.status_code in (400, 401, 403, 404, 409, 413, 422, 429, 500, 503):
        return _answers.decode_json(response, Problem.from_dict)
    if 200 <= response.status_code <= 299:
        return _answers.decode_json(response, TraceCreateResponse.from_dict)
    if strict:
        raise _answers.unexpected_status(response)
    return None


def _is_success(status: int) -> bool:
    return 200 <= status <= 299


_OPERATION: Operation[Problem | TraceCreateResponse, TraceCreateResponse] = Operation(
    _parse, _is_success, secured=True
)


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

    return client.perform(
        request(
            project_id=project_id,
            body=body,
            idempotency_key=idempotency_key,
        )
    )


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

    sent = request(
        project_id=project_id,
        body=body,
        idempotency_key=idempotency_key,
    )
    return sent.success(client.perform(sent))


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

    return await client.aperform(
        request(
            project_id=project_id,
            body=body,
            idempotency_key=idempotency_key,
        )
    )


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

    sent = request(
        project_id=project_id,
        body=body,
        idempotency_key=idempotency_key,
    )
    return sent.success(await client.aperform(sent))
