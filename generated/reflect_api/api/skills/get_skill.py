from typing import Any, cast

import httpx

from ... import decoding as _decoding
from ... import encoding as _encoding
from ...client import AuthenticatedClient, Client
from ...models.problem import Problem
from ...models.skill_response import SkillResponse
from ...types import Response


def _get_kwargs(
    project_id: str,
) -> dict[str, Any]:

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v1/projects/{project_id}/skill".format(
            project_id=_encoding.path_segment("project_id", project_id),
        ),
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Problem | SkillResponse | None:
    if response.status_code == 200:
        return _decoding.decode_json(response, SkillResponse.from_dict)
    if response.status_code in (401, 403, 404, 422, 429, 500, 503):
        return _decoding.decode_json(response, Problem.from_dict)
    if client.raise_on_unexpected_status:
        raise _decoding.unexpected_status(response)
    return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[Problem | SkillResponse]:
    method, url = _decoding.request_line(response)
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
        method=method,
        url=url,
    )


def _success(response: Response[Problem | SkillResponse]) -> SkillResponse:
    status = response.status_code
    documented = status == 200
    return cast("SkillResponse", _decoding.success(response, documented=documented))


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

    kwargs = _get_kwargs(
        project_id=project_id,
    )
    response = client.send(kwargs, secured=True)
    return _build_response(client=client, response=response)


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

    return _success(
        sync_detailed(
            project_id=project_id,
            client=client,
        )
    )


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

    kwargs = _get_kwargs(
        project_id=project_id,
    )
    response = await client.asend(kwargs, secured=True)
    return _build_response(client=client, response=response)


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

    return _success(
        await asyncio_detailed(
            project_id=project_id,
            client=client,
        )
    )
