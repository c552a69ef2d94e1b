from typing import Any

import httpx

from ... import answers as _answers
from ... import encoding as _encoding
from ...client import AuthenticatedClient
from ...models.problem import Problem
from ...models.skill_response import SkillResponse
from ...operation import Operation, OperationRequest
from ...types import Response


def request(
    project_id: str,
) -> OperationRequest[Problem | SkillResponse, SkillResponse]:
    """
    Describe a request of this operation, which nothing has sent yet.

    Its arguments are those of `sync`. `Client.perform` and `Client.aperform` send it.

    Raises:
        errors.InvalidArgumentError: An argument cannot stand where it belongs.
    """

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v1/projects/{project_id}/skill".format(
            project_id=_encoding.path_segment("project_id", project_id),
        ),
    }

    return OperationRequest(_OPERATION, _kwargs)


def _parse(response: httpx.Response, strict: bool) -> Problem | SkillResponse | None:
    if response.status_code == 200:
        return _answers.decode_json(response, SkillResponse.from_dict)
    if response.status_code in (401, 403, 404, 422, 429, 500, 503):
        return _answers.decode_json(response, Problem.from_dict)
    if strict:
        raise _answers.unexpected_status(response)
    return None


def _is_success(status: int) -> bool:
    return status == 200


_OPERATION: Operation[Problem | SkillResponse, SkillResponse] = Operation(
    _parse, _is_success, secured=True
)


def sync_detailed(
    project_id: str,
    *,
    client: AuthenticatedClient,
) -> Response[Problem | SkillResponse]:
    """
    Get the project's skill

    Returns the newest published version of the skill. Answers 404 where none has been created.

    Args:
        project_id (str): The project, percent-encoded. A project that does not exist yet is
            created on first use by a master key, and only by one.

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
        )
    )


def sync(
    project_id: str,
    *,
    client: AuthenticatedClient,
) -> SkillResponse:
    """
    Get the project's skill

    Returns the newest published version of the skill. Answers 404 where none has been created.

    Args:
        project_id (str): The project, percent-encoded. A project that does not exist yet is
            created on first use by a master key, and only by one.

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
    )
    return sent.success(client.perform(sent))


async def asyncio_detailed(
    project_id: str,
    *,
    client: AuthenticatedClient,
) -> Response[Problem | SkillResponse]:
    """
    Get the project's skill

    Returns the newest published version of the skill. Answers 404 where none has been created.

    Args:
        project_id (str): The project, percent-encoded. A project that does not exist yet is
            created on first use by a master key, and only by one.

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
        )
    )


async def asyncio(
    project_id: str,
    *,
    client: AuthenticatedClient,
) -> SkillResponse:
    """
    Get the project's skill

    Returns the newest published version of the skill. Answers 404 where none has been created.

    Args:
        project_id (str): The project, percent-encoded. A project that does not exist yet is
            created on first use by a master key, and only by one.

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
    )
    return sent.success(await client.aperform(sent))
