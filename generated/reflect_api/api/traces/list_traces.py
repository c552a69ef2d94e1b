from typing import Any

import httpx

from ... import answers as _answers
from ... import decoding as _decoding
from ... import encoding as _encoding
from ...client import AuthenticatedClient
from ...models.ingest_status import IngestStatus
from ...models.problem import Problem
from ...models.review_status import ReviewStatus
from ...models.trace_response import TraceResponse
from ...operation import Operation, OperationRequest
from ...types import UNSET, Response, Unset


def request(
    project_id: str,
    *,
    review_status: ReviewStatus | str | Unset = UNSET,
    ingest_status: IngestStatus | str | Unset = UNSET,
    model: str | Unset = UNSET,
    metadata_filter: str | Unset = UNSET,
    limit: int | Unset = UNSET,
    cursor: str | Unset = UNSET,
) -> OperationRequest[list[TraceResponse] | Problem, list[TraceResponse]]:
    """
    Describe a request of this operation, which nothing has sent yet.

    Its arguments are those of `sync`. `Client.perform` and `Client.aperform` send it.

    Raises:
        errors.InvalidArgumentError: An argument cannot stand where it belongs.
    """

    params: dict[str, Any] = {}

    json_review_status: str | Unset = UNSET
    if not isinstance(review_status, Unset):
        json_review_status = str(review_status)

    params["review_status"] = json_review_status

    json_ingest_status: str | Unset = UNSET
    if not isinstance(ingest_status, Unset):
        json_ingest_status = str(ingest_status)

    params["ingest_status"] = json_ingest_status

    params["model"] = model

    params["metadata_filter"] = metadata_filter

    params["limit"] = limit

    params["cursor"] = cursor

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v1/projects/{project_id}/traces".format(
            project_id=_encoding.path_segment("project_id", project_id),
        ),
        "params": params,
    }

    return OperationRequest(_OPERATION, _kwargs)


def _parse(response: httpx.Response, strict: bool) -> list[TraceResponse] | Problem | None:
    if response.status_code == 200:
        return _answers.decode_json(response, _decoding.array(TraceResponse.from_dict))
    if response.status_code in (401, 403, 404, 422, 429, 500, 503):
        return _answers.decode_json(response, Problem.from_dict)
    if strict:
        raise _answers.unexpected_status(response)
    return None


def _is_success(status: int) -> bool:
    return status == 200


_OPERATION: Operation[list[TraceResponse] | Problem, list[TraceResponse]] = Operation(
    _parse, _is_success, secured=True
)


def sync_detailed(
    project_id: str,
    *,
    client: AuthenticatedClient,
    review_status: ReviewStatus | str | Unset = UNSET,
    ingest_status: IngestStatus | str | Unset = UNSET,
    model: str | Unset = UNSET,
    metadata_filter: str | Unset = UNSET,
    limit: int | Unset = UNSET,
    cursor: str | Unset = UNSET,
) -> Response[list[TraceResponse] | Problem]:
    """
    List traces

    Lists the traces of the project, newest first. Of several filters all must fit. A list that is read
    page by page holds each trace once, and none that was recorded after its first page.

    Args:
        project_id (str): The project, percent-encoded. A project that does not exist yet is
            created on first use by a master key, and only by one.
        review_status (ReviewStatus | str | Unset): Only traces of this review status; all where
            it is not given.
        ingest_status (IngestStatus | str | Unset): Only traces of this ingest status; all where
            it is not given.
        model (str | Unset): Only traces of runs on this model, compared exactly; all where it is
            not given.
        metadata_filter (str | Unset): Only traces whose metadata has each key of this JSON object
            with an equal value, as in a query for memories, for example `{"source": "eval_pipeline"}`
            (percent-encoded); all where it is not given.
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
        Response[list[TraceResponse] | Problem]
    """

    return client.perform(
        request(
            project_id=project_id,
            review_status=review_status,
            ingest_status=ingest_status,
            model=model,
            metadata_filter=metadata_filter,
            limit=limit,
            cursor=cursor,
        )
    )


def sync(
    project_id: str,
    *,
    client: AuthenticatedClient,
    review_status: ReviewStatus | str | Unset = UNSET,
    ingest_status: IngestStatus | str | Unset = UNSET,
    model: str | Unset = UNSET,
    metadata_filter: str | Unset = UNSET,
    limit: int | Unset = UNSET,
    cursor: str | Unset = UNSET,
) -> list[TraceResponse]:
    """
    List traces

    Lists the traces of the project, newest first. Of several filters all must fit. A list that is read
    page by page holds each trace once, and none that was recorded after its first page.

    Args:
        project_id (str): The project, percent-encoded. A project that does not exist yet is
            created on first use by a master key, and only by one.
        review_status (ReviewStatus | str | Unset): Only traces of this review status; all where
            it is not given.
        ingest_status (IngestStatus | str | Unset): Only traces of this ingest status; all where
            it is not given.
        model (str | Unset): Only traces of runs on this model, compared exactly; all where it is
            not given.
        metadata_filter (str | Unset): Only traces whose metadata has each key of this JSON object
            with an equal value, as in a query for memories, for example `{"source": "eval_pipeline"}`
            (percent-encoded); all where it is not given.
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
        list[TraceResponse]
    """

    sent = request(
        project_id=project_id,
        review_status=review_status,
        ingest_status=ingest_status,
        model=model,
        metadata_filter=metadata_filter,
        limit=limit,
        cursor=cursor,
    )
    return sent.success(client.perform(sent))


async def asyncio_detailed(
    project_id: str,
    *,
    client: AuthenticatedClient,
    review_status: ReviewStatus | str | Unset = UNSET,
    ingest_status: IngestStatus | str | Unset = UNSET,
    model: str | Unset = UNSET,
    metadata_filter: str | Unset = UNSET,
    limit: int | Unset = UNSET,
    cursor: str | Unset = UNSET,
) -> Response[list[TraceResponse] | Problem]:
    """
    List traces

    Lists the traces of the project, newest first. Of several filters all must fit. A list that is read
    page by page holds each trace once, and none that was recorded after its first page.

    Args:
        project_id (str): The project, percent-encoded. A project that does not exist yet is
            created on first use by a master key, and only by one.
        review_status (ReviewStatus | str | Unset): Only traces of this review status; all where
            it is not given.
        ingest_status (IngestStatus | str | Unset): Only traces of this ingest status; all where
            it is not given.
        model (str | Unset): Only traces of runs on this model, compared exactly; all where it is
            not given.
        metadata_filter (str | Unset): Only traces whose metadata has each key of this JSON object
            with an equal value, as in a query for memories, for example `{"source": "eval_pipeline"}`
            (percent-encoded); all where it is not given.
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
        Response[list[TraceResponse] | Problem]
    """

    return await client.aperform(
        request(
            project_id=project_id,
            review_status=review_status,
            ingest_status=ingest_status,
            model=model,
            metadata_filter=metadata_filter,
            limit=limit,
            cursor=cursor,
        )
    )


async def asyncio(
    project_id: str,
    *,
    client: AuthenticatedClient,
    review_status: ReviewStatus | str | Unset = UNSET,
    ingest_status: IngestStatus | str | Unset = UNSET,
    model: str | Unset = UNSET,
    metadata_filter: str | Unset = UNSET,
    limit: int | Unset = UNSET,
    cursor: str | Unset = UNSET,
) -> list[TraceResponse]:
    """
    List traces

    Lists the traces of the project, newest first. Of several filters all must fit. A list that is read
    page by page holds each trace once, and none that was recorded after its first page.

    Args:
        project_id (str): The project, percent-encoded. A project that does not exist yet is
            created on first use by a master key, and only by one.
        review_status (ReviewStatus | str | Unset): Only traces of this review status; all where
            it is not given.
        ingest_status (IngestStatus | str | Unset): Only traces of this ingest status; all where
            it is not given.
        model (str | Unset): Only traces of runs on this model, compared exactly; all where it is
            not given.
        metadata_filter (str | Unset): Only traces whose metadata has each key of this JSON object
            with an equal value, as in a query for memories, for example `{"source": "eval_pipeline"}`
            (percent-encoded); all where it is not given.
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
        list[TraceResponse]
    """

    sent = request(
        project_id=project_id,
        review_status=review_status,
        ingest_status=ingest_status,
        model=model,
        metadata_filter=metadata_filter,
        limit=limit,
        cursor=cursor,
    )
    return sent.success(await client.aperform(sent))
