from typing import Any

import httpx

from ... import answers as _answers
from ... import encoding as _encoding
from ...client import AuthenticatedClient
from ...models.kept_review_response import KeptReviewResponse
from ...models.problem import Problem
from ...models.review_trace_request import ReviewTraceRequest
from ...models.trace_response import TraceResponse
from ...operation import Operation, OperationRequest
from ...types import UNSET, Response, Unset


def request(
    project_id: str,
    trace_id: str,
    *,
    body: ReviewTraceRequest,
    prefer: str | Unset = UNSET,
) -> OperationRequest[
    KeptReviewResponse | Problem | TraceResponse, KeptReviewResponse | TraceResponse
]:
    """
    Describe a request of this operation, which nothing has sent yet.

    Its arguments are those of `sync`. `Client.perform` and `Client.aperform` send it.

    Raises:
        errors.InvalidArgumentError: An argument cannot stand where it belongs.
    """

    headers: dict[str, Any] = {}
    if not isinstance(prefer, Unset):
        headers["Prefer"] = prefer

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
    return OperationRequest(_OPERATION, _kwargs)


def _parse(
    response: httpx.Response, strict: bool
) -> KeptReviewResponse | Problem | TraceResponse | None:
    if response.status_code == 202:
        return _answers.decode_json(response, KeptReviewResponse.from_dict)
    if response.status_code in (400, 401, 403, 404, 409, 413, 422, 429, 500, 503):
        return _answers.decode_json(response, Problem.from_dict)
    if 200 <= response.status_code <= 299:
        return _answers.decode_json(response, TraceResponse.from_dict)
    if strict:
        raise _answers.unexpected_status(response)
    return None


def _is_success(status: int) -> bool:
    return status == 202 or 200 <= status <= 299


_OPERATION: Operation[
    KeptReviewResponse | Problem | TraceResponse, KeptReviewResponse | TraceResponse
] = Operation(_parse, _is_success, secured=True)


def sync_detailed(
    project_id: str,
    trace_id: str,
    *,
    client: AuthenticatedClient,
    body: ReviewTraceRequest,
    prefer: str | Unset = UNSET,
) -> Response[KeptReviewResponse | Problem | TraceResponse]:
    """
    Review a recorded run

    Attaches a verdict to a trace that has none, moves the Q-values of the memories that the run used in
    the same transaction, and has a memory made in the background. Sending the same review again changes
    nothing and answers the same; a different one is answered with 409, and is what `change_review` is
    for. A run that has not arrived is 404; with `Prefer: respond-async` its review is kept for 24
    hours, answered with 202, and attached when the run arrives. Of those a project has at most 1,000;
    further ones are 404.

    Args:
        project_id (str): The project, percent-encoded. A project that does not exist yet is
            created on first use by a master key, and only by one.
        trace_id (str): The trace.
        prefer (str | Unset): `respond-async` (RFC 7240) asks to keep a review whose run has not
            arrived yet. Other preferences are ignored.
        body (ReviewTraceRequest): A verdict on a recorded trace.

    Raises:
        errors.DecodeError: The answer reports success but does not follow the contract.
        errors.StatusError: The answer has a documented error status and a body of another shape.
        errors.UnexpectedStatus: The contract does not know the status, and the client's
            `raise_on_unexpected_status` is true.
        httpx.HTTPError: No answer came, for instance within the client's time limits.

    Returns:
        Response[KeptReviewResponse | Problem | TraceResponse]
    """

    return client.perform(
        request(
            project_id=project_id,
            trace_id=trace_id,
            body=body,
            prefer=prefer,
        )
    )


def sync(
    project_id: str,
    trace_id: str,
    *,
    client: AuthenticatedClient,
    body: ReviewTraceRequest,
    prefer: str | Unset = UNSET,
) -> KeptReviewResponse | TraceResponse:
    """
    Review a recorded run

    Attaches a verdict to a trace that has none, moves the Q-values of the memories that the run used in
    the same transaction, and has a memory made in the background. Sending the same review again changes
    nothing and answers the same; a different one is answered with 409, and is what `change_review` is
    for. A run that has not arrived is 404; with `Prefer: respond-async` its review is kept for 24
    hours, answered with 202, and attached when the run arrives. Of those a project has at most 1,000;
    further ones are 404.

    Args:
        project_id (str): The project, percent-encoded. A project that does not exist yet is
            created on first use by a master key, and only by one.
        trace_id (str): The trace.
        prefer (str | Unset): `respond-async` (RFC 7240) asks to keep a review whose run has not
            arrived yet. Other preferences are ignored.
        body (ReviewTraceRequest): A verdict on a recorded trace.

    Raises:
        errors.DecodeError: The answer reports success but does not follow the contract.
        errors.StatusError: The server refused or failed; `parsed` has the decoded body.
        errors.UnexpectedStatus: The contract does not know the status.
        httpx.HTTPError: No answer came, for instance within the client's time limits.

    Returns:
        KeptReviewResponse | TraceResponse
    """

    sent = request(
        project_id=project_id,
        trace_id=trace_id,
        body=body,
        prefer=prefer,
    )
    return sent.success(client.perform(sent))


async def asyncio_detailed(
    project_id: str,
    trace_id: str,
    *,
    client: AuthenticatedClient,
    body: ReviewTraceRequest,
    prefer: str | Unset = UNSET,
) -> Response[KeptReviewResponse | Problem | TraceResponse]:
    """
    Review a recorded run

    Attaches a verdict to a trace that has none, moves the Q-values of the memories that the run used in
    the same transaction, and has a memory made in the background. Sending the same review again changes
    nothing and answers the same; a different one is answered with 409, and is what `change_review` is
    for. A run that has not arrived is 404; with `Prefer: respond-async` its review is kept for 24
    hours, answered with 202, and attached when the run arrives. Of those a project has at most 1,000;
    further ones are 404.

    Args:
        project_id (str): The project, percent-encoded. A project that does not exist yet is
            created on first use by a master key, and only by one.
        trace_id (str): The trace.
        prefer (str | Unset): `respond-async` (RFC 7240) asks to keep a review whose run has not
            arrived yet. Other preferences are ignored.
        body (ReviewTraceRequest): A verdict on a recorded trace.

    Raises:
        errors.DecodeError: The answer reports success but does not follow the contract.
        errors.StatusError: The answer has a documented error status and a body of another shape.
        errors.UnexpectedStatus: The contract does not know the status, and the client's
            `raise_on_unexpected_status` is true.
        httpx.HTTPError: No answer came, for instance within the client's time limits.

    Returns:
        Response[KeptReviewResponse | Problem | TraceResponse]
    """

    return await client.aperform(
        request(
            project_id=project_id,
            trace_id=trace_id,
            body=body,
            prefer=prefer,
        )
    )


async def asyncio(
    project_id: str,
    trace_id: str,
    *,
    client: AuthenticatedClient,
    body: ReviewTraceRequest,
    prefer: str | Unset = UNSET,
) -> KeptReviewResponse | TraceResponse:
    """
    Review a recorded run

    Attaches a verdict to a trace that has none, moves the Q-values of the memories that the run used in
    the same transaction, and has a memory made in the background. Sending the same review again changes
    nothing and answers the same; a different one is answered with 409, and is what `change_review` is
    for. A run that has not arrived is 404; with `Prefer: respond-async` its review is kept for 24
    hours, answered with 202, and attached when the run arrives. Of those a project has at most 1,000;
    further ones are 404.

    Args:
        project_id (str): The project, percent-encoded. A project that does not exist yet is
            created on first use by a master key, and only by one.
        trace_id (str): The trace.
        prefer (str | Unset): `respond-async` (RFC 7240) asks to keep a review whose run has not
            arrived yet. Other preferences are ignored.
        body (ReviewTraceRequest): A verdict on a recorded trace.

    Raises:
        errors.DecodeError: The answer reports success but does not follow the contract.
        errors.StatusError: The server refused or failed; `parsed` has the decoded body.
        errors.UnexpectedStatus: The contract does not know the status.
        httpx.HTTPError: No answer came, for instance within the client's time limits.

    Returns:
        KeptReviewResponse | TraceResponse
    """

    sent = request(
        project_id=project_id,
        trace_id=trace_id,
        body=body,
        prefer=prefer,
    )
    return sent.success(await client.aperform(sent))
