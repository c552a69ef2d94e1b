from typing import Any

import httpx

from ... import answers as _answers
from ... import encoding as _encoding
from ...client import AuthenticatedClient
from ...models.create_skill_request import CreateSkillRequest
from ...models.problem import Problem
from ...models.skill_response import SkillResponse
from ...operation import Operation, OperationRequest
from ...types import Response


def request(
    project_id: str,
    *,
    body: CreateSkillRequest,
) -> OperationRequest[Problem | SkillResponse, SkillResponse]:
    """
    Describe a request of this operation, which nothing has sent yet.

    Its arguments are those of `sync`. `Client.perform` and `Client.aperform` send it.

    Raises:
        errors.InvalidArgumentError: An argument cannot stand where it belongs.
    """

    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/v1/projects/{project_id}/skill/create".format(
            project_id=_encoding.path_segment("project_id", project_id),
        ),
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return OperationRequest(_OPERATION, _kwargs)


def _parse(response: httpx.Response, strict: bool) -> Problem | SkillResponse | None:
    if response.status_code in (400, 401, 403, 404, 409, 413, 422, 429, 500, 503):
        return _answers.decode_json(response, Problem.from_dict)
    if 200 <= response.status_code <= 299:
        return _answers.decode_json(response, SkillResponse.from_dict)
    if strict:
        raise _answers.unexpected_status(response)
    return None


def _is_success(status: int) -> bool:
    return 200 <= status <= 299


_OPERATION: Operation[Problem | SkillResponse, SkillResponse] = Operation(
    _parse, _is_success, secured=True
)


def sync_detailed(
    project_id: str,
    *,
    client: AuthenticatedClient,
    body: CreateSkillRequest,
) -> Response[Problem | SkillResponse]:
    """
    Consolidate memories into a skill

    Makes a new version of the project's skill from its reviewed memories: what worked becomes proven
    strategies, what failed becomes pitfalls to avoid. The published version is changed line by line,
    and each line cites the memories that support it. A version that does worse on the project's
    reviewed tasks is held back: the answer is then the version that stays published, and names the
    other in `held_back`. Needs at least 5 reviewed memories; with fewer the answer is 409.

    Args:
        project_id (str): The project, percent-encoded. A project that does not exist yet is
            created on first use by a master key, and only by one.
        body (CreateSkillRequest): How much a skill is made of. At least one of the two must be
            above 0.

    Raises:
        errors.DecodeError: The answer reports success but does not follow the contract.
        errors.StatusError: The answer has a documented error status and a body of another shape.
        errors.UnexpectedStatus: The contract does not know the status, and the client's
            `raise_on_unexpected_status` is true.
        httpx.HTTPError: No answer came, for instance within the client's time limits.

    Returns:
        Response[Problem | SkillResponse]
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
    body: CreateSkillRequest,
) -> SkillResponse:
    """
    Consolidate memories into a skill

    Makes a new version of the project's skill from its reviewed memories: what worked becomes proven
    strategies, what failed becomes pitfalls to avoid. The published version is changed line by line,
    and each line cites the memories that support it. A version that does worse on the project's
    reviewed tasks is held back: the answer is then the version that stays published, and names the
    other in `held_back`. Needs at least 5 reviewed memories; with fewer the answer is 409.

    Args:
        project_id (str): The project, percent-encoded. A project that does not exist yet is
            created on first use by a master key, and only by one.
        body (CreateSkillRequest): How much a skill is made of. At least one of the two must be
            above 0.

    Raises:
        errors.DecodeError: The answer reports success but does not follow the contract.
        errors.StatusError: The server refused or failed; `parsed` has the decoded body.
        errors.UnexpectedStatus: The contract does not know the status.
        httpx.HTTPError: No answer came, for instance within the client's time limits.

    Returns:
        SkillResponse
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
    body: CreateSkillRequest,
) -> Response[Problem | SkillResponse]:
    """
    Consolidate memories into a skill

    Makes a new version of the project's skill from its reviewed memories: what worked becomes proven
    strategies, what failed becomes pitfalls to avoid. The published version is changed line by line,
    and each line cites the memories that support it. A version that does worse on the project's
    reviewed tasks is held back: the answer is then the version that stays published, and names the
    other in `held_back`. Needs at least 5 reviewed memories; with fewer the answer is 409.

    Args:
        project_id (str): The project, percent-encoded. A project that does not exist yet is
            created on first use by a master key, and only by one.
        body (CreateSkillRequest): How much a skill is made of. At least one of the two must be
            above 0.

    Raises:
        errors.DecodeError: The answer reports success but does not follow the contract.
        errors.StatusError: The answer has a documented error status and a body of another shape.
        errors.UnexpectedStatus: The contract does not know the status, and the client's
            `raise_on_unexpected_status` is true.
        httpx.HTTPError: No answer came, for instance within the client's time limits.

    Returns:
        Response[Problem | SkillResponse]
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
    body: CreateSkillRequest,
) -> SkillResponse:
    """
    Consolidate memories into a skill

    Makes a new version of the project's skill from its reviewed memories: what worked becomes proven
    strategies, what failed becomes pitfalls to avoid. The published version is changed line by line,
    and each line cites the memories that support it. A version that does worse on the project's
    reviewed tasks is held back: the answer is then the version that stays published, and names the
    other in `held_back`. Needs at least 5 reviewed memories; with fewer the answer is 409.

    Args:
        project_id (str): The project, percent-encoded. A project that does not exist yet is
            created on first use by a master key, and only by one.
        body (CreateSkillRequest): How much a skill is made of. At least one of the two must be
            above 0.

    Raises:
        errors.DecodeError: The answer reports success but does not follow the contract.
        errors.StatusError: The server refused or failed; `parsed` has the decoded body.
        errors.UnexpectedStatus: The contract does not know the status.
        httpx.HTTPError: No answer came, for instance within the client's time limits.

    Returns:
        SkillResponse
    """

    sent = request(
        project_id=project_id,
        body=body,
    )
    return sent.success(await client.aperform(sent))
